"""int rho^3 of a noisy law of levels, the one integral that is not elementary, along the boundary curve.

With the height v over u and rho = v/(pi xi), both

    int rho^3 dx = int rho^3 (dx/du) du,        int rho^3 H' dx = int rho^3 (dx/du - 1)/xi du

run over the bands in u, where nothing is singular but the edges: there v^2 vanishes linearly, and u = middle
- radius cos(phi) makes v^3 smooth. Where neighbouring bands have just merged the height nearly vanishes
inside; panels are halved until both halves agree with the whole.
"""

from __future__ import annotations

import numpy as np

from quadviz.arrays import FloatArray
from quadviz.law.atoms import Atoms
from quadviz.law.boundary import bands, curve_at, heights

__all__ = ["cubed_law"]


_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(16)
#: The largest error of a panel, beside the whole; and how often panels are halved at most.
_ACCURACY, _HALVINGS = 1e-13, 40


def cubed_law(xi: float, atoms: Atoms) -> tuple[float, float, float]:
    """int rho^3, its derivative in xi, and about the relative error.

    By the complex Burgers equation rho_xi = -(rho H)', so that d/dxi int rho^3 = -2 int rho^3 H'.
    """
    edges = bands(xi, atoms)
    middle, radius = edges.mean(axis=1), (edges[:, 1] - edges[:, 0]) / 2
    inside = np.searchsorted(atoms.z, edges[:, 1]) - np.searchsorted(atoms.z, edges[:, 0])
    pieces = np.clip(inside // 2, 1, 8)
    band = np.repeat(np.arange(len(edges)), pieces)
    place = np.arange(band.size) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    low, high = np.pi * place / pieces[band], np.pi * (place + 1) / pieces[band]
    whole = _panels(low, high, middle[band], radius[band], xi, atoms)
    scale = np.abs(whole[0]).sum()
    total, error = np.zeros(2), 0.0
    for _ in range(_HALVINGS):
        if not band.size:
            break
        half = (low + high) / 2
        ends = np.concatenate([low, half]), np.concatenate([half, high])
        twice = np.concatenate([band, band])
        halves = _panels(*ends, middle[twice], radius[twice], xi, atoms)
        left, right = halves[:, : band.size], halves[:, band.size :]
        off = np.abs(left + right - whole)[0]
        # 16 nodes a half are far better than 16 in all.
        fine = off <= np.sqrt(_ACCURACY) * 1e-3 * scale / max(len(edges), 1)
        total += (left + right)[:, fine].sum(axis=1)
        error += float((off[fine] ** 2).sum()) / scale
        rest = ~fine
        low, high = (np.concatenate([end[: band.size][rest], end[band.size :][rest]]) for end in ends)
        whole = np.concatenate([left[:, rest], right[:, rest]], axis=1)
        band = np.concatenate([band[rest], band[rest]])
    total += whole.sum(axis=1) if band.size else 0.0
    cubed = float(total[0])
    return cubed, -2 * float(total[1]) / xi, error / cubed + (1.0 if band.size else 0.0)


def _panels(
    low: FloatArray, high: FloatArray, middle: FloatArray, radius: FloatArray, xi: float, atoms: Atoms
) -> FloatArray:
    """int rho^3 dx and int rho^3 (dx - du) over panels in phi, shape (2, N)."""
    half = (high - low)[:, None] / 2
    phi = (high + low)[:, None] / 2 + half * _NODES
    u = (middle[:, None] - radius[:, None] * np.cos(phi)).reshape(-1)
    noise = np.full(u.size, xi)
    curve = curve_at(u, heights(u, noise, atoms), noise, atoms)
    density = (curve.v / (np.pi * xi)) ** 3
    weights = (radius[:, None] * np.sin(phi) * half * _WEIGHTS).reshape(-1)
    both = np.stack([density * curve.slope, density * (curve.slope - 1)]) * weights
    return np.asarray(both.reshape(2, phi.shape[0], -1).sum(axis=2))
