"""What the dashboards' server lets through and what it does not, asked of ``quadviz dashboard`` itself."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import json
import re
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest
from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest
from tornado.websocket import websocket_connect

from benchmarks.load_client import PROTOCOL, Person, Refused, encoded
from quadviz.files.decoding import MOST_BYTES
from quadviz.server import app as server_app
from tests.conftest import ROOT, Dashboards, StartDashboards, free_port
from tests.visits import alive, wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PAGE = "learning_curves"
MEMORY = 1024
LEAKS = ("Traceback", "site-packages", "root:x:", "requires-python", str(ROOT))


def test_the_largest_file_of_a_reader_fits_into_a_message() -> None:
    # What is told with it takes some hundred bytes.
    assert MOST_BYTES + 10_000 < server_app._MESSAGE


@pytest.fixture(scope="module")
def served(start_dashboards: StartDashboards) -> Iterator[Dashboards]:
    """Dashboards with two seats, under a path of their own."""
    options = ("--max-pages", "2", "--memory", str(MEMORY), "--base-url", "course")
    with start_dashboards("--no-browser", "--port", str(free_port()), *options) as running:
        yield running
        assert "Traceback" not in running.output


def asked(served: Dashboards, path: str, method: str = "GET", **options: object) -> tuple[int, str, str]:
    """Status, headers and body of an answer; unlike urllib, this leaves a path as it is."""
    port = int(served.address.split(":")[2].split("/")[0])
    line = http.client.HTTPConnection("localhost", port, timeout=60)
    line.request(method, path, **options)  # type: ignore[arg-type]  # headers, or a body
    answer = line.getresponse()
    body = answer.read().decode("utf-8", "replace")
    line.close()
    return answer.status, str(answer.headers), body


def visited(served: Dashboards, doing: Callable[[Person], Awaitable[object]]) -> None:
    """Do something at a page, and leave it."""

    async def visit() -> None:
        person = Person(served.address, PAGE)
        await person.arrive()
        try:
            await doing(person)
        finally:
            await person.close_tab()

    asyncio.run(asyncio.wait_for(visit(), 90))


def process_of(served: Dashboards, kernel: str) -> psutil.Process:
    """The process that listens at the kernel's sockets; its command line may be that of the warmed one."""
    children = psutil.Process(served.process.pid).children()
    (found,) = (c for c in children if any(kernel in str(s.laddr) for s in c.net_connections("unix")))
    return found


@pytest.mark.parametrize("prefix", ["", "/course"])
@pytest.mark.parametrize(
    "path",
    [
        "/voila/files/learning_curves.ipynb",
        "/voila/files/%2e%2e/pyproject.toml",
        "/voila/tree",
        "/voila/api/contents",
        "/api/contents",
        "/api/kernels",
        "/api/sessions",
        "/api/terminals",
        "/login",
        "/voila/render/nothing.ipynb",
        "/voila/render/../pyproject.toml",
        "/voila/render/%2e%2e%2fpyproject.toml",
        "/voila/render/learning_curves.ipynb%00",
        "/voila/render/%ff%fe.ipynb",
        "/voila/static/../../../../../../../../etc/passwd",
        "/voila/static/%2e%2e/%2e%2e/%2e%2e/%2e%2e/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
        "/voila/static//etc/passwd",
        "/voila/templates/quadviz/static/../index.html.j2",
        "/voila/templates/../../../pyproject.toml",
        "/voila/templates/x",
        "/voila/templates/x/static/y.js",
        "/voila/labextensions/%2e%2e/%2e%2e/etc/passwd",
        "/voila/api/themes/../../../../../../../../etc/passwd",
        "/api/kernels/a-b-c-d-e/channels",
        "/%ff%fe",
        "/nothing?" + 60_000 * "x",
    ],
)
def test_nothing_but_pages_is_served(served: Dashboards, prefix: str, path: str) -> None:
    status, headers, body = asked(served, prefix + path)
    assert status in (400, 403, 404)
    assert not any(leak in body + headers for leak in LEAKS)
    assert "TornadoServer" not in headers or "channels" in path
    assert "Back to the dashboards" in body


