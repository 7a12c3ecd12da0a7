"""One tile's cell on the page: phase and view above the image, scale and reason below it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from ductdicom.model.call import Phase
from ductdicom.model.study import ImageCall
from ductdicom.sheet import captions
from ductdicom.sheet.fonts import drawable, fit, text_width, wrap
from ductdicom.sheet.layout import (
    BOTTOM_STRIP_PX,
    CLOSEUP_STRIP_PX,
    FRAME_PX,
    TOP_STRIP_PX,
    PlacedSlot,
    Slot,
)
from ductdicom.sheet.page import (
    Anchor,
    Box,
    BoxMark,
    Caption,
    DrawnTile,
    LineMark,
    Mark,
    PictureMark,
    TextMark,
    Tone,
    pixel_box,
)
from ductdicom.sheet.tile import (
    WHOLE,
    MissingTile,
    Part,
    Tile,
    behind_the_nipple,
    draw_finer,
    draw_tile,
)
from ductdicom.sheet.typography import LABEL_PX, LEADING, SMALL_PX

_TONES = {Phase.PRE: Tone.PRE, Phase.POST: Tone.POST, Phase.UNKNOWN: Tone.UNKNOWN}
_PLACEHOLDER = Slot(size_mm=None, aspect=0.5)
_BAR_LENGTHS_MM = (50, 20, 10, 5)
_PAD_PX = 10
_CLOSEUP_FACTOR = 2
_WORTH_SAYING = 0.001  # share of pixels at maximum


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """What stands in one cell: an image with its tile, or words where an image is missing.

    ``phase`` names the column. ``ordinal`` numbers several images of it, 0 where there is one.
    """

    phase: Phase | None
    image: ImageCall | None = None
    tile: Tile | MissingTile | None = None
    ordinal: int = 0
    prior: str = ""
    missing: str = ""
    first_post: datetime | None = None
    row: str = ""

    @property
    def slot(self) -> Slot:
        """Room that the cell asks for."""
        if isinstance(self.tile, Tile):
            level = self.tile.tip[0] if self.tile.tip else None
            return Slot(size_mm=self.tile.size_mm, aspect=self.tile.aspect, level=level)
        return _PLACEHOLDER

    @property
    def chest_wall(self) -> str | None:
        """Edge that the image's chest wall stands at."""
        return self.tile.hanging.chest_wall if isinstance(self.tile, Tile) else None


def draw_cell(
    cell: Cell, place: PlacedSlot, scale: float, *, zoom: float = 1.0
) -> tuple[list[Mark], list[DrawnTile]]:
    """Draw one cell; images come with the record of where they stand.

    Parameters
    ----------
    scale
        Pixels for one page unit.
    zoom
        Above 1, images are also kept with up to so many times the page's pixels each way.
    """
    marks: list[Mark] = []
    drawn: list[DrawnTile] = []
    tone = _TONES.get(cell.phase, Tone.FRAME) if cell.phase else Tone.FRAME
    marks.append(BoxMark(box=place.cell, fill=Tone.PANEL))
    marks.append(BoxMark(box=place.field, fill=Tone.BLACK if cell.image else None))
    marks += _top_strip(cell, place.cell, tone)
    if cell.image is not None and isinstance(cell.tile, Tile):
        shown = _Shown(cell=cell, image=cell.image, tile=cell.tile)
        picture = _picture(shown, place.image, WHOLE, scale)
        marks.append(picture if zoom <= 1 else _with_finer(picture, cell.tile, zoom))
        drawn.append(_record(shown, place.image, place))
        if place.closeup is not None:
            more, closeup = _closeup(shown, place, place.closeup, scale)
            marks += more
            drawn += closeup
        marks += _bottom_strip(cell, cell.image, place)
    else:
        marks += _placeholder(cell, place.field)
    is_firm = bool(drawn) and drawn[0].mm_per_unit is not None and not drawn[0].is_suggested
    marks.append(BoxMark(box=place.cell, stroke=tone, width_px=FRAME_PX, is_dashed=not is_firm))
    return marks, drawn


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shown:
    """A cell that shows an image."""

    cell: Cell
    image: ImageCall
    tile: Tile


def _picture(shown: _Shown, box: Box, part: Part, scale: float) -> PictureMark:
    target = pixel_box(box, scale)
    width, height = round(target.width), round(target.height)
    image = shown.image
    words = (captions.phase_word(image), captions.view_label(image), captions.reason(image))
    return PictureMark(
        box=box,
        pixels=draw_tile(shown.tile, width_px=width, height_px=height, part=part),
        uid=image.uid,
        alternative=drawable(", ".join(word for word in words if word)),
    )


def _with_finer(picture: PictureMark, tile: Tile, zoom: float) -> PictureMark:
    height, width = picture.pixels.shape
    return replace(picture, fine=draw_finer(tile, width_px=width, height_px=height, zoom=zoom))


