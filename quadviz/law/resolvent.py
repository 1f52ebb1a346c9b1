"""The resolvent of the noisy teacher, and the edges of its spectrum.

Y = Z* + sqrt(xi) G adds a GOE matrix of variance xi to a Marchenko-Pastur teacher. Its resolvent
``g(x) = int rho(y)/(x - y) dy`` inverts the rational function

    X(g) = 1/g + xi g + kappa_star/(kappa_star - g),

that is, g is one root of the real cubic

    xi g^3 - (x + kappa_star xi) g^2 + (1 - kappa_star + kappa_star x) g - kappa_star = 0

(arXiv 2601.10483; the three terms of X are the free cumulant series of zero, the semicircle and
Marchenko-Pastur). The functions here take arrays that are already validated and of one shape; see
:class:`quadviz.NoisyTeacherLaw` for the public face.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from quadviz.arrays import BoolArray, ComplexArray, FloatArray
from quadviz.blocks import BLOCK, blockwise
from quadviz.results import PointResult

__all__ = ["Edges", "band_edges", "edge_distances", "inverse_resolvent", "merge_variance", "resolvent"]


#: Relative discriminant below which the root is solved again with the longest float of the platform.
_NEAR_EDGE = 1e-3


def inverse_resolvent(g: Any, kappa_star: Any, xi: Any) -> Any:
    """X(g), the functional inverse of the resolvent, for real or complex g."""
    return 1 / g + xi * g + kappa_star / (kappa_star - g)


def _slope(g: Any, kappa_star: Any, xi: Any) -> Any:
    """X'(g) for real g: negative on the physical branch outside the support."""
    return xi - 1 / g**2 + kappa_star / (kappa_star - g) ** 2


def _isolated_root(c2: Any, c1: Any, c0: Any) -> Any:
    """The real root of ``g^3 + c2 g^2 + c1 g + c0`` that stands apart from the other two.

    It never takes part in a collision of roots, so it is well conditioned everywhere, at the edges
    of the spectrum too.
    """
    shift = c2 / 3
    p = c1 / 3 - shift**2
    half_q = shift * (shift**2 - c1 / 2) + c0 / 2
    square = half_q**2 + p**3
    u = np.cbrt(np.abs(half_q) + np.sqrt(np.maximum(square, 0)))
    size = u - p / np.where(u == 0, 1, u)
    three = square < 0
    if three.any():
        reach = np.sqrt(-p[three])
        size[three] = 2 * reach * np.cos(np.arccos(np.minimum(np.abs(half_q[three]) / reach**3, 1)) / 3)
    return -np.copysign(size, half_q) - shift


def _cubic_root(x: Any, kappa_star: Any, xi: Any) -> tuple[Any, Any, Any]:
    """Real part, imaginary part (<= 0) and relative discriminant of the physical root, in the dtype given.

    The isolated real root is divided out; the physical root is read from the remaining quadratic,
    whose discriminant gives the small imaginary part without cancellation.
    """
    b = -(x + kappa_star * xi)
    c = 1 - kappa_star + kappa_star * x
    r = _isolated_root(b / xi, c / xi, -kappa_star / xi)
    left = np.ones(r.shape, dtype=bool)
    for _ in range(3):
        value = ((xi * r + b) * r + c) * r - kappa_star
        slope = (3 * xi * r + 2 * b) * r + c
        step = np.where(left, value / np.where(slope == 0, np.inf, slope), 0)
        r = r - step
        # The next step would be below rounding. Each root stops by itself: none depends on its company.
        left &= np.abs(step) > 1e-9 * np.abs(r)
        if not left.any():
            break
    # p(g) = (g - r)(xi g^2 + b2 g + c2); divide from the end of the polynomial that is not cancelling.
    c2 = kappa_star / r
    b2 = np.where(np.abs(xi * r**3) > kappa_star, (c2 - c) / r, b + xi * r)
    product = 4 * xi * c2
    discriminant = b2**2 - product
    root = np.sqrt(np.abs(discriminant))
    inside = discriminant < 0
    real, imag = -b2 / (2 * xi), np.where(inside, -root / (2 * xi), 0)
    if not inside.all():
        out = ~inside
        a, k, slope_sign = xi[out], kappa_star[out], b2[out]
        # The larger root in modulus, and the smaller one from the product: no cancellation.
        large = -(slope_sign + np.copysign(root[out], slope_sign)) / (2 * a)
        large = np.where(large == 0, np.finfo(float).tiny, large)
        small = c2[out] / (a * large)
        # Of three real roots the physical one alone descends; far off the support it may be r itself.
        candidates = np.stack([large, small, r[out]])
        with np.errstate(divide="ignore"):  # a root may sit on a pole of X', which then counts as +inf
            descending = np.argmin(_slope(candidates, k, a), axis=0)
        real[out] = np.take_along_axis(candidates, descending[None], axis=0)[0]
    return real, imag, discriminant / np.abs(product)


