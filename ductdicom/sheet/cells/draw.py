"""One cell drawn on the page: the image, its strips, and a close-up below it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from ductdicom.model.call import Phase
from ductdicom.model.origin import Origin
from ductdicom.model.outcome import Note
from ductdicom.model.study import ImageCall
from ductdicom.sheet import captions
from ductdicom.sheet.cells.cell import SUGGESTED, Cell
from ductdicom.sheet.cells.strips import PAD_PX, bottom_strip, placeholder, scale_bar, top_strip
from ductdicom.sheet.fonts import drawable, fit, text_width
from ductdicom.sheet.layout import (
    CLOSEUP_STRIP_PX,
    FRAME_PX,
    CloseupPlace,
    PlacedSlot,
)
from ductdicom.sheet.page import (
    Anchor,
    Box,
    BoxMark,
    Caption,
    Depicted,
    DrawnPlaceholder,
    DrawnTile,
    Mark,
    PictureMark,
    TextMark,
    Tone,
    pixel_box,
)
from ductdicom.sheet.stacking import PICTURE_WORDS_PX, PlacedStack
from ductdicom.sheet.style import SMALL_PX
from ductdicom.sheet.tile import (
    WHOLE,
    Detail,
    MissingTile,
    Tile,
    behind_the_nipple,
    draw_finer,
    draw_tile,
    stored_region,
)

_FRAMED = "framed part"
_SINGLE_PX, _DOUBLE_PX = 4, 2  # a frame of one line, and each of two
_BETWEEN_LINES_PX = 2  # of two; no line stands on the image
_TONES = {Phase.PRE: Tone.PRE, Phase.POST: Tone.POST, Phase.UNKNOWN: Tone.UNKNOWN}


def draw_cell(
    cell: Cell, place: PlacedSlot, scale: float, *, zoom: float = 1.0
) -> tuple[list[Mark], list[DrawnTile]]:
    """Draw one cell; images come with the record of where they stand.

    Parameters
    ----------
    place
        Where it stands, in page units.
    scale
        Pixels for one page unit.
    zoom
        Above 1, images are also kept with up to so many times the page's pixels each way.

    Returns
    -------
    tuple of list
        The marks from back to front, and the record of the image and of its close-up, if any.
    """
    marks: list[Mark] = []
    drawn: list[DrawnTile] = []
    tone = _tone(cell)
    marks.append(BoxMark(box=place.cell, fill=Tone.PANEL))
    has_ground = isinstance(cell.tile, Tile) and not cell.is_excluded
    marks.append(BoxMark(box=_ground(place), fill=Tone.BLACK if has_ground else None))
    marks += top_strip(cell, place.cell, tone)
    if cell.image is not None and isinstance(cell.tile, Tile):
        shown = _Shown(cell=cell, image=cell.image, tile=cell.tile)
        picture = _picture(shown, place.image, WHOLE, scale)
        is_zoomed = zoom > 1 and not cell.is_excluded
        marks.append(_with_finer(picture, cell.tile, zoom) if is_zoomed else picture)
        drawn.append(_record(shown, place.image, place))
        if place.closeup is not None:
            more, closeup = _closeup(shown, place, place.closeup, scale)
            marks += more
            drawn += closeup
        is_below = place.closeup is not None and not place.closeup.is_beside
        lowest = drawn[-1] if is_below else drawn[0]
        marks += bottom_strip(cell, place, lowest.mm_per_unit)
    else:
        marks += placeholder(cell, place.field)
        marks += bottom_strip(cell, place, None) if cell.image is not None else ()
    marks += _frame(cell, place.cell, tone)
    return marks, drawn


def draw_stack(
    cell: Cell, place: PlacedStack, scale: float, *, zoom: float = 1.0
) -> tuple[list[Mark], list[DrawnTile]]:
    """Draw the cell of a tomosynthesis: its middle, all of it, and the words right of them.

    The parameters and what is returned are as of `draw_cell`.
    """
    tone = _tone(cell)
    marks: list[Mark] = [BoxMark(box=place.cell, fill=Tone.PANEL)]
    drawn: list[DrawnTile] = []
    for tile, slot in zip(_slabs(cell), place.pictures, strict=False):
        if not isinstance(tile, Tile) or cell.image is None or tile.slab is None:
            marks += placeholder(cell, slot.field)
            continue
        marks.append(BoxMark(box=slot.field, fill=Tone.BLACK))
        shown = _Shown(cell=cell, image=cell.image, tile=tile)
        picture = _picture(shown, slot.image, WHOLE, scale)
        is_zoomed = zoom > 1 and not cell.is_excluded
        marks.append(_with_finer(picture, tile, zoom) if is_zoomed else picture)
        marks.append(_below_slab(captions.slab_label(tile.slab), slot))
        drawn.append(_record(shown, slot.image, slot))
    marks += top_strip(cell, place.caption.cell, tone)
    marks += bottom_strip(cell, place.caption, place.caption.mm_per_unit)
    marks += _frame(cell, place.cell, tone)
    return marks, drawn


def _slabs(cell: Cell) -> tuple[Tile | MissingTile | None, ...]:
    """Return what the pictures of a stack show, from left to right."""
    if isinstance(cell.tile, Tile) and cell.tile.middle is not None:
        return cell.tile.middle, cell.tile
    return (cell.tile,)


def _below_slab(words: str, slot: PlacedSlot) -> TextMark:
    return TextMark(
        x=slot.field.x + slot.field.width / 2,
        y=slot.field.bottom + PICTURE_WORDS_PX - 9,
        text=fit(words, slot.field.width, SMALL_PX),
        size_px=SMALL_PX,
        anchor=Anchor.MIDDLE,
    )


def _tone(cell: Cell) -> Tone:
    return Tone.FRAME if cell.phase is None or cell.is_excluded else _TONES[cell.phase]


def _frame(cell: Cell, box: Box, tone: Tone) -> Iterator[BoxMark]:
    """Draw a frame around a cell: of two lines after contrast, dashed where it is suggested."""
    is_suggested = cell.image is not None and cell.image.is_suggested
    is_double = cell.phase is Phase.POST and not cell.is_excluded
    insets = (0, _BETWEEN_LINES_PX + _DOUBLE_PX) if is_double else (0,)
    width = _DOUBLE_PX if is_double else _SINGLE_PX
    for inset in insets:
        line = Box(
            x=box.x + inset + width / 2,
            y=box.y + inset + width / 2,
            width=box.width - 2 * inset - width,
            height=box.height - 2 * inset - width,
        )
        yield BoxMark(box=line, stroke=tone, width_px=width, is_dashed=is_suggested)


def _ground(place: PlacedSlot) -> Box:
    """Return what is black around an image, and around a close-up beside it."""
    cell, field = place.cell, place.field
    if place.closeup is None or not place.closeup.is_beside:
        return field
    return replace(field, x=cell.x + FRAME_PX, width=cell.width - 2 * FRAME_PX)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shown:
    """A cell that shows an image."""

    cell: Cell
    image: ImageCall
    tile: Tile


def _picture(shown: _Shown, box: Box, part: Detail, scale: float) -> PictureMark:
    target = pixel_box(box, scale)
    width, height = round(target.width), round(target.height)
    image = shown.image
    words = (captions.phase_word(image), _view_words(shown), shown.cell.why)
    pixels = draw_tile(shown.tile, width_px=width, height_px=height, part=part)
    return PictureMark(
        box=box,
        pixels=pixels // 2 if shown.cell.is_excluded else pixels,
        uid=image.uid,
        alternative=drawable(", ".join(word for word in words if word)),
    )


def _view_words(shown: _Shown) -> str:
    """Return side and view, and of a tomosynthesis how much of it is shown."""
    view, slab = captions.view_label(shown.image), shown.tile.slab
    return view if slab is None else f"{view} tomosynthesis, {captions.slab_label(slab)}"


def _with_finer(picture: PictureMark, tile: Tile, zoom: float) -> PictureMark:
    height, width = picture.pixels.shape
    return replace(picture, fine=draw_finer(tile, width_px=width, height_px=height, zoom=zoom))


def _record(shown: _Shown, box: Box, place: PlacedSlot, part: Detail = WHOLE) -> DrawnTile:
    tip = shown.tile.tip
    return DrawnTile(
        sop_instance_uid=shown.image.uid,
        phase=str(shown.cell.phase) if shown.cell.phase else None,
        is_suggested=shown.image.is_suggested,
        box=box,
        region=stored_region(shown.tile, part),
        transform=str(shown.tile.hanging.transform),
        mm_per_unit=place.mm_per_unit,
        voi=shown.tile.voi,
        row=shown.cell.row,
        notes=shown.tile.notes,
        field=place.field,
        chest_wall=shown.cell.chest_wall,
        tip=(box.x + tip[1] * box.width, box.y + tip[0] * box.height) if tip else None,
        caption=_caption(shown),
        origin=_origin(shown.image),
        depicted=_depicted(shown.image, shown.cell),
        slab=shown.tile.slab,
    )


def stand_in(cell: Cell, place: PlacedSlot) -> DrawnPlaceholder | None:
    """Return the record of an image that cannot be shown, None for all other cells."""
    if cell.image is None or not isinstance(cell.tile, MissingTile):
        return None
    return DrawnPlaceholder(
        sop_instance_uid=cell.image.uid,
        phase=str(cell.phase) if cell.phase else None,
        is_suggested=cell.image.is_suggested,
        box=place.field,
        reason=cell.tile.reason,
        origin=_origin(cell.image),
        row=cell.row,
        caption=Caption(
            word=cell.word,
            view=captions.view_label(cell.image),
            facts=cell.facts,
            reason=cell.why,
            notes=(
                "CANNOT BE SHOWN",
                *cell.contested,
                *(badge for badge in cell.badges if badge != SUGGESTED),
            ),
        ),
        depicted=_depicted(cell.image, cell),
    )


def _depicted(image: ImageCall, cell: Cell) -> Depicted:
    return Depicted(
        image=image.instance.id,
        content=cell.tile.content if cell.tile else "",
        laterality=str(image.laterality or ""),
        view=image.view or "",
        suggestion=str(image.call.suggestion or "") if image.is_suggested else "",
        is_own=not cell.prior,
        is_excluded=image.is_excluded,
        opinions=image.decided.opinions if image.decided else (),
    )


def _origin(image: ImageCall) -> Origin | None:
    return image.instance.origin if image.has_other_bytes else None


def _caption(shown: _Shown) -> Caption:
    cell = shown.cell
    unknown = () if shown.tile.size_mm else (Note.SCALE_UNKNOWN,)
    notes = dict.fromkeys((*cell.contested, *captions.tile_badges((*shown.tile.notes, *unknown))))
    # That it is only suggested, the record says by itself.
    notes |= dict.fromkeys(badge for badge in cell.badges if badge != SUGGESTED)
    return Caption(
        word=cell.word,
        view=_view_words(shown),
        facts=" · ".join(filter(None, (cell.slices, cell.facts))),
        reason=cell.why,
        display=cell.display,
        notes=tuple(notes),
    )


def _closeup(
    shown: _Shown, place: PlacedSlot, room: CloseupPlace, scale: float
) -> tuple[list[Mark], list[DrawnTile]]:
    """Draw the breast behind the nipple at a greater scale, and its frame on the whole image."""
    if place.mm_per_unit is None:
        return [], []
    field, factor = room.picture, place.mm_per_unit / room.mm_per_unit
    part = behind_the_nipple(
        shown.tile,
        width_mm=field.width * room.mm_per_unit,
        height_mm=field.height * room.mm_per_unit,
    )
    if part is None:
        return [], []
    frame = part.within(place.image)
    width, height = min(frame.width * factor, field.width), min(frame.height * factor, field.height)
    box = Box(
        x=round(field.x + (field.width - width) / 2),
        y=round(field.y + (field.height - height) / 2),
        width=round(width),
        height=round(height),
    )
    marks: list[Mark] = [
        BoxMark(box=frame, stroke=Tone.ON_BLACK, width_px=2),
        BoxMark(box=field, fill=Tone.BLACK),
        _picture(shown, box, part, scale),
        BoxMark(box=field, stroke=Tone.ON_BLACK, width_px=2),
        *_closeup_words(place, room),
    ]
    closeup = replace(
        _record(shown, box, place, part),
        mm_per_unit=room.mm_per_unit,
        is_closeup=True,
        part=frame,
        tip=None,
    )
    return marks, [closeup]


def _closeup_words(place: PlacedSlot, room: CloseupPlace) -> Iterator[Mark]:
    """Say what it is, on a tab of its own.

    Each picture has the bar of its own scale right below it. Above the close-up the bar is that of
    the whole image, and stands on its black ground.
    """
    strip = replace(room.box, height=CLOSEUP_STRIP_PX)
    if room.is_beside:
        strip = replace(strip, y=room.picture.bottom)
    baseline = strip.bottom - 7
    tab = replace(strip, width=text_width(_FRAMED, SMALL_PX) + 2 * PAD_PX)
    yield BoxMark(box=strip, fill=Tone.BLACK)
    yield BoxMark(box=tab, fill=Tone.PANEL, stroke=Tone.ON_BLACK, width_px=2)
    yield TextMark(x=strip.x + PAD_PX, y=baseline, text=_FRAMED, size_px=SMALL_PX, tone=Tone.MUTED)
    mm_per_unit = room.mm_per_unit if room.is_beside else place.mm_per_unit
    if mm_per_unit is not None:
        yield from scale_bar(strip, mm_per_unit, baseline, tone=Tone.ON_BLACK)
