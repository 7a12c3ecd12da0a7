"""Decisions from the browser into the journal: refused where something else was seen."""

import dataclasses
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Any

from msgspec.structs import replace

from ductdicom.decisions.event import SCHEMA, Event, content_of_sheet
from ductdicom.decisions.files import read_entries
from ductdicom.decisions.journal import add, read_journal, state_of
from ductdicom.decisions.sightings import read_sightings
from ductdicom.errors import UsageError
from ductdicom.model.record import RecordedInstance, RecordedStudy
from ductdicom.pipeline.again.preview import Preview, preview
from ductdicom.pipeline.again.redo import Opened, Reread, read_again, touched
from ductdicom.pipeline.earlier.recall import changed_images
from ductdicom.review.keeping import Kept
from ductdicom.review.listing import Shelf
from ductdicom.review.pages import decisions_on, history_of, names_in_words, names_of
from ductdicom.review.redrawing import Redrawing

_TICK = timedelta(seconds=1)
_MOST_REREAD = 50  # studies whose headers are kept


class Outdated(Exception):  # noqa: N818 - it is an answer
    """A study is not as it was seen.

    ``versions`` are what was sent, what is there now, and in words which originals are others than
    those of which its sheet was drawn.
    """

    def __init__(self, versions: Mapping[str, Any]) -> None:
        super().__init__("the study has changed since it was looked at")
        self.versions = versions


