"""The steady state at your d: the same two equations, with averages over matrices and inputs of that size.

Of d -> infinity the equations keep two averages over the noisy teacher Y = Z* + sqrt(xi) G: the error of
f(Y), where f(y) = s (y - q) is what is learned of an eigenvalue y that is kept, and the divergence of f. Here
both are taken at size d, from samples of Z* and G, and the divergence of symmetric matrices is kept whole,

    I_d = (1/d^2) [sum_i f'(y_i) + sum_{i<j} (f(y_i) - f(y_j))/(y_i - y_j)],

in place of int rho H f (THEORY sections 13, 14 and 16). With symmetric Gaussian inputs this is nearly all of
what networks of size d are off the limit.

A network's own inputs differ from these first of all in their lengths: |x x^T| is |x|^2, so that a sample
counts tau = (|x|^2/d)^2/(1 + 2/d) times, which fluctuates by 8/d, where the length of a Gaussian matrix
fluctuates by 4/d^2. A sample that weighs more is fitted more closely. With the response c of an answer to its
own label, a residual is its leave-one-out value over 1 + tau c, and the equations become, with averages over
tau,

    R = E tau/(1 + tau c),   I_d = alpha c R,   4 alpha xi R^2 = E tau (2 tau mse + delta)/(1 + tau c)^2,
    train_loss = E (2 tau mse + delta)/(1 + tau c)^2 / 4,

those of the limit where tau = 1. That is most of what is left.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple, get_args

import numpy as np

from quadviz.arrays import FloatArray
from quadviz.checks import shown, whole_number
from quadviz.law.teachers import Wishart
from quadviz.outcome import Status, quiet
from quadviz.parameters import PARAMETERS
from quadviz.results import Result, Sheet
from quadviz.setting import Inputs, Setting, checked_setting
from quadviz.theory.steady.steady_state import SteadyState, steady_state

__all__ = ["FiniteSize", "finite_size"]


#: Steps of the search for xi, and its accuracy; halvings of the bracket of c.
_STEPS, _ACCURACY, _HALVINGS = 40, 1e-7, 60
#: The least c looked for, and the nodes of the lengths of inputs.
_LEAST, _LENGTHS = 1e-9, 24


@dataclass(frozen=True, eq=False, repr=False)
class FiniteSize(Result):
    """What the equations say at size d (THEORY section 16), with standard errors over samples of Z* and G.

    Attributes:
        setting: the ratios.
        d: the size.
        inputs: whose inputs.
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
    inputs: Inputs
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
        return {"point": Sheet({}, {**coords, "d": ((), self.d), "inputs": ((), self.inputs)}, values)}


@quiet
def finite_size(
    setting: Setting, d: int, *, inputs: Inputs = "network", samples: int = 64, seed: int = 0
) -> FiniteSize:
    """The steady state with its averages taken at size d, for networks of that size to be held against.

    It tells what networks of d = 20 to 80 are off the limit d -> infinity: with symmetric Gaussian inputs
    nearly all of it, with a network's own, whose lengths fluctuate, most of it (docs/teachers.md; THEORY
    section 16, the equations of arXiv 2601.10483). Samples come in pairs of opposite noise; what is known of
    their moments is used to lower the spread. Numbers of shape ().

    Args:
        setting: the ratios; without any decay lam = 1e-6 is taken, as a finite network has no limit.
        d: input dimension, >= 2.
        inputs: "network" or "gaussian", as of :func:`quadviz.sample_problem`.
        samples: pairs of samples of Z* and G, >= 8.
        seed: of the random numbers, a whole number >= 0.

    Returns:
        The state at size d, with its standard errors, beside the limit.

    Raises:
        TypeError: if the setting is none, or a count is not a whole number.
        ValueError: if d < 2, samples < 8, the seed is negative, or the inputs are unknown.

    >>> from quadviz import Orthogonal
    >>> setting = Setting(0.7, 0.3, 0.35, 0.1, 0.5, teacher=Orthogonal())
    >>> gaussian = finite_size(setting, d=20, inputs="gaussian", samples=16)
    >>> network = finite_size(setting, d=20, samples=16)
    >>> bool(gaussian.limit.mse < gaussian.mse < network.mse)
    True
    """
    s = checked_setting(setting)
    if not isinstance(inputs, str) or inputs not in get_args(Inputs):
        listed = ", ".join(map(repr, get_args(Inputs)))
        raise ValueError(f"inputs must be one of {listed}, got {shown(inputs)}")
    d, samples = whole_number("d (input dimension)", d, 2), whole_number("samples", samples, 8)
    draws = _Draws(s, d, samples, np.random.default_rng(whole_number("seed", seed, 0)))
    lengths = _Lengths.of(inputs, d)
    kappa_star = s.kappa_star if s.teacher.sized_by_width else None
    limit = steady_state(s.alpha, s.kappa, kappa_star, s.lam, s.delta, s.lam2, teacher=s.teacher)
    found = _solved(draws, lengths, float(limit.xi))
    if found is None:
        nan = float("nan")
        return FiniteSize(s, d, inputs, samples, nan, nan, nan, nan, nan, nan, nan, nan, limit, Status.FAILED)
    xi, load = found
    there = draws.at(xi).averages(lengths.response(load))
    mse, _, rank = there.means
    errors = _errors(draws, lengths, xi, load, there)
    return FiniteSize(
        setting=s,
        d=d,
        inputs=inputs,
        samples=samples,
        mse=float(mse),
        train_loss=lengths.train_loss(float(mse), s.delta, load),
        rank=float(rank),
        mse_error=errors[0],
        train_loss_error=errors[1],
        rank_error=errors[2],
        xi=xi,
        q=_lam(s) / lengths.response(load),
        limit=limit,
        status=Status.SOLVED,
    )


