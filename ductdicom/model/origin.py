"""Where one input came from: a file, or a member of an archive."""

import os
from pathlib import Path

from ductdicom.model.value import Value


class Origin(Value, frozen=True, kw_only=True):
    """One input, named as the user would find it again.

    Attributes
    ----------
    file
        Path of the file, or of the outermost archive, as the system takes it.
    source
        Path as typed on the command line, joined with what was found below it, always with
        forward slashes.
    member
        Name of the entry inside an archive; for an archive inside an archive the two names are
        joined by ``!/``. None for a file.
    size_bytes
        Size of the file, or of the unpacked entry as its archive states it.
    modified_ns
        When it was last changed, in nanoseconds since 1970; 0 where that is not known.
    file_number
        The file system's number of the file (inode); 0 where there is none.
    """

    file: str
    source: str
    member: str | None = None
    size_bytes: int = 0
    modified_ns: int = 0
    file_number: int = 0

    @property
    def path(self) -> Path:
        """Where the file lies; made when it is asked for, since a scan has very many origins."""
        return Path(self.file)

    @property
    def label(self) -> str:
        """Name for messages and ledgers, unique within a run."""
        return self.source if self.member is None else f"{self.source}!/{self.member}"


def shown_name(name: str) -> str:
    """Return a file name as it can be written out: forward slashes, valid Unicode."""
    if name.isascii() and os.sep == "/":
        return name
    readable = os.fsencode(name).decode("utf-8", errors="backslashreplace")
    return readable if os.sep == "/" else readable.replace(os.sep, "/")
