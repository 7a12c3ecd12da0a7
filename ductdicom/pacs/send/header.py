"""The patient and the study of an original, copied byte for byte; and the file that they stand in.

An archive files an object by them, and one that compares them puts aside what differs in a letter.

References
----------
* DICOM PS3.3 C.7.1.1 (patient), C.7.2.1 and C.7.2.2 (study), C.12.1.1.2 (character set)
* DICOM PS3.5 7.1.2 and 7.5 (elements and sequences in explicit VR little endian)
"""

import struct
from typing import BinaryIO, cast

import pydicom
from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_data_element, write_file_meta_info
from pydicom.tag import BaseTag
from pydicom.uid import ExplicitVRLittleEndian

from ductdicom.export.dicom import IMPLEMENTATION_NAME, IMPLEMENTATION_UID

COPIED = (
    # how the texts are written, and which clock the times are of
    *("SpecificCharacterSet", "TimezoneOffsetFromUTC"),
    # the patient
    *("PatientName", "PatientID", "IssuerOfPatientID", "TypeOfPatientID"),
    *("IssuerOfPatientIDQualifiersSequence", "PatientBirthDate", "PatientBirthTime", "PatientSex"),
    *("OtherPatientIDs", "OtherPatientIDsSequence", "OtherPatientNames", "EthnicGroup"),
    *("PatientComments", "PatientIdentityRemoved", "DeidentificationMethod"),
    "DeidentificationMethodCodeSequence",
    # the study
    *("StudyInstanceUID", "StudyDate", "StudyTime", "StudyID", "StudyDescription"),
    *("AccessionNumber", "IssuerOfAccessionNumberSequence", "ReferringPhysicianName"),
    *("PhysiciansOfRecord", "NameOfPhysiciansReadingStudy", "ProcedureCodeSequence"),
    *("ReferencedStudySequence", "PatientAge", "PatientSize", "PatientWeight", "AdmissionID"),
    *("Occupation", "AdditionalPatientHistory"),
)
_TAGS = frozenset(tag for name in COPIED if (tag := tag_for_keyword(name)) is not None)
# Of type 2: they are there, if need be empty.
DUE = (
    *("PatientName", "PatientID", "PatientBirthDate", "PatientSex"),
    *("StudyDate", "StudyTime", "StudyID", "AccessionNumber", "ReferringPhysicianName"),
)
# Of type 1C: present without a value they are an error, which an original may have.
_NEVER_EMPTY = frozenset(
    tag
    for name in ("SpecificCharacterSet", "DeidentificationMethod")
    if (tag := tag_for_keyword(name)) is not None
)
_LONG = frozenset({"SQ", "UC", "UR", "UT"})  # of these the length takes four bytes
_TEXT = frozenset(
    {"AE", "AS", "CS", "DA", "DS", "DT", "IS", "LO", "LT", "PN", "SH", "ST", "TM", "UI"}
    | (_LONG - {"SQ"})
)
_ITEM = b"\xfe\xff\x00\xe0"


def read_identity(stream: BinaryIO) -> Dataset:
    """Return what an original says of its patient and its study, as its bytes have it.

    Parameters
    ----------
    stream
        The whole object, from its start.

    Returns
    -------
    A data set of elements that are written again as the bytes that they were read from, also
    where these are malformed; what an object must have and the original lacks is empty.
    """
    source = pydicom.dcmread(stream, stop_before_pixels=True, force=True)
    found = Dataset()
    for tag in sorted(_TAGS & source.keys()):
        element = _copied(source, BaseTag(tag))
        is_empty = element is not None and not (element.value or b"").strip(b" \0")
        if element is not None and not (is_empty and tag in _NEVER_EMPTY):
            found[tag] = element
    for name in DUE:
        if name not in found:
            setattr(found, name, "")
    return found


def bytes_of(identity: Dataset, keyword: str) -> bytes:
    """Return the bytes of an element without its padding, empty where it is not there."""
    tag = tag_for_keyword(keyword)
    element = identity.get_item(tag) if tag is not None and tag in identity else None
    return element.value.rstrip(b" \0") if isinstance(element, RawDataElement) else b""


def _copied(source: Dataset, tag: BaseTag) -> RawDataElement | None:
    """Return an element as bytes in explicit VR; None of a kind that has no bytes to keep."""
    element: DataElement | RawDataElement = source.get_item(tag)
    vr = _vr(element, tag)
    if vr == "SQ":
        value = b"".join(_item(item) for item in source[tag].value or ())
    elif vr in _TEXT and isinstance(element, RawDataElement):
        value = bytes(element.value or b"")
        value += (b"\0" if vr == "UI" else b" ") * (len(value) % 2)
    elif vr == "CS" and element.value is not None:  # the character set is decoded while it is read
        names = [element.value] if isinstance(element.value, str) else list(element.value)
        value = "\\".join(names).encode("ascii", "replace")
        value += b" " * (len(value) % 2)
    else:
        return None
    return RawDataElement(
        tag, vr, len(value), value, 0, is_implicit_VR=False, is_little_endian=True
    )


def _vr(element: DataElement | RawDataElement, tag: BaseTag) -> str:
    if element.VR not in {None, "UN"}:
        return str(element.VR)
    try:
        return dictionary_VR(tag)
    except KeyError:
        return "UN"


def _item(source: Dataset) -> bytes:
    """Return an item of a sequence as bytes, with those of its elements that can be copied."""
    content = b""
    for tag in sorted(source.keys()):
        element = _copied(source, tag)
        if element is not None:
            content += _encoded(element)
    return _ITEM + struct.pack("<I", len(content)) + content


def _encoded(element: RawDataElement) -> bytes:
    value = cast(bytes, element.value)
    vr = cast(str, element.VR).encode("ascii")
    place = struct.pack("<HH", element.tag.group, element.tag.element)
    if element.VR in _LONG:
        return place + vr + struct.pack("<HI", 0, len(value)) + value
    return place + vr + struct.pack("<H", len(value)) + value


def encode(data: Dataset) -> bytes:
    """Return a data set in explicit VR little endian; what was copied is not encoded again."""
    stream = DicomBytesIO()
    stream.is_implicit_VR, stream.is_little_endian = False, True
    for tag in sorted(data.keys()):
        write_data_element(stream, data.get_item(tag), "iso8859")
    return stream.getvalue()


def as_file(data: Dataset) -> bytes:
    """Return a data set as a file (PS3.10 7.1)."""
    meta = FileMetaDataset()
    meta.FileMetaInformationVersion = b"\0\1"
    meta.MediaStorageSOPClassUID = data.SOPClassUID
    meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.ImplementationClassUID = IMPLEMENTATION_UID
    meta.ImplementationVersionName = IMPLEMENTATION_NAME
    stream = DicomBytesIO()
    stream.write(b"\0" * 128 + b"DICM")
    write_file_meta_info(stream, meta, enforce_standard=True)
    return stream.getvalue() + encode(data)
