"""What a person should know of a study: contradictions, and values that prove nothing."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from ductdicom.classify.exam.exam import is_contested
from ductdicom.classify.exam.rules import named
from ductdicom.classify.image.seen import Seen
from ductdicom.classify.phase.side import firm
from ductdicom.model.call import (
    Confidence,
    Evidence,
    ExamCall,
    ExamKind,
    Kind,
    Laterality,
    Opinion,
    Phase,
    Review,
)
from ductdicom.model.instance import Level
from ductdicom.model.outcome import Problem, ProblemCode
from ductdicom.model.study import Study


def exam_problems(exam: ExamCall) -> Iterator[Problem]:
    """Report signs of two kinds of examination, and contrast that no name explains."""
    rules = {item.rule for item in exam.evidence}
    if exam.confidence is Confidence.INFERRED:
        yield Problem(
            code=ProblemCode.EXAM_INFERRED,
            message="nothing names the examination; contrast on later images of one breast "
            "makes it a ductogram",
        )
    if exam.kind is ExamKind.MAMMOGRAM and "contrast-without-a-name" in rules:
        yield Problem(
            code=ProblemCode.CONTRAST_UNEXPLAINED,
            message="images carry signs of contrast, and nothing says what for",
        )
    if is_contested(exam):
        yield Problem(
            code=ProblemCode.EXAM_CONFLICT,
            message="the study carries signs of both a ductography and an intravenous "
            f"contrast mammography; taken as {exam.kind}",
        )


def undone_problems(images: Sequence[Seen], exam: ExamCall) -> Iterator[Problem]:
    """Report contrast in a study that names a ductography only as one that was not made."""
    is_undone = any(reading.is_undone for image in images for _, reading in image.subject.readings)
    is_filled = any(item.says == Phase.POST for image in images for item in firm(image.said))
    if exam.kind is ExamKind.MAMMOGRAM and is_undone and is_filled:
        yield Problem(
            code=ProblemCode.EXAM_CONFLICT,
            message="a ductography is named as one that was not made, and images carry signs of "
            "contrast",
        )


def test_object_problems(images: Sequence[Seen]) -> Iterator[Problem]:
    """Report that images of what is named a ductography were taken for a test object's."""
    is_named = any(item.says == ExamKind.DUCTOGRAM for item in named(images))
    taken = [image for image in images if image.kind is Kind.QUALITY_CONTROL]
    if is_named and taken:
        yield Problem(
            code=ProblemCode.NOT_A_PATIENT,
            message=f"the study names a ductography, and {len(taken)} of its images were taken "
            f"for a test object's ({taken[0].kind_reason})",
        )


def view_problems(images: Sequence[Seen]) -> Iterator[Problem]:
    """Report attributes that contradict each other on side or view."""
    for view, uid in ((i.view, i.instance.sop_instance_uid) for i in images if i.is_view):
        for code, conflicts in (
            (ProblemCode.LATERALITY_CONFLICT, view.laterality_conflicts),
            (ProblemCode.VIEW_CONFLICT, view.view_conflicts),
        ):
            if conflicts and not _is_disputed(conflicts):
                said = "; ".join(f"{e.tag} {e.value} says {e.says}" for e in conflicts)
                yield Problem(code=code, message=said, sop_instance_uid=uid)
        for item in view.evidence:
            if item.rule == "side-by-geometry" and view.laterality not in {None, item.says}:
                yield Problem(
                    code=ProblemCode.ORIENTATION_CONFLICT,
                    message=f"{item.tag} {item.value} fits the other breast ({item.says})",
                    sop_instance_uid=uid,
                )


def _is_disputed(conflicts: Sequence[Evidence]) -> bool:
    return all(item.rule == "decision" for item in conflicts)


