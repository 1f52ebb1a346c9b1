"""``quadviz sweep``: a grid of settings, seeds and observables from a TOML file, to a store that resumes."""

from __future__ import annotations

import json as as_json
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from quadviz.cli.options import one_of, option, whole, whole_option
from quadviz.cli.output import tell, written_to

__all__ = ["EXAMPLES", "sweep"]

EXAMPLES = (
    "quadviz sweep widths.toml --dry-run",
    "quadviz sweep widths.toml --workers 2",
    "quadviz sweep widths.toml widths.zarr --out widths.nc",
)
_KINDS = ("theory", "networks", "dmft")
_MOST = 10_000


def _exported_to(text: str) -> Path:
    path = written_to(text)
    if path.suffix.lower() not in {".nc", ".csv"}:
        raise ValueError(f"the ending of --out of a sweep must be .nc or .csv, got {text!r}")
    if path.suffix.lower() == ".nc" and find_spec("h5netcdf") is None:
        raise ValueError(".nc of a sweep needs the package h5netcdf: pip install 'quadviz[sweep]'")
    return path


def _check_kind(kinds: list[str], kind: str | None, out: str | None) -> None:
    """Refuse before the night what would be refused after it."""
    if kind is not None and kind not in kinds:
        raise ValueError(f"kind must be one that the sweep has, {' or '.join(kinds)}, got {kind!r}")
    if out is not None and out.lower().endswith(".csv") and kind is None and len(kinds) > 1:
        raise ValueError(f"a .csv has one part: give --kind {' or '.join(kinds)}")


def sweep(
    file: Annotated[str, typer.Argument(metavar="FILE.toml", help="What is asked for.")],
    store: Annotated[
        str | None,
        typer.Argument(
            metavar="STORE",
            help="Folder that every cell is written to as it ends. [default: beside FILE.toml, FILE.zarr]",
            show_default=False,
        ),
    ] = None,
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
    from quadviz import sweep as sweeps  # slow to import
    from quadviz.sweep.store import Store

    count = None if workers is None else whole("workers", workers, 1, _MOST)
    asked = sweeps.Sweep.from_toml(file)
    _check_kind([part for part in _KINDS if getattr(asked, part)], kind, out)
    place = Path(file).with_suffix(".zarr") if store is None else Path(store)
    try:
        if dry_run:
            plan = sweeps.plan_sweep(asked, place, workers=count)
            print(as_json.dumps(plan.to_dict()) if json else plan)
            return 0
        # The result may be a map that memory does not hold: it stays on disk.
        sweeps.run_sweep(
            asked, place, workers=count, progress=sys.stderr.isatty(), retry_failed=retry_failed, load=False
        )
        failed = Store.open(place).counts()["cells_failed"]
        if failed:
            tell(f"quadviz sweep: {failed} cells failed; why is in {place}, --retry-failed tries them again")
        if out is not None:
            sweeps.export_sweep(place, out, kind=kind)
            tell(f"wrote {out}")
    except sweeps.SweepStoreError as refusal:
        tell(f"quadviz sweep: {refusal}")
        return 1
    except sweeps.SweepInterrupted as stopped:
        tell(f"quadviz sweep: {stopped}")
        return 130
    tell(f"the sweep is in {place}")
    return 0
