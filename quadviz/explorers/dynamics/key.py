"""What the lines, points and areas of the page of dynamics mean, in a row under its figures."""

from __future__ import annotations

import html
from collections.abc import Sequence

from quadviz.figures.dynamics import DMFT_HUE, DOUBT_DASH, POPULATION_DASH
from quadviz.figures.marks.theme import DASH

__all__ = ["dynamics_key"]


def dynamics_key(
    networks_current: bool,
    march_current: bool,
    doubtful: bool = False,
    own: Sequence[tuple[str, str]] = (),
) -> str:
    """The row as HTML.

    Args:
        networks_current: whether the networks are of the setting shown; else they are grey.
        march_current: whether the mean-field theory is.
        doubtful: whether some of that is not to be trusted.
        own: the elements and the meanings of a reader's own points.
    """
    svg = '<svg width="30" height="10" aria-hidden="true">{}</svg>'
    line = svg.format('<line x1="2" x2="28" y1="5" y2="5" {}/>')
    points = '<g class="{}"><line x1="15" x2="15" y1="0" y2="10"/><circle cx="15" cy="5" r="3"/></g>'
    green = f'style="--light: {DMFT_HUE}; --dark: {DMFT_HUE}"' if march_current else 'class="qv-grey"'
    dots = f'stroke-dasharray="{DOUBT_DASH.replace("px", "")}"'
    doubt = ((line.format(f"{green} {dots}"), "DMFT, not to be trusted"),) if doubtful else ()
    measured = ((svg.format(square), html.escape(meaning)) for square, meaning in own)
    items = (
        (
            svg.format(points.format("qv-hue" if networks_current else "qv-grey")),
            "networks, mean ± standard error",
        ),
        *measured,
        (line.format(green), "DMFT, d → ∞"),
        *doubt,
        (line.format(f'class="qv-thin" stroke-dasharray="{POPULATION_DASH.replace("px", "")}"'), "α → ∞"),
        (line.format(""), "theory, t → ∞"),
        (line.format(f'stroke-dasharray="{DASH}"'), "rank-limited: steady-state assumption"),
        (svg.format('<rect width="30" height="10" class="qv-teacher"/>'), "law of Z, t → ∞"),
        (line.format('class="qv-thin qv-grey"'), "its law at t = 0"),
    )
    return f"<p>{''.join(f'<span>{sample}{meaning}</span>' for sample, meaning in items)}</p>"
