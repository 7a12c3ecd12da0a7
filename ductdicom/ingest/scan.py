"""Everything of this room together: inputs in, instances and ledger rows out."""

import hashlib
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO, cast

from ductdicom.errors import NotDicomError, UnreadableError
from ductdicom.ingest.archives import HEAD_BYTES, is_archive, open_origin, walk_archive
from ductdicom.ingest.dicomdir import (
    FileId,
    MissingReference,
    missing_in_archive,
    missing_in_folder,
)
from ductdicom.ingest.entries import Limits
from ductdicom.ingest.header import DirectoryFileError, read_instance
from ductdicom.ingest.sources import find_inputs, reason_of
from ductdicom.model.instance import Instance
from ductdicom.model.origin import Origin
from ductdicom.model.outcome import Disposition, LedgerRow

CHUNK_FILES = 64
MAX_PENDING_CHUNKS = 32
_BLOCK_BYTES = 1 << 20

Scanned = Instance | LedgerRow | MissingReference


@dataclass(frozen=True, slots=True)
class _Archive:
    """A file that turned out to be an archive, to be looked into in its turn."""

    origin: Origin


def scan_inputs(
    inputs: Sequence[str],
    *,
    exclude: Path | None = None,
    executor: Executor | None = None,
    limits: Limits | None = None,
) -> Iterator[Scanned]:
    """Read every header below ``inputs``, streamed, in the order of `find_inputs`.

    Parameters
    ----------
    inputs
        Folders, files, archives and directories of file sets as the user typed them.
    exclude
        The output folder, left out if it is met.
    executor
        Reads plain files in chunks; archives are gone through here. The order of the results
        does not depend on it.
    limits
        What an archive may ask for.

    Returns
    -------
    Iterator[Instance | LedgerRow | MissingReference]
        Every input once: an instance where its header could be read, otherwise the row that
        says why not. Beside them, each reference of a file set that leads nowhere.

    Raises
    ------
    UsageError
        An input does not exist; raised before anything is read.
    """
    candidates = find_inputs(inputs, exclude=exclude)
    return _scan(candidates, executor, limits or Limits())


def read_files(candidates: Sequence[Origin | LedgerRow]) -> list[Scanned | _Archive]:
    """Read one chunk of plain files; the unit of work of an executor."""
    results: list[Scanned | _Archive] = []
    for candidate in candidates:
        if isinstance(candidate, LedgerRow):
            results.append(candidate)
        else:
            results.extend(_read_file(candidate))
    return results


def fingerprint(origin: Origin) -> str:
    """Return the SHA-256 of the bytes of a file or an archive entry, as hexadecimal digits.

    Raises
    ------
    UnreadableError
        The input cannot be read again.
    """
    digest = hashlib.sha256()
    try:
        with open_origin(origin) as stream:
            while block := stream.read(_BLOCK_BYTES):
                digest.update(block)
    except OSError as error:
        raise UnreadableError(
            "the input cannot be read", reason=reason_of(error), path=origin.label
        ) from error
    return digest.hexdigest()


def _scan(
    candidates: Iterator[Origin | LedgerRow], executor: Executor | None, limits: Limits
) -> Iterator[Scanned]:
    chunks = iter(lambda: list(islice(candidates, CHUNK_FILES)), [])
    read = map(read_files, chunks) if executor is None else _read_ahead(chunks, executor)
    for results in read:
        for result in results:
            if isinstance(result, _Archive):
                yield from _scan_archive(result.origin, limits)
            else:
                yield result


def _read_ahead(
    chunks: Iterable[list[Origin | LedgerRow]], executor: Executor
) -> Iterator[list[Scanned | _Archive]]:
    """Keep the executor busy without running far ahead of who takes the results."""
    pending: deque[Future[list[Scanned | _Archive]]] = deque()
    try:
        for chunk in chunks:
            pending.append(executor.submit(read_files, chunk))
            if len(pending) >= MAX_PENDING_CHUNKS:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
    finally:
        for future in pending:
            future.cancel()


def _read_file(origin: Origin) -> Iterator[Scanned | _Archive]:
    try:
        with origin.path.open("rb") as stream:
            if is_archive(origin.path.name, stream.read(HEAD_BYTES)):
                yield _Archive(origin)
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


def _scan_archive(origin: Origin, limits: Limits) -> Iterator[Scanned]:
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
