import pytest
from hypothesis import given
from hypothesis import strategies as st

from ductdicom.settings import Closeup
from ductdicom.sheet.layout import (
    FRAME_PX,
    LIFE_SIZE,
    NARROWEST_TILE_PX,
    TILE_GAP_PX,
    Slot,
    arrange,
)
from ductdicom.sheet.page import Box

AREA = Box(x=56, y=174, width=2227, height=1384)
SIZES = st.tuples(st.floats(40, 260), st.floats(60, 320))
SLOTS = st.builds(
    lambda size, is_known, level: Slot(
        size_mm=size if is_known else None,
        aspect=size[0] / size[1],
        level=level,
        has_closeup=is_known and level is not None,
    ),
    SIZES,
    st.booleans(),
    st.none() | st.floats(0, 1),
)
BLOCKS = st.lists(st.lists(SLOTS, min_size=1, max_size=6), min_size=1, max_size=4)
WALL = st.sampled_from(["left", "right", None])


def _walls(blocks, wall="left"):
    return [[wall for _ in block] for block in blocks]


def _overlap(one, two):
    return one.x < two.right and two.x < one.right and one.y < two.bottom and two.y < one.bottom


def _is_inside(inner, outer, slack=1):
    return (
        inner.x >= outer.x - slack
        and inner.y >= outer.y - slack
        and inner.right <= outer.right + slack
        and inner.bottom <= outer.bottom + slack
    )


@given(BLOCKS, WALL, st.sampled_from(list(Closeup)))
def test_nothing_overlaps_and_all_is_inside(blocks, wall, closeup):
    placed = arrange(blocks, AREA, _walls(blocks, wall), closeup)

    assert [len(block.slots) for block in placed] == [len(block) for block in blocks]
    cells = [slot.cell for block in placed for slot in block.slots]
    assert all(_is_inside(cell, AREA, slack=3) for cell in cells)
    assert not any(_overlap(a, b) for i, a in enumerate(cells) for b in cells[:i])
    for block in placed:
        for slot in block.slots:
            assert _is_inside(slot.image, slot.field)
            assert _is_inside(slot.field, slot.cell)
            assert slot.closeup is None or _is_inside(slot.closeup.box, slot.cell)
            assert slot.closeup is None or not _overlap(slot.closeup.box, slot.field)
            assert slot.closeup is None or _is_inside(slot.closeup.picture, slot.closeup.box)
            assert slot.image.width >= 1
            assert slot.image.height >= 1


@given(BLOCKS)
def test_a_row_has_one_scale_and_sizes_keep_to_it(blocks):
    for block, placed in zip(blocks, arrange(blocks, AREA, _walls(blocks)), strict=True):
        scales = {slot.mm_per_unit for slot in placed.slots if slot.mm_per_unit}
        assert len(scales) <= 1
        for slot, place in zip(block, placed.slots, strict=True):
            assert (place.mm_per_unit is None) == (slot.size_mm is None)
            if slot.size_mm:
                width, height = (size / place.mm_per_unit for size in slot.size_mm)
                assert abs(place.image.width - width) <= 1
                assert abs(place.image.height - height) <= 1


@given(st.lists(SIZES, min_size=1, max_size=6))
def test_one_row_is_as_large_as_the_page_allows(sizes):
    block = [Slot(size_mm=size, aspect=size[0] / size[1]) for size in sizes]

    (placed,) = arrange([block], AREA, _walls([block]))

    scale = 1 / placed.slots[0].mm_per_unit
    width = sum(max(w * scale, NARROWEST_TILE_PX) + 2 * FRAME_PX for w, _ in sizes)
    is_full_high = placed.slots[0].cell.bottom >= AREA.bottom - 2
    is_full_wide = width + TILE_GAP_PX * (len(sizes) - 1) >= AREA.width - 2
    assert is_full_high or is_full_wide


def test_two_rows_stand_where_they_are_larger():
    def placed(size):
        block = [Slot(size_mm=size, aspect=size[0] / size[1])] * 2
        one, two = arrange([block, block], AREA, _walls([block, block]))
        return one.slots[0].cell, two.slots[0].cell

    high_one, high_two = placed((60, 200))
    wide_one, wide_two = placed((260, 80))

    assert high_one.y == high_two.y
    assert wide_one.y < wide_two.y


