"""The record of a study as it lies in the output folder: every field, its type, its meaning.

Its JSON Schema and the tables of ``docs/reference/records.md`` are made from here. A field that
came later has a default, so that a record of an earlier version can still be read.
"""

from collections.abc import Iterator
from datetime import date
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from ductdicom.model.call import (
    Confidence,
    ExamKind,
    Kind,
    Laterality,
    Phase,
    Strength,
    Verdict,
    ViewGroup,
)
from ductdicom.model.outcome import Note, ProblemCode, ReviewReason, Status

STUDY_SCHEMA: Literal["ductdicom.study/1"] = "ductdicom.study/1"

Pixels = Annotated[tuple[int, int, int, int], Meta(description="x, y, width, height in pixels")]


class RecordedEvidence(Struct, frozen=True, kw_only=True):
    """A reason."""

    rule: Annotated[str, Meta(description="the rule that spoke")]
    tag: Annotated[str, Meta(description="the attribute, empty where it lies in the study")]
    value: Annotated[str, Meta(description="what stood there, as read")]
    says: Annotated[str, Meta(description="what follows from it alone")]
    strength: Annotated[Strength, Meta(description="how much it weighs")]


class RecordedExam(Struct, frozen=True, kw_only=True):
    """The examination."""

    kind: Annotated[ExamKind, Meta(description="what examination it is")]
    confidence: Annotated[Confidence, Meta(description="how certain that is")]
    evidence: Annotated[tuple[RecordedEvidence, ...], Meta(description="the reasons")]


class RecordedOpinion(Struct, frozen=True, kw_only=True, rename={"is_in_force": "in_force"}):
    """What one person decided of one field."""

    field: Annotated[
        str, Meta(description="`phase`, `laterality`, `view`, `exclude`; of a study `verdict`")
    ]
    value: Annotated[str, Meta(description="what it is said to be")]
    by: Annotated[str, Meta(description="initials")]
    at: Annotated[str, Meta(description="when, UTC, ISO 8601; empty where nobody wrote it down")]
    note: Annotated[str, Meta(description="in the person's words")]
    id: Annotated[str, Meta(description="of the decision in the journal, to be named in `undoes`")]
    is_in_force: Annotated[
        bool, Meta(description="false where reviewers differ, so that nobody's word is taken")
    ]
    overruled: Annotated[
        tuple[str, ...], Meta(description="what others had said and this replaces, as `AB: pre`")
    ] = ()


class RecordedDecided(Struct, frozen=True, kw_only=True):
    """What reviewers say of an image."""

    fields: Annotated[tuple[str, ...], Meta(description="what is decided, and in force")]
    by: Annotated[str, Meta(description="initials of the newest decision in force")]
    at: Annotated[str, Meta(description="its time, UTC, ISO 8601")]
    note: Annotated[str, Meta(description="its words")]
    overrules: Annotated[
        tuple[RecordedEvidence, ...],
        Meta(description="reasons, more than hints, that speak against it"),
    ] = ()
    opinions: Annotated[
        tuple[RecordedOpinion, ...],
        Meta(description="who decided which field; where reviewers differ, all of them"),
    ] = ()
    outdated: Annotated[
        tuple[RecordedOpinion, ...],
        Meta(description="what was decided of other bytes under this UID, and does not count"),
    ] = ()


class RecordedPremise(Struct, frozen=True, kw_only=True):
    """A decision on another image that something follows from."""

    sop_instance_uid: Annotated[str, Meta(description="which image")]
    by: Annotated[str, Meta(description="initials of who decided")]


class RecordedReview(Struct, frozen=True, kw_only=True, rename={"is_outdated": "outdated"}):
    """What reviewers say of a study as a whole."""

    verdict: Annotated[Verdict | None, Meta(description="null where reviewers differ")]
    by: Annotated[str, Meta(description="initials, of the newest one")]
    at: Annotated[str, Meta(description="when, UTC, ISO 8601")]
    note: Annotated[str, Meta(description="in the person's words")] = ""
    is_outdated: Annotated[
        bool, Meta(description="whether images or reasons changed since, so that it is open again")
    ] = False
    opinions: Annotated[
        tuple[RecordedOpinion, ...], Meta(description="who said what, as of an image")
    ] = ()


class RecordedCompanion(Struct, frozen=True, kw_only=True):
    """What else there is of the patient: the objects of one kind of one study."""

    kind: Annotated[str, Meta(description="what they are in words, as `ultrasound`")]
    study_date: Annotated[date | None, Meta(description="of their study, as `YYYY-MM-DD`")]
    days: Annotated[
        int | None, Meta(description="from this study's date to theirs; negative: earlier")
    ]
    study_instance_uid: Annotated[
        str, Meta(description="of their study, which may be this one; as in the headers")
    ]
    objects: Annotated[int, Meta(description="how many of this kind there are")]


