"""Storage commitment: a peer is asked to keep what it stored, and says later that it will.

It answers on the association that it was asked over, or calls us minutes or hours later; so what it
was asked is in the journal, and whoever listens then takes the report: this run, another one, or
a receiver.

References
----------
* DICOM PS3.4 annex J (Storage Commitment Push Model), table J.3-1 (reasons); PS3.3 C.14
"""

import errno
import threading
import uuid
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from time import monotonic
from typing import Any

from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as DicomSequence
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian
from pynetdicom import evt
from pynetdicom.ae import ApplicationEntity
from pynetdicom.association import Association
from pynetdicom.dimse_messages import N_EVENT_REPORT_RSP
from pynetdicom.presentation import PresentationContext, build_context
from pynetdicom.sop_class import (  # type: ignore[attr-defined]
    StorageCommitmentPushModel,
    StorageCommitmentPushModelInstance,
    Verification,
)

from ductdicom.errors import OutputError, RemoteError, UsageError
from ductdicom.pacs.association import associated, context, named, report_context
from ductdicom.pacs.peers import OwnSide, Peer
from ductdicom.pacs.send.journal import (
    AskedEvent,
    ReportedEvent,
    SendingJournal,
    SentEvent,
)
from ductdicom.wording import utc_now

_PLAIN = (str(ExplicitVRLittleEndian), str(ImplicitVRLittleEndian))
_REQUEST = 1  # action type (PS3.4 J.3.2)
_MOST_AT_ONCE = 200
_SUCCESS = 0x0000
_FAILED = 0x0110
_LOOK_S = 0.2
_LINGER_S = 2.0


class Reports:
    """Takes reports of storage commitment into the journal of an output folder."""

    def __init__(self, output: Path) -> None:
        self._output = output
        self._lock = threading.Lock()
        self._open = 0
        self._is_answered = threading.Condition()

    @property
    def handlers(self) -> list[evt.EventHandlerType]:
        """What an association needs over which reports may come."""
        return [(evt.EVT_N_EVENT_REPORT, self._taking), (evt.EVT_DIMSE_SENT, self._answered)]

    def await_answers(self, seconds: float) -> None:
        """Wait until all that came is answered: a report may be known before that."""
        with self._is_answered:
            self._is_answered.wait_for(lambda: self._open <= 0, seconds)

    def _taking(self, event: evt.Event) -> tuple[int, None]:
        with self._is_answered:
            self._open += 1
        return self.take(event)

    def _answered(self, event: evt.Event) -> None:
        if isinstance(event.message, N_EVENT_REPORT_RSP):
            with self._is_answered:
                self._open -= 1
                self._is_answered.notify_all()

    def take(self, event: evt.Event) -> tuple[int, None]:
        """Answer an N-EVENT-REPORT: Success where it is on the disk.

        What nobody asked for is answered with a failure, and of what was asked for only is heard.
        """
        try:
            said = _read_report(event.event_information)
        except Exception:  # noqa: BLE001 - a foreign decoder: what came may be anything
            return _FAILED, None
        try:
            with self._lock:
                return (_SUCCESS if self._keep(*said) else _FAILED), None
        except (OutputError, OSError):  # it is asked for again, and the archive tells it again
            return _FAILED, None

    def _keep(self, transaction: str, kept: set[str], failed: dict[str, str]) -> bool:
        journal = SendingJournal(self._output)
        asked = journal.asked(transaction)
        if asked is None:
            return False
        if journal.report(transaction) is None:
            ours = set(asked.sop_instance_uids)
            report = ReportedEvent(
                at=utc_now(),
                transaction=transaction,
                committed=tuple(sorted((kept & ours) - failed.keys())),
                failed={uid: why for uid, why in failed.items() if uid in ours},
            )
            journal.add(report)
        return True


def _read_report(said: Dataset) -> tuple[str, set[str], dict[str, str]]:
    """Return the transaction, what is kept, and what is not with the reason.

    References
    ----------
    * DICOM PS3.4 J.3.3, Storage Commitment Result
    """
    kept = {
        str(item.get("ReferencedSOPInstanceUID", ""))
        for item in said.get("ReferencedSOPSequence") or ()
    }
    failed = {
        str(
            item.get("ReferencedSOPInstanceUID", "")
        ): f"0x{int(item.get('FailureReason') or 0):04X}"
        for item in said.get("FailedSOPSequence") or ()
    }
    return str(said.get("TransactionUID", "")), kept, failed


class Listener(StrEnum):
    """Who hears a report that does not come over the association by which it was asked for."""

    WE = "we"
    ANOTHER = "another"
    NOBODY = "nobody"


LATER = {
    Listener.WE: "a later --commit, or receive --commitments OUT, takes the report",
    Listener.ANOTHER: "another program listens at our port; it must be receive --commitments OUT",
    Listener.NOBODY: "where the archive reports by a call of its own, -b AET@:port says where to",
}
"""What to do where a report has not come."""


@dataclass(slots=True)
class Commitment:
    """What a peer was asked to keep, and what it said until now.

    ``failed`` has the reasons by UID, ``studies`` are the keys of those whose objects these are.
    ``listener`` is who hears the reports.
    """

    asked: int = 0
    committed: int = 0
    failed: dict[str, str] = field(default_factory=dict)
    studies: tuple[str, ...] = ()
    listener: Listener = Listener.WE

    @property
    def open(self) -> int:
        """Of how many objects it has not reported yet."""
        return self.asked - self.committed - len(self.failed)


