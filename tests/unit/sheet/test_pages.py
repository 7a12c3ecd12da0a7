"""Whole pages of synthetic tiles: nothing outside, nothing overlapping, nothing lost."""

import dataclasses
from collections import Counter

import numpy as np
import pytest
from builders import make_instance
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from sheets import lay_out, make_image, make_study, make_tile

from ductdicom.model.call import Confidence, ExamKind, Kind, Phase, PhaseCall
from ductdicom.model.instance import Equipment
from ductdicom.model.outcome import Note, Problem, ProblemCode
from ductdicom.pairing.rows import pair_study
from ductdicom.settings import Closeup
from ductdicom.sheet.captions import FOOTER
from ductdicom.sheet.fonts import font_face, text_width
from ductdicom.sheet.layout import LIFE_SIZE, TITLE_PX
from ductdicom.sheet.page import (
    Anchor,
    BoxMark,
    LineMark,
    Page,
    PictureMark,
    SheetOptions,
    TextMark,
    Tone,
    pixel_box,
)
from ductdicom.sheet.page import Box as PageBox
from ductdicom.sheet.pages.compose import compose
from ductdicom.sheet.raster import draw_page
from ductdicom.sheet.style import DARK, LABEL_PX
from ductdicom.sheet.tile import MissingTile

TEXTS = st.text(max_size=60) | st.sampled_from(["IOHEXOL 300 " * 20, "造影" * 40, "<b>&\"'"])
IMAGES = st.lists(
    st.tuples(
        st.sampled_from(["L", "R"]),
        st.sampled_from(["CC", "ML", "MLO"]),
        st.sampled_from(["pre", "post", "unknown"]),
        st.integers(1, 3),
        TEXTS,
    ),
    min_size=1,
    max_size=40,
)


def _extent(mark):
    """Return the box of a text as it is drawn, from its top of capitals to below its baseline."""
    width = text_width(mark.text, mark.size_px, is_bold=mark.is_bold)
    x = mark.x - {Anchor.START: 0, Anchor.MIDDLE: width / 2, Anchor.END: width}[mark.anchor]
    return PageBox(x=x, y=mark.y - 0.66 * mark.size_px, width=width, height=0.66 * mark.size_px)


def _boxes(page):
    for mark in page.marks:
        match mark:
            case TextMark():
                yield _extent(mark)
            case BoxMark() | PictureMark():
                yield mark.box
            case LineMark():
                yield PageBox(
                    x=min(mark.x1, mark.x2),
                    y=min(mark.y1, mark.y2),
                    width=abs(mark.x1 - mark.x2),
                    height=abs(mark.y1 - mark.y2),
                )


def _texts(pages):
    return [mark.text for page in pages for mark in page.marks if isinstance(mark, TextMark)]


def _make(specs):
    return [
        make_image(number, side=side, view=view, phase=phase, injection=injection, text=text)
        for number, (side, view, phase, injection, text) in enumerate(specs, start=1)
    ]


@settings(max_examples=25, deadline=None)
@given(IMAGES)
def test_every_mark_stays_inside_its_page(specs):
    for page in lay_out(_make(specs))[2]:
        for box in _boxes(page):
            assert box.x >= -0.5
            assert box.y >= -0.5
            assert box.right <= page.width + 0.5
            assert box.bottom <= page.height + 0.5


@settings(max_examples=25, deadline=None)
@given(IMAGES)
def test_no_words_overlap_and_all_can_be_drawn(specs):
    for page in lay_out(_make(specs))[2]:
        marks = [mark for mark in page.marks if isinstance(mark, TextMark) and mark.text]
        extents = [_extent(mark) for mark in marks]
        for i, one in enumerate(extents):
            for j, two in enumerate(extents[:i]):
                is_apart = (
                    one.x >= two.right - 1
                    or two.x >= one.right - 1
                    or one.y >= two.bottom - 1
                    or two.y >= one.bottom - 1
                )
                assert is_apart, (marks[i].text, marks[j].text)
        for mark in marks:
            assert all(ord(char) in font_face(is_bold=mark.is_bold).widths for char in mark.text)