@pytest.mark.parametrize(("wall", "edge"), [("left", "x"), ("right", "right")])
def test_images_stand_at_their_chest_walls_edge(wall, edge):
    block = [Slot(size_mm=(20, 200), aspect=0.1), Slot(size_mm=(60, 150), aspect=0.4)]

    (placed,) = arrange([block], AREA, _walls([block], wall))

    for slot in placed.slots:
        assert getattr(slot.image, edge) == pytest.approx(getattr(slot.field, edge), abs=1)


@given(st.floats(0.3, 0.7), st.floats(0.05, 0.95), st.floats(0.8, 0.98))
def test_nipples_of_a_row_stand_level_where_there_is_room(level, place, share):
    top = place * (1 - share)  # of the lower image, as a share of the other's height
    block = [
        Slot(size_mm=(100, 200), aspect=0.5, level=level),
        Slot(size_mm=(100, 200 * share), aspect=0.5 / share, level=(level - top) / share),
    ]

    (placed,) = arrange([block], AREA, _walls([block]))

    tips = [
        slot.image.y + slot.image.height * wanted.level
        for slot, wanted in zip(placed.slots, block, strict=True)
    ]
    assert tips[0] == pytest.approx(tips[1], abs=2)


def test_a_tile_of_unknown_scale_is_as_high_as_the_others():
    block = [Slot(size_mm=(100, 200), aspect=0.5), Slot(size_mm=None, aspect=0.5)]

    (placed,) = arrange([block], AREA, _walls([block]))

    assert placed.slots[0].image.height == placed.slots[1].image.height
    assert placed.slots[1].mm_per_unit is None


CC = Slot(size_mm=(90, 170), aspect=90 / 170, level=0.5, has_closeup=True)
MLO = Slot(size_mm=(90, 230), aspect=90 / 230, level=0.6, has_closeup=True)


def _auto(*blocks):
    return arrange(blocks, AREA, _walls(blocks), Closeup.AUTO)


def test_a_row_of_lower_images_is_larger_than_the_one_beside_it():
    low, high = arrange([[CC] * 2, [MLO] * 2], AREA, _walls([[CC] * 2, [MLO] * 2]))

    assert low.slots[0].mm_per_unit <= high.slots[0].mm_per_unit
    assert low.slots[0].cell.bottom == pytest.approx(high.slots[0].cell.bottom, abs=1)


@pytest.mark.parametrize("blocks", [([CC] * 2,), ([CC] * 2, [MLO] * 2), ([CC] * 3, [MLO] * 2)])
def test_every_image_of_a_usual_page_has_a_closeup_of_life_size_at_least(blocks):
    for block in _auto(*blocks):
        scales = {slot.closeup.mm_per_unit for slot in block.slots}

        assert len(scales) == 1  # before and after can be compared
        assert scales.pop() <= min(1 / LIFE_SIZE, block.slots[0].mm_per_unit)


def test_closeups_of_one_pair_stand_beside_its_images_and_leave_them_their_size():
    (with_closeups,) = _auto([CC] * 2)
    (plain,) = arrange([[CC] * 2], AREA, _walls([[CC] * 2]))

    for slot, alone in zip(with_closeups.slots, plain.slots, strict=True):
        assert slot.closeup.is_beside
        assert slot.image.height == alone.image.height


@pytest.mark.parametrize(("wall", "is_right"), [("left", True), ("right", False)])
def test_a_closeup_beside_an_image_is_on_the_side_of_its_nipple(wall, is_right):
    (block,) = arrange([[CC] * 2], AREA, _walls([[CC] * 2], wall), Closeup.AUTO)

    for slot in block.slots:
        assert (slot.closeup.box.x >= slot.field.right) == is_right
        assert (slot.closeup.box.right <= slot.field.x) != is_right


def test_where_closeups_would_cost_too_much_there_are_none():
    assert all(slot.closeup is None for block in _auto([MLO] * 6, [CC] * 6) for slot in block.slots)


def test_what_has_no_closeup_is_drawn_on_all_of_its_cell():
    unknown = Slot(size_mm=None, aspect=0.5)

    (block,) = _auto([CC, unknown, CC, CC])

    known, other = block.slots[:2]
    assert known.closeup is not None
    assert other.closeup is None
    assert other.below == known.below
