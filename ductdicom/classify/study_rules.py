"""Rules that need the images of one side together: does a value split them, and when was filled.

A console may copy a value from the protocol onto every image. Such a value proves nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import time

from ductdicom.classify.rule import Rule
from ductdicom.classify.subject import Subject
from ductdicom.classify.thresholds import Thresholds
from ductdicom.classify.timeline import Timeline
from ductdicom.classify.view import ViewCall
from ductdicom.model.call import Evidence, Phase, Strength

_FILLING_RULES = frozenset(
    {
        "contrast-agent",
        "contrast-agent-code",
        "contrast-route",
        "contrast-volume",
        "contrast-ingredient",
        "acquisition-context",
    }
)
START_TIME_RULE = "contrast-start-time"


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """The views of one breast with what each image's rules said, in a stable order.

    ``evidence`` and ``subjects`` and ``views`` have one entry an image. ``copied`` are the rules
    that say the same on the other breast too.
    """

    subjects: tuple[Subject, ...]
    views: tuple[ViewCall, ...]
    evidence: tuple[tuple[Evidence, ...], ...]
    timeline: Timeline
    copied: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """What counts and what does not.

    ``kept`` and ``set_aside`` have one entry an image. ``lowered`` are the rules that count
    although they say the same of every image, for an inferred phase at most.
    """

    kept: tuple[tuple[Evidence, ...], ...]
    set_aside: tuple[tuple[Evidence, ...], ...]
    lowered: frozenset[str]
    non_discriminating: frozenset[str]


def weigh(side: Side, rules: Mapping[str, Rule], thresholds: Thresholds) -> Weighed:
    """Part the evidence that tells images apart from the evidence that does not.

    A rule that must discriminate counts where it speaks for a phase on some images of the side
    and not on the others, in an order of time that a filling can have. Where it says the same of
    all images it counts only if all of them were exposed within the time that a cannulation
    takes, so that they lie on one side of it; the phase is then inferred. Heuristic.
    """
    names = {item.rule for said in side.evidence for item in said}
    idle = frozenset(
        name for name in names if rules[name].must_discriminate and not _splits(side, name)
    )
    lowered = (
        frozenset(name for name in idle if name not in side.copied)
        if _is_one_burst(side, thresholds)
        else frozenset()
    )
    unreliable = frozenset(
        name for name in names - idle if name in _FILLING_RULES and _recurs(side, name, thresholds)
    )
    dropped = (idle - lowered) | unreliable
    return Weighed(
        kept=tuple(tuple(e for e in said if e.rule not in dropped) for said in side.evidence),
        set_aside=tuple(tuple(e for e in said if e.rule in dropped) for said in side.evidence),
        lowered=lowered,
        non_discriminating=dropped,
    )


def _splits(side: Side, name: str) -> bool:
    """Tell whether a rule says different things of different images of the side."""
    said = [frozenset(e.says for e in items if e.rule == name) for items in side.evidence]
    if not any(Phase.POST in phases for phases in said) and name in _FILLING_RULES:
        # A typed "none" beside images that say nothing may be the console's default.
        return any(
            e.says == Phase.POST and e.rule in _FILLING_RULES
            for items in side.evidence
            for e in items
        ) and any(not phases for phases in said)
    return len(set(said)) > 1


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


def _recurs(side: Side, name: str, thresholds: Thresholds) -> bool:
    """Tell whether an image without the value lies between two fillings that have it.

    Then the value was also written on an image of an earlier round, and cannot be trusted.
    """
    clusters = side.timeline.clusters(thresholds.injection_gap_minutes)
    has = [
        [any(e.rule == name and e.says == Phase.POST for e in side.evidence[i]) for i in cluster]
        for cluster in clusters
    ]
    mixed = [index for index, flags in enumerate(has) if any(flags) and not all(flags)]
    return any(any(any(flags) for flags in has[index + 1 :]) for index in mixed)


def start_times(side: Side, thresholds: Thresholds) -> tuple[tuple[Evidence, ...], ...]:
    """Compare each exposure with the time at which contrast was started on its side.

    The time of the image itself is taken, else the earliest of the side: one value copied onto
    all images still splits them. Silent within the margin, and without an exposure's own clock.

    References
    ----------
    * DICOM PS3.3 C.7.6.4, (0018,1042) Contrast/Bolus Start Time
    """
    known = [s.instance.contrast.started_at for s in side.subjects]
    earliest = min((value for value in known if value is not None), default=None)
    return tuple(
        _start_time(subject, own if own is not None else earliest, thresholds)
        for subject, own in zip(side.subjects, known, strict=True)
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
    seconds = _seconds(clock.acquired_time) - _seconds(started_at)
    reach = thresholds.start_time_reach_hours * 3600
    if not thresholds.start_time_margin_seconds < abs(seconds) <= reach:
        return ()
    return (
        Evidence(
            rule=START_TIME_RULE,
            tag="(0018,1042)",
            value=f"started {started_at:%H:%M:%S}, exposed {clock.acquired_time:%H:%M:%S}",
            says=Phase.POST if seconds > 0 else Phase.PRE,
            strength=Strength.EXPLICIT,
        ),
    )


def _seconds(value: time) -> float:
    return value.hour * 3600 + value.minute * 60 + value.second + value.microsecond / 1e6


def own_phases(kept: Sequence[Evidence]) -> set[str]:
    """Return the phases that evidence stronger than a hint speaks for."""
    return {item.says for item in kept if item.strength is not Strength.HINT}
