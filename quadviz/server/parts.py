"""Where the parts of a page lie that Jupyter serves: found beside the packages that brought them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from jupyter_core.paths import jupyter_path

__all__ = ["find_parts"]

#: What a page needs, under a folder of Jupyter's, and the package that brings it.
_PARTS = {
    "voila/templates/quadviz/index.html.j2": "quadviz",
    "voila/templates/lab/index.html.j2": "voila",
    "nbconvert/templates/lab/index.html.j2": "nbconvert",
    "voila/labextensions/@voila-dashboards/widgets-manager8/package.json": "voila",
    "labextensions/@jupyter-widgets/jupyterlab-manager/package.json": "jupyterlab_widgets",
    "labextensions/anywidget/package.json": "anywidget",
}


def find_parts() -> None:
    """Have Jupyter look where the parts of a page are, by ``JUPYTER_PATH``.

    It looks under ``sys.prefix`` and in the home folder. Installed with ``pip install --target``, or found by
    ``PYTHONPATH``, a package has its files elsewhere: in ``share/jupyter`` beside its modules, or where its
    list of files says.

    Raises:
        OSError: if a part is nowhere.
    """
    for part, package in _PARTS.items():
        places = [Path(place) for place in jupyter_path()]
        # Of quadviz's own, another copy may be of another version.
        if package != "quadviz" and any((place / part).is_file() for place in places):
            continue
        near = (place for place in (*_beside(package), *places) if (place / part).is_file())
        found = next(near, None)
        if found is None:
            raise OSError(
                f"{part} of the package {package} was not found, beside it or in a folder of Jupyter's; "
                f"install quadviz and what it needs with one `pip install`"
            )
        if found != places[0]:
            known = os.environ.get("JUPYTER_PATH")
            os.environ["JUPYTER_PATH"] = os.pathsep.join([str(found), *([known] if known else ())])


def _beside(package: str) -> Iterator[Path]:
    """Folders of Jupyter's that belong to an installed package, or to a checkout."""
    if package == "quadviz":
        yield Path(__file__).parents[2] / "share" / "jupyter"
    try:
        installed = distribution(package)
    except PackageNotFoundError:
        return
    yield Path(str(installed.locate_file("share/jupyter"))).resolve()
    for file in installed.files or ():
        if "share" in file.parts and "jupyter" in file.parts:
            below = len(file.parts) - 1 - file.parts.index("jupyter")
            yield Path(str(installed.locate_file(file))).resolve().parents[below - 1]
            return
