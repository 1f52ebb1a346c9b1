"""What an open page costs: ``python -m benchmarks.seats``.

Every page is opened by a plain client for which no kernel was waiting: by a fork, and by a fresh interpreter.
A kernel's processor time is counted from its start to the page that is built, with what the kernels say to
the client then. Memory is the proportional share, and what is the kernel's alone; both with the kernels
around it that the server keeps waiting.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median

import psutil

from benchmarks.load import dashboards
from benchmarks.load_client import Person
from quadviz.contents import PAGES

#: Seconds until a kernel waits for each page, and until what is measured is at rest.
_WARM, _REST = 60.0, 0.5


@dataclass(frozen=True)
class Cost:
    """What a page cost.

    Attributes:
        cpu: seconds of its kernel's processor.
        pss: mebibytes of its kernel, what is shared counted in shares.
        uss: those that nobody shares.
        seen: seconds from asking for the page to all its widgets.
    """

    cpu: float
    pss: float
    uss: float
    seen: float


def _kernel(server: int, name: str) -> psutil.Process:
    """The process that listens at a kernel's sockets."""
    children = psutil.Process(server).children()
    return next(c for c in children if any(name in str(s.laddr) for s in c.net_connections("unix")))


async def _cost(address: str, server: int, page: str) -> Cost:
    taking, person = Person(address, page), Person(address, page)
    await taking.arrive()  # takes the kernel that waits, if one does
    await person.arrive()
    await asyncio.sleep(_REST)
    kernel = _kernel(server, person.kernel)
    cpu, memory = kernel.cpu_times(), kernel.memory_full_info()
    for each in (taking, person):
        await each.close_tab()
    return Cost(cpu.user + cpu.system, memory.pss / 2**20, memory.uss / 2**20, person.opened[1])


def _measured(options: list[str], rounds: int) -> Iterator[tuple[str, Cost]]:
    with dashboards(["--max-pages", "0", *options]) as (address, server):
        time.sleep(_WARM)
        for page in PAGES:
            costs = [asyncio.run(_cost(address, server, page)) for _ in range(rounds)]
            fields = zip(*((c.cpu, c.pss, c.uss, c.seen) for c in costs), strict=True)
            yield page, Cost(*(median(field) for field in fields))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.seats")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    for name, ways in (("forked", []), ("fresh", ["--fresh-kernels"])):
        for page, cost in _measured(ways, options.rounds):
            print(
                f"{name:6} {PAGES[page]:16} {cost.cpu:5.2f} s of a core, {cost.pss:4.0f} MB (Pss), "
                f"{cost.uss:4.0f} MB of its own, seen after {cost.seen:.2f} s",
                flush=True,
            )


if __name__ == "__main__":
    main()
