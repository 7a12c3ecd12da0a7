"""What a study says of its patients is told where it is not whole."""

import pytest
from builders import STUDY, make_engine, make_visit

from ductdicom.model.instance import Patient
from ductdicom.model.study import Study
from ductdicom.pipeline.gather import PatientStudy
from ductdicom.pipeline.judge import judge

JANE = Patient(patient_id="SAMPLE-1", name="SAMPLE^JANE")
NOBODY = Patient(patient_id="", name=None)


def codes(*patients, is_shared=False):
    visit = make_visit(*[{"at": f"09:{n:02}", "patient": p} for n, p in enumerate(patients)])
    study = Study(study_instance_uid=STUDY, instances=visit)
    part = PatientStudy(study=study, number=0, is_shared=is_shared)
    (judged,) = judge([part], make_engine(), all_studies=False)
    return {problem.code for problem in judged.call.problems if "patient" in problem.code}


@pytest.mark.parametrize(
    ("patients", "said"),
    [
        pytest.param((JANE, JANE), set(), id="one patient"),
        pytest.param((JANE, NOBODY), {"patient-incomplete"}, id="one object names nobody"),
        pytest.param((NOBODY, NOBODY), set(), id="none names anybody"),
    ],
)
def test_objects_that_name_no_patient_beside_others_are_told(patients, said):
    assert codes(*patients) == said


def test_a_part_of_several_patients_is_told():
    assert codes(JANE, is_shared=True) == {"patient-conflict"}
