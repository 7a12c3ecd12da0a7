import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ductdicom.pixels.display.resample import area_average, average_blocks

_SIDES = st.integers(1, 23)
_IMAGES = arrays(np.float32, st.tuples(_SIDES, _SIDES), elements=st.floats(0, 1, width=32))


def _reference(values, height, width):
    """Weigh each pixel by the area that it shares with the new one, in float64."""

    def weights(old, new):
        edges = np.arange(new + 1) * (old / new)
        low, high = np.arange(old)[None], np.arange(1, old + 1)[None]
        shared = np.minimum(edges[1:, None], high) - np.maximum(edges[:-1, None], low)
        return shared.clip(0) * (new / old)

    rows, columns = values.shape
    return weights(rows, height) @ values.astype(np.float64) @ weights(columns, width).T


@given(_IMAGES, st.data())
def test_reduction_is_the_mean_of_the_area(values, data):
    height = data.draw(st.integers(1, values.shape[0]))
    width = data.draw(st.integers(1, values.shape[1]))

    smaller = area_average(values, height, width)

    assert smaller.dtype == np.float32
    assert smaller.shape == (height, width)
    np.testing.assert_allclose(smaller, _reference(values, height, width), atol=2e-6)
    assert float(smaller.mean(dtype=np.float64)) == pytest.approx(
        float(values.mean(dtype=np.float64)), abs=2e-6
    )


@given(_IMAGES, _SIDES, _SIDES)
def test_any_size_stays_between_the_least_and_the_greatest(values, height, width):
    resized = area_average(values, height, width)

    assert resized.shape == (height, width)
    assert resized.min() >= values.min()
    assert resized.max() <= values.max()


@given(st.floats(0, 1, width=32), _SIDES, _SIDES, _SIDES, _SIDES)
def test_a_constant_stays_constant(value, rows, columns, height, width):
    resized = area_average(np.full((rows, columns), value, np.float32), height, width)

    np.testing.assert_array_equal(resized, np.float32(value))


@pytest.mark.parametrize("factor", [1.5, 2.4, 3.0, 3.72, 9.1])
@pytest.mark.parametrize("column", [0, 50, 51, 52, 53, 399])
def test_a_bright_line_of_one_pixel_keeps_its_integral(factor, column):
    values = np.zeros((60, 400), np.float32)
    values[:, column] = 1.0
    width = round(400 / factor)

    smaller = area_average(values, round(60 / factor), width)

    np.testing.assert_allclose(smaller.sum(axis=1) * 400 / width, 1.0, rtol=1e-5)
    assert (smaller.max(axis=1) >= 0.49 * width / 400).all()


def test_enlargement_is_linear_between_the_middles_of_pixels():
    larger = area_average(np.array([[0.0, 1.0]], np.float32), 1, 4)

    np.testing.assert_allclose(larger, [[0, 0.25, 0.75, 1]])


def test_the_same_size_is_the_same_array():
    values = np.zeros((3, 4), np.float32)

    assert area_average(values, 3, 4) is values


def test_a_size_of_nothing_is_refused():
    with pytest.raises(ValueError, match="at least 1 x 1"):
        area_average(np.zeros((3, 4), np.float32), 0, 4)


@given(_IMAGES, st.sampled_from([1, 2, 4]))
def test_blocks_are_averaged(values, factor):
    rows, columns = values.shape
    whole = values[: rows // factor * factor, : columns // factor * factor].astype(np.float64)
    blocks = whole.reshape(rows // factor, factor, columns // factor, factor)

    means = average_blocks(values, factor)

    assert means.shape == (-(-rows // factor), -(-columns // factor))
    found = means[: rows // factor, : columns // factor]
    np.testing.assert_allclose(found, blocks.mean(axis=(1, 3)), atol=1e-6)


def test_blocks_at_the_far_edges_hold_what_is_left():
    values = np.array([[0, 1, 0.5], [1, 0, 0.25], [0.25, 0.75, 1]], dtype=np.float32)

    means = average_blocks(values, 2)

    np.testing.assert_array_equal(means, np.array([[0.5, 0.375], [0.5, 1]], dtype=np.float32))
