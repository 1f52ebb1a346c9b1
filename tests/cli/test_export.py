"""Writing pictures: by a browser in a process of its own, which neither hangs the command nor is heard of."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import plotly.graph_objects as go
import pytest

from quadviz.cli import export as module
from quadviz.cli.export import browser, export

needs_browser = pytest.mark.skipif(browser() is None, reason="no browser")


@needs_browser
def test_a_picture_is_written_and_nothing_said(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    export(go.Figure(layout={"width": 300, "height": 200}), tmp_path / "empty.svg")
    assert '<svg class="main-svg"' in (tmp_path / "empty.svg").read_text()
    assert 'width="300"' in (tmp_path / "empty.svg").read_text()
    assert capfd.readouterr() == ("", "")


@needs_browser
def test_what_cannot_be_written_is_told_in_a_line(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"^here.png could not be drawn: \w*Error: .*") as told:
        export(go.Figure(), tmp_path / "nowhere" / "here.png")
    assert "\n" not in str(told.value)


#: A driver that leaves a thread behind which never ends, as that of a browser does that is slow to end.
HANGING = """
import threading, time
threading.Thread(target=time.sleep, args=(60,)).start()
open({path!r}, "w").write("drawn")
"""


def test_a_driver_that_never_ends_does_not_hold_the_command(tmp_path: Path) -> None:
    drawn = tmp_path / "drawn.svg"
    (tmp_path / "plotly").mkdir()
    (tmp_path / "plotly" / "__init__.py").write_text("")
    (tmp_path / "plotly" / "io.py").write_text(
        "class Figure:\n    def write_image(self, path, **size):\n        "
        + HANGING.format(path=str(drawn)).strip().replace("\n", "\n        ")
        + "\ndef from_json(text):\n    return Figure()\n"
    )
    asked = '{"figure": "", "path": "", "size": {}}'
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); from quadviz.cli.picture import main; main()"
    subprocess.run([sys.executable, "-c", code], input=asked, text=True, check=True, timeout=30)
    assert drawn.read_text() == "drawn"


def test_a_browser_that_never_draws_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PATIENCE", 0.01)
    with pytest.raises(OSError, match=r"the browser did not draw late\.png within"):
        export(go.Figure(), tmp_path / "late.png")
