from dataclasses import replace

import pytest
from msgspec.structs import replace as changed
from sheets import lay_out, make_image, make_study, make_tile

from ductdicom.export.records import record_sheet
from ductdicom.geometry.slab import Slab
from ductdicom.model.call import Confidence, Decision, Kind, Phase, PhaseCall
from ductdicom.model.study import stacks_of
from ductdicom.pairing.rows import pair_study
from ductdicom.sheet.layout import LIFE_SIZE
from ductdicom.sheet.page import PictureMark, TextMark
from ductdicom.sheet.tile import MissingTile

WHOLE = Slab(first=1, last=62, count=62, spacing_mm=1.0)
MIDDLE = replace(WHOLE, first=27, last=36)
PAIR = (make_image(1, phase="pre"), make_image(9, phase="post"))


def make_stack(number, frames=62, **changes):
    image = make_image(number, kind=Kind.TOMOSYNTHESIS, **changes)
    raster = changed(image.instance.raster, frames=frames)
    return changed(image, instance=changed(image.instance, raster=raster))


def make_slices(numbers, series="2.25.7", **changes):
    """Return slices that are objects of their own, in one series."""
    slices = [make_stack(number, frames=1, **changes) for number in numbers]
    return [
        changed(image, instance=changed(image.instance, series_instance_uid=series))
        for image in slices
    ]


def stack_tile(whole=WHOLE, middle=MIDDLE, **options):
    tile = make_tile(seed=5, **options)
    inner = None if middle is None else replace(tile, slab=middle)
    return replace(tile, slab=whole, middle=inner)


def drawn(*images, tiles=None, **options):
    """Return the pages of images; stacks have two slabs unless ``tiles`` says otherwise."""
    found = {
        image.instance.origin.label: stack_tile(side=str(image.laterality or "L"))
        if image.kind is Kind.TOMOSYNTHESIS
        else make_tile(side=str(image.laterality or "L"), view=image.view)
        for image in images
    }
    return lay_out(images, found | (tiles or {}), **options)[2]


def strip_of(page):
    return [tile for tile in page.tiles if tile.slab is not None]


def said_on(page):
    return " ".join(mark.text for mark in page.marks if isinstance(mark, TextMark))


def test_the_tomosynthesis_stands_beside_the_rows_in_two_slabs():
    page, *_ = drawn(*PAIR, make_stack(12))

    strip = strip_of(page)
    rows = [tile for tile in page.tiles if tile.slab is None]
    assert [tile.slab for tile in strip] == [MIDDLE, WHOLE]
    assert {tile.phase for tile in strip} == {"post"}
    assert min(tile.box.x for tile in strip) > max(tile.box.right for tile in rows)
    assert "middle 10 mm" in said_on(page)
    assert "whole 62 mm" in said_on(page)
    assert "62 slices, 1 mm apart, middle 27 to 36 ·" in said_on(page)


def test_a_tomosynthesis_is_never_half_of_a_pair():
    pre, post = make_image(1, phase="pre"), make_stack(12)
    study = make_study((pre, post))

    pairing = pair_study(study)

    assert [image.uid for row in pairing.rows for image in row.images] == [pre.uid]
    assert [stack.images for stack in pairing.stacks] == [(post,)]


def test_its_pictures_have_one_scale_that_is_not_above_that_of_the_rows():
    page, *_ = drawn(*PAIR, make_stack(12), make_stack(13, phase="pre"))

    strip = {tile.mm_per_unit for tile in strip_of(page)}
    rows = {tile.mm_per_unit for tile in page.tiles if tile.slab is None and not tile.is_closeup}
    assert len(strip) == 1
    assert min(strip) >= max(rows)
    assert f"{max(rows) / min(strip):.0%} as large as the rows" in said_on(page)


def test_beside_rows_of_several_scales_its_own_bars_tell_its_scale():
    lateral = [make_image(2, phase="pre", view="ML"), make_image(10, view="ML")]
    larger = {f"{n}.dcm": make_tile((180, 60), view="ML") for n in (2, 10)}

    page, *_ = drawn(*PAIR, *lateral, make_stack(12), make_stack(13, phase="pre"), tiles=larger)

    assert len({tile.mm_per_unit for tile in page.tiles if tile.slab is None}) == 2
    assert "maximum over the slices, scale by its own bars" in said_on(page)
    assert "as large as the rows" not in said_on(page)


