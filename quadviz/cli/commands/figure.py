"""``quadviz figure``: a figure of a page, as a file or as its numbers."""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from quadviz.cli.output import Csv, Given, Json, Out, give
from quadviz.cli.teachers import teacher_of
from quadviz.contents import FRONT, PAGES

if TYPE_CHECKING:
    from quadviz.explorers.kit.explorer import Explorer

__all__ = ["EXAMPLES", "figure"]

EXAMPLES = (
    "quadviz figure learning_curves --kappa 0.2 --out curves.html",
    "quadviz figure double_descent.width --delta 1 --csv",
    "quadviz figure spectra.learned_spectrum --alpha 0.6 --json",
)
_PAGES = [name for name in PAGES if name != FRONT]


def _complete(begun: str) -> list[str]:
    return [page for page in _PAGES if page.startswith(begun)]


def figure(
    ctx: typer.Context,
    name: Annotated[
        str,
        typer.Argument(
            metavar="PAGE[.FIGURE]",
            help=f"A figure of a page, its first when none is named. Pages: {', '.join(_PAGES)}.",
            autocompletion=_complete,
        ),
    ],
    run: Annotated[
        list[str] | None,
        typer.Option("--run", metavar="WORK", help="Long work of the page to do first, such as networks."),
    ] = None,
    data: Annotated[
        str | None,
        typer.Option(
            "--data", metavar="FILE", help="A CSV of your own to draw over it, where the page takes one."
        ),
    ] = None,
    csv: Csv = False,
    json: Json = False,
    out: Out = None,
) -> int:
    """Draw a figure of a page in any state of it: every setting of the page is an option, as in its links."""
    page, _, wanted = name.partition(".")
    if page not in _PAGES:
        raise ValueError(_unknown("page", page, _PAGES))
    kind: type[Explorer[Any]] = importlib.import_module(f"quadviz.explorers.{page}").still.__self__
    explorer = kind()
    exhibits = [exhibit.name for exhibit in explorer.exhibits()]
    shown = _figure(page, wanted, exhibits)
    if data is not None and explorer.own is None:
        raise ValueError(f"{page} draws no data of your own")
    explorer.at(data=data, **_fields(page, explorer, ctx.args))
    for work in run or ():
        if work not in explorer.bars:
            raise ValueError(_unknown(f"work of {page}", work, explorer.bars))
        explorer.bars[work].run_now()
    from quadviz.figures.marks.drawing import still

    exhibit = explorer.exhibit(shown)
    about = {"page": page, "figure": exhibit.title, "setting": asdict(explorer.state)}
    give(Given(exhibit.table(), lambda: still(exhibit.draw()), None, about), csv=csv, json=json, out=out)
    return 0


def _figure(page: str, wanted: str, exhibits: Sequence[str]) -> str:
    """The name of a figure, which may be said without its page's own."""
    for each in (wanted or exhibits[0], f"{page}_{wanted}"):
        if each in exhibits:
            return each
    raise ValueError(_unknown(f"figure of {page}", wanted, exhibits))


def _fields(page: str, explorer: Explorer[Any], texts: Sequence[str]) -> dict[str, Any]:
    """Fields of a page's state from options such as ``--kappa 0.2`` and ``--x-scale=log``."""
    from quadviz.explorers.kit.links import read_field
    from quadviz.law.spelling import spelled_teacher

    known = [field for field in asdict(explorer.state) if field != "preset"]
    values: dict[str, Any] = {}
    left = list(texts)
    while left:
        said = left.pop(0)
        option, equals, text = said.removeprefix("--").partition("=")
        field = option.replace("-", "_")
        if not said.startswith("--") or field not in known:
            raise ValueError(_unknown(f"setting of {page}", field if said.startswith("--") else said, known))
        if not equals:
            if not left:
                raise ValueError(f"--{option} needs a value")
            text = left.pop(0)
        if field == "teacher" and text.startswith("levels:"):
            # A command may name a file, where a link may not.
            text = spelled_teacher(teacher_of(text))
        values[field] = text if field == "theme" else read_field(field, text, explorer.fields.get(field))
    return values


def _unknown(what: str, said: str, known: Iterable[str]) -> str:
    listed = list(known)
    near = difflib.get_close_matches(said, listed, 1)
    meant = f"; did you mean {near[0]}?" if near else ""
    return f"there is no {what} {said!r}{meant} (there are {', '.join(listed) or 'none'})"
