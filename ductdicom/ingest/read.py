"""One file or one archive at a time: bytes in, results out."""

import os
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache, partial
from io import BufferedReader, FileIO
from types import FrameType
from typing import BinaryIO, cast

from msgspec.structs import replace

from ductdicom.errors import NotDicomError, UnreadableError, place_of
from ductdicom.ingest.archives.entry import Limits
from ductdicom.ingest.archives.kind import HEAD_BYTES, is_archive
from ductdicom.ingest.archives.walk import walk_archive
from ductdicom.ingest.cache.lines import Packed, Scanned, pack, unpack
from ductdicom.ingest.headers.detect import (
    EMPTY_FILE,
    ZEROED_FILE,
    is_packed_image,
    promises_images,
)
from ductdicom.ingest.headers.fast import FIRST_BYTES
from ductdicom.ingest.headers.file_set import ListedFile, find_in_archive, find_in_folder
from ductdicom.ingest.headers.instance import DirectoryFileError, read_header, read_instance
from ductdicom.ingest.headers.pixel_extent import TRUNCATED
from ductdicom.ingest.headers.shared_runs import Stretches
from ductdicom.model.instance import Instance
from ductdicom.model.origin import Origin
from ductdicom.model.outcome import (
    BUG,
    OUT_OF_MEMORY,
    OWN_OBJECT,
    Disposition,
    FileReference,
    LedgerRow,
    reason_of,
)

_FILE = Origin(file="", source="")  # where it lies is known to who asked
_LOST = frozenset({EMPTY_FILE, ZEROED_FILE})  # of a copy that failed
_LIMIT_S = 300.0  # for the header of an archive's entry; the worst take half a minute


class ReadFile:
    """What was found in one file.

    Packed on its way to another process, where it is unpacked by who asks for the results: equal
    parts of many files come together there. In one process nothing is packed.

    Attributes
    ----------
    is_archive
        It is to be looked into in its turn; nothing was read.
    is_lasting
        It stays as it is as long as the file does; what a directory lists depends on other files.
    """

    __slots__ = ("_packed", "_results", "is_archive", "is_lasting")

    def __init__(
        self,
        *results: Scanned,
        packed: tuple[Packed, ...] | None = None,
        is_archive: bool = False,
        is_lasting: bool = False,
    ) -> None:
        self._results = results
        self._packed = packed
        self.is_archive = is_archive
        self.is_lasting = is_lasting

    def __reduce__(self) -> tuple[object, ...]:
        facts = {"is_archive": self.is_archive, "is_lasting": self.is_lasting}
        return partial(ReadFile, packed=self.packed, **facts), ()

    @property
    def packed(self) -> tuple[Packed, ...]:
        """The results as lines."""
        return tuple(map(pack, self._results)) if self._packed is None else self._packed

    def results(self, file: Origin) -> list[Scanned]:
        """Return the results, told where the file lies."""
        if self._packed is None:
            return [_placed(result, file) for result in self._results]
        return [unpack(packed, file) for packed in self._packed]


def _placed(result: Scanned, file: Origin) -> Scanned:
    if isinstance(result, FileReference):
        return replace(result, directory=file)
    return replace(result, origin=file)


def read_files(paths: Sequence[str]) -> list[ReadFile]:
    """Read some files, the unit of work of an executor.

    Parameters
    ----------
    paths
        Plain files, as the system takes them.

    Returns
    -------
    list[ReadFile]
        One a path, in the same order; what goes wrong with a file is its result.
    """
    alike = _stretches()
    return [_read_file(path, alike) for path in paths]


def read_archive(origin: Origin, limits: Limits) -> Iterator[Scanned]:
    """Read the headers of an archive's entries.

    Parameters
    ----------
    origin
        The archive, a file.
    limits
        How much it may ask for.

    Yields
    ------
    Instance | LedgerRow | FileReference
        One for each entry, in the archive's order, then the row of the archive itself, and last
        what its directories of file sets list.
    """
    entries: list[str] = []
    directories: list[tuple[Origin, tuple[ListedFile, ...]]] = []
    for found in walk_archive(origin, limits):
        if isinstance(found, LedgerRow):
            yield found
            continue
        entry, stream = found
        entries.append(entry.member or "")
        try:
            with deadline(_LIMIT_S):
                result = _unless_own(read_instance(entry, stream))
        except DirectoryFileError as error:
            directories.append((entry, error.files))
            yield _directory(entry, error)
        except (NotDicomError, UnreadableError) as error:
            yield _refused(entry, error, entry.member or "")
        except Exception as error:  # noqa: BLE001 - whatever it is, the other entries are to be read
            yield _bug(entry, error)
        else:
            yield result
    for directory, files in directories:
        yield from find_in_archive(directory, files, entries)


