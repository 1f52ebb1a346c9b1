"""The Python of the README runs, and prints what its comments say."""

from __future__ import annotations

import re

import pytest

from tests.conftest import ROOT

BLOCKS = re.findall(r"^```python\n(.*?)^```", (ROOT / "README.md").read_text(), re.M | re.S)
#: Networks and mean-field equations take their time.
QUICK = [block for block in BLOCKS if not re.search(r"simulate|dmft", block)]


def test_the_long_time_theory(capsys):
    assert len(QUICK) == 5
    names: dict[str, object] = {}
    for block in QUICK:
        exec(block, names)  # noqa: S102 - our own
    said = capsys.readouterr().out
    assert "(3, 2, 200)" in said
    assert "[0.    0.083 0.348]" in said
    assert len(re.findall(r"points, mse", said)) == 2
    assert "PowerLaw(0.3, levels=50) 0.4141" in said
    assert "lam 0.000 and lam2 0.093" in said


@pytest.mark.slow
@pytest.mark.parametrize("block", [block for block in BLOCKS if block not in QUICK])
def test_networks_and_training_in_time(block):
    exec(block, {})  # noqa: S102 - our own
