"""What the page of dynamics says: cards and sentences about the course of training and when to stop it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from quadviz.explorers.kit.page import Card
from quadviz.explorers.kit.words.network_words import ratios
from quadviz.explorers.kit.words.point_cards import regime_card
from quadviz.outcome import Regime
from quadviz.parameters import PARAMETERS
from quadviz.scenes.common.wording import Paragraph, four_digits, measured
from quadviz.setting import Setting
from quadviz.theory.best.early_stopping import EarlyStop, MatchingDecay, early_stop
from quadviz.theory.flow.population import PopulationFlow
from quadviz.theory.steady.steady_state import SteadyState
from quadviz.work.march import MarchRun
from quadviz.work.training import LabRun

__all__ = ["Told", "best_moment", "dynamics_cards", "dynamics_prose", "grey"]

#: From this many errors on two values are told apart.
_APART = 3.0


@dataclass(frozen=True, eq=False)
class Told:
    """All that is read out.

    Attributes:
        setting: the setting shown.
        networks: those trained last, or None.
        networks_current: whether they are of the setting shown.
        march: the last mean-field solution, or None.
        march_current: whether it is of the setting shown.
        theory: long training at the setting shown, arrays holding a single value.
        flow: the population flow there.
        stop: the best moment of what is of the setting shown and can be trusted, or None.
        match: the weight decay that does as well, or None.
    """

    setting: Setting
    networks: LabRun | None
    networks_current: bool
    march: MarchRun | None
    march_current: bool
    theory: SteadyState
    flow: PopulationFlow
    stop: EarlyStop | None
    match: MatchingDecay | None

    @property
    def by(self) -> str:
        """What the best moment was taken from."""
        return "DMFT" if self.march is not None and self.march_current else "networks"

    @property
    def end(self) -> float:
        """The time until which that was to go; 0 where nothing was run."""
        source = self.march if self.by == "DMFT" else self.networks
        return 0.0 if source is None else source.request.end

    @property
    def doubtful(self) -> bool:
        """Whether what the best moment was taken from is not to be trusted to its end."""
        return self.by == "DMFT" and self.march is not None and self.march.doubtful

    @property
    def open(self) -> bool:
        """Whether the best moment may be yet to come: none is seen where the course is known."""
        # Times that went through a logarithm meet the end only nearly.
        return self.stop is not None and not self.stop.pays and self.stop.end < self.end * (1 - 1e-9)


def best_moment(
    networks: LabRun | None, networks_current: bool, march: MarchRun | None, march_current: bool
) -> EarlyStop | None:
    """The best moment to stop: by the mean-field theory where it can be trusted, or by the networks."""
    if march is not None and march_current:
        s = march.solution
        return early_stop(s.times[s.trusted], s.mse[s.trusted], s.mse_error[s.trusted])
    if networks is not None and networks.networks and networks_current:
        return early_stop(networks.request.times, *networks.farthest.mean("mse"))
    return None


def grey(told: Told) -> list[str]:
    """What is drawn that belongs to another setting, and in what that one differs, in words."""
    old = []
    if told.networks is not None and not told.networks_current:
        r = told.networks.request
        old.append(f"networks of {_other(r.setting, told.setting) or f'd = {r.d}'}")
    if told.march is not None and not told.march_current:
        old.append(f"DMFT of {_other(told.march.request.setting, told.setting)}")
    return old


def dynamics_cards(told: Told) -> list[Card]:
    """The read-out."""
    stop, match = told.stop, told.match
    networks = measured(*_network_end(told.networks))
    theory, flow = four_digits(float(told.theory.mse)), four_digits(float(told.flow.mse[-1]))
    when = then = gain = lam = "–"
    if stop is not None and not told.open:
        when = f"≈ {stop.time:.2g}" if stop.pays else "the end"
        then = measured(stop.mse, stop.error)
        gain = f"{100 * stop.gain:.0f}%" if stop.pays else "none"
    if match is not None and stop is not None and stop.pays:
        lam = four_digits(match.lam) if math.isfinite(match.lam) else "none does"
    best = four_digits(match.best_mse) if match is not None else "–"
    by = "" if stop is None else f" By the {told.by}."
    end = "the end"
    if stop is not None and told.doubtful:
        end = f"t = {four_digits(stop.end)}, the last time that can be trusted"
    return [
        Card("", "mse at the end, networks", networks, "Mean at the last time, ± its standard error."),
        _march_card(told.march),
        Card("", "mse, t → ∞", theory, "Long training in the limit d → ∞."),
        Card("", "mse at the end, α → ∞", flow, "Training on infinitely many samples."),
        Card("t", "best", when, f"When the mse is least.{by}"),
        Card("", "mse, best t", then, f"The mse then, ± its error.{by}"),
        Card("", "gain over the end", gain, f"How far this is below {end}. A rise within its noise is none."),
        Card("λ", "that matches", lam, "The weight decay whose long training has the mse of the best time."),
        Card("", "mse, best λ", best, "Long training with the weight decay that is best for it, as d → ∞."),
        regime_card(told.theory),
    ]


def dynamics_prose(told: Told) -> list[Paragraph]:
    """What to notice."""
    said: list[Paragraph] = []
    if told.networks is None and told.march is None:
        text = (
            "press ▶ March DMFT for the exact course of training as d → ∞, or ▶ Simulate to train networks. "
            "At once there are the end of training in theory (the level line) and training on infinitely "
            "many samples (dashes and dots)."
        )
        said.append(("So far", text))
    if told.march is not None and told.march.stored:
        text = (
            "the DMFT shown is a stored solution of good quality, made by this package for the setting that "
            "the page opens with. Press ▶ March DMFT to solve it anew, here or at a setting of your own, or "
            "▶ Simulate to train networks beside it."
        )
        said.append(("Stored", text))
    if old := grey(told):
        text = f"{'; '.join(old)}. Theory, α → ∞ and the law behind the histogram follow the controls."
        said.append(("Grey", text))
    if told.stop is not None:
        said.append(("When to stop", _about_stop(told, told.stop)))
    if told.march is not None and told.march_current:
        if told.march.doubtful:
            said.append(("DMFT, unresolved", _about_doubt(told.march)))
        said.append(("DMFT", _about_march(told, told.march)))
    if told.networks is not None and told.networks.networks and told.networks_current:
        said.append(("Networks", _about_networks(told, told.networks)))
    said.append(("Spectrum", _about_spectrum(told)))
    failures = [] if told.networks is None else [("Failed", f"{text}.") for text in told.networks.failures]
    return [*said, *failures]


def _about_stop(told: Told, stop: EarlyStop) -> str:
    """What stopping early does, and what weight decay would do."""
    if not stop.pays:
        falls = "rises again by no more than its noise explains"
        if stop.time == stop.end:
            falls = f"falls until t = {four_digits(stop.end)}"
        if told.open:
            known = "can be trusted" if told.doubtful else "is known"
            return f"by the {told.by} the mse {falls}, as far as it {known}."
        return f"by the {told.by} the mse {falls}: stopping early does not pay here."
    text = (
        f"by the {told.by} the mse is least at t ≈ {stop.time:.2g}, {measured(stop.mse, stop.error)}; at "
        f"t = {four_digits(stop.end)}{', the last time that can be trusted,' if told.doubtful else ''} it is "
        f"{measured(stop.end_mse, stop.end_error)}. Who stops early is "
        f"better off by {100 * stop.gain:.0f}%"
    )
    if (match := told.match) is None:
        return f"{text}."
    best = f"the best weight decay, λ = {four_digits(match.best_lam)}, ends at {four_digits(match.best_mse)}"
    if math.isnan(match.lam):
        return f"{text}. No weight decay does as well: {best}, and that is worse than stopping early."
    if match.lam == 0:
        return f"{text}. Long training without weight decay would do as well in theory."
    text += f". Weight decay λ = {four_digits(match.lam)} does as well without stopping"
    return f"{text}; {best}, which is better."


def _about_march(told: Told, run: MarchRun) -> str:
    """How the solution was found, and how its end lies to the theory."""
    s = run.solution
    text = (
        f"{s.replicas} replicas of {s.copies} copies with matrices of size {s.d_eff}, to "
        f"t = {four_digits(s.reached)} in {s.grid.size} time steps; the band is the error of their mean, "
        "which holds the truth two times in three as far as the replicas can tell"
    )
    mse, error = _march_end(run)
    limit = float(told.theory.mse)
    known = s.complete and not run.doubtful and math.isfinite(limit) and limit > 0
    if known and run.request.setting.lam > 0:
        apart = 100 * (mse / limit - 1)
        text += f". It ends {abs(apart):.1f}% {'above' if apart > 0 else 'below'} the theory of long times"
        if math.isfinite(error) and abs(mse - limit) <= _APART * error:
            text += f", within {_APART:g} of its errors"
        else:
            text += ", which is more than its errors explain"
            if Regime(int(told.theory.regime)) == Regime.RANK_LIMITED:
                text += ": the theory rests on an assumption here, or training goes on"
            else:
                text += ": training goes on, or the replicas are off together"
    return f"{text}."


def _about_doubt(run: MarchRun) -> str:
    """From when on it is not to be trusted, why, and what to do."""
    return (
        f"{run.doubt}. What comes later is dotted and counts for nothing: the best moment is looked for, and "
        f"the DMFT's eigenvalues are shown, up to there only. On this page, {run.request.finer}."
    )


def _about_networks(told: Told, run: LabRun) -> str:
    """Networks beside the mean-field theory."""
    many = len(run.networks)
    text = f"{many} network{'s' if many > 1 else ''} of d = {run.request.d}"
    if told.march is not None and told.march_current:
        mean, _ = run.farthest.mean("mse")
        s = told.march.solution
        at = np.interp(run.request.times, s.times[s.trusted], s.mse[s.trusted], right=np.nan)
        apart = np.abs(mean / at - 1)
        if np.isfinite(apart).any():
            middle = 100 * float(np.nanmedian(apart))
            text += f". Their mse is off the DMFT by {middle:.0f}% in the median"
    return f"{text}. A finite size lifts the mse by some 1/d."


def _about_spectrum(told: Told) -> str:
    """What moves in the histogram."""
    text = (
        "at t = 0 the eigenvalues of Z follow Marchenko and Pastur's law, the thin line. Press Play: they "
        "leave this bulk one after another, those of the teacher's strongest directions first, and end on "
        "the grey law of long training. A tick on the axis is a typical eigenvalue of one network"
    )
    if Regime(int(told.theory.regime)) == Regime.RANK_LIMITED:
        text += ", which rests on an assumption here, for the width limits the rank"
    return f"{text}."


def _network_end(run: LabRun | None) -> tuple[float, float]:
    """Mean mse and its standard error at the last time any network has reached."""
    if run is None or not run.networks:
        return math.nan, math.nan
    mean, error = run.farthest.mean("mse")
    reached = np.flatnonzero(np.isfinite(mean))
    return (float(mean[reached[-1]]), float(error[reached[-1]])) if reached.size else (math.nan, math.nan)


def _march_card(run: MarchRun | None) -> Card:
    """The end of the mean-field solution, if that can be trusted."""
    label, meaning = "mse at the end, DMFT", "Mean of the replicas, ± its error: 68% of the chance is within."
    if run is None or not run.doubtful:
        return Card("", label, measured(*_march_end(run)), meaning)
    s = run.solution
    last = np.flatnonzero(s.trusted)[-1]
    sound = f"At t = {four_digits(s.times[last])} it is {measured(s.mse[last], s.mse_error[last])}."
    return Card("", label, "– (unresolved)", f"{run.doubt[0].upper()}{run.doubt[1:]}. {sound}")


def _march_end(run: MarchRun | None) -> tuple[float, float]:
    """The same of the mean-field solution."""
    if run is None or not run.solution.mse.size:
        return math.nan, math.nan
    return float(run.solution.mse[-1]), float(run.solution.mse_error[-1])


def _other(setting: Setting, shown: Setting) -> str:
    """In what a setting differs from the one shown."""
    values = {name: getattr(setting, name) for name in (*PARAMETERS, "lam2")}
    told = ratios({name: value for name, value in values.items() if value != getattr(shown, name)})
    other = f"teacher {setting.teacher!r}" if setting.teacher != shown.teacher else ""
    return ", ".join(filter(None, [told, other]))
