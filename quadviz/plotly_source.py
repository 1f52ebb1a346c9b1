"""Plotly as the dashboards' server keeps it: one file for all figures, which a browser remembers.

Left alone every figure brings its own copy of 5 MB through the kernel's socket, and has it compiled anew.
"""

from __future__ import annotations

import os
from importlib.metadata import version
from importlib.resources import files
from typing import Any

from tornado.web import StaticFileHandler

__all__ = ["ADDRESS", "keep_plotly"]

#: The environment variable that tells kernels where it is, as an address without its host.
ADDRESS = "QUADVIZ_PLOTLY"
_FILE = "widgetbundle.js"


def keep_plotly(base_url: str) -> tuple[str, type[StaticFileHandler], dict[str, Any]]:
    """What answers requests for plotly; kernels started after this call tell their figures to ask for it.

    Args:
        base_url: path the dashboards live under; begins and ends with a slash.
    """
    folder = f"{base_url}quadviz/plotly/"
    # With a version in its query the handler lets it be cached for years.
    os.environ[ADDRESS] = f"{folder}{_FILE}?v={version('plotly')}"
    return f"{folder}({_FILE})", StaticFileHandler, {"path": str(files("plotly") / "package_data")}
