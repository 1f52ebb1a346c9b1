"""One teacher-student problem at finite d: everything random about it, drawn from one seed.

The teacher, the inputs, the label noise and the initial weights have a stream of random numbers each. Two
problems of one seed that differ in one of these, or in the number of samples, share all the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal, NamedTuple, get_args

import numpy as np

from quadviz.arrays import FloatArray
from quadviz.checks import shown, whole_number
from quadviz.law.teachers import Wishart
from quadviz.parameters import PARAMETERS
from quadviz.results import Result, Sheet
from quadviz.setting import Inputs, Setting
from quadviz.simulation.sensing import GaussianInputs, NetworkInputs, Sensing, svec_size
from quadviz.simulation.sizes import check_memory
from quadviz.sizes import Sizes
from quadviz.threads import blas_threads

__all__ = [
    "LabelNoise",
    "Observed",
    "Problem",
    "Recipe",
    "TeacherWeights",
    "eigenvalues",
    "sample_problem",
    "what_was_asked",
]

Draw = Callable[[np.random.Generator, int], FloatArray]

LabelNoise = Literal["gaussian", "student", "rademacher", "laplace"]
TeacherWeights = Literal["gaussian", "orthogonal", "rademacher"]

#: Degrees of freedom of Student's noise: tails that make a fourth moment three times the Gaussian one.
STUDENT_FREEDOM = 5

#: Label noise of unit variance.
_NOISE: Mapping[LabelNoise, Draw] = MappingProxyType(
    {
        "gaussian": lambda rng, n: rng.standard_normal(n),
        "student": lambda rng, n: rng.standard_t(STUDENT_FREEDOM, n) * np.sqrt(1 - 2 / STUDENT_FREEDOM),
        "rademacher": lambda rng, n: rng.choice(np.array([-1.0, 1.0]), n),
        "laplace": lambda rng, n: rng.laplace(scale=np.sqrt(0.5), size=n),
    }
)


@dataclass(frozen=True)
class Recipe:
    """What a problem is made of.

    Attributes:
        inputs: "network" for the network's own Gaussian inputs, "gaussian" for GOE sensing matrices.
        label_noise: distribution of the label noise, whose variance is delta in any case.
        weights: distribution of the teacher's weights, scaled so that (1/d) tr Z* is 1 on average.

    Raises:
        ValueError: if one of them is unknown; names the choices.
    """

    inputs: Inputs = "network"
    label_noise: LabelNoise = "gaussian"
    weights: TeacherWeights = "gaussian"

    def __post_init__(self) -> None:
        known = {"inputs": Inputs, "label_noise": LabelNoise, "weights": TeacherWeights}
        for name, choices in known.items():
            value = getattr(self, name)
            if not isinstance(value, str) or value not in get_args(choices):
                listed = ", ".join(repr(choice) for choice in get_args(choices))
                raise ValueError(f"{name} must be one of {listed}, got {shown(value)}")

    @property
    def departures(self) -> tuple[str, ...]:
        """In what the problem departs from the theory's assumptions, in words; empty where it does not."""
        said = []
        if self.label_noise != "gaussian":
            said.append(f"label noise is {self.label_noise}, not Gaussian")
        if self.weights == "orthogonal":
            said.append("teacher weights are orthogonal: the spectrum of Z* is not Marchenko-Pastur")
        elif self.weights != "gaussian":
            said.append(f"teacher weights are {self.weights}, not Gaussian")
        return tuple(said)


def what_was_asked(setting: Setting, sizes: Sizes, recipe: Recipe, seed: int) -> dict[str, Any]:
    """What identifies a problem, as coordinates of a table: its ratios, sizes, recipe and seed."""
    whole = {"d": sizes.d, "m": sizes.m, "m_star": sizes.m_star, "n": sizes.n}
    made: dict[str, str] = {
        "inputs": recipe.inputs,
        "label_noise": recipe.label_noise,
        "teacher_weights": recipe.weights,
    }
    ratios = {name: getattr(setting, name) for name in PARAMETERS}
    # What the paper does not have is told of where it is there.
    if setting.lam2:
        ratios["lam2"] = setting.lam2
    if not isinstance(setting.teacher, Wishart):
        made["teacher_law"] = repr(setting.teacher)
    return {name: ((), value) for name, value in {**ratios, **whole, **made, "seed": seed}.items()}


