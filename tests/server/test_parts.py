"""The parts of a page, found where Jupyter does not look."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import urllib.request
from pathlib import Path

import pytest
from jupyter_core.paths import jupyter_path

from quadviz.server import parts
from tests.conftest import ROOT, free_port
from tests.server.test_watchdog import until

TEMPLATE = "voila/templates/quadviz/index.html.j2"


def test_of_several_templates_quadviz_s_own_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = tmp_path / TEMPLATE
    other.parent.mkdir(parents=True)
    other.write_text("of another version")
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    parts.find_parts()
    first = next(place for place in map(Path, jupyter_path()) if (place / TEMPLATE).is_file())
    assert first == ROOT / "share" / "jupyter"
    before = os.environ["JUPYTER_PATH"]
    parts.find_parts()
    assert os.environ["JUPYTER_PATH"] == before


@pytest.mark.parametrize("package", ["voila", "nbconvert", "anywidget", "jupyterlab_widgets"])
def test_a_package_s_files_are_found_by_its_list_of_them(package: str) -> None:
    part = next(part for part, brings in parts._PARTS.items() if brings == package)
    assert any((place / part).is_file() for place in parts._beside(package))


def test_a_part_that_is_nowhere_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "_PARTS", {"labextensions/nothing/package.json": "nothing"})
    with pytest.raises(OSError, match=r"labextensions/nothing/package.json of the package nothing"):
        parts.find_parts()


@pytest.mark.slow
def test_installed_by_target_the_pages_are_served(tmp_path: Path) -> None:
    """Another Python's prefix, none of whose folders has a template: as after ``pip install --target``."""
    target, home = tmp_path / "target", tmp_path / "home"
    home.mkdir()
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    subprocess.run([*pip, "--target", str(target), str(ROOT)], check=True, timeout=300)
    assert (target / "quadviz").is_dir()
    elsewhere = [str(target), sysconfig.get_path("purelib")]
    settings = {
        name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "VIRTUAL"))
    }
    settings |= {"HOME": str(home), "PYTHONPATH": os.pathsep.join(elsewhere)}
    port, log = free_port(), tmp_path / "log"
    python = str(Path(sys.base_prefix, "bin", "python3"))
    command = [python, "-m", "quadviz", "dashboard", "--no-browser", "--with-parent", "--port", str(port)]
    with log.open("wb") as sink:
        process = subprocess.Popen(command, cwd=home, env=settings, stdout=sink, stderr=sink)
    try:
        until(lambda: b"The dashboards are at" in log.read_bytes() or process.poll() is not None)
        assert b"The dashboards are at" in log.read_bytes(), log.read_text()
        address = f"http://localhost:{port}/"
        with urllib.request.urlopen(f"{address}voila/render/spectra.ipynb", timeout=60) as answer:
            page = answer.read().decode()
        assert "quadviz.whole" in page and "anywidget" in page and "widgets-manager8" in page
        for path in ("voila/static/voila.js", "voila/labextensions/anywidget/package.json"):
            with urllib.request.urlopen(address + path) as answer:
                assert answer.status == 200
    finally:
        process.terminate()
        process.wait(30)