@pytest.mark.parametrize("rows", [PAIR, ()], ids=["below rows", "alone"])
def test_pre_stands_left_of_post_view_by_view(rows):
    stacks = [
        make_stack(number, view=view, phase=phase)
        for number, view, phase in (
            (12, "CC", "post"),
            (13, "ML", "post"),
            (30, "CC", "pre"),  # by its own evidence, though it was exposed after them
            (31, "CC", "unknown"),
        )
    ]
    page, *_ = drawn(*rows, *stacks)

    found = [(tile.box.x, tile.sop_instance_uid, tile.phase) for tile in strip_of(page)][::2]
    assert found == sorted(found) if rows else True
    assert [(uid[5:], phase) for _, uid, phase in found] == [
        ("30", "pre"), ("12", "post"), *([] if rows else [("31", "unknown")]), ("13", "post"),
    ]  # fmt: skip


def test_what_is_filled_has_the_page_of_the_rows():
    pre = [make_stack(number, phase="pre") for number in (2, 3, 4)]
    rows, alone, _ = drawn(*PAIR, *pre, make_stack(12))

    shown = [[tile.sop_instance_uid for tile in strip_of(page)][::2] for page in (rows, alone)]
    assert shown == [["2.25.2", "2.25.3", "2.25.12"], ["2.25.4"]]


@pytest.mark.parametrize("side", ["L", "R"])
def test_the_other_breast_is_only_listed(side):
    page, inventory = drawn(*PAIR, make_stack(12, side=side))

    assert bool(strip_of(page)) is (side == "L")
    assert "tomosynthesis" in said_on(inventory)


def test_a_stack_of_unknown_side_is_shown_with_a_word():
    page, *_ = drawn(*PAIR, changed(make_stack(12), laterality=None))

    assert len(strip_of(page)) == 2
    assert "side ?" in said_on(page)


def test_the_strip_says_where_no_plain_view_of_its_kind_is_there():
    page, *_ = drawn(*PAIR, make_stack(12), make_stack(13, view="ML"))

    assert [tile.caption.notes for tile in strip_of(page)][::2] == [(), ("NO PLAIN VIEW",)]


def test_tomosynthesis_alone_has_a_page_of_its_own():
    page, _ = drawn(make_stack(12))

    assert len(strip_of(page)) == 2
    assert "tomosynthesis, no plain view" in said_on(page)