@pytest.mark.parametrize("prefix", ["", "/course"])
def test_a_proxy_may_take_the_prefix_off_or_leave_it_on(served: Dashboards, prefix: str) -> None:
    page = "/course/voila/render/"
    for path in {f"{prefix}/", prefix or "/"}:
        status, headers, _ = asked(served, path)
        assert status == 302
        assert f"Location: {page}" in headers
    status, headers, _ = asked(served, f"{prefix}/voila/static/voila.js")
    assert status == 200
    for header in ("X-Content-Type-Options: nosniff", "Referrer-Policy: same-origin", "frame-ancestors *"):
        assert header in headers


def test_a_monitor_asks_for_the_head_and_takes_no_kernel(served: Dashboards) -> None:
    kernels = len(children_of(served))
    for path, status in (
        ("/course/voila/render/learning_curves.ipynb", 200),
        ("/course/voila/render/nothing.ipynb", 404),
        ("/course/", 302),
        ("/course/voila/static/voila.js", 200),
    ):
        found, headers, body = asked(served, path, "HEAD")
        assert (found, body) == (status, "")
        assert "nosniff" in headers
    assert len(children_of(served)) <= kernels


def children_of(served: Dashboards) -> list[psutil.Process]:
    return psutil.Process(served.process.pid).children()


def test_a_theme_that_is_none_is_not_followed(served: Dashboards) -> None:
    status, _, body = asked(served, "/course/voila/render/index.ipynb?theme=%FF&theme=dark")
    assert status == 200
    assert "theme-light" in body
    leave(served, body)


def leave(served: Dashboards, body: str) -> None:
    """Give back the seat of a page, as its script does."""
    (kernel,) = re.findall(r'"kernelId": "([\w-]+)"', body)
    form = {"Cookie": "_xsrf=x", "X-XSRFToken": "x"}
    assert asked(served, f"/course/voila/api/shutdown/{kernel}", "POST", headers=form)[0] == 204


def test_bodies_are_small(served: Dashboards) -> None:
    path, form = "/course/voila/api/shutdown/a-b-c-d-e", {"Cookie": "_xsrf=x", "X-XSRFToken": "x"}
    assert asked(served, path, "POST", body="x" * 1000, headers=form)[0] == 404
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # it does not wait for the rest
        assert asked(served, path, "POST", body="x" * 100_000, headers=form)[0] in (400, 413)
    assert asked(served, "/course/")[0] == 302


#: What Jupyter's protocol has a kernel do, but for messages of widgets.
ORDERS = [
    *("execute_request", "inspect_request", "complete_request", "history_request", "is_complete_request"),
    *(
        "connect_request",
        "debug_request",
        "interrupt_request",
        "usage_request",
        "input_reply",
        "comm_nothing",
    ),
    *("create_subshell_request", "delete_subshell_request", "list_subshell_request"),
    *("", "Execute_Request", "execute_request "),
]


