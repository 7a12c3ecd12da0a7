"""A cache of what was read from each file, so that a second run only looks at what changed.

It lies in one SQLite file in the output folder or the user's cache folder, never beside the
originals. It only ever saves time: whatever is wrong with it, it is thrown away, or left unused.
"""

import contextlib
import hashlib
import os
import sqlite3
import zlib
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

from ductdicom.ingest.cache.lines import SHARED_LINES, Packed
from ductdicom.model.origin import Origin

_BUSY_MS = 5000
_SHARED = [f"shared_{number}" for number in range(SHARED_LINES)]
TABLES = """
CREATE TABLE IF NOT EXISTS version (digest TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS results (
    path BLOB NOT NULL,
    place INTEGER NOT NULL,
    size_bytes INTEGER NOT NULL,
    modified_ns INTEGER NOT NULL,
    file_number INTEGER NOT NULL,
    checksum INTEGER NOT NULL,
    own BLOB NOT NULL,
    {},
    PRIMARY KEY (path, place)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS lines (
    digest BLOB PRIMARY KEY,
    content BLOB NOT NULL
) WITHOUT ROWID;
""".format(", ".join(f"{column} BLOB" for column in _SHARED))
_SELECT_RESULTS = """
SELECT path, size_bytes, modified_ns, file_number, checksum, own, {}
FROM results WHERE path IN ({}) ORDER BY path, place
"""
_INSERT_RESULT = "INSERT INTO results VALUES ({})"
_HALF_RANGE = 1 << 63
_STATE = slice(0, 4)  # of a file: its path, size, time and number
_CHECKSUM, _OWN, _FIRST_SHARED = 4, 5, 6
_SELECT_LINES = "SELECT digest, content FROM lines WHERE digest IN ({})"
_DIGEST_BYTES = 16
_MOST_ASKED = 500  # lines in one statement
_MOST_BYTES = 1 << 23  # of remembered lines


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
        self._lines = SharedLines()
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

    def find(self, origins: Sequence[Origin]) -> list[list[Packed] | None]:
        """Look up what is known of some files.

        Returns
        -------
        list[list[Packed] | None]
            For each of ``origins``, in their order, the lines of its results; None where nothing
            is known or the file has changed. Empty lines stand for damaged ones.
        """
        if self._connection is None and not self._has_failed:
            self._connection = _open_to_read(self._path)
        if self._connection is None:
            return [None] * len(origins)
        keys = [self._key(origin) for origin in origins]
        try:
            statement = _SELECT_RESULTS.format(", ".join(_SHARED), ", ".join("?" * len(keys)))
            rows = self._connection.execute(statement, keys).fetchall()
            digests = set(chain.from_iterable(row[_FIRST_SHARED:] for row in rows))
            lines = self._lines.read(self._connection, digests - {None})
        except sqlite3.Error as error:
            self._give_up(error)
            return [None] * len(origins)
        found = _by_state(rows, lines)
        return [
            found.get((key, *_state(origin))) for key, origin in zip(keys, origins, strict=True)
        ]

    def keep(self, read: Sequence[tuple[Origin, tuple[Packed, ...]]]) -> None:
        """Remember the results of some files, each as its lines."""
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
                    self._store(self._connection, origin, packed)
        except sqlite3.Error as error:
            self._give_up(error)

    def _store(
        self, connection: sqlite3.Connection, origin: Origin, packed: Sequence[Packed]
    ) -> None:
        key = self._key(origin)
        state = _state(origin)
        connection.execute("DELETE FROM results WHERE path = ?", (key,))
        for place, (own, *lines) in enumerate(packed):
            digests = [self._lines.keep(connection, line) for line in lines]
            absent = [None] * (SHARED_LINES - len(lines))
            checksum = zlib.crc32(b"".join((own, *digests)))
            values = (key, place, *state, checksum, own, *digests, *absent)
            connection.execute(_INSERT_RESULT.format(", ".join("?" * len(values))), values)

    def _key(self, origin: Origin) -> bytes:
        path = origin.file
        if not path.startswith(os.sep) and not origin.path.is_absolute():
            path = str(self._folder / origin.path)
        return os.fsencode(path)

    def _give_up(self, error: sqlite3.Error) -> None:
        self.close()
        if not isinstance(error, sqlite3.OperationalError):  # damaged: the next run starts anew
            _remove(self._path)


