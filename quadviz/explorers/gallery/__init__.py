"""The gallery: the page that leads to all the others."""

from quadviz.explorers.gallery.page import gallery, show

__all__ = ["gallery", "show"]
