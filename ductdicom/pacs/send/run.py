"""All of it together: which studies, what is new of them, and how far the peer took it."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import msgspec

from ductdicom.decisions.journal import read_journal
from ductdicom.decisions.sightings import read_sightings
from ductdicom.errors import RemoteError
from ductdicom.export.output import OutputFolder, require_output
from ductdicom.model.call import ExamKind
from ductdicom.model.outcome import Status
from ductdicom.pacs.send.elsewhere import numbers_elsewhere
from ductdicom.pacs.send.journal import MadeEvent, SendingJournal, SentEvent
from ductdicom.pacs.send.make import Former, SentObject, finish, plan, series_of
from ductdicom.pacs.send.objects import SentKind, draft
from ductdicom.pacs.send.originals import StudyToSend, Withheld, WithheldError, read_study
from ductdicom.pacs.send.store import PAUSES_S, Answer, Reply, Store, store_patiently, wait
from ductdicom.pipeline.again.redo import touched
from ductdicom.pipeline.earlier.known import KnownStudies, read_known
from ductdicom.wording import utc_now

SENDABLE = (Status.PAIRED, Status.PARTIAL)


def _local_now() -> datetime:
    return datetime.now().astimezone()


@dataclass(frozen=True, slots=True, kw_only=True)
class SendWish:
    """What is to be sent.

    Attributes
    ----------
    statuses
        Of `SENDABLE`; nothing else is ever sent.
    keys
        Names of studies; None for all.
    is_again
        Also what the peer said that it has: the same objects once more.
    takes_over
        Also where the peer has sheets that another output folder sent: as their next revision.
    pauses_s
        How long a peer that cannot take an object now is left alone, each time it says so.
    pause, now
        The clocks.
    """

    kinds: tuple[SentKind, ...] = (SentKind.SHEET, SentKind.KEYS)
    statuses: tuple[Status, ...] = SENDABLE
    keys: frozenset[str] | None = None
    is_again: bool = False
    takes_over: bool = False
    pauses_s: tuple[float, ...] = PAUSES_S
    pause: Callable[[float], None] = wait
    now: Callable[[], datetime] = _local_now


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedKind:
    """Objects of one kind of a study, and those of them that the peer has not stored yet."""

    made: MadeEvent
    objects: tuple[SentObject, ...]
    todo: tuple[SentObject, ...]

    @property
    def kind(self) -> SentKind:
        """Of which kind they are."""
        return self.made.kind

    @property
    def number(self) -> int:
        """Which revision they are."""
        return self.made.number


@dataclass(slots=True, kw_only=True)
class SendingOfStudy:
    """What became of a study.

    ``planned`` is empty where nothing is new; ``replies`` are one an object that was sent.
    """

    key: str
    status: Status
    withheld: Withheld | None = None
    planned: tuple[PlannedKind, ...] = ()
    replies: list[tuple[SentObject, Reply]] = field(default_factory=list)

    @property
    def todo(self) -> int:
        """How many objects are to be sent."""
        return sum(len(item.todo) for item in self.planned)


@dataclass(slots=True, kw_only=True)
class Sending:
    """What became of all studies.

    ``left`` is of how many nothing was sent, as it ended before. ``unasked`` says why the peer
    could not be asked what another output folder sent, empty where it could.
    """

    studies: list[SendingOfStudy] = field(default_factory=list)
    left: int = 0
    unasked: str = ""

    def count(self, answer: Answer) -> int:
        """Return how many objects were answered so."""
        return sum(reply.answer is answer for s in self.studies for _, reply in s.replies)

    @property
    def exit_code(self) -> int:
        """5 where the peer refused, 1 where a study was withheld, else 0."""
        if self.count(Answer.REFUSED) or self.count(Answer.LATER):
            return 5
        return 1 if any(study.withheld for study in self.studies) else 0


class Sender:
    """An output folder whose studies are sent to a peer.

    Parameters
    ----------
    path
        The output folder. No lock is held: what a run changes meanwhile is not sent.
    peer
        What the journal calls the peer: where it is, not what it is called here.
    """

    def __init__(self, path: Path, peer: str, wish: SendWish) -> None:
        self._output: OutputFolder = require_output(path)
        self._peer = peer
        self._wish = wish
        self.journal = SendingJournal(path)
        self._unasked = ""
        self._known: KnownStudies = read_known(path)
        self._touched = touched(
            self._known, read_journal(path).events, read_sightings(self._output)
        )

    def studies(self) -> list[str]:
        """Return the keys of what is asked for: ductograms of these names and statuses."""
        chosen = (
            key
            for key, record in self._known.records.items()
            if record.exam.kind is ExamKind.DUCTOGRAM
            and record.status in set(self._wish.statuses) & set(SENDABLE)
            and (self._wish.keys is None or key in self._wish.keys)
        )
        return sorted(chosen)

    def unknown(self) -> list[str]:
        """Return the names that were asked for, and that no study has."""
        return sorted((self._wish.keys or frozenset()) - self._known.records.keys())

    def others(self) -> list[tuple[str, Status]]:
        """Return the ductograms, and what may be some, that are not sent, and their status."""
        chosen = set(self.studies())
        return sorted(
            (key, record.status)
            for key, record in self._known.records.items()
            if key not in chosen
            and (record.exam.kind is ExamKind.DUCTOGRAM or record.status is Status.REVIEW)
            and (self._wish.keys is None or key in self._wish.keys)
        )

    def uncommitted(self) -> list[SentEvent]:
        """Return what the peer has stored and did not commit itself to yet, if it is the newest."""
        newest = self.journal.current(self.studies())
        found = self.journal.uncommitted(self._peer)
        return [item for item in found if item.sop_instance_uid in newest]

    def look(self, key: str, *, is_dry: bool = False, store: Store | None = None) -> SendingOfStudy:
        """Say what of a study is to be sent, and make it.

        What is new is written down before it can be sent, unless ``is_dry``.

        Parameters
        ----------
        store
            Who is asked whether another output folder sent something of it; None: nobody.
        """
        record = self._known.records[key]
        found = SendingOfStudy(key=key, status=record.status)
        record_hash = hashlib.sha256(self._known.lines[key]).hexdigest()
        kinds = [kind for kind in self._kinds(key) if not self._is_done(key, kind, record_hash)]
        if key in self._touched:
            found.withheld = Withheld.UNAPPLIED
            return found
        try:
            if kinds:
                needs_pdf = SentKind.PDF in kinds
                study = read_study(record, self._known, self._output, needs_pdf=needs_pdf)
                found.planned = self._planned(study, kinds, record_hash, store)
        except WithheldError as error:
            found.withheld = error.reason
        for item in found.planned:
            if not is_dry and item.made != self.journal.last_made(key, item.kind):
                self.journal.add(item.made)
        return found

    def send(
        self,
        store: Store,
        tell: Callable[[SendingOfStudy], None],
        *,
        is_ending: Callable[[], bool] = lambda: False,
    ) -> Sending:
        """Send what is new.

        Parameters
        ----------
        tell
            Called with each study when it is done.
        is_ending
            Tells that no further study is to be begun.

        Raises
        ------
        RemoteError
            The peer cannot be reached any more; what it stored is written down.
        OutputError
            The journal cannot be written.
        """
        sending = Sending()
        keys = self.studies()
        for place, key in enumerate(keys, start=1):
            study = self.look(key, store=store)
            sending.studies.append(study)
            is_full = not self._deliver(
                store, study, has_answered=bool(sending.count(Answer.STORED))
            )
            tell(study)
            if is_full or is_ending():  # so is it for the others
                sending.left = len(keys) - place
                break
        sending.unasked = self._unasked
        return sending

    def _deliver(self, store: Store, study: SendingOfStudy, *, has_answered: bool) -> bool:
        """Send what is to be sent of a study.

        Returns
        -------
        False where the peer cannot take anything now.
        """
        for item in (item for planned in study.planned for item in planned.todo):
            reply = store_patiently(
                store,
                item,
                pauses_s=self._wish.pauses_s,
                pause=self._wish.pause,
                has_answered=has_answered or bool(study.replies),
            )
            study.replies.append((item, reply))
            self.journal.add(
                SentEvent(
                    at=utc_now(),
                    study=study.key,
                    peer=self._peer,
                    sop_instance_uid=item.sop_instance_uid,
                    sop_class_uid=item.sop_class_uid,
                    status=reply.status,
                    stored=reply.answer is Answer.STORED,
                )
            )
            if reply.answer is Answer.LATER:
                return False
        return True

    def _kinds(self, key: str) -> tuple[SentKind, ...]:
        """Return what is sent of a study: what is asked for, and what the peer has of it already.

        Else what was sent once, and is not asked for now, would go on showing what no longer holds.
        """
        made = {kind: self.journal.last_made(key, kind) for kind in SentKind}
        kept = {
            kind
            for kind, event in made.items()
            if event is not None
            and any(self.journal.is_stored(self._peer, o.sop_instance_uid) for o in event.objects)
        }
        return tuple(kind for kind in SentKind if kind in kept.union(self._wish.kinds))

    def _is_done(self, key: str, kind: SentKind, record_hash: str) -> bool:
        """Tell whether a kind is sent, as far as the study's record tells alone."""
        made = self.journal.last_made(key, kind)
        if made is None or made.record != record_hash or self._wish.is_again:
            return False
        return all(self._is_stored(item.sop_instance_uid) for item in made.objects)

    def _is_stored(self, uid: str) -> bool:
        return not self._wish.is_again and self.journal.is_stored(self._peer, uid)

    def _planned(
        self,
        study: StudyToSend,
        kinds: Sequence[SentKind],
        record_hash: str,
        store: Store | None,
    ) -> tuple[PlannedKind, ...]:
        """Return what is to be made, all of it plainly newer than what others sent."""
        planned = tuple(self._plan(study, kind, record_hash) for kind in kinds)
        above = {} if store is None else self._numbers_elsewhere(store, planned)
        if all(item.number > above.get(item.kind, 0) for item in planned):
            return planned
        if not self._wish.takes_over:
            raise WithheldError(Withheld.ELSEWHERE)
        top = max(above.values())
        return tuple(self._plan(study, kind, record_hash, top) for kind in kinds)

    def _numbers_elsewhere(
        self, store: Store, planned: Sequence[PlannedKind]
    ) -> dict[SentKind, int]:
        """Ask which revisions of a study, of kinds that are to be sent, are of another folder.

        Who cannot be asked is sent to all the same, and not asked again.
        """
        kinds = {item.kind for item in planned if item.todo}
        if not kinds or self._unasked:
            return {}
        study_uid = planned[0].made.study_instance_uid
        own = {series_of(made, self._output.key) for made in self.journal.made_of(study_uid)}
        own |= {series_of(item.made, self._output.key) for item in planned}
        try:
            found = numbers_elsewhere(store.series(study_uid), study_uid, own)
        except RemoteError as error:
            self._unasked = str(error)
            return {}
        return {kind: number for kind, number in found.items() if kind in kinds}

    def _next_number(self, key: str, kind: SentKind, record_hash: str) -> int:
        """Return the revision of what is new of a kind: that of other kinds of the same record."""
        made = [event for of in SentKind if (event := self.journal.last_made(key, of))]
        before = self.journal.last_made(key, kind)
        same = max((event.number for event in made if event.record == record_hash), default=0)
        if same > (before.number if before else 0):
            return same
        return 1 + max((event.number for event in made), default=0)

    def _plan(
        self, study: StudyToSend, kind: SentKind, record_hash: str, above: int = 0
    ) -> PlannedKind:
        drafts = draft(study, kind)
        before = self.journal.last_made(study.key, kind)
        key, now = self._output.key, self._wish.now()
        number = self._next_number(study.key, kind, record_hash)
        former = Former(made=before, following=number, elsewhere=above)
        made = plan(study, kind, drafts, key, former, now)
        made = msgspec.structs.replace(made, record=record_hash)
        if before is not None and msgspec.structs.replace(made, at=before.at) == before:
            made = before
        objects = finish(study, drafts, made, key) if drafts else ()
        todo = tuple(item for item in objects if not self._is_stored(item.sop_instance_uid))
        return PlannedKind(made=made, objects=objects, todo=todo)
