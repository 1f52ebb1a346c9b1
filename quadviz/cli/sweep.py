"""``quadviz sweep``: a grid of settings, seeds and observables from a TOML file, to a store that resumes."""

from __future__ import annotations

import importlib
import json as as_json
import sys
from pathlib import Path
from typing import Annotated

import typer

from quadviz.cli.options import one_of, option, whole, whole_option
from quadviz.cli.output import tell, written_to

__all__ = ["EXAMPLES", "sweep"]

EXAMPLES = (
    "quadviz sweep grid.toml grid.zarr --dry-run",
    "quadviz sweep grid.toml grid.zarr --workers 2 --out grid.nc",
)
_KINDS = ("theory", "networks", "dmft")
_MOST = 10_000


def _exported_to(text: str) -> Path:
    path = written_to(text)
    if path.suffix.lower() not in {".nc", ".csv"}:
        raise ValueError(f"the ending of --out of a sweep must be .nc or .csv, got {text!r}")
    return path


def sweep(
    file: Annotated[str, typer.Argument(metavar="FILE.toml", help="What is asked for.")],
    store: Annotated[
        str, typer.Argument(metavar="STORE", help="Folder that every cell is written to as it ends.")
    ],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say cells, cost and disk, and start nothing.")
    ] = False,
    workers: Annotated[
        str | None, whole_option("workers", "Processes; as many as there are cores when omitted.", 1, _MOST)
    ] = None,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Compute anew what failed before.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the plan of --dry-run as JSON.")] = False,
    out: Annotated[
        str | None, option("out", _exported_to, "Write the result: .nc or .csv, a former file too.", "FILE")
    ] = None,
    kind: Annotated[
        str | None, one_of("kind", _KINDS, "Which part a .csv is of, where there are several.")
    ] = None,
) -> int:
    """Run a sweep, or go on with one: cells that are in the store are not computed again.

    Cells that fail are counted on standard error and recorded with what went wrong; the others go on.
    """
    # By its name: it is slow to import, and packages of quadviz[sweep] come with it.
    sweeps = importlib.import_module("quadviz.sweep")
    count = None if workers is None else whole("workers", workers, 1, _MOST)
    asked = sweeps.Sweep.from_toml(file)
    try:
        if dry_run:
            plan = sweeps.plan_sweep(asked, store, workers=count)
            print(as_json.dumps(plan.to_dict()) if json else plan)
            return 0
        data = sweeps.run_sweep(
            asked, store, workers=count, progress=sys.stderr.isatty(), retry_failed=retry_failed
        )
        failed = int(data.attrs.get("cells_failed", 0))
        if failed:
            tell(f"quadviz sweep: {failed} cells failed; why is in {store}, --retry-failed tries them again")
        if out is not None:
            sweeps.export_sweep(store, out, kind=kind)
            tell(f"wrote {out}")
    except sweeps.SweepStoreError as refusal:
        tell(f"quadviz sweep: {refusal}")
        return 1
    except sweeps.SweepInterrupted as stopped:
        tell(f"quadviz sweep: {stopped}")
        return 130
    tell(f"the sweep is in {store}")
    return 0
