"""Figures taken away: as files, as data, as slides, and as the Python that remakes them."""
