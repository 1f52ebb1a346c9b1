"""The front page: its pictures are computed, its links lead to pages in states they know."""

from __future__ import annotations

import importlib
import json
import re
import subprocess
import sys
from dataclasses import fields
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree as ET

import numpy as np
import pytest
import yaml

import quadviz
from quadviz.contents import PAGES
from quadviz.explorers.gallery import citation as gallery_citation
from quadviz.explorers.gallery import page as gallery
from quadviz.explorers.gallery.model import DESCRIPTION, TITLE, model_html
from quadviz.explorers.gallery.svg import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, Moving, Window
from quadviz.explorers.gallery.thumbnails import THUMBNAILS
from quadviz.explorers.gallery.tour import TOUR, Step
from quadviz.explorers.kit.links import spelled
from quadviz.parameters import PARAMETERS, SIMULATION_PARAMETERS
from quadviz.simulation.descent import trained_networks
from tests.conftest import ROOT

NAMES = [name for name in PAGES if name != "index"]
#: A picture's frame as its thumbnail sets it: what stands at the edges.
FRAMES = {
    "learning_curves": Window((0, 0.8), (0, 7)),
    "double_descent": Window((0, 1), (-0.3, 1.3)),
    "simulation_lab": Window((np.log10(0.02), np.log10(5)), (0, 3.6)),
    "convergence": Window((0, 3), (-10.5, 0.3)),
}


@pytest.fixture(scope="module")
def pictures() -> dict[str, ET.Element]:
    return {name: parsed(draw()) for name, draw in THUMBNAILS.items()}


@pytest.fixture(scope="module")
def page() -> str:
    (content,) = (c.value for c in gallery.gallery().children if "qv-gallery" in c._dom_classes)
    return str(content)


def parsed(text: str) -> ET.Element:
    return ET.fromstring(text)  # noqa: S314 - our own markup


def moments(element: ET.Element, name: str) -> list[str]:
    """The values of an attribute at every moment, or the one it has at all of them."""
    return element.attrib.get(f"data-{name}", element.attrib.get(name, "")).split("|")


def of_class(picture: ET.Element, name: str) -> list[ET.Element]:
    return [e for e in picture.iter() if name in e.attrib.get("class", "").split()]


def points(outline: str) -> np.ndarray:
    return np.array([float(x) for x in outline.strip("MZ").split()]).reshape(-1, 2)


def data(frame: Window, outline: str) -> tuple[np.ndarray, np.ndarray]:
    """The points of a line, read back off the picture."""
    x, y = points(outline).T
    across = frame.x[0] + (x - LEFT) / (RIGHT - LEFT) * (frame.x[1] - frame.x[0])
    up = frame.y[0] + (BOTTOM - y) / (BOTTOM - TOP) * (frame.y[1] - frame.y[0])
    return across, up


def test_every_page_has_a_card_and_a_picture() -> None:
    assert set(gallery.TILES) == set(NAMES)
    assert set(THUMBNAILS) == set(NAMES)
    assert all(card.question.endswith("?") for card in gallery.TILES.values())


def test_each_card_is_one_link_with_its_title(page: str) -> None:
    tree = parsed(f"<div>{page}</div>")
    tiles = of_class(tree, "qv-tile")
    assert [tile.attrib["href"] for tile in tiles] == [f"{name}.ipynb" for name in NAMES]
    for tile, name in zip(tiles, NAMES, strict=True):
        assert tile.tag == "a"
        assert not [inner for inner in tile.iter("a") if inner is not tile]
        labels = {e.attrib["id"]: "".join(e.itertext()) for e in tile.iter() if "id" in e.attrib}
        assert labels[tile.attrib["aria-labelledby"]] == PAGES[name]
        assert labels[tile.attrib["aria-describedby"]] == gallery.TILES[name].question
    ids = [e.attrib["id"] for e in tree.iter() if "id" in e.attrib]
    assert len(ids) == len(set(ids))


