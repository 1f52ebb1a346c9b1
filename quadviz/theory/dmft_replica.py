"""One replica of the effective process, marched in time with the kernels it makes itself.

As d -> infinity training is the process (THEORY section 8; arXiv 2601.10483)

    dW/dt = -(F + 2 lam) W,   F(t) = 2 (Z - Z*) + N(t)/sqrt(alpha) - (1/alpha) int_0^t chi(t, s) F(s) ds,

with a Gaussian N of covariance K = 2 C + delta, C(t, t') = tr (Z(t) - Z*)(Z(t') - Z*)/d, and chi the
response of Z to a field taken off F. A replica follows some copies of it at finite d and takes both kernels
from their mean.

The time of a node is in the middle of its cell. Within a cell F = c (b + 2 Z) with a constant b, so that fast
modes are where the node's own force has them. The memory is summed with hat functions, for chi has all time
scales down to the fastest, while F varies little from node to node. The weights of the hats are responses
to them; small changes of the copies, one for each probe, follow all hats at once, each in a random direction
of its own. What a node needs of itself, c, K(t, t) and the weights, is found in a few passes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quadviz.setting import Setting
from quadviz.theory.dmft_draws import Hermitian, draw_pair, marchenko_pastur_quantiles, orthogonal_gue
from quadviz.theory.dmft_step import RiccatiStep, dagger

__all__ = ["TRUE", "DivergedError", "Kernels", "Rule", "Sizes", "replica"]

FloatArray = NDArray[np.float64]
ComplexArray = NDArray[np.complexfloating[Any, Any]]

#: A node's mean squared error and gain are known when a pass changes them by less than this share.
_SETTLED = 2e-3
#: Passes over a node at most.
_PASSES = 6
#: Newton's steps for a gain.
_NEWTON = 12
#: Noise that earlier nodes do not explain is drawn only if it is more than this share of the whole.
_NEW = 1e-6
#: An mse so many times the first one is no longer training.
_FAR = 1e4


class DivergedError(RuntimeError):
    """The process left the numbers that it can be followed with."""


@dataclass(frozen=True)
class Sizes:
    """How large a replica is.

    Attributes:
        d: size of the matrices.
        copies: copies of the process, an even number.
        probes: small changes followed for each copy.
    """

    d: int
    copies: int
    probes: int


@dataclass(frozen=True)
class Rule:
    """Factors of the equations, all 1; another number shows what a wrong equation does.

    Attributes:
        response: factor of chi.
        noise: factor of the variance of N.
    """

    response: float = 1.0
    noise: float = 1.0


#: The equations as they are.
TRUE = Rule()


@dataclass(frozen=True, eq=False)
class Kernels:
    """What a replica knows after some nodes; the arrays go on being filled.

    Attributes:
        covariance: K at pairs of nodes, shape (n, n).
        weights: of the memory, int chi(t_k, s) F(s) ds = sum_j weights[k, j] F(t_j), shape (n, n).
        eigenvalues: of Z at the node reached last, increasing, shape (copies, d).
    """

    covariance: FloatArray
    weights: FloatArray
    eigenvalues: FloatArray


def replica(
    setting: Setting, sizes: Sizes, grid: FloatArray, generator: np.random.Generator, rule: Rule = TRUE
) -> Iterator[Kernels]:
    """March one replica along a grid of times.

    Args:
        setting: the ratios.
        sizes: its size.
        grid: times of the nodes, increasing from 0, shape (n,).
        generator: source of random numbers.
        rule: the equations.

    Yields:
        All there is, after each node.

    Raises:
        DivergedError: if a number is no longer finite, or the mse grows beyond all bounds.
    """
    march = _March(setting, sizes, grid, generator, rule)
    try:
        for node in range(grid.size):
            with np.errstate(over="ignore", invalid="ignore"):
                march.advance(node)
            yield Kernels(march.covariance, march.weights, march.eigenvalues())
    except np.linalg.LinAlgError as error:
        raise DivergedError("the matrices are no longer finite") from error


class _March:
    """The state of the copies, and the history that memory and noise are made of."""

    def __init__(
        self,
        setting: Setting,
        sizes: Sizes,
        grid: FloatArray,
        generator: np.random.Generator,
        rule: Rule,
    ) -> None:
        d, copies, probes, nodes = sizes.d, sizes.copies, sizes.probes, grid.size
        self._setting, self._rule = setting, rule
        self._steps = np.diff(grid)
        self._space = space = Hermitian(d)
        columns = min(round(setting.kappa * d), d)
        teacher = marchenko_pastur_quantiles(setting.kappa_star, d)
        start = setting.gamma * marchenko_pastur_quantiles(columns / d if columns < d else setting.kappa, d)
        pairs = [draw_pair(space, teacher, start, columns, nodes, generator) for _ in range(copies // 2)]
        self._w: ComplexArray = np.repeat(np.array([weights for weights, _ in pairs]), 2, axis=0)
        self._noise = np.repeat(np.array([noise for _, noise in pairs]), 2, axis=0)
        self._noise[1::2] *= -1
        self._z_star = space.vector(np.diag(teacher))
        # White in time: a wide hat is probed by as much less.
        cells = np.convolve(np.pad(self._steps, 1), [0.5, 0.5], "valid")
        self._amplitude = np.sqrt(np.median(cells) / cells)
        self._probe = np.array(
            [[orthogonal_gue(space, nodes, generator) for _ in range(probes)] for _ in range(copies)]
        )
        self._probe *= self._amplitude[:, None]
        self._dw: ComplexArray = np.zeros((copies, probes, d, columns), np.complex128)
        history = (copies, nodes, space.dimension)
        self._force = np.zeros(history)
        self._dforce = np.zeros((copies, probes, nodes, space.dimension))
        self.covariance, self.weights = np.zeros((nodes, nodes)), np.zeros((nodes, nodes))
        self._span, self._root = _Span(nodes, copies * space.dimension + 1), np.zeros((nodes, nodes))
        self._exponent = 0.0
        #: Gain c, b and its changes at the last node and the one before.
        self._now: tuple[float, FloatArray, FloatArray] = (1.0, np.zeros(0), np.zeros(0))
        self._before = self._now

    def eigenvalues(self) -> FloatArray:
        """Of Z, increasing, shape (copies, d)."""
        squares = np.linalg.svd(self._w, compute_uv=False)[:, ::-1] ** 2
        return np.pad(squares, ((0, 0), (self._w.shape[1] - squares.shape[1], 0)))

    def advance(self, node: int) -> None:
        """Go to a node from the one before it."""
        if node == 0:
            z, dz = self._seen(self._w, self._dw)
            c, b, db = self._balance(0, z, dz)
        else:
            z, dz, (c, b, db) = self._step(node)
        self._span.keep()
        self._force[:, node] = c * (b + 2 * z)
        self._dforce[:, :, node] = c * (db + 2 * dz)
        self._before, self._now = self._now, (c, b, db)

    def _step(self, node: int) -> tuple[FloatArray, FloatArray, tuple[float, FloatArray, FloatArray]]:
        """The second half of the last cell, and the first half of this node's."""
        (c, b, db), h = self._now, self._steps[node - 1]
        last, this = self._probe[:, :, node - 1], self._probe[:, :, node]
        rise = self._space.matrix((this - last) / 2)
        leave = self._cell(c, b, h / 2)
        w, dw = leave.move(self._w, self._dw, self._space.matrix(0.75 * last + 0.25 * this - c * db), rise)
        if node > 1:
            _, b_before, db_before = self._before
            ratio = h / self._steps[node - 2]
            b, db = b + ratio * (b - b_before), db + ratio * (db - db_before)
        else:
            # chi(t+, t) = 2 tr Z/d over half a hat's mass in this cell.
            c = 1 / (
                1 + np.mean(np.sum(np.abs(w) ** 2, axis=(1, 2))) / self._space.d * h / 2 / self._setting.alpha
            )
        tried: list[tuple[float, float]] = []
        for _ in range(_PASSES):
            entered, variance = c, self.covariance[node, node]
            enter = self._cell(c, b, h / 2)
            self._w, self._dw = enter.move(
                w, dw, self._space.matrix(0.25 * last + 0.75 * this - c * db), rise
            )
            z, dz = self._seen(self._w, self._dw)
            balance = self._balance(node, z, dz)
            changes = (balance[0] / entered - 1, variance / self.covariance[node, node] - 1)
            if max(map(abs, changes)) <= _SETTLED:
                break
            _, b, db = balance
            tried.append((entered, self.weights[node, node] / self._setting.alpha))
            self._exponent = _falls_like(tried[-2:], self._exponent)
            c = _consistent_gain(*tried[-1], self._exponent)
        return z, dz, balance

    def _cell(self, c: float, b: FloatArray, h: float) -> RiccatiStep:
        force = self._space.matrix(c * b)
        diagonal = np.arange(self._space.d)
        force[:, diagonal, diagonal] += 2 * self._setting.lam
        if not np.isfinite(force).all():
            raise DivergedError("the force is no longer finite")
        return RiccatiStep(force, c, h)

    def _seen(self, w: ComplexArray, dw: ComplexArray) -> tuple[FloatArray, FloatArray]:
        """Coordinates of Z and of its changes."""
        half = dw @ dagger(w)[:, None]
        return self._space.vector(w @ dagger(w)), self._space.vector(half + dagger(half))

    def _balance(self, node: int, z: FloatArray, dz: FloatArray) -> tuple[float, FloatArray, FloatArray]:
        """Gain c, b and its changes at a node, once its rows of covariance and memory are put down."""
        s, d, known = self._setting, self._space.d, node + 1
        # Its products with its own past are K.
        error = np.sqrt(2 / (d * len(z))) * (z - self._z_star)
        root = self._span.coordinates(np.append(error, np.sqrt(s.delta)))
        self._root[node] = np.pad(root, (0, len(self._root) - root.size))
        row = self._root[:known] @ self._root[node]
        if not np.isfinite(row[-1]) or (node and row[-1] > _FAR * self.covariance[0, 0]):
            raise DivergedError("the mse grows beyond all bounds")
        self.covariance[node, :known] = self.covariance[:known, node] = row
        if node:
            seen = np.matmul(self._probe[:, :, :known], dz[..., None])[..., 0].mean(axis=(0, 1))
            self.weights[node, :known] = self._rule.response * seen / (d * self._amplitude[:known] ** 2)
        b = np.sqrt(self._rule.noise / s.alpha) * np.matmul(root, self._noise[:, : root.size])
        past = self.weights[node, :node]
        b -= 2 * self._z_star + np.matmul(past, self._force[:, :node]) / s.alpha
        db = -np.matmul(past, self._dforce[:, :, :node]) / s.alpha
        gain = 1 / (1 + self.weights[node, node] / s.alpha)
        if not 0 < gain < np.inf:
            raise DivergedError("the response to a force exceeds the force")
        return gain, b, db


