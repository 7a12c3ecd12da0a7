"""Entries of a tar archive, plain or compressed, read from front to back.

References
----------
* POSIX.1-2017, pax, "ustar Interchange Format" and "pax Interchange Format"
"""

import tarfile
from collections.abc import Iterator
from functools import partial
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
    unique_names,
)
from ductdicom.ingest.archives.unpack import BZIP2, GZIP, XZ, Unpacked
from ductdicom.ingest.inputs import shown_name
from ductdicom.model.outcome import Disposition

TAR = "tar"
TAR_GZ = "tar.gz"
TAR_XZ = "tar.xz"
TAR_BZ2 = "tar.bz2"
TARS = frozenset({TAR, TAR_GZ, TAR_XZ, TAR_BZ2})

_MAX_EXTENSION_BYTES = 1 << 20
_END_OF_ARCHIVE = ("EOFHeaderError", "EmptyHeaderError")
_EXTENSIONS = frozenset(
    {
        tarfile.XHDTYPE,
        tarfile.XGLTYPE,
        tarfile.SOLARIS_XHDTYPE,
        tarfile.GNUTYPE_LONGNAME,
        tarfile.GNUTYPE_LONGLINK,
    }
)
_UNPACKERS = {TAR_GZ: GZIP, TAR_XZ: XZ, TAR_BZ2: BZIP2}
_CHUNK_BYTES = 1 << 16
_EMPTY_BYTES = 10240  # which GNU tar writes for nothing


class _TarInfo(tarfile.TarInfo):
    """An entry header whose extensions cannot ask for all memory."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> "_TarInfo":
        info = super().frombuf(buf, encoding, errors)
        if info.type in _EXTENSIONS and info.size > _MAX_EXTENSION_BYTES:
            raise UnreadableError("an entry's name is too long", reason=ARCHIVE_LIMIT)
        return info

    @classmethod
    def fromtarfile(cls, tarfile_: tarfile.TarFile) -> "_TarInfo":
        try:
            return super().fromtarfile(tarfile_)
        except tarfile.HeaderError as error:
            if type(error).__name__ in _END_OF_ARCHIVE:
                raise
            # The library would take a damaged header for the end and lose what follows.
            raise UnreadableError("the archive is damaged", reason=DAMAGED_ARCHIVE) from error


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
    while (info := _next(archive)) is not None:
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
            )
        if kind == TAR and not info.issparse() and info.offset_data + info.size > size_bytes:
            raise UnreadableError("the archive is cut short", reason=DAMAGED_ARCHIVE)


def _modified_ns(info: tarfile.TarInfo) -> int:
    """Return when an entry was changed; 0 where its header holds no moment, such as ``nan``."""
    try:
        return int(info.mtime * 1_000_000_000)
    except (ValueError, OverflowError):
        return 0


def _check_rest(stream: Stream) -> None:
    """Read what follows the end marker: zeros, or the marker is a header that was lost.

    Only then, too, does a packed archive know its checksum.
    """
    is_end = True
    try:
        while is_end and (chunk := stream.read(_CHUNK_BYTES)):
            is_end = not chunk.strip(b"\0")
    except UnreadableError:
        raise
    except Exception as error:
        raise UnreadableError("the archive is damaged", reason=DAMAGED_ARCHIVE) from error
    if not is_end:
        raise UnreadableError("the archive goes on behind its end", reason=DAMAGED_ARCHIVE)


def _open_archive(stream: Stream) -> tarfile.TarFile:
    try:
        return tarfile.open(
            fileobj=cast(BinaryIO, stream), mode="r:", tarinfo=_TarInfo, errors="surrogateescape"
        )
    except UnreadableError:
        raise
    except Exception as error:
        raise UnreadableError("the archive is damaged", reason=DAMAGED_ARCHIVE) from error


def _next(archive: tarfile.TarFile) -> tarfile.TarInfo | None:
    try:
        info = archive.next()
    except UnreadableError:
        raise
    except Exception as error:
        raise UnreadableError("the archive is damaged", reason=DAMAGED_ARCHIVE) from error
    cast(Any, archive).members.clear()  # the library keeps every header it has seen
    return info


def _open_sparse(archive: tarfile.TarFile, info: tarfile.TarInfo) -> Readable:
    return cast(Readable, archive.extractfile(info))


def _refusal(
    info: tarfile.TarInfo, size_bytes: int, limits: Limits
) -> tuple[Disposition, str] | None:
    if info.issym():
        return Disposition.NOT_DICOM, "symlink"
    if info.islnk():
        return Disposition.NOT_DICOM, "hard-link"
    if not info.isfile():
        return Disposition.NOT_DICOM, "special-file"
    is_bomb = info.issparse() and not limits.allows(info.size, size_bytes)
    if is_bomb or info.size > limits.member_bytes:
        return Disposition.UNREADABLE, ARCHIVE_LIMIT
    return None
