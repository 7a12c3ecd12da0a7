"""Entries of a tar archive, plain or compressed, read from front to back.

An archive that is asked for one study after another is gone through once all the same: where its
entries lie is remembered.

References
----------
* POSIX.1-2017, pax, "ustar Interchange Format" and "pax Interchange Format"
"""

import os
import re
import tarfile
import threading
from collections.abc import Callable, Iterable, Iterator
from functools import cache, partial
from typing import Any, BinaryIO, Protocol, cast

from ductdicom.errors import UnreadableError
from ductdicom.ingest.archives.entry import (
    ARCHIVE_LIMIT,
    DAMAGED_ARCHIVE,
    Entry,
    Limits,
    Readable,
    Seekable,
    Span,
    link_target,
    unique_names,
)
from ductdicom.ingest.archives.unpack import BZIP2, GZIP, MANY_POINTS, XZ, Unpacked
from ductdicom.model.origin import shown_name
from ductdicom.model.outcome import Disposition

TAR = "tar"
TAR_GZ = "tar.gz"
TAR_XZ = "tar.xz"
TAR_BZ2 = "tar.bz2"
TARS = frozenset({TAR, TAR_GZ, TAR_XZ, TAR_BZ2})

_MOST_NS = 1 << 63  # from 1970, about the year 2262
_MAX_HEADER_BYTES = 1 << 20
_ENDLESS_NUMBER = re.compile(rb"[0-9]{256}")  # no file's name is as long
_END_OF_ARCHIVE = ("EOFHeaderError", "EmptyHeaderError")
_UNPACKERS = {TAR_GZ: GZIP, TAR_XZ: XZ, TAR_BZ2: BZIP2}
_CHUNK_BYTES = 1 << 16
_EMPTY_BYTES = 10240  # which GNU tar writes for nothing
_MOST_KEPT = 2  # archives a thread: the one at hand, and one with earlier studies


class _Header:
    """What the library reads one entry's header through, and all that extends it.

    Whatever sizes the header states, it takes neither all memory nor, in a search for numbers
    that some versions repeat from every digit, all time.
    """

    def __init__(self, stream: Any) -> None:
        self.seek = stream.seek
        self.tell = stream.tell
        self._read = stream.read
        self._left = _MAX_HEADER_BYTES

    def read(self, size: int, /) -> bytes:
        if size < 0:
            raise UnreadableError("the archive is damaged", reason=DAMAGED_ARCHIVE)
        self._left -= size
        if self._left < 0:
            raise UnreadableError("an entry's header is too long", reason=ARCHIVE_LIMIT)
        content: bytes = self._read(size)
        if size > tarfile.BLOCKSIZE and _ENDLESS_NUMBER.search(content):
            raise UnreadableError("an entry's header has an endless number", reason=ARCHIVE_LIMIT)
        return content


class _TarInfo(tarfile.TarInfo):
    """An entry header that leaves word with its archive where it cannot be read."""

    @classmethod
    def fromtarfile(cls, archive: tarfile.TarFile) -> "_TarInfo":
        try:
            return super().fromtarfile(archive)
        except Exception as error:
            if type(error).__name__ not in _END_OF_ARCHIVE:
                cast(_Archive, archive).fault = _unreadable(error)
            raise


class _Archive(tarfile.TarFile):
    """A tar archive that never takes a fault for its end, and keeps no header it has seen.

    What the library makes of a header that cannot be read differs with its version: some lose
    what follows.
    """

    tarinfo = _TarInfo
    fault: UnreadableError | None = None

    def next(self) -> tarfile.TarInfo | None:
        stream = self.fileobj
        self.fileobj = cast(Any, _Header(stream))
        try:
            info = super().next()
        except Exception as error:
            raise self.fault or _unreadable(error) from error
        finally:
            self.fileobj = stream
        if self.fault is not None:
            raise self.fault
        if info is not None and info.size < 0:  # the next header would be one that was read
            raise UnreadableError("the archive is damaged", reason=DAMAGED_ARCHIVE)
        cast(Any, self).members.clear()
        return info


