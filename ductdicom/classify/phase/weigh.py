"""Rules that need the images of one side together: does a value split them, and when was filled.

A console may copy a value from the protocol onto every image. Such a value proves nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import time

from ductdicom.classify.image.subject import Subject
from ductdicom.classify.image.view import ViewCall
from ductdicom.classify.phase.timeline import Timeline
from ductdicom.classify.rule import Rule
from ductdicom.classify.thresholds import Thresholds
from ductdicom.model.call import Evidence, Phase, Strength

TEXT_RULES = frozenset({"image-text", "series-text", "weak-text"})
FILLING_RULES = frozenset(
    {
        "contrast-agent",
        "contrast-agent-code",
        "contrast-route",
        "contrast-volume",
        "contrast-ingredient",
        "acquisition-context",
    }
)
# What a protocol does not fill in by itself.
_HAND_WRITTEN = frozenset({"contrast-route", "contrast-volume"})
START_TIME_RULE = "contrast-start-time"
_START_TIME_TAG = "(0018,1042)"
_DAY_S = 86_400

Source = tuple[str, str]  # a rule and the tag that it read


def source_of(item: Evidence) -> Source:
    """Return what a reason was read from; a start of contrast is one source on all images."""
    if item.rule == START_TIME_RULE and not item.tag:
        return item.rule, _START_TIME_TAG
    return item.rule, item.tag


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """The views of one breast with what each image's rules said, in a stable order.

    ``evidence`` and ``subjects`` and ``views`` have one entry an image. ``copied`` are the rules
    that speak of the other breast too.
    """

    subjects: tuple[Subject, ...]
    views: tuple[ViewCall, ...]
    evidence: tuple[tuple[Evidence, ...], ...]
    timeline: Timeline
    copied: frozenset[str] = frozenset()

    def said(self, source: Source) -> list[tuple[Evidence, ...]]:
        """Return, for each image, what one rule read from one attribute."""
        return [
            tuple(item for item in items if source_of(item) == source) for items in self.evidence
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """What counts and what does not.

    ``kept`` has one entry an image; what does not count stands in it as a hint. ``lowered`` are
    sources that count although they say the same of every image, for an inferred phase at most.
    ``idle`` are those that do not count.
    """

    kept: tuple[tuple[Evidence, ...], ...]
    lowered: frozenset[Source]
    idle: frozenset[Source]


def weigh(side: Side, rules: Mapping[str, Rule], thresholds: Thresholds) -> Weighed:
    """Part the evidence that tells images apart from the evidence that does not.

    A source that must discriminate counts where it speaks for a phase on some images of the side
    and not on the others, in an order of time that a filling can have. Where it says the same of
    all images it counts, for an inferred phase, only if all of them were exposed within the time
    that a cannulation takes, so that they lie on one side of it. Heuristic.
    """
    sources = sorted(
        {
            source_of(item)
            for items in side.evidence
            for item in items
            if item.strength is not Strength.HINT
        }
    )
    testable = [s for s in sources if s[0] not in rules or rules[s[0]].must_discriminate]
    uniform = [source for source in testable if not _splits(side, source, thresholds)]
    lowered = frozenset(s for s in uniform if _counts_in_burst(side, s, uniform, thresholds))
    unreliable = {s for s in testable if s not in uniform and _recurs(side, s, thresholds)}
    idle = frozenset(uniform) - lowered | unreliable
    return Weighed(
        kept=tuple(tuple(_weakened(item, idle) for item in items) for items in side.evidence),
        lowered=lowered,
        idle=idle,
    )


def _weakened(item: Evidence, idle: frozenset[Source]) -> Evidence:
    return replace(item, strength=Strength.HINT) if source_of(item) in idle else item


def _splits(side: Side, source: Source, thresholds: Thresholds) -> bool:
    """Tell whether a source says different things of different images of the side."""
    said = side.said(source)
    phases = [frozenset(item.says for item in items) for items in said]
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


def _is_filled_elsewhere(side: Side) -> bool:
    return any(
        item.says == Phase.POST and item.rule in FILLING_RULES
        for items in side.evidence
        for item in items
    )


def _is_textbook_order(side: Side, thresholds: Thresholds) -> bool:
    """Tell whether contact views come before a pause and magnified ones after it."""
    clusters = side.timeline.clusters(thresholds.suggestion_gap_minutes)
    magnified = [[side.views[i].is_magnified for i in cluster] for cluster in clusters]
    return any(
        not any(flags) and any(any(later) for later in magnified[place + 1 :])
        for place, flags in enumerate(magnified)
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
    says_post = all(item.says == Phase.POST for items in side.said(source) for item in items)
    is_hand_written = any(other[0] in _HAND_WRITTEN for other in uniform)
    return says_post and is_hand_written and all(view.is_magnified for view in side.views)


def _is_one_burst(side: Side, thresholds: Thresholds) -> bool:
    """Tell whether all images were exposed too fast for a cannulation between them."""
    if len({view.is_magnified for view in side.views}) > 1:
        return False  # contact and magnified views: the textbook's before and after
    count = len(side.subjects)
    if count == 1:
        return True
    if len(side.timeline.minutes) < count:
        return False
    return len(side.timeline.clusters(thresholds.filling_gap_minutes)) == 1


def _recurs(side: Side, source: Source, thresholds: Thresholds) -> bool:
    """Tell whether a value stands on the first image of all, not on the next, and again later.

    Then it was also written on the scouts' round, and cannot be trusted. An image without it
    between two fillings is no contradiction, as absence says nothing.
    """
    if source[0] not in FILLING_RULES:
        return False
    said = side.said(source)
    clusters = side.timeline.clusters(thresholds.injection_gap_minutes)
    has = [[any(e.says == Phase.POST for e in said[i]) for i in cluster] for cluster in clusters]
    if len(has) < 2 or not has[0][0] or all(has[0]):  # noqa: PLR2004 - a round and a later one
        return False
    return any(any(flags) for flags in has[1:])


def start_times(
    subjects: Sequence[Subject], thresholds: Thresholds
) -> tuple[tuple[Evidence, ...], ...]:
    """Compare each exposure with the time at which contrast was started on its side.

    The time of the image itself is taken, else the earliest of the side, which is cited as
    another image's and makes an inferred phase at most: one value copied onto all images still
    splits them. Silent within the margin, and without an exposure's own clock.

    References
    ----------
    * DICOM PS3.3 C.7.6.4, (0018,1042) Contrast/Bolus Start Time
    """
    known = [subject.instance.contrast.started_at for subject in subjects]
    earliest = min((value for value in known if value is not None), default=None)
    if earliest is None:
        return tuple(_stop_time(subject, thresholds) for subject in subjects)
    return tuple(
        _start_time(subject, own, thresholds)
        if own is not None
        else tuple(map(_of_another, _start_time(subject, earliest, thresholds)))
        for subject, own in zip(subjects, known, strict=True)
    )


def _of_another(item: Evidence) -> Evidence:
    """Cite a start time as that of another image of the side."""
    return replace(
        item,
        tag="",
        value=f"another image says that contrast {item.value}",
        strength=Strength.STRUCTURAL,
    )


def _stop_time(subject: Subject, thresholds: Thresholds) -> tuple[Evidence, ...]:
    """Compare with the end of the injection alone: after it is post, before it says nothing."""
    found = _start_time(subject, subject.instance.contrast.stopped_at, thresholds)
    return tuple(
        replace(item, tag="(0018,1043)", value=item.value.replace("started", "stopped"))
        for item in found
        if item.says == Phase.POST
    )


def _start_time(
    subject: Subject, started_at: time | None, thresholds: Thresholds
) -> tuple[Evidence, ...]:
    clock = subject.instance.clock
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
            tag=_START_TIME_TAG,
            value=f"started {started_at:%H:%M:%S}, exposed {clock.acquired_time:%H:%M:%S}",
            says=Phase.POST if seconds > 0 else Phase.PRE,
            strength=Strength.EXPLICIT,
        ),
    )


def compression_hints(
    subjects: Sequence[Subject], thresholds: Thresholds
) -> tuple[tuple[Evidence, ...], ...]:
    """Hint at post where a breast was compressed much less than in its firmest image.

    A filled duct is compressed lightly, so as not to squeeze the contrast out. Heuristic.
    """
    forces = [subject.instance.compression_force_n or 0.0 for subject in subjects]
    limit = max(forces, default=0.0) * thresholds.light_compression_fraction
    return tuple(
        (
            Evidence(
                rule="light-compression",
                tag="(0018,11A2)",
                value=f"{force:g} N, others up to {max(forces):g} N",
                says=Phase.POST,
                strength=Strength.HINT,
            ),
        )
        if 0 < force <= limit
        else ()
        for force in forces
    )


def _seconds(value: time) -> float:
    return value.hour * 3600 + value.minute * 60 + value.second + value.microsecond / 1e6


def own_phases(kept: Sequence[Evidence]) -> set[str]:
    """Return the phases that evidence stronger than a hint speaks for."""
    return {item.says for item in kept if item.strength is not Strength.HINT}
