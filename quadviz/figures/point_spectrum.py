"""The spectrum that was learned at one point, before the teacher's own, in a small figure."""

from __future__ import annotations

import numpy as np

from quadviz.figures.marks.axes import fitted_range, ticks
from quadviz.figures.marks.drawing import Drawing, Held, Part, held_range
from quadviz.figures.marks.notes import panel_title
from quadviz.figures.marks.theme import DASH, THEMES, ThemeName, template
from quadviz.scenes.recovery import PointSpectrum

__all__ = ["point_spectrum_figure"]

HEIGHT = 222
MARGIN = {"l": 50, "r": 10, "t": 26, "b": 44}
#: Heights are fitted to what lies right of this share of the axis: what is left of a weak noise is a spike.
_SPIKE = 0.03
#: The bar at 0 is not to stand on the axis: room left of it, as a share of the axis.
_LEFT = 0.03


def point_spectrum_figure(
    scene: PointSpectrum, theme: ThemeName = "light", held: Held | None = None
) -> Drawing:
    """Both densities, and the shares of eigenvalues that are 0 as bars.

    Args:
        scene: what is learned at a point, and the teacher's spectrum.
        theme: the background the figure is made for.
        held: ranges that the axes had; they are kept while the densities fit into them.

    Returns:
        The figure, with the traces "teacher", "learned", "teacher-atom" and "learned-atom".
    """
    colours = THEMES[theme]
    known = bool(np.isfinite(scene.learned_atom))
    across, up = _ranges(scene, held)
    axis = {"fixedrange": True, "showgrid": False}
    text = "no solution was found"
    if known:
        text = f"at 0: {_share(scene.learned_atom)}, teacher's {_share(scene.teacher_atom)}"
    layout = {
        "template": template(theme), "height": HEIGHT, "margin": MARGIN,
        "dragmode": False, "hovermode": False,
        "xaxis": {**axis, "range": across, **ticks("linear", across, 7)},
        "yaxis": {**axis, "range": up, **ticks("linear", up, 4)},
        "yaxis2": {"fixedrange": True, "range": (0, 1.04), "overlaying": "y", "visible": False},
        "annotations": [
            panel_title("<b>spectrum</b>  at the cross; teacher's in grey"),
            # The name of the axis; its text changes with every move, which plotly's own could not by itself.
            {
                "text": f"eigenvalue  ({text})", "x": 0.5, "xref": "paper", "y": 0, "yref": "paper",
                "yanchor": "top", "yshift": -24, "showarrow": False,
            },
        ],
    }  # fmt: skip
    dash = DASH if scene.limited else "solid"
    quiet = {"type": "scatter", "mode": "lines", "hoverinfo": "skip", "showlegend": False}
    data = [
        {
            **quiet, "uid": "teacher", "x": scene.teacher_at, "y": scene.teacher, "fill": "tozeroy",
            "fillcolor": colours.grid, "line": {"width": 1, "simplify": False, "color": colours.line},
        },
        {
            **quiet, "uid": "learned", "x": scene.learned_at, "y": scene.learned,
            "line": {"width": 2.4, "simplify": False, "color": colours.single, "dash": dash},
        },
        _bar("teacher-atom", scene.teacher_atom, {"width": 8, "color": colours.grid}),
        _bar("learned-atom", scene.learned_atom if known else 0.0, {"width": 3, "color": colours.single}),
    ]  # fmt: skip
    return {"data": data, "layout": layout}


def _bar(uid: str, share: float, line: Part) -> Part:
    """A bar at 0, on an axis of its own."""
    return {
        "type": "scatter", "uid": uid, "mode": "lines", "hoverinfo": "skip", "showlegend": False,
        "yaxis": "y2", "x": np.zeros(2), "y": np.array([0.0, share]), "line": line,
    }  # fmt: skip


def _ranges(scene: PointSpectrum, held: Held | None) -> tuple[tuple[float, float], tuple[float, float]]:
    """The ranges of both axes, fitted to both laws."""
    right = float(np.nanmax(np.concatenate([scene.teacher_at, scene.learned_at])))
    before = held_range(held, "x")
    end = fitted_range(0.0, right, before and (0.0, before[1]), floor=0.0)[1]
    tops = [
        values[np.isfinite(values) & (at > _SPIKE * right)]
        for at, values in ((scene.teacher_at, scene.teacher), (scene.learned_at, scene.learned))
    ]
    top = float(max((values.max() for values in tops if values.size), default=1.0)) or 1.0
    return (-_LEFT * end, end), fitted_range(0.0, top, held_range(held, "y"), floor=0.0)


def _share(value: float) -> str:
    """A share of all eigenvalues in percent."""
    percent = 100 * value
    return f"{percent:.3g}%" if percent == 0 or percent >= 0.1 else "less than 0.1%"
