"""``sent.jsonl``: what was made, sent and committed; a line an event, added and never changed.

What is made is written down before it is sent, so that it is the same when it is sent again after
whatever stopped us. Lines that were cut by a crash, or are of a later version, are passed over.
"""

import os
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from ductdicom.export.output import (
    STATE_FOLDER,
    encode_json,
    refuse_links,
    saying,
    sync_file,
    sync_folder,
)
from ductdicom.pacs.send.objects import SentKind
from ductdicom.reading import read_regular

JOURNAL_NAME = "sent.jsonl"
_MOST_BYTES = 1 << 32


class MadeObject(Struct, frozen=True, kw_only=True):
    """One object: a page of a sheet, or all that there is of another kind."""

    page: int
    sop_instance_uid: str


class MadeEvent(Struct, frozen=True, kw_only=True, tag="made", tag_field="event"):
    """Objects of one kind were made of a study.

    Attributes
    ----------
    study, record
        The study's key, and a hash of its record, by which nothing new is known without a look.
    digest
        Hash of all that they hold but UIDs, times and version.
    number
        1 for the first, one more with each that takes the place of the one before: ``follows``
        are the UIDs of that.
    made_at
        When; empty for the first, which has the time of the newest image.
    software
        Whose bytes they are.
    """

    at: str
    study: str
    study_instance_uid: str
    kind: SentKind
    record: str
    digest: str
    number: int
    made_at: str
    software: str
    objects: tuple[MadeObject, ...]
    follows: tuple[str, ...] = ()


class SentEvent(Struct, frozen=True, kw_only=True, tag="sent", tag_field="event"):
    """An object was sent; ``status`` is what the peer answered, ``stored`` whether it has it."""

    at: str
    study: str
    peer: str
    sop_instance_uid: str
    sop_class_uid: str
    status: str
    stored: bool


class AskedEvent(Struct, frozen=True, kw_only=True, tag="commitment-asked", tag_field="event"):
    """A peer was asked to commit itself to keep objects."""

    at: str
    peer: str
    transaction: str
    sop_instance_uids: tuple[str, ...]


class ReportedEvent(
    Struct, frozen=True, kw_only=True, tag="commitment-reported", tag_field="event"
):
    """A peer reported to which objects it commits itself, and to which not and why."""

    at: str
    transaction: str
    committed: tuple[str, ...]
    failed: dict[str, str] = {}


SendingEvent = MadeEvent | SentEvent | AskedEvent | ReportedEvent
_decoder = msgspec.json.Decoder(SendingEvent)


class SendingJournal:
    """The journal of an output folder, read once; what is added is known at once.

    Several processes may add to it. ``reread`` takes in what others added.
    """

    def __init__(self, output: Path) -> None:
        self.path = output / STATE_FOLDER / JOURNAL_NAME
        self._made: dict[tuple[str, SentKind], MadeEvent] = {}
        self._made_of: dict[str, list[MadeEvent]] = {}
        self._stored: dict[str, dict[str, SentEvent]] = {}
        self._asked: dict[str, AskedEvent] = {}
        self._reports: dict[str, ReportedEvent] = {}
        self.reread()

    def reread(self) -> None:
        """Read all of it.

        Raises
        ------
        OutputError
            It cannot be read, or a link stands in its place.
        """
        refuse_links(self.path, below=self.path.parents[1])
        with saying(self.path, "could not be read"):
            is_there = os.path.lexists(self.path)
            content = read_regular(self.path, most_bytes=_MOST_BYTES) if is_there else b""
        for line in content.split(b"\n"):
            try:
                self._know(_decoder.decode(line))
            except (msgspec.DecodeError, RecursionError):
                continue

    def add(self, event: SendingEvent) -> None:
        """Write down what happened; when this returns it is on the disk.

        Raises
        ------
        OutputError
            It could not be written.
        """
        refuse_links(self.path, below=self.path.parents[1])
        with saying(self.path, "could not be written"):
            is_new = not os.path.lexists(self.path)
            with self.path.open("a+b", buffering=0) as stream:
                # A line that a crash cut short is ended, so that this one is no part of it.
                size = stream.seek(0, os.SEEK_END)
                stream.seek(max(size - 1, 0))
                is_cut = stream.read(1) not in {b"", b"\n"}
                stream.write(b"\n" * is_cut + encode_json(event))
                sync_file(stream.fileno())
        if is_new:
            sync_folder(self.path.parent)
        self._know(event)

    def _know(self, event: SendingEvent) -> None:
        if isinstance(event, MadeEvent):
            self._made[event.study, event.kind] = event
            self._made_of.setdefault(event.study_instance_uid, []).append(event)
        elif isinstance(event, SentEvent):
            if event.stored:
                self._stored.setdefault(event.peer, {})[event.sop_instance_uid] = event
        elif isinstance(event, AskedEvent):
            self._asked[event.transaction] = event
        else:
            self._reports[event.transaction] = event

    def last_made(self, study: str, kind: SentKind) -> MadeEvent | None:
        """Return what was made last of a kind of a study."""
        return self._made.get((study, kind))

    def made_of(self, study_uid: str) -> Sequence[MadeEvent]:
        """Return all that was made of a study of this UID, oldest first."""
        return tuple(self._made_of.get(study_uid, ()))

    def is_stored(self, peer: str, uid: str) -> bool:
        """Tell whether a peer said that it stored an object."""
        return uid in self._stored.get(peer, {})

    def asked(self, transaction: str) -> AskedEvent | None:
        """Return what a peer was asked for in a transaction, None if there was none."""
        return self._asked.get(transaction)

    def report(self, transaction: str) -> ReportedEvent | None:
        """Return what was reported of a transaction."""
        return self._reports.get(transaction)

    def uncommitted(self, peer: str) -> Iterator[SentEvent]:
        """Yield what a peer stored and did not commit itself to yet."""
        committed = {
            uid
            for transaction, report in self._reports.items()
            if transaction in self._asked and self._asked[transaction].peer == peer
            for uid in report.committed
        }
        for uid, event in self._stored.get(peer, {}).items():
            if uid not in committed:
                yield event

    def current(self, studies: Collection[str]) -> set[str]:
        """Return the UIDs of what is the newest of its kind, of some studies."""
        return {
            item.sop_instance_uid
            for (study, _), made in self._made.items()
            if study in studies
            for item in made.objects
        }
