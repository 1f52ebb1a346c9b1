"""Tables as CSV and JSON, for files and for the command line."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterable, Mapping, Sequence

from quadviz.parameters import PARAMETERS
from quadviz.simulation.final import FinalState
from quadviz.simulation.simulate import Simulation

__all__ = ["Table", "csv_text", "eigenvalue_table", "final_table", "json_text", "training_table"]

#: Names of the columns, and the rows.
Table = tuple[Sequence[str], Sequence[Sequence[object]]]

_FINAL = (*PARAMETERS, "d", "seed", "trained_by")
#: A spreadsheet takes a text that begins so for a formula.
_FORMULAS = ("=", "+", "-", "@", "\t", "\r")
_OBSERVABLES = ("mse", "train_loss", "in_sample_error", "regularised_loss")


def csv_text(table: Table) -> str:
    r"""A table as CSV, numbers with all their digits.

    >>> csv_text((("seed", "mse"), [(1, 0.1), (2, float("nan"))]))
    'seed,mse\n1,0.1\n2,nan\n'
    """
    text = io.StringIO()
    names, rows = table
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([_harmless(name) for name in names])
    writer.writerows([_harmless(cell) for cell in row] for row in rows)
    return text.getvalue()


def json_text(table: Table, about: Mapping[str, object]) -> str:
    """A table as JSON: what is said about it, and its columns by name; null where a number is not finite.

    >>> json_text((("seed", "mse"), [(1, 0.1), (2, float("nan"))]), {"figure": "mse"})
    '{"figure": "mse", "columns": {"seed": [1, 2], "mse": [0.1, null]}}'
    """
    names, rows = table
    columns = zip(*rows, strict=True) if rows else ((),) * len(names)
    listed = {name: list(map(_plain, column)) for name, column in zip(names, columns, strict=True)}
    return json.dumps({**about, "columns": listed}, ensure_ascii=False, allow_nan=False)


def _harmless(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULAS) else cell


def _plain(cell: object) -> object:
    return None if isinstance(cell, float) and not math.isfinite(cell) else cell


def training_table(networks: Iterable[Simulation]) -> Table:
    """All that was observed of some networks, one row for each network and time, its setting in every row."""
    names = [*PARAMETERS, "d", "inputs", "label_noise", "teacher_weights", "seed", "time", *_OBSERVABLES]
    rows = []
    for network in networks:
        ratios = [getattr(network.setting, name) for name in PARAMETERS]
        recipe = network.recipe
        fixed = [*ratios, network.sizes.d, recipe.inputs, recipe.label_noise, recipe.weights, network.seed]
        columns = [getattr(network, name).tolist() for name in ("times", *_OBSERVABLES)]
        rows += [[*fixed, *values] for values in zip(*columns, strict=True)]
    return names, rows


def final_table(networks: Iterable[FinalState]) -> Table:
    """Networks after training, each in a row."""
    names = [*_FINAL, "mse", "train_loss", "in_sample_error", "rank"]
    return names, [[*_final(n), n.mse, n.train_loss, n.in_sample_error, n.rank] for n in networks]


def eigenvalue_table(networks: Iterable[FinalState]) -> Table:
    """Every eigenvalue of networks after training in a row, in increasing order for each of them."""
    rows = [[*_final(n), i, value] for n in networks for i, value in enumerate(n.eigenvalues.tolist())]
    return [*_FINAL, "index", "eigenvalue"], rows


def _final(network: FinalState) -> list[object]:
    """What identifies a network after training."""
    ratios = [getattr(network.setting, name) for name in PARAMETERS]
    return [*ratios, network.d, network.seed, network.trained_by]
