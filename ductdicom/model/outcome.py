"""What became of each input, and of the run."""

import errno
from collections.abc import Collection
from enum import StrEnum

from ductdicom.model.origin import Origin
from ductdicom.model.value import Value

BUG = "internal-error"  # reason of a row, code of a problem: the fault is ours
OUT_OF_MEMORY = "out-of-memory"
MISSING = "missing"
CHANGED = "changed"
OWN_OBJECT = "own-object"  # made by this program: no part of any examination
LINK = "link"  # what it leads to is read in its own place
LINK_OUTSIDE = "symlink-outside"
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
    CLOSED = "closed"
    NOT_A_DUCTOGRAM = "not-a-ductogram"


class FailOn(StrEnum):
    """What may end a run with 1."""

    CONFLICT = "conflict"
    UNREADABLE = "unreadable"
    REVIEW = "review"


class ProblemCode(StrEnum):
    """What a person should know, in a stable word."""

    BURNED_IN_ANNOTATION = "burned-in-annotation"
    CHANGED_SINCE_REVIEW = "changed-since-review"
    CHARSET_GUESSED = "charset-guessed"
    CONTRAST_UNEXPLAINED = "contrast-unexplained"
    DECISION_OVERRULES = "decision-overrules"
    DECISION_UNREADABLE = "decision-unreadable"
    EXAM_CONFLICT = "exam-conflict"
    EXAM_INFERRED = "exam-inferred"
    FILE_UNREADABLE = "file-unreadable"
    INTERNAL_ERROR = BUG
    LATERALITY_CONFLICT = "laterality-conflict"
    MAGNIFICATION_CONFLICT = "magnification-conflict"
    MISSING_FROM_DICOMDIR = "missing-from-dicomdir"
    NON_DISCRIMINATING = "non-discriminating"
    NOT_A_PATIENT = "not-a-patient"
    ORIENTATION_CONFLICT = "orientation-conflict"
    ORIGINAL_UNREADABLE = "original-unreadable"
    DICOMDIR_CONFLICT = "dicomdir-conflict"
    OUTSIDE_OF_THE_DISC = "outside-of-the-disc"
    PATIENT_CONFLICT = "patient-conflict"
    PATIENT_INCOMPLETE = "patient-incomplete"
    PHASE_CONFLICT = "phase-conflict"
    PIXELS_UNREADABLE = "pixels-unreadable"
    REVIEWERS_DISAGREE = "reviewers-disagree"
    SAME_UID_OTHER_BYTES = "same-uid-other-bytes"
    SPACING_SUSPECT = "spacing-suspect"
    STUDY_INCOMPLETE = "study-incomplete"
    TIME_CONFLICT = "time-conflict"
    TRANSFER_SYNTAX_CORRECTED = "transfer-syntax-corrected"
    UNKNOWN_DECISION = "unknown-decision"
    VERDICT_ON_SEVERAL = "verdict-on-several"
    VIEW_CONFLICT = "view-conflict"
    WORKER_DIED = "worker-died"


class Cause(StrEnum):
    """Why a study is written.

    ``redone`` is no news: nothing that it depends on changed, but it was asked for, or its folder
    was not as a run had left it.
    """

    NEW = "new"
    INPUT = "changed-input"
    DECISION = "decision"
    RULES = "rules"
    OPTIONS = "options"
    VERSION = "version"
    REDONE = "redone"


class ReviewReason(StrEnum):
    """Why a person must decide on a study."""

    CHANGED_SINCE_REVIEW = "changed-since-review"
    EXAM_CONFLICT = "exam-conflict"
    EXAM_INFERRED = "exam-inferred"
    INTERNAL_ERROR = BUG
    LATERALITY_BOTH = "laterality-both"
    LATERALITY_CONFLICT = "laterality-conflict"
    LATERALITY_UNKNOWN = "laterality-unknown"
    NOT_A_PATIENT = "not-a-patient"
    NO_IMAGE = "no-image"
    ONLY_SUGGESTED = "only-suggested"
    ORIENTATION_CONFLICT = "orientation-conflict"
    PATIENT_CONFLICT = "patient-conflict"
    PHASE_CONFLICT = "phase-conflict"
    PHASE_UNKNOWN = "phase-unknown"
    REOPENED = "reopened"
    REVIEWERS_DISAGREE = "reviewers-disagree"
    SAME_UID_OTHER_BYTES = "same-uid-other-bytes"
    TIME_CONFLICT = "time-conflict"
    UNREADABLE_IMAGE = "unreadable-image"
    VIEW_CONFLICT = "view-conflict"
    VIEW_UNKNOWN = "view-unknown"
    WORKER_DIED = "worker-died"


