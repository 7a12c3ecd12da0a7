"""Dates and times of the header; what cannot be used becomes None.

References
----------
* DICOM PS3.5 6.2, value representations DA, TM and DT
* DICOM PS3.3 C.7.6.1, General Image, and C.12.1, SOP Common, for what each clock means
"""

import re
from collections.abc import Iterator
from datetime import date, datetime, time
from functools import lru_cache
from itertools import chain

from ductdicom.ingest.headers.tags import Tag
from ductdicom.ingest.headers.values import DataSet
from ductdicom.model.instance import Clock

_DATE = re.compile(r"(\d{4})[.\-/]?(\d{2})[.\-/]?(\d{2})")
_TIME = re.compile(r"(\d{2})(?::?(\d{2})(?::?(\d{2})(?:[.,](\d{1,6})\d*)?)?)?")
_LAST_SECOND = 59
_LEAP_SECOND = 60  # DICOM allows it, Python does not
_DATE_DIGITS = 8
_DATE_TIME_DIGITS = 14
_REMEMBERED = 4096  # an image says the same moment under several tags

_UNKNOWN = Clock()

_ACQUISITION = (Tag.ACQUISITION_DATE, Tag.ACQUISITION_TIME)
# Best first; none of them tells the exposure itself.
_OTHERS = (
    (Tag.CONTENT_DATE, Tag.CONTENT_TIME),
    (Tag.INSTANCE_CREATION_DATE, Tag.INSTANCE_CREATION_TIME),
    (Tag.SERIES_DATE, Tag.SERIES_TIME),
)
CLOCK_TAGS = (Tag.ACQUISITION_DATE_TIME, *_ACQUISITION, *chain.from_iterable(_OTHERS))
"""The elements beside functional groups that `read_clock` looks at."""


@lru_cache(maxsize=_REMEMBERED)
def parse_date(text: str | None) -> date | None:
    """Parse a date as DICOM writes it (DA), also with dots, dashes or slashes between.

    Parameters
    ----------
    text
        ``YYYYMMDD`` or ``YYYY.MM.DD``; blanks around it are ignored.

    Returns
    -------
    date | None
        None where there is no text, or it is no day of the calendar. The first one, ``00010101``,
        is what programs write that have none (.NET's ``DateTime.MinValue``, heuristic).
    """
    match = _DATE.fullmatch((text or "").strip())
    if match is None:
        return None
    try:
        found = date(*map(int, match.groups()))
    except ValueError:
        return None
    return None if found == date.min else found


@lru_cache(maxsize=_REMEMBERED)
def parse_time(text: str | None) -> time | None:
    """Parse a time of day as DICOM writes it (TM), also with colons.

    Parameters
    ----------
    text
        ``HH``, ``HHMM``, ``HHMMSS`` or ``HHMMSS.FFFFFF``, on the scanner's clock. A leap second
        counts as the second before it; what follows the sixth digit of the fraction is dropped.

    Returns
    -------
    time | None
        Without a zone, to the microsecond; None where there is no text, or it is no time of day.
    """
    match = _TIME.fullmatch((text or "").strip())
    if match is None:
        return None
    hour, minute, second = (int(part or 0) for part in match.groups()[:3])
    microsecond = int((match[4] or "").ljust(6, "0"))
    try:
        return time(hour, minute, _LAST_SECOND if second == _LEAP_SECOND else second, microsecond)
    except ValueError:
        return None


def parse_date_time(text: str | None) -> tuple[date | None, time | None]:
    """Parse a date with a time as DICOM writes them together (DT).

    Parameters
    ----------
    text
        ``YYYYMMDD`` and, if known, the time of day behind it. An offset from UTC at the end is
        dropped: all times here are those of the scanner's clock.

    Returns
    -------
    tuple[date | None, time | None]
        Date and time of day; without a date no time either.
    """
    local = re.split(r"[+-]\d{4}$", (text or "").strip())[0]
    found = parse_date(local[:_DATE_DIGITS])
    return found, parse_time(local[_DATE_DIGITS:]) if found else None


def parse_dated_time(text: str | None) -> time | None:
    """Parse a time of day in front of which some consoles write the date.

    Parameters
    ----------
    text
        As for `parse_time`, or as for `parse_date_time` with fourteen digits and more.

    Returns
    -------
    time | None
        None where it is neither.
    """
    if text and text[:_DATE_TIME_DIGITS].isdigit() and len(text) >= _DATE_TIME_DIGITS:
        return parse_date_time(text)[1]
    return parse_time(text)


def read_clock(item: DataSet, frames: tuple[DataSet, ...] = ()) -> Clock:
    """Return the best clock of an object.

    The first attribute that has a time wins: Acquisition Date Time, Acquisition Date and Time,
    the earliest frame, Content, Instance Creation, Series. Without any time the first date is
    returned alone. Date and time always come from one attribute or one pair of them.

    Parameters
    ----------
    item
        The data set of the object.
    frames
        Its functional groups of each frame, none for an object that is not enhanced.

    Returns
    -------
    Clock
        By the scanner's clock, without a zone; empty where no attribute says anything.
    """
    dated = _UNKNOWN
    for clock in _clocks(item, frames):
        if clock.acquired_time is not None:
            return clock
        if dated.acquired_on is None and clock.acquired_on is not None:
            dated = clock
    return dated


def _clocks(item: DataSet, frames: tuple[DataSet, ...]) -> Iterator[Clock]:
    """Yield the clocks of an object, the best first."""
    yield _from_date_time(item)
    yield _from_pair(item, *_ACQUISITION, is_acquisition=True)
    yield _from_frames(frames)
    for pair in _OTHERS:
        yield _from_pair(item, *pair, is_acquisition=False)


def _from_date_time(item: DataSet) -> Clock:
    text = item.word(Tag.ACQUISITION_DATE_TIME)
    if not text:
        return _UNKNOWN
    on, at = parse_date_time(text)
    label = Tag.ACQUISITION_DATE_TIME.label
    return Clock(acquired_on=on, acquired_time=at, tag=label, is_acquisition=True)


def _from_pair(item: DataSet, date_tag: Tag, time_tag: Tag, *, is_acquisition: bool) -> Clock:
    on, at = parse_date(item.word(date_tag)), parse_time(item.word(time_tag))
    tag = date_tag if at is None else time_tag
    return Clock(acquired_on=on, acquired_time=at, tag=tag.label, is_acquisition=is_acquisition)


def _from_frames(frames: tuple[DataSet, ...]) -> Clock:
    moments = []
    for frame in frames:
        for content in frame.items(Tag.FRAME_CONTENT_SEQUENCE):
            on, at = parse_date_time(content.word(Tag.FRAME_ACQUISITION_DATE_TIME))
            if on is not None and at is not None:
                moments.append(datetime.combine(on, at))
    if not moments:
        return _UNKNOWN
    first = min(moments)
    label = Tag.FRAME_ACQUISITION_DATE_TIME.label
    return Clock(
        acquired_on=first.date(), acquired_time=first.time(), tag=label, is_acquisition=True
    )
