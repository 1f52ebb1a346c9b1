"""The clean-teacher limit xi -> 0: recovery of the teacher, and what is left of the noise there.

Without label noise and above a critical alpha the regularised minimum tends to the teacher as
lam -> 0+: q and xi vanish with s = q / sqrt((1 - kappa_star) xi) finite. What remains of the law near
zero is the semicircle of the (1 - kappa_star) d null directions of Z*, and the first steady-state
equation becomes 2 alpha = mu(s), with

    mu(s) = 1 - a^2 + a kappa_star s^2 + a^2 int_b (x - s)^2 sigma,      a = 1 - kappa_star,

b = max(s, omega_s) and omega_s the point with mass (min(kappa, 1) - kappa_star)/a of the semicircle
density sigma above it. mu is convex, and half its minimum is the recovery threshold
(arXiv 2601.10483, perfect recovery with vanishing regularisation).
"""

from __future__ import annotations

import numpy as np

from quadviz.arrays import FloatArray

__all__ = [
    "recovered_scale",
    "ridgeless_interpolation",
    "ridgeless_recovery",
    "semicircle_integrals",
    "semicircle_quantile",
    "settled_width",
]


def semicircle_integrals(b: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """int sigma, int x sigma and int x^2 sigma over (b, inf), sigma the semicircle density on [-2, 2]."""
    c = np.clip(b / 2, -1, 1)
    phi, root = np.arccos(c), np.sqrt((1 - c) * (1 + c))
    mass = (phi - c * root) / np.pi
    moment1 = 4 * root**3 / (3 * np.pi)
    moment2 = mass + 2 * c * root**3 / np.pi
    return mass, moment1, moment2


def semicircle_quantile(mass: FloatArray) -> FloatArray:
    """The point with the given mass of the semicircle above it, for mass in [0, 1]."""
    share = np.minimum(mass, 1 - mass)
    phi = np.cbrt(1.5 * np.pi * share)
    # Convex in phi and started below the root: the first Newton step overshoots, the rest descend.
    for _ in range(8):
        slope = 2 * np.sin(phi) ** 2
        phi = phi - (phi - np.sin(phi) * np.cos(phi) - np.pi * share) / np.where(slope == 0, np.inf, slope)
    b: FloatArray = 2 * np.cos(np.where(mass <= 0.5, phi, np.pi - phi))
    return b


def _rank_cut(kappa: FloatArray, kappa_star: FloatArray) -> FloatArray:
    """omega_s, where the width cuts the null directions' semicircle; -2 when it does not."""
    a = np.maximum(1 - kappa_star, np.finfo(float).tiny)
    return semicircle_quantile(np.clip((np.minimum(kappa, 1) - kappa_star) / a, 0, 1))


def _mu(s: FloatArray, cut: FloatArray, kappa_star: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """mu(s), mu'(s) and mu''(s) for kappa_star < 1."""
    a = 1 - kappa_star
    mass, moment1, moment2 = semicircle_integrals(np.maximum(s, cut))
    value = kappa_star * (2 - kappa_star) + a * (
        kappa_star * s * s + a * (moment2 - 2 * s * moment1 + s * s * mass)
    )
    slope = 2 * a * (kappa_star * s - a * (moment1 - s * mass))
    return value, slope, 2 * a * (kappa_star + a * mass)


def settled_width(kappa: FloatArray, kappa_star: FloatArray) -> FloatArray:
    """kappa, made exactly the teacher's rank where it equals it up to rounding.

    Widths computed on different ways, 0.1 + 0.2 and 0.3, are meant to be equal; what recovery needs and the
    cut at a gap tell them apart.
    """
    rank = np.minimum(kappa_star, 1.0)
    return np.where(np.abs(kappa - rank) <= 1e-14 * rank, rank, kappa)


def ridgeless_interpolation(kappa: FloatArray, kappa_star: FloatArray) -> FloatArray:
    """alpha up to which lam -> 0+ fits noiseless labels with q > 0 or none at all: half mu at s = 0.

    Args:
        kappa: student width, >= min(kappa_star, 1) to be meaningful.
        kappa_star: teacher width, > 0.

    Returns:
        The threshold, of the broadcast shape: 1/2 for kappa_star >= 1.
    """
    kappa, kappa_star = np.broadcast_arrays(kappa, kappa_star)
    teacher = np.minimum(kappa_star, 1.0)
    cut = np.maximum(_rank_cut(kappa, teacher), 0.0)
    return np.where(teacher < 1, _mu(np.zeros(kappa.shape), cut, teacher)[0] / 2, 0.5)


def ridgeless_recovery(kappa: FloatArray, kappa_star: FloatArray) -> FloatArray:
    """alpha above which lam -> 0+ recovers a noiseless teacher; +inf where kappa < min(kappa_star, 1).

    Args:
        kappa: student width, > 0.
        kappa_star: teacher width, > 0.

    Returns:
        The threshold, of the broadcast shape: 1/2 for kappa_star >= 1.
    """
    kappa, kappa_star = np.broadcast_arrays(kappa, kappa_star)
    if kappa.size > 1 and (kappa == kappa.flat[0]).all() and (kappa_star == kappa_star.flat[0]).all():
        # The points of a curve have one threshold.
        return np.broadcast_to(ridgeless_recovery(kappa.flat[:1], kappa_star.flat[:1]), kappa.shape).copy()
    teacher = np.minimum(kappa_star, 1.0)
    cut = _rank_cut(kappa, teacher)
    # mu' is increasing and concave on [0, 2]: Newton from s = 0 stays below the root after one step.
    s, left = np.zeros(kappa.shape), np.ones(kappa.shape, dtype=bool)
    for _ in range(60):
        _, slope, curvature = _mu(s, cut, teacher)
        step = np.divide(slope, curvature, out=np.zeros_like(slope), where=left & (curvature > 0))
        s = s - step
        left &= np.abs(step) > 1e-16
        if not left.any():
            break
    threshold = np.where(teacher < 1, _mu(s, cut, teacher)[0] / 2, 0.5)
    return np.where(kappa >= teacher, threshold, np.inf)


def recovered_scale(alpha: FloatArray, kappa: FloatArray, kappa_star: FloatArray) -> FloatArray:
    """kappa_min in the recovered phase: the mass above q in the limit lam -> 0+.

    Args:
        alpha: sample ratio, at or above :func:`ridgeless_recovery`.
        kappa: student width, >= min(kappa_star, 1).
        kappa_star: teacher width, > 0.

    Returns:
        Mass above q: kappa_star plus what the shift leaves of the null directions' noise.
    """
    teacher = np.minimum(kappa_star, 1.0)
    a = np.maximum(1 - teacher, 1e-30)  # a full-rank teacher has no null directions
    cut = _rank_cut(kappa, teacher)
    # mu is convex: Newton from the right of the larger root of mu(s) = 2 alpha descends to it.
    s = np.sqrt(2 * alpha / (a * teacher))
    left = np.ones(s.shape, dtype=bool)
    for _ in range(100):
        value, slope, _ = _mu(s, cut, teacher)
        step = np.divide(value - 2 * alpha, slope, out=np.zeros_like(slope), where=left & (slope > 0))
        s = s - np.maximum(step, 0.0)
        left &= step > 1e-15 * s
        if not left.any():
            break
    mass: FloatArray = teacher + (1 - teacher) * semicircle_integrals(s)[0]
    return mass