class RecordedInstance(Struct, frozen=True, kw_only=True):
    """An object of the study: where it lay, and what was decided."""

    id: Annotated[
        str,
        Meta(
            description="what sheets and pages call it: a hash of its SOP Instance UID by the "
            "folder's own key, and of its bytes where another object has that UID, too"
        ),
    ] = ""
    sop_instance_uid: Annotated[str, Meta(description="as in the header")]
    series_instance_uid: Annotated[str, Meta(description="as in the header")]
    source: Annotated[
        str, Meta(description="the path as typed, joined with what was found below it")
    ]
    member: Annotated[str | None, Meta(description="the entry inside an archive")]
    bytes: Annotated[int, Meta(description="its size; unpacked where it lies in an archive")] = 0
    modified_ns: Annotated[
        int, Meta(description="when its file was changed, in nanoseconds since 1970; 0: not known")
    ] = 0
    file_hex: Annotated[
        Annotated[str, Meta(pattern="^([0-9a-f]{2})*$")] | UnsetType,
        Meta(
            description="only where the file's name is no UTF-8, so that `source` is not it: "
            "its bytes, hexadecimal"
        ),
    ] = UNSET
    kind: Annotated[Kind, Meta(description="what the object is")]
    kind_reason: Annotated[str, Meta(description="why it is taken for that")] = ""
    laterality: Annotated[
        Laterality | None,
        Meta(description="null where nothing tells or sources contradict each other"),
    ]
    view: Annotated[
        str | None,
        Meta(description="acronym of the American College of Radiology (DICOM PS3.16 CID 4014)"),
    ]
    modifiers: Annotated[
        tuple[str, ...],
        Meta(description="the same of view modifiers (CID 4015): `M` magnified, `S` spot…"),
    ] = ()
    magnification: Annotated[
        float | None,
        Meta(description="by which factor the image at the detector is larger than the breast"),
    ] = None
    acquired_at: Annotated[str | None, Meta(description="when it was exposed, ISO 8601")] = None
    injection: Annotated[
        int | None, Meta(description="which filling of this side a post image shows, from 1")
    ]
    phase: Annotated[
        Phase | None,
        Meta(
            description="null for what has none, and for all images of a study that is no ductogram"
        ),
    ]
    confidence: Annotated[Confidence, Meta(description="how certain the phase is")]
    suggestion: Annotated[
        Phase | None,
        Meta(description="where the phase is unknown and something hints at one. Not a phase"),
    ]
    evidence: Annotated[
        tuple[RecordedEvidence, ...],
        Meta(
            description="the reasons; also of images of a study without phases, "
            "where nothing follows from them"
        ),
    ] = ()
    conflicts: Annotated[
        tuple[RecordedEvidence, ...],
        Meta(description="reasons against; where strong reasons disagree, all of them"),
    ] = ()
    excluded: Annotated[bool, Meta(description="whether a reviewer left it out")] = False
    decided: Annotated[
        RecordedDecided | UnsetType, Meta(description="only where reviewers said something of it")
    ] = UNSET
    follows_from: Annotated[
        tuple[RecordedPremise, ...] | UnsetType,
        Meta(
            description="only where phase, suggestion, side or view follow from decisions on other "
            "images: without these they would be others"
        ),
    ] = UNSET


class RecordedRow(Struct, frozen=True, kw_only=True):
    """Images that stand side by side."""

    laterality: Annotated[Laterality | None, Meta(description="the breast")]
    group: Annotated[ViewGroup, Meta(description="views that may stand side by side")]
    injection: Annotated[int | None, Meta(description="which filling, from 1")]
    pre: Annotated[
        tuple[str, ...],
        Meta(
            description="SOP Instance UIDs from left to right; "
            "with the note `prior-study` one belongs to another study's record"
        ),
    ]
    post: Annotated[tuple[str, ...], Meta(description="the same after contrast")]
    plain: Annotated[
        tuple[str, ...],
        Meta(
            description="the images of a study that is no ductogram (`--all-studies`), "
            "whose `pre` and `post` are empty"
        ),
    ] = ()
    notes: Annotated[
        tuple[Note, ...],
        Meta(
            description="what a reader must know of the row, "
            "with the notes of its images where they are drawn; "
            "with `suggested` at least one image stands there by its suggestion"
        ),
    ] = ()


class RecordedSlab(Struct, frozen=True, kw_only=True):
    """Which slices of a tomosynthesis a tile shows the brightest of, place by place."""

    part: Annotated[
        Literal["whole", "middle"],
        Meta(
            description="all of the stack, or what is nearest to 10 mm in its middle: ten slices "
            "where nothing tells how far they are apart"
        ),
    ]
    first: Annotated[int, Meta(description="the first slice, from 1 in the order of the stack")]
    last: Annotated[int, Meta(description="the last one")]
    slices: Annotated[int, Meta(description="how many the stack has")]
    spacing_mm: Annotated[
        float | None, Meta(description="from one slice to the next; null where nothing tells")
    ]
    thickness_mm: Annotated[
        float | None, Meta(description="how much of the breast the slices from first to last are")
    ]


