"""Rules that need the images of one side together: does a value split them, and when was filled.

A console may copy a value from the protocol onto every image. Such a value proves nothing.
"""

from collections.abc import Mapping, Sequence
from datetime import time

from msgspec.structs import replace

from ductdicom.classify.engine import Rule, Thresholds
from ductdicom.classify.image.seen import Seen
from ductdicom.classify.phase.side import (
    FILLING_RULES,
    START_TIME_RULE,
    START_TIME_TAG,
    TEXT_RULES,
    Side,
    Source,
    firm,
    masked,
    source_of,
    text_says,
)
from ductdicom.classify.phase.timeline import clusters, duration
from ductdicom.language.agents import is_filled_in
from ductdicom.model.call import Evidence, Phase, Strength

# What a protocol does not fill in by itself.
_HAND_WRITTEN = frozenset({"contrast-route", "contrast-volume"})
_DAY_S = 86_400


def weigh(side: Side, rules: Mapping[str, Rule], thresholds: Thresholds) -> Side:
    """Let only those reasons count that tell the images of one side apart.

    A console may copy a value onto every image. A rule that reads such a value counts where it
    speaks for a phase on some images of the side and not on the others, in an order of time that
    a filling can have. Where it says the same of all images it counts only if they were all
    exposed within a time too short for a cannulation, so that all lie before it or all after it;
    the phase is then inferred at most. Heuristic.

    Returns
    -------
    Side
        With ``lowered`` and ``idle``; what does not count stands in ``said`` as a hint.
    """
    sources = sorted({source_of(item) for image in side.images for item in firm(image.said)})
    testable = [s for s in sources if s[0] not in rules or rules[s[0]].must_discriminate]
    uniform = [source for source in testable if not _splits(side, source, thresholds)]
    lowered = frozenset(s for s in uniform if _counts_in_burst(side, s, uniform, thresholds))
    unreliable = {s for s in testable if s not in uniform and _recurs(side, s, thresholds)}
    idle = frozenset(uniform) - lowered | unreliable
    weighed = (replace(image, said=_weakened(image.said, idle)) for image in side.images)
    images = tuple(weighed) if idle else side.images
    return replace(side, images=images, lowered=lowered, idle=idle)


def _weakened(said: Sequence[Evidence], idle: frozenset[Source]) -> tuple[Evidence, ...]:
    return tuple(
        replace(item, strength=Strength.HINT) if source_of(item) in idle else item for item in said
    )


def _said(image: Seen, source: Source) -> list[Evidence]:
    """Return what one rule read from one attribute of an image."""
    return [item for item in image.said if source_of(item) == source]


def _says_post(image: Seen, source: Source) -> bool:
    return any(item.says == Phase.POST for item in _said(image, source))


def _splits(side: Side, source: Source, thresholds: Thresholds) -> bool:
    """Tell whether a source says different things of different images of the side."""
    said = [_said(image, source) for image in side.images]
    phases = [frozenset(item.says for item in items) for items in said]
    if source[0] == "contrast-agent" and all(map(_is_filled_in, side.images)):
        return False  # of one it cannot be read, as where it was redacted: that tells nothing
    if source[0] in FILLING_RULES and not any(Phase.POST in some for some in phases):
        # A typed "none" beside images that say nothing may be the console's default.
        return not all(phases) and _is_filled_elsewhere(side)
    if len(set(phases)) > 1:
        return True
    if source[0] not in TEXT_RULES:
        return False
    # One phase for all: typed for each image where the texts differ, unless contact views before
    # a pause are called the same as magnified ones after it, as a protocol's name would.
    texts = {item.value for items in said for item in items}
    return len(texts) > 1 and not _is_textbook_order(side, thresholds)


def _is_filled_in(image: Seen) -> bool:
    return is_filled_in(image.instance.contrast.agent or "", image.subject.vocabulary)


def _is_filled_elsewhere(side: Side) -> bool:
    return any(
        item.says == Phase.POST and item.rule in FILLING_RULES
        for image in side.images
        for item in image.said
    )


def _is_textbook_order(side: Side, thresholds: Thresholds) -> bool:
    """Tell whether contact views come before a pause and magnified ones after it."""
    magnified = [
        [image.view.is_magnified for image in cluster]
        for cluster in clusters(side.images, thresholds.suggestion_gap_minutes)
    ]
    return any(
        not any(flags) and any(any(later) for later in magnified[number:])
        for number, flags in enumerate(magnified, 1)
    )


def _counts_in_burst(
    side: Side, source: Source, uniform: Sequence[Source], thresholds: Thresholds
) -> bool:
    """Tell whether a source that says the same of all images may count for an inferred phase."""
    name = source[0]
    if name in side.copied or not _is_one_burst(side, thresholds):
        return False
    if name not in FILLING_RULES:
        return True
    says_post = all(
        item.says == Phase.POST for image in side.images for item in _said(image, source)
    )
    is_hand_written = any(other[0] in _HAND_WRITTEN for other in uniform)
    # Of a scout, may be, on which the console copied the filling's values.
    hints = (item for image in side.images for item in image.said if not firm([item]))
    if masked(side) or text_says(hints, Phase.PRE):
        return False
    return says_post and is_hand_written and all(i.view.is_magnified for i in side.images)


