"""Two students of one teacher, side by side: whose error is smaller, from where on, and what each learns."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import ipywidgets as widgets

from quadviz.explorers.kit.explorer import Explorer
from quadviz.explorers.kit.page import Card
from quadviz.explorers.kit.save.exhibit import DASHED
from quadviz.explorers.kit.shown import Shown
from quadviz.explorers.kit.words.line_key import CURVE_KINDS, line_key
from quadviz.explorers.kit.zooming import HANDS, axis_track, kept_in, zoomed
from quadviz.explorers.two_students.state import ALPHA_TOPS, PRESETS, State
from quadviz.explorers.two_students.table import errors_code, errors_table, spectra_code, spectra_table
from quadviz.explorers.two_students.words import caption, cards, prose
from quadviz.figures.marks.drawing import Drawing, Held
from quadviz.figures.two_students import MARGIN, errors_figure, spectra_figure
from quadviz.scenes.common.curve_thresholds import POINTS
from quadviz.scenes.common.wording import Paragraph
from quadviz.scenes.two_students import TwoStudents, two_students

__all__ = ["TwoStudentsExplorer", "show", "still"]


class TwoStudentsExplorer(Explorer[State]):
    """The page: sliders for each of two students, their errors with the difference, and their spectra."""

    name = "two_students"
    question = "Which of two students learns more from the same teacher, and from how many samples on?"
    opens, presets, margin, look = State, PRESETS, MARGIN, "qv-two-students"
    shown = (
        Shown(
            name,
            "mse of two students against samples, and the difference",
            draw=lambda page, scene, held: page.errors(scene, held),
            table=lambda _page, scene: errors_table(scene),
            code=lambda page, _scene: errors_code(page.state),
            sliders=("lam", "lam_b", "kappa", "kappa_b", "delta", "delta_b", "kappa_star", "alpha"),
            key=f"{DASHED}.",
            click=("alpha", ""),
            zooms="span",
        ),
        Shown(
            "two_spectra",
            "spectra that two students learn",
            draw=lambda page, scene, held: spectra_figure(scene, page.state.theme, held),
            table=lambda _page, scene: spectra_table(scene),
            code=lambda page, _scene: spectra_code(page.state),
            sliders=("alpha", "lam", "lam_b", "kappa", "kappa_b", "delta", "delta_b", "kappa_star"),
            key=f"Blue: A; red: B; grey: their teacher. {DASHED}.",
        ),
    )

    def main(self) -> Sequence[widgets.Widget]:
        """The two figures side by side, and the marker's slider under the errors."""
        errors, spectra = self.figures.values()
        self.controls["alpha"].add_class("qv-under-axis")
        left = widgets.Box([errors, self.controls["alpha"]])
        left.add_class("qv-stacked")
        panels = widgets.Box([left, spectra])
        panels.add_class("qv-panels")
        return [panels, line_key(CURVE_KINDS, HANDS)]

    def settle(self, state: State, changed: Collection[str]) -> State:
        """The marker stays on the axis, and in a stretch that is zoomed into."""
        return kept_in(zoomed(state, changed), ALPHA_TOPS, changed)

    def show_state(self) -> None:
        """Put every widget where the state is, the marker's slider on the axis shown."""
        super().show_state()
        self.controls["alpha"].track = axis_track(self.state, POINTS)

    def scene(self) -> TwoStudents:
        """What there is to see."""
        s = self.state
        return two_students(s.students, s.kappa_star, s.alpha, s.seen, self.memo)

    def errors(self, scene: TwoStudents, held: Held | None) -> Drawing:
        """The errors and their difference."""
        s = self.state
        return errors_figure(scene, s.theme, s.y_scale, held, zoomed=s.span is not None)

    def cards(self, scene: TwoStudents) -> tuple[str, Sequence[Card]]:
        """Both under the marker, number by number."""
        return caption(scene), cards(scene)

    def prose(self, scene: TwoStudents) -> Sequence[Paragraph]:
        """Who is better, where that turns, and why."""
        return prose(scene, self.state.students)


def show(**state: Any) -> None:
    """Put the explorer on the page, below the cell that calls this; fields of its state may be set."""
    TwoStudentsExplorer().at(**state).show()


#: A figure of this page by itself: see :meth:`quadviz.explorers.kit.explorer.Explorer.still`.
still = TwoStudentsExplorer.still
