"""What a person should know of the phases of one breast."""

from collections.abc import Iterator

from ductdicom.classify.phase.contradictions import late_pre
from ductdicom.classify.phase.side import Side
from ductdicom.model.call import Phase
from ductdicom.model.outcome import Problem, ProblemCode

_CLOCK_TROUBLES = {
    "stations-differ": "they were made on different stations",
    "midnight": "they span more than twelve hours of one date",
    "half-day": "half a day of one date lies between them, as where it was set twelve hours off",
}


def is_disordered(side: Side) -> bool:
    """Tell whether the images of a breast have times that cannot order them."""
    return side.clock_trouble in _CLOCK_TROUBLES


def phase_problems(side: Side) -> Iterator[Problem]:
    """Report conflicting reasons, values that prove nothing, and clocks that cannot be used."""
    for image in side.of(Phase.UNKNOWN):
        decision = image.decision
        if image.call.conflicts and not (decision and decision.words("phase")):
            reasons = "; ".join(
                f"{e.rule} {e.tag} says {e.says}" if e.tag else e.value
                for e in image.call.conflicts
            )
            yield Problem(
                code=ProblemCode.PHASE_CONFLICT,
                message=f"the reasons contradict each other: {reasons}",
                sop_instance_uid=image.instance.sop_instance_uid,
            )
    for image in late_pre(side):
        yield Problem(
            code=ProblemCode.TIME_CONFLICT,
            message="called pre, but exposed after a post image, and no filling follows",
            sop_instance_uid=image.instance.sop_instance_uid,
        )
    if len(side.images) > 1:
        those = f"the {len(side.images)} images of {side.laterality or 'unknown side'}"
        for name, tag in sorted(side.idle):
            yield Problem(
                code=ProblemCode.NON_DISCRIMINATING,
                message=f"{name} {tag} does not tell {those} apart, so it proves nothing",
            )
    if is_disordered(side):
        why = _CLOCK_TROUBLES[side.clock_trouble]
        yield Problem(
            code=ProblemCode.TIME_CONFLICT, message=f"the clock cannot order the exposures: {why}"
        )
