"""Texts that many results share, each kept once in a database under the digest of its content."""

import hashlib
import sqlite3
from collections.abc import Mapping

LINES_TABLE = """
CREATE TABLE IF NOT EXISTS lines (
    digest BLOB PRIMARY KEY,
    content BLOB NOT NULL
) WITHOUT ROWID;
"""

_SELECT = "SELECT digest, content FROM lines WHERE digest IN ({})"
_DIGEST_BYTES = 16
_MOST_ASKED = 500  # in one statement
_MOST_CHARACTERS = 1 << 23  # remembered


class Lines:
    """The lines of a table by their digests; what was read or kept lately is remembered.

    A digest stands for one content only, so that whatever another run does to the table, no
    result is ever joined with a line that is not its own.
    """

    __slots__ = ("_characters", "_contents", "_digests")

    def __init__(self) -> None:
        self._contents: dict[bytes, str] = {}
        self._digests: dict[str, bytes] = {}
        self._characters = 0

    def read(self, connection: sqlite3.Connection, digests: set[bytes]) -> Mapping[bytes, str]:
        """Return contents by digest, among them those of ``digests`` that the table has whole."""
        self._make_room()
        wanted = list(digests - self._contents.keys())
        for start in range(0, len(wanted), _MOST_ASKED):
            some = wanted[start : start + _MOST_ASKED]
            statement = _SELECT.format(", ".join("?" * len(some)))
            for digest, content in connection.execute(statement, some):
                if isinstance(content, bytes) and _digest(content) == digest:
                    self._remember(digest, content.decode())
        return self._contents

    def keep(self, connection: sqlite3.Connection, content: str) -> bytes:
        """Write a line that is not there yet, and return its digest."""
        if digest := self._digests.get(content):
            return digest
        self._make_room()
        encoded = content.encode()
        digest = _digest(encoded)
        connection.execute("INSERT OR REPLACE INTO lines VALUES (?, ?)", (digest, encoded))
        self._remember(digest, content)
        return digest

    def _remember(self, digest: bytes, content: str) -> None:
        self._contents[digest] = content
        self._digests[content] = digest
        self._characters += len(content)

    def _make_room(self) -> None:
        if self._characters > _MOST_CHARACTERS:
            self._contents.clear()
            self._digests.clear()
            self._characters = 0


def _digest(content: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=_DIGEST_BYTES).digest()
