"""The law of the noisy teacher, cut, and what is left of it: two panels, drawn alike.

Each panel has the teacher's own law behind it, light grey. What moves in a panel is described once, by
:mod:`quadviz.figures.marks.moments`, for one moment or for all those of a film.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from quadviz.figures.marks.axes import ticks
from quadviz.figures.marks.drawing import Drawing, Part
from quadviz.figures.marks.histogram import histogram, histogram_trace
from quadviz.figures.marks.moments import ATOM_TOP, PanelMoments, learned_moments, noisy_moments
from quadviz.figures.marks.outlines import Outlines, outlines
from quadviz.figures.marks.ranges import Frame, fit_frame
from quadviz.figures.marks.theme import DASH, THEMES, ThemeName, template
from quadviz.scenes.spectra import Spectra, View

__all__ = [
    "HEIGHT",
    "MARGIN",
    "PANELS",
    "LabelLook",
    "Look",
    "Panel",
    "look",
    "spectra_figures",
    "spectra_film",
    "spectra_frame",
]

HEIGHT = 370
#: Margins in pixels.
MARGIN = {"l": 54, "r": 14, "t": 58, "b": 42}
#: Size of labels in pixels.
_LABEL_SIZE = 13
#: Ticks of the axes, about.
_ACROSS, _UP = 8, 5
#: Points of a band in a film; more are needed only where one has time to look.
_FILM_POINTS = 80
#: The axes of a film hold this share of the moments; at the first ones Y is several times as wide.
_FILM_SHARE = 0.8


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


def spectra_frame(scene: Spectra, shown: Frame | None = None) -> Frame:
    """The ranges of the two panels: those shown as long as what there is to see fits into them."""
    counted = None if scene.networks is None else histogram(scene.networks, scene.view)
    return fit_frame(_outlines(scene), scene.law.state.q[:, 0], shown, counted=counted)


def spectra_figures(scene: Spectra, frame: Frame, theme: ThemeName = "light") -> tuple[Drawing, Drawing]:
    """The law of Y, and that of Z or of W.

    Args:
        scene: the law at one setting.
        frame: the ranges to draw it in.
        theme: the background the figures are made for.

    Returns:
        Two figures. Traces are called after what they show: "teacher", "kept", "atom"; "networks" is the
        histogram on the right.
    """
    moments = _moments(scene, _outlines(scene), frame)
    noisy, learned = (_figure(p, m, scene.view, theme) for p, m in zip(PANELS, moments, strict=True))
    learned["data"].append(histogram_trace("networks", scene.networks, scene.view, theme))
    return noisy, learned


def spectra_film(
    scene: Spectra, shown: Frame | None, theme: ThemeName = "light"
) -> tuple[list[Drawing], list[Drawing], Frame]:
    """What moves in the two figures along many moments.

    Args:
        scene: the laws at F moments; networks are left out.
        shown: the ranges now shown.
        theme: the background.

    Returns:
        F parts of the figure on the left and of that on the right, and the ranges that hold them.
    """
    shapes = outlines(scene.law, scene.view, _FILM_POINTS)
    frame = fit_frame(shapes, scene.law.state.q[:, 0], shown, _FILM_SHARE)
    moments = _moments(scene, shapes, frame)
    noisy, learned = (
        [_moving(panel, of, i, theme) for i in range(of.dashed.size)]
        for panel, of in zip(PANELS, moments, strict=True)
    )
    return noisy, learned, frame


def _outlines(scene: Spectra) -> Outlines:
    return outlines(scene.law, scene.view)


def _moments(scene: Spectra, shapes: Outlines, frame: Frame) -> tuple[PanelMoments, PanelMoments]:
    return (
        noisy_moments(shapes, scene.law, scene.omega, frame),
        learned_moments(shapes, scene.law, frame),
    )


def _figure(panel: Panel, moments: PanelMoments, view: View, theme: ThemeName) -> Drawing:
    """The first of some moments before the teacher's law."""
    colours, teacher = THEMES[theme], moments.teacher
    moving = _moving(panel, moments, 0, theme)
    # Behind the densities, so on their axis, but as high as on the axis of shares.
    height = moments.teacher_atom / ATOM_TOP * moments.up[1]
    behind = [
        {
            **_quiet("teacher"), "x": teacher.x[0], "y": teacher.y[0], "fill": "tozeroy",
            "fillcolor": colours.grid, "line": {"width": 1, "simplify": False, "color": colours.line},
        },
        {
            **_quiet("teacher-atom"), "x": np.zeros(2), "y": np.array([0.0, height]),
            "line": {"width": 11, "color": colours.grid},
        },
    ]  # fmt: skip
    axis = {"fixedrange": True, "showgrid": False}
    layout = {
        "template": template(theme),
        "height": HEIGHT, "margin": MARGIN, "dragmode": False, "hovermode": False,
        "xaxis": {
            **axis, "title": {"text": panel.axis[view], "standoff": 4}, "zeroline": False,
            "range": moments.across, **ticks("linear", moments.across, _ACROSS),
        },
        "yaxis": {
            **axis, "title": {"text": "density", "standoff": 4}, "range": moments.up,
            **ticks("linear", moments.up, _UP),
        },
        "yaxis2": {"fixedrange": True, "range": (0, ATOM_TOP), "overlaying": "y", "visible": False},
        "annotations": moving["layout"]["annotations"],
    }  # fmt: skip
    return {"data": [*behind, *moving["data"]], "layout": layout}


