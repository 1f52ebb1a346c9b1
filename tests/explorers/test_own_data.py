"""A reader's own measurements on the pages that draw them: taken, told of, kept, saved, and removed."""

from __future__ import annotations

import csv
import io
import json
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from quadviz import steady_state
from quadviz.explorers import dynamics, learning_curves, spectra
from quadviz.explorers.kit.explorer import Explorer
from quadviz.explorers.kit.own_data import own_data
from quadviz.explorers.kit.own_data.control import DataControl
from quadviz.explorers.kit.save import takeaway
from quadviz.explorers.kit.save.slides import slides_html
from quadviz.figures.marks.drawing import Drawing, Part, trace
from quadviz.figures.marks.theme import THEMES, family_colours
from quadviz.files.decoding import MOST_BYTES, DataError
from quadviz.tables.text import csv_text
from tests.pages import opened
from tests.reading import plain

CURVE = "alpha,mse,mse_sem,train_loss\n0.2,1.5,0.1,0.01\n0.4,0.75,0.05,0.02\n0.6,0.5,,\n"
COURSE = "t,mse\n0,4\n1,2\n1,3\n100,1\n"
PAGES = [("learning_curves", CURVE), ("dynamics", COURSE)]


def page(name: str) -> Explorer[Any]:
    """A page as it opens, without data."""
    explorer = opened(name)
    for bar in explorer.bars.values():
        bar.result = None
    explorer.reset()
    assert explorer.own is not None
    explorer.own.remove()
    return explorer


def control(explorer: Explorer[Any]) -> DataControl:
    assert explorer.own is not None
    return explorer.own.control


def upload(explorer: Explorer[Any], data: str | bytes, name: str = "runs.csv") -> str:
    """Choose a file, as the browser does; what the control refuses."""
    sent = data.encode() if isinstance(data, str) else data
    told: dict[str, Any] = {"kind": "file", "name": name, "size": len(sent)}
    control(explorer)._receive(None, told, [memoryview(sent)])
    return control(explorer).refusal


def own(drawing: Drawing) -> dict[str, Part]:
    """The traces of data that have points, by their names."""
    return {t["uid"]: t for t in drawing["data"] if t["uid"].startswith("own-") and np.size(t["x"])}


def shown(explorer: Explorer[Any]) -> dict[str, Part]:
    return own(explorer.figure.drawing)


def test_points_are_drawn_in_the_panels_they_belong_to() -> None:
    explorer = page("learning_curves")
    explorer.change(compare="")
    assert upload(explorer, CURVE) == ""
    points = shown(explorer)
    assert set(points) == {"own-0-0", "own-1-0"}
    mse = points["own-0-0"]
    np.testing.assert_array_equal(mse["x"], [0.2, 0.4, 0.6])
    np.testing.assert_array_equal(mse["y"], [1.5, 0.75, 0.5])
    np.testing.assert_array_equal(mse["error_y"]["array"], [0.1, 0.05, 0.0])
    assert mse["yaxis"] == "y" and points["own-1-0"]["yaxis"] == "y2"
    assert mse["text"][:2] == [" ± 0.1 (standard error)", " ± 0.05 (standard error)"] and mse["text"][2] == ""
    assert "your data" in mse["hovertemplate"]
    np.testing.assert_array_equal(points["own-1-0"]["y"], [0.01, 0.02])


def test_a_course_is_drawn_over_the_dynamics_as_means() -> None:
    explorer = page("dynamics")
    assert upload(explorer, COURSE) == ""
    (mse,) = shown(explorer).values()
    # A log axis has no place for the start.
    np.testing.assert_array_equal(mse["x"], [1, 100])
    np.testing.assert_array_equal(mse["y"], [2.5, 1])
    np.testing.assert_array_equal(mse["error_y"]["array"], [0.5, 0])
    assert mse["text"] == [" ± 0.5 (standard error of 2)", ""]
    assert "1 of 3 points lie beyond the axes" in control(explorer).notes
    explorer.change(end=10.0)
    assert explorer.figure.drawing["layout"]["xaxis"]["range"][1] >= 2


