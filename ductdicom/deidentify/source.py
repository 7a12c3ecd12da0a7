"""An original, read once more, and why an image of it does not leave."""

import pydicom
from pydicom.dataset import FileDataset
from pydicom.errors import InvalidDicomError
from pydicom.uid import UID

from ductdicom.deidentify.choose import Stayed
from ductdicom.errors import UnreadableError
from ductdicom.ingest.archives.content import open_content
from ductdicom.ingest.archives.walk import read_one
from ductdicom.model.instance import Instance


class StaysError(Exception):
    """An image does not leave; ``reason`` says why."""

    def __init__(self, reason: Stayed) -> None:
        super().__init__(reason)
        self.reason = reason


def read_source(instance: Instance) -> FileDataset:
    """Return an original as it is now.

    Raises
    ------
    StaysError
        It cannot be read, is another object now, or has no pixels.
    """
    try:
        content = read_one(instance.origin)
        source = pydicom.dcmread(open_content(content), force=True)
        uid = str(source.get("SOPInstanceUID") or "")
    except (UnreadableError, InvalidDicomError, OSError, ValueError, EOFError) as error:
        raise StaysError(Stayed.UNREADABLE) from error
    if uid.strip(" \0") != instance.sop_instance_uid or "PixelData" not in source:
        raise StaysError(Stayed.UNREADABLE)
    return source


def syntax_of(source: FileDataset) -> UID:
    """Return the transfer syntax of an original, also where no file meta tells it."""
    syntax = source.file_meta.get("TransferSyntaxUID") if hasattr(source, "file_meta") else None
    if syntax:
        return UID(syntax)
    is_implicit, is_little = source.original_encoding
    if not is_little:
        return pydicom.uid.ExplicitVRBigEndian
    return pydicom.uid.ImplicitVRLittleEndian if is_implicit else pydicom.uid.ExplicitVRLittleEndian