def test_a_viewer_executes_nothing(served: Dashboards, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    order = {"code": f"open({str(mark)!r}, 'w')", "silent": False, "comm_id": "none", "data": {}}
    debug = {"type": "request", "command": "evaluate", "seq": 1, "arguments": {"expression": order["code"]}}

    async def intrude(person: Person) -> None:
        sent = [
            await person.send(kind, {**order, **debug}, channel=channel)
            for channel in ("shell", "control", "stdin", "iopub")
            for kind in ORDERS
        ]
        # Named twice, a message is what the kernel, too, takes it for.
        for kinds in (("execute_request", "comm_msg"), ("comm_msg", "execute_request")):
            names = ", ".join(f'"msg_type": "{kind}"' for kind in kinds)
            header = f'{{"msg_id": "twice", "session": "x", "username": "", "version": "5.4", {names}}}'
            parts = [b"shell", header.encode(), b"{}", b"{}", json.dumps(order).encode()]
            await person.socket.write_message(encoded(parts), binary=True)
        # What is asked afterwards is answered after all that came before.
        last = await person.send("comm_info_request", {})
        heard = ""
        while last not in heard or '"idle"' not in heard:
            raw = await asyncio.wait_for(person.socket.read_message(), 30)
            assert isinstance(raw, bytes)
            heard = raw.decode("utf-8", "replace")
            assert not any(identity in heard for identity in sent)
        await person.move(next(iter(person.sliders)), 1)

    visited(served, intrude)
    assert not mark.exists()


@pytest.mark.parametrize("offered", [f"x{PROTOCOL}", f"{PROTOCOL}x", f"a b {PROTOCOL}"])
def test_a_protocol_that_sounds_like_ours_is_not_spoken(served: Dashboards, offered: str) -> None:
    """Jupyter would choose none of these, and go on in its older format."""

    async def pretend(person: Person) -> None:
        url = person.address.replace("http", "ws", 1) + f"api/kernels/{person.kernel}/channels"
        with pytest.raises(HTTPClientError, match="400"):
            await websocket_connect(url, subprotocols=[offered])

    visited(served, pretend)


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"\xff" * 8,
        b"\xff" * 800,
        (7).to_bytes(8, "little") + b"\xff" * 56,
        (7).to_bytes(8, "little"),
        (10**17).to_bytes(8, "little"),
        (-1).to_bytes(8, "little", signed=True) + b"{}",
        (2**31 - 1).to_bytes(4, "big"),
        encoded([b"shell", b'{"msg_type": "comm_msg"}', b"{}", b"{}", b"{}"])[:-1],
        encoded([b"shell", b"no JSON", b"{}", b"{}", b"{}"]),
        encoded([b"shell", b"{}", b"{}", b"{}", b"{}"]),
        encoded([b"shell", b"[]", b"{}", b"{}", b"{}"]),
        encoded([b"\xff\xfe", b"{}", b"{}", b"{}", b"{}"]),
        "text",
        b"x" * 2_000_000,
    ],
    ids=lambda message: f"{message[:12]!r}",
)
def test_a_malformed_message_harms_its_own_line_at_most(served: Dashboards, message: bytes | str) -> None:
    async def disturb(person: Person) -> None:
        lines = (
            person.address.replace("http", "ws", 1) + f"api/kernels/{person.kernel}/channels?session_id=other"
        )
        other = await websocket_connect(lines, subprotocols=[PROTOCOL])
        await other.write_message(message, binary=isinstance(message, bytes))
        await person.move(next(iter(person.sliders)), 1)
        if len(message) > 1_000_000:
            while await asyncio.wait_for(other.read_message(), 10) is not None:
                pass
        other.close()

    visited(served, disturb)


def test_the_older_protocol_is_not_spoken(served: Dashboards) -> None:
    """Voila would count the parts of its messages for ever."""

    async def old(person: Person) -> None:
        with pytest.raises(HTTPClientError, match="400"):
            await websocket_connect(
                person.address.replace("http", "ws", 1) + f"api/kernels/{person.kernel}/channels"
            )

    visited(served, old)


def test_another_site_has_no_line_to_a_kernel(served: Dashboards) -> None:
    async def elsewhere(person: Person) -> None:
        url = person.address.replace("http", "ws", 1) + f"api/kernels/{person.kernel}/channels"
        request = HTTPRequest(url, headers={"Origin": "http://elsewhere.example"})
        with pytest.raises(HTTPClientError, match="403"):
            await websocket_connect(request, subprotocols=[PROTOCOL])

    visited(served, elsewhere)


def test_a_viewer_cannot_take_a_kernel_s_word_from_it(served: Dashboards) -> None:
    async def eavesdrop(person: Person) -> None:
        url = person.address.replace("http", "ws", 1) + "voila/query/"
        for kernel in (person.kernel, "a-b-c-d-e"):
            line = await websocket_connect(url + kernel)
            await line.write_message("hello")
            assert await asyncio.wait_for(line.read_message(), 10) is None
            line.close()

    visited(served, eavesdrop)