@pytest.mark.parametrize(("name", "text"), PAGES)
def test_data_stay_while_the_page_moves_and_go_when_they_are_removed(name: str, text: str) -> None:
    explorer = page(name)
    before = explorer.figure.drawing["data"]
    query = explorer.tools.query
    upload(explorer, text)
    there = {uid: (list(t["x"]), list(t["y"])) for uid, t in shown(explorer).items()}
    assert there and explorer.tools.query == query
    for change in ({"kappa": 0.4}, {"delta": 1.0}, {"theme": "dark"}):
        explorer.change(**change)
        assert {uid: (list(t["x"]), list(t["y"])) for uid, t in shown(explorer).items()} == there
    explorer.reset()
    assert {uid: (list(t["x"]), list(t["y"])) for uid, t in shown(explorer).items()} == there
    assert control(explorer).name == "runs.csv" and "runs.csv" in explorer.key.value
    control(explorer)._receive(None, {"kind": "remove"}, [])
    explorer.change(theme="light")
    assert explorer.measured is None and control(explorer).name == "" == control(explorer).about
    assert [t["uid"] for t in explorer.figure.drawing["data"]] == [t["uid"] for t in before]
    assert "runs.csv" not in explorer.key.value


def test_the_axes_hold_the_data_but_not_a_slip_of_many_powers_of_ten() -> None:
    explorer = page("learning_curves")
    for y_scale, inside, outside in (("log", 200.0, 1e9), ("linear", 60.0, 1e6)):
        explorer.change(y_scale=y_scale)
        for value, seen in ((inside, True), (outside, False)):
            upload(explorer, f"alpha,mse\n0.3,{value}\n0.4,1\n")
            low, high = explorer.figure.drawing["layout"]["yaxis"]["range"]
            place = np.log10(value) if y_scale == "log" else value
            assert (low < place < high) == seen
            assert ("1 of 2 points lie beyond" in control(explorer).notes) != seen


def test_what_a_log_axis_cannot_show_is_counted_and_left_out() -> None:
    explorer = page("learning_curves")
    upload(explorer, "alpha,mse\n0.3,-0.1\n0.4,0\n0.5,1\n")
    assert shown(explorer)["own-0-2"]["y"].tolist() == [1]
    assert "2 of 3 points lie beyond the axes" in control(explorer).notes


def test_points_have_the_colour_of_their_curve_and_are_hollow_without_one() -> None:
    explorer = page("learning_curves")
    upload(explorer, "lam,alpha,mse\n0.1,0.3,1\n0.01,0.3,1\n0.02,0.3,1\n")
    points, colours = shown(explorer), family_colours(5)
    assert set(points) == {"own-0-2", "own-0-3", "own-0-other"}
    look = THEMES["light"]
    assert points["own-0-other"]["marker"]["color"] == look.surface
    assert points["own-0-other"]["error_y"]["color"] == look.muted
    scene = explorer.scene()
    assert points["own-0-3"]["marker"]["color"] == family_colours(5, "light", scene.shades)[3] != colours[0]
    assert points["own-0-3"]["marker"]["symbol"] == "square"
    assert "qv-square" in explorer.key.value and "qv-hollow" in explorer.key.value
    assert [text for p in points.values() for text in p["text"]] == [", λ = 0.02", ", λ = 0.01", ", λ = 0.1"]


def test_a_file_that_does_not_say_its_setting_is_of_the_current_curve_and_that_is_said() -> None:
    explorer = page("learning_curves")
    upload(explorer, "alpha,mse\n0.3,1\n")
    assert set(shown(explorer)) == {"own-0-2"}
    assert "does not say its setting" in control(explorer).notes


def test_another_setting_is_said_and_the_page_goes_there() -> None:
    explorer = page("learning_curves")
    upload(explorer, "kappa,kappa_star,delta,lam,alpha,mse\n0.4,0.3,0.5,0.02,0.3,1\n")
    row = control(explorer)
    assert row.differs == "Measured at κ = 0.4, λ = 0.02; the page shows κ = 0.7, λ = 0.01 (hollow)."
    assert row.offers == ["Set the page to κ = 0.4, λ = 0.02"]
    row._receive(None, {"kind": "go", "number": 0}, [])
    assert (explorer.state.kappa, explorer.state.lam) == (0.4, 0.02)
    assert row.differs == "" and row.offers == [] and set(shown(explorer)) == {"own-0-2"}
    # Of another curve of the family.
    explorer.change(lam=0.1)
    upload(explorer, "lam,alpha,mse\n0.001,0.3,1\n")
    assert row.differs == "Measured at λ = 0.001; the page shows λ = 0.1 (drawn in the colour of its curve)."
    row._receive(None, {"kind": "go", "number": 7}, [])
    row._receive(None, {"kind": "go", "number": "x"}, [])
    assert explorer.state.lam == 0.1


