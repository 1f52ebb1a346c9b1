"""Another group's networks: ``python -m benchmarks.scaling_laws`` writes docs/scaling_laws.md."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np

from quadviz import Levels, Regime, SteadyState, steady_state
from quadviz.scenes.scaling.published import PUBLISHED, PUBLISHED_AT, PUBLISHED_D, PUBLISHED_RANKS
from quadviz.scenes.scaling.setting import power_law_teacher

__all__ = ["EXPERIMENTS", "PAGE", "RANKS", "D", "main", "page", "teacher", "theory"]

PAGE = Path(__file__).parents[1] / "docs" / "scaling_laws.md"
#: Their input dimension, exponent of the levels, label noise, and weight decay at alpha = 1; in our units.
D, (EXPONENT, NOISE, DECAY) = PUBLISHED_D, PUBLISHED_AT.values()
RANKS = PUBLISHED_RANKS
#: Test errors that arXiv 2606.28242 measured, by number of samples, for students of these ranks.
EXPERIMENTS = PUBLISHED


def teacher() -> Levels:
    """400 levels k^-1.25, scaled to (1/d) tr Z*^2 = 1."""
    return power_law_teacher(EXPONENT, D)


def theory(samples: int, ranks: tuple[int, ...] = RANKS) -> SteadyState:
    """The steady states at their settings, in our units: lam = .1 sqrt(alpha)/(4 alpha)."""
    alpha = samples / D**2
    return steady_state(alpha, np.array(ranks) / D, None, DECAY / np.sqrt(alpha), NOISE, teacher=teacher())


_TOP = """\
# Scaling laws: another group's networks

arXiv 2606.28242 trains quadratic networks by L-BFGS at d = 400 on a teacher whose levels fall off as k^-1.25,
k = 1 to 400, scaled to (1/d) tr Z*² = 1, with label noise of variance 0.1, and compares with a Monte Carlo of
state evolution. Here are their experiments beside one deterministic solve each, with the 400 levels taken as
they are: nothing is smoothed, and nothing is fitted. `python -m benchmarks.scaling_laws` computes everything
anew and writes this page; a test holds it to its last digit.

**Their conventions and ours.** Their loss is 4α times that of this package, α = n/d²: their weight decay
λ̃ = 0.1 √α is λ = λ̃/(4α) here. A student of rank r has κ = r/d. The number compared is |Z - Z*|²/d.

In brackets is what they measured. A star marks students whose width limits their rank: there the theory rests
on the steady-state assumption, without one it is exact as d → ∞.

"""
_BOTTOM = """
Their networks lie {mean:.1%} from the theory on average, and {most:.0%} at most; those with the fewest
samples {few:+.0%} on average, as networks of finite d do where the noise counts most, those with the most
samples {many:+.1%}. All {count} solves took {seconds:.1f} s.

**More width hurts, and helps again.** Read the rows from right to left: a wider student first learns more of
the levels; then, at 14,564 samples between ranks 9 and 35, the error doubles, and falls again at rank 135. It
is double descent in the width, at finite rank, in the theory and in their networks.
"""


def page() -> str:
    """The page, computed."""
    lines = ["| n | " + " | ".join(f"rank {r}" for r in RANKS) + " |", "| ---: |" + " ---: |" * len(RANKS)]
    off, begin = [], time.perf_counter()
    for samples, measured in EXPERIMENTS.items():
        s = theory(samples)
        cells = [
            f"{point.mse:.4f}{'*' if point.regime == Regime.RANK_LIMITED else ''} ({value:.4f})"
            for point, value in zip(s, measured, strict=True)
        ]
        lines.append(f"| {samples:,} | " + " | ".join(cells) + " |")
        off.append(np.array(measured) / s.mse - 1)
    apart = np.array(off)
    said = _BOTTOM.format(
        mean=np.abs(apart).mean(),
        most=np.abs(apart).max(),
        few=apart[0].mean(),
        many=apart[-1].mean(),
        count=apart.size,
        seconds=time.perf_counter() - begin,
    )
    return _TOP + "\n".join(lines) + "\n" + said


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(), encoding="utf-8")
    print(PAGE)


if __name__ == "__main__":
    main()
