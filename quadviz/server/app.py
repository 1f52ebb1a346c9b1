"""The dashboards' server: Voila on the notebooks, started warm, quiet and offline, and within limits."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import shutil
import signal
import socket
import sys
import webbrowser
from pathlib import Path
from types import FrameType
from typing import Any

import psutil
from jupyter_core.utils import run_sync
from tornado.httpserver import HTTPServer
from tornado.ioloop import IOLoop
from tornado.netutil import bind_sockets
from tornado.web import StaticFileHandler
from tornado.websocket import WebSocketClosedError
from traitlets.config import Config
from voila.app import Voila

from quadviz.contents import PAGES
from quadviz.explorers.live.plotly_source import ADDRESS, FILE, FOLDER, plotly_address, plotly_source
from quadviz.server.client import PromptClient
from quadviz.server.handlers import HEADERS, MissingHandler, guarded, redirect
from quadviz.server.interpreter import OwnInterpreter
from quadviz.server.kernels import PageKernelManager
from quadviz.server.parts import find_parts
from quadviz.server.rendering import compile_once
from quadviz.server.warm import NONE_WAITING, keep_warm
from quadviz.server.watchdog import Watchdog, prepare, starter

__all__ = ["notebooks", "reserve_port", "serve"]

FIRST_PAGE, *OTHER_PAGES = (f"{name}.ipynb" for name in PAGES)
PORTS_TRIED = 50
_ENDINGS = (signal.SIGINT, signal.SIGTERM)
#: Bytes of a request's body: the largest there is says goodbye, in 150.
_BODY = 64 * 1024
#: Bytes of a message on a page's channel. A slider's move takes 500, a reader's file a million at most.
_MESSAGE = 1024 * 1024


def notebooks() -> Path:
    """The folder of notebooks: inside an installed package, beside it in a checkout."""
    package = Path(__file__).parents[1]
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


def _configuration(memory: int, max_pages: int, fresh: bool = False) -> Config:
    config = Config()
    config.VoilaConfiguration = Config(
        template="quadviz",
        # Of templates there is this one; whoever asks for another would have it looked for among the files.
        allow_template_override="NOTEBOOK",
        preheat_kernel=True,
        page_config_hook=_page_config,
        multi_kernel_manager_class=PageKernelManager,
        kernel_spec_manager_class=OwnInterpreter,
        # Seconds until a page that starts hears whether its kernel is well.
        http_keep_alive_timeout=2,
        # What an error is the template is told, and says in words for viewers.
        show_tracebacks=True,
    )
    # The first kernel starts alone, to be quick.
    pools = {**NONE_WAITING, FIRST_PAGE: {"pool_size": 1}}
    config.VoilaKernelManager = Config(kernel_pools_config=pools)
    # Seconds. On a busy machine the notebook's client would go on without what it had not seen after four,
    # and leave a page without its widgets.
    config.VoilaExecutor = Config(iopub_timeout=120, startup_timeout=120)
    config.PageKernelManager = Config(memory=memory, max_pages=max_pages, fresh=fresh)
    config.MappingKernelManager = Config(cull_idle_timeout=60, cull_interval=15, allow_tracebacks=False)
    # A blank kernel in the place of one that died would leave a page that looks well and does nothing.
    config.KernelRestarter = Config(restart_limit=0, time_to_dead=1.0)
    config.KernelManager = Config(client_class=f"{PromptClient.__module__}.{PromptClient.__name__}")
    if sys.platform != "win32":
        config.KernelManager.transport = "ipc"  # closed to other users, unlike TCP
    return config


def _page_config(page_config: dict[str, Any], **_about: Any) -> dict[str, Any]:
    """What the template is told: to fetch plotly before a figure asks for it, to keep errors to itself."""
    return {**page_config, "quadvizPlotly": os.environ[ADDRESS], "quadvizReticent": True}


def _plotly_rule(base_url: str) -> tuple[str, type[StaticFileHandler], dict[str, Any]]:
    """What answers requests for plotly."""
    return f"{base_url}{FOLDER}({FILE})", StaticFileHandler, {"path": str(plotly_source().parent)}


class Dashboards(Voila):
    """Voila on ports already open, silent but for errors and the address."""

    sockets: list[socket.socket]
    warming: asyncio.Task[None] | None = None
    ioloop: IOLoop | None = None
    #: Mebibytes that the server itself may take, and the process that it ends with.
    own_memory: int = 0
    parent_process: psutil.Process | None = None
    watchdog: Watchdog | None = None

    def init_settings(self) -> dict[str, Any]:
        """Voila's settings, with limits."""
        settings: dict[str, Any] = super().init_settings()
        return {
            **settings,
            "headers": dict(HEADERS),
            "default_handler_class": MissingHandler,
            "websocket_max_message_size": _MESSAGE,
            # Milliseconds. A page that went without a word, its network lost, is noticed in 40 s, not in 120.
            "ws_ping_interval": 10_000,
            "ws_ping_timeout": 30_000,
        }

    def init_handlers(self) -> list[Any]:
        """Of Voila's handlers those that a page needs, with the first page in place of its file listing."""
        page = f"{self.base_url}voila/render/{FIRST_PAGE}"
        rules = [
            redirect(self.base_url, page),
            *guarded([*super().init_handlers(), _plotly_rule(self.base_url)]),
        ]
        if self.base_url != "/":
            # A proxy may take the base URL off, or leave it on.
            self.server_url = "/"
            rules += [
                redirect(self.base_url[:-1], page),
                redirect("/", page),
                *guarded([*super().init_handlers(), _plotly_rule("/")]),
            ]
            self.server_url = self.base_url
        return rules

    def listen(self) -> None:
        """Serve until interrupted, or told to end."""
        self.kernel_manager.kernel_pools_config = NONE_WAITING
        HTTPServer(self.app, xheaders=True, max_body_size=_BODY).add_sockets(self.sockets)
        self.ioloop = IOLoop.current()
        for ending in _ENDINGS:
            signal.signal(ending, self._handle_signal_stop)
        self.ioloop.add_callback(self._announce)
        loop: asyncio.AbstractEventLoop = self.ioloop.asyncio_loop  # type: ignore[attr-defined]  # not all have one
        loop.set_exception_handler(_complain)
        prepare()
        self.watchdog = Watchdog(
            loop, memory=self.own_memory, parent=self.parent_process, clear=self._clear_files
        )
        self.watchdog.start()
        others = [page for page in OTHER_PAGES if (notebooks() / page).exists()]
        self.warming = loop.create_task(keep_warm(self.kernel_manager, FIRST_PAGE, others))
        try:
            self.ioloop.start()
        finally:
            for ending in _ENDINGS:
                signal.signal(ending, signal.SIG_IGN)
            print("Stopping.", flush=True)
            self.stop()

    def _handle_signal_stop(self, sig: int, frame: FrameType | None) -> None:
        """Stop the loop, or where there is none yet, the process."""
        if self.ioloop is None:
            sys.exit(0)
        super()._handle_signal_stop(sig, frame)

    def stop(self) -> None:
        """Kill the kernels; asked politely, one that is still starting fills the terminal with tracebacks."""
        if self.watchdog:
            self.watchdog.stop()
        if self.warming:
            self.warming.cancel()
        run_sync(self.kernel_manager.end)()
        self._clear_files()

    def _clear_files(self) -> None:
        """Remove the folder of the kernels' connections; one that is ending may still write to it."""
        shutil.rmtree(self.connection_dir, ignore_errors=True)

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


