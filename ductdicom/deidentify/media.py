"""The set as a medium: a DICOMDIR, and names that one may have in it.

References
----------
* DICOM PS3.10 8.2 (a file ID has components of eight capital letters and digits); PS3.3 F.5
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pydicom
from pydicom.fileset import FileSet
from pydicom.uid import UID

DIRECTORY = "DICOMDIR"


def make_directory(
    folder: Path, names: Sequence[str], uid: str
) -> tuple[bytes, dict[str, str], list[str]]:
    """Return a DICOMDIR of some files of a folder.

    Parameters
    ----------
    names
        The files below the folder, in the order that they stand in.
    uid
        That of the set.

    Returns
    -------
    Its bytes; the name that each file has in it, by the file's own; and the files that it cannot
    hold, as a study without a date.
    """
    with _file_set() as media:
        media.UID = UID(uid)
        return _made(media, folder, names)


@contextmanager
def _file_set() -> Iterator[FileSet]:
    media = FileSet()
    try:
        yield media
    finally:
        media._stage["t"].cleanup()  # noqa: SLF001 - it leaves a folder to the garbage otherwise


def _made(
    media: FileSet, folder: Path, names: Sequence[str]
) -> tuple[bytes, dict[str, str], list[str]]:
    added, left = {}, []
    for name in names:
        header = pydicom.dcmread(folder / name, stop_before_pixels=True)
        if not header.get("StudyDate"):  # a directory has no study without one
            left.append(name)
            continue
        try:
            added[str(media.add(header).SOPInstanceUID)] = name
        except (ValueError, AttributeError):
            left.append(name)
    if not added:
        return b"", {}, left
    with TemporaryDirectory() as scratch:
        media.write(scratch)
        content = (Path(scratch) / DIRECTORY).read_bytes()
        places = {
            added[str(item.SOPInstanceUID)]: Path(item.path).relative_to(scratch).as_posix()
            for item in media
        }
    return content, places, left
