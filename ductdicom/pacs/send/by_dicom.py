"""Objects are sent by C-STORE.

References
----------
* DICOM PS3.4 annex B, storage; PS3.7 9.1.1, C-STORE
"""

from functools import partial
from io import BytesIO

from pydicom import dcmread
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian
from pynetdicom.presentation import PresentationContext

from ductdicom.errors import RemoteError
from ductdicom.pacs.association import HeldAssociation, associated, context
from ductdicom.pacs.peers import OwnSide, Peer
from ductdicom.pacs.send.make import SentObject
from ductdicom.pacs.send.objects import SENT_CLASSES
from ductdicom.pacs.send.store import Answer, Reply, reply_of

_PLAIN = (str(ExplicitVRLittleEndian), str(ImplicitVRLittleEndian))
_LOW = 2  # priority (DICOM PS3.7 9.1.1.1); who reads images goes first


def sent_contexts() -> list[PresentationContext]:
    """Return what is proposed to send."""
    return [context(str(uid), *_PLAIN) for uid in SENT_CLASSES]


class DicomStore(HeldAssociation):
    """Sends over one association, which is asked for again where it was lost; a context."""

    def __init__(self, peer: Peer, own: OwnSide) -> None:
        super().__init__()
        self._peer, self._own = peer, own

    def store(self, item: SentObject) -> Reply:
        """Send an object; one whose class the peer does not take is refused."""
        association = self.established(partial(associated, self._peer, self._own, sent_contexts()))
        accepted = {str(found.abstract_syntax) for found in association.accepted_contexts}
        if item.sop_class_uid not in accepted:
            return Reply(answer=Answer.REFUSED, status="sop-class-not-accepted")
        data = dcmread(BytesIO(item.content))
        try:
            status = association.send_c_store(data, priority=_LOW)
        except (RuntimeError, ValueError):  # it was lost between two objects
            status = None
        if status is None or "Status" not in status:
            association.abort()
            self.hang_up()
            raise RemoteError(f"{self._peer.name} broke off, or was silent for too long: C-STORE")
        return reply_of(int(status.Status))