def serve(
    host: str,
    port: int,
    base_url: str,
    open_browser: bool,
    memory: int = 0,
    max_pages: int = 0,
    server_memory: int = 0,
    with_parent: bool = False,
    fresh: bool = False,
) -> None:
    """Serve the dashboards until interrupted.

    Args:
        host: name or address to listen on.
        port: first port to try, 1 to 65535.
        base_url: path the dashboards live under, for a proxy; begins and ends with a slash.
        open_browser: whether to open the first page in a browser.
        memory: mebibytes that the kernel of a page may fill, where the system can limit that; 0 for no limit.
        max_pages: how many pages may be open at once; 0 for no limit.
        server_memory: mebibytes that the server itself may take before it ends; 0 for no limit.
        with_parent: whether to end when the process that started this one has ended.
        fresh: whether to start kernels as fresh interpreters where they could be forked.

    Raises:
        OSError: if no port can be listened on, or a part of the pages is not installed.
    """
    parent = starter() if with_parent else None
    find_parts()
    compile_once()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    free, sockets = reserve_port(host, port)
    if free != port:
        print(f"Port {port} is in use; taking {free}.", flush=True)
    print("Starting.", flush=True)
    os.environ[ADDRESS] = plotly_address(base_url)
    # Tornado would warn that Jupyter gives a page three pings to answer one, and of every address mistyped
    # and every network lost.
    for name in ("general", "access", "application"):
        logging.getLogger(f"tornado.{name}").setLevel(logging.ERROR)
    app = Dashboards(
        config=_configuration(memory, max_pages, fresh),
        config_file_paths=[],
        log_level=logging.ERROR,
        root_dir=str(notebooks()),
        ip=host,
        port=free,
        base_url=base_url,
        open_browser=open_browser,
    )
    app.sockets = sockets
    app.own_memory, app.parent_process = server_memory, parent
    app.initialize([])
    app.start()
