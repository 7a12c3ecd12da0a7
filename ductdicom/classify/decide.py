"""From a study's headers to conclusions: one call an image, with every reason kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from ductdicom.classify.exam import decide_exam
from ductdicom.classify.image_rules import RULES
from ductdicom.classify.injections import count_injections
from ductdicom.classify.kind import KindCall, decide_kind
from ductdicom.classify.order import find_contradictions, infer, suggest
from ductdicom.classify.phase import own_call, phase_of_other
from ductdicom.classify.problems import (
    exam_problems,
    header_problems,
    phase_problems,
    side_problems,
    view_problems,
)
from ductdicom.classify.rule import Rule
from ductdicom.classify.study_rules import Side, Weighed, compression_hints, start_times, weigh
from ductdicom.classify.subject import Subject, read_subject
from ductdicom.classify.thresholds import Thresholds
from ductdicom.classify.timeline import exposure_time, read_timeline
from ductdicom.classify.twins import settle_twins
from ductdicom.classify.view import ViewCall, decide_view
from ductdicom.model.call import (
    Evidence,
    ExamCall,
    ExamKind,
    Kind,
    Laterality,
    PhaseCall,
    Strength,
    ViewGroup,
)
from ductdicom.model.decision import Decision
from ductdicom.model.outcome import Problem
from ductdicom.model.study import ImageCall, Study, StudyCall, place_in_study
from ductdicom.vocabulary.codes import VIEW_GROUPS
from ductdicom.vocabulary.terms import Vocabulary

# Kinds that may carry a phase on explicit evidence of their own, and stand in no row.
_ANCHORS = {Kind.TOMOSYNTHESIS, Kind.SYNTHETIC}
_PHASED_KINDS = {Kind.TOMOSYNTHESIS, Kind.SYNTHETIC, Kind.PROCESSING_TWIN, Kind.REJECTED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """What deciding depends on besides the study: words, limits, rules and decisions."""

    vocabulary: Vocabulary
    thresholds: Thresholds = field(default_factory=Thresholds)
    rules: Mapping[str, Rule] = field(
        default_factory=lambda: MappingProxyType({rule.name: rule for rule in RULES})
    )
    decisions: Mapping[str, Decision] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Draft:
    """A study half decided: per image its subject, kind and view.

    ``disagreeing`` are copies of one exposure with different sides; ``apart`` are those and the
    images that a reviewer excluded: neither says anything about the other images.
    """

    subjects: tuple[Subject, ...]
    kinds: tuple[KindCall, ...]
    views: tuple[ViewCall, ...]
    disagreeing: frozenset[int]
    copies: Mapping[int, tuple[int, ...]]
    apart: frozenset[int]
    contested: frozenset[str]


def classify_study(study: Study, engine: Engine) -> StudyCall:
    """Decide what a study is, and of each image its kind, side, view, phase and injection.

    The order of the instances does not matter; the images come in that order. An image whose
    strong evidence disagrees, or that time contradicts, is unknown, with the reasons in
    ``conflicts`` and in ``problems``.
    """
    # Equal clocks are told apart by place; a place that depended on the input's would decide.
    order = sorted(range(len(study.instances)), key=lambda i: place_in_study(study.instances[i]))
    call = _classify(replace(study, instances=tuple(study.instances[i] for i in order)), engine)
    images = dict(zip(order, call.images, strict=True))
    return replace(call, study=study, images=tuple(images[index] for index in range(len(images))))


def _classify(study: Study, engine: Engine) -> StudyCall:
    draft, problems = _draft(study, engine)
    exam = decide_exam(draft.subjects, draft.kinds, draft.views, engine.thresholds)
    if exam.kind is ExamKind.DUCTOGRAM:
        subjects = tuple(
            read_subject(s.instance, engine.vocabulary, in_ductogram=True) for s in draft.subjects
        )
        draft = replace(draft, subjects=subjects)
    calls, injections, more = _decide_phases(draft, exam, engine)
    images = tuple(
        _image_call(draft, index, calls[index], injections.get(index), engine)
        for index in range(len(draft.subjects))
    )
    problems += [
        *exam_problems(exam),
        *more,
        *view_problems(study, draft.kinds, draft.views),
        *side_problems(draft.subjects, draft.views, calls),
        *header_problems(study),
    ]
    return StudyCall(
        study=study,
        exam=exam,
        images=images,
        problems=tuple(
            sorted(dict.fromkeys(problems), key=lambda p: (p.code, p.sop_instance_uid or ""))
        ),
    )


def _draft(study: Study, engine: Engine) -> tuple[_Draft, list[Problem]]:
    subjects = tuple(
        read_subject(instance, engine.vocabulary, in_ductogram=False)
        for instance in study.instances
    )
    views = tuple(
        _decided_view(decide_view(subject), engine.decisions.get(subject.instance.sop_instance_uid))
        for subject in subjects
    )
    twins = settle_twins(study.instances, [decide_kind(subject) for subject in subjects], views)
    draft = _Draft(
        subjects=subjects,
        kinds=twins.kinds,
        views=views,
        disagreeing=twins.disagreeing,
        copies=twins.copies,
        apart=twins.disagreeing | _excluded(study, engine),
        contested=study.contested,
    )
    return draft, list(twins.problems)


def _excluded(study: Study, engine: Engine) -> set[int]:
    return {
        index
        for index, instance in enumerate(study.instances)
        if (found := engine.decisions.get(instance.sop_instance_uid)) and found.exclude
    }


def _decided_view(view: ViewCall, decision: Decision | None) -> ViewCall:
    if decision is None:
        return view
    if decision.laterality is not None:
        view = replace(view, laterality=decision.laterality, laterality_conflicts=())
    if decision.view is not None:
        group = VIEW_GROUPS.get(decision.view, ViewGroup.OTHER)
        view = replace(view, view=decision.view, group=group, view_conflicts=())
    return view


def _decide_phases(
    draft: _Draft, exam: ExamCall, engine: Engine
) -> tuple[list[PhaseCall], dict[int, int], list[Problem]]:
    """Decide the phases side by side; only a ductogram's images have one."""
    calls = [PhaseCall(phase=None) for _ in draft.subjects]
    injections: dict[int, int] = {}
    problems: list[Problem] = []
    if exam.kind is not ExamKind.DUCTOGRAM:
        return calls, injections, problems
    said = _hear_all(draft, engine)
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
        settled, weighed = _settle_side(side, members, draft, engine)
        for place, index in enumerate(members):
            calls[index] = settled[place]
        numbers = count_injections(side, settled, engine.thresholds)
        injections |= {members[place]: number for place, number in numbers.items()}
        problems += phase_problems(side, settled, weighed)
        for index in _others(draft, laterality, members):
            calls[index] = phase_of_other(said[index], weighed)
    return calls, injections, problems


