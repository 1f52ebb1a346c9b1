"""Pages as they are met beyond localhost: on plain http in a class, in a frame whose storage is blocked."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.conftest import BROWSER_FLAGS, BROWSERS, Dashboards
from tests.visits import NO_STORAGE, Visit, alive, path_to, visiting, wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_on_plain_http_a_page_that_is_left_gives_up_its_kernel(
    browser: Browser, dashboards: Dashboards
) -> None:
    flags = [*BROWSER_FLAGS, "--host-resolver-rules=MAP class.test 127.0.0.1"]
    elsewhere = browser.browser_type.launch(executable_path=_executable(), args=flags)
    address = dashboards.address.replace("localhost", "class.test")
    with visiting(elsewhere, address, path_to("learning_curves")) as visit:
        assert not visit.page.evaluate("isSecureContext")
        kernel = visit.kernel().replace("class.test", "localhost")
        assert alive(kernel)
        visit.page.goto("about:blank")
        assert wait_until(visit.page, lambda: not alive(kernel), seconds=10)
        assert visit.complaints == []
    elsewhere.close()


def test_where_storage_is_blocked_a_link_is_followed(browser: Browser, dashboards: Dashboards) -> None:
    path = path_to("learning_curves", "kappa=0.45&theme=dark&projector=yes")
    with visiting(browser, dashboards.address, path, script=NO_STORAGE) as visit:
        box = visit.page.locator('.qv-control-box[data-name="kappa"]')
        assert wait_until(visit.page, lambda: box.input_value() == "0.45")
        assert visit.page.locator("body.theme-dark").count() == 1
        assert visit.page.locator("html.qv-arriving").count() == 0
        assert _larger(visit)
        visit.page.locator('.qv-tool[aria-label="Larger, for a projector"]').click()
        assert not _larger(visit)
        assert visit.complaints == []


def _larger(visit: Visit) -> bool:
    return visit.page.locator(".qv-projector").count() > 0


def _executable() -> str:
    """The browser that the others use."""
    return next(filter(None, map(shutil.which, BROWSERS)))
