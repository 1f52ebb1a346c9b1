"""What the dashboards' server answers: pages, what they load, their kernels' channels, and nothing else."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from contextlib import suppress
from http import HTTPStatus
from pathlib import Path
from typing import Any

from jupyter_server.base.handlers import FileFindHandler, JupyterHandler
from jupyter_server.services.kernels.handlers import KernelHandler
from jupyterlab_server.themes_handler import ThemesHandler
from tornado.web import HTTPError, RedirectHandler, RequestHandler, StaticFileHandler, authenticated
from tornado.websocket import WebSocketClosedError
from voila.request_info_handler import RequestInfoSocketHandler
from voila.shutdown_kernel_handler import VoilaShutdownKernelHandler
from voila.static_file_handler import MultiStaticFileHandler, TemplateStaticFileHandler
from voila.tornado.handler import TornadoVoilaHandler
from voila.tornado.kernel_websocket_handler import VoilaKernelWebsocketHandler

from quadviz.server.kernels import VISIT, PageKernelManager, Visit
from quadviz.server.messages import PROTOCOL, whole

__all__ = ["HEADERS", "MissingHandler", "PageHandler", "guarded", "redirect"]

#: Courses show pages inside their own, so any site may frame them.
HEADERS: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Content-Security-Policy": "frame-ancestors *; object-src 'none'; base-uri 'self'",
}
#: Seconds until a visitor who found no seat is let try again.
RETRY = 30
_THEMES = {b"light", b"dark", b"JupyterLab Light", b"JupyterLab Dark"}
_PAGE = re.compile(r"[\w-]+\.ipynb", re.ASCII)
_STATIC = re.compile(r"[\w-]+/static/.+", re.ASCII)
_NOTICES = {
    404: ("There is no such page", "The address may have been mistyped."),
    503: ("All seats are taken", "Try again in a minute; this page does so by itself."),
}
_REFUSED = ("This cannot be answered", "The address may have been mistyped.")
#: Ends a page in place of what is missing of it; the template says the rest.
_CUT_SHORT = "<script>window.quadviz.failed({reason});</script></body></html>"
_FAILED = ("Something went wrong", "Try again; if it happens again, tell whoever runs these pages.")


class _Reticent(RequestHandler):
    """Refusals that say no more than a viewer needs to know, whichever handler they come from."""

    def write_error(self, status_code: int, **_details: Any) -> None:
        """A notice in plain words, without path, traceback or a message made for somebody else."""
        self.notice(status_code)

    def notice(self, status_code: int) -> None:
        """Answer with a notice in place of a page."""
        title, advice = _NOTICES.get(status_code, _REFUSED if status_code < 500 else _FAILED)
        self.set_status(status_code, HTTPStatus(status_code).phrase)
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.set_header("Cache-Control", "no-store")
        seconds = RETRY if status_code == HTTPStatus.SERVICE_UNAVAILABLE else 0
        if seconds:
            self.set_header("Retry-After", str(seconds))
        template = self.settings["voila_jinja2_env"].get_template("notice.html")
        home = self.settings["base_url"]
        self.finish(template.render(title=title, advice=advice, seconds=seconds, base_url=home))


class _Guarded(_Reticent):
    """Answers, refusals or not, with the headers that keep a page to itself."""

    def set_default_headers(self) -> None:
        """The headers of every answer."""
        super().set_default_headers()
        self.clear_header("Server")
        for name, value in HEADERS.items():
            self.set_header(name, value)


class PageHandler(_Guarded, TornadoVoilaHandler):  # type: ignore[misc]  # Voila has no types
    """A page, if there are a page of this name and a seat."""

    kernel_manager: PageKernelManager

    async def prepare(self) -> None:
        """Leave of the arguments what Voila may act on."""
        self.request.arguments.pop("template", None)
        if not set(self.request.arguments.get("theme", ())) <= _THEMES:
            del self.request.arguments["theme"]
        self._visit = Visit()
        await super().prepare()  # type: ignore[misc]  # a coroutine as Jupyter's own

    @authenticated
    async def get(self, path: str) -> None:
        """Send the page as it grows."""
        if not self._answerable(path):
            return
        now, patience = asyncio.get_running_loop().time, self.kernel_manager.patience
        try:
            async with asyncio.timeout(patience) as limit:
                async for html in self.get_generator(path=path):
                    # Voila would send signs of life all the same, for ever.
                    if self._visit.hopeless:
                        self.write(_CUT_SHORT.format(reason=""))
                        break
                    self.write(html)
                    self.flush()
                    if not limit.expired():
                        limit.reschedule(self._visit.due or now() + patience)
        except TimeoutError:
            self.kernel_manager.give_up(self._visit.kernel_id)
            if not self._headers_written:
                raise
            self.log.error("%s was given up: its kernel was silent for %g s", path, patience)
            self.write(_CUT_SHORT.format(reason="'silent'"))
        except Exception:
            # What has been sent of the page shows that it starts.
            if not self._headers_written:
                raise
            self.log.exception("%s was cut short", path)
            self.write(_CUT_SHORT.format(reason=""))
        finally:
            self._visit.end()

    @authenticated
    async def head(self, path: str) -> None:
        """Say what a visitor would be answered, without a kernel."""
        self._visit.end()
        if self._answerable(path):
            self.set_header("Content-Type", "text/html; charset=utf-8")
            self.finish()

    def _answerable(self, path: str) -> bool:
        """Whether there is such a page, and a seat; where there is none the visitor is told."""
        notebooks = Path(self.settings["contents_manager"].root_dir)
        if not _PAGE.fullmatch(path) or not (notebooks / path).is_file():
            raise HTTPError(HTTPStatus.NOT_FOUND)
        if self.kernel_manager.full:
            self.notice(HTTPStatus.SERVICE_UNAVAILABLE)
            return False
        return True

    def should_use_rendered_notebook(self, *arguments: Any) -> bool:
        """Whether a kernel is waiting; where none is, the visitor joins the queue for one."""
        ready: bool = super().should_use_rendered_notebook(*arguments)
        if not ready:
            VISIT.set(self._visit)
        return ready

    def on_connection_close(self) -> None:
        """Leave the queue with a visitor who has left."""
        super().on_connection_close()
        self._visit.end(gone=True)


class _RequestInfoHandler(RequestInfoSocketHandler):  # type: ignore[misc]  # as above
    """Tells a kernel what its page was asked for, and that kernel only.

    Voila's own takes whoever comes last for the kernel, and when that one leaves, may forget another; and
    what it kept for a kernel that came late it tells whoever comes after.
    """

    def open(self, kernel_id: str) -> None:
        """Let in the kernel, which is the first to ask, and asks before its page is seen."""
        self._kernel_id = kernel_id
        kernels = self.settings["kernel_manager"]
        if kernel_id in self._waiters or kernel_id not in kernels or kernels.watched(kernel_id):
            self.close()
        else:
            super().open(kernel_id)
            self._cache.pop(kernel_id, None)

    def on_message(self, _message: str | bytes) -> None:
        """There is nothing to be told."""
        self.close()

    def on_close(self) -> None:
        """Forget this kernel."""
        if self._waiters.get(self._kernel_id) is self:
            del self._waiters[self._kernel_id]


class _ChannelsHandler(_Reticent, VoilaKernelWebsocketHandler):  # type: ignore[misc]  # as above
    """A page's line to its kernel, in the one protocol that pages speak.

    Jupyter and Voila believe a message that says how many parts it has: a wrong one, or one of the older
    protocol, would keep the whole server counting for ever.
    """

    async def get(self, kernel_id: str) -> None:
        """Open the line."""
        offered = self.request.headers.get("Sec-WebSocket-Protocol", "")
        if PROTOCOL not in (one.strip() for one in offered.split(",")):
            raise HTTPError(HTTPStatus.BAD_REQUEST)
        await super().get(kernel_id)  # type: ignore[misc]  # a coroutine as Jupyter's own

    def write_message(self, message: str | bytes | dict[str, Any], binary: bool = False) -> Any:
        """Send what the kernel says, to whoever is still there.

        Where nobody is, the protocol is not known either: Jupyter packs a message with buffers in its old
        format then, and Voila reads the first bytes of that as a number of parts, some 10^17, and counts.
        """
        if self.ws_connection is None or not (isinstance(message, bytes) and whole(message)):
            return None
        with suppress(WebSocketClosedError):
            return super().write_message(message, binary)
        return None

    def on_message(self, ws_message: str | bytes) -> None:
        """Pass a message on; whoever sends what is none is hung up on."""
        try:
            if isinstance(ws_message, str) or not whole(ws_message):
                raise ValueError("no message of this protocol")
            super().on_message(ws_message)
        except (AssertionError, LookupError, TypeError, ValueError):
            self.close()


class _TemplateFileHandler(_Guarded, TemplateStaticFileHandler):  # type: ignore[misc]  # as above
    """Files of templates; Voila's own stumbles over what is not the name of one."""

    def parse_url_path(self, url_path: str) -> str:
        """The name of a file."""
        if not _STATIC.fullmatch(url_path) or ".." in url_path:
            raise HTTPError(HTTPStatus.NOT_FOUND)
        name: str = super().parse_url_path(url_path)
        return name


