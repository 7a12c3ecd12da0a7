"""One row for every input, and the proof that none is missing or twice there."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from ductdicom.model.call import ExamKind, Kind, Phase
from ductdicom.model.outcome import Disposition, LedgerRow, ProblemCode
from ductdicom.model.result import StudyResult
from ductdicom.model.study import ImageCall
from ductdicom.pipeline.gather import Gathered
from ductdicom.pipeline.judge import Judged


def account(
    gathered: Gathered,
    judged: Sequence[Judged],
    studies: Iterable[StudyResult] = (),
    *,
    recalled: Collection[str] = (),
) -> tuple[LedgerRow, ...]:
    """Return the ledger: one row an input, sorted by source and member.

    Parameters
    ----------
    studies
        What became of the studies that were drawn: an image whose pixels could not be read is
        unreadable.
    recalled
        Labels of images that come from an earlier run and are no input of this one.
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
    inputs = (row for row in rows if row.origin.label not in recalled)
    return tuple(sorted(inputs, key=lambda row: (row.origin.source, row.origin.member or "")))


def _row(image: ImageCall, study: Judged, broken: Mapping[str, str]) -> LedgerRow:
    origin = image.instance.origin
    reason = image.instance.damage or broken.get(origin.label)
    if reason:
        disposition = Disposition.UNREADABLE
    else:
        disposition, reason = disposition_of(
            study.call.exam.kind,
            image.kind,
            image.call.phase,
            has_ductogram_elsewhere=study.has_ductogram_elsewhere,
        )
        if image.has_other_bytes:
            reason = str(ProblemCode.SAME_UID_OTHER_BYTES)
    return LedgerRow(
        origin=origin,
        disposition=disposition,
        reason=reason,
        sop_instance_uid=image.uid,
        study_instance_uid=image.instance.study_instance_uid,
        is_harmless=image.kind is Kind.OTHER_MODALITY and bool(image.instance.modality),
    )


def disposition_of(
    exam: ExamKind, kind: Kind, phase: Phase | None, *, has_ductogram_elsewhere: bool = False
) -> tuple[Disposition, str]:
    """Return what the ledger says of a readable object, and why."""
    if exam is ExamKind.DUCTOGRAM:
        if kind is Kind.VIEW:
            return Disposition.VIEW, str(phase)
        if kind is Kind.OTHER_MODALITY:
            return Disposition.COMPANION, str(kind)
        return Disposition.OTHER, str(kind)
    reason = str(exam) if kind is Kind.VIEW else str(kind)
    if has_ductogram_elsewhere:
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
