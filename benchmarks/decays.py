"""Which decay is better, and when both are: ``python -m benchmarks.decays`` writes docs/decays.md."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np

from quadviz import Orthogonal, PowerLaw, Wishart, bayes_optimal, optimal_decay, optimal_lam, steady_state

__all__ = ["ALPHA", "DELTA", "PAGE", "TEACHERS", "main", "page"]

PAGE = Path(__file__).parents[1] / "docs" / "decays.md"
ALPHA, DELTA = (0.1, 0.2, 0.3, 0.5, 1.0, 2.0), (0.1, 0.5, 2.0)
TEACHERS = (
    ("Wishart, κ* = 0.3", Wishart(), 0.3),
    ("Wishart, κ* = 1", Wishart(), 1.0),
    ("orthogonal, κ* = 0.3", Orthogonal(), 0.3),
    ("power law with exponent 0.4, κ* = 0.5", PowerLaw(0.4), 0.5),
)
_TOP = """\
# Which decay is better, and when both are

Weight decay λ|W|²/d cuts the spectrum of what is learned: it is a nuclear norm of Z. A Frobenius decay
(λ₂/2d)|WWᵀ|² shrinks all of it. `quadviz.optimal_decay` finds the best pair: the regression of the
Bayes-optimal shrinkage x - 2ξH(x) on a line s(x - q). Here is the map of it, for students wide enough not to
be limited in rank, where the theory is exact. `python -m benchmarks.decays` computes it anew and writes this
page.

Each cell says which decays the best pair has, how much lower its test error (mse) is than with the best
weight decay alone, and, behind the bar, than with none (λ → 0+). **λ**: weight decay alone. **both**: both.
**λ₂**: Frobenius decay alone. **→ 0**: the best decays vanish together, in the ratio λ/λ₂ in brackets; less
than none would be better still, if there were less. After the semicolon, how far the best pair is above the
Bayes-optimal error, which no method beats.
"""
_BOTTOM = """
Weight decay alone is best where the teacher is far from full rank and samples are many: what it cuts is
noise. The fewer the samples and the larger the noise, the more a plain shrinkage helps; for a teacher of full
rank the best pair has some of it at any number of samples shown. ({seconds:.0f} s for all.)
"""


def page() -> str:
    """The page, computed."""
    lines, begin = [], time.perf_counter()
    for name, teacher, kappa_star in TEACHERS:
        lines += ["", f"## {name[0].upper()}{name[1:]}", ""]
        lines += [
            "| α | " + " | ".join(f"Δ = {d:g}" for d in DELTA) + " |",
            "| ---: |" + " --- |" * len(DELTA),
        ]
        alpha, delta = np.array(ALPHA)[:, None], np.array(DELTA)
        best = optimal_decay(alpha, 1.0, kappa_star, delta, teacher=teacher)
        lam = optimal_lam(alpha, 1.0, kappa_star, delta, teacher=teacher)
        alone = steady_state(alpha, 1.0, kappa_star, lam, delta, teacher=teacher).mse
        none = steady_state(alpha, 1.0, kappa_star, 0.0, delta, teacher=teacher).mse
        bayes = bayes_optimal(alpha, kappa_star, delta, teacher=teacher).mmse
        for i, a in enumerate(ALPHA):
            cells = []
            for j in range(len(DELTA)):
                one = best[i, j]
                if one.lam == 0 == one.lam2:
                    kind = "→ 0 (λ)" if np.isinf(one.ratio) else f"→ 0 ({one.ratio:.2g})"
                else:
                    kind = "both" if one.lam > 0 < one.lam2 else "λ" if one.lam > 0 else "λ₂"
                less = max(1 - one.mse / alone[i, j], 0.0)
                cells.append(
                    f"{kind} {less:.1%} \\| {1 - one.mse / none[i, j]:.0%}; +{one.mse / bayes[i, j] - 1:.0%}"
                )
            lines.append(f"| {a:g} | " + " | ".join(cells) + " |")
    return _TOP + "\n".join(lines) + "\n" + _BOTTOM.format(seconds=time.perf_counter() - begin)


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(), encoding="utf-8")
    print(PAGE)


if __name__ == "__main__":
    main()
