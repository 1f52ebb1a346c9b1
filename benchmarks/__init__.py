"""How fast quadviz answers, measured next to the usual way of computing the same."""
