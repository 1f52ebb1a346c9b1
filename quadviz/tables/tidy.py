"""Tidy tables of what figures show: a row for every observation, a column for every field."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np

from quadviz.outcome import Regime, Status
from quadviz.scenes.plane import ThresholdCurves
from quadviz.tables.text import Table
from quadviz.theory.best.bayes import BayesOptimal
from quadviz.theory.steady.steady_state import SteadyState

__all__ = [
    "BAYES",
    "SETTING",
    "STATE_COLUMNS",
    "Row",
    "bayes_rows",
    "state_rows",
    "threshold_rows",
    "tidy",
]

#: What is known of one observation, by column.
Row = Mapping[str, object]

#: What rows say of the Bayes-optimal error.
BAYES = "Bayes-optimal"
SETTING = ("kappa", "kappa_star", "alpha", "delta", "lam")
_SOLVED = ("mse", "train_loss", "in_sample_error", "rank", "kappa_min", "q", "xi")
#: The columns that a steady state fills.
STATE_COLUMNS = (*SETTING, *_SOLVED, "regime", "status")


def tidy(names: Sequence[str], rows: Iterable[Row]) -> Table:
    """A table of rows that name what they know; cells of columns that do not apply are empty.

    >>> tidy(("source", "mse"), [{"source": "theory", "mse": 0.5}, {"source": "none"}])
    (('source', 'mse'), [['theory', 0.5], ['none', '']])
    """
    return names, [[row.get(name, "") for name in names] for row in rows]


def state_rows(source: str, states: SteadyState) -> Iterator[dict[str, object]]:
    """Steady states of any shape, each in a row."""
    columns = [np.ravel(getattr(states, name)).tolist() for name in STATE_COLUMNS]
    for row in zip(*columns, strict=True):
        known: dict[str, object] = dict(zip(STATE_COLUMNS, row, strict=True))
        known["regime"], known["status"] = Regime(row[-2]).label, Status(row[-1]).name.lower()
        yield {"source": source, **known}


def bayes_rows(bayes: BayesOptimal) -> Iterator[dict[str, object]]:
    """Bayes-optimal errors, each in a row."""
    columns = (bayes.alpha, bayes.kappa_star, bayes.delta, bayes.mmse, bayes.xi)
    names = ("alpha", "kappa_star", "delta", "mse", "xi")
    for row in zip(*(np.ravel(column).tolist() for column in columns), strict=True):
        yield {"source": BAYES, **dict(zip(names, row, strict=True))}


def threshold_rows(curves: ThresholdCurves, fixed: float) -> Iterator[dict[str, object]]:
    """The thresholds over a width, those of one kind after another.

    Args:
        curves: the thresholds.
        fixed: the other width.
    """
    other = "kappa_star" if curves.width == "kappa" else "kappa"
    kinds = (
        ("recovery, lam -> 0+", curves.ridgeless, curves.ridgeless_exact),
        ("interpolation, lam -> 0+", curves.interpolation, curves.interpolation_exact),
        ("recovery, no weight decay (conjecture)", curves.free, None),
        (BAYES, curves.bayes, None),
    )
    for source, values, exact in kinds:
        limited = [""] * values.size
        if exact is not None:
            limited = [Regime.EXACT.label if one else Regime.RANK_LIMITED.label for one in exact.tolist()]
        for place, alpha, regime in zip(curves.place.tolist(), values.tolist(), limited, strict=True):
            yield {
                "source": source,
                curves.width: place,
                other: fixed,
                "delta": 0.0,
                "alpha": alpha,
                "regime": regime,
            }
