"""A study's folder: what is ours in it, and what is a reader's and stays.

A file is ours where an earlier run lists it, in its record or, where it was stopped before it
wrote one, in ``.unfinished.json``, and where it still is what was written.
"""

import hashlib
import os
import re
import stat
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from ductdicom.export.output import (
    FOLDERS,
    RECORD_NAME,
    UNFINISHED_NAME,
    encode_json,
    refuse_links,
    saying,
    write_whole,
)
from ductdicom.model.record import RecordedFiles, RecordedStudy
from ductdicom.model.result import WrittenFile
from ductdicom.reading import open_regular, read_regular

# A record could be made to name anything; nothing but what we may have written is ever touched.
_POSSIBLE = re.compile(rf"(?:(?:{'|'.join(FOLDERS)})/)?\w[\w.-]*", re.ASCII)
_Known = Mapping[str, Collection[WrittenFile]]


def files_listed(record: RecordedFiles | RecordedStudy) -> tuple[WrittenFile, ...]:
    """Return the files that a record lists.

    Raises
    ------
    ValueError
        The lists are not of one length, or name what no run writes.
    """
    names = record.files or ()
    if not all(map(_POSSIBLE.fullmatch, names)):
        raise ValueError("names what no run writes")
    digests = record.file_sha256 or (None,) * len(names)
    return tuple(
        WrittenFile(name=name, size_bytes=size, sha256=digest)
        for name, size, digest in zip(names, record.file_bytes or (), digests, strict=True)
    )


def list_files(files: Iterable[WrittenFile]) -> RecordedFiles:
    """Return files as a record lists them."""
    files = tuple(files)
    return RecordedFiles(
        files=tuple(file.name for file in files),
        file_bytes=tuple(file.size_bytes for file in files),
        file_sha256=tuple(file.sha256 for file in files),
    )


def written_file(name: str, content: bytes) -> WrittenFile:
    """Return what is recorded of a file with this content."""
    digest = hashlib.sha256(content).hexdigest()
    return WrittenFile(name=name, size_bytes=len(content), sha256=digest)


def is_written(path: Path, files: Iterable[WrittenFile]) -> bool:
    """Tell whether a regular file is one of these, as it was written."""
    try:
        status = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    same = [file.sha256 for file in files if file.size_bytes == status.st_size]
    if not same or not stat.S_ISREG(status.st_mode):
        return False
    if None in same:
        return True
    with open_regular(path, follow=False) as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest() in same


def set_aside(path: Path) -> Path:
    """Give a file a name under which no run touches it."""
    number = 1
    while os.path.lexists(aside := path.with_name(f"{path.name}.kept-{number}")):
        number += 1
    path.rename(aside)
    return aside