def _is_one_burst(side: Side, thresholds: Thresholds) -> bool:
    """Tell whether all images were exposed too fast for a cannulation between them."""
    if len({image.view.is_magnified for image in side.images}) > 1:
        return False  # contact and magnified views: the textbook's before and after
    if len(side.images) == 1:
        return True
    if any(image.minute is None for image in side.images):
        return False
    return len(clusters(side.images, thresholds.filling_gap_minutes)) == 1


def _recurs(side: Side, source: Source, thresholds: Thresholds) -> bool:
    """Tell whether a value stands on the first image of all, not on the next, and again later.

    Then it was also written on the scouts' round, and cannot be trusted. An image without it
    between two fillings is no contradiction, as absence says nothing.
    """
    if source[0] not in FILLING_RULES:
        return False
    has = [
        [_says_post(image, source) for image in cluster]
        for cluster in clusters(side.images, thresholds.injection_gap_minutes)
    ]
    if not has or not has[0][0] or all(has[0]):
        return False
    return any(any(flags) for flags in has[1:])


def earliest_start(images: Sequence[Seen]) -> time | None:
    """Return the first Contrast/Bolus Start Time (0018,1042) of a side, None where it has none."""
    known = (image.instance.contrast.started_at for image in images)
    return min((value for value in known if value is not None), default=None)


def start_time(image: Seen, earliest: time | None, thresholds: Thresholds) -> tuple[Evidence, ...]:
    """Compare an exposure with the time at which contrast was started on its side.

    The start that the image itself states is taken, else the earliest of the side, which is cited
    as another image's and makes an inferred phase at most. One value copied onto all images still
    tells those before it from those after it. Silent within the margin, and where the image has
    no acquisition time.

    Parameters
    ----------
    earliest
        The first start that an image of the side states, by `earliest_start`.
    thresholds
        Within ``start_time_margin_seconds`` of the start, and further from it than
        ``start_time_reach_hours``, an exposure says nothing.

    Returns
    -------
    tuple
        One reason that says post or pre, or none.

    References
    ----------
    * DICOM PS3.3 C.7.6.4, (0018,1042) Contrast/Bolus Start Time
    """
    own = image.instance.contrast.started_at
    if own is not None:
        return _start_time(image, own, thresholds)
    if earliest is None:
        return _stop_time(image, thresholds)
    return tuple(map(_of_another, _start_time(image, earliest, thresholds)))


def _of_another(item: Evidence) -> Evidence:
    """Cite a start time as that of another image of the side."""
    return replace(
        item,
        tag="",
        value=f"another image says that contrast {item.value}",
        strength=Strength.STRUCTURAL,
    )


def _stop_time(image: Seen, thresholds: Thresholds) -> tuple[Evidence, ...]:
    """Compare with the end of the injection alone: after it is post, before it says nothing."""
    found = _start_time(image, image.instance.contrast.stopped_at, thresholds)
    return tuple(
        replace(item, tag="(0018,1043)", value=item.value.replace("started", "stopped"))
        for item in found
        if item.says == Phase.POST
    )


def _start_time(
    image: Seen, started_at: time | None, thresholds: Thresholds
) -> tuple[Evidence, ...]:
    clock = image.instance.clock
    if (
        started_at is None
        or clock.acquired_time is None
        or clock.acquired_on is None
        or not clock.is_acquisition
    ):
        return ()
    # The start has no date: the shorter way round the clock is meant.
    seconds = _seconds(clock.acquired_time) - _seconds(started_at)
    seconds = (seconds + _DAY_S / 2) % _DAY_S - _DAY_S / 2
    reach = thresholds.start_time_reach_hours * 3600
    if not thresholds.start_time_margin_seconds < abs(seconds) <= reach:
        return ()
    return (
        Evidence(
            rule=START_TIME_RULE,
            tag=START_TIME_TAG,
            value=f"started {_span(seconds)} this exposure",
            says=Phase.POST if seconds > 0 else Phase.PRE,
            strength=Strength.EXPLICIT,
        ),
    )


def _span(seconds: float) -> str:
    """Say how long before or after something was, without a time of day, which may be withheld."""
    return f"{duration(abs(seconds) / 60)} {'before' if seconds > 0 else 'after'}"


def _seconds(value: time) -> float:
    return value.hour * 3600 + value.minute * 60 + value.second + value.microsecond / 1e6


def light_compression(
    image: Seen, firmest_n: float, thresholds: Thresholds
) -> tuple[Evidence, ...]:
    """Hint at post where a breast was compressed much less than in its firmest image.

    A filled duct is compressed lightly, so as not to squeeze the contrast out. Heuristic.

    Parameters
    ----------
    firmest_n
        The greatest Compression Force (0018,11A2) of the side, in newtons; 0 where none is stated.
    thresholds
        ``light_compression_fraction`` of that force, or less, is light.
    """
    force = image.instance.compression_force_n or 0.0
    if not 0 < force <= firmest_n * thresholds.light_compression_fraction:
        return ()
    return (
        Evidence(
            rule="light-compression",
            tag="(0018,11A2)",
            value=f"{force:g} N, others up to {firmest_n:g} N",
            says=Phase.POST,
            strength=Strength.HINT,
        ),
    )
