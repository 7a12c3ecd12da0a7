"""Where the pictures of a tomosynthesis go: beside one another, or one below another.

Pure arithmetic over millimetres and page units; nothing here knows what is drawn.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ductdicom.sheet.layout import (
    BOTTOM_LINE_PX,
    BOTTOM_PAD_PX,
    FRAME_PX,
    TILE_GAP_PX,
    TOP_STRIP_PX,
    PlacedSlot,
    Slot,
    sizes_mm,
)
from ductdicom.sheet.page import Box

STRIP_SHARE = 0.3  # of the height for rows, that tomosynthesis takes below them
COLUMN_SHARE = 0.24  # of their width, that it takes on their right
MOST_PICTURE_SHARE = 0.45  # of a page's height, that one of its pictures takes at the most
PICTURE_WORDS_PX = 32  # the line below each slab
_PICTURE_GAP_PX = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedStack:
    """A cell with the pictures of one image.

    ``caption`` is the part of it that its words may fill, and what is drawn in that.
    """

    cell: Box
    pictures: tuple[PlacedSlot, ...]
    caption: PlacedSlot


def arrange_stacks(
    stacks: Sequence[tuple[Slot, int]],
    area: Box,
    caption_px: float,
    most_scale: float | None = None,
) -> tuple[PlacedStack, ...]:
    """Put stacks side by side, all pictures at one scale, as large as the area allows.

    Parameters
    ----------
    stacks
        The room that each picture of a stack asks for, and how many it has.
    area
        The part of the page that they may fill, in page units.
    caption_px
        Width of the words beside the pictures.
    most_scale
        Page units per millimetre that are not exceeded, None for any.
    """
    sizes = sizes_mm([slot for slot, _ in stacks])
    counts = [count for _, count in stacks]
    height = area.height - 2 * FRAME_PX - PICTURE_WORDS_PX
    words = sum(caption_px + 2 * FRAME_PX + _PICTURE_GAP_PX * (count - 1) for count in counts)
    free = area.width - words - TILE_GAP_PX * (len(stacks) - 1)
    pictures_mm = sum(size[0] * count for size, count in zip(sizes, counts, strict=True))
    scale = min(height / max(size[1] for size in sizes), free / pictures_mm)
    if most_scale is not None:
        scale = min(scale, most_scale)
    placed: list[PlacedStack] = []
    x = area.x
    for (slot, count), (width_mm, height_mm) in zip(stacks, sizes, strict=True):
        size = (max(1, round(width_mm * scale)), max(1, round(height_mm * scale)))
        mm_per_unit = 1 / scale if slot.size_mm else None
        placed.append(_place_stack(replace(area, x=x), count, size, caption_px, mm_per_unit))
        x = placed[-1].cell.right + TILE_GAP_PX
    return tuple(placed)


def _place_stack(
    area: Box, count: int, size: tuple[int, int], caption_px: float, mm_per_unit: float | None
) -> PlacedStack:
    """Place one stack at the left of an area; ``size`` is that of each of its pictures."""
    inside = count * size[0] + (count - 1) * _PICTURE_GAP_PX
    cell = Box(
        x=round(area.x),
        y=round(area.y),
        width=inside + round(caption_px) + 2 * FRAME_PX,
        height=round(area.height),
    )
    pictures = []
    for number in range(count):
        field = Box(
            x=cell.x + FRAME_PX + number * (size[0] + _PICTURE_GAP_PX),
            y=cell.y + FRAME_PX,
            width=size[0],
            height=cell.height - 2 * FRAME_PX - PICTURE_WORDS_PX,
        )
        top = field.y + round((field.height - size[1]) / 2)
        image = Box(x=field.x, y=top, width=size[0], height=size[1])
        pictures.append(PlacedSlot(cell=cell, field=field, image=image, mm_per_unit=mm_per_unit))
    words = Box(x=cell.x + FRAME_PX + inside, y=cell.y, width=round(caption_px), height=cell.height)
    head = replace(words, height=TOP_STRIP_PX)
    caption = PlacedSlot(cell=words, field=head, image=head, mm_per_unit=mm_per_unit)
    return PlacedStack(cell=cell, pictures=tuple(pictures), caption=caption)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Column:
    """Stacks one below another: of each the size of a picture in mm, how many, lines of words."""

    sizes: Sequence[tuple[float, float]]
    counts: Sequence[int]
    lines: Sequence[int]
    is_upright: bool  # whether the pictures of a stack stand one below another, too

    def down(self, stack: int) -> int:
        """Return how many pictures of a stack stand one below another."""
        return self.counts[stack] if self.is_upright else 1

    def words_px(self, stack: int) -> float:
        """Return the height of what is written below the pictures of a stack."""
        return self.lines[stack] * BOTTOM_LINE_PX + BOTTOM_PAD_PX

    def scale(self, area: Box) -> float:
        """Return page units per millimetre at which all have room."""
        stacks = range(len(self.counts))
        inside = area.width - 2 * FRAME_PX
        across = [self.counts[n] // self.down(n) for n in stacks]
        by_width = (
            (inside - _PICTURE_GAP_PX * (across[n] - 1)) / (across[n] * self.sizes[n][0])
            for n in stacks
        )
        around = sum(
            TOP_STRIP_PX + self.down(n) * PICTURE_WORDS_PX + self.words_px(n) for n in stacks
        )
        free = max(area.height - around - TILE_GAP_PX * (len(stacks) - 1), 1.0)
        return min(*by_width, free / sum(self.sizes[n][1] * self.down(n) for n in stacks))


def arrange_column(
    stacks: Sequence[tuple[Slot, int, int]], area: Box, most_scale: float | None = None
) -> tuple[PlacedStack, ...]:
    """Put stacks one below another, all pictures at one scale, as large as the area allows.

    Phase and view stand above the pictures of each, its words below them.

    Parameters
    ----------
    stacks
        The room that each picture of a stack asks for, how many it has, and its lines of words.
    area, most_scale
        As of `arrange_stacks`.
    """
    sizes = sizes_mm([slot for slot, _, _ in stacks])
    counts, lines = [count for _, count, _ in stacks], [line for _, _, line in stacks]
    column = max(
        (_Column(sizes=sizes, counts=counts, lines=lines, is_upright=up) for up in (False, True)),
        key=lambda one: one.scale(area),
    )
    scale = column.scale(area)
    if most_scale is not None:
        scale = min(scale, most_scale)
    placed: list[PlacedStack] = []
    y = area.y
    for number, (slot, _, _) in enumerate(stacks):
        mm_per_unit = 1 / scale if slot.size_mm else None
        placed.append(_in_column(replace(area, y=y), column, number, scale, mm_per_unit))
        y = placed[-1].cell.bottom + TILE_GAP_PX
    return tuple(placed)


def _in_column(
    area: Box, column: _Column, number: int, scale: float, mm_per_unit: float | None
) -> PlacedStack:
    width, height = (max(1, round(side * scale)) for side in column.sizes[number])
    down, count = column.down(number), column.counts[number]
    drawn = down * (height + PICTURE_WORDS_PX)
    cell = Box(
        x=round(area.x),
        y=round(area.y),
        width=round(area.width),
        height=round(TOP_STRIP_PX + drawn + column.words_px(number)),
    )
    across = count // down
    used = across * width + (across - 1) * _PICTURE_GAP_PX
    left = cell.x + round((cell.width - used) / 2)
    pictures = []
    for picture in range(count):
        row, place = (picture, 0) if column.is_upright else (0, picture)
        box = Box(
            x=left + place * (width + _PICTURE_GAP_PX),
            y=cell.y + TOP_STRIP_PX + row * (height + PICTURE_WORDS_PX),
            width=width,
            height=height,
        )
        pictures.append(PlacedSlot(cell=cell, field=box, image=box, mm_per_unit=mm_per_unit))
    field = Box(x=left, y=cell.y + TOP_STRIP_PX, width=used, height=drawn)
    caption = PlacedSlot(cell=cell, field=field, image=field, mm_per_unit=mm_per_unit)
    return PlacedStack(cell=cell, pictures=tuple(pictures), caption=caption)
