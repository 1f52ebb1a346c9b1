"""Steady states: the two equations, their solutions, thresholds and learned spectra."""
