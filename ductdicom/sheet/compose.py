"""A study's pages: rows by side and injection, what stands in no row, and the inventory."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

from ductdicom.model.call import Kind, Phase
from ductdicom.model.outcome import Status
from ductdicom.model.row import LeftOut, Pairing, Row
from ductdicom.model.study import ImageCall, StudyCall
from ductdicom.settings import Closeup
from ductdicom.sheet import captions
from ductdicom.sheet.cell import Cell, numbered
from ductdicom.sheet.difference import (
    Difference,
    DifferenceCell,
    difference_cells,
    draw_difference,
)
from ductdicom.sheet.drawing import draw_cell
from ductdicom.sheet.fonts import drawable, fit
from ductdicom.sheet.inventory import inventory_bodies
from ductdicom.sheet.layout import PlacedBlock, arrange
from ductdicom.sheet.page import (
    UNITS_PER_INCH,
    Anchor,
    Box,
    BoxMark,
    DrawnDifference,
    DrawnTile,
    LineMark,
    Mark,
    Page,
    TextMark,
    Tone,
)
from ductdicom.sheet.tile import MissingTile, Tile
from ductdicom.sheet.timeline import STRIP_PX, draw_timeline
from ductdicom.sheet.typography import LABEL_PX, MARGIN_PX, SMALL_PX, TITLE_PX

_HEADER_PX = 118
_FOOTER_PX = 40
_MOST_BLOCKS = 4  # rows a page
_LEAST_IMAGE_HEIGHT = 420  # 53 mm on paper; below it another page serves better
_MOST_REPEATED = 2  # pre images at the start of each part of a long row
_MOST_TILES = 6  # tiles a row before it goes on in another
_NOT_SHOWN = {"excluded-by-decision", "not-a-ductogram"}
_STATUS_WORDS = {
    Status.PAIRED: "PAIRED",
    Status.PARTIAL: "PARTIAL",
    Status.REVIEW: "REVIEW NEEDED",
    Status.NOT_A_DUCTOGRAM: "NO DUCTOGRAM",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetOptions:
    """A page's size in units, its resolution, and what may be said of the patient on it."""

    width: float = 2339  # A4 landscape
    height: float = 1654
    dpi: int = UNITS_PER_INCH
    closeup: Closeup = Closeup.AUTO
    identity: tuple[str, ...] = ()
    version: str = ""
    zoom: float = 1.0  # images are kept with up to so many times the page's pixels each way

    @property
    def scale(self) -> float:
        """Pixels for one page unit."""
        return self.dpi / UNITS_PER_INCH


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One row of cells with its title."""

    title: str
    badges: tuple[str, ...]
    cells: tuple[Cell | DifferenceCell, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """What stands between header and footer of one page."""

    title: str
    marks: tuple[Mark, ...] = ()
    tiles: tuple[DrawnTile, ...] = field(default_factory=tuple)
    differences: tuple[DrawnDifference, ...] = ()


Tiles = Mapping[str, Tile | MissingTile]


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
    """
    area = Box(
        x=MARGIN_PX,
        y=MARGIN_PX + _HEADER_PX,
        width=options.width - 2 * MARGIN_PX,
        height=options.height - 2 * MARGIN_PX - _HEADER_PX - _FOOTER_PX,
    )
    bodies = [
        *_row_bodies(study, pairing, (tiles, differences or {}), area, options),
        *_left_out_bodies(pairing, tiles, area, options),
        *(
            Body(title=title, marks=tuple(marks))
            for title, marks in inventory_bodies(study, pairing, area)
        ),
    ]
    return tuple(
        _page(study, pairing, body, (number, len(bodies)), options)
        for number, body in enumerate(bodies, start=1)
    )


def drawn_images(pairing: Pairing) -> tuple[ImageCall, ...]:
    """Return the images that the pages of a study show, each once, row by row."""
    images = [image for row in pairing.rows for image in row.images]
    images += [item.image for item in pairing.left_out if _is_shown(item)]
    return tuple({image.instance.origin.label: image for image in images}.values())


def _is_shown(item: LeftOut) -> bool:
    return item.image.kind is Kind.VIEW and item.reason not in _NOT_SHOWN


