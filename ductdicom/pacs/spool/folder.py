"""A folder of studies: ``SPOOL/studies/STUDYUID/SOPUID.dcm``, whole files only.

What is under way lies in ``SPOOL/incoming``, on the same file system, so that an object gets its
name in one step; nothing else is ever written into ``studies``.
"""

import errno
import hashlib
import os
import platform
import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import count
from pathlib import Path
from threading import Lock

from ductdicom.errors import OutputError
from ductdicom.export.output import refuse_links, saying, sync_folder
from ductdicom.ingest.headers.same_object import skip_file_meta
from ductdicom.ingest.inputs import INCOMING, SPOOL_MARK

_UID = re.compile(r"[0-9]+(?:\.[0-9]+)*", re.ASCII)
_LONGEST_UID = 64  # signs (DICOM PS3.5 9.1)
_STUDIES = "studies"
_SUFFIX = ".dcm"
_PART = ".part"
_CHUNK_BYTES = 1 << 20
_NO_HARD_LINKS = {
    errno.EPERM, errno.EMLINK, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EINVAL,
}  # fmt: skip


class Placing(StrEnum):
    """How an object was taken into the spool."""

    NEW = "new"
    SAME_BYTES = "same-bytes"  # it is there already
    OTHER_BYTES = "same-uid-other-bytes"  # kept beside the one that is there


def name_of(uid: str) -> str:
    """Return the name of a UID as a file or folder: itself, or a hash where it is none.

    It comes from the network, and may be anything, a path, too.
    """
    if _UID.fullmatch(uid) and len(uid) <= _LONGEST_UID:
        return uid
    return f"x{hashlib.sha256(uid.encode('utf-8', 'surrogateescape')).hexdigest()[:32]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Spool:
    """An opened spool; ``lock`` stands for hard links where the file system has none."""

    path: Path
    lock: Lock
    _synced: set[str] = field(default_factory=set)  # folders whose names are on the disk

    @property
    def incoming(self) -> Path:
        """Where objects lie until they are whole, and our own accounts."""
        return self.path / INCOMING

    @property
    def studies(self) -> Path:
        """Where whole objects lie, a folder a study."""
        return self.path / _STUDIES

    def study(self, study_uid: str) -> Path:
        """Return the folder of a study."""
        return self.studies / name_of(study_uid)

    def held(self, study_uid: str) -> frozenset[str]:
        """Return the names, as of `name_of`, of the objects of a study that are there."""
        try:
            names = [entry.name for entry in self.study(study_uid).iterdir()]
        except FileNotFoundError:
            return frozenset()
        return frozenset(_without_number(name) for name in names if name.endswith(_SUFFIX))

    def count(self, name: str) -> int:
        """Return how many objects lie in the folder of this name."""
        try:
            return sum(entry.name.endswith(_SUFFIX) for entry in (self.studies / name).iterdir())
        except FileNotFoundError:
            return 0

    def free_bytes(self) -> int:
        """Return how much room is left."""
        return shutil.disk_usage(self.incoming).free

    def part_names(self) -> Iterator[Path]:
        """Yield names for what is under way, none twice; they say which process it belongs to."""
        host = hashlib.sha256(platform.node().encode()).hexdigest()[:8]
        for number in count():
            yield self.incoming / f"{host}-{os.getpid()}-{number}{_PART}"

    def place(self, part: Path, study_uid: str, sop_uid: str) -> tuple[Path, Placing]:
        """Give a part that is whole, and on the disk, its name; it is there for good afterwards.

        An object that is there is never changed. Another one with the same UID and other bytes,
        file meta aside, is kept as ``UID-2.dcm`` and so on.

        Raises
        ------
        OSError
            The file system does not allow it.
        """
        folder, name = self.study(study_uid), name_of(sop_uid)
        refuse_links(folder, below=self.path)
        folder.mkdir(parents=True, exist_ok=True)
        # Who made it may have been killed, or has not come as far yet.
        if folder.name not in self._synced:
            sync_folder(folder.parent)
            self._synced.add(folder.name)
        placing = Placing.NEW
        for number in count(1):
            target = folder / f"{name}{'' if number == 1 else f'-{number}'}{_SUFFIX}"
            if self._laid(part, target):
                sync_folder(folder)
                return target, placing
            if _same_object(part, target):
                sync_folder(folder)
                return target, Placing.SAME_BYTES
            placing = Placing.OTHER_BYTES
        raise AssertionError  # there is always another number

    def _laid(self, part: Path, target: Path) -> bool:
        """Lay a part down in one step; returns False where something is there."""
        try:
            os.link(part, target)
        except FileExistsError:
            return False
        except OSError as error:
            if error.errno not in _NO_HARD_LINKS:
                raise
            with self.lock:
                if os.path.lexists(target):
                    return False
                part.rename(target)
        return True


def open_spool(path: Path) -> Spool:
    """Make a spool where there is none, and clear away what a dead process was receiving.

    Raises
    ------
    OutputError
        It cannot be written to, or a link lies where a folder of ours belongs.
    """
    for name in (INCOMING, _STUDIES):
        refuse_links(path / name, below=path)
    with saying(path, "cannot be used as a spool", hint="choose another folder"):
        for name in (INCOMING, _STUDIES):
            (path / name).mkdir(parents=True, exist_ok=True)
        (path / INCOMING / SPOOL_MARK).touch()
        spool = Spool(path=path, lock=Lock())
        own = next(spool.part_names()).name.split("-")[0]
        for part in (path / INCOMING).glob(f"{own}-*{_PART}"):
            if _has_ended(part.name.split("-")[1]):
                part.unlink(missing_ok=True)
    if not os.access(path / _STUDIES, os.W_OK):
        raise OutputError("cannot be written to", path=path, hint="choose another folder")
    return spool


def _has_ended(number: str) -> bool:
    if not number.isdecimal() or sys.platform == "win32":  # where this would send an interrupt
        return False
    if int(number) == os.getpid():
        return True  # a number that was given again: we hold no part yet
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):
        return False
    return False


def _without_number(name: str) -> str:
    return name.removesuffix(_SUFFIX).partition("-")[0]


def _same_object(one: Path, other: Path) -> bool:
    """Tell whether two files hold one object: the same data set in the same transfer syntax.

    What their file meta says besides is of who wrote the file (DICOM PS3.10 7.1).
    """
    with one.open("rb") as first, other.open("rb") as second:
        syntaxes = [skip_file_meta(stream) for stream in (first, second)]
        if syntaxes[0] != syntaxes[1]:
            return False
        while True:
            chunk = first.read(_CHUNK_BYTES)
            if chunk != second.read(_CHUNK_BYTES):
                return False
            if not chunk:
                return True
