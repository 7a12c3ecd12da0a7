"""The patient and the study of an original, byte for byte."""

import io

import pydicom
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from ductdicom.pacs.send.header import as_file, bytes_of, read_identity

SYNTAXES = (
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    ExplicitVRBigEndian,
    DeflatedExplicitVRLittleEndian,
)
NAMES = {
    "ISO_IR 100": "Müller^Änne",
    "ISO_IR 144": "Люкceмбypг",
    "ISO_IR 192": "山田^太郎",
    "GB18030": "王^小东",
}


def original(charset="ISO_IR 192", name="DOE^JANE", **more):
    data = Dataset()
    data.SpecificCharacterSet = charset
    data.PatientName, data.PatientID = name, "S-1"
    data.SOPClassUID, data.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.1.2", "2.25.7"
    data.StudyInstanceUID = "2.25.8"
    data.SeriesDescription = "not of the study"
    data.Rows = 2
    for keyword, value in more.items():
        setattr(data, keyword, value)
    return data


def as_stream(data, syntax=ExplicitVRLittleEndian):
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = syntax
    data.file_meta.MediaStorageSOPClassUID = data.SOPClassUID
    data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID
    stream = io.BytesIO()
    pydicom.dcmwrite(stream, data, enforce_file_format=True)
    stream.seek(0)
    return stream


def written_again(stream):
    found = read_identity(stream)
    found.SOPClassUID, found.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.7", "2.25.9"
    return as_file(found)


def raw(content, keyword):
    return pydicom.dcmread(io.BytesIO(content)).get_item(keyword).value


@pytest.mark.parametrize("syntax", SYNTAXES, ids=lambda syntax: syntax.name)
def test_a_character_set_that_is_there_without_a_value_is_left_out(syntax):
    data = original("", DeidentificationMethod="")
    found = read_identity(as_stream(data, syntax))

    assert "SpecificCharacterSet" not in found
    assert "DeidentificationMethod" not in found


@pytest.mark.parametrize("syntax", SYNTAXES, ids=lambda syntax: syntax.name)
@pytest.mark.parametrize("charset", NAMES)
def test_a_name_is_copied_with_its_character_set_from_any_syntax(charset, syntax):
    data = original(charset, NAMES[charset])
    before = raw(as_stream(data).getvalue(), "PatientName")

    content = written_again(as_stream(data, syntax))

    assert raw(content, "PatientName") == before
    copy = pydicom.dcmread(io.BytesIO(content))
    assert copy.SpecificCharacterSet == charset
    assert str(copy.PatientName) == NAMES[charset]


def test_several_character_sets_stay():
    data = original(["", "ISO 2022 IR 87"], "Yamada^Tarou=山田^太郎")

    copy = pydicom.dcmread(io.BytesIO(written_again(as_stream(data))))

    assert list(copy.SpecificCharacterSet) == ["", "ISO 2022 IR 87"]
    assert str(copy.PatientName) == "Yamada^Tarou=山田^太郎"


@pytest.mark.parametrize(
    ("keyword", "value"),
    [
        ("PatientName", b"DOE^JANE  "),  # padded twice
        ("PatientName", b"D\xd6E^\xffJANE "),  # not in its character set
        ("PatientBirthDate", b"1960.01.01"),  # of 1985
        ("PatientSex", b"f "),
        ("AccessionNumber", b" 0007 "),
        ("StudyDescription", b"a\\b\\c "),
    ],
)
def test_what_is_malformed_stays_as_it_is(keyword, value):
    valid = {"PatientBirthDate": "19600101", "PatientSex": "O"}.get(keyword, "PLACE")
    content = as_stream(original(**{keyword: valid})).getvalue()
    found = pydicom.dcmread(io.BytesIO(content)).get_item(keyword)
    at = content.index(found.value, content.index(b"DICM"))
    size = len(value).to_bytes(2, "little")
    content = content[: at - 2] + size + value + content[at + found.length :]

    again = written_again(io.BytesIO(content))

    assert raw(again, keyword) == value


@pytest.mark.parametrize("syntax", SYNTAXES, ids=lambda syntax: syntax.name)
def test_sequences_of_the_patient_and_the_study_are_copied(syntax):
    other, code = Dataset(), Dataset()
    other.PatientID, other.IssuerOfPatientID = "S-1-OLD", "HÖPITAL"
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = "X1", "L", "Galaktographie"
    data = original("ISO_IR 100", OtherPatientIDsSequence=[other], ProcedureCodeSequence=[code])

    copy = pydicom.dcmread(io.BytesIO(written_again(as_stream(data, syntax))))

    assert copy.OtherPatientIDsSequence[0].IssuerOfPatientID == "HÖPITAL"
    assert copy.ProcedureCodeSequence[0].CodeMeaning == "Galaktographie"


def test_nothing_of_series_and_image_is_copied():
    found = read_identity(as_stream(original(OperatorsName="STAFF", KVP="28")))

    for keyword in ("SeriesDescription", "Rows", "SOPInstanceUID", "OperatorsName", "KVP"):
        assert keyword not in found


def test_what_an_object_must_have_is_empty_where_the_original_lacks_it():
    data = original()
    del data.PatientName

    found = read_identity(as_stream(data))

    for keyword in ("PatientName", "PatientBirthDate", "StudyID", "ReferringPhysicianName"):
        assert found[keyword].value == ""
    assert "IssuerOfPatientID" not in found


def test_padding_makes_no_other_patient():
    one, two = (read_identity(as_stream(original(PatientID=i))) for i in ("S-10", "S-100"))

    assert bytes_of(one, "PatientID") == b"S-10"
    assert bytes_of(two, "PatientID") == b"S-100"
    assert bytes_of(one, "IssuerOfPatientID") == b""
