"""The pages as Binder serves them: Voila beside JupyterLab, under a path of the session, behind a token."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from quadviz.contents import FRONT
from tests.conftest import ROOT, free_port
from tests.visits import NAMES, Visit, visiting, wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.slow]

TOKEN = "tell-nobody"  # noqa: S105 - of a server that lives for these tests
LAUNCH = {"BINDER_LAUNCH_HOST": "https://mybinder.org/", "BINDER_PERSISTENT_REQUEST": "v2/gh/a/b/c0ffee"}


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a session."""
    port, log = free_port(), tmp_path_factory.mktemp("session") / "log"
    command = [
        sys.executable, "-m", "jupyter", "server", "--no-browser", f"--port={port}", "--allow-root",
        "--ServerApp.base_url=/user/xyz/", f"--IdentityProvider.token={TOKEN}",
        f"--ServerApp.root_dir={ROOT}",
    ]  # fmt: skip
    with log.open("wb") as sink:
        process = subprocess.Popen(command, env={**os.environ, **LAUNCH}, stdout=sink, stderr=sink)
    address = f"http://localhost:{port}/user/xyz/"
    try:
        for _ in range(300):
            time.sleep(0.1)
            try:
                urllib.request.urlopen(f"{address}api?token={TOKEN}", timeout=5).close()
                break
            except (urllib.error.URLError, ConnectionError):
                continue
        else:
            pytest.fail(log.read_text(encoding="utf-8"))
        yield address
    finally:
        process.terminate()
        process.wait(30)


def path_to(name: str, query: str = "") -> str:
    return f"voila/render/notebooks/{name}.ipynb?token={TOKEN}{query}"


def copied(visit: Visit) -> str:
    """The link that the page copies."""
    page = visit.page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.locator('.qv-tool[aria-label^="Copy a link"]').click()
    assert wait_until(page, lambda: page.get_by_text("Copied").count() == 1)
    link: str = page.evaluate("navigator.clipboard.readText()")
    return link


def test_a_page_opens_in_the_state_of_its_link(browser: Browser, session: str) -> None:
    with visiting(browser, session, path_to("learning_curves", "&kappa=0.45&lam=0&width=1")) as visit:
        page = visit.page
        kappa = page.locator('.qv-control-box[data-name="kappa"]')
        assert wait_until(page, lambda: kappa.input_value() == "0.45")
        assert page.locator('.qv-control-box[data-name="lam"]').input_value() == "0+"
        assert page.locator(".qv-notes li").all_inner_texts() == [
            "“width” is not a setting of this page: it is ignored."
        ]
        assert TOKEN not in page.locator(".qv-page").inner_html()
        # The session ends; a link builds the repository anew.
        link = copied(visit)
        assert link.startswith("https://mybinder.org/v2/gh/a/b/c0ffee?urlpath=voila%2Frender%2Fnotebooks%2F")
        assert "learning_curves.ipynb%3Fkappa%3D0.45%26" in link
        assert TOKEN not in link
        assert visit.complaints == []
        assert visit.away() == []


def test_the_front_page_leads_to_pages_under_the_same_path(browser: Browser, session: str) -> None:
    with visiting(browser, session, path_to(FRONT)) as visit:
        visit.page.locator("a.qv-tile").first.click()
        visit.page.wait_for_url(f"**/user/xyz/voila/render/notebooks/{NAMES[0]}.ipynb")
        visit.wait_for_curves()
        assert visit.complaints == []
        assert visit.away() == []


def test_nothing_is_shown_without_the_token(session: str) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{session}api/contents", timeout=10)
    assert refused.value.code == 403
    refused.value.close()
    with urllib.request.urlopen(f"{session}voila/render/notebooks/{NAMES[0]}.ipynb", timeout=10) as page:
        assert "login" in page.url
