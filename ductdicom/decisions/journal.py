"""Every decision that was ever made over an output folder: one file each, never changed.

``OUT/decisions/`` holds them, ``OUT/decisions.json`` those in force, made from it. A file that
somebody laid into the folder is read like one of ours, also a table, or one of several decisions.
"""

import hashlib
import os
import stat
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path

from ductdicom.decisions.event import SCHEMA, Event
from ductdicom.decisions.files import TABLES, read_decisions
from ductdicom.decisions.in_force import in_force
from ductdicom.errors import OutputError, UsageError
from ductdicom.export.output import JOURNAL, encode_json, refuse_links, saying, write_whole
from ductdicom.model.value import Value
from ductdicom.reading import read_regular

IN_FORCE_NAME = "decisions.json"
_SUFFIXES = TABLES | {".json"}


class Journal(Value, frozen=True, kw_only=True):
    """All decisions, in the order of their times.

    ``new`` are those of them that no file of the folder holds yet; ``broken`` says of files why
    they do not count.
    """

    events: tuple[Event, ...] = ()
    new: tuple[Event, ...] = ()
    broken: tuple[str, ...] = ()

    def with_more(self, events: Iterable[Event]) -> "Journal":
        """Return the same with more decisions; those that it has already add nothing."""
        known = set(self.events)
        of_moment: dict[tuple[str, str], list[Event]] = {}
        for event in known:
            of_moment.setdefault((event.at, event.by), []).append(event)
        more = {
            event
            for event in events
            if event not in known
            # Of a decision that it has, `decisions.json` may name a part alone.
            and not any(map(event.is_part_of, of_moment.get((event.at, event.by), ())))
        }
        return Journal(
            events=_sorted(known | more), new=_sorted(more.union(self.new)), broken=self.broken
        )


def _sorted(events: Iterable[Event]) -> tuple[Event, ...]:
    return tuple(sorted(events, key=lambda event: event.order))


def read_journal(output: Path) -> Journal:
    """Read all decisions of an output folder; where there is none, there are none.

    Also those of ``decisions.json`` that the journal does not have, as an earlier version or a
    person wrote them.

    Raises
    ------
    OutputError
        The journal is no folder or cannot be listed, or a link lies in it.
    """
    found: set[Event] = set()
    broken: list[str] = []
    for path, state in _files(output):
        try:
            found.update(_read(path, state))
        except UsageError as error:
            error.path = f"{JOURNAL}/{path.name}"
            broken.append(str(error))
    in_force: tuple[Event, ...] = ()
    try:
        in_force = _read_in_force(output)
    except UsageError as error:
        aside = _aside(output / IN_FORCE_NAME)
        error.path = f"{IN_FORCE_NAME} (kept as {JOURNAL}/{aside.name})"
        broken.append(str(error))
    return Journal(events=_sorted(found), broken=tuple(broken)).with_more(in_force)


@lru_cache(maxsize=1 << 15)
def _read(path: Path, _state: tuple[int, int]) -> tuple[Event, ...]:
    """Read a file, which nobody changes, once for each state in which it is found."""
    return read_decisions(path)


def _read_in_force(output: Path) -> tuple[Event, ...]:
    """Read ``decisions.json``; where there is none, there are none.

    Raises
    ------
    OutputError
        It is a link.
    UsageError
        It is no file of decisions.
    """
    path = output / IN_FORCE_NAME
    refuse_links(path, below=output)
    # os.path says no where a folder above may not be entered; whoever writes will say why.
    if not os.path.isfile(path):  # noqa: PTH113
        return ()
    return _read(path, _state_of(path.stat()))


def _aside(path: Path) -> Path:
    """Return where a file of what is in force is kept that cannot be used: in the journal.

    It may hold what somebody typed, and is named by every run until it is mended or removed.
    """
    return path.parent / JOURNAL / f"{path.stem}-{path.stat().st_mtime_ns}{path.suffix}"


def _set_aside_unusable(output: Path) -> None:
    try:
        _read_in_force(output)
    except UsageError:
        path = output / IN_FORCE_NAME
        with saying(path, "cannot be set aside"):
            aside = _aside(path)
            aside.parent.mkdir(exist_ok=True)
            path.rename(aside)


def _files(output: Path) -> list[tuple[Path, tuple[int, int]]]:
    """Return the files of the journal, with size and time of each."""
    folder = output / JOURNAL
    refuse_links(folder, below=output)
    if not os.path.isdir(folder):  # noqa: PTH112 - no, where nobody can tell
        if os.path.lexists(folder):
            raise OutputError("is no folder", path=folder, hint="move it away")
        return []
    with saying(folder, "cannot be listed"), os.scandir(folder) as entries:
        listed = [
            (folder / entry.name, entry.stat(follow_symlinks=False))
            for entry in entries
            if os.path.splitext(entry.name)[1].lower() in _SUFFIXES  # noqa: PTH122 - of thousands
            and not entry.name.startswith(".")
        ]
    for path, status in listed:
        if not stat.S_ISREG(status.st_mode):
            refuse_links(path, below=output)
    return sorted((path, _state_of(status)) for path, status in listed)


def _state_of(status: os.stat_result) -> tuple[int, int]:
    return status.st_size, status.st_mtime_ns


def add(output: Path, events: Iterable[Event]) -> tuple[Event, ...]:
    """Lay decisions into the journal; those that lie there stay as they are.

    When it returns, they are on the disk. Several may add at once, also on several computers.

    Raises
    ------
    OutputError
        One could not be written; those before it are.
    """
    events = tuple(events)
    folder = output / JOURNAL
    refuse_links(folder, below=output)
    for event in events:
        plain = {**event.plain, "id": event.id}
        content = encode_json({"schema": SCHEMA, "decisions": [plain]}, indent=2)
        path = folder / event.file_name()
        if _holds_another(path, content):  # of the same moment, and of the same short hash
            path = folder / event.file_name(len(event.digest))
        write_whole(path, content)
    return events


def _holds_another(path: Path, content: bytes) -> bool:
    with saying(path, "cannot be read"):
        return path.exists() and read_regular(path) != content


def keep_decisions(output: Path, journal: Journal, names: Mapping[str, str] | None = None) -> None:
    """Lay what is new into the journal, and write ``decisions.json`` of what is in force.

    One that cannot be used is laid into the journal as it is.

    Parameters
    ----------
    names
        The SOP Instance UIDs of images by their own ID, and the Study Instance UIDs of studies by
        their key, as far as these are known.

    Raises
    ------
    OutputError
        Something could not be written.
    """
    add(output, journal.new)
    _set_aside_unusable(output)
    if not journal.events:
        return
    whole = {event: {"id": event.id} for event in journal.events}
    entries = [event.plain | whole.get(event, {}) for event in in_force(journal.events, names)]
    content = encode_json({"schema": SCHEMA, "decisions": entries}, indent=2)
    write_whole(output / IN_FORCE_NAME, content)


def state_of(
    fingerprint: str, events: Iterable[Event], *, study: str, key: str = "", images: Iterable[str]
) -> str:
    """Return what a reviewer has seen of a study, as one hash that changes with it.

    Parameters
    ----------
    fingerprint
        That of the study's record.
    events
        Decisions, of which those on this study and its images count.
    study
        Study Instance UID.
    key
        The study's key.
    images
        SOP Instance UIDs and IDs of the study's images.
    """
    ours = {study, key, *images} - {""}
    seen = sorted(event.digest for event in set(events) if ours.intersection(event.subject))
    return hashlib.sha256("\n".join((fingerprint, *seen)).encode()).hexdigest()
