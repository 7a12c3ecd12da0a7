"""The studies of OUT as a list to work off: what needs a person first, and who looks at what."""

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from threading import Lock
from time import monotonic
from types import MappingProxyType

from ductdicom.errors import OutputError
from ductdicom.export.accounts import read_times
from ductdicom.export.html.index import date_in
from ductdicom.export.output import (
    RECORD_NAME,
    RECORDS_NAME,
    THUMBNAIL_NAME,
    OutputFolder,
    refuse_links,
)
from ductdicom.export.records import read_record
from ductdicom.model.call import ExamKind
from ductdicom.model.outcome import ReviewReason, Status
from ductdicom.model.record import RecordedStudy
from ductdicom.pipeline.earlier.known import KnownStudies, read_known
from ductdicom.reading import read_regular
from ductdicom.wording import counted

_GONE_AFTER_S = 60  # a page says every 20 seconds that it is open
_MOST_OPEN = 10_000
_WORDS: Mapping[ReviewReason, str] = MappingProxyType(
    {
        ReviewReason.EXAM_CONFLICT: "signs of two kinds of examination",
        ReviewReason.EXAM_INFERRED: "nothing names the examination",
        ReviewReason.INTERNAL_ERROR: "a bug kept a part from being drawn",
        ReviewReason.LATERALITY_BOTH: "an image of both breasts",
        ReviewReason.LATERALITY_CONFLICT: "the side is contradicted",
        ReviewReason.LATERALITY_UNKNOWN: "nothing tells the side of an image",
        ReviewReason.NOT_A_PATIENT: "taken for images of a test object",
        ReviewReason.NO_IMAGE: "no image to look at",
        ReviewReason.ONLY_SUGGESTED: "before and after are only suggested",
        ReviewReason.ORIENTATION_CONFLICT: "an image lies otherwise than it says",
        ReviewReason.PATIENT_CONFLICT: "several patients share it",
        ReviewReason.PHASE_CONFLICT: "before or after is contradicted",
        ReviewReason.PHASE_UNKNOWN: "nothing tells before from after",
        ReviewReason.SAME_UID_OTHER_BYTES: "an image came in two versions",
        ReviewReason.TIME_CONFLICT: "the clock contradicts before and after",
        ReviewReason.UNREADABLE_IMAGE: "an image cannot be shown",
        ReviewReason.VIEW_CONFLICT: "the view is contradicted",
        ReviewReason.VIEW_UNKNOWN: "nothing tells the view of an image",
        ReviewReason.WORKER_DIED: "an image ended the program that read it",
    }
)


class Shelf:
    """The records of an output folder, read again where they have changed."""

    def __init__(self, output: OutputFolder) -> None:
        self.output = output
        self._lock = Lock()
        self._seen: object = None
        self._known = KnownStudies()

    def records(self) -> Mapping[str, RecordedStudy]:
        """Return all records by key."""
        return self.known().records

    def known(self) -> KnownStudies:
        """Return all records, and the lines on which they stand."""
        with self._lock:
            now = self._stamp()
            if self._seen is None or self._seen != now:
                self._known = read_known(self.output.path)
                self._seen = now
            return self._known

    def record(self, key: str) -> RecordedStudy:
        """Return one study's record, as it is now.

        Raises
        ------
        KeyError
            No record has that key.
        """
        known = self.records()[key]  # a key that none has is never made a path
        path = self.output.path / "studies" / key / RECORD_NAME
        refuse_links(path, below=self.output.path)
        with suppress(OSError, ValueError):
            found = read_record(read_regular(path, follow=False))
            if found.key == key:
                return found
        return known

    def file(self, record: RecordedStudy, name: str) -> bytes:
        """Return a file that a run wrote of a study.

        Raises
        ------
        KeyError
            The record does not list it, or it is not there.
        """
        if name not in (record.files or ()):
            raise KeyError(name)
        path = self.output.path / "studies" / str(record.key) / name
        try:
            refuse_links(path, below=self.output.path)
            return read_regular(path, follow=False)
        except (OSError, OutputError) as error:
            raise KeyError(name) from error

    def times(self) -> Mapping[str, tuple[str, str]]:
        """Return when studies were first seen and last changed, UTC, by key."""
        return read_times(self.output)

    def forget(self) -> None:
        """Read all records again the next time."""
        with self._lock:
            self._seen = None

    def _stamp(self) -> object:
        """Return what changes with the records of a run."""
        path = self.output.path
        return tuple(_changed_ns(place) for place in (path / RECORDS_NAME, path / "studies"))


