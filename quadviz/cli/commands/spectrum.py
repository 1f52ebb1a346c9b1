"""``quadviz spectrum``: the law of the eigenvalues that long training ends with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np

from quadviz.cli.chart import chart
from quadviz.cli.options import (
    KappaStar,
    Lam2,
    TeacherText,
    number_option,
    real,
    whole,
    whole_option,
    width_text,
)
from quadviz.cli.output import Csv, Given, Json, Out, give, tell
from quadviz.cli.teachers import teacher_column, teacher_of
from quadviz.outcome import Regime, Status
from quadviz.parameters import EXTENSIONS, PARAMETERS
from quadviz.tables.text import Table

if TYPE_CHECKING:
    import plotly.graph_objects as go

__all__ = ["EXAMPLES", "spectrum"]

EXAMPLES = (
    "quadviz spectrum --alpha 0.35 --csv",
    "quadviz spectrum --alpha 0.35 --kappa 0.2 --points 50",
    "quadviz spectrum --alpha 0.6 --teacher orthogonal --out spectrum.html",
)
#: So many bands and atoms are told one by one.
_TOLD = 8
_SETTING = ("kappa", "kappa_star", "alpha", "delta", "lam", "lam2")


def spectrum(
    alpha: Annotated[str, number_option(PARAMETERS["alpha"])] = f"{PARAMETERS['alpha'].default:g}",
    kappa: Annotated[str, number_option(PARAMETERS["kappa"])] = f"{PARAMETERS['kappa'].default:g}",
    kappa_star: KappaStar = None,
    lam: Annotated[str, number_option(PARAMETERS["lam"])] = f"{PARAMETERS['lam'].default:g}",
    delta: Annotated[str, number_option(PARAMETERS["delta"])] = f"{PARAMETERS['delta'].default:g}",
    lam2: Lam2 = "0",
    teacher: TeacherText = "wishart",
    points: Annotated[str, whole_option("points", "How many points a band has.", 2, 100_000)] = "200",
    csv: Csv = False,
    json: Json = False,
    out: Out = None,
) -> int:
    """Print the spectrum of the learned Z = WWᵀ: its density band by band, and the mass of its atoms."""
    from quadviz.theory.steady.learned_spectrum import learned_spectrum

    law = teacher_of(teacher)
    wide = width_text(kappa_star, law)
    texts = {"kappa": kappa, "alpha": alpha, "delta": delta, "lam": lam, "kappa_star": wide}
    given: dict[str, Any] = {n: real(PARAMETERS[n], text) for n, text in texts.items() if text is not None}
    found = learned_spectrum(
        **{"kappa_star": None, **given}, lam2=real(EXTENSIONS["lam2"], lam2), teacher=law
    )
    state = found.state
    if state.status == Status.FAILED:
        return 1
    setting = {**teacher_column(teacher), **{name: float(getattr(state, name)) for name in _SETTING}}
    said = {"regime": Regime(int(state.regime)).label, "status": Status(int(state.status)).name.lower()}
    bands = found.bands()[np.isfinite(found.bands()[:, 0])].tolist()
    atoms = [(z, mass) for z, mass in found.atoms().tolist() if mass > 0]
    rows = [[*setting.values(), "atom", z, "", mass, *said.values()] for z, mass in atoms]
    for left, right in bands:
        # Denser towards both ends, where a density has its roots.
        steps = (1 - np.cos(np.linspace(0, np.pi, whole("points", points, 2, 100_000)))) / 2
        places = np.minimum(left + (right - left) * steps, right)
        density = np.asarray(found.density(places)).tolist()
        rows += [
            [*setting.values(), "band", z, p, "", *said.values()]
            for z, p in zip(places.tolist(), density, strict=True)
        ]
    table = [*setting, "part", "eigenvalue", "density", "mass", *said], rows
    told: dict[str, Any] = {
        "atoms": [{"eigenvalue": z, "mass": mass} for z, mass in atoms],
        "edges": [[float(left), float(right)] for left, right in bands],
        "gap": float(found.gap), "q": float(state.q), "xi": float(state.xi), "rank": float(state.rank),
    }  # fmt: skip
    give(Given(table, lambda: _drawn(table, told["atoms"]), found, told), csv=csv, json=json, out=out)
    # After the table: on a terminal it would be out of sight before.
    said_of = [f"atom at {z:.6g}: mass {mass:.6g}" for z, mass in atoms]
    said_of += [f"band from {left:.6g} to {right:.6g}" for left, right in bands]
    for sentence in said_of[:_TOLD]:
        tell(sentence)
    if len(said_of) > _TOLD:
        tell(f"and {len(said_of) - _TOLD} more, of {len(bands)} bands and {len(atoms)} atoms")
    tell(f"{said['regime']}; {Status(int(state.status)).message}")
    return 0


def _drawn(table: Table, atoms: Sequence[Mapping[str, float]]) -> go.Figure:
    """The density, and atoms as points on the axis with their masses."""
    names, rows = table
    bands = [row for row in rows if row[list(names).index("part")] == "band"]
    figure = chart((names, bands or rows), "eigenvalue", "density" if bands else "mass")
    if bands:
        figure.add_scatter(
            x=[atom["eigenvalue"] for atom in atoms],
            y=[0.0] * len(atoms),
            text=[f"atom of mass {atom['mass']:.3g}" for atom in atoms],
            textposition="top right",
            mode="markers+text",
            showlegend=False,
        )
    else:
        figure.update_traces(mode="markers")
    return figure
