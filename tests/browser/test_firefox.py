"""Every page in Firefox: it draws, and its figure follows a slider."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator

import pytest

from quadviz.contents import FRONT
from tests.conftest import Dashboards
from tests.firefox import FIREFOXES, Firefox, firefox
from tests.visits import CURVES, NAMES, SLIDERS, TILES, path_to

pytestmark = [pytest.mark.browser, pytest.mark.slow]

#: Curves and the numbers on their axes: one curve alone, with axes fitted to it, may look the same as before.
_DRAWN = f"""[...document.querySelectorAll({CURVES + ", .js-plotly-plot :is(.xtick, .ytick) text"!r})]
    .map((node) => node.getAttribute("d") ?? node.textContent)"""
#: Where the first slider that is seen is, and where its thumb is on it.
_PLACE = f"""(() => {{
    const slider = [...document.querySelectorAll({SLIDERS!r})].find((one) => one.checkVisibility());
    slider.scrollIntoView({{ block: "center" }});
    const {{ x, y, width, height }} = slider.getBoundingClientRect();
    return [x + width * slider.value / slider.max, y + height / 2, x, x + width, Number(slider.value)];
}})()"""
_VALUE = f"Number([...document.querySelectorAll({SLIDERS!r})].find((one) => one.checkVisibility()).value)"


def _as_text(drawn: list[str]) -> str:
    """A list as the JSON that JavaScript writes of it, as a string of JavaScript."""
    return json.dumps(json.dumps(drawn, separators=(",", ":"), ensure_ascii=False))


@pytest.fixture(scope="module")
def window(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Firefox]:
    """Firefox, where there is one."""
    executable = next(filter(None, map(shutil.which, FIREFOXES)), None)
    if executable is None:
        pytest.skip(f"none of {', '.join(FIREFOXES)} is installed")
    with firefox(executable, tmp_path_factory.mktemp("firefox")) as opened:
        yield opened


def test_the_front_page_draws_its_tiles(window: Firefox, dashboards: Dashboards) -> None:
    window.complaints.clear()
    window.go(f"{dashboards.address}{path_to(FRONT)}")
    assert window.wait_for(f"document.querySelectorAll({TILES!r}).length > 0"), window.complaints
    assert window.complaints == []


@pytest.mark.parametrize("name", NAMES)
def test_a_page_follows_a_slider(window: Firefox, dashboards: Dashboards, name: str) -> None:
    window.complaints.clear()
    window.go(f"{dashboards.address}{path_to(name)}")
    assert window.wait_for(f"document.querySelectorAll({CURVES!r}).length > 0"), window.complaints
    seen = f"[...document.querySelectorAll({SLIDERS!r})].some((one) => one.checkVisibility())"
    assert window.wait_for(seen), window.complaints
    time.sleep(1)  # what changes by itself has changed
    assert window.wait_for(seen), window.complaints
    before = window.see(_DRAWN)
    x, y, low, high, value = window.see(_PLACE)
    # To the left: a width that is not below kappa_min may change without changing what is learned.
    window.drag(x, y, to=low + (0.05 if x > low + 0.15 * (high - low) else 0.7) * (high - low))
    assert window.see(_VALUE) != value
    assert window.wait_for(f"JSON.stringify({_DRAWN}) !== {_as_text(before)}", 20)
    assert window.see("document.querySelector('#qv-watch').innerText") == ""
    assert window.complaints == []
