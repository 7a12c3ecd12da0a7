"""One study's work: read its pixels, draw its pages, write its folder, its record last."""

import dataclasses
import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from msgspec.structs import replace

from ductdicom.export.dicom import dicom_sheet
from ductdicom.export.html.pages import html_sheet
from ductdicom.export.originals import folder_of, lay_down, remove_laid
from ductdicom.export.output import THUMBNAIL_NAME, encode_json, remove_stale, write_whole
from ductdicom.export.pdf import pdf_document
from ductdicom.export.png import png_page, png_thumbnail
from ductdicom.export.records import sheet_record, study_record
from ductdicom.model.origin import Origin
from ductdicom.model.outcome import PASSING_REASONS, Note, Problem, ProblemCode, Status
from ductdicom.model.study import ImageCall, Pairing, StudyCall
from ductdicom.pipeline.annotate import note_orientation
from ductdicom.pipeline.drawing.originals import Members
from ductdicom.pipeline.drawing.tiles import prepare_tiles, sheet_options
from ductdicom.settings import Format, Link, Phi, Settings, ThemeName
from ductdicom.sheet.difference import prepare_differences
from ductdicom.sheet.page import Page
from ductdicom.sheet.pages.compose import compose
from ductdicom.sheet.pages.undecided import drawn_images
from ductdicom.sheet.raster import draw_page
from ductdicom.sheet.style import THEMES, Theme
from ductdicom.sheet.tile import MissingTile, Tile
from ductdicom.version import __version__

RECORD_NAME = "study.json"
# Formats that hold all pages in one file; of the others each page is a file.
_WHOLE_SHEETS = {Format.PDF: "sheet.pdf", Format.HTML: "sheet.html", Format.DICOM: "sheet.dcm"}


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyJob:
    """Everything a worker needs for one study; ``fingerprint`` names the result it will have.

    ``deadly`` holds the labels of images over which a worker died.
    """

    key: str
    folder: Path
    call: StudyCall
    pairing: Pairing
    identity: tuple[str, ...]
    settings: Settings
    fingerprint: str
    pseudonym: str = ""
    deadly: frozenset[str] = frozenset()

    @property
    def has_sheets(self) -> bool:
        """Whether the study gets sheets at all."""
        if self.pairing.status is Status.NOT_A_DUCTOGRAM and not self.settings.all_studies:
            return False
        # Whoever is to review a study must see what is in it, also where no image is drawn.
        return self.pairing.status is Status.REVIEW or bool(drawn_images(self.pairing))


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyResult:
    """What became of a study: its record, and whether anything had to be done for it."""

    key: str
    record: dict[str, object]
    was_written: bool


def theme_for(settings: Settings, format_: Format) -> Theme:
    """Return the theme of a format: dark for screens and light for paper, unless chosen."""
    default = ThemeName.LIGHT if format_ is Format.PDF else ThemeName.DARK
    return THEMES[str(settings.theme or default)]


