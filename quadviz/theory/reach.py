"""Where the functions are good to nine digits, and how far from the sliders a solver goes at all.

Inside its domain a function is good to 1e-9, relative, as tests check against arithmetic with 60 digits.
Outside, its result is as good or it is NaN, with the status FAILED where there is one. Beyond its reach a
solver does not try. Within a relative 1e-7 of a threshold or a fold the last digit of alpha counts; no more
than that is promised.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from quadviz.arrays import BoolArray, FloatArray

__all__ = ["DOMAINS", "domain_sentence", "within_reach"]


_STEADY = {
    "alpha": (1e-2, 1e3),
    "kappa": (1e-2, 1e2),
    "kappa_star": (1e-2, 3.0),
    "lam": (1e-6, 1e2),
    "delta": (1e-6, 1e2),
}
#: By public function, the ranges of its parameters in which it is good to 1e-9; lam and delta may be 0 too.
DOMAINS: Mapping[str, Mapping[str, tuple[float, float]]] = MappingProxyType(
    {
        "steady_state": _STEADY,
        "learning_curve": _STEADY,
        "learned_spectrum": _STEADY,
        "steady_state_solutions": _STEADY,
        "bayes_optimal": {"alpha": (1e-3, 1e3), "kappa_star": (1e-2, 1e2), "delta": (1e-9, 1e6)},
        "optimal_lam": {
            "alpha": (1e-2, 1e2),
            "kappa": (2e-2, 1e2),
            "kappa_star": (2e-2, 3.0),
            "delta": (1e-3, 1e2),
        },
        "interpolation_threshold": {"kappa": (2e-2, 1e2), "kappa_star": (2e-2, 2.0), "delta": (1e-6, 1e1)},
        "recovery_threshold": {"kappa": (1e-6, 1e6), "kappa_star": (1e-6, 1e6)},
        "NoisyTeacherLaw": {"kappa_star": (1e-3, 1e2), "xi": (1e-12, 1e6)},
    }
)
_MAY_BE_ZERO = ("lam", "delta")
#: Beyond these powers of ten floats overflow on the way, or widths are lost beside 1.
_SMALLEST, _LARGEST, _NARROWEST, _WIDEST = 1e-60, 1e60, 1e-12, 1e12


def domain_sentence(name: str) -> str:
    """The domain of a function in words, as its docstring has them.

    >>> domain_sentence("recovery_threshold")
    'Good to 1e-9 for kappa from 1e-06 to 1e+06 and kappa_star from 1e-06 to 1e+06'
    """
    parts = [
        f"{parameter}{' = 0 or' if parameter in _MAY_BE_ZERO else ''} from {low:g} to {high:g}"
        for parameter, (low, high) in DOMAINS[name].items()
    ]
    return f"Good to 1e-9 for {', '.join(parts[:-1])} and {parts[-1]}"


def within_reach(*positive: FloatArray, widths: tuple[FloatArray, ...], delta: FloatArray) -> BoolArray:
    """Where no parameter is so large or small that it is not tried; noise may be as small as it likes.

    Args:
        positive: parameters of one shape; 0 stands for a limit of its own.
        widths: kappa and kappa_star, or one of them, of that shape.
        delta: label-noise variance, of that shape.
    """
    tried: BoolArray = delta < _LARGEST
    for values in positive:
        tried &= (values == 0) | ((values > _SMALLEST) & (values < _LARGEST))
    for values in widths:
        tried &= (values > _NARROWEST) & (values < _WIDEST)
    return tried
