"""One row for every input, and the proof that none is missing or twice there."""

from collections.abc import Iterable, Mapping, Sequence

from ductdicom.model.call import ExamKind, Kind
from ductdicom.model.outcome import Disposition, LedgerRow, ProblemCode
from ductdicom.model.result import StudyResult
from ductdicom.model.study import ImageCall
from ductdicom.pipeline.gather import Gathered
from ductdicom.pipeline.judge import Judged


def account(
    gathered: Gathered,
    judged: Sequence[Judged],
    studies: Iterable[StudyResult] = (),
) -> tuple[LedgerRow, ...]:
    """Return the ledger: one row an input, sorted by source and member.

    Parameters
    ----------
    studies
        What became of the studies that were drawn: an image whose pixels could not be read is
        unreadable.
    """
    broken = _unreadable_pixels(studies)
    rows = list(gathered.rows)
    for study in judged:
        rows += [_row(image, study, broken) for image in study.call.images]
    expected = len(gathered.rows) + sum(len(p.study.instances) for p in gathered.parts)
    labels = {row.origin.label for row in rows}
    if len(rows) != expected or len(labels) != len(rows):
        raise AssertionError(
            f"{expected} inputs, {len(rows)} ledger rows, {len(labels)} different ones"
        )
    return tuple(sorted(rows, key=lambda row: (row.origin.source, row.origin.member or "")))


def _row(image: ImageCall, study: Judged, broken: Mapping[str, str]) -> LedgerRow:
    origin = image.instance.origin
    reason = image.instance.damage or broken.get(origin.label)
    if reason:
        disposition = Disposition.UNREADABLE
    else:
        disposition, reason = _disposition(image, study)
        if image.has_other_bytes:
            reason = str(ProblemCode.SAME_UID_OTHER_BYTES)
    return LedgerRow(
        origin=origin,
        disposition=disposition,
        reason=reason,
        sop_instance_uid=image.uid,
        study_instance_uid=image.instance.study_instance_uid,
    )


def _disposition(image: ImageCall, study: Judged) -> tuple[Disposition, str]:
    if study.call.exam.kind is ExamKind.DUCTOGRAM:
        if image.kind is Kind.VIEW:
            return Disposition.VIEW, str(image.call.phase)
        if image.kind is Kind.OTHER_MODALITY:
            return Disposition.COMPANION, str(image.kind)
        return Disposition.OTHER, str(image.kind)
    reason = str(study.call.exam.kind) if image.kind is Kind.VIEW else str(image.kind)
    if study.has_ductogram_elsewhere:
        return Disposition.COMPANION, reason
    return Disposition.OTHER, reason


def _unreadable_pixels(studies: Iterable[StudyResult]) -> dict[str, str]:
    """Return why the pixels of images could not be read, by the label of their origin."""
    return {
        problem.origin.label: problem.reason
        for study in studies
        for problem in study.call.problems
        if problem.code is ProblemCode.PIXELS_UNREADABLE and problem.origin is not None
    }
