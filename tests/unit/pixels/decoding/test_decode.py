import copy
import mmap
import struct
import zlib
from io import BytesIO

import imagecodecs
import numpy as np
import openjpeg.utils
import pytest
from pydicom import dcmread, uid
from pydicom.datadict import tag_for_keyword
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate, encapsulate_extended
from pydicom.filewriter import write_file_meta_info

from ductdicom.errors import DecodeError
from ductdicom.pixels.decoding.decode import read_image, refuse_blank
from ductdicom.pixels.display.present import present
from ductdicom.pixels.display.voi import choose_voi, voter_of


def _encode_j2k(pixels, bits, **options):
    return openjpeg.utils.encode(pixels, bits_stored=bits, photometric_interpretation=2, **options)


def _encode_rle(pixels):
    """Encode byte planes, the most significant first (DICOM PS3.5 G)."""
    planes = np.ascontiguousarray(pixels.astype(pixels.dtype.newbyteorder(">")))
    planes = planes.view(np.uint8).reshape(*pixels.shape, -1)
    segments = []
    for index in range(planes.shape[2]):
        rows = [imagecodecs.packbits_encode(row.tobytes()) for row in planes[:, :, index]]
        segment = b"".join(rows)
        segments.append(segment + b"\0" * (len(segment) % 2))
    offsets = np.cumsum([64, *map(len, segments[:-1])])
    header = np.zeros(16, "<u4")
    header[0] = len(segments)
    header[1 : 1 + len(segments)] = offsets
    return header.tobytes() + b"".join(segments)


def _patterns(pixels, bits):
    mask = (1 << bits) - 1
    return (pixels.astype(np.int32) & mask).astype(f"u{pixels.itemsize}")


_NATIVE = {
    "implicit little endian": uid.ImplicitVRLittleEndian,
    "explicit little endian": uid.ExplicitVRLittleEndian,
    "explicit big endian": uid.ExplicitVRBigEndian,
    "deflated": uid.DeflatedExplicitVRLittleEndian,
}
_LOSSLESS = {
    "RLE": (uid.RLELossless, lambda p, _: _encode_rle(p)),
    "JPEG lossless": (
        uid.JPEGLossless,
        lambda p, bits: imagecodecs.ljpeg_encode(_patterns(p, bits), bitspersample=bits),
    ),
    "JPEG lossless SV1": (
        uid.JPEGLosslessSV1,
        lambda p, bits: imagecodecs.jpeg8_encode(
            _patterns(p, bits), lossless=True, predictor=1, bitspersample=bits
        ),
    ),
    "JPEG-LS": (uid.JPEGLSLossless, lambda p, bits: imagecodecs.jpegls_encode(_patterns(p, bits))),
    "JPEG 2000": (uid.JPEG2000Lossless, _encode_j2k),
    "HTJ2K": (uid.HTJ2KLossless, lambda p, _: imagecodecs.htj2k_encode(p, reversible=True)),
    "HTJ2K RPCL": (
        uid.HTJ2KLosslessRPCL,
        lambda p, _: imagecodecs.htj2k_encode(p, reversible=True),
    ),
}
_DEPTHS = [
    pytest.param(8, False, id="8 bits"),
    pytest.param(10, False, id="10 bits"),
    pytest.param(12, False, id="12 bits"),
    pytest.param(14, False, id="14 bits"),
    pytest.param(16, False, id="16 bits"),
    pytest.param(12, True, id="12 bits signed"),
    pytest.param(16, True, id="16 bits signed"),
]


@pytest.mark.parametrize(("bits", "is_signed"), _DEPTHS)
@pytest.mark.parametrize("name", _NATIVE)
def test_uncompressed_values_are_those_written(make_dicom, breast_like, name, bits, is_signed):
    pixels = breast_like(bits, is_signed=is_signed)

    image = read_image(make_dicom(pixels, bits=bits, syntax=_NATIVE[name]))

    np.testing.assert_array_equal(image.values, pixels)
    assert (image.rows, image.columns, image.reduction) == (90, 70, 1)


@pytest.mark.parametrize(("bits", "is_signed"), _DEPTHS)
@pytest.mark.parametrize("name", _LOSSLESS)
def test_losslessly_compressed_values_are_those_written(
    make_dicom, breast_like, name, bits, is_signed
):
    pixels = breast_like(bits, is_signed=is_signed)
    syntax, encode = _LOSSLESS[name]

    image = read_image(
        make_dicom(pixels, bits=bits, syntax=syntax, frames=[bytes(encode(pixels, bits))])
    )

    np.testing.assert_array_equal(image.values, pixels)


@pytest.mark.parametrize(
    ("syntax", "bits", "encode", "tolerance"),
    [
        pytest.param(
            uid.JPEGBaseline8Bit,
            8,
            lambda p: imagecodecs.jpeg8_encode(p, 95),
            6,
            id="JPEG baseline",
        ),
        pytest.param(
            uid.JPEGExtended12Bit,
            12,
            lambda p: imagecodecs.jpeg8_encode(p, 95, bitspersample=12),
            40,
            id="JPEG extended, 12 bits",
        ),
        pytest.param(
            uid.JPEGLSNearLossless, 12, lambda p: imagecodecs.jpegls_encode(p, 3), 3, id="JPEG-LS"
        ),
        pytest.param(
            uid.JPEG2000,
            12,
            lambda p: _encode_j2k(p, 12, compression_ratios=[8]),
            40,
            id="JPEG 2000",
        ),
        pytest.param(
            uid.HTJ2K,
            12,
            lambda p: imagecodecs.htj2k_encode(p, 0.001, reversible=False),
            60,
            id="HTJ2K",
        ),
    ],
)
def test_lossily_compressed_values_are_nearly_those_written(
    make_dicom, breast_like, syntax, bits, encode, tolerance
):
    pixels = breast_like(bits)

    image = read_image(make_dicom(pixels, bits=bits, syntax=syntax, frames=[bytes(encode(pixels))]))

    assert np.abs(image.values.astype(int) - pixels).max() <= tolerance
    assert image.attributes.is_lossy  # though the header has no word of it


