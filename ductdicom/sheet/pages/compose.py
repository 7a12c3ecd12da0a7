"""A study's pages: rows by side and injection, what is not paired, and the inventory."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from itertools import groupby

from ductdicom.model.study import ImageCall, Pairing, Row, StudyCall
from ductdicom.settings import Closeup
from ductdicom.sheet import captions
from ductdicom.sheet.cells.cell import Cell
from ductdicom.sheet.cells.difference import DifferenceCell, draw_difference
from ductdicom.sheet.cells.draw import draw_cell, stand_in
from ductdicom.sheet.cells.strips import lines_below
from ductdicom.sheet.difference import Difference
from ductdicom.sheet.fonts import drawable
from ductdicom.sheet.layout import BOTTOM_LINES, LIFE_SIZE, PlacedBlock, arrange
from ductdicom.sheet.page import (
    Box,
    BoxMark,
    DrawnDifference,
    DrawnPlaceholder,
    DrawnTile,
    Mark,
    Page,
    SheetOptions,
    Standing,
    TextMark,
    Tone,
)
from ductdicom.sheet.pages.blocks import (
    Block,
    Lacking,
    cells_beside,
    first_exposure,
    left_out_blocks,
    row_blocks,
)
from ductdicom.sheet.pages.frame import Body, body_area, frame_page
from ductdicom.sheet.pages.inventory import inventory_bodies, inventory_table
from ductdicom.sheet.pages.strip import (
    MOST_BELOW,
    below,
    in_column,
    may_be_a_column,
    room_for_column,
    room_for_strip,
    stack_bodies,
    stack_cells,
    stacks_of_units,
)
from ductdicom.sheet.pages.timeline import STRIP_PX, draw_timeline
from ductdicom.sheet.pages.titles import block_title, of_other_scale
from ductdicom.sheet.pages.undecided import review_reason, undecided_images, waiting_images
from ductdicom.sheet.reviewed import verdict_word
from ductdicom.sheet.tile import Detail, Tile, Tiles, behind_the_nipple, part_of

_MOST_BLOCKS = 4  # rows a page
_MOST_CLOSER = 2  # of close-ups
_CLOSER_MM = (66.0, 36.0)  # width and height that they show, less of a long row: life size stays
_BETWEEN_MM = 4.0
_LEAST_IMAGE_HEIGHT = 500  # 64 mm on paper; below it another page serves better


def compose(
    study: StudyCall,
    pairing: Pairing,
    tiles: Tiles,
    options: SheetOptions,
    differences: Mapping[str, Difference] | None = None,
) -> tuple[Page, ...]:
    """Lay a study out on pages.

    Parameters
    ----------
    tiles
        The prepared image, or why there is none, by the label of each image's origin.
    differences
        What changed, or why that is not shown, by the label of the post image's origin.

    Returns
    -------
    tuple of Page
        Rows by side and injection, then what is not paired, then the inventory. Lengths are page
        units of 1/200 inch; pictures have as many pixels as ``options`` ask for.
    """
    area = body_area(options, has_companions=bool(study.companions))
    since = None if options.has_dates else _first_time(study, pairing)
    excluded = cells_beside(pairing, tiles, since)
    beside_rows = [cell for cells in excluded.values() for cell in cells]
    left_out = left_out_blocks(pairing, tiles, since, beside_rows)
    bodies = [
        *_row_bodies(study, pairing, (tiles, differences or {}, excluded), area, options),
        *_left_out_bodies(left_out, area, options),
    ]
    drawn = [mark.text for body in bodies for mark in body.marks if isinstance(mark, TextMark)]
    first = len(bodies)
    bodies += [
        Body(title=title, marks=tuple(marks))
        for title, marks in inventory_bodies(study, pairing, drawn, area, since)
    ]
    pages = _pages_of(waiting_images(pairing), bodies)
    standing = Standing(
        pairing.status,
        why=review_reason(study, pairing, pages),
        verdict=verdict_word(study, pairing),
    )
    framed = [
        frame_page(study, standing, body, (number, len(bodies)), options)
        for number, body in enumerate(bodies, start=1)
    ]
    framed[first] = replace(framed[first], table=inventory_table(study, pairing, since))
    return tuple(framed)


def _pages_of(images: Sequence[ImageCall], bodies: Sequence[Body]) -> Iterator[int]:
    """Yield the numbers of the pages on which any of the images stands."""
    uids = {image.uid for image in images}
    for number, body in enumerate(bodies, start=1):
        drawn = {tile.sop_instance_uid for tile in body.tiles}
        if uids & (drawn | {missing.sop_instance_uid for missing in body.placeholders}):
            yield number


def _row_bodies(
    study: StudyCall,
    pairing: Pairing,
    shown: tuple[Tiles, Mapping[str, Difference], Mapping[int, Sequence[Cell]]],
    area: Box,
    options: SheetOptions,
) -> Iterator[Body]:
    undecided = undecided_images(pairing)
    lacking = Lacking(undecided=undecided, unread=study.unread, others=study.images)
    since = None if options.has_dates else _first_time(study, pairing)
    tiles, differences, excluded = shown
    stacks = stacks_of_units(pairing)
    for (side, injection), group in groupby(
        enumerate(pairing.rows),
        key=lambda item: (None if item[1].plain else item[1].laterality, item[1].injection),
    ):
        places, rows = zip(*group, strict=True)
        injections = captions.injections_of(pairing, side)
        which = f", injection {injection} of {injections[-1]}" if injections else ""
        strip = Box(x=area.x, y=area.y, width=area.width, height=STRIP_PX)
        marks = draw_timeline(study, side, injection, strip, undecided, since)
        body = area
        if marks:
            body = replace(area, y=area.y + STRIP_PX, height=area.height - STRIP_PX)
        first_post = _first_post(rows, injection if injections else None)
        blocks: list[Block] = []
        for place, row in zip(places, rows, strict=True):
            beside = excluded.get(place, ())
            out = tuple(cell.image for cell in beside if cell.image is not None)
            without = replace(lacking, excluded=out, injection=injection if injections else None)
            *others, last = row_blocks(row, tiles, differences, first_post, without, since)
            blocks += [*others, replace(last, cells=(*last.cells, *beside))]
        found = stacks.pop((side, injection), ())
        cells = stack_cells(found, pairing, tiles, first_post, since)
        unit = _Unit(blocks=tuple(blocks), cells=tuple(cells), which=which, above=tuple(marks))
        yield from _unit_bodies(unit, body, area, options)
    for images in stacks.values():
        cells = stack_cells(images, pairing, tiles, None, since)
        yield from stack_bodies("tomosynthesis, no plain view", cells, area, options)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Unit:
    """The rows and stacks of one side and injection, which one it is, and what stands above."""

    blocks: tuple[Block, ...]
    cells: tuple[Cell, ...]
    which: str
    above: tuple[Mark, ...]


def _unit_bodies(unit: _Unit, body: Box, area: Box, options: SheetOptions) -> Iterator[Body]:
    """Yield pages of rows, the last with a strip of stacks where there is room, then the others."""
    blocks, cells = unit.blocks, unit.cells
    while blocks:
        count = _most_that_fit(blocks, body, options)
        title = _breasts(blocks[:count]) + unit.which
        draw = partial(_with_closeups, title, blocks[:count], options=options, above=unit.above)
        beside = cells[:MOST_BELOW] if count == len(blocks) else ()
        drawn = list(_beside_stacks(draw, blocks, beside, body, options)) if beside else []
        if drawn:
            cells = cells[len(beside) :]
            yield from max(drawn, key=_worth)
        else:
            yield from draw(body)
        blocks = blocks[count:]
    yield from stack_bodies(f"{title}, tomosynthesis", cells, area, options)


def _beside_stacks(
    draw: Callable[[Box], Iterator[Body]],
    blocks: Sequence[Block],
    stacks: Sequence[Cell],
    body: Box,
    options: SheetOptions,
) -> Iterator[list[Body]]:
    """Yield pages of rows with stacks below them, and right of them, as far as there is room."""
    ways = [(room_for_strip, below)]
    if may_be_a_column(stacks):
        ways.append((room_for_column, in_column))
    for room, add in ways:
        rows_room, other = room(body)
        if len(blocks) == _most_that_fit(blocks, rows_room, options, keeps_closeups=False):
            first, *more = draw(rows_room)
            yield [add(first, stacks, other, options), *more]


def _worth(bodies: Sequence[Body]) -> tuple[bool, float]:
    """Tell which of several ways to lay out the same is the better: with close-ups, and large."""
    tiles = bodies[0].tiles
    shown = sum(math.sqrt(t.box.width * t.box.height) for t in tiles if not t.is_closeup)
    return any(tile.is_closeup for tile in tiles), shown


def _with_closeups(
    title: str,
    blocks: Sequence[Block],
    area: Box,
    *,
    options: SheetOptions,
    above: Sequence[Mark],
) -> Iterator[Body]:
    """Yield a page of rows, and where close-ups are asked for, one of these in the same order."""
    if options.closeup is not Closeup.ALWAYS:
        yield _body(title, blocks, area, options, above)
        return
    plain = replace(options, closeup=Closeup.NEVER)
    whole = _body(title, blocks, area, plain, above)
    most = max(len(block.cells) for block in blocks)
    width_mm = min(_CLOSER_MM[0], area.width / most / LIFE_SIZE - _BETWEEN_MM)
    parts = [[_detail(cell, (width_mm, _CLOSER_MM[1])) for cell in b.cells] for b in blocks]
    closer, frames = _closer(blocks, parts), _frames(blocks, parts, whole.tiles)
    marks = [BoxMark(box=box, stroke=Tone.ON_BLACK) for box in frames.values()]
    yield replace(whole, marks=(*whole.marks, *marks))
    for start in range(0, len(closer), _MOST_CLOSER):
        found = _body(
            f"{title}, behind the nipple", closer[start : start + _MOST_CLOSER], area, plain, above
        )
        tiles = (
            replace(
                tile,
                is_closeup=True,
                part=frames[tile.sop_instance_uid],
                pages_before=1 + start // _MOST_CLOSER,
            )
            for tile in found.tiles
        )
        yield replace(found, tiles=tuple(tiles))


_Parts = Sequence[Sequence[Detail | None]]


def _detail(cell: Cell | DifferenceCell, size_mm: tuple[float, float]) -> Detail | None:
    """Return what of a cell's image a page of close-ups shows; None where it shows nothing."""
    if not cell.slot.has_closeup or not isinstance(cell, Cell) or not isinstance(cell.tile, Tile):
        return None
    return behind_the_nipple(cell.tile, width_mm=size_mm[0], height_mm=size_mm[1])


