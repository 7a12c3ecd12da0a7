"""Folders, files and lists to candidates, streamed in a stable order."""

import os
import stat
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, NamedTuple

from ductdicom.errors import UsageError
from ductdicom.model.origin import Origin, shown_name
from ductdicom.model.outcome import (
    LINK,
    LINK_OUTSIDE,
    MISSING,
    Disposition,
    LedgerRow,
    reason_of,
)

_DIRECTORY_NAME = "DICOMDIR"
INCOMING = "incoming"  # of a spool, what is not whole yet and our own accounts; never an input
SPOOL_MARK = ".ductdicom-spool"  # tells such a folder from anybody's of that name
_MOST_LIST_BYTES = 1 << 30  # of a list of inputs; ten million paths


def find_inputs(
    inputs: Sequence[str], *, exclude: Path | None = None, follow_links: bool = False
) -> Iterator[Origin | LedgerRow]:
    """Yield every file below ``inputs`` once, folder by folder, sorted by name in each.

    Symbolic links that were named themselves are followed. One below an input that leads to a
    place below one of them is a row, as what it leads to comes in its own place. Nothing but
    regular files is ever opened. What is reached by two inputs comes with the first.

    Parameters
    ----------
    inputs
        Files and folders as the user typed them. A ``DICOMDIR`` stands for its folder.
    exclude
        A folder that is left out wherever it is met, with all below it. So is what a spool has
        not received whole yet.
    follow_links
        Whether links that lead to no place below an input are followed, too.

    Returns
    -------
    Iterator[Origin | LedgerRow]
        Files to read, and the rows of what cannot be one: ``link``, ``symlink-outside``,
        ``symlink-loop``, ``special-file``, ``permission-denied``, ``io-error``; ``missing`` for an
        input that is not there, or what a link leads to.
    """
    places = [
        _Place(str(Path(name)), shown_name(name), _real_path(name))
        for name in map(_file_set_root, inputs)
    ]
    covered = _Covered(roots={place.real for place in places}, follow_links=follow_links)
    if exclude is not None:
        covered.folders.add(os.path.realpath(exclude))
    return _find(places, covered)


def check_inputs(inputs: Sequence[str], *, tells_paths: bool = False) -> None:
    """Refuse inputs that do not exist, where that is taken for a slip of the keyboard.

    Parameters
    ----------
    tells_paths
        Whether a path may be said, whomever it names.

    Raises
    ------
    UsageError
        Says which is the first of them.
    """
    called = inputs_called(inputs, tells_paths=tells_paths)
    for typed, name in zip(inputs, called, strict=True):
        if not _is_there(typed):
            raise UsageError("no such file or folder", path=name)


def inputs_called(inputs: Sequence[str], *, tells_paths: bool) -> list[str]:
    """Return what inputs are called where nobody knows yet whom their paths may name.

    By their place: in the order in which they were typed, those of a list behind them.
    """
    if tells_paths:
        return [name or "''" for name in inputs]
    return [f"INPUT {place} of {len(inputs)}" for place in range(1, len(inputs) + 1)]


def read_list(stream: BinaryIO, *, nul: bool = False) -> Iterator[str]:
    """Yield the inputs that a list names, one a line, or between NUL bytes.

    Empty lines are skipped; a line may end as on Windows, and the list may start with a
    byte order mark. With that of UTF-16 it is read as such: older PowerShells redirect so.

    Raises
    ------
    UsageError
        It begins as UTF-16 and goes on as something else, or has no end.
    """
    content = stream.read(_MOST_LIST_BYTES + 1)
    if len(content) > _MOST_LIST_BYTES:
        raise UsageError("the list is larger than 1 GiB", hint="name folders, or make several")
    content = _without_mark(content)
    for line in content.split(b"\0" if nul else b"\n"):
        name = line if nul else line.removesuffix(b"\r")
        if name:
            yield os.fsdecode(name)


def _without_mark(content: bytes) -> bytes:
    if not content.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        return content.removeprefix(BOM_UTF8)
    try:
        return os.fsencode(content.decode("utf-16"))
    except UnicodeError as error:
        raise UsageError("the list is no UTF-16", hint="write it in UTF-8") from error


def _is_there(typed: str) -> bool:
    try:
        return bool(typed) and Path(typed).exists()
    except OSError:  # a name too long, a folder above that is closed to us
        return False


def _file_set_root(typed: str) -> str:
    path = Path(typed)
    is_directory_file = path.name.upper() == _DIRECTORY_NAME and _is_there(typed)
    return str(path.parent) if is_directory_file and path.is_file() else typed


@dataclass(slots=True, kw_only=True)
class _Covered:
    """What was met, without links: what the inputs name, and what of them was gone through."""

    roots: set[str]
    follow_links: bool
    folders: set[str] = field(default_factory=set)
    files: set[str] = field(default_factory=set)

    def holds_root(self, real: Path) -> bool:
        """Whether an input lies at or below an earlier one."""
        return str(real) in self.files or _is_below(real, self.folders)

    def reaches(self, real: Path) -> bool:
        """Whether something comes, or has come, in its own place."""
        return self.holds_root(real) or _is_below(real, self.roots)


