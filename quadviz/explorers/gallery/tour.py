"""A tour of one minute: pages in states that tell a story, each behind a link."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from quadviz.explorers.kit.links import spelled

__all__ = ["TOUR", "Step"]


@dataclass(frozen=True)
class Step:
    """One step.

    Attributes:
        page: the page's name.
        link: the words that are the link; the sentence goes on from them.
        sentence: what there is to do or to see.
        fields: fields of the page's state; the others have their defaults.
    """

    page: str
    link: str
    sentence: str
    fields: Mapping[str, float | str | bool]

    @property
    def address(self) -> str:
        """Where the link leads, seen from another page."""
        return f"{self.page}.ipynb?{urlencode({n: spelled(value) for n, value in self.fields.items()})}"


#: The student is wider than its teacher; labels with noise, and without.
_NOISY = {"kappa": 0.7, "kappa_star": 0.3, "delta": 0.5}
_CLEAN = {"kappa": 0.5, "kappa_star": 0.3, "delta": 0.0, "lam": 0.0}

TOUR = (
    Step(
        "learning_curves",
        "Meet the peak.",
        "With noisy labels the test error is worst at 0.307 d² samples, the most that can still be fitted.",
        {**_NOISY, "lam": 0.0, "alpha": 0.307, "compare": "", "y_scale": "log", "alpha_top": 1.0},
    ),
    Step(
        "double_descent",
        "Tame it.",
        "The right weight decay, λ = 0.21, leaves nothing of the peak: drag λ there and back.",
        {**_NOISY, "lam": 0.21, "alpha": 0.307},
    ),
    Step(
        "recovery",
        "Find the teacher.",
        "Without noise the error is exactly zero from 0.327 d² samples on: click across that line.",
        {**_CLEAN, "alpha": 0.325},
    ),
    Step(
        "spectra",
        "See why.",
        "Press Play: as samples come in, the noise parts from the signal, shrinks and is gone.",
        {**_CLEAN, "alpha": 0.25},
    ),
    Step(
        "simulation_lab",
        "Do it yourself.",
        "Press Simulate: three networks learn the teacher first, and then the noise.",
        {**_NOISY, "lam": 0.01, "alpha": 0.35, "d": 50, "seeds": 3},
    ),
)
