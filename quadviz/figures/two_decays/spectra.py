"""The spectra learned with the decays as set and with the best pair, before the teacher's."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from quadviz.figures.marks.drawing import Drawing, Held
from quadviz.figures.marks.spectra_pair import Spectrum, spectra_pair
from quadviz.figures.marks.theme import OKABE_ITO, THEMES, ThemeName
from quadviz.scenes.two_decays.scene import TwoDecays

__all__ = ["INKS", "NAMES", "decay_spectra_figure"]

#: Of the traces, and what they are of.
NAMES: Mapping[str, str] = MappingProxyType({"set": "as set", "best": "best pair"})
#: Their colours, on a light background and on a dark one.
INKS = ((THEMES["light"].single, THEMES["dark"].single), (OKABE_ITO["vermilion"], OKABE_ITO["orange"]))
_HEIGHT = 250
_MARGIN = {"l": 58, "r": 16, "t": 50, "b": 44}


def decay_spectra_figure(scene: TwoDecays, theme: ThemeName = "light", held: Held | None = None) -> Drawing:
    """Both spectra.

    Args:
        scene: what there is to see.
        theme: the background the figure is made for.
        held: ranges that the axes had; they are kept while the densities fit into them.

    Returns:
        The figure, with the traces "teacher", "set" and "best".
    """
    inks = (dark if theme == "dark" else light for light, dark in INKS)
    looks = [Spectrum(name, ink) for name, ink in zip(NAMES, inks, strict=True)]
    return spectra_pair(scene.spectra, looks, "spectrum", "", _HEIGHT, _MARGIN, theme, held)