class RecordedTile(
    Struct,
    frozen=True,
    kw_only=True,
    rename={"is_suggested": "suggested", "is_closeup": "closeup"},
):
    """Where an image stands on a page, or the words that stand for it."""

    sop_instance_uid: Annotated[str, Meta(description="which image")]
    phase: Annotated[str | None, Meta(description="how the tile is labelled")]
    is_suggested: Annotated[bool, Meta(description="whether that label is a suggestion")]
    box: Annotated[Pixels, Meta(description="x, y, width, height of the drawn image on the page")]
    region: Annotated[
        Pixels | None,
        Meta(
            description="which part of the stored image is shown: x, y, width, height in stored "
            "pixels, before `transform`; null where words stand for it"
        ),
    ] = None
    is_closeup: Annotated[
        bool, Meta(description="whether it shows a part of an image that stands there as a whole")
    ] = False
    slab: Annotated[
        RecordedSlab | UnsetType,
        Meta(description="only of a tomosynthesis, which has a tile for each of its slabs"),
    ] = UNSET
    transform: Annotated[
        str | None,
        Meta(
            description="what was done to the stored pixels: `identity`, `fliplr`, `flipud`, "
            "`rot180`, `rot90cw`, `rot90ccw`, `transpose`, `transverse`"
        ),
    ] = None
    mm_per_px: Annotated[
        float | None,
        Meta(
            description="millimetres at the breast for one page pixel; null with the note "
            "`scale-uncorrected`, as they would be those at the detector"
        ),
    ] = None
    voi: Annotated[
        str | None,
        Meta(
            description="which window or table made the grey values, how many of its bits a table "
            "uses that was stretched, and what was not used as it shows nothing"
        ),
    ] = None
    notes: Annotated[
        tuple[Note, ...], Meta(description="what a reader must know of the image as it is shown")
    ] = ()
    placeholder: Annotated[
        str | None,
        Meta(
            description="the ledger's reason where the image could not be read and words stand "
            "for it: `box` is then their frame, `transform`, `mm_per_px` and `voi` are null"
        ),
    ] = None
    source: Annotated[
        str | UnsetType, Meta(description="only where the UID alone does not name it")
    ] = UNSET
    member: Annotated[str | UnsetType | None, Meta(description="the same")] = UNSET
    content: Annotated[
        str,
        Meta(
            description="the SHA-256 of the file that it was drawn from, to which decisions on it "
            "stick; empty where the file could not be read, and for a close-up"
        ),
    ] = ""


class RecordedDifference(Struct, frozen=True, kw_only=True):
    """Where the difference of two images stands on a page, or why it does not."""

    pre: Annotated[str, Meta(description="SOP Instance UID")]
    post: Annotated[str, Meta(description="SOP Instance UID")]
    box: Annotated[Pixels | None, Meta(description="as of a tile")]
    mm_per_px: Annotated[float | None, Meta(description="as of a tile")]
    residual_mm: Annotated[
        float | None, Meta(description="how far structures lie apart after registration")
    ]
    refused: Annotated[str | None, Meta(description="the reason where there is none")]


class RecordedSheet(Struct, frozen=True, kw_only=True):
    """One page in one format."""

    path: Annotated[str, Meta(description="the file, below the study's folder")]
    format: Annotated[str, Meta(description="as the option names it")]
    page: Annotated[int, Meta(description="from 1")]
    size: Annotated[tuple[int, int], Meta(description="width and height in pixels")]
    tiles: Annotated[tuple[RecordedTile, ...], Meta(description="what stands where on it")]
    differences: Annotated[
        tuple[RecordedDifference, ...], Meta(description="the experimental difference tiles")
    ] = ()


class RecordedLeftOut(Struct, frozen=True, kw_only=True):
    """An image that is not paired."""

    sop_instance_uid: Annotated[str, Meta(description="which image")]
    reason: Annotated[str, Meta(description="why, in a stable word; of what is no view, its kind")]
    source: Annotated[
        str | UnsetType, Meta(description="only where the UID alone does not name it")
    ] = UNSET
    member: Annotated[str | UnsetType | None, Meta(description="the same")] = UNSET


