"""Interactive explorers: one module each, with a ``show()`` that puts it on a page."""
