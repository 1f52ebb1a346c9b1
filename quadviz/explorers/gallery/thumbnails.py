"""Live pictures of the pages, solved for when the front page is opened.

Each is made of a handful of moments that differ in one parameter, as if its slider were dragged. Settings are
chosen to show one thing, solvers to be quick: all of it takes a few tenths of a second.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from types import MappingProxyType

import numpy as np

from quadviz.arrays import FloatArray
from quadviz.explorers.gallery.svg import RIGHT, Moving, Window, knob, thumbnail
from quadviz.law.given_levels import Levels
from quadviz.setting import Setting
from quadviz.simulation.descent import trained_networks
from quadviz.theory.best.elastic_net import optimal_decay
from quadviz.theory.flow.approach import approach_curve, approach_law
from quadviz.theory.flow.flow_target import FlowTarget
from quadviz.theory.flow.population import population_flow
from quadviz.theory.steady.learned_spectrum import learned_spectrum
from quadviz.theory.steady.steady_state import steady_state
from quadviz.theory.steady.thresholds import interpolation_threshold, recovery_threshold

__all__ = ["THUMBNAILS"]


_TEACHER = 0.3


def learning_curves() -> str:
    """Test error and train loss against the number of samples, of a wide student, as label noise grows."""
    delta = np.linspace(0.0, 0.8, 9)[:, None]
    peak = interpolation_threshold(1.0, _TEACHER, delta)
    # A grid per moment, dense at the peak, which is a cusp.
    near = np.linspace(0, 1, 28) ** 2.5
    before = peak.alpha - (peak.alpha - 0.02) * near[::-1]
    alpha = np.concatenate([before, peak.alpha + (0.8 - peak.alpha) * near[1:]], axis=1)
    curve = steady_state(alpha, 1.0, _TEACHER, 0.0, delta)
    draw = Moving(Window((0, 0.8), (0, 7)), rest=5)
    return thumbnail(
        draw,
        "Test error and train loss against samples: a peak grows with label noise",
        "samples α →",
        "error",
        [
            draw.upright("qv-t-guide", peak.alpha[:, 0]),
            draw.line("qv-t-second", alpha, 4 * curve.train_loss),
            draw.line("qv-t-line", alpha, curve.mse),
            draw.dot("qv-t-dot", peak.alpha[:, 0], peak.mse[:, 0]),
            knob(draw, "Δ", _values(delta, 2)),
        ],
    )


def spectra() -> str:
    """The law of the noisy teacher as samples come in: the noise parts from the signal, and shrinks."""
    alpha = np.array([0.13, 0.15, 0.17, 0.185, 0.2, 0.21, 0.22, 0.23, 0.24])[:, None]
    spectrum = learned_spectrum(alpha, 0.5, 0.2, 0.0, 0.0)
    edges, high = spectrum.noisy_edges, 11.0
    left = np.array(edges.left)
    # Grids move with the edges, where a density is steep, and meet at the cut.
    dropped = left + (spectrum.cut - left) * np.linspace(0, 1, 30) ** 2
    kept = spectrum.cut + (high - spectrum.cut) * np.linspace(0, 1, 70) ** 2
    outline = np.concatenate([dropped, kept[:, 1:]], axis=1)
    draw = Moving(Window((-5.5, high), (0, 0.3)), rest=6)
    return thumbnail(
        draw,
        "Spectrum of the noisy teacher: with more samples the noise parts from the signal",
        "eigenvalues →",
        "spectrum",
        [
            draw.area("qv-t-faint", dropped, spectrum.noisy_density(dropped)),
            draw.area("qv-t-fill", kept, spectrum.noisy_density(kept)),
            draw.line("qv-t-line", outline, spectrum.noisy_density(outline)),
            knob(draw, "α", _values(alpha, 2)),
        ],
    )


def recovery() -> str:
    """A coarse map of the test error over samples and the teacher's width; decay blurs its sharp edge."""
    columns, rows, top = 16, 10, 0.6
    lam = np.array([0.0, 1e-3, 3e-3, 1e-2, 3e-2, 0.1, 0.3])
    frame = Window((0, top), (0, 1))
    draw = Moving(frame, rest=1)
    alpha = (np.arange(columns) + 0.5) * top / columns
    teacher = (np.arange(rows) + 0.5) / rows
    mse = steady_state(alpha, 1.0, teacher[:, None], lam[:, None, None], 0.0).mse
    # The full colour is a network that has learned nothing; the root shows small errors.
    opacity = np.sqrt(np.minimum(mse / (1 + 1 / teacher[:, None]), 1))
    widths = np.linspace(0.005, 0.995, 40)
    return thumbnail(
        draw,
        "Map of the test error over samples and the width of the teacher, with the line of recovery",
        "samples α →",
        "teacher κ*",
        [
            _cells(draw, alpha, teacher, opacity),
            draw.line("qv-t-edge", [recovery_threshold(1.0, widths)], [widths]),
            knob(draw, "λ", _decays(lam)),
        ],
    )


