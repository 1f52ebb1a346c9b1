"""The spectrum that was learned at one point, before the teacher's own, in a small figure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from quadviz.figures.axes import fitted_range
from quadviz.figures.pen import Pen
from quadviz.figures.theme import DASH, THEMES, ThemeName, template

__all__ = ["PointSpectrum", "PointSpectrumPen", "point_spectrum_figure", "point_spectrum_skeleton"]

FloatArray = NDArray[np.float64]

HEIGHT = 222
MARGIN = {"l": 50, "r": 10, "t": 26, "b": 44}
#: Heights are fitted to what lies right of this share of the axis: what is left of a weak noise is a spike.
_SPIKE = 0.03


@dataclass(frozen=True)
class PointSpectrum:
    """Everything one figure shows.

    Attributes:
        teacher_at: eigenvalues at which the teacher's density is given, increasing, shape (K,).
        teacher: the density, shape (K,).
        teacher_atom: share of its eigenvalues that are 0.
        learned_at: eigenvalues at which the learned density is given, increasing, shape (N,); empty where
            everything is in the atom, or nothing is known. NaN separates bands.
        learned: the density, shape (N,).
        learned_atom: share of the learned eigenvalues that are 0; NaN where nothing is known.
        limited: whether the width limits the rank.
        theme: the background the figure is made for.
    """

    teacher_at: FloatArray
    teacher: FloatArray
    teacher_atom: float
    learned_at: FloatArray
    learned: FloatArray
    learned_atom: float
    limited: bool
    theme: ThemeName = "light"


def point_spectrum_figure(view: PointSpectrum) -> go.Figure:
    """The static figure of a spectrum."""
    figure = point_spectrum_skeleton()
    PointSpectrumPen(figure).draw(view)
    return figure


def point_spectrum_skeleton() -> go.Figure:
    """An empty figure, to be filled by a :class:`PointSpectrumPen`."""
    figure = go.Figure()
    axis = {"fixedrange": True, "showgrid": False}
    quiet = {"hoverinfo": "skip", "showlegend": False, "mode": "lines"}
    figure.add_scatter(fill="tozeroy", line_width=1, line_simplify=False, **quiet)
    figure.add_scatter(line_width=2.4, line_simplify=False, **quiet)
    figure.add_scatter(line_width=8, yaxis="y2", **quiet)
    figure.add_scatter(line_width=3, yaxis="y2", **quiet)
    figure.add_annotation(
        text="<b>spectrum</b>  at the cross; teacher's in grey", x=0, xref="paper", xshift=-4,
        xanchor="left", y=1, yref="paper", yanchor="bottom", showarrow=False,
    )  # fmt: skip
    figure.update_layout(
        height=HEIGHT, margin=MARGIN, autosize=True, dragmode=False, hovermode=False,
        xaxis={**axis, "title": {"standoff": 6, "font": {"size": 13}}, "nticks": 7},
        yaxis={**axis, "nticks": 4},
        yaxis2={"fixedrange": True, "range": (0, 1.04), "overlaying": "y", "visible": False},
    )  # fmt: skip
    return figure


class PointSpectrumPen(Pen):
    """Draws spectra into a figure made from :func:`point_spectrum_skeleton`; its axes do not jump."""

    def __init__(self, figure: go.Figure, precision: type[np.floating[Any]] = np.float64) -> None:
        super().__init__(figure, precision)
        self._across: tuple[float, float] | None = None
        self._up: tuple[float, float] | None = None

    def draw(self, view: PointSpectrum) -> None:
        """Draw ``view`` in one batched update."""
        colours = THEMES[view.theme]
        with self.figure.batch_update():
            layout = self.figure.layout
            if self.new("theme", view.theme):
                layout.template = template(view.theme)
            self._fit(view)
            self.put(
                0,
                x=view.teacher_at.astype(self.precision),
                y=view.teacher.astype(self.precision),
                fillcolor=colours.grid,
                line_color=colours.line,
            )
            self.put(
                1,
                x=view.learned_at.astype(self.precision),
                y=view.learned.astype(self.precision),
                line_color=colours.single,
                line_dash=DASH if view.limited else "solid",
            )
            known = np.isfinite(view.learned_atom)
            self.put(2, x=[0.0, 0.0], y=[0.0, view.teacher_atom], line_color=colours.grid)
            self.put(3, x=[0.0, 0.0], y=[0.0, view.learned_atom if known else 0.0], line_color=colours.single)
            text = "no solution was found"
            if known:
                text = f"at 0: {_share(view.learned_atom)}, teacher's {_share(view.teacher_atom)}"
            if self.new("atoms", text):
                layout.xaxis.title.text = f"eigenvalue  ({text})"

    def _fit(self, view: PointSpectrum) -> None:
        """Fit the axes to both laws."""
        right = float(np.nanmax(np.concatenate([view.teacher_at, view.learned_at])))
        self._across, before = fitted_range(0.0, right, self._across, floor=0.0), self._across
        if self._across != before:
            # The bar at 0 is not to stand on the axis.
            self.figure.layout.xaxis.range = (-0.03 * self._across[1], self._across[1])
        tops = [
            values[np.isfinite(values) & (at > _SPIKE * right)]
            for at, values in ((view.teacher_at, view.teacher), (view.learned_at, view.learned))
        ]
        top = float(max((values.max() for values in tops if values.size), default=1.0)) or 1.0
        self._up, before = fitted_range(0.0, top, self._up, floor=0.0), self._up
        if self._up != before:
            self.figure.layout.yaxis.range = self._up


def _share(value: float) -> str:
    """A share of all eigenvalues in percent."""
    percent = 100 * value
    return f"{percent:.3g}%" if percent == 0 or percent >= 0.1 else "less than 0.1%"
