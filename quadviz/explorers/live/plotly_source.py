"""plotly.js, which draws the figures: one file of our own for all of them, which a browser remembers.

It is the part of plotly.js for plane figures: a third of the whole that comes with plotly for Python, in size
and in the time it takes to begin. What is written into its drawing directly is known to fit this version.
"""

from __future__ import annotations

from pathlib import Path

__all__ = ["ADDRESS", "FILE", "FOLDER", "PACKAGE", "SHA256", "VERSION", "plotly_address", "plotly_source"]

#: The environment variable that tells kernels where it is, as an address without its host.
ADDRESS = "QUADVIZ_PLOTLY"
#: Where the dashboards' server has it; and the file, which ``make plotly`` fetches from npm.
FOLDER, FILE = "quadviz/plotly/", "plotly-cartesian.min.js"
#: What it is called there, which version it is, and its SHA-256.
PACKAGE, VERSION = "plotly.js-cartesian-dist-min", "4.1.1"
SHA256 = "79542150855a52c567260e3137095dbe2b744e6d702a5cabe67da246942fba7a"


def plotly_address(base_url: str) -> str:
    """Its address under the path that the dashboards live under; with its version, to be cached for years."""
    return f"{base_url}{FOLDER}{FILE}?v={VERSION}"


def plotly_source() -> Path:
    """The file."""
    return Path(__file__).with_name(FILE)
