"""Mean-field dynamics beside networks."""
