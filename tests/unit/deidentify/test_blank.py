# What is not breast is blanked: text in the air is gone, no value within the breast changes.
import imagecodecs
import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.uid import (
    DigitalMammographyXRayImageStorageForPresentation,
    ExplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
)

from ductdicom.deidentify.blank import blank_outside
from ductdicom.deidentify.stored import as_file, bare_pixels
from ductdicom.errors import DecodeError
from ductdicom.pixels.decoding.decode import read_image

AIR, LABEL = 10, np.s_[20:30, 250:290]


def picture(*, is_inverse=False, bits=12):
    rows, columns = np.mgrid[0:400, 0:300]
    inside = (rows - 200) ** 2 / 150**2 + columns**2 / 180**2 < 1
    grain = np.random.default_rng(1).integers(0, 40, inside.shape)
    values = np.where(inside, 900 + columns + grain, AIR + grain // 20)
    values[LABEL] = 3000
    top = (1 << bits) - 1
    values = top - values if is_inverse else values
    return values.astype(np.uint16), inside


def mammogram(values, **changes):
    data = Dataset()
    data.SOPClassUID = DigitalMammographyXRayImageStorageForPresentation
    data.SOPInstanceUID, data.Modality = "2.25.1", "MG"
    data.Rows, data.Columns = values.shape
    data.SamplesPerPixel, data.PixelRepresentation = 1, 0
    data.BitsAllocated, data.BitsStored, data.HighBit = 16, 12, 11
    data.PhotometricInterpretation = "MONOCHROME2"
    data.WindowCenter, data.WindowWidth = 2048, 4096
    data.PixelData = values.tobytes()
    for keyword, value in changes.items():
        setattr(data, keyword, value)
    return data


@pytest.mark.parametrize("photometric", ["MONOCHROME2", "MONOCHROME1"])
def test_text_in_the_air_is_gone_and_the_breast_as_it_was(photometric):
    values, inside = picture(is_inverse=photometric == "MONOCHROME1")
    data = mammogram(values, PhotometricInterpretation=photometric)

    syntax, kept = blank_outside(data, ExplicitVRLittleEndian)

    found = read_image(as_file(data, syntax)).values
    assert syntax == ExplicitVRLittleEndian
    assert np.array_equal(found[inside], values[inside])
    assert len(np.unique(found[LABEL])) == 1
    assert found[LABEL][0, 0] == found[-1, -1]
    assert inside.mean() < kept < inside.mean() + 0.15


def test_what_was_packed_is_packed_again_without_loss():
    values, inside = picture()
    packed = imagecodecs.jpeg2k_encode(values, level=0, reversible=True, codecformat="j2k")
    data = mammogram(values, PixelData=encapsulate([packed]))
    data["PixelData"].is_undefined_length = True

    syntax, _ = blank_outside(data, JPEG2000Lossless)

    found = read_image(as_file(data, syntax)).values
    assert syntax == JPEG2000Lossless
    assert np.array_equal(found[inside], values[inside])
    assert "LossyImageCompression" not in data


def test_what_was_lossy_once_says_so_still():
    values, _ = picture()
    grey = (values >> 4).astype(np.uint8)
    data = mammogram(grey, BitsAllocated=8, BitsStored=8, HighBit=7, WindowWidth=256)
    data.WindowCenter = 128
    data.PixelData = encapsulate([imagecodecs.jpeg8_encode(grey, level=90)])
    data["PixelData"].is_undefined_length = True

    syntax, _ = blank_outside(data, JPEGBaseline8Bit)

    assert syntax == JPEG2000Lossless
    assert data.LossyImageCompression == "01"
    assert read_image(as_file(data, syntax)).values.shape == grey.shape


@pytest.mark.parametrize(
    "changes", [{"NumberOfFrames": 2}, {"PhotometricInterpretation": "RGB"}, {"PixelData": b"\0"}]
)
def test_what_cannot_be_blanked_is_refused(changes):
    data = mammogram(picture()[0], **changes)

    with pytest.raises(DecodeError):
        blank_outside(data, ExplicitVRLittleEndian)


def test_an_image_without_a_breast_is_refused():
    data = mammogram(np.full((40, 30), 7, np.uint16))

    with pytest.raises(DecodeError, match="no breast"):
        blank_outside(data, ExplicitVRLittleEndian)


@pytest.mark.parametrize(
    "encode",
    [
        lambda grey: _commented(imagecodecs.jpeg8_encode(grey, level=90)),
        lambda grey: imagecodecs.jpeg8_encode(grey, level=90) + b"Nadia Vargas",
    ],
    ids=["comment", "behind"],
)
def test_what_lies_among_pixels_and_is_none_goes(encode):
    grey = (picture()[0] >> 4).astype(np.uint8)
    data = mammogram(grey, BitsAllocated=8, BitsStored=8, HighBit=7)
    data.PixelData = encapsulate([encode(grey)])
    data["PixelData"].is_undefined_length = True
    before = read_image(as_file(data, JPEGBaseline8Bit)).values

    bare_pixels(data, data, JPEGBaseline8Bit)

    content = as_file(data, JPEGBaseline8Bit)
    assert b"Nadia" not in content
    assert np.array_equal(read_image(content).values, before)


def _commented(frame):
    comment = b"Nadia Vargas"
    return frame[:2] + b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment + frame[2:]


def test_an_overlay_in_free_bits_and_bytes_behind_go():
    values, _ = picture()
    data = mammogram(values | np.uint16(0x8000), PixelData=b"")
    data.PixelData = (values | np.uint16(0x8000)).tobytes() + b"Nadia Vargas"
    source = Dataset()
    source.add_new(0x60000102, "US", 15)

    bare_pixels(data, source, ExplicitVRLittleEndian)

    assert data.PixelData == values.tobytes()
