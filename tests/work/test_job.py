"""Long work beside a live page: what is painted, when it ends, and in which thread."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from quadviz.setting import Setting
from quadviz.simulation.problem import sample_problem
from quadviz.simulation.simulate import train
from quadviz.work.job import Ending, Job

Check = Callable[[], None]


class Watched:
    """A job and everything it told, with the thread it told it in."""

    def __init__(self, trouble: Callable[[int], None] | None = None) -> None:
        self.painted: list[int] = []
        self.seconds: list[float] = []
        self.ends: list[tuple[Ending, Exception | None]] = []
        self.threads: set[int] = set()
        self.running_at_end: list[bool] = []
        self.trouble = trouble
        self.job: Job[int] = Job(self._paint, self._end)

    def _paint(self, payload: int, seconds: float) -> None:
        self.threads.add(threading.get_ident())
        self.painted.append(payload)
        self.seconds.append(seconds)
        if self.trouble is not None:
            self.trouble(payload)

    def _end(self, ending: Ending, failure: Exception | None) -> None:
        self.threads.add(threading.get_ident())
        self.ends.append((ending, failure))
        self.running_at_end.append(self.job.running)

    async def over(self) -> None:
        assert self.job.painter is not None
        await self.job.painter


def counting(top: int, pause: float = 0.0) -> Callable[[Check], Iterator[int]]:
    """Work that counts to ``top``."""

    def work(_check: Check) -> Iterator[int]:
        for number in range(1, top + 1):
            yield number
            time.sleep(pause)

    return work


def spinning(began: threading.Event) -> Callable[[Check], Iterator[int]]:
    """Work that yields 7 once, and then asks for ever whether it is wanted."""

    def work(check: Check) -> Iterator[int]:
        yield 7
        began.set()
        while True:
            check()
            time.sleep(1e-3)

    return work


def test_what_is_painted_grows_and_ends_with_the_last() -> None:
    watched = Watched()

    async def scene() -> None:
        watched.job.start(counting(40, pause=0.012))
        await watched.over()

    asyncio.run(scene())
    assert watched.painted == sorted(set(watched.painted))
    # Ten times a second: some are seen on the way, most are overtaken by the next.
    assert 3 <= len(watched.painted) < 40
    assert watched.painted[-1] == 40
    assert watched.ends == [(Ending.DONE, None)]
    assert watched.running_at_end == [False]
    assert watched.seconds == sorted(watched.seconds) and 0.4 < watched.seconds[-1] < 5


@pytest.mark.parametrize("pause", [0.0, 0.095, 0.1, 0.105])
def test_the_last_is_painted_however_the_end_meets_the_painter(pause: float) -> None:
    watched = Watched()

    async def scene() -> None:
        watched.job.start(counting(2, pause=pause))
        await watched.over()

    asyncio.run(scene())
    assert watched.painted[-1] == 2
    assert watched.painted.count(2) == 1


def test_work_that_gives_nothing_ends_unpainted() -> None:
    watched = Watched()

    async def scene() -> None:
        watched.job.start(counting(0))
        await watched.over()

    asyncio.run(scene())
    assert watched.painted == []
    assert watched.ends == [(Ending.DONE, None)]


def test_a_cancel_ends_a_loop_that_never_yields_and_keeps_what_there_was() -> None:
    watched, began = Watched(), threading.Event()

    async def scene() -> float:
        watched.job.start(spinning(began))
        while not began.is_set():
            await asyncio.sleep(0.001)
        # At once, so that the only thing it gave has not been painted yet.
        watched.job.cancel()
        cancelled = time.monotonic()
        await watched.over()
        return time.monotonic() - cancelled

    assert asyncio.run(scene()) < 0.5
    assert watched.painted == [7]
    assert watched.ends == [(Ending.CANCELLED, None)]


def test_a_cancel_ends_work_that_yields_but_never_asks() -> None:
    watched = Watched()

    async def scene() -> float:
        watched.job.start(counting(10_000, pause=0.01))
        await asyncio.sleep(0.15)
        watched.job.cancel()
        cancelled = time.monotonic()
        await watched.over()
        return time.monotonic() - cancelled

    assert asyncio.run(scene()) < 0.5
    assert watched.ends == [(Ending.CANCELLED, None)]
    assert 1 <= watched.painted[-1] < 100


def test_a_cancel_ends_a_real_training_in_the_middle_of_a_step() -> None:
    """The exception passes through the integrator's callbacks, which are compiled."""
    watched = Watched()
    asked: list[float] = []

    def work(check: Check) -> Iterator[int]:
        def watch() -> None:
            asked.append(time.monotonic())
            check()

        problem = sample_problem(Setting(0.7, 0.3, 0.35, lam=0.0, delta=0.5), 30, 0)
        for number, _ in enumerate(train(problem, [1e8], rtol=1e-8, watch=watch), start=1):
            yield number

    async def scene() -> float:
        watched.job.start(work)
        while len(asked) < 100:
            await asyncio.sleep(0.01)
        watched.job.cancel()
        cancelled = time.monotonic()
        await watched.over()
        # Nothing goes on behind the page's back.
        evaluations = len(asked)
        await asyncio.sleep(0.05)
        assert len(asked) == evaluations
        return time.monotonic() - cancelled

    assert asyncio.run(scene()) < 0.6
    assert watched.ends == [(Ending.CANCELLED, None)]
    assert watched.painted[-1] >= 1


