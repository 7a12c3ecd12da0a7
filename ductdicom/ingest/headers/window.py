"""A stream that cannot be read beyond its end, and that remembers when something tried."""

import io
from typing import BinaryIO

from ductdicom.errors import UnreadableError

_MOST_BYTES = 64 << 20  # of one header; the directory of a large file set comes near
_MOST_READS = 4_000_000  # a few for each element; some seconds of work
_HEADER_BYTES = 8  # of a data element; an attempt to read one at the end is no error


class Window(io.RawIOBase):
    """A readable view of ``stream`` from its start to ``size_bytes``.

    A length taken from a damaged file never asks for more memory than there are bytes, nor for
    more than any header has.
    ``is_cut`` turns true when a value was wanted that the stream does not hold.
    """

    def __init__(self, stream: BinaryIO, size_bytes: int) -> None:
        super().__init__()
        self._stream = stream
        self._size = size_bytes
        self._position = 0
        self._is_at_end = False
        self._given = 0
        self._reads = 0
        self.is_cut = False
        stream.seek(0)

    def readable(self) -> bool:
        """Say that this stream can be read."""
        return True

    def seekable(self) -> bool:
        """Say that this stream can be sought in."""
        return True

    def tell(self) -> int:
        """Return the position from the start."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move to a position, at most to the end."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        wanted = base + offset
        if wanted > self._size:
            self.is_cut = True
        position = min(max(wanted, 0), self._size)
        if position != self._position:
            self._stream.seek(position)
            self._position = position
        return position

    def read(self, size: int | None = -1) -> bytes:
        """Read up to ``size`` bytes, all there are where it is negative.

        Raises
        ------
        UnreadableError
            Reason ``header-limit``.
        """
        left = self._size - self._position
        wanted = left if size is None or size < 0 else size
        if wanted > left:
            self._note_end(wanted, left)
        self._given += min(wanted, left)
        self._reads += 1
        if self._given > _MOST_BYTES or self._reads > _MOST_READS:
            raise UnreadableError("the header is too large", reason="header-limit")
        chunk = self._stream.read(min(wanted, left))
        if len(chunk) < min(wanted, left):  # the file shrank, or its archive said too much
            self.is_cut = True
        self._position += len(chunk)
        return chunk

    def peek(self, count: int) -> bytes:
        """Return up to ``count`` of the next bytes without moving."""
        chunk = self._stream.read(min(count, self._size - self._position))
        self._stream.seek(self._position)
        return chunk

    def _note_end(self, wanted: int, left: int) -> None:
        # Parsers find the end by reading one more element header; anything else is a loss.
        if left > 0 or wanted != _HEADER_BYTES or self._is_at_end:
            self.is_cut = True
        self._is_at_end = True