def _is_below(real: Path, folders: Collection[str]) -> bool:
    return any(str(folder) in folders for folder in (real, *real.parents))


class _Place(NamedTuple):
    """A file or folder: where it lies, the name to call it by, and its path without links."""

    path: str
    source: str
    real: str

    def as_folder(self) -> "_Place":
        """Return the place with the slash that joins a name to each of its paths."""
        path, source, real = (f"{name.removesuffix('/')}/" for name in self)
        # Mostly they are alike, and then they are kept only once.
        return _Place(path, path if source == path else source, path if real == path else real)

    def below(self, name: str) -> "_Place":
        """Return the place of an entry, if this is a folder's."""
        path = self.path + name
        shown = shown_name(name)
        is_alike = self.source is self.path and shown is name
        source = path if is_alike else self.source + shown
        return _Place(path, source, path if self.real is self.path else self.real + name)


def _find(places: Iterable[_Place], covered: _Covered) -> Iterator[Origin | LedgerRow]:
    for place in places:
        status, refusal = _look_at(place, place.real)
        # What is gone no earlier folder came upon.
        is_gone = refusal is not None and refusal.reason == MISSING
        if place.real in covered.files or (not is_gone and covered.holds_root(Path(place.real))):
            continue
        if status is not None and stat.S_ISDIR(status.st_mode):
            yield from _walk(place, covered)
            continue
        covered.files.add(place.real)
        if refusal is not None:
            yield refusal
        elif status is not None:
            yield _candidate(place, status)


def _real_path(typed: str) -> str:
    try:
        return os.path.realpath(typed)
    except ValueError:  # a NUL in the name, which no file can have
        return typed


def _look_at(place: _Place, path: str) -> tuple[os.stat_result | None, LedgerRow | None]:
    """Return what lies at a path, or the row of a place that says why nobody can tell."""
    try:
        return Path(path).stat(), None
    except OSError as error:
        return None, _row(place, Disposition.UNREADABLE, reason_of(error))
    except ValueError:
        return None, _row(place, Disposition.UNREADABLE, MISSING)


def _follow(link: _Place, covered: _Covered) -> Iterator[Origin | LedgerRow]:
    """Yield what a link below an input leads to, or the row that says why not."""
    place = link._replace(real=_real_path(link.path))
    status, refusal = _look_at(place, place.path)
    is_reached = covered.reaches(Path(place.real))
    if is_reached and refusal is None:
        yield _row(place, Disposition.DUPLICATE, LINK)
    elif not is_reached and not covered.follow_links:
        yield _row(place, Disposition.UNREADABLE, LINK_OUTSIDE)
    elif status is None:
        yield refusal or _row(place, Disposition.UNREADABLE, MISSING)
    elif stat.S_ISDIR(status.st_mode):
        yield from _walk(place, covered)
    else:
        covered.files.add(place.real)
        yield _candidate(place, status)


def _walk(root: _Place, covered: _Covered) -> Iterator[Origin | LedgerRow]:
    covered.folders.add(root.real)
    opened, refusal = _open(root)
    if refusal is not None:
        yield refusal
    stack = [(root.as_folder(), opened)]
    while stack:
        folder, entries = stack[-1]
        entry = next(entries, None)
        if entry is None:
            stack.pop()
            continue
        place = folder.below(entry.name)
        if entry.is_symlink():
            yield from _follow(place, covered)
        elif not entry.is_dir():
            if place.real not in covered.files:
                yield _visit(place, entry)
        elif place.real not in covered.folders and not _is_incoming(place, entry.name):
            opened, refusal = _open(place)
            if refusal is not None:
                yield refusal
            stack.append((place.as_folder(), opened))


def _is_incoming(folder: _Place, name: str) -> bool:
    return name == INCOMING and os.path.lexists(f"{folder.path}/{SPOOL_MARK}")


def _open(folder: _Place) -> tuple[Iterator[os.DirEntry[str]], LedgerRow | None]:
    """Return the sorted entries of a folder; none and a row where it cannot be listed."""
    try:
        with os.scandir(folder.path) as entries:
            return iter(sorted(entries, key=lambda entry: entry.name)), None
    except OSError as error:
        return iter(()), _row(folder, Disposition.UNREADABLE, reason_of(error))


def _visit(place: _Place, entry: os.DirEntry[str]) -> Origin | LedgerRow:
    try:
        status = entry.stat(follow_symlinks=False)
    except OSError as error:
        return _row(place, Disposition.UNREADABLE, reason_of(error))
    return _candidate(place, status)


def _candidate(place: _Place, status: os.stat_result) -> Origin | LedgerRow:
    origin = Origin(
        file=place.path,
        source=place.source,
        size_bytes=status.st_size,
        modified_ns=status.st_mtime_ns,
        file_number=status.st_ino,
    )
    if stat.S_ISREG(status.st_mode):
        return origin
    return LedgerRow(origin=origin, disposition=Disposition.NOT_DICOM, reason="special-file")


def _row(place: _Place, disposition: Disposition, reason: str) -> LedgerRow:
    origin = Origin(file=place.path, source=place.source)
    return LedgerRow(origin=origin, disposition=disposition, reason=reason)
