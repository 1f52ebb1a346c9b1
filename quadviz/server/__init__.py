"""The dashboards' server: Voila, with a kernel for each open page."""

from quadviz.server.app import serve

__all__ = ["serve"]
