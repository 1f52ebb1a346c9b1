"""The ``quadviz`` command: its commands put together."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from quadviz import __version__
from quadviz.cli import curve, dashboard, simulate
from quadviz.cli.letters import say_all

__all__ = ["main", "parser"]


def parser() -> argparse.ArgumentParser:
    """What the command line is read by."""
    made = argparse.ArgumentParser(prog="quadviz", description="The theory of wide quadratic networks.")
    made.add_argument("--version", action="version", version=f"quadviz {__version__}")
    commands = made.add_subparsers(required=True, metavar="COMMAND")
    for command in (dashboard, curve, simulate):
        command.add(commands)
    return made


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the ``quadviz`` command.

    Args:
        arguments: the command line after the program's name; that of the process when omitted.

    Returns:
        The exit status: 0, or 1 for a failure reported on standard error.

    Raises:
        SystemExit: for ``--help``, ``--version`` and a command line that is refused.
    """
    say_all()
    options = parser().parse_args(arguments)
    try:
        status: int = options.run(options)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # the reader, `head` say, has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return status
