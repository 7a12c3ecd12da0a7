import io
from contextlib import suppress

import imagecodecs
import numpy as np
import openjpeg.utils
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from ductdicom.errors import DecodeError
from ductdicom.pixels.decoding.codestream import jpeg_segments
from ductdicom.pixels.decoding.lossless import check_length
from ductdicom.pixels.decoding.soundness import check_soundness

_ROWS, _COLUMNS = np.mgrid[:200, :160]
_NOISE = np.random.default_rng(7).normal(0, 12, _ROWS.shape)
BREAST = np.where(_COLUMNS < 100, 1500 + 5 * _ROWS + _NOISE, 0).astype(np.uint16)
FLAT = {
    "black": np.zeros((200, 160), np.uint16),
    "white": np.full((200, 160), 4095, np.uint16),
    "edge": np.where(_COLUMNS < 80, 0, 4095).astype(np.uint16),
}
IMAGES = {"breast": BREAST, **FLAT}


def encode_lossless(pixels, predictor=1):
    return imagecodecs.jpeg8_encode(
        pixels, lossless=True, predictor=predictor, bitspersample=12, optimize=True
    )


def encode_jpeg(pixels):
    return imagecodecs.jpeg8_encode((pixels >> 4).astype(np.uint8), level=95)


def encode_pillow(pixels, **options):
    stream = io.BytesIO()
    Image.fromarray((pixels >> 4).astype(np.uint8)).save(stream, "JPEG", quality=95, **options)
    return stream.getvalue()


def encode_j2k(pixels):
    return openjpeg.utils.encode(pixels, bits_stored=12, photometric_interpretation=2)


def encode_htj2k(pixels):
    return imagecodecs.htj2k_encode(pixels)


ENCODERS = {
    "lossless": encode_lossless,
    "jpeg": encode_jpeg,
    "progressive": lambda pixels: encode_pillow(pixels, progressive=True),
    "restarts": lambda pixels: encode_pillow(pixels, restart_marker_rows=1),
    "12-bit": lambda pixels: imagecodecs.jpeg8_encode(pixels, level=95, bitspersample=12),
    "j2k": encode_j2k,
    "htj2k": encode_htj2k,
    "jpeg-ls": imagecodecs.jpegls_encode,
}


def change(frame, position, content):
    return frame[:position] + content + frame[position + len(content) :]


def refuse(frame):
    with pytest.raises(DecodeError) as caught:
        check_soundness(frame)
    assert caught.value.reason == "damaged-pixels"


@pytest.mark.parametrize("image", IMAGES)
@pytest.mark.parametrize("name", ENCODERS)
def test_what_an_encoder_writes_is_sound(name, image):
    check_soundness(ENCODERS[name](IMAGES[image]))


LOST = {
    "zeros": lambda frame, at: change(frame, at, bytes(512)),
    "a sector less": lambda frame, at: frame[:at] + frame[at + 512 :],
    "a sector twice": lambda frame, at: frame[:at] + frame[at - 512 :],
    "half, and an end": lambda frame, at: frame[:at] + b"\xff\xd9",
    "an end in between": lambda frame, at: change(frame, at, b"\xff\xd9"),
}


