"""What the readers of the archive formats have in common: an entry, and the limits it must keep."""

import io
import posixpath
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from ductdicom.errors import UnreadableError
from ductdicom.model.outcome import Disposition

ARCHIVE_LIMIT = "archive-limit"
DAMAGED_ARCHIVE = "damaged-archive"
ENCRYPTED_ARCHIVE = "encrypted-archive"
_PART_BYTES = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much an archive may ask for before it is refused.

    Attributes
    ----------
    member_bytes
        Size of one entry, unpacked.
    members
        Number of entries.
    ratio, ratio_from_bytes
        Unpacked to packed bytes, and from which unpacked size on that counts: a small blank image
        packs better than any mammogram, a large one does not occur.
    depth
        Archives inside archives; 1 allows one in another.
    nested_bytes
        Size of an inner archive that has to be held in memory.
    """

    member_bytes: int = 4 << 30
    members: int = 1_000_000
    ratio: float = 200.0
    ratio_from_bytes: int = 64 << 20
    depth: int = 1
    nested_bytes: int = 512 << 20

    def allows(self, unpacked_bytes: int, packed_bytes: int) -> bool:
        """Tell whether so many bytes can come out of so many, of an entry or a whole archive."""
        return unpacked_bytes <= max(self.ratio_from_bytes, self.ratio * packed_bytes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry of an archive.

    Attributes
    ----------
    size_bytes
        Size of the unpacked entry, as the archive states it.
    modified_ns
        When it was last changed, in nanoseconds since 1970; 0 where that is not known.
    open
        Opens it, to be read once from front to back.
    refusal
        Why it is not to be opened: its disposition and reason in the ledger.
    is_name_guessed
        Whether its name does not say its character set, and was decoded by guess.
    link
        Of a link, returns the name in the archive that it leads to; it begins with ``..`` or ``/``
        where it leads out of it. A link is not opened.
    starts_at
        Where its bytes lie in the unpacked archive, None where they do not lie there as they are.
    in_place
        Opens it so that it can be sought in at no cost, as an archive in it must be; None where
        that cannot be done.
    """

    name: str
    size_bytes: int
    modified_ns: int
    open: Callable[[], "Readable"]
    refusal: tuple[Disposition, str] | None = None
    starts_at: int | None = None
    in_place: Callable[[], "Span"] | None = None
    link: Callable[[], str] | None = None
    is_name_guessed: bool = False


def link_target(name: str, target: str) -> str:
    """Return what a symbolic link leads to, from the top of the archive.

    Parameters
    ----------
    name
        Of the entry.
    target
        As it stands in the link, from the entry's own folder.
    """
    return posixpath.normpath(posixpath.join(posixpath.dirname(name), target))


class Readable(Protocol):
    """The one method that forward-only readers share."""

    def read(self, size: int = -1, /) -> bytes:
        """Return up to ``size`` bytes."""


class Seekable(Protocol):
    """A stream of which any stretch can be read."""

    def read(self, size: int, /) -> bytes:
        """Return ``size`` bytes, fewer at the end."""

    def seek(self, position: int, /) -> int:
        """Move to a position from the start."""


class _Sized(io.RawIOBase):
    """A stream of known size, of which the derived class says how it is read."""

    def __init__(self, size_bytes: int) -> None:
        super().__init__()
        self._size = size_bytes
        self._position = 0

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
        """Move to a position; nothing is read until it must be."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        self._position = min(max(base + offset, 0), self._size)
        return self._position

    def _wanted(self, size: int | None) -> int:
        left = self._size - self._position
        return left if size is None or size < 0 else min(size, left)


class Span(_Sized):
    """One stretch of a stream that can be sought in, which others may read meanwhile."""

    def __init__(self, file: Seekable, starts_at: int, size_bytes: int) -> None:
        super().__init__(size_bytes)
        self.file = file
        self._starts_at = starts_at

    def read(self, size: int | None = -1, /) -> bytes:
        """Read up to ``size`` bytes, all there are where it is negative.

        Raises
        ------
        UnreadableError
            The stream ends before the stretch does.
        """
        wanted = self._wanted(size)
        self.file.seek(self._starts_at + self._position)
        chunk = self.file.read(wanted)
        if len(chunk) < wanted:
            raise UnreadableError("the archive is cut short", reason=DAMAGED_ARCHIVE)
        self._position += len(chunk)
        return chunk


class Replay(_Sized):
    """A forward-only reader that can be sought in.

    Seeking forward skips, seeking back works within the last `KEPT_BYTES`; enough for a parser
    that looks ahead, and little enough for memory to stay flat. Faults of the reader come out
    as `UnreadableError`.
    """

    KEPT_BYTES = 1 << 20
    _CHUNK_BYTES = 1 << 16

    def __init__(self, stream: Readable, size_bytes: int) -> None:
        super().__init__(size_bytes)
        self._stream = stream
        self._kept = bytearray()
        self._end = 0

    def read(self, size: int | None = -1) -> bytes:
        """Read up to ``size`` bytes, all there are where it is negative."""
        wanted = self._wanted(size)
        start = self._end - len(self._kept)
        if self._position < start:
            raise UnreadableError("the header is too large", reason=ARCHIVE_LIMIT)
        self._skip_to(self._position)
        while self._end < self._position + wanted and self._pull(self._position + wanted):
            pass
        first = self._position - (self._end - len(self._kept))
        chunk = bytes(self._kept[first : first + wanted])
        self._position += len(chunk)
        self._forget()
        return chunk

    def _skip_to(self, position: int) -> None:
        while self._end < position and self._pull(position):
            self._forget()

    def _pull(self, until: int) -> bool:
        try:
            chunk = self._stream.read(min(self._CHUNK_BYTES, until - self._end))
        except UnreadableError:
            raise
        except Exception as error:
            raise UnreadableError("the archive is damaged", reason=DAMAGED_ARCHIVE) from error
        self._kept += chunk
        self._end += len(chunk)
        return bool(chunk)

    def _forget(self) -> None:
        if len(self._kept) > 2 * self.KEPT_BYTES:
            del self._kept[: -self.KEPT_BYTES]


def read_parts(stream: Readable, size_bytes: int) -> Iterator[bytes]:
    """Yield an entry to its end, piece by piece.

    Parameters
    ----------
    size_bytes
        What the archive says that there are; never more than that is read.

    Raises
    ------
    UnreadableError
        Reason ``damaged-archive``, or the stream's own.
    """
    left = size_bytes
    try:
        # All at once would take three times as much memory.
        while left > 0 and (part := stream.read(min(left, _PART_BYTES))):
            left -= len(part)
            yield part
    except UnreadableError:
        raise
    except Exception as error:
        raise UnreadableError("the archive is damaged", reason=DAMAGED_ARCHIVE) from error


def read_whole(stream: Readable, size_bytes: int) -> bytes:
    """Read an entry to its end into memory; as `read_parts`."""
    held = io.BytesIO()  # which hands out what it holds without a copy
    for part in read_parts(stream, size_bytes):
        held.write(part)
    return held.getvalue()


def unique_names() -> Callable[[str], str]:
    """Return a function that names the unnamed, and numbers equal names (``#2``, ``#3``)."""
    counts: dict[str, int] = {}

    def rename(name: str) -> str:
        name = name or "unnamed"
        counts[name] = counts.get(name, 0) + 1
        return name if counts[name] == 1 else f"{name}#{counts[name]}"

    return rename
