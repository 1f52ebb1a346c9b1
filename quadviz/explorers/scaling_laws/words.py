"""What the page of scaling laws says: cards and prose, computed from results alone."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from quadviz.explorers.kit.page import Card
from quadviz.explorers.kit.words.network_words import trained_how
from quadviz.explorers.kit.words.point_cards import regime_card
from quadviz.figures.scaling.strip import LIMIT_NAMES
from quadviz.outcome import Regime, Status
from quadviz.scenes.common.wording import Paragraph, four_digits, listed, two_digits
from quadviz.scenes.learning_curves import network_points
from quadviz.scenes.scaling.compute import Budget
from quadviz.scenes.scaling.limits import Limit, budget_exponent, learned_levels
from quadviz.scenes.scaling.scene import ScalingLaws
from quadviz.scenes.scaling.setting import DECAYS
from quadviz.work.curve import CurveRun

__all__ = ["cards", "prose"]

#: Errors that differ by less of themselves are told as the same.
_SAME = 1e-3
_WHY = {
    Limit.SAMPLES: "what is not yet learned of the teacher blurs it more than the labels' noise does",
    Limit.NOISE: "the labels' noise, Δ/2, is more than the error itself",
    Limit.WIDTH: "with any width the error would be less than half",
    Limit.DECAY: "with the best λ the error would be less than half",
}


def cards(scene: ScalingLaws, budget: Budget | None) -> list[Card]:
    """The read-out at the marker."""
    s, point = scene.setting, scene.marker[scene.setting.current]
    exponent, decay = (float(v) for v in scene.marker_exponents[:, s.current])
    at = int(np.argmin(np.abs(np.log(scene.current.alpha / s.alpha))))
    name = LIMIT_NAMES.get(scene.marker_limit, ("", "–"))[1]
    symbol, value = (
        ("λ₂", float(np.asarray(point.lam2))) if s.decay == "best lam2" else ("λ", float(point.lam))
    )
    kind = "best" if s.decay.startswith("best") else "as set"
    row = [
        Card(
            "", "exponent", _signed(exponent), "d log mse / d log α at the marker, by its exact derivative."
        ),
        Card(
            "",
            "theory's",
            _signed(float(scene.reference[at])),
            "The exponent of what limits, for many levels.",
        ),
        Card("", "limited by", name, "What limits the error at the marker."),
        Card("", "mse", four_digits(float(point.mse)), "|Z − Z*|²/d. The population loss is mse/2 + Δ/4."),
        Card(
            "",
            "levels learned",
            _levels(scene),
            "Levels of the teacher that stand out of the noise, z > √ξ, as far as the width has room.",
        ),
        Card(symbol, kind, "0+" if value == 0 else four_digits(value), "The decay at the marker."),
        Card("", f"exponent of {symbol}", _signed(decay), "d log of the best decay / d log α at the marker."),
        Card("", "train loss", four_digits(float(point.train_loss)), "On the noisy training labels."),
    ]
    if budget is not None and (found := _at_budget(scene, budget)) is not None:
        kappa, mse = found
        meaning = "The width with the least error among those tried, with as much of α κ as at the marker."
        row.append(Card("κ", "best for α κ", four_digits(kappa), meaning))
        row.append(Card("", "mse at it", four_digits(mse), "Its error."))
    return [*row, regime_card(point)]


def prose(scene: ScalingLaws, budget: Budget | None, run: CurveRun | None, current: bool) -> list[Paragraph]:
    """What to notice."""
    said = [_about_marker(scene), _about_stretches(scene)]
    if (family := _about_family(scene)) is not None:
        said.append(family)
    said += [_about_decay(scene), _about_width(scene)]
    if budget is not None:
        said.append(_about_budget(scene, budget))
    if scene.published:
        said.append(_about_published(scene))
    if run is not None and run.networks:
        said += _about_networks(scene, run, current)
    return said


def _signed(value: float) -> str:
    return f"{value:.3f}".replace("-", "−") if math.isfinite(value) else "–"


def _levels(scene: ScalingLaws) -> str:
    learned = float(learned_levels(scene.marker[scene.setting.current]))
    return f"{learned:.0f}/{scene.setting.levels}" if math.isfinite(learned) else "–"


def _at_budget(scene: ScalingLaws, budget: Budget) -> tuple[float, float] | None:
    """The best width at the budget nearest to the marker's, and its error."""
    s = scene.setting
    work = s.alpha * s.kappa
    if not budget.work[0] <= work <= budget.work[-1]:
        return None
    at = int(np.argmin(np.abs(np.log(budget.work / work))))
    if budget.best[at] < 0:
        return None
    return float(budget.kappa[at]), float(budget.mse[at])


