from datetime import date, datetime, time

import pytest
from builders import conclude, make_instance, make_origin
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ductdicom.model.call import (
    Confidence,
    Decision,
    Evidence,
    ExamCall,
    ExamKind,
    Kind,
    Laterality,
    Phase,
    PhaseCall,
    Strength,
    ViewGroup,
)
from ductdicom.model.instance import Patient
from ductdicom.model.outcome import Problem, ProblemCode
from ductdicom.model.study import ImageCall, Study, StudyCall
from ductdicom.pairing.priors import are_two_people, clashes, find_priors, is_same_patient

JANE = Patient(patient_id="7", issuer="H", name="DOE^JANE", birth_date="19600101")


def _priors(study, others):
    return find_priors(study, others, most_days=730)


def _study(uid, *, on=None, at=time(9, 0), kind=ExamKind.MAMMOGRAM, patient=JANE, **changes):
    instance = make_instance(
        f"{uid}.1",
        origin=make_origin(f"{uid}.dcm"),
        study_instance_uid=uid,
        study_date=on or date(2026, 1, 2),
        study_time=at,
        patient=patient,
    )
    values = {
        "instance": instance,
        "kind": Kind.VIEW,
        "laterality": Laterality.LEFT,
        "view": "CC",
        "group": ViewGroup.CC,
        "call": PhaseCall(phase=None),
    }
    image = ImageCall(**(values | changes))
    return StudyCall(
        study=Study(study_instance_uid=uid, instances=(instance,)),
        exam=ExamCall(kind=kind, confidence=Confidence.STRONG),
        images=(image,),
    )


TODAY = date(2026, 1, 2)
NOW = _study(
    "2.25.1",
    kind=ExamKind.DUCTOGRAM,
    call=PhaseCall(phase=Phase.POST, confidence=Confidence.CERTAIN),
    acquired_at=datetime.combine(TODAY, time(9, 21)),
)


def _found(*others):
    return [image.instance.study_instance_uid for image in _priors(NOW, others)]


def test_an_earlier_mammogram_serves():
    assert _found(_study("2.25.2", on=date(2025, 12, 10))) == ["2.25.2"]


def test_the_latest_of_several_serves():
    others = [_study(f"2.25.{20 - month}", on=date(2025, month, 1)) for month in (3, 9, 5)]

    assert _found(*others) == ["2.25.11"]


def test_one_that_does_not_serve_hides_no_later_one():
    biopsy = _study("2.25.3", on=date(2025, 11, 1), kind=ExamKind.OTHER)

    assert _found(biopsy, _study("2.25.2", on=date(2025, 12, 10))) == ["2.25.2"]


@pytest.mark.parametrize(
    ("exposed", "found"),
    [
        pytest.param(time(8, 5), ["2.25.2"], id="before the filling"),
        pytest.param(time(11, 5), [], id="after the filling, whatever the study's own time"),
        pytest.param(None, [], id="at a time that is not known"),
    ],
)
def test_one_of_the_same_day_serves_if_it_was_exposed_before_the_filling(exposed, found):
    acquired_at = datetime.combine(TODAY, exposed) if exposed else None

    assert _found(_study("2.25.2", at=time(8, 0), acquired_at=acquired_at)) == found


def test_one_of_the_same_day_does_not_serve_a_side_without_a_filling():
    own = _study("2.25.1", kind=ExamKind.DUCTOGRAM)
    earlier = _study("2.25.2", acquired_at=datetime.combine(TODAY, time(8, 5)))

    assert _priors(own, [earlier]) == ()


def _with_another(study, *, patient=JANE, **changes):
    """Add an image to a study that is like its first."""
    image = study.images[0]
    instance = replace(image.instance, sop_instance_uid="2.25.1.2", patient=patient)
    return replace(study, images=(image, replace(image, instance=instance, **changes)))


@pytest.mark.parametrize(
    ("exposed", "found"),
    [
        pytest.param(time(9, 0), ["2.25.2"], id="before both"),
        pytest.param(time(10, 0), [], id="after the first and before the second"),
        pytest.param(time(11, 0), [], id="after both"),
    ],
)
@pytest.mark.parametrize("is_first_listed", [True, False])
def test_one_of_the_same_day_was_exposed_before_every_filling(exposed, found, is_first_listed):
    now = _with_another(NOW, acquired_at=datetime.combine(TODAY, time(10, 30)))
    now = now if is_first_listed else replace(now, images=now.images[::-1])
    other = _study("2.25.2", at=time(8, 0), acquired_at=datetime.combine(TODAY, exposed))

    assert [i.instance.study_instance_uid for i in _priors(now, [other])] == found


@pytest.mark.parametrize(
    "patient",
    [
        pytest.param(Patient(patient_id="8", name="ROE^JOAN"), id="another patient"),
        pytest.param(Patient(name="DOE^JANE"), id="a patient without a number"),
    ],
)
def test_a_study_takes_views_only_of_the_patient_of_all_its_images(patient):
    now = _with_another(NOW, patient=patient)

    assert _priors(now, [_study("2.25.2", on=date(2025, 12, 10))]) == ()


