"""Connected parts of a mask."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Region:
    """A connected part: its bounds, the last row and column excluded, and its pixels."""

    top: int
    left: int
    bottom: int
    right: int
    area: int

    def joined(self, other: "Region") -> "Region":
        """Return the region that spans both."""
        return Region(
            min(self.top, other.top),
            min(self.left, other.left),
            max(self.bottom, other.bottom),
            max(self.right, other.right),
            self.area + other.area,
        )

    def gap(self, other: "Region") -> int:
        """Return the pixels between the bounds of both, 0 where they touch or overlap."""
        down = max(self.top - other.bottom, other.top - self.bottom, 0)
        across = max(self.left - other.right, other.left - self.right, 0)
        return max(down, across)


def find_regions(mask: NDArray[np.bool_]) -> list[Region]:
    """Return the parts whose pixels touch, also at corners; the largest first.

    Joins runs of each row to those that they touch in the row above.
    """
    parts: list[Region | None] = []
    owner: dict[int, int] = {}
    above: list[tuple[int, int, int]] = []
    for row, runs in enumerate(_runs(mask)):
        here = []
        for left, right in runs:
            region = Region(row, left, row + 1, right, right - left)
            touched = {
                _root(owner, index) for start, end, index in above if start <= right and left <= end
            }
            index = len(parts)
            owner[index] = index
            for other in touched:
                owner[other] = index
                region = region.joined(parts[other] or region)
                parts[other] = None
            parts.append(region)
            here.append((left, right, index))
        above = here
    return sorted((part for part in parts if part), key=lambda part: (-part.area, part.top))


def _root(owner: dict[int, int], index: int) -> int:
    while owner[index] != index:
        index = owner[index]
    return index


def _runs(mask: NDArray[np.bool_]) -> list[list[tuple[int, int]]]:
    """Return where the runs of each row begin and end."""
    rows, edges = np.nonzero(np.diff(np.pad(mask, ((0, 0), (1, 1))), axis=1))
    runs: list[list[tuple[int, int]]] = [[] for _ in mask]
    for row, left, right in zip(
        rows[::2].tolist(), edges[::2].tolist(), edges[1::2].tolist(), strict=True
    ):
        runs[row].append((left, right))
    return runs
