"""What stands above and below one image: its phase and view, its scale, and why."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ductdicom.model.call import Phase
from ductdicom.model.study import ImageCall
from ductdicom.sheet import captions
from ductdicom.sheet.cells.cell import PRIOR, Cell
from ductdicom.sheet.fonts import drawable, fit, text_width, wrap
from ductdicom.sheet.layout import BOTTOM_LINE_PX as LINE_PX
from ductdicom.sheet.layout import TOP_STRIP_PX, PlacedSlot
from ductdicom.sheet.page import Anchor, Box, BoxMark, LineMark, Mark, TextMark, Tone
from ductdicom.sheet.style import LABEL_PX, LEADING, SMALL_PX
from ductdicom.sheet.tile import MissingTile, Tile

PAD_PX = 10
_BELOW_PX = 20  # from the last baseline to the end of the cell
_MOST_DOUBTS = 8
_MOST_DISPLAY = 4  # an explanation has up to 64 characters
_BAR_LENGTHS_MM = (50, 20, 10, 5, 2, 1)
_BAR_SHARE = 0.22  # of the width of a cell
_BAR_GAP_PX = 8


def top_strip(cell: Cell, box: Box, tone: Tone) -> Iterator[Mark]:
    """Draw phase and view above the image, and between them what must not be overlooked.

    Parameters
    ----------
    box
        The whole cell, in page units.
    """
    word = cell.word
    baseline = box.y + TOP_STRIP_PX - 18
    x = box.x + PAD_PX
    if word:
        plate = Box(x=box.x, y=box.y, width=_plate_width(word), height=TOP_STRIP_PX)
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
    yield TextMark(
        x=box.right - PAD_PX,
        y=baseline,
        text=_label(cell.image, cell.word, box.width),
        size_px=LABEL_PX,
        is_bold=True,
        anchor=Anchor.END,
    )
    badges = " · ".join(_badges_above(cell, box.width))
    if badges:
        yield TextMark(x=x, y=baseline - 2, text=badges, size_px=SMALL_PX, tone=Tone.WARNING)


def _label(image: ImageCall, word: str, width: float) -> str:
    """Return side and view, shortened where the phase leaves too little room."""
    room = width - _plate_width(word) - 2 * PAD_PX
    return fit(captions.view_label(image), room, LABEL_PX, is_bold=True)


def _plate_width(word: str) -> float:
    return text_width(word, LABEL_PX, is_bold=True) + 3 * PAD_PX if word else 0.0


def _badges_above(cell: Cell, width: float) -> tuple[str, ...]:
    """Return those badges, from the first on, that have room between the phase and the view."""
    if cell.image is None:
        return ()
    label = _label(cell.image, cell.word, width)
    taken = _plate_width(cell.word) + text_width(label, LABEL_PX, is_bold=True) + 3 * PAD_PX
    count = len(cell.badges)
    while count and taken + text_width(" · ".join(cell.badges[:count]), SMALL_PX) > width:
        count -= 1
    return cell.badges[:count]


def bottom_strip(cell: Cell, place: PlacedSlot, mm_per_unit: float | None) -> Iterator[Mark]:
    """Draw magnification, time and scale below the image, why it has its phase, how it is shown.

    Parameters
    ----------
    place
        The cell and what is drawn in it, in page units.
    mm_per_unit
        Millimetres at the breast for one page unit of the picture right above, None where unknown.
    """
    box = place.cell
    words = _words_below(cell, box.width)
    first, last = place.below + LINE_PX, box.bottom - _BELOW_PX
    if mm_per_unit is not None:
        yield from scale_bar(box, mm_per_unit, first)
    above = [(line, Tone.INK) for line in words.facts]
    above += [(line, Tone.MUTED) for line in words.reason]
    for number, (text, tone) in enumerate(above):
        yield _small(box, first + LINE_PX * number, text, tone)
    yield from _from_the_last(box, last, words.display, Anchor.END, Tone.MUTED)
    doubts_end = last if words.is_side_by_side else last - LINE_PX * len(words.display)
    yield from _from_the_last(box, doubts_end, words.doubts, Anchor.START, Tone.WARNING)


def lines_below(cell: Cell, width: float) -> int:
    """Return the lines of words that a cell needs below its image.

    Parameters
    ----------
    width
        Of the cell, in page units.
    """
    if cell.image is None:
        return 0
    words = _words_below(cell, width)
    ends = (len(words.doubts), len(words.display))
    return (
        len(words.facts) + len(words.reason) + (max(ends) if words.is_side_by_side else sum(ends))
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _WordsBelow:
    """The lines below an image; doubts stand left of the display's line or above it."""

    facts: tuple[str, ...]
    reason: tuple[str, ...]
    doubts: tuple[str, ...]
    display: tuple[str, ...]

    is_side_by_side: bool