def _record(shown: _Shown, box: Box, place: PlacedSlot) -> DrawnTile:
    tip = shown.tile.tip
    return DrawnTile(
        sop_instance_uid=shown.image.uid,
        phase=str(shown.cell.phase) if shown.cell.phase else None,
        is_suggested=shown.image.is_suggested,
        box=box,
        transform=str(shown.tile.hanging.transform),
        mm_per_unit=place.mm_per_unit,
        voi=shown.tile.voi,
        row=shown.cell.row,
        field=place.field,
        chest_wall=shown.cell.chest_wall,
        tip=(box.x + tip[1] * box.width, box.y + tip[0] * box.height) if tip else None,
        caption=_caption(shown),
    )


def _caption(shown: _Shown) -> Caption:
    badge = _strip_badge(shown.cell, shown.image)
    notes = dict.fromkeys(captions.tile_badges(shown.tile.notes))
    if shown.tile.size_mm is None:
        notes["SCALE UNKNOWN"] = None
    if badge and badge != "SUGGESTED":  # which the record says by itself
        notes[badge] = None
    return Caption(
        word=_phase_word(shown.cell),
        view=captions.view_label(shown.image),
        facts=_facts(shown.cell, shown.image),
        reason=_why(shown.cell, shown.image),
        display=shown.tile.voi + _saturated_words(shown.tile),
        notes=tuple(notes),
    )


def _closeup(
    shown: _Shown, place: PlacedSlot, room: Box, scale: float
) -> tuple[list[Mark], list[DrawnTile]]:
    """Draw the breast behind the nipple at twice the scale, and its frame on the image above."""
    if place.mm_per_unit is None:
        return [], []
    mm_per_unit = place.mm_per_unit / _CLOSEUP_FACTOR
    field = replace(room, y=room.y + CLOSEUP_STRIP_PX, height=room.height - CLOSEUP_STRIP_PX)
    part = behind_the_nipple(
        shown.tile, width_mm=field.width * mm_per_unit, height_mm=field.height * mm_per_unit
    )
    if part is None:
        return [], []
    image = place.image
    frame = Box(
        x=image.x + part.left * image.width,
        y=image.y + part.top * image.height,
        width=part.width * image.width,
        height=part.height * image.height,
    )
    box = Box(
        x=round(field.x + (field.width - frame.width * _CLOSEUP_FACTOR) / 2),
        y=round(field.y),
        width=round(frame.width * _CLOSEUP_FACTOR),
        height=round(min(frame.height * _CLOSEUP_FACTOR, field.height)),
    )
    marks: list[Mark] = [
        BoxMark(box=frame, stroke=Tone.MUTED, width_px=2),
        BoxMark(box=field, fill=Tone.BLACK),
        _picture(shown, box, part, scale),
        TextMark(
            x=room.x + _PAD_PX,
            y=room.y + CLOSEUP_STRIP_PX - 8,
            text=fit(
                f"framed part ×{_CLOSEUP_FACTOR}",
                room.width - 2 * _PAD_PX,
                SMALL_PX,
            ),
            size_px=SMALL_PX,
            tone=Tone.MUTED,
        ),
    ]
    closeup = replace(
        _record(shown, box, place), mm_per_unit=mm_per_unit, is_closeup=True, part=frame, tip=None
    )
    return marks, [closeup]


def _top_strip(cell: Cell, box: Box, tone: Tone) -> Iterator[Mark]:
    word = _phase_word(cell)
    baseline = box.y + TOP_STRIP_PX - 18
    x = box.x + _PAD_PX
    if word:
        width = text_width(word, LABEL_PX, is_bold=True) + 2 * _PAD_PX
        plate = Box(x=box.x, y=box.y, width=width + _PAD_PX, height=TOP_STRIP_PX)
        is_firm = cell.image is not None and not cell.image.is_suggested
        is_firm = is_firm and cell.phase is not Phase.UNKNOWN
        yield BoxMark(box=plate, fill=tone if is_firm else None, stroke=tone, width_px=3)
        yield TextMark(
            x=x + _PAD_PX / 2,
            y=baseline,
            text=word,
            size_px=LABEL_PX,
            is_bold=True,
            tone=Tone.ON_COLOUR if is_firm else Tone.INK,
        )
        x = plate.right + _PAD_PX
    if cell.image is None:
        return
    label = fit(captions.view_label(cell.image), box.width * 0.6, LABEL_PX, is_bold=True)
    yield TextMark(
        x=box.right - _PAD_PX,
        y=baseline,
        text=label,
        size_px=LABEL_PX,
        is_bold=True,
        anchor=Anchor.END,
    )
    badge = _strip_badge(cell, cell.image)
    room = box.right - _PAD_PX - text_width(label, LABEL_PX, is_bold=True) - _PAD_PX - x
    if badge:
        yield TextMark(
            x=x,
            y=baseline - 2,
            text=fit(badge, room, SMALL_PX),
            size_px=SMALL_PX,
            tone=Tone.WARNING,
        )


