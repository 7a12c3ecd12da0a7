"""Entries of a tar archive, plain or compressed, read in one pass.

References
----------
* POSIX.1-2017, pax, "ustar Interchange Format" and "pax Interchange Format"
"""

import gzip
import lzma
import tarfile
from collections.abc import Iterator
from functools import partial
from typing import Any, BinaryIO, cast

from ductdicom.errors import UnreadableError
from ductdicom.ingest.entries import (
    ARCHIVE_LIMIT,
    DAMAGED_ARCHIVE,
    Entry,
    Limits,
    Meter,
    Readable,
    unique_names,
)
from ductdicom.ingest.sources import shown_name
from ductdicom.model.outcome import Disposition

TAR = "tar"
TAR_GZ = "tar.gz"
TAR_XZ = "tar.xz"

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
_XZ_MEMORY_BYTES = 256 << 20  # what `xz -9` needs is 65 MiB
_CHUNK_BYTES = 1 << 16


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


class _XzReader:
    """Unpacks xz within a bound of memory, which the standard library's reader has not."""

    __slots__ = ("_file", "_unpacker")

    def __init__(self, file: Readable) -> None:
        self._file = file
        self._unpacker = lzma.LZMADecompressor(memlimit=_XZ_MEMORY_BYTES)

    def read(self, size: int = -1, /) -> bytes:
        while True:
            packed = b""
            if self._unpacker.eof:
                packed = self._unpacker.unused_data or self._file.read(_CHUNK_BYTES)
                if not packed.strip(b"\0"):
                    return b""
                self._unpacker = lzma.LZMADecompressor(memlimit=_XZ_MEMORY_BYTES)
            elif self._unpacker.needs_input:
                packed = self._file.read(_CHUNK_BYTES)
                if not packed:
                    raise EOFError("the end of the xz stream is missing")
            unpacked = self._unpacker.decompress(packed, size)
            if unpacked:
                return unpacked


def tar_entries(file: Readable, kind: str, size_bytes: int, limits: Limits) -> Iterator[Entry]:
    """Yield the entries of a tar archive in its order, folders left out.

    An entry can only be opened before the next one is asked for.

    Parameters
    ----------
    kind
        ``tar``, ``tar.gz`` or ``tar.xz``.
    size_bytes
        Size of the archive as it is stored.

    Raises
    ------
    UnreadableError
        Reason ``damaged-archive`` or ``archive-limit``.
    """
    if kind == TAR_GZ:
        file = Meter(gzip.GzipFile(fileobj=cast(BinaryIO, file)), size_bytes, limits)
    elif kind == TAR_XZ:
        file = Meter(_XzReader(file), size_bytes, limits)
    rename = unique_names()
    count = 0
    archive = _open_archive(file)
    while (info := _next(archive)) is not None:
        count += 1
        if count > limits.members:
            raise UnreadableError("the archive has too many entries", reason=ARCHIVE_LIMIT)
        if not info.isdir():
            yield Entry(
                name=rename(shown_name(info.name)),
                size_bytes=info.size,
                modified_ns=int(info.mtime * 1_000_000_000),
                open=partial(_open, archive, info),
                refusal=_refusal(info, size_bytes, limits),
            )
        if kind == TAR and not info.issparse() and info.offset_data + info.size > size_bytes:
            raise UnreadableError("the archive is cut short", reason=DAMAGED_ARCHIVE)
    if kind != TAR:
        _check_rest(file)


def _check_rest(file: Readable) -> None:
    """Read what follows the last entry; only then does a packed archive know its checksum."""
    try:
        while file.read(_CHUNK_BYTES):
            pass
    except UnreadableError:
        raise
    except Exception as error:
        raise UnreadableError("the archive is damaged", reason=DAMAGED_ARCHIVE) from error


def _open_archive(file: Readable) -> tarfile.TarFile:
    try:
        return tarfile.open(
            fileobj=cast(BinaryIO, file), mode="r|", tarinfo=_TarInfo, errors="surrogateescape"
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


def _open(archive: tarfile.TarFile, info: tarfile.TarInfo) -> Readable:
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
