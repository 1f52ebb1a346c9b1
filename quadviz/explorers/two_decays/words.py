"""What the page of two decays says: which one is better, what both gain, and where that is worth it."""

from __future__ import annotations

import numpy as np

from quadviz.explorers.kit.page import Card
from quadviz.explorers.kit.words.point_cards import regime_card
from quadviz.outcome import Regime, Status
from quadviz.parameters import PARAMETERS
from quadviz.scenes.common.wording import Paragraph, four_digits, two_digits
from quadviz.scenes.two_decays.best import Kind
from quadviz.scenes.two_decays.gains import LEVEL, Band, GainMap, bands
from quadviz.scenes.two_decays.scene import TwoDecays

__all__ = ["caption", "cards", "percent", "prose"]

#: A gain below this is none to speak of.
_SLIGHT = 1e-4
#: The least Frobenius decay that is told stands for less.
_LEAST = 1e-6


def percent(share: float) -> str:
    """A share in percent, with as many digits as it is worth.

    >>> percent(0.04925), percent(0.00004), percent(0.0), percent(12.3)
    ('4.92%', 'less than 0.01%', '0%', '1230%')
    """
    if not np.isfinite(share):
        return "–"
    if 0 < share < _SLIGHT:
        return "less than 0.01%"
    return f"{100 * share:.3g}%" if share < 9.995 else f"{float(f'{100 * share:.3g}'):.0f}%"


def caption(scene: TwoDecays) -> str:
    """Where the cards are of."""
    place = ", ".join(f"{PARAMETERS[n].symbol} = {four_digits(v)}" for n, v in scene.place._asdict().items())
    return f"At this setting: {place}"


def cards(scene: TwoDecays) -> list[Card]:
    """The four errors, Bayes, the gain, and the best pair."""
    best, both = scene.best, scene.best.both
    rows = (
        ("mse", "as set", scene.law.state.mse, "With the decays as set: the cross."),
        ("mse", "best λ", best.weight.mse, f"With the best weight decay alone, λ = {_lam(best.weight.lam)}."),
        ("mse", "best λ₂", best.frobenius.mse, f"With the best Frobenius decay alone, {_lam2(scene)}."),
        ("mse", "best pair", both.mse, "With the best of both together: the star."),
        ("", "Bayes-optimal", scene.bayes, "The least mean mse of any estimator, one that knows the model."),
    )
    read = [Card(symbol, name, four_digits(float(value)), meaning) for symbol, name, value, meaning in rows]
    gain = "By how much the pair's mse is below that of the better of the two decays alone."
    read.insert(4, Card("", "gain of both", percent(scene.gain), gain))
    for symbol, value in (("λ", both.lam), ("λ₂", both.lam2)):
        text = "→ 0" if scene.kind == Kind.VANISHING else four_digits(float(value))
        if symbol == "λ" and value == 0 and scene.kind in (Kind.WEIGHT, Kind.NONE):
            text = "0+"
        read.append(Card(symbol, "of the pair", text, "Of the best pair."))
    for name, state in (("as set", scene.law.state), ("of pair", best.pair)):
        card = regime_card(state)
        read.append(Card("", f"regime {name}", card.value, card.meaning, badge=True, tone=card.tone))
    return read


def prose(scene: TwoDecays, found: GainMap | None) -> list[Paragraph]:
    """Which decay is better here, where the decays as set stand, and where both are worth it.

    Args:
        scene: what there is to see.
        found: the map of gains; None while it is being solved.
    """
    said = [("Which decay", _which(scene)), ("As set", _as_set(scene))]
    if found is None:
        said.append(("Where both pay", "being solved."))
    else:
        said.append(("Where both pay", _where(found)))
    trouble = _trouble(scene, found)
    return [*said, ("What it rests on", trouble)] if trouble else said


def _which(scene: TwoDecays) -> str:
    best, kind = scene.best, scene.kind
    weight, frobenius, pair = (float(each) for each in (best.weight.mse, best.frobenius.mse, best.both.mse))
    if kind == Kind.UNKNOWN or not np.isfinite(weight + frobenius):
        return "the best decays were not found here; move a slider."
    if kind == Kind.NONE:
        return "with λ → 0+ the teacher is recovered exactly: nothing is left for a second decay to gain."
    one, other = f"weight decay, mse {four_digits(weight)}", f"Frobenius decay, mse {four_digits(frobenius)}"
    if frobenius < weight:
        one, other = other, one
    low, high = sorted((weight, frobenius))
    alone = f"the better decay alone is {one}; with the best {other}, it is {percent(high / low - 1)} more"
    less = f"mse {four_digits(pair)}, {percent(scene.gain)} less than the better one alone"
    lam, lam2, ratio = (four_digits(float(each)) for each in (best.both.lam, best.both.lam2, best.both.ratio))
    few = "With so few samples the least decay is best, and less than none would be better still"
    pairs = {
        Kind.WEIGHT: "The best pair has no Frobenius decay: all that shrinking gains, cutting has gained.",
        Kind.FROBENIUS: "The best pair has no weight decay: nothing is worth cutting.",
        Kind.BOTH: f"The best pair, λ = {lam} and λ₂ = {lam2}, has {less}.",
        Kind.VANISHING: f"{few}; where both vanish in the ratio λ/λ₂ = {ratio} is left an {less}.",
    }
    if kind == Kind.VANISHING and best.both.ratio == 0:
        pairs[kind] = f"{few}: Frobenius decay alone, which vanishes."
    if kind == Kind.WEIGHT and best.both.lam == 0:
        pairs[kind] = f"{few}: weight decay alone, which vanishes."
    bayes = (
        f" It is {percent(pair / scene.bayes - 1)} above the Bayes-optimal mse." if scene.bayes > 0 else ""
    )
    return f"{alone}. {pairs[kind]}{bayes}"


