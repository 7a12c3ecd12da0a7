"""Tar archives that are gone through once, however often they are read from."""

import os
import threading
from collections.abc import Iterable, Iterator
from functools import cache, partial
from typing import BinaryIO

from ductdicom.errors import UnreadableError
from ductdicom.ingest.archives.entry import Entry, Limits, Span
from ductdicom.ingest.archives.tar import TAR, open_tar, walk_tar
from ductdicom.ingest.archives.unpack import MANY_POINTS

_MOST_KEPT = 2  # the archive at hand, and one with earlier studies


class KeptTar:
    """Remembers where the entries of an archive lie, and how far it was gone through.

    What it holds are numbers and decompressors, no open file. One search at a time is sound.

    Parameters
    ----------
    file
        The archive; `find` takes it anew each time.
    """

    def __init__(self, file: BinaryIO, kind: str, size_bytes: int, limits: Limits) -> None:
        self._stream = open_tar(file, kind, size_bytes, limits, most_points=MANY_POINTS)
        self._begin = partial(walk_tar, self._stream, kind, size_bytes, limits)
        self._walk = self._begin()
        self._is_seekable = kind == TAR
        self._places: dict[str, tuple[int, int]] = {}

    def find(self, file: BinaryIO, names: Iterable[str]) -> Iterator[Entry]:
        """Yield those of the named entries that can be opened.

        First come those whose places are known; the others are looked for from where the last
        search ended, and then once from the start.

        Raises
        ------
        UnreadableError
            Reason ``damaged-archive`` or ``archive-limit``.
        """
        self._stream.file = file
        wanted = set(names)
        known = sorted((self._places[name], name) for name in wanted & self._places.keys())
        for (starts_at, size_bytes), name in known:
            wanted.discard(name)
            span = partial(Span, self._stream, starts_at, size_bytes)
            yield Entry(
                name=name,
                size_bytes=size_bytes,
                modified_ns=0,
                open=span,
                in_place=span if self._is_seekable else None,
            )
        yield from self._look_for(wanted)
        if wanted:
            self._walk = self._begin()
            yield from self._look_for(wanted)

    def _look_for(self, wanted: set[str]) -> Iterator[Entry]:
        while wanted and (entry := next(self._walk, None)) is not None:
            if entry.starts_at is not None and entry.refusal is None:
                self._places[entry.name] = entry.starts_at, entry.size_bytes
            if entry.name in wanted:
                wanted.discard(entry.name)
                yield entry


class _Kept(threading.local):
    """The archives that a thread has read from, the last one last."""

    def __init__(self) -> None:
        self.archives: dict[tuple[object, ...], KeptTar] = {}


@cache
def _kept() -> _Kept:
    return _Kept()


def kept_entries(
    file: BinaryIO, kind: str, limits: Limits, names: Iterable[str]
) -> Iterator[Entry]:
    """Yield the named entries of a tar archive, of which this thread may know some already.

    An entry is to be read before the next one is asked for.

    Parameters
    ----------
    file
        An open file of the system; one that was changed is another archive.
    kind, limits
        As for `tar_entries`.

    Raises
    ------
    UnreadableError
        Reason ``damaged-archive`` or ``archive-limit``.
    """
    status = os.fstat(file.fileno())
    key = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, kind, limits)
    archives = _kept().archives
    archive = archives.pop(key, None) or KeptTar(file, kind, status.st_size, limits)
    is_sound = True
    try:
        yield from archive.find(file, names)
    except UnreadableError:
        is_sound = False  # the next time it may be read
        raise
    finally:
        if is_sound:
            archives[key] = archive
            while len(archives) > _MOST_KEPT:
                del archives[next(iter(archives))]
