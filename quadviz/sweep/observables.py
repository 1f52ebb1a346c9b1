"""What a sweep can observe: the columns of theory, of networks and of mean-field marches, and their names.

Theory comes in groups, each one call of a function of the package, which broadcasts; it is given what it
needs and no more, so that a threshold along an axis of samples is solved for once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quadviz.outcome import Regime, Status
from quadviz.quantities import QUANTITIES, Quantity
from quadviz.theory.best.bayes import bayes_optimal
from quadviz.theory.best.elastic_net import optimal_decay
from quadviz.theory.best.optimal_decay import optimal_lam
from quadviz.theory.dmft import DmftStatus
from quadviz.theory.steady.learned_spectrum import learned_spectrum
from quadviz.theory.steady.steady_state import steady_state
from quadviz.theory.steady.thresholds import interpolation_threshold, recovery_threshold

__all__ = [
    "CODES",
    "DMFT",
    "EIGENVALUES",
    "GROUPS",
    "MISSING",
    "NETWORKS",
    "THEORY",
    "CellStatus",
    "Group",
    "about",
    "expanded",
    "groups_of",
]

#: The code of what is not computed yet.
MISSING = -1


class CellStatus(IntEnum):
    """How a network's cell ended."""

    SOLVED = 0
    NOT_CONVERGED = 1
    FAILED = 2


Columns = Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class Group:
    """Observables that one call of a function gives.

    Attributes:
        needs: the parameters that it takes.
        columns: the observables.
        codes: what is kept with them in any case: how each point went.
        batch: settings to a unit of work: a second or less.
        solve: parameters and options to columns and codes.
    """

    needs: tuple[str, ...]
    columns: tuple[str, ...]
    codes: tuple[str, ...]
    batch: int
    solve: Callable[..., Columns]


def _steady(options: Mapping[str, Any], **given: Any) -> Columns:
    state = steady_state(**given, finite_size=options["finite_size"], inputs=options["inputs"])
    names = (*GROUPS["steady"].columns, *GROUPS["steady"].codes)
    return {name: getattr(state, name) for name in names}


def _bayes(_: Mapping[str, Any], **given: Any) -> Columns:
    best = bayes_optimal(**given)
    return {"mmse": best.mmse, "mmse_status": best.status}


def _optimal(_: Mapping[str, Any], **given: Any) -> Columns:
    lam = optimal_lam(**given)
    known = np.isfinite(lam)
    state = steady_state(lam=np.where(known, lam, 0.0), **given)
    status = np.where(known, state.status, Status.FAILED)
    mse = np.where(known, state.mse, np.nan)
    return {"optimal_lam": lam, "optimal_mse": mse, "optimal_status": status}


def _pair(_: Mapping[str, Any], **given: Any) -> Columns:
    best = optimal_decay(**given)
    found = {f"pair_{name}": getattr(best, name) for name in ("lam", "lam2", "mse", "ratio")}
    return {**found, "pair_status": best.status}


def _recovery(_: Mapping[str, Any], **given: Any) -> Columns:
    return {
        "recovery_alpha": recovery_threshold(**given),
        "recovery_alpha_none": recovery_threshold(**given, regularisation="none"),
        "recovery_alpha_bayes": recovery_threshold(**given, regularisation="bayes"),
    }


def _interpolation(_: Mapping[str, Any], **given: Any) -> Columns:
    peak = interpolation_threshold(**given)
    return {
        "interpolation_alpha": peak.alpha,
        "interpolation_mse": peak.mse,
        "interpolation_status": peak.status,
    }


def _spectrum(_: Mapping[str, Any], **given: Any) -> Columns:
    law = learned_spectrum(**given)
    found = {
        "atom_at_zero": law.atom_at_zero,
        "gap": law.gap,
        "left_edge": law.edges.left,
        "right_edge": law.edges.right,
    }
    return {**found, "spectrum_status": law.state.status}


_SETTING = ("alpha", "kappa", "kappa_star", "lam", "delta", "lam2")
_BLOCK = 8192

GROUPS: Mapping[str, Group] = MappingProxyType(
    {
        "steady": Group(
            _SETTING,
            (
                *("mse", "train_loss", "in_sample_error", "rank", "kappa_min", "q", "xi"),
                *("mse_error", "train_loss_error", "in_sample_error_error", "rank_error"),
            ),
            ("status", "regime"),
            _BLOCK,
            _steady,
        ),
        "spectrum": Group(
            _SETTING,
            ("atom_at_zero", "gap", "left_edge", "right_edge"),
            ("spectrum_status",),
            _BLOCK // 2,
            _spectrum,
        ),
        "bayes": Group(("alpha", "kappa_star", "delta"), ("mmse",), ("mmse_status",), _BLOCK, _bayes),
        "optimal_lam": Group(
            ("alpha", "kappa", "kappa_star", "delta", "lam2"),
            ("optimal_lam", "optimal_mse"),
            ("optimal_status",),
            _BLOCK // 2,
            _optimal,
        ),
        "optimal_pair": Group(
            ("alpha", "kappa", "kappa_star", "delta"),
            ("pair_lam", "pair_lam2", "pair_mse", "pair_ratio"),
            ("pair_status",),
            _BLOCK // 256,
            _pair,
        ),
        "recovery": Group(
            ("kappa", "kappa_star"),
            ("recovery_alpha", "recovery_alpha_none", "recovery_alpha_bayes"),
            (),
            _BLOCK,
            _recovery,
        ),
        "interpolation": Group(
            ("kappa", "kappa_star", "delta"),
            ("interpolation_alpha", "interpolation_mse"),
            ("interpolation_status",),
            _BLOCK,
            _interpolation,
        ),
    }
)

