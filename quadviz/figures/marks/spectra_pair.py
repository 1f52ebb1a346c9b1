"""The spectra that two students learn, before their teacher's, in one figure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from quadviz.figures.marks.axes import fitted_range, ticks
from quadviz.figures.marks.drawing import Drawing, Held, Part, held_range
from quadviz.figures.marks.panel import label
from quadviz.figures.marks.theme import DASH, THEMES, ThemeName, template
from quadviz.scenes.recovery import PointSpectrum

__all__ = ["Spectrum", "spectra_pair"]

#: Heights are fitted to what lies right of this share of the axis: weak noise is a spike.
_SPIKE = 0.03


class Spectrum(NamedTuple):
    """How a spectrum is drawn.

    Attributes:
        name: the name of its trace, without spaces, and what it is called.
        ink: its colour.
    """

    name: str
    ink: str


def spectra_pair(
    spectra: Sequence[PointSpectrum],
    looks: Sequence[Spectrum],
    title: str,
    note: str,
    height: int,
    margin: dict[str, int],
    theme: ThemeName,
    held: Held | None,
) -> Drawing:
    """Densities, dashed where the width limits the rank.

    Args:
        spectra: what is learned of one teacher.
        looks: how each is drawn.
        title: what the figure shows.
        note: what is said below it before the shares that are 0.
        height: its height in pixels.
        margin: its margins.
        theme: the background the figure is made for.
        held: ranges that the axes had; they are kept while the densities fit into them.

    Returns:
        The figure, with the trace "teacher" and one of each name.
    """
    first = spectra[0]
    shown = [(first.teacher_at, first.teacher), *((each.learned_at, each.learned) for each in spectra)]
    right = float(np.nanmax(np.concatenate([at for at, _ in shown])))
    before = held_range(held, "x")
    end = fitted_range(0.0, right, before and (0.0, before[1]), floor=0.0)[1]
    tall = [y[np.isfinite(y) & (at > _SPIKE * right)] for at, y in shown]
    top = max((float(y.max()) for y in tall if y.size), default=1.0) or 1.0
    up = fitted_range(0.0, top, held_range(held, "y"), floor=0.0)
    axis = {"fixedrange": True, "showgrid": False}
    zeros = ", ".join(
        f"{look.name} {100 * each.learned_atom:.3g}%"
        for look, each in zip(looks, spectra, strict=True)
        if np.isfinite(each.learned_atom)
    )
    layout = {
        "template": template(theme), "height": height, "margin": margin,
        "dragmode": False, "hovermode": False,
        "xaxis": {**axis, "range": (0.0, end), **ticks("linear", (0.0, end), 7),
                  "title": {"text": "eigenvalue of Z", "standoff": 6}},
        "yaxis": {**axis, "range": up, **ticks("linear", up, 5)},
        "annotations": [
            label(f"<b>{title}</b><br>{note}at 0: {zeros}", 1, 4)
        ],
    }  # fmt: skip
    quiet = {"type": "scatter", "mode": "lines", "hoverinfo": "skip", "showlegend": False}
    data: list[Part] = [
        {
            **quiet, "uid": "teacher", "x": first.teacher_at, "y": first.teacher, "fill": "tozeroy",
            "fillcolor": THEMES[theme].grid,
            "line": {"width": 1, "simplify": False, "color": THEMES[theme].line},
        }
    ]  # fmt: skip
    for look, each in zip(looks, spectra, strict=True):
        line = {"width": 2.4, "simplify": False, "color": look.ink, "dash": DASH if each.limited else "solid"}
        data.append({**quiet, "uid": look.name, "x": each.learned_at, "y": each.learned, "line": line})
    return {"data": data, "layout": layout}
