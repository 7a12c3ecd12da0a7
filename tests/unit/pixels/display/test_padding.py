import numpy as np
import pytest

from ductdicom.pixels.display.padding import free_enclosed
from ductdicom.pixels.display.present import present


def _breast(padding_value, tissue=2000):
    """Return a strip of padding on the right, and a duct in the tissue that has its value."""
    values = np.full((60, 40), tissue, np.uint16)
    values[:, 30:] = padding_value
    values[20:40, 10:13] = padding_value
    values[30:33, 5:20] = padding_value
    return values


@pytest.mark.parametrize(
    ("photometric", "value"), [("MONOCHROME1", 0), ("MONOCHROME2", 4095)], ids=["low", "high"]
)
def test_a_saturated_duct_that_has_the_padding_value_is_white(make_stored, photometric, value):
    image = make_stored(_breast(value), photometric=photometric, padding=(value, value))

    freed = free_enclosed(image)

    shown = present(freed)
    assert freed.has_enclosed_padding
    assert shown.values[31, 11] > 0.99
    assert (shown.values[:, 30:] == 0).all()
    assert (shown.values[:20, :30] == shown.values[0, 0]).all()


def test_a_duct_that_runs_to_the_edge_is_shown_but_for_what_padding_may_be(make_stored):
    values = np.full((60, 40), 2000, np.uint16)
    rows = np.arange(40)
    for width in range(3):
        values[np.minimum(rows + width, 59), rows] = 4095

    shown = present(free_enclosed(make_stored(values, padding=(4095, 4095)))).values

    assert (shown[5:38, 5:38].max(axis=1) > 0.99).all()


def test_of_a_range_the_nearest_value_is_taken_that_is_no_padding(make_stored):
    image = make_stored(_breast(20), photometric="MONOCHROME1", padding=(0, 30))

    assert free_enclosed(image).values[31, 11] == 31


@pytest.mark.parametrize(
    "options",
    [
        {"padding": (0, 0)},
        {"padding": (4095, 4095), "photometric": "MONOCHROME1"},
        {"padding": None, "photometric": "MONOCHROME1"},
    ],
    ids=["dark", "dark as inverted", "none"],
)
def test_where_padding_would_be_dark_nothing_is_changed(make_stored, options):
    image = make_stored(_breast((options["padding"] or (0, 0))[0]), **options)

    assert free_enclosed(image) is image


def test_padding_around_a_round_field_is_padding(make_stored):
    y, x = np.mgrid[-30:30, -30:30]
    values = np.where(y**2 + x**2 < 29**2, 2000, 4095).astype(np.uint16)
    image = make_stored(values, padding=(4095, 4095))

    assert free_enclosed(image) is image


def test_where_every_value_is_padding_none_is_changed(make_stored):
    image = make_stored(_breast(4095), padding=(0, 4095))

    assert free_enclosed(image) is image
