"""Words and cards that several pages have."""
