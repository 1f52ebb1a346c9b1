"""The numbers that figures show, from a setting and from what was trained: no widget, no colour, no theme."""
