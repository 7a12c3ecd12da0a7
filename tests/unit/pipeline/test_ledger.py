import dataclasses

import pytest
from builders import make_instance, make_origin
from msgspec.structs import replace
from sheets import lay_out, make_image

from ductdicom.model.call import Confidence, ExamCall, ExamKind, Kind
from ductdicom.model.outcome import Disposition, LedgerRow, Problem, ProblemCode
from ductdicom.model.result import StudyResult
from ductdicom.model.study import Study
from ductdicom.pipeline.gather import Gathered, PatientStudy
from ductdicom.pipeline.judge import Judged
from ductdicom.pipeline.ledger import account


def _judged(*images):
    images = images or (make_image(1, phase="pre"), make_image(2))
    study, pairing, _ = lay_out(images)
    part = PatientStudy(study=study.study, number=0, is_shared=False)
    return Judged(part=part, call=study, pairing=pairing)


def test_every_instance_has_a_row():
    judged = _judged()

    rows = account(Gathered(parts=(judged.part,), rows=()), [judged])

    assert [(row.origin.source, row.disposition, row.reason) for row in rows] == [
        ("1.dcm", "view", "pre"),
        ("2.dcm", "view", "post"),
    ]


def test_rows_come_by_source_and_an_archive_before_its_members():
    names = [("b.zip", "2"), ("b.zip", "1"), ("b.zip", None), ("a.dcm", None)]
    rows = tuple(
        LedgerRow(
            origin=replace(make_origin(source), member=member), disposition=Disposition.NOT_DICOM
        )
        for source, member in names
    )

    found = account(Gathered(parts=(), rows=rows), [])

    assert [(row.origin.source, row.origin.member) for row in found] == names[::-1]


@pytest.mark.parametrize(
    ("kind", "disposition", "reason"),
    [
        (Kind.VIEW, "view", "post"),
        (Kind.SYNTHETIC, "other", "synthetic"),
        (Kind.REPORT, "other", "report"),
        (Kind.BIOPSY, "other", "biopsy"),
        (Kind.OTHER_MODALITY, "companion", "other-modality"),
    ],
)
def test_of_a_ductogram_views_and_other_modalities_are_told_apart(kind, disposition, reason):
    judged = _judged(make_image(1, kind=kind))

    (row,) = account(Gathered(parts=(judged.part,), rows=()), [judged])

    assert (row.disposition, row.reason) == (disposition, reason)


@pytest.mark.parametrize(
    ("kind", "reason"), [(Kind.VIEW, "mammogram"), (Kind.OTHER_MODALITY, "other-modality")]
)
@pytest.mark.parametrize(("elsewhere", "disposition"), [(True, "companion"), (False, "other")])
def test_another_study_is_a_companion_where_the_patient_has_a_ductogram(
    kind, reason, elsewhere, disposition
):
    judged = _judged(make_image(1, kind=kind))
    mammogram = ExamCall(kind=ExamKind.MAMMOGRAM, confidence=Confidence.STRONG)
    judged = dataclasses.replace(
        judged, call=replace(judged.call, exam=mammogram), has_ductogram_elsewhere=elsewhere
    )

    (row,) = account(Gathered(parts=(judged.part,), rows=()), [judged])

    assert (row.disposition, row.reason) == (disposition, reason)


def _unreadable(image, reason):
    return Problem(
        code=ProblemCode.PIXELS_UNREADABLE,
        message=f"{reason}: the pixels cannot be shown",
        sop_instance_uid=image.uid,
        origin=image.instance.origin,
        reason=reason,
    )


def _rows_with_broken(judged, image):
    call = replace(judged.call, problems=(_unreadable(image, "cut"),))
    result = StudyResult(key="k", call=call, pairing=judged.pairing)
    return account(Gathered(parts=(judged.part,), rows=()), [judged], [result])


def test_pixels_that_cannot_be_read_make_an_input_unreadable():
    judged = _judged()

    rows = _rows_with_broken(judged, judged.call.images[1])

    assert [(row.disposition, row.reason) for row in rows] == [
        ("view", "pre"),
        ("unreadable", "cut"),
    ]


def test_of_two_objects_with_one_uid_only_the_broken_one_is_unreadable():
    twins = [
        make_image(n, instance=make_instance("2.25.1", origin=make_origin(name)))
        for n, name in enumerate(("a.dcm", "b.dcm"))
    ]
    judged = _judged(*twins)

    rows = _rows_with_broken(judged, twins[1])

    assert [row.disposition for row in rows] == ["view", "unreadable"]


@pytest.mark.parametrize("surplus", [True, False], ids=["lost", "doubled"])
def test_an_input_that_is_lost_or_doubled_is_a_bug(surplus):
    judged = _judged()
    more = Study(
        study_instance_uid="2.25.2",
        instances=(make_instance("2.25.9", origin=make_origin("9.dcm")),),
    )
    parts = (judged.part, PatientStudy(study=more, number=0, is_shared=False)) if surplus else ()

    with pytest.raises(AssertionError, match="inputs"):
        account(Gathered(parts=parts, rows=()), [judged])