@cache
def _stretches() -> Stretches:
    """Return what the files that this process reads have in common."""
    return Stretches()


def _read_file(path: str, alike: Stretches) -> ReadFile:
    try:
        # One read past the buffer is enough for nearly every file.
        with FileIO(path) as file, BufferedReader(file) as stream:
            size_bytes = os.fstat(file.fileno()).st_size
            head = file.read(FIRST_BYTES)
            if is_archive(path, head[:HEAD_BYTES]):
                return ReadFile(is_archive=True)
            found = read_header(_FILE, cast(BinaryIO, stream), size_bytes, head, alike)
            return ReadFile(_unless_own(found), is_lasting=True)
    except DirectoryFileError as error:
        row = _directory(_FILE, error)
        return ReadFile(row, *find_in_folder(Origin(file=path, source=""), error.files))
    except (NotDicomError, UnreadableError) as error:
        return ReadFile(_refused(_FILE, error, path), is_lasting=True)
    except OSError as error:
        return refuse(reason_of(error))  # it may be readable the next time
    except Exception as error:  # noqa: BLE001 - whatever it is, the other files are to be read
        return ReadFile(_bug(_FILE, error))


def _unless_own(instance: Instance) -> Instance | LedgerRow:
    """Return a row for what this program made: it says of an examination what others said."""
    if not instance.is_own:
        return instance
    return LedgerRow(
        origin=instance.origin,
        disposition=Disposition.OTHER,
        reason=OWN_OBJECT,
        sop_instance_uid=instance.sop_instance_uid,
        study_instance_uid=instance.study_instance_uid,
    )


def refuse(reason: str) -> ReadFile:
    """Return what there is to say of a file that could not be read."""
    return ReadFile(_row(_FILE, Disposition.UNREADABLE, reason))


def _bug(origin: Origin, error: Exception) -> LedgerRow:
    if isinstance(error, MemoryError):
        return _row(origin, Disposition.UNREADABLE, OUT_OF_MEMORY)
    return replace(_row(origin, Disposition.UNREADABLE, BUG), bug=place_of(error))


def _refused(origin: Origin, error: NotDicomError | UnreadableError, name: str) -> LedgerRow:
    if not isinstance(error, NotDicomError):
        return _row(origin, Disposition.UNREADABLE, error.reason)
    if is_packed_image(name):
        return _row(origin, Disposition.UNREADABLE, "unsupported-archive")
    is_lost = error.reason in _LOST and promises_images(name)
    return _row(origin, Disposition.UNREADABLE if is_lost else Disposition.NOT_DICOM, error.reason)


def _directory(origin: Origin, error: DirectoryFileError) -> LedgerRow:
    if error.is_cut:
        return _row(origin, Disposition.UNREADABLE, TRUNCATED)
    return _row(origin, Disposition.CONTAINER, "")


def _row(origin: Origin, disposition: Disposition, reason: str) -> LedgerRow:
    return LedgerRow(origin=origin, disposition=disposition, reason=reason)


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """End what is done within this context when it has taken too long.

    Only in the main thread of a POSIX system, and where nobody else uses the alarm; elsewhere
    nothing happens.

    Parameters
    ----------
    seconds
        Of real time, above 0.

    Raises
    ------
    UnreadableError
        Reason ``header-limit``, wherever the work is at that moment.
    """
    if not _is_possible():
        yield
        return

    def give_up(_signal: int, _frame: FrameType | None) -> None:
        raise UnreadableError("reading takes too long", reason="header-limit")

    before = signal.signal(signal.SIGALRM, give_up)
    # Again and again, as a library may catch what is raised in it.
    signal.setitimer(signal.ITIMER_REAL, seconds, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _is_possible() -> bool:
    if not hasattr(signal, "setitimer"):
        return False
    is_main = threading.current_thread() is threading.main_thread()
    return is_main and signal.getitimer(signal.ITIMER_REAL)[0] == 0
