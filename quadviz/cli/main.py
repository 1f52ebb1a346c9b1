"""The ``quadviz`` command: its commands put together, and how they end."""

from __future__ import annotations

import functools
import os
import sys
import warnings
from collections.abc import Callable, Sequence
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from quadviz import __version__
from quadviz.cli.commands import (
    curve,
    dashboard,
    dynamics,
    figure,
    info,
    simulate,
    spectrum,
    sweep,
    threshold,
)
from quadviz.cli.letters import say_all
from quadviz.outcome import SolveWarning

__all__ = ["app", "main"]

#: typer hands on this class of what is wrong with a command line as the base of another one only.
_UsageError: Any = typer.BadParameter.__mro__[1]


def _end_output(last: str = "") -> None:
    """Send what was printed; a reader that has had enough, as ``head`` has, is no failure."""
    try:
        print(last, end="", flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _print_help(ctx: typer.Context, _param: Any, wanted: bool) -> None:
    # typer's own would print UTF-8 to a terminal of ASCII.
    if wanted and not ctx.resilient_parsing:
        _end_output(f"{ctx.get_help()}\n")
        raise SystemExit(0)


def _print_version(wanted: bool) -> None:
    if wanted:
        _end_output(f"quadviz {__version__}\n")
        raise SystemExit(0)


class _Helped:
    """A command whose help is printed in any encoding."""

    def get_help_option(self, ctx: Any) -> Any:
        option = super().get_help_option(ctx)  # type: ignore[misc]  # that of the class it is mixed into
        if option is not None:
            option.callback = _print_help
        return option


class _Command(_Helped, TyperCommand):
    pass


class _Group(_Helped, TyperGroup):
    pass


app = typer.Typer(
    cls=_Group,
    help="The theory of wide quadratic networks: computed, trained, drawn.",
    epilog="\b\nExit status: 0 all is well, 1 a failure told on standard error,\n"
    "2 a command line that is refused, 130 stopped by Ctrl-C.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["--help", "-h"]},
)


@app.callback()
def _top(
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and stop."),
    ] = False,
) -> None:
    """What stands before every command."""


def _well_ended(name: str, command: Callable[..., int]) -> Callable[..., None]:
    """A command whose failures are told in a line each, and whose status is that of the process."""

    @functools.wraps(command)
    def run(**options: Any) -> None:
        raise typer.Exit(_status(name, functools.partial(command, **options)))

    return run


def _status(name: str, command: Callable[[], int]) -> int:
    def told(message: Warning | str, *_where: Any, **_more: Any) -> None:
        print(f"quadviz {name}: {_one_line(message)}", file=sys.stderr)

    with warnings.catch_warnings():
        warnings.simplefilter("always", SolveWarning)
        warnings.showwarning = told
        try:
            status = command()
            _end_output()
        except BrokenPipeError:
            _end_output()
            return 0
        except KeyboardInterrupt:
            return 130
        except (TypeError, ValueError, MemoryError) as refusal:
            raise typer.BadParameter(str(refusal)) from refusal
        except Exception as failure:  # noqa: BLE001 - a person is told in a line whatever went wrong
            print(f"quadviz {name}: {_one_line(failure)}", file=sys.stderr)
            return 1
    return status


def _one_line(said: object) -> str:
    return " ".join(str(said).split()) or type(said).__name__


def _add(command: Callable[..., int], examples: Sequence[str], **settings: Any) -> None:
    name = command.__name__
    epilog = "\b\nExamples:\n" + "\n".join(f"  {example}" for example in examples)
    add = app.command(name, cls=_Command, epilog=epilog, context_settings=settings)
    add(_well_ended(name, command))


_add(dashboard.dashboard, dashboard.EXAMPLES)
_add(curve.curve, curve.EXAMPLES)
_add(spectrum.spectrum, spectrum.EXAMPLES)
_add(threshold.threshold, threshold.EXAMPLES)
_add(simulate.simulate, simulate.EXAMPLES)
_add(dynamics.dynamics, dynamics.EXAMPLES)
_add(sweep.sweep, sweep.EXAMPLES)
_add(figure.figure, figure.EXAMPLES, allow_extra_args=True, ignore_unknown_options=True)
_add(info.info, info.EXAMPLES)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the ``quadviz`` command.

    Args:
        arguments: the command line after the program's name; that of the process when omitted.

    Returns:
        The exit status: 0, 1 for a failure reported on standard error, or 130 after Ctrl-C.

    Raises:
        SystemExit: for ``--help``, ``--version`` and a command line that is refused.
    """
    say_all()
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        status = app(given or ["--help"], prog_name="quadviz", standalone_mode=False)
        _end_output()
    except (KeyboardInterrupt, typer.Abort):
        return 130
    except _UsageError as refusal:
        context = getattr(refusal, "ctx", None)
        where = "quadviz" if context is None else context.command_path
        print(f"{where}: {refusal.format_message()}", file=sys.stderr)
        print(f"Try '{where} --help'.", file=sys.stderr)
        raise SystemExit(2) from None
    return int(status or 0)
