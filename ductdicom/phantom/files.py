"""Writing sample objects, byte for byte the same each time."""

from enum import StrEnum
from io import BytesIO
from pathlib import Path

import imagecodecs
from pydicom import dcmwrite
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import (
    UID,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
)

from ductdicom.errors import OutputError
from ductdicom.phantom.codes import IMPLEMENTATION_UID, IMPLEMENTATION_VERSION
from ductdicom.phantom.jpeg import encode_lossless

_SPIFF = b"\xff\xd8\xff\xe8"


class Syntax(StrEnum):
    """Transfer syntaxes that the samples use (DICOM PS3.5 annex A)."""

    IMPLICIT = ImplicitVRLittleEndian
    EXPLICIT = ExplicitVRLittleEndian
    RLE = RLELossless
    JPEG_LOSSLESS = JPEGLosslessSV1
    JPEG_LS = JPEGLSLossless
    JPEG_2000 = JPEG2000Lossless


def write_object(path: Path, dataset: Dataset, syntax: Syntax = Syntax.EXPLICIT) -> Path:
    """Write ``dataset`` as a DICOM file with ``syntax``, making the folder; return the path.

    The dataset is compressed in place.

    Raises
    ------
    OutputError
        The file cannot be written.
    """
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    meta.ImplementationClassUID = UID(IMPLEMENTATION_UID)
    meta.ImplementationVersionName = IMPLEMENTATION_VERSION
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.file_meta = meta
    _compress(dataset, syntax)
    meta.TransferSyntaxUID = UID(syntax)
    stream = BytesIO()
    dcmwrite(stream, dataset, enforce_file_format=True)
    return write_bytes(path, stream.getvalue())


def write_bytes(path: Path, content: bytes) -> Path:
    """Write ``content``, making the folder; return the path.

    Raises
    ------
    OutputError
        The file cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as error:
        raise OutputError(f"cannot write a sample: {error.strerror}", path=path) from error
    return path


def _compress(dataset: Dataset, syntax: Syntax) -> None:
    if syntax in {Syntax.IMPLICIT, Syntax.EXPLICIT} or "PixelData" not in dataset:
        return
    if syntax is Syntax.RLE:
        dataset.compress(str(syntax), generate_instance_uid=False)
        return
    values, bits = dataset.pixel_array, dataset.BitsStored
    if syntax is Syntax.JPEG_LOSSLESS:
        frame: bytes = encode_lossless(values, bits)
    elif syntax is Syntax.JPEG_LS:
        frame = _without_spiff(bytes(imagecodecs.jpegls_encode(values)))
    else:
        frame = bytes(
            imagecodecs.jpeg2k_encode(
                values, codecformat="j2k", reversible=True, bitspersample=bits, numthreads=1
            )
        )
    dataset.PixelData = encapsulate([frame])
    dataset["PixelData"].VR = "OB"
    dataset["PixelData"].is_undefined_length = True


def _without_spiff(frame: bytes) -> bytes:
    """Take out the header of a file format, which objects do without (ITU-T T.87 annex F)."""
    while frame.startswith(_SPIFF):
        length = int.from_bytes(frame[4:6], "big")
        frame = frame[:2] + frame[4 + length :]
    return frame
