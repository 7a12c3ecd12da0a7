"""Phases that stand in an order of exposures which cannot be."""

from collections.abc import Sequence
from dataclasses import replace

from ductdicom.classify.study_rules import Side
from ductdicom.classify.thresholds import Thresholds
from ductdicom.classify.timeline import Timeline
from ductdicom.model.call import Confidence, Evidence, Phase, PhaseCall

Calls = tuple[PhaseCall, ...]


def find_contradictions(calls: Calls, side: Side, thresholds: Thresholds) -> Calls:
    """Make unknown what stands in an impossible order: pre after post within one filling.

    Both images of each such pair lose their phase, each with the other's evidence against it.
    A pre image after a pause long enough for another filling is no contradiction where an image
    after it may show that filling, or one before the post image may be its scout.
    """
    against: dict[int, list[Evidence]] = {}
    for post in places_of(calls, Phase.POST):
        for pre in places_of(calls, Phase.PRE):
            if _is_inverted(calls, side.timeline, (pre, post), thresholds):
                against.setdefault(pre, []).extend(calls[post].evidence)
                against.setdefault(post, []).extend(calls[pre].evidence)
    return tuple(
        replace(
            call,
            phase=Phase.UNKNOWN,
            confidence=Confidence.UNKNOWN,
            conflicts=_unique([*call.evidence, *against[index]]),
        )
        if index in against and call.confidence is not Confidence.CONFIRMED
        else call
        for index, call in enumerate(calls)
    )


def _is_inverted(
    calls: Calls, timeline: Timeline, pair: tuple[int, int], thresholds: Thresholds
) -> bool:
    pre, post = pair
    gap = timeline.gap_minutes(post, pre)
    if gap is None or timeline.is_before(post, pre) is not True:
        return False
    if gap <= thresholds.injection_gap_minutes:
        return True
    has_scout = any(
        call.phase is not Phase.POST and timeline.is_before(index, post) is True
        for index, call in enumerate(calls)
    )
    return not has_scout and not _is_filling_to_come(calls, timeline, pre)


def _is_filling_to_come(calls: Calls, timeline: Timeline, pre: int) -> bool:
    return any(
        call.phase is not Phase.PRE and timeline.is_before(pre, index) is True
        for index, call in enumerate(calls)
    )


def late_pre(calls: Calls, timeline: Timeline) -> tuple[int, ...]:
    """Return the images called pre that were exposed after a post image, and before none.

    No reviewer has confirmed them. They show the breast after a filling, whatever they are called.
    """
    posts = places_of(calls, Phase.POST)
    return tuple(
        pre
        for pre in places_of(calls, Phase.PRE)
        if calls[pre].confidence is not Confidence.CONFIRMED
        and any(timeline.is_before(post, pre) is True for post in posts)
        and not _is_filling_to_come(calls, timeline, pre)
    )


def places_of(calls: Calls, phase: Phase) -> list[int]:
    """Return which of the calls are of a phase."""
    return [index for index, call in enumerate(calls) if call.phase is phase]


def _unique(evidence: Sequence[Evidence]) -> tuple[Evidence, ...]:
    return tuple(dict.fromkeys(evidence))