def test_several_settings_are_offered_by_what_tells_them_apart() -> None:
    explorer = page("learning_curves")
    upload(explorer, "kappa,d,alpha,mse\n0.4,30,0.3,1\n0.7,30,0.3,1\n0.4,60,0.3,1\n")
    row = control(explorer)
    assert row.offers == ["κ = 0.4, d = 30", "κ = 0.4, d = 60"]
    assert row.differs == "The file has 3 settings; 2 of them are of no curve drawn, and hollow."
    row._receive(None, {"kind": "go", "number": 1}, [])
    assert explorer.state.kappa == 0.4 and row.offers == ["κ = 0.7, d = 30"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("kappa,alpha,mse\n5,0.3,1\n", "cannot be set to its κ"),
        ("lam2,alpha,mse\n20,0.3,1\n", "cannot be set to its λ₂"),
        ("teacher,alpha,mse\ncauchy,0.3,1\n", "cannot be set to its teacher"),
    ],
)
def test_a_setting_that_the_page_has_not_is_never_shown_as_its_own(text: str, said: str) -> None:
    explorer = page("learning_curves")
    upload(explorer, text)
    assert said in control(explorer).differs and control(explorer).offers == []
    assert set(shown(explorer)) == {"own-0-other"}


def test_the_page_goes_to_the_teacher_of_a_file() -> None:
    explorer = page("learning_curves")
    upload(explorer, "teacher,lam2,alpha,mse\northogonal,0.1,0.3,1\n")
    assert control(explorer).differs == (
        "Measured at λ₂ = 0.1, teacher = orthogonal; the page shows λ₂ = 0, teacher = wishart (hollow)."
    )
    control(explorer)._receive(None, {"kind": "go", "number": 0}, [])
    assert (explorer.state.teacher, explorer.state.lam2) == ("orthogonal", 0.1)
    assert set(shown(explorer)) == {"own-0-2"} and control(explorer).differs == ""


def test_on_the_dynamics_samples_and_start_are_part_of_the_setting() -> None:
    explorer = page("dynamics")
    upload(explorer, "alpha,gamma,time,mse\n0.35,1,1,1\n")
    assert control(explorer).differs.startswith("Measured at γ = 1; the page shows γ = 0.1")
    assert set(shown(explorer)) == {"own-0-other"}
    control(explorer)._receive(None, {"kind": "go", "number": 0}, [])
    assert explorer.state.gamma == 1 and set(shown(explorer)) == {"own-0-0"}


