"""What moves in the two panels of spectra: lines and labels, for one moment or for all those of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from quadviz.arrays import BoolArray, FloatArray
from quadviz.figures.marks.outlines import Outline, Outlines
from quadviz.figures.marks.ranges import Frame, Range
from quadviz.outcome import Regime, Status
from quadviz.theory.steady.learned_spectrum import LearnedSpectrum

__all__ = ["ATOM_TOP", "Label", "PanelMoments", "learned_moments", "noisy_moments"]


#: Upper end of the axis of shares, on which bars and verticals stand.
ATOM_TOP = 1.04
#: Labels right of this share of an axis stand left of what they name.
_TURN = 0.5
#: Height of the bracket over the gap, and half that of its ends, as shares of the panel.
_BRACKET, _TIP = 0.05, 0.022
#: Height of its name.
_GAP_LABEL = 0.115
#: The lowest and the highest place of the words beside the bar, clear of the bracket and of the top.
_ATOM_LABEL = (0.2, 0.95)
#: Height of a note, clear of the words above the panel.
_NOTE = 0.98
#: A mass is known to within this.
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Label:
    """Words beside something, at F moments.

    Attributes:
        text: the words; empty where there is nothing to say.
        x: where, in units of the axis, shape (F,).
        y: how high, on the axis of shares, shape (F,).
        left: whether the words stand to the left of that place, shape (F,).
    """

    text: tuple[str, ...]
    x: FloatArray
    y: FloatArray
    left: BoolArray


@dataclass(frozen=True)
class PanelMoments:
    """One panel: what stands in it, and what moves, at F moments.

    Attributes:
        teacher: the teacher's density, one row.
        teacher_atom: mass of the teacher that is exactly 0.
        across: the range of places.
        up: the range of densities.
        paths: polylines by name. Not finite where there is nothing to draw.
        labels: labels by name.
        dashed: whether the theory rests on an assumption, shape (F,).
    """

    teacher: Outline
    teacher_atom: float
    across: Range
    up: Range
    paths: Mapping[str, Outline]
    labels: Mapping[str, Label]
    dashed: BoolArray


def noisy_moments(outlines: Outlines, law: LearnedSpectrum, omega: FloatArray, frame: Frame) -> PanelMoments:
    """The left panel: the law of Y, and where it is cut.

    Args:
        outlines: the laws, sampled.
        law: the same, shape (F, 1).
        omega: where the width alone would cut, shape (F,); not finite where it would not.
        frame: the ranges of the panels.
    """
    state = law.state
    q, cut = state.q[:, 0], law.cut[:, 0]
    limited = law.gap[:, 0] > 0
    clean = state.xi[:, 0] == 0
    omega = np.where(np.isfinite(omega) & ~clean, omega, np.nan)
    words = []
    for value, narrow, nothing in zip(q, limited, clean, strict=True):
        if not np.isfinite(value):
            words.append("")
        elif nothing:
            words.append("q = 0: no noise to cut off")
        else:
            words.append(
                f"shrinkage q = {_short(value)}" if narrow else f"cut by shrinkage: q = {_short(value)}"
            )
    width_words = [
        ""
        if np.isnan(value)
        else f"cut by width: ω = {_short(value)}"
        if narrow
        else f"width: ω = {_short(value)}"
        for value, narrow in zip(omega, limited, strict=True)
    ]
    across = frame.noisy_across
    high = np.full(q.shape, ATOM_TOP)
    return PanelMoments(
        teacher=outlines.teacher,
        teacher_atom=outlines.teacher_atom,
        across=across,
        up=frame.noisy_up,
        paths={
            "discarded": outlines.discarded,
            "kept": outlines.kept,
            "noisy atom": _vertical(np.where(outlines.noisy_atom > 0, 0.0, np.nan), outlines.noisy_atom),
            "q": _vertical(np.where(limited, q, np.nan), high),
            "omega": _vertical(np.where(limited, np.nan, omega), high),
            "cut": _vertical(cut, high),
        },
        labels={
            "q": _flag(words, q, across),
            "omega": _flag(width_words, omega, across),
            "note": _note((outlines.discarded, outlines.kept), outlines.teacher, law, across, frame.noisy_up),
        },
        dashed=np.zeros(q.shape, dtype=bool),
    )


def learned_moments(outlines: Outlines, law: LearnedSpectrum, frame: Frame) -> PanelMoments:
    """The right panel: the law of Z or of its square roots, its atom and its gap.

    Args:
        outlines: the laws, sampled.
        law: the same, shape (F, 1).
        frame: the ranges of the panels.
    """
    atom = outlines.atom
    # The width leaves a gap; with one of Y's own above it, the gap is longer.
    left = law.edges.left[:, 0] if outlines.view == "eigenvalues" else law.singular_value_edges.left[:, 0]
    gap = np.where((law.gap[:, 0] > 0) & np.isfinite(left), left, np.nan)
    bracket = gap[:, None] * np.array([0.0, 0.0, 0.0, 1.0, 1.0, 1.0])
    tips = _BRACKET + _TIP * np.array([-1.0, 1.0, 0.0, 0.0, 1.0, -1.0])
    across, at_bar = frame.learned_across, np.zeros(atom.shape)
    right_of = np.zeros(atom.shape, dtype=bool)
    return PanelMoments(
        teacher=outlines.teacher_learned,
        teacher_atom=outlines.teacher_atom,
        across=across,
        up=frame.learned_up,
        paths={
            "learned": outlines.learned,
            "atom": _vertical(np.where(atom > 0, 0.0, np.nan), atom),
            "gap": Outline(bracket, np.broadcast_to(tips, bracket.shape)),
        },
        labels={
            "atom": Label(
                tuple(f"{percent(mass)} at 0" if mass > 0 else "" for mass in atom),
                at_bar,
                np.clip(np.nan_to_num(atom), *_ATOM_LABEL),
                right_of,
            ),
            "gap": Label(
                tuple("" if np.isnan(g) else "gap" for g in gap),
                at_bar,
                np.full(atom.shape, _GAP_LABEL),
                right_of,
            ),
            "note": _note((outlines.learned,), outlines.teacher_learned, law, across, frame.learned_up),
        },
        dashed=_limited(law),
    )


def percent(share: float) -> str:
    """A share in percent, never said to be 0 or 100 when it is not, but for rounding.

    >>> percent(0.4096), percent(0.0), percent(1e-5), percent(0.99999), percent(1 - 1e-15)
    ('41%', '0%', 'less than 1%', 'more than 99%', '100%')
    """
    if _ROUNDING < share < 0.01:
        return "less than 1%"
    if 0.99 < share < 1 - _ROUNDING:
        return "more than 99%"
    return f"{100 * share:.0f}%"


def _limited(law: LearnedSpectrum) -> BoolArray:
    known = law.state.status != Status.FAILED
    limited: BoolArray = (known & (law.state.regime == Regime.RANK_LIMITED))[:, 0]
    return limited


def _vertical(x: FloatArray, height: FloatArray) -> Outline:
    """Lines from the axis upwards."""
    return Outline(np.stack([x, x], axis=1), np.stack([np.zeros(height.shape), height], axis=1))


def _flag(text: Sequence[str], x: FloatArray, across: Range) -> Label:
    """Words at the top of verticals."""
    place = np.clip(np.nan_to_num(x), *across)
    return Label(tuple(text), place, np.full(place.shape, ATOM_TOP), _fraction(place, across) > _TURN)


def _note(
    shapes: tuple[Outline, ...], teacher: Outline, law: LearnedSpectrum, across: Range, up: Range
) -> Label:
    """What a panel cannot show, said in its upper right corner."""
    peak = np.max([shape.y.max(axis=1) for shape in shapes], axis=0)
    left = np.min([shape.x[:, 0] for shape in shapes], axis=0)
    right = np.max([shape.x[:, -1] for shape in shapes], axis=0)
    failed = law.state.status[:, 0] == Status.FAILED
    texts = []
    for high, low, far, unknown in zip(peak, left, right, failed, strict=True):
        if unknown:
            texts.append("no solution was found")
        elif low < across[0] or far > across[1]:
            texts.append(f"wider than shown: {_short(low)} to {_short(far)}")
        elif high > up[1]:
            texts.append(f"the peak reaches {_short(high)}")
        elif teacher.y.max() > up[1]:
            texts.append("the teacher's law goes higher")
        else:
            texts.append("")
    corner, height = np.full(peak.shape, across[1]), np.full(peak.shape, _NOTE)
    return Label(tuple(texts), corner, height, np.ones(peak.shape, dtype=bool))


def _short(value: float) -> str:
    """A number with three digits and a true minus."""
    return f"{value:.3g}".replace("-", "−")


def _fraction(x: FloatArray, across: Range) -> FloatArray:
    return (x - across[0]) / (across[1] - across[0])
