"""The order of exposures on one side, as far as the clock or the numbers tell it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from msgspec.structs import replace

from ductdicom.classify.image.seen import Seen
from ductdicom.model.instance import Instance

_CONTENT_TAGS = ("(0008,0023)", "(0008,0033)")
_LONGEST_VISIT = timedelta(hours=12)  # more on one date means a clock that passed midnight
_HALF_DAY = timedelta(hours=11.5)  # a pause as long means a clock set by half a day, or nearly


def read_timeline(images: Sequence[Seen]) -> tuple[tuple[Seen, ...], str]:
    """Order the exposures of one side by the scanner's clock.

    Acquisition times are preferred; content times only where no image has an acquisition time.
    Clocks of different stations are not compared, nor times of one date half a day apart, which
    a clock set wrongly between morning and afternoon explains. Where no image has a time at all,
    instance numbers order them, if all are there and differ. Heuristic.

    Returns
    -------
    tuple
        The images with their ``minute`` or ``rank``, and why there are no minutes: ``no-clock``,
        ``stations-differ``, ``no-exposure-time``, ``midnight`` or ``half-day``; empty where there
        are.
    """
    instances = [image.instance for image in images]
    if not any(instance.clock.acquired_time for instance in instances):
        return _ranked(images), "no-clock"
    if _has_several_stations(instances):
        return tuple(images), "stations-differ"
    has_acquisition = any(instance.clock.is_acquisition for instance in instances)
    moments = {
        image.place: moment
        for image in images
        if (moment := _moment(image.instance)) is not None
        and (
            image.instance.clock.is_acquisition
            or (not has_acquisition and image.instance.clock.tag in _CONTENT_TAGS)
        )
    }
    if not moments:
        return tuple(images), "no-exposure-time"
    order = sorted(moments.values())
    if order[-1] - order[0] > _LONGEST_VISIT and order[0].date() == order[-1].date():
        return tuple(images), "midnight"
    if any(b - a >= _HALF_DAY and b.date() == a.date() for a, b in pairwise(order)):
        return tuple(images), "half-day"
    return tuple(
        replace(image, minute=(moments[image.place] - order[0]).total_seconds() / 60)
        if image.place in moments
        else image
        for image in images
    ), ""


def is_before(first: Seen, second: Seen) -> bool | None:
    """Tell whether one image of a side was exposed before another, None where that is not known."""
    for one, other in ((first.minute, second.minute), (first.rank, second.rank)):
        if one is not None and other is not None:
            return None if one == other else one < other
    return None


def gap_minutes(first: Seen, second: Seen) -> float | None:
    """Return the minutes between two exposures of one side, 0 or more; None where not known."""
    if first.minute is None or second.minute is None:
        return None
    return abs(first.minute - second.minute)


def clusters(images: Sequence[Seen], longest_gap: float) -> list[list[Seen]]:
    """Group the exposures of one side in order of time, without those of unknown time.

    Parameters
    ----------
    longest_gap
        In minutes; a longer pause parts two groups.

    Returns
    -------
    list
        The groups, and the images in each, in order of time.
    """
    found: list[list[Seen]] = []
    latest = 0.0
    timed = [(image.minute, image.place, image) for image in images if image.minute is not None]
    for minute, _, image in sorted(timed, key=lambda item: item[:2]):
        if found and minute - latest <= longest_gap:
            found[-1].append(image)
        else:
            found.append([image])
        latest = minute
    return found


def cluster_of(
    image: Seen, images: Sequence[Seen], longest_gap: float
) -> tuple[list[Seen], list[Seen]]:
    """Return the exposures before an image's group, and that group, as `clusters` makes them.

    Both are empty where the clock does not tell when the image was exposed.

    Parameters
    ----------
    longest_gap
        In minutes; a longer pause parts two groups.
    """
    before: list[Seen] = []
    for cluster in clusters(images, longest_gap):
        if any(other.place == image.place for other in cluster):
            return before, cluster
        before += cluster
    return [], []


def duration(minutes: float) -> str:
    """Return a time in minutes in words: ``40 s`` or ``12 min``."""
    return f"{minutes * 60:.0f} s" if minutes < 1 else f"{minutes:.0f} min"


def exposure_time(instance: Instance) -> datetime | None:
    """Return when an image was exposed, by the scanner's clock, None where that is not known.

    Acquisition and content times count if they have a date of their own. Times of creation, of
    the series or of the study say nothing of the exposure.
    """
    clock = instance.clock
    return clock.acquired_at if clock.is_acquisition or clock.tag in _CONTENT_TAGS else None


def _has_several_stations(instances: Sequence[Instance]) -> bool:
    """Tell whether two images name different stations; a missing name says nothing."""
    names = {instance.equipment.station_name for instance in instances} - {None, ""}
    makers = {instance.equipment.manufacturer for instance in instances} - {None, ""}
    return len(names) > 1 or len(makers) > 1


def _moment(instance: Instance) -> datetime | None:
    on = instance.clock.acquired_on or instance.study_date
    at = instance.clock.acquired_time
    return datetime.combine(on, at) if on and at else None


def _ranked(images: Sequence[Seen]) -> tuple[Seen, ...]:
    numbers = [image.instance.instance_number for image in images]
    if None in numbers or len(set(numbers)) < len(numbers):
        return tuple(images)
    return tuple(replace(image, rank=image.instance.instance_number) for image in images)
