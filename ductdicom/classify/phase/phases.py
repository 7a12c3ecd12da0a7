"""The phases of a ductogram, decided for each breast by itself."""

from collections.abc import Sequence
from datetime import time
from functools import partial

from msgspec.structs import replace

from ductdicom.classify.engine import Engine, Thresholds, hear_rules
from ductdicom.classify.image.seen import NO_PHASE, Seen
from ductdicom.classify.phase.contradictions import find_contradictions
from ductdicom.classify.phase.inference import infer
from ductdicom.classify.phase.injections import count_injections
from ductdicom.classify.phase.problems import is_disordered, phase_problems
from ductdicom.classify.phase.side import Side, Source, firm, source_of
from ductdicom.classify.phase.splits import heed_labels
from ductdicom.classify.phase.suggestions import suggest
from ductdicom.classify.phase.timeline import read_timeline
from ductdicom.classify.phase.weigh import earliest_start, light_compression, start_time, weigh
from ductdicom.model.call import (
    Confidence,
    ExamCall,
    ExamKind,
    Kind,
    Laterality,
    Phase,
    PhaseCall,
    Strength,
    strongest,
)
from ductdicom.model.outcome import Problem

# Kinds that may carry a phase on explicit evidence of their own, and stand in no row.
_ANCHORS = {Kind.TOMOSYNTHESIS, Kind.SYNTHETIC}
_PHASED_KINDS = {Kind.TOMOSYNTHESIS, Kind.SYNTHETIC, Kind.PROCESSING_TWIN, Kind.REJECTED}


def decide_phases(
    images: Sequence[Seen], exam: ExamCall, engine: Engine
) -> tuple[tuple[Seen, ...], list[Problem]]:
    """Decide the phases of a ductogram, each breast by itself.

    Images of other examinations have none; what speaks for one is kept all the same.
    """
    images = _hear_all(images, engine)
    limits = engine.thresholds
    if exam.kind is not ExamKind.DUCTOGRAM:
        earliest = earliest_start(images)
        return tuple(replace(i, call=_heard_call(i, earliest, limits)) for i in images), []
    sides = [
        _settle_side(_side(images, laterality, limits), engine)
        for laterality in sorted({image.laterality for image in images}, key=str)
    ]
    is_filled = any(side.of(Phase.POST) for side in sides)
    sides = [
        suggest(side, limits, is_beside_filled=is_filled and not side.of(Phase.POST))
        for side in sides
    ]
    sides = [count_injections(side, limits) for side in sides]
    decided = {image.place: image for side in sides for image in side.images}
    idle = {side.laterality: side.idle for side in sides}
    disordered = {side.laterality for side in sides if is_disordered(side)}
    found = (
        decided.get(image.place)
        or replace(image, call=_call_of_other(image, idle[image.laterality]))
        for image in images
    )
    return (
        tuple(
            replace(image, is_clock_doubtful=True) if image.laterality in disordered else image
            for image in found
        ),
        [problem for side in sides for problem in phase_problems(side)],
    )


def _hear_all(images: Sequence[Seen], engine: Engine) -> tuple[Seen, ...]:
    """Ask every rule about every image; what a copy of an exposure says, the shown one says."""
    rules = tuple(engine.rules.values())
    said = [hear_rules(image.subject, rules, engine.thresholds) for image in images]
    return tuple(
        replace(
            image,
            said=tuple(
                dict.fromkeys(
                    item for place in (image.place, *image.copies) for item in said[place]
                )
            ),
        )
        for image in images
    )


def _heard_call(image: Seen, earliest: time | None, thresholds: Thresholds) -> PhaseCall:
    """Keep what is said of an image of a study without phases; nothing follows from it there.

    Another study may ask for it, that looks for a view from before its own filling.
    """
    evidence = (*image.said, *start_time(image, earliest, thresholds))
    words = () if image.decision is None else image.decision.words("phase")
    return PhaseCall(phase=None, evidence=(*words, *evidence))


def _takes_part(image: Seen) -> bool:
    """Tell whether an object takes part in deciding its side.

    Views do, and of other images of the breast those that state a phase: they fix the cut too.
    """
    states_it = any(item.strength is Strength.EXPLICIT for item in image.said)
    return not image.is_apart and (image.is_view or (image.kind in _ANCHORS and states_it))


