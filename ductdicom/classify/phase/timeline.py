"""The order of exposures on one side, as far as the clock or the numbers tell it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise

from ductdicom.model.instance import Instance

_CONTENT_TAGS = ("(0008,0023)", "(0008,0033)")
_LONGEST_VISIT = timedelta(hours=12)  # more on one date means a clock that passed midnight
_HALF_DAY = timedelta(hours=11.5)  # a pause as long means a clock set by half a day, or nearly


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """Minutes since the first exposure by position, or ranks where there is no clock at all.

    ``trouble`` says why there are no minutes; empty where there are.
    """

    minutes: Mapping[int, float] = field(default_factory=dict)
    ranks: Mapping[int, int] = field(default_factory=dict)
    trouble: str = ""

    def is_before(self, first: int, second: int) -> bool | None:
        """Tell whether one exposure came before another; None where that is not known."""
        for places in (self.minutes, self.ranks):
            if first in places and second in places:
                if places[first] == places[second]:
                    return None
                return places[first] < places[second]
        return None

    def gap_minutes(self, first: int, second: int) -> float | None:
        """Return the minutes between two exposures, None where the clock does not tell."""
        if first in self.minutes and second in self.minutes:
            return abs(self.minutes[first] - self.minutes[second])
        return None

    def clusters(self, gap_minutes: float) -> tuple[tuple[int, ...], ...]:
        """Group exposures in order of time; a pause longer than ``gap_minutes`` parts them."""
        found: list[list[int]] = []
        for index in sorted(self.minutes, key=lambda i: (self.minutes[i], i)):
            if found and self.minutes[index] - self.minutes[found[-1][-1]] <= gap_minutes:
                found[-1].append(index)
            else:
                found.append([index])
        return tuple(tuple(cluster) for cluster in found)


def read_timeline(instances: Sequence[Instance]) -> Timeline:
    """Order the exposures of one side by the scanner's clock.

    Acquisition times are preferred; content times only where no image has an acquisition time.
    Clocks of different stations are not compared, nor times of one date half a day apart, which
    a clock set wrongly between morning and afternoon explains. Where no image has a time at all,
    instance numbers order them, if all are there and differ. Heuristic.
    """
    if not any(instance.clock.acquired_time for instance in instances):
        return Timeline(ranks=_ranks(instances), trouble="no-clock")
    if _has_several_stations(instances):
        return Timeline(trouble="stations-differ")
    moments = {
        index: moment
        for index, instance in enumerate(instances)
        if (moment := _moment(instance)) is not None
    }
    has_acquisition = any(instance.clock.is_acquisition for instance in instances)
    moments = {
        index: moment
        for index, moment in moments.items()
        if instances[index].clock.is_acquisition
        or (not has_acquisition and instances[index].clock.tag in _CONTENT_TAGS)
    }
    if not moments:
        return Timeline(trouble="no-exposure-time")
    start, end = min(moments.values()), max(moments.values())
    if end - start > _LONGEST_VISIT and start.date() == end.date():
        return Timeline(trouble="midnight")
    order = sorted(moments.values())
    if any(b - a >= _HALF_DAY and b.date() == a.date() for a, b in pairwise(order)):
        return Timeline(trouble="half-day")
    return Timeline(
        minutes={index: (moment - start).total_seconds() / 60 for index, moment in moments.items()}
    )


def duration(minutes: float) -> str:
    """Return ``40 s`` or ``12 min``."""
    return f"{minutes * 60:.0f} s" if minutes < 1 else f"{minutes:.0f} min"


def exposure_time(instance: Instance) -> datetime | None:
    """Return when an image was exposed, by an acquisition or content time with its own date.

    Times of creation, of the series or of the study say nothing of the exposure.
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


def _ranks(instances: Sequence[Instance]) -> dict[int, int]:
    numbers = [instance.instance_number for instance in instances]
    if None in numbers or len(set(numbers)) < len(numbers):
        return {}
    return {index: number for index, number in enumerate(numbers) if number is not None}
