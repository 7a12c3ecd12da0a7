"""One image's phase by its own evidence, or by a reviewer's word."""

from collections.abc import Sequence

from ductdicom.classify.image.subject import Subject
from ductdicom.classify.phase.weigh import Source, Weighed, own_phases, source_of
from ductdicom.model.call import (
    Confidence,
    Decision,
    Evidence,
    Phase,
    PhaseCall,
    Strength,
    strongest,
)

_DECISION_RULE = "decision"


def own_call(
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
    )


def heard_call(evidence: tuple[Evidence, ...], decision: Decision | None) -> PhaseCall:
    """Keep what is said of an image of a study without phases; nothing follows from it there.

    Another study may ask for it, that looks for a view from before its own filling.
    """
    if decision is not None and decision.phase is not None:
        evidence = (_word(decision, decision.phase), *evidence)
    return PhaseCall(phase=None, evidence=evidence)


def _word(decision: Decision, phase: Phase) -> Evidence:
    return Evidence(
        rule=_DECISION_RULE,
        tag="",
        value=" ".join(part for part in (decision.by, decision.at, decision.note) if part),
        says=phase,
        strength=Strength.EXPLICIT,
    )


def _confirmed(evidence: tuple[Evidence, ...], decision: Decision, phase: Phase) -> PhaseCall:
    return PhaseCall(
        phase=phase,
        confidence=Confidence.CONFIRMED if phase is not Phase.UNKNOWN else Confidence.UNKNOWN,
        evidence=(_word(decision, phase), *evidence),
        conflicts=tuple(
            item
            for item in evidence
            if phase is not Phase.UNKNOWN
            and item.says != phase
            and item.strength is not Strength.HINT
        ),
    )


def _confidence(
    evidence: Sequence[Evidence], lowered: frozenset[Source], subject: Subject
) -> Confidence:
    guessed = {text.value for text, _ in subject.readings if text.is_guessed}
    full = [
        item
        for item in evidence
        if source_of(item) not in lowered
        and item.strength in {Strength.EXPLICIT, Strength.TEXT}
        and not (item.strength is Strength.TEXT and item.value in guessed)
    ]
    return {
        Strength.EXPLICIT: Confidence.CERTAIN,
        Strength.TEXT: Confidence.STRONG,
    }.get(strongest(full) or Strength.HINT, Confidence.INFERRED)


def phase_of_other(said: Sequence[Evidence], weighed: Weighed) -> PhaseCall:
    """Give an object that stands in no row the phase that an attribute of its own states."""
    explicit = tuple(
        item
        for item in said
        if item.strength is Strength.EXPLICIT and source_of(item) not in weighed.idle
    )
    phases = own_phases(explicit)
    if len(phases) == 1:
        return PhaseCall(
            phase=Phase(phases.pop()), confidence=Confidence.CERTAIN, evidence=explicit
        )
    conflicts = explicit if len(phases) > 1 else ()
    return PhaseCall(phase=Phase.UNKNOWN, evidence=explicit, conflicts=conflicts)
