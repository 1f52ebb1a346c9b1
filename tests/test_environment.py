"""The conda environments, ours and Binder's, agree with pyproject.toml."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]


def bounds(requirements: list[str]) -> dict[str, str]:
    parsed = [Requirement(text) for text in requirements]
    return {canonicalize_name(r.name): str(r.specifier) for r in parsed}


@pytest.mark.parametrize("path", ["environment.yml", "binder/environment.yml"])
def test_environment_agrees_with_pyproject(path: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = bounds(project["dependencies"]) | {"python": project["requires-python"], "pip": ""}

    environment = yaml.safe_load((ROOT / path).read_text(encoding="utf-8"))
    assert environment["channels"] == ["conda-forge"]
    assert bounds([entry for entry in environment["dependencies"] if isinstance(entry, str)]) == wanted
