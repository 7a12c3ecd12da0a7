"""A study of an output folder as it is to be sent: its sheet, and the originals that it is of."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from pydicom.dataset import Dataset

from ductdicom.errors import UnreadableError
from ductdicom.export.folder import files_listed, is_written
from ductdicom.export.output import STUDIES_FOLDER, OutputFolder
from ductdicom.ingest.archives.walk import open_origin
from ductdicom.model.instance import Instance
from ductdicom.model.outcome import Note
from ductdicom.model.record import RecordedRow, RecordedStudy
from ductdicom.pacs.send.header import bytes_of, read_identity
from ductdicom.pipeline.earlier.known import KnownStudies
from ductdicom.pipeline.earlier.recall import read_recorded
from ductdicom.settings import Format

_UID = re.compile(r"[0-9]+(\.[0-9]+)*", re.ASCII)
_LONGEST_UID = 64


class Withheld(StrEnum):
    """Why a study that should be sent is not."""

    UNAPPLIED = "decision-not-applied"
    NO_PAGES = "no-pages"
    CHANGED = "sheet-changed"
    SOURCE_GONE = "source-gone"
    PATIENT = "patient-conflict"
    NO_UID = "no-uid"
    ELSEWHERE = "sent-by-another-output"


HINTS = {
    Withheld.UNAPPLIED: "a decision is not on the sheet yet: ductdicom apply OUT",
    Withheld.NO_PAGES: "its sheet was not drawn as PNG (for pdf, also where one was sent before, "
    "as PDF): organise with --format",
    Withheld.CHANGED: "its sheet is not what was written, or is being written: organise again",
    Withheld.SOURCE_GONE: "originals are not where they were read any more, or were changed since: "
    "hand them in again",
    Withheld.PATIENT: "its originals do not name one patient",
    Withheld.NO_UID: "the UIDs of its originals are none, so that no archive has it",
    Withheld.ELSEWHERE: "the archive has a sheet that another output folder sent: send from that "
    "one, or --take-over",
}


class WithheldError(Exception):
    """A study is not sent; ``reason`` says why."""

    def __init__(self, reason: Withheld) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetPage:
    """A page as PNG, the UIDs of the images on it, and of which breasts these are."""

    number: int
    png: bytes
    shown: tuple[str, ...]
    sides: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyToSend:
    """All that its objects are made of.

    Attributes
    ----------
    record
        What was decided.
    identity
        Patient and study, as an original has them.
    images
        The headers of all images that its sheet shows, by UID; some may be of earlier studies.
    paired
        Those that stand before and after in a row, in the order of the rows, each once; none by
        its suggestion.
    """

    record: RecordedStudy
    identity: Dataset
    images: dict[str, Instance] = field(default_factory=dict)
    pages: tuple[SheetPage, ...] = ()
    pdf: bytes | None = None
    paired: tuple[Instance, ...] = ()

    @property
    def key(self) -> str:
        """The name of its folder."""
        return self.record.key or ""


def read_study(
    record: RecordedStudy, known: KnownStudies, output: OutputFolder, *, needs_pdf: bool = False
) -> StudyToSend:
    """Read what a study's objects are made of.

    Raises
    ------
    WithheldError
        Not all of it is there, as it was when the sheet was drawn.
    """
    pages, pdf = _read_sheet(record, output, needs_pdf=needs_pdf)
    if not pages:
        raise WithheldError(Withheld.NO_PAGES)
    paired = list(_paired(record.rows))
    wanted = {*paired, *(uid for page in pages for uid in page.shown)}
    images = _read_images(record, known, wanted)
    own = sorted(uid for uid, i in images.items() if _is_of(i, record))
    if not own:
        raise WithheldError(Withheld.SOURCE_GONE)
    identities = [_identity(images[uid]) for uid in own]
    if len({(bytes_of(i, "PatientID"), bytes_of(i, "IssuerOfPatientID")) for i in identities}) > 1:
        raise WithheldError(Withheld.PATIENT)
    return StudyToSend(
        record=record,
        identity=identities[0],
        images=images,
        pages=pages,
        pdf=pdf,
        paired=tuple(images[uid] for uid in paired),
    )


def _is_of(instance: Instance, record: RecordedStudy) -> bool:
    return instance.study_instance_uid == record.study_instance_uid


def _paired(rows: Collection[RecordedRow]) -> Iterator[str]:
    """Yield the images of rows that have both, and nothing that is only suggested."""
    both = [row for row in rows if row.pre and row.post and Note.SUGGESTED not in row.notes]
    yield from dict.fromkeys(uid for row in both for uid in (*row.pre, *row.post))


def _read_sheet(
    record: RecordedStudy, output: OutputFolder, *, needs_pdf: bool
) -> tuple[tuple[SheetPage, ...], bytes | None]:
    """Read the pages, and the PDF if it is wanted, if they are what the record lists."""
    sides = {i.sop_instance_uid: str(i.laterality or "") for i in record.instances}
    pages, pdf = [], None
    for sheet in record.sheets:
        if sheet.format == Format.PNG:
            shown = tuple(dict.fromkeys(tile.sop_instance_uid for tile in sheet.tiles))
            page = SheetPage(
                number=sheet.page,
                png=_content(sheet.path, record, output),
                shown=shown,
                sides=frozenset(sides.get(uid, "") for uid in shown),
            )
            pages.append(page)
        elif sheet.format == Format.PDF and needs_pdf and pdf is None:
            pdf = _content(sheet.path, record, output)
    if needs_pdf and pdf is None:
        raise WithheldError(Withheld.NO_PAGES)
    return tuple(sorted(pages, key=lambda page: page.number)), pdf


def _content(name: str, record: RecordedStudy, output: OutputFolder) -> bytes:
    path = output.path / STUDIES_FOLDER / (record.key or "") / name
    listed = [file for file in files_listed(record) if file.name == name]
    try:
        if not is_written(path, listed):
            raise WithheldError(Withheld.CHANGED)
        return path.read_bytes()
    except OSError as error:
        raise WithheldError(Withheld.CHANGED) from error


def _read_images(
    record: RecordedStudy, known: KnownStudies, wanted: Collection[str]
) -> dict[str, Instance]:
    """Read the headers of images again, of the study and of others whose views it shows."""
    found: dict[str, Instance] = {}
    others = [item for item in known.records.values() if item.key != record.key]
    for item in (record, *others):
        missing = wanted - found.keys()
        here = [n for n, i in enumerate(item.instances) if i.sop_instance_uid in missing]
        if here:
            read = read_recorded(item)
            found |= {read[n].sop_instance_uid: read[n] for n in here if n in read}
    if wanted - found.keys():
        raise WithheldError(Withheld.SOURCE_GONE)
    for image in found.values():
        uids = (image.sop_instance_uid, image.series_instance_uid, image.study_instance_uid)
        if not all(len(uid) <= _LONGEST_UID and _UID.fullmatch(uid) for uid in uids):
            raise WithheldError(Withheld.NO_UID)
    return found


def _identity(image: Instance) -> Dataset:
    try:
        with open_origin(image.origin) as stream:
            return read_identity(stream)
    except UnreadableError as error:
        raise WithheldError(Withheld.SOURCE_GONE) from error
