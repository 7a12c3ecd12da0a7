"""One study's work: read its pixels, draw its pages, write its folder, its record last."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray
from pydicom.uid import UID

from ductdicom.decisions.event import content_of_sheet
from ductdicom.export.dicom import dicom_sheet
from ductdicom.export.folder import StudyFolder, written_file
from ductdicom.export.html.sheet import PageStudy, html_sheet
from ductdicom.export.originals import lay_down, planned_originals
from ductdicom.export.output import THUMBNAIL_NAME
from ductdicom.export.pdf import pdf_document
from ductdicom.export.png import png_page, png_thumbnail
from ductdicom.export.records import drawn_by, record_sheet
from ductdicom.model.origin import Origin
from ductdicom.model.outcome import (
    PASSING_REASONS,
    Note,
    Problem,
    ProblemCode,
    ReviewReason,
    Status,
)
from ductdicom.model.record import RecordedSheet
from ductdicom.model.study import ImageCall
from ductdicom.pipeline.drawing.job import WHOLE_SHEETS, Drawn, StudyJob, recorded, result_of
from ductdicom.pipeline.drawing.originals import Members
from ductdicom.pipeline.drawing.tiles import prepare_tiles, sheet_options
from ductdicom.settings import Format, Link, Settings, ThemeName
from ductdicom.sheet.difference import prepare_differences
from ductdicom.sheet.page import Page
from ductdicom.sheet.pages.compose import compose
from ductdicom.sheet.raster import draw_page
from ductdicom.sheet.style import THEMES, Theme
from ductdicom.sheet.tile import MissingTile, Tile

_REVIEWED = {
    ProblemCode.PIXELS_UNREADABLE: ReviewReason.UNREADABLE_IMAGE,
    ProblemCode.ORIENTATION_CONFLICT: ReviewReason.ORIENTATION_CONFLICT,
}


def theme_for(settings: Settings, format_: Format) -> Theme:
    """Return the theme of a format: dark for screens and light for paper, unless chosen."""
    default = ThemeName.LIGHT if format_ is Format.PDF else ThemeName.DARK
    return THEMES[str(settings.theme or default)]


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
    return recorded(job, replace(drawn, problems=problems), folder, fingerprint)


def _to_be_read(job: StudyJob) -> Iterator[Origin]:
    drawn = job.pairing.shown_images if job.has_sheets else ()
    laid = job.call.images if job.settings.link is not Link.NONE else ()
    return (image.instance.origin for image in (*drawn, *laid))


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
        record_sheet(WHOLE_SHEETS.get(format_, f"sheet-{number}.png"), str(format_), page, number)
        for format_ in formats
        for number, page in enumerate(pages, start=1)
    )