def test_whoever_finds_no_seat_is_told_so(served: Dashboards) -> None:
    async def crowd() -> None:
        seated = [Person(served.address, PAGE) for _ in range(2)]
        for person in seated:
            await person.arrive()
        late = Person(served.address, PAGE)
        with pytest.raises(Refused):
            await late.arrive()
        answer = await AsyncHTTPClient().fetch(
            f"{served.address}voila/render/{PAGE}.ipynb", raise_error=False
        )
        assert answer.code == 503
        assert int(answer.headers["Retry-After"]) > 0
        body = answer.body.decode()
        assert "All seats are taken" in body
        assert 'http-equiv="refresh"' in body
        await seated[0].close_tab()
        while await seated[0].alive():
            await asyncio.sleep(0.1)
        await late.arrive()
        for person in (seated[1], late):
            await person.close_tab()

    asyncio.run(asyncio.wait_for(crowd(), 120))


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not limit this")
def test_a_kernel_keeps_to_its_memory(served: Dashboards) -> None:
    async def look(person: Person) -> None:
        limits = process_of(served, person.kernel).rlimit(psutil.RLIMIT_DATA)
        assert limits == (MEMORY * 2**20, MEMORY * 2**20)

    visited(served, look)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not limit this")
def test_over_its_memory_python_is_told_and_lives() -> None:
    script = f"""from quadviz.server.forks import bounds; bounds.cap({MEMORY})
import threading, numpy
for _ in range(20): threading.Thread(target=threading.Event().wait, args=(1,)).start()
try: numpy.ones(2**27); print("too much was given")
except MemoryError: numpy.ones(2**24); print("refused, and well")"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.stdout == "refused, and well\n", done.stderr


def test_a_kernel_that_died_is_gone_and_none_takes_its_place(served: Dashboards) -> None:
    async def visit() -> None:
        person = Person(served.address, PAGE)
        await person.arrive()
        process_of(served, person.kernel).kill()
        for _ in range(50):
            await asyncio.sleep(0.1)
            if not await person.alive():
                break
        else:
            pytest.fail("the kernel's name is still known")
        await person.hang_up()

    asyncio.run(asyncio.wait_for(visit(), 60))


@pytest.mark.browser
@pytest.mark.parametrize("theme", ["light", pytest.param("dark", marks=pytest.mark.slow)])
def test_a_page_says_that_its_kernel_died(served: Dashboards, browser: Browser, theme: str) -> None:
    page = browser.new_page(viewport={"width": 400, "height": 800})
    page.goto(f"{served.address}voila/render/{PAGE}.ipynb?theme={theme}")
    slider = page.locator("input.qv-control-slider").first
    slider.wait_for(timeout=60_000)
    page.wait_for_timeout(3000)
    watch = page.locator("#qv-watch")
    assert watch.inner_text() == ""
    kernel = json.loads(page.locator("#jupyter-config-data").inner_text())["kernelId"]
    process_of(served, kernel).kill()
    page.wait_for_selector("#qv-watch button", timeout=5000)
    assert "lost its engine" in watch.inner_text()
    assert watch.get_attribute("role") == "alert"
    box = watch.bounding_box()
    assert box is not None
    assert box["x"] >= 0 and box["x"] + box["width"] <= 400
    assert box["y"] + box["height"] <= 800
    page.locator("#qv-watch button").focus()
    page.keyboard.press("Enter")
    slider.wait_for(state="detached", timeout=20_000)
    slider.wait_for(timeout=60_000)
    assert watch.inner_text() == ""
    page.goto("about:blank")  # so that its seat is free again
    page.close()


@pytest.mark.browser
def test_a_page_waits_for_a_lost_connection(served: Dashboards, browser: Browser) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{served.address}voila/render/{PAGE}.ipynb")
    page.locator("input.qv-control-slider").first.wait_for(timeout=60_000)
    watch = page.locator("#qv-watch")
    context.set_offline(True)
    assert wait_until(page, lambda: "Connection lost" in watch.inner_text(), 20)
    assert watch.locator("button").count() == 0
    context.set_offline(False)
    assert wait_until(page, lambda: watch.inner_text() == "", 20)
    kernel = json.loads(page.locator("#jupyter-config-data").inner_text())["kernelId"]
    page.goto("about:blank")
    assert wait_until(page, lambda: not alive(f"{served.address}api/kernels/{kernel}"))
    context.close()
