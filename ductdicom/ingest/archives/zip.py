"""Entries of a zip archive, read in place.

References
----------
* PKWARE APPNOTE 4.3.7 (local file header), 4.3.12 (central directory), 4.4.4 (flags),
  4.6.9 (Unicode path)
"""

import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from typing import BinaryIO, cast

from ductdicom.errors import UnreadableError
from ductdicom.ingest.archives.entry import (
    ARCHIVE_LIMIT,
    DAMAGED_ARCHIVE,
    ENCRYPTED_ARCHIVE,
    Entry,
    Limits,
    Readable,
    Span,
    link_target,
    read_whole,
    unique_names,
)
from ductdicom.ingest.headers.charset_guess import guess_name
from ductdicom.model.outcome import Disposition

_ENCRYPTED = 0x0001
_UTF8_NAME = 0x0800
_UNICODE_PATH = 0x7075
_UNICODE_PATH_HEAD = struct.Struct("<BI")
_MODE_SHIFT = 16
_LONGEST_LINK = 4096  # bytes
_LOCAL_HEAD = struct.Struct("<4s22xHH")
_LOCAL_SIGNATURE = b"PK\x03\x04"
_CENTRAL_HEAD = struct.Struct("<28x3H12x")  # lengths of name, extra field and comment
_CENTRAL_SIGNATURE = b"PK\x01\x02"
_LOCAL_FLAG, _CENTRAL_FLAG = 7, 9  # the byte of the flags that says how names are written
_NAME_FLAG = _UTF8_NAME >> 8


def zip_entries(file: BinaryIO, size_bytes: int, limits: Limits) -> Iterator[Entry]:
    """Yield the entries of a zip archive in the order of its directory, folders left out.

    Parameters
    ----------
    file, size_bytes
        The archive, seekable, and its size.
    limits
        How much it may ask for.

    Raises
    ------
    UnreadableError
        Reason ``damaged-archive`` or ``archive-limit``.
    """
    archive = _open_directory(file)
    total_bytes = 0
    rename = unique_names()
    with archive:
        for count, info in enumerate(archive.infolist()):
            refusal = _refusal(info, limits)
            total_bytes += info.file_size if refusal is None else 0
            if count >= limits.members or not limits.allows(total_bytes, size_bytes):
                raise UnreadableError("the archive is too large", reason=ARCHIVE_LIMIT)
            if not info.filename.endswith("/"):  # its own question fails without a name
                name, is_name_guessed = _name(info)
                yield Entry(
                    name=rename(name),
                    is_name_guessed=is_name_guessed,
                    size_bytes=info.file_size,
                    modified_ns=_modified_ns(info),
                    open=partial(_open, archive, info),
                    refusal=refusal,
                    in_place=_window(file, info, limits),
                    link=partial(_link, archive, info) if _is_link(info) else None,
                )
        _check_front(file, archive)


def _open_directory(file: BinaryIO) -> zipfile.ZipFile:
    try:
        try:
            return zipfile.ZipFile(file)
        except UnicodeDecodeError:  # one false name would cost the whole archive
            return zipfile.ZipFile(cast(BinaryIO, _WithoutNameFlag(file)))
    except Exception as error:
        raise UnreadableError("the archive is damaged", reason=DAMAGED_ARCHIVE) from error


def _check_front(file: BinaryIO, archive: zipfile.ZipFile) -> None:
    """Refuse an archive behind another one, of which the last directory says nothing.

    What else stands before an archive, such as a program that unpacks it, is nobody's image.
    """
    starts = [info.header_offset for info in archive.infolist()]
    file.seek(0)
    if min(starts, default=0) > 0 and file.read(len(_LOCAL_SIGNATURE)) == _LOCAL_SIGNATURE:
        raise UnreadableError("another archive stands before this one", reason=DAMAGED_ARCHIVE)