def _closer(blocks: Sequence[Block], parts: _Parts) -> list[Block]:
    """Return rows with the parts behind the nipples in the place of the images."""
    found = []
    for block, own in zip(blocks, parts, strict=True):
        cells = [
            replace(cell, tile=part_of(cell.tile, part))
            for cell, part in zip(block.cells, own, strict=True)
            if isinstance(cell, Cell) and isinstance(cell.tile, Tile) and part is not None
        ]
        if cells:
            found.append(replace(block, cells=tuple(cells)))
    return found


def _frames(blocks: Sequence[Block], parts: _Parts, tiles: Sequence[DrawnTile]) -> dict[str, Box]:
    """Return where the images on a page have what the close-ups show, by their UIDs."""
    boxes = {tile.sop_instance_uid: tile.box for tile in tiles}
    return {
        cell.image.uid: part.within(boxes[cell.image.uid])
        for block, own in zip(blocks, parts, strict=True)
        for cell, part in zip(block.cells, own, strict=True)
        if isinstance(cell, Cell) and cell.image is not None and part is not None
    }


def _first_time(study: StudyCall, pairing: Pairing) -> datetime:
    """Return from when times are counted where no date may be told: the study's first exposure."""
    lent = (image for row in pairing.rows for image in row.images)
    found = first_exposure(study.images) or first_exposure(lent)
    return found or datetime(1900, 1, 1)  # noqa: DTZ001 - no image has a time


