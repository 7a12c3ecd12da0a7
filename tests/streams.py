"""Streams that tell what was done with them, and archives without their streams."""

import io
import tarfile

from ductdicom.ingest.archives.walk import walk_archive
from ductdicom.model.outcome import LedgerRow


class Counting(io.BytesIO):
    """Counts the bytes that are read."""

    count = 0

    def read(self, size=-1, /):
        chunk = super().read(size)
        self.count += len(chunk)
        return chunk


def make_tar(contents, mode="w"):
    """Return the bytes of a tar archive of some files, given as names and contents."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as archive:
        for name, content in contents.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def list_members(origin, limits=None):
    """Yield what `walk_archive` yields, without the streams."""
    for found in walk_archive(origin, limits):
        yield found if isinstance(found, LedgerRow) else found[0]
