"""What the order of exposures adds where certain images of a side fix the cut.

Then alone time labels an image, and only as inferred. Anything less is a suggestion.
"""

from collections.abc import Sequence
from typing import NamedTuple

from msgspec.structs import replace

from ductdicom.classify.engine import Thresholds
from ductdicom.classify.image.seen import Seen
from ductdicom.classify.phase.side import (
    FILLING_RULES,
    TEXT_RULES,
    Side,
    call_suggested,
    heed_plan,
    is_open,
    labelled_filled,
    masked,
    names_repeat,
    text_says,
)
from ductdicom.classify.phase.timeline import cluster_of, duration, gap_minutes, is_before
from ductdicom.language.agents import denies_nothing
from ductdicom.language.phrases import TextPhase
from ductdicom.model.call import (
    Confidence,
    Evidence,
    Phase,
    PhaseCall,
    Strength,
)
from ductdicom.model.instance import Level


class _Known(NamedTuple):
    """The images of a side that have a phase, and those without that hint at contrast.

    ``is_refilled`` where the first of those that may be filled are named as a later filling, so
    that an earlier one may stand on any image before it. ``masked`` are the places of images whose
    own texts may have told a phase that is hidden now.
    """

    pres: Sequence[Seen]
    posts: Sequence[Seen]
    hinting: Sequence[Seen]
    is_refilled: bool
    masked: frozenset[int]


def infer(side: Side, thresholds: Thresholds) -> Side:
    """Infer phases of images without evidence from images of the same side that have a phase.

    An image exposed before the first post image is pre, unless something about it speaks of an
    earlier filling, or that filling is named as a later one. One exposed soon after a post image
    is post. Where no image is post, one exposed before a pre image is pre. What was exposed later
    is only suggested, and long after the last post image not even that.
    """
    pres, posts = (
        [image for image in side.of(phase) if image.call.confidence is not Confidence.UNKNOWN]
        for phase in (Phase.PRE, Phase.POST)
    )
    is_refilled = _is_refilled(side, posts)
    known = _Known(
        pres=pres,
        posts=posts,
        hinting=_hinting(side),
        is_refilled=is_refilled,
        masked=masked(side),
    )
    return side.called(
        lambda image: heed_plan(image, image.call, _infer_one(image, known, side, thresholds))
    )


def _is_refilled(side: Side, posts: Sequence[Seen]) -> bool:
    """Tell whether a later filling is named on an image that no certain filling precedes."""
    return any(
        names_repeat(image) and not any(is_before(post, image) is True for post in posts)
        for image in side.images
    )


def _infer_one(image: Seen, known: _Known, side: Side, thresholds: Thresholds) -> PhaseCall:
    call, posts = image.call, known.posts
    if not is_open(call) or image.place in known.masked:
        return call
    if not posts:
        return _infer_without_post(image, known, thresholds)
    if all(is_before(image, post) is True for post in posts):
        if known.is_refilled:
            return call
        if _looks_filled(image, known, side, thresholds):
            return call_suggested(call, Phase.POST, "looks like an earlier filling without a tag")
        return _inferred(call, Phase.PRE, _offset(image, posts, "before the first"))
    return _infer_after_post(image, posts, thresholds)


def _infer_after_post(image: Seen, posts: Sequence[Seen], thresholds: Thresholds) -> PhaseCall:
    """Infer that an image shows the filling before it, or suggest it; long after, neither."""
    call = image.call
    earlier = [post for post in posts if is_before(post, image) is True]
    if not earlier or text_says(call.evidence, Phase.PRE):
        return call
    gap = _shortest_gap(earlier, image)
    is_enclosed = any(is_before(image, post) is True for post in posts)
    # Between two fillings it may be another scout, unless it was exposed along with the first.
    reach = thresholds.filling_gap_minutes if is_enclosed else thresholds.injection_gap_minutes
    if gap is not None and gap <= reach:
        return _inferred(call, Phase.POST, _offset(image, posts, "after the first"))
    if gap is not None and gap > thresholds.suggestion_reach_minutes:
        return call
    return call_suggested(call, Phase.POST, "exposed after a filling, with a pause between")


