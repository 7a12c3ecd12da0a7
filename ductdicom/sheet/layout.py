"""Where things go: rows of tiles arranged on a page at the greatest common scale.

Pure arithmetic over millimetres and page units; nothing here knows what is drawn.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ductdicom.settings import Closeup
from ductdicom.sheet.page import Box

TITLE_PX = 46  # a row's title line
TOP_STRIP_PX = 58  # phase and view above each image
BOTTOM_LINES = 4  # scale bar and three lines of reasons below each image
BOTTOM_LINE_PX = 28
_BOTTOM_PAD_PX = 20
TILE_GAP_PX = 18
BLOCK_GAP_PX = 44
FRAME_PX = 3  # around a cell, outside the image
NARROWEST_TILE_PX = 330  # room for the words of a caption
NOMINAL_HEIGHT_MM = 180.0  # of a tile whose scale is unknown, where no other tile tells better
CLOSEUP_STRIP_PX = 30  # the words above a close-up
_CLOSEUP_PX = 380  # height that is kept for close-ups where they are asked for
_LEAST_CLOSEUP_PX = 240
_MOST_CLOSEUP_PX = 460
_GAIN = 1.001  # of the scale, for which rows are laid otherwise
_STEPS = 40  # halvings in the search for the scale


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """Room that one tile asks for; ``size_mm`` is None where the scale is unknown.

    ``aspect`` is width over height. ``level`` is where the nipple is, from 0 at the top to 1 at
    the bottom, None where that is not known.
    """

    size_mm: tuple[float, float] | None
    aspect: float
    level: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedSlot:
    """A tile's whole cell, and in it the field of the image, the image, and room for a close-up."""

    cell: Box
    field: Box
    image: Box
    mm_per_unit: float | None
    closeup: Box | None = None

    @property
    def below(self) -> float:
        """Y from which words stand below what is drawn."""
        return (self.closeup or self.field).bottom


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedBlock:
    """A row's title line and its tiles from left to right."""

    title: Box
    slots: tuple[PlacedSlot, ...]


def arrange(
    blocks: Sequence[Sequence[Slot]],
    area: Box,
    chest_walls: Sequence[Sequence[str | None]],
    closeup: Closeup = Closeup.NEVER,
    *,
    lines_below: int = BOTTOM_LINES,
) -> tuple[PlacedBlock, ...]:
    """Arrange rows on a page, each with one scale, as large as the page allows.

    Rows are laid side by side or below one another, in order, whichever gives the greater scale.

    Parameters
    ----------
    blocks
        For each row the room its tiles ask for, in millimetres.
    area
        The part of the page that the rows may fill, in page units.
    chest_walls
        For each tile the edge that its image is pushed to: ``"left"``, ``"right"`` or None.
    closeup
        Whether room below the images is kept for close-ups, or only taken where it is left over.
    lines_below
        Lines of words below each image.

    Returns
    -------
    tuple of PlacedBlock
        In the order of ``blocks``, in whole page units.
    """
    if not blocks:
        return ()
    kept = _CLOSEUP_PX if closeup is Closeup.ALWAYS else 0
    words = _words_height(lines_below)
    lines, scales = _largest(blocks, area, kept + words)
    placed: list[PlacedBlock] = []
    height = _line_height(area, len(lines))
    for number, (line, scale) in enumerate(zip(lines, scales, strict=True)):
        top = area.y + number * (height + BLOCK_GAP_PX)
        place = Box(x=area.x, y=top, width=area.width, height=height)
        members = [(blocks[i], chest_walls[i]) for i in line]
        tallest = _tallest_mm(members) * scale
        room = 0.0 if closeup is Closeup.NEVER else _closeup_height(height - words - tallest)
        placed += _place_line(members, place, scale, (room, words))
    return tuple(placed)


def _largest(
    blocks: Sequence[Sequence[Slot]], area: Box, taken_px: float
) -> tuple[list[list[int]], list[float]]:
    """Return the rows of each line, and each line's scale, where the least scale is greatest."""
    best: tuple[float, list[list[int]], list[float]] = (-1, [], [])
    for lines in _divisions(len(blocks)):
        height = _line_height(area, len(lines)) - taken_px
        scales = [_scale([blocks[i] for i in line], area.width, height) for line in lines]
        if min(scales) > best[0] * _GAIN:
            best = (min(scales), lines, scales)
    return best[1:]


def _words_height(lines_below: int) -> float:
    """Return what a line of rows needs above and below its images."""
    return TITLE_PX + TOP_STRIP_PX + lines_below * BOTTOM_LINE_PX + _BOTTOM_PAD_PX


