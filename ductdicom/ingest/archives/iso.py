"""Files of a CD or DVD image, read in place.

The tree of ISO 9660 is read, with the long names of Joliet where the image has them. What a
damaged image says of places and sizes is held against its own size, and no folder is entered
twice. Why no library does this: docs/decisions/0008-cd-images.md.

References
----------
* ECMA-119 (ISO 9660) 8.4, volume descriptors; 9.1, directory records
* ECMA-167 2/9, volume recognition sequence (of UDF)
* Joliet specification 1.0, escape sequences of the supplementary volume descriptor
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import BinaryIO

from ductdicom.errors import UnreadableError
from ductdicom.ingest.archives.entry import (
    ARCHIVE_LIMIT,
    DAMAGED_ARCHIVE,
    Entry,
    Limits,
    Span,
    unique_names,
)
from ductdicom.ingest.headers.charset_guess import guess_name
from ductdicom.model.outcome import Disposition

ISO = "iso"

_SECTOR_BYTES = 2048
_FIRST_DESCRIPTOR = 16
_MOST_DESCRIPTORS = 64
_MOST_FOLDER_BYTES = 16 << 20
_MOST_DEPTH = 64
_MAGIC = b"CD001"
_UDF_MAGICS = (b"BEA01", b"NSR02", b"NSR03")
_UNSUPPORTED = "unsupported-image"
_PRIMARY, _SUPPLEMENTARY, _TERMINATOR = 1, 2, 255
_JOLIET_ESCAPES = (b"%/@", b"%/C", b"%/E")
_ESCAPES = slice(88, 120)
_ROOT = slice(156, 190)
_LEAST_RECORD_BYTES = 34
_IS_FOLDER, _HAS_MORE_EXTENTS = 0x02, 0x80
_QUARTER_HOUR = timedelta(minutes=15)
# Length, extended attributes, place and size in sectors and bytes (each in both orders), time,
# flags, two for interleaving, volume number, length of the name.
_record = struct.Struct("<BBI4xI4x7sBBB2x2xB").unpack_from


@dataclass(frozen=True, slots=True, kw_only=True)
class _Record:
    """One directory record: a file or a folder."""

    name: bytes
    starts_at: int
    size_bytes: int
    modified_ns: int
    flags: int
    is_interleaved: bool


def disc_entries(file: BinaryIO, size_bytes: int, limits: Limits) -> Iterator[Entry]:
    """Yield the files of a CD image, folder by folder in its order.

    Parameters
    ----------
    file, size_bytes
        The image, seekable, and its size.
    limits
        How much it may ask for.

    Raises
    ------
    UnreadableError
        Reason ``damaged-archive`` or ``archive-limit``, or ``unsupported-image`` where the image
        has no tree of ISO 9660.
    """
    rename = unique_names()
    total_bytes = 0
    for count, (name, record) in enumerate(_walk(file, size_bytes), start=1):
        refusal = _refusal(record, size_bytes, limits)
        total_bytes += record.size_bytes if refusal is None else 0
        if count > limits.members or not limits.allows(total_bytes, size_bytes):
            raise UnreadableError("the image has too many files", reason=ARCHIVE_LIMIT)
        span = partial(Span, file, record.starts_at, record.size_bytes)
        yield Entry(
            name=rename(name),
            size_bytes=record.size_bytes,
            modified_ns=record.modified_ns,
            open=span,
            refusal=refusal,
            in_place=span,
        )


def _walk(file: BinaryIO, size_bytes: int) -> Iterator[tuple[str, _Record]]:
    """Yield the files with their paths, the files of a folder before those below it."""
    root, is_joliet = _find_root(file)
    known = {root.starts_at}
    stack = [("", root)]
    left_bytes = size_bytes
    while stack:
        path, folder = stack.pop()
        left_bytes -= folder.size_bytes
        if left_bytes < 0:  # only folders that overlap are larger than the image
            raise UnreadableError("folders of the image overlap", reason=DAMAGED_ARCHIVE)
        if path.count("/") > _MOST_DEPTH:
            raise UnreadableError("the image's folders are too deep", reason=ARCHIVE_LIMIT)
        below = []
        for record in _read_folder(file, folder):
            name = f"{path}{_shown(record.name, is_joliet=is_joliet)}"
            if not record.flags & _IS_FOLDER:
                yield name, record
            elif record.starts_at not in known:
                known.add(record.starts_at)
                below.append((f"{name}/", record))
        stack += reversed(below)


def _find_root(file: BinaryIO) -> tuple[_Record, bool]:
    """Return the root folder, that of the long names if there are any."""
    root: _Record | None = None
    is_udf = False
    for number in range(_MOST_DESCRIPTORS):
        file.seek((_FIRST_DESCRIPTOR + number) * _SECTOR_BYTES)
        sector = file.read(_SECTOR_BYTES)
        is_udf = is_udf or sector[1:6] in _UDF_MAGICS
        if len(sector) < _SECTOR_BYTES or sector[1:6] != _MAGIC or sector[0] == _TERMINATOR:
            break
        if sector[0] == _SUPPLEMENTARY and sector[_ESCAPES].startswith(_JOLIET_ESCAPES):
            return _parse(sector[_ROOT]), True
        if sector[0] == _PRIMARY:
            root = _parse(sector[_ROOT])
    if root is None:
        reason = _UNSUPPORTED if is_udf else DAMAGED_ARCHIVE
        raise UnreadableError("no tree of ISO 9660", reason=reason)
    return root, False


def _read_folder(file: BinaryIO, folder: _Record) -> Iterator[_Record]:
    if folder.size_bytes > _MOST_FOLDER_BYTES:
        raise UnreadableError("a folder of the image is too large", reason=ARCHIVE_LIMIT)
    file.seek(folder.starts_at)
    content = file.read(folder.size_bytes)
    if len(content) < folder.size_bytes:
        raise UnreadableError("the image is cut short", reason=DAMAGED_ARCHIVE)
    position = 0
    while position < len(content):
        length = content[position]
        if not length:  # records do not cross sectors; the next one starts a new sector
            position = (position // _SECTOR_BYTES + 1) * _SECTOR_BYTES
            continue
        record = _parse(content[position : position + length])
        position += length
        if record.name not in (b"\0", b"\1"):  # the folder itself, and the one above
            yield record


def _parse(content: bytes) -> _Record:
    if len(content) < _LEAST_RECORD_BYTES:
        raise UnreadableError("a folder of the image is damaged", reason=DAMAGED_ARCHIVE)
    _, skipped, place, size, moment, flags, unit, gap, length = _record(content)
    return _Record(
        name=content[33 : 33 + length],
        starts_at=(place + skipped) * _SECTOR_BYTES,
        size_bytes=size,
        modified_ns=_modified_ns(moment),
        flags=flags,
        is_interleaved=bool(unit or gap),
    )


def _modified_ns(moment: bytes) -> int:
    year, month, day, hour, minute, second, offset = struct.unpack("<6Bb", moment)
    try:
        local = datetime(1900 + year, month, day, hour, minute, second, tzinfo=UTC)
        return int((local - offset * _QUARTER_HOUR).timestamp()) * 1_000_000_000
    except (ValueError, OverflowError):
        return 0


def _shown(name: bytes, *, is_joliet: bool) -> str:
    """Return a name without its version number; no part of it leads elsewhere."""
    text = name.decode("utf-16-be", errors="replace") if is_joliet else guess_name(name)
    bare = text.partition(";")[0].removesuffix(".")
    return bare.replace("/", "_").replace("\0", "_")


def _refusal(record: _Record, image_bytes: int, limits: Limits) -> tuple[Disposition, str] | None:
    if record.flags & _HAS_MORE_EXTENTS or record.is_interleaved:
        return Disposition.UNREADABLE, _UNSUPPORTED
    if record.starts_at + record.size_bytes > image_bytes:
        return Disposition.UNREADABLE, DAMAGED_ARCHIVE
    if record.size_bytes > limits.member_bytes:
        return Disposition.UNREADABLE, ARCHIVE_LIMIT
    return None