class Desk:
    """Takes decisions on the studies of an output folder, those on one study one after another."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._deciding: defaultdict[str, Lock] = defaultdict(Lock)
        self._kept = Kept(most_bytes=_MOST_REREAD)
        self.redrawing = Redrawing(shelf.output.path, shelf.forget)

    def state(self, record: RecordedStudy) -> tuple[str, list[Event]]:
        """Return what is seen of a study now, as one hash, and all decisions on it."""
        events = decisions_on(record, read_journal(self._shelf.output.path).events)
        uid, names = record.study_instance_uid, names_of(record)
        return state_of(record.fingerprint or "", events, study=uid, images=names), events

    def undrawn(self) -> Mapping[str, frozenset[str]]:
        """Return the studies whose sheets are not by what is in force, by key.

        Of each the IDs of the decisions that it lacks, or shows though they were taken back.
        """
        output = self._shelf.output
        events = read_journal(output.path).events
        return touched(self._shelf.known(), events, read_sightings(output))

    def people(self) -> dict[str, list[Event]]:
        """Return the decisions on each study and its images, by key."""
        on: defaultdict[str, dict[Event, None]] = defaultdict(dict)
        for event in read_journal(self._shelf.output.path).events:
            for name in event.subject:
                on[name][event] = None
        records = self._shelf.records()
        return {
            key: list(
                dict.fromkeys(event for name in names_of(record) for event in on.get(name, ()))
            )
            for key, record in records.items()
        }

    def save(self, key: str, said: Mapping[str, Any], *, seen: str, login: str) -> dict[str, Any]:
        """Lay decisions into the journal, decide the study again and draw it.

        Parameters
        ----------
        said
            Decisions, as in a file.
        seen
            The state of the study that they were made on.

        Raises
        ------
        Outdated
            It is another now, or an original is; nothing is saved.
        UsageError
            They are no decisions on this study; nothing is saved.
        """
        with self._deciding[key]:
            record = self._shelf.record(key)
            state, before = self.state(record)
            events = _stamped(self._posted(said, record), before, login)
            changed = _changed(record, events)
            if state != seen or changed:
                now = _version(record, state, before)
                raise Outdated({"yours": said, "now": now, "changed": changed})
            events = tuple(_bound(event, record) for event in events)
            reread = self._reread(record)
            changes = preview(reread, key, events)
            add(self._shelf.output.path, events)
            state, _ = self.state(record)
        self.redrawing.add(key)
        return {"state": state, "saved": [event.id for event in events], **_told(record, changes)}

    def preview(self, record: RecordedStudy, said: Mapping[str, Any]) -> dict[str, Any]:
        """Say what decisions would change, those in force being what they are; nothing is saved.

        Raises
        ------
        UsageError
            They are no decisions on this study.
        """
        _, before = self.state(record)
        events = _stamped(self._posted(said, record), before, "")
        return _told(record, preview(self._reread(record), record.key or "", events))

    def _posted(self, said: Mapping[str, Any], record: RecordedStudy) -> tuple[Event, ...]:
        events = read_posted(said, record)
        if any(event.verdict for event in events) and record.key in self._shelf.known().shared:
            raise UsageError(
                "the study holds the images of several patients under one number, and takes no "
                "verdict, as nobody can tell whose were looked at",
                hint="decide on its images",
            )
        return events

    def _reread(self, record: RecordedStudy) -> Reread:
        """Return a study and all others of its patient, and all decisions as they are now."""
        shelf, key = self._shelf, record.key or ""
        journal = read_journal(shelf.output.path)
        opened = Opened(output=shelf.output, known=shelf.known(), journal=journal)
        found = self._kept.get(
            (key, record.fingerprint or ""),
            lambda: read_again(opened, (key,), is_held=False),
            lambda _: 1,
        )
        return dataclasses.replace(found, opened=opened)


def _told(record: RecordedStudy, changes: Preview | None) -> dict[str, Any]:
    """Return what decisions change: of the study, of the images decided on, and of others."""
    if changes is None:
        return {"changes": None}
    names = zip(record.instances, names_in_words(record), strict=True)
    labels = {image.id: name for image, name in names}
    return {
        "changes": [
            {
                "image": item.image,
                "label": labels.get(item.image, ""),
                "what": item.what,
                "before": item.before,
                "after": item.after,
                "decided": item.is_decided,
            }
            for item in changes.images
        ],
        "status": changes.status,
    }


def _version(record: RecordedStudy, state: str, events: Iterable[Event]) -> dict[str, Any]:
    """Return a study as it is now, in words, for who saw it otherwise."""
    return {
        "state": state,
        "status": record.status,
        "images": [
            {"image": image.id, "label": name, "phase": image.phase}
            for image, name in zip(record.instances, names_in_words(record), strict=True)
            if image.kind == "view"
        ],
        "history": history_of(record, events),
    }


def _stamped(events: Iterable[Event], before: Iterable[Event], login: str) -> tuple[Event, ...]:
    """Give decisions the time of the server, later than that of all decisions on the study."""
    now = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
    later = (datetime.fromisoformat(event.at) + _TICK for event in before if event.at)
    at = max((now, *later)).isoformat(timespec="seconds")
    return tuple(replace(event, at=at, login=login) for event in events)


def _changed(record: RecordedStudy, events: Iterable[Event]) -> list[str]:
    """Return of which images another original was looked at than is there now.

    Its sheet, and what a page says that it showed, are held against the file that is there. Who
    only takes something back need not have looked.
    """
    changed = changed_images(record)
    replaced = {
        number
        for event in events
        if event.fields
        for number, image in _images_of(event, record)
        if number in changed
    }
    other = {
        number
        for event in events
        for number, _ in _images_of(event, record)
        if event.content not in {"", _bound(replace(event, content=""), record).content}
    }
    names = names_in_words(record)
    return [names[number] for number in sorted(replaced | other)]


def _images_of(event: Event, record: RecordedStudy) -> Iterator[tuple[int, RecordedInstance]]:
    """Yield the images that a decision is on, of a verdict all of the study, with their places."""
    for number, image in enumerate(record.instances):
        if event.verdict or {image.id, image.sop_instance_uid}.intersection(event.subject):
            yield number, image


def _bound(event: Event, record: RecordedStudy) -> Event:
    """Say in a decision which file was looked at, as far as the record of the sheet tells."""
    if event.content or not event.fields:
        return event
    seen = {content for _, image in _images_of(event, record) for content in record.seen_of(image)}
    if event.verdict:
        return replace(event, content=content_of_sheet(seen))
    return replace(event, content=seen.pop()) if len(seen) == 1 else event


def read_posted(content: Any, record: RecordedStudy) -> tuple[Event, ...]:
    """Read decisions that a page sends.

    Raises
    ------
    UsageError
        They are none, have no initials, or are on something else than this study.
    """
    if not isinstance(content, dict) or content.get("schema") != SCHEMA:
        raise UsageError("are no decisions", hint=f'"schema" must be "{SCHEMA}"')
    entries = content.get("decisions")
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise UsageError('"decisions" must be a list of objects')
    events = read_entries(entries, "what was sent")
    subjects: list[set[str]] = [
        {record.study_instance_uid, record.key or ""},
        *({image.id, image.sop_instance_uid} for image in record.instances),
    ]
    for event in events:
        if not any(names.issuperset(event.subject) for names in subjects):
            raise UsageError("is on something else than this study or one of its images")
        if not event.by:
            raise UsageError("has no initials", hint="say who decides")
    return events
