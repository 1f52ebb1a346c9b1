"""What figures share: axes, theme, the drawing itself, and parts of it."""
