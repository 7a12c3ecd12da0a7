"""The directory of a file set: what it lists, and whether that is there.

The files themselves are found by looking; the directory only tells whether some are missing, or
hold another object than they should. Some consoles split it into one directory file a study and a
series (``DIRFILE``), whose paths still start at the root of the file set.

References
----------
* DICOM PS3.3 F.3.2.2, directory record; PS3.10 8.2, file IDs
"""

import os
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from ductdicom.ingest.headers.tags import Tag
from ductdicom.ingest.headers.values import DataSet
from ductdicom.model.instance import Instance
from ductdicom.model.origin import Origin
from ductdicom.model.outcome import FileReference, ReferenceFault

_MAX_COMPONENTS = 8  # PS3.10 8.2


class ListedFile(NamedTuple):
    """A file as a directory lists it; the UID of its object is empty where none is said."""

    file_id: tuple[str, ...]
    sop_instance_uid: str = ""

    @property
    def name(self) -> str:
        """The components of its file ID as one."""
        return "/".join(self.file_id)

    @property
    def leads_out(self) -> bool:
        """Whether its file ID climbs above its file set, or starts somewhere else."""
        parts = self.name.split("/")
        if not parts[0] or parts[0].endswith(":"):
            return True
        depth = 0
        for part in parts:
            depth += {"..": -1, ".": 0, "": 0}.get(part, 1)
            if depth < 0:
                return True
        return False


def list_files(directory: DataSet) -> tuple[ListedFile, ...]:
    """Return the files that a directory lists, each once, in its order."""
    found: dict[tuple[str, ...], ListedFile] = {}
    for record in directory.items(Tag.DIRECTORY_RECORD_SEQUENCE):
        file_id = record.values(Tag.REFERENCED_FILE_ID)
        if file_id and any(file_id):
            uids = record.values(Tag.REFERENCED_SOP_INSTANCE_UID_IN_FILE)
            uid = uids[0].strip("\0 ") if uids else ""
            found.setdefault(file_id, ListedFile(file_id, uid))
    return tuple(found.values())


def find_in_folder(directory: Origin, files: Iterable[ListedFile]) -> Iterator[FileReference]:
    """Look for files in the folder of the directory file, or above it.

    Upper and lower case, an added or removed extension and a version number make no difference.
    """
    own = directory.path.resolve()
    bases = own.parents
    listing = _listing()
    for file in files:
        nearby = bases[: min(len(file.file_id), _MAX_COMPONENTS)]
        places = [] if file.leads_out else [_below(base, file.file_id, listing) for base in nearby]
        found = [place for place in places if place is not None]
        folders = [place for place in found if place.is_dir()]
        at = next((place for place in found if place not in folders), None)
        yield from _reference(directory, file, "" if at is None else str(at), str(own), folders)


def find_in_archive(
    directory: Origin, files: Iterable[ListedFile], entries: Iterable[str]
) -> Iterator[FileReference]:
    """Look for files among the entries of the archive that the directory lies in."""
    keys = {key: entry for entry in entries for key in _path_keys(entry)}
    folders = {folder for key in keys for folder in map(str, PurePosixPath(key).parents)}
    own = directory.member or ""
    parents = PurePosixPath(own).parents
    for file in files:
        nearby = () if file.leads_out else parents[: min(len(file.file_id), _MAX_COMPONENTS)]
        asked = [key for base in nearby for key in _path_keys(str(base / file.name))]
        at = next((keys[key] for key in asked if key in keys), "")
        yield from _reference(directory, file, at, own, folders.intersection(asked))


def _reference(
    directory: Origin, file: ListedFile, at: str, own: str, folders: Iterable[object]
) -> Iterator[FileReference]:
    """Yield what became of a listed file, unless it is there and nothing is said of its object.

    ``own`` is where the directory itself lies.
    """
    fault = None
    if file.leads_out:
        fault = ReferenceFault.LEADS_OUT
    elif at == own:
        fault = ReferenceFault.ITSELF
    elif not at:
        fault = ReferenceFault.FOLDER if any(folders) else ReferenceFault.MISSING
    if fault is not None or file.sop_instance_uid:
        yield FileReference(
            directory=directory,
            file_id=file.name,
            sop_instance_uid=file.sop_instance_uid,
            place="" if fault else at,
            fault=fault,
        )


def contradicted(
    references: Iterable[FileReference], instances: Iterable[Instance]
) -> Iterator[tuple[FileReference, str]]:
    """Yield what a directory lists as another object than its file holds, and the UID of that."""
    said = [item for item in references if item.place and item.sop_instance_uid]
    if not said:
        return
    folder_of = cache(os.path.realpath)
    held = {}
    for instance in instances:
        file, member = instance.origin.file, instance.origin.member
        folder, name = os.path.split(file)
        place = os.path.join(folder_of(folder), name)  # noqa: PTH118 - for many thousand files
        held[(file, member) if member else (place, None)] = instance.sop_instance_uid
    for item in said:
        is_packed = item.directory.member is not None
        key = (item.directory.file, item.place) if is_packed else (item.place, None)
        uid = held.get(key, item.sop_instance_uid)
        if uid != item.sop_instance_uid:
            yield item, uid


_Listing = Callable[[Path], dict[str, Path]]


def _listing() -> _Listing:
    """Return a function that lists a folder by its forgiving names, each folder once."""
    known: dict[Path, dict[str, Path]] = {}

    def names_in(folder: Path) -> dict[str, Path]:
        if folder not in known:
            try:
                found = sorted(folder.iterdir())
            except OSError:
                found = []
            known[folder] = {key: path for path in reversed(found) for key in _keys(path.name)}
        return known[folder]

    return names_in


def _below(base: Path, file_id: Iterable[str], listing: _Listing) -> Path | None:
    place: Path | None = base
    for component in file_id:
        names = listing(place) if place is not None else {}
        place = next((names[key] for key in _keys(component) if key in names), None)
    return place


def _keys(name: str) -> tuple[str, str]:
    """Return the spellings under which a name is found: as it is, and without extension."""
    bare = name.casefold().partition(";")[0]
    return bare, bare.rpartition(".")[0] or bare


def _path_keys(path: str) -> tuple[str, ...]:
    folder, slash, name = path.rpartition("/")
    return tuple(f"{folder.casefold()}{slash}{key}" for key in _keys(name))
