"""What else there is of a patient: certainly of the same one, or not at all."""

from datetime import date

import pytest
from builders import conclude, make_instance
from msgspec.structs import replace

from ductdicom.model.instance import Patient
from ductdicom.model.outcome import Problem, ProblemCode
from ductdicom.pairing.companions import find_companions
from ductdicom.vocabulary.terms import load_vocabulary

JANE = Patient(patient_id="4711", issuer="H", name="DOE^JANE", birth_date="19600101")
ULTRASOUND = "1.2.840.10008.5.1.4.1.1.6.1"
MR = "1.2.840.10008.5.1.4.1.1.4"
CT = "1.2.840.10008.5.1.4.1.1.2"
TOMOSYNTHESIS = "1.2.840.10008.5.1.4.1.1.13.1.3"


def _study(number, *, on=date(2025, 12, 3), patient=JANE, images=1, **changes):
    uid = f"2.25.{number}"
    common = {"study_instance_uid": uid, "study_date": on, "patient": patient}
    return conclude(*(make_instance(f"{uid}.{n}", **(common | changes)) for n in range(images)))


def _ultrasound(number=1, **changes):
    return _study(number, **({"modality": "US", "sop_class_uid": ULTRASOUND} | changes))


def _found(study, *others):
    return [(c.kind, c.study_date, c.objects) for c in _companions(study, *others)]


def _companions(study, *others):
    return find_companions(study, others, load_vocabulary())


DUCTOGRAM = _study(900, on=date(2026, 1, 2), study_text="GALACTOGRAM", agent="IOHEXOL 300")


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({}, "mammogram"),
        ({"study_text": "GALACTOGRAM", "agent": "IOHEXOL 300"}, "ductogram"),
        ({"modality": "US", "sop_class_uid": ULTRASOUND}, "ultrasound"),
        ({"modality": "us ", "sop_class_uid": ULTRASOUND}, "ultrasound"),
        ({"modality": "MR", "sop_class_uid": MR, "study_text": "MRI BREAST"}, "MRI"),
        ({"modality": "MR", "sop_class_uid": MR, "study_text": "MR GALACTOGRAM"}, "MR ductography"),
        ({"modality": "MR", "sop_class_uid": MR, "study_text": "MRI AFTER GALACTOGRAM"}, "MRI"),
        ({"modality": "CT", "sop_class_uid": CT}, "CT"),
        ({"sop_class_uid": TOMOSYNTHESIS}, "tomosynthesis"),
    ],
)
def test_a_companion_is_called_by_what_it_is(changes, kind):
    other = _study(1, images=2, **changes)

    assert _found(DUCTOGRAM, other) == [(kind, date(2025, 12, 3), 2)]


@pytest.mark.parametrize("modality", ["SR", "PR", "KO", "", None, "ZULU"])
def test_what_is_no_image_or_of_no_known_modality_is_none(modality):
    assert _found(DUCTOGRAM, _study(1, modality=modality, sop_class_uid=CT)) == []


def test_a_study_without_companions_has_none():
    assert _found(DUCTOGRAM) == []


def test_what_a_study_holds_beside_its_mammograms_is_a_companion_of_the_same_study():
    both = conclude(
        *(image.instance for image in DUCTOGRAM.images),
        *(
            replace(image.instance, study_instance_uid="2.25.900", study_date=date(2026, 1, 2))
            for image in _ultrasound(1, images=3).images
        ),
    )

    (found,) = _companions(both)

    assert (found.kind, found.objects, found.study_instance_uid) == ("ultrasound", 3, "2.25.900")


def test_companions_stand_in_the_order_of_time_whatever_that_of_the_studies():
    others = [
        _ultrasound(1, on=date(2026, 2, 1)),
        _ultrasound(2, on=None),
        _study(3, on=date(2024, 5, 6)),
        _study(4, on=date(2024, 5, 6), sop_class_uid=TOMOSYNTHESIS),
    ]
    expected = [
        ("ultrasound", None, 1),
        ("mammogram", date(2024, 5, 6), 1),
        ("tomosynthesis", date(2024, 5, 6), 1),
        ("ultrasound", date(2026, 2, 1), 1),
    ]

    assert _found(DUCTOGRAM, *others) == _found(DUCTOGRAM, *reversed(others)) == expected


@pytest.mark.parametrize(
    "changes",
    [
        {"patient_id": "4712"},
        {"patient_id": None},
        {"patient_id": "ANONYMOUS"},
        {"issuer": "OTHER HOSPITAL"},
        {"birth_date": "19600102"},
        {"name": "ROE^MARY"},
    ],
)
def test_what_is_not_certainly_the_same_patients_is_none(changes):
    assert _found(DUCTOGRAM, _ultrasound(patient=replace(JANE, **changes))) == []


@pytest.mark.parametrize(("birth_date", "number"), [("19600101", 1), (None, 0)])
def test_who_was_younger_then_is_the_same_patient_where_the_birth_date_says_so(birth_date, number):
    now, then = (replace(JANE, age=age, birth_date=birth_date) for age in ("066Y", "058Y"))
    study = _study(900, on=date(2026, 1, 2), patient=now, agent="IOHEXOL 300")

    assert len(_found(study, _ultrasound(on=date(2018, 1, 2), patient=then))) == number


def test_every_header_of_a_study_must_name_the_patient():
    mixed = conclude(
        *(i.instance for i in _ultrasound(1, images=2).images),
        replace(
            _ultrasound(1).images[0].instance,
            sop_instance_uid="2.25.1.9",
            patient=replace(JANE, name="ROE^MARY"),
        ),
    )

    assert _found(DUCTOGRAM, mixed) == []


def test_two_people_of_one_id_are_nobodys_companions():
    """The ductogram's header fits either of them."""
    bare = Patient(patient_id="4711")
    study = _study(900, on=date(2026, 1, 2), patient=bare, agent="IOHEXOL 300")
    one = _ultrasound(1)
    other = _ultrasound(2, patient=replace(JANE, name="ROE^MARY", birth_date="19701111"))

    assert len(_found(study, one)) == len(_found(study, other)) == 1
    assert _found(study, one, other) == []


def test_a_study_whose_patient_is_in_doubt_has_no_companions_and_is_none():
    doubt = Problem(code=ProblemCode.PATIENT_CONFLICT, message="")
    doubted = replace(DUCTOGRAM, problems=(doubt,))

    assert _found(doubted, _ultrasound()) == _found(_ultrasound(), doubted) == []
