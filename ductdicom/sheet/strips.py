"""What stands above and below one image: its phase and view, its scale, and why."""

from collections.abc import Iterator, Sequence

from ductdicom.model.call import Phase
from ductdicom.sheet import captions
from ductdicom.sheet.cell import Cell
from ductdicom.sheet.fonts import fit, text_width, wrap
from ductdicom.sheet.layout import BOTTOM_STRIP_PX, TOP_STRIP_PX, PlacedSlot
from ductdicom.sheet.page import Anchor, Box, BoxMark, LineMark, Mark, TextMark, Tone
from ductdicom.sheet.tile import MissingTile, Tile
from ductdicom.sheet.typography import LABEL_PX, LEADING, SMALL_PX

PAD_PX = 10
_BAR_LENGTHS_MM = (50, 20, 10, 5)


def top_strip(cell: Cell, box: Box, tone: Tone) -> Iterator[Mark]:
    """Draw phase and view above the image, and between them what must not be overlooked."""
    word = cell.word
    baseline = box.y + TOP_STRIP_PX - 18
    x = box.x + PAD_PX
    if word:
        width = text_width(word, LABEL_PX, is_bold=True) + 2 * PAD_PX
        plate = Box(x=box.x, y=box.y, width=width + PAD_PX, height=TOP_STRIP_PX)
        is_firm = cell.image is not None and not cell.image.is_suggested
        is_firm = is_firm and cell.phase is not Phase.UNKNOWN
        yield BoxMark(box=plate, fill=tone if is_firm else None, stroke=tone, width_px=3)
        yield TextMark(
            x=x + PAD_PX / 2,
            y=baseline,
            text=word,
            size_px=LABEL_PX,
            is_bold=True,
            tone=Tone.ON_COLOUR if is_firm else Tone.INK,
        )
        x = plate.right + PAD_PX
    if cell.image is None:
        return
    label = fit(captions.view_label(cell.image), box.width * 0.6, LABEL_PX, is_bold=True)
    yield TextMark(
        x=box.right - PAD_PX,
        y=baseline,
        text=label,
        size_px=LABEL_PX,
        is_bold=True,
        anchor=Anchor.END,
    )
    badge = cell.badge
    room = box.right - PAD_PX - text_width(label, LABEL_PX, is_bold=True) - PAD_PX - x
    if text_width(badge, SMALL_PX) > room:
        badge = badge.rpartition(" ")[2]
    if badge:
        yield TextMark(
            x=x,
            y=baseline - 2,
            text=fit(badge, room, SMALL_PX),
            size_px=SMALL_PX,
            tone=Tone.WARNING,
        )


def bottom_strip(cell: Cell, place: PlacedSlot) -> Iterator[Mark]:
    """Draw magnification, time and scale below the image, why it has its phase, how it is shown."""
    box = place.cell
    top = box.bottom - BOTTOM_STRIP_PX
    step = SMALL_PX * LEADING
    width = box.width - 2 * PAD_PX
    bar = list(scale_bar(place, top + step))
    bar_from = min((m.x1 for m in bar if isinstance(m, LineMark)), default=box.right - PAD_PX)
    yield from bar
    room = bar_from - box.x - 2 * PAD_PX
    yield _small(box, top + step, fit(cell.facts, room, SMALL_PX), Tone.INK)
    lines = wrap(cell.reason, width, SMALL_PX, most_lines=2)
    for number, line in enumerate(lines):
        yield _small(box, top + step * (2 + number), line, Tone.MUTED)
    if isinstance(cell.tile, Tile):
        yield from _display_line(cell, cell.tile.notes, box, top + step * 4)


def _display_line(cell: Cell, notes: Sequence[str], box: Box, baseline: float) -> Iterator[Mark]:
    """Say how the grey came about, at the right, and what is doubtful, at the left."""
    width = box.width - 2 * PAD_PX
    doubts = " · ".join(captions.tile_badges(notes))
    voi = fit(cell.display, width * (0.45 if doubts else 1), SMALL_PX)
    yield TextMark(
        x=box.right - PAD_PX,
        y=baseline,
        text=voi,
        size_px=SMALL_PX,
        tone=Tone.MUTED,
        anchor=Anchor.END,
    )
    room = width - text_width(voi, SMALL_PX) - PAD_PX
    yield _small(box, baseline, fit(doubts, room, SMALL_PX), Tone.WARNING)


def _small(box: Box, baseline: float, text: str, tone: Tone) -> TextMark:
    return TextMark(x=box.x + PAD_PX, y=baseline, text=text, size_px=SMALL_PX, tone=tone)


def scale_bar(place: PlacedSlot, baseline: float) -> Iterator[Mark]:
    """Draw a bar of whole millimetres at the breast; nothing where the scale is unknown."""
    if place.mm_per_unit is None:
        return
    longest = place.cell.width * 0.22
    length_mm = next((mm for mm in _BAR_LENGTHS_MM if mm / place.mm_per_unit <= longest), None)
    if length_mm is None:
        return
    length = length_mm / place.mm_per_unit
    right = place.cell.right - PAD_PX
    y = baseline - SMALL_PX * 0.3
    words = f"{length_mm} mm est."
    end = right - text_width(words, SMALL_PX) - 8
    yield TextMark(x=right, y=baseline, text=words, size_px=SMALL_PX, anchor=Anchor.END)
    yield LineMark(x1=end - length, y1=y, x2=end, y2=y, tone=Tone.INK, width_px=3)
    for x in (end - length, end):
        yield LineMark(x1=x, y1=y - 8, x2=x, y2=y + 8, tone=Tone.INK, width_px=3)


def placeholder(cell: Cell, field: Box) -> Iterator[Mark]:
    """Say in words what is missing."""
    words = cell.missing
    if isinstance(cell.tile, MissingTile):
        words = f"image cannot be shown: {cell.tile.reason}"
    lines = wrap(words, field.width - 4 * PAD_PX, SMALL_PX, most_lines=6)
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
