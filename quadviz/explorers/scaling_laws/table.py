"""What the page of scaling laws draws, as tables, and the code that computes it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

import numpy as np

from quadviz.files.measured import Measured
from quadviz.outcome import Regime, Status
from quadviz.scenes.scaling.compute import Budget
from quadviz.scenes.scaling.limits import Limit
from quadviz.scenes.scaling.scene import ScalingLaws
from quadviz.scenes.scaling.setting import ALPHA_ENDS, Member, ScalingSetting
from quadviz.setting import Setting
from quadviz.tables.code import Code
from quadviz.tables.own_data import own_rows
from quadviz.tables.text import Table
from quadviz.tables.tidy import Row, tidy
from quadviz.theory.steady.steady_state import SteadyState
from quadviz.work.curve import CurveRun

__all__ = ["budget_code", "budget_table", "samples_code", "samples_table", "width_code", "width_table"]

_SOLVED = ("mse", "train_loss", "rank", "kappa_min", "q", "xi")
_MADE = ("kappa", "alpha", "delta", "lam", "lam2")
_LAW = ("exponent", "levels")
_STATE = (*_LAW, *_MADE, *_SOLVED, "regime", "status")
_TOLD = ("local_exponent", "decay_exponent", "reference_exponent", "limited_by")
_NETWORK = ("mse_error", "d", "seed")
_OBSERVED = ("mse", "train_loss", "in_sample_error", "rank")
_TRAINED = (*_LAW, *_MADE, "d", "seed", "trained_by", *_OBSERVED)


def samples_table(scene: ScalingLaws, run: CurveRun | None, measured: Measured | None = None) -> Table:
    """The curves, their exponents, what limits the current one, networks, theory at their size, and data."""
    rows = chain(_sample_rows(scene, run), own_rows(measured))
    return tidy(("source", *_STATE, *_TOLD, *_NETWORK), rows)


def width_table(scene: ScalingLaws) -> Table:
    """The curves over widths, and what limits the current one."""

    def rows() -> Iterator[Row]:
        for row, member in enumerate(scene.setting.members):
            limits = scene.width_limits if row == scene.setting.current else None
            for place, known in enumerate(_rows("theory", member, scene.setting, scene.widths[row])):
                yield {**known, "limited_by": "" if limits is None else _limit(limits[place])}

    return tidy(("source", *_STATE, "limited_by"), rows())


def budget_table(budget: Budget) -> Table:
    """The best width for each budget, and the errors of all widths tried."""
    s = budget.setting

    def rows() -> Iterator[Row]:
        columns = (budget.work, budget.alpha, budget.kappa, budget.mse, budget.limited)
        for work, alpha, kappa, mse, limited in zip(*(c.tolist() for c in columns), strict=True):
            fixed = {"exponent": s.exponent, "levels": s.levels, "delta": s.delta}
            regime = Regime(int(limited)).label
            yield {
                "source": "theory at the best width", **fixed, "budget": work, "alpha": alpha, "kappa": kappa,
                "mse": mse, "regime": regime,
            }  # fmt: skip
        for kappa, states in zip(budget.widths.tolist(), budget.states, strict=True):
            for row in _rows("theory", s.member._replace(kappa=kappa), s, states):
                yield {**row, "budget": float(row["alpha"]) * kappa}  # type: ignore[arg-type]  # a number

    return tidy(("source", "budget", *_STATE), rows())


def _sample_rows(scene: ScalingLaws, run: CurveRun | None) -> Iterator[Row]:
    s = scene.setting
    for row, member in enumerate(s.members):
        exponents, now = scene.exponents[row], row == s.current
        for place, known in enumerate(_rows("theory", member, s, scene.curves[row])):
            told = {
                "local_exponent": float(exponents.mse[place]),
                "decay_exponent": float(exponents.decay[place]),
            }
            if now:
                told["reference_exponent"] = float(scene.reference[place])
            limited = _limit(scene.limits[place]) if now else ""
            yield {**known, **told, "limited_by": limited}
    if scene.best is not None:
        yield from _rows("theory at the best lam", s.member, s, scene.best)
    for each in scene.published:
        member = s.members[each.row]
        for alpha, mse in zip(each.alpha.tolist(), each.mse.tolist(), strict=True):
            fixed = {"exponent": member.exponent, "levels": s.levels, "delta": member.delta}
            yield {
                "source": "arXiv 2606.28242", **fixed, "kappa": member.kappa, "alpha": alpha, "mse": mse,
                "d": s.levels,
            }  # fmt: skip
    if run is None:
        return
    for one in run.at_size:
        yield {
            "source": "theory at size d", **_made(run, one.setting), "mse": one.mse,
            "mse_error": one.mse_error, "rank": one.rank, "d": one.d, "regime": one.regime.label,
            "status": one.status.name.lower(),
        }  # fmt: skip
    yield from _network_rows(run)


def network_table(run: CurveRun) -> Table:
    """The networks trained, each in a row."""
    return tidy(_TRAINED, _network_rows(run))


def _network_rows(run: CurveRun) -> Iterator[Row]:
    for network in run.networks:
        yield {
            "source": "network", **_made(run, network.setting), "d": network.d, "seed": network.seed,
            "trained_by": network.trained_by,
            **{name: getattr(network, name) for name in _OBSERVED},
        }  # fmt: skip


def _made(run: CurveRun, setting: Setting) -> dict[str, object]:
    """What a network was trained on, and how, as it is told on this page."""
    law = {name: getattr(run.request, name) for name in _LAW}
    return {**law, **{name: getattr(setting, name) for name in _MADE}}


def _rows(source: str, member: Member, s: ScalingSetting, states: SteadyState) -> Iterator[dict[str, object]]:
    """Steady states, each in a row."""
    names = (*_MADE, *_SOLVED)
    columns = [np.broadcast_to(getattr(states, name), states.shape).tolist() for name in names]
    codes = zip(states.regime.tolist(), states.status.tolist(), strict=True)
    for values, (regime, status) in zip(zip(*columns, strict=True), codes, strict=True):
        yield {
            "source": source, "exponent": member.exponent, "levels": s.levels,
            **dict(zip(names, values, strict=True)), "regime": Regime(regime).label,
            "status": Status(status).name.lower(),
        }  # fmt: skip


def _limit(limit: int) -> str:
    known = Limit(int(limit))
    return "" if known == Limit.UNKNOWN else known.name.lower()


def samples_code(scene: ScalingLaws) -> Code:
    """The current curve, and its exponents."""
    s = scene.setting
    lines = [_teacher(s), f"alpha = np.geomspace({ALPHA_ENDS[0]!r}, {ALPHA_ENDS[1]!r}, 81)"]
    names, decays = _decays(s, "alpha", repr(s.kappa))
    best = {"best lam": ', best="lam"', "best lam2": ', best="lam2"', "falling": ", lam_exponent=-0.5"}
    lines += [
        *decays,
        f"curve = steady_state(alpha, {s.kappa!r}, None, lam, {s.delta!r}, lam2, teacher=teacher)",
        f"exponents = local_exponents(curve{best.get(s.decay, '')})",
        "print(curve.mse[::10], exponents.mse[::10])",
    ]
    return Code(("Levels", "local_exponents", "steady_state", *names), lines, numpy=True)


def width_code(scene: ScalingLaws) -> Code:
    """The current student's curve over widths."""
    s = scene.setting
    lines = [_teacher(s), f"kappa = np.geomspace({1 / s.levels!r}, 1.0, 37)"]
    names, decays = _decays(s, repr(s.alpha), "kappa")
    call = f"widths = steady_state({s.alpha!r}, kappa, None, lam, {s.delta!r}, lam2, teacher=teacher)"
    return Code(
        ("Levels", "steady_state", *names), [*lines, *decays, call, "print(widths.mse.min())"], numpy=True
    )


