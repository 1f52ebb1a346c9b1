"""How a fork of the warmed process becomes a kernel that shares nothing with others."""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from quadviz.server.forks.bounds import adopted, cap

__all__ = ["ONE_THREAD", "Order", "become_kernel", "leave_home"]

#: What says how many threads a library uses, by the name that threadpoolctl has for it.
_THREADS = {"openblas": "OPENBLAS_NUM_THREADS", "openmp": "OMP_NUM_THREADS", "mkl": "MKL_NUM_THREADS"}
#: An environment in which linear algebra has one thread.
ONE_THREAD = dict.fromkeys(_THREADS.values(), "1")
#: What ipykernel takes for a parent that need not be watched: the system does so.
_UNWATCHED = 1


@dataclass(frozen=True)
class Order:
    """What the server asks for.

    Attributes:
        arguments: of ipykernel's command line.
        env: the environment, whole.
        cwd: the folder to work in.
        memory: mebibytes that the kernel may fill, 0 for no limit.
        server: the process that is to be its parent.
    """

    arguments: Sequence[str]
    env: Mapping[str, str]
    cwd: str
    memory: int
    server: int


def leave_home(order: Order) -> None:
    """Take this process out of the warmed one's session, and make the server its parent."""
    os.setsid()
    adopted(by=order.server)


def become_kernel(order: Order) -> None:
    """Be what ``python -m ipykernel_launcher`` is, until the kernel ends."""
    for number in (signal.SIGTERM, signal.SIGCHLD, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.clear()
    os.environ.update(order.env)
    os.chdir(order.cwd)
    cap(order.memory)
    _draw_anew()
    _let_threads(order.env)
    gc.enable()
    sys.argv = ["ipykernel_launcher", *order.arguments]
    from ipykernel.kernelapp import IPKernelApp

    # Widgets tell a kernel of themselves when they are imported, which was before there was one.
    IPKernelApp.launch_instance(
        argv=list(order.arguments), parent_handle=_UNWATCHED, extensions=["ipywidgets"]
    )


def _draw_anew() -> None:
    """Give numpy's global generator a seed of its own; Python's has one from the fork on, new ones always."""
    import numpy as np

    np.random.seed()  # noqa: NPY002 - that one is meant


def _let_threads(env: Mapping[str, str]) -> None:
    """Have linear algebra use the threads that the environment says; it looked there when it was imported."""
    wanted = {name: env[variable] for name, variable in _THREADS.items() if env.get(variable, "").isdigit()}
    if set(wanted.values()) <= {"1"}:
        return
    from threadpoolctl import ThreadpoolController

    for library in ThreadpoolController().lib_controllers:
        if number := int(wanted.get(library.internal_api, 0)):
            library.set_num_threads(number)
