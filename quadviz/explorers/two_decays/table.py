"""What the page of two decays draws, as tables, and the code that computes it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from quadviz.figures.two_decays.spectra import NAMES
from quadviz.outcome import Regime, Status
from quadviz.scenes.two_decays.best import Kind, decays_beside
from quadviz.scenes.two_decays.gains import ALPHA, GainMap
from quadviz.scenes.two_decays.scene import LAM, LAM2, TwoDecays
from quadviz.tables.code import Code, assignment
from quadviz.tables.spectra import point_table
from quadviz.tables.text import Table
from quadviz.tables.tidy import SETTING, Row, tidy

__all__ = ["decays_code", "decays_table", "gains_code", "gains_table", "spectra_code", "spectra_table"]

_CELL = ("alpha", "kappa", "kappa_star", "delta", "lam", "lam2", "mse", "rank", "kappa_min")
_GAINS = ("gain", "mse", "mse_best_lam", "mse_best_lam2", "best_lam", "best_lam2", "ratio")


def decays_table(scene: TwoDecays) -> Table:
    """Every cell of the map in a row, then the best decays."""

    def rows() -> Iterator[Row]:
        best, states = scene.best, scene.map.states
        several = {
            "theory": states,
            "theory at the best lam": best.weight,
            "theory at the best lam2": best.frobenius,
            "theory at the best pair": best.pair,
        }
        for source, found in several.items():
            columns = [
                np.ravel(np.broadcast_to(getattr(found, name), found.shape)).tolist() for name in _CELL
            ]
            codes = zip(np.ravel(found.regime).tolist(), np.ravel(found.status).tolist(), strict=True)
            for values, (regime, status) in zip(zip(*columns, strict=True), codes, strict=True):
                yield {
                    "source": source, **dict(zip(_CELL, values, strict=True)), "regime": Regime(regime).label,
                    "status": Status(status).name.lower(),
                }  # fmt: skip
        place = scene.place._asdict()
        yield {"source": "Bayes-optimal", **place, "mse": scene.bayes}

    return tidy(("source", *_CELL, "regime", "status"), rows())


def gains_table(found: GainMap) -> Table:
    """Every cell of the map of gains in a row, and the largest gain."""
    setting = found.setting
    other = "kappa_star" if setting.vertical == "delta" else "delta"
    same = {"kappa": setting.kappa, other: setting.fixed}
    across, up = np.meshgrid(found.alpha, found.up)
    columns = (
        across, up, found.gain, found.mse, found.weight, found.frobenius, found.lam, found.lam2, found.ratio,
        found.kind, found.spare,
    )  # fmt: skip

    def rows() -> Iterator[Row]:
        for alpha, height, *values, kind, spare in zip(*(c.ravel().tolist() for c in columns), strict=True):
            yield {
                "source": "gain", **same, "alpha": alpha, setting.vertical: height,
                **dict(zip(_GAINS, values, strict=True)), "best_pair": Kind(kind).name.lower(),
                "regime": Regime(int(spare < 0)).label,
            }  # fmt: skip
        if found.peak is not None:
            alpha, height, gain = found.peak
            yield {"source": "largest gain", **same, "alpha": alpha, setting.vertical: height, "gain": gain}

    names = ("alpha", "kappa", "kappa_star", "delta", *_GAINS)
    return tidy(("source", *names, "best_pair", "regime"), rows())


def spectra_table(scene: TwoDecays) -> Table:
    """The densities of what is learned with the decays as set and with the best pair, and the teacher's."""
    tables = []
    for law, view in zip((scene.law, scene.pair_law), scene.spectra, strict=True):
        names, rows = point_table(law, view)
        at = 2 + len(SETTING)
        lam2 = float(np.ravel(law.state.lam2)[0])
        tables.append(((*names[:at], "lam2", *names[at:]), [[*row[:at], lam2, *row[at:]] for row in rows]))
    names = tables[0][0]
    rows = [
        [row[0], name, *row[1:]]
        for name, (_, table) in zip(NAMES.values(), tables, strict=True)
        for row in table
    ]
    return ("source", "decays", *names[1:]), rows


def decays_code(scene: TwoDecays) -> Code:
    """The cells in one call, and the best decays."""
    cells, place = scene.map.cells, assignment(scene.place._asdict())
    lines = [
        f"lam = np.append(0.0, {_centres(LAM.decades, cells)})  # 0 is lam -> 0+",
        f"lam2 = np.append(0.0, {_centres(LAM2.decades, cells)})",
        f"place = dict({place})",
        "errors = steady_state(**place, lam=lam, lam2=lam2[:, None])",
        "best = optimal_decay(**place)",
        "alone = optimal_lam(**place), optimal_lam2(**place)",
        "print(errors.mse.min(), best.mse, best.lam, best.lam2, best.ratio, alone)",
    ]
    return Code(("optimal_decay", "optimal_lam", "optimal_lam2", "steady_state"), lines, numpy=True)


def gains_code(found: GainMap) -> Code:
    """The same map in four calls."""
    setting, (columns, height) = found.setting, found.cells
    other = "kappa_star" if setting.vertical == "delta" else "delta"
    up = _centres(setting.up.decades, height)
    rows = f"np.append(0.0, {up})" if setting.up.zero else f"({up})"
    fixed = assignment({"kappa": setting.kappa, other: setting.fixed})
    lines = [
        f"alpha = {_centres(ALPHA.decades, columns)}",
        f"{setting.vertical} = {rows}[:, None]",
        f"place = dict(alpha=alpha, {setting.vertical}={setting.vertical}, {fixed})",
        "weight = steady_state(**place, lam=optimal_lam(**place))",
        "lam2 = optimal_lam2(**place)",
        "lam2 = np.where(lam2 > 1e-6, lam2, 1e-9)  # what vanishes",
        "frobenius = steady_state(**place, lam=0, lam2=lam2)",
        "best = optimal_decay(**place)",
        "gain = 1 - (best.mse + 1e-300) / (np.minimum(weight.mse, frobenius.mse) + 1e-300)",
        "print(np.nanmax(gain))",
    ]
    return Code(("optimal_decay", "optimal_lam", "optimal_lam2", "steady_state"), lines, numpy=True)


def spectra_code(scene: TwoDecays) -> Code:
    """Both laws in one call; where the best pair vanishes tiny decays in its ratio stand for it."""
    pair = (float(each) for each in decays_beside(scene.best.both))
    lam, lam2 = zip((_one(scene.law.state.lam), _one(scene.law.state.lam2)), pair, strict=True)
    both = {**scene.place._asdict(), "lam": list(lam), "lam2": list(lam2)}
    call = f"laws = learned_spectrum({assignment(both)})"
    return Code(("learned_spectrum",), [call, "print(laws.atom_at_zero, laws.shrink)"])


def _one(value: object) -> float:
    return float(np.ravel(value)[0])  # type: ignore[call-overload]  # an array, or a number


def _centres(decades: tuple[float, float], cells: int) -> str:
    """The middles of cells that are alike in the logarithm."""
    low, high = decades
    return f"10 ** ({low!r} + (np.arange({cells}) + 0.5) / {cells} * {high - low!r})"
