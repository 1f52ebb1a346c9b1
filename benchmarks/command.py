"""How long the command takes to start, beside Python with NumPy and SciPy: ``python -m benchmarks.command``.

Every command runs in a process of its own, in turns with the bare import, so that a busy machine slows both;
what is printed is the median of each and the median of their ratios. The aim is half a second for commands of
theory, which is met by what computes nothing else.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

__all__ = ["main"]

BARE = ["-c", "import numpy, scipy"]
#: By what they are called in the table; the first ones are held to the aim.
COMMANDS = {
    "quadviz curve, 200 points": ["-m", "quadviz", "curve", "--csv"],
    "quadviz threshold, 50 widths": ["-m", "quadviz", "threshold", "--kappa", "0.1:1:50", "--csv"],
    "quadviz spectrum": ["-m", "quadviz", "spectrum", "--csv"],
    "quadviz --help": ["-m", "quadviz", "--help"],
    "quadviz info": ["-m", "quadviz", "info"],
    "quadviz curve, refused": ["-m", "quadviz", "curve", "--kappa", "nan"],
}
TURNS = 9
AIM = 0.5


def seconds(arguments: list[str]) -> float:
    """Wall-clock time of a process of Python."""
    start = time.perf_counter()
    subprocess.run([sys.executable, *arguments], capture_output=True, check=False)  # noqa: S603 - our own
    return time.perf_counter() - start


def main() -> None:
    """Measure and print."""
    for arguments in (BARE, *COMMANDS.values()):
        seconds(arguments)
    print(f"{'':<31}{'median':>9}{'  x numpy, scipy':>16}")
    for name, arguments in COMMANDS.items():
        pairs = [(seconds(BARE), seconds(arguments)) for _ in range(TURNS)]
        took = statistics.median(two for _, two in pairs)
        ratio = statistics.median(two / one for one, two in pairs)
        verdict = "met" if took <= AIM else "MISSED"
        print(f"{name:<31}{took:>7.2f} s{ratio:>14.1f}  aim {AIM:g} s  {verdict}")


if __name__ == "__main__":
    main()
