"""Learning curves as a figure: mse, train loss and in-sample error against the sample ratio.

A curve is solid where the theory is exact, dashed where the width limits the rank, strewn with dots where the
equations have other solutions besides the one drawn, and interrupted where no solution was found. The least
error of any estimator is a dark dotted line, thresholds are thin verticals with their names on flags above
the panels. Networks are points with bars, the theory at their size is a thin line. A reader's own
measurements are squares with bars, in traces that come last and are there as long as there are measurements.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from quadviz.arrays import BoolArray, FloatArray
from quadviz.figures.marks.axes import Scale, alpha_axis, fitted_range, ticks
from quadviz.figures.marks.drawing import Drawing, Held, Part, axis_name, held_range
from quadviz.figures.marks.flags import ROW, flag_marks
from quadviz.figures.marks.notes import missing, roomier_right
from quadviz.figures.marks.points import own_traces, own_values, points_trace, size_traces
from quadviz.figures.marks.theme import DASH, THEMES, ThemeName, family_colours, template
from quadviz.outcome import Regime, Status
from quadviz.scenes.learning_curves import LearningCurves
from quadviz.theory.steady.steady_state import SteadyState

__all__ = [
    "BAYES",
    "HEIGHT",
    "MARGIN",
    "MOST_THRESHOLDS",
    "PANELS",
    "Panel",
    "learning_curves_figure",
]


HEIGHT = 530
#: Margins in pixels; fixed, so that a slider under the figure can be aligned with the α axis.
MARGIN = {"l": 58, "r": 16, "t": 52, "b": 44}
#: The name of the dotted curve.
BAYES = "Bayes-optimal"
#: A figure has room for so many thresholds.
MOST_THRESHOLDS = 4
#: A log axis shows at most so many decades below its largest value.
_DECADES = 8.0
#: Share of a log axis kept free for a note on what it cannot show.
_NOTE_ROOM = 0.25
#: Ticks of a linear axis, by panel.
_TICKS = (6, 4, 4)
_NONE = np.empty(0)


@dataclass(frozen=True)
class Panel:
    """One of the stacked panels.

    Attributes:
        axis: its vertical axis, as traces call it.
        field: the field of the result it draws.
        title: its name.
        meaning: what is drawn, in a few words.
        domain: its vertical extent, as fractions of the figure.
    """

    axis: str
    field: str
    title: str
    meaning: str
    domain: tuple[float, float]


#: Height of a row of flags as a fraction of the panels, which stand between the margins.
_ROW = ROW / (HEIGHT - MARGIN["t"] - MARGIN["b"])
PANELS = (
    Panel("y", "mse", "mse", "|Z − Z*|² / d", (0.56, 1.0)),
    Panel("y2", "train_loss", "train loss", "on the noisy labels", (0.285, 0.485)),
    Panel("y3", "in_sample_error", "in-sample error", "on the noiseless labels", (0.0, 0.21)),
)


def learning_curves_figure(
    scene: LearningCurves,
    theme: ThemeName = "light",
    x_scale: Scale = "linear",
    y_scale: Scale = "linear",
    held: Held | None = None,
    zoomed: bool = False,
) -> Drawing:
    """Three panels over one alpha axis.

    Args:
        scene: the curves and what stands beside them.
        theme: the background the figure is made for.
        x_scale: scale of the alpha axis.
        y_scale: scale of the three vertical axes.
        held: ranges that the axes had; they are kept while the curves fit into them.
        zoomed: whether the alpha axis is part of a longer one, to which a double click goes back.

    Returns:
        The figure. Traces are called after what they show, the panel's number and the curve's, such as
        "solid-0-2".

    Raises:
        ValueError: for more than :data:`MOST_THRESHOLDS` thresholds.
    """
    if len(scene.thresholds) > MOST_THRESHOLDS:
        raise ValueError(f"the figure has room for {MOST_THRESHOLDS} thresholds, got {len(scene.thresholds)}")
    alpha = np.broadcast_to(scene.curves.alpha, scene.curves.mse.shape)[0]
    ends = float(alpha[0]), float(alpha[-1])
    colours = family_colours(len(scene.names), theme, scene.shades)
    panels = [_Panel(row, scene, alpha, colours, theme, y_scale, held) for row in range(len(PANELS))]
    # Room for the flags, between the first panel and its title; each threshold takes a row, whether it lies
    # on the axis or not, so that the panels do not move with a parameter.
    foot = PANELS[0].domain[1] - len(scene.thresholds) * _ROW
    lines, names = flag_marks(scene.thresholds, ends, x_scale, (foot, _ROW), theme, MOST_THRESHOLDS)
    across = (math.log10(ends[0]), math.log10(ends[1])) if x_scale == "log" else ends
    layout = {
        "template": template(theme),
        "height": HEIGHT,
        "margin": MARGIN,
        "hovermode": "x unified",
        "dragmode": "zoom",
        "meta": {"zoomed": zoomed},
        "legend": {
            "orientation": "h", "x": 0, "xanchor": "left", "y": 1.05, "yanchor": "bottom",
            "traceorder": "normal", "itemclick": False, "itemdoubleclick": False, "itemwidth": 30,
        },
        "xaxis": {
            **alpha_axis(PANELS[-1].axis), "fixedrange": False, "type": x_scale, "range": across,
            **ticks(x_scale, across),
        },
        **{axis_name(PANELS[panel.row].axis): panel.axis(foot) for panel in panels},
        "annotations": [*(p.title() for p in panels), *(p.note(x_scale) for p in panels), *names],
        "shapes": [_marker_line(scene.marker, foot), *lines],
    }  # fmt: skip
    data = [trace for panel in panels for trace in panel.traces()]
    own = [trace for panel in panels for trace in panel.own()]
    return {"data": [*data, _bayes(scene, theme), *own], "layout": layout}


class _Panel:
    """One panel of a figure: its curves, its axis and what is written in it."""

    def __init__(
        self,
        row: int,
        scene: LearningCurves,
        alpha: FloatArray,
        colours: tuple[str, ...],
        theme: ThemeName,
        scale: Scale,
        held: Held | None,
    ) -> None:
        self.row, self.scene, self.alpha, self.colours, self.theme = row, scene, alpha, colours, theme
        self.values = np.asarray(getattr(scene.curves, PANELS[row].field))
        self.scale = scale
        self.bayes = scene.bayes if row == 0 else None
        seen = [self.values.ravel()]
        if self.bayes is not None:
            seen.append(self.bayes.mmse)
        if scene.simulated is not None:
            seen.append(scene.simulated.mean[row])
        if scene.at_size is not None:
            seen.append(scene.at_size.value[row])
        values = np.concatenate(seen)
        shown = held_range(held, PANELS[row].axis, scale)
        own = own_values(scene.own, row, values, (float(alpha[0]), float(alpha[-1])), scale)
        self.range = _fitted(np.append(values, own), scale, shown)
        #: A value below it has no place in the panel.
        self.floor = 10 ** self.range[0] if scale == "log" else -math.inf

    def axis(self, foot: float) -> Part:
        """The vertical axis; the first panel ends at ``foot``."""
        bottom, top = PANELS[self.row].domain
        return {
            "domain": (bottom, foot if self.row == 0 else top), "anchor": "x", "fixedrange": True,
            "exponentformat": "power", "minexponent": 4, "tickfont": {"size": 12}, "type": self.scale,
            "range": self.range, **ticks(self.scale, self.range, _TICKS[self.row]),
        }  # fmt: skip

    def title(self) -> Part:
        """The name of the panel above it."""
        panel = PANELS[self.row]
        return {
            "text": f"<b>{panel.title}</b>  {panel.meaning}", "x": 0, "xref": "paper", "xanchor": "left",
            "xshift": -4, "y": panel.domain[1], "yref": "paper", "yanchor": "bottom", "showarrow": False,
        }  # fmt: skip

    def note(self, x_scale: Scale) -> Part:
        """What a log axis cannot show, said where the curves cover least."""
        text, right = "", False
        if self.scale == "log":
            curves = [
                (name, self.alpha, curve) for name, curve in zip(self.scene.names, self.values, strict=True)
            ]
            text = missing(curves, self.floor)
            if self.bayes is not None:
                curves.append((BAYES, self.bayes.alpha, self.bayes.mmse))
            right = roomier_right(curves, self.floor, x_scale)
        return {
            "text": text, "x": float(right), "xref": "paper", "xanchor": "right" if right else "left",
            "y": PANELS[self.row].domain[0], "yref": "paper", "yanchor": "bottom", "yshift": 1,
            "font": {"size": 12}, "showarrow": False, "bgcolor": THEMES[self.theme].surface,
            "visible": bool(text),
        }  # fmt: skip

    def traces(self) -> Iterator[Part]:
        """The curves, dots of other solutions, points under the marker, networks and theory at their size."""
        styles = _styles(self.scene.curves)
        for member in range(len(self.scene.names)):
            yield from self._curve(member, styles)
        members, points = np.nonzero(styles.several)
        yield self._dots(
            "several", self.alpha[points], self.values[members, points],
            {"size": 4, "color": [self.colours[member] for member in members]},
        )  # fmt: skip
        yield self._marker()
        panel = PANELS[self.row]
        colour = self.colours[self.scene.current]
        yield from size_traces(panel.axis, panel.title, self.scene.at_size, self.row, colour, self.theme)
        uid = f"networks-{self.row}"
        yield points_trace(uid, panel.axis, panel.title, self.scene.simulated, self.row, colour, self.theme)

    def own(self) -> Iterator[Part]:
        """A reader's own measurements."""
        panel = PANELS[self.row]
        return own_traces(
            panel.axis, panel.title, self.scene.own, self.row, self.colours, self.theme, self.scale
        )

    def _curve(self, member: int, styles: _Styles) -> Iterator[Part]:
        """A curve twice: the dashed line runs under the solid one, so that they join.

        The one that is whole is hovered. The solid one carries the entry of the legend, and is there for it
        even where it is all gaps.
        """
        name, values = self.scene.names[member], self.values[member]
        under = bool(styles.limited[member].any())
        exact = values if styles.exact[member].all() else np.where(styles.exact[member], values, np.nan)
        look = {"color": self.colours[member], "width": 3.2 if member == self.scene.current else 1.8}
        title = name or PANELS[self.row].title
        for kind, y in (("dashed", values if under else _NONE), ("solid", exact)):
            solid = kind == "solid"
            hovered = solid != under
            yield {
                "type": "scatter", "uid": f"{kind}-{self.row}-{member}", "mode": "lines", "xaxis": "x",
                "yaxis": PANELS[self.row].axis, "legendgroup": str(member), "name": title,
                "x": self.alpha if y.size else _NONE, "y": y,
                "line": {**look, "simplify": False, **({} if solid else {"dash": DASH})},
                "showlegend": solid and bool(name) and self.row == 0,
                "hoverinfo": "all" if hovered else "skip",
                "hovertemplate": title + ": %{y:.4g}<extra></extra>" if hovered else None,
            }  # fmt: skip

    def _marker(self) -> Part:
        marker = self.scene.marker
        # A point below the axis has no place in its panel: neither may it stand in the next one.
        heights = _NONE if marker is None else np.asarray(getattr(marker, PANELS[self.row].field))
        place = _NONE if marker is None else np.broadcast_to(marker.alpha, heights.shape)
        edge = {"color": THEMES[self.theme].surface, "width": 1.5}
        return {
            **self._dots(
                "marker", place, np.where(heights >= self.floor, heights, np.nan),
                {"size": 9, "color": list(self.colours), "line": edge},
            ),
            "cliponaxis": False,
        }  # fmt: skip

    def _dots(self, kind: str, x: FloatArray, y: FloatArray, marker: Part) -> Part:
        return {
            "type": "scatter", "uid": f"{kind}-{self.row}", "mode": "markers", "xaxis": "x",
            "yaxis": PANELS[self.row].axis, "showlegend": False, "hoverinfo": "skip",
            "x": x, "y": y, "marker": marker,
        }  # fmt: skip


