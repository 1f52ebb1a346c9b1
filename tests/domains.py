"""How far the fast functions are from arithmetic of 60 digits, at random settings of their domains."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from quadviz import (
    NoisyTeacherLaw,
    bayes_optimal,
    interpolation_threshold,
    learned_spectrum,
    optimal_lam,
    recovery_threshold,
    steady_state,
    steady_state_solutions,
)
from quadviz.law.quantile import mass_quantile
from quadviz.outcome import Regime
from quadviz.theory.reach import DOMAINS
from tests import exact


def drawn(name: str, count: int, seed: int) -> dict[str, np.ndarray]:
    """Settings of a domain, each parameter log-uniform; lam and delta 0 now and then."""
    rng = np.random.default_rng(seed)
    values = {
        parameter: 10 ** rng.uniform(*np.log10(ends), count) for parameter, ends in DOMAINS[name].items()
    }
    for parameter in {"lam", "delta"} & set(values):
        values[parameter] *= rng.random(count) > 0.25
    return values


def omega_of(kappa, kappa_star, xi):
    """The place with the mass min(kappa, 1) above it."""
    return mass_quantile(np.array([min(kappa, 1.0)]), np.array([kappa_star]), np.array([xi]))[0]


def _off(one, other):
    return abs(one - other) / abs(other) if other else abs(one)


def steady_errors(count: int, seed: int, solve: Callable[..., object] = steady_state) -> list[float]:
    """Relative errors of mse, xi, q and train loss, the largest for each setting."""
    values = drawn("steady_state", count, seed)
    errors = []
    for i in range(count):
        setting = {name: float(v[i]) for name, v in values.items()}
        s = solve(**setting)
        if np.ndim(s.mse):
            s = s[0]
        if s.xi == 0:
            assert s.mse == s.q == 0
            continue
        omega = None
        if s.regime == Regime.RANK_LIMITED:
            omega = omega_of(setting["kappa"], setting["kappa_star"], s.xi)
        true = exact.steady_state(*setting.values(), s.q, s.xi, omega)
        errors.append(max(_off(getattr(s, name), value) for name, value in true.items()))
    return errors


def cut_errors(count: int, seed: int) -> list[float]:
    """Of the cut of learned spectra, beside the size of Y's spectrum, and of the mass above it."""
    values = drawn("learned_spectrum", count, seed)
    errors = []
    for i in range(count):
        setting = {name: float(v[i]) for name, v in values.items()}
        law = learned_spectrum(**setting)
        if law.state.xi > 0 and law.noisy_edges.right > law.cut:
            with exact.mp.workdps(exact.DIGITS):
                mass, *_ = exact.integrals(
                    *(exact.mpf(float(v)) for v in (law.cut, law.state.kappa_star, law.state.xi))
                )
            errors.append(abs(float(mass) - (1 - law.atom_at_zero)))
    return errors


def bayes_errors(count: int, seed: int) -> list[float]:
    """Relative errors of mmse and xi: one Newton step from the answer, in 60 digits."""
    values = drawn("bayes_optimal", count, seed)
    errors = []
    for alpha, kappa_star, delta in zip(*values.values(), strict=True):
        best = bayes_optimal(alpha, kappa_star, delta)
        if best.xi == 0:
            continue
        with exact.mp.workdps(exact.DIGITS):
            xi, a, d = exact.mpf(float(best.xi)), exact.mpf(float(alpha)), exact.mpf(float(delta))
            step = xi * exact.mpf(10) ** (-12)
            one, two = exact.mmse(kappa_star, xi), exact.mmse(kappa_star, xi + step)
            slope = (two - one) / step
            moved = (one + d / 2 - 2 * a * xi) / (2 * a - slope)
            true = one + slope * moved
            errors.append(max(abs(float(moved / xi)), _off(float(best.mmse), float(true))))
    return errors


