# Whatever names a patient, in whichever attribute, at whichever depth: it does not come out.
import pytest
from builders import make_instance
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.datadict import DicomDictionary
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import DigitalMammographyXRayImageStorageForPresentation, ExplicitVRLittleEndian

from ductdicom.deidentify.header import Cleaner
from ductdicom.deidentify.keyed import Key
from ductdicom.deidentify.look import look_for
from ductdicom.deidentify.stored import as_file
from ductdicom.deidentify.told import Told
from ductdicom.model.call import Laterality, Phase
from ductdicom.model.instance import Patient, People
from ductdicom.pipeline.masking import identify
from ductdicom.vocabulary.terms import load_vocabulary

MAMMOGRAM = DigitalMammographyXRayImageStorageForPresentation
KEY = Key(b"k" * 32)
TOLD = Told(laterality=Laterality.LEFT, view="CC", modifiers=("M",), phase=Phase.POST)
TEXTS = sorted(
    (tag, entry[0])
    for tag, entry in DicomDictionary.items()
    if entry[0] in {*("AE", "CS", "DS", "IS", "LO", "LT", "PN", "SH", "ST", "UC", "UR", "UT"), "UI"}
    and entry[4] not in {"SpecificCharacterSet", "SOPClassUID"}
    and tag >> 16 > 4
)
SEQUENCES = sorted(
    tag for tag, e in DicomDictionary.items() if e[0] == "SQ" and tag >> 16 not in {4, 0xFFFE}
)
WORDS = st.one_of(
    st.from_regex(r"[A-Z][a-z]{4,9}(-[A-Z][a-z]{4,8})?", fullmatch=True),
    st.from_regex(r"[A-Z][a-z]{3,6}[0-9]{2,4}", fullmatch=True),
    st.sampled_from(["Müller-Lüdenscheidt", "Ковалевская", "山田花子", "김희중", "Παπαδοπούλου"]),
)
GROUPS = st.sampled_from(["", "=山田^太郎=やまだ^たろう", "=洪^吉洞=홍^길동"])


def source_of(name="Vargas^Nadia", number="PAT-400815", **values):
    data = Dataset()
    data.SOPClassUID, data.SOPInstanceUID = MAMMOGRAM, "1.2.3.4.50001"
    data.StudyInstanceUID, data.SeriesInstanceUID = "1.2.3.4.50002", "1.2.3.4.50003"
    data.PatientName, data.PatientID, data.PatientBirthDate = name, number, "19610203"
    data.StudyDate, data.StudyTime = "20260102", "090000"
    for keyword, value in values.items():
        setattr(data, keyword, value)
    return data


def cleaner_of(data, told=TOLD, **options):
    patient = Patient(
        patient_id=data.PatientID, name=str(data.PatientName), birth_date=data.PatientBirthDate
    )
    instance = make_instance(
        "x",
        patient=patient,
        people=People(names=(str(data.PatientName),), ids=(data.PatientID,)),
        sop_instance_uid=data.SOPInstanceUID,
        study_instance_uid=data.StudyInstanceUID,
        series_instance_uid=data.SeriesInstanceUID,
    )
    identity = identify([instance], load_vocabulary())
    cleaner = Cleaner(key=KEY, patient=data.PatientID, identity=identity, told=told, **options)
    name = KEY.pseudonym(data.PatientID)
    own = (name, f"{name}^", told.text, told.examination, "CONTRAST", "BREAST")
    return cleaner, look_for([instance], identity, cleaner.shift, own)


def texts_of(data):
    for element in data:
        if element.VR == "SQ":
            for item in element.value:
                yield from texts_of(item)
        else:
            yield str(element.value)


def put(data, path, element):
    for tag in path:
        item = Dataset()
        data.add(DataElement(tag, "SQ", Sequence([item])))
        data = item
    data.add(element)


@settings(max_examples=60)
@given(
    names=st.tuples(WORDS, WORDS),
    groups=GROUPS,
    number=st.from_regex(r"[A-Z]{2,4}-[1-9][0-9]{5,7}", fullmatch=True),
    places=st.lists(st.sampled_from(TEXTS), min_size=1, max_size=12),
    path=st.lists(st.sampled_from(SEQUENCES), max_size=3),
    which=st.integers(0, 4),
)
def test_an_identity_in_any_attribute_at_any_depth_is_not_written_or_found(
    names, groups, number, places, path, which
):
    family, given_name = names
    name = f"{family}^{given_name}{groups}"
    data = source_of(name, number)
    value = (name, family, number, f"{family} {number}", family.upper())[which]
    for tag, vr in places:
        digits = number.partition("-")[2]
        held = digits if vr in {"IS", "DS"} else value  # pydicom makes a number of no other
        put(data, path, DataElement(tag, vr, held, validation_mode=0))
    data.PatientName, data.PatientID = name, number
    data.SOPInstanceUID, data.StudyInstanceUID = "1.2.3.4.50001", "1.2.3.4.50002"
    cleaner, look = cleaner_of(data)

    found = cleaner.clean(data)

    known = (family, given_name, number, number.partition("-")[2])
    is_there = any(word.casefold() in text.casefold() for text in texts_of(found) for word in known)
    assert not is_there or look.places(as_file(found, ExplicitVRLittleEndian))


def test_what_was_cleaned_passes_the_second_look_and_the_original_does_not():
    data = source_of(PatientComments="NADIA VARGAS", OperatorsName="Lindqvist^Per")
    cleaner, look = cleaner_of(data)

    cleaned = as_file(cleaner.clean(data), ExplicitVRLittleEndian)
    original = as_file(data, ExplicitVRLittleEndian)

    assert look.places(cleaned) == ()
    assert {"(0010,0010)", "(0010,0020)", "(0010,4000)", "bytes"} <= set(look.places(original))


