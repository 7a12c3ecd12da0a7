"""What the order of exposures adds: inferences and suggestions.

Time alone labels an image only where certain images of its side fix the cut, and then only as
inferred. Anything less is a suggestion.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from ductdicom.classify.phase.contradictions import Calls, places_of
from ductdicom.classify.phase.timeline import Timeline, duration
from ductdicom.classify.phase.weigh import FILLING_RULES, TEXT_RULES, Side
from ductdicom.classify.thresholds import Thresholds
from ductdicom.model.call import Confidence, Evidence, Phase, PhaseCall, Strength


def infer(calls: Calls, side: Side, thresholds: Thresholds) -> Calls:
    """Infer phases of images without evidence from certain images of the same side.

    Before the first certain filling is pre, unless something about the image itself speaks of an
    earlier filling; after a certain post image of the same cluster is post; before a certain pre
    image with no filling yet is pre. What comes later is only suggested, and what comes long
    after the last post image not even that.
    """
    posts = [i for i in places_of(calls, Phase.POST) if _is_firm(calls[i])]
    pres = [i for i in places_of(calls, Phase.PRE) if _is_firm(calls[i])]
    if not posts and not pres:
        return calls
    return tuple(
        _infer_one(index, call, side, (pres, posts), thresholds) if _is_open(call) else call
        for index, call in enumerate(calls)
    )


def _is_open(call: PhaseCall) -> bool:
    return call.phase is Phase.UNKNOWN and not call.conflicts


def _is_firm(call: PhaseCall) -> bool:
    return call.phase is not Phase.UNKNOWN and call.confidence is not Confidence.UNKNOWN


def _infer_one(
    index: int,
    call: PhaseCall,
    side: Side,
    fixed: tuple[Sequence[int], Sequence[int]],
    thresholds: Thresholds,
) -> PhaseCall:
    pres, posts = fixed
    timeline = side.timeline
    if not posts:
        return _infer_without_post(index, call, pres, timeline, thresholds)
    if all(timeline.is_before(index, post) is True for post in posts):
        if _looks_filled(index, posts, side, thresholds):
            return _suggest(call, Phase.POST, "looks like an earlier filling without a tag")
        return _inferred(call, Phase.PRE, _offset(timeline, index, posts, "before the first"))
    return _infer_after_post(index, call, posts, timeline, thresholds)


def _infer_after_post(
    index: int,
    call: PhaseCall,
    posts: Sequence[int],
    timeline: Timeline,
    thresholds: Thresholds,
) -> PhaseCall:
    """Infer that an image shows the filling before it, or suggest it; long after, neither."""
    earlier = [post for post in posts if timeline.is_before(post, index) is True]
    if not earlier or _text_says(call, Phase.PRE):
        return call
    gaps = [gap for p in earlier if (gap := timeline.gap_minutes(p, index)) is not None]
    is_enclosed = any(timeline.is_before(index, post) is True for post in posts)
    # Between two fillings it may be another scout, unless it was exposed along with the first.
    reach = thresholds.filling_gap_minutes if is_enclosed else thresholds.injection_gap_minutes
    if gaps and min(gaps) <= reach:
        return _inferred(call, Phase.POST, _offset(timeline, index, posts, "after the first"))
    if gaps and min(gaps) > thresholds.suggestion_reach_minutes:
        return call
    return _suggest(call, Phase.POST, "exposed after a filling, with a pause between")


def _infer_without_post(
    index: int,
    call: PhaseCall,
    pres: Sequence[int],
    timeline: Timeline,
    thresholds: Thresholds,
) -> PhaseCall:
    """Infer from certain pre images alone: what came before them is pre too."""
    if any(timeline.is_before(index, pre) is True for pre in pres):
        return _inferred(call, Phase.PRE, "exposed before an image that is certainly pre")
    gaps = [gap for pre in pres if (gap := timeline.gap_minutes(pre, index)) is not None]
    is_later = bool(pres) and all(timeline.is_before(pre, index) is True for pre in pres)
    if not is_later or not gaps:
        return call
    after = f"exposed {duration(min(gaps))} after the pre images"
    if min(gaps) >= thresholds.suggestion_gap_minutes:
        return _suggest(call, Phase.POST, after)
    if min(gaps) < thresholds.filling_gap_minutes and not _text_says(call, Phase.POST):
        return _suggest(call, Phase.PRE, f"{after}, too soon for a filling")
    return call


def _looks_filled(index: int, posts: Sequence[int], side: Side, thresholds: Thresholds) -> bool:
    """Tell whether an image before the first certain filling may show a filling of its own.

    Its text numbers an injection; or it is the magnified one after earlier contact views with a
    pause between, the textbook's order of before and after; or it was exposed too shortly before
    a certain post image for a cannulation between them, with earlier images that may be the
    scouts.
    """
    if any(reading.injection is not None for _, reading in side.subjects[index].readings):
        return True
    earlier, _ = _cluster_of(index, side, thresholds.suggestion_gap_minutes)
    if side.views[index].is_magnified and any(not side.views[i].is_magnified for i in earlier):
        return True
    before, burst = _cluster_of(index, side, thresholds.filling_gap_minutes)
    return bool(before) and any(post in burst for post in posts)


def _cluster_of(
    index: int, side: Side, gap_minutes: float
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the exposures before an image's cluster, and the cluster itself."""
    before: tuple[int, ...] = ()
    for cluster in side.timeline.clusters(gap_minutes):
        if index in cluster:
            return before, cluster
        before += cluster
    return (), ()