def _phase_word(cell: Cell) -> str:
    """Return the word of a cell's column, with its number where there are several."""
    word = str(cell.phase).upper() if cell.phase else ""
    return f"{word} {cell.ordinal}" if cell.ordinal else word


def _strip_badge(cell: Cell, image: ImageCall) -> str:
    if image.is_suggested:
        return "SUGGESTED"
    if image.has_laterality_conflict:
        return "SIDE CONFLICT"
    return cell.prior.split(" (", maxsplit=1)[0] and "PRIOR" if cell.prior else ""


def _bottom_strip(cell: Cell, image: ImageCall, place: PlacedSlot) -> Iterator[Mark]:
    box = place.cell
    top = box.bottom - BOTTOM_STRIP_PX
    step = SMALL_PX * LEADING
    width = box.width - 2 * _PAD_PX
    bar = list(scale_bar(place, top + step))
    bar_from = min((m.x1 for m in bar if isinstance(m, LineMark)), default=box.right - _PAD_PX)
    yield from bar
    words = _facts(cell, image)
    yield _small(box, top + step, fit(words, bar_from - box.x - 2 * _PAD_PX, SMALL_PX), Tone.INK)
    lines = wrap(_why(cell, image), width, SMALL_PX, most_lines=2)
    for number, line in enumerate(lines):
        yield _small(box, top + step * (2 + number), line, Tone.MUTED)
    if isinstance(cell.tile, Tile):
        yield from _display_line(cell.tile, box, top + step * 4)


def _facts(cell: Cell, image: ImageCall) -> str:
    when = cell.prior or captions.time_label(image, cell.first_post)
    return "  ".join(word for word in (captions.magnification_label(image), when) if word)


def _why(cell: Cell, image: ImageCall) -> str:
    return captions.reason(image) or ("plain view of an earlier study" if cell.prior else "")


def _display_line(tile: Tile, box: Box, baseline: float) -> Iterator[Mark]:
    """Say how the grey came about, at the right, and what is doubtful, at the left."""
    width = box.width - 2 * _PAD_PX
    notes = " · ".join(captions.tile_badges(tile.notes))
    voi = fit(tile.voi + _saturated_words(tile), width * (0.45 if notes else 1), SMALL_PX)
    yield TextMark(
        x=box.right - _PAD_PX,
        y=baseline,
        text=voi,
        size_px=SMALL_PX,
        tone=Tone.MUTED,
        anchor=Anchor.END,
    )
    room = width - text_width(voi, SMALL_PX) - _PAD_PX
    yield _small(box, baseline, fit(notes, room, SMALL_PX), Tone.WARNING)


def _saturated_words(tile: Tile) -> str:
    share = tile.saturated_fraction
    return f", {share:.1%} at max" if share >= _WORTH_SAYING else ""


def _small(box: Box, baseline: float, text: str, tone: Tone) -> TextMark:
    return TextMark(x=box.x + _PAD_PX, y=baseline, text=text, size_px=SMALL_PX, tone=tone)


def scale_bar(place: PlacedSlot, baseline: float) -> Iterator[Mark]:
    """Draw a bar of whole millimetres at the breast; nothing where the scale is unknown."""
    if place.mm_per_unit is None:
        return
    longest = place.cell.width * 0.22
    length_mm = next((mm for mm in _BAR_LENGTHS_MM if mm / place.mm_per_unit <= longest), None)
    if length_mm is None:
        return
    length = length_mm / place.mm_per_unit
    right = place.cell.right - _PAD_PX
    y = baseline - SMALL_PX * 0.3
    words = f"{length_mm} mm est."
    end = right - text_width(words, SMALL_PX) - 8
    yield TextMark(x=right, y=baseline, text=words, size_px=SMALL_PX, anchor=Anchor.END)
    yield LineMark(x1=end - length, y1=y, x2=end, y2=y, tone=Tone.INK, width_px=3)
    for x in (end - length, end):
        yield LineMark(x1=x, y1=y - 8, x2=x, y2=y + 8, tone=Tone.INK, width_px=3)


def _placeholder(cell: Cell, field: Box) -> Iterator[Mark]:
    """Say in words what is missing."""
    words = cell.missing
    if isinstance(cell.tile, MissingTile):
        words = f"image cannot be shown: {cell.tile.reason}"
    lines = wrap(words, field.width - 4 * _PAD_PX, SMALL_PX, most_lines=6)
    step = SMALL_PX * LEADING
    y = field.y + field.height / 2 - step * len(lines) / 2
    for number, line in enumerate(lines):
        yield TextMark(
            x=field.x + field.width / 2,
            y=y + step * (number + 1),
            text=line,
            size_px=SMALL_PX,
            tone=Tone.MUTED,
            anchor=Anchor.MIDDLE,
        )


def numbered(cells: list[Cell]) -> list[Cell]:
    """Give the cells of a column numbers where there are several."""
    if len(cells) < 2:  # noqa: PLR2004 - a single one needs no number
        return cells
    return [replace(cell, ordinal=number) for number, cell in enumerate(cells, start=1)]
