"""Which images a person must still decide on, where and why."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from ductdicom.model.call import Confidence, Laterality, Phase, ViewGroup
from ductdicom.model.outcome import LeftOutReason, ProblemCode, Status
from ductdicom.model.study import ImageCall, LeftOut, Pairing, Row, StudyCall
from ductdicom.sheet.reviewed import reopened
from ductdicom.wording import counted

_NO_SIDE = {None, Laterality.BOTH}
_BESIDE_EACH_OTHER = {ViewGroup.LATERAL, ViewGroup.OBLIQUE}
_STUDY_REASONS: Mapping[ProblemCode, str] = MappingProxyType(
    {
        ProblemCode.PATIENT_CONFLICT: "several patients share this study or its patient ID",
        ProblemCode.NOT_A_PATIENT: "images taken for a test object's",
        ProblemCode.LATERALITY_CONFLICT: "study named for the other breast",
        ProblemCode.EXAM_CONFLICT: "signs of two kinds of examination",
        ProblemCode.EXAM_INFERRED: "nothing names the examination",
    }
)

_IMAGE_REASONS: Mapping[ProblemCode, str] = MappingProxyType(
    {
        ProblemCode.PIXELS_UNREADABLE: "cannot be shown",
        ProblemCode.ORIENTATION_CONFLICT: "of contradicted orientation",
    }
)


def undecided_images(pairing: Pairing) -> tuple[ImageCall, ...]:
    """Return the images that are not paired because side, view or phase are not decided."""
    return tuple(item.image for item in _undecided(pairing))


def waiting_images(pairing: Pairing) -> tuple[ImageCall, ...]:
    """Return those of the undecided images that wait for a person.

    Of the others a person has said that it cannot be told.
    """
    return tuple(item.image for item in _waiting(pairing))


def is_answered(image: ImageCall) -> bool:
    """Tell whether a person has said of an image that its phase cannot be told."""
    call = image.call
    return call.phase is Phase.UNKNOWN and call.confidence is Confidence.CONFIRMED


def _waiting(pairing: Pairing) -> list[LeftOut]:
    of_phase = {LeftOutReason.PHASE_UNKNOWN, LeftOutReason.VIEW_UNKNOWN}
    return [
        item
        for item in _undecided(pairing)
        if item.reason not in of_phase or not is_answered(item.image)
    ]


def _undecided(pairing: Pairing) -> list[LeftOut]:
    return [
        item
        for item in pairing.left_out
        if item.is_shown and _is_open(item) and _may_matter(item.image, pairing.rows)
    ]


def _may_matter(image: ImageCall, rows: Sequence[Row]) -> bool:
    """Tell whether an image may be of a breast with rows, or shows that another was filled."""
    is_filled = any(row.post for row in rows)
    is_of_rows = any(may_be_of(image, row.laterality) for row in rows)
    return is_of_rows or not is_filled or image.shown_phase is Phase.POST


def _is_open(item: LeftOut) -> bool:
    """Tell whether more than a view that no row is for keeps an image out."""
    image = item.image
    is_known = image.view is not None and image.call.phase is not Phase.UNKNOWN
    settled = {LeftOutReason.CONTRALATERAL, LeftOutReason.EXCLUDED_BY_DECISION}
    return item.reason not in settled and not (
        item.reason is LeftOutReason.VIEW_UNKNOWN and is_known
    )


def may_be_of(image: ImageCall, side: Laterality | None) -> bool:
    """Tell whether an image is of a side, or its side is not known or contradicted."""
    return image.has_laterality_conflict or image.laterality in {side, *_NO_SIDE}


def may_stand_together(one: ViewGroup, other: ViewGroup) -> bool:
    """Tell whether views of two groups may stand in one row."""
    return one is other or {one, other} <= _BESIDE_EACH_OTHER


def candidates(images: Iterable[ImageCall], row: Row, phase: Phase) -> list[ImageCall]:
    """Return those of the undecided images that may be what a row lacks."""
    groups = {row.group, ViewGroup.OTHER}
    groups |= _BESIDE_EACH_OTHER if row.group in _BESIDE_EACH_OTHER else set()
    return [
        image
        for image in images
        if may_be_of(image, row.laterality)
        and (image.has_view_conflict or image.group in groups)
        and (image.has_time_conflict or image.shown_phase in {phase, Phase.UNKNOWN, None})
    ]


def review_reason(study: StudyCall, pairing: Pairing, pages: Iterable[int]) -> str:
    """Say in a few words why a person must decide; empty where nobody must.

    ``pages`` are those on which the images stand that wait for a person.
    """
    if pairing.status is not Status.REVIEW:
        return ""
    codes = {problem.code for problem in study.problems if problem.sop_instance_uid is None}
    words = [reopened(study)] if reopened(study) else []
    words += [said for code, said in _STUDY_REASONS.items() if code in codes]
    waiting = _waiting(pairing)
    if waiting:
        because = ", ".join(sorted({item.reason.replace("-", " ") for item in waiting}))
        count = counted(len(waiting), "image")
        words.append(f"{count} undecided ({because}){_on(sorted(pages))}")
    suggested = {i.instance.origin.label for r in pairing.rows for i in r.images if i.is_suggested}
    if suggested:
        words.append(f"{counted(len(suggested), 'image')} only suggested")
    disputed = len(
        {
            problem.sop_instance_uid
            for problem in study.problems
            if problem.code is ProblemCode.REVIEWERS_DISAGREE and problem.sop_instance_uid
        }
    )
    if disputed:
        words.append(f"reviewers disagree on {counted(disputed, 'image')}")
    changed = [i for i in study.images if i.decided is not None and i.decided.outdated]
    if changed:
        words.append(f"{counted(len(changed), 'image')} changed since decided on")
    in_rows = {image.uid for row in pairing.rows for image in row.images}
    for code, said in _IMAGE_REASONS.items():
        images = {p.sop_instance_uid for p in study.problems if p.code == code} & in_rows
        if images:
            words.append(f"{counted(len(images), 'image')} {said}")
    return "; ".join(words)


def _on(pages: list[int]) -> str:
    if not pages:
        return ""
    places = str(pages[0]) if len(pages) == 1 else f"{pages[0]}–{pages[-1]}"
    return f", page{'s' if len(pages) > 1 else ''} {places}"
