"""Scaling laws as figures: over samples, over width, and over a budget of both."""
