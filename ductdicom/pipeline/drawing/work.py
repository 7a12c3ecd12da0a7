"""One study's work: read its pixels, draw its pages, write its folder, its record last."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
from msgspec import to_builtins
from msgspec.structs import replace
from numpy.typing import NDArray
from pydicom.uid import UID

from ductdicom.decisions.event import content_of_sheet
from ductdicom.export.dicom import dicom_sheet
from ductdicom.export.folder import StudyFolder, written_file
from ductdicom.export.html.sheet import PageStudy, html_sheet
from ductdicom.export.originals import folder_of, lay_down, planned_originals
from ductdicom.export.output import RECORD_NAME, THUMBNAIL_NAME, encode_json
from ductdicom.export.pdf import pdf_document
from ductdicom.export.png import png_page, png_thumbnail
from ductdicom.export.records import drawn_by, record_sheet, study_record
from ductdicom.identity.known import Identity
from ductdicom.model.origin import Origin
from ductdicom.model.outcome import (
    PASSING_REASONS,
    Cause,
    Note,
    Problem,
    ProblemCode,
    ReviewReason,
    Status,
)
from ductdicom.model.record import RecordedDepartment, RecordedSheet
from ductdicom.model.result import StudyResult, Written
from ductdicom.model.study import ImageCall, Pairing, StudyCall
from ductdicom.model.value import Value
from ductdicom.pipeline.annotate import note_images, note_orientation
from ductdicom.pipeline.drawing.options import hash_of, influencing
from ductdicom.pipeline.drawing.originals import Members
from ductdicom.pipeline.drawing.tiles import prepare_tiles, sheet_options
from ductdicom.settings import Format, Link, Settings, ThemeName
from ductdicom.sheet.difference import prepare_differences
from ductdicom.sheet.page import Page
from ductdicom.sheet.pages.compose import compose
from ductdicom.sheet.raster import draw_page
from ductdicom.sheet.style import THEMES, Theme
from ductdicom.sheet.tile import MissingTile, Tile
from ductdicom.version import __version__

# Formats that hold all pages in one file; of the others each page is a file.
_WHOLE_SHEETS = {Format.PDF: "sheet.pdf", Format.HTML: "sheet.html", Format.DICOM: "sheet.dcm"}
# In this order: what is first another one is said.
_CAUSES = (Cause.VERSION, Cause.OPTIONS, Cause.INPUT, Cause.DECISION, Cause.RULES)
_REVIEWED = {
    ProblemCode.PIXELS_UNREADABLE: ReviewReason.UNREADABLE_IMAGE,
    ProblemCode.ORIENTATION_CONFLICT: ReviewReason.ORIENTATION_CONFLICT,
}
UNREADABLE = frozenset({ProblemCode.PIXELS_UNREADABLE, ProblemCode.ORIGINAL_UNREADABLE})


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


def theme_for(settings: Settings, format_: Format) -> Theme:
    """Return the theme of a format: dark for screens and light for paper, unless chosen."""
    default = ThemeName.LIGHT if format_ is Format.PDF else ThemeName.DARK
    return THEMES[str(settings.theme or default)]


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


def draw_study(job: StudyJob, members: Members | None = None) -> tuple[Drawn, tuple[Page, ...]]:
    """Draw a study's pages.

    Parameters
    ----------
    members
        Reads the images; a reader of the study's own where None is given.

    Returns
    -------
    What reading the pixels added, and the pages: a problem for each image that could not be read,
    whose pixels contradict its orientation or are in another transfer syntax, and the status
    ``review`` where one of the first two stands in a row.
    """
    options = sheet_options(job.settings, job.identity)
    tiles = prepare_tiles(job.call, job.pairing, options, job.settings.voi, members, job.people)
    images = {image.instance.origin.label: image for image in job.pairing.shown_images}
    found = {
        label: problem
        for label, image in images.items()
        if label in tiles  # slices have none of their own
        if (problem := _doubt(_to_blame(image, tiles[label], images), tiles[label])) is not None
    }
    in_rows = {i.instance.origin.label for row in job.pairing.rows for i in row.images}
    doubted = {_REVIEWED[found[label].code] for label in in_rows & found.keys()}
    if job.pairing.status is Status.NOT_A_DUCTOGRAM:
        doubted = set()
    said = (_correction(images[label], tile) for label, tile in tiles.items())
    problems = (*found.values(), *(problem for problem in said if problem is not None))
    drawn = Drawn(problems=problems, review=tuple(sorted(doubted)))
    result = result_of(job, drawn)
    changes = prepare_differences(result.pairing, tiles) if job.settings.difference else None
    return drawn, compose(result.call, result.pairing, tiles, options, changes)


def _to_blame(
    image: ImageCall, tile: Tile | MissingTile, images: Mapping[str, ImageCall]
) -> ImageCall:
    """Return the image that cannot be read: of a stack, the slice to which that is due."""
    return images.get(tile.label, image) if isinstance(tile, MissingTile) else image


def _doubt(image: ImageCall, tile: Tile | MissingTile) -> Problem | None:
    """Return what is wrong with an image's pixels, or with its orientation as they show it."""
    if isinstance(tile, MissingTile):
        words = "the pixels cannot be shown, a placeholder stands for them"
        return _unreadable(image, ProblemCode.PIXELS_UNREADABLE, tile.reason, words)
    if Note.ORIENTATION_CONTRADICTED in tile.notes:
        return Problem(
            code=ProblemCode.ORIENTATION_CONFLICT,
            message=f"Patient Orientation is not followed: {tile.hanging.why}",
            sop_instance_uid=image.uid,
            origin=image.instance.origin,
        )
    return None


