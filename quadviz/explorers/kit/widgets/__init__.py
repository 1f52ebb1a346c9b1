"""Widgets of a page's header and rail, each beside its script."""
