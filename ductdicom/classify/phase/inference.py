"""What the order of exposures adds: inferences and suggestions.

Time alone labels an image only where certain images of its side fix the cut, and then only as
inferred. Anything less is a suggestion.
"""

from collections.abc import Collection, Mapping, Sequence
from functools import partial
from itertools import pairwise

from msgspec.structs import replace

from ductdicom.classify.engine import Thresholds
from ductdicom.classify.image.seen import Seen
from ductdicom.classify.phase.side import FILLING_RULES, TEXT_RULES, Side
from ductdicom.classify.phase.timeline import cluster_of, duration, gap_minutes, is_before
from ductdicom.language.agents import names_something
from ductdicom.model.call import Confidence, Evidence, Phase, PhaseCall, Strength


def infer(side: Side, thresholds: Thresholds) -> Side:
    """Infer phases of images without evidence from images of the same side that have a phase.

    An image exposed before the first post image is pre, unless something about it speaks of an
    earlier filling. One exposed soon after a post image is post. Where no image is post, one
    exposed before a pre image is pre. What was exposed later is only suggested, and long after
    the last post image not even that.
    """
    pres, posts = (
        [image for image in side.of(phase) if image.call.confidence is not Confidence.UNKNOWN]
        for phase in (Phase.PRE, Phase.POST)
    )
    return side.called(
        partial(_infer_one, pres=pres, posts=posts, side=side, thresholds=thresholds)
    )


def _is_open(call: PhaseCall) -> bool:
    return call.phase is Phase.UNKNOWN and not call.conflicts


def _infer_one(
    image: Seen, pres: Sequence[Seen], posts: Sequence[Seen], side: Side, thresholds: Thresholds
) -> PhaseCall:
    call = image.call
    if not _is_open(call):
        return call
    if not posts:
        return _infer_without_post(image, pres, side, thresholds)
    if all(is_before(image, post) is True for post in posts):
        if _looks_filled(image, posts, side, thresholds):
            return _suggest(call, Phase.POST, "looks like an earlier filling without a tag")
        return _inferred(call, Phase.PRE, _offset(image, posts, "before the first"))
    return _infer_after_post(image, posts, thresholds)


def _infer_after_post(image: Seen, posts: Sequence[Seen], thresholds: Thresholds) -> PhaseCall:
    """Infer that an image shows the filling before it, or suggest it; long after, neither."""
    call = image.call
    earlier = [post for post in posts if is_before(post, image) is True]
    if not earlier or _text_says(call, Phase.PRE):
        return call
    gap = _shortest_gap(earlier, image)
    is_enclosed = any(is_before(image, post) is True for post in posts)
    # Between two fillings it may be another scout, unless it was exposed along with the first.
    reach = thresholds.filling_gap_minutes if is_enclosed else thresholds.injection_gap_minutes
    if gap is not None and gap <= reach:
        return _inferred(call, Phase.POST, _offset(image, posts, "after the first"))
    if gap is not None and gap > thresholds.suggestion_reach_minutes:
        return call
    return _suggest(call, Phase.POST, "exposed after a filling, with a pause between")


def _infer_without_post(
    image: Seen, pres: Sequence[Seen], side: Side, thresholds: Thresholds
) -> PhaseCall:
    """Infer from certain pre images alone: what came before them is pre too."""
    call = image.call
    if any(is_before(image, pre) is True for pre in pres):
        if _follows_a_hint(image, side):
            return call
        return _inferred(call, Phase.PRE, "exposed before an image that is certainly pre")
    gap = _shortest_gap(pres, image)
    if gap is None or not all(is_before(pre, image) is True for pre in pres):
        return call
    after = f"exposed {duration(gap)} after the pre images"
    if gap >= thresholds.suggestion_gap_minutes:
        return _suggest(call, Phase.POST, after)
    if gap < thresholds.filling_gap_minutes and not _text_says(call, Phase.POST):
        return _suggest(call, Phase.PRE, f"{after}, too soon for a filling")
    return call


def _shortest_gap(others: Sequence[Seen], image: Seen) -> float | None:
    """Return the minutes between an image and the nearest of others, None where none has a time."""
    gaps = (gap for other in others if (gap := gap_minutes(other, image)) is not None)
    return min(gaps, default=None)


def _looks_filled(image: Seen, posts: Sequence[Seen], side: Side, thresholds: Thresholds) -> bool:
    """Tell whether an image before the first certain filling may show a filling of its own.

    Its text numbers an injection; or it, or an image that may be earlier, hints at contrast that
    not all images have; or it follows a pause after earlier images, which may be the
    scouts, so that only the second filling has a tag; or it was exposed too shortly before a
    certain post image for a cannulation between them, with such images earlier.
    """
    if any(reading.injection is not None for _, reading in image.subject.readings):
        return True
    if _follows_a_hint(image, side):
        return True
    earlier, _ = cluster_of(image, side.images, thresholds.suggestion_gap_minutes)
    if earlier:
        return True
    before, burst = cluster_of(image, side.images, thresholds.filling_gap_minutes)
    filled = {post.place for post in posts}
    return bool(before) and any(other.place in filled for other in burst)


