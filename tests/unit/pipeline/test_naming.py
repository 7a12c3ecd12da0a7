"""What is said of inputs, images and studies where others may read it."""

from datetime import date

import pytest
from builders import make_instance, make_origin
from hypothesis import given
from hypothesis import strategies as st

from ductdicom.errors import OutputError
from ductdicom.identity.known import MASK, identify_codes, identify_person
from ductdicom.model.instance import Patient
from ductdicom.model.study import Study
from ductdicom.pipeline.gather import PatientStudy, gather
from ductdicom.pipeline.naming import Naming, folder_of_names
from ductdicom.settings import Phi

PEOPLE = identify_person(["Port^Ann Marie"], is_name=lambda _: True)
PATIENT = Patient(patient_id="PID 1", name="PORT^ANN")
PART = PatientStudy(
    study=Study(
        study_instance_uid="2.25.900",
        instances=(
            make_instance("2.25.1", patient=PATIENT, study_date=date(2026, 1, 2), id="aa"),
            make_instance("2.25.2", patient=PATIENT, accession_number=" ACC-1 ", id="bb"),
        ),
    ),
    number=0,
    is_shared=False,
)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/data/export/PORT_ANN/IM1", f"/data/export/{MASK}/IM1"),
        ("/data/export/portann_2/IM1", f"/data/export/{MASK}_2/IM1"),
        ("CD1/PORTX/IM1", f"CD1/{MASK}X/IM1"),
        ("CD1/PORTA/IM1", f"CD1/{MASK}/IM1"),
        ("images/IM1", "images/IM1"),
    ],
)
def test_a_path_is_said_without_a_name_and_its_own_words_are_none(path, said):
    for phi in (Phi.NONE, Phi.MINIMAL):
        assert Naming(phi=phi, people=PEOPLE).place(make_origin(path)) == said
    assert Naming(phi=Phi.FULL, people=PEOPLE).place(make_origin(path)) == path


def test_an_id_in_a_path_is_not_said():
    people = identify_codes(["7731946"])

    assert Naming(phi=Phi.MINIMAL, people=people).text("a/0007731946/b") == f"a/{MASK}/b"


def test_a_study_is_called_by_a_key_that_tells_what_may_be_told():
    called = {phi: Naming(phi=phi).called(PART) for phi in Phi}

    assert called[Phi.NONE].startswith("undated-")
    assert called[Phi.MINIMAL].startswith("20260102-")
    assert called[Phi.FULL] == "2.25.900"
    assert "2.25" not in called[Phi.NONE] + called[Phi.MINIMAL]
    assert Naming(phi=Phi.FULL).study(PART).startswith("20260102-PID_1-")


_WORDS = {
    "patient_id": ["7", "8"],
    "issuer": ["H", "K"],
    "name": ["DOE^JANE", "ROE^ANN"],
    "birth_date": ["19700101", "19800101"],
    "sex": ["F", "M"],
    "age": ["042Y", "059Y"],
}
_ANYBODY = st.builds(
    Patient,
    **{field: st.sampled_from([None, "", *words]) for field, words in _WORDS.items()},
)


@given(st.lists(_ANYBODY, min_size=2, max_size=6))
def test_each_patient_under_one_study_uid_has_a_key_of_his_own(patients):
    images = [
        make_instance(f"2.25.{number}", patient=patient, study_date=date(2026, 1, 2))
        for number, patient in enumerate(patients, start=1)
    ]

    parts = gather(images, lambda origin: origin.label).parts

    for phi in Phi:
        assert len({Naming(phi=phi).study(part) for part in parts}) == len(parts)


@pytest.mark.parametrize("phi", list(Phi))
def test_one_asks_for_a_study_by_its_key_uid_or_accession_number(phi):
    naming = Naming(phi=phi)

    for name in (naming.called(PART), naming.study(PART), "2.25.900", "ACC-1"):
        assert naming.is_called(PART, name)
    for name in ("", "PID 1", "PORT", "2.25.9"):
        assert not naming.is_called(PART, name)


def test_ids_stand_for_uids_where_nothing_may_be_told():
    assert Naming(phi=Phi.NONE).ids([PART]) == {"2.25.1": "aa", "2.25.2": "bb"}
    assert Naming(phi=Phi.MINIMAL).ids([PART]) is None


def test_without_identity_images_are_called_otherwise_each_time():
    names = [folder_of_names(phi).image_name("2.25.1") for phi in (Phi.NONE, Phi.MINIMAL) * 2]

    assert len(set(names)) == 3
    assert names[1] == names[3]


def test_an_error_names_the_folder_of_a_study_by_its_whole_key():
    output = folder_of_names(Phi.MINIMAL)
    day = identify_codes(["20260102"])
    naming = Naming(phi=Phi.MINIMAL, people=day, output=output)
    error = OutputError("could not be written", path="studies/20260102-9f1c/20260102.png")

    assert str(naming.without_names(error).path) == f"studies/20260102-9f1c/{MASK}.png"