def test_many_stacks_go_on_upon_pages_of_their_own():
    stacks = [make_stack(number) for number in range(10, 19)]
    pages = drawn(*PAIR, *stacks)

    assert [len(strip_of(page)) // 2 for page in pages] == [3, 4, 2, 0]
    shown = [tile.sop_instance_uid for page in pages for tile in strip_of(page)]
    assert shown[::2] == [stack.uid for stack in stacks]


def test_each_injection_has_its_own_stacks():
    images = (
        make_image(1, phase="pre"),
        make_image(9, injection=1),
        make_image(30, injection=2),
    )
    pages = drawn(*images, make_stack(12, injection=1), make_stack(33, injection=None))

    assert [[tile.sop_instance_uid for tile in strip_of(page)][::2] for page in pages[:2]] == [
        ["2.25.12"],
        ["2.25.33"],
    ]


def test_a_stack_that_cannot_be_read_has_a_placeholder_with_the_reason():
    stack = make_stack(12)
    page, *_ = drawn(
        *PAIR, stack, tiles={stack.instance.origin.label: MissingTile(reason="truncated")}
    )

    (missing,) = page.placeholders
    assert (missing.sop_instance_uid, missing.reason) == (stack.uid, "truncated")
    assert not strip_of(page)
    assert "truncated" in said_on(page)


def test_an_excluded_stack_stays_small_and_grey():
    page, *_ = drawn(*PAIR, make_stack(12, is_excluded=True))

    assert {tile.depicted.is_excluded for tile in strip_of(page)} == {True}
    assert "EXCLUDED" in said_on(page)


@pytest.mark.parametrize(
    ("whole", "middle", "words"),
    [
        (replace(WHOLE, spacing_mm=None), replace(MIDDLE, spacing_mm=None),
         ("62 slices, distance unknown", "middle, 10 slices", "whole, 62 slices")),
        (replace(WHOLE, last=8, count=8), None, ("8 slices, 1 mm apart ·", "whole 8 mm")),
        (replace(WHOLE, voi_of=32), replace(MIDDLE, voi_of=32), ("window 1 of slice 32",)),
    ],
)  # fmt: skip
def test_it_says_what_is_known_of_the_slices(whole, middle, words):
    stack = make_stack(12)
    page, *_ = drawn(*PAIR, stack, tiles={stack.instance.origin.label: stack_tile(whole, middle)})

    assert [word for word in words if word not in said_on(page)] == []
    assert len(strip_of(page)) == (1 if middle is None else 2)


def test_a_stack_without_scale_says_so():
    stack = make_stack(12)
    page, *_ = drawn(
        *PAIR,
        stack,
        tiles={stack.instance.origin.label: stack_tile(spacing_mm=None)},
    )

    assert {tile.mm_per_unit for tile in strip_of(page)} == {None}
    assert "scale unknown, no bar" in said_on(page)
    assert strip_of(page)[0].caption.notes == ("SCALE UNKNOWN",)


def test_pictures_tell_in_words_what_they_show():
    page, *_ = drawn(*PAIR, make_stack(12), zoom=2.0)

    words = [mark.alternative for mark in page.marks if isinstance(mark, PictureMark)]
    assert "POST, L CC tomosynthesis, middle 10 mm, Contrast/Bolus Agent “IOHEXOL 300”" in words
    assert "POST, L CC tomosynthesis, whole 62 mm, Contrast/Bolus Agent “IOHEXOL 300”" in words


def test_the_record_says_which_slices_a_tile_shows():
    page, *_ = drawn(*PAIR, make_stack(12))

    tiles = record_sheet("sheet-1.png", "png", page, 1).tiles
    slabs = [tile.slab for tile in tiles if tile.slab]
    assert [(s.part, s.first, s.last, s.slices, s.thickness_mm) for s in slabs] == [
        ("middle", 27, 36, 62, 10.0),
        ("whole", 1, 62, 62, 62.0),
    ]
    assert {tile.region for tile in tiles if tile.slab} == {(0, 0, 60, 120)}


def test_rows_keep_their_close_ups_at_life_size_beside_a_tomosynthesis():
    scenes = (("CC", "pre"), ("CC", "post"), ("ML", "pre"), ("ML", "post"))
    images = [
        make_image(number, view=view, phase=phase, minute=number)
        for number, (view, phase) in enumerate(scenes, start=1)
    ]
    tiles = {
        f"{n}.dcm": replace(make_tile((height, round(0.6 * height))), tip=(0.5, 0.8))
        for n, height in ((1, 196), (2, 157), (3, 236), (4, 157))
    }
    page, *_ = drawn(*images, make_stack(12), tiles=tiles)

    closer = [tile for tile in page.tiles if tile.is_closeup]
    assert len(closer) == 4
    assert all(1 / tile.mm_per_unit >= 0.999 * LIFE_SIZE for tile in closer)
    assert len(strip_of(page)) == 2


def test_before_contrast_and_after_it_stand_side_by_side_below_the_rows():
    page, *_ = drawn(*PAIR, make_stack(12), make_stack(13, phase="pre"))

    pre, post = strip_of(page)[::2]
    rows = [tile for tile in page.tiles if tile.slab is None]
    assert (pre.phase, post.phase) == ("pre", "post")
    assert pre.box.right < post.box.x
    assert pre.box.y == post.box.y > max(tile.box.bottom for tile in rows)


def test_rows_that_need_the_whole_page_leave_the_strip_to_the_next():
    lateral = (make_image(2, view="ML", phase="pre"), make_image(10, view="ML", phase="post"))
    stacks = (make_stack(70), make_stack(71, phase="pre"))

    rows, alone, _ = drawn(*PAIR, *lateral, *stacks, height=1200.0)

    assert (strip_of(rows), len(rows.tiles)) == ([], 4)
    assert (len(strip_of(alone)), len(alone.tiles)) == (4, 4)
    assert alone.title == "L breast, tomosynthesis"


def test_slices_that_are_objects_of_their_own_are_one_stack():
    page, inventory = drawn(*PAIR, *make_slices(range(10, 50)), *make_slices([59], "2.25.8"))

    assert [tile.sop_instance_uid for tile in strip_of(page)][::2] == ["2.25.30", "2.25.59"]
    assert said_on(inventory).count("left out: tomosynthesis") == 2
    assert "40 objects with a slice each" in said_on(inventory)


@pytest.mark.parametrize("differing", [{"phase": "pre"}, {"view": "ML"}, {"side": "R"}])
def test_slices_of_which_not_the_same_is_said_are_several_stacks(differing):
    slices = [*make_slices(range(10, 15)), *make_slices(range(20, 25), **differing)]

    stacks = stacks_of(slices)

    assert [[image.uid for image in stack.images] for stack in stacks] == [
        [f"2.25.{number}" for number in numbers] for numbers in (range(10, 15), range(20, 25))
    ]


def test_what_is_decided_of_one_slice_counts_for_all():
    slices = make_slices(range(10, 15))
    pre = PhaseCall(phase=Phase.PRE, confidence=Confidence.CONFIRMED)
    slices[3] = changed(slices[3], call=pre, decided=Decision(phase=Phase.PRE))

    (stack,) = stacks_of(slices)

    assert (stack.image.uid, len(stack.images)) == ("2.25.13", 5)
    assert stack.image.shown_phase == "pre"
