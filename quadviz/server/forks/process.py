"""The warmed process: it has imported and built what pages need, and is forked for every kernel.

``python -m quadviz.server.forks.process``, with a socket to the server for its standard input. It runs one
thread and one loop, so that a fork finds no lock taken: numpy is imported with its threads off, and nothing
that makes a thread is called.

The standard library's ``multiprocessing.forkserver`` has the same idea. It listens at an address, where a
kernel could ask it for more, its forks are its own children and end up as nobody's, and what they run is
pickled. This one has a nameless pair of sockets, and hands its forks on to the server, whose children they
are like those it starts itself: the server sees them end, and they end with it.
"""

from __future__ import annotations

import gc
import importlib
import io
import json
import os
import select
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path
from types import ModuleType

from quadviz.contents import FRONT, PAGES
from quadviz.server.forks.bounds import leash
from quadviz.server.forks.child import Order, become_kernel, leave_home

__all__ = ["READY", "main"]

#: The first word to the server.
READY = {"ready": True}
#: What a kernel imports by itself.
_KERNEL = ("ipykernel.ipkernel", "ipykernel.kernelapp", "ipykernel.zmqshell", "ipykernel.debugger")


def main() -> None:
    """Serve until the server is gone; in a fork, become a kernel."""
    leash(os.getppid())
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # the server says when it is over
    line = socket.socket(fileno=os.dup(0))
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    # A collector's marks would have every child copy what it could share.
    gc.disable()
    for name in _KERNEL:
        importlib.import_module(name)
    pages = [importlib.import_module(f"quadviz.explorers.{_module(page)}") for page in PAGES]
    _tell(line, READY)
    order = _serve(line, _warm(pages))
    if order is not None:
        become_kernel(order)


def _module(page: str) -> str:
    return "gallery" if page == FRONT else page


def _warm(pages: list[ModuleType]) -> Iterator[None]:
    """Build every page once: what is imported late, and solved once, is there for all."""
    from ipywidgets import Widget

    for page in pages:
        with redirect_stdout(io.StringIO()):
            page.show()
        Widget.close_all()
        yield
    gc.collect()
    gc.freeze()


def _serve(line: socket.socket, warming: Iterator[None]) -> Order | None:
    """Fork when asked to, warm up when not; what to become in a fork, None when the server is gone."""
    warm = False
    with line, line.makefile("rb") as orders:
        while True:
            # One order at a time: the server waits for the answer.
            if not warm and not select.select([line], [], [], 0)[0]:
                warm = next(warming, "over") == "over"
                continue
            text = orders.readline()
            if not text:
                return None
            order = Order(**json.loads(text))
            answer = _fork(order)
            if answer is None:
                return order
            _tell(line, answer)


def _unfit() -> str:
    """Why this process cannot be forked, if something made it so.

    A fork has one of its threads and the locks of all. Files it has in common with it; closed behind the back
    of what opened it, one would be closed again when that ends, and by then be another.
    """
    if len(list(Path("/proc/self/task").iterdir())) > 1:
        return "it has threads"
    # The standard three, the line to the server, and the list of files itself.
    return "it has files open" if len(list(Path("/proc/self/fd").iterdir())) > 5 else ""


def _tell(line: socket.socket, word: object) -> None:
    line.sendall(json.dumps(word).encode() + b"\n")


def _fork(order: Order) -> dict[str, object] | None:
    """A kernel on its way: its process, or what went wrong; None in that process."""
    if fault := _unfit():
        return {"error": fault}
    sys.stdout.flush()
    sys.stderr.flush()
    told, tell = os.pipe()
    between = os.fork()
    if between:
        os.close(tell)
        os.waitpid(between, 0)
        pid = os.read(told, 32)
        os.close(told)
        return {"pid": int(pid)} if pid else {"error": "a fork did not come to life"}
    # Its parent ends at once, so that the server, as the next that adopts, has it.
    try:
        if os.fork():
            os._exit(0)
    except OSError:
        os._exit(1)
    leave_home(order)
    os.close(told)
    os.write(tell, str(os.getpid()).encode())
    os.close(tell)
    return None


if __name__ == "__main__":
    main()
