"""The law of the noisy teacher, cut, and what is left of it: two panels, drawn alike.

Each panel has the teacher's own law behind it, light grey. What moves in a panel is described once, by
:mod:`quadviz.figures.spectra_moments`: a :class:`SpectraPen` draws one moment of it into a plotly figure, and
a player in a browser draws many, one after another, in the same styles.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from quadviz.figures.eigenvalue_histogram import NetworkSpectrum, add_histogram, draw_histogram, histogram
from quadviz.figures.pen import Pen
from quadviz.figures.spectra_frame import Frame, fit_frame
from quadviz.figures.spectra_moments import ATOM_TOP, PanelMoments, learned_moments, noisy_moments
from quadviz.figures.spectra_outlines import View, outlines
from quadviz.figures.theme import DASH, FONT_FAMILY, THEMES, ThemeName, template
from quadviz.theory.learned_spectrum import LearnedSpectrum

__all__ = [
    "HEIGHT",
    "MARGIN",
    "PANELS",
    "LabelLook",
    "Look",
    "Panel",
    "Spectra",
    "SpectraPen",
    "label_look",
    "look",
    "spectra_figures",
    "spectra_skeletons",
]

FloatArray = NDArray[np.float64]

HEIGHT = 370
#: Margins in pixels.
MARGIN = {"l": 54, "r": 14, "t": 58, "b": 42}
#: Size of labels in pixels.
_LABEL_SIZE = 13


@dataclass(frozen=True)
class Look:
    """How a line is drawn: colours as CSS writes them, "none" for no fill; width in pixels."""

    stroke: str
    width: float
    fill: str = "none"
    dash: str = "solid"


@dataclass(frozen=True)
class LabelLook:
    """Where a label stands relative to its place.

    Attributes:
        row: 1 or 2 for a row above the panel, 0 for words in the panel.
        beside: pixels to the side.
    """

    row: int
    beside: int

    @property
    def baseline(self) -> float:
        """Pixels from its place up to the baseline of its words."""
        return 16.0 * (self.row - 1) + 5 if self.row else -4.0


@dataclass(frozen=True)
class Panel:
    """One of the two panels.

    Attributes:
        name: its name.
        title: what is seen in it.
        axis: titles of its horizontal axis, by view.
        paths: names of what moves, from back to front, and whether each stands on the axis of shares.
        labels: names of the labels.
    """

    name: str
    title: str
    axis: Mapping[View, str]
    paths: Mapping[str, bool]
    labels: Mapping[str, LabelLook]


PANELS = (
    Panel(
        "noisy",
        "<b>the noisy teacher</b>  Y = Z* + √ξ G",
        MappingProxyType(dict.fromkeys(("eigenvalues", "singular values"), "eigenvalue of Y")),
        MappingProxyType(
            {"discarded": False, "kept": False, "noisy atom": True, "q": True, "omega": True, "cut": True}
        ),
        MappingProxyType({"q": LabelLook(2, 5), "omega": LabelLook(1, 5), "note": LabelLook(0, 4)}),
    ),
    Panel(
        "learned",
        "<b>what is left</b>  Z = WWᵀ",
        MappingProxyType({"eigenvalues": "eigenvalue of Z", "singular values": "singular value of W"}),
        MappingProxyType({"learned": False, "atom": True, "gap": True}),
        MappingProxyType({"atom": LabelLook(0, 9), "gap": LabelLook(0, 9), "note": LabelLook(0, 4)}),
    ),
)


def look(path: str, theme: ThemeName, dashed: bool = False) -> Look:
    """How a path of a panel is drawn on a theme."""
    colours = THEMES[theme]
    mark = colours.single
    return {
        "discarded": Look(_faded(mark, 0.5), 1.4, _faded(mark, 0.13)),
        "kept": Look(mark, 2.2, _faded(mark, 0.42)),
        "learned": Look(mark, 2.4, _faded(mark, 0.42), DASH if dashed else "solid"),
        "noisy atom": Look(_faded(mark, 0.5), 7.0),
        "atom": Look(mark, 7.0),
        "q": Look(colours.muted, 1.2, dash="2px,3px"),
        "omega": Look(colours.muted, 1.2, dash="2px,3px"),
        "cut": Look(colours.ink, 2.0),
        "gap": Look(colours.ink, 1.6),
    }[path]


def label_look(label: LabelLook, theme: ThemeName) -> dict[str, str]:
    """Attributes of a label drawn as SVG, alike the annotations of the figures."""
    colours = THEMES[theme]
    style = {"font-family": FONT_FAMILY, "font-size": f"{_LABEL_SIZE}", "fill": colours.muted}
    if label.row == 0:
        style.update({"paint-order": "stroke", "stroke": colours.surface, "stroke-width": "4"})
    return style


@dataclass(frozen=True)
class Spectra:
    """Everything the two panels show.

    Attributes:
        law: the law at one setting, shape (1, 1).
        omega: where the width alone would cut Y, shape (1,); not finite where it would not.
        view: what is counted on the right.
        theme: the background the figures are made for.
        networks: trained networks, whose eigenvalues are counted before the law of Z; None for none.
    """

    law: LearnedSpectrum
    omega: FloatArray
    view: View = "eigenvalues"
    theme: ThemeName = "light"
    networks: NetworkSpectrum | None = None


def spectra_figures(view: Spectra) -> tuple[go.Figure, go.Figure]:
    """The static figures of a learned spectrum: the law of Y, and that of Z or of W."""
    figures = spectra_skeletons()
    SpectraPen(figures).draw(view)
    return figures


def spectra_skeletons() -> tuple[go.Figure, go.Figure]:
    """Two empty figures, to be filled by a :class:`SpectraPen`."""
    noisy, learned = _skeleton(PANELS[0]), _skeleton(PANELS[1])
    add_histogram(learned)
    return noisy, learned


def _skeleton(panel: Panel) -> go.Figure:
    figure = go.Figure()
    quiet = {"hoverinfo": "skip", "showlegend": False, "mode": "lines"}
    figure.add_scatter(fill="tozeroy", line={"width": 1, "simplify": False}, **quiet)
    figure.add_scatter(line_width=11, **quiet)
    for name, shares in panel.paths.items():
        filled = look(name, "light").fill != "none"
        figure.add_scatter(
            yaxis="y2" if shares else "y", fill="tozeroy" if filled else "none",
            line={"simplify": False}, **quiet,
        )  # fmt: skip
    figure.add_annotation(
        text=panel.title, x=0, xref="paper", xshift=-4, xanchor="left", y=1, yref="paper", yanchor="bottom",
        yshift=34, showarrow=False, font_size=14,
    )  # fmt: skip
    for label in panel.labels.values():
        figure.add_annotation(
            text="", x=0, xref="x", y=1, yref="y2", yanchor="bottom" if label.row else "middle",
            yshift=16 * (label.row - 1) if label.row else 0,
            showarrow=False, font_size=_LABEL_SIZE, borderpad=0, visible=False,
        )  # fmt: skip
    axis = {"fixedrange": True, "showgrid": False}
    figure.update_layout(
        height=HEIGHT, margin=MARGIN, autosize=True, dragmode=False, hovermode=False,
        xaxis={**axis, "title": {"standoff": 4}, "nticks": 8, "zeroline": False},
        yaxis={**axis, "nticks": 5, "title": {"text": "density", "standoff": 4}},
        yaxis2={"fixedrange": True, "range": (0, ATOM_TOP), "overlaying": "y", "visible": False},
    )  # fmt: skip
    return figure


class SpectraPen:
    """Draws spectra into the two figures of :func:`spectra_skeletons`; their axes do not jump.

    Attributes:
        frame: the ranges now shown, None before the first drawing. What is drawn next keeps them as long as
            it fits.
    """

    def __init__(
        self, figures: tuple[go.Figure, go.Figure], precision: type[np.floating[Any]] = np.float64
    ) -> None:
        self.pens = tuple(_PanelPen(f, p, precision) for f, p in zip(figures, PANELS, strict=True))
        self.frame: Frame | None = None

    @property
    def figures(self) -> tuple[go.Figure, ...]:
        """The figures drawn into. They may be exchanged for live copies."""
        return tuple(pen.figure for pen in self.pens)

    @figures.setter
    def figures(self, figures: Sequence[go.Figure]) -> None:
        for pen, figure in zip(self.pens, figures, strict=True):
            pen.figure = figure

    def draw(self, view: Spectra, frame: Frame | None = None) -> None:
        """Draw ``view`` in one batched update of each figure.

        Args:
            view: what to draw.
            frame: the ranges to draw it in; by default those shown, as long as it fits.
        """
        shapes = outlines(view.law, view.view)
        counted = None if view.networks is None else histogram(view.networks, view.view)
        self.frame = frame or fit_frame(shapes, view.law.state.q[:, 0], self.frame, counted=counted)
        panels = (
            noisy_moments(shapes, view.law, view.omega, self.frame),
            learned_moments(shapes, view.law, self.frame),
        )
        for pen, moments in zip(self.pens, panels, strict=True):
            with pen.figure.batch_update():
                pen.draw(moments, view.view, view.theme)
                if pen.panel.name == "learned":
                    draw_histogram(pen, len(pen.figure.data) - 1, view.networks, view.view, view.theme)


class _PanelPen(Pen):
    """Draws one panel."""

    def __init__(self, figure: go.Figure, panel: Panel, precision: type[np.floating[Any]]) -> None:
        super().__init__(figure, precision)
        self.panel = panel

    def draw(self, moments: PanelMoments, view: View, theme: ThemeName) -> None:
        """Draw the first of some moments before the teacher's law."""
        colours, teacher = THEMES[theme], moments.teacher
        with self.figure.batch_update():
            layout = self.figure.layout
            if self.new("theme", theme):
                layout.template = template(theme)
            if self.new("across", moments.across):
                layout.xaxis.range = moments.across
            if self.new("up", moments.up):
                layout.yaxis.range = moments.up
            if self.new("axis", view):
                layout.xaxis.title.text = self.panel.axis[view]
            self._line(0, teacher.x[0], teacher.y[0])
            self.put(0, fillcolor=colours.grid, line_color=colours.line)
            # Behind the densities, so on their axis, but as high as on the axis of shares.
            height = moments.teacher_atom / ATOM_TOP * moments.up[1]
            self.put(1, x=[0.0, 0.0], y=[0.0, height], line_color=colours.grid)
            for trace, name in enumerate(self.panel.paths, start=2):
                path, drawn = moments.paths[name], look(name, theme, bool(moments.dashed[0]))
                self._line(trace, path.x[0], path.y[0])
                self.put(trace, line_color=drawn.stroke, line_width=drawn.width, line_dash=drawn.dash)
                if drawn.fill != "none":
                    self.put(trace, fillcolor=drawn.fill)
            for number, (name, beside) in enumerate(self.panel.labels.items(), start=1):
                label = moments.labels[name]
                words = (label.text[0], float(label.x[0]), float(label.y[0]), bool(label.left[0]))
                if self.new(name, (*words, theme)):
                    layout.annotations[number].update(**_placed(*words, beside, colours.surface))

    def _line(self, trace: int, x: FloatArray, y: FloatArray) -> None:
        if np.isfinite(x).all():
            self.put(trace, x=x.astype(self.precision), y=y.astype(self.precision))
        else:
            self.put(trace, x=None, y=None)


def _placed(text: str, x: float, y: float, left: bool, beside: LabelLook, surface: str) -> dict[str, object]:
    """An annotation's properties."""
    if not text:
        return {"visible": False}
    return {
        "text": text,
        "x": x,
        "y": y,
        "xanchor": "right" if left else "left",
        "xshift": -beside.beside if left else beside.beside,
        "bgcolor": surface if beside.row == 0 else "rgba(0,0,0,0)",
        "opacity": 0.9 if beside.row == 0 else 1.0,
        "visible": True,
    }


def _faded(colour: str, opacity: float) -> str:
    """A colour, #rrggbb, that lets through what is behind it."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity:g})"
