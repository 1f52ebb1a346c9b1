"""A map of the test error over both decays, with the best of either, the best pair, and the decays as set.

The colours tell how far the error is above that of the best pair, which means the same at every setting.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from quadviz.arrays import FloatArray
from quadviz.figures.marks.drawing import Drawing, Part
from quadviz.figures.marks.maps import cell_traces, decade_axis, even_scale, limit_lines, map_line
from quadviz.figures.marks.notes import panel_title
from quadviz.figures.marks.placing import label_note, place_label, wordings
from quadviz.figures.marks.plane import cross
from quadviz.figures.marks.theme import DASH, THEMES, ThemeName, template
from quadviz.scenes.common.wording import four_digits
from quadviz.scenes.two_decays.best import Kind
from quadviz.scenes.two_decays.scene import LAM, LAM2, DecayMap, TwoDecays

__all__ = ["MARGIN", "SYMBOLS", "decays_figure"]

_HEIGHT = 560
MARGIN = {"l": 58, "r": 84, "t": 34, "b": 48}
#: What the marks of the best decays look like: symbol and size.
SYMBOLS = {"weight": ("triangle-right", 13), "frobenius": ("triangle-up", 13), "both": ("star", 17)}
#: The excess over the best pair that the colours span, in decades, and ticks.
_LOW, _HIGH = -3.0, 1.0
_TICKS = {-3: "≤ 0.1%", -2: "1%", -1: "10%", 0: "100%", 1: "≥ 1000%"}
#: The smallest map that a label is made to fit, in pixels: a phone's.
_SIZE = (220.0, _HEIGHT - MARGIN["t"] - MARGIN["b"])


def decays_figure(scene: TwoDecays, lam: float, lam2: float, theme: ThemeName = "light") -> Drawing:
    """The map, four marks, and the ratio in which the best pair vanishes, where it does.

    Args:
        scene: what there is to see.
        lam: weight decay as set.
        lam2: Frobenius decay as set.
        theme: the background the figure is made for.

    Returns:
        The figure. Its cells are the traces "excess", "excess-0x", "excess-0y" and "excess-00", those with
        no decay of either kind apart; the marks are "weight", "frobenius", "both" and "cross".
    """
    found = scene.map
    mse = np.asarray(found.states.mse)
    with np.errstate(divide="ignore"):
        shades = np.clip(np.log10(scene.excess), _LOW, _HIGH)
    spare = np.asarray(found.states.kappa - found.states.kappa_min)
    look = {
        "zmin": _LOW, "zmax": _HIGH, "colorscale": even_scale(),
        "colorbar": {
            "thickness": 14, "outlinewidth": 0, "xpad": 8, "ypad": 0, "ticks": "",
            "tickvals": list(_TICKS), "ticktext": list(_TICKS.values()), "tickfont": {"size": 13},
        },
    }  # fmt: skip
    inside = shades[1:, 1:], spare[1:, 1:]
    x, y = found.lam[1:], found.lam2[1:]
    layout = {
        "template": template(theme), "height": _HEIGHT, "margin": MARGIN, "dragmode": False,
        "hovermode": "closest", "showlegend": False,
        "xaxis": decade_axis(LAM, "weight decay λ", standoff=6),
        "yaxis": decade_axis(LAM2, "Frobenius decay λ₂", standoff=4),
        "annotations": [panel_title("<b>mse above the best pair's</b>"), _limited(found, spare, theme)],
    }  # fmt: skip
    data = [
        *cell_traces(
            "excess",
            (LAM, LAM2),
            (found.cells, found.cells),
            shades,
            mse,
            look,
            "<br>mse = %{customdata:.4~g}",
        ),
        *limit_lines(x, y, inside[1]),
        *map_line("near", x, y, inside[0], -2.0, bool((inside[0] < -2).any())),
        _ratio(scene),
        *_marks(scene),
        *cross((10 ** LAM.place(lam), 10 ** LAM2.place(lam2)), 20, theme),
    ]
    return {"data": data, "layout": layout}


def _marks(scene: TwoDecays) -> Iterator[Part]:
    """The best weight decay alone, the best Frobenius decay alone, and the best pair."""
    best = scene.best
    vanishing = scene.kind == Kind.VANISHING
    for uid, name, lam, lam2, mse in (
        ("weight", "best λ alone", best.weight.lam, 0.0, best.weight.mse),
        ("frobenius", "best λ₂ alone", 0.0, best.frobenius.lam2, best.frobenius.mse),
        ("both", "best pair", *_pair(scene), best.both.mse),
    ):
        here = bool(np.isfinite(mse))
        symbol, size = SYMBOLS[uid]
        said = f"{name}: λ = {four_digits(float(lam))}, λ₂ = {four_digits(float(lam2))}"
        if uid == "both" and vanishing:
            said = f"{name}: both vanish, λ/λ₂ = {four_digits(float(best.both.ratio))}"
        yield {
            "type": "scatter", "uid": uid, "mode": "markers", "showlegend": False, "cliponaxis": False,
            "x": np.array([10 ** LAM.place(float(lam))]) if here else np.empty(0),
            "y": np.array([10 ** LAM2.place(float(lam2))]) if here else np.empty(0),
            "marker": {
                "symbol": symbol, "size": size, "color": "#ffffff",
                "line": {"width": 1.6, "color": "#000000"},
            },
            "hovertemplate": f"{said}<br>mse = {four_digits(float(mse))}<extra></extra>",
        }  # fmt: skip


def _pair(scene: TwoDecays) -> tuple[float, float]:
    """The best pair; one that vanishes as small as there is room for its ratio."""
    x, y = _along(scene)
    if x.size:
        return float(x[0]), float(y[0])
    both = scene.best.both
    lam2 = LAM2.low if scene.kind == Kind.VANISHING else float(both.lam2)
    return float(both.lam), lam2


def _along(scene: TwoDecays) -> tuple[FloatArray, FloatArray]:
    """The ends of the line on which lam/lam2 is the ratio in which the best pair vanishes."""
    ratio = float(scene.best.both.ratio)
    if scene.kind == Kind.VANISHING and ratio > 0:
        lam2 = np.array([max(LAM2.low, LAM.low / ratio), min(LAM2.high, LAM.high / ratio)])
        if lam2[0] < lam2[1]:
            return ratio * lam2, lam2
    return np.empty(0), np.empty(0)


def _ratio(scene: TwoDecays) -> Part:
    """That line."""
    x, y = _along(scene)
    return {
        "type": "scatter", "uid": "ratio", "mode": "lines", "hoverinfo": "skip", "showlegend": False,
        "x": x, "y": y, "line": {"width": 1.4, "dash": DASH, "color": "#ffffff", "simplify": False},
    }  # fmt: skip


def _limited(found: DecayMap, spare: FloatArray, theme: ThemeName) -> Part:
    """What rests on an assumption, in words where there is room for them."""
    # The cells for 0 are wider than others, and there is a gap beside them.
    area = np.pad(spare[1:, 1:] < 0, ((found.cells // 10, 0), (found.cells // 10, 0)))
    place = place_label(area, wordings("rank-limited: steady-state assumption"), _SIZE)
    veil = "rgba(255,255,255,0.72)" if theme == "light" else "rgba(33,33,33,0.72)"
    return {**label_note(place, THEMES[theme].ink), "bgcolor": veil, "borderpad": 2}
