"""What a person typed into descriptions reaches no page, record or message."""

import pytest
from builders import STUDY, make_engine, make_instance, make_visit

from ductdicom.model.instance import Patient, Raster
from ductdicom.model.study import Study
from ductdicom.pipeline.gather import PatientStudy
from ductdicom.pipeline.judge import judge
from ductdicom.pipeline.masking import identity_words, mask_identity, mask_text
from ductdicom.settings import Phi

PATIENT = Patient(patient_id="PID-1", name="DOE^JANE", birth_date="19700131")
INSTANCE = make_instance(patient=PATIENT, accession_number="ACC77")


def test_identity_in_a_description_is_masked():
    words = identity_words([INSTANCE])

    masked = mask_text("Doe Jane PID-1 post inj ACC77 1970-01-31", words)

    assert masked == "*** *** *** post inj *** ***"


@pytest.mark.parametrize(
    ("phi", "value"),
    [
        (Phi.NONE, "Galactogram *** *** left"),
        (Phi.MINIMAL, "Galactogram *** *** left"),
        (Phi.FULL, "Galactogram Doe PID-1 left"),
    ],
)
def test_every_reason_is_masked_and_each_image_stays_one(phi, value):
    image = {"study_text": "Galactogram Doe PID-1 left", "patient": PATIENT}
    instances = make_visit({"at": "09:00", **image}, {"at": "09:20", "agent": "IOHEXOL", **image})
    study = Study(study_instance_uid=STUDY, instances=instances)
    part = PatientStudy(study=study, number=0, is_shared=False)

    (found,) = mask_identity(judge([part], make_engine(), all_studies=False), phi)

    assert found.call.exam.evidence[0].value == value
    in_rows = [image for row in found.pairing.rows for image in row.images]
    assert in_rows
    assert all(any(image is own for own in found.call.images) for image in in_rows)


@pytest.mark.parametrize(
    ("phi", "codes"), [(Phi.NONE, ["burned-in-annotation"] * 2), (Phi.FULL, [])]
)
def test_what_is_burned_into_pixels_is_said_not_to_be_masked(phi, codes):
    shown = {"raster": Raster(rows=10, columns=10, has_pixels=True, has_annotation=True)}
    instances = make_visit({"at": "09:00", **shown}, {"at": "09:20", "agent": "IOHEXOL", **shown})
    study = Study(study_instance_uid=STUDY, instances=instances)
    part = PatientStudy(study=study, number=0, is_shared=False)

    (found,) = mask_identity(judge([part], make_engine(), all_studies=False), phi)

    assert [p.code for p in found.call.problems if p.code.startswith("burned")] == codes


def test_only_whole_words_are_masked():
    words = identity_words([make_instance(patient=Patient(name="GRAM^ANN"))])

    assert mask_text("GALACTOGRAM annual", words) == "GALACTOGRAM annual"


def test_a_name_is_found_in_a_script_that_parts_no_words():
    patient = Patient(name="Yamada^Tarou=山田^太郎", patient_id="7")

    assert mask_text("山田太郎様乳管造影", identity_words([make_instance(patient=patient)])) == (
        "******様乳管造影"
    )


def test_short_names_are_left_alone():
    words = identity_words([make_instance(patient=Patient(name="LI^CC"))])

    assert words == frozenset()