def _line_height(area: Box, lines: int) -> float:
    return (area.height - BLOCK_GAP_PX * (lines - 1)) / lines


def _closeup_height(free: float) -> float:
    """Return the room for close-ups of what a line leaves free; 0 where it is too little."""
    room = min(free, _MOST_CLOSEUP_PX)
    return room if room >= _LEAST_CLOSEUP_PX else 0.0


def _tallest_mm(line: Sequence[tuple[Sequence[Slot], Sequence[str | None]]]) -> float:
    return max((size[1] for block, _ in line for size in _sizes_mm(block)), default=1.0)


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
        sum(max(width * scale, NARROWEST_TILE_PX) + 2 * FRAME_PX for width, _ in _sizes_mm(block))
        + TILE_GAP_PX * (len(block) - 1)
        for block in line
    ]
    return sum(widths) + BLOCK_GAP_PX * (len(line) - 1)


def _scale(line: Sequence[Sequence[Slot]], width: float, height: float) -> float:
    """Return the greatest page units per millimetre at which the images of a line fit."""
    tallest = max((size[1] for block in line for size in _sizes_mm(block)), default=1.0)
    low, high = 0.0, max(height, 1.0) / tallest
    if _width_px(line, high) <= width:
        return high
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if _width_px(line, middle) <= width else (low, middle)
    return low


def _place_line(
    line: Sequence[tuple[Sequence[Slot], Sequence[str | None]]],
    place: Box,
    scale: float,
    heights: tuple[float, float],
) -> Iterator[PlacedBlock]:
    """Place a line's rows; ``heights`` are those of its close-ups and of its words."""
    closeup_height, words_height = heights
    slack = max(place.width - _width_px([block for block, _ in line], scale), 0.0)
    gap = BLOCK_GAP_PX + (slack / len(line) if len(line) > 1 else 0.0)
    image_height = _tallest_mm(line) * scale
    x = place.x
    for block, walls in line:
        start = x
        slots = []
        level = _common_level(block, _tallest_mm(line))
        for slot, size, wall in zip(block, _sizes_mm(block), walls, strict=True):
            inside = round(max(size[0] * scale, NARROWEST_TILE_PX))
            width = inside + 2 * FRAME_PX
            cell = Box(
                x=round(x),
                y=round(place.y + TITLE_PX),
                width=width,
                height=round(image_height + closeup_height + words_height - TITLE_PX),
            )
            left, top = cell.x + FRAME_PX, cell.y + TOP_STRIP_PX
            field = Box(x=left, y=top, width=inside, height=round(image_height))
            below = Box(x=left, y=field.bottom, width=inside, height=round(closeup_height))
            slots.append(
                PlacedSlot(
                    cell=cell,
                    field=field,
                    image=_image_box(field, (size[0] * scale, size[1] * scale), wall, slot, level),
                    mm_per_unit=1 / scale if slot.size_mm else None,
                    closeup=below if closeup_height else None,
                )
            )
            x += width + TILE_GAP_PX
        x -= TILE_GAP_PX
        title = Box(x=start, y=place.y, width=x - start, height=TITLE_PX)
        yield PlacedBlock(title=title, slots=tuple(slots))
        x += gap


def _common_level(block: Sequence[Slot], line_height: float) -> float | None:
    """Return how far below the field's top the row's tallest image has its nipple.

    All lengths are millimetres; the tallest image stands at mid height.
    """
    known = [
        (slot.size_mm[1], slot.level) for slot in block if slot.size_mm and slot.level is not None
    ]
    if not known:
        return None
    height, level = max(known)
    return (line_height - height) / 2 + height * level


def _image_box(
    field: Box,
    size: tuple[float, float],
    wall: str | None,
    slot: Slot,
    level_mm: float | None,
) -> Box:
    """Put an image at its chest wall's edge, level with the row's nipple, else at mid height."""
    width = min(max(1, round(size[0])), round(field.width))
    height = min(max(1, round(size[1])), round(field.height))
    free = field.width - width
    x = field.x + {"left": 0, "right": free}.get(wall or "", free / 2)
    y = (field.height - height) / 2
    if slot.size_mm and slot.level is not None and level_mm is not None:
        scale = size[1] / slot.size_mm[1]
        wanted = level_mm * scale - slot.level * height
        y = min(max(wanted, 0.0), field.height - height)
    return Box(x=round(x), y=round(field.y + y), width=width, height=height)