@pytest.mark.parametrize(("name", "text"), PAGES)
def test_a_bad_file_is_told_and_the_data_before_stay(
    name: str, text: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    explorer = page(name)
    assert upload(explorer, "x,y\n1,2\n", "bad.csv").startswith("bad.csv was not taken: there is no column")
    assert explorer.measured is None
    upload(explorer, text)
    there = set(shown(explorer))
    refusal = upload(explorer, text + "0.5,many,,\n"[: 9 if name == "dynamics" else None], "bad.csv")
    assert refusal.startswith(
        "bad.csv was not taken: row 6" if name == "dynamics" else "bad.csv was not taken: row 5"
    )
    assert refusal.endswith("got many. runs.csv stays.")
    assert "no text" in upload(explorer, b"\x00" * 9) and set(shown(explorer)) == there
    explorer.change(kappa=0.6)
    assert set(shown(explorer)) == there and control(explorer).refusal
    # Whatever else happens is not for a viewer to read.
    monkeypatch.setattr(own_data, "read_measured", lambda *_: 1 / 0)
    with caplog.at_level(logging.CRITICAL):
        assert upload(explorer, text) == "runs.csv was not taken: the file could not be read. runs.csv stays."
    monkeypatch.undo()
    assert upload(explorer, text) == ""


def test_a_large_file_is_refused_before_it_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    explorer = page("learning_curves")
    monkeypatch.setattr(own_data, "read_measured", lambda *_: pytest.fail("it was read"))
    said = "large.csv was not taken: the file has 1,000,001 bytes, and 1,000,000 at most are taken"
    row = control(explorer)
    assert row.most == MOST_BYTES
    # A browser that is ours sends none of it; another one might, and lie about its size.
    row._receive(None, {"kind": "file", "name": "large.csv", "size": MOST_BYTES + 1}, [])
    assert row.refusal.startswith(said)
    row.refusal = ""
    row._receive(
        None, {"kind": "file", "name": "large.csv", "size": 5}, [memoryview(b" " * (MOST_BYTES + 1))]
    )
    assert row.refusal.startswith(said)
    row._receive(None, {"kind": "file", "name": "gone.csv", "size": 5}, [])
    assert "did not arrive" in row.refusal


@pytest.mark.parametrize(
    "row",
    [
        "1e-300,1e30,1e30,1e-300", "1e30,-1e30,0,1", "0.3,1e-300,1e30,0", "0.3,0,0,0", "0.3,1,1e-300,-1",
        "1e-300,1,,", "1e30,,,1",
    ],
)  # fmt: skip
@pytest.mark.parametrize("name", ["learning_curves", "dynamics"])
@pytest.mark.parametrize("y_scale", ["linear", "log"])
def test_no_number_that_is_taken_harms_a_page(name: str, row: str, y_scale: str) -> None:
    explorer = page(name)
    explorer.change(y_scale=y_scale)
    place = "t" if name == "dynamics" else "alpha"
    assert upload(explorer, f"{place},mse,mse_sem,train_loss\n{row}\n0.3,1,0.1,0.1\n") == ""
    assert explorer.page._alert.value == ""
    for part in shown(explorer).values():
        for values in (part["x"], part["y"], part["error_y"]["array"]):
            assert np.isfinite(np.float32(values)).all()
    assert explorer.figure.whole()


def test_nothing_of_a_file_is_markup() -> None:
    explorer = page("learning_curves")
    bold = "<b onload=x>=1"
    upload(explorer, f"alpha,mse,{bold},teacher\n0.3,1,2,<i>%{{x}}</i>\n0.4,1,2,wishart\n", f"{bold}.csv")
    assert control(explorer).name == f"{bold}.csv" and bold in control(explorer).notes
    for region in (explorer.key, explorer.page.prose, explorer.page.readout):
        assert bold not in region.value
    assert "&lt;b onload" in explorer.key.value
    drawn = json.dumps([t["text"] + [t["hovertemplate"]] for t in shown(explorer).values()])
    assert "<i>" not in drawn and "&lt;i&gt;" in drawn and bold not in drawn
    menu = takeaway.save_menu(explorer)
    assert bold in menu.figures[0]["key"]  # as text, which the menu sets as such
    deck = menu._takeaways[0].deck("")
    page_text = slides_html(deck.slides(list(deck.figures())))
    assert bold not in page_text and "&lt;b onload=x&gt;=1.csv" in page_text
    names, rows = explorer.exhibit("learning_curves").table()
    parsed = list(csv.reader(io.StringIO(csv_text((names, rows)))))
    assert not any(cell.startswith("=") for row in parsed for cell in row)


@pytest.mark.parametrize(("name", "text"), PAGES)
def test_what_is_saved_has_the_data(
    name: str, text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    explorer = page(name)
    upload(explorer, text)
    exhibit = explorer.exhibit(name)
    assert "Squares: your data, runs.csv" in exhibit.key
    assert set(own(exhibit.draw())) == set(shown(explorer))
    names, rows = exhibit.table()
    found = [dict(zip(names, row, strict=True)) for row in rows]
    mine = [row for row in found if str(row["source"]).startswith("own data")]
    assert len(mine) == 3 and {row["mse"] for row in mine} == (
        {1.5, 0.75, 0.5} if name != "dynamics" else {4, 2.5, 1}
    )
    deck = takeaway.save_menu(explorer)._takeaways[0].deck("kappa")
    first, *_ = deck.figures()
    explorer.own.remove()  # type: ignore[union-attr]  # the page goes on while a web page is made
    *_, last = deck.figures()
    assert set(own(first)) == set(own(last)) != set()
    upload(explorer, text)
    code = takeaway._takeaway(explorer, explorer.exhibit(name)).code()
    assert "data='runs.csv'" in code
    (tmp_path / "runs.csv").write_text(text)
    monkeypatch.chdir(tmp_path)
    space: dict[str, Any] = {}
    exec(code.replace("figure.show()", "pass"), space)  # noqa: S102 - our own code
    squares = [t for t in space["figure"].data if t.marker.symbol == "square" and len(t.x)]
    assert len(squares) == len(shown(explorer))


def test_the_download_of_the_dynamics_has_the_data() -> None:
    explorer = page("dynamics")
    upload(explorer, COURSE)
    names, rows = explorer._saved()  # type: ignore[attr-defined]
    found = [dict(zip(names, row, strict=True)) for row in rows if row[names.index("of")] == "own data"]
    assert [(row["time"], row["value"], row["standard_error"]) for row in found] == [
        (0, 4, ""), (1, 2.5, 0.5), (100, 1, ""),
    ]  # fmt: skip
    assert all(row["kappa"] == "" for row in found)


def test_standard_deviations_are_not_saved_as_standard_errors() -> None:
    explorer = page("learning_curves")
    upload(explorer, "alpha,mse,mse_std\n0.3,1,0.1\n")
    names, rows = explorer.exhibit("learning_curves").table()
    sources = [row[names.index("source")] for row in rows]
    assert sources[-1] == "own data (errors: standard deviations)"
    assert "(standard deviation)" in shown(explorer)["own-0-2"]["text"][0]
    assert control(explorer).about == "1 row: 1 point of mse (± standard deviation)"


def test_the_prose_holds_the_data_against_the_theory() -> None:
    explorer = page("learning_curves")
    explorer.change(compare="", lam=0.3)
    s = explorer.state
    alpha = np.array([0.2, 0.4, 0.6, 0.8])
    theory = steady_state(alpha, s.kappa, s.kappa_star, s.lam, s.delta).mse
    rows = zip(alpha, 1.1 * theory, theory * [0.05, 0.01, 0.05, 0.05], strict=True)
    upload(explorer, "alpha,mse,mse_sem\n" + "".join(f"{a},{m},{e}\n" for a, m, e in rows))
    said = plain(explorer.page.prose.value)
    assert "Your data: at 3 of 4 places your mse is the theory's within 3 standard errors" in said
    assert "half of your points lie more than 10% above it" in said
    upload(explorer, "alpha,mse\n" + "".join(f"{a},{0.8 * m}\n" for a, m in zip(alpha, theory, strict=True)))
    said = plain(explorer.page.prose.value)
    assert "Your data: half of your points lie more than 20% below the theory's mse" in said
    explorer.change(kappa=0.1)
    upload(explorer, "kappa,alpha,mse\n0.3,0.4,1\n")
    assert "Your data:" not in plain(explorer.page.prose.value)


@pytest.mark.parametrize(
    "data",
    [
        {"alpha": [0.2, 0.4], "mse": [1.0, 0.5]},
        pd.DataFrame({"alpha": [0.2, 0.4], "mse": [1.0, 0.5], "seed": [0, 0]}),
    ],
    ids=["mapping", "frame"],
)
def test_python_takes_data_from_where_they_are(data: Mapping[str, Sequence[float]], tmp_path: Path) -> None:
    figure = learning_curves.still("learning_curves", data=data, compare="", y_scale="linear")
    (points,) = [t for t in figure.data if t.marker.symbol == "square" and len(t.x)]
    assert list(points.y) == [1.0, 0.5]
    path = tmp_path / "course.csv"
    path.write_text(COURSE)
    figure = dynamics.still("dynamics", data=path)
    assert [list(t.y) for t in figure.data if t.marker.symbol == "square" and len(t.x)] == [[2.5, 1.0]]


def test_data_from_no_file_are_called_so_once() -> None:
    explorer = page("learning_curves")
    explorer.bring({"alpha": [0.2], "mse": [1.0]})
    assert control(explorer).name == "your data" and "your data:" not in explorer.key.value
    assert "Squares: your data; hollow" in explorer.exhibit("learning_curves").key


def test_python_is_told_what_is_wrong_with_data() -> None:
    with pytest.raises(DataError, match="no column alpha"):
        learning_curves.still("learning_curves", data={"mse": [1.0]})
    with pytest.raises(TypeError, match="draws no measurements"):
        spectra.still("noisy_teacher", data={"mse": [1.0]})
    with pytest.raises(FileNotFoundError):
        dynamics.still("dynamics", data="nowhere.csv")


def test_trace_names_are_there_without_points_for_every_curve() -> None:
    explorer = page("learning_curves")
    upload(explorer, "lam,alpha,mse\n7,0.3,1\n")
    names = [t["uid"] for t in explorer.figure.drawing["data"] if t["uid"].startswith("own-0")]
    assert names == ["own-0-other", *(f"own-0-{i}" for i in range(5))]
    assert trace(explorer.figure.drawing, "own-2-other")["x"].size == 0
