"""Where things go: rows of tiles arranged on a page at the greatest common scale.

Pure arithmetic over millimetres and page units; nothing here knows what is drawn.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from ductdicom.settings import Closeup
from ductdicom.sheet.page import UNITS_PER_INCH, Box

TITLE_PX = 34  # a row's title line
TOP_STRIP_PX = 42  # phase and view above each image
BOTTOM_LINES = 2  # of words below each image, at least: one of them beside the scale bar
BOTTOM_LINE_PX = 26
BOTTOM_PAD_PX = 13  # from the last baseline to the end of the cell
TILE_GAP_PX = 8
BLOCK_GAP_PX = 24
FRAME_PX = 7  # around a cell, outside the image
NARROWEST_TILE_PX = 330  # room for the words of a caption
NOMINAL_HEIGHT_MM = 180.0  # of a tile whose scale is unknown, where no other tile tells better
CLOSEUP_STRIP_PX = 28  # the words of a close-up
LIFE_SIZE = UNITS_PER_INCH / 25.4  # page units for a millimetre
# Close-ups, all heuristics. The least is the ducts' first centimetres behind the nipple at life
# size; the scale grows with the room as long as so many millimetres are seen.
_LEAST_BELOW_PX = CLOSEUP_STRIP_PX + 28 * LIFE_SIZE
_LEAST_BESIDE_PX = 40 * LIFE_SIZE
_SEEN_MM = (48.0, 36.0)  # width and height
_MOST_MM = (90.0, 80.0)
_MOST_ENLARGED = 2.0  # times life size
_ABOVE_OVERVIEW = 1.4  # times the overview's scale, at least
_LEAST_OVERVIEW = 0.6  # of the area that images cover without close-ups
_MOST_WIDER_PX = 200  # for each cell with a close-up below its image
_GAIN = 1.001  # of the area, for which rows are laid otherwise
_STEPS = 40  # halvings in the search for the scale

_Where = Literal["nowhere", "below", "beside"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """Room that one tile asks for; ``size_mm`` is None where the scale is unknown.

    ``aspect`` is width over height. ``level`` is where the nipple is, from 0 at the top to 1 at
    the bottom, None where that is not known. With ``has_closeup`` what lies behind the nipple can
    be shown larger. ``share`` is that of its row's scale.
    """

    size_mm: tuple[float, float] | None
    aspect: float
    level: float | None = None
    has_closeup: bool = False
    share: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseupPlace:
    """Room for a close-up and its words, and its scale in millimetres for one page unit.

    Its words stand above it, or below it where it ``is_beside`` the image.
    """

    box: Box
    mm_per_unit: float
    is_beside: bool

    @property
    def picture(self) -> Box:
        """What the close-up itself may fill."""
        top = self.box.y + (0 if self.is_beside else CLOSEUP_STRIP_PX)
        height = self.box.height - CLOSEUP_STRIP_PX
        return Box(x=self.box.x, y=top, width=self.box.width, height=height)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedSlot:
    """A tile's whole cell, and in it the field of the image, the image, and room for a close-up."""

    cell: Box
    field: Box
    image: Box
    mm_per_unit: float | None
    closeup: CloseupPlace | None = None

    @property
    def below(self) -> float:
        """Y from which words stand below what is drawn."""
        is_lower = self.closeup is not None and not self.closeup.is_beside
        return self.closeup.box.bottom if self.closeup and is_lower else self.field.bottom


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedBlock:
    """A row's title line and its tiles from left to right."""

    title: Box
    slots: tuple[PlacedSlot, ...]


