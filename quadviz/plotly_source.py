"""Plotly as the dashboards' server keeps it: one file for all figures, which a browser remembers.

Left alone every figure brings its own copy of 5 MB through the kernel's socket, and has it compiled anew.
"""

from __future__ import annotations

from importlib.metadata import version
from importlib.resources import files
from typing import Any

from tornado.web import StaticFileHandler

__all__ = ["ADDRESS", "plotly_address", "plotly_rule"]

#: The environment variable that tells kernels where it is, as an address without its host.
ADDRESS = "QUADVIZ_PLOTLY"
_FOLDER, _FILE = "quadviz/plotly/", "widgetbundle.js"


def plotly_address(base_url: str) -> str:
    """Its address under the path that the dashboards live under; with its version, to be cached for years."""
    return f"{base_url}{_FOLDER}{_FILE}?v={version('plotly')}"


def plotly_rule(base_url: str) -> tuple[str, type[StaticFileHandler], dict[str, Any]]:
    """What answers requests for it."""
    return f"{base_url}{_FOLDER}({_FILE})", StaticFileHandler, {"path": str(files("plotly") / "package_data")}
