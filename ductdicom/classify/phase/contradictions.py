"""Phases that stand in an order of exposures which cannot be."""

from functools import partial

from msgspec.structs import replace

from ductdicom.classify.engine import Thresholds
from ductdicom.classify.image.seen import Seen
from ductdicom.classify.phase.side import FILLING_RULES, Side, firm
from ductdicom.classify.phase.timeline import cluster_of, duration, gap_minutes, is_before
from ductdicom.model.call import Confidence, Evidence, Phase, PhaseCall, Strength

_ORDER_OF_SCOUTS = Evidence(
    rule="order",
    tag="",
    value="contact view, and magnified views that carry no contrast follow",
    says=Phase.PRE,
    strength=Strength.STRUCTURAL,
)


def find_contradictions(side: Side, thresholds: Thresholds) -> Side:
    """Make unknown what stands in an impossible order: pre after post within one filling.

    Both images of such a pair lose their phase; the reason against each says how long after or
    before the nearest image of the other phase it was exposed. After a pause long enough for
    another filling a pre image is no contradiction, if an image after it may show that filling,
    or one before the post image may be its scout.

    Contact views that alone carry contrast become unknown, too, if magnified views without
    contrast follow after a pause: scouts are contact views, and come first.
    """
    side = side.called(partial(_unless_scout, side=side, thresholds=thresholds))
    return side.called(partial(_unless_inverted, side=side, thresholds=thresholds))


def _unless_scout(image: Seen, side: Side, thresholds: Thresholds) -> PhaseCall:
    """Make unknown a contact view that carries contrast, where only magnified ones without follow.

    A console that keeps the agent of the patient before writes it on the scouts. Text or an
    image type that says post leaves no such doubt, nor does a view that may be the scout.
    """
    call = image.call
    if call.phase is not Phase.POST or any(
        item.rule not in FILLING_RULES for item in firm(call.evidence)
    ):
        return call
    magnified = [other for other in side.images if other.view.is_magnified]
    if (
        all(other.call.phase is Phase.UNKNOWN for other in magnified)
        and any(_is_pause_between(image, other, side, thresholds) for other in magnified)
        and not _has_scout(image, side)
    ):
        return _doubted(call, _ORDER_OF_SCOUTS)
    return call


def _is_pause_between(first: Seen, second: Seen, side: Side, thresholds: Thresholds) -> bool:
    """Tell whether one image follows another, and not in one run of exposures."""
    if is_before(first, second) is not True:
        return False
    _, run = cluster_of(first, side.images, thresholds.suggestion_gap_minutes)
    return all(image.place != second.place for image in run)


def _doubted(call: PhaseCall, against: Evidence) -> PhaseCall:
    return replace(
        call,
        phase=Phase.UNKNOWN,
        confidence=Confidence.UNKNOWN,
        conflicts=(*firm(call.evidence), against),
    )


def _unless_inverted(image: Seen, side: Side, thresholds: Thresholds) -> PhaseCall:
    """Make unknown a pre image after a post image of one filling, or that post image."""
    call = image.call
    if call.phase is Phase.PRE:
        pairs = [(image, post) for post in side.of(Phase.POST)]
    elif call.phase is Phase.POST:
        pairs = [(pre, image) for pre in side.of(Phase.PRE)]
    else:
        return call
    gaps = [
        gap
        for pre, post in pairs
        if (gap := _inverted_gap(pre, post, side, thresholds)) is not None
    ]
    if not gaps or call.confidence is Confidence.CONFIRMED:
        return call
    return _doubted(call, _against(call, min(gaps)))


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


def _inverted_gap(pre: Seen, post: Seen, side: Side, thresholds: Thresholds) -> float | None:
    """Return the minutes between a pair that stands in an impossible order, else None."""
    gap = gap_minutes(post, pre)
    if gap is None or is_before(post, pre) is not True:
        return None
    if gap <= thresholds.injection_gap_minutes:
        return gap
    return None if _has_scout(post, side) or _is_filling_to_come(pre, side) else gap


def _has_scout(post: Seen, side: Side) -> bool:
    """Tell whether an image before a post image may be its scout."""
    return any(
        other.call.phase is not Phase.POST and is_before(other, post) is True
        for other in side.images
    )


def _is_filling_to_come(pre: Seen, side: Side) -> bool:
    return any(
        other.call.phase is not Phase.PRE and is_before(pre, other) is True for other in side.images
    )


def late_pre(side: Side) -> list[Seen]:
    """Return the images called pre that were exposed after a post image, and before none.

    No reviewer has confirmed them. They show the breast after a filling, whatever they are called.
    """
    return [
        pre
        for pre in side.of(Phase.PRE)
        if pre.call.confidence is not Confidence.CONFIRMED
        and any(is_before(post, pre) is True for post in side.of(Phase.POST))
        and not _is_filling_to_come(pre, side)
    ]
