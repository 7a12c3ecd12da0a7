"""Everything of this room together: inputs in, instances and ledger rows out."""

import hashlib
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from ductdicom.errors import UnreadableError
from ductdicom.ingest.archives import open_origin
from ductdicom.ingest.catalogue import Catalogue
from ductdicom.ingest.dicomdir import MissingReference
from ductdicom.ingest.entries import Limits
from ductdicom.ingest.reading import Archive, Results, Scanned, read_archive, read_files
from ductdicom.ingest.sources import find_inputs, reason_of
from ductdicom.model.origin import Origin
from ductdicom.model.outcome import Disposition, LedgerRow

CHUNK_FILES = 64
MAX_PENDING_CHUNKS = 32
_MAX_KEPT_RESULTS = 50_000  # of one archive; more are read anew each time
_BLOCK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class _Chunk:
    """Candidates in their order, what is known of them, and the reading of the others."""

    candidates: list[Origin | LedgerRow]
    known: dict[Origin, tuple[Scanned, ...]]
    unread: list[Origin]
    reading: Future[list[Results]]


def scan_inputs(
    inputs: Sequence[str],
    *,
    exclude: Path | None = None,
    executor: Executor | None = None,
    limits: Limits | None = None,
    catalogue: Catalogue | None = None,
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
    return _scan(candidates, executor, limits or Limits(), catalogue)


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
    candidates: Iterator[Origin | LedgerRow],
    executor: Executor | None,
    limits: Limits,
    catalogue: Catalogue | None,
) -> Iterator[Scanned]:
    for chunk in _read_ahead(_chunks(candidates, executor, catalogue)):
        fresh = dict(zip(chunk.unread, chunk.reading.result(), strict=True))
        if catalogue is not None:
            catalogue.keep(_lasting(fresh))
        for candidate in chunk.candidates:
            if isinstance(candidate, LedgerRow):
                yield candidate
                continue
            for result in chunk.known.get(candidate) or fresh[candidate]:
                if isinstance(result, Archive):
                    yield from _open_archive(result.origin, limits, catalogue)
                else:
                    yield result


def _chunks(
    candidates: Iterator[Origin | LedgerRow],
    executor: Executor | None,
    catalogue: Catalogue | None,
) -> Iterator[_Chunk]:
    """Yield chunks whose unknown files are being read, or without an executor have been."""
    while chunk := list(islice(candidates, CHUNK_FILES)):
        origins = [item for item in chunk if isinstance(item, Origin)]
        known = catalogue.find(origins) if catalogue is not None else {}
        unread = [origin for origin in origins if origin not in known]
        if executor is not None and unread:
            reading = executor.submit(read_files, unread)
        else:
            reading = Future()
            reading.set_result(read_files(unread))
        yield _Chunk(chunk, known, unread, reading)


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


def _open_archive(origin: Origin, limits: Limits, catalogue: Catalogue | None) -> Iterator[Scanned]:
    """Go through an archive, and keep what was found if it is not too much to hold."""
    found: list[Scanned] = []
    is_kept = catalogue is not None
    for result in read_archive(origin, limits):
        is_kept = is_kept and len(found) < _MAX_KEPT_RESULTS
        if is_kept:
            found.append(result)
        yield result
    if catalogue is not None and is_kept:
        catalogue.keep([(origin, found)])


def _lasting(read: dict[Origin, Results]) -> Iterable[tuple[Origin, list[Scanned]]]:
    """Yield what depends on one file alone; what a directory misses depends on others."""
    for origin, results in read.items():
        own = [item for item in results if _is_own(item)]
        if len(own) == len(results):
            yield origin, [item for item in own if not isinstance(item, Archive)]


def _is_own(result: Scanned | Archive) -> bool:
    if isinstance(result, LedgerRow):
        return result.disposition is not Disposition.CONTAINER
    return not isinstance(result, Archive | MissingReference)
