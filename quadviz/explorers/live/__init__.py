"""Figures on a page: sent as plain values, drawn by plotly.js in the browser, moved without it."""

from quadviz.explorers.live.figure import LiveFigure
from quadviz.explorers.live.film import Film, Reel

__all__ = ["Film", "LiveFigure", "Reel"]
