import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from review_values import decode_values

from ductdicom.review.encoding import choose_packing, encode_values, pack, repack


@st.composite
def _images(draw, low=0, high=65535):
    """Images about as high as a band or two, of flat and of noisy rows."""
    shape = draw(st.tuples(st.sampled_from([1, 127, 128, 129, 260]), st.integers(1, 9)))
    noise = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    span = draw(st.sampled_from([1, 300, high - low]))
    return noise.integers(low, low + span, shape, endpoint=True)


@given(values=_images())
@pytest.mark.parametrize("packing", ["zstd", "gzip", ""])
def test_what_is_encoded_comes_back_as_it_was(values, packing):
    values = values.astype(np.uint16)

    content = pack(encode_values(values, first=0), packing)

    assert np.array_equal(decode_values(content, packing, *values.shape), values)


@pytest.mark.parametrize("packing", ["zstd", "gzip", ""])
def test_what_is_packed_with_zstd_is_packed_otherwise_for_who_lacks_that(packing):
    values = np.arange(300 * 7, dtype=np.uint16).reshape(300, 7)

    content = repack(pack(encode_values(values, first=0), "zstd"), packing)

    assert np.array_equal(decode_values(content, packing, *values.shape), values)


@given(values=_images(-32768, 32767))
def test_signed_values_are_shifted_to_begin_at_0(values):
    content = encode_values(values.astype(np.int16), first=-32768)

    assert np.array_equal(decode_values(content, "", *values.shape), values + 32768)


def test_a_turned_image_is_encoded_as_it_hangs():
    values = np.arange(300 * 7, dtype=np.uint16).reshape(300, 7)

    content = encode_values(np.rot90(values), first=0)

    assert np.array_equal(decode_values(content, "", 7, 300), np.rot90(values))


@pytest.mark.parametrize(
    ("accepted", "packing"),
    [
        ("gzip, deflate, br, zstd", "zstd"),
        ("gzip, deflate", "gzip"),
        ("GZIP;q=0.5, zstd;q=0", "gzip"),
        ("gzip; q=0.0, br", ""),
        ("", ""),
    ],
)
def test_values_are_packed_as_the_browser_offers(accepted, packing):
    assert choose_packing(accepted) == packing
