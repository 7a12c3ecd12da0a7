"""An object while it comes: a file that never fails its sender, but says in the end why it would.

pynetdicom writes what it receives into a temporary file of its own choice, somewhere, and breaks
the association off where that cannot be written. This file takes its place: in the spool, counted,
and where the disk is full or the object too large the rest is let go, so that the sender can be
told so.
"""

import errno
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

from ductdicom.export.output import sync_file

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_BUFFER_BYTES = 1 << 16  # smaller than what comes at once, which is then not copied
_LOOK_BYTES = 16 << 20  # between two looks at the room that is left
_NO_LINK = sum(getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_CLOEXEC", "O_BINARY"))


class Declined(StrEnum):
    """Why an object was not taken."""

    NO_ROOM = "no-room"
    UNWRITABLE = "unwritable"  # the disk fails, or does not allow it
    TOO_LARGE = "too-large"
    UNREADABLE = "unreadable"
    MISMATCH = "uid-mismatch"  # the data set is not what the command called it


def declined_by(error: OSError) -> Declined:
    """Return what it means that the system refused to write."""
    return Declined.NO_ROOM if error.errno in _FULL else Declined.UNWRITABLE


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """How much is taken: bytes that must stay free, and bytes of one object."""

    reserve_bytes: int = 0
    largest_bytes: int = 1 << 40


@dataclass(slots=True)
class PartFile:
    """A file as pynetdicom uses one, and whoever else writes what comes.

    ``refusal`` says why the object cannot be taken, once that is known; ``size_bytes`` is what
    came of it, file meta included.
    """

    path: Path
    limits: Room
    free_bytes: Callable[[], int]
    refusal: Declined | None = None
    size_bytes: int = 0
    _stream: BinaryIO | None = None
    _looked_at: int = field(default=-_LOOK_BYTES)

    @property
    def name(self) -> str:
        """The path, as a temporary file has it."""
        return str(self.path)

    @property
    def file(self) -> "PartFile":
        """The file beneath, as a temporary file has it."""
        return self

    def flush(self) -> None:
        """Do nothing, piece by piece: `sync` does it for all of them."""

    def write(self, content: bytes) -> int:
        """Write, unless there is no room; it never fails."""
        self.size_bytes += len(content)
        if self.refusal is None and self.size_bytes > self.limits.largest_bytes:
            self._refuse(Declined.TOO_LARGE)
        if self.refusal is None:
            try:
                self._look_for_room()
                self._opened().write(content)
            except OSError as error:
                self._refuse(declined_by(error))
        return len(content)

    def sync(self) -> None:
        """Bring all of it to the disk; what fails is the refusal."""
        if self.refusal is None:
            try:
                stream = self._opened()
                stream.flush()
                sync_file(stream.fileno())
            except OSError as error:
                self._refuse(declined_by(error))

    def close(self) -> None:
        """Close the file and remove this name of it; an object that was placed has another one."""
        stream, self._stream = self._stream, None
        if stream is not None:
            with suppress(OSError):  # what it still holds may find no room
                stream.close()
        with suppress(OSError):
            self.path.unlink(missing_ok=True)

    def _refuse(self, why: Declined) -> None:
        self.refusal = why
        self.close()

    def _look_for_room(self) -> None:
        if self.size_bytes - self._looked_at < _LOOK_BYTES:
            return
        self._looked_at = self.size_bytes
        if self.free_bytes() < self.limits.reserve_bytes:
            self._refuse(Declined.NO_ROOM)

    def _opened(self) -> BinaryIO:
        if self._stream is None:
            flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | _NO_LINK
            self._stream = os.fdopen(os.open(self.path, flags, 0o666), "w+b", _BUFFER_BYTES)
        return self._stream