def test_a_view_that_is_too_old_is_no_scout():
    old = _study("2.25.2", on=date(2010, 5, 1))

    assert _found(old) == []
    assert find_priors(NOW, [old], most_days=10_000) == old.images


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"on": date(2026, 2, 1)}, id="a later study"),
        pytest.param({"kind": ExamKind.DUCTOGRAM}, id="a study with a filling of its own"),
        pytest.param({"kind": ExamKind.CONTRAST_MAMMOGRAM}, id="a contrast mammogram"),
        pytest.param({"kind": ExamKind.OTHER}, id="another examination"),
        pytest.param({"patient": Patient(patient_id="8", name="DOE^JANE")}, id="another patient"),
        pytest.param({"patient": Patient(name="DOE^JANE")}, id="the name alone"),
        pytest.param({"patient": Patient(patient_id="7")}, id="a short number that none confirms"),
        pytest.param({"laterality": None}, id="no side"),
        pytest.param({"view": None}, id="no view"),
        pytest.param({"is_excluded": True}, id="excluded by a decision"),
        pytest.param({"has_laterality_conflict": True}, id="sides contradict each other"),
        pytest.param({"has_time_conflict": True}, id="called pre after a filling"),
        pytest.param({"has_other_bytes": True}, id="another object has its UID"),
    ],
)
def test_what_does_not_serve(changes):
    other = _study("2.25.2", **({"on": date(2025, 12, 10)} | changes))

    assert _found(other) == []


def _said(phase, *, rule="weak-text", strength=Strength.HINT):
    item = Evidence(rule=rule, tag="", value="", says=phase, strength=strength)
    return PhaseCall(phase=None, evidence=(item,))


@pytest.mark.parametrize("strength", list(Strength))
def test_a_view_of_which_anything_says_post_does_not_serve(strength):
    other = _study("2.25.2", on=date(2025, 12, 10), call=_said(Phase.POST, strength=strength))

    assert _found(other) == []


@pytest.mark.parametrize(
    ("side", "found"),
    [
        pytest.param(Laterality.LEFT, [], id="of the same breast"),
        pytest.param(None, [], id="of a breast that is not known"),
        pytest.param(Laterality.BOTH, [], id="of both breasts"),
        pytest.param(Laterality.RIGHT, ["2.25.2"], id="of the other breast"),
    ],
)
def test_another_image_of_the_study_that_says_post_forbids_its_breast(side, found):
    other = _study("2.25.2", on=date(2025, 12, 10))
    filled = replace(other.images[0], laterality=side, call=_said(Phase.POST), is_excluded=True)

    assert _found(replace(other, images=(*other.images, filled))) == found


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        pytest.param({}, ["2.25.2"], id="nothing"),
        pytest.param({"image_type": ("ORIGINAL", "PRIMARY", "POST_CONTRAST")}, [], id="image type"),
        pytest.param({"agent": "OMNIPAQUE 300"}, [], id="agent"),
        pytest.param({"agent": "NONE"}, ["2.25.2"], id="no agent"),
        pytest.param({"series_text": "L CC POST INJ"}, [], id="description of the series"),
        pytest.param({"series_text": "L CC POST"}, [], id="a lone post"),
        pytest.param({"comment": "after injection of contrast 0.4 ml"}, [], id="comment"),
        pytest.param({"comment": "before injection"}, ["2.25.2"], id="comment that says pre"),
    ],
)
def test_what_is_said_of_a_mammogram_decides_whether_it_serves(changes, found):
    mammogram = make_instance(
        "2.25.20",
        study_instance_uid="2.25.2",
        study_date=date(2025, 12, 10),
        patient=JANE,
        **changes,
    )

    assert _found(conclude(mammogram)) == found


@pytest.mark.parametrize(
    ("comment", "phase", "found"),
    [
        pytest.param("post injection", Phase.PRE, ["2.25.2"], id="pre"),
        pytest.param(None, Phase.POST, [], id="post"),
        pytest.param(None, Phase.UNKNOWN, [], id="unknown"),
    ],
)
def test_a_reviewer_decides_whether_a_view_serves(comment, phase, found):
    decision = Decision(sop_instance_uid="2.25.20", phase=phase)
    mammogram = make_instance(
        "2.25.20",
        study_instance_uid="2.25.2",
        study_date=date(2025, 12, 10),
        patient=JANE,
        comment=comment,
    )

    assert _found(conclude(mammogram, decisions=[decision])) == found


def test_a_study_with_contrast_that_nothing_explains_lends_no_view():
    other = _study("2.25.2", on=date(2025, 12, 10))
    unexplained = Problem(code=ProblemCode.CONTRAST_UNEXPLAINED, message="")

    assert _found(replace(other, problems=(unexplained,))) == []


