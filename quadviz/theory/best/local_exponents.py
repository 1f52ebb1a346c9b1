"""With which power of the number of samples an error falls, at every point of a learning curve: exactly.

The two steady-state equations tie xi and q to alpha,

    F = mse + delta/2 - 2 alpha xi = 0,        G = q (alpha - I) - lam alpha = 0,

and what they are made of has its derivatives in closed form (:mod:`quadviz.theory.steady.equations`). So

    d mse/d alpha = mse_xi xi' + mse_q q',      (F, G)_(xi, q) (xi', q') = -(F, G)_alpha,

without a difference of two points of a curve. Without weight decay G is alpha - I where labels are fitted,
and is absent where q = 0. At the best decay the mse does not depend on it (THEORY section 14), and what
remains is xi' = 2 xi/(mse_xi - 2 alpha); the decay itself moves with the shift, or the factor, that is best
at each xi.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple, cast, get_args

import numpy as np

from quadviz.arrays import BoolArray, FloatArray
from quadviz.checks import real_number, shown
from quadviz.law.boundary import Curve
from quadviz.law.family import Above, Family, KnownLaw, above_levels
from quadviz.law.teachers import Teacher
from quadviz.outcome import Regime, Status, quiet
from quadviz.theory.best.frobenius import LEAST_LAM2
from quadviz.theory.steady.equations import Terms, evaluate
from quadviz.theory.steady.newton import Problems
from quadviz.theory.steady.penalty import pure_response
from quadviz.theory.steady.solving import problems_of
from quadviz.theory.steady.steady_state import SteadyState

__all__ = ["Best", "LocalExponents", "exponents_at", "local_exponents"]

_NAMES = ("alpha", "kappa", "kappa_star", "lam", "delta")
#: Which decay is the best one at every point of a curve; "" for none.
Best = Literal["", "lam", "lam2"]


class LocalExponents(NamedTuple):
    """Local exponents in the number of samples (THEORY sections 2 and 14), of the shape of the curve.

    Attributes:
        mse: d log mse / d log alpha; NaN where the mse is 0 or not known.
        decay: d log lam / d log alpha of the best decay, or of the best lam2; NaN where it is 0, or none is
            best.

    >>> LocalExponents(np.array([-1.5]), np.array([np.nan])).mse.tolist()
    [-1.5]
    """

    mse: FloatArray
    decay: FloatArray


def local_exponents(states: SteadyState, *, best: Best = "", lam_exponent: float = 0.0) -> LocalExponents:
    """How an error falls with the number of samples: d log mse / d log alpha at steady states, exactly.

    By the derivatives of the equations, not by differences (arXiv 2601.10483, steady state; THEORY sections 2
    and 14); good to eight digits where the states are good to nine, but for the last 1e-6 before a threshold.

    Args:
        states: steady states as d -> infinity, of any shape.
        best: "lam" where each has the weight decay that is best at its alpha, or "lam2" where each has the
            Frobenius decay that is best there and no other, as :func:`quadviz.optimal_lam` and
            :func:`quadviz.optimal_lam2` find them; "" where decays are what they are.
        lam_exponent: with it, lam is moved with alpha as alpha^lam_exponent; 0 keeps it. Only where there is
            no Frobenius decay.

    Returns:
        The exponents of the mse and of the best decay, of the shape of the states. Where the width limits the
        rank they rest on the same assumption as these do.

    Raises:
        TypeError: if they are no steady states, or ``lam_exponent`` is not a real number.
        ValueError: if the states are of finite size, ``best`` is unknown, or ``lam_exponent`` stands beside
            a best decay or a Frobenius decay.

    >>> from quadviz import Levels, steady_state
    >>> levels = Levels([k**-1.5 for k in range(1, 401)]).scaled(second_moment=1)
    >>> curve = steady_state([0.02, 0.03], 1.0, None, 0.0, 0.0, teacher=levels)
    >>> local_exponents(curve).mse.round(2).tolist()  # about 1 - 2 gamma = -2 while samples are few
    [-1.86, -2.05]
    """
    if not isinstance(states, SteadyState):
        raise TypeError(f"states must be steady states, as steady_state returns them, got {shown(states)}")
    if states.finite_size is not None:
        raise ValueError(f"states must be those of d -> infinity, got d = {states.finite_size}")
    if not isinstance(best, str) or best not in get_args(Best):
        raise ValueError(f"best must be one of {', '.join(map(repr, get_args(Best)))}, got {shown(best)}")
    power = real_number("lam_exponent", lam_exponent, "a finite number", -np.inf, np.inf)
    if power and (best or np.any(states.lam2)):
        raise ValueError("lam_exponent must be 0 beside a best decay or a Frobenius decay")
    return exponents_at(states, best, power)


@quiet
def exponents_at(
    states: SteadyState, best: Best, lam_exponent: float, curve: Curve | None = None
) -> LocalExponents:
    """As :func:`local_exponents`, for arguments that are checked.

    Args:
        states: the steady states, of shape (N,) if there is a curve.
        best: which decay is best.
        lam_exponent: how lam moves.
        curve: the boundary curve of a teacher of levels at the cuts, if that is known, in its units.
    """
    shape, teacher = states.shape, states.teacher
    given = {
        name: np.broadcast_to(np.asarray(getattr(states, name), dtype=np.float64), shape).reshape(-1)
        for name in ("alpha", "kappa", "kappa_star", "lam", "delta", "lam2", "xi", "q", "mse")
    }
    status, regime = (np.reshape(getattr(states, name), -1) for name in ("status", "regime"))
    found = np.full((2, given["xi"].size), np.nan)
    at = np.flatnonzero((status != Status.FAILED) & (given["xi"] > 0) & (given["mse"] > 0))
    # With Frobenius decay the equations are others: points are told apart, as the solver does.
    for some in (given["lam2"][at] > 0, given["lam2"][at] == 0):
        part = at[some]
        if part.size:
            here = {name: values[part] for name, values in given.items()}
            known = None if curve is None else Curve(*(column[part] for column in curve))
            point = _Point.of(here, regime[part] == Regime.RANK_LIMITED, teacher, known)
            found[:, part] = point.exponents(best, lam_exponent)
    mse, decay = found.reshape(2, *shape)
    return LocalExponents(mse[()], decay[()])


class _Point(NamedTuple):
    """Solved points: problems in the units of their teacher, unknowns, the cut, the law and terms there."""

    p: Problems
    xi: FloatArray
    q: FloatArray
    cut: FloatArray
    limited: BoolArray
    law: Above
    t: Terms

    @classmethod
    def of(
        cls, given: Mapping[str, FloatArray], limited: BoolArray, teacher: Teacher, curve: Curve | None
    ) -> _Point:
        lam2 = given["lam2"] if given["lam2"].any() else None
        alpha, kappa, kappa_star, lam, delta = (given[name] for name in _NAMES)
        p, unit = problems_of(teacher, alpha, kappa, kappa_star, lam, delta, lam2), teacher.unit
        xi, q = given["xi"] / unit**2, given["q"] / unit
        if curve is not None:
            law = above_levels(curve, xi, teacher.solver_atoms(float(kappa_star[0])))
        else:
            cut = q.copy()
            if limited.any():
                one = p[limited]
                cut[limited] = p.family.quantile(one.kappa, one.kappa_star, xi[limited])
            law = p.family.above(np.maximum(cut, q), p.kappa_star, xi, first=lam2 is not None)
        cut = np.where(limited, curve.x, q) if curve is not None else np.maximum(cut, q)
        t = evaluate(cut, q, xi, p.kappa_star, cast(Family, KnownLaw(law)), p.penalty)
        return cls(p, xi, q, cut, limited, law, t)

    def exponents(self, best: Best, lam_exponent: float) -> FloatArray:
        """Both exponents, shape (2, N)."""
        p, xi, q, t = self.p, self.xi, self.q, self.t
        a, lam = p.alpha, p.lam
        # A best decay at the end of its range does not move.
        free = (lam > 0) & (best == "lam")
        if best == "lam2" and p.lam2 is not None:
            free = p.lam2 > LEAST_LAM2
        regular, pinned = lam > 0, q == 0
        response = a - t.interaction
        # G and its derivatives, by the phase a point is in; where q = 0 it says so.
        g_xi = np.where(pinned, 0.0, -t.interaction_xi * np.where(regular, q, 1.0))
        g_q = np.where(regular, response + q * t.interaction_fall, t.interaction_fall)
        g_q = np.where(pinned, 1.0, g_q)
        g_alpha = np.where(regular, q - lam * (1 + lam_exponent), np.where(pinned, 0.0, 1.0))
        f_xi, f_q = t.mse_xi - 2 * a, np.where(free, 0.0, t.mse_q)
        along = np.where(free, 0.0, self._mse_alpha())
        f_alpha = along - 2 * xi
        determinant = f_xi * g_q - f_q * g_xi
        xi_alpha = np.where(free, -f_alpha / f_xi, -(g_q * f_alpha - f_q * g_alpha) / determinant)
        # By F, which has no difference of large terms.
        mse_alpha = 2 * xi + 2 * a * xi_alpha
        decay = np.full(xi.shape, np.nan)
        if best == "lam":
            decay = np.where(free, self._lam_alpha(xi_alpha) * a, np.nan)
        elif best == "lam2":
            decay = np.where(free, self._lam2_alpha(xi_alpha) * a, np.nan)
        return np.stack([mse_alpha * a / t.mse, decay])

    def _mse_alpha(self) -> FloatArray:
        """d mse/d alpha at fixed xi and q: by the shrinkage of Frobenius decay alone, which knows alpha."""
        p, xi, t = self.p, self.xi, self.t
        if p.lam2 is None:
            return np.zeros_like(xi)
        pure = p.lam == 0
        lam2, k = p.lam2, t.x_rho_hilbert
        r = pure_response(p.alpha, lam2, k)
        r_alpha = k / p.alpha**2 * r / (2 * r + lam2 - 1 + k / p.alpha)
        s_alpha = lam2 / (r + lam2) ** 2 * r_alpha
        mse_s = -2 * (1 - t.shrink) * self.law.moment2 + 4 * xi * k
        return np.where(pure, mse_s * s_alpha, 0.0)

    def _lam_alpha(self, xi_alpha: FloatArray) -> FloatArray:
        """d log lam/d alpha where q has the least mse at each xi: q mass = 2 xi int_b rho H."""
        p, xi, q, limited, t = self.p, self.xi, self.q, self.limited, self.t
        tilt = -(np.pi**2) * t.density**3 / 3
        # At fixed q the mass above it moves by rho H; above the cut of a narrow student it stays.
        in_q = 2 * t.mass + np.where(limited, 0.0, 2 * t.density * (2 * xi * t.hilbert - q))
        square = np.where(limited, 0.0, t.density * t.hilbert**2)
        in_xi = np.where(limited, 0.0, 2 * q * t.density * t.hilbert)
        in_xi = in_xi - 4 * t.rho_hilbert - 4 * xi * (square + tilt)
        q_alpha = -in_xi / in_q * xi_alpha
        i_alpha = t.interaction_xi * xi_alpha - t.interaction_fall * q_alpha
        response = 1 - t.interaction / p.alpha
        moved = t.interaction / p.alpha**2 - i_alpha / p.alpha
        rate: FloatArray = q_alpha / q + moved / response
        return rate

    def _lam2_alpha(self, xi_alpha: FloatArray) -> FloatArray:
        """d log lam2/d alpha where s has the least mse at each xi: s second = second - 2 xi int_b rho H x."""
        p, xi, t = self.p, self.xi, self.t
        k, s = t.x_rho_hilbert, t.shrink
        law = self.law
        # The second moment moves by 2 K, along fixed mass or with the cut at 0; K does by this.
        second = law.moment2
        k_xi = -law.burgers - self.cut * np.pi**2 * law.density**3 / 3
        s_alpha = (-2 * (k + xi * k_xi) + 4 * xi * k * k / second) / second * xi_alpha
        response = 1 - s * k / p.alpha
        r_alpha = s * k / p.alpha**2 - (s_alpha * k + s * k_xi * xi_alpha) / p.alpha
        # lam2 = R (1/s - 1)
        rate: FloatArray = r_alpha / response - s_alpha / (s * (1 - s))
        return rate