class LeftOutReason(StrEnum):
    """Why an image of the breast stands in no row."""

    CONTRALATERAL = "contralateral"
    EXCLUDED_BY_DECISION = "excluded-by-decision"
    LATERALITY_BOTH = "laterality-both"
    LATERALITY_CONFLICT = "laterality-conflict"
    LATERALITY_UNKNOWN = "laterality-unknown"
    NOT_A_DUCTOGRAM = "not-a-ductogram"
    PHASE_UNKNOWN = "phase-unknown"
    SAME_UID_OTHER_BYTES = "same-uid-other-bytes"
    TIME_CONFLICT = "time-conflict"
    VIEW_CONFLICT = "view-conflict"
    VIEW_UNKNOWN = "view-unknown"


class Note(StrEnum):
    """What a reader must know of a row, or of an image as it is shown."""

    # Of a row; the scale and the orientation of one of its images make it a row's, too.
    MAGNIFICATION_DIFFERS = "magnification-differs"
    NO_POST = "no-post"
    NO_PRE = "no-pre"
    ORIENTATION_UNKNOWN = "orientation-unknown"
    PRIOR_STUDY = "prior-study"
    SCALE_UNKNOWN = "scale-unknown"
    SUGGESTED = "suggested"
    SYNTHETIC = "synthetic"
    VIEW_DIFFERS = "view-differs"
    # Of an image.
    BITS_DOUBTFUL = "bits-doubtful"
    BURNED_IN = "burned-in"
    FOR_PROCESSING = "for-processing"
    GREY_DIFFERS = "grey-differs"
    LOSSY = "lossy"
    MAGNIFICATION_CONFLICT = "magnification-conflict"
    ORIENTATION_CONTRADICTED = "orientation-contradicted"
    ORIENTATION_DOUBTFUL = "orientation-doubtful"
    PADDING_ENCLOSED = "padding-enclosed"
    PADDING_UNUSABLE = "padding-unusable"
    SCALE_UNCORRECTED = "scale-uncorrected"
    SHAPE_CONFLICT = "shape-conflict"
    SPACING_SUSPECT = "spacing-suspect"
    TRANSFER_SYNTAX_CORRECTED = "transfer-syntax-corrected"
    WINDOW_UNUSABLE = "window-unusable"


class Problem(Value, frozen=True, kw_only=True):
    """Something that a person should know.

    ``origin`` is given where it concerns this input alone, and no other with its UID. ``reason``
    is the ledger's word for why the input could not be read, if that is the problem. ``studies``
    are the keys of those that it concerns, where it stands in the record of none.
    """

    code: ProblemCode
    message: str
    sop_instance_uid: str | None = None
    origin: Origin | None = None
    reason: str = ""
    studies: tuple[str, ...] = ()

    def is_told_by(self, unreadable: Collection[str]) -> bool:
        """Tell whether it only repeats what the ledger says of an input, by the input's label."""
        return bool(self.reason) and self.origin is not None and self.origin.label in unreadable


class LedgerRow(Value, frozen=True, kw_only=True):
    """One line of the ledger: one input and what became of it.

    ``bug`` says where in our code the fault is, if the reason is that it is ours. ``is_harmless``:
    what cannot be read is of another modality, and fails no run.
    """

    origin: Origin
    disposition: Disposition
    reason: str = ""
    sop_instance_uid: str = ""
    study_instance_uid: str = ""
    bug: str = ""
    is_harmless: bool = False


class ReferenceFault(StrEnum):
    """Why what the directory of a file set lists is none of its files."""

    MISSING = "is not there"
    FOLDER = "is a folder"
    ITSELF = "is that file itself"
    LEADS_OUT = "leads out of the disc and is not looked for"


class FileReference(Value, frozen=True, kw_only=True):
    """A file that the directory of a file set lists.

    ``place`` is where it was found: a resolved path, or the entry of an archive; empty with a
    ``fault``. ``sop_instance_uid`` is the object that it should hold, empty where that is not said.
    """

    directory: Origin
    file_id: str
    sop_instance_uid: str = ""
    place: str = ""
    fault: ReferenceFault | None = None


def reason_of(error: OSError) -> str:
    """Return the ledger's word for an input that the system does not let us read."""
    if isinstance(error, PermissionError):
        return "permission-denied"
    if error.errno == errno.ELOOP:
        return "symlink-loop"
    is_gone = isinstance(error, FileNotFoundError | NotADirectoryError)
    return MISSING if is_gone else "io-error"