def _row_bodies(
    study: StudyCall,
    pairing: Pairing,
    shown: tuple[Tiles, Mapping[str, Difference]],
    area: Box,
    options: SheetOptions,
) -> Iterator[Body]:
    injections = {row.injection for row in pairing.rows} - {None}
    for (side, injection), group in groupby(
        pairing.rows, key=lambda row: (None if row.plain else row.laterality, row.injection)
    ):
        rows = list(group)
        words = "both breasts" if side is None else f"{side} breast"
        if len(injections) > 1 and injection:
            words += f", injection {injection} of {len(injections)}"
        strip = Box(x=area.x, y=area.y, width=area.width, height=STRIP_PX)
        marks = draw_timeline(study, side, injection, strip)
        body = area
        if marks:
            body = replace(area, y=area.y + STRIP_PX, height=area.height - STRIP_PX)
        blocks = [block for row in rows for block in _blocks(row, *shown)]
        while blocks:
            count = _most_that_fit(blocks, body, options)
            yield _body(words, blocks[:count], body, options, marks)
            blocks = blocks[count:]


def _most_that_fit(blocks: Sequence[Block], area: Box, options: SheetOptions) -> int:
    """Return how many of the first rows a page shows large enough to be seen, at least one."""
    for count in range(min(_MOST_BLOCKS, len(blocks)), 1, -1):
        placed = _arranged(blocks[:count], area, options)
        heights = [max(slot.image.height for slot in place.slots) for place in placed]
        if min(heights) >= _LEAST_IMAGE_HEIGHT:
            return count
    return 1


