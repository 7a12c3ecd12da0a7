"""The tomosynthesis of a breast, in a strip of its own: it is no half of a pair."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType

from ductdicom.model.call import Laterality, Phase
from ductdicom.model.study import ImageCall, Pairing
from ductdicom.sheet import captions
from ductdicom.sheet.cells.cell import Cell
from ductdicom.sheet.cells.draw import draw_stack, stand_in
from ductdicom.sheet.cells.strips import lines_below
from ductdicom.sheet.fonts import fit, text_width
from ductdicom.sheet.layout import (
    BLOCK_GAP_PX,
    BOTTOM_LINE_PX,
    BOTTOM_PAD_PX,
    TITLE_PX,
    TOP_STRIP_PX,
    Slot,
)
from ductdicom.sheet.page import (
    Box,
    DrawnPlaceholder,
    DrawnTile,
    Mark,
    SheetOptions,
    TextMark,
    Tone,
)
from ductdicom.sheet.pages.blocks import first_exposure
from ductdicom.sheet.pages.frame import Body
from ductdicom.sheet.pages.titles import ALIKE
from ductdicom.sheet.pages.undecided import may_be_of
from ductdicom.sheet.stacking import (
    COLUMN_SHARE,
    STRIP_SHARE,
    PlacedStack,
    arrange_column,
    arrange_stacks,
)
from ductdicom.sheet.style import LABEL_PX, SMALL_PX
from ductdicom.sheet.tile import MissingTile, Tile, Tiles

Unit = tuple[Laterality | None, int | None]
"""A side and one of its injections: what rows of one page have in common."""

MOST_BELOW = 3  # stacks in the strip below rows
_MOST_A_PAGE, _MOST_A_LINE, _MOST_IN_COLUMN = 4, 2, 2
_CAPTIONS_PX = range(340, 700, 40)  # widths of the words that are tried
_ABOVE_FRAMES_PX = 6  # what letters reach below their line
_TITLE = "Tomosynthesis"
_WHAT = "maximum over the slices"
_ONLY = "NO PLAIN VIEW"
_FIRST: Mapping[Phase | None, int] = MappingProxyType({Phase.POST: 0, Phase.PRE: 1})
_FROM_LEFT: Mapping[Phase | None, int] = MappingProxyType({Phase.PRE: 0, Phase.POST: 1})
_PLACEHOLDER = Slot(size_mm=None, aspect=0.8)


def stacks_of_units(pairing: Pairing) -> dict[Unit | None, list[ImageCall]]:
    """Return the stacks by the unit on whose pages they stand; without one under None.

    A stack belongs to the injection that it is of, else to the last one that began before it.
    """
    starts: dict[Unit, datetime | None] = {}
    for row in pairing.rows:
        unit = (row.laterality, row.injection)
        found = filter(None, (starts.get(unit), first_exposure(row.post)))
        starts[unit] = min(found, default=None)
    stacks: dict[Unit | None, list[ImageCall]] = {}
    for image in sorted((stack.image for stack in pairing.stacks), key=_in_order):
        units = [unit for unit in starts if may_be_of(image, unit[0])]
        before = [u for u in units if _is_before(starts[u], image.acquired_at)]
        own = [u for u in units if u[1] is not None and u[1] == image.injection]
        stacks.setdefault(next(iter((*own, *before[::-1], *units)), None), []).append(image)
    return stacks


def _in_order(image: ImageCall) -> tuple[int, str, str, str]:
    """Put what is filled on the first page, then what shows the same, in the order of exposures."""
    phase = _FIRST.get(image.shown_phase, len(_FIRST))
    return phase, str(image.laterality), str(image.group), str(image.acquired_at or image.uid)


def _as_rows(cell: Cell) -> tuple[str, str, int]:
    """Put the stacks of one page as rows have their images: by view, pre left of post."""
    side, group = ("", "") if cell.image is None else (cell.image.laterality, cell.image.group)
    return str(side), str(group), _FROM_LEFT.get(cell.phase, len(_FROM_LEFT))


def _is_before(start: datetime | None, at: datetime | None) -> bool:
    return start is not None and at is not None and start <= at


def stack_cells(
    images: Sequence[ImageCall],
    pairing: Pairing,
    tiles: Tiles,
    first_post: captions.FirstPost | None,
    since: datetime | None,
) -> list[Cell]:
    """Return the cells of stacks; each says where no plain view of its kind is in a row."""
    plain = {(row.laterality, row.group) for row in pairing.rows}
    return [
        Cell(
            phase=image.shown_phase,
            image=image,
            tile=tiles.get(image.instance.origin.label, MissingTile(reason="not read")),
            first_post=first_post,
            since=since,
            row=f"{captions.view_label(image)} {_TITLE}",
            remark="" if (image.laterality, image.group) in plain else _ONLY,
        )
        for image in images
    ]


def room_for_strip(area: Box) -> tuple[Box, Box]:
    """Part the room for rows into that of the rows and that of the strip below them."""
    height = round(area.height * STRIP_SHARE)
    rows = replace(area, height=area.height - height - BLOCK_GAP_PX)
    return rows, replace(area, y=area.bottom - height, height=height)


def may_be_a_column(cells: Sequence[Cell]) -> bool:
    """Tell whether stacks may stand below one another: few, and none that is to be left of another.

    What is before contrast stands left of what is after it, as in a row.
    """
    return len(cells) <= _MOST_IN_COLUMN and len({cell.phase for cell in cells}) == 1


def room_for_column(area: Box) -> tuple[Box, Box]:
    """Part the room for rows into that of the rows and that of a column on their right."""
    width = round(area.width * COLUMN_SHARE)
    rows = replace(area, width=area.width - width - BLOCK_GAP_PX)
    return rows, replace(area, x=area.right - width, width=width)


def below(rows: Body, cells: Sequence[Cell], area: Box, options: SheetOptions) -> Body:
    """Add a strip to a page of rows; it is drawn at their scale, or smaller where they need room.

    Parameters
    ----------
    area
        Of the strip, in page units.
    """
    cells, scales = sorted(cells, key=_as_rows), _scales_of(rows)
    room = replace(area, y=area.y + TITLE_PX, height=area.height - TITLE_PX)
    placed = arrange_stacks(
        [(_slot(cell), _pictures(cell)) for cell in cells],
        room,
        _caption_px(cells, room.height),
        min(scales, default=None),
    )
    said = _title(area, placed, scales, is_wide=True)
    return _with_stacks(rows, cells, placed, said, options)


def in_column(rows: Body, cells: Sequence[Cell], area: Box, options: SheetOptions) -> Body:
    """Add a column to a page of rows, as `below` a strip.

    Parameters
    ----------
    area
        Of the column, in page units.
    """
    cells, scales = sorted(cells, key=_as_rows), _scales_of(rows)
    head = TITLE_PX + BOTTOM_LINE_PX
    room = replace(area, y=area.y + head, height=area.height - head)
    placed = arrange_column(
        [(_slot(cell), _pictures(cell), lines_below(cell, area.width)) for cell in cells],
        room,
        min(scales, default=None),
    )
    said = _title(area, placed, scales, is_wide=False)
    return _with_stacks(rows, cells, placed, said, options)


def _scales_of(rows: Body) -> list[float]:
    return sorted(
        {
            1 / tile.mm_per_unit
            for tile in rows.tiles
            if tile.mm_per_unit and not tile.is_closeup and not tile.depicted.is_excluded
        }
    )


def _with_stacks(
    rows: Body,
    cells: Sequence[Cell],
    placed: Sequence[PlacedStack],
    said: Iterable[Mark],
    options: SheetOptions,
) -> Body:
    strip = _drawn(cells, placed, said, options)
    return replace(
        rows,
        marks=(*rows.marks, *strip.marks),
        tiles=(*rows.tiles, *strip.tiles),
        placeholders=(*rows.placeholders, *strip.placeholders),
    )


def stack_bodies(
    title: str, cells: Sequence[Cell], area: Box, options: SheetOptions
) -> Iterator[Body]:
    """Yield pages of stacks alone."""
    for start in range(0, len(cells), _MOST_A_PAGE):
        some = sorted(cells[start : start + _MOST_A_PAGE], key=_as_rows)
        lines = -(-len(some) // _MOST_A_LINE)
        height = (area.height - BLOCK_GAP_PX * (lines - 1)) / lines
        body = Body(title=title)
        for number in range(lines):
            line = replace(area, y=area.y + number * (height + BLOCK_GAP_PX), height=height)
            part = some[number * _MOST_A_LINE : (number + 1) * _MOST_A_LINE]
            body = below(body, part, line, options)
        yield body


def _drawn(
    cells: Sequence[Cell],
    placed: Sequence[PlacedStack],
    said: Iterable[Mark],
    options: SheetOptions,
) -> Body:
    marks = list(said)
    tiles: list[DrawnTile] = []
    missing: list[DrawnPlaceholder] = []
    for cell, place in zip(cells, placed, strict=True):
        more, drawn = draw_stack(cell, place, options.scale, zoom=options.zoom)
        marks += more
        tiles += [replace(tile, title=_TITLE) for tile in drawn]
        stand = stand_in(cell, place.pictures[0])
        missing += [] if stand is None else [replace(stand, title=_TITLE)]
    return Body(title="", marks=tuple(marks), tiles=tuple(tiles), placeholders=tuple(missing))


def _slot(cell: Cell) -> Slot:
    if not isinstance(cell.tile, Tile):
        return _PLACEHOLDER
    return Slot(size_mm=cell.tile.size_mm, aspect=cell.tile.aspect)


def _pictures(cell: Cell) -> int:
    return 2 if isinstance(cell.tile, Tile) and cell.tile.middle is not None else 1


def _caption_px(cells: Sequence[Cell], height: float) -> float:
    """Return the least width at which all words find room beside the pictures."""
    lines = (height - TOP_STRIP_PX - BOTTOM_PAD_PX) // BOTTOM_LINE_PX
    fits = (px for px in _CAPTIONS_PX if max(lines_below(cell, px) for cell in cells) <= lines)
    return next(fits, _CAPTIONS_PX[-1])


def _title(
    area: Box, placed: Sequence[PlacedStack], rows_scales: Sequence[float], *, is_wide: bool
) -> Iterator[Mark]:
    """Say what the strip shows, and how large beside the rows, where these have one scale.

    In a column that stands below the word.
    """
    baseline = area.y + LABEL_PX - _ABOVE_FRAMES_PX
    yield TextMark(x=area.x, y=baseline, text=_TITLE, size_px=LABEL_PX, is_bold=True)
    own = next((p.caption.mm_per_unit for p in placed if p.caption.mm_per_unit), None)
    words = _WHAT
    if rows_scales and own is not None:
        share = 1 / own / rows_scales[0]
        if rows_scales[-1] / rows_scales[0] > ALIKE:
            words += ", scale by its own bars"
        elif share * ALIKE > 1:
            words += ", as large as the rows"
        else:
            words += f", {share:.0%} as large as the rows"
    x = area.x + text_width(_TITLE, LABEL_PX, is_bold=True) + LABEL_PX if is_wide else area.x
    y = baseline if is_wide else baseline + BOTTOM_LINE_PX
    text = fit(words, area.right - x, SMALL_PX)
    yield TextMark(x=x, y=y, text=text, size_px=SMALL_PX, tone=Tone.MUTED)
