"""The control of a teacher: a family and its exponent, or levels of one's own, pasted or opened."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any

import anywidget
import traitlets

from quadviz.checks import printable
from quadviz.explorers.live.scripts import script
from quadviz.files.decoding import MOST_BYTES, DataError, check_size
from quadviz.files.levels import ReadLevels, levels_of_bytes
from quadviz.law.spelling import spelled_levels, teacher_of

__all__ = ["FAMILIES", "TeacherControl"]

#: What each family is called.
FAMILIES = {
    "wishart": "Wishart: Gaussian weights",
    "orthogonal": "orthogonal weights",
    "power": "power law",
    "levels": "your own levels…",
}
#: The exponent that a power law begins with.
_EXPONENT = "0.3"

_log = logging.getLogger(__name__)


class TeacherControl(anywidget.AnyWidget):
    """A list of families; an exponent, or a place for levels, where the family has them.

    Observe ``value``, a text as of :mod:`quadviz.law.spelling`; set it to move the control. What is refused
    leaves the teacher as it was, and says why in ``refusal``. All it shows is plain text, whoever wrote it.

    Args:
        value: the teacher.
    """

    _esm = script("kit/widgets/dom.js", "kit/teacher/control.js")

    value = traitlets.Unicode()
    families = traitlets.List(traitlets.List()).tag(sync=True)
    most = traitlets.Int(MOST_BYTES).tag(sync=True)
    family = traitlets.Unicode().tag(sync=True)
    exponent = traitlets.Unicode(_EXPONENT).tag(sync=True)
    #: What the levels are, and how they were read.
    about = traitlets.Unicode().tag(sync=True)
    notes = traitlets.Unicode().tag(sync=True)
    refusal = traitlets.Unicode().tag(sync=True)

    def __init__(self, value: str) -> None:
        super().__init__(value=value, families=[list(each) for each in FAMILIES.items()])
        self._levels = ""
        self._show({"new": value})
        self.on_msg(self._receive)

    @traitlets.observe("value")
    def _show(self, change: dict[str, Any]) -> None:
        family, _, rest = change["new"].partition(":")
        with self.hold_sync():
            self.family, self.refusal = family, ""
            if family == "power":
                self.exponent = rest
            if family == "levels":
                if change["new"] != self._levels:
                    self._levels, self.notes = change["new"], ""
                self.about = _about(change["new"])

    def _receive(
        self, _widget: object, content: dict[str, Any], buffers: Sequence[memoryview] | None
    ) -> None:
        text = content.get("text")
        match content.get("kind"):
            case "family" if content.get("name") in FAMILIES:
                self._go(str(content["name"]))
            case "exponent" if isinstance(text, str):
                self._take_exponent(text.strip().replace(",", "."))
            case "levels" if isinstance(text, str):
                self._take("What was pasted", lambda: levels_of_bytes(text.encode()))
            case "file":
                data = buffers[0] if buffers else None
                size = data.nbytes if data is not None else content.get("size")
                name = printable(str(content.get("name", "")), 40)
                self._take(name, lambda: _read(size, data))
        self.send({"kind": "settled"})

    def _go(self, family: str) -> None:
        """Go to a family; to levels only where there are any."""
        if family == "power":
            self.value = f"power:{self.exponent}"
        elif family != "levels":
            self.value = family
        elif self._levels:
            self.value = self._levels

    def _take_exponent(self, text: str) -> None:
        try:
            teacher_of(f"power:{text}")
        except ValueError as refusal:
            self.refusal = str(refusal)
        else:
            self.value, self.refusal = f"power:{text}", ""

    def _take(self, name: str, read: Callable[[], ReadLevels]) -> None:
        """Take levels, or say why not; then the teacher stays."""
        stays = "the teacher stays as it was"
        try:
            found = read()
            value = spelled_levels(found.values, found.weights)
            notes = [*found.notes, *_rounded(found)]
        except (DataError, ValueError) as refusal:
            self.refusal = f"{name} was not taken: {refusal}; {stays}."
        except Exception:  # noqa: BLE001 - whatever was in it, the page goes on and the viewer is told
            _log.debug("levels could not be taken", exc_info=True)
            self.refusal = f"{name} was not taken: it could not be read; {stays}."
        else:
            told = "; ".join(notes)
            with self.hold_sync():
                self.value = value
                self.notes = f"{told[0].upper()}{told[1:]}." if told else ""
                self.refusal = ""


def _read(size: object, data: memoryview | None) -> ReadLevels:
    check_size(size if isinstance(size, int) else 0)
    if data is None:
        raise DataError("the file did not arrive")
    return levels_of_bytes(bytes(data))


def _about(text: str) -> str:
    """What levels there are, in a few words."""
    teacher = teacher_of(text)
    z, _ = teacher.levels()
    ends = f"{z[0]:.4g} to {z[-1]:.4g}" if z.size > 1 else f"{z[0]:.4g}"
    kinds = f"{z.size:,} level" + "s" * (z.size != 1)
    return f"{kinds}, {ends}; rank {teacher.rank_fraction():.4g} d, mean {teacher.moment(1):.4g}"


def _rounded(found: ReadLevels) -> list[str]:
    off = any(float(f"{value:.6g}") != value for value in found.values)
    return ["levels are taken to six digits"] if off else []
