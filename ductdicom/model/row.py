"""Which images stand side by side."""

from dataclasses import dataclass

from ductdicom.model.call import Laterality, ViewGroup
from ductdicom.model.outcome import Status
from ductdicom.model.study import ImageCall


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Images of one side, view group and injection: pre on the left, post on the right.

    No image stands in it twice. ``plain`` holds the images of a study that is no ductogram, which
    have no phase; ``pre`` and ``post`` are then empty. ``notes`` are the record's stable words.
    """

    laterality: Laterality | None
    group: ViewGroup
    injection: int | None
    pre: tuple[ImageCall, ...]
    post: tuple[ImageCall, ...]
    plain: tuple[ImageCall, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def images(self) -> tuple[ImageCall, ...]:
        """All images from left to right."""
        return self.pre + self.post + self.plain


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """An instance that stands in no row, and the reason as a short stable word."""

    image: ImageCall
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairing:
    """Rows and left-overs of one study; together they hold every image of it."""

    rows: tuple[Row, ...]
    left_out: tuple[LeftOut, ...]
    status: Status
