"""Files at the top of the output folder: only what a run wrote is replaced or removed."""

from collections.abc import Mapping, Sequence
from itertools import chain

import msgspec

from ductdicom.export.folder import (
    files_listed,
    is_written,
    list_files,
    set_aside,
    written_file,
)
from ductdicom.export.output import STATE_FOLDER, OutputFolder, encode_json, saying, write_whole
from ductdicom.model.record import RecordedFiles
from ductdicom.model.result import WrittenFile
from ductdicom.reading import read_regular

_LIST_NAME = f"{STATE_FOLDER}/written.json"


def make_room(files: Mapping[str, bytes], output: OutputFolder) -> tuple[str, ...]:
    """Set aside what lies where files are to be written and is not what a run wrote.

    What is to be written is listed first, so that a run that is stopped leaves nothing that the
    next one takes for a reader's.

    Parameters
    ----------
    files
        What is to be written, by name.

    Returns
    -------
    The names of files that were set aside, as they are called now.

    Raises
    ------
    OutputError
        A file cannot be moved, or a link lies in its place.
    """
    known = _known(output)
    planned = {name: written_file(name, content) for name, content in files.items()}
    kept = []
    for name, file in planned.items():
        path = output.place(name)
        ours = [file, *(known.get(name, ()))]
        with saying(path, "could not be set aside"):
            if path.exists() and not is_written(path, ours):
                kept.append(set_aside(path).name)
    if any(file not in known.get(name, ()) for name, file in planned.items()):
        there = {
            name: [file for file in found if is_written(output.place(name), (file,))]
            for name, found in known.items()
        }
        listed = dict.fromkeys(chain(*there.values(), planned.values()))
        content = encode_json(list_files(sorted(listed, key=lambda file: file.name)))
        write_whole(output.place(_LIST_NAME), content)
    return tuple(kept)


def is_own(name: str, output: OutputFolder) -> bool:
    """Whether a run wrote what lies at the top of the folder under this name."""
    return is_written(output.place(name), _known(output).get(name, ()))


def _known(output: OutputFolder) -> Mapping[str, Sequence[WrittenFile]]:
    """Return what runs wrote, by name; while it is replaced, a name is listed twice."""
    known: dict[str, list[WrittenFile]] = {}
    try:
        content = read_regular(output.place(_LIST_NAME))
        for file in files_listed(msgspec.json.decode(content, type=RecordedFiles)):
            known.setdefault(file.name, []).append(file)
    except (OSError, ValueError, RecursionError):  # then nothing is ours
        return {}
    return known