def test_a_study_without_a_date_is_not_earlier():
    other = _study("2.25.2")
    instance = make_instance("2.25.2.1", study_instance_uid="2.25.2", study_date=None, patient=JANE)
    study = Study(study_instance_uid="2.25.2", instances=(instance,))

    assert _priors(NOW, [StudyCall(study=study, exam=other.exam, images=other.images)]) == ()


@pytest.mark.parametrize(
    ("changes", "clash"),
    [
        pytest.param({"name": "Doe^Jane^M."}, False, id="a middle name"),
        pytest.param({"name": "DOE^JANE=ドウ"}, False, id="another writing behind it"),
        pytest.param({"name": None, "birth_date": ""}, False, id="blank says nothing"),
        pytest.param({"name": "ROE^JANE"}, True, id="another family name"),
        pytest.param({"birth_date": "19600102"}, True, id="another birth date"),
        pytest.param({"issuer": "K"}, True, id="another issuer"),
        pytest.param({"patient_id": "8"}, True, id="another number"),
        pytest.param({"sex": "M"}, True, id="another sex"),
        pytest.param({"sex": "male"}, True, id="another sex as a word"),
        pytest.param({"sex": "f "}, False, id="the same sex in a small letter"),
        pytest.param({"sex": "O"}, False, id="a sex that tells nothing"),
        pytest.param({"sex": None}, False, id="no sex"),
        pytest.param({"age": "071Y"}, True, id="another age"),
        pytest.param({"age": "038Y"}, True, id="four years more"),
        pytest.param({"age": "031Y"}, False, id="three years less"),
        pytest.param({"age": ""}, False, id="no age"),
        pytest.param({"age": "000Y"}, False, id="an age that tells nothing"),
        pytest.param({"age": "900M"}, False, id="an age in months"),
        pytest.param({"age": "OLDY"}, False, id="no number"),
    ],
)
def test_clashes(changes, clash):
    values = {
        "patient_id": "7",
        "issuer": "H",
        "name": "DOE^JANE",
        "birth_date": "19600101",
        "sex": "F",
        "age": "034Y",
    }

    assert clashes(replace(JANE, sex="F", age="034Y"), Patient(**(values | changes))) is clash


VALUES = st.sampled_from([None, "", "A", "B", "A^B"])
PATIENTS = st.builds(
    Patient,
    patient_id=VALUES,
    issuer=VALUES,
    name=VALUES,
    birth_date=VALUES,
    sex=st.sampled_from([None, "", "F", "M", "O"]),
    age=st.sampled_from([None, "", "034Y", "036Y", "071Y"]),
)


@given(PATIENTS, PATIENTS)
def test_who_clashes_does_so_both_ways_and_is_never_the_same(one, other):
    assert clashes(one, other) == clashes(other, one)
    assert not (clashes(one, other) and is_same_patient(one, other))
    assert is_same_patient(one, other) == is_same_patient(other, one)


@pytest.mark.parametrize(
    "number",
    ["ANONYMOUS", "anon", "UNKNOWN", "Anonymized", "XXXX", "0", "0000", "1", "N/A", "-", "Patient"],
)
@pytest.mark.parametrize("name", ["ANONYMOUS", "", None])
def test_what_stands_for_all_patients_is_not_one(number, name):
    both = Patient(patient_id=number, name=name)

    assert not is_same_patient(both, both)


@pytest.mark.parametrize(
    "patient",
    [
        pytest.param(Patient(patient_id="ANON-0017", name="ANONYMOUS"), id="a pseudonym"),
        pytest.param(Patient(patient_id="7", name="DOE^JANE"), id="a name"),
        pytest.param(Patient(patient_id="7", birth_date="19650401"), id="a birth date"),
        pytest.param(Patient(patient_id="7", issuer="CLINIC"), id="an issuer"),
        pytest.param(Patient(patient_id="4711-B"), id="a number of many"),
    ],
)
def test_a_patient_is_the_same_where_the_number_tells_or_something_confirms_it(patient):
    assert is_same_patient(patient, patient)


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        pytest.param({"name": "ROE^JANE", "birth_date": "19601111"}, True, id="another person"),
        pytest.param({"name": "DOE^JANE", "birth_date": "19601111"}, True, id="another birth date"),
        pytest.param({"name": "ROE^JANE"}, False, id="another name, born on the same day"),
        pytest.param({"sex": "M"}, True, id="another sex"),
        pytest.param({}, False, id="the same"),
        pytest.param({"birth_date": ""}, False, id="the same, without a birth date"),
        pytest.param({"patient_id": "9999999", "name": "ROE^ANN"}, False, id="another ID"),
        pytest.param({"issuer": "CITY", "sex": "M"}, False, id="another hospital's ID"),
    ],
)
def test_one_id_stands_for_two_people_where_their_headers_clash(other, expected):
    jane = {
        "patient_id": "4711001",
        "issuer": "CLINIC",
        "name": "DOE^JANE",
        "birth_date": "19650401",
        "sex": "F",
    }

    assert are_two_people(Patient(**jane), Patient(**{**jane, **other})) is expected
