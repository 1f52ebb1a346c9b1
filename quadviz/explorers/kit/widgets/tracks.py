"""Slider tracks: the stops of a slider and the values they stand for."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from quadviz.parameters import Parameter

__all__ = ["Track", "number"]

#: A refusal quotes at most so much of what was typed.
_LONGEST = 24


@dataclass(frozen=True)
class Track:
    """A slider with stops 0, 1, ..., ``stops``, evenly spaced in value or in its logarithm.

    Attributes:
        low: value of the first stop (the second one if there is a zero stop).
        high: value of the last stop.
        stops: position of the last stop.
        scale: how values are spaced.
        zero_stop: whether position 0 stands for the value 0, left of ``low``.
    """

    low: float
    high: float
    stops: int
    scale: Literal["linear", "log"] = "linear"
    zero_stop: bool = False

    @classmethod
    def of(cls, parameter: Parameter) -> Track:
        """The track of a parameter over its whole range, in its steps."""
        if parameter.scale == "linear":
            steps = round((parameter.high - parameter.low) / parameter.step)
            return cls(parameter.low, parameter.high, steps)
        steps = round(math.log10(parameter.high / parameter.low) / parameter.step)
        zero = parameter.zero_allowed
        return cls(parameter.low, parameter.high, steps + zero, "log", zero)

    def value(self, position: float) -> float:
        """The value at a position, rounded to the digits a person would type; the ends are met exactly."""
        if self.zero_stop and position < 0.5:
            return 0.0
        if position >= self.stops:
            return self.high
        fraction = (position - self.zero_stop) / (self.stops - self.zero_stop)
        if fraction <= 0:
            return self.low
        if self.scale == "linear":
            return float(f"{self.low + fraction * (self.high - self.low):.4g}")
        return float(f"{self.low * (self.high / self.low) ** fraction:.3g}")

    def position(self, value: float) -> float:
        """The position at which a value stands: a whole stop, or between two; clipped to the track."""
        if self.zero_stop and value <= 0:
            return 0.0
        inside = min(max(value, self.low), self.high)
        if self.scale == "linear":
            fraction = (inside - self.low) / (self.high - self.low)
        else:
            fraction = math.log(inside / self.low) / math.log(self.high / self.low)
        place = self.zero_stop + fraction * (self.stops - self.zero_stop)
        # The value of a stop is rounded; the way back must not move the thumb a person is holding.
        return float(round(place)) if self.value(round(place)) == inside else place


def number(parameter: Parameter, text: str) -> float:
    """The value of a parameter typed as text.

    Args:
        parameter: whose value it is.
        text: a decimal number; "0+" means 0 where 0 stands for a limit.

    Returns:
        The value, inside the parameter's range.

    Raises:
        TypeError: if the text is not a number.
        ValueError: if the number lies outside the range.

    >>> from quadviz.setting import PARAMETERS
    >>> number(PARAMETERS["lam"], "0+"), number(PARAMETERS["kappa"], " .25 ")
    (0.0, 0.25)
    """
    typed = text.strip().replace("−", "-")
    if parameter.zero_allowed and parameter.scale == "log" and typed == "0+":
        return 0.0
    try:
        value = float("nothing" if "_" in typed else typed)  # 1_0 is a number to Python alone
    except ValueError:
        raise TypeError(parameter.refusal(typed[:_LONGEST], "a real number")) from None
    return parameter.in_range(value)
