"""``python -m benchmarks``, which ``make bench`` runs."""

from benchmarks import run, simulation

run.main()
simulation.main()
