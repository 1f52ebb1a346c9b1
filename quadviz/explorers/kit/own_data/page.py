"""What a page does besides where it takes a reader's own measurements."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from quadviz.explorers.kit.own_data.own_data import OwnData
from quadviz.files.measured import Measured
from quadviz.files.series import Experiment
from quadviz.scenes.common.own_data import Along

if TYPE_CHECKING:
    import ipywidgets as widgets

__all__ = ["DataPage"]


class DataPage:
    """The measurements of a page, kept beside its state; a page that declares no experiment has none.

    Attributes:
        own: the measurements and their row; None where the page takes none.
    """

    #: What its first figure draws of measurements, and on which vertical axis of its layout each quantity is.
    experiment: ClassVar[Experiment | None] = None
    uprights: ClassVar[Sequence[str]] = ()
    own: OwnData | None = None

    def take_data(self, refresh: Callable[[], None], go: Callable[..., None]) -> None:
        """Make the row that takes a file, where there is something to draw it in."""
        if self.experiment is not None:
            self.own = OwnData(self.experiment, self.uprights, refresh, go, self.own_fields)

    @property
    def measured(self) -> Measured | None:
        """A reader's own measurements; None for none."""
        return None if self.own is None else self.own.measured

    def own_rows(self) -> list[widgets.Widget]:
        """The row that takes a file, to be put under the figures."""
        return [] if self.own is None else [self.own.control]

    def own_curves(self) -> tuple[Sequence[Along], int]:
        """The parameters of the curves drawn, and which of them the page is set to."""
        raise NotImplementedError

    def own_fields(self, wanted: Mapping[str, Any]) -> dict[str, Any]:
        """The fields of the state that set the page to what was measured.

        Raises:
            TypeError: if it has no such parameter.
            ValueError: if it does not offer the value.
        """
        raise NotImplementedError

    def bring(self, data: object) -> None:
        """Draw measurements: the path of a CSV file, a DataFrame, or a mapping of columns.

        Raises:
            OSError: if a file cannot be read.
            DataError: if it does not fit; says what is wrong, and where.
            TypeError: if it is no source of measurements, or the page draws none.
        """
        if self.own is None:
            raise TypeError("this page draws no measurements: it takes no data")
        self.own.bring(data)
