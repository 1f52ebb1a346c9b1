"""Averages at size d: of what is learned of samples of Z* + sqrt(xi) G, and over the lengths of inputs.

The two equations of :mod:`quadviz.theory.finite.finite_size` are made of them (THEORY section 16).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from quadviz.arrays import FloatArray
from quadviz.law.teachers import Wishart
from quadviz.setting import Inputs, Setting

__all__ = ["LEAST_DECAY", "Averages", "Draws", "Lengths", "Spectra", "decay_of", "falling_root"]


#: The least decay: the averages are taken at a decay, and have no form of their own for its limit 0+.
LEAST_DECAY = 1e-6
#: Steps of a search, and its accuracy in log xi and log c.
_STEPS, _ACCURACY = 60, 1e-7
#: The ends of the search for log c: no more is looked for than nothing learned, or all labels fitted.
_LOADS = (float(np.log(1e-9)), float(np.log(1e9)))
#: Nodes of the lengths of inputs.
_LENGTHS = 24


def decay_of(setting: Setting) -> float:
    """The weight decay; a little of it where there is no decay at all."""
    return setting.lam if setting.lam > 0 or setting.lam2 > 0 else LEAST_DECAY


@dataclass(frozen=True)
class Averages:
    """mse, I and rank: means over samples, shape (3,), and what each is off, shape (3, samples)."""

    means: FloatArray
    spread: FloatArray


class Draws:
    """Samples of Z* and G, the second in pairs of opposite sign."""

    def __init__(
        self,
        setting: Setting,
        d: int,
        samples: int,
        rng: np.random.Generator,
        watch: Callable[[], None] = lambda: None,
    ) -> None:
        self.setting, self.d, self.watch = setting, d, watch
        self.kept = max(1, min(d, round(setting.kappa * d)))
        roots = [setting.teacher.sample_root(rng, d, setting.kappa_star) for _ in range(samples)]
        self.teachers = np.array([root @ root.T for root in roots])
        gauss = rng.standard_normal((samples, d, d))
        self.noise = (gauss + gauss.swapaxes(1, 2)) / np.sqrt(2 * d)
        # What is known of a sample's moments: E G^2 = 1 + 1/d, and of a Wishart teacher's second one.
        squares = self.noise @ self.noise
        mean = np.trace(self.teachers, axis1=1, axis2=2) / d
        controls = [
            np.trace(squares, axis1=1, axis2=2) / d - (1 + 1 / d),
            np.einsum("sij,sij->s", squares, self.teachers) / d - (1 + 1 / d) * mean,
        ]
        if isinstance(setting.teacher, Wishart):
            columns = max(1, round(setting.kappa_star * d))
            second = np.einsum("sij,sij->s", self.teachers, self.teachers) / d
            controls += [mean - 1, second - (1 + (d + 1) / columns)]
        self.controls = np.array(controls)

    def at(self, xi: float) -> Spectra:
        """Their spectra at a noise variance."""
        self.watch()
        root = np.sqrt(xi)
        y = np.concatenate([self.teachers + root * self.noise, self.teachers - root * self.noise])
        values, vectors = np.linalg.eigh(y)
        twice = np.concatenate([self.teachers, self.teachers])
        overlaps = np.einsum("sik,sik->sk", vectors, twice @ vectors)
        apart = values[:, :, None] - values[:, None, :]
        diagonal = np.arange(self.d)
        apart[:, diagonal, diagonal] = np.inf
        return Spectra(self, values, overlaps, (1 / apart).sum(axis=2))


@dataclass(frozen=True, eq=False)
class Spectra:
    """Eigenvalues of Y, the teacher along its eigenvectors, and sums of 1/(y_i - y_j); (2 samples, d)."""

    draws: Draws
    values: FloatArray
    overlaps: FloatArray
    repulsion: FloatArray

    def cut(self, response: float) -> float:
        """The share of eigenvalues above q that the width cuts."""
        above = np.sum(self.values > decay_of(self.draws.setting) / response, axis=1)
        return float(np.mean(np.maximum(above - self.draws.kept, 0)) / self.draws.d)

    def averages(self, response: float) -> Averages:
        """mse, I and rank of what is learned with 1 - I/alpha = ``response``."""
        s, d, y = self.draws.setting, self.draws.d, self.values
        shift, shrink = decay_of(s) / response, response / (response + s.lam2)
        kept = y > shift
        kept[:, : d - self.draws.kept] = False
        f, slope = np.where(kept, shrink * (y - shift), 0.0), np.where(kept, shrink, 0.0)
        second = np.einsum("sij,sij->s", self.draws.teachers, self.draws.teachers)
        mse = (np.sum(f * f - 2 * f * self.overlaps, axis=1) + np.concatenate([second, second])) / d
        # Over both orders of a pair (f_i - f_j)/(y_i - y_j) is f_i/(y_i - y_j) twice.
        interaction = (slope.sum(axis=1) + (f * self.repulsion).sum(axis=1)) / d**2
        rank = kept.mean(axis=1)
        half = len(y) // 2
        pairs = np.stack([(v[:half] + v[half:]) / 2 for v in (mse, interaction, rank)])
        # Less the part that moves with moments whose mean is known.
        controls = self.draws.controls
        design = np.vstack([np.ones(half), controls])
        weights, *_ = np.linalg.lstsq(design.T, pairs.T, rcond=None)
        cleaned = pairs - weights[1:].T @ controls
        means = cleaned.mean(axis=1)
        return Averages(means, cleaned - means[:, None])

    def load(self, lengths: Lengths, start: float) -> float:
        """log c with I = alpha c R, searched for from ``start``: I falls as c rises, for less is kept."""

        def excess(log_load: float) -> float:
            interaction, needed = self.sides(lengths, float(np.exp(log_load)))
            return (interaction - needed) / (interaction + needed)

        return falling_root(excess, start, 0.1, _LOADS)

    def sides(self, lengths: Lengths, load: float) -> tuple[float, float]:
        """I and alpha c R."""
        response = lengths.response(load)
        return float(self.averages(response).means[1]), self.draws.setting.alpha * load * response


class Lengths(NamedTuple):
    """How often samples count, tau, with its weights: means over the lengths of inputs."""

    tau: FloatArray
    weight: FloatArray

    @classmethod
    def of(cls, inputs: Inputs, d: int) -> Lengths:
        """Of these inputs: |x|^2 is chi-squared with d degrees of freedom, by its Gauss quadrature."""
        if inputs == "gaussian":
            return cls(np.ones(1), np.ones(1))
        from scipy.special import roots_genlaguerre  # not needed to import quadviz

        nodes, weight = roots_genlaguerre(_LENGTHS, d / 2 - 1)
        tau, weight = (2 * nodes / d) ** 2, weight / weight.sum()
        return cls(tau / (weight @ tau), weight)

    def response(self, load: float) -> float:
        """R."""
        return float(self.weight @ (self.tau / (1 + self.tau * load)))

    def noise(self, mse: float, delta: float, load: float) -> float:
        """4 alpha xi R^2."""
        return float(self.weight @ (self.tau * (2 * self.tau * mse + delta) / (1 + self.tau * load) ** 2))

    def train_loss(self, mse: float, delta: float, load: float) -> float:
        """(1/4n) sum of squared residuals."""
        return float(self.weight @ ((2 * self.tau * mse + delta) / (1 + self.tau * load) ** 2)) / 4

    def in_sample_error(self, mse: float, delta: float, load: float) -> float:
        """(1/4n) sum of squared residuals on the labels without noise: the fit takes up part of the noise."""
        tau, pull = self.tau, self.tau * load
        return float(self.weight @ ((2 * tau * mse + delta * pull**2) / (1 + pull) ** 2)) / 4


def falling_root(f: Callable[[float], float], start: float, step: float, ends: tuple[float, float]) -> float:
    """Where f, which falls, changes sign: by a bracketed secant, from a start; an end where it does not."""
    here, value = start, f(start)
    for _ in range(_STEPS):
        there = float(np.clip(here + (step if value > 0 else -step), *ends))
        other = f(there)
        if (other > 0) != (value > 0):
            break
        if there in ends:
            return there
        here, value, step = there, other, 1.5 * step
    else:
        return here
    for turn in range(_STEPS):
        # Now and then the middle, so that both ends come near.
        share = value / (value - other) if turn % 3 < 2 else 0.5
        middle = here + share * (there - here)
        found = f(middle)
        if abs(there - here) <= _ACCURACY or abs(found) <= _ACCURACY:
            break
        if (found > 0) == (value > 0):
            here, value = middle, found
        else:
            there, other = middle, found
    return middle
