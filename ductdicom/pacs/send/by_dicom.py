"""Objects are sent by C-STORE.

References
----------
* DICOM PS3.4 annex B, storage; PS3.7 9.1.1, C-STORE; PS3.4 C.4.1, C-FIND
"""

from functools import partial
from io import BytesIO

from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian
from pynetdicom.association import Association
from pynetdicom.presentation import PresentationContext

from ductdicom.errors import RemoteError
from ductdicom.pacs.asking import FIND, find
from ductdicom.pacs.association import HeldAssociation, associated, context
from ductdicom.pacs.peers import OwnSide, Peer
from ductdicom.pacs.send.elsewhere import SERIES_KEYS
from ductdicom.pacs.send.make import SentObject
from ductdicom.pacs.send.objects import SENT_CLASSES
from ductdicom.pacs.send.store import Answer, Reply, reply_of

_PLAIN = (str(ExplicitVRLittleEndian), str(ImplicitVRLittleEndian))
_LOW = 2  # priority (DICOM PS3.7 9.1.1.1); who reads images goes first


def sent_contexts() -> list[PresentationContext]:
    """Return what is proposed to send, and to ask what is there already."""
    return [context(str(uid), *_PLAIN) for uid in (*SENT_CLASSES, FIND)]


class DicomStore(HeldAssociation):
    """Sends over one association, which is asked for again where it was lost; a context."""

    def __init__(self, peer: Peer, own: OwnSide) -> None:
        super().__init__()
        self._peer, self._own = peer, own

    def store(self, item: SentObject) -> Reply:
        """Send an object; one whose class the peer does not take is refused."""
        association = self._established()
        if not _takes(association, item.sop_class_uid):
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

    def series(self, study_uid: str) -> list[Dataset]:
        """Ask what a study holds."""
        association = self._established()
        if not _takes(association, FIND):
            raise RemoteError(f"{self._peer.name} offers no C-FIND to us")
        try:
            matching = {"StudyInstanceUID": study_uid}
            return find(association, self._peer.name, "SERIES", SERIES_KEYS, matching)
        except RuntimeError:  # it was lost before
            raise RemoteError(f"{self._peer.name} broke off: C-FIND") from None

    def _established(self) -> Association:
        return self.established(partial(associated, self._peer, self._own, sent_contexts()))


def _takes(association: Association, sop_class: str) -> bool:
    return sop_class in {str(found.abstract_syntax) for found in association.accepted_contexts}
