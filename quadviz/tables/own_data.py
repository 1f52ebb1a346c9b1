"""A reader's own measurements as rows of a table that is saved."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from quadviz.files.measured import Measured

__all__ = ["OWN", "own_rows"]

#: What rows say of a reader's own measurements; those of single rows may have errors of another kind.
OWN = "own data"


def own_rows(measured: Measured | None) -> Iterator[dict[str, object]]:
    """Every point in a row, with what the file says of its setting, its errors, and what kind those are.

    Errors are standard errors, as everywhere in a table, unless the source says standard deviations.
    """
    if measured is None:
        return
    quantities = measured.experiment.quantities
    for one in measured.series:
        for at, place in enumerate(one.place.tolist()):
            row: dict[str, object] = {"source": OWN, **one.setting, **_tags(one.tags)}
            row |= {name: float(values[at]) for name, values in one.along.items()}
            row[measured.experiment.against] = place
            for r, name in enumerate(quantities):
                mean, error = float(one.mean[r, at]), float(one.error[r, at])
                if math.isfinite(mean):
                    row[name] = mean
                if math.isfinite(error):
                    row[f"{name}_error"] = error
                    if one.count[r, at] == 1 and measured.bars.get(name) == "standard deviation":
                        row["source"] = f"{OWN} (errors: standard deviations)"
            yield row


def _tags(tags: Mapping[str, str]) -> dict[str, object]:
    """What else is known, but for where the file took it from."""
    return {name: text for name, text in tags.items() if name != "source"}
