"""The spectra learned with the decays as set and with the best pair, before the teacher's."""

from __future__ import annotations

from quadviz.figures.marks.drawing import Drawing, Held
from quadviz.figures.marks.spectra_pair import Spectrum, spectra_pair
from quadviz.figures.marks.theme import OKABE_ITO, THEMES, ThemeName
from quadviz.scenes.two_decays.scene import TwoDecays

__all__ = ["NAMES", "decay_spectra_figure"]

NAMES = ("as set", "best pair")
_HEIGHT = 250
_MARGIN = {"l": 58, "r": 16, "t": 50, "b": 44}


def decay_spectra_figure(scene: TwoDecays, theme: ThemeName = "light", held: Held | None = None) -> Drawing:
    """Both spectra.

    Args:
        scene: what there is to see.
        theme: the background the figure is made for.
        held: ranges that the axes had; they are kept while the densities fit into them.

    Returns:
        The figure, with the traces "teacher", "as set" and "best pair".
    """
    inks = THEMES[theme].single, OKABE_ITO["orange" if theme == "dark" else "vermilion"]
    looks = [
        Spectrum(name, ink, f'<span style="color:{ink}">━</span>')
        for name, ink in zip(NAMES, inks, strict=True)
    ]
    ours, best = (f'<span style="color:{look.ink}">{look.name}</span>' for look in looks)
    title = f"spectrum</b>  {ours}, {best}<b>"
    return spectra_pair(scene.spectra, looks, title, _HEIGHT, _MARGIN, theme, held)