@blockwise(BLOCK)
def resolvent(x: FloatArray, kappa_star: FloatArray, xi: FloatArray) -> ComplexArray:
    """g(x + i0) = H(x) - i pi rho(x), with no imaginary regularisation.

    Args:
        x: points of the real line, in units of the eigenvalues of Y.
        kappa_star: teacher width m*/d, > 0.
        xi: noise variance, > 0.

    Returns:
        Complex array of that shape. Real (imaginary part exactly zero) outside the support.
    """
    shape = x.shape
    x, kappa_star, xi = x.reshape(-1), kappa_star.reshape(-1), xi.reshape(-1)
    # Beyond this, g = 1/x to the last digit, while the cubic's coefficients would overflow.
    far = np.abs(x) > 1e18 * (1 + 1 / kappa_star + xi)
    g = np.empty(x.shape, dtype=np.complex128)
    g.real, g.imag, discriminant = _cubic_root(np.where(far, 1.0, x), kappa_star, xi)
    # Next to an edge the discriminant is a small difference, and the density is its square root.
    edge = (np.abs(discriminant) < _NEAR_EDGE) & ~far
    if edge.any():
        exact = (values[edge].astype(np.longdouble) for values in (x, kappa_star, xi))
        real, imag, _ = _cubic_root(*exact)
        g[edge] = real.astype(np.float64) + 1j * imag.astype(np.float64)
    if far.any():
        g[far] = 1 / x[far]
    return g.reshape(shape)


@dataclass(frozen=True, eq=False, repr=False)
class Edges(PointResult):
    """Edges of the support of the spectrum of Y, of one shape (arXiv 2601.10483: the zeros of X'(g)).

    Attributes:
        left: left edge of the support.
        gap_left: top of the lower (noise) band; NaN where there is one band only.
        gap_right: bottom of the upper (signal) band; NaN where there is one band only.
        right: right edge of the support.
    """

    left: FloatArray
    gap_left: FloatArray
    gap_right: FloatArray
    right: FloatArray

    @property
    def has_gap(self) -> BoolArray:
        """Whether the support consists of two bands."""
        return np.asarray(np.isfinite(self.gap_left))


def merge_variance(kappa_star: FloatArray) -> FloatArray:
    """The noise variance at which the two bands merge: (1 - kappa_star^(1/3))^3 / kappa_star^2.

    Zero for kappa_star >= 1, where there is one band at every noise level.
    """
    merge: FloatArray = np.maximum(1 - np.cbrt(kappa_star), 0) ** 3 / kappa_star**2
    return merge


def _newton(s: FloatArray, kappa_star: FloatArray, xi: FloatArray, line: int, rhs: FloatArray) -> FloatArray:
    """Solve ``s/sqrt(xi s^2 + kappa_star) + line * s = rhs`` by Newton, monotone from the right side.

    The left-hand side is concave for s > 0, so starting outside the bracket of roots the iterates
    never overshoot.
    """
    left = np.ones(s.shape, dtype=bool)
    for _ in range(100):
        w = xi * s**2 + kappa_star
        root = np.sqrt(w)
        slope = kappa_star / (w * root) + line
        step = np.where(left, (s / root + line * s - rhs) / np.where(slope == 0, np.inf, slope), 0)
        s = s - step
        # X is stationary at an edge: an error here enters squared.
        left &= np.abs(step) > 1e-9 * np.abs(s)
        if not left.any():
            break
    return s


def edge_distances(kappa_star: FloatArray, xi: FloatArray) -> Edges:
    """|kappa_star - g| at the edges of the support, from X'(g) = 0.

    With h = kappa_star - g the condition reads ``g = +-h/sqrt(xi h^2 + kappa_star)``: in s = |h| all
    four edges are intersections of one concave function with a line, and Newton's iteration
    converges monotonically to each.

    Args:
        kappa_star: teacher width, > 0.
        xi: noise variance, > 0.

    Returns:
        The distances, each of that shape; they decrease from the left edge to the right one.
    """
    reach = 1 / np.sqrt(xi)
    left = _newton(kappa_star + reach, kappa_star, xi, -1, -kappa_star)
    right = _newton(np.zeros_like(xi), kappa_star, xi, 1, kappa_star)
    gap_left, gap_right = np.full(xi.shape, np.nan), np.full(xi.shape, np.nan)
    two = xi < merge_variance(kappa_star)
    if np.any(two):
        k, v = kappa_star[two], xi[two]
        gap_left[two] = _newton(1 / np.sqrt(v) - k, k, v, -1, k)
        gap_right[two] = _newton(np.zeros_like(v), k, v, -1, k)
    return Edges(left, gap_left, gap_right, right)


def band_edges(kappa_star: FloatArray, xi: FloatArray, distances: Edges | None = None) -> Edges:
    """Edges of the support; a gap exists exactly when xi is below :func:`merge_variance`.

    Args:
        kappa_star: teacher width, > 0.
        xi: noise variance, > 0.
        distances: of :func:`edge_distances`, where they are known.

    Returns:
        The edges, each of that shape.
    """
    s = edge_distances(kappa_star, xi) if distances is None else distances
    # In a gap g is beyond the pole at kappa_star, elsewhere off the support it is below.
    below, above = kappa_star - np.stack([s.left, s.right]), kappa_star + np.stack([s.gap_left, s.gap_right])
    left, right = inverse_resolvent(below, kappa_star, xi)
    gap_left, gap_right = inverse_resolvent(above, kappa_star, xi)
    return Edges(left, gap_left, gap_right, right)
