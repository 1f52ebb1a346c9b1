"""Where the dashboards' server keeps plotly.js: one file for all figures, which a browser remembers."""

from __future__ import annotations

from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

__all__ = ["ADDRESS", "FILE", "FOLDER", "plotly_address", "plotly_folder"]

#: The environment variable that tells kernels where it is, as an address without its host.
ADDRESS = "QUADVIZ_PLOTLY"
FOLDER, FILE = "quadviz/plotly/", "plotly.min.js"


def plotly_address(base_url: str) -> str:
    """Its address under the path that the dashboards live under; with its version, to be cached for years."""
    return f"{base_url}{FOLDER}{FILE}?v={version('plotly')}"


def plotly_folder() -> Path:
    """The folder of plotly's package that the file lies in; the package need not be imported for it."""
    spec = find_spec("plotly")
    return Path(str(spec and spec.origin)).parent / "package_data"