class Stream(Seekable, Protocol):
    """What a tar archive is read from; ``file`` may be exchanged for another one of it."""

    file: Seekable


def open_tar(
    file: Seekable, kind: str, size_bytes: int, limits: Limits, *, most_points: int = 1
) -> Stream:
    """Return what a tar archive is read from.

    Parameters
    ----------
    kind
        One of `TARS`.
    size_bytes
        Size of the archive as it is stored.
    most_points
        How many places a packed one remembers, from which it can go on.
    """
    if kind == TAR:
        return Span(file, 0, size_bytes)
    return Unpacked(file, _UNPACKERS[kind], size_bytes, limits, most_points)


def tar_entries(file: Seekable, kind: str, size_bytes: int, limits: Limits) -> Iterator[Entry]:
    """Yield the entries of a tar archive in its order, folders left out.

    An entry is to be read before the next one is asked for.

    Parameters
    ----------
    file, kind, size_bytes
        As for `open_tar`.
    limits
        How much the archive may ask for.

    Raises
    ------
    UnreadableError
        Reason ``damaged-archive`` or ``archive-limit``.
    """
    stream = open_tar(file, kind, size_bytes, limits)
    is_empty = True
    for entry in walk_tar(stream, kind, size_bytes, limits):
        is_empty = False
        yield entry
    _check_rest(stream)
    if is_empty and size_bytes > _EMPTY_BYTES:
        raise UnreadableError("the archive has no entry", reason=DAMAGED_ARCHIVE)


def walk_tar(stream: Stream, kind: str, size_bytes: int, limits: Limits) -> Iterator[Entry]:
    """Yield the entries of an open archive, as `tar_entries` does.

    Between two of them the stream may be read elsewhere.
    """
    rename = unique_names()
    count = 0
    stream.seek(0)
    archive = _open_archive(stream)
    while (info := archive.next()) is not None:
        count += 1
        if count > limits.members:
            raise UnreadableError("the archive has too many entries", reason=ARCHIVE_LIMIT)
        if not info.isdir():
            is_whole = not info.issparse()
            span = partial(Span, stream, info.offset_data, info.size)
            yield Entry(
                name=rename(shown_name(info.name)),
                size_bytes=info.size,
                modified_ns=_modified_ns(info),
                open=span if is_whole else partial(_open_sparse, archive, info),
                refusal=_refusal(info, size_bytes, limits),
                starts_at=info.offset_data if is_whole else None,
                in_place=span if is_whole and kind == TAR else None,
                link=_link(info),
            )
        if kind == TAR and not info.issparse() and info.offset_data + info.size > size_bytes:
            raise UnreadableError("the archive is cut short", reason=DAMAGED_ARCHIVE)


def _modified_ns(info: tarfile.TarInfo) -> int:
    """Return when an entry was changed; 0 where its header holds no moment, such as ``nan``."""
    try:
        modified_ns = int(info.mtime * 1_000_000_000)
    except (ValueError, OverflowError):
        return 0
    return modified_ns if abs(modified_ns) < _MOST_NS else 0


def _check_rest(stream: Stream) -> None:
    """Read what follows the end marker: zeros, or the marker is a header that was lost.

    Only then, too, does a packed archive know its checksum.
    """
    is_end = True
    try:
        while is_end and (chunk := stream.read(_CHUNK_BYTES)):
            is_end = not chunk.strip(b"\0")
    except Exception as error:
        raise _unreadable(error) from error
    if not is_end:
        raise UnreadableError("the archive goes on behind its end", reason=DAMAGED_ARCHIVE)


def _open_archive(stream: Stream) -> _Archive:
    return _Archive(fileobj=cast(BinaryIO, stream), errors="surrogateescape")


def _unreadable(error: Exception) -> UnreadableError:
    if isinstance(error, UnreadableError):
        return error
    return UnreadableError("the archive is damaged", reason=DAMAGED_ARCHIVE)


