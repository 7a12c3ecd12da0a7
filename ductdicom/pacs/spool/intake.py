"""What becomes of an object once it has come: taken, kept beside another, or refused.

References
----------
* DICOM PS3.4 B.2.3, status codes of storage; PS3.7 9.1.1.1, the command's UIDs
"""

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from pynetdicom import _config, dimse_messages, evt
from pynetdicom.ae import ApplicationEntity
from pynetdicom.association import Association

from ductdicom.errors import NotDicomError, UnreadableError
from ductdicom.ingest.headers.instance import read_whole
from ductdicom.model.instance import Instance
from ductdicom.model.origin import Origin
from ductdicom.pacs.spool.folder import Placing, Spool
from ductdicom.pacs.spool.part import Declined, PartFile, Room, declined_by

SUCCESS = 0x0000
STATUS = {
    Declined.NO_ROOM: 0xA700,
    Declined.UNWRITABLE: 0xA700,
    Declined.TOO_LARGE: 0xA700,
    Declined.MISMATCH: 0xA900,
    Declined.UNREADABLE: 0xC000,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """What came, and what became of it.

    ``study_uid`` and ``placing`` are of an object that was taken; ``refusal`` is of one that was
    not. ``association`` is over which it came, if over one.
    """

    size_bytes: int
    refusal: Declined | None = None
    study_uid: str = ""
    placing: Placing | None = None
    association: Association | None = None


@dataclass(slots=True)
class Intake:
    """Takes objects into a spool, from any number of threads.

    ``heard`` is told of each, in the thread in which it came. ``counts`` are of how they were
    placed, and of refusals. ``lacking_bytes`` is the size of what found no room last, 0 once
    something was taken after it.
    """

    spool: Spool
    limits: Room
    heard: Callable[[Arrival], None]
    counts: Counter[str] = field(default_factory=Counter)
    size_bytes: int = 0
    lacking_bytes: int = 0
    _names: Any = None
    _parts: dict[str, tuple[PartFile, Association | None]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._names = self.spool.part_names()

    def begin(self, association: Association | None = None) -> PartFile:
        """Return the file that the next object is to be written to."""
        with self._lock:
            path = next(self._names)
            part = PartFile(path, self.limits, self.spool.free_bytes)
            self._parts[part.name] = part, association
        return part

    def take(
        self, part: PartFile, *, sop_uid: str | None = None, sop_class: str | None = None
    ) -> Arrival:
        """Take an object that has come; when this returns without a refusal it is on the disk.

        Parameters
        ----------
        sop_uid, sop_class
            What it was announced as; None where nobody did.
        """
        _, association = self._parts.get(part.name, (part, None))
        placing, study_uid = None, ""
        try:
            part.sync()
            instance = self._read(part)
            if instance is not None and _differs(instance, sop_uid, sop_class):
                part.refusal = Declined.MISMATCH
            if instance is not None and part.refusal is None:
                study_uid = instance.study_instance_uid
                placing = self._place(part, instance)
        finally:
            self.discard(part)
        arrival = Arrival(
            size_bytes=part.size_bytes,
            refusal=part.refusal,
            study_uid=study_uid,
            placing=placing,
            association=association,
        )
        with self._lock:
            self.counts[str(part.refusal or placing)] += 1
            self.size_bytes += 0 if part.refusal else part.size_bytes
            if part.refusal in {None, Declined.NO_ROOM}:
                self.lacking_bytes = part.size_bytes if part.refusal else 0
        self.heard(arrival)
        return arrival

    def discard(self, part: PartFile) -> None:
        """Give up an object that will not come to its end."""
        part.close()
        with self._lock:
            self._parts.pop(part.name, None)

    def store(self, event: evt.Event) -> int:
        """Answer a C-STORE with its status; Success stands for what is on the disk."""
        part, _ = self._parts[str(event.dataset_path)]
        request: Any = event.request
        arrival = self.take(
            part,
            sop_uid=str(request.AffectedSOPInstanceUID),
            sop_class=str(request.AffectedSOPClassUID),
        )
        return SUCCESS if arrival.refusal is None else STATUS[arrival.refusal]

    def is_busy(self, association: Association) -> bool:
        """Tell whether an object is coming over an association."""
        with self._lock:
            return any(owner is association for _, owner in self._parts.values())

    def drop(self, *, unless_alive: bool = True) -> None:
        """Remove what will never be whole, as its association is no more."""
        with self._lock:
            parts = [
                part
                for part, owner in self._parts.values()
                if owner is not None and not (unless_alive and owner.is_alive())
            ]
        for part in parts:
            self.discard(part)

    def _read(self, part: PartFile) -> Instance | None:
        if part.refusal is not None:
            return None
        try:
            with part.path.open("rb") as stream:
                return read_whole(Origin(file=part.name, source=part.name), stream)
        except (NotDicomError, UnreadableError):
            part.refusal = Declined.UNREADABLE
        except OSError as error:
            part.refusal = declined_by(error)
        return None

    def _place(self, part: PartFile, instance: Instance) -> Placing | None:
        try:
            _, placing = self.spool.place(
                Path(part.name), instance.study_instance_uid, instance.sop_instance_uid
            )
        except OSError as error:
            part.refusal = declined_by(error)
            return None
        return placing


def _differs(instance: Instance, sop_uid: str | None, sop_class: str | None) -> bool:
    return (sop_uid is not None and instance.sop_instance_uid != sop_uid) or (
        sop_class is not None and instance.sop_class_uid != sop_class
    )


class Receiving(ApplicationEntity):
    """An application entity whose associations write what comes into a spool."""

    def __init__(self, title: str, intake: Intake) -> None:
        super().__init__(title)
        self.intake = intake
        # Both for the whole process; other entities get the file that the library itself takes.
        _config.STORE_RECV_CHUNKED_DATASET = True
        vars(dimse_messages)["NamedTemporaryFile"] = _open_part

    @property
    def active_associations(self) -> list[Association]:
        """Those that were asked for; a connection over which nothing came yet is none.

        The library counts these against the limit of associations.
        """
        return [
            association
            for association in super().active_associations
            if has_asked(association) and not association.is_rejected
        ]


def has_asked(association: Association) -> bool:
    """Tell whether whoever holds a connection said who he is, or whether it is we who asked."""
    return association.is_requestor or association.requestor.primitive is not None


def _open_part(**options: Any) -> Any:
    """Open the file for an object that begins to come, in the thread of its association."""
    association = getattr(threading.current_thread(), "assoc", None)
    entity = getattr(association, "ae", None)
    if isinstance(entity, Receiving):
        return entity.intake.begin(association)
    return NamedTemporaryFile(**options)
