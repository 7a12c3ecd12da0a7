"""The objects that are sent, but for their UIDs and when they were made: a page, keys, a document.

References
----------
* DICOM PS3.3 A.8.1 and C.8.6 (Secondary Capture), A.35.4 and C.17.6 (Key Object Selection),
  A.45.1 and C.24 (Encapsulated PDF)
* DICOM PS3.16 TID 2010 (Key Object Selection), CID 7010 (its titles)
"""

import io
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby

from PIL import Image
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as DicomSequence
from pydicom.uid import (
    EncapsulatedPDFStorage,
    KeyObjectSelectionDocumentStorage,
    SecondaryCaptureImageStorage,
)

from ductdicom.export.dicom import (
    DESCRIPTION,
    SERIES_NUMBER,
    add_capture,
    add_colours,
    add_sources,
    code_item,
)
from ductdicom.model.instance import Instance
from ductdicom.pacs.send.originals import SheetPage, StudyToSend
from ductdicom.version import PRODUCT

_OF_INTEREST = ("113000", "DCM", "Of Interest")
_EXPLANATION = ("113012", "DCM", "Key Object Description")


class SentKind(StrEnum):
    """What is sent of a study; the name is that of the option."""

    SHEET = "sheet"
    KEYS = "keys"
    PDF = "pdf"


# Descriptions have 64 characters at most, with what tells a later one.
DESCRIPTIONS = {
    SentKind.SHEET: DESCRIPTION,
    SentKind.KEYS: "DUCTOGRAM BEFORE AND AFTER CONTRAST",
    SentKind.PDF: DESCRIPTION,
}
MODALITIES = {SentKind.SHEET: "OT", SentKind.KEYS: "KO", SentKind.PDF: "DOC"}
_CLASSES_OF = {
    SentKind.SHEET: SecondaryCaptureImageStorage,
    SentKind.KEYS: KeyObjectSelectionDocumentStorage,
    SentKind.PDF: EncapsulatedPDFStorage,
}
SENT_CLASSES = tuple(_CLASSES_OF.values())
_NUMBERS = {kind: SERIES_NUMBER + n for n, kind in enumerate(SentKind)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An object without UIDs of its own, without times and without the software's version."""

    number: int
    data: Dataset


def draft(study: StudyToSend, kind: SentKind) -> tuple[Draft, ...]:
    """Return what is to be sent of one kind; of keys none where no images are paired."""
    if kind is SentKind.SHEET:
        return tuple(_page(study, page) for page in study.pages)
    if kind is SentKind.KEYS:
        return (_keys(study),) if study.paired else ()
    return () if study.pdf is None else (_document(study, study.pdf),)


def _begin(study: StudyToSend, kind: SentKind, number: int) -> Dataset:
    data = deepcopy(study.identity)
    data.SOPClassUID = _CLASSES_OF[kind]
    data.Modality = MODALITIES[kind]
    data.Manufacturer = PRODUCT
    data.SeriesNumber = _NUMBERS[kind]
    data.InstanceNumber = number
    return data


def _page(study: StudyToSend, page: SheetPage) -> Draft:
    """Return a page as Secondary Capture: no mammogram, and nothing to be measured on."""
    data = _begin(study, SentKind.SHEET, page.number)
    # A page of words alone speaks of all images.
    shown = [study.images[uid] for uid in page.shown or study.images]
    sides = page.sides or {side for other in study.pages for side in other.sides}
    add_capture(data, shown, sides)
    add_sources(data, shown)
    with Image.open(io.BytesIO(page.png)) as image:
        columns, rows = image.size
        add_colours(data, rows, columns, image.convert("RGB").tobytes())
    return Draft(number=page.number, data=data)


def _keys(study: StudyToSend) -> Draft:
    """Return the paired images as a Key Object Selection."""
    data = _begin(study, SentKind.KEYS, 1)
    data.ReferencedPerformedProcedureStepSequence = DicomSequence()
    data.CurrentRequestedProcedureEvidenceSequence = DicomSequence(_evidence(study.paired))
    data.ValueType = "CONTAINER"
    data.ConceptNameCodeSequence = DicomSequence([code_item(*_OF_INTEREST)])
    data.ContinuityOfContent = "SEPARATE"
    template = Dataset()
    template.MappingResource, template.TemplateIdentifier = "DCMR", "2010"
    data.ContentTemplateSequence = DicomSequence([template])
    data.ContentSequence = DicomSequence([_words(study), *map(_image, study.paired)])
    return Draft(number=1, data=data)


def _words(study: StudyToSend) -> Dataset:
    item = Dataset()
    item.RelationshipType, item.ValueType = "CONTAINS", "TEXT"
    item.ConceptNameCodeSequence = DicomSequence([code_item(*_EXPLANATION)])
    rows = [row for row in study.record.rows if row.pre and row.post]
    names = dict.fromkeys(f"{row.laterality or 'side unknown'} {row.group}" for row in rows)
    item.TextValue = f"Ductography, images before and after contrast: {', '.join(names)}"
    return item


def _image(image: Instance) -> Dataset:
    item = Dataset()
    item.RelationshipType, item.ValueType = "CONTAINS", "IMAGE"
    item.ReferencedSOPSequence = DicomSequence([_reference(image)])
    return item


def _reference(image: Instance) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID = image.sop_class_uid
    item.ReferencedSOPInstanceUID = image.sop_instance_uid
    return item


def _evidence(images: Sequence[Instance]) -> Iterator[Dataset]:
    """Yield all images that are referred to, by study and series: those of earlier studies, too."""

    def place(image: Instance) -> tuple[str, str, str]:
        return image.study_instance_uid, image.series_instance_uid, image.sop_instance_uid

    ordered = sorted(images, key=place)
    for study_uid, of_study in groupby(ordered, key=lambda image: image.study_instance_uid):
        series = []
        for uid, members in groupby(of_study, key=lambda image: image.series_instance_uid):
            item = Dataset()
            item.ReferencedSOPSequence = DicomSequence(map(_reference, members))
            item.SeriesInstanceUID = uid
            series.append(item)
        study = Dataset()
        study.ReferencedSeriesSequence = DicomSequence(series)
        study.StudyInstanceUID = study_uid
        yield study


def _document(study: StudyToSend, pdf: bytes) -> Draft:
    """Return the sheet as an Encapsulated PDF."""
    data = _begin(study, SentKind.PDF, 1)
    data.ConversionType = "WSD"
    data.BurnedInAnnotation = "YES"
    data.AcquisitionDateTime = ""
    shown = dict.fromkeys(uid for page in study.pages for uid in page.shown)
    data.SourceInstanceSequence = DicomSequence(_reference(study.images[uid]) for uid in shown)
    data.DocumentTitle = DESCRIPTION
    data.ConceptNameCodeSequence = DicomSequence()
    data.MIMETypeOfEncapsulatedDocument = "application/pdf"
    data.EncapsulatedDocumentLength = len(pdf)
    data.EncapsulatedDocument = pdf + b"\0" * (len(pdf) % 2)
    return Draft(number=1, data=data)