def _open_sparse(archive: tarfile.TarFile, info: tarfile.TarInfo) -> Readable:
    return cast(Readable, archive.extractfile(info))


def _link(info: tarfile.TarInfo) -> Callable[[], str] | None:
    """Return what tells where a link leads; a hard link names its file from the top."""
    if info.issym():
        return partial(link_target, shown_name(info.name), shown_name(info.linkname))
    return partial(link_target, "", shown_name(info.linkname)) if info.islnk() else None


def _refusal(
    info: tarfile.TarInfo, size_bytes: int, limits: Limits
) -> tuple[Disposition, str] | None:
    if not info.isfile():
        return Disposition.NOT_DICOM, "special-file"
    is_bomb = info.issparse() and not limits.allows(info.size, size_bytes)
    if is_bomb or info.size > limits.member_bytes:
        return Disposition.UNREADABLE, ARCHIVE_LIMIT
    return None


class KeptTar:
    """Remembers where the entries of an archive lie, and how far it was gone through.

    What it holds are numbers and decompressors, no open file. One search at a time is sound.

    Parameters
    ----------
    file
        The archive; `find` takes it anew each time.
    """

    def __init__(self, file: BinaryIO, kind: str, size_bytes: int, limits: Limits) -> None:
        self._stream = open_tar(file, kind, size_bytes, limits, most_points=MANY_POINTS)
        self._begin = partial(walk_tar, self._stream, kind, size_bytes, limits)
        self._walk = self._begin()
        self._is_seekable = kind == TAR
        self._places: dict[str, tuple[int, int]] = {}

    def find(self, file: BinaryIO, names: Iterable[str]) -> Iterator[Entry]:
        """Yield those of the named entries that can be opened.

        First come those whose places are known; the others are looked for from where the last
        search ended, and then once from the start.

        Raises
        ------
        UnreadableError
            Reason ``damaged-archive`` or ``archive-limit``.
        """
        self._stream.file = file
        wanted = set(names)
        known = sorted((self._places[name], name) for name in wanted & self._places.keys())
        for (starts_at, size_bytes), name in known:
            wanted.discard(name)
            span = partial(Span, self._stream, starts_at, size_bytes)
            yield Entry(
                name=name,
                size_bytes=size_bytes,
                modified_ns=0,
                open=span,
                in_place=span if self._is_seekable else None,
            )
        yield from self._look_for(wanted)
        if wanted:
            self._walk = self._begin()
            yield from self._look_for(wanted)

    def _look_for(self, wanted: set[str]) -> Iterator[Entry]:
        while wanted and (entry := next(self._walk, None)) is not None:
            if entry.starts_at is not None and entry.refusal is None:
                self._places[entry.name] = entry.starts_at, entry.size_bytes
            if entry.name in wanted:
                wanted.discard(entry.name)
                yield entry


class _Kept(threading.local):
    """The archives that a thread has read from, the last one last."""

    def __init__(self) -> None:
        self.archives: dict[tuple[object, ...], KeptTar] = {}


@cache
def _kept() -> _Kept:
    return _Kept()


def kept_entries(
    file: BinaryIO, kind: str, limits: Limits, names: Iterable[str]
) -> Iterator[Entry]:
    """Yield the named entries of a tar archive, of which this thread may know some already.

    An entry is to be read before the next one is asked for.

    Parameters
    ----------
    file
        An open file of the system; one that was changed is another archive.
    kind, limits
        As for `tar_entries`.

    Raises
    ------
    UnreadableError
        Reason ``damaged-archive`` or ``archive-limit``.
    """
    status = os.fstat(file.fileno())
    key = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, kind, limits)
    archives = _kept().archives
    archive = archives.pop(key, None) or KeptTar(file, kind, status.st_size, limits)
    is_sound = True
    try:
        yield from archive.find(file, names)
    except UnreadableError:
        is_sound = False  # the next time it may be read
        raise
    finally:
        if is_sound:
            archives[key] = archive
            while len(archives) > _MOST_KEPT:
                del archives[next(iter(archives))]
