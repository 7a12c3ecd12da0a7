"""Streams that tell what was done with them, and archives without their streams."""

import io

from ductdicom.ingest.archives.walk import walk_archive
from ductdicom.model.outcome import LedgerRow


class Counting(io.BytesIO):
    """Counts the bytes that are read."""

    count = 0

    def read(self, size=-1, /):
        chunk = super().read(size)
        self.count += len(chunk)
        return chunk


def list_members(origin, limits=None):
    """Yield what `walk_archive` yields, without the streams."""
    for found in walk_archive(origin, limits):
        yield found if isinstance(found, LedgerRow) else found[0]
