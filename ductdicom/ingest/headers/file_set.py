"""The directory of a file set: what it lists and what of that is not there.

The files themselves are found by looking; the directory only tells whether some are missing.
Some consoles split it into one directory file a study and a series (``DIRFILE``), whose paths
still start at the root of the file set.

References
----------
* DICOM PS3.3 F.3.2.2, directory record; PS3.10 8.2, file IDs
"""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path, PurePosixPath

from ductdicom.ingest.headers.tags import Tag
from ductdicom.ingest.headers.values import DataSet
from ductdicom.model.origin import Origin
from ductdicom.model.outcome import MissingReference

_MAX_COMPONENTS = 8  # PS3.10 8.2

FileId = tuple[str, ...]


def list_file_ids(directory: DataSet) -> tuple[FileId, ...]:
    """Return the file IDs that a directory lists, each once, in its order."""
    records = directory.items(Tag.DIRECTORY_RECORD_SEQUENCE)
    found = (record.values(Tag.REFERENCED_FILE_ID) for record in records)
    return tuple(dict.fromkeys(file_id for file_id in found if file_id and any(file_id)))


def _leads_out(file_id: FileId) -> bool:
    """Tell whether a file ID climbs above its file set, or starts somewhere else."""
    parts = "/".join(file_id).split("/")
    if not parts[0] or parts[0].endswith(":"):
        return True
    depth = 0
    for part in parts:
        depth += {"..": -1, ".": 0, "": 0}.get(part, 1)
        if depth < 0:
            return True
    return False


def _missing(directory: Origin, file_id: FileId) -> MissingReference:
    return MissingReference(
        directory=directory, file_id="/".join(file_id), leads_out=_leads_out(file_id)
    )


def missing_in_folder(directory: Origin, file_ids: Iterable[FileId]) -> Iterator[MissingReference]:
    """Yield what of ``file_ids`` is not in the folder of the directory file, or above it.

    Upper and lower case, an added or removed extension and a version number make no difference.
    """
    folder = directory.path.parent.resolve()
    bases = [folder, *folder.parents]
    listing = _listing()
    for file_id in file_ids:
        nearby = [] if _leads_out(file_id) else bases[: min(len(file_id), _MAX_COMPONENTS)]
        if not any(_is_below(base, file_id, listing) for base in nearby):
            yield _missing(directory, file_id)


def missing_in_archive(
    directory: Origin, file_ids: Iterable[FileId], entries: Iterable[str]
) -> Iterator[MissingReference]:
    """Yield what of ``file_ids`` is not among the entries of the archive it lies in."""
    keys = {key for entry in entries for key in _path_keys(entry)}
    parents = PurePosixPath(directory.member or "").parents
    for file_id in file_ids:
        name = "/".join(file_id)
        nearby = () if _leads_out(file_id) else parents[: min(len(file_id), _MAX_COMPONENTS)]
        if not any(key in keys for base in nearby for key in _path_keys(str(base / name))):
            yield _missing(directory, file_id)


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


def _is_below(base: Path, file_id: FileId, listing: _Listing) -> bool:
    place: Path | None = base
    for component in file_id:
        names = listing(place) if place is not None else {}
        place = next((names[key] for key in _keys(component) if key in names), None)
    return place is not None


def _keys(name: str) -> tuple[str, str]:
    """Return the spellings under which a name is found: as it is, and without extension."""
    bare = name.casefold().partition(";")[0]
    return bare, bare.rpartition(".")[0] or bare


def _path_keys(path: str) -> tuple[str, ...]:
    folder, slash, name = path.rpartition("/")
    return tuple(f"{folder.casefold()}{slash}{key}" for key in _keys(name))
