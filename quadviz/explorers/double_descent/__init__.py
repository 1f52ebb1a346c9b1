"""Double descent: the error against samples, and against width."""

from quadviz.explorers.double_descent.page import DoubleDescentExplorer, show, still

__all__ = ["DoubleDescentExplorer", "show", "still"]
