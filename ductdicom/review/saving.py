"""Decisions from the browser into the journal: refused where something else was seen."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
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
from ductdicom.review.pages import decisions_on, images_of

_STUDY = "study"  # pages name a study by its key, as they hold no UID


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
    events = read_entries((_named(entry, record) for entry in entries), "what was sent")
    names = images_of(record) - {""}
    for event in events:
        is_here = event.study_instance_uid == record.study_instance_uid
        if not is_here and not {event.sop_instance_uid, event.image} & names:
            raise UsageError("is on an image of another study")
        if not event.by:
            raise UsageError("has no initials", hint="say who decides")
    return tuple(replace(event, at=now, login=login) for event in events)


def _named(entry: Mapping[str, Any], record: RecordedStudy) -> Mapping[str, Any]:
    """Return a decision with the study's UID in place of its key."""
    if entry.get(_STUDY) != record.key:
        return entry
    rest = {name: value for name, value in entry.items() if name != _STUDY}
    return {**rest, "study_instance_uid": record.study_instance_uid}


def state_now(shelf: Shelf, record: RecordedStudy) -> tuple[str, list[Event]]:
    """Return the state of a study, as an ETag without its quotation marks, and its decisions."""
    events = decisions_on(record, read_journal(shelf.output.path).events)
    state = state_of(
        record.fingerprint or "",
        events,
        study=record.study_instance_uid,
        images=images_of(record),
    )
    return state, events
