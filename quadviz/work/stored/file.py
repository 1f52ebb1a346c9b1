"""A stored file: arrays, and in words what they are of and what made them."""

from __future__ import annotations

import json
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["about_stored", "read", "shipped", "write"]


def shipped(name: str) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """A file beside this module: what it says of itself, and its arrays."""
    with as_file(files("quadviz.work.stored").joinpath(name)) as place:
        return read(place)


def about_stored(name: str) -> dict[str, Any]:
    """What a file beside this module says of itself: the request, what made it, and more."""
    return shipped(name)[0]


def read(place: Path) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """What a file says of itself, and its arrays."""
    with np.load(place) as stored:
        arrays = dict(stored)
    return json.loads(str(arrays.pop("about"))), arrays


def write(place: Path, about: dict[str, Any], arrays: dict[str, Any]) -> None:
    """Write a file, which says by what and by which version it was made."""
    from quadviz import __version__

    about = {"made by": "python -m benchmarks.stored", "quadviz": __version__, **about}
    place.parent.mkdir(exist_ok=True)
    told = np.array(json.dumps(about, ensure_ascii=False))
    np.savez_compressed(place, about=told, **arrays)
