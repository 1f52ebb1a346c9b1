"""The how-to of docs/own-teacher.md: its lines run, and what they make is what they say."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from quadviz import Levels

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "own-teacher.md").read_text(encoding="utf-8")


def test_the_lines_run_and_agree() -> None:
    (code,) = re.findall(r"^```py\n(.*?)^```", PAGE, re.M | re.S)
    space: dict[str, Any] = {}
    exec(code, space)  # noqa: S102 - lines of our own
    assert space["teacher"].moment(1) == pytest.approx(1) and space[
        "teacher"
    ].rank_fraction() == pytest.approx(1 / 3)
    assert space["curve"].mse.shape == (20,) and np.isfinite(space["curve"].mse).all()
    assert 0 < space["best"] < 1 and 0 < space["least"] < space["curve"].mse.min() + 1
    assert space["bands"].shape[-1] == 2
    assert space["same"] == Levels([0, 0, 0, 1, 1, 4])


def test_the_readme_leads_there() -> None:
    assert "docs/own-teacher.md" in (ROOT / "README.md").read_text(encoding="utf-8")
