"""Scaling laws of power-law teachers: curves over samples, width and compute, and what limits the error."""
