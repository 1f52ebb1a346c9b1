"""Interactive explorers: one folder each, with a ``show()`` that puts it on a page."""
