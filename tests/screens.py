"""Screenshots compared loosely: by the mean brightness of some hundred patches.

Fonts and versions of a browser move a patch by a little; a figure that is missing or a rail that covers it
moves many by a lot. ``QUADVIZ_SCREENS=write`` stores what is seen as what is expected.
"""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

__all__ = ["ACROSS", "brightness", "compare"]

ACROSS, DOWN = 32, 20
STORE = Path(__file__).parent / "reference" / "screens.json"
#: Brightness runs from 0 to 255. On average, and in all patches but one in twenty, it may differ so much: a
#: page seen twice differs by 0.06 and 0, one without its figures by 1.1 and 11 at least.
MEAN, MOST = 0.9, 10

_SHRINK = """async ([image, across, down]) => {
  const picture = new Image();
  picture.src = `data:image/png;base64,${image}`;
  await picture.decode();
  const canvas = new OffscreenCanvas(picture.width, picture.height);
  const context = canvas.getContext("2d");
  context.drawImage(picture, 0, 0);
  const { data } = context.getImageData(0, 0, picture.width, picture.height);
  const sums = new Float64Array(across * down), counts = new Float64Array(across * down);
  for (let y = 0; y < picture.height; y++) for (let x = 0; x < picture.width; x++) {
    const patch = Math.floor(y * down / picture.height) * across + Math.floor(x * across / picture.width);
    const at = 4 * (y * picture.width + x);
    sums[patch] += 0.299 * data[at] + 0.587 * data[at + 1] + 0.114 * data[at + 2];
    counts[patch]++;
  }
  return Array.from(sums, (sum, i) => Math.round(sum / counts[i]));
}"""


def brightness(page: Page) -> list[int]:
    """The mean brightness of every patch of what is in the window, row by row."""
    image = base64.b64encode(page.screenshot()).decode()
    patches: list[int] = page.evaluate(_SHRINK, [image, ACROSS, DOWN])
    return patches


def compare(name: str, seen: list[int], store: bool = True) -> str:
    """What is wrong with a screen, or nothing; where screens are stored, it is, unless told not to."""
    screens = json.loads(STORE.read_text(encoding="utf-8")) if STORE.exists() else {}
    if store and os.environ.get("QUADVIZ_SCREENS") == "write":
        screens[name] = seen
        lines = ",\n".join(f'"{key}": {json.dumps(screens[key])}' for key in sorted(screens))
        STORE.write_text(f"{{\n{lines}\n}}\n", encoding="utf-8")
    expected = screens.get(name)
    if expected is None:
        return f"no screen {name} is stored"
    apart = sorted(abs(one - other) for one, other in zip(seen, expected, strict=True))
    mean, most = sum(apart) / len(apart), apart[int(0.95 * len(apart))]
    if mean <= MEAN and most <= MOST:
        return ""
    return f"{name}: brightness is {mean:.1f} off on average, {most} in a twentieth of the patches"
