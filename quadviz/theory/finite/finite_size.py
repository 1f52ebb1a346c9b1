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
    in_sample_error = E (2 tau mse + delta tau^2 c^2)/(1 + tau c)^2 / 4,

those of the limit where tau = 1. That is most of what is left, but not where samples are few, nor at an
interpolation peak with little decay (docs/teachers.md).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, get_args

import numpy as np

from quadviz.arrays import FloatArray
from quadviz.checks import shown, whole_number
from quadviz.law.teachers import Teacher
from quadviz.outcome import Regime, Status, announce, quiet
from quadviz.parameters import PARAMETERS
from quadviz.results import Result, Sheet
from quadviz.setting import Inputs, Setting, checked_setting
from quadviz.sizes import Sizes
from quadviz.theory.finite.averages import (
    LEAST_DECAY,
    Averages,
    Draws,
    Lengths,
    Spectra,
    decay_of,
    falling_root,
)
from quadviz.theory.steady.steady_state import REMEDY, SteadyState, steady_state_of

__all__ = [
    "LARGEST_D",
    "FiniteSize",
    "checked_inputs",
    "finite_size",
    "sized_state",
    "solve_at_size",
]


#: The largest d: there a point takes 6 s and 0.3 GB, and networks are nearly at the limit.
LARGEST_D = 200
#: The ends of the search for log xi.
_ENDS = (-60.0, 60.0)
#: Relative residual of an equation that counts as solved: eigenvalues come and go one by one.
_TOLERANCE = 1e-3
#: What it has in common with a steady state.
_MEANS = ("mse", "train_loss", "in_sample_error", "rank")
_NUMBERS = (*_MEANS, *(f"{name}_error" for name in _MEANS), "xi", "q", "kappa_min")


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
        in_sample_error: (1/4n) sum_k (Tr X_k (Z - Z*))^2.
        rank: rank of Z over d.
        mse_error: standard error of mse.
        train_loss_error: of the train loss.
        in_sample_error_error: of the in-sample error.
        rank_error: of the rank.
        xi: noise variance of the effective teacher.
        q: shift.
        kappa_min: share of the eigenvalues of Y above q.
        limit: the steady state at d -> infinity.
        status: a :class:`~quadviz.Status`; FAILED, with NaN, where no solution was found. Others
            at size d are not looked for: SEVERAL where the limit has several.
        regime: a :class:`~quadviz.Regime`, by kappa_min at size d.
    """

    setting: Setting
    d: int
    inputs: Inputs
    samples: int
    mse: float
    train_loss: float
    in_sample_error: float
    rank: float
    mse_error: float
    train_loss_error: float
    in_sample_error_error: float
    rank_error: float
    xi: float
    q: float
    kappa_min: float
    limit: SteadyState
    status: Status
    regime: Regime

    def sheets(self) -> dict[str, Sheet]:
        """One table with one row."""
        coords = {name: ((), getattr(self.setting, name)) for name in (*PARAMETERS, "lam2")}
        values: dict[str, Any] = {name: ((), getattr(self, name)) for name in _NUMBERS}
        values |= {"status": ((), int(self.status)), "regime": ((), int(self.regime))}
        return {"point": Sheet({}, {**coords, "d": ((), self.d), "inputs": ((), self.inputs)}, values)}


@quiet
def finite_size(
    setting: Setting, d: int, *, inputs: Inputs = "network", samples: int = 64, seed: int = 0
) -> FiniteSize:
    """The steady state with its averages taken at size d, for networks of that size to be held against.

    It tells what networks of d = 20 to 80 are off the limit d -> infinity: with symmetric Gaussian inputs
    nearly all of it, with a network's own, whose lengths fluctuate, most of it, but a fifth of it where
    samples are few, and too much at an interpolation peak with little decay (docs/teachers.md; THEORY
    section 16, the equations of arXiv 2601.10483). Samples come in pairs of opposite noise; what is known of
    their moments is used to lower the spread. Numbers of shape ().

    Args:
        setting: the ratios; without any decay lam = 1e-6 is taken, as there is no closed form of its limit.
        d: input dimension, from 2 to 200.
        inputs: "network" or "gaussian", as of :func:`quadviz.sample_problem`.
        samples: pairs of samples of Z* and G, >= 8.
        seed: of the random numbers, a whole number >= 0.

    Returns:
        The state at size d, with its standard errors, beside the limit.

    Raises:
        TypeError: if the setting is none, or a count is not a whole number.
        ValueError: if d is not from 2 to 200, a width or the number of samples would be 0 there, samples < 8,
            the seed is negative, or the inputs are unknown.

    Warns:
        SolveWarning: if no solution was found; see :func:`quadviz.errstate`.

    >>> from quadviz import Orthogonal
    >>> setting = Setting(0.7, 0.3, 0.35, 0.1, 0.5, teacher=Orthogonal())
    >>> gaussian = finite_size(setting, d=20, inputs="gaussian", samples=16)
    >>> network = finite_size(setting, d=20, samples=16)
    >>> bool(gaussian.limit.mse < gaussian.mse < network.mse)
    True
    """
    s, d = checked_setting(setting), whole_number("d (input dimension)", d, 2, LARGEST_D)
    inputs, samples = checked_inputs(inputs), whole_number("samples", samples, 8)
    found = sized_state(s, d, inputs, samples, whole_number("seed", seed, 0))
    told = {name: getattr(s, name) for name in ("alpha", "kappa", "kappa_star", "lam", "delta")}
    announce("finite_size", np.array(found.status), told, REMEDY, level=4)
    return found


def checked_inputs(inputs: Any) -> Inputs:
    """Whose inputs, as one of the names known.

    Raises:
        ValueError: if there are no such inputs.

    >>> checked_inputs("gaussian")
    'gaussian'
    """
    if not isinstance(inputs, str) or inputs not in get_args(Inputs):
        listed = ", ".join(map(repr, get_args(Inputs)))
        raise ValueError(f"inputs must be one of {listed}, got {shown(inputs)}")
    known: Inputs = inputs  # type: ignore[assignment]  # one of its names
    return known


@quiet
def sized_state(
    setting: Setting,
    d: int,
    inputs: Inputs = "network",
    samples: int = 64,
    seed: int = 0,
    watch: Callable[[], None] = lambda: None,
) -> FiniteSize:
    """As :func:`finite_size`, for arguments that are checked, and without a warning.

    Args:
        setting: the ratios.
        d: input dimension.
        inputs: whose.
        samples: pairs of samples.
        seed: of the random numbers.
        watch: called before every decomposition of the samples; what it raises ends the work.

    Raises:
        ValueError: if a width or the number of samples would be 0.
    """
    s = setting
    Sizes.of(s, d)
    draws, lengths = Draws(s, d, samples, np.random.default_rng(seed), watch), Lengths.of(inputs, d)
    limit = steady_state_of(s)
    found = _solved(draws, lengths, float(limit.xi))
    if found is None:
        unknown: dict[str, Any] = dict.fromkeys(_NUMBERS, float("nan"))
        return FiniteSize(
            s, d, inputs, samples, **unknown, limit=limit, status=Status.FAILED, regime=Regime.EXACT
        )
    xi, load = found
    here = draws.at(xi)
    there = here.averages(lengths.response(load))
    mse, _, rank = map(float, there.means)
    errors = _errors(draws, lengths, xi, load, there)
    kappa_min = rank + here.cut(lengths.response(load))
    return FiniteSize(
        setting=s,
        d=d,
        inputs=inputs,
        samples=samples,
        mse=mse,
        train_loss=lengths.train_loss(mse, s.delta, load),
        in_sample_error=lengths.in_sample_error(mse, s.delta, load),
        rank=rank,
        mse_error=errors[0],
        train_loss_error=errors[1],
        in_sample_error_error=errors[2],
        rank_error=errors[3],
        xi=xi,
        q=decay_of(s) / lengths.response(load),
        kappa_min=kappa_min,
        limit=limit,
        status=Status.SEVERAL if limit.status == Status.SEVERAL else Status.SOLVED,
        regime=Regime.RANK_LIMITED if draws.kept / d < kappa_min else Regime.EXACT,
    )


def solve_at_size(
    parameters: Mapping[str, FloatArray], teacher: Teacher, d: int, inputs: Inputs
) -> dict[str, Any]:
    """The columns of a :class:`SteadyState` at size d, for validated parameters of shape (N,) each.

    Raises:
        ValueError: if there is less decay than the averages can be taken at, or no network of that size.
    """
    decay = np.maximum(parameters["lam"], parameters["lam2"])
    if np.any(decay < LEAST_DECAY):
        allowed = (
            f">= {LEAST_DECAY:g} beside finite_size, or lam2 that large (at size d 0+ has no closed form)"
        )
        little = float(parameters["lam"][decay < LEAST_DECAY][0])
        raise ValueError(PARAMETERS["lam"].refusal(little, allowed))
    rows = [dict(zip(parameters, row, strict=True)) for row in zip(*parameters.values(), strict=True)]
    if not teacher.sized_by_width:
        rows = [{**row, "kappa_star": None} for row in rows]
    found = [sized_state(Setting(**row, teacher=teacher), d, inputs) for row in rows]
    kinds = {"status": np.int8, "regime": np.int8}
    return {
        name: np.array([getattr(one, name) for one in found], dtype=kinds.get(name, np.float64))
        for name in (*_NUMBERS, *kinds)
    }


def _errors(
    draws: Draws, lengths: Lengths, xi: float, load: float, there: Averages
) -> tuple[float, float, float, float]:
    """Standard errors of mse, both losses and rank: to first order in what samples are off their mean."""
    s = draws.setting
    spectra: dict[float, Spectra] = {}

    def state(log_xi: float, log_load: float, off: FloatArray) -> FloatArray:
        """The two equations, mse, both losses and rank, with averages off by so much."""
        noise, c = float(np.exp(log_xi)), float(np.exp(log_load))
        response = lengths.response(c)
        if noise not in spectra:
            spectra[noise] = draws.at(noise)
        mse, interaction, rank = spectra[noise].averages(response).means + off
        first = lengths.noise(mse, s.delta, c) - 4 * s.alpha * noise * response**2
        second = interaction - s.alpha * c * response
        losses = lengths.train_loss(mse, s.delta, c), lengths.in_sample_error(mse, s.delta, c)
        return np.array([first, second, mse, *losses, rank])

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
    mse, loss, in_sample, rank = map(float, np.sqrt(np.mean(off**2, axis=1) / (off.shape[1] - 1)))
    return mse, loss, in_sample, rank


def _solved(draws: Draws, lengths: Lengths, start: float) -> tuple[float, float] | None:
    """xi and c, from about that xi on; None where they do not solve both equations."""
    s = draws.setting
    log_load = 0.0

    def excess(log_xi: float) -> float:
        nonlocal log_load
        xi = float(np.exp(log_xi))
        spectra = draws.at(xi)
        log_load = spectra.load(lengths, log_load)
        load = float(np.exp(log_load))
        response = lengths.response(load)
        needed = lengths.noise(float(spectra.averages(response).means[0]), s.delta, load)
        return float(np.log(needed / (4 * s.alpha * xi * response**2)))

    log_xi = falling_root(excess, np.log(start) if np.isfinite(start) and start > 0 else 0.0, 0.3, _ENDS)
    first, xi, load = excess(log_xi), float(np.exp(log_xi)), float(np.exp(log_load))
    interaction, needed = draws.at(xi).sides(lengths, load)
    # One eigenvalue of one sample more or less is no failure.
    grain = 1 / (len(draws.noise) * draws.d**2)
    second = abs(interaction - needed) <= _TOLERANCE * needed + grain
    return (xi, load) if abs(first) <= _TOLERANCE and second else None
