"""The how-to of docs/own-data.md: its loop trains the package's networks, and the pages take what it writes.

The very lines of the page run on a problem that the package has drawn, and are held against its integrator,
which shares nothing with them: by PyTorch where it is installed, and by a few lines of autograd everywhere.
"""

from __future__ import annotations

import importlib
import importlib.util
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from quadviz import Setting, sample_problem, simulate
from quadviz.files.measured import read_measured
from quadviz.files.series import Experiment
from quadviz.simulation.problem import Problem
from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "own-data.md").read_text(encoding="utf-8")
(LOOP,) = re.findall(r"^```python\n(.*?)^```", PAGE, re.M | re.S)
D, SEED, STEP, END = 12, 3, 0.002, 4.0


class Tensor:
    """An array that remembers what it was made of, as far as the loop needs it."""

    __array_priority__ = 1

    def __init__(self, value: Any, back: Callable[[Any], list[tuple[Tensor, Any]]] = lambda _: []) -> None:
        self.value, self.back, self.grad = np.asarray(value, dtype=float), back, 0.0

    def __len__(self) -> int:
        return len(self.value)

    def requires_grad_(self) -> Tensor:
        return self

    def item(self) -> float:
        return float(self.value)

    @property
    def T(self) -> Tensor:  # noqa: N802 - as PyTorch calls it
        return Tensor(self.value.T, lambda g: [(self, g.T)])

    def __matmul__(self, other: Tensor) -> Tensor:
        a, b = self.value, other.value
        return Tensor(a @ b, lambda g: [(self, g @ b.T), (other, a.T @ g)])

    def __add__(self, other: Tensor) -> Tensor:
        return Tensor(
            self.value + other.value, lambda g: [(self, g), (other, g if other.value.ndim else g.sum())]
        )

    def __mul__(self, number: float) -> Tensor:
        return Tensor(self.value * number, lambda g: [(self, g * number)])

    __rmul__ = __mul__

    def __sub__(self, other: Tensor) -> Tensor:
        return self + other * -1.0

    def __truediv__(self, number: float) -> Tensor:
        return self * (1 / number)

    def square(self) -> Tensor:
        return Tensor(self.value**2, lambda g: [(self, 2 * g * self.value)])

    def sum(self, axis: int | None = None) -> Tensor:
        spread = (lambda g: g[:, None]) if axis else (lambda g: g)
        return Tensor(self.value.sum(axis), lambda g: [(self, spread(g) * np.ones_like(self.value))])

    def mean(self) -> Tensor:
        return self.sum() / self.value.size

    def backward(self) -> None:
        self._send(np.ones_like(self.value))

    def _send(self, grad: Any) -> None:
        self.grad = self.grad + grad
        for part, share in self.back(grad):
            part._send(share)


class Descent:
    def __init__(self, parts: list[Tensor], lr: float) -> None:
        self.parts, self.lr = parts, lr

    def zero_grad(self) -> None:
        for part in self.parts:
            part.grad = 0.0

    def step(self) -> None:
        for part in self.parts:
            part.value = part.value - self.lr * part.grad


def small_torch() -> Any:
    return SimpleNamespace(
        optim=SimpleNamespace(SGD=Descent), manual_seed=lambda _: None, tensor=Tensor, __name__="torch"
    )


def draws(problem: Problem) -> Iterator[np.ndarray]:
    """What the loop draws, in its order, so that its problem is this one."""
    s = problem.setting
    yield problem.sensing.inputs  # type: ignore[attr-defined]  # a network's own
    values, frame = np.linalg.eigh(problem.teacher)
    root = (frame * np.sqrt(np.maximum(values, 0)))[:, -problem.sizes.m_star :]
    yield root * problem.sizes.m_star**0.5
    yield (problem.labels - problem.signal) / s.delta**0.5
    yield problem.start / (s.gamma / problem.sizes.m) ** 0.5


@pytest.fixture(params=["autograd", "torch"])
def torch(request: pytest.FixtureRequest) -> Any:
    if request.param == "autograd":
        return small_torch()
    if importlib.util.find_spec("torch") is None:
        pytest.skip("PyTorch is not installed")
    return importlib.import_module("torch")


def test_the_loop_of_the_page_trains_the_networks_of_the_package(
    torch: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    setting = Setting(kappa=0.7, kappa_star=0.3, alpha=0.5, lam=0.1, delta=0.5, gamma=0.1)
    problem = sample_problem(setting, D, SEED)
    stock = draws(problem)

    def randn(*shape: int) -> Any:
        drawn = next(stock)
        assert drawn.shape == shape
        return torch.tensor(drawn)

    monkeypatch.setitem(sys.modules, "torch", torch)
    monkeypatch.setattr(torch, "randn", randn, raising=False)
    monkeypatch.chdir(tmp_path)
    loop = LOOP.replace(
        "= 30, 0.7, 0.3, 0.5, 0.1, 0.1, 0.005, 50.0", f"= {D}, 0.7, 0.3, 0.5, 0.1, 0.1, {STEP}, {END}"
    )
    loop = loop.replace("(0.15, 0.25, 0.35, 0.5, 0.7)", "(0.5,)").replace("range(3)", "range(1)")
    assert loop.count(str(STEP)) == 1 and "(0.5,)" in loop and "range(1)" in loop
    exec(loop, {})  # noqa: S102 - our own
    (course,) = read_measured("runs.csv", Experiment("time", ("mse", "train_loss"))).series
    assert course.setting == {
        "kappa": 0.7, "kappa_star": 0.3, "alpha": 0.5, "delta": 0.5, "lam": 0.1, "gamma": 0.1,
    }  # fmt: skip
    run = simulate(setting, D, times=[0.0, *course.place], seed=SEED)
    assert course.place[-1] == pytest.approx(END) and course.place.size > 20
    # Small steps lag behind the flow by a share of their length.
    np.testing.assert_allclose(course.mean[0], run.mse[1:], rtol=0.01)
    np.testing.assert_allclose(course.mean[1], run.train_loss[1:], rtol=0.03)
    curve = read_measured("runs.csv", Experiment("alpha", ("mse",)))
    assert curve.series[0].place.tolist() == [0.5]
    assert curve.series[0].mean[0, 0] == course.mean[0, -1]


def test_the_page_is_linked_and_says_what_is_taken() -> None:
    assert "docs/own-data.md" in (ROOT / "README.md").read_text(encoding="utf-8")
    for word in ("mse_sem", "mse_std", "n_over_d2", "decimal commas", "1 MB at most"):
        assert word.lower() in PAGE.lower(), word
