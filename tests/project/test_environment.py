"""The conda environments, ours and Binder's, agree with pyproject.toml."""

from __future__ import annotations

import os
import tomllib
from typing import Any

import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from tests.conftest import ROOT


def bounds(requirements: list[str]) -> dict[str, str]:
    parsed = [Requirement(text) for text in requirements]
    return {canonicalize_name(r.name): str(r.specifier) for r in parsed}


def project() -> dict[str, Any]:
    read: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return read


def test_environment_agrees_with_pyproject() -> None:
    wanted = bounds(project()["dependencies"]) | {"python": project()["requires-python"], "pip": ""}
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    assert environment["channels"] == ["conda-forge"]
    assert bounds([entry for entry in environment["dependencies"] if isinstance(entry, str)]) == wanted


def test_binder_pins_everything_within_the_bounds() -> None:
    environment = yaml.safe_load((ROOT / "binder/environment.yml").read_text(encoding="utf-8"))
    assert environment["channels"] == ["conda-forge"]
    python, pip, packages = environment["dependencies"]
    assert pip == "pip"
    assert SpecifierSet(project()["requires-python"]).contains(python.removeprefix("python="))
    pins = {}
    for requirement in map(Requirement, packages["pip"]):
        (pin,) = requirement.specifier
        assert pin.operator == "=="
        pins[canonicalize_name(requirement.name)] = pin.version
    for requirement in map(Requirement, project()["dependencies"]):
        assert requirement.specifier.contains(pins[canonicalize_name(requirement.name)])


def test_binder_installs_the_package_alone_after_that() -> None:
    script = ROOT / "binder/postBuild"
    assert "pip install --no-deps ." in script.read_text(encoding="utf-8")
    assert os.access(script, os.X_OK)
