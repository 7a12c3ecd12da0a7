"""The strip of exposures, and the times that are told from it."""

import re

from msgspec.structs import replace
from sheets import lay_out, make_image

from ductdicom.sheet.page import TextMark


def texts_of(page):
    return [mark.text for mark in page.marks if isinstance(mark, TextMark)]


def test_each_of_several_injections_is_named_where_it_begins():
    images = [make_image(1, phase="pre", minute=0)]
    images += [make_image(2, minute=20), make_image(3, minute=25)]
    images += [
        make_image(4, minute=50, injection=2, view="ML"),
        make_image(5, minute=55, injection=2),
    ]

    _, _, pages = lay_out(images)

    for page in pages[:2]:
        said = [text for text in texts_of(page) if re.match(r"injection \d:", text)]
        assert said == ["injection 1: post CC", "injection 2: post ML"]


def test_one_injection_needs_no_number():
    _, _, (page, *_) = lay_out([make_image(1, phase="pre", minute=0), make_image(2, minute=20)])

    assert {"pre CC", "post CC"} <= set(texts_of(page))


def test_a_clock_that_orders_nothing_draws_no_exposures_and_tells_no_distances():
    images = [make_image(1, phase="pre", minute=59), make_image(2, minute=20)]
    images = [replace(image, is_clock_doubtful=True) for image in images]

    _, _, (page, *_) = lay_out(images)

    assert not {"pre CC", "post CC"} & set(texts_of(page))
    assert {tile.caption.facts for tile in page.tiles} == {
        "10:59  (clock doubtful)",
        "10:20  (clock doubtful)",
    }


def test_times_of_all_rows_are_told_from_the_first_post_image_of_the_injection():
    images = [
        make_image(1, phase="pre", minute=0),
        make_image(2, phase="pre", minute=3, view="ML"),
        make_image(3, minute=20),
        make_image(4, minute=24, view="ML"),
    ]

    _, _, (page, *_) = lay_out(images)

    facts = {tile.caption.facts for tile in page.tiles}
    assert facts == {
        "10:00  (20 min before first post)",
        "10:03  (17 min before first post)",
        "10:20",
        "10:24  (4 min after first post)",
    }


def test_where_names_are_crowded_those_of_injections_come_first():
    images = [make_image(n, phase="pre", minute=n) for n in range(1, 8)]
    images += [make_image(n, minute=n, injection=1 + n // 12) for n in range(8, 16)]
    images += [make_image(16, minute=59, injection=2)]

    _, _, (page, *_) = lay_out(images)

    said = [text for text in texts_of(page) if re.fullmatch(r"injection \d", text)]
    assert said == ["injection 1", "injection 2"]


def test_where_names_are_crowded_what_is_not_known_comes_before_what_is():
    images = [make_image(n, phase="pre", minute=n) for n in range(1, 8)]
    images += [make_image(8, phase="unknown", minute=8), make_image(9, minute=59)]

    _, _, (page, *_) = lay_out(images)

    assert "? CC" in texts_of(page)
    assert texts_of(page).count("CC") < 8


def test_where_names_are_crowded_those_after_contrast_are_the_views_alone():
    images = [make_image(n, minute=14 + n, view=("CC", "ML")[n % 2]) for n in range(1, 15)]
    images += [make_image(15, phase="pre", minute=0)]

    _, _, (page, *_) = lay_out(images)

    said = [text for text in texts_of(page) if text in {"CC", "ML", "post CC", "post ML"}]
    assert said.count("ML") == 7
    assert said.count("CC") == 7
    assert "pre CC" in texts_of(page)