def _correction(image: ImageCall, tile: Tile | MissingTile) -> Problem | None:
    """Return that pixels were not in the transfer syntax that the file says."""
    if isinstance(tile, MissingTile) or tile.corrected_syntax is None:
        return None
    stated = image.instance.transfer_syntax_uid
    return Problem(
        code=ProblemCode.TRANSFER_SYNTAX_CORRECTED,
        message=f"drawn as {UID(tile.corrected_syntax).name}, as the bytes of the pixels prove; "
        f"the file says {UID(stated).name or 'nothing'}",
        sop_instance_uid=image.uid,
        origin=image.instance.origin,
    )


def _unreadable(image: ImageCall, code: ProblemCode, reason: str, words: str) -> Problem:
    return Problem(
        code=code,
        message=f"{reason}: {words}",
        sop_instance_uid=image.uid,
        origin=image.instance.origin,
        reason=reason,
    )


def process_study(job: StudyJob) -> Drawn:
    """Draw and write one study.

    The record is written last, so that a study without a record is one that was not finished.
    """
    drawn = Drawn()
    folder = StudyFolder(job.folder)
    members = Members(_to_be_read(job), deadly=job.deadly)
    sheets: list[tuple[str, bytes]] = []
    if job.has_sheets:
        drawn, pages = draw_study(job, members)
        sheets = render(pages, job)
        drawn = replace(drawn, sheets=_record_sheets(pages, job.settings.format))
    link = job.settings.link
    originals = planned_originals(job.call.images) if link is not Link.NONE else []
    folder.begin(
        [*(written_file(*sheet) for sheet in sheets), *(file for _, file in originals)],
    )
    for name, content in sheets:
        folder.write(name, content)
    unread = lay_down(originals, folder, link, members.content)
    words = "the original could not be laid down"
    more = (
        _unreadable(image, ProblemCode.ORIGINAL_UNREADABLE, reason, words)
        for image, reason in unread
    )
    problems = (*drawn.problems, *more)
    is_passing = any(problem.reason in PASSING_REASONS for problem in problems)
    fingerprint = "" if is_passing else job.fingerprint
    return _recorded(job, replace(drawn, problems=problems), folder, fingerprint)


