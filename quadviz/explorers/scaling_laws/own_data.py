"""What the page of scaling laws says of a reader's own data: how they lie to theory, and how they fall."""

from __future__ import annotations

import numpy as np

from quadviz.arrays import FloatArray
from quadviz.explorers.kit.words.agreement import about_measured, places_compared
from quadviz.scenes.common.marks import OwnPoints
from quadviz.scenes.common.memo import Memo
from quadviz.scenes.common.wording import Paragraph, two_digits
from quadviz.scenes.scaling.setting import ALPHA_ENDS, ScalingSetting
from quadviz.scenes.scaling.solver import Course, solve_courses

__all__ = ["about_own", "straight_line"]

#: A straight line goes through so many points at least.
_FEWEST = 3


def about_own(points: OwnPoints, setting: ScalingSetting, memo: Memo, errors: bool) -> list[Paragraph]:
    """How a reader's own mse lies to the theory of the current curve, and with which power both fall.

    Args:
        points: those of the current curve.
        setting: what the page is set to.
        memo: what was solved before.
        errors: whether their errors are standard errors.
    """
    places = places_compared(points, *ALPHA_ENDS)
    if not places.size:
        return []
    alpha = points.place[places]
    course = Course.over_alpha(("own",), setting.member, setting.decay, setting.lam2, alpha)
    theory = solve_courses(memo, [course], setting.levels, coarse=False)[0].states.mse
    said = about_measured(points, places, theory, errors)
    mean, error = points.mean[0][places], points.error[0][places]
    both = (mean > 0) & (theory > 0)
    if said and both.sum() >= _FEWEST:
        power, sure = straight_line(alpha[both], mean[both], error[both] if errors else None)
        theirs, _ = straight_line(alpha[both], theory[both], None)
        spread = f" ± {two_digits(sure)}" if np.isfinite(sure) else ""
        first, last = alpha[both][[0, -1]].tolist()
        text = (
            f"by straight lines through the logarithms, from α = {two_digits(first)} to {two_digits(last)}, "
            f"your mse goes as α to the power {power:.3f}{spread}, the theory's at the same places to the "
            f"power {theirs:.3f}."
        )
        said.append(("Your exponent", text.replace(" -", " −")))
    return said


def straight_line(x: FloatArray, y: FloatArray, error: FloatArray | None) -> tuple[float, float]:
    """The slope of log y over log x by least squares, and its standard error where all errors are known.

    Every point counts alike, so that two curves at the same places can be compared.

    >>> slope, _ = straight_line(np.array([1.0, 2.0, 4.0]), np.array([1.0, 0.5, 0.25]), None)
    >>> round(slope, 12)
    -1.0
    """
    across = np.log(x) - np.log(x).mean()
    weights = across / (across @ across)
    sure = np.nan if error is None else float(np.sqrt(weights**2 @ (error / y) ** 2))
    return float(weights @ np.log(y)), sure