@pytest.mark.parametrize(
    "told",
    [TOLD, Told(laterality=Laterality.RIGHT, view="MLO", phase=Phase.PRE), Told(view="ML")],
)
def test_what_was_decided_is_written_anew(told):
    data = source_of(ImageLaterality="L", ContrastBolusAgent="IOHEXOL", ImageComments="Frau V.")
    cleaner, _ = cleaner_of(data, told)

    found = cleaner.clean(data)

    assert found.ImageComments == told.text
    assert found.get("ImageLaterality") == (str(told.laterality) if told.laterality else None)
    assert found.ViewCodeSequence[0].CodeMeaning
    assert found.get("ContrastBolusAgent") == ("CONTRAST" if told.phase is Phase.POST else None)


def test_the_age_is_capped_and_the_sex_kept():
    found = [
        cleaner_of(data)[0].clean(data)
        for data in (
            source_of(PatientAge="095Y", PatientSex="F"),
            source_of(PatientAge="054Y", PatientSex="O"),
        )
    ]

    assert [item.PatientAge for item in found] == ["090Y", "054Y"]
    assert [item.PatientSex for item in found] == ["F", "O"]


def test_references_still_lead_to_the_image_that_they_led_to():
    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = MAMMOGRAM, "1.2.3.4.50009"
    data = source_of(SourceImageSequence=[item])
    other = source_of()
    other.SOPInstanceUID = "1.2.3.4.50009"

    found = cleaner_of(data)[0].clean(data)

    reference = found.SourceImageSequence[0]
    assert reference.ReferencedSOPInstanceUID == cleaner_of(other)[0].clean(other).SOPInstanceUID
    assert reference.ReferencedSOPClassUID == MAMMOGRAM


def test_devices_stay_only_where_that_is_asked_for():
    data = source_of(StationName="ROOM4", DeviceSerialNumber="SN-1")

    plain = cleaner_of(data)[0].clean(data)
    asked = cleaner_of(data, keeps_devices=True)[0].clean(data)

    assert "StationName" not in plain
    assert "DeviceSerialNumber" not in plain
    assert (asked.StationName, asked.DeviceSerialNumber) == ("ROOM4", "SN-1")
    assert "113109" in [item.CodeValue for item in asked.DeidentificationMethodCodeSequence]


def test_a_maker_that_is_called_as_the_patient_is_not_told():
    data = source_of("Siemens^Anna", Manufacturer="SIEMENS", ManufacturerModelName="Inspiration")

    found = cleaner_of(data)[0].clean(data)

    assert not found.Manufacturer
    assert found.ManufacturerModelName == "Inspiration"


@pytest.mark.parametrize(
    ("charset", "name"),
    [
        (["", "ISO 2022 IR 87"], "Yamada^Tarou=山田^太郎=やまだ^たろう"),
        (["", "ISO 2022 IR 149"], "Hong^Gildong=洪^吉洞=홍^길동"),
        ("ISO_IR 192", "Ковалевская^Анна"),
        ("GB18030", "Wang^XiaoDong=王^小东"),
        ("ISO_IR 100", "Müller-Lüdenscheidt^Änne"),
    ],
)
def test_names_are_gone_in_whatever_characters_they_were_written(charset, name, tmp_path):
    data = source_of(name, SpecificCharacterSet=charset, PatientComments=name, ProtocolName=name)
    path = tmp_path / "source.dcm"
    path.write_bytes(as_file(data, ExplicitVRLittleEndian))
    cleaner, look = cleaner_of(data)

    assert look.places(path.read_bytes())
    assert look.places(as_file(cleaner.clean(data), ExplicitVRLittleEndian)) == ()


def test_a_short_uid_is_found_as_a_whole_and_not_as_the_beginning_of_one_of_ours():
    data = source_of()
    data.StudyInstanceUID = "2.25.900"
    _, look = cleaner_of(data)

    assert look.is_in(b"of 2.25.900 and 2.25.9001")
    assert not look.is_in(b"of 2.25.9001 and 12.25.900")


def test_a_preamble_that_holds_anything_is_found():
    data = source_of()
    cleaner, look = cleaner_of(data)
    content = as_file(cleaner.clean(data), ExplicitVRLittleEndian)

    assert look.places(b"Nadia".ljust(128, b"\0") + content[128:]) == ("preamble",)


def test_a_day_of_the_patient_is_found_and_one_that_was_moved_there_is_not():
    data = source_of()
    cleaner, look = cleaner_of(data)
    cleaned = cleaner.clean(data)

    cleaned.SeriesDate = "19610203"

    assert look.places(as_file(cleaned, ExplicitVRLittleEndian)) == ("(0008,0021)",)


def test_of_terms_only_those_of_the_standard_stay_and_each_in_its_place():
    data = source_of(FilterMaterial="KLOEBNER", AnodeTargetMaterial="MOLYBDENUM")
    data.ImageType = ["ORIGINAL", "PRIMARY", "", "MUELLERS", "LEFT"]
    data.PatientOrientation = ["A", "FLH"]

    cleaner, _ = cleaner_of(data)
    found = cleaner.clean(data)

    assert list(found.ImageType) == ["ORIGINAL", "PRIMARY", "", "", "LEFT"]
    assert found.AnodeTargetMaterial == "MOLYBDENUM"
    assert list(found.PatientOrientation) == ["A", "FLH"]
    assert "FilterMaterial" not in found
