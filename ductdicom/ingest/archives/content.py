"""The bytes of one entry: small ones in memory, large ones in a temporary file that is mapped."""

import mmap
import shutil
import tempfile
from io import BytesIO
from typing import BinaryIO, cast

from ductdicom.errors import UnreadableError
from ductdicom.ingest.archives.entry import Readable, read_parts, read_whole

Content = mmap.mmap | bytes
"""One DICOM object, whole; of a mapped file only the pages that are looked at come into memory."""

LARGE_BYTES = 64 << 20  # twice the largest plain mammogram; a tomosynthesis has up to a gigabyte


def read_content(stream: Readable, size_bytes: int) -> Content:
    """Read an entry to its end.

    A large one is laid in a temporary file, which has no name where the system allows that, and so
    is gone with the process however that ends. Where there is no room for it, it is held in memory.

    Parameters
    ----------
    size_bytes
        What the archive says that there are; never more than that is read.

    Raises
    ------
    UnreadableError
        Reason ``damaged-archive``, ``io-error`` where the file cannot be written, or the stream's
        own.
    """
    file = _file_for(size_bytes) if size_bytes > LARGE_BYTES else None
    if file is None:
        return read_whole(stream, size_bytes)
    with file:
        for part in read_parts(stream, size_bytes):
            _write(part, file)
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if file.tell() else b""


def open_content(content: Content) -> BinaryIO:
    """Return a stream of an entry, to be closed when it was read."""
    return cast(BinaryIO, content) if isinstance(content, mmap.mmap) else BytesIO(content)


def let_go(content: Content) -> None:
    """Take the pages of a mapped file out of memory, which would add up to all that was read."""
    if isinstance(content, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
        content.madvise(mmap.MADV_DONTNEED)


def _file_for(size_bytes: int) -> BinaryIO | None:
    """Open a temporary file for so many bytes, None where they find no room."""
    try:
        if shutil.disk_usage(tempfile.gettempdir()).free <= size_bytes:
            return None
        return cast(BinaryIO, tempfile.TemporaryFile(buffering=0))
    except OSError:
        return None


def _write(part: bytes, file: BinaryIO) -> None:
    left = memoryview(part)
    try:
        while left:
            left = left[file.write(left) :]
    except OSError as error:
        raise UnreadableError(
            "an entry cannot be laid in the temporary folder",
            reason="io-error",
            hint="make room there, or name another folder in TMPDIR",
        ) from error
