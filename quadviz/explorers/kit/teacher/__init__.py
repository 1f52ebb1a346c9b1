"""The teacher of a page: its control, and how the width of the teacher goes with it."""
