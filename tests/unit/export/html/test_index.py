"""The batch at a glance: what stands on a study's card, and in which order the cards stand."""

import pytest

from ductdicom.export.html.index import html_index, index_entries
from ductdicom.model.call import Confidence, ExamKind, Laterality, ViewGroup
from ductdicom.model.last_run import InputCount, InputCounts, LastRun, RunProblem
from ductdicom.model.outcome import ProblemCode, ReviewReason, Status
from ductdicom.model.record import RecordedExam, RecordedProblem, RecordedRow, RecordedStudy

EXAM = RecordedExam(kind=ExamKind.DUCTOGRAM, confidence=Confidence.CERTAIN, evidence=())
LEFT, RIGHT = Laterality.LEFT, Laterality.RIGHT


def _study(key, status=Status.PAIRED, sides=(LEFT,), **changes):
    rows = tuple(
        RecordedRow(laterality=side, group=ViewGroup.CC, injection=1, pre=(), post=())
        for side in sides
    )
    return RecordedStudy(key=key, exam=EXAM, status=status, instances=(), rows=rows, **changes)


def test_what_needs_a_person_stands_first_the_newest_before_the_others_and_undated_last():
    studies = [
        _study("20260101-a"),
        _study("20260103-b"),
        _study("undated-c"),
        _study("20260102-d", Status.REVIEW),
        _study("20260104-e", Status.NOT_A_DUCTOGRAM),
        _study("undated-f", Status.REVIEW),
    ]

    keys = [entry.key[-1] for entry in index_entries(studies)]

    assert keys == ["d", "f", "b", "a", "c", "e"]


@pytest.mark.parametrize(
    ("sides", "words"),
    [
        ((LEFT, LEFT), "left"),
        ((RIGHT, LEFT), "right and left"),
        ((None,), ""),
        ((Laterality.BOTH,), ""),
        ((), ""),
    ],
)
def test_a_card_says_which_breast(sides, words):
    (entry,) = index_entries([_study("20260101-a", sides=sides)])

    assert entry.side == words
    assert f"ductogram{words and f', {words}'} <".encode() in _page([entry])


def test_problems_of_one_code_are_one_word_with_their_number():
    codes = [ProblemCode.SPACING_SUSPECT] * 13 + [ProblemCode.TIME_CONFLICT]
    problems = tuple(
        RecordedProblem(code=code, message="", sop_instance_uid=None) for code in codes
    )
    (entry,) = index_entries([_study("20260101-a", problems=problems)])

    assert entry.problems == "spacing-suspect (13), time-conflict (1)"


def test_a_card_says_what_the_last_run_held_back_of_a_study():
    problem = RunProblem(code="study-incomplete", studies=("20260101-a",))
    held, other = index_entries([_study("20260101-a"), _study("20260101-0")], [problem])

    assert (held.problems, other.problems) == ("study-incomplete", "")


def test_what_became_of_the_inputs_names_the_study_of_which_one_was_held_back():
    last = LastRun(
        inputs=InputCounts(2, (InputCount("other", "study-incomplete", 2),)),
        problems=tuple(
            RunProblem(code="study-incomplete", studies=(key,))
            for key in ("20260101-a", "20260102-b")
        ),
    )

    page = html_index(index_entries([_study("20260101-a")]), last)

    assert b"<td>study-incomplete: 20260101-a, 20260102-b</td>" in page


def test_a_card_says_why_a_study_is_for_review():
    reasons = (ReviewReason.ONLY_SUGGESTED, ReviewReason.PHASE_CONFLICT)
    (entry,) = index_entries([_study("20260101-a", Status.REVIEW, review_reasons=reasons)])

    assert entry.reasons == "only-suggested, phase-conflict"
    assert b"only-suggested, phase-conflict" in _page([entry])


def _page(entries):
    return html_index(entries)
