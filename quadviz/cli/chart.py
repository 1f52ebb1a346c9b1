"""Tables of the commands as charts: a line for every setting in them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from quadviz.figures.marks.theme import DASH, OKABE_ITO, template
from quadviz.outcome import Regime
from quadviz.quantities import QUANTITIES
from quadviz.tables.text import Table

if TYPE_CHECKING:
    import plotly.graph_objects as go

__all__ = ["chart"]

#: With more lines than these a key would not fit.
_MOST_LINES = 12
_SETTING = ("teacher", "kappa", "kappa_star", "alpha", "delta", "lam", "lam2", "gamma", "seed")
_COLOURS = [colour for name, colour in OKABE_ITO.items() if name not in {"black", "yellow"}]
_DASHED = "dashed: rank-limited, rests on the steady-state assumption"


def chart(table: Table, x: str, y: str, *, error: str = "", note: str = "") -> go.Figure:
    """One line of ``y`` over ``x`` for every combination of what else varies of a setting.

    Dashed where the rows say that the width limits the rank; rows that say that they cannot be trusted, and
    values that are not finite, are left out.

    Args:
        table: the numbers.
        x: the column across.
        y: the column upwards.
        error: the column of its errors; none where it is empty.
        note: a sentence to stand beside the setting.
    """
    import plotly.graph_objects as go

    names, rows = table
    place = {name: k for k, name in enumerate(names)}
    told = [n for n in names if n in _SETTING and n != x]
    varying = [n for n in told if len({row[place[n]] for row in rows}) > 1]
    lines: dict[tuple[Any, ...], list[Any]] = {}
    for row in rows:
        if "trusted" not in place or row[place["trusted"]]:
            lines.setdefault(tuple(row[place[n]] for n in varying), []).append(row)
    figure, dashed = go.Figure(layout={"template": template()}), False
    for k, (key, points) in enumerate(lines.items()):
        columns = dict(zip(names, zip(*points, strict=True), strict=True))
        colour = {"color": _COLOURS[k % len(_COLOURS)]}
        look = {"x": columns[x], "legendgroup": k, "name": _said(varying, key)}
        # A single point makes no line.
        look |= {"mode": "lines" if len(points) > 1 else "markers", "marker": colour}
        limited = np.array(
            [each == Regime.RANK_LIMITED.label for each in columns.get("regime", ("",) * len(points))]
        )
        beside = limited | np.append(limited[1:], False) | np.append(False, limited[:-1])
        values = np.array(columns[y], dtype=float)
        values[~np.isfinite(values)] = np.nan
        bars = {"error_y": {"array": columns[error]}} if error else {}
        figure.add_scatter(y=np.where(limited, np.nan, values), line=colour, **bars, **look)
        if limited.any():
            dashed = True
            look["showlegend"] = bool(limited.all()) and len(lines) > 1
            figure.data[-1].showlegend = not limited.all()
            figure.add_scatter(y=np.where(beside, values, np.nan), line={**colour, "dash": DASH}, **look)
    fixed = _said(
        [n for n in told if n not in varying], [rows[0][place[n]] for n in told if n not in varying]
    )
    left = "not trusted later" if "trusted" in place and not all(r[place["trusted"]] for r in rows) else ""
    said = "; ".join(filter(None, (fixed, note, _DASHED if dashed else "", left)))
    figure.update_layout(
        title={"text": said, "font": {"size": 13}},
        showlegend=1 < len(lines) <= _MOST_LINES,
        xaxis_title=_symbol(x),
        yaxis_title=_symbol(y),
    )
    return figure


def _said(names: Sequence[str], values: Iterable[object]) -> str:
    """Values of a setting, by symbol."""
    texts = (f"{v:.4g}" if isinstance(v, float) else str(v) for v in values)
    return ", ".join(f"{_symbol(n)} = {text}" for n, text in zip(names, texts, strict=True))


def _symbol(name: str) -> str:
    about = QUANTITIES.get(name)
    return about.symbol if about is not None and about.symbol else name.replace("_", " ")
