"""``python -m benchmarks``, which ``make bench`` runs."""

from benchmarks import dynamics, run, simulation

run.main()
simulation.main()
dynamics.main()
