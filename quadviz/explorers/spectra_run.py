"""A run of alpha through the transition: all its moments, solved in one call, for a player to show."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from quadviz.explorers.page import cards_html
from quadviz.explorers.player import Run
from quadviz.explorers.spectra_readout import at_alpha, directions_html, spectra_cards
from quadviz.explorers.stage import PlayedLabel, PlayedPanel, PlayedPath
from quadviz.explorers.tracks import Track
from quadviz.figures.spectra import PANELS, Panel, label_look, look
from quadviz.figures.spectra_frame import Frame, fit_frame
from quadviz.figures.spectra_moments import PanelMoments, learned_moments, noisy_moments
from quadviz.figures.spectra_outlines import View, outlines
from quadviz.figures.theme import ThemeName
from quadviz.setting import PARAMETERS
from quadviz.spectrum import NoisyTeacherLaw
from quadviz.theory.learned_spectrum import LearnedSpectrum, learned_spectrum
from quadviz.theory.thresholds import recovery_threshold

__all__ = ["MOMENTS", "SECONDS", "run_alphas", "spectra_run", "width_cut"]

FloatArray = NDArray[np.float64]

#: How many pictures a run has, and how long it takes: forty a second.
MOMENTS, SECONDS = 240, 6.0
#: Where a run ends, and where it does, relative to the threshold, if nothing happens beyond that.
_END, _BEYOND = 1.0, 1.5
#: Half of the moments are spread around the recovery threshold, so wide relative to it.
_WIDTH = 0.15
#: Points of a band in a run; more are needed only where one has time to look.
_POINTS = 80
#: The axes hold this share of the moments; at the first ones Y is several times as wide as at the others.
_SHARE = 0.8
#: Cards and sentences follow at every so many moments: faster than that nobody reads.
_CARDS, _SENTENCES = 6, 2


def width_cut(law: LearnedSpectrum) -> FloatArray:
    """Where the width alone would cut Y; -inf where it would not, NaN where there is no noisy law to cut.

    Args:
        law: results of shape (F, 1).

    Returns:
        Values of shape (F,).
    """
    state = law.state
    cut = np.where(state.kappa < 1, np.nan, -np.inf)
    noisy = (state.kappa < 1) & (state.xi > 0)
    cut[noisy] = NoisyTeacherLaw(state.kappa_star[noisy], state.xi[noisy]).quantile(state.kappa[noisy])
    return cut[:, 0]


def run_alphas(kappa: float, kappa_star: float, lam: float, delta: float) -> FloatArray:
    """The values of a run: increasing from the smallest alpha on, close together at the recovery threshold.

    Args:
        kappa: student width.
        kappa_star: teacher width.
        lam: weight decay.
        delta: label noise.

    Returns:
        Values with four digits, shape (MOMENTS,).
    """
    low = PARAMETERS["alpha"].low
    threshold = float(recovery_threshold(kappa, kappa_star))
    end = min(_END, _BEYOND * threshold) if lam == delta == 0 else _END
    fine = np.linspace(low, end, 4001)
    pace = 0.5 / np.sqrt(fine) / (np.sqrt(end) - np.sqrt(low))
    if np.isfinite(threshold):
        near = 1 / (1 + ((fine - threshold) / (_WIDTH * threshold)) ** 2)
        pace += near / np.trapezoid(near, fine)
    passed = np.concatenate([[0.0], np.cumsum((pace[1:] + pace[:-1]) / 2)])
    values = np.interp(np.linspace(0, passed[-1], MOMENTS), passed, fine)
    return np.array([float(f"{value:.4g}") for value in values])


def spectra_run(
    setting: dict[str, float], view: View, theme: ThemeName, track: Track, shown: Frame | None, last: float
) -> tuple[Run, Frame]:
    """A run of alpha at a setting.

    Args:
        setting: kappa, kappa_star, lam and delta.
        view: what is counted on the right.
        theme: the background.
        track: the stops of alpha's slider.
        shown: the ranges now shown.
        last: where the last run was stopped; the new one goes on from there. Else it starts at the beginning.

    Returns:
        The run, and the ranges to show it in.
    """
    alphas = run_alphas(**setting)
    law = learned_spectrum(alphas[:, None], **setting)
    omega = width_cut(law)
    shapes = outlines(law, view, _POINTS)
    frame = fit_frame(shapes, law.state.q[:, 0], shown, _SHARE)
    moments = noisy_moments(shapes, law, omega, frame), learned_moments(shapes, law, frame)
    each = [law[i] for i in range(MOMENTS)]
    cards = tuple(
        cards_html(at_alpha(float(alphas[i])), spectra_cards(each[i], float(omega[i])))
        for i in range(0, MOMENTS, _CARDS)
    )
    sentences = tuple(directions_html(each[i]) for i in range(0, MOMENTS, _SENTENCES))
    run = Run(
        parameter="alpha",
        values=alphas,
        positions=np.array([track.position(value) for value in alphas]),
        texts=tuple(f"{value:.6g}" for value in alphas),
        seconds=SECONDS,
        panels=tuple(_played(p, m, theme) for p, m in zip(PANELS, moments, strict=True)),
        regions={"qv-readout": (_CARDS, cards), "qv-directions": (_SENTENCES, sentences)},
        start=int(np.flatnonzero(alphas == last)[0]) if last in alphas[:-1] else 0,
    )
    return run, frame


def _played(panel: Panel, moments: PanelMoments, theme: ThemeName) -> PlayedPanel:
    """What moves in a panel, drawn as its figure draws it."""
    paths = []
    for trace, (name, shares) in enumerate(panel.paths.items(), start=2):
        solid, dashed = look(name, theme), look(name, theme, dashed=True)
        style = {"stroke": solid.stroke, "stroke-width": f"{solid.width:g}", "fill": solid.fill}
        dashes = tuple(_svg_dash(dashed.dash if limited else solid.dash) for limited in moments.dashed)
        path = moments.paths[name]
        paths.append(PlayedPath(trace, "yaxis2" if shares else "yaxis", path.x, path.y, style, dashes))
    labels = []
    for number, (name, beside) in enumerate(panel.labels.items(), start=1):
        label = moments.labels[name]
        labels.append(
            PlayedLabel(
                number,
                "yaxis2",
                label.x,
                label.y,
                label.left,
                label.text,
                (beside.beside, beside.baseline),
                label_look(beside, theme),
            )
        )
    return PlayedPanel(tuple(paths), tuple(labels))


def _svg_dash(dash: str) -> str:
    return "none" if dash == "solid" else dash.replace("px", "")
