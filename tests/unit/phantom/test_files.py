import imagecodecs
import numpy as np
import pydicom
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.encaps import generate_frames

from ductdicom.errors import OutputError
from ductdicom.phantom.codes import sample_uid
from ductdicom.phantom.dataset import mammogram_dataset
from ductdicom.phantom.files import Syntax, write_object
from ductdicom.phantom.jpeg import encode_lossless

PIXELS = np.random.default_rng(5).integers(0, 4096, (40, 30)).astype(np.uint16)
DECODERS = {
    Syntax.JPEG_LOSSLESS: imagecodecs.ljpeg_decode,
    Syntax.JPEG_LS: imagecodecs.jpegls_decode,
    Syntax.JPEG_2000: imagecodecs.jpeg2k_decode,
}


def _decode(path, syntax):
    dataset = pydicom.dcmread(path)
    if syntax not in DECODERS:
        return dataset.pixel_array
    return DECODERS[syntax](next(generate_frames(dataset.PixelData, number_of_frames=1)))


@pytest.mark.parametrize("syntax", [pytest.param(s, id=s.name) for s in Syntax])
def test_each_syntax_keeps_every_value(tmp_path, syntax):
    path = write_object(tmp_path / "deep" / "a.dcm", mammogram_dataset(PIXELS), syntax)

    assert np.array_equal(_decode(path, syntax), PIXELS)
    assert pydicom.dcmread(path).file_meta.TransferSyntaxUID == syntax


@pytest.mark.parametrize("syntax", [pytest.param(s, id=s.name) for s in Syntax])
def test_the_same_object_gives_the_same_bytes(tmp_path, syntax):
    one = write_object(tmp_path / "1", mammogram_dataset(PIXELS), syntax)
    other = write_object(tmp_path / "2", mammogram_dataset(PIXELS), syntax)

    assert one.read_bytes() == other.read_bytes()


def test_a_file_that_cannot_be_written_is_an_output_error(tmp_path):
    (tmp_path / "file").write_bytes(b"")

    with pytest.raises(OutputError, match="cannot write a sample"):
        write_object(tmp_path / "file" / "a.dcm", mammogram_dataset(PIXELS))


@given(
    st.integers(2, 15),
    st.integers(1, 9),
    st.integers(1, 90),
    st.integers(0, 2**32),
    st.floats(0.0, 1.0),
)
def test_lossless_jpeg_keeps_every_value(bits, columns, rows, seed, flat):
    generator = np.random.default_rng(seed)
    values = generator.integers(0, 2**bits, (rows, columns)).astype(np.uint16)
    values[generator.random(values.shape) < flat] = 0

    decoded = imagecodecs.ljpeg_decode(encode_lossless(values, bits))

    assert np.array_equal(np.asarray(decoded).reshape(values.shape), values)


def test_uids_are_fixed_and_valid():
    assert sample_uid("study") == sample_uid("study")
    assert sample_uid("study") != sample_uid("series")
    assert pydicom.uid.UID(sample_uid("study")).is_valid
