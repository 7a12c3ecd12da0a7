from importlib import metadata

import pytest
from builders import make_origin
from msgspec.structs import replace
from sheets import make_image

from ductdicom.export.records import summary_record
from ductdicom.model.call import Confidence, ExamCall, ExamKind
from ductdicom.model.outcome import Disposition, FailOn, LedgerRow, Problem, ProblemCode, Status
from ductdicom.model.result import Report, StudyResult, count_inputs
from ductdicom.model.study import Pairing, Study, StudyCall


def _row(disposition=Disposition.VIEW, reason="pre", name="a"):
    return LedgerRow(origin=make_origin(name), disposition=disposition, reason=reason)


def _study(status="paired", *codes):
    problems = tuple(
        Problem(code=ProblemCode(code), message="m", sop_instance_uid="1") for code in codes
    )
    call = StudyCall(
        study=Study(study_instance_uid="2.25.1", instances=()),
        exam=ExamCall(kind=ExamKind.DUCTOGRAM, confidence=Confidence.CERTAIN),
        images=(),
        problems=problems,
    )
    pairing = Pairing(rows=(), left_out=(), status=Status(status))
    return StudyResult(key="k", call=call, pairing=pairing)


def _report(
    rows=(), studies=None, problems=(), *, fail_on=("conflict", "unreadable"), is_interrupted=False
):
    return Report(
        rows=tuple(rows),
        studies=tuple([_study()] if studies is None else studies),
        problems=tuple(problems),
        seconds={},
        fail_on=frozenset(map(FailOn, fail_on)),
        is_interrupted=is_interrupted,
    )


KINDS = (
    *(("conflict", code) for code in ("phase-conflict", "patient-conflict", "not-a-patient")),
    *(("unreadable", code) for code in ("study-incomplete", "pixels-unreadable", "worker-died")),
)


@pytest.mark.parametrize(
    ("report", "code"),
    [
        pytest.param(_report([_row()], [_study()]), 0, id="all is well"),
        pytest.param(_report([_row(Disposition.UNREADABLE, "truncated")]), 1, id="unreadable"),
        pytest.param(_report([_row(Disposition.NOT_DICOM, "text")]), 0, id="not DICOM"),
        pytest.param(_report([_row(Disposition.DUPLICATE, "same-bytes")]), 0, id="a duplicate"),
        *(
            pytest.param(_report(studies=[_study("review", code)]), 1, id=code)
            for code in (
                *("phase-conflict", "laterality-conflict", "patient-conflict", "not-a-patient"),
                *("same-uid-other-bytes", "pixels-unreadable", "worker-died"),
            )
        ),
        *(
            pytest.param(_report(studies=[_study("paired", code)]), 0, id=code)
            for code in ("non-discriminating", "charset-guessed", "time-conflict")
        ),
        pytest.param(_report(studies=[_study("review")]), 0, id="a study to review"),
        pytest.param(
            _report(studies=[_study("review")], fail_on=FailOn), 1, id="to review, strict"
        ),
        *(
            pytest.param(
                _report(studies=[_study("paired", code)], fail_on=[kind]), 1, id=f"{kind} {code}"
            )
            for kind, code in KINDS
        ),
        *(
            pytest.param(
                _report(studies=[_study("paired", code)], fail_on=set(FailOn) - {kind}),
                0,
                id=f"no {kind} {code}",
            )
            for kind, code in KINDS
        ),
        pytest.param(
            _report([_row(Disposition.UNREADABLE, "truncated")], fail_on=[]), 0, id="fail on none"
        ),
        pytest.param(
            _report([replace(_row(Disposition.UNREADABLE, "truncated"), is_harmless=True)]),
            0,
            id="of another modality",
        ),
        pytest.param(_report(studies=[_study("partial")], fail_on=FailOn), 0, id="partial, strict"),
        pytest.param(
            _report(problems=[Problem(code=ProblemCode.UNKNOWN_DECISION, message="m")]),
            0,
            id="a decision about nothing",
        ),
        pytest.param(_report(studies=[_study("review", "internal-error")]), 70, id="a bug"),
        pytest.param(_report([_row(Disposition.NOT_DICOM)], []), 3, id="nothing readable"),
        pytest.param(_report(is_interrupted=True), 130, id="interrupted"),
    ],
)
def test_exit_codes(report, code):
    assert report.exit_code == code
    assert summary_record(report, "").exit_code == code


def test_totals_add_up():
    rows = [_row(name="a"), _row(name="b"), _row(Disposition.OTHER, "report", "c")]

    content = summary_record(_report(rows, [_study(), _study("partial")]), "")

    assert content.inputs.total == 3
    assert content.inputs.by_disposition == {"other": 1, "view": 2}
    assert content.studies.by_status == {"paired": 1, "partial": 1}
    assert count_inputs(rows) == [("other", "report", 1), ("view", "pre", 2)]


def test_versions_are_named():
    content = summary_record(_report(), "")

    assert content.version
    assert {"pydicom", "numpy"} <= set(content.libraries)


def test_what_needs_a_person_is_named_and_counted():
    rows = [_row(Disposition.UNREADABLE, "truncated"), _row(Disposition.UNREADABLE, "io-error")]
    studies = [_study("review", "phase-conflict", "non-discriminating"), _study("review")]

    assert _report(rows, studies).causes == {"phase-conflict": 1, "unreadable": 2}
    assert _report((), studies, fail_on=FailOn).causes == {"phase-conflict": 1, "review": 2}


def test_versions_are_unknown_where_a_frozen_program_brings_no_metadata(monkeypatch):
    def refuse(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", refuse)

    assert set(summary_record(_report(), "").libraries.values()) == {"unknown"}


def test_each_file_that_needs_a_person_is_named_once_with_its_reason():
    images = tuple(make_image(number) for number in (1, 2, 3))
    study = _study("review", "phase-conflict")
    call = replace(study.call, images=images)
    problems = (
        Problem(code=ProblemCode.PHASE_CONFLICT, message="m", sop_instance_uid="2.25.2"),
        Problem(code=ProblemCode.TIME_CONFLICT, message="m", sop_instance_uid="2.25.1"),
        Problem(code=ProblemCode.PIXELS_UNREADABLE, message="m", sop_instance_uid="2.25.3"),
    )
    study = replace(study, call=replace(call, problems=problems))
    rows = [_row(Disposition.UNREADABLE, "damaged-pixels", name="3.dcm"), _row()]

    def named(report):
        return [(origin.source, word) for origin, word in report.needing_a_person]

    damaged, in_conflict = ("3.dcm", "damaged-pixels"), ("2.dcm", "phase-conflict")
    assert named(_report(rows, [study])) == [damaged, in_conflict]
    assert named(_report(rows, [study], fail_on=FailOn)) == [
        damaged,
        in_conflict,
        ("1.dcm", "review"),
    ]


def test_a_problem_of_a_whole_study_is_one_of_all_its_images():
    study = _study()
    problem = Problem(code=ProblemCode.PATIENT_CONFLICT, message="m")
    call = replace(study.call, images=(make_image(1), make_image(2)), problems=(problem,))

    found = _report(studies=[replace(study, call=call)]).needing_a_person

    assert [(origin.source, word) for origin, word in found] == [
        ("1.dcm", "patient-conflict"),
        ("2.dcm", "patient-conflict"),
    ]
