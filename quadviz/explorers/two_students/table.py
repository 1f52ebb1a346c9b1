"""What the page of two students draws, as tables, and the code that computes it."""

from __future__ import annotations

from collections.abc import Iterator

from quadviz.explorers.two_students.state import State
from quadviz.figures.two_students import NAMES
from quadviz.scenes.two_students import TwoStudents
from quadviz.tables.code import Code, assignment
from quadviz.tables.spectra import point_table
from quadviz.tables.text import Table
from quadviz.tables.tidy import STATE_COLUMNS, Row, state_rows, tidy

__all__ = ["errors_code", "errors_table", "spectra_code", "spectra_table"]


def errors_table(scene: TwoStudents) -> Table:
    """Both curves, a row for each point; ``difference`` is the mse of A less that of B, in rows of A."""

    def rows() -> Iterator[Row]:
        gaps = scene.difference.tolist()
        for number, name in enumerate(NAMES):
            for place, row in enumerate(state_rows("theory", scene.curves[number])):
                yield {**row, "student": name, **({"difference": gaps[place]} if number == 0 else {})}

    return tidy(("source", "student", *STATE_COLUMNS, "difference"), rows())


def spectra_table(scene: TwoStudents) -> Table:
    """The densities of what each learns at the marker, and the teacher's."""
    first, second = (point_table(law, view) for law, view in zip(scene.laws, scene.spectra, strict=True))
    rows = [
        [source, name, *row]
        for name, table in zip(NAMES, (first, second), strict=True)
        for source, *row in table[1]
    ]
    return ("source", "student", *first[0][1:]), rows


def errors_code(state: State) -> Code:
    """Both curves in one call."""
    ends = ", ".join(map(repr, state.seen))
    call = f"curves = learning_curve(np.linspace({ends}, 200), {_parameters(state)})"
    return Code(("learning_curve",), [call, "print((curves.mse[0] - curves.mse[1]).min())"], numpy=True)


def spectra_code(state: State) -> Code:
    """Both laws in one call."""
    call = f"laws = learned_spectrum({state.alpha!r}, {_parameters(state)})"
    return Code(("learned_spectrum",), [call, "print(laws.atom_at_zero, laws.edges.right)"])


def _parameters(state: State) -> str:
    """The parameters of both, one student a row."""
    own = {n: [[getattr(each, n)] for each in state.students] for n in ("kappa", "lam", "delta")}
    return assignment({**own, "kappa_star": state.kappa_star})