class MissingHandler(_Guarded, JupyterHandler):
    """Whatever else is asked for."""

    async def prepare(self) -> None:  # type: ignore[override]  # as Jupyter's own
        """Nothing here."""
        raise HTTPError(HTTPStatus.NOT_FOUND)


def _made(manner: type[RequestHandler], handler: type[RequestHandler]) -> type[RequestHandler]:
    return type(f"{manner.__name__}{handler.__name__}", (manner, handler), {})


class _Redirect(_Guarded, RedirectHandler):
    """The way to the first page."""

    def head(self, *_parts: str) -> None:
        """As for who wants to see it."""
        self.get()


#: What Voila serves and a page needs. Voila also lists folders, gives files and logs in and out.
_SERVED: Mapping[type[RequestHandler], type[RequestHandler]] = {
    TornadoVoilaHandler: PageHandler,
    RequestInfoSocketHandler: _RequestInfoHandler,
    TemplateStaticFileHandler: _TemplateFileHandler,
    VoilaKernelWebsocketHandler: _ChannelsHandler,
    **{
        handler: _made(_Guarded, handler)
        for handler in (
            KernelHandler,
            VoilaShutdownKernelHandler,
            MultiStaticFileHandler,
            FileFindHandler,
            StaticFileHandler,
            ThemesHandler,
        )
    },
}


def guarded(rules: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Of Voila's rules those that a page needs, each with a handler that is on its guard."""
    return [(pattern, _SERVED[handler], *rest) for pattern, handler, *rest in rules if handler in _SERVED]


def redirect(pattern: str, address: str) -> tuple[Any, ...]:
    """The rule that sends a visitor on."""
    return pattern, _Redirect, {"url": address, "permanent": False}
