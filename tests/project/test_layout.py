"""The house stays one where a file is found: rooms of a size to look over, scripts beside their Python."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.conftest import ROOT

PACKAGE = ROOT / "quadviz"
ROOMS = sorted({path.parent for home in (PACKAGE, ROOT / "benchmarks") for path in home.rglob("*.py")})
#: More than these in one folder nobody looks over.
MOST = 16


def sources(room: Path) -> list[Path]:
    return [
        path for path in room.iterdir() if path.suffix in {".py", ".js", ".css"} and path.stem != "__init__"
    ]


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: str(room.relative_to(ROOT)))
def test_a_room_can_be_looked_over(room: Path) -> None:
    assert len(sources(room)) <= MOST


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: str(room.relative_to(ROOT)))
def test_files_that_share_a_first_word_have_a_room_of_their_own(room: Path) -> None:
    firsts = Counter(stem.split("_")[0] for stem in {path.stem for path in sources(room)})
    assert {word for word, count in firsts.items() if count > 2} == set()


def test_scripts_and_style_sheets_lie_beside_their_python() -> None:
    for path in (*PACKAGE.rglob("*.js"), *PACKAGE.rglob("*.css")):
        beside = "\n".join(each.read_text(encoding="utf-8") for each in path.parent.glob("*.py"))
        assert path.with_suffix(".py").exists() or path.name in beside, path


def test_tests_mirror_the_source() -> None:
    """A folder of tests is named as what it tests, but for those of the browser and of the project itself."""
    folders = {path.parent.relative_to(ROOT / "tests") for path in (ROOT / "tests").rglob("test_*.py")}
    assert {str(f) for f in folders if not (PACKAGE / f).is_dir()} == {"browser", "project"}