def _infer_without_post(image: Seen, known: _Known, thresholds: Thresholds) -> PhaseCall:
    """Infer from certain pre images alone: what came before them is pre too."""
    call, pres = image.call, known.pres
    firsts = [pre for pre in pres if not names_repeat(pre)]  # no scout of a second duct
    if any(is_before(image, pre) is True for pre in firsts):
        if _follows_a_hint(image, known):
            return call
        return _inferred(call, Phase.PRE, "exposed before an image that is certainly pre")
    gap = _shortest_gap(pres, image)
    if gap is None or not all(is_before(pre, image) is True for pre in pres):
        return call
    after = f"exposed {duration(gap)} after the pre images"
    if gap >= thresholds.suggestion_gap_minutes:
        return call_suggested(call, Phase.POST, after)
    if gap < thresholds.filling_gap_minutes and not text_says(call.evidence, Phase.POST):
        why = f"{after}, too soon for a filling"
        is_said = text_says(call.evidence, Phase.PRE)  # "scout 2" soon behind "scout 1"
        return _inferred(call, Phase.PRE, why) if is_said else call_suggested(call, Phase.PRE, why)
    return call


def _shortest_gap(others: Sequence[Seen], image: Seen) -> float | None:
    """Return the minutes between an image and the nearest of others, None where none has a time."""
    gaps = (gap for other in others if (gap := gap_minutes(other, image)) is not None)
    return min(gaps, default=None)


def _looks_filled(image: Seen, known: _Known, side: Side, thresholds: Thresholds) -> bool:
    """Tell whether an image before the first certain filling may show a filling of its own.

    Its text numbers an injection; or it, or an image that may be earlier, hints at contrast that
    not all images have; or it follows a pause after earlier images, which may be the
    scouts, so that only the second filling has a tag; or it was exposed too shortly before a
    certain post image for a cannulation between them, with such images earlier.
    """
    if any(reading.injection is not None for _, reading in image.subject.readings):
        return True
    if _follows_a_hint(image, known):
        return True
    earlier, _ = cluster_of(image, side.images, thresholds.suggestion_gap_minutes)
    if earlier:
        return True
    before, burst = cluster_of(image, side.images, thresholds.filling_gap_minutes)
    filled = {post.place for post in known.posts}
    return bool(before) and any(other.place in filled for other in burst)


def _follows_a_hint(image: Seen, known: _Known) -> bool:
    """Tell whether an image hints at contrast itself, or may follow one that does."""
    return any(is_before(image, other) is not True for other in known.hinting)


def _hinting(side: Side) -> list[Seen]:
    """Return the images without a phase that hint at contrast, and not all of the side alike.

    By a text, however weak or of both phases, by a label, or by an agent's field that holds
    anything but a denial.
    """
    if not any(is_open(image.call) for image in side.images):
        return []
    labelled = labelled_filled(side.images)
    hints = {image.place: _hints(image) for image in side.images}
    shared = set.intersection(*hints.values())
    return [
        image
        for image in side.of(Phase.UNKNOWN)
        if image.place in labelled or hints[image.place] - shared
    ]


def _hints(image: Seen) -> set[tuple[str, str]]:
    found = {
        (item.tag, item.value)
        for item in image.said
        if item.says == Phase.POST and item.rule in TEXT_RULES | FILLING_RULES
    }
    found |= {
        (text.tag, text.value)
        for text, reading in image.subject.texts(Level.IMAGE, Level.SERIES)
        if reading.phase is TextPhase.BOTH
    }
    agent = image.instance.contrast.agent or ""
    if denies_nothing(agent, image.subject.vocabulary):
        found.add(("(0018,0010)", ""))
    return found


def _offset(image: Seen, posts: Sequence[Seen], words: str) -> str:
    """Say how far from the first certain post image an image was exposed."""
    minutes = [post.minute for post in posts if post.minute is not None]
    if image.minute is None or not minutes:
        return f"numbered {words} post image of the breast"
    return f"exposed {duration(abs(image.minute - min(minutes)))} {words} post image of the breast"


def _inferred(call: PhaseCall, phase: Phase, why: str) -> PhaseCall:
    reason = Evidence(rule="order", tag="", value=why, says=phase, strength=Strength.STRUCTURAL)
    return replace(
        call, phase=phase, confidence=Confidence.INFERRED, evidence=(*call.evidence, reason)
    )
