"""All that the page of dynamics shows as one table, a row for each number."""

from __future__ import annotations

from collections.abc import Iterator

from quadviz.explorers.dynamics_readout import Told
from quadviz.figures.dynamics_spectrum import Frames, Moments
from quadviz.setting import PARAMETERS, Setting
from quadviz.tables import Table

__all__ = ["dynamics_table"]

_COLUMNS = ("of", "quantity", "seed", "time", "from", "to", "value", "standard_error")
_OBSERVABLES = ("mse", "train_loss")


def dynamics_table(told: Told, frames: Frames | None, source: str, moments: Moments | None) -> Table:
    """Curves, the end in theory, the best moment, and the histograms of all moments.

    Args:
        told: what is read out.
        frames: the moments of the histogram, or None.
        source: what they are of.
        moments: the histograms.
    """
    rows = [[*_ratios(at), *row] for at, row in _rows(told, frames, source, moments)]
    return (*PARAMETERS, *_COLUMNS), rows


def _rows(
    told: Told, frames: Frames | None, source: str, moments: Moments | None
) -> Iterator[tuple[Setting, list[object]]]:
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
            columns = (solution.times, getattr(solution, name), getattr(solution, f"{name}_error"))
            for t, value, error in zip(*(column.tolist() for column in columns), strict=True):
                yield march_setting, ["DMFT", name, seed, t, "", "", value, error]
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
    if frames is None or moments is None:
        return
    at = {"DMFT": march_setting, "networks": network_setting}.get(source, setting)
    for t, x, y in zip(frames.times.tolist(), moments.outline.x, moments.outline.y, strict=True):
        # Every bar is a pair of points at one height.
        for low, high, value in zip(x[1:-1:2].tolist(), x[2::2].tolist(), y[1:-1:2].tolist(), strict=False):
            yield at, [source, "density of the histogram", "", t, low, high, value, ""]


def _ratios(setting: Setting) -> list[float]:
    return [getattr(setting, name) for name in PARAMETERS]
