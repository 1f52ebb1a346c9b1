"""What the page of dynamics shows as tables, and the code that computes its spectrum."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from quadviz.explorers.dynamics.state import SOURCES, Source
from quadviz.explorers.dynamics.words import Told
from quadviz.figures.evolving_spectrum import Moments, moments_of
from quadviz.files.measured import Measured
from quadviz.parameters import PARAMETERS
from quadviz.scenes.evolving_spectrum import EvolvingSpectrum
from quadviz.setting import Setting
from quadviz.tables.code import Code
from quadviz.tables.course import (
    course_table,
    flow_code,
    flow_rows,
    joined_code,
    march_rows,
    network_rows,
    networks_code,
    ratios,
    setting_code,
    sound_words,
    stop_row,
    theory_row,
)
from quadviz.tables.own_data import own_rows
from quadviz.tables.spectra import counted, law_rows, learned_code
from quadviz.tables.text import Table
from quadviz.tables.tidy import tidy
from quadviz.work.training import Request

__all__ = ["dynamics_table", "moment_table", "spectrum_code", "told_table"]

_SETTING = (*PARAMETERS, "lam2", "teacher")
_COLUMNS = ("of", "quantity", "seed", "time", "from", "to", "value", "standard_error", "trusted")
_OBSERVABLES = ("mse", "train_loss")


def dynamics_table(told: Told, moments: Moments, source: str, measured: Measured | None = None) -> Table:
    """Curves, the end in theory, the best moment, the histograms of all moments, and a reader's own data.

    Args:
        told: what is read out.
        moments: the histograms.
        source: what they are of.
        measured: a reader's own data.
    """
    # Whether a value can be trusted is known of the mean-field theory alone, whose rows are longer.
    rows = [
        [*_ratios(at), *row, *[""] * (len(_COLUMNS) - len(row))] for at, row in _rows(told, moments, source)
    ]
    return (*_SETTING, *_COLUMNS), [*rows, *_own(measured)]


def _own(measured: Measured | None) -> Iterator[list[object]]:
    """A reader's own data, a row for each quantity of each point; what the file does not say is empty."""
    for row in own_rows(measured):
        for name in _OBSERVABLES:
            if name in row:
                known = {"of": row["source"], "quantity": name, "value": row[name], "time": row["time"]}
                known["standard_error"] = row.get(f"{name}_error", "")
                yield [{**row, **known}.get(column, "") for column in (*_SETTING, *_COLUMNS)]


def _rows(told: Told, moments: Moments, source: str) -> Iterator[tuple[Setting, list[object]]]:
    """Every row, after the setting that it is of: what is of another one than shown carries its own."""
    setting = told.setting
    for name in _OBSERVABLES:
        yield setting, ["theory", name, "", "inf", "", "", float(getattr(told.theory, name)), ""]
    losses = (told.flow.mse, told.flow.loss + setting.delta / 4)
    for name, values in zip(_OBSERVABLES, losses, strict=True):
        for t, value in zip(told.flow.times.tolist(), values.tolist(), strict=True):
            yield setting, ["population flow", name, "", t, "", "", value, ""]
    march_setting = network_setting = setting
    if told.march is not None:
        solution, seed = told.march.solution, told.march.request.seed
        march_setting = told.march.request.setting
        for name in _OBSERVABLES:
            columns = (
                solution.times,
                getattr(solution, name),
                getattr(solution, f"{name}_error"),
                sound_words(solution),
            )
            for t, value, error, sound in zip(*(column.tolist() for column in columns), strict=True):
                yield march_setting, ["DMFT", name, seed, t, "", "", value, error, sound]
    if told.networks is not None:
        network_setting = told.networks.request.setting
        of = f"networks of d = {told.networks.request.d}"
        for network in told.networks.networks:
            for name in _OBSERVABLES:
                for t, value in zip(network.times.tolist(), getattr(network, name).tolist(), strict=True):
                    yield network_setting, [of, name, network.seed, t, "", "", value, ""]
    if told.stop is not None:
        yield (
            setting,
            [f"best of {told.by}", "mse", "", told.stop.time, "", "", told.stop.mse, told.stop.error],
        )
    if told.match is not None:
        yield setting, ["weight decay that matches", "lam", "", "inf", "", "", told.match.lam, ""]
    if moments.scene.frames is None:
        return
    times = moments.scene.frames.times.tolist()
    at = {"DMFT": march_setting, "networks": network_setting}.get(source, setting)
    for t, x, y in zip(times, moments.histogram.x, moments.histogram.y, strict=True):
        # Every bar is a pair of points at one height.
        for low, high, value in zip(x[1:-1:2].tolist(), x[2::2].tolist(), y[1:-1:2].tolist(), strict=False):
            yield at, [source, "density of the histogram", "", t, low, high, value, ""]


