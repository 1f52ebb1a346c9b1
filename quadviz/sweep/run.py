"""Running a sweep: units go to an executor, outcomes to disk as they come, and what is there stays."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, CancelledError, Executor, Future, wait
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from quadviz.checks import shown, whole_number
from quadviz.sweep.cells import Index, Outcome, do_unit, failed, versions
from quadviz.sweep.dataset import dataset
from quadviz.sweep.errors import SweepInterrupted, SweepSpecError, SweepStopped, library
from quadviz.sweep.layout import layouts
from quadviz.sweep.local import LocalWorkers
from quadviz.sweep.lock import locked
from quadviz.sweep.spec import Sweep
from quadviz.sweep.store import Store

__all__ = ["run_sweep"]

Key = tuple[str, Index]
#: Units in flight: so many to a worker, and with an executor that does not say how many workers it has.
_EACH, _MANY = 2, 64
#: How often workers may die with a unit in hand before it is tried alone.
_STRIKES = 2


def run_sweep(
    spec: Sweep,
    store: str | os.PathLike[str],
    *,
    executor: Executor | None = None,
    workers: int | None = None,
    progress: bool = False,
    retry_failed: bool = False,
    load: bool = True,
) -> Any:
    """Run a sweep, or go on with it: what is in the store is never computed again.

    Each unit of work (some thousands of settings of theory, one network, one march) lands on disk as it ends.
    Killed at any moment, a sweep loses what was in flight; run again, it goes on, and the result is the same
    to the last bit, whatever the order and the workers. Networks draw from seeds made of their own values.

    Args:
        spec: what is asked for.
        store: a folder for the cells, made where there is none.
        executor: anything with the interface of :class:`concurrent.futures.Executor`, such as dask's
            ``client.get_executor()``; local processes when omitted.
        workers: how many local processes, or how many workers the executor has; as many as there are cores
            when omitted.
        progress: True shows a bar.
        retry_failed: True does the cells that failed once more.
        load: False leaves a map that memory may not hold on disk, for :func:`quadviz.export_sweep`.

    Returns:
        An :class:`xarray.Dataset` of the shape of the grid: settings along named dimensions, observables, a
        status for every one, the errors of cells that failed, and where it all comes from; None unless it is
        to be loaded.

    Raises:
        TypeError: if an argument is of the wrong kind.
        ImportError: if a package is missing; says how to get it.
        SweepStoreError: if the store is of another sweep or version, or in use.
        SweepStopped: if the disk is full, or the executor is gone; what is done is safe.
        SweepInterrupted: at Ctrl-C, likewise.

    >>> import tempfile
    >>> spec = Sweep(grid={"kappa": [0.5, 1.0], "kappa_star": 0.3}, theory=["recovery_alpha"])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     data = run_sweep(spec, folder + "/store", workers=1)
    >>> data.recovery_alpha.round(4).values.tolist()
    [0.327, 0.3272]
    """
    if not isinstance(spec, Sweep):
        raise SweepSpecError(f"spec must be a quadviz.Sweep, got {shown(spec)}")
    if executor is not None and not isinstance(executor, Executor):
        raise TypeError(f"executor must be a concurrent.futures.Executor, got {shown(executor)}")
    count = None if workers is None else whole_number("workers", workers, 1)
    for name in ("xarray", "zarr"):
        library(name)
    with locked(Path(store)):
        try:
            place = Store.for_sweep(store, spec)
            place.tidy()
        except OSError as error:
            total = sum(layout.units for layout in layouts(spec).values())
            raise SweepStopped(f"cannot write ({error})", 0, total, str(store)) from error
        left = _left(place, retry_failed)
        _Run(place, left, progress).go(executor, count)
        return dataset(place) if load else None


def _left(store: Store, retry_failed: bool) -> list[Key]:
    """Units that are to be done: those not there, and those that lost their checksum."""
    left: list[Key] = []
    for kind, layout in store.layouts.items():
        there, failing, unsound = store.done(kind), store.failing(kind), store.unsound(kind)
        again = unsound | failing if retry_failed else unsound
        for index in layout.indices():
            if index in there and index not in again:
                continue
            if index in there or index in failing:
                store.drop(kind, index)
            left.append((kind, index))
    return left


class _Run:
    """One run: what is left, what is in flight, and what became of it."""

    def __init__(self, store: Store, left: list[Key], progress: bool) -> None:
        self.store, self.waiting, self.progress = store, left[::-1], progress
        self.total = sum(layout.units for layout in store.layouts.values())
        self.done = self.total - len(left)
        self.flying: dict[Future[Outcome], Key] = {}
        self.strikes: dict[Key, int] = {}

    def go(self, executor: Executor | None, workers: int | None) -> None:
        """Do all that is left."""
        if not self.waiting:
            return
        with self._crew(executor, workers) as (crew, most):
            try:
                with _bar(self.progress, self.total, self.done) as bar:
                    self._work(crew, most, bar)
            except KeyboardInterrupt as pressed:
                raise SweepInterrupted(
                    f"interrupted, with {len(self.flying)} units in flight, which are lost", *self._so_far()
                ) from pressed
            finally:
                for future in self.flying:
                    future.cancel()

    @contextmanager
    def _crew(self, executor: Executor | None, workers: int | None) -> Iterator[tuple[Any, int]]:
        if executor is not None:
            yield executor, _EACH * workers if workers else _MANY
            return
        count = min(workers or os.cpu_count() or 1, len(self.waiting))
        with LocalWorkers(count) as local:
            yield local, _EACH * count

    def _work(self, crew: Any, most: int, bar: Any) -> None:
        while self.waiting or self.flying:
            self._launch(crew, most)
            ended, _ = wait(self.flying, return_when=FIRST_COMPLETED)
            broken: BaseException | None = None
            for future in ended:
                key = self.flying.pop(future)
                try:
                    outcome = future.result()
                except BrokenExecutor as error:
                    self._struck(key)
                    broken = error
                    continue
                except CancelledError as error:
                    raise self._stopped("the executor gave its work up") from error
                except Exception as error:
                    kind = type(error).__name__
                    if kind != "KilledWorker":  # dask's: workers died with it, again and again
                        raise self._stopped(f"a worker could not work ({kind}: {error})") from error
                    outcome = failed(self._unit(key), f"its worker was killed: {error}")
                self._land(outcome)
                bar.update(1)
            if broken is not None:
                self._mend(crew, broken, bar)

    def _launch(self, crew: Any, most: int) -> None:
        """As much as may be in flight; what workers died with twice flies alone."""
        while self.waiting and len(self.flying) < most:
            suspect = self.strikes.get(self.waiting[-1], 0) >= _STRIKES
            alone = any(self.strikes.get(key, 0) >= _STRIKES for key in self.flying.values())
            if self.flying and (suspect or alone):
                return
            key = self.waiting.pop()
            try:
                self.flying[crew.submit(do_unit, self._unit(key))] = key
            except BrokenExecutor as error:
                self.waiting.append(key)
                if not isinstance(crew, LocalWorkers):
                    raise self._stopped(f"the executor broke ({error})") from error
                if not self.flying:
                    self._renew(crew)
                return
            except RuntimeError as error:  # shut down, or its scheduler is gone
                self.waiting.append(key)
                raise self._stopped(f"the executor takes no work ({error})") from error

    def _struck(self, key: Key) -> None:
        self.strikes[key] = self.strikes.get(key, 0) + 1
        self.waiting.append(key)

    def _mend(self, crew: Any, broken: BaseException, bar: Any) -> None:
        """A worker died and took the pool with it: all in flight goes back, but what flew alone failed."""
        if not isinstance(crew, LocalWorkers):
            raise self._stopped(f"the executor broke ({broken})") from broken
        for future in wait(self.flying)[0]:
            key = self.flying.pop(future)
            if future.exception() is None:
                self._land(future.result())
                bar.update(1)
            else:
                self._struck(key)
        self._renew(crew)
        for key in [key for key in self.waiting if self.strikes.get(key, 0) > _STRIKES]:
            self.waiting.remove(key)
            why = f"its worker was killed, {self.strikes[key]} times: {broken}"
            self._land(failed(self._unit(key), why))
            bar.update(1)
        # What workers died with waits until the rest is done.
        self.waiting.sort(key=lambda key: -self.strikes.get(key, 0))

    def _renew(self, crew: LocalWorkers) -> None:
        """A new pool, which is seen to work: else it is no fault of a cell that workers die."""
        crew.renew()
        try:
            crew.submit(versions).result()
        except BrokenExecutor as error:
            raise self._stopped(f"workers die as they begin ({error})") from error

    def _unit(self, key: Key) -> Any:
        kind, index = key
        return self.store.layouts[kind].unit(index)

    def _land(self, outcome: Outcome) -> None:
        other = {n: v for n, v in outcome.versions.items() if n != "python" and versions()[n] != v}
        if other:
            name, there = next(iter(other.items()))
            raise self._stopped(f"a worker has {name} {there}, and this is {versions()[name]}")
        try:
            self.store.write(outcome)
        except OSError as error:
            raise self._stopped(f"cannot write ({error})") from error
        self.done += 1

    def _so_far(self) -> tuple[int, int, str]:
        return self.done, self.total, str(self.store.path)

    def _stopped(self, why: str) -> SweepStopped:
        return SweepStopped(why, *self._so_far())


@contextmanager
def _bar(shown: bool, total: int, done: int) -> Iterator[Any]:
    from tqdm.auto import tqdm  # not needed to import quadviz

    with tqdm(total=total, initial=done, desc="sweep", unit="", disable=not shown) as bar:
        yield bar
