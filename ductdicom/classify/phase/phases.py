"""The phases of a ductogram, decided for each breast by itself."""

from collections.abc import Sequence

from ductdicom.classify.engine import Engine
from ductdicom.classify.image.subject import Subject
from ductdicom.classify.images import Draft
from ductdicom.classify.phase.contradictions import find_contradictions
from ductdicom.classify.phase.inference import infer, suggest
from ductdicom.classify.phase.injections import count_injections
from ductdicom.classify.phase.phase import heard_call, own_call, phase_of_other
from ductdicom.classify.phase.timeline import read_timeline
from ductdicom.classify.phase.weigh import Side, Weighed, compression_hints, start_times, weigh
from ductdicom.classify.problems import phase_problems
from ductdicom.classify.thresholds import Thresholds
from ductdicom.model.call import (
    Evidence,
    ExamCall,
    ExamKind,
    Kind,
    Laterality,
    Phase,
    PhaseCall,
    Strength,
)
from ductdicom.model.outcome import Problem

# Kinds that may carry a phase on explicit evidence of their own, and stand in no row.
_ANCHORS = {Kind.TOMOSYNTHESIS, Kind.SYNTHETIC}
_PHASED_KINDS = {Kind.TOMOSYNTHESIS, Kind.SYNTHETIC, Kind.PROCESSING_TWIN, Kind.REJECTED}


def decide_phases(
    draft: Draft, exam: ExamCall, engine: Engine
) -> tuple[list[PhaseCall], dict[int, int], list[Problem]]:
    """Decide the phases side by side; only a ductogram's images have one.

    Of other images only the reasons are kept.
    """
    said = _hear_all(draft, engine)
    injections: dict[int, int] = {}
    problems: list[Problem] = []
    if exam.kind is not ExamKind.DUCTOGRAM:
        return _hear_only(draft, said, engine), injections, problems
    calls = [PhaseCall(phase=None) for _ in draft.subjects]
    settled_sides: list[tuple[Side, list[int], tuple[PhaseCall, ...], Weighed]] = []
    sides = {view.laterality for view in draft.views}
    for laterality in sorted(sides, key=str):
        members = [
            index
            for index, view in enumerate(draft.views)
            if view.laterality is laterality
            and _takes_part(draft.kinds[index].kind, said[index])
            and index not in draft.apart
        ]
        side = _side(draft, members, said, laterality, engine.thresholds)
        settled_sides.append((side, members, *_settle_side(side, members, draft, engine)))
        for index in _others(draft, laterality, members):
            calls[index] = phase_of_other(said[index], settled_sides[-1][3])
    is_filled = [any(c.phase is Phase.POST for c in settled) for _, _, settled, _ in settled_sides]
    for place, (side, members, decided, weighed) in enumerate(settled_sides):
        # A breast is filled on one side; a pause on the other suggests nothing.
        is_other = any(is_filled) and not is_filled[place]
        settled = decided if is_other else suggest(decided, side, engine.thresholds)
        for index, call in zip(members, settled, strict=True):
            calls[index] = call
        numbers = count_injections(side, settled, engine.thresholds)
        injections |= {members[i]: number for i, number in numbers.items()}
        problems += phase_problems(side, settled, weighed)
    return calls, injections, problems


def _hear_only(
    draft: Draft, said: Sequence[tuple[Evidence, ...]], engine: Engine
) -> list[PhaseCall]:
    timed = start_times(draft.subjects, engine.thresholds)
    return [
        heard_call(
            (*said[index], *timed[index]),
            engine.decisions.get(subject.instance.sop_instance_uid),
        )
        for index, subject in enumerate(draft.subjects)
    ]


def _takes_part(kind: Kind, said: Sequence[Evidence]) -> bool:
    """Tell whether an object takes part in deciding its side.

    Views do, and of other images of the breast those that state a phase: they fix the cut too.
    """
    if kind is Kind.VIEW:
        return True
    states_it = any(item.strength is Strength.EXPLICIT for item in said)
    return kind in _ANCHORS and states_it


def _hear_all(draft: Draft, engine: Engine) -> tuple[tuple[Evidence, ...], ...]:
    """Ask every rule about every image; what a copy of an exposure says, the shown one says."""
    said = [_hear(subject, engine) for subject in draft.subjects]
    for shown, copies in draft.copies.items():
        everything = (*said[shown], *(item for copy in copies for item in said[copy]))
        said[shown] = tuple(dict.fromkeys(everything))
    return tuple(said)


def _hear(subject: Subject, engine: Engine) -> tuple[Evidence, ...]:
    """Ask every rule about one image."""
    return tuple(
        dict.fromkeys(
            item
            for rule in engine.rules.values()
            for item in rule.evidence(subject, engine.thresholds)
        )
    )


def _side(
    draft: Draft,
    members: Sequence[int],
    said: Sequence[tuple[Evidence, ...]],
    laterality: Laterality | None,
    thresholds: Thresholds,
) -> Side:
    opposite = {
        item.rule
        for index, view in enumerate(draft.views)
        if view.laterality is not laterality and draft.kinds[index].kind is Kind.VIEW
        for item in said[index]
    }
    subjects = tuple(draft.subjects[index] for index in members)
    timed = start_times(subjects, thresholds)
    hinted = compression_hints(subjects, thresholds)
    return Side(
        subjects=subjects,
        views=tuple(draft.views[index] for index in members),
        evidence=tuple(
            (*said[index], *timed[place], *hinted[place]) for place, index in enumerate(members)
        ),
        timeline=read_timeline([subject.instance for subject in subjects]),
        copied=frozenset(opposite),
    )


def _settle_side(
    side: Side, members: Sequence[int], draft: Draft, engine: Engine
) -> tuple[tuple[PhaseCall, ...], Weighed]:
    weighed = weigh(side, engine.rules, engine.thresholds)
    calls = tuple(
        own_call(
            weighed.kept[place],
            weighed.lowered,
            engine.decisions.get(draft.subjects[index].instance.sop_instance_uid),
            side.subjects[place],
        )
        for place, index in enumerate(members)
    )
    calls = find_contradictions(calls, side, engine.thresholds)
    calls = infer(calls, side, engine.thresholds)
    return calls, weighed


def _others(draft: Draft, laterality: Laterality | None, members: Sequence[int]) -> list[int]:
    return [
        index
        for index, view in enumerate(draft.views)
        if view.laterality is laterality
        and index not in members
        and (draft.kinds[index].kind in _PHASED_KINDS or index in draft.apart)
    ]
