"""Which column of a table is what: names and symbols of the field, as people and this package write them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from quadviz.checks import printable
from quadviz.files.decoding import DataError
from quadviz.parameters import EXTENSIONS, PARAMETERS
from quadviz.quantities import QUANTITIES

__all__ = ["ERROR_BARS", "POWER_LAW", "TAGS", "Headings", "found_headings", "plain_name"]

#: What an error column holds, by how its name ends.
ERROR_BARS: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(
            ("_error", "_err", "_sem", "_se", "_stderr", "_std_error", "_standard_error"), "standard error"
        ),
        **dict.fromkeys(("_std", "_sd", "_stdev", "_standard_deviation"), "standard deviation"),
    }
)
#: What tells measurements apart beside the parameters: rows that differ in it are no repetitions.
TAGS = (
    "d", "setting", "source", "teacher", "inputs", "label_noise", "teacher_weights",
)  # fmt: skip
#: What tells a power-law teacher of levels k^-exponent, k = 1 to their number, from others.
POWER_LAW = ("exponent", "levels")
#: Columns that tell how a row came about.
_AUXILIARY = (*TAGS, *POWER_LAW, "n", "seed", "time", "status", "trusted", "trusted_until")
#: Other spellings, once letters, marks and ends are off.
_SPELLINGS: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("n_over_d2", "n/d2", "n/d^2", "n/d**2", "n/dd", "sample_ratio"), "alpha"),
        **dict.fromkeys(("kappa*", "kappa_*", "kappa^*", "kappastar", "kappa_s"), "kappa_star"),
        **dict.fromkeys(("lambda", "weight_decay", "wd"), "lam"),
        **dict.fromkeys(("lambda2", "lambda_2", "lam_2"), "lam2"),
        **dict.fromkeys(("label_noise_variance", "noise_variance"), "delta"),
        **dict.fromkeys(("t", "training_time"), "time"),
        **dict.fromkeys(("l", "training_loss", "trainloss"), "train_loss"),
        **dict.fromkeys(("l0", "l_0"), "in_sample_error"),
        **dict.fromkeys(("seeds", "run", "repeat", "rep"), "seed"),
    }
)
_LETTERS = str.maketrans(
    {"α": "alpha", "κ": "kappa", "λ": "lambda", "δ": "delta", "γ": "gamma", "★": "*", "⋆": "*", "∗": "*"}
)
#: Before and after names in tables of this package.
_PREFIXES, _MEAN, _OBSERVED = ("network_", "dmft_"), "_mean", tuple(QUANTITIES)


@dataclass(frozen=True)
class Headings:
    """The columns of a table by what they are; columns are numbers from 0.

    Attributes:
        places: of parameters, times and everything else that there is one of, by its name.
        values: of quantities, by their names.
        errors: of their errors, by the names of the quantities.
        bars: what these errors are, "standard error" or "standard deviation", by the same names.
        unused: names of columns that are none of these, as they are written.
    """

    places: Mapping[str, int]
    values: Mapping[str, int]
    errors: Mapping[str, int]
    bars: Mapping[str, str]
    unused: tuple[str, ...]


def plain_name(written: str) -> str:
    r"""The name of a column in the letters of the package.

    >>> [plain_name(name) for name in ("κ*", "Train loss [a.u.]", "$\\lambda$", "n/d²", "t")]
    ['kappa_star', 'train_loss', 'lam', 'alpha', 'time']
    """
    name = unicodedata.normalize("NFKC", re.split(r"[(\[=]", written)[0]).strip(" '\"$").lower()
    name = re.sub(r"[\\{}]", "", name).translate(_LETTERS)
    name = re.sub(r"[\s-]+", "_", name.strip())
    return _SPELLINGS.get(name, name)


def found_headings(names: Sequence[str], quantities: Sequence[str]) -> Headings:
    """What the columns of a table are.

    Args:
        names: of the columns.
        quantities: the names of :data:`quadviz.quantities.QUANTITIES` that are looked for.

    Raises:
        DataError: if two columns are the same; says which.

    >>> found_headings(["alpha", "mse", "mse_std", "note"], ["mse"]).bars
    {'mse': 'standard deviation'}
    """
    known = {*PARAMETERS, *EXTENSIONS, *_AUXILIARY}
    places: dict[str, int] = {}
    values: dict[str, int] = {}
    errors: dict[str, int] = {}
    bars: dict[str, str] = {}
    unused = []
    for at, written in enumerate(names):
        name = _without_prefix(plain_name(written))
        quantity, bar = _error_of(name, quantities)
        if name in quantities:
            _put(values, name, at, names)
        elif quantity:
            _put(errors, quantity, at, names)
            bars[quantity] = bar
        elif name in known:
            _put(places, name, at, names)
        elif name.endswith(_MEAN) and name.removesuffix(_MEAN) in quantities:
            _put(values, name.removesuffix(_MEAN), at, names)
        elif written:
            unused.append(written)
    lost = [quantity for quantity in errors if quantity not in values]
    if lost and not values:
        raise DataError(f"there are errors of {lost[0]}, but no column {lost[0]}")
    return Headings(places, values, errors, bars, tuple(unused))


def _without_prefix(name: str) -> str:
    for prefix in _PREFIXES:
        inner = name.removeprefix(prefix)
        # The seed of a network in a sweep is made of the one in the grid.
        if inner != name and inner != "seed" and (inner in _AUXILIARY or inner.startswith(_OBSERVED)):
            return inner
    return name


def _error_of(name: str, quantities: Sequence[str]) -> tuple[str, str]:
    """The quantity that a column is an error of, and what kind of error; empty where it is none."""
    for end, kind in ERROR_BARS.items():
        of = name.removesuffix(end).removesuffix(_MEAN)
        if name.endswith(end) and of in quantities:
            return of, kind
    return "", ""


def _put(found: dict[str, int], name: str, at: int, names: Sequence[str]) -> None:
    if name in found:
        first, second = (f"{printable(names[each])} (column {each + 1})" for each in (found[name], at))
        raise DataError(f"two columns are the same: {first} and {second}; keep one of them")
    found[name] = at
