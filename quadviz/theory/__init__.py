"""Theory in the high-dimensional limit d -> infinity."""
