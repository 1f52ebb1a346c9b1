"""Finite d: networks sampled and trained, to be held against the high-dimensional limit."""
