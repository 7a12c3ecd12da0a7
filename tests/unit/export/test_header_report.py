"""A header for strangers: nothing that was typed comes through, wherever it was typed."""

import pytest
from pydicom._dicom_dict import DicomDictionary
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.tag import Tag

from ductdicom.export.header_report import header_report

WHO = b"SAMPLE^JANE 19620203 "
FRAGMENTS = ("SAMPLE", "JANE", "19620203")


def _raw(tag, vr, value, *, is_implicit=False):
    written = None if is_implicit else vr
    return RawDataElement(
        Tag(tag), written, len(value), value, 0, is_implicit, is_little_endian=True
    )


def _header(*elements):
    return Dataset({element.tag: element for element in elements})


def _text(header, *codes):
    return "\n".join(header_report(header, codes))


@pytest.mark.parametrize("is_implicit", [False, True])
def test_no_identity_comes_through_in_any_attribute_of_the_standard(is_implicit):
    known = [(tag, vr) for tag, (vr, *_) in DicomDictionary.items() if vr != "SQ"]
    header = _header(*(_raw(tag, vr[:2], WHO, is_implicit=is_implicit) for tag, vr in known))

    lines = list(header_report(header))

    assert len(lines) == len(known)
    assert not [line for line in lines if any(word in line for word in FRAGMENTS)]


def test_nor_does_it_in_items_in_private_elements_or_where_the_vr_is_none():
    inner = _header(
        *(_raw(tag, vr[:2], WHO) for tag, (vr, *_) in DicomDictionary.items() if vr != "SQ")
    )
    deepest = Dataset()
    deepest.add(DataElement(0x00081032, "SQ", Sequence([inner])))
    header = _header(
        _raw(0x00090010, "LO", WHO),
        _raw(0x00091001, "UN", WHO),
        _raw(0x00100010, "SA", WHO),
        _raw(0x00100020, None, WHO),
        _raw(0x7FE00010, "OW", WHO),
    )
    header.add(DataElement(0x00081115, "SQ", Sequence([deepest])))

    text = _text(header)

    assert not any(word in text for word in FRAGMENTS)
    assert "(0010,0010) ?? 21 B PatientName" in text
    assert "(0009,1001) UN 21 B private" in text
    assert "Modality = …" in text


@pytest.mark.parametrize(
    ("element", "line"),
    [
        pytest.param(
            _raw(0x00080008, "CS", b"ORIGINAL\\PRIMARY"),
            "(0008,0008) CS 16 B ImageType = ORIGINAL\\PRIMARY",
            id="defined terms",
        ),
        pytest.param(
            _raw(0x00080008, "CS", b"ORIGINAL\\SAMPLE"),
            "(0008,0008) CS 15 B ImageType = ORIGINAL\\…",
            id="one of them is none",
        ),
        pytest.param(
            _raw(0x00080016, "UI", b"1.2.840.10008.5.1.4.1.1.1.2\0"),
            "(0008,0016) UI 28 B SOPClassUID = 1.2.840.10008.5.1.4.1.1.1.2",
            id="a class of the standard",
        ),
        pytest.param(
            _raw(0x00080016, "UI", b"1.2.19620203"),
            "(0008,0016) UI 12 B SOPClassUID = …",
            id="a class of somebody's own",
        ),
        pytest.param(
            _raw(0x00280101, "US", b"\x0c\0"),
            "(0028,0101) US 2 B BitsStored = 12",
            id="a number of few",
        ),
        pytest.param(
            _raw(0x00280010, "US", b"\0\x10"), "(0028,0010) US 2 B Rows", id="a number of many"
        ),
        pytest.param(
            _raw(0x00180010, "LO", b"IOHEXOL "),
            "(0018,0010) LO 8 B ContrastBolusAgent",
            id="a text that somebody typed",
        ),
        pytest.param(_raw(0x00080060, "CS", b""), "(0008,0060) CS 0 B Modality", id="empty"),
        pytest.param(
            _raw(0x00080100, "SH", b"R-10242 "),
            "(0008,0100) SH 8 B CodeValue = R-10242",
            id="a code that is known",
        ),
        pytest.param(
            _raw(0x00080100, "SH", b"SAMPLE"),
            "(0008,0100) SH 6 B CodeValue = …",
            id="a code that is not",
        ),
    ],
)
def test_what_is_shown_of_an_element(element, line):
    assert _text(_header(element), "R-10242") == line