def _first_post(rows: Sequence[Row], injection: int | None) -> captions.FirstPost | None:
    """Return the first post image of an injection; a suggested one only where none is decided."""
    post = [image for row in rows for image in row.post]
    decided = [image for image in post if not image.is_suggested]
    at = first_exposure(decided or post)
    return captions.FirstPost(at, injection, is_suggested=not decided) if at else None


def _breasts(blocks: Sequence[Block]) -> str:
    """Say which breasts rows show; a study that is no ductogram may have both on one page."""
    sides = {str(block.side) for block in blocks}
    return f"{sides.pop()} breast" if len(sides) == 1 else "both breasts"


def _most_that_fit(
    blocks: Sequence[Block], area: Box, options: SheetOptions, *, keeps_closeups: bool = True
) -> int:
    """Return how many of the first rows a page shows large enough to be seen, at least one.

    With ``keeps_closeups`` they are no more than leave room for the close-ups that each has alone.
    """
    count = 1
    while count < min(_MOST_BLOCKS, len(blocks)):
        some = blocks[: count + 1]
        placed = _arranged(some, area, options)
        heights = [max(slot.image.height for slot in place.slots) for place in placed]
        if min(heights) < _LEAST_IMAGE_HEIGHT:
            break
        lacking = [b for b, place in zip(some, placed, strict=True) if not _has_closeups(place)]
        if keeps_closeups and any(_has_closeups(*_arranged([b], area, options)) for b in lacking):
            break
        count += 1
    return count


