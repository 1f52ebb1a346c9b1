"""Gradient flow where it is a matrix Riccati equation: population flow, and the way to the end."""
