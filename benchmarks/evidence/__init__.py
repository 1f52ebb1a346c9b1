"""Evidence: networks and mean-field solutions held against the theory, written to docs/."""
