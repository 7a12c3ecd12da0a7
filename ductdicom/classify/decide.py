"""From a study's headers to conclusions: one call an image, with every reason kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from ductdicom.classify.exam import decide_exam, is_contested
from ductdicom.classify.image_rules import RULES
from ductdicom.classify.injections import number_injections
from ductdicom.classify.kind import KindCall, decide_kind
from ductdicom.classify.order import find_contradictions, infer, suggest
from ductdicom.classify.rule import Rule
from ductdicom.classify.study_rules import (
    Side,
    Source,
    Weighed,
    own_phases,
    start_times,
    weigh,
)
from ductdicom.classify.subject import Subject, read_subject
from ductdicom.classify.thresholds import Thresholds
from ductdicom.classify.timeline import exposure_time, read_timeline
from ductdicom.classify.twins import settle_twins
from ductdicom.classify.view import GROUPS, ViewCall, decide_view
from ductdicom.model.call import (
    Confidence,
    Evidence,
    ExamCall,
    ExamKind,
    Kind,
    Laterality,
    Phase,
    PhaseCall,
    Strength,
    ViewGroup,
    strongest,
)
from ductdicom.model.decision import Decision
from ductdicom.model.outcome import Problem
from ductdicom.model.study import ImageCall, Study, StudyCall
from ductdicom.vocabulary.terms import Vocabulary

# Kinds that may carry a phase on explicit evidence of their own, and stand in no row.
_PHASED_KINDS = {Kind.TOMOSYNTHESIS, Kind.SYNTHETIC, Kind.PROCESSING_TWIN, Kind.REJECTED}
_DECISION_RULE = "decision"


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
    apart: frozenset[int]
    contested: frozenset[str]


def classify_study(study: Study, engine: Engine) -> StudyCall:
    """Decide what a study is, and of each image its kind, side, view, phase and injection.

    The order of the instances does not matter. An image whose strong evidence disagrees, or that
    time contradicts, is unknown, with the reasons in ``conflicts`` and in ``problems``.
    """
    draft, problems = _draft(study, engine)
    exam = decide_exam(draft.subjects, draft.kinds, draft.views, engine.thresholds)
    if exam.kind is ExamKind.DUCTOGRAM:
        subjects = tuple(
            read_subject(s.instance, engine.vocabulary, in_ductogram=True) for s in draft.subjects
        )
        draft = replace(draft, subjects=subjects)
    if is_contested(exam):
        problems.append(
            Problem(
                code="exam-conflict",
                message="the study carries signs of both a ductography and an intravenous "
                f"contrast mammography; taken as {exam.kind}",
            )
        )
    calls, injections, more = _decide_phases(draft, exam, engine)
    images = tuple(
        _image_call(draft, index, calls[index], injections.get(index), engine)
        for index in range(len(draft.subjects))
    )
    problems += [*more, *_view_problems(draft), *_header_problems(study)]
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
        group = GROUPS.get(decision.view, ViewGroup.OTHER)
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
    said = tuple(_hear(subject, engine) for subject in draft.subjects)
    sides = {view.laterality for view in draft.views}
    for laterality in sorted(sides, key=str):
        members = [
            index
            for index, view in enumerate(draft.views)
            if view.laterality is laterality
            and draft.kinds[index].kind is Kind.VIEW
            and index not in draft.apart
        ]
        side = _side(draft, members, said, laterality)
        settled, weighed = _settle_side(side, members, draft, engine)
        for place, index in enumerate(members):
            calls[index] = settled[place]
        posts = [i for i, call in enumerate(settled) if _counts_as_post(call)]
        numbers = number_injections(side, posts, engine.thresholds)
        injections |= {members[place]: number for place, number in numbers.items()}
        problems += _phase_problems(side, settled, weighed)
        for index in _others(draft, laterality):
            calls[index] = _phase_of_other(said[index], weighed)
    return calls, injections, problems


def _counts_as_post(call: PhaseCall) -> bool:
    return call.phase is Phase.POST or (
        call.phase is Phase.UNKNOWN and call.suggestion is Phase.POST
    )


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
) -> Side:
    opposite = {
        item.rule
        for index, view in enumerate(draft.views)
        if view.laterality is not laterality and draft.kinds[index].kind is Kind.VIEW
        for item in said[index]
    }
    subjects = tuple(draft.subjects[index] for index in members)
    return Side(
        subjects=subjects,
        views=tuple(draft.views[index] for index in members),
        evidence=tuple(said[index] for index in members),
        timeline=read_timeline([subject.instance for subject in subjects]),
        copied=frozenset(opposite),
    )


def _settle_side(
    side: Side, members: Sequence[int], draft: _Draft, engine: Engine
) -> tuple[tuple[PhaseCall, ...], Weighed]:
    weighed = weigh(side, engine.rules, engine.thresholds)
    timed = start_times(side, engine.thresholds)
    calls = tuple(
        _own_call(
            (*weighed.kept[place], *timed[place]),
            weighed.lowered,
            engine.decisions.get(draft.subjects[index].instance.sop_instance_uid),
            side.subjects[place],
        )
        for place, index in enumerate(members)
    )
    calls = find_contradictions(calls, side, engine.thresholds)
    calls = infer(calls, side, engine.thresholds)
    return suggest(calls, side, engine.thresholds), weighed


def _own_call(
    evidence: tuple[Evidence, ...],
    lowered: frozenset[Source],
    decision: Decision | None,
    subject: Subject,
) -> PhaseCall:
    """Settle one image by its own evidence: agreement is a phase, disagreement is unknown."""
    if decision is not None and decision.phase is not None:
        return _confirmed(evidence, decision, decision.phase)
    phases = own_phases(evidence)
    if not phases:
        return PhaseCall(phase=Phase.UNKNOWN, evidence=evidence)
    if len(phases) > 1:
        firm = tuple(item for item in evidence if item.strength is not Strength.HINT)
        return PhaseCall(phase=Phase.UNKNOWN, evidence=evidence, conflicts=firm)
    phase = Phase(phases.pop())
    return PhaseCall(
        phase=phase,
        confidence=_confidence(evidence, lowered, subject),
        evidence=evidence,
        conflicts=tuple(item for item in evidence if item.says != phase),
    )


def _confirmed(evidence: tuple[Evidence, ...], decision: Decision, phase: Phase) -> PhaseCall:
    word = Evidence(
        rule=_DECISION_RULE,
        tag="",
        value=" ".join(part for part in (decision.by, decision.at, decision.note) if part),
        says=phase,
        strength=Strength.EXPLICIT,
    )
    return PhaseCall(
        phase=phase,
        confidence=Confidence.CONFIRMED if phase is not Phase.UNKNOWN else Confidence.UNKNOWN,
        evidence=(word, *evidence),
        conflicts=tuple(e for e in evidence if e.says != phase and phase is not Phase.UNKNOWN),
    )


def _confidence(
    evidence: Sequence[Evidence], lowered: frozenset[Source], subject: Subject
) -> Confidence:
    guessed = {text.value for text, _ in subject.readings if text.is_guessed}
    full = [
        item
        for item in evidence
        if (item.rule, item.tag) not in lowered
        and item.strength is not Strength.HINT
        and not (item.strength is Strength.TEXT and item.value in guessed)
    ]
    return {
        Strength.EXPLICIT: Confidence.CERTAIN,
        Strength.STRUCTURAL: Confidence.STRONG,
        Strength.TEXT: Confidence.STRONG,
    }.get(strongest(full) or Strength.HINT, Confidence.INFERRED)


def _others(draft: _Draft, laterality: Laterality | None) -> list[int]:
    return [
        index
        for index, view in enumerate(draft.views)
        if view.laterality is laterality
        and (draft.kinds[index].kind in _PHASED_KINDS or index in draft.apart)
    ]


def _phase_of_other(said: Sequence[Evidence], weighed: Weighed) -> PhaseCall:
    """Give an object that stands in no row the phase that an attribute of its own states."""
    explicit = tuple(
        item
        for item in said
        if item.strength is Strength.EXPLICIT and (item.rule, item.tag) not in weighed.idle
    )
    phases = own_phases(explicit)
    if len(phases) == 1:
        return PhaseCall(
            phase=Phase(phases.pop()), confidence=Confidence.CERTAIN, evidence=explicit
        )
    return PhaseCall(phase=Phase.UNKNOWN, evidence=explicit, conflicts=explicit)


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


def _phase_problems(side: Side, calls: Sequence[PhaseCall], weighed: Weighed) -> list[Problem]:
    problems = []
    for subject, call in zip(side.subjects, calls, strict=True):
        if call.phase is Phase.UNKNOWN and call.conflicts:
            reasons = "; ".join(f"{e.rule} {e.tag} says {e.says}" for e in call.conflicts)
            problems.append(
                Problem(
                    code="phase-conflict",
                    message=f"the reasons contradict each other: {reasons}",
                    sop_instance_uid=subject.instance.sop_instance_uid,
                )
            )
    problems += [
        Problem(
            code="non-discriminating",
            message=f"{name} {tag} does not tell {_count(side)} apart, so it proves nothing",
        )
        for name, tag in sorted(weighed.idle)
        if len(side.subjects) > 1
    ]
    if side.timeline.trouble in {"stations-differ", "midnight"}:
        problems.append(
            Problem(
                code="time-conflict",
                message="the clock cannot order the exposures: "
                + {
                    "stations-differ": "they were made on different stations",
                    "midnight": "they span more than twelve hours of one date",
                }[side.timeline.trouble],
            )
        )
    return problems


def _count(side: Side) -> str:
    letter = next((str(v.laterality) for v in side.views if v.laterality), "unknown side")
    return f"the {len(side.subjects)} images of {letter}"


def _view_problems(draft: _Draft) -> list[Problem]:
    problems = []
    for index, view in enumerate(draft.views):
        if draft.kinds[index].kind is not Kind.VIEW:
            continue
        uid = draft.subjects[index].instance.sop_instance_uid
        for code, conflicts in (
            ("laterality-conflict", view.laterality_conflicts),
            ("view-conflict", view.view_conflicts),
        ):
            if conflicts:
                said = "; ".join(f"{e.tag} {e.value!r} says {e.says}" for e in conflicts)
                problems.append(Problem(code=code, message=said, sop_instance_uid=uid))
    return problems


def _header_problems(study: Study) -> list[Problem]:
    guessed = [
        Problem(
            code="charset-guessed",
            message="texts do not fit the declared character set and were decoded by guess",
            sop_instance_uid=instance.sop_instance_uid,
        )
        for instance in study.instances
        if instance.is_charset_guessed
    ]
    contested = [
        Problem(
            code="same-uid-other-bytes",
            message="another object has the same SOP Instance UID and other content; both are kept",
            sop_instance_uid=instance.sop_instance_uid,
        )
        for instance in study.instances
        if instance.origin.label in study.contested
    ]
    return guessed + contested
