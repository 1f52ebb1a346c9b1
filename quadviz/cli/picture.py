"""A figure drawn into a file by a browser: a process of its own, told on its input what to draw."""

from __future__ import annotations

import json
import os
import sys

__all__ = ["main"]


def main() -> None:
    """Draw the figure that is described on the input, and end at once."""
    asked = json.load(sys.stdin)
    from plotly.io import from_json

    try:
        from_json(asked["figure"]).write_image(asked["path"], **asked["size"])
    except Exception as error:  # noqa: BLE001 - told to who asked, in a line
        sys.stderr.write(f"\n{type(error).__name__}: {' '.join(str(error).split())}\n")
        sys.stderr.flush()
        os._exit(1)
    # The driver's threads may wait for a browser that does not end.
    os._exit(0)


if __name__ == "__main__":
    main()
