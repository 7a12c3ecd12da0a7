"""Where things go: rows of tiles arranged on a page at the greatest common scale.

Pure arithmetic over millimetres and page pixels; nothing here knows what is drawn.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ductdicom.sheet.page import Box

TITLE_PX = 46  # a row's title line
TOP_STRIP_PX = 58  # phase and view above each image
BOTTOM_STRIP_PX = 132  # scale bar and three lines of reasons below each image
TILE_GAP_PX = 18
BLOCK_GAP_PX = 44
NARROWEST_TILE_PX = 330  # room for the words of a caption
NOMINAL_HEIGHT_MM = 180.0  # of a tile whose scale is unknown, where no other tile tells better
_STEPS = 40  # halvings in the search for the scale


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """Room that one tile asks for; ``size_mm`` is None where the scale is unknown.

    ``aspect`` is width over height.
    """

    size_mm: tuple[float, float] | None
    aspect: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedSlot:
    """A tile's whole cell, and the image's box in it, both in page pixels."""

    cell: Box
    image: Box
    mm_per_px: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedBlock:
    """A row's title line and its tiles from left to right."""

    title: Box
    slots: tuple[PlacedSlot, ...]


def arrange(
    blocks: Sequence[Sequence[Slot]], area: Box, chest_walls: Sequence[Sequence[str | None]]
) -> tuple[PlacedBlock, ...]:
    """Arrange rows on a page, each with one scale, as large as the page allows.

    Rows are laid side by side or below one another, in order, whichever gives the greater scale.

    Parameters
    ----------
    blocks
        For each row the room its tiles ask for.
    chest_walls
        For each tile the edge that its image is pushed to: ``"left"``, ``"right"`` or None.
    """
    best: tuple[float, list[list[int]], list[float]] | None = None
    for lines in _divisions(len(blocks)):
        height = (area.height - BLOCK_GAP_PX * (len(lines) - 1)) / len(lines)
        scales = [_scale([blocks[i] for i in line], area.width, height) for line in lines]
        if best is None or min(scales) > best[0] * 1.001:
            best = (min(scales), lines, scales)
    if best is None:
        return ()
    placed: list[PlacedBlock] = []
    _, lines, scales = best
    height = (area.height - BLOCK_GAP_PX * (len(lines) - 1)) / len(lines)
    for number, (line, scale) in enumerate(zip(lines, scales, strict=True)):
        top = area.y + number * (height + BLOCK_GAP_PX)
        place = Box(x=area.x, y=top, width=area.width, height=height)
        placed += _place_line([(blocks[i], chest_walls[i]) for i in line], place, scale)
    return tuple(placed)


def _divisions(count: int) -> Iterator[list[list[int]]]:
    """Yield every way to part rows 0 to ``count - 1`` into lines, in order."""
    for cuts in range(1 << max(count - 1, 0)):
        lines = [[0]] if count else []
        for index in range(1, count):
            if cuts >> (index - 1) & 1:
                lines.append([index])
            else:
                lines[-1].append(index)
        yield lines


def _sizes_mm(block: Sequence[Slot]) -> list[tuple[float, float]]:
    """Return width and height of each tile; unknown ones are as high as the highest known."""
    known = [slot.size_mm[1] for slot in block if slot.size_mm]
    nominal = max(known, default=NOMINAL_HEIGHT_MM)
    return [slot.size_mm or (nominal * slot.aspect, nominal) for slot in block]


def _width_px(line: Sequence[Sequence[Slot]], scale: float) -> float:
    widths = [
        sum(max(width * scale, NARROWEST_TILE_PX) for width, _ in _sizes_mm(block))
        + TILE_GAP_PX * (len(block) - 1)
        for block in line
    ]
    return sum(widths) + BLOCK_GAP_PX * (len(line) - 1)


def _scale(line: Sequence[Sequence[Slot]], width: float, height: float) -> float:
    """Return the greatest pixels per millimetre at which a line of rows fits."""
    room = height - TITLE_PX - TOP_STRIP_PX - BOTTOM_STRIP_PX
    tallest = max((size[1] for block in line for size in _sizes_mm(block)), default=1.0)
    low, high = 0.0, max(room, 1.0) / tallest
    if _width_px(line, high) <= width:
        return high
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if _width_px(line, middle) <= width else (low, middle)
    return low


def _place_line(
    line: Sequence[tuple[Sequence[Slot], Sequence[str | None]]], place: Box, scale: float
) -> Iterator[PlacedBlock]:
    slack = place.width - _width_px([block for block, _ in line], scale)
    tallest = max((size[1] for block, _ in line for size in _sizes_mm(block)), default=1.0)
    image_height = tallest * scale
    widening = max(slack, 0) / (len(line) + 1)
    x = place.x + (widening if len(line) == 1 else widening / 2)
    if len(line) == 1:
        x = place.x
    for block, walls in line:
        block_x = x
        slots = []
        for slot, size, wall in zip(block, _sizes_mm(block), walls, strict=True):
            cell_width = max(size[0] * scale, NARROWEST_TILE_PX)
            cell = Box(
                x=round(x),
                y=round(place.y + TITLE_PX),
                width=round(cell_width),
                height=round(TOP_STRIP_PX + image_height + BOTTOM_STRIP_PX),
            )
            image = _image_box(cell, (size[0] * scale, size[1] * scale), image_height, wall)
            slots.append(
                PlacedSlot(cell=cell, image=image, mm_per_px=1 / scale if slot.size_mm else None)
            )
            x += cell_width + TILE_GAP_PX
        title = Box(x=block_x, y=place.y, width=x - TILE_GAP_PX - block_x, height=TITLE_PX)
        yield PlacedBlock(title=title, slots=tuple(slots))
        x += BLOCK_GAP_PX - TILE_GAP_PX + (widening if len(line) > 1 else 0)


def _image_box(cell: Box, size: tuple[float, float], image_height: float, wall: str | None) -> Box:
    """Put the image at its chest wall's edge of the cell, and at mid height."""
    width, height = max(1, round(size[0])), max(1, round(size[1]))
    width = min(width, round(cell.width))
    free = cell.width - width
    x = cell.x + {"left": 0, "right": free}.get(wall or "", free / 2)
    y = cell.y + TOP_STRIP_PX + (image_height - height) / 2
    return Box(x=round(x), y=round(y), width=width, height=height)
