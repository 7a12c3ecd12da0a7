import numpy as np
import pytest

from ductdicom.pixels.breast.air import check_air
from ductdicom.pixels.breast.crop import Crop, breast_crop, find_regions
from ductdicom.pixels.breast.tissue import find_all_but_air, overview

_ROWS, _COLUMNS = 1000, 800
_WHOLE = Crop(top=0, left=0, height=_ROWS, width=_COLUMNS)


def _breast(*, air=0.0, noise=0.0):
    """Return a half ellipse at the left edge, from row 250 to 750 and up to column 400.

    Fat is hardly brighter than air, the gland in its middle is.
    """
    down, across = np.mgrid[:_ROWS, :_COLUMNS]
    radius = ((down - 500) / 250) ** 2 + (across / 400) ** 2
    values = np.where(radius < 1, 0.2, air) + np.where(radius < 0.2, 0.6, 0.0)
    values += np.random.default_rng(3).normal(0, noise, values.shape) if noise else 0
    return values.clip(0, 1).astype(np.float32)


def _no_padding():
    return np.zeros((_ROWS, _COLUMNS), dtype=np.bool_)


@pytest.mark.parametrize(("air", "noise"), [(0.0, 0.0), (0.05, 0.01), (0.1, 0.02)])
def test_air_is_cut_away_and_the_breast_is_not(air, noise):
    box = breast_crop(
        find_all_but_air(overview(_breast(air=air, noise=noise))), _no_padding(), "left"
    )

    assert box.left == 0
    assert 150 < box.top <= 250
    assert 750 <= box.top + box.height < 850
    assert 400 <= box.width < 500


def _magnified(*bright, air=0.0):
    """Return a breast that is cut by both edges, with air in front of it, and something brighter.

    ``bright`` are the first and last row and column of what stands for ducts or a muscle.
    """
    down, across = np.mgrid[:_ROWS, :_COLUMNS]
    texture = 0.02 * np.sin(down / 37) * np.cos(across / 53)
    values = np.where(across < 650 - ((down - 500) / 60) ** 2, air + 0.15 + texture, air)
    for top, bottom, left, right in bright:
        values[top:bottom, left:right] = 0.9
    return values.astype(np.float32)


@pytest.mark.parametrize(
    "bright",
    [
        pytest.param((480, 500, 0, 600), id="a filled duct up to the chest wall"),
        pytest.param((0, 300, 0, 250), id="a muscle in the corner"),
        pytest.param((300, 700, 400, 620), id="a pool behind the nipple"),
    ],
)
@pytest.mark.parametrize("air", [0.0, 0.04])
def test_a_breast_is_not_taken_for_air_beside_what_is_brighter_by_far(bright, air):
    values = _magnified(bright, air=air)

    box = breast_crop(find_all_but_air(overview(values)), _no_padding(), "left")

    assert (box.top, box.height) == (0, _ROWS)
    assert 650 <= box.left + box.width < 700


def test_where_tissue_fills_the_field_there_is_no_air():
    values = np.full((_ROWS, _COLUMNS), 0.25, np.float32)
    values[:, ::7] += 0.01
    values[480:500, :600] = 0.9

    assert find_all_but_air(overview(values)) is None
    assert breast_crop(None, _no_padding(), "left") == _WHOLE


def test_dark_tissue_at_the_chest_wall_contradicts_no_orientation():
    values = np.full((_ROWS, _COLUMNS), 0.2, np.float32)
    values[:, 300:] = 0.7

    assert check_air(find_all_but_air(overview(values)), "left") is None
    assert check_air(find_all_but_air(overview(_breast())), "right") is False


def test_the_crop_reaches_the_edge_at_the_chest_wall():
    box = breast_crop(find_all_but_air(overview(np.fliplr(_breast()))), _no_padding(), "right")

    assert box.left + box.width == _COLUMNS
    assert 300 < box.left <= 400


def test_a_lead_marker_far_out_in_the_air_is_left_out():
    values = _breast()
    values[60:120, 650:760] = 1.0

    assert breast_crop(find_all_but_air(overview(values)), _no_padding(), "left").width < 500


def test_a_bright_part_close_to_the_breast_is_kept():
    values = _breast()
    values[480:520, 425:445] = 1.0

    box = breast_crop(find_all_but_air(overview(values)), _no_padding(), "left")

    assert box.width >= 445


def test_a_large_separate_part_is_kept():
    values = _breast()
    values[200:700, 600:780] = 0.8

    assert breast_crop(find_all_but_air(overview(values)), _no_padding(), "left").width >= 780


def test_padding_is_air():
    background = _breast() == 0

    assert breast_crop(find_all_but_air(overview(_breast())), background, "left").width < 500


@pytest.mark.parametrize(
    ("values", "chest_wall"),
    [
        pytest.param(_breast(), None, id="chest wall unknown"),
        pytest.param(_breast(), "right", id="no tissue at the chest wall"),
        pytest.param(np.zeros((_ROWS, _COLUMNS), np.float32), "left", id="black"),
        pytest.param(
            np.random.default_rng(0).uniform(0.3, 1, (_ROWS, _COLUMNS)).astype(np.float32),
            "left",
            id="tissue everywhere",
        ),
    ],
)
def test_in_doubt_it_is_the_whole_image(values, chest_wall):
    assert breast_crop(find_all_but_air(overview(values)), _no_padding(), chest_wall) == _WHOLE


@pytest.mark.parametrize("shape", [(1, 1), (3, 500), (200, 2)])
def test_odd_shapes_give_a_box_inside_the_image(shape):
    values = np.random.default_rng(5).uniform(0, 1, shape).astype(np.float32)

    box = breast_crop(find_all_but_air(overview(values)), np.zeros(shape, np.bool_), "left")

    assert box.top >= 0
    assert box.left >= 0
    assert box.top + box.height <= shape[0]
    assert box.left + box.width <= shape[1]


def test_regions_are_found_and_sorted_by_size():
    mask = np.array(
        [
            [1, 0, 1, 0, 0],
            [1, 1, 1, 0, 1],
            [0, 0, 0, 0, 0],
            [0, 0, 0, 1, 0],
            [0, 0, 1, 0, 1],
        ],
        dtype=np.bool_,
    )

    regions = find_regions(mask)

    assert [region.area for region in regions] == [5, 3, 1]
    assert (regions[0].top, regions[0].left, regions[0].bottom, regions[0].right) == (0, 0, 2, 3)
    assert regions[0].gap(regions[1]) == 1
    assert regions[1].gap(regions[2]) == 1
