"""What the training samples ask of a student: the linear map Z -> Tr(X_k Z), its force on W, and its tangent.

Both kinds of samples offer the same three operations. They go over the samples in blocks that stay in the
processor's cache from the first matrix product to the second, and never hold a d x d matrix per sample.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator

import numpy as np

from quadviz.arrays import FloatArray

__all__ = ["NETWORK_BLOCK", "GaussianInputs", "NetworkInputs", "Sensing", "svec_size"]

Linear = Callable[[FloatArray], FloatArray]

#: Samples a block of network inputs holds: fewer cost calls, more fall out of the cache.
NETWORK_BLOCK = 1024
#: Numbers a block of sensing matrices holds: one megabyte.
_GAUSSIAN_BLOCK = 2**17


def svec_size(d: int) -> int:
    """Number of independent entries of a symmetric d x d matrix."""
    return d * (d + 1) // 2


class Sensing(ABC):
    """n sensing matrices X_k, symmetric and d x d, with E Tr(X_k A)^2 = (2/d) |A|_F^2.

    Attributes:
        n: number of samples.
        d: input dimension.
        nbytes: memory that the samples take.
    """

    n: int
    d: int
    nbytes: int

    @abstractmethod
    def measure(self, symmetric: FloatArray) -> FloatArray:
        """Tr(X_k A) for a symmetric matrix A of shape (d, d), shape (n,)."""

    @abstractmethod
    def force(self, weights: FloatArray, labels: FloatArray) -> tuple[FloatArray, FloatArray]:
        """What the samples pull at the weights with.

        Args:
            weights: W, shape (d, m).
            labels: z, shape (n,).

        Returns:
            (d/n) sum_k r_k X_k W, shape (d, m), and the residuals r_k = Tr(X_k W W^T) - z_k, shape (n,).
        """

    @abstractmethod
    def tangent(self, weights: FloatArray, labels: FloatArray) -> Linear:
        """The derivative of that force at the weights, as a map from dW to the change of the force."""


class NetworkInputs(Sensing):
    """The network's own inputs: X_k = (x_k x_k^T - I)/sqrt(d), kept as the x_k alone.

    A student W answers Tr(X_k W W^T) = (|W^T x_k|^2 - |W|_F^2)/sqrt(d): a force costs two products of an
    n x d with a d x m matrix. A student wider than d is seen through Z = W W^T instead, which is d x d.

    Args:
        inputs: the x_k as rows, shape (n, d).
    """

    def __init__(self, inputs: FloatArray) -> None:
        self.inputs = inputs
        self.n, self.d = inputs.shape
        self.nbytes = inputs.nbytes

    def measure(self, symmetric: FloatArray) -> FloatArray:
        """As :meth:`Sensing.measure`."""
        answers = np.empty(self.n)
        for rows in self._blocks():
            x = self.inputs[rows]
            np.einsum("ki,ki->k", x @ symmetric, x, out=answers[rows])
        return self._centred(answers, float(np.trace(symmetric)))

    def force(self, weights: FloatArray, labels: FloatArray) -> tuple[FloatArray, FloatArray]:
        """As :meth:`Sensing.force`."""
        if weights.shape[1] > self.d:
            residuals = self.measure(weights @ weights.T) - labels
            return self._weighted(residuals) @ weights, residuals
        residuals, pull = np.empty(self.n), np.zeros_like(weights)
        size = float(np.vdot(weights, weights))
        for rows in self._blocks():
            x, part = self.inputs[rows], residuals[rows]
            hidden = x @ weights
            np.einsum("ki,ki->k", hidden, hidden, out=part)
            part[:] = self._centred(part, size) - labels[rows]
            hidden *= part[:, None]
            pull += x.T @ hidden
        return self._scaled(pull - residuals.sum() * weights), residuals

    def tangent(self, weights: FloatArray, labels: FloatArray) -> Linear:
        """As :meth:`Sensing.tangent`; keeps W^T x_k for all samples unless the student is wider than d."""
        weights = weights.copy()
        if weights.shape[1] > self.d:
            field = self._weighted(self.measure(weights @ weights.T) - labels)

            def of_wide(change: FloatArray) -> FloatArray:
                half = change @ weights.T
                return self._weighted(self.measure(half + half.T)) @ weights + field @ change

            return of_wide
        hidden = self.inputs @ weights
        size = float(np.vdot(weights, weights))
        residuals = self._centred(np.einsum("ki,ki->k", hidden, hidden), size) - labels
        total = residuals.sum()

        def of_narrow(change: FloatArray) -> FloatArray:
            overlap, turned, pull = 2 * float(np.vdot(weights, change)), 0.0, np.zeros_like(change)
            for rows in self._blocks():
                x, h = self.inputs[rows], hidden[rows]
                moved = x @ change
                shift = self._centred(2 * np.einsum("ki,ki->k", h, moved), overlap)
                turned += float(shift.sum())
                moved *= residuals[rows, None]
                moved += h * shift[:, None]
                pull += x.T @ moved
            return self._scaled(pull - turned * weights - total * change)

        return of_narrow

    def _blocks(self) -> Iterator[slice]:
        for start in range(0, self.n, NETWORK_BLOCK):
            yield slice(start, min(start + NETWORK_BLOCK, self.n))

    def _centred(self, answers: FloatArray, trace: float) -> FloatArray:
        """x^T A x to Tr(X A)."""
        centred: FloatArray = (answers - trace) / np.sqrt(self.d)
        return centred

    def _scaled(self, pull: FloatArray) -> FloatArray:
        """sum_k r_k (x_k x_k^T - I) W to (d/n) sum_k r_k X_k W."""
        scaled: FloatArray = pull * (np.sqrt(self.d) / self.n)
        return scaled

    def _weighted(self, residuals: FloatArray) -> FloatArray:
        """(d/n) sum_k r_k X_k, shape (d, d)."""
        total = np.zeros((self.d, self.d))
        for rows in self._blocks():
            x = self.inputs[rows]
            total += x.T @ (x * residuals[rows, None])
        total[np.diag_indices(self.d)] -= residuals.sum()
        return self._scaled(total)


class GaussianInputs(Sensing):
    """GOE sensing matrices, E X_ij^2 = (1 + delta_ij)/d, which stand for the network's by universality.

    Each is kept as its d (d+1)/2 coordinates in the orthonormal basis of symmetric matrices, in which they
    are independent, of variance 2/d.

    Args:
        coordinates: the matrices as rows, shape (n, d (d+1)/2).
        d: input dimension.
    """

    def __init__(self, coordinates: FloatArray, d: int) -> None:
        self.coordinates = coordinates
        self.n, self.d = len(coordinates), d
        self.nbytes = coordinates.nbytes
        self._upper = np.triu_indices(d)
        self._norm = np.where(self._upper[0] == self._upper[1], 1.0, np.sqrt(2.0))

    def measure(self, symmetric: FloatArray) -> FloatArray:
        """As :meth:`Sensing.measure`."""
        answers: FloatArray = self.coordinates @ self._svec(symmetric)
        return answers

    def force(self, weights: FloatArray, labels: FloatArray) -> tuple[FloatArray, FloatArray]:
        """As :meth:`Sensing.force`."""
        field, residuals = self._field(weights @ weights.T, labels)
        return field @ weights, residuals

    def tangent(self, weights: FloatArray, labels: FloatArray) -> Linear:
        """As :meth:`Sensing.tangent`."""
        weights = weights.copy()
        field, _ = self._field(weights @ weights.T, labels)
        nothing = np.zeros(self.n)

        def of(change: FloatArray) -> FloatArray:
            half = change @ weights.T
            return self._field(half + half.T, nothing)[0] @ weights + field @ change

        return of

    def _field(self, symmetric: FloatArray, labels: FloatArray) -> tuple[FloatArray, FloatArray]:
        """(d/n) sum_k r_k X_k and r_k = Tr(X_k A) - z_k, in one pass over the samples."""
        entries, residuals, total = self._svec(symmetric), np.empty(self.n), np.zeros(self._norm.size)
        step = max(8, _GAUSSIAN_BLOCK // self._norm.size)
        for start in range(0, self.n, step):
            rows = slice(start, min(start + step, self.n))
            block, part = self.coordinates[rows], residuals[rows]
            np.matmul(block, entries, out=part)
            part -= labels[rows]
            total += part @ block
        field = np.empty((self.d, self.d))
        field[self._upper] = total / self._norm * (self.d / self.n)
        field.T[self._upper] = field[self._upper]
        return field, residuals

    def _svec(self, symmetric: FloatArray) -> FloatArray:
        """Coordinates of a symmetric matrix in the orthonormal basis."""
        entries: FloatArray = symmetric[self._upper] * self._norm
        return entries
