"""What moves while the film of dynamics plays: the histogram with its words, and the mark of the time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from quadviz.explorers.stage import PlayedLabel, PlayedMark, PlayedPanel, PlayedPath
from quadviz.figures.dynamics import NOW, now_style
from quadviz.figures.dynamics_spectrum import HISTOGRAM, LINES, RUG, WIDTHS, Moments, line_style
from quadviz.figures.theme import ThemeName
from quadviz.figures.training_pen import FIRST_TIME

__all__ = ["film_panels"]


def film_panels(
    times: NDArray[np.float64], moments: Moments, hue: str, theme: ThemeName
) -> tuple[PlayedPanel, PlayedPanel]:
    """The panels of the errors and of the spectrum, drawn as their figures draw them.

    Args:
        times: of the moments, shape (F,).
        moments: what is drawn at them.
        hue: the colour of the histogram.
        theme: the background.
    """
    count = times.size
    paths = tuple(
        PlayedPath(
            trace=trace,
            axis="yaxis",
            x=moved.x,
            y=moved.y,
            style={"stroke": hue, "fill": "none", "stroke-width": f"{WIDTHS[trace]:g}"},
            dashes=("none",) * count,
        )
        for trace, moved in ((HISTOGRAM, moments.outline), (RUG, moments.rug))
    )
    labels = tuple(
        PlayedLabel(
            annotation=1 + line,
            axis="yaxis",
            x=np.full(count, moments.x[1]),
            y=np.full(count, moments.y[1]),
            left=np.full(count, True),
            text=moments.lines[line],
            shift=moments.shift(line),
            style=line_style(line, theme),
        )
        for line in range(LINES)
    )
    # A log axis has no time 0.
    now = PlayedMark(NOW, np.maximum(times, FIRST_TIME), now_style(theme))
    return PlayedPanel(marks=(now,)), PlayedPanel(paths, labels)