def _changed_ns(path: Path) -> int:
    try:
        return os.stat(path).st_mtime_ns  # noqa: PTH116 - as the other stamps
    except OSError:
        return 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ListItem:
    """A study as the work list shows it; ``age_days`` count from when it was first seen."""

    key: str
    group: str
    title: str
    who: str
    status: Status
    reasons: str
    sides: str
    views: str
    age: str
    age_days: int
    has_thumbnail: bool


def list_studies(
    records: Iterable[RecordedStudy], times: Mapping[str, tuple[str, str]], today: date
) -> list[ListItem]:
    """Return the studies that a person may want to look at, those for review first, oldest first.

    ``group`` of each is ``open`` where it waits for a person, ``done`` where one has decided on it,
    and else ``other``.
    """
    wanted = [
        record
        for record in records
        if record.exam.kind is ExamKind.DUCTOGRAM
        or record.status is Status.REVIEW
        or _is_decided(record)
    ]
    items = [_item(record, times, today) for record in wanted]
    return sorted(items, key=lambda item: (item.group != "open", -item.age_days, item.key))


def _item(record: RecordedStudy, times: Mapping[str, tuple[str, str]], today: date) -> ListItem:
    key = record.key or ""
    days = _days(times.get(key, ("", ""))[0], today)
    is_open = record.status is Status.REVIEW
    return ListItem(
        key=key,
        group="open" if is_open else "done" if _is_decided(record) else "other",
        title=f"{date_in(key)} {record.exam.kind.replace('-', ' ')}",
        who=" · ".join(record.department.identity) if record.department else "",
        status=record.status,
        reasons=reasons_in_words(record),
        sides=" ".join(sorted(_sides(record))) or "?",
        views=", ".join(_views(record)),
        age="today" if days == 0 else counted(days, "day"),
        age_days=days,
        has_thumbnail=THUMBNAIL_NAME in (record.files or ()),
    )


def reasons_in_words(record: RecordedStudy) -> str:
    """Say why a person must decide."""
    return "; ".join(
        _WORDS.get(reason, reason.replace("-", " ")) for reason in record.review_reasons
    )


def _views(record: RecordedStudy) -> Iterator[str]:
    """Yield sides and views of a study's rows, each once."""
    by_uid = {image.sop_instance_uid: image for image in record.instances}
    seen: dict[str, None] = {}
    for row in record.rows:
        for uid in (*row.pre, *row.post, *row.plain):
            view = by_uid[uid].view if uid in by_uid else None
            seen[f"{row.laterality or 'side ?'} {view or 'view ?'}"] = None
    yield from seen


def _sides(record: RecordedStudy) -> Iterator[str]:
    """Yield the letters of the sides of a study's images, ``?`` where one has none."""
    for image in record.instances:
        if image.kind == "view":
            yield from "LR" if image.laterality == "B" else image.laterality or "?"


def _is_decided(record: RecordedStudy) -> bool:
    """Whether a person has said anything of a study or of one of its images."""
    return bool(record.review) or any(image.decided for image in record.instances)


def _days(first_seen: str, today: date) -> int:
    try:
        return max(0, (today - datetime.fromisoformat(first_seen).date()).days)
    except ValueError:
        return 0


class Presence:
    """Who has which study open, as their pages say now and then."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._open: dict[tuple[str, str], tuple[str, datetime, float]] = {}

    def say(self, key: str, page: str, who: str) -> None:
        """Take note that a page shows a study; ``page`` tells apart pages of one person."""
        with self._lock:
            since = self._open.get((key, page), ("", datetime.now(UTC), 0.0))[1]
            self._open[key, page] = who, since, monotonic()
            while len(self._open) > _MOST_OPEN:
                del self._open[next(iter(self._open))]

    def leave(self, key: str, page: str) -> None:
        """Take note that a page shows a study no more."""
        with self._lock:
            self._open.pop((key, page), None)

    def now(self, *, but: str = "") -> dict[str, list[dict[str, str]]]:
        """Return who has studies open, since when and for how long, by key, without one page."""
        found: dict[str, list[dict[str, str]]] = {}
        with self._lock:
            for (key, page), (who, since, told) in self._open.items():
                if page != but and monotonic() - told < _GONE_AFTER_S:
                    minutes = max(0, int((datetime.now(UTC) - since).total_seconds() // 60))
                    said = {"who": who, "since": f"{since:%H:%M} UTC", "for": f"{minutes} min"}
                    found.setdefault(key, []).append(said)
        return found
