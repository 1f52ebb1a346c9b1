from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from jinja2 import Environment
from voila import notebook_renderer

from quadviz.server.rendering import compile_once


def test_a_template_is_compiled_once_and_again_when_it_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled: list[str] = []
    compile_ = Environment.compile

    def count(environment: Environment, source: str, *rest: Any, **more: Any) -> Any:
        compiled.append(str(source))
        return compile_(environment, source, *rest, **more)

    monkeypatch.setattr(notebook_renderer, "VoilaExporter", notebook_renderer.VoilaExporter)
    monkeypatch.setattr(Environment, "compile", count)
    compile_once()
    page = tmp_path / "page.html.j2"
    for word, compilations in (("one", 1), ("one", 1), ("other", 2)):
        page.write_text(f"{{% set said = '{word}' %}}")
        exporter = notebook_renderer.VoilaExporter(template_paths=[str(tmp_path)], template_name="lab")
        exporter.environment.get_template("page.html.j2")
        assert sum("set said" in source for source in compiled) == compilations