def _takes_part(kind: Kind, said: Sequence[Evidence]) -> bool:
    """Tell whether an object takes part in deciding its side.

    Views do, and of other images of the breast those that state a phase: they fix the cut too.
    """
    if kind is Kind.VIEW:
        return True
    states_it = any(item.strength is Strength.EXPLICIT for item in said)
    return kind in _ANCHORS and states_it


def _hear_all(draft: _Draft, engine: Engine) -> tuple[tuple[Evidence, ...], ...]:
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
    draft: _Draft,
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
    side: Side, members: Sequence[int], draft: _Draft, engine: Engine
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
    return suggest(calls, side, engine.thresholds), weighed


def _others(draft: _Draft, laterality: Laterality | None, members: Sequence[int]) -> list[int]:
    return [
        index
        for index, view in enumerate(draft.views)
        if view.laterality is laterality
        and index not in members
        and (draft.kinds[index].kind in _PHASED_KINDS or index in draft.apart)
    ]


def _image_call(
    draft: _Draft, index: int, call: PhaseCall, injection: int | None, engine: Engine
) -> ImageCall:
    subject, view = draft.subjects[index], draft.views[index]
    instance = subject.instance
    decision = engine.decisions.get(instance.sop_instance_uid)
    return ImageCall(
        instance=instance,
        kind=draft.kinds[index].kind,
        kind_reason=draft.kinds[index].reason,
        laterality=view.laterality,
        view=view.view,
        group=view.group,
        modifiers=view.modifiers,
        magnification=view.magnification,
        acquired_at=exposure_time(instance),
        injection=injection,
        call=call,
        is_excluded=decision is not None and decision.exclude,
        is_confirmed=decision is not None,
        has_laterality_conflict=bool(view.laterality_conflicts) or index in draft.disagreeing,
        has_view_conflict=bool(view.view_conflicts),
        has_other_bytes=instance.origin.label in draft.contested,
    )
