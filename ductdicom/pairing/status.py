"""Whether a ductogram's rows are complete, or a person must decide."""

from collections.abc import Sequence

from ductdicom.model.call import Kind, Laterality, Phase
from ductdicom.model.outcome import Status
from ductdicom.model.study import ImageCall, LeftOut, Row, StudyCall

PAIRABLE = {Kind.VIEW, Kind.SYNTHETIC}
_OPEN_REASONS = {
    "phase-unknown",
    "laterality-conflict",
    "laterality-unknown",
    "laterality-both",
    "view-conflict",
    "time-conflict",
    "same-uid-other-bytes",
}
_STUDY_CONFLICTS = {
    "exam-conflict",
    "exam-inferred",
    "laterality-conflict",
    "patient-conflict",
}


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
        or (item.reason == "view-unknown" and item.image.call.phase is Phase.UNKNOWN)
        for item in ours
    )
    codes = {problem.code for problem in study.problems if problem.sop_instance_uid is None}
    if must_review or codes & _STUDY_CONFLICTS or not any(_is_image(i) for i in study.images):
        return Status.REVIEW
    if any("suggested" in row.notes for row in rows):
        return Status.REVIEW
    has_post = any(row.post for row in rows)
    has_no_view = any(item.reason == "view-unknown" for item in ours)
    if not has_post or has_no_view or any("no-pre" in row.notes for row in rows):
        return Status.PARTIAL
    return Status.PAIRED


def _is_image(image: ImageCall) -> bool:
    """Tell whether an object is an image of the breast that a person could look at here."""
    return image.kind in PAIRABLE or image.kind is Kind.TOMOSYNTHESIS
