"""Sweeps: grids of settings, observed by theory, networks and mean-field marches, that survive.

``spec`` and ``options`` say what is asked for, ``observables`` what there is; ``layout`` cuts it into units
of work, which ``cells`` does; ``store`` keeps them on disk, ``run`` sends them to an executor (``local`` is
the one at hand), and ``dataset`` makes an xarray Dataset of what is there. ``plan`` says beforehand what it
will take, ``export`` writes it as NetCDF or CSV.
"""

from quadviz.sweep.dataset import open_sweep
from quadviz.sweep.errors import SweepError, SweepInterrupted, SweepSpecError, SweepStopped, SweepStoreError
from quadviz.sweep.export import export_sweep
from quadviz.sweep.plan import SweepPlan, plan_sweep
from quadviz.sweep.run import run_sweep
from quadviz.sweep.spec import Sweep

__all__ = [
    "Sweep",
    "SweepError",
    "SweepInterrupted",
    "SweepPlan",
    "SweepSpecError",
    "SweepStopped",
    "SweepStoreError",
    "export_sweep",
    "open_sweep",
    "plan_sweep",
    "run_sweep",
]
