"""Pages whose kernels meet a user's own files, or die: what is said, and how soon."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from quadviz.cli.commands.dashboard import LEAST_MEMORY
from quadviz.contents import FRONT
from tests.conftest import Dashboards, StartDashboards, free_port
from tests.visits import NAMES, SLIDERS, path_to, push, visiting, wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser]

#: Voila's and Python's words, which are for whoever wrote a page.
FOREIGN = ("Voil", "show_tracebacks", "Traceback", "exception", "cell", "DeadKernel", "RuntimeError", "Errno")
#: A module that Python runs at its start: kernels do as the file TROUBLE says, fresh ones and forked ones.
TROUBLE = """
import os, sys
def trouble():
    if not os.path.exists(os.environ["TROUBLE"]):
        return
    word = open(os.environ["TROUBLE"]).read()
    if word == "dead":
        os._exit(3)
    import importlib.abc, time
    class Refusing(importlib.abc.MetaPathFinder):
        def find_spec(self, name, path, target=None):
            if name.startswith("quadviz.explorers"):
                if word == "dies":
                    os._exit(3)
                if word == "hangs":
                    time.sleep(1000)
                raise {"memory": MemoryError, "fails": RuntimeError}[word]("in words for nobody")
    for name in [name for name in sys.modules if name.startswith("quadviz.explorers")]:
        del sys.modules[name]
    sys.modules["quadviz"].__dict__.pop("explorers", None) if "quadviz" in sys.modules else None
    sys.meta_path.insert(0, Refusing())
if "ipykernel_launcher" in sys.orig_argv:
    trouble()
if "quadviz.server.forks.process" in sys.orig_argv:
    os.register_at_fork(after_in_child=trouble)
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder for the server."""
    for name in ("IPYTHONDIR", "JUPYTER_PATH", "JUPYTER_DATA_DIR", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


@pytest.mark.slow
def test_a_user_s_own_files_do_not_matter(
    home: Path, browser: Browser, start_dashboards: StartDashboards, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A startup file that exits, a Python startup file, a template and kernels of other environments."""
    fatal = "import os; os._exit(1)"
    files = {
        ".ipython/profile_default/startup/00.py": fatal,
        ".ipython/profile_default/ipython_kernel_config.py": fatal,
        ".local/share/jupyter/kernels/python3/kernel.json": json.dumps(
            {"argv": ["false", "{connection_file}"], "display_name": "Another", "language": "python"}
        ),
        ".local/share/jupyter/voila/templates/quadviz/index.html.j2": "of another version",
        "startup.py": fatal,
    }
    for name, text in files.items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(text)
    monkeypatch.setenv("PYTHONSTARTUP", str(home / "startup.py"))
    with start_dashboards("--no-browser", "--port", str(free_port())) as running:
        for _ in range(2):  # once with a kernel that waits, and once, maybe, without
            with visiting(browser, running.address, path_to("learning_curves")) as visit:
                assert visit.complaints == []
    assert sorted(path.name for path in (home / ".ipython" / "profile_default").iterdir()) == [
        "ipython_kernel_config.py",
        "startup",
    ]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not limit this")
def test_with_the_least_memory_every_page_draws(browser: Browser, start_dashboards: StartDashboards) -> None:
    options = ("--memory", str(LEAST_MEMORY), "--port", str(free_port()))
    with start_dashboards("--no-browser", *options) as running:
        for name in (FRONT, *NAMES):
            with visiting(browser, running.address, path_to(name)) as visit:
                for slider in visit.page.locator(SLIDERS).all()[:2]:
                    push(visit.page, slider, "ArrowRight")
                assert visit.alerts() == [] and visit.complaints == []
                visit.page.goto("about:blank")  # its kernel goes with it


