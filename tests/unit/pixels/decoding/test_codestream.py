import struct

import imagecodecs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ductdicom.pixels.decoding.codecs import nothing_ignored
from ductdicom.pixels.decoding.codestream import is_cut, is_lossy, read_codestream, without_boxes

PIXELS = np.zeros((30, 20), np.uint8)
BARE = bytes(imagecodecs.jpeg2k_encode(PIXELS, codecformat="j2k"))
FILE = bytes(imagecodecs.jpeg2k_encode(PIXELS, codecformat="jp2"))
OTHER = bytes(imagecodecs.jpeg2k_encode(PIXELS[:10], codecformat="j2k"))


def _box(kind, content):
    return struct.pack(">I4s", 8 + len(content), kind) + content


def test_a_decoy_in_another_box_is_no_codestream():
    signature, rest = FILE[:12], FILE[12:]

    found = without_boxes(signature + _box(b"uuid", OTHER) + rest)

    assert read_codestream(found).rows == 30
    assert found == without_boxes(FILE)


def test_a_codestream_in_a_box_with_a_long_length_is_found():
    box = struct.pack(">I4sQ", 1, b"jp2c", 16 + len(BARE)) + BARE

    assert without_boxes(FILE[:12] + box) == BARE


@pytest.mark.parametrize("content", [BARE, b"", b"anything", bytes(40)])
def test_what_has_no_boxes_stays_as_it_is(content):
    assert without_boxes(content) == content


@pytest.mark.parametrize("length", [0, 1, 7, 0xFFFFFFFF])
def test_boxes_that_lead_nowhere_hold_nothing(length):
    box = struct.pack(">I4s", length, b"free") + bytes(40)

    assert without_boxes(FILE[:12] + box) == b""


SLOPE = np.add.outer(np.arange(30), np.arange(20)).astype(np.uint8)


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        pytest.param(imagecodecs.jpeg8_encode(SLOPE, 90), True, id="JPEG baseline"),
        pytest.param(imagecodecs.ljpeg_encode(SLOPE), False, id="JPEG lossless"),
        pytest.param(imagecodecs.jpegls_encode(SLOPE), False, id="JPEG-LS lossless"),
        pytest.param(imagecodecs.jpegls_encode(SLOPE, level=2), True, id="JPEG-LS near-lossless"),
        pytest.param(
            imagecodecs.jpeg2k_encode(SLOPE, codecformat="j2k", reversible=True),
            False,
            id="JPEG 2000 reversible",
        ),
        pytest.param(
            imagecodecs.jpeg2k_encode(SLOPE, codecformat="j2k", reversible=False, level=40),
            True,
            id="JPEG 2000 irreversible",
        ),
        pytest.param(imagecodecs.htj2k_encode(SLOPE, reversible=True), False, id="HTJ2K"),
        pytest.param(
            imagecodecs.htj2k_encode(SLOPE, reversible=False), True, id="HTJ2K irreversible"
        ),
        pytest.param(bytes(64), False, id="something else"),
    ],
)
def test_a_frame_says_itself_whether_it_is_lossy(frame, expected):
    assert is_lossy(bytes(frame)) is expected


@given(st.sampled_from([b"\xff\xd8", b"\xff\x4f\xff\x51"]), st.binary(max_size=80))
def test_a_broken_frame_is_asked_without_a_crash(start, rest):
    is_lossy(start + rest)


@pytest.mark.parametrize("frame", [BARE, bytes(imagecodecs.jpeg8_encode(PIXELS, 90))])
def test_a_frame_without_its_end_marker_is_cut(frame):
    assert not is_cut(frame)
    assert not is_cut(frame + b"\0")
    assert is_cut(frame[:-2])


class _Failing:
    def __del__(self):
        raise RuntimeError("damaged")


def test_an_error_that_compiled_code_ignores_is_raised():
    with pytest.raises(RuntimeError, match="damaged"), nothing_ignored():
        _Failing()
