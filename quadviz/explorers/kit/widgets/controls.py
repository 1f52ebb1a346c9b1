"""Controls made from the parameter table, and the probe that tells whether the page is dark.

A control holds no state of its own beyond the value it shows: the browser sends a slider position or a
typed text, Python turns it into a value of the parameter or refuses it in the parameter's own words.
"""

from __future__ import annotations

from typing import Any

import anywidget
import traitlets

from quadviz.explorers.kit.widgets.tracks import Track, number
from quadviz.explorers.live.scripts import script
from quadviz.parameters import Parameter

__all__ = ["ParameterControl", "ThemeProbe"]


class ParameterControl(anywidget.AnyWidget):
    """A slider with a box to type in and a reset button, for one parameter.

    Observe ``value``; set it to move the control. A typed text that the parameter refuses leaves the value
    as it was and shows the refusal in ``message``.

    Args:
        parameter: what is controlled: its symbol, label, meaning, range, steps and default.
        track: the slider's stops, the parameter's own when omitted.
    """

    _esm = script("kit/widgets/dom.js", "kit/widgets/control.js")

    value = traitlets.Float()
    position = traitlets.Float().tag(sync=True)
    stops = traitlets.Int().tag(sync=True)
    text = traitlets.Unicode().tag(sync=True)
    message = traitlets.Unicode().tag(sync=True)
    name = traitlets.Unicode().tag(sync=True)
    symbol = traitlets.Unicode().tag(sync=True)
    label = traitlets.Unicode().tag(sync=True)
    meaning = traitlets.Unicode().tag(sync=True)
    default = traitlets.Unicode().tag(sync=True)
    #: What stands in the place of a value that cannot be chosen; empty where it can be.
    given = traitlets.Unicode().tag(sync=True)

    def __init__(self, parameter: Parameter, track: Track | None = None) -> None:
        self.parameter = parameter
        #: The largest value just now, where other settings bound it.
        self.most: float | None = None
        self._track = track or Track.of(parameter)
        super().__init__(
            value=parameter.default,
            position=self._track.position(parameter.default),
            stops=self._track.stops,
            text=self._shown(parameter.default),
            name=parameter.name,
            symbol=parameter.symbol,
            label=parameter.label,
            meaning=parameter.meaning,
            default=self._shown(parameter.default),
        )
        self.on_msg(self._receive)

    @property
    def track(self) -> Track:
        """The slider's stops; a new track moves the thumb and keeps the value."""
        return self._track

    @track.setter
    def track(self, track: Track) -> None:
        if track == self._track:
            return
        self._track = track
        with self.hold_sync():
            self.stops = track.stops
            self.position = track.position(self.value)

    def enter(self, text: str) -> None:
        """Take a typed text as the value, or keep the old value and say why it is refused."""
        try:
            value = number(self.parameter, text)
            if self.most is not None and value > self.most:
                raise ValueError(self.parameter.refusal(value, f"at most {self.most:g} for this teacher"))
            self.value = value
        except (TypeError, ValueError) as refusal:
            self.message = str(refusal)
        else:
            self.message = ""

    def reset(self) -> None:
        """Go back to the parameter's default."""
        self.value = self.parameter.default
        self.message = ""

    def _shown(self, value: float) -> str:
        if value == 0 and self.parameter.scale == "log":
            return self.parameter.zero_text
        return f"{value:.6g}"

    @traitlets.observe("value")
    def _show_value(self, change: dict[str, Any]) -> None:
        with self.hold_sync():
            self.text = self._shown(change["new"])
            self.position = self._track.position(change["new"])
            self.message = ""

    @traitlets.observe("position")
    def _take_position(self, change: dict[str, Any]) -> None:
        # A typed value may lie between two stops; only a thumb moved by hand snaps to them.
        if abs(change["new"] - self._track.position(self.value)) > 1e-9:
            self.value = self._track.value(change["new"])

    def _receive(self, _widget: object, content: dict[str, Any], _buffers: object) -> None:
        if content.get("kind") == "typed":
            self.enter(str(content.get("text", "")))
            self.send({"kind": "settled"})
        elif content.get("kind") == "reset":
            self.reset()
        elif content.get("kind") == "typing":
            self.message = ""


class ThemeProbe(anywidget.AnyWidget):
    """An invisible widget whose ``dark`` follows the background of the page it is on."""

    _esm = script("kit/widgets/theme.js")

    dark = traitlets.Bool(False).tag(sync=True)
