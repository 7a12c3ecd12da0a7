from dataclasses import fields

import numpy as np
import pydicom
import pytest

from ductdicom.phantom.dataset import mammogram_dataset
from ductdicom.phantom.spec import (
    INTRALUMINAL,
    IOHEXOL,
    MAGNIFICATION,
    MAMMARY_DUCTOGRAM,
    Agent,
    Beamline,
    Coded,
    Device,
    MammogramSpec,
    Person,
    Texts,
)
from ductdicom.phantom.studies.habits import inverse_unit, lut_unit, sigmoid_unit

PIXELS = np.zeros((20, 16), dtype=np.uint16)


def _value(keyword, **changes):
    dataset = mammogram_dataset(PIXELS, **changes)
    return dataset.get(keyword)


@pytest.mark.parametrize(
    ("changes", "keyword", "expected"),
    [
        pytest.param({"laterality": "R"}, "ImageLaterality", "R", id="laterality"),
        pytest.param({"acquired_at": "20260102101112"}, "AcquisitionTime", "101112", id="time"),
        pytest.param({"acquired_at": None}, "AcquisitionTime", None, id="no time"),
        pytest.param({"texts": Texts(series="SCOUT")}, "SeriesDescription", "SCOUT", id="text"),
        pytest.param({"texts": Texts()}, "SeriesDescription", None, id="no text"),
        pytest.param({"texts": Texts(series="")}, "SeriesDescription", "", id="empty text"),
        pytest.param({"contrast": None}, "ContrastBolusAgent", None, id="no agent"),
        pytest.param({"contrast": Agent(agent="")}, "ContrastBolusAgent", "", id="empty agent"),
        pytest.param({"contrast": Agent(volume_ml=0.4)}, "ContrastBolusVolume", 0.4, id="volume"),
        pytest.param(
            {"beamline": Beamline(magnification=1.8)},
            "EstimatedRadiographicMagnificationFactor",
            1.8,
            id="magnification",
        ),
        pytest.param(
            {"person": Person(patient_id="SAMPLE-9")}, "PatientID", "SAMPLE-9", id="person"
        ),
        pytest.param({"extra": {"ViewPosition": "CC MAG"}}, "ViewPosition", "CC MAG", id="extra"),
        pytest.param({"extra": {"ImageLaterality": None}}, "ImageLaterality", None, id="deleted"),
        pytest.param({"view": "MLO"}, "PatientOrientation", ["A", "FR"], id="hung letters"),
        pytest.param({"patient_orientation": ()}, "PatientOrientation", "", id="no letters"),
    ],
)
def test_the_header_says_what_the_specification_asks(changes, keyword, expected):
    assert _value(keyword, **changes) == expected


@pytest.mark.parametrize(
    ("scheme", "view", "modifier"),
    [
        pytest.param("SCT", "399260004", "399163009", id="modern"),
        pytest.param("SRT", "R-10224", "R-102D6", id="legacy"),
        pytest.param("SNM3", "R-10224", "R-102D6", id="older"),
    ],
)
def test_views_are_coded_in_the_scheme_of_the_device(scheme, view, modifier):
    device = Device(view_scheme=scheme)
    dataset = mammogram_dataset(PIXELS, view="ML", modifiers=(MAGNIFICATION,), device=device)
    item = dataset.ViewCodeSequence[0]

    assert (item.CodeValue, item.CodingSchemeDesignator) == (view, scheme)
    assert item.ViewModifierCodeSequence[0].CodeValue == modifier


def test_a_view_may_be_any_code_or_none():
    own = mammogram_dataset(PIXELS, view=Coded("V1", "99LOCAL", "galactography view"))
    none = mammogram_dataset(PIXELS, view=None)

    assert own.ViewCodeSequence[0].CodeValue == "V1"
    assert len(none.ViewCodeSequence) == 0


def test_codes_of_contrast_and_procedure_are_written():
    agent = Agent(agent_codes=(IOHEXOL,), route_codes=(INTRALUMINAL,))
    dataset = mammogram_dataset(PIXELS, contrast=agent, procedure_codes=(MAMMARY_DUCTOGRAM,))

    assert dataset.ContrastBolusAgentSequence[0].CodeValue == "109218004"
    assert dataset.ContrastBolusAdministrationRouteSequence[0].CodeValue == "37737002"
    assert dataset.ProcedureCodeSequence[0].CodeValue == "18102001"


def test_a_for_processing_image_has_its_class_and_no_voi():
    dataset = mammogram_dataset(PIXELS, intent="FOR PROCESSING")

    assert dataset.SOPClassUID == pydicom.uid.DigitalMammographyXRayImageStorageForProcessing
    assert "WindowCenter" not in dataset


def test_habits_differ_in_their_grey_scales():
    sigmoid = mammogram_dataset(PIXELS, presentation=sigmoid_unit().presentation)
    lut = mammogram_dataset(PIXELS, presentation=lut_unit().presentation)
    inverse = mammogram_dataset(PIXELS, presentation=inverse_unit().presentation)

    assert sigmoid.VOILUTFunction == "SIGMOID"
    assert list(sigmoid.WindowCenterWidthExplanation) == ["NORMAL", "HARDER", "SOFTER"]
    assert "WindowCenter" not in lut
    assert lut.VOILUTSequence[0].LUTDescriptor[0] == 4095
    assert (inverse.PhotometricInterpretation, inverse.PresentationLUTShape) == (
        "MONOCHROME1",
        "INVERSE",
    )


def test_a_clinical_view_stands_behind_its_creator():
    dataset = mammogram_dataset(PIXELS, device=sigmoid_unit().device)

    assert dataset.private_block(0x0045, "GEMS_SENO_02")[0x1B].value == "LCC"


def test_a_deidentified_image_names_nobody():
    dataset = mammogram_dataset(PIXELS, is_deidentified=True, device=sigmoid_unit().device)

    assert dataset.PatientIdentityRemoved == "YES"
    assert "InstitutionName" not in dataset
    assert not [element for element in dataset if element.tag.is_private]


def test_equal_arguments_give_equal_objects():
    assert mammogram_dataset(PIXELS) == mammogram_dataset(PIXELS)


def test_labels_tell_images_apart():
    one, other = (mammogram_dataset(PIXELS, label=label) for label in "ab")

    assert one.SOPInstanceUID != other.SOPInstanceUID
    assert one.StudyInstanceUID == other.StudyInstanceUID


def test_every_field_of_the_specification_has_a_default():
    assert MammogramSpec() == MammogramSpec()
    assert all(field.kw_only for field in fields(MammogramSpec))