_Row = tuple[Sequence[Slot], Sequence[str | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """Rows that stand side by side, each with its scale in page units for a millimetre."""

    rows: tuple[_Row, ...]
    scales: tuple[float, ...]
    closeups: _Where

    @property
    def areas(self) -> tuple[float, ...]:
        """What the images of each row cover, in square page units."""
        return tuple(
            sum(width * height for width, height in sizes_mm(block)) * scale**2
            for (block, _), scale in zip(self.rows, self.scales, strict=True)
        )

    def width(self, beside: float) -> float:
        """Return what it takes, in page units; ``beside`` is for each close-up beside an image."""
        return _width_px([block for block, _ in self.rows], self.scales, beside)


def arrange(
    blocks: Sequence[Sequence[Slot]],
    area: Box,
    chest_walls: Sequence[Sequence[str | None]],
    closeup: Closeup = Closeup.NEVER,
    *,
    lines_below: int = BOTTOM_LINES,
) -> tuple[PlacedBlock, ...]:
    """Arrange rows on a page, each with one scale, as large as the page allows.

    Rows are laid side by side or below one another, in order, so that their images cover most.
    Close-ups stand below their images or beside them, whichever leaves those larger, and not at
    all where they would make them much smaller.

    Parameters
    ----------
    blocks
        For each row the room its tiles ask for, in millimetres.
    area
        The part of the page that the rows may fill, in page units.
    chest_walls
        For each tile the edge that its image is pushed to: ``"left"``, ``"right"`` or None.
    closeup
        Whether there may be close-ups beside the whole images.
    lines_below
        Lines of words below each image.

    Returns
    -------
    tuple of PlacedBlock
        In the order of ``blocks``, in whole page units.
    """
    rows = list(zip(blocks, chest_walls, strict=True))
    words = TITLE_PX + TOP_STRIP_PX + lines_below * BOTTOM_LINE_PX + BOTTOM_PAD_PX
    best: tuple[_Line, ...] = ()
    for cuts in range(1 << max(len(rows) - 1, 0) if rows else 0):
        parts = _divided(rows, cuts)
        height = _line_height(area, len(parts)) - words
        lines = tuple(_line(part, area.width, height, closeup) for part in parts)
        if _covered(lines) > _covered(best) * _GAIN:
            best = lines
    placed: list[PlacedBlock] = []
    height = _line_height(area, len(best)) if best else 0.0
    for number, line in enumerate(best):
        top = area.y + number * (height + BLOCK_GAP_PX)
        place = Box(x=area.x, y=top, width=area.width, height=height)
        placed += _place_line(line, place, words)
    return tuple(placed)


def _covered(lines: Sequence[_Line]) -> float:
    """Return how much images cover; a row counts less the larger it is, none may have nothing."""
    areas = [area for line in lines for area in line.areas]
    return sum(map(math.sqrt, areas)) if min(areas, default=0) > 0 else 0.0


def _line_height(area: Box, lines: int) -> float:
    return (area.height - BLOCK_GAP_PX * (lines - 1)) / lines


def _divided(rows: Sequence[_Row], cuts: int) -> list[tuple[_Row, ...]]:
    """Part rows into lines, in order; each bit of ``cuts`` says whether one ends there."""
    lines = [[rows[0]]]
    for index, row in enumerate(rows[1:]):
        if cuts >> index & 1:
            lines.append([row])
        else:
            lines[-1].append(row)
    return [tuple(line) for line in lines]


def _line(rows: tuple[_Row, ...], width: float, height: float, closeup: Closeup) -> _Line:
    """Return a line with images as large as they can be, with close-ups where they cost little."""
    blocks = [block for block, _ in rows]
    plain = _Line(rows=rows, scales=_scales(blocks, width, height), closeups="nowhere")
    has_any = any(slot.has_closeup for block in blocks for slot in block)
    if closeup is Closeup.NEVER or not has_any:
        return plain
    below = _scales(blocks, width, height - _LEAST_BELOW_PX)
    beside = _scales(blocks, width, height, beside=_LEAST_BESIDE_PX)
    with_closeups = max(
        _Line(rows=rows, scales=below, closeups="below"),
        _Line(rows=rows, scales=beside, closeups="beside"),
        key=lambda line: sum(line.areas),
    )
    return (
        with_closeups if sum(with_closeups.areas) >= sum(plain.areas) * _LEAST_OVERVIEW else plain
    )


def sizes_mm(block: Sequence[Slot]) -> list[tuple[float, float]]:
    """Return width and height of each tile; unknown ones are as high as the highest known.

    They are those at the row's scale.
    """
    known = [slot.size_mm[1] for slot in block if slot.size_mm]
    nominal = max(known, default=NOMINAL_HEIGHT_MM)
    sizes = [(slot, slot.size_mm or (nominal * slot.aspect, nominal)) for slot in block]
    return [(width * slot.share, height * slot.share) for slot, (width, height) in sizes]


def _tallest_mm(block: Sequence[Slot]) -> float:
    return max((height for _, height in sizes_mm(block)), default=1.0)


def _inside_px(block: Sequence[Slot], scale: float, beside: float) -> list[float]:
    """Return the width inside each cell of a row; ``beside`` is kept for a close-up."""
    return [
        max(width * scale + (beside if slot.has_closeup else 0.0), NARROWEST_TILE_PX)
        for slot, (width, _) in zip(block, sizes_mm(block), strict=True)
    ]


def _width_px(line: Sequence[Sequence[Slot]], scales: Sequence[float], beside: float) -> float:
    widths = [
        sum(width + 2 * FRAME_PX for width in _inside_px(block, scale, beside))
        + TILE_GAP_PX * (len(block) - 1)
        for block, scale in zip(line, scales, strict=True)
    ]
    return sum(widths) + BLOCK_GAP_PX * (len(line) - 1)


def _scales(
    line: Sequence[Sequence[Slot]], width: float, height: float, *, beside: float = 0.0
) -> tuple[float, ...]:
    """Return the greatest page units per millimetre at which the images of a line fit.

    All rows have one, unless one of them is too high for it.
    """
    most = [max(height, 1.0) / _tallest_mm(block) for block in line]
    low, high = 0.0, max(most)
    if _width_px(line, most, beside) > width:
        for _ in range(_STEPS):
            middle = (low + high) / 2
            is_narrow = _width_px(line, [min(middle, m) for m in most], beside) <= width
            low, high = (middle, high) if is_narrow else (low, middle)
        high = low
    return tuple(min(high, one) for one in most)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Measures:
    """Of a row, in page units: its scale, and room for its close-ups and for its words.

    ``beside`` is the width of a close-up beside an image, ``below`` the height of one below it,
    ``wider`` what a cell with a close-up is wider than it must be, ``drawn`` the height of an image
    and its close-up.
    """

    scale: float
    beside: float
    below: float
    wider: float
    drawn: float
    words: float


def _place_line(line: _Line, place: Box, words: float) -> Iterator[PlacedBlock]:
    """Place a line's rows; ``words`` is the height of what stands above and below the images."""
    blocks = [block for block, _ in line.rows]
    beside = _beside_px(line, place.width)
    slack = max(place.width - line.width(beside), 0.0)
    wider = 0.0
    if line.closeups == "below":  # they become wider with their cells
        count = sum(slot.has_closeup for block in blocks for slot in block)
        wider = min(slack / count, _MOST_WIDER_PX)
        slack -= wider * count
    gap = BLOCK_GAP_PX + (slack / len(blocks) if len(blocks) > 1 else 0.0)
    heights = [_tallest_mm(b) * scale for b, scale in zip(blocks, line.scales, strict=True)]
    below = [
        _below_px(line, block, place.height - words - height)
        for block, height in zip(blocks, heights, strict=True)
    ]
    drawn = max(sum(pair) for pair in zip(heights, below, strict=True))
    x = place.x
    for row, scale, room in zip(line.rows, line.scales, below, strict=True):
        measures = _Measures(
            scale=scale, beside=beside, below=room, wider=wider, drawn=drawn, words=words
        )
        slots = tuple(_place_row(row, (x, place.y), measures))
        title = Box(x=x, y=place.y, width=slots[-1].cell.right - x, height=TITLE_PX)
        yield PlacedBlock(title=title, slots=slots)
        x = title.right + gap


def _beside_px(line: _Line, width: float) -> float:
    """Return the width of each close-up that stands beside its image."""
    if line.closeups != "beside":
        return 0.0
    count = sum(slot.has_closeup for block, _ in line.rows for slot in block)
    free = max(width - line.width(_LEAST_BESIDE_PX), 0.0)
    return min(_LEAST_BESIDE_PX + free / count, _MOST_MM[0] * _MOST_ENLARGED * LIFE_SIZE)


def _below_px(line: _Line, block: Sequence[Slot], free: float) -> float:
    """Return the height of a row's close-ups that stand below their images."""
    if line.closeups != "below" or not any(slot.has_closeup for slot in block):
        return 0.0
    return min(free, CLOSEUP_STRIP_PX + _MOST_MM[1] * _MOST_ENLARGED * LIFE_SIZE)


def _place_row(row: _Row, corner: tuple[float, float], measures: _Measures) -> Iterator[PlacedSlot]:
    """Place a row's cells; of all its close-ups the narrowest gives the scale."""
    block, walls = row
    x, y, scale = corner[0], round(corner[1] + TITLE_PX), measures.scale
    level = _common_level(block, (measures.drawn - measures.below) / scale)
    insides = [
        width + measures.wider * slot.has_closeup
        for slot, width in zip(block, _inside_px(block, scale, measures.beside), strict=True)
    ]
    narrowest = min((w for w, s in zip(insides, block, strict=True) if s.has_closeup), default=0)
    for slot, size, wall, inside in zip(block, sizes_mm(block), walls, insides, strict=True):
        beside = round(measures.beside) if slot.has_closeup else 0
        below = round(measures.below) if slot.has_closeup else 0
        cell = Box(
            x=round(x),
            y=y,
            width=round(inside) + 2 * FRAME_PX,
            height=round(measures.drawn + measures.words - TITLE_PX),
        )
        field = Box(
            x=cell.x + FRAME_PX + (beside if wall == "right" else 0),
            y=y + TOP_STRIP_PX,
            width=round(inside) - beside,
            height=round(measures.drawn) - below,
        )
        image = _image_box(field, (size[0] * scale, size[1] * scale), wall, slot, level)
        closeup = None
        if beside:
            closeup = _beside(field, image, slot, wall, beside, scale)
        elif below:
            room = Box(x=field.x, y=field.bottom, width=field.width, height=below)
            closer = _closer((narrowest, below - CLOSEUP_STRIP_PX), scale)
            closeup = CloseupPlace(box=room, mm_per_unit=1 / closer, is_beside=False)
        yield PlacedSlot(
            cell=cell,
            field=field,
            image=image,
            mm_per_unit=1 / (scale * slot.share) if slot.size_mm else None,
            closeup=closeup,
        )
        x += cell.width + TILE_GAP_PX


def _closer(room: tuple[float, float], scale: float) -> float:
    """Return a close-up's page units per millimetre, by its width and height in page units."""
    by_room = min(side / seen for side, seen in zip(room, _SEEN_MM, strict=True))
    return max(min(by_room, _MOST_ENLARGED * LIFE_SIZE), LIFE_SIZE, _ABOVE_OVERVIEW * scale)


def _beside(
    field: Box, image: Box, slot: Slot, wall: str | None, width: int, scale: float
) -> CloseupPlace:
    """Put a close-up on the side of the nipple, level with it."""
    height = min(field.height, round(width * _SEEN_MM[1] / _SEEN_MM[0]) + CLOSEUP_STRIP_PX)
    middle = image.y + image.height * (slot.level or 0.0)
    top = min(max(middle - height / 2, field.y), field.bottom - height)
    left = field.x - width if wall == "right" else field.right
    box = Box(x=left, y=round(top), width=width, height=height)
    seen = (box.width, box.height - CLOSEUP_STRIP_PX)
    return CloseupPlace(box=box, mm_per_unit=1 / _closer(seen, scale), is_beside=True)


def _common_level(block: Sequence[Slot], field_height: float) -> float | None:
    """Return how far below the field's top the row's tallest image has its nipple.

    All lengths are millimetres; the tallest image stands at mid height.
    """
    known = [
        (slot.size_mm[1], slot.level) for slot in block if slot.size_mm and slot.level is not None
    ]
    if not known:
        return None
    height, level = max(known)
    return (field_height - height) / 2 + height * level


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
        scale = size[1] / (slot.size_mm[1] * slot.share)
        wanted = level_mm * scale - slot.level * height
        y = min(max(wanted, 0.0), field.height - height)
    return Box(x=round(x), y=round(field.y + y), width=width, height=height)
