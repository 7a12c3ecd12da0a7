"""Builders of DICOM objects with pixels, and of stored images."""

from io import BytesIO

import numpy as np
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.filewriter import dcmwrite
from pydicom.uid import (
    UID,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from ductdicom.pixels.stored import DisplayAttributes, StoredImage


def _dicom(pixels, *, bits=None, syntax=ExplicitVRLittleEndian, frames=None, **attributes):
    """Return the bytes of an object; ``frames`` are compressed, ``pixels`` tell the shape."""
    pixels = np.asarray(pixels)
    syntax = UID(syntax)
    allocated = pixels.itemsize * 8
    ds = Dataset()
    ds.SOPClassUID = "1.2.840.10008.5.1.4.1.1.1.2"
    ds.SOPInstanceUID = "2.25.1"
    ds.Modality = "MG"
    ds.SamplesPerPixel = pixels.shape[2] if pixels.ndim == 3 else 1
    ds.PhotometricInterpretation = "RGB" if pixels.ndim == 3 else "MONOCHROME2"
    if pixels.ndim == 3:
        ds.PlanarConfiguration = 0
    ds.Rows, ds.Columns = pixels.shape[:2]
    ds.BitsAllocated = allocated
    ds.BitsStored = bits or allocated
    ds.HighBit = ds.BitsStored - 1
    ds.PixelRepresentation = int(pixels.dtype.kind == "i")
    is_little = syntax != ExplicitVRBigEndian
    if frames is None:
        order = "<" if is_little else ">"
        raw = pixels.astype(pixels.dtype.newbyteorder(order)).tobytes()
        ds.PixelData = raw + b"\0" * (len(raw) % 2)
    else:
        if len(frames) > 1:
            ds.NumberOfFrames = len(frames)
        ds.PixelData = encapsulate(list(frames))
        ds["PixelData"].is_undefined_length = True
    ds["PixelData"].VR = "OW" if syntax == ImplicitVRLittleEndian or allocated > 8 else "OB"
    for keyword, value in attributes.items():
        setattr(ds, keyword, value)
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = syntax
    ds.file_meta.MediaStorageSOPClassUID = ds.SOPClassUID
    ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
    stream = BytesIO()
    dcmwrite(
        stream,
        ds,
        enforce_file_format=True,
    )
    return stream.getvalue()


def _stored(values, *, bits=12, rows=None, columns=None, **attributes):
    values = np.asarray(values)
    return StoredImage(
        values=values,
        rows=rows or values.shape[0],
        columns=columns or values.shape[1],
        attributes=DisplayAttributes(
            bits_stored=bits, is_signed=values.dtype.kind == "i", **attributes
        ),
    )


@pytest.fixture
def make_dicom():
    return _dicom


@pytest.fixture
def make_stored():
    return _stored


@pytest.fixture
def breast_like():
    """Smooth values of a few bits more than noise, as a codec would meet them."""

    def make(bits=12, *, is_signed=False, shape=(90, 70)):
        down, across = np.mgrid[: shape[0], : shape[1]]
        wave = 0.5 + 0.3 * np.sin(down / 17) + 0.19 * np.cos(across / 11)
        noise = np.random.default_rng(1).integers(0, 4, shape)
        values = np.rint(wave * ((1 << bits) - 5)).astype(np.int64) + noise
        dtype = f"{'i' if is_signed else 'u'}{1 if bits <= 8 else 2}"
        return (values - (1 << (bits - 1)) * is_signed).astype(dtype)

    return make