def test_lossy_overshoot_is_clipped_and_does_not_turn_white_into_black(make_dicom):
    pixels = np.full((64, 64), 4000, np.uint16)
    beyond = np.full((64, 64), 4100, np.uint16)
    encoded = _encode_j2k(beyond, 16)

    image = read_image(make_dicom(pixels, bits=12, syntax=uid.JPEG2000, frames=[encoded]))

    assert (image.values == 4095).all()


def _htj2k_of_12_bits(pixels):
    """Encode with the depth that is stored, which the encoder at hand takes for 16 bits."""
    shift = (1 << 15) - (1 << 11)  # between the middles of both (ITU-T T.800 G.1)
    encoded = bytearray(imagecodecs.htj2k_encode(pixels + np.uint16(shift), reversible=True))
    depth_at = encoded.index(b"\xff\x51") + 40  # Ssiz (A.5.1)
    encoded[depth_at] = 11
    return bytes(encoded)


@pytest.mark.parametrize(
    ("bits", "encode"),
    [
        pytest.param(12, _htj2k_of_12_bits, id="12 bits"),
        pytest.param(
            12, lambda p: imagecodecs.htj2k_encode(p, reversible=True), id="12 bits in 16"
        ),
        pytest.param(16, lambda p: imagecodecs.htj2k_encode(p, reversible=True), id="16 bits"),
    ],
)
def test_fewer_pixels_of_htj2k_stay_dark_where_the_image_is(make_dicom, bits, encode):
    drawn = np.random.default_rng(1)
    pixels = drawn.integers(0, 40, (256, 256)).astype(np.uint16)
    pixels[64:128, 64:128] = drawn.integers((1 << bits) - 200, 1 << bits, (64, 64))
    frames = [bytes(encode(pixels))]

    image = read_image(
        make_dicom(pixels, bits=bits, syntax=uid.HTJ2KLossless, frames=frames), min_side_px=128
    )

    fewer = image.values[:: 2 // image.reduction, :: 2 // image.reduction]
    assert fewer.shape == (128, 128)
    assert fewer[:30].max() < 200
    assert fewer[34:62, 34:62].min() > (1 << bits) - 600


@pytest.mark.parametrize(
    "codec",
    [
        pytest.param((uid.JPEG2000Lossless, lambda p: _encode_j2k(p, 12)), id="JPEG 2000"),
        pytest.param(
            (uid.HTJ2KLossless, lambda p: imagecodecs.htj2k_encode(p, reversible=True)), id="HTJ2K"
        ),
    ],
)
@pytest.mark.parametrize(
    ("min_side_px", "reduction"),
    [(None, 1), (1000, 1), (401, 1), (200, 2), (199, 2), (100, 4), (50, 8)],
)
@pytest.mark.parametrize("is_signed", [False, True], ids=["unsigned", "signed"])
def test_wavelets_are_decoded_at_the_lowest_resolution_that_will_do(
    make_dicom, codec, min_side_px, reduction, is_signed
):
    syntax, encode = codec
    down, across = np.mgrid[:401, :300]
    pixels = (down * 5 + across * 6).astype(np.uint16)
    if is_signed:
        pixels = (pixels.astype(np.int32) - 2048).astype(np.int16)
    source = make_dicom(pixels, bits=12, syntax=syntax, frames=[bytes(encode(pixels))])

    image = read_image(source, min_side_px=min_side_px)

    assert image.reduction == reduction
    assert image.values.shape == (-(-401 // reduction), -(-300 // reduction))
    assert (image.rows, image.columns) == (401, 300)
    np.testing.assert_allclose(image.values, pixels[::reduction, ::reduction], atol=8)


def test_other_codecs_come_whole(make_dicom, breast_like):
    pixels = breast_like(12)
    encoded = imagecodecs.jpegls_encode(pixels)

    source = make_dicom(pixels, bits=12, syntax=uid.JPEGLSLossless, frames=[encoded])

    assert read_image(source, min_side_px=10).reduction == 1


def test_uncompressed_pixels_of_a_file_are_mapped_and_not_copied(make_dicom, breast_like, tmp_path):
    path = tmp_path / "image.dcm"
    path.write_bytes(make_dicom(breast_like(12), bits=12))

    with path.open("rb") as file:
        values = read_image(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)).values

    assert not values.flags.owndata
    assert not values.flags.writeable


def test_explicit_pixels_that_are_called_implicit_are_not_shifted(make_dicom, breast_like):
    pixels = breast_like(12)
    content = make_dicom(pixels, bits=12)
    mislabelled = content.replace(b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2\0\0\0", 1)

    np.testing.assert_array_equal(read_image(mislabelled).values, pixels)


@pytest.mark.parametrize("syntax", [uid.ExplicitVRLittleEndian, uid.DeflatedExplicitVRLittleEndian])
@pytest.mark.parametrize("blank", [b"  ", b"\0\0"])
def test_an_element_without_value_representation_is_read_on(make_dicom, breast_like, blank, syntax):
    pixels = breast_like()
    content = make_dicom(pixels, bits=12, PixelPaddingValue=7, WindowCenter=40, WindowWidth=90)
    place = content.index(b"\x28\0\x20\x01")
    content = content[: place + 4] + blank + content[place + 6 :]
    if syntax == uid.DeflatedExplicitVRLittleEndian:
        content = _deflated(content)

    image = read_image(content)

    np.testing.assert_array_equal(image.values, pixels)
    assert image.attributes.padding == (7, 7)
    assert image.attributes.vois


def _deflated(content):
    """Deflate the data set of an explicit file (DICOM PS3.5 A.5)."""
    end = 144 + int.from_bytes(content[140:144], "little")
    meta = dcmread(BytesIO(content[:end])).file_meta
    meta.TransferSyntaxUID = uid.DeflatedExplicitVRLittleEndian
    stream = BytesIO()
    write_file_meta_info(stream, meta)
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    packed = packer.compress(content[end:]) + packer.flush()
    return content[:132] + stream.getvalue() + packed + b"\0" * (len(packed) % 2)


def test_bits_outside_those_stored_are_masked_off(make_dicom, breast_like):
    pixels = breast_like(12)
    with_overlay = pixels | np.uint16(0xA000)

    image = read_image(make_dicom(with_overlay, bits=12))

    np.testing.assert_array_equal(image.values, pixels)


def _as_rle(make_dicom, pixels, **said):
    return make_dicom(pixels, syntax=uid.RLELossless, frames=[_encode_rle(pixels)], **said)


def _add_overlay(content, bit):
    dataset = dcmread(BytesIO(content))
    dataset.add_new(0x60020102, "US", bit)
    stream = BytesIO()
    dataset.save_as(stream)
    return stream.getvalue()


@pytest.mark.parametrize("make", [lambda make, *a, **said: make(*a, **said), _as_rle])
def test_bits_above_those_stored_are_doubted_unless_overlays_explain_them(
    make_dicom, breast_like, make
):
    plain = make(make_dicom, breast_like(12), bits=12)
    overlay = make(make_dicom, breast_like(12) | np.uint16(0x8000), bits=12)

    assert not read_image(plain).has_doubtful_bits
    assert read_image(overlay).has_doubtful_bits
    assert not read_image(_add_overlay(overlay, 15)).has_doubtful_bits
    assert read_image(_add_overlay(overlay, 14)).has_doubtful_bits


@pytest.mark.parametrize("make", [lambda make, *a, **said: make(*a, **said), _as_rle])
@pytest.mark.parametrize("bits", [8, 11])
def test_values_that_go_on_above_the_bits_stored_are_not_shown_wrapped(make_dicom, make, bits):
    down, across = np.mgrid[:60, :80]
    smooth = (4000 - 0.4 * across**2 - 0.3 * down**2).astype(np.uint16)
    smooth += np.random.default_rng(1).integers(0, 20, smooth.shape).astype(np.uint16)

    assert not read_image(make(make_dicom, smooth, bits=12)).has_doubtful_bits
    with pytest.raises(DecodeError) as caught:
        read_image(make(make_dicom, smooth, bits=bits))
    assert caught.value.reason == "bit-depth-contradicted"


@pytest.mark.parametrize("bit", [12, 13, 15])
def test_what_was_left_in_bits_above_the_stored_ones_is_only_doubted(make_dicom, bit):
    down, across = np.mgrid[:60, :80]
    smooth = (4000 - 0.4 * across**2 - 0.3 * down**2).astype(np.uint16)
    graphics = np.where((across // 7 + down // 5) % 2, 1 << bit, 0).astype(np.uint16)

    image = read_image(make_dicom(smooth | graphics, bits=12))

    np.testing.assert_array_equal(image.values, smooth)
    assert image.has_doubtful_bits


@pytest.mark.parametrize("is_extended", [False, True])
def test_a_sign_and_bits_below_those_stored_are_no_other_depth(make_dicom, is_extended):
    pixels = np.array([[-2048, -1], [0, 2047]], np.int16)
    written = pixels if is_extended else pixels & 0x0FFF
    shifted = np.array([[0x123F, 0xFFFF]], np.uint16)

    assert not read_image(make_dicom(written, bits=12)).has_doubtful_bits
    assert not read_image(make_dicom(shifted, bits=12, HighBit=15)).has_doubtful_bits


_DEEP = {
    "JPEG-LS": (uid.JPEGLSLossless, lambda p: bytes(imagecodecs.jpegls_encode(p))),
    "JPEG lossless": (
        uid.JPEGLosslessSV1,
        lambda p: bytes(imagecodecs.jpeg8_encode(p, lossless=True, predictor=1, bitspersample=16)),
    ),
    "JPEG 2000": (uid.JPEG2000Lossless, lambda p: _encode_j2k(p, 16)),
    "JPEG 2000 with loss": (
        uid.JPEG2000,
        lambda p: _encode_j2k(p, 16, compression_ratios=[4]),
    ),
}


@pytest.mark.parametrize("name", _DEEP)
def test_a_deeper_codestream_is_shown_only_where_its_values_fit(make_dicom, breast_like, name):
    syntax, encode = _DEEP[name]
    pixels = breast_like(12)
    said = {"bits": 12, "syntax": syntax}

    image = read_image(make_dicom(pixels, frames=[encode(pixels)], **said))

    assert not image.has_doubtful_bits
    with pytest.raises(DecodeError) as caught:
        read_image(make_dicom(pixels, frames=[encode(pixels << 4)], **said))
    assert caught.value.reason == "bit-depth-contradicted"


def test_a_codestream_that_is_less_deep_is_doubted(make_dicom, breast_like):
    pixels = breast_like(8)

    image = read_image(
        make_dicom(
            pixels.astype(np.uint16),
            bits=12,
            syntax=uid.JPEG2000Lossless,
            frames=[_encode_j2k(pixels, 8)],
        )
    )

    assert image.has_doubtful_bits


def test_high_bit_above_bits_stored_shifts_values_down(make_dicom, breast_like):
    pixels = breast_like(12)

    image = read_image(make_dicom(pixels << 4, bits=12, HighBit=15))

    np.testing.assert_array_equal(image.values, pixels)


def test_sign_is_extended_where_the_writer_did_not(make_dicom):
    pixels = np.array([[-2048, -1], [0, 2047]], np.int16)

    image = read_image(make_dicom(pixels & np.int16(0x0FFF), bits=12))

    np.testing.assert_array_equal(image.values, pixels)


def test_odd_number_of_bytes_is_read(make_dicom):
    pixels = np.arange(9, dtype=np.uint8).reshape(3, 3)

    np.testing.assert_array_equal(read_image(make_dicom(pixels)).values, pixels)


def test_bytes_in_big_endian_words_come_in_order(make_dicom):
    swapped = np.array([[2, 1], [4, 3]], np.uint8)
    source = make_dicom(swapped, syntax=uid.ExplicitVRBigEndian)
    as_words = source.replace(b"\x7f\xe0\x00\x10OB", b"\x7f\xe0\x00\x10OW")

    np.testing.assert_array_equal(read_image(as_words).values, [[1, 2], [3, 4]])


_RED_GREEN_BLUE = np.array([[[255, 0, 0], [0, 255, 0]], [[0, 0, 255], [255, 255, 255]]], np.uint8)
_GREYS = [[76, 150], [29, 255]]


@pytest.mark.parametrize("is_planar", [False, True])
def test_colour_comes_as_luminance(make_dicom, is_planar):
    pixels = _RED_GREEN_BLUE
    raw = np.moveaxis(pixels, -1, 0) if is_planar else pixels
    source = make_dicom(pixels, PlanarConfiguration=int(is_planar), PixelData=raw.tobytes())

    image = read_image(source)

    np.testing.assert_array_equal(image.values, _GREYS)
    assert image.attributes.is_colour
    assert image.attributes.photometric == "MONOCHROME2"


def test_luminance_is_taken_as_it_is_stored(make_dicom):
    luminances = np.array([[10, 20, 30, 40]], np.uint8)
    packed = bytes([10, 20, 128, 128, 30, 40, 128, 128])
    source = make_dicom(
        np.zeros((1, 4, 3), np.uint8), PhotometricInterpretation="YBR_FULL_422", PixelData=packed
    )

    np.testing.assert_array_equal(read_image(source).values, luminances)


@pytest.mark.parametrize("scale", [257, 1], ids=["16 bits", "8 of 16 bits used"])
def test_palette_comes_as_luminance(make_dicom, scale):
    indices = np.array([[0, 1], [2, 3]], np.uint8)
    colours = np.array([[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 255]], np.uint16)
    colours = colours * np.uint16(scale)
    palette = {}
    for index, colour in enumerate(("Red", "Green", "Blue")):
        palette[f"{colour}PaletteColorLookupTableDescriptor"] = [4, 0, 16]
        palette[f"{colour}PaletteColorLookupTableData"] = colours[:, index].tobytes()
    source = make_dicom(indices, PhotometricInterpretation="PALETTE COLOR", **palette)

    np.testing.assert_array_equal(read_image(source).values, _GREYS)


def test_a_dark_colour_of_a_palette_stays_dark(make_dicom):
    palette = {}
    for colour, white in (("Red", 65535), ("Green", 65535), ("Blue", 255)):
        palette[f"{colour}PaletteColorLookupTableDescriptor"] = [2, 0, 16]
        palette[f"{colour}PaletteColorLookupTableData"] = np.array([0, white], "<u2").tobytes()
    source = make_dicom(
        np.array([[0, 1]], np.uint8), PhotometricInterpretation="PALETTE COLOR", **palette
    )

    np.testing.assert_array_equal(read_image(source).values, [[0, 226]])


@pytest.mark.parametrize("sequence", ["VOILUTSequence", "ModalityLUTSequence"])
@pytest.mark.parametrize(
    ("said", "most", "bits"),
    [
        pytest.param(16, 4095, (12, 16), id="12 of 16 bits are used"),
        pytest.param(16, 16383, (14, 16), id="14 of 16"),
        pytest.param(12, 1000, (10, 12), id="10 of 12"),
        pytest.param(16, 32767, (16, None), id="half of the range is one of its own"),
        pytest.param(8, 4095, (12, None), id="more than said"),
        pytest.param(16, 0, (16, None), id="nothing at all"),
    ],
)
def test_a_table_has_the_bits_that_its_entries_use(make_dicom, sequence, said, most, bits):
    item = Dataset()
    item.add_new("LUTDescriptor", "US", [4, 0, said])
    item.add_new("LUTData", "OW", np.array([0, 0, most // 2, most], "<u2").tobytes())
    source = make_dicom(np.zeros((2, 2), np.uint16), bits=12, **{sequence: [item]})

    attributes = read_image(source).attributes

    (lut,) = attributes.vois or (attributes.modality_lut,)
    assert (lut.bits, lut.said_bits) == bits


@pytest.mark.parametrize(
    ("intent", "is_raw"), [(None, True), ("", True), ("FOR PRESENTATION", False)]
)
def test_a_class_for_processing_need_not_say_so_again(make_dicom, intent, is_raw):
    raw = {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.1.2.1"}
    stated = {} if intent is None else {"PresentationIntentType": intent}
    source = make_dicom(np.zeros((2, 2), np.uint16), **raw, **stated)

    assert read_image(source).attributes.is_for_processing is is_raw


def _three_frames(breast_like):
    pixels = [breast_like(12) + np.uint16(7 * index) for index in range(3)]
    return pixels, [bytes(imagecodecs.jpegls_encode(each)) for each in pixels]


@pytest.mark.parametrize("fragments", [1, 3])
@pytest.mark.parametrize("has_table", [True, False])
@pytest.mark.parametrize("frame", [0, 2])
def test_frames_are_put_together_from_their_fragments(
    make_dicom, breast_like, fragments, has_table, frame
):
    pixels, encoded = _three_frames(breast_like)
    data = encapsulate(encoded, fragments_per_frame=fragments, has_bot=has_table)
    source = make_dicom(
        pixels[0], bits=12, syntax=uid.JPEGLSLossless, frames=encoded, PixelData=data
    )

    np.testing.assert_array_equal(read_image(source, frame=frame).values, pixels[frame])


def test_a_wrong_offset_table_is_not_believed(make_dicom, breast_like):
    pixels, encoded = _three_frames(breast_like)
    data = bytearray(encapsulate(encoded, has_bot=True))
    data[12:16] = b"\x01\0\0\0"
    source = make_dicom(
        pixels[0], bits=12, syntax=uid.JPEGLSLossless, frames=encoded, PixelData=bytes(data)
    )

    np.testing.assert_array_equal(read_image(source, frame=1).values, pixels[1])


def test_the_extended_offset_table_is_used(make_dicom, breast_like):
    pixels, encoded = _three_frames(breast_like)
    data, offsets, lengths = encapsulate_extended(encoded)
    source = make_dicom(
        pixels[0],
        bits=12,
        syntax=uid.JPEGLSLossless,
        frames=encoded,
        PixelData=data,
        ExtendedOffsetTable=offsets,
        ExtendedOffsetTableLengths=lengths,
    )

    np.testing.assert_array_equal(read_image(source, frame=2).values, pixels[2])


def test_one_frame_of_several_fragments_needs_no_table(make_dicom, breast_like):
    pixels = breast_like(12)
    encoded = bytes(imagecodecs.jpegls_encode(pixels))
    data = encapsulate([encoded], fragments_per_frame=4, has_bot=False)
    source = make_dicom(
        pixels, bits=12, syntax=uid.JPEGLSLossless, frames=[encoded], PixelData=data
    )

    np.testing.assert_array_equal(read_image(source).values, pixels)


def test_an_uncompressed_frame_is_found(make_dicom, breast_like):
    pixels = breast_like(12)
    frames = np.stack([pixels, pixels + np.uint16(1)])
    source = make_dicom(pixels, bits=12, NumberOfFrames=2, PixelData=frames.tobytes())

    np.testing.assert_array_equal(read_image(source, frame=1).values, frames[1])


def test_the_next_decoder_follows_one_that_fails(make_dicom, breast_like, monkeypatch):
    def fail(*_args, **_kwargs):
        raise RuntimeError("cannot")

    pixels = breast_like(12)
    encoded = _encode_j2k(pixels, 12)
    monkeypatch.setattr(imagecodecs, "jpeg2k_decode", fail)

    image = read_image(make_dicom(pixels, bits=12, syntax=uid.JPEG2000Lossless, frames=[encoded]))

    np.testing.assert_array_equal(image.values, pixels)


@pytest.mark.parametrize("is_signed", [False, True])
def test_the_last_decoder_of_jpeg_2000_gives_the_same_values(
    make_dicom, breast_like, monkeypatch, is_signed
):
    def fail(*_args, **_kwargs):
        raise RuntimeError("cannot")

    pixels = breast_like(12, is_signed=is_signed)
    encoded = _encode_j2k(pixels, 12)
    monkeypatch.setattr(imagecodecs, "jpeg2k_decode", fail)
    monkeypatch.setattr(openjpeg.utils, "decode", fail)

    image = read_image(make_dicom(pixels, bits=12, syntax=uid.JPEG2000Lossless, frames=[encoded]))

    np.testing.assert_array_equal(image.values, pixels)


def _called(content, syntax):
    """Give a file another transfer syntax, and leave the pixels as they are."""
    place = content.index(b"\x02\0\x10\0UI")
    old = int.from_bytes(content[place + 6 : place + 8], "little")
    name = str(syntax).encode() + b"\0" * (len(syntax) % 2)
    group = int.from_bytes(content[140:144], "little") + len(name) - old
    content = content[:140] + group.to_bytes(4, "little") + content[144:]
    head = content[: place + 6] + len(name).to_bytes(2, "little")
    return head + name + content[place + 8 + old :]


_FRAMES = {
    "RLE": (uid.RLELossless, _encode_rle),
    "JPEG lossless": (
        uid.JPEGLossless,
        lambda p: bytes(imagecodecs.jpeg8_encode(p, lossless=True, predictor=1, bitspersample=12)),
    ),
    "JPEG-LS": (uid.JPEGLSLossless, lambda p: bytes(imagecodecs.jpegls_encode(p))),
    "JPEG 2000": (uid.JPEG2000, lambda p: _encode_j2k(p, 12)),
    "HTJ2K": (uid.HTJ2K, lambda p: bytes(imagecodecs.htj2k_encode(p, reversible=True))),
}
_DECLARED = {
    "uncompressed": uid.ExplicitVRLittleEndian,
    "implicit": uid.ImplicitVRLittleEndian,
    "RLE": uid.RLELossless,
    "JPEG": uid.JPEGBaseline8Bit,
    "JPEG lossless": uid.JPEGLosslessSV1,
    "JPEG-LS": uid.JPEGLSLossless,
    "JPEG 2000": uid.JPEG2000Lossless,
    "HTJ2K": uid.HTJ2KLossless,
    "nobody knows what": "1.2.3.4",
}


@pytest.mark.parametrize("declared", _DECLARED)
@pytest.mark.parametrize("codec", _FRAMES)
def test_a_codec_is_told_by_its_first_bytes(make_dicom, breast_like, codec, declared):
    pixels = breast_like(12)
    found, encode = _FRAMES[codec]
    true = _DECLARED["implicit" if declared == "implicit" else codec]
    content = make_dicom(
        pixels,
        bits=12,
        syntax=uid.JPEG2000 if true.is_encapsulated else true,
        frames=[encode(pixels)],
    )

    image = read_image(_called(content, _DECLARED[declared]))

    np.testing.assert_array_equal(image.values, pixels)
    assert image.corrected_syntax == (None if codec == declared else found)


def test_a_frame_with_loss_is_told_from_one_without(make_dicom):
    pixels = np.full((32, 32), 77, np.uint8)
    frame = bytes(imagecodecs.jpeg8_encode(pixels, 90))

    image = read_image(make_dicom(pixels, syntax=uid.JPEGLosslessSV1, frames=[frame]))

    assert image.corrected_syntax == uid.JPEGExtended12Bit
    assert image.attributes.is_lossy


@pytest.mark.parametrize("declared", ["RLE", "JPEG", "JPEG lossless", "JPEG-LS", "JPEG 2000"])
@pytest.mark.parametrize("frames", [1, 3])
def test_plain_pixels_are_told_by_their_length(make_dicom, breast_like, declared, frames):
    pixels = breast_like(12)
    stack = np.stack([pixels + np.uint16(index) for index in range(frames)])
    content = make_dicom(pixels, bits=12, NumberOfFrames=frames, PixelData=stack.tobytes())

    image = read_image(_called(content, _DECLARED[declared]), frame=frames - 1)

    np.testing.assert_array_equal(image.values, stack[-1])
    assert image.corrected_syntax == uid.ExplicitVRLittleEndian


@pytest.mark.parametrize(
    ("declared", "corrected"),
    [
        (uid.ExplicitVRLittleEndian, uid.ExplicitVRLittleEndian),
        (uid.JPEG2000Lossless, uid.ExplicitVRLittleEndian),
        ("1.2.840.10008.1.2.1.98", None),
    ],
)
def test_plain_pixels_in_fragments_are_told_by_their_length(
    make_dicom, breast_like, declared, corrected
):
    pixels = breast_like(12)
    content = make_dicom(pixels, bits=12, syntax=uid.JPEG2000, frames=[pixels.tobytes()])

    image = read_image(_called(content, declared))

    np.testing.assert_array_equal(image.values, pixels)
    assert image.corrected_syntax == corrected


@pytest.mark.parametrize("declared", [uid.ExplicitVRLittleEndian, uid.JPEG2000Lossless])
@pytest.mark.parametrize("is_bare", [False, True])
def test_compressed_pixels_of_a_stated_length_are_read(make_dicom, breast_like, declared, is_bare):
    pixels = breast_like(12)
    frame = _encode_j2k(pixels, 12)
    frame += b"\0" * (len(frame) % 2)
    data = frame if is_bare else encapsulate([frame])
    content = make_dicom(pixels, bits=12, PixelData=data)

    image = read_image(_called(content, declared))

    np.testing.assert_array_equal(image.values, pixels)


def test_uncompressed_pixels_that_look_like_a_fragment_are_none(make_dicom):
    pixels = np.array([[0xFFFE, 0xE000], [4, 0]], np.uint16)

    image = read_image(make_dicom(pixels))

    np.testing.assert_array_equal(image.values, pixels)
    assert image.corrected_syntax is None


def _broken(make_dicom, name):
    pixels = np.zeros((60, 90), np.uint16)
    j2k = {"syntax": uid.JPEG2000Lossless, "bits": 12}
    encoded = _encode_j2k(pixels, 12)
    whole = make_dicom(pixels)
    compressed = make_dicom(pixels, frames=[encoded], **j2k)
    grey = np.zeros((60, 90), np.uint8)
    jpeg = bytes(imagecodecs.jpeg8_encode(grey, 90))
    size = jpeg.index(b"\xff\xc0") + 5
    huge = jpeg[:size] + b"\xff\xdc\xff\xdc" + jpeg[size + 4 :]
    two = jpeg[:2] + huge[size - 5 : size + 8] + jpeg[2:]
    baseline = {"syntax": uid.JPEGBaseline8Bit}
    return {
        "an empty file": b"",
        "text": b"no DICOM at all, but long enough to be looked at as if it were such",
        "no pixel data": whole[: whole.index(b"\xe0\x7f\x10\x00")],
        "empty pixel data": make_dicom(pixels, PixelData=b""),
        "half of the pixels": whole[:-600],
        "fewer bytes than rows and columns need": make_dicom(pixels, Rows=61),
        "more by a row": make_dicom(pixels, Rows=59),
        "more by a column": make_dicom(pixels, Columns=89),
        "more by a column, deflated": make_dicom(
            pixels, syntax=uid.DeflatedExplicitVRLittleEndian, Columns=89
        ),
        "one sample where there are three": make_dicom(
            np.zeros((60, 90, 3), np.uint8), SamplesPerPixel=1
        ),
        "half of a fragment": compressed[: -len(encoded) // 2],
        "no fragment": make_dicom(
            pixels, frames=[encoded], **j2k, PixelData=encapsulate([encoded])[:12]
        ),
        "an unknown transfer syntax": _called(
            make_dicom(pixels, frames=[bytes(100)], **j2k), "1.2.840.10008.1.2.4.110"
        ),
        "a damaged codestream": compressed.replace(encoded[40:], bytes(len(encoded) - 40)),
        "another size in the codestream": make_dicom(pixels[:10], frames=[encoded], **j2k),
        "a JPEG without its end": make_dicom(grey, frames=[jpeg[:-2]], **baseline),
        "a JPEG 2000 without its end": make_dicom(pixels, frames=[encoded[:-2]], **j2k),
        "a size behind a few bytes": make_dicom(
            grey, frames=[huge[:2] + b"\0\0" + huge[2:]], **baseline
        ),
        "two sizes": make_dicom(grey, frames=[two], **baseline),
        "no frame of any kind": make_dicom(pixels, frames=[bytes(100)], **j2k),
        "an unknown transfer syntax, uncompressed": whole.replace(b"1.2.1\0", b"1.2.77"),
        "uncompressed, called compressed": compressed.replace(
            b"OW\0\0\xff\xff\xff\xff\xfe\xff\0\xe0", b"OW\0\0\x10\0\0\0\1\2\3\4"
        ),
        "compressed by who knows what, called uncompressed": _called(
            make_dicom(pixels, frames=[bytes(100)], **j2k), uid.ExplicitVRLittleEndian
        ),
        "absurd size": make_dicom(pixels, Rows=65535, Columns=65535),
        "a bomb": make_dicom(pixels, frames=[b"\xff\xd9"], **j2k, Rows=16000, Columns=16000),
        "32 bits": make_dicom(np.zeros((2, 2), np.uint32)),
        "one bit": make_dicom(np.zeros((8, 8), np.uint8), BitsAllocated=1, BitsStored=1),
        "no rows": make_dicom(pixels, Rows=0),
        "more bits stored than allocated": make_dicom(pixels, BitsStored=17),
        "four samples": make_dicom(np.zeros((2, 2, 4), np.uint8)),
        "a palette without its tables": make_dicom(
            np.zeros((2, 2), np.uint8), PhotometricInterpretation="PALETTE COLOR"
        ),
    }[name]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("an empty file", "truncated"),
        ("text", "no-pixel-data"),
        ("no pixel data", "no-pixel-data"),
        ("empty pixel data", "no-pixel-data"),
        ("half of the pixels", "truncated"),
        ("fewer bytes than rows and columns need", "truncated"),
        ("more by a row", "pixel-length-contradicted"),
        ("more by a column", "pixel-length-contradicted"),
        ("more by a column, deflated", "pixel-length-contradicted"),
        ("one sample where there are three", "pixel-length-contradicted"),
        ("half of a fragment", "truncated"),
        ("no fragment", "truncated"),
        ("an unknown transfer syntax", "unsupported-transfer-syntax"),
        ("a damaged codestream", "decoder-failed"),
        ("another size in the codestream", "decoder-failed"),
        ("a JPEG without its end", "truncated"),
        ("a JPEG 2000 without its end", "truncated"),
        ("a size behind a few bytes", "decoder-failed"),
        ("two sizes", "decoder-failed"),
        ("no frame of any kind", "decoder-failed"),
        ("an unknown transfer syntax, uncompressed", "unsupported-transfer-syntax"),
        ("uncompressed, called compressed", "transfer-syntax-contradicted"),
        ("compressed by who knows what, called uncompressed", "transfer-syntax-contradicted"),
        ("absurd size", "too-large"),
        ("a bomb", "too-large"),
        ("32 bits", "unsupported-pixels"),
        ("one bit", "unsupported-pixels"),
        ("no rows", "unsupported-pixels"),
        ("more bits stored than allocated", "unsupported-pixels"),
        ("four samples", "unsupported-pixels"),
        ("a palette without its tables", "unsupported-pixels"),
    ],
)
def test_what_cannot_be_decoded_says_why(make_dicom, name, reason):
    assert _reason(_broken(make_dicom, name)) == reason


@pytest.mark.parametrize("value", [0, 1000, 4095])
def test_pixels_of_one_value_are_refused_where_something_must_be_seen(make_dicom, value):
    pixels = np.full((60, 90), value, dtype=np.uint16)
    blank = read_image(make_dicom(pixels))
    pixels[30, 40] ^= 1
    seen = read_image(make_dicom(pixels))

    assert refuse_blank(seen) is seen
    with pytest.raises(DecodeError, match=f"all pixels have the value {value}") as caught:
        refuse_blank(blank)
    assert caught.value.reason == "blank-pixels"


def test_one_of_several_frames_may_be_blank(make_dicom):
    frames = np.zeros((2, 60, 90), dtype=np.uint16)
    frames[1] = 7

    image = read_image(make_dicom(frames[0], PixelData=frames.tobytes(), NumberOfFrames=2))

    assert refuse_blank(image) is image


def test_a_few_bytes_of_padding_are_no_pixels(make_dicom):
    pixels = np.arange(60 * 90, dtype=np.uint16).reshape(60, 90)

    image = read_image(make_dicom(pixels, PixelData=pixels.tobytes() + bytes(8)))

    np.testing.assert_array_equal(image.values, pixels)


@pytest.mark.parametrize(
    "header",
    [
        pytest.param((2, 64, 12_465_916), id="a segment far beyond the frame"),
        pytest.param((2, 64, 0x7FFF_FFFF), id="as far as there are numbers"),
        pytest.param((2, 300, 64), id="segments in reverse"),
        pytest.param((2, 0, 64), id="a segment in the header"),
        pytest.param((1, 64), id="too few segments"),
        pytest.param((15, *range(64, 79)), id="too many segments"),
    ],
)
def test_an_rle_header_is_not_believed(make_dicom, header):
    """The decoder would read where it points to."""
    pixels = np.arange(400, dtype=np.uint16).reshape(20, 20)
    segments = _encode_rle(pixels)[64:]
    frame = struct.pack("<16L", *header, *[0] * (16 - len(header))) + segments

    with pytest.raises(DecodeError, match="RLE") as caught:
        read_image(make_dicom(pixels, syntax=uid.RLELossless, frames=[frame]))

    assert caught.value.reason == "decoder-failed"


def test_an_rle_header_that_is_cut_off_says_so(make_dicom):
    pixels = np.zeros((20, 20), np.uint16)

    with pytest.raises(DecodeError, match="cut off"):
        read_image(make_dicom(pixels, syntax=uid.RLELossless, frames=[bytes(40)]))


ABSURD = [
    pytest.param("BitsStored", "XX", b"\x0c\0", id="an unknown kind of value"),
    pytest.param("PixelPaddingValue", "AT", b"\0\0", id="half a value"),
    pytest.param("RescaleSlope", "DS", b"1e300 ", id="a slope beyond all numbers"),
    pytest.param("RescaleSlope", "DS", b"1e-300", id="a slope of nothing"),
    pytest.param("RescaleIntercept", "DS", b"-1e99 ", id="an intercept beyond all numbers"),
    pytest.param("WindowWidth", "DS", b"1e308 ", id="a window beyond all numbers"),
    pytest.param("WindowWidth", "DS", b"1e-308", id="a window of nothing"),
    pytest.param("WindowCenter", "DS", b"1e308 ", id="a centre beyond all numbers"),
]


@pytest.mark.parametrize("function", ["LINEAR", "LINEAR_EXACT", "SIGMOID"])
@pytest.mark.parametrize(("keyword", "vr", "value"), ABSURD)
def test_an_absurd_value_counts_as_absent(make_dicom, breast_like, function, keyword, vr, value):
    tag = tag_for_keyword(keyword)
    windows = {"WindowCenter": 2000, "WindowWidth": 4000, "VOILUTFunction": function}
    pixels = breast_like(12)
    source = make_dicom(pixels, **(windows | {keyword: 1}))
    head = source.index(struct.pack("<HH", tag >> 16, tag & 0xFFFF))
    end = head + 8 + struct.unpack_from("<H", source, head + 6)[0]
    element = source[head : head + 4] + vr.encode() + struct.pack("<H", len(value)) + value
    image = read_image(source[:head] + element + source[end:])

    shown = present(image, voi=choose_voi([voter_of(image)]))

    assert np.ptp(shown.values) > 0
    assert np.isfinite(shown.values).all()


def test_a_small_deflated_file_cannot_ask_for_much_memory(make_dicom):
    pixels = np.zeros((9000, 8000), np.uint16)
    source = make_dicom(pixels, syntax=uid.DeflatedExplicitVRLittleEndian)

    with pytest.raises(DecodeError) as caught:
        read_image(source)

    assert len(source) < 1 << 18
    assert caught.value.reason == "too-large"


@pytest.mark.parametrize("frame", [-1, 1, 7])
def test_a_frame_that_is_not_there_says_so(make_dicom, frame):
    with pytest.raises(DecodeError) as caught:
        read_image(make_dicom(np.zeros((2, 2), np.uint16)), frame=frame)

    assert caught.value.reason == "frame-missing"


def test_a_frame_beyond_the_pixel_data_says_so(make_dicom):
    source = make_dicom(np.zeros((2, 2), np.uint16), NumberOfFrames=3)

    with pytest.raises(DecodeError) as caught:
        read_image(source, frame=2)

    assert caught.value.reason == "frame-missing"


def _reason(content, **options):
    with pytest.raises(DecodeError) as caught:
        read_image(content, **options)
    return caught.value.reason


@pytest.mark.parametrize("syntax", _NATIVE.values(), ids=_NATIVE)
def test_only_the_object_that_is_meant_is_decoded(make_dicom, syntax):
    content = make_dicom(np.zeros((2, 2), np.uint16), syntax=syntax, SOPInstanceUID="2.25.7")

    assert read_image(content, sop_instance_uid="2.25.7").rows == 2
    assert _reason(content, sop_instance_uid="2.25.1") == "changed"


def test_an_object_that_does_not_name_itself_is_named_by_its_meta_information(make_dicom):
    content = make_dicom(np.zeros((2, 2), np.uint16))
    unnamed = content.replace(b"\x08\0\x18\0UI\x06\x002.25.1", b"")

    assert len(unnamed) < len(content)
    assert read_image(unnamed, sop_instance_uid="2.25.1").rows == 2


@pytest.mark.parametrize("name", ["an empty file", "text"])
def test_what_is_no_object_is_not_the_one_that_is_meant(make_dicom, name):
    assert _reason(_broken(make_dicom, name), sop_instance_uid="2.25.1") == "changed"


def test_another_object_is_not_blamed_for_what_it_lacks(make_dicom):
    content = _broken(make_dicom, "no pixel data")

    assert _reason(content, sop_instance_uid="2.25.7") == "changed"
    assert _reason(content, sop_instance_uid="2.25.1") == "no-pixel-data"


@pytest.mark.parametrize("syntax", _NATIVE.values(), ids=_NATIVE)
def test_a_header_that_is_cut_off_behind_its_name_is_still_of_the_object_meant(make_dicom, syntax):
    content = make_dicom(np.zeros((2, 2), np.uint16), syntax=syntax)
    named = content.rindex(b"2.25.1") + 16 if syntax != _NATIVE["deflated"] else len(content) - 9

    for end in range(named, len(content) - 8):
        assert _reason(content[:end], sop_instance_uid="2.25.1") == _reason(content[:end])


def test_the_error_names_the_label_and_survives_a_copy(make_dicom):
    with pytest.raises(DecodeError) as caught:
        read_image(b"", label="CD1.zip!/IM1")

    again = copy.copy(caught.value)

    assert str(again).startswith("CD1.zip!/IM1: ")
    assert again.reason == caught.value.reason
