"""quadviz: the theory of how wide quadratic networks learn, to compute with and to look at.

Source: S. Martin, G. Biroli, F. Bach, arXiv 2601.10483 (JMLR 27(136), 2026). The parameters are alpha =
    n/d^2 (samples), kappa = m/d (student width), kappa_star = m*/d (teacher width), lam (weight decay; 0 is
    lam -> 0+), delta (label noise), gamma (initial variance), lam2 (Frobenius decay); :data:`PARAMETERS`
    describes them, :class:`Setting` holds one of each.

After long training, d -> infinity; arrays broadcast, every point has a status:
    steady_state, learning_curve      test error, losses, rank
    steady_state_solutions            every solution of the equations at one setting
    solution_branches                 and along a curve, with folds and loops
    learned_spectrum                  the law of the learned matrix
    bayes_optimal                     the least error of any estimator
    optimal_lam, optimal_lam2, optimal_decay    the weight decay, the other, or both, with the least error
    local_exponents                   with which power of the samples an error falls, exactly
    finite_size                       the same at your d, for networks of that size
    recovery_threshold, interpolation_threshold
    NoisyTeacherLaw, TeacherLaw       the spectral laws everything stands on
    Wishart, Orthogonal, PowerLaw, Levels    teachers, for all of these; Levels are a person's own eigenvalues
    teacher_of                        a teacher from the text that links and the command write
During training, d -> infinity:
    dmft, dmft_cost                   finite alpha, by mean-field equations with memory; what that will take
    population_flow                   infinitely many samples
    matrix_flow, approach_curve, approach_law    how the end is approached
Networks of finite d:
    simulate, simulate_ensemble, train, minimise, sample_problem, log_times
Grids of settings, of all of these, on disk as xarray (``pip install 'quadviz[sweep]'``):
    Sweep, plan_sweep, run_sweep, open_sweep, export_sweep

Results convert: ``.to_dict()``, ``.to_dataframe()`` (pandas), ``.to_xarray()``. Where solves fail a
:class:`SolveWarning` says so; ``errstate`` turns it off. ``help(quadviz.steady_state)`` explains a
function. Figures and dashboards are imported by name, from :mod:`quadviz.figures` and
:mod:`quadviz.explorers`: this stays light.
"""

import importlib
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from quadviz.law import Levels, Orthogonal, PowerLaw, Teacher, Wishart
from quadviz.law.noisy_teacher import NoisyTeacherLaw
from quadviz.law.spelling import teacher_of
from quadviz.law.teacher_law import TeacherLaw
from quadviz.outcome import Regime, SolveError, SolveWarning, Status, errstate
from quadviz.parameters import PARAMETERS, Parameter
from quadviz.setting import Setting
from quadviz.simulation.ensemble import SimulationEnsemble, simulate_ensemble
from quadviz.simulation.minimise import Minimum, minimise
from quadviz.simulation.problem import Problem, sample_problem
from quadviz.simulation.simulate import Simulation, SimulationError, log_times, simulate, train
from quadviz.theory.best.bayes import BayesOptimal, bayes_optimal
from quadviz.theory.best.elastic_net import OptimalDecay, optimal_decay
from quadviz.theory.best.frobenius import optimal_lam2
from quadviz.theory.best.local_exponents import LocalExponents, local_exponents
from quadviz.theory.best.optimal_decay import optimal_lam
from quadviz.theory.dmft import Dmft, DmftError, DmftStatus, dmft, dmft_cost
from quadviz.theory.finite.finite_size import FiniteSize, finite_size
from quadviz.theory.flow.approach import Approach, ApproachLaw, approach_curve, approach_law
from quadviz.theory.flow.flow_target import FlowTarget
from quadviz.theory.flow.matrix_flow import MatrixFlow, matrix_flow
from quadviz.theory.flow.population import PopulationFlow, population_flow
from quadviz.theory.steady.learned_spectrum import LearnedSpectrum, learned_spectrum
from quadviz.theory.steady.solutions import solution_branches, steady_state_solutions
from quadviz.theory.steady.steady_state import SteadyState, learning_curve, steady_state
from quadviz.theory.steady.thresholds import (
    InterpolationThreshold,
    interpolation_threshold,
    recovery_threshold,
)

if TYPE_CHECKING:
    from quadviz.sweep import (
        Sweep,
        SweepError,
        SweepInterrupted,
        SweepPlan,
        SweepSpecError,
        SweepStopped,
        SweepStoreError,
        export_sweep,
        open_sweep,
        plan_sweep,
        run_sweep,
    )

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
    "DmftStatus",
    "FiniteSize",
    "FlowTarget",
    "InterpolationThreshold",
    "LearnedSpectrum",
    "Levels",
    "LocalExponents",
    "MatrixFlow",
    "Minimum",
    "NoisyTeacherLaw",
    "OptimalDecay",
    "Orthogonal",
    "Parameter",
    "PopulationFlow",
    "PowerLaw",
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
    "Sweep",
    "SweepError",
    "SweepInterrupted",
    "SweepPlan",
    "SweepSpecError",
    "SweepStopped",
    "SweepStoreError",
    "Teacher",
    "TeacherLaw",
    "Wishart",
    "__version__",
    "approach_curve",
    "approach_law",
    "bayes_optimal",
    "dmft",
    "dmft_cost",
    "errstate",
    "export_sweep",
    "finite_size",
    "interpolation_threshold",
    "learned_spectrum",
    "learning_curve",
    "local_exponents",
    "log_times",
    "matrix_flow",
    "minimise",
    "open_sweep",
    "optimal_decay",
    "optimal_lam",
    "optimal_lam2",
    "plan_sweep",
    "population_flow",
    "recovery_threshold",
    "run_sweep",
    "sample_problem",
    "simulate",
    "simulate_ensemble",
    "solution_branches",
    "steady_state",
    "steady_state_solutions",
    "teacher_of",
    "train",
]

#: Names of :mod:`quadviz.sweep`, which is imported when one of them is asked for.
_OF_SWEEPS = frozenset(name for name in __all__ if "sweep" in name.lower())


def __getattr__(name: str) -> Any:
    if name in _OF_SWEEPS:
        return getattr(importlib.import_module("quadviz.sweep"), name)
    raise AttributeError(f"module 'quadviz' has no attribute {name!r}")
