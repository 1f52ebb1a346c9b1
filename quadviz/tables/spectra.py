"""Spectral laws as tables, and the code that computes them: of the pages of spectra and of recovery."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import numpy as np

from quadviz.arrays import FloatArray
from quadviz.figures.marks.outlines import Outline, Outlines, outlines
from quadviz.law.spelling import spelled_teacher
from quadviz.law.teachers import WISHART
from quadviz.scenes.recovery import PointSpectrum
from quadviz.scenes.spectra import Spectra, View
from quadviz.simulation.final import FinalState, flow_end
from quadviz.tables.code import Code, assignment
from quadviz.tables.teacher import beyond
from quadviz.tables.text import Table
from quadviz.tables.tidy import SETTING, tidy
from quadviz.theory.steady.learned_spectrum import LearnedSpectrum
from quadviz.work.spectrum import SpectrumRun

__all__ = [
    "counted",
    "law_rows",
    "learned_code",
    "learned_table",
    "network_lines",
    "noisy_code",
    "noisy_table",
    "point_table",
    "setting_of",
]

Rows = Iterator[dict[str, object]]

_SETTING = (*SETTING, "lam2", "teacher")
TEACHER, NOISY = "teacher Z*", "noisy teacher Y"
#: Points of a density that the code computes.
_POINTS = 400


def setting_of(law: LearnedSpectrum) -> dict[str, object]:
    """The setting of a law of a single steady state."""
    known = {name: np.ravel(getattr(law.state, name))[0].item() for name in (*SETTING, "lam2")}
    return {**known, "teacher": spelled_teacher(law.state.teacher)}


def noisy_table(view: Spectra) -> Table:
    """The law of Y with what is cut off it, and the teacher's."""
    columns = ("source", "part", *_SETTING, "eigenvalue", "density", "mass")
    return tidy(columns, _noisy_rows(view))


def learned_table(view: Spectra, run: SpectrumRun | None) -> Table:
    """The law of Z, or of the singular values of W, the teacher's, and every network's eigenvalues."""
    name = counted(view.view)
    columns = ("source", "part", *_SETTING, name, "density", "mass", "d", "seed", "trained_by")
    return tidy(columns, _learned_rows(view, () if run is None else run.networks))


def point_table(law: LearnedSpectrum, view: PointSpectrum) -> Table:
    """The small spectrum of the page of recovery."""
    setting, name = setting_of(law), "eigenvalue"
    teacher, learned = {"source": TEACHER, **setting}, {"source": "learned Z", **setting}
    rows = [
        *_densities(teacher, name, view.teacher_at, view.teacher),
        _atom(teacher, name, view.teacher_atom),
        *_densities(learned, name, view.learned_at, view.learned),
        _atom(learned, name, view.learned_atom),
    ]
    return tidy(("source", "part", *SETTING, name, "density", "mass"), rows)


def noisy_code(law: LearnedSpectrum) -> Code:
    """The law of Y and where it is cut."""
    names, lines = _call(law)
    numpy = bool(np.isfinite(law.noisy_edges.right).all())
    if numpy:
        lines += [
            f"y = np.linspace(law.noisy_edges.left, law.noisy_edges.right, {_POINTS})",
            "density = law.noisy_density(y)",
        ]
    lines.append("print(law.cut, law.state.q, law.state.xi)")
    return Code(("learned_spectrum", *names), lines, numpy)


def learned_code(law: LearnedSpectrum, view: View, networks: SpectrumRun | None = None) -> Code:
    """The law of what was learned, and the networks if they are trained."""
    names, lines = _call(law)
    numpy = bool(np.isfinite(law.edges.right).all())
    if numpy and view == "eigenvalues":
        lines += [f"z = np.linspace(0, law.edges.right, {_POINTS})", "density = law.density(z)"]
    elif numpy:
        lines += [
            f"s = np.linspace(0, law.singular_value_edges.right, {_POINTS})",
            "density = law.singular_value_density(s)",
        ]
    lines.append("print(law.atom_at_zero, law.gap)")
    imports = ["learned_spectrum", *names]
    if networks is not None and networks.networks:
        more, trained = network_lines(networks.networks)
        imports, lines = imports + more, lines + trained
    return Code(imports, lines, numpy)


def network_lines(networks: tuple[FinalState, ...]) -> tuple[list[str], list[str]]:
    """Names to import and statements that train networks of one setting to their end."""
    first, seeds = networks[0], [network.seed for network in networks]
    s = first.setting
    names = ("kappa", "kappa_star", "alpha", "lam", "delta")
    ratios: dict[str, object] = {name: getattr(s, name) for name in names}
    more, arguments = beyond(s.teacher, s.lam2)
    ratios |= {"kappa_star": s.given_width, **arguments}
    work, how, last = "minimise", f"d={first.d}, seed=seed", ""
    if first.flow:
        work, how, last = "simulate", f"d={first.d}, times={flow_end(first.setting)!r}, seed=seed", "[-1]"
    return (
        ["Setting", work, *more],
        [
            f"setting = Setting({assignment(ratios)})",
            f"networks = [{work}(setting, {how}) for seed in {seeds}]",
            f"print([network.mse{last} for network in networks])",
        ],
    )


