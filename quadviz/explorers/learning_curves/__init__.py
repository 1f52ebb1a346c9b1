"""Learning curves: the errors of a trained network against the samples it saw."""

from quadviz.explorers.learning_curves.page import LearningCurvesExplorer, show, still

__all__ = ["LearningCurvesExplorer", "show", "still"]
