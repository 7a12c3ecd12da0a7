"""Whoever a header names is known, wherever it stands and however the file is encoded."""

import io

import dicom_bytes as make
import pytest
from pydicom.datadict import DicomDictionary

from ductdicom.ingest.headers.instance import read_instance
from ductdicom.ingest.headers.tags import NAME_TAGS, NAMELESS_SEQUENCES
from ductdicom.model.instance import People
from ductdicom.model.origin import Origin

SYNTAXES = [make.EXPLICIT, make.IMPLICIT, make.BIG_ENDIAN, make.DEFLATED]
CODE = {"CodeValue": "OP4711", "CodingSchemeDesignator": "99L", "CodeMeaning": "ROE^ANN"}
NAMES = [
    *("ReviewerName", "SecondaryReviewerName", "EvaluatorName", "OrderEnteredBy", "PersonName"),
    *("HumanPerformerName", "InterpretationRecorder", "InterpretationTranscriber"),
    *("InterpretationAuthor", "PhysicianApprovingInterpretation", "DistributionName"),
]
NESTED = {
    "names": {
        "former name": {
            "OriginalAttributesSequence": {"ModifiedAttributesSequence": {"PatientName": "ROE^ANN"}}
        },
    },
    "staff": {
        **{keyword: {keyword: "ROE^ANN"} for keyword in NAMES},
        **{
            f"{who}IdentificationSequence": {
                f"{who}IdentificationSequence": {"PersonIdentificationCodeSequence": CODE}
            }
            for who in (
                *("Operator", "ReferringPhysician", "PerformingPhysician", "PhysiciansOfRecord"),
                *("PhysiciansReadingStudy", "RequestingPhysician", "ConsultingPhysician"),
            )
        },
        "performer": {"ActualHumanPerformersSequence": {"HumanPerformerName": "ROE^ANN"}},
        "performer's code": {"ActualHumanPerformersSequence": {"HumanPerformerCodeSequence": CODE}},
        "equipment": {"ContributingEquipmentSequence": {"OperatorsName": "ROE^ANN"}},
        "verifier": {"VerifyingObserverSequence": {"VerifyingObserverName": "ROE^ANN"}},
        "content": {
            "ContentSequence": {"ContentSequence": {"ValueType": "PNAME", "PersonName": "ROE^ANN"}}
        },
        "context": {"AcquisitionContextSequence": {"PersonName": "ROE^ANN"}},
        "reader": {"ReferencedStudySequence": {"NameOfPhysiciansReadingStudy": "ROE^ANN"}},
    },
    "ids": {
        "former ID": {
            "OriginalAttributesSequence": {"ModifiedAttributesSequence": {"PatientID": "ROE^ANN"}}
        },
        "other ID": {"OtherPatientIDsSequence": {"PatientID": "ROE^ANN"}},
        "trial": {"ClinicalTrialSubjectID": "ROE^ANN"},
    },
    "numbers": {
        "order": {
            "ReferencedRequestSequence": {"PlacerOrderNumberImagingServiceRequest": "ROE^ANN"}
        },
        "request": {"ReferencedRequestSequence": {"RequestedProcedureID": "ROE^ANN"}},
        "former order": {
            "OriginalAttributesSequence": {
                "ModifiedAttributesSequence": {"AccessionNumber": "ROE^ANN"}
            }
        },
    },
    "phones": {
        "patient's": {"PatientTelephoneNumbers": "ROE^ANN"},
        "referrer's": {
            "ReferringPhysicianIdentificationSequence": {"PersonTelephoneNumbers": "ROE^ANN"}
        },
    },
    "places": {
        "service": {"RequestingService": "ROE^ANN"},
        "ward": {"CurrentPatientLocation": "ROE^ANN"},
        "address": {"ReferringPhysicianAddress": "ROE^ANN"},
        "issuer": {"IssuerOfPatientID": "ROE^ANN"},
    },
}
CASES = [
    pytest.param(field, attributes, id=f"{field}: {title}")
    for field, titled in NESTED.items()
    for title, attributes in titled.items()
]


def people_of(content):
    origin = Origin(file="image", source="image", size_bytes=len(content))
    return read_instance(origin, io.BytesIO(content)).people


@pytest.mark.parametrize("syntax", SYNTAXES)
@pytest.mark.parametrize(("field", "attributes"), CASES)
def test_whoever_is_named_anywhere_is_known(field, attributes, syntax):
    people = people_of(make.make_dicom(syntax=syntax, **attributes))

    assert "ROE^ANN" in getattr(people, field)


def test_a_private_name_is_known_at_the_top_and_in_a_sequence():
    name = make.raw_element(0x0045_1011, "PN", b"ROE^ANN ")
    item = b"\xfe\xff\0\xe0" + len(name).to_bytes(4, "little") + name
    at_top = make.raw_dicom((0x0045_1011, "PN", b"ROE^ANN "))
    nested = make.raw_dicom((0x0045_1012, "SQ", item))

    assert people_of(at_top).staff == ("ROE^ANN",)
    assert people_of(nested).staff == ("ROE^ANN",)


def test_a_private_sequence_that_is_none_costs_nothing():
    broken = make.raw_dicom((0x0045_1012, "SQ", b"nothing PN of the kind "))

    assert people_of(broken) == People()


def test_a_name_in_a_sequence_has_the_character_set_of_its_item():
    inner = {"SpecificCharacterSet": "ISO_IR 144", "PatientName": "Щукина"}
    item = {"ModifiedAttributesSequence": inner}

    people = people_of(make.make_dicom(OriginalAttributesSequence=item))

    assert people.names == ("Щукина",)


def test_the_names_of_images_that_name_the_same_are_kept_once():
    one = people_of(make.make_dicom(OperatorsName="ROE", SOPInstanceUID="2.25.1"))
    other = people_of(make.make_dicom(OperatorsName="ROE", SOPInstanceUID="2.25.2"))

    assert one is other


def test_all_names_of_the_standard_are_known_where_the_file_does_not_say_what_is_one():
    assert {tag for tag, entry in DicomDictionary.items() if entry[0] == "PN"} == NAME_TAGS


@pytest.mark.parametrize("tag", sorted(NAMELESS_SEQUENCES))
def test_sequences_that_are_not_looked_through_are_sequences(tag):
    assert DicomDictionary[tag][0] == "SQ"
