"""Which slices of a stack are shown as one, and how much of the breast they are."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Slab:
    """Which slices of a stack an image is the brightest of, place by place.

    ``first`` and ``last`` count from 1 in the order of the stack, which has ``count`` slices.
    ``spacing_mm`` is from the middle of one slice to that of the next, None where it is unknown.
    ``voi_of`` is the slice whose window it is shown with, where the slices have windows of their
    own, else None.
    """

    first: int
    last: int
    count: int
    spacing_mm: float | None = None
    voi_of: int | None = None

    @property
    def is_whole(self) -> bool:
        """Whether it is all of the stack."""
        return self.last - self.first + 1 == self.count

    @property
    def thickness_mm(self) -> float | None:
        """Millimetres of the breast that it covers, None where they are unknown."""
        if self.spacing_mm is None:
            return None
        return (self.last - self.first + 1) * self.spacing_mm
