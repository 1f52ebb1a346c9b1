"""Integrals of powers of G along a path, for levels so close that their residues are large and cancel.

Two levels at a distance s have residues that grow as 1/s^2, and differ in angles as s: far from both, digits
are lost. The integrals themselves are as smooth there as anywhere. The path goes straight up from w, in
pieces whose lengths grow with the distance from the levels, across, and down to the real axis beyond the law:
on each piece G is analytic well around, and 16 nodes of Gauss and Legendre give all digits.
"""

from __future__ import annotations

import numpy as np

from quadviz.arrays import FloatArray
from quadviz.law.atoms import Atoms
from quadviz.law.boundary import Curve

__all__ = ["path_integrals"]


_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(16)
#: By how much a piece of the way up is longer than all before it.
_GROWTH = 3.0


def path_integrals(at: Curve, atoms: Atoms) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Im of the antiderivatives of G^2, w G^2 and G^3 at points of the curve, over pi; each of shape (N,)."""
    found = np.array([_one(complex(u, v), atoms) for u, v in zip(at.u, at.v, strict=True)])
    squared, mixed, cubed = found.reshape(-1, 3).T
    return squared, mixed, cubed


def _one(w: complex, atoms: Atoms) -> tuple[float, float, float]:
    low, high = float(atoms.z[0]), float(atoms.z[-1])
    span = (high - low) + w.imag + max(low - w.real, w.real - high, 0.0)
    nearest = float(np.min(np.abs(w - atoms.z)))
    count = max(1, int(np.ceil(np.log(max(span / nearest, 1.0)) / np.log(1 + _GROWTH))) + 1)
    up = w + 1j * nearest * np.concatenate([[0.0], 0.5 * (1 + _GROWTH) ** np.arange(count)])
    end = high + 2 * span
    across = np.linspace(up[-1].real, end, 4)[1:] + 1j * up[-1].imag
    down = end + 1j * np.array([up[-1].imag / 2, 0.0])
    corners = np.concatenate([up, across, down])
    half, middle = np.diff(corners) / 2, (corners[1:] + corners[:-1]) / 2
    places = (middle[:, None] + half[:, None] * _NODES).reshape(-1)
    weights = (half[:, None] * _WEIGHTS).reshape(-1)
    g = (atoms.p / (places[:, None] - atoms.z)).sum(axis=1)
    g2 = g * g * weights
    parts = (g2.sum(), (g2 * places).sum(), (g2 * g).sum())
    squared, mixed, cubed = (-float(part.imag) / np.pi for part in parts)
    return squared, mixed, cubed