def test_the_work_cannot_take_a_cancel_for_a_failure_of_its_own() -> None:
    watched, began = Watched(), threading.Event()

    def work(check: Check) -> Iterator[int]:
        try:
            yield from spinning(began)(check)
        except Exception:  # noqa: BLE001 - the point of the test
            yield 8

    async def scene() -> None:
        watched.job.start(work)
        while not began.is_set():
            await asyncio.sleep(0.001)
        watched.job.cancel()
        await watched.over()

    asyncio.run(scene())
    assert watched.painted == [7]
    assert watched.ends == [(Ending.CANCELLED, None)]


def test_a_cancelled_generator_is_closed() -> None:
    watched, began = Watched(), threading.Event()
    closed: list[bool] = []

    def work(check: Check) -> Iterator[int]:
        try:
            yield from spinning(began)(check)
        finally:
            closed.append(True)

    async def scene() -> None:
        watched.job.start(work)
        while not began.is_set():
            await asyncio.sleep(0.001)
        watched.job.cancel()
        await watched.over()

    asyncio.run(scene())
    assert closed == [True]


@pytest.mark.parametrize("failure", [ValueError("no"), MemoryError("much"), FloatingPointError("inf")])
def test_a_failure_is_told_after_what_came_before_it_is_painted(failure: Exception) -> None:
    watched = Watched()

    def work(_check: Check) -> Iterator[int]:
        yield 1
        yield 2
        raise failure

    async def scene() -> None:
        watched.job.start(work)
        await watched.over()

    asyncio.run(scene())
    assert watched.painted == [2]
    assert watched.ends == [(Ending.FAILED, failure)]


def test_work_that_cannot_even_be_made_has_failed() -> None:
    watched, failure = Watched(), TypeError("not made")

    def work(_check: Check) -> Iterator[int]:
        raise failure

    async def scene() -> None:
        watched.job.start(work)
        await watched.over()

    asyncio.run(scene())
    assert watched.ends == [(Ending.FAILED, failure)]


def test_a_picture_that_fails_ends_the_work_which_can_be_started_again() -> None:
    failure = RuntimeError("cannot be drawn")

    def trouble(_payload: int) -> None:
        if watched.trouble is trouble:
            raise failure

    watched, began = Watched(trouble), threading.Event()

    async def scene() -> None:
        watched.job.start(spinning(began))
        await watched.over()
        assert watched.ends == [(Ending.FAILED, failure)]
        watched.trouble = None
        watched.job.start(counting(3))
        await watched.over()

    asyncio.run(scene())
    assert watched.painted == [7, 3]
    assert [ending for ending, _ in watched.ends] == [Ending.FAILED, Ending.DONE]


def test_there_is_one_piece_of_work_at_a_time() -> None:
    watched, began = Watched(), threading.Event()

    async def scene() -> None:
        watched.job.start(spinning(began))
        with pytest.raises(RuntimeError, match="has not ended"):
            watched.job.start(counting(3))
        assert watched.job.running
        watched.job.cancel()
        # Told to end is not ended yet.
        with pytest.raises(RuntimeError, match="has not ended"):
            watched.job.start(counting(3))
        await watched.over()
        assert not watched.job.running
        # A cancel of nothing does not reach the next piece of work.
        watched.job.cancel()
        watched.job.start(counting(3))
        await watched.over()

    asyncio.run(scene())
    assert watched.painted == [7, 3]
    assert [ending for ending, _ in watched.ends] == [Ending.CANCELLED, Ending.DONE]


def test_without_a_loop_nothing_is_started() -> None:
    watched, began = Watched(), threading.Event()
    with pytest.raises(RuntimeError, match="no running event loop"):
        watched.job.start(spinning(began))
    assert not watched.job.running
    assert not began.wait(0.1)


def test_the_page_is_touched_from_the_loop_s_thread_alone_and_the_work_is_not() -> None:
    watched = Watched()
    workers: list[threading.Thread] = []

    def work(check: Check) -> Iterator[int]:
        workers.append(threading.current_thread())
        yield from counting(20, pause=0.02)(check)

    async def scene() -> None:
        watched.job.start(work)
        await watched.over()

    asyncio.run(scene())
    assert len(watched.painted) > 2
    assert watched.threads == {threading.get_ident()}
    (worker,) = workers
    assert worker.ident != threading.get_ident()
    # A kernel that is told to end does not wait for the work.
    assert worker.daemon
    worker.join(1)
    assert not worker.is_alive()


def test_the_loop_goes_on_while_the_work_takes_a_core() -> None:
    watched = Watched()
    gaps: list[float] = []

    def work(_check: Check) -> Iterator[int]:
        matrix = np.random.default_rng(0).standard_normal((300, 300))
        until, number = time.monotonic() + 0.8, 0
        while time.monotonic() < until:
            matrix @ matrix
            np.linalg.svd(matrix[:100])
            number += 1
            yield number

    async def scene() -> None:
        watched.job.start(work)
        last = time.monotonic()
        while watched.job.running:
            await asyncio.sleep(0.01)
            now = time.monotonic()
            gaps.append(now - last)
            last = now

    asyncio.run(scene())
    # The machine may be busy with something else: a single long gap proves nothing.
    assert np.quantile(gaps, 0.9) < 0.1
    assert len(gaps) > 20
    assert watched.painted[-1] > len(watched.painted) > 3