def test_nothing_on_the_page_asks_for_anything_from_elsewhere(page: str) -> None:
    for asset in ("gallery/page.css", "gallery/page.js"):
        text = (ROOT / "quadviz/explorers" / asset).read_text(encoding="utf-8")
        assert not re.search(r"https?:|@import|import\(", text)
    assert "<img" not in page and "<script" not in page
    away = {link for link in re.findall(r'href="([^"]*)"', page) if ":" in link}
    assert away == {"https://arxiv.org/abs/2601.10483"}


def test_the_page_stands_in_the_frame_of_all_pages() -> None:
    box = gallery.gallery()
    assert "qv-page" in box._dom_classes
    assert [c for c in box.children if "qv-header" in c._dom_classes]
    values = "".join(str(getattr(c, "value", "")) for c in box.children)
    assert ".qv-page .qv-header" in values and ".qv-tiles" in values


def test_a_picture_that_fails_leaves_its_card(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> str:
        raise ArithmeticError("no picture")

    monkeypatch.setattr(gallery, "THUMBNAILS", {**THUMBNAILS, "spectra": fail})
    card = gallery._tile("spectra")
    assert "no picture" not in card
    assert 'class="qv-thumbnail"' in card and "Spectra" in card


@pytest.mark.parametrize("name", NAMES)
def test_a_picture_has_a_name_and_moves(pictures: dict[str, ET.Element], name: str) -> None:
    picture = pictures[name]
    assert picture.attrib["role"] == "img"
    assert len(picture.attrib["aria-label"]) > 20
    rest = int(picture.attrib["data-rest"])
    moved = 0
    for element in picture.iter():
        for key in element.attrib:
            if not key.startswith("data-") or element is picture:
                continue
            attribute = key.removeprefix("data-")
            values = moments(element, attribute)
            assert len(values) > rest
            assert values[rest] == (element.text if attribute == "text" else element.attrib[attribute])
            if attribute == "text":
                assert len(set(values)) > 0.9 * len(values), "stops of a slider read alike"
                continue
            numbers = [re.findall(r"-?[\d.]+|[a-z]+", value) for value in values]
            # In between the browser takes shares of every number: there are as many at each moment.
            assert len({len(value) for value in numbers}) == 1
            assert all(np.isfinite(float(x)) for value in numbers for x in value)
            assert all(re.fullmatch(r"M?(-?[\d.]+ ?)+Z?", value) for value in values)
            moved += len(set(values)) > 1
    assert moved >= 2, "the slider, and what it moves"


@pytest.mark.parametrize("name", NAMES)
def test_every_picture_counts_as_many_moments_in_all_its_parts(
    pictures: dict[str, ET.Element], name: str
) -> None:
    counts = {
        len(value.split("|"))
        for element in pictures[name].iter()
        for key, value in element.attrib.items()
        if key.startswith("data-") and key != "data-rest"
    }
    assert len(counts) == 1


def test_learning_curves_are_the_solver_s(pictures: dict[str, ET.Element]) -> None:
    picture, frame = pictures["learning_curves"], FRAMES["learning_curves"]
    (line,), (train,) = of_class(picture, "qv-t-line"), of_class(picture, "qv-t-second")
    deltas = np.linspace(0, 0.8, 9)
    for moment, delta in enumerate(deltas):
        alpha, mse = data(frame, moments(line, "d")[moment])
        peak = float(quadviz.interpolation_threshold(1.0, 0.3, delta).alpha)
        away = np.abs(alpha - peak) > 0.02
        exact = quadviz.steady_state(alpha, 1.0, 0.3, 0.0, delta)
        np.testing.assert_allclose(mse[away], exact.mse[away], atol=0.03)
        _, loss = data(frame, moments(train, "d")[moment])
        np.testing.assert_allclose(loss, 4 * exact.train_loss, atol=0.03)
        if delta:
            assert abs(alpha[mse.argmax()] - peak) < 2e-3 or mse.max() == mse[0]
    heights = [points(at)[:, 1].min() for at in moments(line, "d")]
    assert heights[-1] < heights[2], "the peak grows with the noise"


def test_the_spectrum_is_the_solver_s_and_falls_apart(pictures: dict[str, ET.Element]) -> None:
    (words,) = of_class(pictures["spectra"], "qv-t-value")
    alpha = [float(text.removeprefix("α = ")) for text in moments(words, "text")]
    gaps = [bool(quadviz.learned_spectrum(a, 0.5, 0.2, 0.0, 0.0).noisy_edges.has_gap) for a in (0.13, 0.24)]
    assert gaps == [False, True]
    assert alpha[0] == 0.13 and alpha[-1] == 0.24
    frame = Window((-5.5, 11.0), (0, 0.3))
    (line,) = of_class(pictures["spectra"], "qv-t-line")
    for moment, value in ((0, 0.13), (2, 0.17)):
        y, density = data(frame, moments(line, "d")[moment])
        exact = quadviz.learned_spectrum(value, 0.5, 0.2, 0.0, 0.0).noisy_density(y)
        inside = (y > -5) & (exact > 0.01)
        np.testing.assert_allclose(density[inside], exact[inside], atol=4e-3)


def test_the_map_is_empty_beyond_the_line_of_recovery(pictures: dict[str, ET.Element]) -> None:
    (group,) = of_class(pictures["recovery"], "qv-t-cells")
    cells = list(group)
    assert len(cells) == 160
    for cell in cells:
        opacity = [float(x) for x in moments(cell, "fill-opacity")]
        first, last = opacity[0], opacity[-1]
        x = float(cell.attrib["x"]) + (RIGHT - LEFT) / 32
        y = float(cell.attrib["y"]) + (BOTTOM - TOP) / 20
        alpha, teacher = 0.6 * (x - LEFT) / (RIGHT - LEFT), (BOTTOM - y) / (BOTTOM - TOP)
        recovered = alpha > quadviz.recovery_threshold(1.0, teacher)
        assert (first == 0) == recovered
        error = float(quadviz.steady_state(alpha, 1.0, teacher, 0.3, 0.0).mse) / (1 + 1 / teacher)
        assert last == pytest.approx(np.sqrt(min(error, 1)), abs=0.011)


def test_weight_decay_takes_the_peak_away(pictures: dict[str, ET.Element]) -> None:
    frame = FRAMES["double_descent"]
    (limited,) = of_class(pictures["double_descent"], "qv-t-dashed")
    (free,) = (e for e in of_class(pictures["double_descent"], "qv-t-line") if e is not limited)
    peaks = []
    for moment, lam in enumerate((0.0, 1e-3, 3e-3, 1e-2, 3e-2, 0.1, 0.3)):
        kappa, log_mse = data(frame, moments(limited, "d")[moment])
        end, _ = data(frame, moments(free, "d")[moment])
        needed = float(quadviz.steady_state(0.25, 1.0, 0.3, lam, 0.5).kappa_min)
        assert kappa[-1] == pytest.approx(needed, abs=2e-3) == end[0]
        exact = np.log10(quadviz.steady_state(0.25, kappa, 0.3, lam, 0.5).mse)
        np.testing.assert_allclose(log_mse[kappa > 0.3], exact[kappa > 0.3], atol=0.03)
        peaks.append(log_mse[10:].max())
    assert peaks == sorted(peaks, reverse=True)


def test_the_small_networks_follow_gradient_flow(pictures: dict[str, ET.Element]) -> None:
    setting = quadviz.Setting(kappa=0.7, kappa_star=0.3, alpha=0.35, lam=0.05, delta=0.5)
    times = np.geomspace(0.02, 5.0, 24)
    quick = trained_networks(setting, d=20, seeds=range(3), times=times)
    for seed, line in enumerate(quick):
        run = quadviz.simulate(setting, d=20, times=times, seed=seed)
        np.testing.assert_allclose(line, run.mse, rtol=0.03)
    drawn = of_class(pictures["simulation_lab"], "qv-t-network")
    for line, element in zip(quick, drawn, strict=True):
        _, mse = data(FRAMES["simulation_lab"], element.attrib["d"])
        np.testing.assert_allclose(mse, line, atol=0.02)
    (level,) = of_class(pictures["simulation_lab"], "qv-t-line")
    _, end = data(FRAMES["simulation_lab"], level.attrib["d"])
    np.testing.assert_allclose(end, quadviz.steady_state(0.35, 0.7, 0.3, 0.05, 0.5).mse, atol=0.02)


def test_eigenvalues_leave_the_bulk(pictures: dict[str, ET.Element]) -> None:
    tracks = of_class(pictures["dynamics"], "qv-t-thin")
    heights = np.array([BOTTOM - points(track.attrib["d"])[:, 1] for track in tracks])
    assert np.all(heights[:, 0] < 0.1 * (BOTTOM - TOP)), "they start together"
    assert np.count_nonzero(heights[:, -1] > 0.1 * (BOTTOM - TOP)) >= 5
    assert heights.max() < HEIGHT


def test_convergence_goes_from_one_law_to_the_other(pictures: dict[str, ET.Element]) -> None:
    (line,) = of_class(pictures["convergence"], "qv-t-line")
    slopes = []
    for moment in moments(line, "d"):
        x, y = data(FRAMES["convergence"], moment)
        slopes.append((y[-1] - y[-8]) / (x[-1] - x[-8]))
    assert slopes[0] == pytest.approx(-3, abs=0.1)
    assert slopes[-1] == pytest.approx(-1, abs=0.1)


def test_a_line_may_leave_a_picture_above_and_only_there() -> None:
    draw = Moving(Window((0, 1), (0, 1)), rest=0)
    outline = parsed(draw.line("name", [[-1.0, 0.5, 2.0]], [[-1.0, 2.0, 1.0]])).attrib["d"]
    (x0, y0), (x1, y1), (x2, y2) = points(outline)
    assert (x0, y0) == (LEFT, BOTTOM)
    assert y1 < TOP and LEFT < x1 < RIGHT
    assert (x2, y2) == (RIGHT, TOP)


@pytest.mark.parametrize("step", TOUR, ids=lambda step: step.page)
def test_the_tour_leads_to_states_that_the_pages_know(step: Step) -> None:
    state: Any = importlib.import_module(f"quadviz.explorers.{step.page}.page").State()
    assert set(step.fields) <= {field.name for field in fields(state)}
    table = {**PARAMETERS, **SIMULATION_PARAMETERS}
    for name, value in step.fields.items():
        default = getattr(state, name)
        assert type(value) is type(default), name
        if name in table:
            assert isinstance(value, (int, float))
            table[name].in_range(float(value))
    parts = urlsplit(step.address)
    assert (parts.scheme, parts.netloc, parts.path) == ("", "", f"{step.page}.ipynb")
    query = parse_qs(parts.query, keep_blank_values=True, strict_parsing=True)
    assert query == {name: [spelled(value)] for name, value in step.fields.items()}


def test_the_tour_s_numbers_are_the_theory_s() -> None:
    steps = {step.page: step for step in TOUR}
    peak = float(quadviz.interpolation_threshold(0.7, 0.3, 0.5).alpha)
    assert f"{peak:.3f}" == spelled(steps["learning_curves"].fields["alpha"])
    assert f"{peak:.3f}" in steps["learning_curves"].sentence
    assert steps["double_descent"].fields["alpha"] == steps["learning_curves"].fields["alpha"]
    best = float(quadviz.optimal_lam(peak, 0.7, 0.3, 0.5))
    assert f"{best:.2f}" == spelled(steps["double_descent"].fields["lam"])
    assert f"{best:.2f}" in steps["double_descent"].sentence
    threshold = float(quadviz.recovery_threshold(0.5, 0.3))
    assert f"{threshold:.3f}" in steps["recovery"].sentence


def test_the_tour_is_on_the_page(page: str) -> None:
    tree = parsed(f"<div>{page}</div>")
    (tour,) = of_class(tree, "qv-tour")
    assert [link.attrib["href"] for link in tour.iter("a")] == [step.address for step in TOUR]
    assert 4 <= len(list(tour.iter("li"))) <= 5


def test_the_model_is_two_drawings_with_the_same_words() -> None:
    tree = parsed(model_html())
    drawings = list(tree.iter("svg"))
    assert len(drawings) == 2
    for drawing in drawings:
        texts = {e.tag: e.text for e in drawing if e.tag in ("title", "desc")}
        assert texts == {"title": TITLE, "desc": DESCRIPTION}
        names = drawing.attrib["aria-labelledby"].split()
        assert names == [e.attrib["id"] for e in drawing if e.tag in ("title", "desc")]
        words = ["".join(text.itertext()) for text in drawing.iter("text")]
        # The normalisation: Z* = (1/m*) sum w* w*^T, W(0) ~ N(0, gamma/m), L = (1/4n) sum (f - z)^2.
        said = " ".join(" ".join(words).split())
        for formula in (
            "m* = κ* d neurons",
            "m = κ d neurons",
            "n = α d² samples",
            "x ∼ N(0, Id)",
            "Z* = (1/m*) Σi w*i w*iT",
            "w*i ∼ N(0, Id)",
            "Z = W WT",
            "W(0) ∼ N(0, γ/m)",
            "√Δ ε",
            "z = f*(x) + √Δ ε",
            "f(x) = (xT Z x − tr Z)/√d",
            "L = (1/4n) Σk (f(xk) − zk)²",
            "weight decay λ",
        ):
            assert formula in said


def test_what_is_lowered_or_raised_comes_back_to_the_line() -> None:
    for text in parsed(model_html()).iter("text"):
        level = 0.0
        for span in text.iter("tspan"):
            level += float(span.attrib["dy"])
            assert (level != 0) == (span.attrib.get("class") == "qv-m-small")


def test_the_citation_agrees_with_the_file() -> None:
    cff = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    paper, said = cff["preferred-citation"], gallery_citation.PAPER
    for name in ("title", "journal", "volume", "issue", "year"):
        assert getattr(said, name) == paper[name]
    assert list(said.authors) == [(a["family-names"], a["given-names"]) for a in paper["authors"]]
    assert f"arXiv:{said.arxiv}" in [entry["value"] for entry in paper["identifiers"]]
    assert cff["title"] == gallery_citation.SOFTWARE.title
    assert cff["license"] == gallery_citation.SOFTWARE.license
    assert [a["name"] for a in cff["authors"]] == [gallery_citation.SOFTWARE.author]


@pytest.mark.parametrize("entry", [gallery_citation.paper_bibtex(), gallery_citation.software_bibtex()])
def test_the_bibtex_is_well_formed(entry: str, page: str) -> None:
    assert re.match(r"@(article|misc)\{[a-z0-9]+,\n", entry)
    assert entry.count("{") == entry.count("}")
    assert len(re.findall(r"^  \w+ = \{.*\},?$", entry, re.MULTILINE)) == entry.count("\n") - 1
    assert entry in page


def test_the_colours_are_the_figures_and_can_be_read() -> None:
    from quadviz.figures.marks.theme import OKABE_ITO, THEMES

    css = (ROOT / "quadviz/explorers/gallery/page.css").read_text(encoding="utf-8")
    light, dark = re.findall(r"--qv-second: (#\w+);", css)
    assert dark.upper() == OKABE_ITO["orange"]
    for colour, theme in ((light, "light"), (dark, "dark")):
        assert contrast(colour, THEMES[theme].surface) > 4.5


def contrast(one: str, other: str) -> float:
    """The contrast ratio of WCAG."""

    def luminance(colour: str) -> float:
        channels = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
        linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
        return float(linear @ [0.2126, 0.7152, 0.0722])

    dim, bright = sorted((luminance(one), luminance(other)))
    return (bright + 0.05) / (dim + 0.05)


def test_the_front_page_imports_no_figures() -> None:
    code = "import sys; from quadviz.explorers import gallery; gallery.gallery(); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert not loaded & {"plotly", "sksundae", "scipy.optimize", "scipy.integrate", "matplotlib"}


def test_the_notebook_leads_to_every_page_in_jupyterlab() -> None:
    notebook = json.loads((ROOT / "notebooks/index.ipynb").read_text(encoding="utf-8"))
    text = "".join(line for cell in notebook["cells"] for line in cell["source"])
    assert "gallery.show()" in text
    assert re.findall(r"\[([^]]+)\]\((\w+)\.ipynb\)", text) == [(PAGES[name], name) for name in NAMES]