def _blocks(row: Row, tiles: Tiles, differences: Mapping[str, Difference]) -> Iterator[Block]:
    """Turn a row into one block, or several where it holds more tiles than a page is wide.

    Each of several begins with the pre image again, so that every post image has it beside it.
    """
    first_post = min((i.acquired_at for i in row.post if i.acquired_at), default=None)

    def cells(images: Sequence[ImageCall], phase: Phase | None) -> list[Cell]:
        return numbered(
            [
                Cell(
                    phase=phase,
                    image=image,
                    tile=tiles.get(image.instance.origin.label, MissingTile(reason="not read")),
                    prior=captions.prior_label(image, row),
                    first_post=first_post,
                    row=captions.row_title(row),
                )
                for image in images
            ]
        )

    if row.plain:
        before, after = [], [replace(c, ordinal=0) for c in cells(row.plain, None)]
    else:
        before = cells(row.pre, Phase.PRE) or [_absent(Phase.PRE, row)]
        after = cells(row.post, Phase.POST) or [_absent(Phase.POST, row)]
    rest: list[Cell | DifferenceCell] = [*after, *difference_cells(differences, row)]
    repeated: list[Cell] = before if len(before) <= _MOST_REPEATED else []
    if not repeated:
        rest = [*before, *rest]
    count = -(-len(rest) // (_MOST_TILES - len(repeated)))
    size = -(-len(rest) // count)
    for number, start in enumerate(range(0, len(rest), size), start=1):
        part = f" ({number} of {count})" if count > 1 else ""
        yield Block(
            title=captions.row_title(row) + part,
            badges=tuple(captions.row_badges(row)),
            cells=(*repeated, *rest[start : start + size]),
        )


def _absent(phase: Phase, row: Row) -> Cell:
    word = "pre-contrast" if phase is Phase.PRE else "post-contrast"
    found = len(row.post) if phase is Phase.PRE else len(row.pre)
    other = "post" if phase is Phase.PRE else "pre"
    return Cell(
        phase=phase,
        missing=f"no {word} image of {captions.row_title(row)} was found "
        f"({found} {other} image{'s' if found != 1 else ''})",
    )


def _left_out_bodies(
    pairing: Pairing, tiles: Tiles, area: Box, options: SheetOptions
) -> Iterator[Body]:
    shown = sorted(
        (item for item in pairing.left_out if _is_shown(item)), key=lambda item: item.reason
    )
    blocks: list[Block] = []
    for reason, group in groupby(shown, key=lambda item: item.reason):
        cells = [
            Cell(
                phase=item.image.call.phase,
                image=item.image,
                tile=tiles.get(item.image.instance.origin.label, MissingTile(reason="not read")),
            )
            for item in group
        ]
        blocks += [
            Block(
                title=f"Not in a row: {reason.replace('-', ' ')}",
                badges=(),
                cells=tuple(cells[start : start + _MOST_TILES]),
            )
            for start in range(0, len(cells), _MOST_TILES)
        ]
    for start in range(0, len(blocks), 2):
        yield _body("Images that stand in no row", blocks[start : start + 2], area, options)


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
    differences: list[DrawnDifference] = []
    for block, place in zip(blocks, placed, strict=True):
        marks += _block_title(block, place.title)
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
    return Body(title=title, marks=tuple(marks), tiles=tuple(tiles), differences=tuple(differences))


def _arranged(blocks: Sequence[Block], area: Box, options: SheetOptions) -> tuple[PlacedBlock, ...]:
    return arrange(
        [[cell.slot for cell in block.cells] for block in blocks],
        area,
        [[cell.chest_wall for cell in block.cells] for block in blocks],
        options.closeup,
    )


def _block_title(block: Block, box: Box) -> Iterator[Mark]:
    baseline = box.y + LABEL_PX
    title = TextMark(
        x=box.x, y=baseline, text=drawable(block.title), size_px=LABEL_PX, is_bold=True
    )
    yield title
    if block.badges:
        room = box.width * 0.7
        yield TextMark(
            x=box.right,
            y=baseline,
            text=fit(" · ".join(block.badges), room, SMALL_PX),
            size_px=SMALL_PX,
            tone=Tone.WARNING,
            anchor=Anchor.END,
        )


def _page(
    study: StudyCall,
    pairing: Pairing,
    body: Body,
    place: tuple[int, int],
    options: SheetOptions,
) -> Page:
    number, count = place
    right = options.width - MARGIN_PX
    bottom = options.height - MARGIN_PX
    exam = study.exam
    because = captions.describe(exam.evidence[0]) if exam.evidence else "no sign of contrast"
    second = "   ".join((*options.identity, f"{exam.kind} ({exam.confidence}): {because}"))
    status = _STATUS_WORDS[pairing.status]
    is_settled = pairing.status in {Status.PAIRED, Status.NOT_A_DUCTOGRAM}
    marks: list[Mark] = [
        TextMark(
            x=MARGIN_PX,
            y=MARGIN_PX + TITLE_PX * 0.8,
            text=drawable(f"{_exam_words(study)}: {body.title}"),
            size_px=TITLE_PX,
            is_bold=True,
        ),
        TextMark(
            x=right,
            y=MARGIN_PX + TITLE_PX * 0.8,
            text=status,
            size_px=LABEL_PX,
            is_bold=True,
            tone=Tone.INK if is_settled else Tone.WARNING,
            anchor=Anchor.END,
        ),
        TextMark(
            x=MARGIN_PX,
            y=MARGIN_PX + TITLE_PX * 0.8 + SMALL_PX * 1.6,
            text=fit(second, options.width - 2 * MARGIN_PX, SMALL_PX),
            size_px=SMALL_PX,
            tone=Tone.MUTED,
        ),
        LineMark(x1=MARGIN_PX, y1=MARGIN_PX + 90, x2=right, y2=MARGIN_PX + 90),
        TextMark(x=MARGIN_PX, y=bottom, text=captions.FOOTER, size_px=SMALL_PX, is_bold=True),
        TextMark(
            x=right,
            y=bottom,
            text=f"{options.version}   page {number} of {count}".strip(),
            size_px=SMALL_PX,
            tone=Tone.MUTED,
            anchor=Anchor.END,
        ),
    ]
    paper = BoxMark(box=Box(x=0, y=0, width=options.width, height=options.height), fill=Tone.PAPER)
    return Page(
        title=body.title,
        width=options.width,
        height=options.height,
        dpi=options.dpi,
        marks=(paper, *marks, *body.marks),
        tiles=body.tiles,
        differences=body.differences,
    )


def _exam_words(study: StudyCall) -> str:
    return str(study.exam.kind).replace("-", " ").capitalize()
