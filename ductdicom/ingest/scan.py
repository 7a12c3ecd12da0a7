"""Everything of this room together: inputs in, instances and ledger rows out."""

import hashlib
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from ductdicom.errors import UnreadableError
from ductdicom.ingest.archives.entry import Limits
from ductdicom.ingest.archives.walk import open_origin
from ductdicom.ingest.cache.lines import Packed, Scanned, pack, unpack
from ductdicom.ingest.inputs import find_inputs
from ductdicom.ingest.read import ReadFile, read_archive, read_files, refuse
from ductdicom.model.origin import Origin
from ductdicom.model.outcome import PASSING_REASONS, LedgerRow, reason_of

if TYPE_CHECKING:  # a database that many runs do without
    from ductdicom.ingest.cache.cache import Catalogue

WORKER_DIED = "worker-died"
CHUNK_FILES = 256
MAX_PENDING_CHUNKS = 16
_MAX_KEPT_RESULTS = 20_000  # of one archive; more are read anew each time
_BLOCK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class _Chunk:
    """Candidates in their order, what is known of the files among them, and their reading."""

    candidates: list[Origin | LedgerRow]
    known: list[list[Packed] | None]
    unread: list[Origin]
    reading: Future[list[ReadFile]]


def scan_inputs(
    inputs: Sequence[str],
    *,
    exclude: Path | None = None,
    executor: Executor | None = None,
    limits: Limits | None = None,
    catalogue: "Catalogue | None" = None,
    follow_links: bool = False,
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
    catalogue
        Spares reading what has not changed since an earlier run.
    follow_links
        Whether symbolic links that lead to no place below an input are followed.

    Returns
    -------
    Iterator[Instance | LedgerRow | FileReference]
        Every input once: an instance where its header could be read, otherwise the row that
        says why not. Beside them, each reference of a file set that leads nowhere.
    """
    candidates = find_inputs(inputs, exclude=exclude, follow_links=follow_links)
    return _scan(candidates, executor, limits or Limits(), catalogue)


def fingerprint(origin: Origin) -> str:
    """Return a hash of the bytes of a file or an archive entry.

    Returns
    -------
    str
        Their SHA-256, 64 hexadecimal digits.

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
    candidates: Iterator[Origin | LedgerRow],
    executor: Executor | None,
    limits: Limits,
    catalogue: "Catalogue | None",
) -> Iterator[Scanned]:
    for chunk in _read_ahead(_chunks(candidates, executor, catalogue)):
        read = _result(chunk, executor)
        if catalogue is not None:
            files = zip(chunk.unread, read, strict=True)
            catalogue.keep([(origin, file.packed) for origin, file in files if file.is_lasting])
        known, fresh = iter(chunk.known), iter(read)
        for candidate in chunk.candidates:
            if isinstance(candidate, LedgerRow):
                yield candidate
                continue
            packed = next(known)
            found = None if packed is None else _unpack(packed, candidate)
            if found is None:  # not known, or damaged in the catalogue
                file = next(fresh) if packed is None else read_files([candidate.file])[0]
                found = file.results(candidate)
                if file.is_archive:
                    yield from _open_archive(candidate, limits, catalogue)
            yield from found


def _result(chunk: _Chunk, executor: Executor | None) -> list[ReadFile]:
    """Wait for the reading of a chunk; where a worker died, read it again, then file by file."""
    try:
        return chunk.reading.result()
    except BrokenExecutor:
        if executor is None:
            raise
    try:
        return executor.submit(read_files, _paths(chunk.unread)).result()
    except BrokenExecutor:
        return [_read_alone(path, executor) for path in _paths(chunk.unread)]


def _read_alone(path: str, executor: Executor) -> ReadFile:
    try:
        (file,) = executor.submit(read_files, [path]).result()
    except BrokenExecutor:
        return refuse(WORKER_DIED)
    return file


def _unpack(packed: Sequence[Packed], file: Origin) -> list[Scanned] | None:
    """Return what was kept of a file, None where it is not whole."""
    try:
        return [unpack(result, file) for result in packed]
    except (ValueError, KeyError):
        return None


def _chunks(
    candidates: Iterator[Origin | LedgerRow],
    executor: Executor | None,
    catalogue: "Catalogue | None",
) -> Iterator[_Chunk]:
    """Yield chunks whose unknown files are being read, or without an executor have been."""
    while chunk := list(islice(candidates, CHUNK_FILES)):
        origins = [item for item in chunk if isinstance(item, Origin)]
        known: list[list[Packed] | None] = [None] * len(origins)
        if catalogue is not None:
            known = catalogue.find(origins)
        unread = [origin for origin, packed in zip(origins, known, strict=True) if packed is None]
        if executor is not None and unread:
            reading = executor.submit(read_files, _paths(unread))
        else:
            reading = Future()
            reading.set_result(read_files(_paths(unread)))
        yield _Chunk(chunk, known, unread, reading)


def _paths(origins: Sequence[Origin]) -> list[str]:
    return [origin.file for origin in origins]


def _read_ahead(chunks: Iterator[_Chunk]) -> Iterator[_Chunk]:
    """Keep an executor busy without running far ahead of who takes the results."""
    pending: deque[_Chunk] = deque()
    try:
        for chunk in chunks:
            pending.append(chunk)
            while pending and (pending[0].reading.done() or len(pending) >= MAX_PENDING_CHUNKS):
                yield pending.popleft()
        while pending:
            yield pending.popleft()
    finally:
        for chunk in pending:
            chunk.reading.cancel()


def _open_archive(
    origin: Origin, limits: Limits, catalogue: "Catalogue | None"
) -> Iterator[Scanned]:
    """Go through an archive, and keep what was found if it is not too much to hold."""
    found: list[Packed] = []
    is_kept = catalogue is not None
    for result in read_archive(origin, limits):
        is_kept = is_kept and len(found) < _MAX_KEPT_RESULTS and _lasts(result)
        if is_kept:
            found.append(pack(result))
        yield result
    if catalogue is not None and is_kept:
        catalogue.keep([(origin, tuple(found))])


def _lasts(result: Scanned) -> bool:
    """Whether a result of an archive would be the same if it was read again."""
    return not (isinstance(result, LedgerRow) and result.reason in PASSING_REASONS)
