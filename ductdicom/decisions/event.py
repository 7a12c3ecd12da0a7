"""One decision, as the journal keeps it."""

import hashlib
import json
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from ductdicom.model.call import Laterality, Phase, Verdict
from ductdicom.model.value import Value

SCHEMA = "ductdicom.decisions/1"
OF_IMAGE = ("phase", "laterality", "view", "exclude")
OF_STUDY = "verdict"
FIELDS = (*OF_IMAGE, OF_STUDY)
_ID_DIGITS = 6  # an ID is looked for only among the decisions on one image or study


class Event(Value, frozen=True, kw_only=True):
    """What one person decided at one moment of an image, or of a study; never changed.

    The image is named by its SOP Instance UID, its own ID in the output folder (``image``), or
    both; a study by its Study Instance UID, its key in the output folder (``study``), or both.
    Fields that are None were not decided; where all are, the decision only takes back those that
    ``undoes`` names. ``by`` are initials, ``at`` is UTC in ISO 8601 without a zone, ``content`` the
    SHA-256 of the file that was looked at; of a study, of all that its sheet shows
    (`content_of_sheet`). ``login`` is who signed in, and stands in the journal
    alone.
    """

    sop_instance_uid: str = ""
    image: str = ""
    study_instance_uid: str = ""
    study: str = ""
    phase: Phase | None = None
    laterality: Laterality | None = None
    view: str | None = None
    exclude: bool | None = None
    verdict: Verdict | None = None
    by: str = ""
    at: str = ""
    note: str = ""
    login: str = ""
    undoes: tuple[str, ...] = ()
    content: str = ""

    @property
    def plain(self) -> dict[str, Any]:
        """What it says, as plain values by name, without what is empty."""
        values = ((name, getattr(self, name)) for name in self.__struct_fields__)
        return {
            name: value if isinstance(value, bool | tuple) else str(value)
            for name, value in values
            if value is not None and value not in ("", ())
        }

    @property
    def digest(self) -> str:
        """SHA-256 of what it says, as hexadecimal digits."""
        return _digest(self)

    @property
    def id(self) -> str:
        """A short hash of what it says, by which others name it in ``undoes``."""
        return self.digest[:_ID_DIGITS]

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that are decided."""
        return tuple(name for name in FIELDS if getattr(self, name) is not None)

    @property
    def subject(self) -> tuple[str, ...]:
        """Everything that names what is decided on."""
        names = (self.image, self.sop_instance_uid, self.study_instance_uid, self.study)
        return tuple(filter(None, names))

    @property
    def order(self) -> tuple[str, str]:
        """What sorts decisions: their time, those without one first, and then their hash."""
        return self.at, self.digest

    def is_part_of(self, other: "Event") -> bool:
        """Tell whether another decision of the same person and moment says all of this one."""
        ours, theirs = self.plain, other.plain
        rest = theirs.keys() - ours.keys()
        return rest <= set(FIELDS) and all(theirs.get(name) == ours[name] for name in ours)

    def file_name(self, digits: int = _ID_DIGITS) -> str:
        """Return the name of its file: time, initials and ID, as far as they are known."""
        seconds = self.at.partition(".")[0]
        time = f"{seconds.replace('-', '').replace(':', '')}Z" if seconds else ""
        plain = unicodedata.normalize("NFKD", self.by).encode("ascii", "ignore").decode("ascii")
        return "-".join(filter(None, (time, plain, self.digest[:digits]))) + ".json"


def content_of_sheet(contents: Iterable[str]) -> str:
    """Return what a verdict is on: a hash of the images that a sheet shows of its own study.

    Parameters
    ----------
    contents
        SHA-256 of their files, in any order and number; empty for what could not be read.

    Returns
    -------
    A SHA-256, empty where the sheet shows none.
    """
    seen = sorted({*contents} - {""})
    return hashlib.sha256("\n".join(seen).encode()).hexdigest() if seen else ""


@lru_cache(maxsize=1 << 15)
def _digest(event: Event) -> str:
    """Return the hash of a decision, which sorting and merging ask for many times."""
    text = json.dumps(event.plain, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()
