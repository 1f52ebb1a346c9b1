"""Measures how good functions are in their domains: ``python -m benchmarks.accuracy``, docs/accuracy.md.

The errors are those against arithmetic with 60 digits (tests/exact.py), at random settings of the domain.
"""

from __future__ import annotations

from pathlib import Path

from quadviz.theory.reach import DOMAINS, domain_sentence
from tests.domains import MEASURED

__all__ = ["main", "rows"]

PAGE = Path(__file__).parents[1] / "docs" / "accuracy.md"
#: Settings drawn for each function; integrals of 60 digits by quadrature are dear.
COUNT, DEAR = (
    200,
    {"bayes_optimal": 20, "recovery_threshold": 20, "interpolation_threshold": 40, "NoisyTeacherLaw": 40},
)
SEED = 20261129

HEAD = """# How good the numbers are

What each function of the long-time theory promises, and what was measured at random settings of its
domain against arithmetic with 60 digits. The table is made by `python -m benchmarks.accuracy`;
`tests/theory/steady/test_domains.py` checks it.

| function | domain | settings | largest relative error |
| --- | --- | ---: | ---: |
"""
TAIL = """
- Errors are the largest of mse, xi, q and train loss for steady states, of mmse and xi for Bayes-optimal
  errors, of alpha and mse for thresholds. Of a learned spectrum it is the mass above the cut; of the law
  of the noisy teacher the density, masses, and integrals beside the size of Y.
- `learning_curve` is `steady_state` along a curve.
- Outside its domain a result is as good, or it is NaN: its status is FAILED, a `SolveWarning` says how
  many points failed and which was the first, and `quadviz.errstate` turns that off or into an error. How
  far rounding may have moved a solution is estimated from the sizes of the terms of its equations. A test
  goes twenty decades in every parameter.
- Within a relative 1e-7 of a threshold, a fold or the peak of double descent, the last digit of alpha
  counts: results are those of an alpha that differs in its last digits, and no more can be said.
- SEVERAL is said where the equations have other solutions. They are looked for at four values of xi a
  decade, and more closely where Phi turns round; roots whose log xi differs by less than 1e-4 are not
  told apart.
- A point does not depend on its company, to the last bit.
- The table is of Wishart teachers without Frobenius decay. With other teachers or `lam2`, steady states meet
  a table of 16 settings, made by another code path, to its 11 digits, and the equations to 1e-9 at random
  settings. The law of a teacher of levels, alone, close, far apart or 20 at random, meets quadrature in 25
  digits to 1e-9 beside its size for xi from 1e-8 to 1e4: `tests/law/test_levels.py`,
  `tests/theory/steady/test_any_teacher.py`.
"""


def rows() -> dict[str, str]:
    """The domain of each function, as the table has it."""
    return {
        name: domain_sentence(name).removeprefix("Good to 1e-9 for ") for name in DOMAINS if name in MEASURED
    }


def main() -> None:
    """Measures, and writes the page."""
    lines = []
    for name, domain in rows().items():
        errors = MEASURED[name](DEAR.get(name, COUNT), SEED)
        lines.append(f"| `{name}` | {domain} | {DEAR.get(name, COUNT)} | {max(errors):.0e} |")
        print(lines[-1], flush=True)
    PAGE.write_text(HEAD + "\n".join(lines) + "\n" + TAIL, encoding="utf-8")


if __name__ == "__main__":
    main()
