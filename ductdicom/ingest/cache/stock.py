"""What caches there are, and taking them away."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from ductdicom.errors import OutputError

SUFFIX = ".sqlite"
_OURS = re.compile(r"[0-9a-f]{16}\.sqlite")
_BESIDE = ("-wal", "-shm", "-journal")


class Stock(NamedTuple):
    """One cache, that of one output folder; ``files`` is None where it cannot be read."""

    path: Path
    files: int | None
    size_bytes: int


def take_stock(folder: Path) -> list[Stock]:
    """Say what caches lie in a folder, by name; files that are none of ours are passed over."""
    return [Stock(path, _count(path), sum(_sizes(path))) for path in sorted(_caches(folder))]


def clear(folder: Path) -> list[Stock]:
    """Remove the caches that lie in a folder, and return what they were.

    Raises
    ------
    OutputError
        One could not be removed; those before it are.
    """
    found = take_stock(folder)
    for stock in found:
        for suffix in ("", *_BESIDE):
            path = stock.path.with_name(stock.path.name + suffix)
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                raise OutputError(f"could not be removed: {error.strerror}", path=path) from error
    return found


def _caches(folder: Path) -> Iterator[Path]:
    with suppress(OSError):  # not there, or not ours to look into
        for path in folder.iterdir():
            if _OURS.fullmatch(path.name) and path.is_file() and not path.is_symlink():
                yield path


def _sizes(path: Path) -> Iterator[int]:
    for suffix in ("", *_BESIDE):
        with suppress(OSError):
            yield path.with_name(path.name + suffix).stat().st_size


def _count(path: Path) -> int | None:
    address = f"file:{quote(str(path.absolute()))}?mode=ro"
    try:
        with closing(sqlite3.connect(address, uri=True)) as connection:
            count: int = connection.execute("SELECT count(DISTINCT path) FROM results").fetchone()[
                0
            ]
    except sqlite3.Error:
        return None
    return count
