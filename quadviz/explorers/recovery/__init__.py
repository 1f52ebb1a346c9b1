"""Recovery: where in the plane of widths and samples a student finds its teacher."""

from quadviz.explorers.recovery.page import RecoveryExplorer, show, still

__all__ = ["RecoveryExplorer", "show", "still"]
