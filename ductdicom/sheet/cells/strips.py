"""What stands above and below one image: its phase and view, its scale, and why."""

from collections.abc import Iterator, Sequence
from itertools import chain, groupby, repeat
from typing import NamedTuple

from ductdicom.model.call import Phase
from ductdicom.model.outcome import Note
from ductdicom.model.study import ImageCall
from ductdicom.sheet import captions
from ductdicom.sheet.cells.cell import HEADER_SAYS, PRIOR, Cell
from ductdicom.sheet.fonts import drawable, fit, text_width, wrap
from ductdicom.sheet.layout import BOTTOM_LINE_PX as LINE_PX
from ductdicom.sheet.layout import TOP_STRIP_PX, PlacedSlot
from ductdicom.sheet.page import Anchor, Box, BoxMark, LineMark, Mark, TextMark, Tone
from ductdicom.sheet.style import LABEL_PX, LEADING, SMALL_PX
from ductdicom.sheet.tile import MissingTile, Tile

PAD_PX = 14
_MOST_LINES = 3  # of one reason, note, or explanation of up to 64 characters
_MOST_WARNED = 12  # lines of one warning, which is said in full
_MOST_DOUBTS = 12
_MOST_WHOLE = 0.6  # of a line
_BETWEEN = " · "
_NO_SCALE = "scale unknown, no bar"
_BAR_LENGTHS_MM = (50, 20, 10, 5, 2, 1)
_BAR_SHARE = 0.2  # of the width of a cell
_BAR_GAP_PX = 8


