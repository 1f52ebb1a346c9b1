"""A map of what the best pair of decays gains over the better one alone, and where that is worth it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from quadviz.arrays import BoolArray
from quadviz.figures.marks.drawing import Drawing, Part
from quadviz.figures.marks.maps import cell_traces, decade_axis, even_scale, limit_lines, map_line
from quadviz.figures.marks.notes import panel_title
from quadviz.figures.marks.placing import label_note, place_label, without, wordings
from quadviz.figures.marks.plane import cross
from quadviz.figures.marks.theme import THEMES, ThemeName, template
from quadviz.parameters import PARAMETERS
from quadviz.scenes.two_decays.best import Kind
from quadviz.scenes.two_decays.gains import ALPHA, LEVEL, GainMap, GainSetting

__all__ = ["KIND_NAMES", "gains_figure"]

_HEIGHT = 350
_MARGIN = {"l": 58, "r": 66, "t": 34, "b": 48}
#: The gain that the colours span, in percent.
_TOP = 6
#: What the regions of the map are called, where the best pair has no use for both decays.
KIND_NAMES = {
    Kind.WEIGHT: "λ alone is best",
    Kind.FROBENIUS: "λ₂ alone is best",
    Kind.VANISHING: "λ, λ₂ → 0 is best",
}
#: The smallest map that labels are made to fit, in pixels: a phone's.
_SIZE = (240.0, _HEIGHT - _MARGIN["t"] - _MARGIN["b"])
_TITLES = {"delta": "label noise Δ", "kappa_star": "teacher width κ*"}


def gains_figure(
    found: GainMap | None,
    setting: GainSetting,
    point: tuple[float, float],
    theme: ThemeName = "light",
    done: float = 1.0,
) -> Drawing:
    """The map with the line of 1%, or its place while nothing of it is known.

    Args:
        found: the map; None for none yet.
        setting: what it is of, or to be of.
        point: alpha and the other parameter as set.
        theme: the background the figure is made for.
        done: how much of it is done.

    Returns:
        The figure. Its cells are the traces "gain" and "gain-0y"; "level" is the line of 1%, "limit" bounds
        what rests on the steady-state assumption, "peak" is the largest gain.
    """
    up, cells = setting.up, found.cells if found else (1, 1)
    columns, rows = ALPHA.values(cells[0]).size, up.values(cells[1]).size
    gain = 100 * found.gain if found else np.full((rows, columns), np.nan)
    spare = found.spare if found else np.full((rows, columns), np.nan)
    look = {
        "zmin": 0, "zmax": _TOP, "colorscale": even_scale(), "showscale": True,
        "colorbar": {
            "thickness": 14, "outlinewidth": 0, "xpad": 8, "ypad": 0, "ticks": "",
            "tickvals": list(range(_TOP + 1)),
            "ticktext": [*(f"{n}%" for n in range(_TOP)), f"≥ {_TOP}%"], "tickfont": {"size": 13},
        },
    }  # fmt: skip
    first = int(bool(up.zero))
    x, y, above = ALPHA.values(cells[0]), up.values(cells[1])[first:], gain[first:]
    told = f"at κ = {setting.kappa:.4g}, {_other(setting)}"
    told = told if done >= 1 else f"being solved, {100 * done:.0f}%"
    layout = {
        "template": template(theme), "height": _HEIGHT, "margin": _MARGIN, "dragmode": False,
        "hovermode": "closest", "showlegend": False,
        "xaxis": decade_axis(ALPHA, "sample ratio α = n/d²", standoff=6),
        "yaxis": decade_axis(up, _TITLES[setting.vertical], standoff=4),
        "annotations": [
            panel_title(f"<b>gain of both decays</b>  {told}"), *_names(found, point, theme),
        ],
    }  # fmt: skip
    level = 100 * LEVEL
    crossed = bool((above > level).any() and (above < level).any())
    data = [
        *cell_traces("gain", (ALPHA, up), cells, gain, gain, look, "<br>gain %{customdata:.3~g}%"),
        *limit_lines(x, y, spare[first:]),
        *map_line("level", x, y, above, level, crossed),
        _peak(found),
        *cross((10 ** ALPHA.place(point[0]), 10 ** up.place(point[1])), 18, theme),
    ]
    return {"data": data, "layout": layout}


def _peak(found: GainMap | None) -> Part:
    """A ring around the largest gain."""
    peak = found.peak if found else None
    there = peak is not None and peak.gain > 1e-4
    return {
        "type": "scatter", "uid": "peak", "mode": "markers", "showlegend": False, "hoverinfo": "skip",
        "x": np.array([peak.alpha]) if peak and there else np.empty(0),
        "y": np.array([10 ** found.setting.up.place(peak.up)]) if found and peak and there else np.empty(0),
        "marker": {"symbol": "circle-open", "size": 13, "color": "#56B4E9", "line": {"width": 2.4}},
    }  # fmt: skip


def _names(found: GainMap | None, point: tuple[float, float], theme: ThemeName) -> Iterator[Part]:
    """What the best pair is where it is not both, clear of the cross."""
    veil = "rgba(255,255,255,0.72)" if theme == "light" else "rgba(33,33,33,0.72)"
    for kind, name in KIND_NAMES.items():
        place = None
        if found is not None:
            up = found.setting.up
            (left, right), (bottom, top) = ALPHA.span, up.span
            at = (
                (ALPHA.place(point[0]) - left) / (right - left),
                (up.place(point[1]) - bottom) / (top - bottom),
            )
            area = without(_rows(found, found.kind == kind), at, _SIZE)
            place = place_label(area, wordings(name), _SIZE)
        yield {**label_note(place, THEMES[theme].ink), "bgcolor": veil, "borderpad": 2}


def _rows(found: GainMap, area: BoolArray) -> BoolArray:
    """An area with rows of one height: the cell for 0 and the gap beside it are left out."""
    if not found.setting.up.zero:
        return area
    return np.pad(area[1:], ((round(found.cells[1] / 10), 0), (0, 0)))


def _other(setting: GainSetting) -> str:
    name = "kappa_star" if setting.vertical == "delta" else "delta"
    return f"{PARAMETERS[name].symbol} = {setting.fixed:.4g}"
