"""One step of the effective matrix process, and of small changes of it.

While the force on W is B + 2 c Z with a constant Hermitian matrix B, dW/dt = -(B + 2 c Z + 2 lam) W is a
matrix Riccati equation. In the eigenbasis of A = -(B + 2 lam), with eigenvalues a, and T = U^* W(0),

    W(h) = U e^{ah} T L^{-*},     L L^* = 1 + T^* S T,     S = 2 c (e^{2ah} - 1)/a .

A small change D(s) of A, s before the end, and dT of the start change this by

    U^* dW(h) = (e^{ah} dT - N L^{-1} T^* S dT) L^{-*} + (G - N N^* G') N,     N = U^* W(h),
    G  = int_0^h e^{as} D(s) e^{-as} ds,    G' = int_0^h (2c/a) (e^{as} - e^{-as}) D(s) e^{-as} ds,

to first order and up to a rotation of the columns, which Z = W W^* does not feel: it keeps the rank of Z, as
an equation for dZ alone would not. For a D that is linear in s the integrals are entire functions of the
differences of eigenvalues.
"""

from __future__ import annotations

import numpy as np

from quadviz.arrays import AnyComplexArray, FloatArray

__all__ = ["RiccatiStep", "dagger"]


#: Largest spread of the exponents within one part of a step: beyond it, changes lose digits as e^{2 spread}.
_SPREAD = 10.0
#: Below this argument the moments of an exponential are summed as series, of so many terms.
_SMALL, _TERMS = 0.05, 9
#: Below this exponent a rate counts as 0 in the second kernel.
_FLAT = 1e-4


class RiccatiStep:
    """The motion of some copies over a time h under constant matrices B.

    Args:
        force: B + 2 lam, shape (copies, d, d).
        gain: c, > 0; a Frobenius decay is part of it.
        h: the time, > 0.

    Attributes:
        rates: eigenvalues of -(B + 2 lam), increasing, shape (copies, d).
        basis: its eigenvectors, shape (copies, d, d).
    """

    def __init__(self, force: AnyComplexArray, gain: float, h: float) -> None:
        a, self.basis = np.linalg.eigh(-force)
        self.rates: FloatArray = a
        # Within a part no exponent is large; the parts share the basis.
        self._parts = parts = max(1, int(np.ceil(h * np.ptp(a, axis=-1).max() / _SPREAD)))
        part = h / parts
        self._growth = np.exp(a * part)[..., None]
        self._crowding = 4 * gain * part * _moments(2 * a * part)[0][..., None]
        row, column = a[:, :, None], a[:, None, :]
        plus, minus = _moments((row - column) * part), _moments(-(row + column) * part)
        flat = np.abs(row * part) < _FLAT
        at_zero = _moments(-column * part)
        over = 2 * gain * part / np.where(flat, 1.0, row)
        level = 4 * gain * part**2
        # Kernels of the mean of D over the part, and of its rise.
        self._mean = part * plus[0]
        self._rise = part * (plus[0] / 2 - plus[1])
        self._mean_back = np.where(flat, level * at_zero[1], over * (plus[0] - minus[0]))
        self._rise_back = np.where(
            flat,
            level * (at_zero[1] / 2 - at_zero[2]),
            over * ((plus[0] - minus[0]) / 2 - (plus[1] - minus[1])),
        )

    def move(
        self, weights: AnyComplexArray, change: AnyComplexArray, mean: AnyComplexArray, rise: AnyComplexArray
    ) -> tuple[AnyComplexArray, AnyComplexArray]:
        """W and its changes after the step.

        Args:
            weights: W, shape (copies, d, m).
            change: dW, shape (copies, probes, d, m).
            mean: mean of D over the step, shape (copies, probes, d, d).
            rise: D at its end less D at its start, of the same shape.
        """
        u, parts = self.basis, self._parts
        back, ub = dagger(u), u[:, None]
        now: AnyComplexArray = back @ weights
        dnow: AnyComplexArray = back[:, None] @ change
        mean, rise = (back[:, None] @ (x @ ub) for x in (mean, rise))
        base, base_back = self._mean[:, None] * mean, self._mean_back[:, None] * mean
        tilt, tilt_back = self._mean[:, None] * rise, self._mean_back[:, None] * rise
        # The rise within a part is 1/parts of the whole.
        base += self._rise[:, None] * rise / parts
        base_back += self._rise_back[:, None] * rise / parts
        diagonal = np.arange(weights.shape[-1])
        for number in range(parts):
            crowded = self._crowding * now
            square = dagger(now) @ crowded
            square[:, diagonal, diagonal] += 1
            root = np.linalg.cholesky(square)
            then = _right(self._growth * now, root)
            carried = np.linalg.solve(root[:, None], dagger(crowded)[:, None] @ dnow)
            carried = _right(self._growth[:, None] * dnow - then[:, None] @ carried, root[:, None])
            height = (number + 0.5) / parts - 0.5
            end = then[:, None]
            pushed = (base_back + height * tilt_back) @ end
            carried += (base + height * tilt) @ end - end @ (dagger(end) @ pushed)
            now, dnow = then, carried
        return u @ now, ub @ dnow


def dagger(matrices: AnyComplexArray) -> AnyComplexArray:
    """Conjugate transposes of matrices of shape (..., a, b)."""
    return matrices.swapaxes(-1, -2).conj()


def _right(matrix: AnyComplexArray, root: AnyComplexArray) -> AnyComplexArray:
    """``matrix`` times the inverse of the conjugate transpose of ``root``."""
    return dagger(np.linalg.solve(root, dagger(matrix)))


def _moments(z: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """int_0^1 u^n e^{zu} du for n = 0, 1, 2."""
    small = np.abs(z) < _SMALL
    x = np.where(small, 1.0, z)
    e = np.exp(x)
    zeroth = np.expm1(x) / x
    first = (e - zeroth) / x
    second = (e - 2 * first) / x
    near = np.where(small, z, 0.0)
    series = [np.full_like(z, 1.0 / (n + 1)) for n in range(3)]
    term = np.ones_like(z)
    for j in range(1, _TERMS):
        term = term * near / j
        for n in range(3):
            series[n] += term / (n + 1 + j)
    zeroth, first, second = (
        np.where(small, s, m) for s, m in zip(series, (zeroth, first, second), strict=True)
    )
    return zeroth, first, second
