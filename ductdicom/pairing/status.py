"""Whether a ductogram's rows are complete, or a person must decide."""

from collections.abc import Sequence

from ductdicom.model.call import Kind, Laterality, Phase
from ductdicom.model.outcome import LeftOutReason, Note, ProblemCode, Status
from ductdicom.model.study import ImageCall, LeftOut, Row, StudyCall

PAIRABLE = {Kind.VIEW, Kind.SYNTHETIC}
_OPEN_REASONS = {
    LeftOutReason.PHASE_UNKNOWN,
    LeftOutReason.LATERALITY_CONFLICT,
    LeftOutReason.LATERALITY_UNKNOWN,
    LeftOutReason.LATERALITY_BOTH,
    LeftOutReason.VIEW_CONFLICT,
    LeftOutReason.TIME_CONFLICT,
    LeftOutReason.SAME_UID_OTHER_BYTES,
}
_STUDY_CONFLICTS = {
    ProblemCode.EXAM_CONFLICT,
    ProblemCode.EXAM_INFERRED,
    ProblemCode.LATERALITY_CONFLICT,
    ProblemCode.PATIENT_CONFLICT,
    ProblemCode.NOT_A_PATIENT,
}


def is_doubted(study: StudyCall) -> bool:
    """Tell whether a study that was taken for no ductogram may be one all the same."""
    return any(problem.code is ProblemCode.NOT_A_PATIENT for problem in study.problems)


def status_of(
    study: StudyCall,
    rows: Sequence[Row],
    left_out: Sequence[LeftOut],
    filled: set[Laterality | None],
) -> Status:
    """Tell whether a person must decide; only the filled side counts, and an unknown one."""
    ours = [i for i in left_out if i.image.laterality in filled or i.image.laterality is None]
    must_review = any(
        item.reason in _OPEN_REASONS
        or (item.reason is LeftOutReason.VIEW_UNKNOWN and item.image.call.phase is Phase.UNKNOWN)
        for item in ours
    )
    codes = {problem.code for problem in study.problems if problem.sop_instance_uid is None}
    if must_review or codes & _STUDY_CONFLICTS or not any(_is_image(i) for i in study.images):
        return Status.REVIEW
    if any(Note.SUGGESTED in row.notes for row in rows):
        return Status.REVIEW
    has_post = any(row.post for row in rows)
    has_no_view = any(item.reason is LeftOutReason.VIEW_UNKNOWN for item in ours)
    if not has_post or has_no_view or any(Note.NO_PRE in row.notes for row in rows):
        return Status.PARTIAL
    return Status.PAIRED


def _is_image(image: ImageCall) -> bool:
    """Tell whether an object is an image of the breast that a person could look at here."""
    return image.kind in PAIRABLE or image.kind is Kind.TOMOSYNTHESIS