def _has_closeups(place: PlacedBlock) -> bool:
    return any(slot.closeup for slot in place.slots)


def _left_out_bodies(blocks: Sequence[Block], area: Box, options: SheetOptions) -> Iterator[Body]:
    for start in range(0, len(blocks), 2):
        yield _body("Images not paired", blocks[start : start + 2], area, options)


def _body(
    title: str,
    blocks: Sequence[Block],
    area: Box,
    options: SheetOptions,
    above: Sequence[Mark] = (),
) -> Body:
    placed = _arranged(blocks, area, options)
    marks: list[Mark] = list(above)
    tiles: list[DrawnTile] = []
    placeholders: list[DrawnPlaceholder] = []
    differences: list[DrawnDifference] = []
    others = of_other_scale(placed)
    for block, place, is_other in zip(blocks, placed, others, strict=True):
        marks += block_title(block, place.title, is_of_other_scale=is_other)
        for cell, slot in zip(block.cells, place.slots, strict=True):
            if isinstance(cell, DifferenceCell):
                drawn_marks, difference = draw_difference(cell, slot, options.scale)
                marks += drawn_marks
                differences.append(difference)
                continue
            drawn_marks, drawn = draw_cell(cell, slot, options.scale, zoom=options.zoom)
            marks += drawn_marks
            words = drawable(block.title)
            tiles += [replace(tile, title=words, badges=block.badges) for tile in drawn]
            missing = stand_in(cell, slot)
            if missing is not None:
                placeholders.append(replace(missing, title=words, badges=block.badges))
    return Body(
        title=title,
        marks=tuple(marks),
        tiles=tuple(tiles),
        placeholders=tuple(placeholders),
        differences=tuple(differences),
    )


def _arranged(blocks: Sequence[Block], area: Box, options: SheetOptions) -> tuple[PlacedBlock, ...]:
    """Arrange rows so that all words below the images have their lines.

    How many these are depends on how wide the cells become, and that again on the lines; the
    fewest are sought.
    """
    slots = [[cell.slot for cell in block.cells] for block in blocks]
    walls = [[cell.chest_wall for cell in block.cells] for block in blocks]
    lines = BOTTOM_LINES
    while True:
        placed = arrange(slots, area, walls, options.closeup, lines_below=lines)
        needed = max(
            lines_below(cell, slot.cell.width)
            for block, place in zip(blocks, placed, strict=True)
            for cell, slot in zip(block.cells, place.slots, strict=True)
            if isinstance(cell, Cell)
        )
        if needed <= lines:
            return placed
        lines += 1