def _as_set(scene: TwoDecays) -> str:
    mse, pair = float(scene.law.state.mse), float(scene.best.both.mse)
    if not np.isfinite(mse):
        return "no solution was found with these decays; raise one of them."
    if not np.isfinite(pair):
        return f"the mse is {four_digits(mse)}."
    if pair == 0:
        return f"the mse is {'exactly 0' if mse == 0 else four_digits(mse)}."
    kept = 100 * (1 - scene.spectra[0].learned_atom), 100 * (1 - scene.spectra[1].learned_atom)
    return (
        f"the mse is {four_digits(mse)}, {percent(max(mse / pair - 1, 0.0))} above the best pair's. Of the "
        f"spectrum {kept[0]:.3g}% is kept, by the best pair {kept[1]:.3g}%."
    )


def _where(found: GainMap) -> str:
    up = PARAMETERS[found.setting.vertical]
    peak = found.peak
    if peak is None or peak.gain < _SLIGHT:
        return f"nowhere on this map: at no α and {up.symbol} do both gain as much as 0.01%."
    most = (
        f"the gain is {100 * peak.gain:.2g}% at most, at α = {two_digits(peak.alpha)} and {up.symbol} = "
        f"{two_digits(peak.up)} (the ring)."
    )
    told = bands(found)
    if not told:
        return f"{most} {'Only close by' if peak.gain > LEVEL else 'Nowhere'} is it more than 1%."
    first, last = told[0], told[-1]
    text = (
        f"It is more than {100 * LEVEL:.0f}% in a band between the lines: {_stretch(first, up.symbol)}"
        + (f", {_stretch(told[len(told) // 2], up.symbol)}" if len(told) > 2 else "")
        + (f", {_stretch(last, up.symbol)}" if len(told) > 1 else "")
    )
    share = float(np.mean(found.gain > LEVEL))
    ends = ""
    if last.up < found.up[-1]:
        ends = f" Above {up.symbol} = {two_digits(last.up)} it is nowhere so much."
    return f"{most} {text}; that is {percent(share)} of the map.{ends}"


def _stretch(band: Band, symbol: str) -> str:
    return f"from α = {band.low:.2g} to {band.high:.2g} at {symbol} = {two_digits(band.up)}"


def _trouble(scene: TwoDecays, found: GainMap | None) -> str:
    """What is not exact, not unique, or not known."""
    states, said = scene.map.states, []
    known = states.status != Status.FAILED
    limited = float(np.mean((states.regime == Regime.RANK_LIMITED)[known])) if known.any() else 0.0
    if limited:
        share = (
            "everywhere"
            if limited == 1
            else f"on {percent(limited)} of the map of both decays, with few of them,"
        )
        said.append(f"{share} the width limits the rank: there it rests on the steady-state assumption.")
    several = int((states.status == Status.SEVERAL).sum())
    if several:
        said.append(f"in {several} of its {states.status.size} cells the equations have other solutions too.")
    failed = int((~known).sum())
    if failed:
        said.append(f"in {failed} of its {states.status.size} cells no solution was found; they are blank.")
    if found is not None:
        narrow = float(np.mean(found.spare < 0))
        if narrow:
            where = "everywhere on" if narrow == 1 else f"on {percent(narrow)} of"
            said.append(f"{where} the map of gains the pair is limited in rank.")
        if found.several:
            said.append(
                f"in {found.several} of its {found.gain.size} cells the equations have other solutions."
            )
        if found.failed:
            said.append(
                f"in {found.failed} of its {found.gain.size} cells no best pair was found; they are blank."
            )
    return " ".join([*said[:1], *(f"{each[0].upper()}{each[1:]}" for each in said[1:])])


def _lam(lam: object) -> str:
    value = float(lam)  # type: ignore[arg-type]  # a number
    return "0+" if value == 0 else four_digits(value)


def _lam2(scene: TwoDecays) -> str:
    value = float(scene.best.frobenius.lam2)
    return "which vanishes" if value <= _LEAST else f"λ₂ = {four_digits(value)}"
