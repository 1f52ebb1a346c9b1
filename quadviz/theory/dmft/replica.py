"""One replica of the effective process, marched in time with the kernels it makes itself.

As d -> infinity training is the process (THEORY section 8; arXiv 2601.10483)

    dW/dt = -(F + 2 lam + 2 lam2 Z) W,
    F(t) = 2 (Z - Z*) + N(t)/sqrt(alpha) - (1/alpha) int_0^t chi(t, s) F(s) ds,

with a Gaussian N of covariance K = 2 C + delta, C(t, t') = tr (Z(t) - Z*)(Z(t') - Z*)/d, and chi the
response of Z to a field taken off F. A replica follows some copies of it at finite d and takes both kernels
from their mean.

The time of a node is in the middle of its cell. Within a cell F = c (b + 2 Z) with a constant b, so that fast
modes are where the node's own force has them. The memory is summed with hat functions, for chi has all time
scales down to the fastest, while F varies little from node to node. The weights of the hats are responses
to them; small changes of the copies, one for each probe, follow all hats at once, each in a random direction
of its own (:mod:`quadviz.theory.dmft.response`).

What a node needs of itself, its row of weights and the new error Z - Z*, is a fixed point. Late in training
plain passes come near it slowly: the row gains 1 - R a pass, R being lam/q of the steady state, and the error
as little. What is left over would enter K as if the noise had moved, and the next node would go on with it;
so passes are mixed (:mod:`quadviz.theory.dmft.mixing`) until both stand still.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from quadviz.arrays import AnyComplexArray, FloatArray
from quadviz.law.teacher_law import marchenko_pastur_quantiles
from quadviz.law.typical import typical_eigenvalues
from quadviz.setting import Setting
from quadviz.theory.dmft.draws import (
    Hermitian,
    draw_pair,
    orthogonal_gue,
)
from quadviz.theory.dmft.mixing import Mixer
from quadviz.theory.dmft.response import Fit, white_response
from quadviz.theory.dmft.step import RiccatiStep, dagger

__all__ = ["TRUE", "DivergedError", "Kernels", "Rule", "Sizes", "replica"]


#: Earlier passes over a node that are mixed.
_DEPTH = 12
#: In the mixture of passes a change of the error counts so many times as much as one of the weights.
_ERROR = 3.0
#: A pass does not lower the weight of the present below this share of what was seen.
_PRESENT = 0.3
#: A direction of the error is new, and gets a noise matrix, if earlier ones leave more than this share of it.
_NEW = 1e-2
#: Noise matrices at most.
_NOISES = 64
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
    """What a march does; other than by default it shows what a wrong one does.

    Attributes:
        response: factor of chi.
        noise: factor of the variance of N.
        settled: a node is left when a pass changes its error and its weights by less than this share.
        passes: over a node at most.
        smooth: how much of the noise's motion from node to node and back is taken off it.
    """

    response: float = 1.0
    noise: float = 1.0
    settled: float = 3e-4
    passes: int = 40
    smooth: float = 0.5


#: The equations as they are.
TRUE = Rule()


@dataclass(frozen=True, eq=False)
class Kernels:
    """What a replica knows after some nodes; the arrays go on being filled.

    Attributes:
        covariance: K at pairs of nodes, shape (n, n).
        weights: of the memory, int chi(t_k, s) F(s) ds = sum_j weights[k, j] F(t_j), shape (n, n).
        work: tr F (Z - Z*)/d, mean over copies, shape (n,).
        unsettled: what the last pass over a node still changed of its error, as a share of it, shape (n,).
        coarse: what the memory of a node changes by along the force on it when every second node is left out,
            as a share of that force, shape (n,).
        eigenvalues: of Z at the node reached last, increasing, shape (copies, d).
    """

    covariance: FloatArray
    weights: FloatArray
    work: FloatArray
    unsettled: FloatArray
    coarse: FloatArray
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
            yield march.kernels()
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
        teacher = typical_eigenvalues(setting.teacher, setting.kappa_star, d)
        start = setting.gamma * marchenko_pastur_quantiles(columns / d if columns < d else setting.kappa, d)
        noises = min(nodes, _NOISES)
        pairs = [draw_pair(space, teacher, start, columns, noises, generator) for _ in range(copies // 2)]
        self._w: AnyComplexArray = np.repeat(np.array([weights for weights, _ in pairs]), 2, axis=0)
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
        self._dw: AnyComplexArray = np.zeros((copies, probes, d, columns), np.complex128)
        history = (copies, nodes, space.dimension)
        self._force = np.zeros(history)
        self._dforce = np.zeros((copies, probes, nodes, space.dimension))
        self.covariance, self.weights = np.zeros((nodes, nodes)), np.zeros((nodes, nodes))
        self._span = _Span(noises - 1, copies * space.dimension + 1)
        self._root = np.zeros((nodes, noises))
        self._work, self._unsettled, self._coarse = np.zeros((3, nodes))
        #: Gain c, b and its changes at the last node and the one before.
        self._now: tuple[float, FloatArray, FloatArray] = (1.0, np.zeros(0), np.zeros(0))
        self._before = self._now
        #: How much of its own motion the last node's b went on with.
        self._trend = 1.0

    def kernels(self) -> Kernels:
        """All there is."""
        squares = np.linalg.svd(self._w, compute_uv=False)[:, ::-1] ** 2
        eigenvalues = np.pad(squares, ((0, 0), (self._w.shape[1] - squares.shape[1], 0)))
        return Kernels(self.covariance, self.weights, self._work, self._unsettled, self._coarse, eigenvalues)

    def advance(self, node: int) -> None:
        """Go to a node from the one before it."""
        if node == 0:
            z, dz = self._seen(self._w, self._dw)
            balance = self._put(0, np.zeros(1), self._error(z))
        else:
            z, dz, balance = self._step(node)
        c, b, db = balance
        self._span.keep()
        self._force[:, node] = c * (b + 2 * z)
        self._dforce[:, :, node] = c * (db + 2 * dz)
        self._work[node] = np.mean(np.sum(self._force[:, node] * (z - self._z_star), axis=-1)) / self._space.d
        self._coarse[node] = self._left_out(node)
        self._before, self._now = self._now, balance

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
            going = ratio * (b - b_before)
            b, db = b + self._trend * going, db + self._trend * ratio * (db - db_before)
        else:
            # chi(t+, t) = 2 tr Z/d over half a hat's mass in this cell.
            c = 1 / (
                1 + np.mean(np.sum(np.abs(w) ** 2, axis=(1, 2))) / self._space.d * h / 2 / self._setting.alpha
            )
        fit: Fit | None = None
        mixer, row, error = Mixer(_DEPTH), np.zeros(0), np.zeros(0)
        for attempt in range(self._rule.passes):
            enter = self._cell(c, b, h / 2)
            self._w, self._dw = enter.move(
                w, dw, self._space.matrix(0.25 * last + 0.75 * this - c * db), rise
            )
            z, dz = self._seen(self._w, self._dw)
            if fit is None:
                fit = self._fit(node, enter, h)
            seen, there = self._weights(fit, dz), self._error(z)
            if attempt == 0:
                row, error = seen, there
            else:
                # A hat's weight is as uncertain as its probe is weak.
                scale = self._amplitude[: node + 1] / np.linalg.norm(seen * self._amplitude[: node + 1])
                row_left = (seen - row) * scale
                error_left = (there - error) / np.linalg.norm(there)
                off = np.linalg.norm(row_left), np.linalg.norm(error_left)
                self._unsettled[node] = off[1]
                if max(off) <= self._rule.settled:
                    break
                tried = mixer.next(
                    np.concatenate([seen, there]), np.concatenate([row_left, _ERROR * error_left])
                )
                row, error = tried[: node + 1], tried[node + 1 :]
                row[-1] = max(row[-1], _PRESENT * seen[-1])
            c, b, db = self._put(node, row, error)
        # What was seen last is what is kept.
        balance = self._put(node, seen, there)
        left = float(self._span.left / np.linalg.norm(there))
        if left > _NEW:  # all noise matrices are in use
            self._unsettled[node] = max(self._unsettled[node], left)
        if node > 1:
            came = balance[1] - self._now[1]
            self._trend = float(np.clip(np.vdot(going, came) / np.vdot(going, going), 0.0, 1.0))
        return z, dz, balance

    def _cell(self, c: float, b: FloatArray, h: float) -> RiccatiStep:
        force = self._space.matrix(c * b)
        diagonal = np.arange(self._space.d)
        force[:, diagonal, diagonal] += 2 * self._setting.lam
        if not np.isfinite(force).all():
            raise DivergedError("the force is no longer finite")
        # The Frobenius decay pulls as a part of the force that the memory does not see.
        return RiccatiStep(force, c + self._setting.lam2, h)

    def _seen(self, w: AnyComplexArray, dw: AnyComplexArray) -> tuple[FloatArray, FloatArray]:
        """Coordinates of Z and of its changes."""
        half = dw @ dagger(w)[:, None]
        return self._space.vector(w @ dagger(w)), self._space.vector(half + dagger(half))

    def _fit(self, node: int, step: RiccatiStep, h: float) -> Fit:
        """The probes up to a node, as the step to it sees them."""
        fields = self._probe[:, :, : node + 1] / self._amplitude[: node + 1, None]
        return Fit(self._space, step.basis, white_response(step.rates * h, self._w.shape[-1]), fields)

    def _weights(self, fit: Fit, dz: FloatArray) -> FloatArray:
        """Weights of the memory of a node, shape (known,)."""
        seen = fit.responses(dz)
        weights: FloatArray = self._rule.response * seen / self._amplitude[: seen.size]
        return weights

    def _error(self, z: FloatArray) -> FloatArray:
        """The error at a node in the basis of those before, with one coordinate for what is new in it."""
        error = np.sqrt(2 / (self._space.d * len(z))) * (z - self._z_star)
        least = _NEW * float(np.linalg.norm(error))
        return self._span.coordinates(np.append(error, np.sqrt(self._setting.delta)), least)

    def _put(self, node: int, row: FloatArray, error: FloatArray) -> tuple[float, FloatArray, FloatArray]:
        """Gain c, b and its changes at a node, once its weights and its error are put down."""
        s, known = self._setting, node + 1
        self._root[node, : error.size], self._root[node, error.size :] = error, 0.0
        with_past = self._root[:known] @ self._root[node]
        with_past[-1] += self._span.left**2
        if not np.isfinite(with_past[-1]) or (node and with_past[-1] > _FAR * self.covariance[0, 0]):
            raise DivergedError("the mse grows beyond all bounds")
        self.covariance[node, :known] = self.covariance[:known, node] = with_past
        self.weights[node, :known] = row
        b = np.sqrt(self._rule.noise / s.alpha) * np.matmul(self._drawn(node), self._noise[:, : error.size])
        past = row[:-1]
        b -= 2 * self._z_star + np.matmul(past, self._force[:, :node]) / s.alpha
        db = -np.matmul(past, self._dforce[:, :, :node]) / s.alpha
        gain = 1 / (1 + row[-1] / s.alpha)
        if not 0 < gain < np.inf:
            raise DivergedError("the response to a force exceeds the force")
        return gain, b, db

    def _drawn(self, node: int) -> FloatArray:
        """Coordinates of the noise of a node: those of its error, with less of what only alternates.

        An innovation of N comes back through Z and K smaller, by f/(2 alpha) when it lasts; one that turns
        from node to node comes back larger than that, more so with longer steps, and would grow.
        """
        count = self._span.count + 1
        if node < 2:
            return self._root[node, :count]
        before, last, now = self._root[node - 2 : node + 1, :count]
        smooth: FloatArray = now - self._rule.smooth / 4 * (now - 2 * last + before)
        return smooth

    def _left_out(self, node: int) -> float:
        """What lines between every second node would add along F to the force of the memory, over F."""
        inner = np.arange(node - 1, 0, -2)
        if inner.size == 0:
            return 0.0
        wide = self._steps[inner - 1] + self._steps[inner]
        weights = self.weights[node, inner]
        change = np.zeros(node + 1)
        change[inner] = -weights
        np.add.at(change, inner - 1, weights * self._steps[inner] / wide)
        np.add.at(change, inner + 1, weights * self._steps[inner - 1] / wide)
        moved = np.matmul(change, self._force[:, : node + 1]) / self._setting.alpha
        force = self._force[:, node]
        return float(np.vdot(moved, force) / np.vdot(force, force))


class _Span:
    """An orthonormal basis of what was seen so far; the last vector asked for can be kept.

    Coordinates in it are a row of the Cholesky factor of the Gram matrix, to all digits: the factor made from
    the matrix itself loses them as soon as a small new part has grown large.

    Args:
        count: vectors at most.
        size: of each.

    Attributes:
        left: what the coordinates of the last vector leave of it, its norm.
    """

    def __init__(self, count: int, size: int) -> None:
        self._basis, self._count = np.zeros((count, size)), 0
        self._new: FloatArray | None = None
        self.left = 0.0

    def coordinates(self, vector: FloatArray, least: float) -> FloatArray:
        """Coordinates of a vector, and one more for what is new in it, 0 where that is below ``least``."""
        basis = self._basis[: self._count]
        within, rest = np.zeros(self._count), vector
        for _ in range(2):  # once is not enough
            share = basis @ rest
            within, rest = within + share, rest - share @ basis
        norm = float(np.linalg.norm(rest))
        new = norm > least and self._count < len(self._basis)
        self._new, self.left = (rest / norm, 0.0) if new else (None, norm)
        return np.append(within, norm if new else 0.0)

    @property
    def count(self) -> int:
        """Vectors of the basis."""
        return self._count

    def keep(self) -> None:
        """Take what was new in the last vector into the basis."""
        if self._new is not None:
            self._basis[self._count] = self._new
            self._count += 1
