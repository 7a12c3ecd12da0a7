"""What became of each input, and of the run."""

from dataclasses import dataclass
from enum import StrEnum

from ductdicom.model.origin import Origin

BUG = "internal-error"  # reason of a row, code of a problem: the fault is ours
OUT_OF_MEMORY = "out-of-memory"
MISSING = "missing"
CHANGED = "changed"
PASSING_REASONS = frozenset({"permission-denied", "io-error", MISSING, CHANGED, OUT_OF_MEMORY})
"""Reasons that may be gone the next time, though the file is still the same."""

REPORT_IT = "this is a bug in ductdicom, please report it"


class Disposition(StrEnum):
    """What one input turned out to be; every input has exactly one."""

    VIEW = "view"
    OTHER = "other"
    COMPANION = "companion"
    DUPLICATE = "duplicate"
    UNREADABLE = "unreadable"
    NOT_DICOM = "not-dicom"
    CONTAINER = "container"


class Status(StrEnum):
    """Where a study stands."""

    PAIRED = "paired"
    PARTIAL = "partial"
    REVIEW = "review"
    NOT_A_DUCTOGRAM = "not-a-ductogram"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something that a person should know; ``code`` is a short stable word.

    ``origin`` is given where it concerns this input alone, and no other with its UID.
    """

    code: str
    message: str
    sop_instance_uid: str | None = None
    origin: Origin | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerRow:
    """One line of the ledger: one input and what became of it.

    ``bug`` says where in our code the fault is, if the reason is that it is ours.
    """

    origin: Origin
    disposition: Disposition
    reason: str = ""
    sop_instance_uid: str = ""
    study_instance_uid: str = ""
    bug: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingReference:
    """A file that the directory of a file set lists and that is not there."""

    directory: Origin
    file_id: str


def reason_of(error: OSError) -> str:
    """Return the ledger's word for an input that the system does not let us read."""
    if isinstance(error, PermissionError):
        return "permission-denied"
    is_gone = isinstance(error, FileNotFoundError | NotADirectoryError)
    return MISSING if is_gone else "io-error"