def _recorded(job: StudyJob, drawn: Drawn, folder: StudyFolder, fingerprint: str) -> Drawn:
    written = Written(fingerprint=fingerprint, files=folder.written())
    drawn = replace(drawn, written=written, kept=tuple(folder.kept))
    folder.finish(encode_json(study_record(result_of(job, drawn)), indent=2))
    return drawn


def _to_be_read(job: StudyJob) -> Iterator[Origin]:
    drawn = job.pairing.shown_images if job.has_sheets else ()
    laid = job.call.images if job.settings.link is not Link.NONE else ()
    return (image.instance.origin for image in (*drawn, *laid))


def give_up(job: StudyJob, problem: Problem) -> Drawn:
    """Write the record of a study that could not be drawn; it has no sheets, and needs a person.

    The record has no fingerprint, so that the next run tries again.
    """
    folder = StudyFolder(job.folder)
    folder.begin(())
    review = (ReviewReason(problem.code),)
    return _recorded(job, Drawn(problems=(problem,), review=review), folder, "")


def render(pages: Sequence[Page], job: StudyJob) -> list[tuple[str, bytes]]:
    """Return the files of a study's sheets by name."""
    chosen = job.settings.format
    title = f"Ductography contact sheet {job.key}"
    files: list[tuple[str, bytes]] = []
    frames: list[NDArray[np.uint8]] = []
    theme = theme_for(job.settings, Format.PNG)  # that of a DICOM object, too
    for number, page in enumerate(pages, start=1):
        if number > 1 and not {Format.PNG, Format.DICOM} & set(chosen):
            break
        drawn = draw_page(page, theme)
        if number == 1:
            files.append((THUMBNAIL_NAME, png_thumbnail(drawn, job.settings.dpi)))
        if Format.PNG in chosen:
            files.append((f"sheet-{number}.png", png_page(drawn, job.settings.dpi)))
        if Format.DICOM in chosen:
            frames.append(drawn)
    if Format.PDF in chosen:
        theme = theme_for(job.settings, Format.PDF)
        files.append(("sheet.pdf", pdf_document(tuple(pages), theme, title=title)))
    if Format.HTML in chosen:
        theme = theme_for(job.settings, Format.HTML)
        # A sheet that is written by itself has no batch around it.
        index = "../../index.html" if job.settings.output else ""
        study = PageStudy(
            key=job.key,
            identity=job.identity,
            batch=job.batch if job.settings.output else "",
            content=_seen_on(pages),
            opinions=job.call.review.opinions if job.call.review else (),
            drawn=drawn_by(job.fingerprint),
            images=tuple(image.instance.id for image in job.call.images),
        )
        document = html_sheet(pages, theme, title=title, index=index, study=study)
        files.append(("sheet.html", document))
    if Format.DICOM in chosen:
        sheet = dicom_sheet(
            frames, job.call, job.pairing, phi=job.settings.phi, pseudonym=job.pseudonym
        )
        files.append(("sheet.dcm", sheet))
    return files


def _seen_on(pages: Sequence[Page]) -> str:
    """Return what a verdict that is given on pages is on."""
    shown = (tile.depicted for page in pages for tile in page.tiles)
    missing = (item.depicted for page in pages for item in page.placeholders)
    return content_of_sheet(i.content for i in chain(shown, missing) if i.is_own)


def _record_sheets(pages: Sequence[Page], formats: Sequence[Format]) -> tuple[RecordedSheet, ...]:
    return tuple(
        record_sheet(_WHOLE_SHEETS.get(format_, f"sheet-{number}.png"), str(format_), page, number)
        for format_ in formats
        for number, page in enumerate(pages, start=1)
    )


def planned_files(job: StudyJob) -> tuple[str, ...]:
    """Say what would be written for a study, without reading a pixel."""
    if not job.has_folder:
        return ()
    names = [RECORD_NAME]
    if job.has_sheets:
        names += [_WHOLE_SHEETS.get(format_, "sheet-1.png …") for format_ in job.settings.format]
    if job.settings.link is not Link.NONE:
        names += [f"{folder_of(image)}/" for image in job.call.images]
    return tuple(sorted(set(names)))
