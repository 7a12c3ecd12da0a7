"""What is new in an output folder goes to an archive, whoever changed it: a run, or a reviewer."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ductdicom.errors import RemoteError
from ductdicom.export.output import RECORDS_NAME
from ductdicom.pacs.receive import Notice
from ductdicom.pacs.send.commitment import LATER, Commitment, Listener, failures
from ductdicom.pacs.send.originals import HINTS, Withheld
from ductdicom.pacs.send.run import Sender, SendingOfStudy, SendWish
from ductdicom.pacs.send.store import Answer, Store

_Stamp = tuple[int, int, int]


@dataclass(slots=True)
class Delivery:
    """Sends what is new whenever the records are other than when all was seen to.

    What was sent stands in the output folder's journal and not here: who comes after one that was
    killed looks at all studies once, and sends what is not stored yet, as the same objects.

    Attributes
    ----------
    peer
        What the journal calls the peer.
    opened
        Opens the way to it.
    ask_commitment
        Asks it to keep what it stored, as `commitment.ask_commitment`; None: it is not asked.
    listener
        Who hears its reports, where some have not come.
    sent
        How many objects were stored since it started.
    uncommitted
        To how many objects it did not commit itself yet when it was last asked; ``unkept`` of these
        it said that it will not.
    refused, withheld
        How many objects the peer refused when it was last asked, and which studies could not be
        sent then, and why.
    """

    output: Path
    peer: str
    wish: SendWish
    opened: Callable[[], AbstractContextManager[Store]]
    ask_commitment: Callable[..., Commitment] | None = None
    listener: Listener | None = None
    sent: int = 0
    uncommitted: int = 0
    unkept: int = 0
    refused: int = 0
    withheld: dict[str, Withheld] = field(default_factory=dict)
    _seen: _Stamp | None = None

    @property
    def is_due(self) -> bool:
        """Whether records are there that were not seen to."""
        return self._stamp() not in {None, self._seen}

    def make(self, note: Callable[[Notice], None], is_ending: Callable[[], bool]) -> None:
        """Send what is new.

        Raises
        ------
        RemoteError
            The peer cannot be reached, or cannot take more now.
        OutputError
            The output folder cannot be read, or its journal not be written.
        """
        stamp = self._stamp()
        sender = Sender(self.output, self.peer, self.wish)
        before, self.withheld, self.refused = self.withheld, {}, 0
        with self.opened() as store:
            sending = sender.send(
                store, lambda study: self._take_in(study, before, note), is_ending=is_ending
            )
        if sending.count(Answer.LATER):
            _, last = sending.studies[-1].replies[-1]
            raise RemoteError(f"the archive cannot take more now: {last.status}")
        if self.ask_commitment is not None and not is_ending():
            self._commit(sender, self.ask_commitment, note)
        self._seen = stamp

    def status(self) -> dict[str, Any]:
        """Return how it is, for a monitor."""
        found = {"sending": self.is_due, "sent": self.sent, "refused": self.refused}
        found["withheld"] = len(self.withheld)
        return found if self.ask_commitment is None else found | {"uncommitted": self.uncommitted}

    def _commit(
        self, sender: Sender, ask: Callable[..., Commitment], note: Callable[[Notice], None]
    ) -> None:
        """Ask for all that was stored and not committed to; what is open is asked for next time."""
        items = sender.uncommitted()
        self.uncommitted = len(items)
        found = ask(journal=sender.journal, items=items, output=self.output)
        self.uncommitted, self.unkept = found.asked - found.committed, len(found.failed)
        if found.open and found.listener is not self.listener:
            why = LATER[found.listener]
            note(Notice(event="not-reported", level="warning", values={"why": why}))
        self.listener = found.listener if found.open else None
        if found.asked:
            values = {"asked": found.asked, "committed": found.committed}
            note(Notice(event="committed", values=values))
        if found.failed:
            said = {"failed": len(found.failed), "why": failures(found)}
            said["studies"] = ", ".join(found.studies)
            note(Notice(event="not-committed", level="error", values=said))

    def _take_in(
        self,
        study: SendingOfStudy,
        before: dict[str, Withheld],
        note: Callable[[Notice], None],
    ) -> None:
        """Count what became of a study, and say what is new of it."""
        stored, values = 0, dict[str, Any]()
        for item, reply in study.replies:
            stored += reply.answer is Answer.STORED
            if reply.answer is Answer.REFUSED:
                self.refused += 1
                values = {"kind": str(item.kind), "page": item.page, "status": reply.status}
                values["study"] = study.key
                note(Notice(event="refused", level="error", values=values))
        self.sent += stored
        if stored:
            note(Notice(event="sent", values={"study": study.key, "objects": stored}))
        if study.withheld is not None:
            self.withheld[study.key] = study.withheld
            if before.get(study.key) is not study.withheld:
                why = f"{study.withheld}: {HINTS[study.withheld]}"
                values = {"study": study.key, "why": why}
                note(Notice(event="withheld", level="error", values=values))

    def _stamp(self) -> _Stamp | None:
        """Tell the records of now from others; each time they are written it is another file."""
        try:
            found = (self.output / RECORDS_NAME).stat()
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns, found.st_size
