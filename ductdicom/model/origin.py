"""Where one input came from: a file, or a member of an archive."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """One input, named as the user would find it again.

    ``source`` is the path as typed on the command line, joined with what was found below it,
    always with forward slashes. ``member`` names the entry inside an archive; for an archive
    inside an archive the two names are joined by ``!/``.
    """

    path: Path
    source: str
    member: str | None = None
    size_bytes: int = 0
    modified_ns: int = 0
    file_number: int = 0  # inode; 0 where there is none

    @property
    def label(self) -> str:
        """Name for messages and ledgers, unique within a run."""
        return self.source if self.member is None else f"{self.source}!/{self.member}"
