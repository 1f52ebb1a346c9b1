"""Two decays: which of weight decay and Frobenius decay is better, and where both together beat either."""

from quadviz.explorers.two_decays.page import TwoDecaysExplorer, show, still

__all__ = ["TwoDecaysExplorer", "show", "still"]
