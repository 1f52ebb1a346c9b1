"""Kernels forked from a process that has imported, and built, what pages need. Linux only."""
