"""Matrix flows of finite size: target and start drawn from one seed, and how the flow comes to its end."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike

from quadviz.arrays import FloatArray
from quadviz.checks import whole_number
from quadviz.parameters import PARAMETERS
from quadviz.statistics import mean_and_error
from quadviz.theory.flow.flow_target import FlowTarget
from quadviz.theory.flow.matrix_flow import MatrixFlow, SplitStart, spectral_flow
from quadviz.threads import blas_threads

__all__ = ["MatrixFlows", "drawn_rates", "matrix_flows"]


#: Targets whose eigenvalues are remembered.
_REMEMBERED = 64
#: Draws that are: of a page's flows, as its target moves.
_STARTS = 10


@dataclass(frozen=True, eq=False)
class MatrixFlows:
    """Some flows of one kind.

    Attributes:
        target: the law of their targets.
        kappa: width m/d.
        d: their size.
        seeds: one for each.
        times: times, shape (T,).
        flows: one for each seed.
    """

    target: FlowTarget
    kappa: float
    d: int
    seeds: tuple[int, ...]
    times: FloatArray
    flows: tuple[MatrixFlow, ...]

    @property
    def distance(self) -> FloatArray:
        """|Z(t) - Z_inf|_F^2 / d of every flow, shape (N, T)."""
        return np.array([flow.distance for flow in self.flows])

    def mean(self) -> tuple[FloatArray, FloatArray]:
        """Mean of the distance over the flows and its standard error, each of shape (T,)."""
        return mean_and_error(self.distance)


def matrix_flows(
    target: FlowTarget, kappa: float, d: int, seeds: tuple[int, ...], times: ArrayLike, gamma: float = 1.0
) -> MatrixFlows:
    """Flows of size d, exactly, at any times; about 15 ms each at d = 200 with 41 times.

    The start is W_ij(0) ~ N(0, gamma/m), drawn in the eigenbasis of the target: its law is that of any basis.

    Args:
        target: the law of T.
        kappa: width m/d, > 0.
        d: size, >= 2.
        seeds: whole numbers >= 0, one a flow.
        times: times, >= 0, shape (T,).
        gamma: variance of the start times m, > 0.

    Raises:
        TypeError: if an argument is of the wrong kind.
        ValueError: if one is out of its range, or m would be 0.

    >>> flows = matrix_flows(FlowTarget(), 0.7, d=40, seeds=(0, 1), times=[0.0, 1.0, 10.0])
    >>> flows.distance.shape, bool(flows.mean()[0][2] < 1e-3)
    ((2, 3), True)
    """
    width, start = (float(PARAMETERS[n].as_array(v)) for n, v in (("kappa", kappa), ("gamma", gamma)))
    d = whole_number("d (size)", d, 2)
    m = round(width * d)
    if m < 1:
        raise ValueError(f"kappa (student width) = {width:g} leaves no column at d = {d}: take a larger d")
    flows = []
    for seed in seeds:
        rates = drawn_rates(target, d, seed)
        with blas_threads(1):
            flows.append(spectral_flow(rates, _start(seed, d, m, start), times))
    at = flows[0].times if flows else np.atleast_1d(np.asarray(times, dtype=np.float64))
    return MatrixFlows(target, width, d, tuple(seeds), at, tuple(flows))


def drawn_rates(target: FlowTarget, d: int, seed: int) -> FloatArray:
    """Eigenvalues of one target of size d, decreasing, shape (d,).

    Args:
        target: the law of T.
        d: size, >= 2.
        seed: a whole number >= 0; the same seed gives the same G and the same teacher.
    """
    return _eigenvalues(target.kappa_star, target.xi, d, whole_number("seed", seed, 0)) - target.q


@lru_cache(maxsize=_STARTS)
def _start(seed: int, d: int, m: int, gamma: float) -> SplitStart:
    """W(0) of one seed."""
    return SplitStart(_streams(seed)[1].standard_normal((d, m)) * np.sqrt(gamma / m))


def _streams(seed: int) -> list[np.random.Generator]:
    """The target's and the start's own random numbers."""
    return [np.random.default_rng(s) for s in np.random.SeedSequence(seed).spawn(2)]


@lru_cache(maxsize=_REMEMBERED)
def _eigenvalues(kappa_star: float | None, xi: float, d: int, seed: int) -> FloatArray:
    noise, teacher = _target(kappa_star, d, seed)
    matrix = np.sqrt(xi / (2 * d)) * noise
    if teacher is not None:
        matrix += teacher
    with blas_threads(1):
        values: FloatArray = np.linalg.eigvalsh(matrix)[::-1].copy()
    values.flags.writeable = False
    return values


@lru_cache(maxsize=_STARTS)
def _target(kappa_star: float | None, d: int, seed: int) -> tuple[FloatArray, FloatArray | None]:
    """What a target is made of: G before its scale, and the teacher."""
    stream = _streams(seed)[0]
    noise = stream.standard_normal((d, d))
    if kappa_star is None:
        return noise + noise.T, None
    m_star = max(1, round(kappa_star * d))
    w = stream.standard_normal((d, m_star))
    return noise + noise.T, w @ w.T / m_star