def _about_marker(scene: ScalingLaws) -> Paragraph:
    s, point = scene.setting, scene.marker[scene.setting.current]
    if Status(int(point.status)) == Status.FAILED:
        return "At the marker", "no solution was found; move the marker, or raise λ or κ."
    if float(point.mse) == 0:
        return "At the marker", "the teacher is recovered exactly: there is no error left, and no exponent."
    exponent = float(scene.marker_exponents[0, s.current])
    limit = scene.marker_limit
    mse = four_digits(float(point.mse))
    text = f"the mse is {mse} and goes as α to the power {_signed(exponent)} just here."
    if limit != Limit.UNKNOWN:
        text += f" It is {LIMIT_NAMES[limit][0]}: {_WHY[limit]}."
    at = int(np.argmin(np.abs(np.log(scene.current.alpha / s.alpha))))
    theirs = float(scene.reference[at])
    if math.isfinite(theirs):
        text += f" For what limits theory has the power {_signed(theirs)}, as the number of levels grows."
    return "At the marker", text


def _about_stretches(scene: ScalingLaws) -> Paragraph:
    """What limits where."""
    parts = [
        f"{LIMIT_NAMES[each.kind][0]} from α = {two_digits(each.low)} to {two_digits(each.high)}"
        for each in scene.stretches
    ]
    text = f"the thick curve is {listed(parts)}." if parts else "nothing is told of this curve."
    if scene.fits:
        where = listed([f"α = {two_digits(each.low)} to {two_digits(each.high)}" for each in scene.fits])
        text += (
            f" Labels are fitted (interpolated) from {where}: there a residual on a label trained on is "
            "less than a "
            "tenth of one on a fresh label."
        )
    if (scene.current.status == Status.SEVERAL).any():
        text += " Where it is dotted the equations have other solutions too."
    failed = int(np.count_nonzero(scene.current.status == Status.FAILED))
    if failed:
        count = scene.current.alpha.size
        text += f" At {failed} of {count} points no solution was found; the curve has gaps there."
    return "Limits", text


def _about_family(scene: ScalingLaws) -> Paragraph | None:
    s = scene.setting
    if not s.compared:
        return None
    told = [
        f"{_signed(float(value))} for {name}"
        for name, value in zip(s.names, scene.marker_exponents[0], strict=True)
        if math.isfinite(value)
    ]
    return ("Family", f"at the marker the exponents are {listed(told)}.") if told else None


def _about_decay(scene: ScalingLaws) -> Paragraph:
    s, point = scene.setting, scene.marker[scene.setting.current]
    lead = f"Decay: {DECAYS[s.decay]}"
    exponent = float(scene.marker_exponents[1, s.current])
    if s.decay == "best lam":
        if float(point.lam) == 0:
            return lead, (
                "at the marker less weight decay is always better, λ → 0+: every level is learned, or "
                "labels are "
                "fitted without harm."
            )
        return lead, (
            f"at the marker λ = {four_digits(float(point.lam))} is best, and it goes as α to the power "
            f"{_signed(exponent)}: the more samples, the less noise there is to cut."
        )
    if s.decay == "best lam2":
        return lead, (
            "all of what is kept is shrunk alike. Nothing but negative eigenvalues is cut, so no level "
            "is learned "
            "before the others, and with few samples the error falls with no power of them."
        )
    if scene.best is None:
        return lead, "no best decay is known here."
    at = int(np.argmin(np.abs(np.log(scene.best.alpha / s.alpha))))
    least, now = float(scene.best.mse[at]), float(point.mse)
    if not (math.isfinite(least) and math.isfinite(now) and least > 0):
        return lead, "at the marker nothing can be compared."
    more = now / least
    if more < 1 + _SAME:
        return lead, "at the marker it is as good as the best one."
    side = "too little" if float(point.lam) < float(scene.best.lam[at]) else "too much"
    return lead, (
        f"at the marker it leaves {four_digits(more)} times the error of the best weight decay, λ = "
        f"{four_digits(float(scene.best.lam[at]))}: it is {side}."
    )