class _Lengths(NamedTuple):
    """How often samples count, tau, with its weights: means over the lengths of inputs."""

    tau: FloatArray
    weight: FloatArray

    @classmethod
    def of(cls, inputs: Inputs, d: int) -> _Lengths:
        """Of these inputs: |x|^2 is chi-squared with d degrees of freedom, by its Gauss quadrature."""
        if inputs == "gaussian":
            return cls(np.ones(1), np.ones(1))
        from scipy.special import roots_genlaguerre  # not needed to import quadviz

        nodes, weight = roots_genlaguerre(_LENGTHS, d / 2 - 1)
        tau, weight = (2 * nodes / d) ** 2, weight / weight.sum()
        return cls(tau / (weight @ tau), weight)

    def response(self, load: float) -> float:
        """R."""
        return float(self.weight @ (self.tau / (1 + self.tau * load)))

    def noise(self, mse: float, delta: float, load: float) -> float:
        """4 alpha xi R^2."""
        return float(self.weight @ (self.tau * (2 * self.tau * mse + delta) / (1 + self.tau * load) ** 2))

    def train_loss(self, mse: float, delta: float, load: float) -> float:
        """(1/4n) sum of squared residuals."""
        return float(self.weight @ ((2 * self.tau * mse + delta) / (1 + self.tau * load) ** 2)) / 4


def _errors(
    draws: _Draws, lengths: _Lengths, xi: float, load: float, there: _Averages
) -> tuple[float, float, float]:
    """Standard errors of mse, train loss and rank: to first order in what samples are off their mean."""
    s = draws.setting

    def state(log_xi: float, log_load: float, off: FloatArray) -> FloatArray:
        """The two equations, mse, train loss and rank, with averages off by so much."""
        noise, c = float(np.exp(log_xi)), float(np.exp(log_load))
        response = lengths.response(c)
        mse, interaction, rank = draws.at(noise).averages(response).means + off
        first = lengths.noise(mse, s.delta, c) - 4 * s.alpha * noise * response**2
        second = interaction - s.alpha * c * response
        return np.array([first, second, mse, lengths.train_loss(mse, s.delta, c), rank])

    at, none, step = np.log([xi, load]), np.zeros(3), 1e-3
    base = state(at[0], at[1], none)
    by_unknown = np.array(
        [
            (state(at[0] + a, at[1] + b, none) - state(at[0] - a, at[1] - b, none)) / (2 * step)
            for a, b in ((step, 0.0), (0.0, step))
        ]
    ).T
    by_average = np.array([state(at[0], at[1], 1e-6 * e) - base for e in np.eye(3)]).T / 1e-6
    moved = -np.linalg.solve(by_unknown[:2], by_average[:2] @ there.spread)
    off = by_average[2:] @ there.spread + by_unknown[2:] @ moved
    mse, loss, rank = np.sqrt(np.mean(off**2, axis=1) / (off.shape[1] - 1))
    return float(mse), float(loss), float(rank)


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

    def load(self, lengths: _Lengths) -> tuple[float, FloatArray]:
        """c with I = alpha c R, and the averages there: I falls as c rises, for less is kept."""
        low, high, alpha = np.log(_LEAST), -np.log(_LEAST), self.draws.setting.alpha
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            c = float(np.exp(middle))
            response = lengths.response(c)
            if self.averages(response).means[1] > alpha * c * response:
                low = middle
            else:
                high = middle
            if high - low <= 1e-9:
                break
        c = float(np.exp((low + high) / 2))
        return c, self.averages(lengths.response(c)).means


def _solved(draws: _Draws, lengths: _Lengths, start: float) -> tuple[float, float] | None:
    """xi and c, by a bracketed secant in log xi."""
    s = draws.setting

    def excess(log_xi: float) -> tuple[float, float]:
        xi = float(np.exp(log_xi))
        load, means = draws.at(xi).load(lengths)
        needed = lengths.noise(float(means[0]), s.delta, load)
        return float(np.log(needed / (4 * s.alpha * xi * lengths.response(load) ** 2))), load

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
        found, load = excess(middle)
        if abs(there - here) <= _ACCURACY or abs(found) <= _ACCURACY:
            return float(np.exp(middle)), load
        if (found > 0) == (value > 0):
            here, value = middle, found
        else:
            there, other = middle, found
    return float(np.exp(middle)), load
