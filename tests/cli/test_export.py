"""Writing pictures: what the browser's driver says on the way and no reader should see."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import plotly.graph_objects as go
import pytest

from quadviz.cli.export import browser, export


@pytest.mark.skipif(browser() is None, reason="no browser")
def test_a_browsers_farewell_is_no_error(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    pipe = pytest.importorskip("choreographer.channels.pipe")
    export(go.Figure(), tmp_path / "empty.svg")
    caplog.clear()
    channel = pipe.Pipe()
    channel.open()
    os.write(channel._write_from_browser, b'{"id": 1}\0{bye}\n\0')
    assert channel.read_jsons()[0] == [{"id": 1}]
    assert caplog.records == []
    os.write(channel._write_from_browser, b"{bad}\0")
    assert channel.read_jsons()[0] == []
    assert [record.levelno for record in caplog.records] == [logging.ERROR]
    channel.close()