def _words_below(cell: Cell, width: float) -> _WordsBelow:
    room = width - 2 * PAD_PX
    has_bar = isinstance(cell.tile, Tile) and cell.tile.size_mm is not None
    beside_bar = room - _widest_bar(width) - PAD_PX if has_bar else room
    display = wrap(cell.display, room, SMALL_PX, most_lines=_MOST_DISPLAY)
    doubts = " · ".join(_doubts(cell, width))
    beside_display = (
        room - PAD_PX - max((text_width(line, SMALL_PX) for line in display), default=0)
    )
    is_side_by_side = text_width(doubts, SMALL_PX) <= beside_display
    return _WordsBelow(
        facts=tuple(_facts(cell.facts, beside_bar, room)),
        reason=tuple(wrap(cell.reason, room, SMALL_PX, most_lines=2)),
        doubts=tuple(wrap(doubts, room, SMALL_PX, most_lines=_MOST_DOUBTS)),
        display=tuple(display),
        is_side_by_side=is_side_by_side,
    )


def _facts(text: str, beside_bar: float, room: float) -> list[str]:
    """Break the facts into lines, the first of which stands beside the scale bar."""
    for between in ("  ", " "):  # facts stay whole where they can
        words = drawable(text).split(between)
        count = len(words)
        while count and text_width(between.join(words[:count]), SMALL_PX) > beside_bar:
            count -= 1
        if count:
            break
    rest = wrap(between.join(words[count:]), room, SMALL_PX, most_lines=2)
    return [between.join(words[:count]), *rest]


def _doubts(cell: Cell, width: float) -> list[str]:
    """Return what is doubtful, and what had no room above; a prior's date is among the facts."""
    notes = cell.tile.notes if isinstance(cell.tile, Tile) else ()
    above = _badges_above(cell, width)
    moved = [badge for badge in cell.badges if badge not in above and badge != PRIOR]
    view = captions.view_label(cell.image) if cell.image else ""
    if cell.image and _label(cell.image, cell.word, width) != drawable(view):
        moved.append(view)
    return [*moved, *captions.tile_badges(notes)]


def _small(box: Box, baseline: float, text: str, tone: Tone) -> TextMark:
    return TextMark(x=box.x + PAD_PX, y=baseline, text=text, size_px=SMALL_PX, tone=tone)


def _from_the_last(
    box: Box, last: float, lines: Sequence[str], anchor: Anchor, tone: Tone
) -> Iterator[Mark]:
    """Draw lines upwards from the baseline of the last one."""
    x = box.x + PAD_PX if anchor is Anchor.START else box.right - PAD_PX
    for number, text in enumerate(reversed(lines)):
        y = last - LINE_PX * number
        yield TextMark(x=x, y=y, text=text, size_px=SMALL_PX, tone=tone, anchor=anchor)


def _bar_words(length_mm: int) -> str:
    return f"{length_mm} mm est."


def _widest_bar(width: float) -> float:
    """Return the room that a cell's bar and its words take at most."""
    return width * _BAR_SHARE + _BAR_GAP_PX + text_width(_bar_words(_BAR_LENGTHS_MM[0]), SMALL_PX)


def scale_bar(box: Box, mm_per_unit: float, baseline: float) -> Iterator[Mark]:
    """Draw a bar of whole millimetres at the breast at the right of a cell, at most 50 mm long.

    Parameters
    ----------
    box
        The whole cell, in page units.
    mm_per_unit
        Millimetres at the breast for one page unit.
    baseline
        Y of the bar's words, in page units.
    """
    longest = box.width * _BAR_SHARE
    lengths = (mm for mm in _BAR_LENGTHS_MM if mm / mm_per_unit <= longest)
    length_mm = next(lengths, _BAR_LENGTHS_MM[-1])
    length = length_mm / mm_per_unit
    right = box.right - PAD_PX
    y = baseline - SMALL_PX * 0.3
    words = _bar_words(length_mm)
    end = right - text_width(words, SMALL_PX) - _BAR_GAP_PX
    yield TextMark(x=right, y=baseline, text=words, size_px=SMALL_PX, anchor=Anchor.END)
    yield LineMark(x1=end - length, y1=y, x2=end, y2=y, tone=Tone.INK, width_px=3)
    for x in (end - length, end):
        yield LineMark(x1=x, y1=y - 8, x2=x, y2=y + 8, tone=Tone.INK, width_px=3)


def placeholder(cell: Cell, field: Box) -> Iterator[Mark]:
    """Say in words what is missing.

    Parameters
    ----------
    field
        Where the image would stand, in page units.
    """
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
