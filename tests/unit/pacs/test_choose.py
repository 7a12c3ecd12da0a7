import struct
from io import BytesIO

import pytest
from builders import make_engine
from pydicom import dcmread
from pydicom.dataset import Dataset

from ductdicom.pacs.pull.choose import choose

ENGINE = make_engine()


def answer(**values):
    found = Dataset()
    given = {
        "QueryRetrieveLevel": "STUDY",
        "SpecificCharacterSet": "ISO_IR 192",
        "StudyInstanceUID": "2.25.1",
        "StudyDate": "20260102",
        "PatientID": "SAMPLE-900",
        "PatientName": "SAMPLE^ZULU",
        "ModalitiesInStudy": ["MG"],
    }
    for name, value in (given | values).items():
        setattr(found, name, value)
    return found


def code(value, scheme, meaning):
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, meaning
    return [item]


@pytest.mark.parametrize(
    "text",
    ["Ductogram left", "Galaktographie li", "GALACTOGRAFÍA DERECHA", "Дуктография", "乳管造影"],
)
def test_a_ductogram_is_known_by_its_name_in_any_language(text):
    found = choose(answer(StudyDescription=text), (), ENGINE)

    assert (found.exam, found.is_wanted) == ("ductogram", True)
    assert found.why == f"procedure-name: {text}"


def test_a_ductogram_is_known_by_its_code():
    procedure = code("18102001", "SCT", "Mammary ductogram")

    found = choose(answer(StudyDescription="MG", ProcedureCodeSequence=procedure), (), ENGINE)

    assert (found.exam, found.is_wanted) == ("ductogram", True)
    assert found.why.startswith("procedure-code: 18102001")


def test_a_ductogram_is_known_by_the_name_of_a_series():
    series = [Dataset(), Dataset()]
    for one, modality, text in zip(series, ("MG", "MG"), ("L CC", "Galactogram L CC"), strict=True):
        one.Modality, one.SeriesDescription = modality, text

    assert choose(answer(StudyDescription="MAMMO"), series, ENGINE).is_wanted
    assert not choose(answer(StudyDescription="MAMMO"), series[:1], ENGINE).is_wanted


@pytest.mark.parametrize("text", ["Mammographie bds", "Screening", "CESM bilateral", None, ""])
def test_other_mammography_is_not_wanted(text):
    found = choose(answer(StudyDescription=text), (), ENGINE)

    assert not found.is_wanted
    assert found.exam in {"mammogram", "contrast-mammogram"}


def test_what_names_the_patient_decides_nothing_and_is_not_said():
    found = choose(
        answer(PatientName="GALACTOGRAM^ANNA", StudyDescription="GALACTOGRAM ANNA"), (), ENGINE
    )

    assert "ANNA" not in found.why
    assert not found.is_wanted


def test_bytes_of_another_character_set_are_read_in_it():
    given = answer(SpecificCharacterSet="ISO_IR 100", StudyDescription="Galactografía")

    assert choose(given, (), ENGINE).why == "procedure-name: Galactografía"


def over_the_wire(named, content):
    """Return an answer as it comes, with the bytes of its character set and its description."""
    elements = {
        (0x0008, 0x0005): named,
        (0x0008, 0x0020): b"20260102",
        (0x0008, 0x0061): b"MG",
        (0x0008, 0x1030): content,
        (0x0010, 0x0020): b"SAMPLE-900",
        (0x0020, 0x000D): b"2.25.10\0",
    }
    raw = b""
    for tag, value in elements.items():
        length = len(value) + len(value) % 2
        raw += struct.pack("<HHI", *tag, length) + value.ljust(length)
    return dcmread(BytesIO(raw), force=True)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("named", "content"),
    [
        (b"ISO_IR 100", "Galactografía".encode("latin-1")),
        (b"ISO_IR 144", "Дуктография".encode("iso8859_5")),
        (b"ISO_IR 192", "乳管造影".encode()),
        (b"GB18030", "乳管造影".encode("gb18030")),
        (b"\\ISO 2022 IR 87", "乳管造影".encode("iso2022_jp")),
        (b"\\ISO 2022 IR 149", b"\x1b$)C" + "유관조영술".encode("euc_kr")),
        pytest.param(b"", "Galactografía".encode("latin-1"), id="none named, as in Latin-1"),
        pytest.param(b"", "Galactografía".encode(), id="none named, as in UTF-8"),
        pytest.param(b"ISO_IR 100", "Galactografía".encode(), id="another one than is named"),
        pytest.param(b"BOGUS", "Galactografía".encode("latin-1"), id="one that there is not"),
    ],
)
def test_a_name_is_known_in_any_character_set(named, content):
    assert choose(over_the_wire(named, content), (), ENGINE).is_wanted


def test_each_answer_is_read_in_its_own_character_set():
    study = over_the_wire(b"ISO_IR 144", "Дуктография".encode("iso8859_5"))
    series = Dataset()
    series.SpecificCharacterSet, series.SeriesDescription = "ISO_IR 100", "Längsschnitt"

    assert choose(study, [series], ENGINE).why == "procedure-name: Дуктография"


def test_an_answer_that_cannot_be_read_is_unknown_and_not_wanted():
    given = answer()
    given.StudyInstanceUID = ""

    found = choose(given, (), ENGINE)

    assert (found.exam, found.is_wanted, found.why) == ("unknown", False, "")


def test_a_series_without_a_name_does_not_hide_that_of_the_study():
    series = Dataset()
    series.Modality, series.StudyDescription = "MG", ""

    assert choose(answer(StudyDescription="Galaktographie"), [series], ENGINE).is_wanted


def test_what_has_neither_name_nor_code_is_told_apart_from_what_is_called_otherwise():
    series = Dataset()
    series.Modality = "MG"
    assert choose(answer(), [series], ENGINE).is_nameless

    # As archives answer that have nothing.
    empty = answer(StudyDescription="", ProcedureCodeSequence=[])
    series.RequestAttributesSequence = [Dataset()]
    assert choose(empty, [series], ENGINE).is_nameless

    request = Dataset()
    request.RequestedProcedureDescription = "Mamma bds."
    series.RequestAttributesSequence = [request]
    assert not choose(empty, [series], ENGINE).is_nameless
    del series.RequestAttributesSequence
    series.ProtocolName = "R CC"
    assert not choose(answer(), [series], ENGINE).is_nameless
    assert not choose(answer(StudyDescription="Screening"), (), ENGINE).is_nameless
