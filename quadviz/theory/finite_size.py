"""The steady state at your d: the same two equations, with averages over matrices of that size.

Of d -> infinity the equations keep two averages over the noisy teacher Y = Z* + sqrt(xi) G: the error of
f(Y), where f(y) = s (y - q) is what is learned of an eigenvalue y that is kept, and the divergence of f. Here
both are taken at size d, from samples of Z* and G, and the divergence of symmetric matrices is kept whole,

    I_d = (1/d^2) [sum_i f'(y_i) + sum_{i<j} (f(y_i) - f(y_j))/(y_i - y_j)],

in place of int rho H f (THEORY sections 13, 14 and 16). What is left out is that a network's inputs x x^T are
no symmetric Gaussian matrices, and that the sample itself fluctuates: with Gaussian inputs this is most of a
network's bias, with a network's own a third to a half of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quadviz.checks import whole_number
from quadviz.law.teachers import Wishart
from quadviz.parameters import PARAMETERS
from quadviz.results import Result, Sheet
from quadviz.setting import Setting, checked_setting
from quadviz.theory.outcome import Status, quiet
from quadviz.theory.steady_state import SteadyState, steady_state

__all__ = ["FiniteSize", "finite_size"]

FloatArray = NDArray[np.float64]

#: Steps of the search for xi, and its accuracy; halvings of the bracket of R.
_STEPS, _ACCURACY, _HALVINGS = 40, 1e-7, 50
#: The least R and weight decay that a finite size is asked for.
_LEAST = 1e-9


@dataclass(frozen=True, eq=False, repr=False)
class FiniteSize(Result):
    """What the equations say at size d (THEORY section 16), with standard errors over samples of Z* and G.

    Attributes:
        setting: the ratios.
        d: the size.
        samples: how many samples the averages are over.
        mse: |Z - Z*|_F^2 / d.
        train_loss: (1/4n) sum_k (Tr X_k Z - z_k)^2.
        rank: rank of Z over d.
        mse_error: standard error of mse.
        train_loss_error: of the train loss.
        rank_error: of the rank.
        xi: noise variance of the effective teacher.
        q: shift.
        limit: the steady state at d -> infinity.
        status: a :class:`~quadviz.Status`; FAILED, with NaN, where no solution was bracketed.
    """

    setting: Setting
    d: int
    samples: int
    mse: float
    train_loss: float
    rank: float
    mse_error: float
    train_loss_error: float
    rank_error: float
    xi: float
    q: float
    limit: SteadyState
    status: Status

    def sheets(self) -> dict[str, Sheet]:
        """One table with one row."""
        coords = {name: ((), getattr(self.setting, name)) for name in (*PARAMETERS, "lam2")}
        names = ("mse", "mse_error", "train_loss", "train_loss_error", "rank", "rank_error", "xi", "q")
        values: dict[str, Any] = {name: ((), getattr(self, name)) for name in names}
        values["status"] = ((), int(self.status))
        return {"point": Sheet({}, {**coords, "d": ((), self.d)}, values)}


@quiet
def finite_size(setting: Setting, d: int, *, samples: int = 64, seed: int = 0) -> FiniteSize:
    """The steady state with its averages taken at size d, for networks of that size to be held against.

    With symmetric Gaussian inputs (``inputs="gaussian"``) it gives the train loss of networks of d = 20 to a
    few per cent; with a network's own inputs it explains a third to a half of what they are off the limit
    (THEORY section 16; the equations are those of arXiv 2601.10483). Samples come in pairs of opposite noise;
    what is known of their moments is used to lower the spread. Numbers of shape ().

    Args:
        setting: the ratios; lam = 0 stands for 1e-6, as a finite network has no limit.
        d: input dimension, >= 2.
        samples: pairs of samples of Z* and G, >= 8.
        seed: of the random numbers, a whole number >= 0.

    Returns:
        The state at size d, with its standard errors, beside the limit.

    Raises:
        TypeError: if the setting is none, or a count is not a whole number.
        ValueError: if d < 2, samples < 8 or the seed is negative.

    >>> from quadviz import Orthogonal
    >>> here = finite_size(Setting(0.7, 0.3, 0.35, 0.1, 0.5, teacher=Orthogonal()), d=20, samples=16)
    >>> bool(here.mse > here.limit.mse), bool(here.train_loss < here.limit.train_loss)
    (True, True)
    """
    s = checked_setting(setting)
    d, samples = whole_number("d (input dimension)", d, 2), whole_number("samples", samples, 8)
    draws = _Draws(s, d, samples, np.random.default_rng(whole_number("seed", seed, 0)))
    kappa_star = s.kappa_star if s.teacher.sized_by_width else None
    limit = steady_state(s.alpha, s.kappa, kappa_star, s.lam, s.delta, s.lam2, teacher=s.teacher)
    found = _solved(draws, float(limit.xi))
    if found is None:
        nan = float("nan")
        return FiniteSize(s, d, samples, nan, nan, nan, nan, nan, nan, nan, nan, limit, Status.FAILED)
    xi, response = found
    at = draws.at(xi)
    averages = at.averages(response)
    # To first order in what the samples are off their mean: both equations are linear in it.
    step = 1e-4
    up, high = at.averages(response * (1 + step)), draws.at(xi * (1 + step)).averages(response)
    means = averages.means
    slopes = np.array([(up.means - means) / (response * step), (high.means - means) / (xi * step)])
    jacobian = np.array(
        [[-slopes[0, 0], 2 * s.alpha - slopes[1, 0]], [1 + slopes[0, 1] / s.alpha, slopes[1, 1] / s.alpha]]
    )
    off = np.stack([averages.spread[0], -averages.spread[1] / s.alpha])
    moved = np.linalg.solve(jacobian, off)
    in_xi, in_response = moved[1], moved[0]
    loss = s.alpha * xi * response**2
    errors = (
        2 * s.alpha * in_xi,
        loss * (in_xi / xi + 2 * in_response / response),
        averages.spread[2] + slopes[0, 2] * in_response + slopes[1, 2] * in_xi,
    )
    mse_error, loss_error, rank_error = (float(np.sqrt(np.mean(e**2) / (samples - 1))) for e in errors)
    return FiniteSize(
        setting=s,
        d=d,
        samples=samples,
        mse=2 * s.alpha * xi - s.delta / 2,
        train_loss=loss,
        rank=float(means[2]),
        mse_error=mse_error,
        train_loss_error=loss_error,
        rank_error=rank_error,
        xi=xi,
        q=_lam(s) / response,
        limit=limit,
        status=Status.SOLVED,
    )


def _lam(setting: Setting) -> float:
    return setting.lam if setting.lam > 0 or setting.lam2 > 0 else 1e-6


@dataclass(frozen=True)
class _Averages:
    """mse, I and rank: means over samples, shape (3,), and what each is off, shape (3, samples)."""

    means: FloatArray
    spread: FloatArray


class _Draws:
    """Samples of Z* and G, the second in pairs of opposite sign."""

    def __init__(self, setting: Setting, d: int, samples: int, rng: np.random.Generator) -> None:
        self.setting, self.d = setting, d
        self.kept = max(1, min(d, round(setting.kappa * d)))
        roots = [setting.teacher.sample_root(rng, d, setting.kappa_star) for _ in range(samples)]
        self.teachers = np.array([root @ root.T for root in roots])
        gauss = rng.standard_normal((samples, d, d))
        self.noise = (gauss + gauss.swapaxes(1, 2)) / np.sqrt(2 * d)
        # What is known of a sample's moments: E G^2 = 1 + 1/d, and of a Wishart teacher's second one.
        squares = self.noise @ self.noise
        mean = np.trace(self.teachers, axis1=1, axis2=2) / d
        controls = [
            np.trace(squares, axis1=1, axis2=2) / d - (1 + 1 / d),
            np.einsum("sij,sij->s", squares, self.teachers) / d - (1 + 1 / d) * mean,
        ]
        if isinstance(setting.teacher, Wishart):
            columns = max(1, round(setting.kappa_star * d))
            second = np.einsum("sij,sij->s", self.teachers, self.teachers) / d
            controls += [mean - 1, second - (1 + (d + 1) / columns)]
        self.controls = np.array(controls)

    def at(self, xi: float) -> _Spectra:
        """Their spectra at a noise variance."""
        root = np.sqrt(xi)
        y = np.concatenate([self.teachers + root * self.noise, self.teachers - root * self.noise])
        values, vectors = np.linalg.eigh(y)
        twice = np.concatenate([self.teachers, self.teachers])
        overlaps = np.einsum("sik,sij,sjk->sk", vectors, twice, vectors, optimize=True)
        return _Spectra(self, values, overlaps)


@dataclass(frozen=True, eq=False)
class _Spectra:
    """Eigenvalues of Y, and the teacher along its eigenvectors, shape (2 samples, d)."""

    draws: _Draws
    values: FloatArray
    overlaps: FloatArray

    def averages(self, response: float) -> _Averages:
        """mse, I and rank of what is learned with 1 - I/alpha = ``response``."""
        s, d, y = self.draws.setting, self.draws.d, self.values
        shift, shrink = _lam(s) / response, response / (response + s.lam2)
        kept = y > shift
        kept[:, : d - self.draws.kept] = False
        f, slope = np.where(kept, shrink * (y - shift), 0.0), np.where(kept, shrink, 0.0)
        second = np.einsum("sij,sij->s", self.draws.teachers, self.draws.teachers)
        mse = (np.sum(f * f - 2 * f * self.overlaps, axis=1) + np.concatenate([second, second])) / d
        apart = y[:, :, None] - y[:, None, :]
        diagonal = np.arange(d)
        apart[:, diagonal, diagonal] = 1.0
        quotients = (f[:, :, None] - f[:, None, :]) / apart
        interaction = (slope.sum(axis=1) + quotients.sum(axis=(1, 2)) / 2) / d**2
        rank = kept.mean(axis=1)
        half = len(y) // 2
        pairs = np.stack([(v[:half] + v[half:]) / 2 for v in (mse, interaction, rank)])
        # Less the part that moves with moments whose mean is known.
        controls = self.draws.controls
        design = np.vstack([np.ones(half), controls])
        weights, *_ = np.linalg.lstsq(design.T, pairs.T, rcond=None)
        cleaned = pairs - weights[1:].T @ controls
        means = cleaned.mean(axis=1)
        return _Averages(means, cleaned - means[:, None])

    def response(self) -> tuple[float, FloatArray]:
        """R with R = 1 - I(R)/alpha, and the averages there: I falls as R rises, for less is kept."""
        low, high = _LEAST, 1.0
        alpha = self.draws.setting.alpha
        for _ in range(_HALVINGS):
            middle = np.sqrt(low * high) if low < 1e-3 else (low + high) / 2
            if middle - 1 + self.averages(middle).means[1] / alpha > 0:
                high = middle
            else:
                low = middle
            if high - low <= 1e-10 * high:
                break
        return high, self.averages(high).means


def _solved(draws: _Draws, start: float) -> tuple[float, float] | None:
    """xi and R, by a bracketed secant in log xi."""
    s = draws.setting

    def excess(log_xi: float) -> tuple[float, float]:
        xi = float(np.exp(log_xi))
        response, means = draws.at(xi).response()
        return float(np.log((means[0] + s.delta / 2) / (2 * s.alpha * xi))), response

    here = np.log(start) if np.isfinite(start) and start > 0 else 0.0
    value, _ = excess(here)
    step = 0.3 if value > 0 else -0.3
    for _ in range(_STEPS):
        there = here + step
        other, _ = excess(there)
        if (other > 0) != (value > 0):
            break
        here, value, step = there, other, 1.5 * step
    else:
        return None
    for turn in range(_STEPS):
        share = value / (value - other)
        # Now and then the middle, so that both ends come near.
        middle = here + (share if turn % 3 < 2 else 0.5) * (there - here)
        found, response = excess(middle)
        if abs(there - here) <= _ACCURACY or abs(found) <= _ACCURACY:
            return float(np.exp(middle)), response
        if (found > 0) == (value > 0):
            here, value = middle, found
        else:
            there, other = middle, found
    return float(np.exp(middle)), response
