"""What results hold, by name: symbol and meaning, for the attributes of tables that leave the package.

Everything is dimensionless: lengths are in units that make (1/d) tr Z* = 1, numbers of samples in units of
d^2, widths in units of d, and time in units in which the flow is dW/dt = -d grad(L + (lam/d)|W|^2).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from quadviz.parameters import EXTENSIONS, PARAMETERS

__all__ = ["QUANTITIES", "Quantity"]


class Quantity(NamedTuple):
    """A symbol in unicode, and what it stands for with its normalisation."""

    symbol: str
    meaning: str


_RESULTS = {
    "q": Quantity("q", "shift of the noisy teacher's spectrum"),
    "xi": Quantity("ξ", "noise variance of the effective teacher"),
    "mse": Quantity("mse", "|Z - Z*|_F^2 / d; the population loss is mse/2 + delta/4"),
    "mmse": Quantity("mmse", "least possible mean of |Z - Z*|_F^2 / d"),
    "train_loss": Quantity("L", "(1/4n) sum_k (Tr X_k Z - z_k)^2"),
    "in_sample_error": Quantity("L₀", "(1/4n) sum_k (Tr X_k (Z - Z*))^2"),
    "mse_error": Quantity("", "standard error of mse over samples of size d"),
    "train_loss_error": Quantity("", "standard error of the train loss over samples of size d"),
    "in_sample_error_error": Quantity("", "standard error of the in-sample error over samples of size d"),
    "rank_error": Quantity("", "standard error of the rank over samples of size d"),
    "regularised_loss": Quantity("L + (λ/d)|W|²", "train loss + (lam/d) |W|_F^2"),
    "loss": Quantity("mse/2 + Δ/4", "population loss"),
    "rank": Quantity("r", "rank of Z over d"),
    "kappa_min": Quantity("κ_min", "mass above q: from this width on the width does not matter"),
    "status": Quantity("", "how the solve of a point ended"),
    "regime": Quantity("", "whether the theory is exact or rests on the steady-state assumption"),
    "cut": Quantity("b", "place where the spectrum of the noisy teacher is cut"),
    "atom_at_zero": Quantity("", "fraction of eigenvalues of Z that are zero"),
    "gap": Quantity("ω - q", "stretch above zero that the width keeps empty"),
    "time": Quantity("t", "training time"),
    "eigenvalue": Quantity("z", "eigenvalues of Z = W W^T, increasing"),
    "seed": Quantity("", "seed of the random numbers"),
    "d": Quantity("d", "input dimension"),
    "inputs": Quantity("", "the network's own inputs, or symmetric Gaussian matrices"),
    "m": Quantity("m", "student width"),
    "m_star": Quantity("m*", "teacher width"),
    "n": Quantity("n", "training samples"),
    "label": Quantity("z", "labels, Tr(X_k Z*) + sqrt(delta) noise"),
    "signal": Quantity("", "labels without their noise"),
    "mass": Quantity("", "fraction of eigenvalues above b"),
    "distance": Quantity("", "|Z(t) - Z_inf|_F^2 / d"),
}

#: Parameters and results by name.
QUANTITIES: Mapping[str, Quantity] = MappingProxyType(
    {name: Quantity(p.symbol, p.meaning) for name, p in {**PARAMETERS, **EXTENSIONS}.items()} | _RESULTS
)