class _WithoutNameFlag:
    """A zip archive none of whose names claims to be UTF-8, so that each can be guessed.

    The standard library reads the central directory as a whole, and each local header alone.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.seek = file.seek
        self.tell = file.tell
        self.seekable = file.seekable

    def read(self, size: int = -1) -> bytes:
        content = bytearray(self._file.read(size))
        if len(content) == _LOCAL_HEAD.size and content.startswith(_LOCAL_SIGNATURE):
            content[_LOCAL_FLAG] &= ~_NAME_FLAG
        position = 0
        while content.startswith(_CENTRAL_SIGNATURE, position):
            if position + _CENTRAL_HEAD.size > len(content):
                break
            content[position + _CENTRAL_FLAG] &= ~_NAME_FLAG
            position += _CENTRAL_HEAD.size + sum(_CENTRAL_HEAD.unpack_from(content, position))
        return bytes(content)


def _open(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Readable:
    try:
        return cast(Readable, archive.open(info))
    except NotImplementedError as error:
        raise UnreadableError(
            "the archive's compression is unknown", reason="unsupported-compression"
        ) from error
    except Exception as error:
        raise UnreadableError("the archive is damaged", reason=DAMAGED_ARCHIVE) from error


def _window(file: BinaryIO, info: zipfile.ZipInfo, limits: Limits) -> Callable[[], Span] | None:
    """Return what opens a stored entry where it lies, without its checksum.

    For one that could be held as a whole the checksum is worth more.
    """
    is_stored = info.compress_type == zipfile.ZIP_STORED and info.compress_size == info.file_size
    if not is_stored or info.file_size <= limits.nested_bytes:
        return None
    return partial(_open_window, file, info)


def _open_window(file: BinaryIO, info: zipfile.ZipInfo) -> Span:
    head = Span(file, info.header_offset, _LOCAL_HEAD.size).read()
    signature, name_bytes, extra_bytes = _LOCAL_HEAD.unpack(head)
    if signature != _LOCAL_SIGNATURE:
        raise UnreadableError("the archive is damaged", reason=DAMAGED_ARCHIVE)
    starts_at = info.header_offset + _LOCAL_HEAD.size + name_bytes + extra_bytes
    return Span(file, starts_at, info.file_size)


def _is_link(info: zipfile.ZipInfo) -> bool:
    return stat.S_ISLNK(info.external_attr >> _MODE_SHIFT)


def _link(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> str:
    """Return where a link leads, which is what it holds."""
    target = read_whole(_open(archive, info), _LONGEST_LINK)
    return link_target(_name(info)[0], target.decode("utf-8", errors="backslashreplace"))


def _refusal(info: zipfile.ZipInfo, limits: Limits) -> tuple[Disposition, str] | None:
    mode = info.external_attr >> _MODE_SHIFT
    if _is_link(info):
        return None
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        return Disposition.NOT_DICOM, "special-file"
    if info.flag_bits & _ENCRYPTED:
        return Disposition.UNREADABLE, ENCRYPTED_ARCHIVE
    if info.file_size > limits.member_bytes:
        return Disposition.UNREADABLE, ARCHIVE_LIMIT
    if not limits.allows(info.file_size, info.compress_size):
        return Disposition.UNREADABLE, ARCHIVE_LIMIT
    return None


def _name(info: zipfile.ZipInfo) -> tuple[str, bool]:
    """Return an entry's name, and whether it was decoded by guess."""
    if info.flag_bits & _UTF8_NAME:
        return info.filename, False
    # The standard library reads every name without the UTF-8 flag as cp437, which loses nothing.
    raw = info.orig_filename.encode("cp437", errors="replace")
    said = _unicode_path(info.extra, raw)
    name = said or guess_name(raw)
    return name.partition("\0")[0].replace("\\", "/"), said is None and not raw.isascii()


def _unicode_path(extra: bytes, raw: bytes) -> str | None:
    """Return the name that Info-ZIP keeps beside the old one, if it still belongs to it."""
    position = 0
    while position + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, position)
        content = extra[position + 4 : position + 4 + length]
        position += 4 + length
        if kind != _UNICODE_PATH or len(content) < _UNICODE_PATH_HEAD.size:
            continue
        _, checksum = _UNICODE_PATH_HEAD.unpack_from(content)
        if checksum == zlib.crc32(raw):
            return content[_UNICODE_PATH_HEAD.size :].decode("utf-8", errors="replace")
    return None


def _modified_ns(info: zipfile.ZipInfo) -> int:
    try:
        moment = datetime(*info.date_time, tzinfo=UTC)
    except ValueError:
        return 0
    return int(moment.timestamp()) * 1_000_000_000
