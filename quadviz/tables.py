"""Tables as CSV, for files and for the command line."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from quadviz.setting import PARAMETERS
from quadviz.simulation.simulate import Simulation

__all__ = ["Table", "csv_text", "training_table"]

#: Names of the columns, and the rows.
Table = tuple[Sequence[str], Sequence[Sequence[object]]]

_OBSERVABLES = ("mse", "train_loss", "in_sample_error", "regularised_loss")


def csv_text(table: Table) -> str:
    r"""A table as CSV, numbers with all their digits.

    >>> csv_text((("seed", "mse"), [(1, 0.1), (2, float("nan"))]))
    'seed,mse\n1,0.1\n2,nan\n'
    """
    text = io.StringIO()
    names, rows = table
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    writer.writerows(rows)
    return text.getvalue()


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