def told_table(told: Told, measured: Measured | None = None) -> Table:
    """The course of training: theory, DMFT, networks, the best moment, and a reader's own data."""
    rows = [theory_row(told.setting, told.theory), *flow_rows(told.setting, told.flow)]
    rows += [*march_rows(told.march), *network_rows(told.networks)]
    best = [] if told.stop is None else [stop_row(told.setting, told.by, told.stop)]
    return course_table([*rows, *best, *own_rows(measured)], equations=True)


def moment_table(scene: EvolvingSpectrum, told: Told, source: Source) -> Table:
    """The eigenvalues at the moment shown, one by one, and the laws that they begin and end with.

    Args:
        scene: what is drawn.
        told: what is read out.
        source: whose eigenvalues are counted.
    """
    name = counted(scene.view)
    columns = ("source", "part", *_SETTING, name, "density", "mass", "time", "d", "seed")
    return tidy(columns, _moment_rows(scene, told, source, name))


def spectrum_code(
    scene: EvolvingSpectrum,
    setting: Setting,
    source: Source,
    networks: Request | None,
    march: Code | None,
    end: float,
) -> Code:
    """The law of long training, and the eigenvalues of the source at the moment shown.

    Args:
        scene: what is drawn.
        setting: the setting.
        source: whose eigenvalues are counted.
        networks: those trained, or None.
        march: the statements that give the mean-field theory shown, or None.
        end: the last time of the population flow.
    """
    law = learned_code(scene.law, scene.view)
    there = f"[{scene.moment}].max())"
    if source == "population":
        run, shown = flow_code(setting, end), f"print(flow.eigenvalues{there}"
    elif source == "dmft" and march is not None:
        run, shown = march, f"print(march.eigenvalues{there}"
    elif source == "networks" and networks is not None:
        run, shown = networks_code(networks), f'print(networks.all("eigenvalues")[:, {scene.moment}].max())'
    else:
        return law
    return joined_code(law, setting_code(setting), run, Code((), [shown]))


def _moment_rows(
    scene: EvolvingSpectrum, told: Told, source: Source, name: str
) -> Iterator[dict[str, object]]:
    setting, root = told.setting, scene.view == "singular values"
    for values, known in _counted_now(scene, told, source):
        seen = np.sqrt(np.maximum(values, 0.0)) if root else values
        for value in seen.tolist():
            yield {"source": SOURCES[source], **known, name: value}
    initial = moments_of(scene).initial
    start = {"source": "law, t = 0", "part": "band", **ratios(setting), "time": 0.0}
    for place, density in zip(initial.x[0].tolist(), initial.y[0].tolist(), strict=True):
        yield {**start, name: place, "density": density}
    for row in law_rows(scene.law, scene.view, "theory, t -> inf"):
        yield {**row, "gamma": setting.gamma, "time": "inf"}


def _counted_now(
    scene: EvolvingSpectrum, told: Told, source: Source
) -> Iterator[tuple[np.ndarray[tuple[int, ...], np.dtype[np.float64]], dict[str, object]]]:
    """Eigenvalues at the moment shown, with what they are of."""
    frames = scene.frames
    if frames is None:
        return
    time = {"time": frames.times[scene.moment].item()}
    if source == "networks" and told.networks is not None:
        request = told.networks.request
        for network in told.networks.farthest.networks:
            known = {**ratios(request.setting), "d": request.d, "seed": network.seed}
            yield network.eigenvalues[scene.moment], {**known, **time}
        return
    known = ratios(told.setting)
    if source == "dmft" and told.march is not None:
        request_march = told.march.request
        known = {**ratios(request_march.setting), "d": "inf", "seed": request_march.seed}
    elif source == "population":
        known = {**known, "alpha": "inf", "d": "inf"}
    yield frames.eigenvalues[scene.moment], {**known, **time}


def _ratios(setting: Setting) -> list[object]:
    return list(ratios(setting).values())
