"""The equations of the long-time theory in arithmetic of any precision: what the fast ones are held against.

The closed forms are those of docs and docstrings, written once more for mpmath's complex numbers, with the cubic
solved by its polynomial roots; tests/test_spectrum.py holds such closed forms against quadrature.
"""

from __future__ import annotations

from mpmath import mp, mpc, mpf

DIGITS = 60


def resolvent(x, k, xi):
    """g(x + i0): the root with Im g < 0 inside the support, else the real one on which X falls."""
    roots = mp.polyroots([xi, -(x + k * xi), 1 - k + k * x, -k], maxsteps=500, extraprec=400)
    lowest = min(roots, key=lambda r: mp.im(r))
    if mp.im(lowest) < -mpf(10) ** (-DIGITS // 2) * abs(lowest):
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
    q2 = log_g + k**3 / h - k * (2 - k + 2 * xi * k**2) * log_h + xi * g * (
        -2 * k**2 + g * (1 - k + xi * g**2 / 4)
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
    """mse, xi, q and train loss of the solution next to a start, to DIGITS digits; the cut is at omega if given."""
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


def mmse(kappa_star, xi):
    """xi - (4 pi^2/3) xi^2 int rho^3, where Y has one band; by quadrature over the distance |h| to kappa_star."""
    with mp.workdps(DIGITS):
        k, x = mpf(float(kappa_star)), mpf(float(xi))

        def other(s):
            return s / mp.sqrt(x * s * s + k)

        def edge(f, low, high):
            return mp.findroot(f, (low, high), solver="anderson")

        right = edge(lambda s: other(s) + s - k, max(k - 1 / mp.sqrt(x), k / 100), k)
        left = edge(lambda s: s - other(s) - k, k, k + 2 / mp.sqrt(x))

        def integrand(s):
            r = other(s)
            heron = (s + k - r) * (s + r - k) * (r + k - s) * (r + s + k)
            v = mp.sqrt(max(heron, mpf(0))) / (2 * k)
            return v**3 * (2 * x * s * (1 / k - 1 / (x * s * s + k) ** 2) + 2 * k * k / s**3)

        cubed = mp.quad(integrand, mp.linspace(right, left, 9)) / mp.pi**3
        return x - 4 * mp.pi**2 / 3 * x * x * cubed