class _Span:
    """An orthonormal basis of what was seen so far; the last vector asked for can be kept.

    Coordinates in it are a row of the Cholesky factor of the Gram matrix, to all digits: the factor made from
    the matrix itself loses them as soon as a small new part has grown large.

    Args:
        count: vectors at most.
        size: of each.
    """

    def __init__(self, count: int, size: int) -> None:
        self._basis, self._count = np.zeros((count, size)), 0
        self._new: FloatArray | None = None

    def coordinates(self, vector: FloatArray) -> FloatArray:
        """Coordinates of a vector, with one for what is new in it, if that is not negligible."""
        basis = self._basis[: self._count]
        within, rest = np.zeros(self._count), vector
        for _ in range(2):  # once is not enough
            share = basis @ rest
            within, rest = within + share, rest - share @ basis
        norm = np.linalg.norm(rest)
        self._new = rest / norm if norm > _NEW * np.linalg.norm(vector) else None
        return within if self._new is None else np.append(within, norm)

    def keep(self) -> None:
        """Take what was new in the last vector into the basis."""
        if self._new is not None:
            self._basis[self._count] = self._new
            self._count += 1


def _falls_like(tried: list[tuple[float, float]], exponent: float) -> float:
    """The p with which a weight falls like c^-p, from two gains tried with their weights; else as before."""
    if len(tried) < 2 or abs(np.log(tried[1][0] / tried[0][0])) < _SETTLED:
        return exponent
    (first, weight), (second, then) = tried
    return float(np.clip(-np.log(then / weight) / np.log(second / first), 0.0, 1.0))


def _consistent_gain(entered: float, weight: float, exponent: float) -> float:
    """The c with c = 1/(1 + w), for a w that is ``weight`` at c = ``entered`` and falls like c^-p.

    Where modes follow the force, the weight of the present is 1/(2 c alpha), and passes without this would
    gain a factor 1 - c only; where they are slow it does not depend on c.
    """
    c = 1 / (1 + weight)
    for _ in range(_NEWTON):
        at_c = weight * (entered / c) ** exponent
        c = max(c - (c * (1 + at_c) - 1) / (1 + (1 - exponent) * at_c), 0.3 * c)
    return c
