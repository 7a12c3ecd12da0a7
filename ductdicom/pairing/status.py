"""Whether a ductogram's rows are complete, or a person must decide."""

from collections.abc import Iterator, Mapping, Sequence

from ductdicom.model.call import Confidence, ExamKind, Kind, Laterality, Phase, Verdict
from ductdicom.model.outcome import LeftOutReason, Note, ProblemCode, ReviewReason, Status
from ductdicom.model.study import ImageCall, LeftOut, Pairing, Row, StudyCall

PAIRABLE = {Kind.VIEW, Kind.SYNTHETIC}
_OPEN_REASONS = {
    LeftOutReason.PHASE_UNKNOWN: ReviewReason.PHASE_UNKNOWN,
    LeftOutReason.LATERALITY_CONFLICT: ReviewReason.LATERALITY_CONFLICT,
    LeftOutReason.LATERALITY_UNKNOWN: ReviewReason.LATERALITY_UNKNOWN,
    LeftOutReason.LATERALITY_BOTH: ReviewReason.LATERALITY_BOTH,
    LeftOutReason.VIEW_CONFLICT: ReviewReason.VIEW_CONFLICT,
    LeftOutReason.TIME_CONFLICT: ReviewReason.TIME_CONFLICT,
    LeftOutReason.SAME_UID_OTHER_BYTES: ReviewReason.SAME_UID_OTHER_BYTES,
}
_STUDY_CONFLICTS = {
    ProblemCode.EXAM_CONFLICT: ReviewReason.EXAM_CONFLICT,
    ProblemCode.EXAM_INFERRED: ReviewReason.EXAM_INFERRED,
    ProblemCode.LATERALITY_CONFLICT: ReviewReason.LATERALITY_CONFLICT,
    ProblemCode.PATIENT_CONFLICT: ReviewReason.PATIENT_CONFLICT,
    ProblemCode.NOT_A_PATIENT: ReviewReason.NOT_A_PATIENT,
}

_OF_REVIEW = {
    ProblemCode.CHANGED_SINCE_REVIEW: ReviewReason.CHANGED_SINCE_REVIEW,
    ProblemCode.REVIEWERS_DISAGREE: ReviewReason.REVIEWERS_DISAGREE,
}
_DISPUTED: Mapping[LeftOutReason | Kind, str] = {
    LeftOutReason.PHASE_UNKNOWN: "phase",
    LeftOutReason.LATERALITY_CONFLICT: "laterality",
    LeftOutReason.VIEW_CONFLICT: "view",
}
_VERDICTS = {
    Verdict.CANNOT_TELL: Status.CLOSED,
    Verdict.NOT_A_DUCTOGRAM: Status.NOT_A_DUCTOGRAM,
}


def doubts(study: StudyCall) -> set[ReviewReason]:
    """Return why a study that was taken for no ductogram may be one all the same."""
    codes = {ProblemCode.NOT_A_PATIENT}
    if study.exam.kind is ExamKind.MAMMOGRAM:
        codes.add(ProblemCode.EXAM_CONFLICT)
    found = {_STUDY_CONFLICTS[p.code] for p in study.problems if p.code in codes}
    return found.union(_of_review(study))


def status_by_verdict(study: StudyCall, by_rows: Status) -> Status:
    """Return the status that a reviewer gave a study; that of its rows where none gave another."""
    closing = None if study.review is None else study.review.closing
    return by_rows if closing is None else _VERDICTS.get(closing, by_rows)


def is_settled(study: StudyCall) -> bool:
    """Tell whether a reviewer has looked at a study, and nothing about it changed since."""
    return study.review is not None and study.review.closing is not None


def _of_review(study: StudyCall) -> Iterator[ReviewReason]:
    """Yield what opens a study again that was reviewed."""
    if study.review is not None and study.review.verdict is Verdict.REOPENED:
        yield ReviewReason.REOPENED
    for problem in study.problems:
        if problem.code in _OF_REVIEW:
            yield _OF_REVIEW[problem.code]
    if any(image.decided is not None and image.decided.outdated for image in study.images):
        yield ReviewReason.SAME_UID_OTHER_BYTES


def pairing_of(
    study: StudyCall,
    rows: Sequence[Row],
    left_out: Sequence[LeftOut],
    filled: set[Laterality | None],
) -> Pairing:
    """Tell whether a person must decide; only the filled side counts, and one that may be it."""
    has_post = any(row.post for row in rows)
    ours = [
        item
        for item in left_out
        if item.image.laterality in {*filled, None}
        or item.image.shown_phase is Phase.POST
        or not has_post
    ]
    has_no_view = any(item.reason is LeftOutReason.VIEW_UNKNOWN for item in ours)
    is_partial = not has_post or has_no_view or any(Note.NO_PRE in row.notes for row in rows)
    pairing = Pairing(
        rows=tuple(rows),
        left_out=tuple(left_out),
        status=status_by_verdict(study, Status.PARTIAL if is_partial else Status.PAIRED),
        is_settled=is_settled(study),
    )
    return pairing.needing_review(_reasons(study, rows, ours))


def _reasons(
    study: StudyCall, rows: Sequence[Row], ours: Sequence[LeftOut]
) -> Iterator[ReviewReason]:
    for item in ours:
        if (reason := _open_reason(item)) is not None:
            yield reason
    for problem in study.problems:
        if problem.sop_instance_uid is None and problem.code in _STUDY_CONFLICTS:
            yield _STUDY_CONFLICTS[problem.code]
    yield from _of_review(study)
    if not any(_is_image(image) for image in study.images):
        yield ReviewReason.NO_IMAGE
    if any(Note.SUGGESTED in row.notes for row in rows):
        yield ReviewReason.ONLY_SUGGESTED


def _open_reason(item: LeftOut) -> ReviewReason | None:
    """Return what keeps an image out that a person can settle, if anything does."""
    call, decided = item.image.call, item.image.decided
    is_of_phase = item.reason in {LeftOutReason.PHASE_UNKNOWN, LeftOutReason.VIEW_UNKNOWN}
    if is_of_phase and (call.phase, call.confidence) == (Phase.UNKNOWN, Confidence.CONFIRMED):
        return None  # somebody looked, and it cannot be told
    if decided is not None and decided.is_disputed(_DISPUTED.get(item.reason, "")):
        return ReviewReason.REVIEWERS_DISAGREE
    if item.reason is LeftOutReason.PHASE_UNKNOWN and item.image.call.conflicts:
        return ReviewReason.PHASE_CONFLICT
    if item.reason is LeftOutReason.VIEW_UNKNOWN and item.image.instance.damage:
        return ReviewReason.UNREADABLE_IMAGE  # the view may have stood in what is lost
    is_nameless = item.image.view is None or item.image.call.phase is Phase.UNKNOWN
    if item.reason is LeftOutReason.VIEW_UNKNOWN and is_nameless:
        return ReviewReason.VIEW_UNKNOWN
    return next((why for reason, why in _OPEN_REASONS.items() if item.reason is reason), None)


def _is_image(image: ImageCall) -> bool:
    """Tell whether an object is an image of the breast that a person could look at here."""
    return image.kind in PAIRABLE or image.kind is Kind.TOMOSYNTHESIS
