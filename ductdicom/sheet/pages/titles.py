"""The line above a row: which it is, and what must be known of it."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from ductdicom.sheet.fonts import drawable, text_width, wrap
from ductdicom.sheet.layout import TITLE_PX, PlacedBlock
from ductdicom.sheet.page import Anchor, Box, Mark, TextMark, Tone
from ductdicom.sheet.pages.blocks import Block
from ductdicom.sheet.style import LABEL_PX, SMALL_PX

_GAP_PX = 20
_TAIL = 0.22  # of a size of letters: what of them hangs below the baseline
_BASELINE_PX = TITLE_PX - _TAIL * LABEL_PX
_OTHER_SCALE = "other scale"
ALIKE = 1.02  # scales that the eye does not tell apart


def of_other_scale(placed: Sequence[PlacedBlock]) -> list[bool]:
    """Tell of each row whether it is drawn at another scale than the one left of it."""
    return [False, *(_differ(one, other) for one, other in pairwise(placed))]


def _differ(left: PlacedBlock, right: PlacedBlock) -> bool:
    one, other = _mm_per_unit(left), _mm_per_unit(right)
    if left.title.y != right.title.y or one is None or other is None:
        return False
    return max(one, other) / min(one, other) > ALIKE


def _mm_per_unit(place: PlacedBlock) -> float | None:
    """Return a row's scale; an image that a reviewer excluded is smaller than its row."""
    return min((slot.mm_per_unit for slot in place.slots if slot.mm_per_unit), default=None)


def block_title(block: Block, box: Box, *, is_of_other_scale: bool = False) -> Iterator[Mark]:
    """Draw a row's title and its badges, in two smaller lines where one is too short.

    Parameters
    ----------
    box
        The line of the title, as wide as the row, in page units.
    is_of_other_scale
        Whether that is said, too: where it has room, for the bars say it as well.
    """
    baseline = box.y + _BASELINE_PX
    title = drawable(block.title)
    width = text_width(title, LABEL_PX, is_bold=True)
    if width <= box.width:
        yield TextMark(x=box.x, y=baseline, text=title, size_px=LABEL_PX, is_bold=True)
    else:  # rows without badges alone have titles as long
        yield from _lines(block.title, box, (box.x, Anchor.START), Tone.INK)
        return
    badges = " · ".join(block.badges)
    aside = _GAP_PX + text_width(_OTHER_SCALE, SMALL_PX)
    if is_of_other_scale and width + aside + _GAP_PX + text_width(badges, SMALL_PX) <= box.width:
        x = box.x + width + _GAP_PX
        yield TextMark(x=x, y=baseline, text=_OTHER_SCALE, size_px=SMALL_PX, tone=Tone.MUTED)
    room = Box(x=box.x, y=box.y, width=box.width - width - _GAP_PX, height=box.height)
    yield from _lines(badges, room, (box.right, Anchor.END), Tone.WARNING)


def _lines(text: str, box: Box, side: tuple[float, Anchor], tone: Tone) -> Iterator[Mark]:
    """Draw small words in a row's title line, in two smaller lines where one is too short."""
    lines = wrap(text, box.width, SMALL_PX, most_lines=2)
    x, anchor = side
    size = SMALL_PX if len(lines) == 1 else TITLE_PX / 2
    for number, line in enumerate(reversed(lines)):
        last = _BASELINE_PX if len(lines) == 1 else TITLE_PX - _TAIL * size
        y = box.y + last - size * number
        yield TextMark(x=x, y=y, text=line, size_px=size, tone=tone, anchor=anchor)
