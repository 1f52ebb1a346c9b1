"""A reader's own measurements on a page: the control that takes a file, and what is said of it."""

from quadviz.explorers.kit.own_data.page import DataPage

__all__ = ["DataPage"]
