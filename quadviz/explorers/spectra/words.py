"""What the page of spectra says, computed from results alone: cards, the directions used, and prose."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from quadviz.arrays import FloatArray
from quadviz.explorers.kit.page import Card, cards_html, rich
from quadviz.explorers.kit.words import point_cards
from quadviz.figures.marks.moments import percent
from quadviz.law.teacher_law import TeacherLaw
from quadviz.law.teachers import WISHART
from quadviz.outcome import Regime, Status
from quadviz.scenes.common.wording import Paragraph, four_digits, listed
from quadviz.scenes.spectra import Spectra
from quadviz.theory.steady.learned_spectrum import LearnedSpectrum

__all__ = ["at_alpha", "directions_html", "film_regions", "spectra_cards", "spectra_prose"]


#: Relative differences below this are not told.
_SAME = 5e-4
#: So many bands are told one by one.
_TOLD = 4
#: In a film cards and sentences follow at every so many moments: faster than that nobody reads.
_CARDS, _SENTENCES = 6, 2


def at_alpha(alpha: float) -> str:
    """The caption of the cards."""
    return f"At α = {four_digits(alpha)}"


def spectra_cards(law: LearnedSpectrum, omega: float) -> list[Card]:
    """The read-out of one learned spectrum.

    Args:
        law: the law at one setting.
        omega: where the width alone would cut Y; -inf where it would not.
    """
    known = {card.label: card for card in point_cards.cards(law.state)}
    atom, gap = _one(law.atom_at_zero), _one(law.gap)
    rank = Card(
        "", "rank", four_digits(1 - atom), "Rank of Z over d: the share of its eigenvalues that are not 0."
    )
    width = "Where the width alone would cut Y: the share κ of its eigenvalues is larger. None for κ ≥ 1."
    return [
        known["mse"],
        rank,
        known["needed"],
        known["shrinkage"],
        Card("ω", "width's cut", four_digits(omega), width),
        known["noise"],
        Card(
            "", "gap", four_digits(gap), "ω − q where the width cuts: Z has no eigenvalue between 0 and that."
        ),
        Card("", "atom at 0", four_digits(atom), "Share of the eigenvalues of Z that are exactly 0."),
        known["regime"],
    ]


def film_regions(scene: Spectra, alphas: FloatArray) -> dict[str, tuple[int, list[str]]]:
    """What is said along a film through alpha: HTML at every so many moments, by the class of its region."""
    each = [scene.law[i] for i in range(alphas.size)]
    cards = [
        cards_html(at_alpha(float(alphas[i])), spectra_cards(each[i], float(scene.omega[i])))
        for i in range(0, alphas.size, _CARDS)
    ]
    sentences = [directions_html(each[i]) for i in range(0, alphas.size, _SENTENCES)]
    return {"qv-readout": (_CARDS, cards), "qv-directions": (_SENTENCES, sentences)}


def directions_html(law: LearnedSpectrum) -> str:
    """How many of its directions the network uses, as a sentence and a bar over all d directions."""
    kappa, needed = _one(law.state.kappa), _one(law.state.kappa_min)
    has, uses = min(kappa, 1.0), 1 - _one(law.atom_at_zero)
    if math.isnan(uses):
        text, uses, needed = "No solution was found: how many directions the network uses is unknown.", 0, 0
    else:
        has_text = f"{four_digits(has)} d" if has < 1 else "d"
        share = "all" if percent(uses / has) == "100%" else percent(uses / has)
        text = f"The network uses {share} of its {has_text} directions"
        if _one(law.gap) > 0:
            text += f"; to be free of its width it needs κ_min = {four_digits(needed)}."
        elif _one(law.state.xi) == 0:
            text += f", as many as the teacher has; at small λ > 0 it needs κ_min = {four_digits(needed)}."
        else:
            text += f"; κ_min = {four_digits(needed)} is all it needs."
    bar = (
        f'<svg viewBox="0 0 1000 16" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect class="qv-all" width="1000" height="16"/>'
        f'<rect class="qv-has" width="{1000 * has:.1f}" height="16"/>'
        f'<rect class="qv-uses" width="{1000 * uses:.1f}" height="16"/>'
        f'<rect class="qv-needs" x="{min(1000 * needed, 997):.1f}" width="3" height="16"/></svg>'
    )
    return f"<p>{rich(text)}</p>{bar}"


def spectra_prose(law: LearnedSpectrum) -> list[Paragraph]:
    """What to notice about one learned spectrum.

    Returns:
        Paragraphs, each a lead word and a text.
    """
    status = Status(int(_one(law.state.status)))
    if status == Status.FAILED:
        return [("No solution", "none was found at this setting; raise λ or κ, or move α.")]
    said = [("Signal", _about_bands(law)), ("Cut", _about_cut(law)), ("Teacher", _about_teacher(law))]
    if status == Status.SEVERAL:
        several = "the equations have other solutions here; the one that continues from large α is drawn."
        said.append(("Not unique", several))
    return said


def _one(values: NDArray[np.generic]) -> float:
    return float(np.ravel(values)[0])


def _about_bands(law: LearnedSpectrum) -> str:
    """Whether noise and signal can be told apart."""
    kappa_star, xi = _one(law.state.kappa_star), _one(law.state.xi)
    if xi == 0:
        return "the noise is gone, ξ = 0: what the network sees is the teacher itself."
    if law.state.teacher != WISHART:
        return _about_many_bands(law)
    e = law.noisy_edges
    left, right = _one(e.left), _one(e.right)
    if bool(np.ravel(e.has_gap)[0]):
        return (
            f"the law of Y has two bands. The noise lies from {four_digits(left)} to "
            f"{four_digits(_one(e.gap_left))}; above it, from {four_digits(_one(e.gap_right))}, stands the "
            f"signal, one eigenvalue for each of the teacher's {four_digits(kappa_star)} d directions."
        )
    if kappa_star < 1:
        return (
            f"the law of Y is a single band from {four_digits(left)} to {four_digits(right)}: the noise, "
            f"ξ = {four_digits(xi)}, is strong enough to bridge the gap between the teacher's directions and "
            "the others."
        )
    return (
        f"the law of Y is a single band from {four_digits(left)} to {four_digits(right)}; a teacher of full "
        "rank leaves no directions to the noise alone."
    )


def _about_many_bands(law: LearnedSpectrum) -> str:
    """The same for a teacher of levels, each of which the noise makes a band, or joins to others."""
    bands = _bands(law)
    levels = law.state.teacher.atoms(_one(law.state.kappa_star)).size
    if len(bands) == 1:
        ends = f"from {four_digits(bands[0, 0])} to {four_digits(bands[0, 1])}"
        joined = f": the noise joins all {levels} levels, 0 among them" if levels > 1 else ""
        return f"the law of Y is a single band {ends}{joined}."
    told = [f"{four_digits(low)} to {four_digits(high)}" for low, high in bands[:_TOLD]]
    if len(bands) > _TOLD:
        told.append(f"{len(bands) - _TOLD} more up to {four_digits(bands[-1, 1])}")
    return f"the law of Y has {len(bands)} bands for {levels} levels: {listed(told)}."


def _bands(law: LearnedSpectrum) -> FloatArray:
    """The bands of Y, shape (B, 2)."""
    bands = law.noisy_bands().reshape(-1, 2)
    return bands[np.isfinite(bands[:, 0])]


def _about_cut(law: LearnedSpectrum) -> str:
    """Where the cut lies, and which of the two makes it."""
    kappa, needed, q = (_one(values) for values in (law.state.kappa, law.state.kappa_min, law.state.q))
    kept, kappa_star = 1 - _one(law.atom_at_zero), _one(law.state.kappa_star)
    if _one(law.state.xi) == 0:
        what = f"{four_digits(kappa_star)} d nonzero" if kappa_star < 1 else "d"
        text = f"nothing is shrunk or cut, q = 0: the {what} eigenvalues of the teacher are kept as they are."
        if Regime(int(_one(law.state.regime))) == Regime.RANK_LIMITED:
            text += (
                f" As κ = {four_digits(kappa)} is below κ_min = {four_digits(needed)}, that training gets "
                "there is an assumption, not a theorem."
            )
        return text
    if kept <= 0:
        return (
            f"the shrinkage q = {four_digits(q)} is above the whole law of Y: everything is cut away, Z = 0."
        )
    place = _place(law)
    if Regime(int(_one(law.state.regime))) == Regime.RANK_LIMITED:
        left = four_digits(_one(law.edges.left))
        return (
            f"the width cuts, {place}: κ = {four_digits(kappa)} is below κ_min = {four_digits(needed)}, so "
            f"only the largest κd eigenvalues are kept, and Z has none between 0 and {left}. That training "
            "gets there is an assumption, not a theorem."
        )
    return (
        f"the shrinkage cuts, {place}; the width does not, for κ = {four_digits(kappa)} is not below κ_min = "
        f"{four_digits(needed)}: a wider network would learn the very same spectrum."
    )


def _place(law: LearnedSpectrum) -> str:
    """Where the cut lies in the law of Y, and what that means; something of it lies above."""
    e, cut = law.noisy_edges, _one(law.cut)
    share = percent(1 - _one(law.atom_at_zero))
    if cut <= _one(e.left):
        return "below the whole law of Y, all of which is kept"
    if law.state.teacher != WISHART:
        low, high = _bands(law).T
        inside = bool(((low < cut) & (cut < high)).any())
        return f"{'inside a band' if inside else 'between bands'}, and keeps {share} of all eigenvalues"
    if not bool(np.ravel(e.has_gap)[0]):
        return f"inside the band, of which {share} is kept"
    if cut < _one(e.gap_left):
        return "inside the noise, so that some of the noise is kept with all of the signal"
    if cut <= _one(e.gap_right):
        return "in the gap: exactly the teacher's directions are kept"
    return "inside the signal, so that some of the teacher's directions are lost"


def _about_teacher(law: LearnedSpectrum) -> str:
    """How far the learned law is from the teacher's."""
    teacher, star = law.state.teacher, _one(law.state.kappa_star)
    given = star if teacher.sized_by_width else None
    mse, nothing = _one(law.state.mse), teacher.moment(2, given)
    if mse == 0:
        covers = "blue covers grey: " if teacher == WISHART else ""
        return f"{covers}the teacher is recovered exactly, mse 0."
    ratio = mse / nothing
    if abs(ratio - 1) < _SAME:
        text = f"the mse, {four_digits(mse)}, is that of learning nothing, Z = 0"
    elif ratio < 1:
        text = f"the mse, {four_digits(mse)}, is {_share(ratio)} of what learning nothing, Z = 0, would give"
    else:
        text = f"the mse, {four_digits(mse)}, is {ratio:.3g} times what learning nothing, Z = 0, would give"
    right = _one(law.edges.right)
    if math.isnan(right):
        return f"{text}."
    top = float(TeacherLaw(star).edges.right) if teacher == WISHART else float(teacher.atoms(star).z[-1])
    excess = right / top - 1
    if abs(excess) < _SAME:
        return f"{text}. The largest eigenvalue, {four_digits(right)}, is the teacher's to within 0.05%."
    way = f"{_share(abs(excess))} {'above' if excess > 0 else 'below'}"
    return (
        f"{text}. The largest eigenvalue, {four_digits(right)}, is {way} the teacher's, {four_digits(top)}."
    )


def _share(ratio: float) -> str:
    """A ratio in percent, to two digits.

    >>> _share(0.2345), _share(2e-5), _share(0.998)
    ('23%', 'less than 0.1%', '99.8%')
    """
    value = 100 * ratio
    if value < 0.1:
        return "less than 0.1%"
    return f"{value:.3g}%" if 99 < value < 100 else f"{value:.2g}%" if value < 100 else f"{value:.0f}%"