def threshold_errors(count: int, seed: int) -> list[float]:
    """Relative errors of alpha and mse at interpolation thresholds."""
    errors = []
    for kappa, kappa_star, delta in zip(*drawn("interpolation_threshold", count, seed).values(), strict=True):
        peak = interpolation_threshold(kappa, kappa_star, delta)
        if peak.xi == 0:
            continue
        omega = omega_of(kappa, kappa_star, peak.xi)
        found = exact.interpolation_threshold(kappa, kappa_star, delta, peak.xi, omega if omega > 0 else None)
        errors.append(max(_off(peak.alpha, found["alpha"]), _off(peak.mse, found["mse"])))
    return errors


def decay_errors(count: int, seed: int) -> list[float]:
    """Errors of the best weight decay, beside q."""
    errors = []
    for alpha, kappa, kappa_star, delta in zip(*drawn("optimal_lam", count, seed).values(), strict=True):
        lam = optimal_lam(alpha, kappa, kappa_star, delta)
        if lam > 0:
            s = steady_state(alpha, kappa, kappa_star, lam, delta)
            omega = omega_of(kappa, kappa_star, s.xi) if s.regime == Regime.RANK_LIMITED else None
            errors.append(_off(lam, exact.optimal_lam(alpha, kappa, kappa_star, delta, s.q, s.xi, omega)))
    return errors


def recovery_errors(count: int, seed: int) -> list[float]:
    """Relative errors of recovery thresholds; half the students are barely wider than their teacher."""
    values = drawn("recovery_threshold", count, seed)
    kappa, kappa_star = values["kappa"], np.minimum(values["kappa_star"], 2.0)
    kappa[::2] = kappa_star[::2] * (1 + 10 ** np.random.default_rng(seed).uniform(-9, 1, kappa[::2].size))
    return [
        _off(float(recovery_threshold(k, star)), exact.ridgeless_recovery(k, star))
        for k, star in zip(kappa, kappa_star, strict=True)
        if k >= star or star >= 1 <= k
    ]


def law_errors(count: int, seed: int) -> list[float]:
    """Errors of the law: of the density relative, of masses, and of integrals beside the size of Y."""
    values = drawn("NoisyTeacherLaw", count, seed)
    errors = []
    mass = np.random.default_rng(seed).uniform(0.001, 0.999, count)
    for kappa_star, xi, m in zip(*values.values(), mass, strict=True):
        law = NoisyTeacherLaw(kappa_star, xi)
        x = law.quantile(m)
        with exact.mp.workdps(exact.DIGITS):
            k, noise, b = (exact.mpf(float(v)) for v in (kappa_star, xi, x))
            g, true = exact.resolvent(b, k, noise), exact.integrals(b, k, noise)
        above, scale = law.partial_integrals(x), 1 + 1 / kappa_star + xi
        errors.append(_off(law.density(x), float(-g.imag / exact.mp.pi)) if g.imag else law.density(x))
        errors.append(abs(above.mass - float(true[0])))
        errors.append(abs(above.moment2 - float(true[1])) / scale)
        errors.append(abs(above.rho_hilbert - float(true[2])))
        errors.append(abs(above.x_rho_hilbert - float(true[3])))
        if not (law.edges().has_gap and abs(m - kappa_star) < 1e-9):
            errors.append(abs(float(true[0]) - m))
    return errors


def solution_errors(count: int, seed: int) -> list[float]:
    """As of the steady states, of the first solution of all."""
    return steady_errors(count, seed, steady_state_solutions)


#: What is measured for each function.
MEASURED: dict[str, Callable[[int, int], list[float]]] = {
    "steady_state": steady_errors,
    "learned_spectrum": cut_errors,
    "steady_state_solutions": solution_errors,
    "bayes_optimal": bayes_errors,
    "optimal_lam": decay_errors,
    "interpolation_threshold": threshold_errors,
    "recovery_threshold": recovery_errors,
    "NoisyTeacherLaw": law_errors,
}
