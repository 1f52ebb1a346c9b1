"""The ``quadviz`` command."""

from quadviz.cli.main import main

__all__ = ["main"]
