"""What a person should know of a study: contradictions, and values that prove nothing."""

from collections.abc import Iterator, Sequence

from ductdicom.classify.exam.exam import is_contested
from ductdicom.classify.image.kind import KindCall
from ductdicom.classify.image.subject import Subject
from ductdicom.classify.image.view import ViewCall
from ductdicom.classify.phase.contradictions import late_pre
from ductdicom.classify.phase.weigh import Side, Weighed
from ductdicom.model.call import Confidence, ExamCall, ExamKind, Kind, Phase, PhaseCall
from ductdicom.model.instance import Level
from ductdicom.model.outcome import Problem, ProblemCode
from ductdicom.model.study import Study

_CLOCK_TROUBLES = {
    "stations-differ": "they were made on different stations",
    "midnight": "they span more than twelve hours of one date",
    "half-day": "half a day of one date lies between them, as where it was set twelve hours off",
}


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


def phase_problems(side: Side, calls: tuple[PhaseCall, ...], weighed: Weighed) -> list[Problem]:
    """Report conflicting reasons, values that prove nothing, and clocks that cannot be used."""
    problems = []
    for subject, call in zip(side.subjects, calls, strict=True):
        if call.phase is Phase.UNKNOWN and call.conflicts:
            reasons = "; ".join(
                f"{e.rule} {e.tag} says {e.says}" if e.tag else e.value for e in call.conflicts
            )
            problems.append(
                Problem(
                    code=ProblemCode.PHASE_CONFLICT,
                    message=f"the reasons contradict each other: {reasons}",
                    sop_instance_uid=subject.instance.sop_instance_uid,
                )
            )
    problems += [
        Problem(
            code=ProblemCode.TIME_CONFLICT,
            message="called pre, but exposed after a post image, and no filling follows",
            sop_instance_uid=side.subjects[place].instance.sop_instance_uid,
        )
        for place in late_pre(calls, side.timeline)
    ]
    problems += [
        Problem(
            code=ProblemCode.NON_DISCRIMINATING,
            message=f"{name} {tag} does not tell {_count(side)} apart, so it proves nothing",
        )
        for name, tag in sorted(weighed.idle)
        if len(side.subjects) > 1
    ]
    if side.timeline.trouble in _CLOCK_TROUBLES:
        problems.append(
            Problem(
                code=ProblemCode.TIME_CONFLICT,
                message="the clock cannot order the exposures: "
                + _CLOCK_TROUBLES[side.timeline.trouble],
            )
        )
    return problems


def _count(side: Side) -> str:
    letter = next((str(v.laterality) for v in side.views if v.laterality), "unknown side")
    return f"the {len(side.subjects)} images of {letter}"


def view_problems(
    study: Study, kinds: Sequence[KindCall], views: Sequence[ViewCall]
) -> Iterator[Problem]:
    """Report attributes that contradict each other on side or view."""
    for instance, kind, view in zip(study.instances, kinds, views, strict=True):
        if kind.kind is not Kind.VIEW:
            continue
        for code, conflicts in (
            (ProblemCode.LATERALITY_CONFLICT, view.laterality_conflicts),
            (ProblemCode.VIEW_CONFLICT, view.view_conflicts),
        ):
            if conflicts:
                said = "; ".join(f"{e.tag} {e.value} says {e.says}" for e in conflicts)
                yield Problem(code=code, message=said, sop_instance_uid=instance.sop_instance_uid)
        for item in view.evidence:
            if item.rule == "side-by-geometry" and view.laterality not in {None, item.says}:
                yield Problem(
                    code=ProblemCode.ORIENTATION_CONFLICT,
                    message=f"{item.tag} {item.value} fits the other breast ({item.says})",
                    sop_instance_uid=instance.sop_instance_uid,
                )


def side_problems(
    subjects: Sequence[Subject], views: Sequence[ViewCall], calls: Sequence[PhaseCall]
) -> Iterator[Problem]:
    """Report a ductography that is named for one breast and was made of the other.

    The filled side counts; where none is known, the sides of all images.
    """
    named = {
        reading.laterality
        for subject in subjects
        for _, reading in subject.texts(Level.STUDY, Level.REQUEST)
        if reading.is_ductography and reading.laterality is not None
    }
    found = list(zip(views, calls, strict=True))
    filled = {view.laterality for view, call in found if call.phase is Phase.POST} - {None}
    seen = filled or {view.laterality for view in views} - {None}
    if len(named) == 1 and seen and not named & seen:
        yield Problem(
            code=ProblemCode.LATERALITY_CONFLICT,
            message=f"the study is named for {named.pop()}, its images are of "
            f"{', '.join(sorted(str(side) for side in seen))}",
        )


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
