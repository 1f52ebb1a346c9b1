"""``quadviz info``: versions, folders, cores, what exports pictures, and the table of parameters."""

from __future__ import annotations

import json as as_json
import os
import platform
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from quadviz import __version__
from quadviz.cli.export import browser
from quadviz.cli.output import Json, readable_text
from quadviz.parameters import EXTENSIONS, PARAMETERS

__all__ = ["EXAMPLES", "info"]

EXAMPLES = ("quadviz info", "quadviz info --json")
_PACKAGES = ("numpy", "scipy", "plotly", "typer", "pandas", "xarray", "kaleido")


def info(json: Json = False) -> int:
    """Print versions, folders, cores, what pictures are exported by, and the table of parameters."""
    pictures = browser() if find_spec("kaleido") else None
    about: dict[str, object] = {
        "quadviz": __version__,
        "python": f"{platform.python_version()}, {platform.system()} {platform.machine()}",
        **{name: _version(name) for name in _PACKAGES},
        "folder": str(Path(__file__).parents[1]),
        "cores": os.cpu_count() or 1,
        "browser for export": browser() or "none found: svg, png and pdf need one",
        "svg, png and pdf": "yes" if pictures else "no: pip install 'quadviz[export]', and a Chromium",
    }
    table = {**PARAMETERS, **EXTENSIONS}.values()
    if json:
        columns = ("name", "symbol", "label", "meaning", "low", "high", "default", "zero_allowed")
        rows = [{column: getattr(each, column) for column in columns} for each in table]
        print(as_json.dumps({**about, "parameters": rows}, ensure_ascii=False))
        return 0
    width = max(map(len, about))
    for name, value in about.items():
        print(f"{name:<{width}}  {value}")
    names = ("option", "symbol", "default", "pages offer", "meaning")
    listed = [(f"--{p.name.replace('_', '-')}", p.symbol, p.default, p.range, p.meaning) for p in table]
    print()
    print(readable_text((names, listed)), end="")
    return 0


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"