def double_descent() -> str:
    """Test error against width: weight decay takes the peak away. Dashed where the width limits the rank."""
    lam = np.array([0.0, 1e-3, 3e-3, 1e-2, 3e-2, 0.1, 0.3])[:, None]
    noise, alpha = 0.5, 0.25
    needed = steady_state(alpha, 1.0, _TEACHER, lam, noise).kappa_min
    free = needed + (1 - needed) * np.linspace(0, 1, 6)
    limited = 0.04 + (needed - 0.04) * np.linspace(0, 1, 30)
    # A grid per moment; where all fits, the last point of one line is the first of the other.
    curve, assumed = (
        np.log10(steady_state(alpha, grid, _TEACHER, lam, noise).mse) for grid in (free, limited)
    )
    draw = Moving(Window((0, 1), (-0.3, 1.3)), rest=3)
    ghost = np.append(assumed[0], curve[0])
    return thumbnail(
        draw,
        "Test error against width: weight decay flattens the peak",
        "width κ →",
        "log test error",
        [
            draw.line("qv-t-guide", [np.append(limited[0], free[0])], [ghost]),
            draw.line("qv-t-line qv-t-dashed", limited, assumed),
            draw.line("qv-t-line", free, curve),
            knob(draw, "λ", _decays(lam[:, 0])),
        ],
    )


def two_students() -> str:
    """Errors of two students against samples: weight decay takes the peak of one of them away."""
    lam = np.array([0.0, 1e-3, 3e-3, 1e-2, 3e-2, 0.1, 0.3])[:, None]
    alpha = np.broadcast_to(np.linspace(0.03, 1.0, 50), (lam.size, 50))
    draw = Moving(Window((0, 1), (0, 3)), rest=6)
    still = np.repeat(steady_state(alpha[:1], 1.0, _TEACHER, 3e-3, 0.5).mse, lam.size, axis=0)
    return thumbnail(
        draw,
        "Test errors of two students against samples: weight decay takes the peak of one of them away",
        "samples α →",
        "test error",
        [
            draw.line("qv-t-second", alpha, still),
            draw.line("qv-t-line", alpha, steady_state(alpha, 1.0, _TEACHER, lam, 0.5).mse),
            knob(draw, "λ", _decays(lam[:, 0])),
        ],
    )


def two_decays() -> str:
    """A coarse map of the test error over both decays; with samples the best pair wanders over it."""
    columns, rows, ends = 16, 10, (-3.0, 0.5)
    alpha = np.array([0.22, 0.3, 0.36, 0.41, 0.47, 0.55, 0.7])
    frame = Window(ends, ends)
    draw = Moving(frame, rest=3)
    lam, lam2 = (10 ** (ends[0] + (np.arange(n) + 0.5) / n * (ends[1] - ends[0])) for n in (columns, rows))
    mse = steady_state(alpha[:, None, None], 1.0, 0.6, lam, 0.5, lam2[:, None]).mse
    best = optimal_decay(alpha, 1.0, 0.6, 0.5)
    # The full colour is an error that is half as large again.
    opacity = np.sqrt(np.minimum(2 * (mse / best.mse[:, None, None] - 1), 1))
    least = 10 ** ends[0]
    across, up = (np.log10(np.maximum(each, least)) for each in (best.lam, best.lam2))
    return thumbnail(
        draw,
        "Map of the test error over both decays: the best pair goes from Frobenius decay to weight decay",
        "log weight decay →",
        "log Frobenius",
        [
            _cells(draw, np.log10(lam), np.log10(lam2), opacity),
            draw.dot("qv-t-dot", across, up),
            knob(draw, "α", _values(alpha, 2)),
        ],
    )


def _cells(draw: Moving, x: FloatArray, y: FloatArray, opacity: FloatArray) -> str:
    """The cells of a map, as strong as they are at every moment: shape (moments, rows, columns)."""
    across, up = draw.frame.across(x), draw.frame.up(y)
    wide, high = across[1] - across[0], up[0] - up[1]
    cells = (
        draw.element(
            f'rect x="{across[j] - wide / 2:.2f}" y="{up[i] - high / 2:.2f}" width="{wide + 0.3:.2f}"'
            f' height="{high + 0.3:.2f}"',
            fill_opacity=[f"{value:.2f}" for value in opacity[:, i, j].tolist()],
        )
        for i in range(y.size)
        for j in range(x.size)
    )
    return f'<g class="qv-t-cells">{"".join(cells)}</g>'


def scaling_laws() -> str:
    """Test errors against samples on logarithmic axes, of teachers whose levels fall off ever faster."""
    exponents = (0.75, 0.9, 1.05, 1.25, 1.45, 1.7, 2.0)
    alpha = np.geomspace(0.01, 30.0, 24)
    x = np.log10(alpha)
    curves = np.log10(
        [
            steady_state(alpha, 1.0, None, 0.02 / np.sqrt(alpha), 1e-2, teacher=_levels(g)).mse
            for g in exponents
        ]
    )
    draw = Moving(Window((x[0], x[-1]), (-4.4, 0.2)), rest=3)
    return thumbnail(
        draw,
        "Test error against samples on logarithmic axes: the steeper the teacher, the steeper the fall",
        "log samples →",
        "log test error",
        [
            *(draw.line("qv-t-guide", [x], [curves[i]]) for i in (0, -1)),
            draw.line("qv-t-line", [x] * len(exponents), curves),
            knob(draw, "γ", _values(np.array(exponents), 2)),
        ],
    )