def _follows_a_hint(image: Seen, side: Side) -> bool:
    """Tell whether an image hints at contrast itself, or may follow one that does."""
    return any(
        _hints_filling(other, side) for other in side.images if is_before(image, other) is not True
    )


def _hints_filling(image: Seen, side: Side) -> bool:
    """Tell whether an image itself hints at contrast, and not all images of its side alike.

    By a text, however weak, or by an agent's field that holds anything but a denial.
    """
    if image.call.phase is not Phase.UNKNOWN:
        return False
    shared = set.intersection(*(_hints(other) for other in side.images))
    return bool(_hints(image) - shared)


def _hints(image: Seen) -> set[tuple[str, str]]:
    found = {
        (item.tag, item.value)
        for item in image.said
        if item.says == Phase.POST and item.rule in TEXT_RULES | FILLING_RULES
    }
    agent = image.instance.contrast.agent or ""
    if names_something(agent, image.subject.vocabulary):
        found.add(("(0018,0010)", ""))
    return found


def _offset(image: Seen, posts: Sequence[Seen], words: str) -> str:
    """Say how far from the first certain post image an image was exposed."""
    minutes = [post.minute for post in posts if post.minute is not None]
    if image.minute is None or not minutes:
        return f"instance number {words} post image's of the breast"
    return f"exposed {duration(abs(image.minute - min(minutes)))} {words} post image of the breast"


def _inferred(call: PhaseCall, phase: Phase, why: str) -> PhaseCall:
    reason = Evidence(rule="order", tag="", value=why, says=phase, strength=Strength.STRUCTURAL)
    return replace(
        call, phase=phase, confidence=Confidence.INFERRED, evidence=(*call.evidence, reason)
    )


def _suggest(call: PhaseCall, phase: Phase, why: str, *, rule: str = "order") -> PhaseCall:
    reason = Evidence(rule=rule, tag="", value=why, says=phase, strength=Strength.HINT)
    return replace(call, suggestion=phase, evidence=(*call.evidence, reason))


def suggest(side: Side, thresholds: Thresholds) -> Side:
    """Suggest phases where no image of the side has one: the longest pause, or magnification.

    A suggestion is never a phase. None is made where the two hints contradict each other.
    """
    if any(image.call.phase is not Phase.UNKNOWN for image in side.images):
        return side
    before, after, minutes = _around_longest_pause(side, thresholds)
    is_magnified = {image.view.is_magnified for image in side.images}
    if any(i.view.is_magnified for i in before) and not all(i.view.is_magnified for i in after):
        return side
    if before:
        pause = f"a pause of {duration(minutes)}"
        hints = {image.place: (Phase.PRE, f"exposed before {pause}") for image in before}
        hints |= {image.place: (Phase.POST, f"exposed after {pause}") for image in after}
        return side.called(partial(_suggest_by_hint, hints=hints, rule="time-gap"))
    if len(is_magnified) > 1:
        hints = {image.place: _VIEW_HINTS[image.view.is_magnified] for image in side.images}
        return side.called(partial(_suggest_by_hint, hints=hints, rule="magnification"))
    return side.called(partial(_suggest_by_copies, copied=side.copied))


_VIEW_HINTS = {
    False: (Phase.PRE, "contact view, others are magnified"),
    True: (Phase.POST, "magnified, others are contact views"),
}


def _suggest_by_hint(image: Seen, hints: Mapping[int, tuple[Phase, str]], rule: str) -> PhaseCall:
    """Suggest what the hint for an image's place says, unless its text speaks for the other."""
    call = image.call
    if image.place not in hints or not _is_open(call):
        return call
    phase, why = hints[image.place]
    other = Phase.PRE if phase is Phase.POST else Phase.POST
    return call if _text_says(call, other) else _suggest(call, phase, why, rule=rule)


def _suggest_by_copies(image: Seen, copied: Collection[str]) -> PhaseCall:
    """Suggest post where a filling is stated of every image alike, and of this breast alone."""
    call = image.call
    stated = [item for item in call.evidence if item.rule in FILLING_RULES]
    is_doubted = any(item.says != Phase.POST or item.rule in copied for item in stated)
    if not stated or is_doubted or not _is_open(call):
        return call
    return replace(call, suggestion=Phase.POST)


def _text_says(call: PhaseCall, phase: Phase) -> bool:
    """Tell whether a text, however weak, speaks for a phase."""
    return any(item.rule in TEXT_RULES and item.says == phase for item in call.evidence)


def _around_longest_pause(
    side: Side, thresholds: Thresholds
) -> tuple[list[Seen], list[Seen], float]:
    """Return the exposures before the longest pause, those after it, and its minutes.

    There are none of either where no pause is long enough, or two are equally long.
    """
    timed = sorted((i.minute, i.place, i) for i in side.images if i.minute is not None)
    gaps = [later[0] - sooner[0] for sooner, later in pairwise(timed)]
    longest = max(gaps, default=0.0)
    if longest < thresholds.suggestion_gap_minutes or gaps.count(longest) > 1:
        return [], [], longest
    cut = gaps.index(longest) + 1
    return [i for *_, i in timed[:cut]], [i for *_, i in timed[cut:]], longest