def fingerprint_of(
    call: StudyCall, pairing: Pairing, identity: Sequence[str], settings: Settings
) -> str:
    """Return a hash of everything that a study's result depends on."""
    shown = [*call.images, *(image for row in pairing.rows for image in row.images)]
    inputs = sorted(
        {(o.label, o.size_bytes, o.modified_ns) for o in (image.instance.origin for image in shown)}
    )
    depends = {
        "version": __version__,
        "record": study_record(call, pairing, key=None, sheets=()),
        "inputs": inputs,
        "identity": list(identity),
        "formats": [str(item) for item in settings.format],
        "link": str(settings.link),
        "look": [
            str(value)
            for value in (
                settings.theme,
                settings.paper,
                settings.dpi,
                settings.closeup,
                settings.voi,
                settings.difference,
            )
        ],
    }
    text = json.dumps(depends, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def draw_study(job: StudyJob, members: Members | None = None) -> tuple[StudyJob, tuple[Page, ...]]:
    """Draw a study's pages.

    Parameters
    ----------
    members
        Reads the images; a reader of the study's own where None is given.

    Returns
    -------
    The job with what reading the pixels added to it: a problem for each image that could not be
    read or whose pixels contradict its orientation, and the status ``review`` where such an image
    stands in a row.
    """
    options = sheet_options(job.settings, job.identity)
    tiles = prepare_tiles(job.call, job.pairing, options, job.settings.voi, members)
    found = {
        image.instance.origin.label: problem
        for image in drawn_images(job.pairing)
        if (problem := _doubt(image, tiles[image.instance.origin.label])) is not None
    }
    in_rows = {i.instance.origin.label for row in job.pairing.rows for i in row.images}
    vetoed = {
        label
        for label, problem in found.items()
        if problem.code is ProblemCode.ORIENTATION_CONFLICT
    }
    pairing = note_orientation(job.pairing, vetoed)
    if in_rows & found.keys() and pairing.status is not Status.NOT_A_DUCTOGRAM:
        pairing = replace(pairing, status=Status.REVIEW)
    call = replace(job.call, problems=(*job.call.problems, *found.values()))
    changes = prepare_differences(pairing, tiles) if job.settings.difference else None
    pages = compose(call, pairing, tiles, options, changes)
    return dataclasses.replace(job, call=call, pairing=pairing), pages


def _doubt(image: ImageCall, tile: Tile | MissingTile) -> Problem | None:
    """Return what the pixels themselves put in doubt."""
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


def _unreadable(image: ImageCall, code: ProblemCode, reason: str, words: str) -> Problem:
    return Problem(
        code=code,
        message=f"{reason}: {words}",
        sop_instance_uid=image.uid,
        origin=image.instance.origin,
        reason=reason,
    )


def process_study(job: StudyJob) -> StudyResult:
    """Draw and write one study.

    The record is written last, so that a study without a record is one that was not finished.
    """
    sheets: list[dict[str, object]] = []
    names: set[str] = set()
    remove_stale(job.folder, set(), RECORD_NAME)
    members = Members(_to_be_read(job), deadly=job.deadly)
    if job.has_sheets:
        job, pages = draw_study(job, members)
        for name, content in render(pages, job):
            write_whole(job.folder / name, content)
            names.add(name)
        sheets = _sheet_records(pages, job.settings.format)
    for pattern in ("sheet*", THUMBNAIL_NAME):
        remove_stale(job.folder, names, pattern)
    remove_laid(job.folder)
    laid, unread = lay_down(job.call.images, job.folder, job.settings.link, members.content)
    words = "the original could not be laid down"
    more = (
        _unreadable(image, ProblemCode.ORIGINAL_UNREADABLE, reason, words)
        for image, reason in unread
    )
    problems = (*job.call.problems, *more)
    call = replace(job.call, problems=problems)
    record = study_record(call, job.pairing, key=job.key, sheets=sheets)
    record["fingerprint"] = (
        "" if any(problem.reason in PASSING_REASONS for problem in problems) else job.fingerprint
    )
    record["files"] = sorted([*names, *laid])
    record["file_bytes"] = [(job.folder / name).stat().st_size for name in sorted([*names, *laid])]
    write_whole(job.folder / RECORD_NAME, encode_json(record, indent=2))
    return StudyResult(key=job.key, record=record, was_written=True)


def _to_be_read(job: StudyJob) -> Iterator[Origin]:
    drawn = drawn_images(job.pairing) if job.has_sheets else ()
    laid = job.call.images if job.settings.link is not Link.NONE else ()
    return (image.instance.origin for image in (*drawn, *laid))


def give_up(job: StudyJob, problem: Problem) -> StudyResult:
    """Write the record of a study that could not be drawn; it has no sheets, and needs a person.

    The record has no fingerprint, so that the next run tries again.
    """
    call = replace(job.call, problems=(*job.call.problems, problem))
    pairing = replace(job.pairing, status=Status.REVIEW)
    for pattern in ("sheet*", THUMBNAIL_NAME):
        remove_stale(job.folder, set(), pattern)
    remove_laid(job.folder)
    record = study_record(call, pairing, key=job.key, sheets=())
    record["fingerprint"] = ""
    record["files"], record["file_bytes"] = [], []
    write_whole(job.folder / RECORD_NAME, encode_json(record, indent=2))
    return StudyResult(key=job.key, record=record, was_written=True)


def render(pages: Sequence[Page], job: StudyJob) -> list[tuple[str, bytes]]:
    """Return the files of a study's sheets by name."""
    chosen = job.settings.format
    title = "Ductography contact sheet"
    if job.settings.phi is not Phi.NONE:  # the key tells the study's date
        title = f"{title} {job.key}"
    files: list[tuple[str, bytes]] = []
    theme = theme_for(job.settings, Format.PNG)
    front = draw_page(pages[0], theme)
    if Format.PNG in chosen:
        drawn = chain([front], (draw_page(page, theme) for page in pages[1:]))
        dpi = job.settings.dpi
        files += [(f"sheet-{n}.png", png_page(page, dpi)) for n, page in enumerate(drawn, start=1)]
    if Format.PDF in chosen:
        theme = theme_for(job.settings, Format.PDF)
        files.append(("sheet.pdf", pdf_document(tuple(pages), theme, title=title)))
    if Format.HTML in chosen:
        theme = theme_for(job.settings, Format.HTML)
        # A sheet that is written by itself has no batch around it.
        index = "../../index.html" if job.settings.output else ""
        files.append(("sheet.html", html_sheet(pages, theme, title=title, index=index)))
    if Format.DICOM in chosen:
        theme = theme_for(job.settings, Format.DICOM)
        sheet = dicom_sheet(
            pages, job.call, job.pairing, theme, phi=job.settings.phi, pseudonym=job.pseudonym
        )
        files.append(("sheet.dcm", sheet))
    files.append((THUMBNAIL_NAME, png_thumbnail(front, job.settings.dpi)))
    return files


def _sheet_records(pages: Sequence[Page], formats: Sequence[Format]) -> list[dict[str, object]]:
    return [
        sheet_record(_WHOLE_SHEETS.get(format_, f"sheet-{number}.png"), str(format_), page, number)
        for format_ in formats
        for number, page in enumerate(pages, start=1)
    ]


def planned_files(job: StudyJob) -> list[str]:
    """Say what would be written for a study, without reading a pixel."""
    names = [RECORD_NAME]
    if job.has_sheets:
        names += [_WHOLE_SHEETS.get(format_, "sheet-1.png …") for format_ in job.settings.format]
    if job.settings.link is not Link.NONE:
        names += [f"{folder_of(image)}/" for image in job.call.images]
    return sorted(set(names))