@pytest.mark.parametrize("damage", LOST)
@pytest.mark.parametrize("name", ["jpeg", "12-bit", "progressive", "restarts", "j2k"])
def test_lost_data_are_found(name, damage):
    frame = ENCODERS[name](BREAST)

    refuse(LOST[damage](frame, len(frame) // 2))


@pytest.mark.parametrize("damage", ["a sector less", "half, and an end", "an end in between"])
def test_lost_data_of_the_fast_kind_are_found_mostly(damage):
    frame = encode_htj2k(BREAST)

    refuse(LOST[damage](frame, len(frame) // 2))


def test_what_begins_as_no_jpeg_is_not_searched_for_one():
    check_soundness(b"\2" + bytes(63) + encode_jpeg(BREAST)[:-500] + b"\xff\xd9")


def test_a_frame_header_that_is_cut_off_is_left_to_the_decoder():
    check_soundness(b"\xff\xd8\xff\xc0\x00\x0b")


@pytest.mark.parametrize("padding", [bytes(200), b"", b"\0"])
def test_padding_behind_the_end_is_no_damage(padding):
    check_soundness(encode_jpeg(BREAST) + padding)


@pytest.mark.parametrize("name", ["jpeg", "12-bit"])
@pytest.mark.parametrize(
    ("padding", "is_sound"),
    [(b"\xff", True), (b"\0", True), (b"\0\xff", True), (bytes(range(16)), False)],
)
def test_before_the_end_there_may_be_a_byte_of_padding(name, padding, is_sound):
    frame = ENCODERS[name](BREAST)
    padded = frame[:-2] + padding + frame[-2:]

    if is_sound:
        check_soundness(padded)
    else:
        refuse(padded)


@pytest.mark.parametrize("name", [name for name in ENCODERS if name != "jpeg-ls"])
@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_any_bytes_are_sound_or_refused(name, data):
    frame = ENCODERS[name](FLAT["edge"])
    position = data.draw(st.integers(2, len(frame)))

    with suppress(DecodeError):
        check_soundness(change(frame, position, data.draw(st.binary(max_size=40))))


@pytest.mark.parametrize("image", IMAGES)
@pytest.mark.parametrize("predictor", range(1, 8))
def test_the_pixels_of_a_lossless_frame_take_all_its_bits(predictor, image):
    frame = encode_lossless(IMAGES[image], predictor)

    check_length(frame, IMAGES[image])


@pytest.mark.parametrize("bits", [8, 12, 16])
def test_any_depth_is_counted(bits):
    pixels = (BREAST >> 4).astype(np.uint8) if bits == 8 else BREAST << (bits - 12)
    frame = imagecodecs.ljpeg_encode(pixels, bitspersample=bits)

    check_length(frame, pixels)
    with pytest.raises(DecodeError):
        check_length(frame, pixels[::-1])


@pytest.mark.parametrize("damage", LOST)
def test_lost_data_of_a_lossless_frame_are_found(damage):
    frame = encode_lossless(BREAST)
    damaged = LOST[damage](frame, len(frame) // 2)

    with pytest.raises(DecodeError) as caught:
        check_length(damaged, imagecodecs.jpeg8_decode(damaged))
    assert caught.value.reason == "damaged-pixels"


@pytest.mark.parametrize("padding", [b"\xff", b"\xff\xff\xff", b"\0", b"\0\xff", b"\0\0"])
def test_padding_before_the_end_is_no_damage(padding):
    frame = encode_lossless(BREAST)

    check_length(frame[:-2] + padding + frame[-2:], BREAST)


def test_more_than_padding_before_the_end_is_damage():
    frame = encode_lossless(BREAST)

    with pytest.raises(DecodeError):
        check_length(frame[:-2] + b"\0\0\0" + frame[-2:], BREAST)


def test_an_end_that_stands_twice_is_no_damage():
    check_length(encode_lossless(BREAST) + b"\xff\xd9", BREAST)


def test_a_pixel_beyond_the_precision_is_damage():
    frame = encode_lossless(BREAST)
    pixels = BREAST.copy()
    pixels[7, 7] = 4096

    with pytest.raises(DecodeError, match="beyond"):
        check_length(frame, pixels)


def with_restarts(part, count):
    """Return a lossless frame of equal parts, one below the other, each an interval of its own."""
    frame = encode_lossless(part)
    segments = dict(jpeg_segments(frame))
    size, scan = segments[0xC3] + 5, segments[0xDA]
    begin = scan + 2 + int.from_bytes(frame[scan + 2 : scan + 4], "big")
    data = frame[begin : frame.rindex(b"\xff\xd9")]
    data = b"".join(bytes([*data, 0xFF, 0xD0 + number % 8]) for number in range(count))[:-2]
    interval = b"\xff\xdd\0\x04" + part.size.to_bytes(2, "big")
    rows = (len(part) * count).to_bytes(2, "big")
    return (
        frame[:size]
        + rows
        + frame[size + 2 : scan]
        + interval
        + frame[scan:begin]
        + data
        + b"\xff\xd9"
    )


PART = BREAST[50:60]
INTERVALS = np.vstack([PART] * 20)


def test_the_pixels_of_each_restart_interval_take_all_its_bits():
    frame = with_restarts(PART, 20)

    np.testing.assert_array_equal(imagecodecs.jpeg8_decode(frame), INTERVALS)
    check_length(frame, INTERVALS)


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda frame: frame.replace(b"\xff\xd3", b"\xff\xd4"), id="out of order"),
        pytest.param(lambda frame: frame.replace(b"\xff\xd3", b"\xfe\xd3", 1), id="a lost one"),
        pytest.param(lambda frame: change(frame, len(frame) // 2, bytes(40)), id="zeros"),
    ],
)
def test_restart_intervals_that_do_not_hold_their_pixels_are_damage(spoil):
    frame = spoil(with_restarts(PART, 20))

    with pytest.raises(DecodeError):
        check_length(frame, imagecodecs.jpeg8_decode(frame))


def test_restarts_within_a_row_are_left_as_they_are():
    frame = with_restarts(PART, 20)
    place = frame.index(b"\xff\xdd\0\x04") + 4

    check_length(change(frame, place, b"\0\x07"), np.zeros_like(INTERVALS))


@pytest.mark.parametrize(
    ("frame", "least"),
    [
        pytest.param(encode_lossless(BREAST), 0.6, id="without restarts"),
        pytest.param(with_restarts(PART, 20), 0.6, id="with restarts"),
    ],
)
def test_most_wrong_bits_are_found(frame, least):
    begin = dict(jpeg_segments(frame))[0xDA] + 10
    places = np.random.default_rng(5).integers(begin, len(frame) - 2, 60)
    found = 0
    for number, place in enumerate(places.tolist()):
        damaged = change(frame, place, bytes([frame[place] ^ 1 << number % 8]))
        with suppress(imagecodecs.Jpeg8Error):
            try:
                check_length(damaged, imagecodecs.jpeg8_decode(damaged))
            except DecodeError:
                found += 1
    assert found >= least * len(places)


SOP, EPH, PACKET = b"\xff\x91\0\x04", b"\xff\x92", b"\x95\x11\x22"


def with_packets(numbers, *, ends=None, first=0, style=0b110, parts=1):
    """Return a codestream whose packets carry these numbers; nothing can be decoded of it."""
    frame = encode_j2k(FLAT["black"])
    cod, tile = frame.index(b"\xff\x52"), frame.index(b"\xff\x90")
    frame = change(frame, cod + 4, bytes([style]))[:tile]
    ends = numbers if ends is None else numbers[:ends]
    each = -(-len(numbers) // parts)
    for part in range(parts):
        data = b"".join(
            SOP + number.to_bytes(2, "big") + (EPH if number in ends else b"") + PACKET
            for number in numbers[part * each : (part + 1) * each]
        )
        length = (14 + len(data)).to_bytes(4, "big")
        frame += b"\xff\x90\0\x0a\0\0" + length + bytes([part, parts]) + b"\xff\x93" + data
    return frame + b"\xff\xd9"


@pytest.mark.parametrize(
    "frame",
    [
        pytest.param(with_packets([0, 1, 2, 3]), id="each packet"),
        pytest.param(with_packets([0, 2, 3]), id="not every packet begins with a marker"),
        pytest.param(with_packets([0, 1, 2, 3], parts=2), id="two parts of a tile"),
        pytest.param(with_packets([65534, 65535, 0, 1]), id="beyond the last number"),
        pytest.param(with_packets([0, 1], ends=0, style=0b010), id="no ends of headers"),
        pytest.param(with_packets([0, 1], ends=0), id="headers that are packed elsewhere"),
        pytest.param(with_packets(range(300)), id="a number like a marker"),
    ],
)
def test_packets_in_order_are_sound(frame):
    check_soundness(frame)


@pytest.mark.parametrize(
    "frame",
    [
        pytest.param(with_packets([0, 2, 1]), id="out of order"),
        pytest.param(with_packets([0, 1, 1, 2]), id="one twice"),
        pytest.param(with_packets([0, 1, 2, 1], parts=2), id="over two parts"),
        pytest.param(with_packets([0, 1, 2], ends=2), id="the end of a header is missing"),
    ],
)
def test_packets_that_contradict_their_markers_are_damage(frame):
    refuse(frame)
