"""What is said of an image stands beside it in full, however narrow its place is."""

import dataclasses

import pytest
from builders import make_instance, make_origin
from msgspec.structs import replace
from sheets import lay_out, make_image, make_study, make_tile

from ductdicom.model.call import Confidence, Phase, PhaseCall
from ductdicom.model.outcome import Note
from ductdicom.pairing.rows import pair_study
from ductdicom.sheet.captions import tile_badges
from ductdicom.sheet.layout import LIFE_SIZE
from ductdicom.sheet.page import Anchor, LineMark, SheetOptions, TextMark, Tone
from ductdicom.sheet.pages.compose import compose
from ductdicom.sheet.style import LABEL_PX
from ductdicom.sheet.tile import MissingTile

DOUBTS = (
    Note.SPACING_SUSPECT,
    Note.SCALE_UNKNOWN,
    Note.ORIENTATION_DOUBTFUL,
    Note.GREY_DIFFERS,
    Note.LOSSY,
    Note.FOR_PROCESSING,
)
SUGGESTED_POST = PhaseCall(
    phase=Phase.UNKNOWN, confidence=Confidence.UNKNOWN, suggestion=Phase.POST
)


def words_of(page, tone=None):
    """Return all words of a page in reading order of their columns."""
    marks = [m for m in page.marks if isinstance(m, TextMark) and tone in {None, m.tone}]
    return " ".join(mark.text for mark in sorted(marks, key=lambda m: (m.x, m.y)))


def read_in_cell(page, image):
    """Return the words below an image line by line."""
    field = next(t.field for t in page.tiles if t.sop_instance_uid == image.uid)
    marks = [
        mark
        for mark in page.marks
        if isinstance(mark, TextMark) and field.x <= mark.x < field.right and mark.y > field.bottom
        if mark.anchor is Anchor.START
    ]
    return " ".join(mark.text for mark in sorted(marks, key=lambda m: (m.y, m.x)))


def narrow(count=5, **changes):
    """Return images of one row, its pre first, and how they are drawn as narrow as may be."""
    images = [make_image(1, phase="pre", minute=0)]
    images += [make_image(n, minute=20 + n, **changes) for n in range(2, count + 2)]
    tiles = {
        image.instance.origin.label: make_tile((240, 60), seed=number)
        for number, image in enumerate(images)
    }
    return images, tiles


def test_every_doubt_of_a_narrow_tile_is_said_in_full():
    images, tiles = narrow()
    label = images[1].instance.origin.label
    tiles[label] = dataclasses.replace(tiles[label], notes=DOUBTS)

    _, _, (page, *_) = lay_out(images, tiles)

    said = words_of(page, Tone.WARNING)
    assert "…" not in said
    for badge in tile_badges(DOUBTS):
        assert badge in said


def test_facts_and_grey_of_a_narrow_tile_are_said_in_full():
    images, tiles = narrow(magnification=1.8)
    label = images[2].instance.origin.label
    tiles[label] = dataclasses.replace(
        tiles[label], voi="window 1: A LONG EXPLANATION OF ITS OWN", saturated_fraction=0.123
    )

    _, _, (page, *_) = lay_out(images, tiles)

    said = read_in_cell(page, images[2])
    assert "10:23 (+1 min) · ×1.8 ·" in said
    assert "window 1: A LONG EXPLANATION OF ITS OWN, 12.3% at max" in said


def test_an_image_in_no_row_says_what_is_suggested_of_it():
    unplaced = make_image(2, minute=20, call=SUGGESTED_POST, laterality=None)

    _, _, pages = lay_out([make_image(1, phase="pre", minute=0), unplaced])

    said = " ".join(words_of(page, Tone.WARNING) for page in pages)
    assert "SUGGESTED POST" in said