def budget_code(scene: ScalingLaws) -> Code:
    """The error of every width at one budget."""
    s = scene.setting
    lines = [
        _teacher(s),
        "budget = 0.1",
        f"kappa = np.arange(1, {s.levels + 1}) / {s.levels}",
        f"kappa = kappa[(budget / kappa >= {ALPHA_ENDS[0]!r}) & (budget / kappa <= {ALPHA_ENDS[1]!r})]",
    ]
    names, decays = _decays(s, "budget / kappa", "kappa")
    lines += [
        *decays,
        f"tried = steady_state(budget / kappa, kappa, None, lam, {s.delta!r}, lam2, teacher=teacher)",
        "print(kappa[np.nanargmin(tried.mse)], np.nanmin(tried.mse))",
    ]
    return Code(("Levels", "steady_state", *names), lines, numpy=True)


def _teacher(s: ScalingSetting) -> str:
    levels = f"Levels(np.arange(1, {s.levels + 1}.0) ** -{s.exponent!r})"
    return f"teacher = {levels}.scaled(second_moment=1.0)"


def _decays(s: ScalingSetting, alpha: str, kappa: str) -> tuple[tuple[str, ...], list[str]]:
    """What has to be imported for the decays, and the lines that make lam and lam2."""
    call = f"({alpha}, {kappa}, None, {s.delta!r}, teacher=teacher)"
    if s.decay == "best lam":
        return ("optimal_lam",), [f"lam, lam2 = optimal_lam{call}, 0.0"]
    if s.decay == "best lam2":
        return ("optimal_lam2",), [f"lam, lam2 = 0.0, optimal_lam2{call}"]
    if s.decay == "falling":
        return (), [f"lam, lam2 = {s.lam!r} / np.sqrt({alpha}), 0.0"]
    return (), [f"lam, lam2 = {s.lam!r}, {s.lam2!r}"]