class Observed(NamedTuple):
    """What is seen of a student.

    Attributes:
        mse: |Z - Z*|_F^2 / d.
        train_loss: (1/4n) sum_k (Tr X_k Z - z_k)^2.
        in_sample_error: the same against the labels without their noise.
        regularised_loss: train_loss + (lam/d) |W|_F^2 + (lam2/2d) |W W^T|_F^2.
    """

    mse: float
    train_loss: float
    in_sample_error: float
    regularised_loss: float


@dataclass(frozen=True, eq=False, repr=False)
class Problem(Result):
    """A teacher, its labelled samples, and a student before training (THEORY section 1; arXiv 2601.10483).

    It converts to tables: "samples" with a row a sample, "teacher" and "start" with a row an entry of a
    matrix.

    Attributes:
        setting: the ratios it was sampled at.
        sizes: the whole numbers they became.
        recipe: what it is made of.
        seed: the seed.
        sensing: the samples.
        teacher: Z*, shape (d, d).
        signal: labels without their noise, Tr(X_k Z*), shape (n,).
        labels: with it, shape (n,).
        start: initial weights, N(0, gamma/m), shape (d, m).
    """

    setting: Setting
    sizes: Sizes
    recipe: Recipe
    seed: int
    sensing: Sensing
    teacher: FloatArray
    signal: FloatArray
    labels: FloatArray
    start: FloatArray

    def sheets(self) -> dict[str, Sheet]:
        """The samples, and the matrices Z* and W(0) entry by entry."""
        about = what_was_asked(self.setting, self.sizes, self.recipe, self.seed)
        (d, m), sample = self.start.shape, ("sample",)
        matrix, weights = ("row", "column"), ("row", "neuron")
        return {
            "samples": Sheet(
                {"sample": self.sizes.n},
                about,
                {"label": (sample, self.labels), "signal": (sample, self.signal)},
            ),
            "teacher": Sheet({"row": d, "column": d}, about, {"teacher": (matrix, self.teacher)}),
            "start": Sheet({"row": d, "neuron": m}, about, {"start": (weights, self.start)}),
        }

    def slope(self, weights: FloatArray) -> tuple[FloatArray, FloatArray]:
        """-dW/dt = (d/n) sum_k r_k X_k W + 2 lam W + 2 lam2 Z W, shape (d, m), and residuals r, (n,)."""
        pull, residuals = self.sensing.force(weights, self.labels)
        pull += 2 * self.setting.lam * weights
        if self.setting.lam2:
            pull += 2 * self.setting.lam2 * (weights @ (weights.T @ weights))
        return pull, residuals

    def penalty(self, weights: FloatArray) -> float:
        """lam |W|_F^2 + (lam2/2) |W W^T|_F^2: d times what decay adds to the loss."""
        value = self.setting.lam * float(np.vdot(weights, weights))
        if self.setting.lam2:
            gram = weights.T @ weights
            value += self.setting.lam2 / 2 * float(np.vdot(gram, gram))
        return value

    def slope_tangent(self, weights: FloatArray, change: FloatArray) -> FloatArray:
        """What a small change of the weights changes of the decays' part of the slope."""
        moved = 2 * self.setting.lam * change
        if self.setting.lam2:
            turned = weights.T @ change
            moved += 2 * self.setting.lam2 * (change @ (weights.T @ weights) + weights @ (turned + turned.T))
        return moved

    def observe(self, weights: FloatArray) -> Observed:
        """What is seen of a student with these weights, shape (d, m)."""
        learned = weights @ weights.T
        answers = self.sensing.measure(learned)
        train_loss = float(np.mean((answers - self.labels) ** 2)) / 4
        return Observed(
            mse=float(np.sum((learned - self.teacher) ** 2)) / self.sizes.d,
            train_loss=train_loss,
            in_sample_error=float(np.mean((answers - self.signal) ** 2)) / 4,
            regularised_loss=train_loss + self.penalty(weights) / self.sizes.d,
        )


def eigenvalues(weights: FloatArray) -> FloatArray:
    """Eigenvalues of Z = W W^T, increasing, shape (d,): the squared singular values of W, and zeros."""
    d = len(weights)
    values = np.zeros(d)
    squares = np.linalg.svd(weights, compute_uv=False)[::-1] ** 2
    values[d - squares.size :] = squares
    return values


