from dataclasses import replace

import numpy as np
import pytest

from ductdicom.pixels.display.grey import LEVELS, as_grey, as_levels, grey_table
from ductdicom.pixels.display.present import present
from ductdicom.pixels.display.voi import VoiChoice, VoiKind, choice_called, voi_choices
from ductdicom.pixels.stored import Lut, VoiFunction, Window

_CURVE = np.sqrt(np.linspace(0, 1, 4096)) * 255
_LUT = Lut(first=0, bits=8, data=_CURVE.astype(np.uint16), explanation="NORMAL")
_WINDOW = Window(center=1800, width=1500, explanation="HARDER")
_SIGMOID = Window(center=1800, width=900, function=VoiFunction.SIGMOID)
_BLIND = Window(center=-9000, width=10)


def _values(kind=np.uint16, low=0, high=4095):
    return np.random.default_rng(7).integers(low, high, (96, 80), endpoint=True).astype(kind)


def _drawn(shown):
    """Return grey levels as a page has them that shows every pixel."""
    return as_grey(as_levels(shown.values).astype(np.float32) / np.float32(LEVELS))


@pytest.mark.parametrize(
    "says",
    [
        pytest.param({}, id="full range"),
        pytest.param({"vois": (_LUT,)}, id="table"),
        pytest.param({"vois": (_WINDOW,)}, id="window"),
        pytest.param({"vois": (_SIGMOID,)}, id="sigmoid"),
        pytest.param({"vois": (_BLIND, _WINDOW)}, id="a window that shows nothing"),
        pytest.param({"vois": (_BLIND,)}, id="only a window that shows nothing"),
        pytest.param({"vois": (_WINDOW,), "photometric": "MONOCHROME1"}, id="inverted"),
        pytest.param({"padding": (0, 900), "photometric": "MONOCHROME1"}, id="padding"),
        pytest.param({"padding": (0, 4095)}, id="padding that covers all"),
        pytest.param({"intent": "FOR PROCESSING"}, id="for processing"),
        pytest.param({"intent": "FOR PROCESSING", "intensity_sign": 1}, id="air is high"),
        pytest.param({"slope": 2.0, "intercept": -1024.0, "vois": (_WINDOW,)}, id="rescaled"),
    ],
)
def test_the_table_gives_every_pixel_the_grey_that_a_page_has(make_stored, says):
    image = make_stored(_values(), **says)
    shown = present(image)

    table = grey_table(shown.table)

    assert table.dtype == np.uint8
    assert np.array_equal(table[image.values], _drawn(shown))


def test_the_table_of_signed_values_begins_at_the_smallest(make_stored):
    image = make_stored(_values(np.int16, -2048, 2047), vois=(_WINDOW,))
    shown = present(image)

    assert np.array_equal(grey_table(shown.table)[image.values + 2048], _drawn(shown))


def test_the_table_has_an_entry_for_every_value_that_can_be_stored(make_stored):
    image = make_stored(np.zeros((9, 9), np.uint16), bits=16)

    assert present(image).table.shape == (65536,)


def test_all_windows_and_tables_can_be_chosen_by_name(make_stored):
    attributes = make_stored(_values(), vois=(_LUT, _WINDOW, _SIGMOID)).attributes

    assert [label for _, label in voi_choices(attributes)] == [
        "lut 1: NORMAL",
        "window 1: HARDER",
        "window 2",
        "full range",
    ]


def test_every_choice_shows_the_item_that_it_names(make_stored):
    image = make_stored(_values(), vois=(_LUT, _WINDOW, _SIGMOID))

    for choice, label in voi_choices(image.attributes):
        assert present(image, voi=choice).voi_label == label


def test_images_for_processing_have_no_choice(make_stored):
    image = make_stored(_values(), vois=(_WINDOW,), intent="FOR PROCESSING")

    assert [label for _, label in voi_choices(image.attributes)] == ["for processing"]


@pytest.mark.parametrize("vois", [(), (_LUT, _WINDOW), (_BLIND, _WINDOW), (_BLIND,)])
def test_what_an_image_was_shown_with_is_found_by_what_was_printed(make_stored, vois):
    image = make_stored(_values(high=900), vois=vois)
    shown = present(image)

    choice, _ = choice_called(image.attributes, shown.voi_label)

    again = present(image, voi=choice)
    assert again.voi_label == shown.voi_label
    assert np.array_equal(again.table, shown.table)


def test_the_range_of_a_row_is_found_by_what_was_printed(make_stored):
    image = make_stored(_values(high=900))
    of_the_row = VoiChoice(kind=VoiKind.FULL_RANGE, bits=11)
    shown = present(image, voi=of_the_row)

    assert choice_called(image.attributes, shown.voi_label) == (of_the_row, "full range of 11 bits")


def test_what_another_image_was_shown_with_is_not_found(make_stored):
    attributes = replace(make_stored(_values()).attributes, vois=(_WINDOW,))

    assert choice_called(attributes, "lut 1: NORMAL") is None