def ask_commitment(
    peer: Peer,
    own: OwnSide,
    *,
    journal: SendingJournal,
    items: Sequence[SentEvent],
    output: Path,
    wait_s: float,
) -> Commitment:
    """Ask a peer to keep objects that it stored, and listen for a while to what it says.

    Where we listen, ``own.port``, reports may also come that were asked for before. Where another
    process listens there already, it is taken for our receiver, which writes into the journal, too.

    Raises
    ------
    RemoteError
        The peer does not offer it, refuses, or cannot be reached.
    UsageError
        Our own side is none at which anybody could listen.
    """
    found = Commitment(asked=len(items))
    if not items:
        return found
    reports = Reports(output)
    with ExitStack() as held:
        found.listener = held.enter_context(_listening(own, reports))
        association = held.enter_context(
            associated(peer, own, commitment_contexts(), handlers=reports.handlers)
        )
        accepted = {str(one.abstract_syntax) for one in association.accepted_contexts}
        if str(StorageCommitmentPushModel) not in accepted:
            raise RemoteError(f"{peer.name}: storage commitment is not offered")
        asked = [
            _ask(association, peer, journal, items[start : start + _MOST_AT_ONCE])
            for start in range(0, len(items), _MOST_AT_ONCE)
        ]
        _await(journal, items, asked, wait_s)
        reports.await_answers(own.timeout_s)
    left = _left(journal, items)
    for transaction in asked:
        report = journal.report(transaction)
        found.failed |= report.failed if report is not None else {}
    found.failed = {uid: why for uid, why in found.failed.items() if uid in left}
    found.studies = tuple(
        sorted({item.study for item in items if item.sop_instance_uid in found.failed})
    )
    found.committed = len(items) - len(left)
    return found


def failures(found: Commitment) -> str:
    """Return in words how many objects a peer will not keep, and why."""
    reasons = sorted(set(found.failed.values()))
    said = ", ".join(f"{code}{_REASONS.get(code, '')}" for code in reasons)
    return f"{len(found.failed)}: {said}"


# Failure Reason (0008,1197), DICOM PS3.3 C.14.1.1.
_REASONS = {
    "0x0112": " (it does not have what it stored: send --force sends it again)",
    "0x0119": " (it has another object under this UID)",
    "0x0213": " (it has no room)",
}


def commitment_contexts() -> list[PresentationContext]:
    """Return what is proposed to ask for commitment."""
    return [context(str(uid), *_PLAIN) for uid in (StorageCommitmentPushModel, Verification)]


def _left(journal: SendingJournal, items: Sequence[SentEvent]) -> set[str]:
    """Return the UIDs of objects that no report has said will be kept, of any transaction."""
    left = {event.sop_instance_uid for event in journal.uncommitted(items[0].peer)}
    return left & {item.sop_instance_uid for item in items}


def _ask(
    association: Association, peer: Peer, journal: SendingJournal, items: Sequence[SentEvent]
) -> str:
    """Ask once; the transaction is written down first, as the answer may be quick."""
    transaction = f"2.25.{uuid.uuid4().int}"
    event = AskedEvent(
        at=utc_now(),
        peer=items[0].peer,
        transaction=transaction,
        sop_instance_uids=tuple(item.sop_instance_uid for item in items),
    )
    journal.add(event)
    request = Dataset()
    request.TransactionUID = transaction
    request.ReferencedSOPSequence = DicomSequence(map(_reference, items))
    status, _ = association.send_n_action(
        request, _REQUEST, StorageCommitmentPushModel, StorageCommitmentPushModelInstance
    )
    code = status.get("Status")
    if code is None:
        raise RemoteError(f"{peer.name} broke off, or was silent for too long: N-ACTION")
    if code != _SUCCESS:
        raise RemoteError(f"{peer.name} refused storage commitment with status 0x{code:04X}")
    return transaction


def _reference(item: SentEvent) -> Dataset:
    found = Dataset()
    found.ReferencedSOPClassUID = item.sop_class_uid
    found.ReferencedSOPInstanceUID = item.sop_instance_uid
    return found


def _await(
    journal: SendingJournal, items: Sequence[SentEvent], transactions: Sequence[str], wait_s: float
) -> None:
    """Wait until all is reported, by whomever, or time is over."""
    began, pause = monotonic(), threading.Event()
    while True:
        journal.reread()
        is_reported = all(journal.report(one) for one in transactions)
        if is_reported or not _left(journal, items) or monotonic() - began >= wait_s:
            return
        pause.wait(_LOOK_S)


@contextmanager
def _listening(own: OwnSide, reports: Reports) -> Iterator[Listener]:
    """Listen for reports at our own side, if it has a port; yields who does."""
    if own.port is None:
        yield Listener.NOBODY
        return
    entity = named(ApplicationEntity(own.title))
    entity.require_called_aet = True
    entity.acse_timeout = entity.dimse_timeout = entity.network_timeout = own.timeout_s
    try:
        server: Any = entity.start_server(
            (own.address, own.port),
            contexts=[report_context(), build_context(Verification)],
            block=False,
            evt_handlers=reports.handlers,
        )
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            where = f"{own.address or 'any address'}, port {own.port}"
            raise UsageError(
                f"nobody can listen there: {error.strerror}", path=where, hint="see -b"
            ) from error
        yield Listener.ANOTHER
        return
    try:
        yield Listener.WE
    finally:
        for caller in server.active_associations:
            caller.join(_LINGER_S)
        server.shutdown()
