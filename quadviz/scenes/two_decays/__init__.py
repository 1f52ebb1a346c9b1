"""The two decays at a setting, their best pair, and where it pays to have both."""