@pytest.mark.parametrize("word", ["SUGGESTED", "LATERALITY CONFLICT", "VIEW CONFLICT"])
def test_no_badge_hides_another(word):
    images, tiles = narrow(
        call=SUGGESTED_POST, has_laterality_conflict=True, has_view_conflict=True
    )

    _, _, pages = lay_out(images, tiles)

    said = " ".join(words_of(page, Tone.WARNING) for page in pages)
    assert said.count(word) >= len(images) - 1


def test_every_badge_of_a_row_is_said_in_full():
    pre = make_image(1, view="MLO", phase="pre", minute=0)
    study = make_study([pre, make_image(2, view="ML", minute=20)])
    (row,) = pair_study(study).rows
    notes = (Note.VIEW_DIFFERS, Note.MAGNIFICATION_DIFFERS, Note.PRIOR_STUDY, Note.SUGGESTED)
    pairing = replace(pair_study(study), rows=(replace(row, notes=notes),))
    tiles = {image.instance.origin.label: make_tile((240, 60)) for image in study.images}

    page, *_ = compose(study, pairing, tiles, SheetOptions())

    said = words_of(page, Tone.WARNING)
    assert "…" not in said
    for badge in ("VIEW DIFFERS: MLO | ML", "MAGNIFICATION DIFFERS", "PRIOR STUDY", "SUGGESTED"):
        assert badge in said


def lay_out_noted(*noted):
    """Return the page of a pair, its tiles with these notes, and its drawn words of warning."""
    images = [make_image(1, phase="pre", minute=0), make_image(2, minute=20)]
    tiles = {
        image.instance.origin.label: dataclasses.replace(make_tile(), notes=notes)
        for image, notes in zip(images, noted, strict=True)
    }
    page = lay_out(images, tiles)[2][0]
    return page, words_of(page, Tone.WARNING)


def test_what_concerns_every_image_of_a_row_is_said_once_in_its_title():
    both, one = Note.GREY_DIFFERS, Note.LOSSY
    page, said = lay_out_noted((both,), (both, one))

    assert said.count("GREY SCALES DIFFER") == said.count("LOSSY") == 1
    assert [tile.notes for tile in page.tiles if not tile.is_closeup] == [(both,), (both, one)]
    (title,) = {tile.badges for tile in page.tiles}
    assert title == ("GREY SCALES DIFFER",)


def test_what_has_no_room_in_a_title_is_said_of_each_image():
    _, said = lay_out_noted(DOUBTS, DOUBTS)

    assert "…" not in said
    for badge in tile_badges(DOUBTS):
        assert said.count(badge) == 2


def test_a_prior_says_its_date_on_a_narrow_tile():
    images, tiles = narrow()
    earlier = make_instance("2.25.1", origin=make_origin("1.dcm"), study_instance_uid="2.25.9")
    study = make_study([replace(images[0], instance=earlier), *images[1:]])

    page, *_ = compose(study, pair_study(study), tiles, SheetOptions())

    assert "PRIOR 2026-01-02 (0 d)" in read_in_cell(page, study.images[0])


def test_a_title_wider_than_its_row_is_broken():
    image = make_image(1, phase="unknown")

    _, _, (page, *_) = lay_out([image], {"1.dcm": make_tile((240, 60))})

    title = next(m for m in page.marks if isinstance(m, TextMark) and "Not paired" in m.text)
    assert title.text == "Not paired: phase unknown"


@pytest.mark.parametrize(
    "count", [pytest.param(2, id="close-ups beside"), pytest.param(4, id="close-ups below")]
)
def test_a_close_up_has_a_bar_of_its_own_scale_right_below_it(count):
    images = [make_image(1, phase="pre"), *(make_image(n) for n in range(2, count + 1))]
    tiles = {
        image.instance.origin.label: dataclasses.replace(make_tile((120, 60)), tip=(0.5, 0.8))
        for image in images
    }

    _, _, (page, *_) = lay_out(images, tiles)

    for drawn in page.tiles:
        length_mm, length = bar_below(page, drawn)
        assert length * drawn.mm_per_unit == pytest.approx(length_mm)
    whole, closer = page.tiles[:2]
    assert (whole.is_closeup, closer.is_closeup) == (False, True)
    assert closer.mm_per_unit <= min(whole.mm_per_unit, 1 / LIFE_SIZE)


