"""What else there is of the patient, as a line of the pages."""

from datetime import date

import pytest
from msgspec.structs import replace
from sheets import make_image, make_study, make_tile

from ductdicom.model.study import Companion
from ductdicom.pairing.rows import pair_study
from ductdicom.sheet.fonts import text_width
from ductdicom.sheet.page import SheetOptions, TextMark
from ductdicom.sheet.pages.compose import compose
from ductdicom.sheet.style import SMALL_PX

IMAGES = [make_image(1, phase="pre"), make_image(2)]
TILES = {image.instance.origin.label: make_tile() for image in IMAGES}


def _companion(kind, on, uid="2.25.7"):
    return Companion(kind=kind, study_date=on, study_instance_uid=uid, objects=3)


def _pages(*companions, **options):
    study = replace(make_study(IMAGES), companions=companions)
    return compose(study, pair_study(study), TILES, SheetOptions(**options))


def _lines(page):
    texts = [mark.text for mark in page.marks if isinstance(mark, TextMark)]
    return [text for text in texts if text.startswith("Also of this patient")]


OWN = date(2026, 1, 2)
LATER = date(2026, 1, 10)


@pytest.mark.parametrize(
    ("companion", "day", "distance"),
    [
        (("ultrasound", date(2025, 12, 3)), " 2025-12-03", " (30 d before)"),
        (("MRI", LATER), " 2026-01-10", " (8 d after)"),
        (("MRI", OWN), " 2026-01-02", " (same day)"),
        (("MRI", None), "", ", date unknown"),
        (("tomosynthesis", OWN, "2.25.1"), "", " (same study)"),
    ],
)
def test_every_page_says_kind_and_date_of_a_companion(companion, day, distance):
    for has_dates in (True, False):
        said = f"Also of this patient: {companion[0]}{day if has_dates else ''}{distance}"
        for page in _pages(_companion(*companion), has_dates=has_dates):
            assert _lines(page) == [said]


def test_a_study_without_companions_says_nothing_and_loses_no_room():
    plain, other = _pages(), _pages(_companion("MRI", LATER))

    assert [_lines(page) for page in plain] == [[]] * len(plain)
    assert max(t.box.bottom for t in other[0].tiles) < max(t.box.bottom for t in plain[0].tiles)


def test_the_line_stands_between_images_and_footer():
    (line,) = (
        mark
        for mark in _pages(_companion("MRI", LATER))[0].marks
        if isinstance(mark, TextMark) and mark.text.startswith("Also of")
    )
    page = _pages(_companion("MRI", LATER))[0]
    (footer,) = (m for m in page.marks if isinstance(m, TextMark) and "retained" in m.text)

    assert max(tile.box.bottom for tile in page.tiles) < line.y - SMALL_PX
    assert line.y < footer.y - SMALL_PX


def test_of_many_the_last_are_named_and_the_last_page_names_all():
    many = [_companion("ultrasound", date(2010 + n, 1, 2)) for n in range(16)]
    pages = _pages(*many)
    line, *_ = _lines(pages[0])

    assert line.endswith("ultrasound 2025-01-02 (365 d before)")
    assert " earlier, ultrasound" in line
    assert text_width(line, SMALL_PX) <= pages[0].width
    texts = " ".join(m.text for m in pages[-1].marks if isinstance(m, TextMark))
    assert all(f"ultrasound {2010 + n}-01-02" in texts for n in range(16))
