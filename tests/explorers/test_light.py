"""What a page's kernel imports: plotly's Python, pandas and a web server are not for it."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from quadviz.contents import FRONT, PAGES

_HEAVY = ("plotly", "pandas", "xarray", "tornado.web", "jsonschema", "matplotlib")
_OPEN = """
import importlib, json, sys
page = importlib.import_module("quadviz.explorers.{name}")
page.show()
print(json.dumps([name for name in {heavy!r} if name in sys.modules]))
"""


@pytest.mark.parametrize("name", [name for name in PAGES if name != FRONT])
def test_a_page_opens_without_what_it_does_not_need(name: str) -> None:
    code = _OPEN.format(name=name, heavy=_HEAVY)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout.splitlines()[-1]) == []
