"""Small DICOM objects as bytes, written with pydicom at test time."""

import io
import struct
import warnings

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.filewriter import dcmwrite
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

MG = "1.2.840.10008.5.1.4.1.1.1.2"
STUDY_UID = "2.25.10"
SERIES_UID = "2.25.11"
SOP_UID = "2.25.12"

EXPLICIT = ExplicitVRLittleEndian
IMPLICIT = ImplicitVRLittleEndian
BIG_ENDIAN = ExplicitVRBigEndian
DEFLATED = DeflatedExplicitVRLittleEndian


def make_dataset(**attributes):
    """Make a data set by keywords; a dict or a list of dicts becomes a sequence."""
    dataset = Dataset()
    for keyword, value in attributes.items():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            setattr(dataset, keyword, _nested(value))
    return dataset


def _nested(value):
    if isinstance(value, dict):
        return [make_dataset(**value)]
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return [make_dataset(**item) for item in value]
    return value


def make_dicom(*, syntax=EXPLICIT, elements=(), pixels=None, drop=(), **attributes):
    """Return the bytes of a DICOM file.

    ``elements`` are (tag, VR, bytes) triples appended as they are; ``drop`` are keywords to leave
    out.
    """
    values = {
        "SOPClassUID": MG,
        "SOPInstanceUID": SOP_UID,
        "StudyInstanceUID": STUDY_UID,
        "SeriesInstanceUID": SERIES_UID,
        "Modality": "MG",
    }
    if pixels is not None:
        values |= {
            "Rows": 4,
            "Columns": 3,
            "BitsAllocated": 16,
            "BitsStored": 12,
            "HighBit": 11,
            "PixelRepresentation": 0,
            "SamplesPerPixel": 1,
            "PhotometricInterpretation": "MONOCHROME2",
        }
    values |= attributes
    dataset = make_dataset(**{k: v for k, v in values.items() if k not in drop})
    for tag, vr, value in elements:
        dataset.add_new(tag, vr, value)
    if pixels is not None:
        dataset.add_new(0x7FE00010, "OW", pixels)
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.file_meta.MediaStorageSOPClassUID = values["SOPClassUID"]
    if "SOPInstanceUID" in dataset:
        dataset.file_meta.MediaStorageSOPInstanceUID = values["SOPInstanceUID"]
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dcmwrite(buffer, dataset, enforce_file_format="SOPInstanceUID" in dataset)
    return buffer.getvalue()


def raw_element(tag, vr, value):
    """Return one explicit little-endian element; padded to even length."""
    value += b" " * (len(value) % 2)
    head = struct.pack("<HH2s", tag >> 16, tag & 0xFFFF, vr.encode())
    if vr in ("OB", "OW", "SQ", "UN", "UT"):
        return head + struct.pack("<HI", 0, len(value)) + value
    return head + struct.pack("<H", len(value)) + value


def raw_dicom(*elements, preamble=True):
    """Return a file made of raw (tag, VR, bytes) elements after the usual identity."""
    identity = {
        0x0008_0016: ("UI", MG.encode()),
        0x0008_0018: ("UI", SOP_UID.encode()),
        0x0020_000D: ("UI", STUDY_UID.encode()),
        0x0020_000E: ("UI", SERIES_UID.encode()),
    }
    known = identity | {tag: (vr, value) for tag, vr, value in elements}
    body = b"".join(raw_element(tag, *known[tag]) for tag in sorted(known))
    if not preamble:
        return body
    syntax = raw_element(0x0002_0010, "UI", str(EXPLICIT).encode() + b"\0")
    length = raw_element(0x0002_0000, "UL", struct.pack("<I", len(syntax)))
    return bytes(128) + b"DICM" + length + syntax + body