@pytest.fixture
def troubled(
    tmp_path: Path, start_dashboards: StartDashboards, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Dashboards, Path]]:
    """Dashboards whose kernels can be had to fail, well so far, and the file to say how."""
    (tmp_path / "sitecustomize.py").write_text(TROUBLE)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("TROUBLE", str(tmp_path / "trouble"))
    with start_dashboards("--no-browser", "--port", str(free_port())) as running:
        assert running.address
        yield running, tmp_path / "trouble"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("dead", "This page's engine ended while it started"),
        ("dies", "This page's engine ended while it started"),
        ("fails", "This page's engine ended while it started"),
        ("memory", "This page ran out of memory while it started"),
    ],
)
def test_a_page_that_cannot_start_says_so(
    troubled: tuple[Dashboards, Path], browser: Browser, word: str, said: str
) -> None:
    running, trouble = troubled
    trouble.write_text(word)
    # The kernels that wait, if any, were started before: a page takes them.
    page, failed = browser.new_page(), "#loading [role=alert]"
    for _ in range(12):
        page.goto(f"{running.address}{path_to('spectra')}", wait_until="commit")
        wait_until(page, lambda: page.locator(f"{failed}, .qv-page").count() > 0, 5 if word == "dead" else 15)
        if page.locator(failed).count():
            break
    told = page.locator("#loading").inner_text()
    assert said in told
    assert "Starting…" not in told
    _says_nothing_foreign(page)
    trouble.unlink()
    page.locator("#loading button").click()
    page.locator(".qv-page").wait_for(timeout=60_000)
    page.close()


#: A server whose kernels have five seconds for their page, where others have a minute.
IMPATIENT = """
import sys
from quadviz.cli.main import main
from quadviz.server.kernels import PageKernelManager
PageKernelManager.patience.default_value = 5.0
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.slow
@pytest.mark.parametrize("fresh", [False, True])
def test_a_page_whose_kernel_hangs_says_so(
    tmp_path: Path, browser: Browser, monkeypatch: pytest.MonkeyPatch, fresh: bool
) -> None:
    (tmp_path / "sitecustomize.py").write_text(TROUBLE)
    trouble, log, port = tmp_path / "trouble", tmp_path / "log", free_port()
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("TROUBLE", str(trouble))
    trouble.write_text("hangs")  # the kernels that wait as well
    options = ["dashboard", "--no-browser", "--with-parent", "--port", str(port)] + [
        "--fresh-kernels"
    ] * fresh
    with log.open("wb") as sink:
        process = subprocess.Popen([sys.executable, "-c", IMPATIENT, *options], stdout=sink, stderr=sink)
    running, page = Dashboards(process, log), browser.new_page()
    try:
        # One that waited is ended by who started it.
        for name, said in (("index", "engine"), ("spectra", "This page's engine does not answer")):
            page.goto(f"{running.address}{path_to(name)}", wait_until="commit")
            page.locator("#loading [role=alert]").wait_for(timeout=15_000)
            told = page.locator("#loading").inner_text()
            assert said in told and "Reload" in told
            assert "Starting…" not in told
            _says_nothing_foreign(page)
        trouble.unlink()
        page.locator("#loading button").click()
        page.locator(".qv-page").wait_for(timeout=60_000)
        page.close()
        assert running.interrupt() == 0
        assert "Traceback" not in running.output
    finally:
        process.kill()
        process.wait()


def _says_nothing_foreign(page: Page) -> None:
    shown, sent = page.locator("body").inner_text(), page.content()
    assert not any(word in shown for word in FOREIGN)
    assert "in words for nobody" not in sent
    assert "site-packages" not in sent.split("jupyter-config-data")[0]


def test_errors_of_a_server_say_nothing_foreign(dashboards: Dashboards) -> None:
    with pytest.raises(urllib.error.HTTPError) as refusal:
        urllib.request.urlopen(f"{dashboards.address}voila/render/nothing.ipynb")
    shown = refusal.value.read().decode()
    assert "There is no such page" in shown
    assert not any(word in shown for word in FOREIGN)
    refusal.value.close()
    assert sys.executable not in shown and str(Path.cwd()) not in shown