class RecordedProblem(Struct, frozen=True, kw_only=True):
    """What a person should know."""

    code: Annotated[ProblemCode, Meta(description="a stable word")]
    message: Annotated[str, Meta(description="the same in words")]
    sop_instance_uid: Annotated[str | None, Meta(description="the image that it concerns")]
    source: Annotated[
        str | UnsetType, Meta(description="only where it concerns one file alone")
    ] = UNSET
    member: Annotated[str | UnsetType | None, Meta(description="the same")] = UNSET

    @property
    def place(self) -> tuple[str, str | None]:
        """Source and member of the one file that it concerns; an empty source where none is."""
        return self.source or "", self.member or None


class RecordedDepartment(Struct, frozen=True, kw_only=True):
    """What is for the department alone, and for later runs."""

    patient_ids: Annotated[tuple[str, ...], Meta(description="of the patient; several by mistake")]
    accession_number: Annotated[str | None, Meta(description="as in the headers")]
    identity: Annotated[
        tuple[str, ...], Meta(description="what the sheets say of the patient, by `--phi`")
    ]
    root: Annotated[
        str,
        Meta(
            description="the working folder of the run where sources are relative to it, else empty"
        ),
    ]


class RecordedFiles(Struct, frozen=True, kw_only=True):
    """What a record says of the files that were written with it."""

    files: tuple[str, ...] = ()
    file_bytes: tuple[int, ...] = ()
    file_sha256: tuple[str | None, ...] = ()


class RecordedStudy(Struct, frozen=True, kw_only=True):
    """A study as a program reads it."""

    schema: Annotated[Literal["ductdicom.study/1"], Meta(description="the kind of record")] = (
        STUDY_SCHEMA
    )
    key: Annotated[
        str | None,
        Meta(
            description="name of the study's folder: its date (`undated` without one) and a keyed "
            "hash of its UID; the key of the hash is made on the first run and kept in "
            "`OUT/.ductdicom`. Null in `scan --json`, which has no output folder"
        ),
    ]
    study_instance_uid: Annotated[str, Meta(description="as in the headers")] = ""
    study_date: Annotated[str | None, Meta(description="the earliest, as `YYYY-MM-DD`")] = None
    exam: Annotated[RecordedExam, Meta(description="what examination it is, and why")]
    status: Annotated[
        Status,
        Meta(
            description="`paired`: each post image stands beside a pre image; `partial`: some do "
            "not; `review`: a person must decide; `closed`: a person looked and could not tell"
        ),
    ]
    review_reasons: Annotated[
        tuple[ReviewReason, ...], Meta(description="why a person must decide, in stable words")
    ] = ()
    review: Annotated[
        RecordedReview | UnsetType,
        Meta(description="only where reviewers said something of the study as a whole"),
    ] = UNSET
    companions: Annotated[
        tuple[RecordedCompanion, ...] | UnsetType,
        Meta(description="only where there is any: what else there is of the patient"),
    ] = UNSET
    instances: Annotated[
        tuple[RecordedInstance, ...], Meta(description="every object of the study")
    ]
    rows: Annotated[
        tuple[RecordedRow, ...], Meta(description="which images stand side by side")
    ] = ()
    sheets: Annotated[tuple[RecordedSheet, ...], Meta(description="the pages drawn")] = ()
    left_out: Annotated[
        tuple[RecordedLeftOut, ...], Meta(description="images not paired, and why")
    ] = ()
    problems: Annotated[
        tuple[RecordedProblem, ...], Meta(description="what a person should know")
    ] = ()
    department: Annotated[
        RecordedDepartment | UnsetType,
        Meta(description="only in the output folder: what is for the department alone"),
    ] = UNSET
    fingerprint: Annotated[
        str | UnsetType,
        Meta(description="hash of all that the files were made of; empty: made again next time"),
    ] = UNSET
    files: Annotated[
        tuple[str, ...] | UnsetType,
        Meta(description="what a run wrote, as paths below the study's folder"),
    ] = UNSET
    file_bytes: Annotated[
        tuple[int, ...] | UnsetType,
        Meta(
            description="their sizes, in the same order; "
            "of a symbolic link that of what it leads to"
        ),
    ] = UNSET
    file_sha256: Annotated[
        tuple[str | None, ...] | UnsetType,
        Meta(description="their hashes; of a symbolic link, of where it leads; null: a hard link"),
    ] = UNSET

    def tiles_of(self, image: RecordedInstance) -> Iterator[RecordedTile]:
        """Yield the places of one of its images on its sheets; close-ups are among them."""
        place = image.source, image.member
        for tile in (tile for sheet in self.sheets for tile in sheet.tiles):
            is_here = (tile.source or image.source, tile.member or image.member)
            if tile.sop_instance_uid == image.sop_instance_uid and is_here == place:
                yield tile

    def seen_of(self, image: RecordedInstance) -> frozenset[str]:
        """Return the SHA-256 of the file that was looked at of one of its images, if any was."""
        return frozenset(tile.content for tile in self.tiles_of(image)) - {""}
