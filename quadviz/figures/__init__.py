"""Pure functions from results to plotly figures: no widgets, no solving."""