def counted(view: View) -> str:
    """The column of what is counted."""
    return view.replace(" ", "_").removesuffix("s")


def _call(law: LearnedSpectrum) -> tuple[list[str], list[str]]:
    """Names to import, and the statement that makes the law."""
    values = {name: value for name, value in setting_of(law).items() if name in SETTING}
    if not law.state.teacher.sized_by_width:
        values["kappa_star"] = None
    names, more = beyond(law.state.teacher, float(np.ravel(law.state.lam2)[0]))
    return [*names], [f"law = learned_spectrum({assignment({**values, **more})})"]


def _noisy_rows(view: Spectra) -> Rows:
    law, shapes, name = view.law, outlines(view.law, view.view), "eigenvalue"
    setting = setting_of(law)
    teacher, noisy = {"source": TEACHER, **setting}, {"source": NOISY, **setting}
    yield from _teacher_rows(law, teacher, name, shapes, root=False)
    for part, outline in (("cut off", shapes.discarded), ("kept", shapes.kept)):
        places = _places(outline)
        yield from _densities({**noisy, "part": part}, name, places, law.noisy_density(places)[0])
    if shapes.noisy_atom[0] > 0:
        yield _atom(noisy, name, float(shapes.noisy_atom[0]))
    marks = (
        ("shrinkage q", law.state.q),
        ("omega: cut by the width alone", view.omega),
        ("cut: max(q, omega)", law.cut),
    )
    for source, value in marks:
        place = np.ravel(value)[0].item()
        if math.isfinite(place):
            yield {"source": source, **setting, name: place}


def _learned_rows(view: Spectra, networks: tuple[FinalState, ...]) -> Rows:
    name, shapes, root = counted(view.view), outlines(view.law), view.view == "singular values"
    teacher = {"source": TEACHER, **setting_of(view.law)}
    yield from _teacher_rows(view.law, teacher, name, shapes, root=root)
    yield from law_rows(view.law, view.view, "learned W" if root else "learned Z")
    for network in networks:
        known = {
            "source": "network",
            **{ratio: getattr(network.setting, ratio) for ratio in (*SETTING, "lam2")},
            "teacher": spelled_teacher(network.setting.teacher),
            "d": network.d,
            "seed": network.seed,
            "trained_by": network.trained_by,
        }
        values = np.maximum(network.eigenvalues, 0.0)
        for value in (np.sqrt(values) if root else network.eigenvalues).tolist():
            yield {**known, name: value}


def _teacher_rows(
    law: LearnedSpectrum, known: Mapping[str, object], name: str, shapes: Outlines, *, root: bool
) -> Rows:
    """The teacher's law, or its levels and their masses."""
    if law.state.teacher == WISHART:
        yield from _densities(known, name, *_seen(shapes.teacher.x[0], shapes.teacher.y[0], root))
        yield _atom(known, name, shapes.teacher_atom)
        return
    atoms = law.state.teacher.atoms(float(np.ravel(law.state.kappa_star)[0]))
    for place, mass in zip(atoms.z.tolist(), atoms.p.tolist(), strict=True):
        yield {**known, "part": "level", name: math.sqrt(place) if root else place, "mass": mass}


def law_rows(law: LearnedSpectrum, view: View, source: str) -> Rows:
    """The law of what is learned: its bands, its atom, and the gap that the width leaves.

    Args:
        law: the law, of shape (1, 1).
        view: what is counted.
        source: what it is called.
    """
    name, shapes, root = counted(view), outlines(law), view == "singular values"
    known = {"source": source, **setting_of(law)}
    places = _places(shapes.learned)
    yield from _densities(known, name, *_seen(places, law.density(places)[0], root))
    yield _atom(known, name, float(shapes.atom[0]))
    for place, mass in law.atoms()[0, 0, 1:].tolist():
        yield {**known, "part": "level", name: math.sqrt(place) if root else place, "mass": mass}
    gap = np.ravel(law.gap)[0].item()
    if gap > 0:
        yield {**known, "part": "end of the gap above 0", name: math.sqrt(gap) if root else gap}


def _places(outline: Outline) -> FloatArray:
    """Where an outline is drawn, from left to right; none where it has no extent."""
    places = np.unique(outline.x[0])
    return places if places.size > 1 else np.empty(0)


def _seen(x: FloatArray, y: FloatArray, root: bool) -> tuple[FloatArray, FloatArray]:
    """A density of eigenvalues as it is, or that of their square roots."""
    return (np.sqrt(x), 2 * np.sqrt(x) * y) if root else (x, y)


def _densities(known: Mapping[str, object], name: str, x: FloatArray, y: FloatArray) -> Rows:
    for place, density in zip(x.tolist(), y.tolist(), strict=True):
        yield {"part": "band", **known, name: place, "density": density}


def _atom(known: Mapping[str, object], name: str, mass: float) -> dict[str, object]:
    return {**known, "part": "atom at zero", name: 0.0, "mass": mass}