def _offset(timeline: Timeline, index: int, posts: Sequence[int], words: str) -> str:
    """Say how far from the first certain post image an image was exposed."""
    known = [p for p in posts if p in timeline.minutes]
    if index not in timeline.minutes or not known:
        return f"instance number {words} post image's of the breast"
    first = min(known, key=lambda p: timeline.minutes[p])
    gap = abs(timeline.minutes[index] - timeline.minutes[first])
    return f"exposed {duration(gap)} {words} post image of the breast"


def _inferred(call: PhaseCall, phase: Phase, why: str) -> PhaseCall:
    reason = Evidence(rule="order", tag="", value=why, says=phase, strength=Strength.STRUCTURAL)
    return replace(
        call, phase=phase, confidence=Confidence.INFERRED, evidence=(*call.evidence, reason)
    )


def _suggest(call: PhaseCall, phase: Phase, why: str, *, rule: str = "order") -> PhaseCall:
    reason = Evidence(rule=rule, tag="", value=why, says=phase, strength=Strength.HINT)
    return replace(call, suggestion=phase, evidence=(*call.evidence, reason))


def suggest(calls: Calls, side: Side, thresholds: Thresholds) -> Calls:
    """Suggest phases where no image of the side has one: the longest pause, or magnification.

    A suggestion is never a phase. None is made where the two hints contradict each other.
    """
    if any(call.phase is not Phase.UNKNOWN for call in calls):
        return calls
    by_gap = _split_by_gap(side, thresholds)
    magnified = [view.is_magnified for view in side.views]
    by_view = dict(enumerate(magnified)) if len(set(magnified)) > 1 else {}
    if by_gap and any(by_view.get(i) is True for i, is_post in by_gap.items() if not is_post):
        contact_after = any(by_view.get(i) is False for i, post in by_gap.items() if post)
        if contact_after:
            return calls
    split = by_gap or by_view
    if not split:
        return tuple(_suggest_by_copies(call, side) if _is_open(call) else call for call in calls)
    rule = "time-gap" if by_gap else "magnification"
    words = _pause_words(side) if by_gap else _VIEW_WORDS
    return tuple(
        _suggest(call, *words[split[index]], rule=rule)
        if index in split
        and _is_open(call)
        and not _text_says(call, Phase.PRE if split[index] else Phase.POST)
        else call
        for index, call in enumerate(calls)
    )


_VIEW_WORDS = {
    False: (Phase.PRE, "contact view, others are magnified"),
    True: (Phase.POST, "magnified, others are contact views"),
}


def _pause_words(side: Side) -> dict[bool, tuple[Phase, str]]:
    """Say on which side of the longest pause an exposure lies, and how long it was."""
    times = sorted(side.timeline.minutes.values())
    longest = max(after - before for before, after in pairwise(times))
    return {
        False: (Phase.PRE, f"exposed before a pause of {duration(longest)}"),
        True: (Phase.POST, f"exposed after a pause of {duration(longest)}"),
    }


def _suggest_by_copies(call: PhaseCall, side: Side) -> PhaseCall:
    """Suggest post where a filling is stated of every image alike, and of this breast alone."""
    stated = [item for item in call.evidence if item.rule in FILLING_RULES]
    if not stated or any(item.says != Phase.POST or item.rule in side.copied for item in stated):
        return call
    return replace(call, suggestion=Phase.POST)


def _text_says(call: PhaseCall, phase: Phase) -> bool:
    """Tell whether a text, however weak, speaks for a phase."""
    return any(item.rule in TEXT_RULES and item.says == phase for item in call.evidence)


def _split_by_gap(side: Side, thresholds: Thresholds) -> dict[int, bool]:
    """Return for each exposure whether it lies after the longest pause; empty if none is clear."""
    minutes = side.timeline.minutes
    order = sorted(minutes, key=lambda i: (minutes[i], i))
    gaps = [minutes[b] - minutes[a] for a, b in pairwise(order)]
    longest = max(gaps, default=0.0)
    if longest < thresholds.suggestion_gap_minutes or gaps.count(longest) > 1:
        return {}
    cut = gaps.index(longest)
    return {index: place > cut for place, index in enumerate(order)}
