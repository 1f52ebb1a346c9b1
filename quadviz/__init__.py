"""quadviz: the theory of how wide quadratic networks learn, to compute with and to look at.

The names here are the numerics. Figures and dashboards are imported by name, from
:mod:`quadviz.figures` and :mod:`quadviz.explorers`, so that ``import quadviz`` stays light.
"""

from importlib.metadata import PackageNotFoundError, version

from quadviz.setting import PARAMETERS, Parameter, Setting
from quadviz.simulation.ensemble import SimulationEnsemble, simulate_ensemble
from quadviz.simulation.minimise import Minimum, minimise
from quadviz.simulation.problem import Problem, sample_problem
from quadviz.simulation.simulate import Simulation, SimulationError, log_times, simulate, train
from quadviz.spectrum import NoisyTeacherLaw
from quadviz.teacher import TeacherLaw
from quadviz.theory.approach import Approach, ApproachLaw, approach_curve, approach_law
from quadviz.theory.bayes import BayesOptimal, bayes_optimal
from quadviz.theory.dmft import Dmft, DmftError, dmft
from quadviz.theory.flow_target import FlowTarget
from quadviz.theory.learned_spectrum import LearnedSpectrum, learned_spectrum
from quadviz.theory.matrix_flow import MatrixFlow, matrix_flow
from quadviz.theory.optimal_decay import optimal_lam
from quadviz.theory.outcome import SolveError, SolveWarning, errstate
from quadviz.theory.population import PopulationFlow, population_flow
from quadviz.theory.solutions import solution_branches, steady_state_solutions
from quadviz.theory.steady_state import Regime, Status, SteadyState, learning_curve, steady_state
from quadviz.theory.thresholds import InterpolationThreshold, interpolation_threshold, recovery_threshold

try:
    __version__ = version("quadviz")
except PackageNotFoundError:  # running from a checkout that is not installed
    __version__ = "0+unknown"

__all__ = [
    "PARAMETERS",
    "Approach",
    "ApproachLaw",
    "BayesOptimal",
    "Dmft",
    "DmftError",
    "FlowTarget",
    "InterpolationThreshold",
    "LearnedSpectrum",
    "MatrixFlow",
    "Minimum",
    "NoisyTeacherLaw",
    "Parameter",
    "PopulationFlow",
    "Problem",
    "Regime",
    "Setting",
    "Simulation",
    "SimulationEnsemble",
    "SimulationError",
    "SolveError",
    "SolveWarning",
    "Status",
    "SteadyState",
    "TeacherLaw",
    "__version__",
    "approach_curve",
    "approach_law",
    "bayes_optimal",
    "dmft",
    "errstate",
    "interpolation_threshold",
    "learned_spectrum",
    "learning_curve",
    "log_times",
    "matrix_flow",
    "minimise",
    "optimal_lam",
    "population_flow",
    "recovery_threshold",
    "sample_problem",
    "simulate",
    "simulate_ensemble",
    "solution_branches",
    "steady_state",
    "steady_state_solutions",
    "train",
]