#: Observables by name, and words for several of them.
THEORY: tuple[str, ...] = tuple(name for group in GROUPS.values() for name in group.columns)
_WORDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "bayes": ("mmse",),
        "thresholds": ("recovery_alpha", "interpolation_alpha", "interpolation_mse"),
        "optimal_pair": GROUPS["optimal_pair"].columns,
        "spectrum": GROUPS["spectrum"].columns,
    }
)
#: The one observable of a network that is many numbers: d of them, along a dimension of their own.
EIGENVALUES = "eigenvalues"
NETWORKS: tuple[str, ...] = ("mse", "train_loss", "in_sample_error", "regularised_loss", EIGENVALUES)
DMFT: tuple[str, ...] = ("mse", "mse_error", "train_loss", "train_loss_error")

#: Columns that are codes, and what their values mean.
CODES: Mapping[str, type[IntEnum]] = MappingProxyType(
    {code: Regime if code == "regime" else Status for group in GROUPS.values() for code in group.codes}
    | {"network_status": CellStatus, "dmft_status": DmftStatus}
)

_FOUND = {
    "optimal_lam": Quantity("λ", "weight decay with the least mse"),
    "optimal_mse": Quantity("mse", "mse with the best weight decay"),
    "pair_lam": Quantity("λ", "weight decay of the best pair of decays"),
    "pair_lam2": Quantity("λ₂", "Frobenius decay of the best pair of decays"),
    "pair_mse": Quantity("mse", "mse with the best pair of decays"),
    "pair_ratio": Quantity("λ/λ₂", "ratio of the best pair of decays"),
    "left_edge": Quantity("z", "lower end of the continuous part of the law of Z"),
    "right_edge": Quantity("z", "upper end of the continuous part of the law of Z"),
    EIGENVALUES: QUANTITIES["eigenvalue"],
    "recovery_alpha": Quantity("α", "samples from which lam -> 0+ recovers a noiseless teacher"),
    "recovery_alpha_none": Quantity("α", "samples from which no weight decay recovers it (a conjecture)"),
    "recovery_alpha_bayes": Quantity("α", "samples from which the best estimator recovers it"),
    "interpolation_alpha": Quantity("α", "samples up to which lam -> 0+ fits every label"),
    "interpolation_mse": Quantity("mse", "mse there: the height of the double-descent peak"),
    "seed": Quantity("", "seed that quadviz.simulate and minimise take for this very network"),
    "trusted_until": Quantity("t", "time until which the march can be trusted"),
}


def about(name: str) -> Quantity:
    """Symbol and meaning of a column, whatever it is a column of.

    >>> about("network_mse").symbol, about("network_mse_mean").meaning.split(":")[0]
    ('mse', 'mean over seeds of |Z - Z*|_F^2 / d; the population loss is mse/2 + delta/4')
    """
    for prefix, of in (("network_", " of networks"), ("dmft_", " of mean-field marches")):
        if name.startswith(prefix):
            inner = name.removeprefix(prefix)
            if inner.endswith("_mean"):
                known = about(inner.removesuffix("_mean"))
                return Quantity(known.symbol, f"mean over seeds of {known.meaning}")
            if prefix == "network_" and inner.endswith("_error") and inner != "in_sample_error":
                return Quantity("", f"standard error over seeds of the {inner.removesuffix('_error')}")
            if prefix == "dmft_" and inner.endswith("_error"):
                return Quantity("", f"half-width of the 68% interval of the {inner.removesuffix('_error')}")
            if inner in ("status", "failure"):
                return Quantity("", f"{_HOW[inner]}{of}")
            return about(inner)
    if name.endswith("status"):
        return Quantity("", "how the solve of a point ended")
    if name == "theory_failure":
        return Quantity("", _HOW["failure"])
    return {**QUANTITIES, **_FOUND}[name]


_HOW = {"status": "how a cell ended", "failure": "the error of a cell that failed, empty where none did"}


def expanded(names: Sequence[str]) -> tuple[str, ...]:
    """Observables of theory, each once, with words for several of them spelt out.

    >>> expanded(["mse", "bayes", "mse"])
    ('mse', 'mmse')
    """
    return tuple(dict.fromkeys(name for word in names for name in _WORDS.get(word, (word,))))


def groups_of(observables: Sequence[str]) -> dict[str, Group]:
    """The groups that observables of theory belong to, by name."""
    return {name: group for name, group in GROUPS.items() if set(group.columns) & set(observables)}
