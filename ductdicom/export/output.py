"""The output folder: one writer at a time, whole files or none, names that stay."""

import errno
import hashlib
import hmac
import json
import os
import platform
import re
import secrets
import sys
import unicodedata
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from io import FileIO
from pathlib import Path

from ductdicom.errors import OutputError

STATE_FOLDER = ".ductdicom"
RECORD_NAME = "study.json"
THUMBNAIL_NAME = "thumbnail.png"
_KEY_BYTES = 32
_MOST_NAME_BYTES = 200
_NAME_DIGITS = 16  # of the keyed hash in a study's name: 64 bits
_TEMPORARY = ".part-"
_LONGEST_BYTES = 80
_RESERVED = {"con", "prn", "aux", "nul", *(f"{p}{n}" for p in ("com", "lpt") for n in range(1, 10))}
_HINTS = {
    errno.ENOSPC: "make room there and run again, what is finished stays",
    errno.EDQUOT: "make room there and run again, what is finished stays",
    errno.EROFS: "it lies on a read-only file system, choose another folder",
    errno.EACCES: "check who may write there",
    errno.EPERM: "check who may write there",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputFolder:
    """A folder of results, with a secret of its own of 32 bytes, ``key``.

    Names of studies and patients are hashed with it, so that nobody without it can tell from a
    name whose it is.
    """

    path: Path
    key: bytes

    def study_name(self, study_instance_uid: str, study_date: date | None, part: int = 0) -> str:
        """Return a study's folder name: its date and a keyed hash of its UID.

        ``part`` tells apart the patients that one Study Instance UID was given to.
        """
        text = study_instance_uid if not part else f"{study_instance_uid}#{part}"
        digest = hmac.new(self.key, text.encode(), hashlib.sha256).hexdigest()
        when = f"{study_date:%Y%m%d}" if study_date else "undated"
        return f"{when}-{digest[:_NAME_DIGITS]}"

    def count_others(self, names: Collection[str]) -> int:
        """Count the studies' folders other than these, which earlier runs left here."""
        studies = self.path / "studies"
        if not studies.is_dir():
            return 0
        return sum(entry.name not in names for entry in studies.iterdir() if entry.is_dir())

    def pseudonym(self, patient_id: str) -> str:
        """Return a name for a patient that says nothing outside this folder."""
        return hmac.new(self.key, f"patient:{patient_id}".encode(), hashlib.sha256).hexdigest()[:8]


def safe_component(text: str) -> str:
    """Make a text safe as one component of a path on any system.

    It is reduced to letters, digits, dots, hyphens and underscores. Windows' device names get an
    underscore, and what is left is cut at 80 bytes; nothing is ``"unnamed"``. Heuristic, stricter
    than any one system.
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii")
    name = re.sub(r"[^A-Za-z0-9._-]+", "_", plain).strip("._-")[:_LONGEST_BYTES].rstrip("._-")
    if name.split(".")[0].lower() in _RESERVED:
        name = f"{name}_"
    return name or "unnamed"


@contextmanager
def open_output(path: Path) -> Iterator[OutputFolder]:
    """Open an output folder for writing, and hold it until the end of the block.

    Makes the folder and its key where there are none, and removes what a dead run left behind.

    Raises
    ------
    OutputError
        Another run holds the folder, or it cannot be written to.
    """
    state = path / STATE_FOLDER
    try:
        state.mkdir(parents=True, exist_ok=True)
        lock = (state / "lock").open("a+b", buffering=0)
    except OSError as error:
        hint = _HINTS.get(error.errno or 0, "choose another folder")
        raise OutputError(
            f"cannot be written to: {error.strerror}", path=path, hint=hint
        ) from error
    with lock:
        _lock(lock, path)
        name = f" process {os.getpid()} on {platform.node() or 'this computer'}"
        _sign(lock, state / "lock", name)
        try:
            _remove_leftovers(path)
            yield OutputFolder(path=path, key=_read_or_make_key(state / "key"))
        finally:
            _sign(lock, state / "lock", "")


def find_output(path: Path) -> OutputFolder | None:
    """Return the output folder of an earlier run without touching it, None where there is none.

    Raises
    ------
    OutputError
        Its key is damaged.
    """
    key = path / STATE_FOLDER / "key"
    return OutputFolder(path=path, key=_read_key(key)) if os.path.lexists(key) else None


def _lock(lock: FileIO, path: Path) -> None:
    """Take the lock, which the system releases when this process ends, however it ends."""
    try:
        if sys.platform == "win32":
            import msvcrt  # noqa: PLC0415 - there is no such module elsewhere

            lock.seek(0)  # where each run locks the same byte
            msvcrt.locking(lock.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl  # noqa: PLC0415 - there is no such module on Windows

            fcntl.flock(lock.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise OutputError(
            f"is in use by {_holder(lock)}", path=path, hint="wait for it, or choose another folder"
        ) from error


def _sign(lock: FileIO, path: Path, name: str) -> None:
    """Write into the lock who holds it, and leave its times: a run without news changes nothing."""
    with suppress(OSError):  # a courtesy: a full disk is said where it matters
        status = os.fstat(lock.fileno())
        lock.truncate(0)
        lock.write(name.encode())
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def _holder(lock: FileIO) -> str:
    try:
        lock.seek(1)  # Windows lets nobody else read the byte that is locked
        name = lock.read(_MOST_NAME_BYTES).decode("utf-8", errors="replace")
    except OSError:
        name = ""
    return f"another run, {name}" if name.isprintable() and name else "another run"


def _remove_leftovers(path: Path) -> None:
    for place in ("", f"{STATE_FOLDER}/", "studies/*/", "studies/*/*/"):
        for leftover in path.glob(f"{place}{_TEMPORARY}*"):
            with suppress(OSError):
                leftover.unlink()


def _read_key(path: Path) -> bytes:
    try:
        key = bytes.fromhex(path.read_text(encoding="ascii"))
    except OSError as error:
        message = f"key of the output folder cannot be read: {error.strerror}"
        raise OutputError(
            message, path=path, hint="allow it; with another key all names change"
        ) from error
    except ValueError:
        key = b""
    if len(key) != _KEY_BYTES:
        raise OutputError("key of the output folder is damaged", path=path, hint="use a new folder")
    return key


def _read_or_make_key(path: Path) -> bytes:
    if path.exists():
        return _read_key(path)
    key = secrets.token_bytes(_KEY_BYTES)
    write_whole(path, key.hex().encode())
    path.chmod(0o600)
    return key


def write_whole(path: Path, content: bytes) -> bool:
    """Write a file whole or not at all; leave it alone if it has the content already.

    Returns
    -------
    Whether anything was written.

    Raises
    ------
    OutputError
        The file could not be written; what was there before is still there.
    """
    try:
        if path.is_file() and path.stat().st_size == len(content) and path.read_bytes() == content:
            return False
        path.parent.mkdir(parents=True, exist_ok=True)
        # Beside the target, as a rename across file systems is a copy and can stop halfway.
        temporary = path.with_name(f"{_TEMPORARY}{os.getpid()}-{path.name}")
        try:
            with temporary.open("wb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
        _sync_folder(path.parent)
    except OSError as error:
        hint = _HINTS.get(error.errno or 0, "is the disk in order?")
        raise OutputError(
            f"could not be written: {error.strerror}", path=path, hint=hint
        ) from error
    return True


def _sync_folder(path: Path) -> None:
    """Make a rename durable; not every system can, and then there is nothing to do."""
    with suppress(OSError):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def remove_stale(folder: Path, keep: set[str], pattern: str) -> None:
    """Remove files of an earlier result that the present one does not have."""
    for path in folder.glob(pattern):
        if path.name not in keep:
            try:
                path.unlink()
            except OSError as error:
                raise OutputError(f"could not be removed: {error.strerror}", path=path) from error


def encode_json(value: object, *, indent: int | None = None) -> bytes:
    """Return a record as JSON in UTF-8 that ends with a newline; its keys stay in their order."""
    return (json.dumps(value, ensure_ascii=False, indent=indent) + "\n").encode("utf-8", "replace")
