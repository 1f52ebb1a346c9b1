"""``quadviz dashboard``: open the interactive pages in a browser."""

from __future__ import annotations

import re
import sys
from types import ModuleType
from typing import Annotated

import typer

from quadviz.cli.options import option, whole, whole_option

__all__ = ["EXAMPLES", "LEAST_MEMORY", "dashboard"]

#: Mebibytes without which a page does not open. Measured as its kernel counts them, after every slider was
#: moved from end to end: 347 for convergence and 326 for the others where they are forked, with what they
#: were born with; 334 for convergence, 323 for dynamics, 308 for the front page, 212 for others where fresh.
LEAST_MEMORY = 384
EXAMPLES = ("quadviz dashboard", "quadviz dashboard --port 8900 --no-browser")


def _base_url(text: str) -> str:
    path = text.strip("/")
    if not re.fullmatch(r"[\w.~@/-]*", path, re.ASCII) or "//" in path or {".", ".."} & set(path.split("/")):
        raise ValueError(
            f"base URL must be a path of letters, digits and the signs - _ . ~ @ /, got {text!r}"
        )
    return f"/{path}/" if path else "/"


def dashboard(
    port: Annotated[str, whole_option("port", "First port to try.", 1, 65535)] = "8866",
    host: Annotated[str, typer.Option("--host", help="Name or address to listen on.")] = "localhost",
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Do not open a browser.")] = False,
    base_url: Annotated[
        str, option("base_url", _base_url, "Path to serve under, behind a proxy.", "PATH")
    ] = "/",
    memory: Annotated[
        str,
        whole_option(
            "memory",
            "What the kernel of a page may fill, on Linux; 0 for no limit.",
            LEAST_MEMORY,
            1_000_000,
            zero=True,
            metavar="MB",
        ),
    ] = "2048",
    max_pages: Annotated[
        str, whole_option("max_pages", "Pages open at once; 0 for no limit.", 1, 10_000, zero=True)
    ] = "60",
    server_memory: Annotated[
        str,
        whole_option(
            "server_memory",
            "What the server itself may take before it ends, with status 70; 0 for no limit.",
            512,
            1_000_000,
            zero=True,
            metavar="MB",
        ),
    ] = "1024",
    fresh_kernels: Annotated[
        bool,
        typer.Option(
            "--fresh-kernels",
            help="Start each kernel as a new interpreter; on Linux they are forked, which is quicker.",
        ),
    ] = False,
    with_parent: Annotated[
        bool, typer.Option("--with-parent", help="End when the process that started this has ended.")
    ] = False,
) -> int:
    """Open the interactive pages in a browser."""
    # An empty stand-in for a module that compiles a grammar of IRIs, 1.7 s, when jsonschema is imported.
    sys.modules.setdefault("rfc3987_syntax", ModuleType("rfc3987_syntax"))
    from quadviz.server.app import serve  # only this command needs it, and it is slow to import even so

    serve(
        host,
        whole("port", port, 1, 65535),
        _base_url(base_url),
        open_browser=not no_browser,
        memory=whole("memory", memory, LEAST_MEMORY, 1_000_000, zero=True),
        max_pages=whole("max-pages", max_pages, 1, 10_000, zero=True),
        server_memory=whole("server-memory", server_memory, 512, 1_000_000, zero=True),
        with_parent=with_parent,
        fresh=fresh_kernels,
    )
    return 0
