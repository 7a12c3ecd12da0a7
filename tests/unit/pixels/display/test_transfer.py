"""Each step against the standard's formula in float64, within one grey level of 255."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ductdicom.pixels.display.transfer import (
    apply_lut,
    apply_modality,
    apply_window,
    full_range,
    modality_range,
    window_linear,
    window_linear_exact,
    window_sigmoid,
)
from ductdicom.pixels.stored import DisplayAttributes, Lut, VoiFunction, Window

_GREY_LEVEL = 1 / 255


def _linear(x, c, w):
    return np.where(
        x <= c - 0.5 - (w - 1) / 2,
        0,
        np.where(x > c - 0.5 + (w - 1) / 2, 1, (x - (c - 0.5)) / (w - 1) + 0.5),
    )


def _linear_exact(x, c, w):
    return np.where(x <= c - w / 2, 0, np.where(x > c + w / 2, 1, (x - c) / w + 0.5))


def _sigmoid(x, c, w):
    with np.errstate(over="ignore"):
        return 1 / (1 + np.exp(-4 * (x - c) / w))


_WINDOWS = [(2048, 4096), (2653, 900), (40, 400), (0.5, 2), (-600, 1500), (30000.25, 65536.5)]


@pytest.mark.parametrize(("center", "width"), _WINDOWS)
@pytest.mark.parametrize(
    ("function", "reference"),
    [
        pytest.param(window_linear, _linear, id="LINEAR"),
        pytest.param(window_linear_exact, _linear_exact, id="LINEAR_EXACT"),
        pytest.param(window_sigmoid, _sigmoid, id="SIGMOID"),
    ],
)
def test_windows_agree_with_the_formula_in_float64(function, reference, center, width):
    values = np.arange(-32768, 65536)

    shown = function(values.astype(np.float32), center=center, width=width)

    assert shown.dtype == np.float32
    np.testing.assert_allclose(
        shown, reference(values.astype(np.float64), center, width), atol=_GREY_LEVEL / 100
    )


def test_linear_window_by_hand():
    values = np.array([0, 1, 2, 3, 4, 5], np.float32)

    shown = window_linear(values, center=3, width=4)

    np.testing.assert_allclose(shown, [0, 0, 1 / 3, 2 / 3, 1, 1], atol=1e-6)


def test_linear_window_of_width_one_is_a_step():
    values = np.array([99, 100], dtype=np.float32)

    np.testing.assert_array_equal(window_linear(values, center=100, width=1), [0, 1])


def test_a_window_narrower_than_one_is_a_ramp_over_fractions():
    values = np.array([0.25, 0.5, 0.75], dtype=np.float32)

    np.testing.assert_allclose(window_linear(values, center=0.5, width=0.5), [0, 0.5, 1])


@pytest.mark.parametrize("function", [window_linear_exact, window_sigmoid])
def test_windows_without_width_are_refused(function):
    with pytest.raises(ValueError, match="greater than 0"):
        function(np.zeros(1, np.float32), center=0, width=0)


@given(
    center=st.floats(-4000, 4000),
    width=st.floats(1, 8000),
    function=st.sampled_from(list(VoiFunction)),
)
def test_windows_are_bounded_and_never_fall(center, width, function):
    values = np.arange(-5000, 5000, 7, dtype=np.float32)

    shown = apply_window(values, Window(center=center, width=width, function=function))

    assert shown.min() >= 0
    assert shown.max() <= 1
    assert (np.diff(shown) >= 0).all()


def _lut(entries, *, first=0, bits=8):
    return Lut(first=first, bits=bits, data=np.asarray(entries, np.uint16))


def test_an_8_bit_table_of_4096_entries_is_indexed_by_all_its_bits():
    values = np.array([0, 255, 256, 1024, 2048, 4095], np.float32)

    shown = apply_lut(values, _lut(np.arange(4096) // 16))

    np.testing.assert_array_equal(np.rint(shown * 255), [0, 15, 16, 64, 128, 255])


def test_values_outside_a_table_take_its_ends():
    shown = apply_lut(np.array([-9, 9, 10, 12, 99], np.float32), _lut([0, 51, 255], first=10))

    np.testing.assert_allclose(shown, [0, 0, 0, 1, 1], atol=1e-6)


def test_a_table_may_start_below_zero():
    shown = apply_lut(np.array([-2, -1, 0], np.float32), _lut([0, 51, 255], first=-2))

    np.testing.assert_allclose(shown, [0, 0.2, 1], atol=1e-6)


def test_a_table_is_normalised_by_its_bits_and_not_by_its_entries():
    shown = apply_lut(np.array([0, 1], np.float32), _lut([0, 100], bits=10))

    np.testing.assert_allclose(shown, [0, 100 / 1023], atol=1e-6)


def test_modality_is_slope_and_intercept():
    attributes = DisplayAttributes(bits_stored=12, slope=2.0, intercept=-1024.0)

    output = apply_modality(np.array([0, 512, 4095], np.uint16), attributes)

    np.testing.assert_array_equal(output, [-1024, 0, 7166])
    assert modality_range(attributes) == (-1024.0, 7166.0)


def test_a_modality_table_outranks_slope_and_intercept():
    attributes = DisplayAttributes(
        bits_stored=2, slope=9.0, modality_lut=_lut([3, 2, 1, 1000], bits=16)
    )

    output = apply_modality(np.arange(4), attributes)

    np.testing.assert_array_equal(output, [3, 2, 1, 1000])
    assert modality_range(attributes) == (0.0, 65535.0)


def test_a_falling_slope_turns_the_range():
    attributes = DisplayAttributes(bits_stored=8, slope=-1.0, intercept=255.0)

    assert modality_range(attributes) == (0.0, 255.0)


def test_full_range_reaches_from_black_to_white():
    shown = full_range(np.array([-5, 0, 5, 10, 20], np.float32), low=0, high=10)

    np.testing.assert_allclose(shown, [0, 0, 0.5, 1, 1])
