"""A peer in this process that keeps what it is sent, and can be told what to do wrong."""

import io
import threading
from contextlib import contextmanager

import pydicom
from archives import HOST, Archive, peer
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian
from pynetdicom import _config, build_context, evt
from pynetdicom.sop_class import (
    EncapsulatedPDFStorage,
    KeyObjectSelectionDocumentStorage,
    SecondaryCaptureImageStorage,
)

CLASSES = (
    SecondaryCaptureImageStorage,
    KeyObjectSelectionDocumentStorage,
    EncapsulatedPDFStorage,
)


def _content(event):
    """Return an object as a file; once a receiver ran in this process, it comes as one."""
    if _config.STORE_RECV_CHUNKED_DATASET:
        event.request._dataset_file.flush()  # noqa: SLF001 - it is closed only after this
        return event.dataset_path.read_bytes()
    return event.encoded_dataset()


class Keeper:
    """Keeps each object that it is sent by its UID.

    ``statuses`` are answered one after the other, then 0; ``drops`` objects end the association,
    ``hangs`` are not answered. ``then`` is called when an object is kept and not answered yet.
    """

    def __init__(self, *, statuses=(), drops=0, hangs=0, then=lambda: None):
        self.statuses, self.drops, self.hangs, self.then = list(statuses), drops, hangs, then
        self.kept, self.asked, self.associations = {}, [], 0
        self.go_on = threading.Event()

    def store(self, event):
        uid = str(event.request.AffectedSOPInstanceUID)
        self.asked.append(uid)
        if self.drops:
            self.drops -= 1
            event.assoc.abort()
            return 0
        if self.hangs:
            self.hangs -= 1
            self.go_on.wait(20)
            return 0xC000
        status = self.statuses.pop(0) if self.statuses else 0
        if status == 0 or status >> 12 == 0xB:
            self.kept.setdefault(uid, []).append(_content(event))
        self.then()
        return status

    def object(self, uid):
        return pydicom.dcmread(io.BytesIO(self.kept[uid][-1]))

    def objects(self):
        """Return the first copy of each object in the order in which they came."""
        return [self.object(uid) for uid in self.kept]

    def of(self, modality):
        return [item for item in self.objects() if item.Modality == modality]

    @contextmanager
    def listening(self, *, classes=CLASSES, syntaxes=None, more=(), handlers=()):
        syntaxes = syntaxes or [ExplicitVRLittleEndian, ImplicitVRLittleEndian]
        contexts = [build_context(uid, syntaxes) for uid in classes]
        own = [(evt.EVT_C_STORE, self.store), (evt.EVT_ACCEPTED, self._count)]
        with peer([*contexts, *more], [*own, *handlers]) as archive:
            yield archive
            self.go_on.set()

    def _count(self, _event):
        self.associations += 1


def _content(event):
    """Return an object as a file, also where a receiver was in this process before."""
    if _config.STORE_RECV_CHUNKED_DATASET:
        return event.dataset_path.read_bytes()
    return event.encoded_dataset()


def nobody(port):
    return Archive(title="NOBODY", port=port).address


__all__ = ["CLASSES", "HOST", "Keeper", "nobody"]