def _bayes(scene: LearningCurves, theme: ThemeName) -> Part:
    """The least error of any estimator."""
    bayes = scene.bayes
    return {
        "type": "scatter", "uid": "bayes", "mode": "lines", "xaxis": "x", "yaxis": PANELS[0].axis,
        "name": BAYES, "x": _NONE if bayes is None else bayes.alpha,
        "y": _NONE if bayes is None else bayes.mmse,
        "line": {"dash": "2px,3px", "width": 2, "simplify": False, "color": THEMES[theme].ink},
        "showlegend": bayes is not None, "hovertemplate": f"{BAYES}: %{{y:.4g}}<extra></extra>",
    }  # fmt: skip


def _marker_line(marker: SteadyState | None, top: float) -> Part:
    """The upright through all panels where the marker stands."""
    place = 1.0 if marker is None else float(np.ravel(marker.alpha)[0])
    return {
        "type": "line", "xref": "x", "yref": "paper", "x0": place, "x1": place, "y0": 0, "y1": top,
        "layer": "between", "visible": marker is not None,
    }  # fmt: skip


def _fitted(values: FloatArray, scale: Scale, shown: tuple[float, float] | None) -> tuple[float, float]:
    """The range of a vertical axis for the finite values (the positive ones on a log axis)."""
    usable = values[np.isfinite(values) & (values > 0)]
    if usable.size == 0:
        low, high = (-1.0, 0.0) if scale == "log" else (0.0, 1.0)
    elif scale == "log":
        lowest, high = math.log10(usable.min()), math.log10(usable.max())
        low = max(lowest, high - _DECADES)
        if lowest < low or np.any(values == 0):
            low -= _NOTE_ROOM * (high - low)
    else:
        low, high = 0.0, float(usable.max())
    return fitted_range(low, high, shown, floor=0.0 if scale == "linear" else None)


@dataclass(frozen=True)
class _Styles:
    """Which points of each curve are exact, rank-limited, and not unique; shape (M, N)."""

    exact: BoolArray
    limited: BoolArray
    several: BoolArray


def _styles(curves: SteadyState) -> _Styles:
    status = np.asarray(curves.status)
    narrow = np.asarray(curves.regime) == Regime.RANK_LIMITED
    known = status != Status.FAILED
    return _Styles(known & ~narrow, known & narrow, status == Status.SEVERAL)