def top_strip(cell: Cell, box: Box, tone: Tone) -> Iterator[Mark]:
    """Draw phase and view above the image, and between them what must not be overlooked.

    Parameters
    ----------
    box
        The whole cell, in page units.
    """
    word = cell.word
    baseline = box.y + TOP_STRIP_PX - 10
    x = box.x + PAD_PX
    if word:
        plate = Box(x=box.x, y=box.y, width=_plate_width(word), height=TOP_STRIP_PX)
        is_firm = cell.image is not None and not cell.image.is_suggested
        is_firm = is_firm and cell.phase is not Phase.UNKNOWN and not cell.is_excluded
        yield BoxMark(box=plate, fill=tone if is_firm else None, stroke=tone, width_px=3)
        yield TextMark(
            x=x + 5,
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
    badges = _BETWEEN.join(_badges_above(cell, box.width))
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
    while count and taken + text_width(_BETWEEN.join(cell.badges[:count]), SMALL_PX) > width:
        count -= 1
    return cell.badges[:count]


def bottom_strip(cell: Cell, place: PlacedSlot, mm_per_unit: float | None) -> Iterator[Mark]:
    """Draw time and scale below the image, what is doubtful, why it has its phase, how it is shown.

    Parameters
    ----------
    place
        The cell and what is drawn in it, in page units.
    mm_per_unit
        Millimetres at the breast for one page unit of the picture right above, None where unknown.
    """
    box = place.cell
    first = place.below + LINE_PX
    if mm_per_unit is not None:
        yield from scale_bar(box, mm_per_unit, first)
    elif isinstance(cell.tile, Tile):
        x = box.right - PAD_PX
        yield TextMark(
            x=x,
            y=first,
            text=_NO_SCALE,
            size_px=SMALL_PX,
            tone=Tone.WARNING,
            anchor=Anchor.END,
        )
    for number, line in enumerate(_lines(cell, box.width)):
        yield from _run_of_words(line, box.x + PAD_PX, first + LINE_PX * number)


def lines_below(cell: Cell, width: float) -> int:
    """Return the lines of words that a cell needs below its image.

    Parameters
    ----------
    width
        Of the cell, in page units.
    """
    return len(_lines(cell, width)) if cell.image is not None else 0


class _Word(NamedTuple):
    text: str
    tone: Tone
    is_bold: bool = False

    @property
    def width(self) -> float:
        return text_width(self.text, SMALL_PX, is_bold=self.is_bold)


def _lines(cell: Cell, width: float) -> list[list[_Word]]:
    """Break what is said below an image into lines, the first of which is beside the scale bar."""
    room = width - 2 * PAD_PX
    taken = 0.0
    if isinstance(cell.tile, Tile):
        bar = _widest_bar(width) if cell.tile.size_mm else text_width(_NO_SCALE, SMALL_PX)
        taken = bar + PAD_PX
    rooms = chain([room - taken], repeat(room))
    lines: list[list[_Word]] = []
    line: list[_Word] = []
    left = next(rooms)
    for word in _words(cell, width):
        if word.width > left and (line or not lines):  # a word may have no room beside the bar
            lines.append(line)
            line, left = [], next(rooms)
        line.append(word)
        left -= word.width + text_width(" ", SMALL_PX, is_bold=True)
    return [*lines, line]


def _words(cell: Cell, width: float) -> Iterator[_Word]:
    """Yield what is said below an image: words, and groups of them that stay on one line."""
    room = width - 2 * PAD_PX
    slices = [_Word(text, Tone.INK) for text in cell.slices.replace(", ", ",\n").split("\n")]
    facts_said = cell.brief_facts.replace(_BETWEEN, " ·  ")
    facts = [_Word(text, Tone.INK) for text in facts_said.split("  ")]
    doubts = [_Word(text, Tone.WARNING) for text in _doubts(cell, width)[:_MOST_DOUBTS]]
    reason = [_Word(word, Tone.MUTED) for word in _words_of(cell.brief_reason, room)]
    display = [_Word(text, Tone.MUTED) for text in cell.display.replace(", ", ",\n").split("\n")]
    decisions = [[_Word(text, Tone.INK, is_bold=True)] for text in cell.decisions]
    contested = [[_Word(text, Tone.WARNING, is_bold=True)] for text in cell.contested]
    warned = (*contested, *([doubt] for doubt in doubts))
    units = (slices, facts, *decisions, *warned, reason, display)
    parts = [[word for unit in part if unit.text for word in _whole(unit, room)] for part in units]
    parts = [part for part in parts if part]
    for number, part in enumerate(parts, start=1):
        *others, last = part
        yield from others
        yield last if number == len(parts) else last._replace(text=last.text + " ·")


def _whole(word: _Word, room: float) -> list[_Word]:
    """Keep words on one line where they are much shorter than one."""
    text = drawable(word.text)
    if text_width(text, SMALL_PX) <= room * _MOST_WHOLE:
        return [word._replace(text=text)]
    most_lines = _MOST_WARNED if word.tone is Tone.WARNING else _MOST_LINES
    return [word._replace(text=part) for part in _words_of(text, room, most_lines)]


def _words_of(text: str, room: float, most_lines: int = _MOST_LINES) -> list[str]:
    """Return the words of a text, none wider than a line, and of no more than some lines."""
    # Bold words are a little wider than those that are measured here.
    lines = wrap(text, room * 0.9, SMALL_PX, most_lines=most_lines)
    return [word for line in lines for word in line.split(" ")]


def _run_of_words(line: Sequence[_Word], x: float, baseline: float) -> Iterator[TextMark]:
    """Draw a line of words, those of one tone that follow one another as one text."""
    for (tone, is_bold), words in groupby(line, key=lambda word: word[1:]):
        text = " ".join(word.text for word in words)
        yield TextMark(x=x, y=baseline, text=text, size_px=SMALL_PX, tone=tone, is_bold=is_bold)
        x += text_width(f"{text} ", SMALL_PX, is_bold=is_bold)


def _doubts(cell: Cell, width: float) -> list[str]:
    """Return what is doubtful, and what had no room above; a prior's date is among the facts."""
    notes = cell.tile.notes if isinstance(cell.tile, Tile) else ()
    notes = tuple(note for note in notes if note not in cell.shared)
    if isinstance(cell.tile, Tile) and cell.tile.size_mm is None:
        notes = tuple(note for note in notes if note is not Note.SCALE_UNKNOWN)  # it has no bar
    above = _badges_above(cell, width)
    moved = [badge for badge in cell.badges if badge not in above and not _is_said_below(badge)]
    view = captions.view_label(cell.image) if cell.image else ""
    if cell.image and _label(cell.image, cell.word, width) != drawable(view):
        moved.append(view)
    return [*moved, *captions.tile_badges(notes)]


def _is_said_below(badge: str) -> bool:
    """Whether what a badge says is said below the image in any case."""
    return badge == PRIOR or badge.startswith(HEADER_SAYS)


def _bar_words(length_mm: int) -> str:
    return f"{length_mm} mm est."


def _widest_bar(width: float) -> float:
    """Return the room that a cell's bar and its words take at most."""
    return width * _BAR_SHARE + _BAR_GAP_PX + text_width(_bar_words(_BAR_LENGTHS_MM[0]), SMALL_PX)


def scale_bar(
    box: Box, mm_per_unit: float, baseline: float, tone: Tone = Tone.INK
) -> Iterator[Mark]:
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
    yield TextMark(x=right, y=baseline, text=words, size_px=SMALL_PX, tone=tone, anchor=Anchor.END)
    yield LineMark(x1=end - length, y1=y, x2=end, y2=y, tone=tone, width_px=3)
    for x in (end - length, end):
        yield LineMark(x1=x, y1=y - 8, x2=x, y2=y + 8, tone=tone, width_px=3)


def placeholder(cell: Cell, field: Box) -> Iterator[Mark]:
    """Say in words what is missing.

    Parameters
    ----------
    field
        Where the image would stand, in page units.
    """
    words, tone, size = cell.missing, Tone.MUTED, SMALL_PX
    if isinstance(cell.tile, MissingTile):
        words, tone, size = f"image cannot be shown: {cell.tile.reason}", Tone.WARNING, LABEL_PX
    lines = wrap(words, field.width - 4 * PAD_PX, size, most_lines=6)
    step = size * LEADING
    y = field.y + field.height / 2 - step * len(lines) / 2
    for number, line in enumerate(lines):
        yield TextMark(
            x=field.x + field.width / 2,
            y=y + step * (number + 1),
            text=line,
            size_px=size,
            tone=tone,
            anchor=Anchor.MIDDLE,
        )
