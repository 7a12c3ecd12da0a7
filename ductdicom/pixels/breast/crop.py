"""Where the breast is: air is cut away, the breast never."""

from dataclasses import dataclass

import numpy as np

from ductdicom.geometry.hanging import Edge
from ductdicom.pixels.breast.regions import Region, find_regions
from ductdicom.pixels.breast.tissue import Mask
from ductdicom.pixels.display.resample import area_average

# All heuristics; shares are of the longer side unless said otherwise.
_MARGIN = 0.04
_EDGE_GAP = 0.03
_MARKER_GAP = 0.05
_LEAST_AIR = 0.10  # of the area; with less, what is dark may be tissue
_LARGE_PART = 0.2  # of the breast's area; what is as large is no marker
_MOSTLY = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A part of an image in its pixels; ``top`` and ``left`` are counted from 0."""

    top: int
    left: int
    height: int
    width: int


def breast_box(tissue: Mask | None, background: Mask, chest_wall: Edge | None) -> Box:
    """Return the part of a hung image that holds the breast (heuristic).

    The box reaches to the image's edge at the chest wall and has a margin elsewhere. A separate
    bright part in the air, such as a lead marker, is left out only if it is small and well away
    from the breast. Whatever is in doubt gives the whole image: an unknown chest wall, hardly
    any air, no tissue at the chest wall.

    Parameters
    ----------
    tissue
        Of the hung image, as `find_tissue` returns it.
    background
        Padding of the hung image, shape ``(rows, columns)``.
    """
    rows, columns = background.shape
    whole = Box(top=0, left=0, height=rows, width=columns)
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


def _enlarged(breast: Region, whole: Box, shape: tuple[int, int], chest_wall: Edge) -> Box:
    """Return the region in full pixels, with its margin, up to the edge at the chest wall."""
    down, across = whole.height / shape[0], whole.width / shape[1]
    margin = max(whole.height, whole.width) * _MARGIN
    top = max(0, int(breast.top * down - margin))
    bottom = min(whole.height, int(np.ceil(breast.bottom * down + margin)))
    left = 0 if chest_wall == "left" else max(0, int(breast.left * across - margin))
    right = whole.width
    if chest_wall == "left":
        right = min(whole.width, int(np.ceil(breast.right * across + margin)))
    return Box(top=top, left=left, height=bottom - top, width=right - left)
