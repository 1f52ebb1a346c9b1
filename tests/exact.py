"""The equations of the long-time theory in arithmetic of any precision: what the fast ones are held against.

The closed forms are those of docs and docstrings, written once more for mpmath's complex numbers, with the
cubic solved by its polynomial roots; tests/law/test_noisy_teacher.py holds them against quadrature.
"""

from __future__ import annotations

import warnings

import numpy as np
from mpmath import mp, mpc, mpf

from quadviz.law.resolvent import edge_distances

DIGITS = 60


def resolvent(x, k, xi):
    """g(x + i0): the root with Im g < 0 inside the support, else the real one on which X falls."""
    with warnings.catch_warnings():  # newer versions would rather have the coefficients the other way round
        warnings.simplefilter("ignore", DeprecationWarning)
        roots = mp.polyroots([xi, -(x + k * xi), 1 - k + k * x, -k], maxsteps=500, extraprec=400)
    lowest = min(roots, key=lambda r: mp.im(r))
    if mp.im(lowest) < -(mpf(10) ** (-DIGITS // 2)) * abs(lowest):
        return mpc(lowest)
    return mpc(min((mp.re(r) for r in roots), key=lambda g: xi - 1 / g**2 + k / (k - g) ** 2))


def integrals(b, k, xi):
    """mass, moment2, int rho H and int rho H x over (b, inf)."""
    g = resolvent(b, k, xi)
    h = k - g
    sink = abs(g.imag)
    log_g = mpc(mp.log(abs(g)), -mp.atan2(sink, g.real))
    log_h = mpc(mp.log(abs(h)), mp.atan2(sink, h.real))
    p3 = (
        -3 / g - 1 / (2 * g**2) + k / h * (3 + 3 * xi * k**2 + k**2 / (2 * h))
        + (3 * (1 + 1 / k) + 3 * xi) * log_g
        - (3 * (1 + 1 / k) + 3 * xi * k * (2 - k + xi * k**2)) * log_h
        + xi**2 * g * (-3 * k**2 + g * (3 * (1 - k) / 2 + xi * g**2 / 4))
    )  # fmt: skip
    q1 = g * (1 - k + xi * g**2 / 3) - k**2 * log_h
    q2 = (
        log_g
        + k**3 / h
        - k * (2 - k + 2 * xi * k**2) * log_h
        + xi * g * (-2 * k**2 + g * (1 - k + xi * g**2 / 4))
    )
    mass = ((b - xi * g.real) * g.imag - log_g.imag + k * log_h.imag) / mp.pi
    moment2 = (b**3 * g.imag - p3.imag) / (3 * mp.pi)
    rho_hilbert = (b * (g**2).imag - 2 * q1.imag) / (2 * mp.pi)
    x_rho_hilbert = (b**2 / 2 * (g**2).imag - q2.imag) / (2 * mp.pi)
    return mass, moment2, rho_hilbert, x_rho_hilbert


def terms(b, q, k, xi):
    """mse and I for eigenvalues above b."""
    mass, moment2, j, x_rho_hilbert = integrals(b, k, xi)
    interaction = x_rho_hilbert - q * j
    return 1 + 1 / k + q**2 * mass - moment2 + 4 * xi * interaction, interaction, mass


def steady_state(alpha, kappa, kappa_star, lam, delta, q, xi, omega=None):
    """mse, xi, q and train loss of the solution next to a start; the cut is at omega if given."""
    with mp.workdps(DIGITS):
        a, kap, k, lm, d = (mpf(float(v)) for v in (alpha, kappa, kappa_star, lam, delta))

        def equations(*unknowns):
            s, x = unknowns[0] * mpf(float(q) or 1), mp.exp(unknowns[1]) * mpf(float(xi))
            if omega is None:
                mse, interaction, _ = terms(s, s, k, x)
                cut = []
            else:
                b = unknowns[2] * mpf(float(omega))
                mse, interaction, mass = terms(b, s, k, x)
                cut = [mass - min(kap, 1)]
            second = s * (1 - interaction / a) - lm if lm > 0 else (1 - interaction / a if q > 0 else s)
            return [(mse + d / 2) / (2 * a * x) - 1, second / (lm if lm > 0 else 1), *cut]

        start = [mpf(1) if q > 0 else mpf(0), mpf(0)] + ([] if omega is None else [mpf(1)])
        found = mp.findroot(equations, start, tol=mpf(10) ** (-45), maxsteps=60)
        s, x = found[0] * mpf(float(q) or 1), mp.exp(found[1]) * mpf(float(xi))
        b = s if omega is None else found[2] * mpf(float(omega))
        mse, interaction, _ = terms(b, s, k, x)
        response = lm / s if s > 0 else 1 - interaction / a
        return {"mse": float(mse), "xi": float(x), "q": float(s), "train_loss": float(a * x * response**2)}


def _flat(xi, k, start, sign_other, sign_self):
    """|h| of a flat triangle: where the sides s and |g| and kappa_star lie on one line."""
    return mp.findroot(
        lambda s: sign_other * s / mp.sqrt(xi * s * s + k) + sign_self * s - k, mpf(float(start))
    )


def mmse(kappa_star, xi):
    """xi - (4 pi^2/3) xi^2 int rho^3, by quadrature over the distance |h| to kappa_star, band by band."""
    edges = edge_distances(np.array([float(kappa_star)]), np.array([float(xi)]))
    with mp.workdps(DIGITS):
        k, x = mpf(float(kappa_star)), mpf(xi)

        def integrand(t):
            s = mp.exp(t)
            r = s / mp.sqrt(x * s * s + k)
            heron = (s + k - r) * (s + r - k) * (r + k - s) * (r + s + k)
            v = mp.sqrt(max(heron, mpf(0))) / (2 * k)
            return s * v**3 * (2 * x * s * (1 / k - 1 / (x * s * s + k) ** 2) + 2 * k * k / s**3)

        right, left = _flat(x, k, edges.right[0], 1, 1), _flat(x, k, edges.left[0], -1, 1)
        bands = [(right, left)]
        if edges.has_gap[0]:
            bands = [
                (right, _flat(x, k, edges.gap_right[0], 1, -1)),
                (_flat(x, k, edges.gap_left[0], 1, -1), left),
            ]
        pieces = 8 if len(bands) == 2 else 16
        cubed = sum(mp.quad(integrand, mp.linspace(mp.log(a), mp.log(b), pieces + 1)) for a, b in bands)
        return x - 4 * mp.pi**2 / 3 * x * x * cubed / mp.pi**3


def _solved(equations, unknowns):
    found = mp.findroot(equations, [mpf(1)] * unknowns, tol=mpf(10) ** (-40), maxsteps=60)
    return list(found) if unknowns > 1 else [found]


def interpolation_threshold(kappa, kappa_star, delta, xi, omega=None):
    """alpha and mse of the threshold next to a start; the cut is at 0, or at omega."""
    with mp.workdps(DIGITS):
        kap, k, d = (mpf(float(v)) for v in (kappa, kappa_star, delta))

        def at(*u):
            x = mp.exp(u[0] - 1) * mpf(float(xi))
            b = mpf(0) if omega is None else u[1] * mpf(float(omega))
            return x, *terms(b, mpf(0), k, x)

        def equations(*u):
            x, mse, interaction, mass = at(*u)
            first = (mse + d / 2) / (2 * x) / interaction - 1
            return first if omega is None else [first, mass / kap - 1]

        _, mse, interaction, _ = at(*_solved(equations, 1 if omega is None else 2))
        return {"alpha": float(interaction), "mse": float(mse)}


def optimal_lam(alpha, kappa, kappa_star, delta, q, xi, omega=None):
    """The weight decay at which q int rho = 2 xi int rho H, next to a start."""
    with mp.workdps(DIGITS):
        a, kap, k, d = (mpf(float(v)) for v in (alpha, kappa, kappa_star, delta))

        def at(*u):
            s, x = u[0] * mpf(float(q)), mp.exp(u[1] - 1) * mpf(float(xi))
            b = s if omega is None else u[2] * mpf(float(omega))
            return s, x, integrals(b, k, x), terms(b, s, k, x)

        def equations(*u):
            s, x, (mass, _, j, _), (mse, _, _) = at(*u)
            both = [s * mass / (2 * x * j) - 1, (mse + d / 2) / (2 * a * x) - 1]
            return both if omega is None else [*both, mass / min(kap, 1) - 1]

        s, _, _, (_, interaction, _) = at(*_solved(equations, 2 if omega is None else 3))
        return float(s * (1 - interaction / a))


def ridgeless_recovery(kappa, kappa_star):
    """The recovery threshold by quadrature over the null directions' semicircle."""
    with mp.workdps(DIGITS):
        kap, k = mpf(float(kappa)), mpf(float(kappa_star))
        if k >= 1:
            return 0.5

        def above(b, power):
            # The semicircle's integrals, in the angle of x = 2 cos(phi).
            return mp.quad(
                lambda p: (2 * mp.cos(p)) ** power * 2 * mp.sin(p) ** 2 / mp.pi, [0, mp.acos(b / 2)]
            )

        share = (min(kap, 1) - k) / (1 - k)
        cut = mpf(-2)
        if share < 1:
            cut = mp.findroot(lambda b: above(b, 0) - share, (mpf(-2), mpf(2)), solver="anderson", tol=1e-40)

        def stationary(s):
            b = max(s, cut)
            return k * s - (1 - k) * (above(b, 1) - s * above(b, 0))

        s = mp.findroot(stationary, (mpf(0), mpf(2)), solver="anderson", tol=1e-40)
        b = max(s, cut)
        return float(k - k * k / 2 + (1 - k) ** 2 / 2 * (above(b, 2) - s * above(b, 1)))
