"""The dashboards' server: Voila on the notebooks, started warm, quiet and offline."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import shutil
import signal
import socket
import sys
import time
import webbrowser
from pathlib import Path
from typing import Any

from jupyter_core.utils import run_sync
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
from tornado.httpserver import HTTPServer
from tornado.ioloop import IOLoop
from tornado.netutil import bind_sockets
from tornado.web import RedirectHandler
from tornado.websocket import WebSocketClosedError
from traitlets.config import Config
from voila.app import Voila

from quadviz.pages import PAGES

__all__ = ["reserve_port", "serve"]

FIRST_PAGE, *OTHER_PAGES = (f"{name}.ipynb" for name in PAGES)
PORTS_TRIED = 50
# Plotly imports jsonschema, which spends more than half of a kernel's start on a grammar of IRIs: an empty
# stand-in takes the place of that grammar.
QUICK_START = "import sys, types; sys.modules['rfc3987_syntax'] = types.ModuleType('rfc3987_syntax')"
#: Seconds from one look at the waiting kernels to the next.
ROUND = 3.0
#: Kernels that Voila itself is to start ahead of a visit.
_NONE_WAITING: dict[str, Any] = {"default": {"pool_size": 0}}


def notebooks() -> Path:
    """The folder of notebooks: inside an installed package, beside it in a checkout."""
    package = Path(__file__).parent
    installed = package / "notebooks"
    return installed if installed.is_dir() else package.parent / "notebooks"


def reserve_port(host: str, port: int) -> tuple[int, list[socket.socket]]:
    """Listen on the first free port from ``port`` on.

    This comes before anything else is started: a preheated kernel is told the port when it is born.

    Args:
        host: name or address to listen on.
        port: first port to try, 1 to 65535.

    Returns:
        The port and its open sockets.

    Raises:
        OSError: if the host cannot be listened on, or every port tried is in use.
    """
    candidates = range(port, min(port + PORTS_TRIED, 65536))
    for candidate in candidates:
        try:
            return candidate, bind_sockets(candidate, host)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise OSError(f"cannot listen on {host}, port {candidate}: {error.strerror}") from error
    raise OSError(f"every port from {candidates[0]} to {candidates[-1]} is in use")


class PageKernelManager(AsyncMappingKernelManager):
    """Kernels that live as long as their page.

    Jupyter's culler counts from a kernel's last activity. For a preheated kernel that may be hours ago, so
    it could take the kernel from a page that is just loading; and it spares a busy kernel nobody watches.
    Here the time counts from the round of culling that first finds the kernel without a page. Kernels that
    wait in Voila's pool are never asked about.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._alone: dict[str, float] = {}
        self._alone_before: dict[str, float] = {}

    async def start_kernel(self, **kwargs: Any) -> str:  # type: ignore[override]  # as Jupyter's own
        """Start a kernel, quickly."""
        arguments = [f"--IPKernelApp.exec_lines={QUICK_START}"]
        kernel_id: str = await super().start_kernel(extra_arguments=arguments, **kwargs)
        return kernel_id

    async def cull_kernels(self) -> None:
        """One round over all kernels; one not found alone in it starts afresh."""
        self._alone_before, self._alone = self._alone, {}
        await super().cull_kernels()

    async def cull_kernel_if_idle(self, kernel_id: str) -> None:
        """Shut the kernel down if it has had no page for ``cull_idle_timeout`` seconds."""
        if self._kernel_connections.get(kernel_id):
            return
        now = time.monotonic()
        since = self._alone_before.get(kernel_id, now)
        if now - since >= self.cull_idle_timeout:
            await self.shutdown_kernel(kernel_id, now=True)
        else:
            self._alone[kernel_id] = since


def _configuration() -> Config:
    config = Config()
    config.VoilaConfiguration = Config(
        template="quadviz",
        preheat_kernel=True,
        multi_kernel_manager_class=PageKernelManager,
        # What a page of widgets needs. Plotly's renderer of static figures alone is 5 MB of script to load.
        extension_allowlist=[
            "@jupyter-widgets/jupyterlab-manager",
            "@voila-dashboards/widgets-manager8",
            "anywidget",
        ],
    )
    # The first kernel starts alone, to be quick.
    pools = {**_NONE_WAITING, FIRST_PAGE: {"pool_size": 1}}
    config.VoilaKernelManager = Config(kernel_pools_config=pools)
    config.MappingKernelManager = Config(cull_idle_timeout=60, cull_interval=15)
    if sys.platform != "win32":
        config.KernelManager = Config(transport="ipc")  # closed to other users, unlike TCP
    return config


