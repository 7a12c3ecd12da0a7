"""What was there to be seen when a decision was first heeded: it counts for that and no other.

Kept in the output folder, beside its key.
"""

from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from ductdicom.export.output import STATE_FOLDER, OutputFolder, encode_json, write_whole
from ductdicom.reading import read_regular

_NAME = f"{STATE_FOLDER}/sightings.json"
OTHER = "other"  # stands for a content that nothing has


class Sighting(NamedTuple):
    """What a decision is on: the UID of an image or a study, and a hash of what it was.

    Of an image the SHA-256 of its file, of a study one of its images and the reasons.
    """

    uid: str
    content: str


class Sightings(msgspec.Struct, frozen=True):
    """Sightings by what tells decisions apart, and SHA-256 of files by UID, size and time."""

    decisions: Mapping[str, Sighting] = msgspec.field(default_factory=dict)
    hashes: Mapping[str, str] = msgspec.field(default_factory=dict)


def read_sightings(output: OutputFolder) -> Sightings:
    """Read what is kept in an output folder; nothing, where there is none or it is damaged.

    Raises
    ------
    OutputError
        A link stands there.
    """
    path = output.place(_NAME)
    try:
        return msgspec.json.decode(read_regular(path), type=Sightings)
    except (OSError, ValueError, RecursionError):
        return Sightings()


def keep_sightings(sightings: Sightings, output: OutputFolder) -> None:
    """Keep what was seen, if anything was.

    Raises
    ------
    OutputError
        It could not be written.
    """
    if sightings.decisions:
        write_whole(output.place(_NAME), encode_json(sightings))
