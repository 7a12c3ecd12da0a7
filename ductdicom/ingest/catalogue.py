"""A cache of what was read from each file, so that a second run only looks at what changed.

It lies in one SQLite file in the output folder or the user's cache folder, never beside the
originals. It only ever saves time: whatever is wrong with it, it is thrown away, or left unused.
"""

import contextlib
import hashlib
import os
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

from ductdicom.ingest.codec import decoder, encode, schema_of
from ductdicom.ingest.dicomdir import MissingReference
from ductdicom.ingest.reading import Scanned
from ductdicom.model.instance import Instance
from ductdicom.model.origin import Origin
from ductdicom.model.outcome import LedgerRow

_BUSY_MS = 5000
_PASSING_REASONS = frozenset({"permission-denied", "io-error"})
_KINDS: dict[str, type[Instance] | type[LedgerRow] | type[MissingReference]] = {
    "i": Instance,
    "r": LedgerRow,
    "m": MissingReference,
}
_TABLES = """
CREATE TABLE IF NOT EXISTS version (digest TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS files (
    id INTEGER PRIMARY KEY,
    path BLOB NOT NULL UNIQUE,
    size_bytes INTEGER NOT NULL,
    modified_ns INTEGER NOT NULL,
    file_number INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS results (
    file INTEGER NOT NULL REFERENCES files(id) ON DELETE CASCADE,
    place INTEGER NOT NULL,
    kind TEXT NOT NULL,
    content TEXT NOT NULL,
    PRIMARY KEY (file, place)
) WITHOUT ROWID;
"""


class Catalogue:
    """What earlier runs read, by path, size, time and file number.

    Several runs may use one catalogue. A fault of the database never stops a run: from then on
    nothing is found and nothing is kept.

    Parameters
    ----------
    path
        The SQLite file; made if it is not there, made anew if it is damaged or of another version.
    """

    def __init__(self, path: Path) -> None:
        self._connection = _connect(path)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the file free; nothing is found or kept afterwards."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(sqlite3.Error):
                connection.close()

    def find(self, origins: Iterable[Origin]) -> dict[Origin, tuple[Scanned, ...]]:
        """Return what is known of those of ``origins`` that have not changed."""
        wanted = {_key(origin): origin for origin in origins}
        if self._connection is None or not wanted:
            return {}
        marks = ",".join("?" * len(wanted))
        try:
            rows = self._connection.execute(_SELECT.format(marks), list(wanted)).fetchall()
        except sqlite3.Error:
            self.close()
            return {}
        found: dict[Origin, list[Scanned]] = {}
        damaged: set[Origin] = set()
        for path, size_bytes, modified_ns, number, kind, content in rows:
            origin = wanted[path]
            if (size_bytes, modified_ns, number) != _state(origin):
                continue
            try:
                found.setdefault(origin, []).append(_decode(origin, kind, content))
            except (ValueError, TypeError, KeyError, IndexError):
                damaged.add(origin)
        return {key: tuple(value) for key, value in found.items() if key not in damaged}

    def keep(self, read: Iterable[tuple[Origin, Sequence[Scanned]]]) -> None:
        """Remember what was read of each origin; what may pass by itself is left out."""
        if self._connection is None:
            return
        lasting = [(origin, results) for origin, results in read if _lasts(results)]
        try:
            with self._connection:
                for origin, results in lasting:
                    _store(self._connection, origin, results)
        except sqlite3.Error:
            self.close()


_SELECT = """
SELECT path, size_bytes, modified_ns, file_number, kind, content
FROM files JOIN results ON file = id WHERE path IN ({}) ORDER BY file, place
"""


def _connect(path: Path) -> sqlite3.Connection | None:
    for _ in range(2):
        connection = None
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(path, timeout=_BUSY_MS / 1000)
            _prepare(connection)
        except (sqlite3.OperationalError, OSError):  # locked, read-only, full: do without
            _close(connection)
            return None
        except sqlite3.DatabaseError:  # no database, or damaged
            _close(connection)
            _remove(path)
        else:
            return connection
    return None


def _prepare(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute("PRAGMA foreign_keys=ON")
    connection.executescript(_TABLES)
    digest = _version()
    with connection:
        known = connection.execute("SELECT digest FROM version").fetchall()
        if known != [(digest,)]:
            connection.execute("DELETE FROM files")
            connection.execute("DELETE FROM version")
            connection.execute("INSERT INTO version VALUES (?)", (digest,))


def _version() -> str:
    """Return a digest of the readers and of the values; another program reads everything anew."""
    digest = hashlib.sha256()
    for kind in _KINDS.values():
        digest.update(schema_of(kind).encode())
    for source in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(source.read_bytes())
    return digest.hexdigest()


def _store(connection: sqlite3.Connection, origin: Origin, results: Sequence[Scanned]) -> None:
    key = _key(origin)
    connection.execute("DELETE FROM files WHERE path = ?", (key,))
    cursor = connection.execute(
        "INSERT INTO files (path, size_bytes, modified_ns, file_number) VALUES (?, ?, ?, ?)",
        (key, *_state(origin)),
    )
    connection.executemany(
        "INSERT INTO results VALUES (?, ?, ?, ?)",
        [(cursor.lastrowid, place, *_encode(item)) for place, item in enumerate(results)],
    )


def _key(origin: Origin) -> bytes:
    return os.fsencode(origin.path.absolute())


def _state(origin: Origin) -> tuple[int, int, int]:
    return origin.size_bytes, origin.modified_ns, origin.file_number


def _lasts(results: Sequence[Scanned]) -> bool:
    reasons = {item.reason for item in results if isinstance(item, LedgerRow)}
    return bool(results) and not reasons & _PASSING_REASONS


def _encode(result: Scanned) -> tuple[str, str]:
    kind = next(letter for letter, known in _KINDS.items() if isinstance(result, known))
    if isinstance(result, MissingReference):
        return kind, encode(replace(result, directory=_bare(result.directory)))
    return kind, encode(replace(result, origin=_bare(result.origin)))


def _bare(origin: Origin) -> Origin:
    # Where the file lies is the key, and how it is called depends on what was typed.
    return replace(origin, path=Path(), source="")


def _decode(file: Origin, kind: str, content: str) -> Scanned:
    result = _DECODERS[kind](content)
    if isinstance(result, MissingReference):
        return replace(result, directory=_placed(result.directory, file))
    return replace(result, origin=_placed(result.origin, file))


def _placed(bare: Origin, file: Origin) -> Origin:
    return file if bare.member is None else replace(bare, path=file.path, source=file.source)


def _close(connection: sqlite3.Connection | None) -> None:
    if connection is not None:
        connection.close()


def _remove(path: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


_DECODERS = {letter: decoder(kind) for letter, kind in _KINDS.items()}