@settings(max_examples=25, deadline=None)
@given(IMAGES)
def test_every_image_is_drawn_or_named_and_the_last_page_lists_all(specs):
    images = _make(specs)
    study, pairing, pages = lay_out(images)
    in_rows = {image.uid for row in pairing.rows for image in row.images}
    drawn = {tile.sop_instance_uid for page in pages for tile in page.tiles}

    assert in_rows <= drawn
    assert drawn == {image.uid for image in images}
    assert f"every image of the study ({len(study.images)})" in pages[-1].title
    listed = _texts([page for page in pages if page.title == pages[-1].title])
    assert {image.instance.id for image in images} <= set(listed)


def test_every_problem_stands_on_the_last_pages_in_full():
    study = make_study([make_image(number) for number in range(1, 31)])
    problems = tuple(
        Problem(
            code=ProblemCode.PHASE_CONFLICT, message=f"{number}: {'says both ' * 30}end {number}"
        )
        for number in range(40)
    )
    study = replace(study, problems=problems)

    pages = compose(study, pair_study(study), {}, SheetOptions())

    listed = " ".join(_texts(pages))
    assert all(f"end {number}" in listed for number in range(40))
    assert all(box.bottom <= page.height for page in pages for box in _boxes(page))


@settings(max_examples=15, deadline=None)
@given(IMAGES)
def test_a_row_is_drawn_at_one_scale(specs):
    for page in lay_out(_make(specs))[2]:
        rows = {}
        for tile in page.tiles:
            if tile.row and not tile.is_closeup:
                rows.setdefault((tile.row, tile.title), set()).add(tile.mm_per_unit)
        assert all(len(scales) == 1 for scales in rows.values())


def _cells(pages, word):
    return [text for text in _texts(pages) if text == word or text.startswith(f"{word} ")]


def test_phases_are_said_in_words_inside_each_tile():
    _, _, pages = lay_out(
        [
            make_image(1, phase="pre"),
            make_image(2, phase="post"),
            make_image(3, phase="unknown"),
        ]
    )

    for word in ("PRE", "POST", "UNKNOWN"):
        assert _cells(pages[:2], word)


def test_pre_stands_left_of_post():
    _, _, (page, *_) = lay_out([make_image(2, phase="post"), make_image(1, phase="pre", minute=0)])

    left, right = sorted((t for t in page.tiles if not t.is_closeup), key=lambda t: t.box.x)
    assert (left.phase, right.phase) == ("pre", "post")


def test_every_page_says_what_it_is_not_for():
    _, _, pages = lay_out([make_image(n, phase="pre" if n < 3 else "post") for n in range(1, 9)])

    for number, page in enumerate(pages, start=1):
        texts = _texts([page])
        assert FOOTER in texts
        assert any(text.endswith(f"page {number} of {len(pages)}") for text in texts)


def test_a_missing_partner_has_a_placeholder():
    _, _, pages = lay_out([make_image(1, phase="post")])

    assert "No pre-contrast image" in " ".join(_texts(pages))


def test_an_image_that_cannot_be_shown_has_a_placeholder_with_the_reason():
    images = [make_image(1, phase="pre"), make_image(2, phase="post")]
    tiles = {"1.dcm": make_tile(), "2.dcm": MissingTile(reason="truncated")}

    _, _, pages = lay_out(images, tiles)

    assert "truncated" in " ".join(_texts(pages))


def test_an_unknown_scale_is_said_and_has_no_bar():
    images = [make_image(1, phase="pre"), make_image(2, phase="post")]
    tiles = {"1.dcm": make_tile(spacing_mm=None), "2.dcm": make_tile(spacing_mm=None)}

    _, _, (page, *_) = lay_out(images, tiles)

    assert not [text for text in _texts([page]) if "mm est" in text]
    assert all(tile.mm_per_unit is None for tile in page.tiles)


def test_what_is_no_view_is_listed_and_not_drawn():
    images = [make_image(1, phase="pre"), make_image(2, kind=Kind.SPECIMEN)]

    _, _, pages = lay_out(images)

    assert {t.sop_instance_uid for p in pages for t in p.tiles} == {"2.25.1"}
    assert any("specimen" in text for text in _texts(pages[-1:]))


def test_identity_is_what_the_caller_allows():
    _, _, pages = lay_out([make_image(1)], identity=("Patient ID 7", "Study 2026-01-02"))

    for page in pages:
        assert any("Patient ID 7" in text for text in _texts([page]))


# --- the raster ------------------------------------------------------------------------------


