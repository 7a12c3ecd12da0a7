"""Decisions from the browser into the journal: refused where something else was seen."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from threading import Lock
from typing import Any

from msgspec.structs import replace

from ductdicom.decisions.event import SCHEMA, Event
from ductdicom.decisions.files import read_entries
from ductdicom.decisions.journal import add, read_journal, state_of
from ductdicom.errors import UsageError
from ductdicom.model.record import RecordedStudy
from ductdicom.review.listing import Shelf
from ductdicom.review.pages import decisions_on, history_of, label_of, names_of


class Outdated(Exception):  # noqa: N818 - it is an answer
    """A study is not as it was seen; ``versions`` are what was sent, and what is there now."""

    def __init__(self, versions: Mapping[str, Any]) -> None:
        super().__init__("the study has changed since it was looked at")
        self.versions = versions


class Desk:
    """Takes decisions on the studies of an output folder, those on one study one after another."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._deciding: defaultdict[str, Lock] = defaultdict(Lock)

    def state(self, record: RecordedStudy) -> tuple[str, list[Event]]:
        """Return what is seen of a study now, as one hash, and all decisions on it."""
        events = decisions_on(record, read_journal(self._shelf.output.path).events)
        uid, names = record.study_instance_uid, names_of(record)
        return state_of(record.fingerprint or "", events, study=uid, images=names), events

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
            It is another now; nothing is saved.
        UsageError
            They are no decisions on this study; nothing is saved.
        """
        with self._deciding[key]:
            record = self._shelf.record(key)
            events = read_posted(said, record, login)
            state, before = self.state(record)
            if state != seen:
                raise Outdated({"yours": said, "now": _version(record, state, before)})
            add(self._shelf.output.path, events)
            state, _ = self.state(record)
        return {"state": state, "saved": [event.id for event in events]}


def _version(record: RecordedStudy, state: str, events: Iterable[Event]) -> dict[str, Any]:
    """Return a study as it is now, in words, for who saw it otherwise."""
    return {
        "state": state,
        "status": record.status,
        "images": [
            {"image": image.id, "label": label_of(image), "phase": image.phase}
            for image in record.instances
            if image.kind == "view"
        ],
        "history": history_of(record, events),
    }


def read_posted(content: Any, record: RecordedStudy, login: str) -> tuple[Event, ...]:
    """Read decisions that a page sends; their time is that of the server.

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
    now = datetime.now(UTC).replace(tzinfo=None).isoformat()
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
    return tuple(replace(event, at=now, login=login) for event in events)
