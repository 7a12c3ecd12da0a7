"""Phases that stand in an order of exposures which cannot be."""

from dataclasses import replace

from ductdicom.classify.phase.timeline import Timeline, duration
from ductdicom.classify.phase.weigh import FILLING_RULES, Side
from ductdicom.classify.thresholds import Thresholds
from ductdicom.model.call import Confidence, Evidence, Phase, PhaseCall, Strength

Calls = tuple[PhaseCall, ...]

_ORDER_OF_SCOUTS = Evidence(
    rule="order",
    tag="",
    value="contact view, and magnified views that carry no contrast follow",
    says=Phase.PRE,
    strength=Strength.STRUCTURAL,
)


def find_contradictions(calls: Calls, side: Side, thresholds: Thresholds) -> Calls:
    """Make unknown what stands in an impossible order: pre after post within one filling.

    Both images of each such pair lose their phase. What is said of each stands against how long
    after or before the nearest image of the other phase it was exposed.
    A pre image after a pause long enough for another filling is no contradiction where an image
    after it may show that filling, or one before the post image may be its scout.
    Contrast on contact views alone, before a pause and magnified views without it, contradicts
    the order of scouts and filled views, too.
    """
    calls = _doubt_filled_scouts(calls, side, thresholds)
    gaps: dict[int, list[float]] = {}
    for post in places_of(calls, Phase.POST):
        for pre in places_of(calls, Phase.PRE):
            gap = _inverted_gap(calls, side.timeline, (pre, post), thresholds)
            if gap is not None:
                gaps.setdefault(pre, []).append(gap)
                gaps.setdefault(post, []).append(gap)
    return tuple(
        replace(
            call,
            phase=Phase.UNKNOWN,
            confidence=Confidence.UNKNOWN,
            conflicts=(*_firm(call), _against(call, min(gaps[index]))),
        )
        if index in gaps and call.confidence is not Confidence.CONFIRMED
        else call
        for index, call in enumerate(calls)
    )


def _doubt_filled_scouts(calls: Calls, side: Side, thresholds: Thresholds) -> Calls:
    """Make unknown the contact views that alone carry contrast, where magnified ones follow.

    A console that keeps the agent of the patient before writes it on the scouts. Text or an
    image type that says post leaves no such doubt, nor does a view that may be the scout.
    """
    magnified = [i for i, view in enumerate(side.views) if view.is_magnified]
    if any(calls[i].phase is not Phase.UNKNOWN for i in magnified):
        return calls
    return tuple(
        replace(
            call,
            phase=Phase.UNKNOWN,
            confidence=Confidence.UNKNOWN,
            conflicts=(*_firm(call), _ORDER_OF_SCOUTS),
        )
        if call.phase is Phase.POST
        and _is_only_tagged(call)
        and not _has_scout(calls, side.timeline, index)
        and any(_is_pause_before(m, index, side.timeline, thresholds) for m in magnified)
        else call
        for index, call in enumerate(calls)
    )


def _is_only_tagged(call: PhaseCall) -> bool:
    """Tell whether nothing but attributes of the contrast says the phase."""
    return all(item.rule in FILLING_RULES for item in _firm(call))


def _is_pause_before(
    magnified: int, contact: int, timeline: Timeline, thresholds: Thresholds
) -> bool:
    """Tell whether a magnified view follows a contact view, and not in one run of exposures."""
    if timeline.is_before(contact, magnified) is not True:
        return False
    clusters = timeline.clusters(thresholds.suggestion_gap_minutes)
    return not any({contact, magnified} <= set(cluster) for cluster in clusters)


def _firm(call: PhaseCall) -> tuple[Evidence, ...]:
    return tuple(item for item in call.evidence if item.strength is not Strength.HINT)


def _against(call: PhaseCall, minutes: float) -> Evidence:
    """Say in words which other image the order sets against one."""
    is_pre = call.phase is Phase.PRE
    other = Phase.POST if is_pre else Phase.PRE
    place = "after" if is_pre else "before"
    return Evidence(
        rule="order",
        tag="",
        value=f"exposed {duration(minutes)} {place} an image that says {other}",
        says=other,
        strength=Strength.STRUCTURAL,
    )


def _inverted_gap(
    calls: Calls, timeline: Timeline, pair: tuple[int, int], thresholds: Thresholds
) -> float | None:
    """Return the minutes between a pair that stands in an impossible order, else None."""
    pre, post = pair
    gap = timeline.gap_minutes(post, pre)
    if gap is None or timeline.is_before(post, pre) is not True:
        return None
    if gap <= thresholds.injection_gap_minutes:
        return gap
    is_explained = _has_scout(calls, timeline, post) or _is_filling_to_come(calls, timeline, pre)
    return None if is_explained else gap


def _has_scout(calls: Calls, timeline: Timeline, post: int) -> bool:
    """Tell whether an image before a post image may be its scout."""
    return any(
        call.phase is not Phase.POST and timeline.is_before(index, post) is True
        for index, call in enumerate(calls)
    )


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
