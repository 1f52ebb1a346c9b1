"""Every public name says what it computes, of what shape, by which equation, and shows it."""

from __future__ import annotations

import dataclasses
import inspect
import re

import pytest

import quadviz

FUNCTIONS = [name for name in quadviz.__all__ if inspect.isroutine(getattr(quadviz, name))]
CLASSES = [name for name in quadviz.__all__ if inspect.isclass(getattr(quadviz, name))]
SOURCE = re.compile(r"arXiv|THEORY|:class:|:func:|:data:")


def doc(name: str) -> str:
    return inspect.getdoc(getattr(quadviz, name)) or ""


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions(name):
    text = doc(name)
    for heading in ("Args:", "Raises:"):
        assert heading in text, heading
    assert re.search(r"^(Returns|Yields):$", text, re.MULTILINE)
    assert "shape" in text
    assert SOURCE.search(text), "the equation and where it comes from"
    assert ">>> " in text, "a doctest"
    function = inspect.unwrap(getattr(quadviz, name))
    arguments = text.partition("Args:")[2]
    for parameter in inspect.signature(function).parameters:
        assert re.search(rf"^\s+{parameter}: ", arguments, re.MULTILINE), parameter


@pytest.mark.parametrize("name", CLASSES)
def test_classes(name):
    text = doc(name)
    assert len(text.splitlines()[0]) < 110
    kind = getattr(quadviz, name)
    for field in dataclasses.fields(kind) if dataclasses.is_dataclass(kind) else ():
        assert re.search(rf"^\s*{field.name}: ", text, re.MULTILINE) or name == "Approach", field.name


def test_everything_public_is_there_and_the_package_tells_of_its_functions():
    for name in quadviz.__all__:
        assert hasattr(quadviz, name)
    overview = quadviz.__doc__ or ""
    assert len(overview.splitlines()) <= 60
    for name in FUNCTIONS:
        assert name in overview
