"""Whether a march can be trusted, and until when: tests that know nothing of where training ends.

- *The nodes settle.* What the last pass over a node changed of its error is a false increment of the noise.
- *The regularised loss falls.* Gradient flow never raises train_loss + lam tr Z/d.
- *The response has its weight.* chi is the response of Z to a field, and the noise N is such a field: by
  Stein's lemma <N(s), Z(t)>/d = -(1/sqrt(alpha)) (chi K)(t, s). What the copies do with their noise is thus a
  second measurement of chi, which needs no probes. With F = R (2 (Z - Z*) + N/sqrt(alpha)) it reads

      tr F(t) (Z(t) - Z*)/d = (R K R^T)(t, t) - delta (R 1)(t) ,

  and what the two sides differ by, over (R K chi^T)(t, t)/alpha, is the error of the weight of chi.
- *The steps are short enough.* The memory is summed with lines between the nodes; what lines between every
  second node would change of the force is four times the error, and R of it reaches the force.
- *The error is known.* Replicas that differ by as much as they say tell nothing.

Each is looked at node by node; a march can be trusted until the first node that fails one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from quadviz.arrays import BoolArray, FloatArray
from quadviz.statistics import steady_interval

__all__ = ["Evidence", "Verdict", "judge"]


#: A node left with more than this share of its error in motion is not settled.
_UNSETTLED = 0.01
#: The regularised loss may rise by this share, and by so many standard errors.
_RISE, _ERRORS = 0.03, 4.0
#: The weight of the response may be off by this share, beyond its standard errors.
_WEIGHT = 0.03
#: The steps may leave this share of the force.
_STEP = 0.008
#: A standard error may be this share of the mse.
_SPREAD = 0.2
#: The first nodes, where chi has hardly begun, have nothing to be measured against.
_FIRST = 3


@dataclass(frozen=True)
class Evidence:
    """What the tests look at, for each replica at each node, shape (replicas, n).

    Attributes:
        grid: times, shape (n,).
        mse: of Z.
        objective: train_loss + lam tr Z/d.
        work: tr F (Z - Z*)/d.
        work_expected: what it is by Stein's lemma.
        memory_share: (R K chi^T)(t, t)/alpha, of which a wrong chi gets a share wrong.
        unsettled: what the last pass changed of the error.
        step_error: what the steps leave of the force.
    """

    grid: FloatArray
    mse: FloatArray
    objective: FloatArray
    work: FloatArray
    work_expected: FloatArray
    memory_share: FloatArray
    unsettled: FloatArray
    step_error: FloatArray


@dataclass(frozen=True)
class Verdict:
    """How far a march can be trusted.

    Attributes:
        until: the last time up to which it can.
        reasons: what fails after it; empty where nothing does.
    """

    until: float
    reasons: tuple[str, ...]


def judge(seen: Evidence) -> Verdict:
    """Look at every test, at every node.

    Args:
        seen: what there is.
    """
    mse, mse_error = _spread(seen.mse)
    failures = {
        "passes over a node do not settle (more copies, or a larger lam)": seen.unsettled.max(axis=0)
        > _UNSETTLED,
        "the regularised loss rises, which training cannot do (more copies)": _rises(seen.objective),
        "the response has not the weight that the noise shows (more copies)": _weight_is_off(seen),
        "the time steps are too long (a smaller step)": _steps_are_long(seen.step_error),
        "replicas differ too much to tell anything (more of them, or more copies)": mse_error > _SPREAD * mse,
    }
    bad = np.any(list(failures.values()), axis=0)
    if not bad.any():
        return Verdict(float(seen.grid[-1]), ())
    first = int(np.argmax(bad))
    return Verdict(
        float(seen.grid[max(first - 1, 0)]),
        tuple(reason for reason, failed in failures.items() if failed[first]),
    )


def _spread(values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Mean and error, 0 where one replica tells of none."""
    mean, error = steady_interval(values)
    return mean, np.nan_to_num(error)


def _rises(objective: FloatArray) -> BoolArray:
    """Where the objective has risen above an earlier value by more than its error."""
    mean, _ = _spread(objective)
    lowest_at = np.maximum.accumulate(np.where(mean == np.minimum.accumulate(mean), np.arange(mean.size), 0))
    # Replicas keep their differences: the error of a rise is that of the rises.
    rise, error = _spread(objective - objective[:, lowest_at])
    risen: BoolArray = rise > _ERRORS * error + _RISE * mean[lowest_at]
    return risen


def _steps_are_long(step_error: FloatArray) -> BoolArray:
    """Where the steps leave more of the force than they may, beyond the noise of the memory."""
    mean, error = _spread(step_error)
    long: BoolArray = np.abs(mean) > _STEP + _ERRORS * error
    return long


def _weight_is_off(seen: Evidence) -> BoolArray:
    """Where the noise shows another weight of chi than the probes."""
    share = np.abs(seen.memory_share.mean(axis=0))
    off, error = _spread(seen.work - seen.work_expected)
    wrong: BoolArray = np.abs(off) > _ERRORS * error + _WEIGHT * share
    wrong[:_FIRST] = False
    return wrong
