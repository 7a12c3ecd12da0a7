"""Zip and tar archives and CD images read in place: entries as candidates, with limits."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import RawIOBase
from itertools import groupby
from pathlib import PurePosixPath
from posixpath import normpath
from typing import BinaryIO, cast

from msgspec.structs import replace

from ductdicom.errors import UnreadableError
from ductdicom.ingest.archives.content import Content, open_content, read_content
from ductdicom.ingest.archives.entry import ARCHIVE_LIMIT, Entry, Limits, Replay
from ductdicom.ingest.archives.iso import ISO, disc_entries
from ductdicom.ingest.archives.kind import HEAD_BYTES, ZIP, archive_kind
from ductdicom.ingest.archives.tar import TAR, kept_entries, tar_entries
from ductdicom.ingest.archives.zip import zip_entries
from ductdicom.model.origin import Origin
from ductdicom.model.outcome import (
    LINK,
    LINK_OUTSIDE,
    MISSING,
    Disposition,
    LedgerRow,
    reason_of,
)

NAMES_GUESSED = "names-guessed"
_NESTING = "!/"

Found = tuple[Origin, BinaryIO] | LedgerRow


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    """What is asked of an archive: its limits, and the only entries that are wanted, if any."""

    limits: Limits
    wanted: frozenset[str] | None = None

    def leaves_out(self, name: str) -> bool:
        """Whether neither an entry nor anything in it is wanted."""
        return self.wanted is not None and name not in self.wanted


def walk_archive(
    origin: Origin, limits: Limits | None = None, *, wanted: Iterable[str] | None = None
) -> Iterator[Found]:
    """Yield the entries of an archive in its order, each with a stream; last its own row.

    A stream can only be read before the next entry is asked for. It can be sought in, within
    limits (see `ductdicom.ingest.archives.entry.Replay`).

    Parameters
    ----------
    origin
        A file, not an entry.
    wanted
        Names of the only entries to open; the others are passed over.

    Yields
    ------
    tuple[Origin, BinaryIO] | LedgerRow
        Entries to read, and the rows of those that cannot be: ``archive-limit``,
        ``encrypted-archive``, ``link``…, nested archives included. The archive's own row
        is ``container`` (``names-guessed`` where names do not say their character set), or
        ``unreadable`` with ``damaged-archive`` or ``archive-limit``.
    """
    request = _Request(
        limits=limits or Limits(), wanted=None if wanted is None else _with_nests(wanted)
    )
    try:
        with origin.path.open("rb") as file:
            head = file.read(HEAD_BYTES)
            file.seek(0)
            yield from _walk(origin, cast(BinaryIO, file), head, request)
    except OSError as error:
        yield _row(origin, Disposition.UNREADABLE, reason_of(error))


def _with_nests(names: Iterable[str]) -> frozenset[str]:
    """Add the archives that entries of nested archives lie in."""
    parts = [name.split(_NESTING) for name in names]
    return frozenset(
        _NESTING.join(part[:count]) for part in parts for count in range(1, len(part) + 1)
    )


def read_all(
    origins: Iterable[Origin], limits: Limits | None = None
) -> Iterator[tuple[Origin, Content]]:
    """Yield every origin with its bytes, of large entries mapped; an archive is gone through once.

    Entries of one archive that stand together come in the archive's order.

    Raises
    ------
    UnreadableError
        An entry is damaged or no longer there.
    """
    for path, group in groupby(origins, key=lambda origin: origin.path):
        wanted = {origin.member: origin for origin in group}
        try:
            if None in wanted:
                yield wanted.pop(None), path.read_bytes()
            if wanted:
                yield from _read_members(wanted, limits)
        except OSError as error:
            raise _refused(path.name, error) from error


def read_one(origin: Origin, limits: Limits | None = None) -> Content:
    """Return the bytes of a file or an entry, of a large entry mapped.

    Raises
    ------
    UnreadableError
        Reason ``damaged-archive``, ``io-error``, ``permission-denied`` or ``missing``.
    """
    return next(content for _, content in read_all([origin], limits))


def read_bytes(origin: Origin, limits: Limits | None = None) -> bytes:
    """Return the bytes of a file or an entry in memory; as `read_one`."""
    return bytes(read_one(origin, limits))


def open_origin(origin: Origin, limits: Limits | None = None) -> BinaryIO:
    """Open a file, or an entry of an archive.

    Raises
    ------
    UnreadableError
        As `read_one`.
    """
    if origin.member is not None:
        return open_content(read_one(origin, limits))
    try:
        return cast(BinaryIO, origin.path.open("rb"))
    except OSError as error:
        raise _refused(origin.label, error) from error


def _read_members(
    wanted: dict[str | None, Origin], limits: Limits | None
) -> Iterator[tuple[Origin, Content]]:
    first = next(iter(wanted.values()))
    archive = replace(first, member=None, size_bytes=first.path.stat().st_size)
    names = [origin.member or "" for origin in wanted.values()]
    for found in walk_archive(archive, limits, wanted=names):
        if isinstance(found, LedgerRow):
            continue
        known = wanted.pop(found[0].member, None)
        if known is not None:
            yield known, read_content(found[1], found[0].size_bytes)
        if not wanted:
            return
    missing = next(iter(wanted.values()))
    raise UnreadableError("the entry is not there", reason="missing", path=missing.label)


def _walk(
    origin: Origin, file: BinaryIO, head: bytes, request: _Request, depth: int = 0
) -> Iterator[Found]:
    limits, links, reason = request.limits, _Links(), ""
    kind = archive_kind(origin.member or origin.path.name, head)
    try:
        if kind == ZIP:
            entries = zip_entries(file, origin.size_bytes, limits)
        elif kind == ISO:
            entries = disc_entries(file, origin.size_bytes, limits)
        elif request.wanted is not None and origin.member is None:
            entries = kept_entries(file, kind or TAR, limits, request.wanted)
        else:
            entries = tar_entries(file, kind or TAR, origin.size_bytes, limits)
        for entry in entries:
            inner = _entry_origin(origin, entry)
            if request.leaves_out(inner.member or ""):
                continue
            reason = NAMES_GUESSED if entry.is_name_guessed else reason
            if entry.link is None:
                links.names.add(normpath(entry.name))
                yield from _enter(inner, entry, request, depth + 1)
            else:
                yield from links.add(inner, entry)
    except UnreadableError as error:
        yield from links.rows()
        yield _row(origin, Disposition.UNREADABLE, error.reason)
    else:
        yield from links.rows()
        yield _row(origin, Disposition.CONTAINER, reason)


class _Links:
    """The links of one archive; whether what they lead to is in it shows when all was seen."""

    def __init__(self) -> None:
        self.names: set[str] = set()  # of entries that are none
        self._found: dict[str, tuple[Origin, str]] = {}

    def add(self, origin: Origin, entry: Entry) -> Iterator[LedgerRow]:
        """Take a link; yield its row only where it cannot be read."""
        try:
            self._found[normpath(entry.name)] = origin, entry.link() if entry.link else ""
        except UnreadableError as error:
            yield _row(origin, Disposition.UNREADABLE, error.reason)

    def rows(self) -> Iterator[LedgerRow]:
        """Yield the row of each link."""
        if not self._found:
            return
        folders = {str(folder) for name in self.names for folder in PurePosixPath(name).parents}
        for origin, target in self._found.values():
            seen = set()
            while target in self._found and target not in seen:  # a link to a link
                seen.add(target)
                target = self._found[target][1]  # noqa: PLW2901 - goes on from there
            if target in self.names or target in folders:
                yield _row(origin, Disposition.DUPLICATE, LINK)
            elif target.startswith(("/", "..")):
                yield _row(origin, Disposition.UNREADABLE, LINK_OUTSIDE)
            else:
                yield _row(origin, Disposition.UNREADABLE, MISSING)


def _entry_origin(archive: Origin, entry: Entry) -> Origin:
    name = entry.name if archive.member is None else f"{archive.member}{_NESTING}{entry.name}"
    return Origin(
        file=archive.file,
        source=archive.source,
        member=name,
        size_bytes=entry.size_bytes,
        modified_ns=entry.modified_ns,
    )


def _enter(origin: Origin, entry: Entry, request: _Request, depth: int) -> Iterator[Found]:
    """Yield an entry, or if it is an archive itself what is in it."""
    if entry.refusal is not None:
        yield _row(origin, *entry.refusal)
        return
    try:
        stream = Replay(entry.open(), entry.size_bytes)
        head = stream.read(HEAD_BYTES)
        stream.seek(0)
        kind = archive_kind(entry.name, head)
        nested = None if kind is None else _open_nested(entry, stream, kind, request.limits, depth)
    except UnreadableError as error:
        yield _row(origin, Disposition.UNREADABLE, error.reason)
        return
    if nested is None:
        yield origin, cast(BinaryIO, stream)
    else:
        yield from _walk(origin, cast(BinaryIO, nested), head, request, depth)


def _open_nested(
    entry: Entry, stream: Replay, kind: str, limits: Limits, depth: int
) -> RawIOBase | BinaryIO:
    """Open an archive in an archive: from front to back, in place, or else held whole."""
    if depth > limits.depth:
        raise UnreadableError("an archive too deep in others", reason=ARCHIVE_LIMIT)
    if kind not in (ZIP, ISO):
        return stream
    if entry.in_place is not None:
        return entry.in_place()
    if entry.size_bytes > limits.nested_bytes:
        raise UnreadableError("an archive too large to be held", reason=ARCHIVE_LIMIT)
    return open_content(read_content(stream, entry.size_bytes))


def _refused(name: str, error: OSError) -> UnreadableError:
    return UnreadableError("the input cannot be read", reason=reason_of(error), path=name)


def _row(origin: Origin, disposition: Disposition, reason: str) -> LedgerRow:
    return LedgerRow(origin=origin, disposition=disposition, reason=reason)
