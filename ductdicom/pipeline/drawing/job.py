"""One study on its way: what a worker is given, what it leaves, and what is recorded of it.

Nothing here draws, so that who plans a run loads nothing that decodes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from msgspec import to_builtins
from msgspec.structs import replace

from ductdicom.export.folder import StudyFolder
from ductdicom.export.originals import folder_of
from ductdicom.export.output import RECORD_NAME, encode_json
from ductdicom.export.records import study_record
from ductdicom.identity.known import Identity
from ductdicom.model.outcome import Cause, Problem, ProblemCode, ReviewReason, Status
from ductdicom.model.record import RecordedDepartment, RecordedSheet
from ductdicom.model.result import StudyResult, Written
from ductdicom.model.study import Pairing, StudyCall
from ductdicom.model.value import Value
from ductdicom.pipeline.annotate import note_images, note_orientation
from ductdicom.pipeline.drawing.options import hash_of, influencing
from ductdicom.settings import Format, Link, Settings
from ductdicom.version import __version__

# Formats that hold all pages in one file; of the others each page is a file.
WHOLE_SHEETS = {Format.PDF: "sheet.pdf", Format.HTML: "sheet.html", Format.DICOM: "sheet.dcm"}
UNREADABLE = frozenset({ProblemCode.PIXELS_UNREADABLE, ProblemCode.ORIGINAL_UNREADABLE})
# In this order: what is first another one is said.
_CAUSES = (Cause.VERSION, Cause.OPTIONS, Cause.INPUT, Cause.DECISION, Cause.RULES)


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyJob:
    """Everything a worker needs for one study.

    ``fingerprint`` is a hash of all that its result depends on, by which the next run tells that
    nothing has changed. ``people`` is what names any of the people that the headers name, to be
    masked. ``batch`` is the output folder's own name. ``deadly`` holds the labels of images over
    which a worker died.
    """

    key: str
    folder: Path
    call: StudyCall
    pairing: Pairing
    identity: tuple[str, ...]
    people: Identity
    settings: Settings
    fingerprint: str
    department: RecordedDepartment | None = None
    pseudonym: str = ""
    batch: str = ""
    deadly: frozenset[str] = frozenset()

    @property
    def has_folder(self) -> bool:
        """Whether anything of the study is written but its record among the others."""
        # Who said that it is none must find it again, if only to take that back.
        is_one = self.pairing.status is not Status.NOT_A_DUCTOGRAM or self.call.review is not None
        return is_one or self.settings.all_studies

    @property
    def has_sheets(self) -> bool:
        """Whether the study gets sheets at all."""
        if not self.has_folder:
            return False
        # Whoever is to review a study must see what is in it, also where no image is drawn.
        return self.pairing.status is Status.REVIEW or bool(self.pairing.shown_images)


class Drawn(Value, frozen=True, kw_only=True):
    """What work on a study added to what was known of it, and what it left in its folder."""

    problems: tuple[Problem, ...] = ()
    review: tuple[ReviewReason, ...] = ()
    sheets: tuple[RecordedSheet, ...] = ()
    written: Written | None = None
    kept: tuple[str, ...] = ()


def result_of(job: StudyJob, drawn: Drawn, *, is_up_to_date: bool = False) -> StudyResult:
    """Put together what was known of a study and what drawing it added."""
    contradicted = {
        problem.origin.label
        for problem in drawn.problems
        if problem.code is ProblemCode.ORIENTATION_CONFLICT and problem.origin is not None
    }
    tiles = (tile for sheet in drawn.sheets for tile in sheet.tiles)
    pairing = note_images(
        note_orientation(job.pairing, contradicted),
        {tile.sop_instance_uid: tile.notes for tile in tiles},
    )
    return StudyResult(
        key=job.key,
        call=replace(job.call, problems=(*job.call.problems, *drawn.problems)),
        pairing=pairing.needing_review(drawn.review),
        identity=job.identity,
        department=job.department,
        sheets=drawn.sheets,
        written=drawn.written,
        kept=drawn.kept,
        is_up_to_date=is_up_to_date,
    )


def fingerprint_of(
    call: StudyCall, pairing: Pairing, identity: Sequence[str], settings: Settings
) -> str:
    """Return hashes of everything that a study's result depends on, one for each `Cause`.

    The last is of all that was decided: where it alone differs, the rules do.
    """
    shown = [*call.images, *(image for row in pairing.rows for image in row.images)]
    inputs = sorted(
        {(o.label, o.size_bytes, o.modified_ns) for o in (image.instance.origin for image in shown)}
    )
    decided = [(image.uid, image.decided) for image in call.images if image.decided]
    depends: dict[Cause, object] = {
        Cause.VERSION: __version__,
        Cause.OPTIONS: influencing(settings),
        Cause.INPUT: [inputs, list(identity), *to_builtins(call.companions), *call.unread],
        Cause.DECISION: to_builtins([decided, call.review]),
        Cause.RULES: to_builtins(study_record(StudyResult(key=None, call=call, pairing=pairing))),
    }
    return "-".join(hash_of(depends[cause]) for cause in _CAUSES)


def cause_of(before: str | None, now: str) -> Cause:
    """Return why a study is written, from the fingerprint of its record and that of its job.

    Parameters
    ----------
    before
        None where the study has no record.
    """
    if before is None:
        return Cause.NEW
    pairs = zip(_CAUSES, before.split("-"), now.split("-"), strict=False)
    return next((cause for cause, one, other in pairs if one != other), Cause.REDONE)


def planned_files(job: StudyJob) -> tuple[str, ...]:
    """Say what would be written for a study, without reading a pixel."""
    if not job.has_folder:
        return ()
    names = [RECORD_NAME]
    if job.has_sheets:
        names += [WHOLE_SHEETS.get(format_, "sheet-1.png …") for format_ in job.settings.format]
    if job.settings.link is not Link.NONE:
        names += [f"{folder_of(image)}/" for image in job.call.images]
    return tuple(sorted(set(names)))


def recorded(job: StudyJob, drawn: Drawn, folder: StudyFolder, fingerprint: str) -> Drawn:
    """Write the record of a study whose files are written."""
    written = Written(fingerprint=fingerprint, files=folder.written())
    drawn = replace(drawn, written=written, kept=tuple(folder.kept))
    folder.finish(encode_json(study_record(result_of(job, drawn)), indent=2))
    return drawn


def give_up(job: StudyJob, problem: Problem) -> Drawn:
    """Write the record of a study that could not be drawn; it has no sheets, and needs a person.

    The record has no fingerprint, so that the next run tries again.
    """
    folder = StudyFolder(job.folder)
    folder.begin(())
    review = (ReviewReason(problem.code),)
    return recorded(job, Drawn(problems=(problem,), review=review), folder, "")
