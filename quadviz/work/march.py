"""What the page of dynamics runs and solves: the mean-field march, the population flow, and their spectra."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

from quadviz.arrays import FloatArray
from quadviz.checks import readable
from quadviz.setting import Setting
from quadviz.theory.dmft import Dmft, DmftError, check_march, march
from quadviz.theory.dmft.plan import PATIENCE, Cost, fitting_size
from quadviz.work.training import times_until

__all__ = [
    "QUALITIES",
    "Effort",
    "MarchRequest",
    "MarchRun",
    "Quality",
    "run_march",
]

Quality = Literal["preview", "good"]


class Effort(NamedTuple):
    """How finely the mean-field equations are solved.

    Attributes:
        size: of the matrices, about: what fits the width of the student is taken.
        replicas: independent solutions.
        probes: small changes for each copy.
        step: length of a time step as a share of the time.
        copies: copies of the effective process in each replica.
    """

    size: int
    replicas: int
    probes: int
    step: float
    copies: int = 12


#: On two cores, where the page opens and to t = 1000, a preview takes 8 s and a good solution 50 s.
QUALITIES: Mapping[Quality, Effort] = MappingProxyType(
    {"preview": Effort(20, 3, 1, 0.15), "good": Effort(30, 8, 1, 0.1)}
)
#: Seconds and minutes are told as multiples of these.
_ROUND = 5
#: How a solution's message on its doubts begins; what came before says that it was stopped.
_DOUBT = "not to be trusted"


@dataclass(frozen=True)
class MarchRequest:
    """Mean-field equations to solve.

    Attributes:
        setting: the ratios.
        end: the time to march to.
        quality: how finely.
        seed: the seed.
    """

    setting: Setting
    end: float
    quality: Quality
    seed: int

    @property
    def times(self) -> FloatArray:
        """Times wanted, those at which networks are observed too, shape (T,)."""
        return times_until(self.end)

    @property
    def effort(self) -> Effort:
        """The same in numbers."""
        return QUALITIES[self.quality]

    @property
    def arguments(self) -> dict[str, int | float]:
        """The same as arguments of :func:`quadviz.dmft`."""
        e = self.effort
        size = fitting_size(self.setting, e.size)
        sizes = {"d_eff": size, "replicas": e.replicas, "probes": e.probes, "seed": self.seed}
        return {**sizes, "copies": e.copies, "step": e.step}

    @property
    def cheaper(self) -> str:
        """What to do on the page where it is too much work."""
        return f"{'' if self.quality == 'preview' else 'choose the preview, or '}train until an earlier time"

    @property
    def finer(self) -> str:
        """What to do on the page where the solution cannot be trusted."""
        return "train until an earlier time" if self.quality == "good" else "choose the good quality"

    @property
    def cost(self) -> Cost:
        """What it will take.

        Raises:
            ValueError: if the matrices would be too small.
            MemoryError: if it would not fit.
        """
        e, size = self.effort, fitting_size(self.setting, self.effort.size)
        options: dict[str, Any] = {"copies": e.copies, "step": e.step, "force": True}
        return check_march(self.setting, self.times, size, e.replicas, e.probes, **options)

    def check(self) -> str:
        """What it will take, in words; refuses what cannot be marched, or not while someone waits.

        Raises:
            ValueError: if it would take too long.
            MemoryError: if it would not fit.
        """
        try:
            cost = self.cost
        except MemoryError as refusal:
            raise MemoryError(f"{refusal}; on this page, {self.cheaper}") from refusal
        memory = readable(float(f"{cost.memory:.2g}"))
        told = f"about {_span(cost.seconds)} and {memory}, {cost.nodes} time steps"
        if cost.seconds > PATIENCE:
            limit = f"and no march here may take more than {_span(PATIENCE)}"
            raise ValueError(f"this march would take {told}, {limit}: {self.cheaper}")
        return told


@dataclass(frozen=True, eq=False)
class MarchRun:
    """What was asked for, and the solution as far as it came.

    Attributes:
        request: what was asked for.
        solution: the solution.
        stored: whether it was made before, and came with the page.
    """

    request: MarchRequest
    solution: Dmft
    stored: bool = False

    @property
    def doubtful(self) -> bool:
        """Whether some of what was marched is not to be trusted."""
        return self.solution.trusted_until < self.solution.reached

    @property
    def doubt(self) -> str:
        """From when on and why, without the remedies of the library; empty where nothing is in doubt."""
        if not self.doubtful:
            return ""
        message = self.solution.message
        return re.sub(r" \([^)]*\)", "", message[max(message.find(_DOUBT), 0) :])


def run_march(request: MarchRequest, check: Callable[[], None]) -> Iterator[tuple[float, MarchRun]]:
    """Solve the mean-field equations of a request; where that fails, what there is is kept.

    Args:
        request: what to solve.
        check: called before every step; what it raises ends the work.

    Yields:
        What fraction is done, and all there is so far.

    Raises:
        DmftError: if the march diverges.
    """
    r = request
    arguments: dict[str, Any] = r.arguments
    try:
        # What it takes was looked at by the request's own check, which knows the page's remedies.
        for snapshot in march(
            r.setting, r.times, **arguments, eigenvalue_times=r.times, force=True, watch=check
        ):
            yield snapshot.fraction, MarchRun(r, snapshot)
    except DmftError as failure:
        if failure.partial is not None:
            yield failure.partial.fraction, MarchRun(r, failure.partial)
        raise DmftError(f"{failure}; on this page, {r.finer}", failure.partial) from failure


def _span(seconds: float) -> str:
    """A time in words, with no more digits than an estimate has."""
    if seconds < 1.5:
        return "1 s"
    if seconds < 20:
        return f"{round(seconds)} s"
    if seconds < 90:
        return f"{_ROUND * round(seconds / _ROUND)} s"
    return f"{round(seconds / 60)} min"
