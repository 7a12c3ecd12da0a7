"""Words below one image, and the place of its scale bar beside the first line of them."""

from itertools import combinations

import pytest
from sheets import make_image, make_tile

from ductdicom.model.call import Phase
from ductdicom.sheet.cells.cell import Cell
from ductdicom.sheet.cells.strips import bottom_strip, lines_below
from ductdicom.sheet.fonts import text_width
from ductdicom.sheet.layout import BOTTOM_LINE_PX, NARROWEST_TILE_PX, PlacedSlot
from ductdicom.sheet.page import Anchor, Box, TextMark

PRIORS = ("", "PRIOR 2026-11-10 (16 d)", "PRIOR 2025-11-10 (1 y 16 d)", "PRIOR, of an unknown day")


def _marks(prior, spacing_mm, width):
    cell = Cell(
        phase=Phase.PRE, image=make_image(1), tile=make_tile(spacing_mm=spacing_mm), prior=prior
    )
    box = Box(x=0, y=0, width=width, height=600)
    place = PlacedSlot(cell=box, field=box, image=box, mm_per_unit=None)
    marks = bottom_strip(cell, place, None if spacing_mm is None else 0.2)
    return cell, [mark for mark in marks if isinstance(mark, TextMark) and mark.text]


def _span(mark):
    width = text_width(mark.text, mark.size_px, is_bold=mark.is_bold)
    start = mark.x - (width if mark.anchor is Anchor.END else 0)
    return start, start + width


@pytest.mark.parametrize("prior", PRIORS)
@pytest.mark.parametrize("spacing_mm", [None, (1.0, 1.0)], ids=["unknown", "known"])
@pytest.mark.parametrize("width", range(NARROWEST_TILE_PX, 700, 37))
def test_no_word_stands_over_another_or_over_the_bar(prior, spacing_mm, width):
    cell, marks = _marks(prior, spacing_mm, width)

    for one, two in combinations(marks, 2):
        if one.y == two.y:
            (start, end), (other_start, other_end) = _span(one), _span(two)
            assert start >= other_end - 1 or other_start >= end - 1, (one.text, two.text)
    last = max(mark.y for mark in marks)
    assert last <= 600 + BOTTOM_LINE_PX * lines_below(cell, width)


def test_words_that_have_no_room_beside_the_bar_are_all_said_below_it():
    _, marks = _marks(PRIORS[1], None, NARROWEST_TILE_PX)

    said = " ".join(mark.text for mark in sorted(marks, key=lambda mark: mark.y))
    assert said.startswith("scale unknown, no bar PRIOR 2026-11-10 (16 d)")