@given(
    st.integers(1, 40),
    st.integers(1, 40),
    st.sampled_from([100, 150, 200, 300]),
    st.integers(0, 2**32 - 1),
)
def test_a_picture_is_drawn_value_by_value(width, height, dpi, seed):
    box = PageBox(x=7, y=11, width=width, height=height)
    place = pixel_box(box, dpi / 200)
    shape = (int(place.height), int(place.width))
    pixels = np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)
    mark = PictureMark(box=box, pixels=pixels, uid="1", alternative="")
    page = Page(title="", width=100, height=100, dpi=dpi, marks=(mark,))

    drawn = draw_page(page, DARK)

    x, y = int(place.x), int(place.y)
    part = drawn[y : y + shape[0], x : x + shape[1]]
    assert (part == pixels[..., None]).all()


@pytest.mark.parametrize("dpi", [100, 200, 300])
def test_pictures_of_a_page_fit_their_boxes_at_every_resolution(dpi):
    _, _, pages = lay_out([make_image(n, phase="pre" if n < 3 else "post") for n in range(1, 5)],
                          dpi=dpi)  # fmt: skip

    for page in pages:
        drawn = draw_page(page, DARK)
        assert drawn.shape == (page.size_px[1], page.size_px[0], 3)
        for mark in page.marks:
            if isinstance(mark, PictureMark):
                place = pixel_box(mark.box, page.scale)
                assert mark.pixels.shape == (place.height, place.width)


@pytest.mark.parametrize("spacing_mm", [0.1, 0.25, 0.5])
def test_a_disc_of_known_size_measures_right_on_the_page(spacing_mm):
    diameter_mm = 40.0
    rows, columns = round(180 / spacing_mm), round(90 / spacing_mm)
    y, x = np.mgrid[:rows, :columns] * spacing_mm
    disc = ((y - 90) ** 2 + (x - 45) ** 2 <= (diameter_mm / 2) ** 2) * np.uint16(65535)
    tiles = {
        "1.dcm": make_tile(values=disc.astype(np.uint16), spacing_mm=(spacing_mm, spacing_mm)),
        "2.dcm": make_tile(values=disc.astype(np.uint16), spacing_mm=(spacing_mm, spacing_mm)),
    }

    _, _, (page, *_) = lay_out([make_image(1, phase="pre"), make_image(2)], tiles)

    for tile in page.tiles:
        mark = next(m for m in page.marks if isinstance(m, PictureMark) and m.box == tile.box)
        mm_per_px = tile.mm_per_unit / page.scale
        area_mm2 = (mark.pixels / 255).sum() * mm_per_px**2
        if tile.is_closeup:
            continue
        assert 2 * np.sqrt(area_mm2 / np.pi) == pytest.approx(diameter_mm, rel=0.02)


def test_phases_of_the_record_are_those_of_the_columns():
    _, _, (page, *_) = lay_out([make_image(1, phase="pre"), make_image(2)])

    assert {tile.phase for tile in page.tiles} == {Phase.PRE, Phase.POST}


def test_the_inventory_tells_the_injections_apart():
    images = [make_image(1, phase="pre"), make_image(2), make_image(3, injection=2)]

    _, _, pages = lay_out(images)

    said = {mark.text for mark in pages[-1].marks if isinstance(mark, TextMark)}
    assert {"L CC, injections 1 2", "L CC, injection 1", "L CC, injection 2"} <= said


@pytest.mark.parametrize("word", ["IOHEXOL ", "IOHEXOL-"])
def test_the_inventory_gives_a_long_reason_in_full(word):
    _, _, pages = lay_out([make_image(1, phase="pre"), make_image(2, text=word * 30)])

    said = [mark.text for mark in pages[-1].marks if isinstance(mark, TextMark)]
    assert "".join(said).count("IOHEXOL") >= 28  # two may be parted by the ends of lines
    assert not any("…" in text for text in said)


@pytest.mark.parametrize(
    ("sides", "title"),
    [
        pytest.param("R", "R breast", id="one"),
        pytest.param("L", "L breast", id="the other"),
        pytest.param("LR", "both breasts", id="both"),
    ],
)
def test_a_page_of_a_plain_study_names_the_sides_that_it_shows(sides, title):
    images = [make_image(n, side=s, view="MLO", phase="pre") for n, s in enumerate(sides, 1)]
    tiles = {i.instance.origin.label: make_tile(side=str(i.laterality)) for i in images}
    study = make_study(images)
    study = replace(study, exam=replace(study.exam, kind=ExamKind.MAMMOGRAM))

    (page, _) = compose(study, pair_study(study), tiles, SheetOptions())

    assert page.title == title