class StudyFolder:
    """Writes a study anew into a folder that may hold more than was written there before.

    Parameters
    ----------
    path
        The folder, in ``studies/`` of an output folder; made when something is written.

    Attributes
    ----------
    kept
        Names of files that were set aside, as somebody had changed them, or laid them where ours
        belong.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.kept: list[str] = []
        self._planned: tuple[WrittenFile, ...] = ()
        self._written: dict[str, WrittenFile] = {}

    def is_whole(self, files: Sequence[WrittenFile]) -> bool:
        """Tell whether all files of a study are there, as large as they were written."""
        try:
            for file in files:
                path = self._place(file.name)
                if path.is_symlink():
                    self._require_own_link(path, (file,))
                if path.stat().st_size != file.size_bytes:
                    return False
        except OSError:
            return False
        return True

    def begin(self, planned: Sequence[WrittenFile]) -> None:
        """Make room: set aside what is not ours, and remove what is ours and not wanted any more.

        From here to `finish` the study has no record.

        Parameters
        ----------
        planned
            All that may be written; the hash is None where it is not known yet.

        Raises
        ------
        OutputError
            A link stands in the place of a file or folder of ours, or a file cannot be moved.
        """
        known = self._known()
        names = {file.name for file in planned}
        for name in sorted(known.keys() | names):
            same = [file for file in planned if file.name == name and file.sha256 is not None]
            with saying(self.path / name, "could not be set aside"):
                if not self._is_ours(name, [*known.get(name, ()), *same]):
                    self._set_aside(name)
        before = (file for files in known.values() for file in files)
        listed = list_files(dict.fromkeys((*before, *planned)))
        write_whole(self._place(UNFINISHED_NAME), encode_json(listed))
        self._remove(RECORD_NAME)
        for name in sorted(known.keys() - names):
            self._remove(name)
        self._planned = tuple(planned)

    def write(self, name: str, content: bytes) -> Path:
        """Write a file that was planned, whole or not at all."""
        path = self._place(name)
        with saying(path, "could not be written"):
            is_there = os.path.lexists(path)
            is_link = is_there and (path.is_symlink() or path.lstat().st_nlink > 1)
        if is_link:
            self._remove(name)  # laid as a link before; a copy is no other name of an original
        write_whole(path, content)
        self._written[name] = written_file(name, content)
        return path

    def lay(self, name: str, source: Path, *, is_symbolic: bool) -> Path:
        """Lay a link down in the place of a file that was planned.

        Raises
        ------
        OSError
            The file system has no such links.
        """
        path = self._place(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        if is_symbolic:
            path.symlink_to(source)
        else:
            os.link(source, path)
        digest = _digest_of_link(path) if is_symbolic else None
        size_bytes = path.stat().st_size
        self._written[name] = WrittenFile(name=name, size_bytes=size_bytes, sha256=digest)
        return path

    def take_back(self, name: str) -> None:
        """Remove a file that was written by mistake."""
        self._written.pop(name, None)
        self._remove(name)

    def written(self) -> tuple[WrittenFile, ...]:
        """Return what was written since `begin`, sorted by name."""
        return tuple(self._written[name] for name in sorted(self._written))

    def finish(self, record: bytes) -> None:
        """Remove what was planned and not written, and write the record."""
        for file in self._planned:
            if file.name not in self._written:
                self._remove(file.name)
        write_whole(self._place(RECORD_NAME), record)
        self._remove(UNFINISHED_NAME)

    def remove(self) -> int:
        """Remove all that runs wrote, and the folder where nothing else is in it.

        Returns
        -------
        How many bytes that were.
        """
        known = self._known()
        for name in known:
            if not self._is_ours(name, known[name]):
                self._set_aside(name)
        count_bytes = self.size_bytes()
        for name in [*known, RECORD_NAME, UNFINISHED_NAME]:
            self._remove(name)
        with suppress(OSError):  # it holds something else
            self.path.rmdir()
        return count_bytes

    def size_bytes(self) -> int:
        """Return how many bytes runs wrote that are still there; a link counts as itself."""
        names = [*self._known(), RECORD_NAME]
        return sum(self._place(n).lstat().st_size for n in names if os.path.lexists(self.path / n))

    def clear(self) -> None:
        """Remove what a run wrote that did not finish."""
        known = self._known()
        for name in known:
            if self._is_ours(name, known[name]):
                self._remove(name)
        self._remove(UNFINISHED_NAME)

    def _place(self, name: str) -> Path:
        """Return where a file lies, its folders being no links."""
        path = self.path / name
        refuse_links(path.parent, below=self.path.parents[1])
        return path

    def _known(self) -> _Known:
        """Return what an earlier run lists, by name; one that was stopped may list a name twice."""
        known: dict[str, list[WrittenFile]] = {}
        for name in (RECORD_NAME, UNFINISHED_NAME):
            path = self._place(name)
            refuse_links(path, below=self.path)
            if not os.path.lexists(path):
                continue
            with saying(path, "could not be read"):
                content = read_regular(path)
            try:
                found = files_listed(msgspec.json.decode(content, type=RecordedFiles))
            except (ValueError, RecursionError):  # damaged: then nothing is ours
                return {}
            for file in found:
                known.setdefault(file.name, []).append(file)
            return known
        return known

    def _is_ours(self, name: str, files: Collection[WrittenFile]) -> bool:
        """Tell whether a file is one of these, or not there."""
        path = self._place(name)
        try:
            status = path.lstat()
        except (FileNotFoundError, NotADirectoryError):
            return True
        if stat.S_ISLNK(status.st_mode):
            self._require_own_link(path, files)
            return True
        return is_written(path, files)

    def _require_own_link(self, path: Path, files: Iterable[WrittenFile]) -> None:
        if _digest_of_link(path) not in {file.sha256 for file in files}:
            refuse_links(path, below=self.path)

    def _set_aside(self, name: str) -> None:
        """Give a file a name under which no run touches it."""
        self.kept.append(set_aside(self.path / name).relative_to(self.path).as_posix())

    def _remove(self, name: str) -> None:
        path = self._place(name)
        with saying(path, "could not be removed"):
            with suppress(FileNotFoundError, NotADirectoryError):
                path.unlink()
            if path.parent != self.path:
                with suppress(OSError):  # it holds something else
                    path.parent.rmdir()


def _digest_of_link(path: Path) -> str:
    return hashlib.sha256(b"link to " + os.fsencode(path.readlink())).hexdigest()
