"""What was done already, kept in the output folder; whoever loses it does the work again."""

import hashlib
from pathlib import Path

import msgspec
from msgspec import Struct

from ductdicom.export.output import STATE_FOLDER, encode_json, write_whole
from ductdicom.pipeline.drawing.options import hash_of, influencing
from ductdicom.reading import read_regular
from ductdicom.settings import Settings
from ductdicom.version import __version__

NAME = f"{STATE_FOLDER}/watch.json"


class FeedPlace(Struct, frozen=True, kw_only=True):
    """How far a feed was read.

    ``last`` is the number of the last change that was seen to; ``database`` names the one that
    counts them, as far as the server says, and ``url`` the server.
    """

    url: str = ""
    database: str = ""
    last: int = 0


class WatchState(Struct, frozen=True, kw_only=True):
    """What was done.

    ``made_by`` stands for the version, the options and the rules with which it was; ``studies``
    are stamps of the spool's folders as they were, by their names.
    """

    made_by: str = ""
    studies: dict[str, str] = {}  # msgspec makes a new one each time
    feed: FeedPlace = FeedPlace()


def read_state(output: Path, settings: Settings) -> WatchState:
    """Return what was done in an output folder, as far as it still holds under these settings."""
    made_by = _made_by(settings)
    try:
        state = msgspec.json.decode(read_regular(output / NAME), type=WatchState)
    except (OSError, ValueError, RecursionError):
        return WatchState(made_by=made_by)
    if state.made_by == made_by:
        return state
    return msgspec.structs.replace(state, made_by=made_by, studies={})


def write_state(output: Path, state: WatchState) -> None:
    """Keep what was done; when this returns it is on the disk.

    Raises
    ------
    OutputError
        It could not be written.
    """
    write_whole(output / NAME, encode_json(state))


def _made_by(settings: Settings) -> str:
    rules = b"" if settings.rules is None else read_regular(settings.rules)
    said = str(settings.phi), settings.all_studies, settings.follow_links
    of_rules = hashlib.sha256(rules).hexdigest()
    return hash_of([__version__, influencing(settings), said, of_rules])