def _frames(page):
    tones = {Tone.PRE, Tone.POST}
    return [
        m for m in page.marks if isinstance(m, BoxMark) and m.stroke in tones and m.fill is None
    ]


def test_a_frame_is_dashed_where_its_image_is_suggested_and_nowhere_else():
    suggested = PhaseCall(phase=Phase.UNKNOWN, confidence=Confidence.UNKNOWN, suggestion=Phase.POST)
    images = [make_image(1, phase="pre"), make_image(2, minute=20)]
    unknown_scale = {f"{n}.dcm": make_tile(spacing_mm=None) for n in (1, 2)}
    gone = {"1.dcm": make_tile(), "2.dcm": MissingTile(reason="truncated")}

    for tiles in (None, unknown_scale, gone):
        assert not any(mark.is_dashed for mark in _frames(lay_out(images, tiles)[2][0]))
    assert not any(mark.is_dashed for mark in _frames(lay_out(images[1:])[2][0]))
    images[1] = replace(images[1], call=suggested)
    by_tone = {m.stroke: m.is_dashed for m in _frames(lay_out(images)[2][0])}
    assert by_tone == {Tone.PRE: False, Tone.POST: True}


def test_frames_of_pre_and_post_are_told_apart_without_colour():
    _, _, (page, *_) = lay_out([make_image(1, phase="pre"), make_image(2, minute=20)])

    lines = Counter(mark.stroke for mark in _frames(page))

    assert lines == {Tone.PRE: 1, Tone.POST: 2}


def test_an_unknown_scale_is_said_in_the_place_of_the_bar():
    images = [make_image(1, phase="pre"), make_image(2, minute=20)]
    tiles = {"1.dcm": make_tile(), "2.dcm": make_tile(spacing_mm=None)}

    said = list(_texts(lay_out(images, tiles)[2][:1]))

    assert said.count("scale unknown, no bar") == 1
    assert len([text for text in said if text.endswith("mm est.")]) == 1


def test_notes_of_two_lines_stand_within_the_title_line_of_their_row():
    """Above it stand the names of exposures, with the tails of their letters, below it images."""
    notes = (Note.VIEW_DIFFERS, Note.MAGNIFICATION_DIFFERS, Note.SCALE_UNKNOWN, Note.PRIOR_STUDY)
    images = [make_image(1, phase="pre"), make_image(2, minute=20)]
    study = make_study(images)
    pairing = pair_study(study)
    rows = tuple(replace(row, notes=notes * 2) for row in pairing.rows)
    tiles = {f"{n}.dcm": make_tile((300, 20), seed=n) for n in (1, 2)}
    page, *_ = compose(study, replace(pairing, rows=rows), tiles, SheetOptions())

    warned = [m for m in page.marks if isinstance(m, TextMark) and m.tone is Tone.WARNING]
    title = next(m for m in page.marks if isinstance(m, TextMark) and m.text.startswith("L CC"))
    upper, lower = sorted((m for m in warned if abs(m.y - title.y) < TITLE_PX), key=lambda m: m.y)
    top = title.y + 0.22 * LABEL_PX - TITLE_PX  # of the title line
    assert upper.y - 0.73 * upper.size_px >= top
    assert upper.y + 0.24 * upper.size_px <= lower.y - 0.73 * lower.size_px
    assert lower.y + 0.24 * lower.size_px <= top + TITLE_PX + 1


def _problem(number, code=ProblemCode.TIME_CONFLICT, message="it was late"):
    return Problem(code=code, message=message, sop_instance_uid=f"2.25.{number}")


@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        ([2], "time-conflict: it was late (image 2)"),
        ([1, 3, 4], "time-conflict: it was late (images 1, 3–4)"),
        ([1, 2, 3, 4, 5], "time-conflict: it was late (every view)"),
        ([1, 2], "time-conflict: it was late (every view of Alpha)"),
    ],
)
def test_a_problem_of_several_images_is_one_line_with_their_numbers(numbers, words):
    machines = [Equipment(model_name="Alpha")] * 2 + [Equipment(model_name="Beta")] * 3
    images = [
        make_image(n, instance=make_instance(f"2.25.{n}", equipment=machine))
        for n, machine in enumerate(machines, start=1)
    ]
    study = replace(make_study(images), problems=tuple(map(_problem, numbers)))

    pages = compose(study, pair_study(study), {}, SheetOptions())

    said = [text for text in _texts(pages) if text.startswith("time-conflict")]
    assert said == [words]


