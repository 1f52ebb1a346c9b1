"""``quadviz dashboard``: open the interactive pages in a browser."""

from __future__ import annotations

import argparse
import re
import sys
from types import ModuleType

from quadviz.cli.options import Commands, whole

__all__ = ["LEAST_MEMORY", "add"]

#: Mebibytes without which a page does not open. Measured as its kernel counts them, after every slider was
#: moved from end to end: 334 for convergence, 323 for dynamics, 308 for the front page, 212 for the others.
LEAST_MEMORY = 384


def add(commands: Commands) -> None:
    """Add the command."""
    dashboard = commands.add_parser("dashboard", help="open the interactive pages in a browser")
    dashboard.set_defaults(run=_run)
    dashboard.add_argument(
        "--port", type=whole("port", 1, 65535), default=8866, help="first port to try (default: %(default)s)"
    )
    dashboard.add_argument(
        "--host", default="localhost", help="name or address to listen on (default: %(default)s)"
    )
    dashboard.add_argument("--no-browser", action="store_true", help="do not open a browser")
    dashboard.add_argument(
        "--base-url",
        type=_base_url,
        default="/",
        help="path to serve under, behind a proxy (default: %(default)s)",
    )
    dashboard.add_argument(
        "--memory",
        type=whole("memory", LEAST_MEMORY, 1_000_000, zero=True),
        default=2048,
        metavar="MB",
        help="what the kernel of a page may fill, on Linux; 0 for no limit (default: %(default)s)",
    )
    dashboard.add_argument(
        "--max-pages",
        type=whole("max-pages", 1, 10_000, zero=True),
        default=60,
        metavar="N",
        help="pages open at once; 0 for no limit (default: %(default)s)",
    )
    dashboard.add_argument(
        "--server-memory",
        type=whole("server-memory", 512, 1_000_000, zero=True),
        default=1024,
        metavar="MB",
        help="what the server itself may take before it ends, with status 70; 0 for no limit "
        "(default: %(default)s)",
    )
    dashboard.add_argument(
        "--fresh-kernels",
        action="store_true",
        help="start each kernel as an interpreter of its own; on Linux they are forked, which is quicker",
    )
    dashboard.add_argument(
        "--with-parent", action="store_true", help="end when the process that started this has ended"
    )


def _base_url(text: str) -> str:
    path = text.strip("/")
    if not re.fullmatch(r"[\w.~@/-]*", path, re.ASCII) or "//" in path or {".", ".."} & set(path.split("/")):
        raise argparse.ArgumentTypeError(
            f"base URL must be a path of letters, digits and the signs - _ . ~ @ /, got {text!r}"
        )
    return f"/{path}/" if path else "/"


def _run(options: argparse.Namespace) -> int:
    # An empty stand-in for a module that compiles a grammar of IRIs, 1.7 s, when jsonschema is imported.
    sys.modules.setdefault("rfc3987_syntax", ModuleType("rfc3987_syntax"))
    from quadviz.server.app import serve  # only this command needs it, and it is slow to import even so

    try:
        serve(
            options.host,
            options.port,
            options.base_url,
            open_browser=not options.no_browser,
            memory=options.memory,
            max_pages=options.max_pages,
            server_memory=options.server_memory,
            with_parent=options.with_parent,
            fresh=options.fresh_kernels,
        )
    except OSError as error:
        print(f"quadviz dashboard: {error}", file=sys.stderr)
        return 1
    return 0
