"""The output folder: one writer at a time, whole files or none, names that stay."""

import errno
import hashlib
import hmac
import os
import platform
import re
import secrets
import stat
import sys
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from datetime import date
from functools import partial
from io import FileIO
from pathlib import Path
from time import monotonic, sleep

from ductdicom.encoding import json_text
from ductdicom.errors import InUseError, OutputError, UsageError
from ductdicom.reading import read_regular
from ductdicom.settings import Phi

STATE_FOLDER = ".ductdicom"
STUDIES_FOLDER = "studies"
RUNS_FOLDER = "runs"
JOURNAL = "decisions"
RECORD_NAME = "study.json"
_PHI_NAME = "phi"
RECORDS_NAME = "studies.jsonl"
UNFINISHED_NAME = ".unfinished.json"  # lists the files of a study that has no record yet
THUMBNAIL_NAME = "thumbnail.png"
FOLDERS = ("pre", "post", "unknown", "other")  # of the originals
_KEY_BYTES = 32
_MOST_NAME_BYTES = 200
_NAME_DIGITS = 16  # of the keyed hash in a study's name: 64 bits
_ID_DIGITS = 12  # of an image's ID: 48 bits
_TEMPORARY = re.compile(r"\.part-\d+-.")
_LONGEST_BYTES = 80
_RESERVED = {"con", "prn", "aux", "nul", *(f"{p}{n}" for p in ("com", "lpt") for n in range(1, 10))}
_HINTS = {
    errno.ENOSPC: "make room there and run again, what is finished stays",
    errno.EDQUOT: "make room there and run again, what is finished stays",
    errno.EROFS: "it lies on a read-only file system, choose another folder",
    errno.EACCES: "check who may write there",
    errno.EPERM: "check who may write there",
    errno.EIO: "is the disk in order?",
    errno.EISDIR: "a folder lies where a file of ours belongs, move it away",
    errno.ENOTDIR: "a file lies where a folder of ours belongs, move it away",
    errno.EEXIST: "a file lies where a folder of ours belongs, move it away",
}
_NOT_OFFERED = {
    getattr(errno, name, errno.ENOSYS) for name in ("ENOSYS", "ENOLCK", "ENOTSUP", "EOPNOTSUPP")
}
_IN_USE = (errno.EAGAIN, errno.EWOULDBLOCK, errno.EACCES, getattr(errno, "EDEADLOCK", errno.EAGAIN))
_NO_LINK = sum(getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_CLOEXEC", "O_BINARY"))
_is_junction = getattr(os.path, "isjunction", os.path.islink)  # Windows' other link
_LOCK_FILE = "lock-file"  # where the file system has no locks
_BRIEF = ", for a moment"  # holds the folder who draws a few studies again
_HOLDER = re.compile(rf"process (\d+) on (.+?)(?:{_BRIEF})?")
_MOST_WAIT_S = 60.0
_MOST_SILENT_S = 1.0
_SAY_EVERY_S = 5.0
_TRY_EVERY_S = 0.1
_MOST_TRIES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputFolder:
    """A folder of results, with a secret of its own of 32 bytes, ``key``.

    Names of studies and patients are hashed with it, so that nobody without it can tell from a
    name whose it is. ``has_locks``: the file system has; else a file stands for the lock.
    ``phi`` is how much identity its results hold, which its first run decides.
    """

    path: Path
    key: bytes
    phi: Phi = Phi.MINIMAL
    has_locks: bool = True

    def study_name(self, study_instance_uid: str, study_date: date | None, who: str = "") -> str:
        """Return a study's folder name: its date and a keyed hash of its UID.

        ``who`` tells apart the patients that one Study Instance UID was given to.
        """
        text = f"{study_instance_uid}#{who}" if who else study_instance_uid
        digest = hmac.new(self.key, text.encode(), hashlib.sha256).hexdigest()
        when = f"{study_date:%Y%m%d}" if study_date else "undated"
        return f"{when}-{digest[:_NAME_DIGITS]}"

    def place(self, name: str) -> Path:
        """Return where a file at the top of the folder lies.

        Raises
        ------
        OutputError
            A link stands there.
        """
        refuse_links(self.path / name, below=self.path)
        return self.path / name

    def image_name(self, sop_instance_uid: str, content: str = "") -> str:
        """Return an image's own ID; ``content`` tells apart those that share their UID."""
        text = f"image:{sop_instance_uid}:{content}"
        return hmac.new(self.key, text.encode(), hashlib.sha256).hexdigest()[:_ID_DIGITS]

    @property
    def batch(self) -> str:
        """What browsers keep by, for pages of this folder: a name that says nothing elsewhere."""
        return hmac.new(self.key, b"batch", hashlib.sha256).hexdigest()[:8]

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
def open_output(
    path: Path,
    phi: Phi = Phi.MINIMAL,
    *,
    is_brief: bool = False,
    waiting: Callable[[int, int], None] | None = None,
) -> Iterator[OutputFolder]:
    """Open an output folder for writing, and hold it until the end of the block.

    Makes the folder and its key where there are none, and removes what a dead run left behind.
    Nothing in it is opened, written or removed through a link.

    Parameters
    ----------
    is_brief
        It is held for a few studies that were decided on: whoever would hold it may wait.
    waiting
        Such a holder is waited for, up to a minute. Called meanwhile, with the seconds that have
        passed and the most that will.

    Raises
    ------
    UsageError
        Its first run had another ``phi``, which names the folders in it.
    OutputError
        Another run holds the folder, it cannot be written to or listed, or a link, or a file for a
        folder, lies in it where something of ours belongs.
    """
    state = path / STATE_FOLDER
    with ExitStack() as held:
        with saying(path, "cannot be written to", hint="choose another folder"):
            _require_folders(path)
            state.mkdir(parents=True, exist_ok=True)
            hold = partial(_held, path, state, is_brief=is_brief)
            has_locks = held.enter_context(_in_time(hold, waiting) if waiting else hold())
            _remove_leftovers(path)
            key = _read_or_make_key(state / "key", path)
            if _read_phi(path, phi) is None:
                write_whole(state / _PHI_NAME, f"{phi}\n".encode())
        yield OutputFolder(path=path, key=key, phi=phi, has_locks=has_locks)


def find_output(path: Path, phi: Phi | None = None) -> OutputFolder | None:
    """Return the output folder of an earlier run without touching it, None where there is none.

    Parameters
    ----------
    phi
        How much identity its results are to hold; whatever they hold where None is given.

    Raises
    ------
    UsageError
        Its first run had another ``phi``.
    OutputError
        Its key is damaged, or a link or a file lies where a folder of ours belongs.
    """
    _require_folders(path)
    key = path / STATE_FOLDER / "key"
    if not os.path.lexists(key):
        return None
    found = _read_phi(path, phi) or phi or Phi.MINIMAL
    return OutputFolder(path=path, key=_read_key(key, path), phi=found)


def require_output(path: Path) -> OutputFolder:
    """Return the output folder of an earlier run without touching it.

    Raises
    ------
    UsageError
        No run has made it.
    OutputError
        Its key is damaged.
    """
    found = find_output(path)
    if found is None:
        raise UsageError("is no output folder", path=path, hint="name the OUT of an earlier run")
    return found


def _require_folders(path: Path) -> None:
    """Refuse a file or a link where a folder of ours belongs, before anything is read or drawn."""
    for name in (STATE_FOLDER, STUDIES_FOLDER, RUNS_FOLDER):
        refuse_links(path / name, below=path)
        with suppress(OSError):  # said where it matters
            if not stat.S_ISDIR(os.lstat(path / name).st_mode):
                raise OutputError("is no folder", path=path / name, hint="move it away")


@contextmanager
def _in_time(
    hold: Callable[[], AbstractContextManager[bool]], waiting: Callable[[int, int], None]
) -> Iterator[bool]:
    """Hold the folder once whoever holds it for a moment has let it go."""
    began = said = monotonic()
    with ExitStack() as held:
        while True:
            try:
                has_locks = held.enter_context(hold())
                break
            except InUseError as error:
                now = monotonic()
                if now - began >= error.patience_s:
                    raise
                if said == began or now - said >= _SAY_EVERY_S:
                    said = now
                    waiting(int(now - began), int(error.patience_s))
            sleep(_TRY_EVERY_S)
        yield has_locks


@contextmanager
def _held(path: Path, state: Path, *, is_brief: bool) -> Iterator[bool]:
    """Hold the folder; yields whether its file system has locks."""
    with _open_lock(state / "lock", path) as lock:
        has_locks = _lock(lock, path)
        name = f"process {os.getpid()} on {platform.node() or 'this computer'}{_BRIEF * is_brief}"
        with nullcontext() if has_locks else _stand_in(state / _LOCK_FILE, path, name):
            _sign(lock, f" {name}")
            try:
                yield has_locks
            finally:
                _sign(lock, "")


def _open_lock(name: Path, path: Path) -> FileIO:
    refuse_links(name, below=path)
    flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | _NO_LINK
    with saying(name, "could not be opened") if name.is_dir() else nullcontext():
        lock = FileIO(os.open(name, flags, 0o666), "r+")
    if not stat.S_ISREG(os.fstat(lock.fileno()).st_mode):
        lock.close()
        raise OutputError("is no regular file", path=name, hint="remove it")
    return lock


def _lock(lock: FileIO, path: Path) -> bool:
    """Take the lock, which the system releases when this process ends, however it ends.

    Returns
    -------
    Whether the file system has locks.
    """
    try:
        if sys.platform == "win32":
            import msvcrt  # noqa: PLC0415 - there is no such module elsewhere

            lock.seek(0)  # where each run locks the same byte
            msvcrt.locking(lock.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl  # noqa: PLC0415 - there is no such module on Windows

            fcntl.flock(lock.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in _NOT_OFFERED:
            return False
        if error.errno not in _IN_USE:
            raise
        raise _in_use(_holder(lock), path, "wait for it, or choose another folder") from error
    return True


def _in_use(holder: str, path: Path, hint: str) -> InUseError:
    """Return that a run holds the folder.

    One that holds it for a moment is waited for; one that does not say its name is about to say
    it, or to end.
    """
    who = f"another run, {holder}" if holder else "another run"
    patience_s = _MOST_WAIT_S if holder.endswith(_BRIEF) else 0.0 if holder else _MOST_SILENT_S
    return InUseError(f"is in use by {who}", path=path, hint=hint, patience_s=patience_s)


@contextmanager
def _stand_in(file: Path, path: Path, name: str) -> Iterator[None]:
    """Let a file stand for the lock; it stays behind where a run is killed.

    That of a process of this computer that no longer runs is taken over.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_LINK
    try:
        descriptor = os.open(file, flags, 0o666)
    except FileExistsError as error:
        holder = _read_holder(file)
        if not _has_ended(holder):
            hint = f"wait for it; where it no longer runs, remove {file}"
            raise _in_use(holder, path, hint) from error
        file.unlink(missing_ok=True)
        descriptor = os.open(file, flags, 0o666)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(name.encode())
        yield
    finally:
        with suppress(OSError):
            file.unlink(missing_ok=True)


def _read_holder(file: Path) -> str:
    try:
        name = read_regular(file, most_bytes=_MOST_NAME_BYTES, follow=False)
    except OSError:
        return ""
    text = name.decode("utf-8", errors="replace")
    return text if text.isprintable() else ""


def _has_ended(holder: str) -> bool:
    """Tell whether a holder of the folder is a process of this computer that is no more."""
    found = _HOLDER.fullmatch(holder)
    if found is None or found[2] != platform.node() or sys.platform == "win32":
        return False
    try:
        os.kill(int(found[1]), 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):
        return False
    return False


def _sign(lock: FileIO, name: str) -> None:
    """Write into the lock who holds it, and leave its times: a run without news changes nothing."""
    with suppress(OSError):  # a courtesy: a full disk is said where it matters
        status = os.fstat(lock.fileno())
        if status.st_nlink > 1:  # it may be a file of somebody's, by another name
            return
        lock.truncate(0)
        lock.write(name.encode())
        if os.utime in os.supports_fd:
            os.utime(lock.fileno(), ns=(status.st_atime_ns, status.st_mtime_ns))


def _holder(lock: FileIO) -> str:
    try:
        lock.seek(1)  # Windows lets nobody else read the byte that is locked
        name = lock.read(_MOST_NAME_BYTES).decode("utf-8", errors="replace")
    except OSError:
        name = ""
    return name if name.isprintable() else ""


def _remove_leftovers(path: Path) -> None:
    """Remove what a dead run left half written, and lists of files that a record has replaced."""
    studies = [path / STUDIES_FOLDER / name for name in _folders(path / STUDIES_FOLDER)]
    folders = (study / name for study in studies for name in FOLDERS)
    for folder in (path, path / STATE_FOLDER, path / JOURNAL, *studies, *folders):
        if folder.is_symlink():
            continue
        with suppress(OSError), os.scandir(folder) as entries:  # said where it matters
            for entry in entries:
                if _TEMPORARY.match(entry.name) and not entry.is_dir(follow_symlinks=False):
                    os.unlink(entry.path)  # noqa: PTH108 - an entry has no other path
    for study in studies:
        if os.path.lexists(study / RECORD_NAME):
            with suppress(OSError):
                (study / UNFINISHED_NAME).unlink(missing_ok=True)


def _folders(path: Path) -> list[str]:
    """Return the names of the folders in a folder; none where it is not there."""
    with saying(path, "cannot be listed"), suppress(FileNotFoundError), os.scandir(path) as entries:
        return [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]
    return []


def refuse_links(path: Path, *, below: Path) -> None:
    """Refuse a path on whose way down from a folder a link lies: it may lead anywhere.

    Raises
    ------
    OutputError
        Names the link.
    """
    parents = [folder for folder in path.parents if below in folder.parents]
    for place in (*reversed(parents), path):
        with saying(place, "cannot be looked at"):
            is_link = place.is_symlink() or _is_junction(place)
        if is_link:
            raise OutputError(
                "is a link, and nothing is written or removed through one",
                path=place,
                hint="remove it, or put in its place what it leads to",
            )


@contextmanager
def saying(path: Path, what: str, hint: str = "is the disk in order?") -> Iterator[None]:
    """Turn what the system refuses into an error of ours."""
    try:
        yield
    except OSError as error:
        raise OutputError(
            f"{what}: {error.strerror}", path=path, hint=_HINTS.get(error.errno or 0, hint)
        ) from error


def _read_key(path: Path, below: Path) -> bytes:
    refuse_links(path, below=below)
    try:
        key = bytes.fromhex(read_regular(path, most_bytes=_MOST_NAME_BYTES).decode("ascii"))
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


def _read_phi(path: Path, wanted: Phi | None) -> Phi | None:
    """Return how much identity a folder's results hold, None where no run has said so yet."""
    file = path / STATE_FOLDER / _PHI_NAME
    refuse_links(file, below=path)
    if not file.exists():
        return None
    with saying(file, "could not be read"):
        text = read_regular(file, most_bytes=_MOST_NAME_BYTES).decode("ascii", "replace").strip()
    try:
        found = Phi(text)
    except ValueError as error:
        raise OutputError("is damaged", path=file, hint="use a new folder") from error
    if wanted is not None and found is not wanted:
        raise UsageError(
            f"was made with --phi {found}", path=path, hint=f"take another folder for {wanted}"
        )
    return found


def _read_or_make_key(path: Path, below: Path) -> bytes:
    if os.path.lexists(path):
        return _read_key(path, below)
    key = secrets.token_bytes(_KEY_BYTES)
    write_whole(path, key.hex().encode(), mode=0o600)
    return key


def _write_over(path: Path, temporary: Path, content: bytes, mode: int) -> None:
    temporary.unlink(missing_ok=True)
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_LINK
        with os.fdopen(os.open(temporary, flags, mode), "wb") as stream:
            stream.write(content)
            stream.flush()
            sync_file(stream.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_whole(path: Path, content: bytes, *, mode: int = 0o666) -> bool:
    """Write a file whole or not at all; leave it alone if it has the content already.

    Parameters
    ----------
    mode
        Its permissions, of which the process's mask takes some.

    Returns
    -------
    Whether anything was written.

    Raises
    ------
    OutputError
        The file could not be written, or a link stands in its place; what was there before is
        still there.
    """
    refuse_links(path, below=path.parent)
    with saying(path, "could not be written"):
        if path.is_file() and path.stat().st_size == len(content) and path.read_bytes() == content:
            return False
        path.parent.mkdir(parents=True, exist_ok=True)
        # Beside the target, as a rename across file systems is a copy and can stop halfway.
        temporary = path.with_name(f".part-{os.getpid()}-{path.name}")
        for left in reversed(range(_MOST_TRIES)):
            try:
                _write_over(path, temporary, content, mode)
                break
            except FileNotFoundError:  # a run took it for a dead one's: others write decisions, too
                if not left:
                    raise
        sync_folder(path.parent)
    return True


def sync_file(descriptor: int) -> None:
    """Bring a file to the disk, where its file system can be asked to."""
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in {*_NOT_OFFERED, errno.EINVAL}:
            raise


def sync_folder(path: Path) -> None:
    """Make a rename durable; not every system can, and then there is nothing to do."""
    with suppress(OSError):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def encode_json(value: object, *, indent: int = 0) -> bytes:
    """Return a record as JSON in UTF-8 that ends with a newline; its keys stay in their order."""
    return f"{json_text(value, indent=indent)}\n".encode("utf-8", "replace")