class SharedLines:
    """Texts that many results share, each kept once; those read or kept lately are remembered.

    A digest stands for one content only, so that whatever another run does to the table, no
    result is ever joined with a line that is not its own.
    """

    __slots__ = ("_bytes", "_contents", "_digests")

    def __init__(self) -> None:
        self._contents: dict[bytes, bytes] = {}
        self._digests: dict[bytes, bytes] = {}
        self._bytes = 0

    def read(self, connection: sqlite3.Connection, digests: set[bytes]) -> Mapping[bytes, bytes]:
        """Look up lines by their digests.

        Returns
        -------
        Mapping[bytes, bytes]
            Lines by digest, of those asked for all that are there and undamaged; others besides.
        """
        self._make_room()
        wanted = list(digests - self._contents.keys())
        for start in range(0, len(wanted), _MOST_ASKED):
            some = wanted[start : start + _MOST_ASKED]
            statement = _SELECT_LINES.format(", ".join("?" * len(some)))
            for digest, content in connection.execute(statement, some):
                if isinstance(content, bytes) and _digest(content) == digest:
                    self._remember(digest, content)
        return self._contents

    def keep(self, connection: sqlite3.Connection, content: bytes) -> bytes:
        """Write a line that is not there yet, and return its digest."""
        if digest := self._digests.get(content):
            return digest
        self._make_room()
        digest = _digest(content)
        connection.execute("INSERT OR REPLACE INTO lines VALUES (?, ?)", (digest, content))
        self._remember(digest, content)
        return digest

    def _remember(self, digest: bytes, content: bytes) -> None:
        self._contents[digest] = content
        self._digests[content] = digest
        self._bytes += len(content)

    def _make_room(self) -> None:
        if self._bytes > _MOST_BYTES:
            self._contents.clear()
            self._digests.clear()
            self._bytes = 0


def _state(origin: Origin) -> tuple[int, int, int]:
    """Return size, time and number of a file as SQLite can hold them, in 64 bits with a sign.

    Times after the year 2262 and numbers of many file systems are larger.
    """
    signed = [
        (number + _HALF_RANGE) % (2 * _HALF_RANGE) - _HALF_RANGE
        for number in (origin.size_bytes, origin.modified_ns, origin.file_number)
    ]
    return signed[0], signed[1], signed[2]


def _by_state(
    rows: Sequence[tuple[Any, ...]], lines: Mapping[bytes, bytes]
) -> dict[tuple[Any, ...], list[Packed]]:
    """Return what was kept of each file; an empty line, which is none, for what is not whole."""
    found: dict[tuple[Any, ...], list[Packed]] = {}
    for row in rows:
        digests = () if row[_FIRST_SHARED] is None else row[_FIRST_SHARED:]
        try:
            is_whole = zlib.crc32(b"".join((row[_OWN], *digests))) == row[_CHECKSUM]
        except TypeError:  # damaged so far that it is no bytes
            is_whole = False
        own = row[_OWN] if is_whole else b""
        found.setdefault(row[_STATE], []).append((own, *[lines.get(d, b"") for d in digests]))
    return found


def _open_to_read(path: Path) -> sqlite3.Connection | None:
    """Open a catalogue that is there and of this version."""
    connection = None
    try:
        if not path.is_file():
            return None
        address = f"file:{quote(str(path.absolute()))}?mode=ro"
        connection = sqlite3.connect(address, uri=True, timeout=_BUSY_MS / 1000)
        connection.execute("SELECT own, content FROM results, lines LIMIT 1").fetchall()
        known = connection.execute("SELECT digest FROM version").fetchall()
    except (sqlite3.Error, OSError):  # a name too long, a folder that is closed to us
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
            for table in ("results", "lines", "version"):
                connection.execute(f"DROP TABLE IF EXISTS {table}")
    connection.executescript(TABLES)
    with connection:
        if known != [(digest,)]:
            connection.execute("INSERT INTO version VALUES (?)", (digest,))


@cache
def _version() -> str:
    """Return a digest of the readers and of the values; another program reads everything anew."""
    digest = hashlib.sha256()
    for source in version_sources():
        digest.update(source.read_bytes())
    return digest.hexdigest()


def version_sources() -> list[Path]:
    """Return the sources on which it depends what is kept of a file: this room and the values."""
    room = Path(__file__).parents[1]
    return sorted((*room.rglob("*.py"), *(room.parent / "model").glob("*.py")))


def _close(connection: sqlite3.Connection | None) -> None:
    if connection is not None:
        connection.close()


def _remove(path: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        with contextlib.suppress(OSError):
            path.with_name(path.name + suffix).unlink(missing_ok=True)


def _digest(content: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=_DIGEST_BYTES).digest()
