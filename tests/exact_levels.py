"""The noisy law of a teacher of levels in arithmetic of 25 digits, by quadrature along a contour.

Nothing is shared with the package but the place on the boundary curve to start from: G is a sum over poles,
the point w with X(w) = b is Newton's, and the integrals are taken numerically, up from w, across, and down to
the real axis beyond the law.
"""

from __future__ import annotations

import mpmath as mp

DIGITS = 25


class Law:
    """Levels z of weights p in noise of variance xi."""

    def __init__(self, values, weights, xi):
        self.z, self.p = [mp.mpf(float(v)) for v in values], [mp.mpf(float(v)) for v in weights]
        total = mp.fsum(self.p)
        self.p = [p / total for p in self.p]
        self.xi = mp.mpf(float(xi))

    def g(self, w):
        return mp.fsum(p / (w - z) for z, p in zip(self.z, self.p, strict=True))

    def slope(self, w):
        return 1 - self.xi * mp.fsum(p / (w - z) ** 2 for z, p in zip(self.z, self.p, strict=True))

    def place(self, b, start):
        """w with X(w) = b near a start, which is real outside the bands."""
        b, w = mp.mpf(float(b)), mp.mpc(start)
        for _ in range(60):
            step = (w + self.xi * self.g(w) - b) / self.slope(w)
            w -= step
            if abs(step) < mp.mpf(10) ** (5 - DIGITS) * (abs(w) + mp.sqrt(self.xi)):
                break
        assert w.imag >= 0 or abs(w.imag) < mp.mpf(10) ** (10 - DIGITS)
        return mp.mpc(w.real, max(w.imag, 0))

    def integrals(self, w):
        """mass, moment1, moment2, int rho H, int rho H x and int Im g^3/(3 pi) above X(w)."""
        span = max(self.z) - min(self.z) + 4 * mp.sqrt(self.xi)
        top, end = mp.mpc(w.real, w.imag + span), max(self.z) + 2 * span
        # Poles may be much closer to w than the span: the first piece is cut geometrically.
        near = max(w.imag, min(abs(w - z) for z in self.z)) / 4
        count = int(mp.ceil(mp.log(span / near) / mp.log(4)))
        up = [w] + [w + 1j * near * 4**k for k in range(count)] + [top]
        path = [*up, mp.mpc(end, top.imag), mp.mpc(end, 0)]

        def integrand(k, power):
            def f(x):
                g = self.g(x)
                return g**power * (x + self.xi * g) ** k * self.slope(x)

            return f

        kinds = ((0, 1, 1), (1, 1, 1), (2, 1, 1), (0, 2, 2), (1, 2, 2), (0, 3, -3))
        return [-mp.quad(integrand(k, n), path).imag / (scale * mp.pi) for k, n, scale in kinds]