def test_a_problem_of_the_study_names_no_image():
    study = replace(make_study([make_image(1)]), problems=(_problem(""),))

    assert "time-conflict: it was late" in _texts(
        compose(study, pair_study(study), {}, SheetOptions())
    )


@pytest.mark.parametrize(
    ("problems", "words"),
    [
        pytest.param((), None, id="none"),
        pytest.param((_problem(1), _problem(2)), "1 problem, on the last page", id="one of two"),
        pytest.param(
            (_problem(1), _problem(1, message="it was early")),
            "2 problems, on the last page",
            id="two",
        ),
    ],
)
def test_a_paired_study_says_in_its_head_that_there_are_problems(problems, words):
    study = make_study([make_image(1, phase="pre"), make_image(2, minute=20)])
    pages = compose(replace(study, problems=problems), pair_study(study), {}, SheetOptions())

    assert pair_study(study).status == "paired"
    said = [m for m in pages[0].marks if isinstance(m, TextMark) and "on the last page" in m.text]
    assert [mark.text for mark in said] == ([words] if words else [])
    assert all(mark.tone is Tone.WARNING for mark in said)


def test_the_last_page_says_what_abbreviations_mean():
    _, _, pages = lay_out([make_image(1, phase="pre"), make_image(2, minute=20)])

    drawn, said = " ".join(_texts(pages[:-1])), _texts(pages[-1:])

    for words, sign in (
        ("PRE, single frame", "PRE"),
        ("POST, double frame", "POST"),
        ("20 mm est.", "mm est."),
        ("(+3 min)", " min)"),
        ("trimmed", "trimmed"),
        ("SCALE AT DETECTOR", "SCALE AT DETECTOR"),
        ("0.4% at max", "% at max"),
    ):
        assert (words in said) is (sign in drawn), words


@pytest.mark.parametrize("count", [1, 5])
def test_closeups_that_are_asked_for_stand_on_pages_of_their_own(count):
    images = [make_image(1, phase="pre"), *(make_image(n, minute=20) for n in range(2, count + 2))]
    tiles = {
        f"{n}.dcm": dataclasses.replace(make_tile((180, 90)), tip=(0.5, 0.9))
        for n in range(1, count + 2)
    }
    plain = lay_out(images, tiles, closeup=Closeup.NEVER)[2][0]

    whole, closer = lay_out(images, tiles, closeup=Closeup.ALWAYS)[2][:2]

    assert whole.tiles == plain.tiles  # as large as without close-ups
    boxes = {tile.sop_instance_uid: tile.box for tile in whole.tiles}
    assert {tile.sop_instance_uid for tile in closer.tiles} == set(boxes)
    for tile in closer.tiles:
        box = boxes[tile.sop_instance_uid]
        assert (tile.is_closeup, tile.pages_before) == (True, 1)
        assert tile.mm_per_unit <= 1 / LIFE_SIZE
        assert box.x <= tile.part.x <= tile.part.right <= box.right + 1e-6
        assert box.y <= tile.part.y <= tile.part.bottom <= box.bottom + 1e-6
        assert any(m.box == tile.part for m in whole.marks if isinstance(m, BoxMark))


def test_without_a_nipple_no_page_of_closeups_is_added():
    images = [make_image(1, phase="pre"), make_image(2, minute=20)]

    plain, asked = (
        lay_out(images, closeup=closeup)[2] for closeup in (Closeup.NEVER, Closeup.ALWAYS)
    )

    assert len(plain) == len(asked)


def test_a_study_that_is_no_ductogram_has_no_closeups():
    study = make_study([make_image(1, phase="pre"), make_image(2, phase="pre", minute=20)])
    plain = [replace(i, call=replace(i.call, phase=None)) for i in study.images]
    study = replace(study, exam=replace(study.exam, kind=ExamKind.MAMMOGRAM), images=tuple(plain))
    tiles = {f"{n}.dcm": dataclasses.replace(make_tile(), tip=(0.5, 0.9)) for n in (1, 2)}

    for closeup in Closeup:
        options = SheetOptions(closeup=closeup)
        pages = compose(study, pair_study(study), tiles, options)
        assert not any(tile.is_closeup for page in pages for tile in page.tiles)
