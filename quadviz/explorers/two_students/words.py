"""What the page of two students says: whose error is smaller, where that turns, and what each keeps."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from quadviz.explorers.kit.page import Card
from quadviz.explorers.kit.words.point_cards import regime_card
from quadviz.figures.two_students import NAMES
from quadviz.parameters import PARAMETERS
from quadviz.scenes.common.wording import Paragraph, four_digits, listed
from quadviz.scenes.two_students import Student, TwoStudents

__all__ = ["caption", "cards", "prose"]

_NUMBERS = (
    ("mse", "mse", "|Z − Z*|²/d. The population loss is mse/2 + Δ/4, with a student's own Δ."),
    ("train loss", "train_loss", "Mean squared residual on the student's own training labels, over 4."),
    ("rank", "rank", "Rank of the learned matrix Z = WWᵀ over d."),
)
_SYMBOLS = {"kappa": "κ", "lam": "λ", "delta": "Δ"}


def caption(scene: TwoStudents) -> str:
    """What the cards are of."""
    return f"Under the marker: α = {four_digits(float(scene.marker.alpha[0]))}"


def cards(scene: TwoStudents) -> list[Card]:
    """The numbers of both, one beside the other."""
    read = [
        Card("", f"{label} of {name}", four_digits(float(getattr(scene.marker, field)[row])), meaning)
        for label, field, meaning in _NUMBERS
        for row, name in enumerate(NAMES)
    ]
    read.append(Card("", "A − B", four_digits(scene.gap), "mse of A less that of B."))
    for row, name in enumerate(NAMES):
        card = regime_card(scene.marker[row])
        read.append(Card("", f"regime of {name}", card.value, card.meaning, badge=True, tone=card.tone))
    return read


def prose(scene: TwoStudents, students: Sequence[Student]) -> list[Paragraph]:
    """Who is better at the marker, and where that turns."""
    first, second = students
    apart = [
        f"{symbol} = {four_digits(getattr(first, name))} against {four_digits(getattr(second, name))}"
        for name, symbol in _SYMBOLS.items()
        if getattr(first, name) != getattr(second, name)
    ]
    if not apart:
        return [("The same", "A and B are the same student: move a slider of one of them.")]
    said = [("What differs", f"{listed(apart)} (A against B).")]
    gap = scene.gap
    if not np.isfinite(gap):
        return [*said, ("At the marker", "no solution was found for one of them.")]
    better, worse = ("A", "B") if gap < 0 else ("B", "A")
    low, high = np.sort(scene.marker.mse)
    if gap == 0:
        said.append(("At the marker", f"both have the same mse, {four_digits(low)}."))
    else:
        less = f"{100 * (1 - low / high):.3g}% less than {worse}'s {four_digits(high)}"
        said.append(("At the marker", f"{better} is better: its mse is {four_digits(low)}, {less}."))
    return [*said, ("Where that turns", _turns(scene))]


def _turns(scene: TwoStudents) -> str:
    """Where the better student becomes the worse one."""
    behind = scene.behind[scene.behind != 0]
    low, high = scene.curves.alpha[0, [0, -1]].tolist()
    zoomed = low > PARAMETERS["alpha"].low
    seen = f" between α = {low:.4g} and {high:.4g}" if zoomed else ""
    if not behind.size:
        return f"nowhere{seen}: the curves are the same."
    ahead = "B" if behind[0] > 0 else "A"
    places = [four_digits(place) for place in scene.crossings.tolist()]
    if not places:
        return f"nowhere{seen or f' up to α = {high:.4g}'}: {ahead} is never worse."
    more = f", and {len(places) - 4} more" if len(places) > 4 else ""
    where = listed(places[:4])
    fewest = f"with the fewest samples{' seen' if zoomed else ''}"
    return f"{fewest} {ahead} is better; the curves cross at α = {where}{more}."