def bar_below(page, drawn):
    """Return the millimetres that are said of the first bar below a picture, and its length."""
    center = drawn.box.x + drawn.box.width / 2
    bars = [
        mark
        for mark in page.marks
        if isinstance(mark, LineMark) and mark.y1 == mark.y2 and mark.y1 > drawn.box.bottom
    ]
    bar = min(bars, key=lambda m: (m.y1, abs(m.x1 - center)))
    words = min(
        (m for m in page.marks if isinstance(m, TextMark) and m.text.endswith("mm est.")),
        key=lambda m: (abs(m.y - bar.y1), abs(m.x - bar.x2)),
    )
    return float(words.text.split()[0]), bar.x2 - bar.x1


def test_a_bar_stands_in_the_tile_of_the_least_breast():
    images = [make_image(1, phase="pre"), make_image(2)]
    tiles = {i.instance.origin.label: make_tile((20, 10)) for i in images}

    _, _, (page, *_) = lay_out(images, tiles)

    bars = [m for m in page.marks if isinstance(m, TextMark) and m.text.endswith("mm est.")]
    assert len(bars) == len(images)


def test_an_image_that_cannot_be_shown_still_says_when_and_why():
    images, tiles = narrow(count=1)
    tiles["2.dcm"] = MissingTile(reason="unsupported-transfer-syntax")

    _, _, (page, *_) = lay_out(images, tiles)

    said = words_of(page)
    assert "10:22" in said
    assert "IOHEXOL 300" in said


@pytest.mark.parametrize("width", [2200, 2339])
def test_the_longest_row_fits_the_narrowest_paper(width):
    images, tiles = narrow(count=12)

    _, _, pages = lay_out(images, tiles, width=width, height=1654)

    drawn = [tile for page in pages for tile in page.tiles]
    assert {tile.sop_instance_uid for tile in drawn} == {image.uid for image in images}
    assert all(tile.box.height > 200 for tile in drawn)
    assert all(tile.field.x + tile.field.width <= width for tile in drawn)


@pytest.mark.parametrize(
    ("lost", "wanted"),
    [
        pytest.param(["1.dcm"], ["PRE CANNOT BE SHOWN"], id="before"),
        pytest.param(["3.dcm"], ["POST 2 CANNOT BE SHOWN"], id="one of two after"),
        pytest.param([], [], id="none"),
    ],
)
def test_the_title_of_a_row_warns_of_an_image_that_cannot_be_shown(lost, wanted):
    images, tiles = narrow(count=2)
    tiles |= dict.fromkeys(lost, MissingTile(reason="truncated"))

    _, _, (page, *_) = lay_out(images, tiles)

    said = [m for m in page.marks if isinstance(m, TextMark) and m.tone is Tone.WARNING]
    assert [m.text for m in said if "CANNOT BE SHOWN" in m.text] == wanted
    assert {m.size_px for m in said if "truncated" in m.text} == ({LABEL_PX} if lost else set())


@pytest.mark.parametrize(
    ("shapes", "times"),
    [
        pytest.param(((120, 60), (180, 60)), 1, id="another"),
        pytest.param(((120, 60), (120, 60)), 0, id="the same"),
    ],
)
def test_a_row_of_another_scale_than_the_one_beside_it_says_so_once(shapes, times):
    views = ("CC", "ML")
    images = [
        make_image(10 * n + p, view=view, phase=phase)
        for n, view in enumerate(views, start=1)
        for p, phase in enumerate(("pre", "post"))
    ]
    tiles = {
        image.instance.origin.label: make_tile(shapes[views.index(image.view)], view=image.view)
        for image in images
    }

    _, _, (page, *_) = lay_out(images, tiles)

    scales = {round(tile.mm_per_unit, 3) for tile in page.tiles}
    assert words_of(page).count("other scale") == times == len(scales) - 1