def _about_width(scene: ScalingLaws) -> Paragraph:
    s, widths = scene.setting, scene.widths[scene.setting.current]
    limits = scene.width_limits == Limit.WIDTH
    text = f"at α = {four_digits(s.alpha)} "
    if limits.any():
        last = float(widths.kappa[np.flatnonzero(limits)[-1]])
        text += f"the width limits the error up to κ ≈ {last:.2g}, "
        text += f"where theory has κ to the power {_signed(1 - 2 * s.exponent)}."
    else:
        text += "no width limits the error."
    mse = np.where(np.isfinite(widths.mse), widths.mse, np.inf)
    best = int(np.argmin(mse))
    if mse[best] < mse[-1] * (1 - 1e-2):
        more = mse[-1] / mse[best]
        text += (
            f" Wider is not always better: the least error is at κ ≈ {float(widths.kappa[best]):.2g}, and "
            "the widest "
            f"student has {four_digits(float(more))} times as much."
        )
    if (widths.regime == Regime.RANK_LIMITED).any():
        text += " Dashed parts rest on the steady-state assumption."
    return "Width", text


def _about_budget(scene: ScalingLaws, budget: Budget) -> Paragraph:
    s = scene.setting
    found = _at_budget(scene, budget)
    work = s.alpha * s.kappa
    if found is None:
        return "Budget", f"α κ = {four_digits(work)} at the marker is not on the axis of budgets."
    kappa, mse = found
    text = (
        f"with as much of α κ as at the marker, {four_digits(work)}, a student of κ = "
        f"{four_digits(kappa)} does best "
        f"of those tried, mse {four_digits(mse)}"
    )
    now = float(scene.marker[s.current].mse)
    if math.isfinite(now) and now > mse * (1 + 1e-2):
        text += f" against {four_digits(now)} here"
    text += "."
    if s.decay != "best lam2":
        low, high = (budget_exponent(s.exponent, each) for each in (Limit.SAMPLES, Limit.NOISE))
        text += (
            f" Along the best widths theory has α κ to the power {_signed(low)} while samples limit "
            "besides, and "
            f"{_signed(high)} while noise does."
        )
    return "Budget", text


def _about_published(scene: ScalingLaws) -> Paragraph:
    """How the published networks lie to the curves of their widths."""
    off = []
    for each in scene.published:
        curve = scene.curves[each.row]
        known = np.isfinite(curve.mse)
        there = np.exp(np.interp(np.log(each.alpha), np.log(curve.alpha[known]), np.log(curve.mse[known])))
        off.append(each.mse / there - 1)
    apart = np.abs(np.concatenate(off))
    return "Published", (
        f"squares are {apart.size} experiments of arXiv 2606.28242 with networks of d = 400; they lie "
        f"{100 * float(apart.mean()):.2g}% from these curves on average, and "
        f"{100 * float(apart.max()):.2g}% at most."
    )


def _about_networks(scene: ScalingLaws, run: CurveRun, current: bool) -> Sequence[Paragraph]:
    """What the networks are, and how they lie to theory."""
    d, count = run.request.d, len(run.networks)
    text = f"{count} networks of d = {d} were trained"
    if not current:
        return [("Networks", f"{text}. They are grey, for the curve drawn is another one.")]
    text += f". {trained_how(run.networks)}"
    levels = scene.setting.levels
    if levels != d:
        alike = f"each level {d // levels} times" if d % levels == 0 else "means of levels next to each other"
        text += f" Their teacher has {d} eigenvalues for {levels} levels: {alike}."
    said = [("Networks", text)]
    points = network_points(run, current)
    if points is None or not run.at_size:
        return said
    sized = {one.setting.alpha: one for one in run.at_size}
    theory = np.array([sized[a].mse if a in sized else np.nan for a in points.alpha.tolist()])
    limit = np.array([float(sized[a].limit.mse) if a in sized else np.nan for a in points.alpha.tolist()])
    mean = points.mean[0]
    known = np.isfinite(mean) & np.isfinite(theory) & np.isfinite(limit) & (limit > 0)
    if known.any():
        away, at = ((100 * np.median(np.abs(mean / each - 1)[known])) for each in (limit, theory))
        words = (
            f"half of the means are within {away:.2g}% of the limit d → ∞, which the curve is, and within "
            f"{at:.2g}% of the theory at d = {d}, the thin line. A network of finite d is not the limit."
        )
        said.append(("Finite size", words))
    return said