def _side(images: Sequence[Seen], laterality: Laterality | None, thresholds: Thresholds) -> Side:
    opposite = frozenset(
        item.rule
        for image in images
        if image.laterality is not laterality and image.is_view
        for item in image.said
    )
    members, trouble = read_timeline(
        [image for image in images if image.laterality is laterality and _takes_part(image)]
    )
    earliest = earliest_start(members)
    firmest_n = max((image.instance.compression_force_n or 0.0 for image in members), default=0.0)
    compared = [
        (
            *start_time(image, earliest, thresholds),
            *light_compression(image, firmest_n, thresholds),
        )
        for image in members
    ]
    return Side(
        laterality=laterality,
        images=tuple(
            replace(image, said=(*image.said, *more)) if more else image
            for image, more in zip(members, compared, strict=True)
        ),
        clock_trouble=trouble,
        copied=opposite,
    )


def _settle_side(side: Side, engine: Engine) -> Side:
    """Decide by what each image says, and then by the order of exposures."""
    side = weigh(side, engine.rules, engine.thresholds)
    side = heed_labels(side, engine.thresholds)
    side = side.called(partial(_own_call, lowered=side.lowered))
    return infer(find_contradictions(side, engine.thresholds), engine.thresholds)


def _own_call(image: Seen, lowered: frozenset[Source]) -> PhaseCall:
    """Settle one image by its own evidence: agreement is a phase, disagreement is unknown."""
    said = image.said
    if (decided := _decided_call(image)) is not None:
        return decided
    phases = {item.says for item in firm(said)}
    if not phases:
        return PhaseCall(phase=Phase.UNKNOWN, evidence=said)
    if len(phases) > 1:
        return PhaseCall(phase=Phase.UNKNOWN, evidence=said, conflicts=firm(said))
    return PhaseCall(
        phase=Phase(phases.pop()), confidence=_confidence(image, lowered), evidence=said
    )


def _decided_call(image: Seen) -> PhaseCall | None:
    """Return the phase that reviewers say, unknown where they differ; None where they say none."""
    decision = image.decision
    words = () if decision is None else decision.words("phase")
    if decision is None or not words:
        return None
    evidence = (*words, *image.said)
    if decision.phase is None:
        return PhaseCall(phase=Phase.UNKNOWN, evidence=evidence, conflicts=words)
    return PhaseCall(
        phase=decision.phase,
        confidence=Confidence.CONFIRMED,
        evidence=evidence,
        conflicts=tuple(item for item in firm(image.said) if item.says != decision.phase),
    )


def _confidence(image: Seen, lowered: frozenset[Source]) -> Confidence:
    guessed = {text.value for text, _ in image.subject.readings if text.is_guessed}
    full = [
        item
        for item in image.said
        if source_of(item) not in lowered
        and item.strength in {Strength.EXPLICIT, Strength.TEXT}
        and not (item.strength is Strength.TEXT and item.value in guessed)
    ]
    return {
        Strength.EXPLICIT: Confidence.CERTAIN,
        Strength.TEXT: Confidence.STRONG,
    }.get(strongest(full) or Strength.HINT, Confidence.INFERRED)


def _call_of_other(image: Seen, idle: frozenset[Source]) -> PhaseCall:
    """Give an object that stands in no row the phase that an attribute of its own states."""
    if (decided := _decided_call(image)) is not None:
        return decided
    if image.kind not in _PHASED_KINDS and not image.is_apart:
        return NO_PHASE
    explicit = tuple(
        item
        for item in image.said
        if item.strength is Strength.EXPLICIT and source_of(item) not in idle
    )
    phases = {item.says for item in explicit}
    if len(phases) == 1:
        return PhaseCall(
            phase=Phase(phases.pop()), confidence=Confidence.CERTAIN, evidence=explicit
        )
    conflicts = explicit if len(phases) > 1 else ()
    return PhaseCall(phase=Phase.UNKNOWN, evidence=explicit, conflicts=conflicts)