def _levels(exponent: float) -> Levels:
    """A teacher of few levels that fall off as a power."""
    return Levels(np.arange(1, 41.0) ** -exponent).scaled(second_moment=1.0)


def simulation_lab() -> str:
    """Three networks learning, and the theory of where they end."""
    setting = Setting(kappa=0.7, kappa_star=_TEACHER, alpha=0.35, lam=0.05, delta=0.5)
    times = np.geomspace(0.02, 5.0, 24)
    networks = trained_networks(setting, d=20, seeds=range(3), times=times)
    end = float(steady_state(0.35, 0.7, _TEACHER, 0.05, 0.5).mse)
    x = np.log10(times)
    draw = Moving(Window((x[0], x[-1]), (0, 3.6)), rest=times.size - 1)
    level = draw.line("qv-t-line", [draw.frame.x], [[end, end]])
    lines = [draw.line("qv-t-network", [x], [line]) for line in networks]
    dots = [draw.dot("qv-t-dot qv-t-other", x, line) for line in networks]
    return thumbnail(
        draw,
        "Test error of three small networks while they learn, beside the theory",
        "training time →",
        "test error",
        [level, draw.revealed("networks", x, lines), *dots, knob(draw, "t", _times(times))],
    )


def dynamics() -> str:
    """Eigenvalues of a student that starts small and learns from infinitely many samples."""
    d, start = 22, 0.02
    rng = np.random.default_rng(4)
    weights = rng.standard_normal((d, 6))
    times = np.geomspace(0.05, 10.0, 30)
    initial = rng.standard_normal((d, 14)) * np.sqrt(start / 14)
    flow = population_flow(weights @ weights.T / 6, initial, times)
    x, tracks = np.log10(times), flow.eigenvalues.T[-14:]
    draw = Moving(Window((x[0], x[-1]), (0, 1.1 * tracks.max())), rest=times.size - 1)
    lines = [draw.line("qv-t-thin", [x], [track]) for track in tracks]
    return thumbnail(
        draw,
        "Eigenvalues of a student during training: they leave the bulk one after another",
        "training time →",
        "eigenvalues",
        [
            draw.revealed("eigenvalues", x, lines),
            *(draw.dot("qv-t-dot", x, track, 2.6) for track in tracks),
            knob(draw, "t", _times(times)),
        ],
    )


def convergence() -> str:
    """The distance to the end in time, from one power law to the other, as the width begins to bind."""
    goe, times = FlowTarget(), np.geomspace(1.0, 1e3, 30)
    widths = np.array([0.7, 0.6, 0.55, 0.52, 0.5, 0.47, 0.4, 0.3])
    distance = np.log10([approach_curve(goe, kappa, times) for kappa in widths])
    late = np.array([10.0, 1e3])
    laws = {kappa: np.log10(approach_law(goe, kappa).at(late)) for kappa in (0.7, 0.3)}
    draw = Moving(Window((0, 3), (-10.5, 0.3)), rest=2)
    return thumbnail(
        draw,
        "Distance to the end of training: t⁻³, or t⁻¹ where the width binds",
        "log time →",
        "log distance",
        [
            *(draw.line("qv-t-guide", [np.log10(late)], [law]) for law in laws.values()),
            *(
                f'<text class="qv-t-note" x="{RIGHT - 2:g}" y="{float(draw.frame.up(law[-1])) + dy:.1f}"'
                f' text-anchor="end">{power}</text>'
                for law, power, dy in ((laws[0.7], "t⁻³", -16), (laws[0.3], "t⁻¹", -8))
            ),
            draw.line("qv-t-line", np.log10(times)[None, :], distance),
            knob(draw, "κ", _values(widths, 2)),
        ],
    )


#: What draws the thumbnail of a page, by the page's name; once, for they are always the same.
THUMBNAILS: Mapping[str, Callable[[], str]] = MappingProxyType(
    {
        draw.__name__: cache(draw)
        for draw in (
            learning_curves,
            spectra,
            recovery,
            double_descent,
            two_students,
            two_decays,
            scaling_laws,
            simulation_lab,
            dynamics,
            convergence,
        )
    }
)


def _values(values: FloatArray, digits: int) -> list[str]:
    return [f"{value:.{digits}f}" for value in np.ravel(values)]


def _decays(values: FloatArray) -> list[str]:
    return ["0+" if value == 0 else f"{value:g}" for value in values]


def _times(times: FloatArray) -> list[str]:
    return [f"{time:.2f}" if time < 1 else f"{time:.1f}" for time in times]