def sample_problem(
    setting: Setting,
    d: int,
    seed: int = 0,
    *,
    inputs: Inputs = "network",
    label_noise: LabelNoise = "gaussian",
    weights: TeacherWeights = "gaussian",
) -> Problem:
    """Draw a problem: teacher, inputs, label noise and initial weights (THEORY section 1; arXiv 2601.10483).

    Args:
        setting: its ratios.
        d: input dimension, >= 2.
        seed: a whole number >= 0. The same seed gives the same problem.
        inputs: "network" for the network's own inputs, "gaussian" for GOE sensing matrices, which are
            equivalent as d -> infinity and take n d^2/2 numbers of memory.
        label_noise: "gaussian"; or, of the same variance and outside the theory's assumptions, "student"
            (5 degrees of freedom), "rademacher" or "laplace".
        weights: of the teacher: "gaussian"; or, outside the assumptions too, "orthogonal" or "rademacher". A
            setting's teacher that is not Wishart has its levels at equal steps and a uniform frame instead.

    Returns:
        The problem.

    Raises:
        TypeError: if d or the seed is not a whole number.
        ValueError: if d < 2, the seed is negative, m, m* or n would be 0, or a choice is unknown.
        MemoryError: before anything is allocated, if the machine could not hold it.

    >>> problem = sample_problem(Setting(0.5, 0.3, 0.35, lam=0.01, delta=0.5), d=20, seed=1)
    >>> problem.teacher.shape, problem.labels.shape, problem.start.shape
    ((20, 20), (140,), (20, 10))
    """
    recipe = Recipe(inputs, label_noise, weights)
    sizes = Sizes.of(setting, d)
    if recipe.weights != "gaussian" and not isinstance(setting.teacher, Wishart):
        raise ValueError(f"weights must be 'gaussian' beside {setting.teacher!r}, got {weights!r}")
    seed = whole_number("seed", seed, 0)
    check_memory(setting, d, recipe.inputs)
    with blas_threads(1):
        return _drawn(setting, sizes, recipe, seed)


def _drawn(setting: Setting, sizes: Sizes, recipe: Recipe, seed: int) -> Problem:
    streams = [np.random.default_rng(s) for s in np.random.SeedSequence(seed).spawn(4)]
    teacher_stream, input_stream, noise_stream, start_stream = streams
    teacher = _teacher(teacher_stream, setting, sizes, recipe.weights)
    sensing = _samples(input_stream, sizes, recipe.inputs)
    signal = sensing.measure(teacher)
    noise = _NOISE[recipe.label_noise](noise_stream, sizes.n)
    start = start_stream.standard_normal((sizes.d, sizes.m)) * np.sqrt(setting.gamma / sizes.m)
    return Problem(
        setting=setting,
        sizes=sizes,
        recipe=recipe,
        seed=seed,
        sensing=sensing,
        teacher=teacher,
        signal=signal,
        labels=signal + np.sqrt(setting.delta) * noise,
        start=start,
    )


def _teacher(rng: np.random.Generator, setting: Setting, sizes: Sizes, weights: TeacherWeights) -> FloatArray:
    """Z* = (1/m*) w w^T, or of the levels of another teacher in a uniform frame."""
    d, m = sizes.d, sizes.m_star
    if not isinstance(setting.teacher, Wishart):
        root = setting.teacher.sample_root(rng, d, setting.kappa_star)
        drawn: FloatArray = root @ root.T
        return drawn
    if weights == "orthogonal":
        # min(d, m*) orthogonal directions, uniform: of a Gaussian matrix only its span matters.
        w, _ = np.linalg.qr(rng.standard_normal((d, m)))
        w *= np.sqrt(d)
    elif weights == "rademacher":
        w = rng.choice(np.array([-1.0, 1.0]), (d, m))
    else:
        w = rng.standard_normal((d, m))
    teacher: FloatArray = w @ w.T / w.shape[1]
    return teacher


def _samples(rng: np.random.Generator, sizes: Sizes, inputs: Inputs) -> Sensing:
    if inputs == "network":
        return NetworkInputs(rng.standard_normal((sizes.n, sizes.d)))
    coordinates = rng.standard_normal((sizes.n, svec_size(sizes.d)))
    coordinates *= np.sqrt(2 / sizes.d)
    return GaussianInputs(coordinates, sizes.d)
