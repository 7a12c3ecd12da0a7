"""Where the breast is: air is cut away, the breast never."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ductdicom.geometry.hanging import Edge
from ductdicom.pixels.breast.tissue import Mask
from ductdicom.pixels.display.resample import area_average

# All heuristics; shares are of the longer side unless said otherwise.
_MARGIN = 0.012
_EDGE_GAP = 0.03
_MARKER_GAP = 0.05
_LEAST_AIR = 0.10  # of the area; with less, what is dark may be tissue
_LARGE_PART = 0.2  # of the breast's area; what is as large is no marker
_MOSTLY = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Crop:
    """A part of an image in its pixels; ``top`` and ``left`` are counted from 0."""

    top: int
    left: int
    height: int
    width: int

    def joined(self, other: "Crop") -> "Crop":
        """Return the part that spans both."""
        top, left = min(self.top, other.top), min(self.left, other.left)
        bottom = max(self.top + self.height, other.top + other.height)
        right = max(self.left + self.width, other.left + other.width)
        return Crop(top=top, left=left, height=bottom - top, width=right - left)


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
        """Return the pixels between the bounds of both, down or across, 0 where they touch."""
        down = max(self.top - other.bottom, other.top - self.bottom, 0)
        across = max(self.left - other.right, other.left - self.right, 0)
        return max(down, across)


def breast_crop(tissue: Mask | None, background: Mask, chest_wall: Edge | None) -> Crop:
    """Return the part of a hung image that holds the breast (heuristic).

    It reaches to the image's edge at the chest wall and has a margin elsewhere. A separate bright
    part in the air, such as a lead marker, is left out only if it is small and well away from the
    breast. Whatever is in doubt gives the whole image: an unknown chest wall, hardly any air, no
    tissue at the chest wall.

    Parameters
    ----------
    tissue
        Of the hung image, as `find_all_but_air` returns it: an overview, of fewer pixels.
    background
        Where the hung image is padding, shape ``(rows, columns)`` of all its pixels.
    chest_wall
        Edge of the hung image at which the chest wall lies, None where that is not known.

    Returns
    -------
    Crop
        In pixels of ``background``.
    """
    rows, columns = background.shape
    whole = Crop(top=0, left=0, height=rows, width=columns)
    if chest_wall is None or tissue is None:
        return whole
    size = (tissue.shape[0], tissue.shape[1])
    if background.any():
        step = max(1, min(background.shape) // (2 * max(size)))  # a sample will do
        sample = background[::step, ::step].astype(np.float32)
        tissue = tissue & (area_average(sample, *size) < _MOSTLY)
    if np.mean(~tissue) < _LEAST_AIR:
        return whole
    breast = _breast(find_regions(tissue), chest_wall, size)
    if breast is None:
        return whole
    return _enlarged(breast, whole, size, chest_wall)


def _breast(regions: list[Region], chest_wall: Edge, shape: tuple[int, int]) -> Region | None:
    """Return the largest part at the chest wall, with what may belong to it."""
    longer = max(shape)
    reach = max(1, round(longer * _EDGE_GAP))
    at_wall = [
        region
        for region in regions
        if (region.left <= reach if chest_wall == "left" else region.right >= shape[1] - reach)
    ]
    if not at_wall or at_wall[0] is not regions[0]:
        return None
    breast = at_wall[0]
    for region in regions[1:]:
        is_large = region.area > _LARGE_PART * regions[0].area
        if is_large or breast.gap(region) <= longer * _MARKER_GAP:
            breast = breast.joined(region)
    return breast


def _enlarged(breast: Region, whole: Crop, shape: tuple[int, int], chest_wall: Edge) -> Crop:
    """Return the region in full pixels, with its margin, up to the edge at the chest wall."""
    down, across = whole.height / shape[0], whole.width / shape[1]
    margin = max(whole.height, whole.width) * _MARGIN
    top = max(0, int(breast.top * down - margin))
    bottom = min(whole.height, int(np.ceil(breast.bottom * down + margin)))
    left = 0 if chest_wall == "left" else max(0, int(breast.left * across - margin))
    right = whole.width
    if chest_wall == "left":
        right = min(whole.width, int(np.ceil(breast.right * across + margin)))
    return Crop(top=top, left=left, height=bottom - top, width=right - left)


def find_regions(mask: NDArray[np.bool_]) -> list[Region]:
    """Return the parts of a mask whose pixels touch, also at corners.

    Joins runs of each row to those that they touch in the row above.

    Parameters
    ----------
    mask
        Shape ``(rows, columns)``.

    Returns
    -------
    list of Region
        The largest first, of several as large the uppermost.
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
