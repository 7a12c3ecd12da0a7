"""A cache of what was read from each file, so that a second run only looks at what changed.

It lies in one SQLite file in the output folder or the user's cache folder, never beside the
originals. It only ever saves time: whatever is wrong with it, it is thrown away, or left unused.
"""

import contextlib
import hashlib
import os
import sqlite3
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

from ductdicom.ingest.packing import packing_schema
from ductdicom.model.origin import Origin

_BUSY_MS = 5000
_BATCH_RESULTS = 1000  # of an archive, in one row
_SEPARATOR = "\x1e"  # stands in no packed result
_TABLES = """
CREATE TABLE IF NOT EXISTS version (digest TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS results (
    path BLOB NOT NULL,
    place INTEGER NOT NULL,
    size_bytes INTEGER NOT NULL,
    modified_ns INTEGER NOT NULL,
    file_number INTEGER NOT NULL,
    content TEXT NOT NULL,
    UNIQUE (path, place)
);
"""
_SELECT = """
SELECT path, size_bytes, modified_ns, file_number, content
FROM results WHERE path IN ({}) ORDER BY path, place
"""

_State = tuple[bytes, int, int, int]  # of a file: its path, size, time and number


class Catalogue:
    """What earlier runs read, by path, size, time and file number.

    Several runs may use one catalogue. A fault of the database never stops a run: from then on
    nothing is found and nothing is kept. As long as there is nothing new to keep, nothing is
    written, not even beside the file.

    Parameters
    ----------
    path
        The SQLite file; made when there is something to keep, made anew if it is damaged or of
        another version.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._folder = Path.cwd()
        self._connection: sqlite3.Connection | None = None
        self._can_write = False
        self._has_failed = False

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
        self._has_failed = True
        if connection is None:
            return
        with contextlib.suppress(sqlite3.Error):
            if self._can_write:
                # Without a log of its own the file can be read and nothing beside it is touched.
                connection.execute("PRAGMA journal_mode=DELETE")
        with contextlib.suppress(sqlite3.Error):
            connection.close()

    def find(self, origins: Sequence[Origin]) -> list[list[str] | None]:
        """Return for each of ``origins`` what is known, packed; None where it has changed."""
        if self._connection is None and not self._has_failed:
            self._connection = _open_to_read(self._path)
        if self._connection is None:
            return [None] * len(origins)
        keys = [self._key(origin) for origin in origins]
        try:
            rows = self._connection.execute(_SELECT.format(",".join("?" * len(keys))), keys)
            found: dict[_State, list[str]] = {}
            for path, size_bytes, modified_ns, number, content in rows:
                packed = found.setdefault((path, size_bytes, modified_ns, number), [])
                packed += content.split(_SEPARATOR)
        except sqlite3.Error as error:
            self._give_up(error)
            return [None] * len(origins)
        return [
            found.get((key, origin.size_bytes, origin.modified_ns, origin.file_number))
            for key, origin in zip(keys, origins, strict=True)
        ]

    def keep(self, read: Sequence[tuple[Origin, tuple[str, ...]]]) -> None:
        """Remember what was read of each origin, packed."""
        if self._has_failed or not read:
            return
        if not self._can_write:
            _close(self._connection)
            self._connection = _open_to_write(self._path)
            self._can_write = self._connection is not None
        if self._connection is None:
            self._has_failed = True
            return
        try:
            with self._connection:
                for origin, packed in read:
                    _store(self._connection, self._key(origin), origin, packed)
        except sqlite3.Error as error:
            self._give_up(error)

    def _key(self, origin: Origin) -> bytes:
        path = origin.file
        if not path.startswith(os.sep) and not origin.path.is_absolute():
            path = str(self._folder / origin.path)
        return os.fsencode(path)

    def _give_up(self, error: sqlite3.Error) -> None:
        self.close()
        if not isinstance(error, sqlite3.OperationalError):  # damaged: the next run starts anew
            _remove(self._path)


def _open_to_read(path: Path) -> sqlite3.Connection | None:
    """Open a catalogue that is there and of this version."""
    if not path.is_file():
        return None
    connection = None
    try:
        address = f"file:{quote(str(path.absolute()))}?mode=ro"
        connection = sqlite3.connect(address, uri=True, timeout=_BUSY_MS / 1000)
        connection.execute("SELECT path, place, content FROM results LIMIT 1").fetchall()
        known = connection.execute("SELECT digest FROM version").fetchall()
    except sqlite3.Error:
        known = []
    if known == [(_version(),)]:
        return connection
    _close(connection)
    return None


def _open_to_write(path: Path) -> sqlite3.Connection | None:
    for _ in range(2):
        connection = None
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600)  # it holds names
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
    digest = _version()
    has_version = connection.execute(
        "SELECT 1 FROM sqlite_master WHERE name = 'version'"
    ).fetchall()
    known = connection.execute("SELECT digest FROM version").fetchall() if has_version else []
    with connection:
        if known != [(digest,)]:
            connection.execute("DROP TABLE IF EXISTS results")
            connection.execute("DROP TABLE IF EXISTS version")
    connection.executescript(_TABLES)
    with connection:
        if known != [(digest,)]:
            connection.execute("INSERT INTO version VALUES (?)", (digest,))


@cache
def _version() -> str:
    """Return a digest of the readers and of the values; another program reads everything anew."""
    digest = hashlib.sha256(packing_schema().encode())
    for source in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(source.read_bytes())
    return digest.hexdigest()


def _store(
    connection: sqlite3.Connection, key: bytes, origin: Origin, packed: tuple[str, ...]
) -> None:
    connection.execute("DELETE FROM results WHERE path = ?", (key,))
    batches = range(0, len(packed), _BATCH_RESULTS)
    connection.executemany(
        "INSERT INTO results VALUES (?, ?, ?, ?, ?, ?)",
        [
            (key, start, *_state(origin), _SEPARATOR.join(packed[start : start + _BATCH_RESULTS]))
            for start in batches
        ],
    )


def _state(origin: Origin) -> tuple[int, int, int]:
    return origin.size_bytes, origin.modified_ns, origin.file_number


def _close(connection: sqlite3.Connection | None) -> None:
    if connection is not None:
        connection.close()


def _remove(path: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        with contextlib.suppress(OSError):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
