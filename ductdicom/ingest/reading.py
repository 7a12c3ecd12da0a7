"""One file or one archive at a time: bytes in, results out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO, cast

from ductdicom.errors import NotDicomError, UnreadableError
from ductdicom.ingest.archives import HEAD_BYTES, is_archive, walk_archive
from ductdicom.ingest.dicomdir import (
    FileId,
    MissingReference,
    missing_in_archive,
    missing_in_folder,
)
from ductdicom.ingest.entries import Limits
from ductdicom.ingest.header import DirectoryFileError, read_instance
from ductdicom.ingest.sources import reason_of
from ductdicom.model.instance import Instance
from ductdicom.model.origin import Origin
from ductdicom.model.outcome import Disposition, LedgerRow

Scanned = Instance | LedgerRow | MissingReference


@dataclass(frozen=True, slots=True)
class Archive:
    """A file that turned out to be an archive, to be looked into in its turn."""

    origin: Origin


Results = tuple[Scanned | Archive, ...]


def read_files(origins: Sequence[Origin]) -> list[Results]:
    """Read one chunk of plain files, in its order; the unit of work of an executor."""
    return [tuple(_read_file(origin)) for origin in origins]


def read_archive(origin: Origin, limits: Limits) -> Iterator[Scanned]:
    """Read the headers of an archive's entries; last its own row and what its directories miss."""
    entries: list[str] = []
    directories: list[tuple[Origin, tuple[FileId, ...]]] = []
    for found in walk_archive(origin, limits):
        if isinstance(found, LedgerRow):
            yield found
            continue
        entry, stream = found
        entries.append(entry.member or "")
        result = _read_stream(entry, stream)
        if isinstance(result, tuple):
            directories.append((entry, result))
            yield _row(entry, Disposition.CONTAINER, "")
        else:
            yield result
    for directory, file_ids in directories:
        yield from missing_in_archive(directory, file_ids, entries)


def _read_file(origin: Origin) -> Iterator[Scanned | Archive]:
    try:
        with origin.path.open("rb") as stream:
            if is_archive(origin.path.name, stream.read(HEAD_BYTES)):
                yield Archive(origin)
                return
            result = _read_stream(origin, cast(BinaryIO, stream))
    except OSError as error:
        yield _row(origin, Disposition.UNREADABLE, reason_of(error))
        return
    if isinstance(result, tuple):
        yield _row(origin, Disposition.CONTAINER, "")
        yield from missing_in_folder(origin, result)
    else:
        yield result


def _read_stream(origin: Origin, stream: BinaryIO) -> Instance | LedgerRow | tuple[FileId, ...]:
    """Read one object; the directory of a file set comes back as what it lists."""
    try:
        return read_instance(origin, stream)
    except DirectoryFileError as error:
        return error.file_ids
    except NotDicomError as error:
        return _row(origin, Disposition.NOT_DICOM, error.reason)
    except UnreadableError as error:
        return _row(origin, Disposition.UNREADABLE, error.reason)


def _row(origin: Origin, disposition: Disposition, reason: str) -> LedgerRow:
    return LedgerRow(origin=origin, disposition=disposition, reason=reason)
