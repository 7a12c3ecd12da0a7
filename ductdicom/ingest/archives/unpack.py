"""Packed streams that can be sought in: gzip, xz and bzip2, within limits.

References
----------
* RFC 1952 2.2, a gzip file is a series of members; xz and bzip2 files are series of streams
"""

import bz2
import lzma
import zlib
from bisect import bisect_right
from collections.abc import Callable
from typing import NamedTuple, Protocol

from ductdicom.errors import UnreadableError
from ductdicom.ingest.archives.entry import ARCHIVE_LIMIT, Limits, Seekable

MANY_POINTS = 1000  # 42 kB each for gzip; a stream of 200 GB has one every 400 MB
_SPACING_BYTES = 1 << 22
_PACKED_CHUNK_BYTES = 1 << 16
_CHUNK_BYTES = 1 << 18
_XZ_MEMORY_BYTES = 256 << 20  # what `xz -9` needs is 65 MiB


class _Unpacker(Protocol):
    """What the standard library's decompressors have in common."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, packed: bytes, most: int, /) -> bytes: ...


class _Inflater:
    """The decompressor of gzip with the interface of the other two; it can be copied."""

    __slots__ = ("_inflater",)

    def __init__(self) -> None:
        self._inflater = zlib.decompressobj(zlib.MAX_WBITS | 16)

    @property
    def eof(self) -> bool:
        return self._inflater.eof

    @property
    def needs_input(self) -> bool:
        return not self._inflater.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        return self._inflater.unused_data

    def decompress(self, packed: bytes, most: int, /) -> bytes:
        return self._inflater.decompress(self._inflater.unconsumed_tail + packed, most)

    def copy(self) -> "_Inflater":
        other = _Inflater()
        other._inflater = self._inflater.copy()
        return other


def _unxz() -> lzma.LZMADecompressor:
    return lzma.LZMADecompressor(memlimit=_XZ_MEMORY_BYTES)


GZIP: Callable[[], _Unpacker] = _Inflater
XZ: Callable[[], _Unpacker] = _unxz
BZIP2: Callable[[], _Unpacker] = bz2.BZ2Decompressor


class _Point(NamedTuple):
    """A place to go on from; ``unpacker`` is None where a member or stream begins."""

    at: int
    packed_at: int
    unpacker: _Inflater | None = None


class Unpacked:
    """What a packed file holds, as a stream.

    Seeking back goes on from the last of the points that were remembered on the way: of gzip the
    decompressor is copied every few megabytes, of the others only the beginnings of their streams
    can be remembered, of which most files have one. When there are too many points, every second
    is dropped. What follows the last stream, if not zeros, is damage.

    Parameters
    ----------
    file
        It may be exchanged for another one of the same content between two calls.
    make
        `GZIP`, `XZ` or `BZIP2`.
    size_bytes
        Size of the packed file, against which ``limits`` measure what comes out.
    most_points
        1 remembers the beginning only.
    """

    def __init__(
        self,
        file: Seekable,
        make: Callable[[], _Unpacker],
        size_bytes: int,
        limits: Limits,
        most_points: int = 1,
    ) -> None:
        self.file = file
        self._make = make
        self._size = size_bytes
        self._limits = limits
        self._most_points = most_points
        self._points = [_Point(0, 0)]
        self._spacing = _SPACING_BYTES
        self._position = 0
        self._restore(self._points[0])

    def tell(self) -> int:
        """Return the position from the start."""
        return self._position

    def seek(self, position: int, /) -> int:
        """Move to a position; nothing is unpacked until it must be."""
        self._position = position
        return position

    def read(self, size: int, /) -> bytes:
        """Return ``size`` bytes, fewer at the end.

        Raises
        ------
        UnreadableError
            More comes out than is believable.
        EOFError, OSError, lzma.LZMAError, zlib.error
            The stream is damaged, or cannot be read.
        """
        self._jump()
        self._is_lost = True  # until all went well
        while self._at < self._position and self._step(self._position - self._at):
            pass
        chunks: list[bytes] = []
        end = self._position + size
        while self._at < end and (chunk := self._step(end - self._at)):
            chunks.append(chunk)
        self._is_lost = False
        content = b"".join(chunks)
        self._position += len(content)
        return content

    def _jump(self) -> None:
        """Go to the point before the position, unless it is nearer from here."""
        after = bisect_right(self._points, self._position, key=lambda point: point.at)
        point = self._points[after - 1]
        if self._is_lost or self._position < self._at or point.at > self._at:
            self._restore(point)

    def _restore(self, point: _Point) -> None:
        self._at, self._packed_at, unpacker = point
        self._unpacker = self._make() if unpacker is None else unpacker.copy()
        self._is_over = False
        self._is_lost = False

    def _step(self, most: int) -> bytes:
        """Unpack up to ``most`` bytes; none only at the end."""
        while not self._is_over:
            packed = b""
            if self._unpacker.needs_input and not self._unpacker.eof:
                if isinstance(self._unpacker, _Inflater):
                    self._remember(self._unpacker)
                packed = self._pull()
            elif self._unpacker.eof:
                self._begin_next()
                continue
            chunk = self._unpacker.decompress(packed, min(most, _CHUNK_BYTES))
            if chunk:
                self._at += len(chunk)
                if not self._limits.allows(self._at, self._size):
                    raise UnreadableError("the archive unpacks to too much", reason=ARCHIVE_LIMIT)
                return chunk
            if not packed and self._unpacker.needs_input and not self._unpacker.eof:
                raise EOFError("the end of the stream is missing")
        return b""

    def _begin_next(self) -> None:
        self._packed_at -= len(self._unpacker.unused_data)
        while packed := self._pull():
            if rest := packed.lstrip(b"\0"):
                self._packed_at -= len(rest)
                self._unpacker = self._make()
                self._remember()
                return
        self._is_over = True

    def _pull(self) -> bytes:
        self.file.seek(self._packed_at)
        packed = self.file.read(_PACKED_CHUNK_BYTES)
        self._packed_at += len(packed)
        return packed

    def _remember(self, unpacker: _Inflater | None = None) -> None:
        if self._most_points == 1 or self._at < self._points[-1].at + self._spacing:
            return
        copied = None if unpacker is None else unpacker.copy()
        self._points.append(_Point(self._at, self._packed_at, copied))
        if len(self._points) > self._most_points:
            self._points = self._points[::2]
            self._spacing *= 2
