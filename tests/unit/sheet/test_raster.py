"""Letters that are kept are drawn as those that are drawn anew."""

import numpy as np
import pytest

from ductdicom.sheet.page import UNITS_PER_INCH, Page, TextMark
from ductdicom.sheet.raster import draw_page
from ductdicom.sheet.style import THEMES

DARK = THEMES["dark"]


def a_page(*marks):
    return Page(title="", width=200, height=60, dpi=UNITS_PER_INCH, marks=marks)


@pytest.mark.parametrize("x", [10, 10.25, 10.9])
def test_a_line_looks_the_same_wherever_it_was_drawn_before(x):
    line = TextMark(x=x, y=20, text="Aal Allee", size_px=14)
    alone = draw_page(a_page(line), DARK)
    below = draw_page(a_page(line, TextMark(x=x, y=50, text="Aal Allee", size_px=14)), DARK)
    assert np.array_equal(alone[:30], below[:30])
    assert np.array_equal(below[30:], below[:30])
    assert (below[:30] != below[0, 0]).any()