class Dashboards(Voila):
    """Voila on ports already open, silent but for errors and the address."""

    sockets: list[socket.socket]
    warming: asyncio.Task[None]

    def init_handlers(self) -> list[Any]:
        """Voila's handlers, with the first page in place of its file listing."""
        page = f"{self.base_url}voila/render/{FIRST_PAGE}"
        return [(self.base_url, RedirectHandler, {"url": page, "permanent": False}), *super().init_handlers()]

    def listen(self) -> None:
        """Serve until interrupted."""
        self.kernel_manager.kernel_pools_config = _NONE_WAITING
        HTTPServer(self.app).add_sockets(self.sockets)
        self.ioloop = IOLoop.current()
        signal.signal(signal.SIGINT, self._handle_signal_stop)
        self.ioloop.add_callback(self._announce)
        loop: asyncio.AbstractEventLoop = self.ioloop.asyncio_loop  # type: ignore[attr-defined]
        loop.set_exception_handler(_complain)
        self.warming = loop.create_task(self._keep_warm())
        try:
            self.ioloop.start()
        finally:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            print("Stopping.", flush=True)
            self.stop()

    def stop(self) -> None:
        """Kill the kernels; asked politely, one that is still starting fills the terminal with tracebacks."""
        self.warming.cancel()
        run_sync(self.kernel_manager.shutdown_all)(now=True)
        shutil.rmtree(self.connection_dir)

    async def _keep_warm(self) -> None:
        """Keep a kernel waiting for each page, and a second for the first, for a reload.

        They start one after another, and not while the page that took the last one is loading: a visitor has
        the machine to herself. A page asked for when no kernel waits gets one of its own, a second later.
        """
        await self._rendered(FIRST_PAGE)
        others = [(page, 1) for page in OTHER_PAGES if (notebooks() / page).exists()]
        lacked: set[tuple[str, int]] = set()
        while True:
            await asyncio.sleep(ROUND)
            manager = self.kernel_manager
            goals = [*others, (FIRST_PAGE, 1), (FIRST_PAGE, 2)]
            lacking = [(page, count) for page, count in goals if manager.get_pool_size(page) < count]
            for page, count in lacking:
                if (page, count) in lacked:
                    await self._start_one(page)
            lacked = set(lacking)

    async def _start_one(self, page: str) -> None:
        """Start a kernel for a page and wait until it has run the notebook.

        Voila would fill its pool by itself as soon as a kernel is taken, and make the next visitor wait for
        the one not yet begun. So its pools are to hold none but while one is started here.
        """
        manager = self.kernel_manager
        none = manager.kernel_pools_config
        manager.kernel_pools_config = {page: {"pool_size": manager.get_pool_size(page) + 1}}
        manager.fill_if_needed(delay=0, notebook_name=page)
        manager.kernel_pools_config = none
        await self._rendered(page)

    async def _rendered(self, page: str) -> None:
        """Wait until the kernels started for a page have run its notebook, or failed to."""
        for starting in tuple(self.kernel_manager._pools.get(page, ())):
            await asyncio.wait([starting])
            if not starting.cancelled() and starting.exception() is None:
                await asyncio.wait([starting.result()["task"]])

    async def _announce(self) -> None:
        """Give the address, and open the browser, once a kernel is on its way.

        A visitor who comes earlier would start a second kernel beside the first, and wait for both.
        """
        while FIRST_PAGE not in self.kernel_manager.notebook_data:
            await asyncio.sleep(0.05)
        print(f"The dashboards are at {self.display_url}  (Ctrl-C stops them)", flush=True)
        if self.open_browser:
            problem = await asyncio.to_thread(_open_browser, self.connection_url)
            if problem:
                print(f"{problem}; open the address yourself.", flush=True)


def _complain(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Report a failure nobody waited for, but for a message to a page that was closed while it was sent."""
    if not isinstance(context.get("exception"), WebSocketClosedError):
        loop.default_exception_handler(context)


def _open_browser(address: str) -> str | None:
    """Open the address in the person's browser; say what stood in the way, if anything."""
    screen = {"DISPLAY", "WAYLAND_DISPLAY", "BROWSER"}
    if sys.platform.startswith("linux") and not screen & os.environ.keys():
        return "There is no display to open a browser on"
    return None if webbrowser.open(address) else "No browser could be opened"


def serve(host: str, port: int, base_url: str, open_browser: bool) -> None:
    """Serve the dashboards until interrupted.

    Args:
        host: name or address to listen on.
        port: first port to try, 1 to 65535.
        base_url: path the dashboards live under, for a proxy; begins and ends with a slash.
        open_browser: whether to open the first page in a browser.

    Raises:
        OSError: if no port can be listened on.
    """
    free, sockets = reserve_port(host, port)
    if free != port:
        print(f"Port {port} is in use; taking {free}.", flush=True)
    print("Starting.", flush=True)
    # Tornado would warn that Jupyter gives a page three pings to answer one.
    logging.getLogger("tornado.general").setLevel(logging.ERROR)
    app = Dashboards(
        config=_configuration(),
        config_file_paths=[],
        log_level=logging.ERROR,
        root_dir=str(notebooks()),
        ip=host,
        port=free,
        base_url=base_url,
        open_browser=open_browser,
    )
    app.sockets = sockets
    app.initialize([])
    app.start()