def _moving(panel: Panel, moments: PanelMoments, moment: int, theme: ThemeName) -> Drawing:
    """What moves in a panel at a moment."""
    data, surface = [], THEMES[theme].surface
    for name, shares in panel.paths.items():
        path, drawn = moments.paths[name], look(name, theme, bool(moments.dashed[moment]))
        known = bool(np.isfinite(path.x[moment]).all())
        filled = {} if drawn.fill == "none" else {"fill": "tozeroy", "fillcolor": drawn.fill}
        data.append(
            {
                **_quiet(name), "yaxis": "y2" if shares else "y",
                "x": path.x[moment] if known else np.empty(0), "y": path.y[moment] if known else np.empty(0),
                "line": {
                    "simplify": False, "color": drawn.stroke, "width": drawn.width, "dash": drawn.dash,
                },
                **filled,
            }
        )  # fmt: skip
    title = {
        "text": panel.title, "x": 0, "xref": "paper", "xshift": -4, "xanchor": "left", "y": 1,
        "yref": "paper", "yanchor": "bottom", "yshift": 34, "showarrow": False, "font": {"size": 14},
    }  # fmt: skip
    labels = [title]
    for name, beside in panel.labels.items():
        label = moments.labels[name]
        words = label.text[moment], float(label.x[moment]), float(label.y[moment]), bool(label.left[moment])
        labels.append(_label(*words, beside, surface))
    return {"data": data, "layout": {"annotations": labels}}


def _quiet(uid: str) -> Part:
    """A line that is not hovered and has no entry in a legend."""
    return {
        "type": "scatter", "uid": uid, "mode": "lines", "hoverinfo": "skip", "showlegend": False,
    }  # fmt: skip


def _label(text: str, x: float, y: float, left: bool, beside: LabelLook, surface: str) -> Part:
    """Words beside their place."""
    return {
        "text": text, "x": x, "xref": "x", "y": y, "yref": "y2",
        "yanchor": "bottom" if beside.row else "middle", "yshift": 16 * (beside.row - 1) if beside.row else 0,
        "xanchor": "right" if left else "left", "xshift": -beside.beside if left else beside.beside,
        "bgcolor": "rgba(0,0,0,0)" if beside.row else surface, "opacity": 1.0 if beside.row else 0.9,
        "showarrow": False, "font": {"size": _LABEL_SIZE}, "borderpad": 0, "visible": bool(text),
    }  # fmt: skip


def _faded(colour: str, opacity: float) -> str:
    """A colour, #rrggbb, that lets through what is behind it."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity:g})"