def side_problems(images: Sequence[Seen]) -> Iterator[Problem]:
    """Report a ductography that is named for one breast and was made of the other.

    The filled side counts; where none is known, the sides of all images.
    """
    named = {
        reading.laterality
        for image in images
        for _, reading in image.subject.texts(Level.STUDY, Level.REQUEST)
        if reading.is_ductography and reading.laterality is not None
    }
    filled = {image.laterality for image in images if image.call.phase is Phase.POST} - {None}
    seen = filled or {image.laterality for image in images} - {None}
    if len(named) == 1 and seen and not named & seen:
        yield Problem(
            code=ProblemCode.LATERALITY_CONFLICT,
            message=f"the study is named for {named.pop()}, its images are of "
            f"{', '.join(sorted(str(side) for side in seen))}",
        )


def decision_problems(images: Sequence[Seen]) -> Iterator[Problem]:
    """Report on what reviewers differ, and what strong reasons their word outranks."""
    for image in images:
        if image.decision is None:
            continue
        uid = image.instance.sop_instance_uid
        for field, said in groupby(image.decision.opinions, key=lambda item: item.field):
            words = tuple(said)
            if image.decision.is_disputed(field):
                yield Problem(
                    code=ProblemCode.REVIEWERS_DISAGREE,
                    message=f"reviewers differ on the {field}: {_in_words(words)}",
                    sop_instance_uid=uid,
                )
        if image.decision.outdated:
            found = _in_words(image.decision.outdated)
            yield Problem(
                code=ProblemCode.SAME_UID_OTHER_BYTES,
                message="it holds other bytes than when it was decided on",
                sop_instance_uid=uid,
            )
            yield Problem(
                code=ProblemCode.CHANGED_SINCE_REVIEW,
                message=f"what was decided when it held other bytes does not count: {found}",
                sop_instance_uid=uid,
            )
        reasons = overruled(image)
        if reasons:
            against = "; ".join(f"{e.rule} {e.tag} {e.value} says {e.says}" for e in reasons)
            yield Problem(
                code=ProblemCode.DECISION_OVERRULES,
                message=f"decided against what the object says: {against}",
                sop_instance_uid=uid,
            )


def review_problems(review: Review | None) -> Iterator[Problem]:
    """Report that reviewers differ on a study as a whole, or looked at what it is no longer."""
    if review is not None and review.is_outdated:
        yield Problem(
            code=ProblemCode.CHANGED_SINCE_REVIEW,
            message="images, or what speaks of them, changed since the study was reviewed: "
            f"{_in_words(review.opinions)}",
        )
    if review is not None and review.verdict is None:
        yield Problem(
            code=ProblemCode.REVIEWERS_DISAGREE,
            message=f"reviewers differ on the study: {_in_words(review.opinions)}",
        )


def _in_words(opinions: Iterable[Opinion]) -> str:
    """Say in words who said what."""
    return ", ".join(f"{item.by or 'somebody'} says {item.value}" for item in opinions)


def overruled(image: Seen) -> tuple[Evidence, ...]:
    """Return the reasons, more than hints, against what reviewers say of an image."""
    decision, found = image.decision, firm(image.view.evidence)
    if decision is None:
        return ()
    against = image.call.conflicts if decision.phase is not None else ()
    if decision.laterality is not None:
        sides = (item for item in found if item.says in set(Laterality))
        against += tuple(item for item in sides if item.says != decision.laterality)
    if decision.view is not None:
        views = (item for item in found if item.says not in set(Laterality))
        against += tuple(item for item in views if item.says != decision.view)
    return against


def header_problems(study: Study) -> list[Problem]:
    """Report texts decoded by guess and UIDs that two objects share."""
    guessed = [
        Problem(
            code=ProblemCode.CHARSET_GUESSED,
            message="texts do not fit the declared character set and were decoded by guess",
            sop_instance_uid=instance.sop_instance_uid,
        )
        for instance in study.instances
        if instance.is_charset_guessed
    ]
    contested = [
        Problem(
            code=ProblemCode.SAME_UID_OTHER_BYTES,
            message="another object has the same SOP Instance UID and other content; both are kept",
            sop_instance_uid=instance.sop_instance_uid,
        )
        for instance in study.instances
        if instance.origin.label in study.contested
    ]
    return guessed + contested
