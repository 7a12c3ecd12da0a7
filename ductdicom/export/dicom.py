"""Pages as one DICOM object: a Secondary Capture that cannot be taken for a mammogram."""

import hashlib
import io
from collections.abc import Sequence
from datetime import datetime

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence as DicomSequence
from pydicom.uid import UID, ExplicitVRLittleEndian, MultiFrameTrueColorSecondaryCaptureImageStorage

from ductdicom.model.instance import Instance
from ductdicom.model.study import ImageCall, Pairing, StudyCall
from ductdicom.settings import Phi
from ductdicom.sheet.page import Page
from ductdicom.sheet.pages.undecided import drawn_images
from ductdicom.sheet.raster import draw_page
from ductdicom.sheet.style import Theme
from ductdicom.version import __version__

_SERIES_NUMBER = 9001  # high, so that it sorts behind the study's own series
_DESCRIPTION = "DUCTOGRAM CONTACT SHEET - NOT FOR DIAGNOSIS"
_IMPLEMENTATION_UID = UID("2.25.270498712163504872163508741236508712365")


def dicom_sheet(
    pages: Sequence[Page],
    study: StudyCall,
    pairing: Pairing,
    theme: Theme,
    *,
    phi: Phi = Phi.MINIMAL,
    pseudonym: str = "",
) -> bytes:
    """Return pages as a Multi-frame True Color Secondary Capture object.

    Its UIDs follow from its content, so that the same sheet has the same UIDs and a changed one
    has new ones. It has no pixel spacing, as a page has more than one scale.

    Parameters
    ----------
    phi
        How much of the patient and the study the header names: ID with its issuer, without
        which it is no ID in another archive, and date; with ``full`` also name, birth date and
        accession number; with ``none`` nothing, and the object belongs to no study of the archive
        and names no image of it. What else the originals say of patient, staff, order and
        institution (PS3.15 Table E.1-1) it never holds.
    pseudonym
        Stands for name and ID of the patient with ``none``.

    Returns
    -------
    The file's bytes: a frame a page, 8 bits RGB.

    References
    ----------
    * DICOM PS3.3 A.8.5 (Multi-frame True Color SC), C.8.6, PS3.16 CID 7202
    """
    frames = np.stack([draw_page(page, theme) for page in pages])
    digest = hashlib.sha256(frames.tobytes()).hexdigest()
    first = study.images[0].instance
    data = Dataset()
    _add_identity(data, first, phi, pseudonym)
    own_study = _uid(f"study:{pseudonym}:{digest}") if phi is Phi.NONE else None
    _add_study(data, own_study or first.study_instance_uid, digest)
    _add_content(data, drawn_images(pairing), names_sources=phi is not Phi.NONE)
    _add_pixels(data, frames)
    return _as_file(data)


def _as_file(data: Dataset) -> bytes:
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data.file_meta.MediaStorageSOPClassUID = data.SOPClassUID
    data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID
    data.file_meta.ImplementationClassUID = _IMPLEMENTATION_UID
    data.file_meta.ImplementationVersionName = "DUCTDICOM"
    stream = io.BytesIO()
    data.save_as(stream, enforce_file_format=True)
    return stream.getvalue()


def _uid(text: str) -> str:
    """Return a UID that follows from a text (PS3.5 B.2, a name-based UUID as an integer)."""
    return f"2.25.{int(hashlib.sha256(text.encode()).hexdigest()[:32], 16)}"


def _add_identity(data: Dataset, first: Instance, phi: Phi, pseudonym: str) -> None:
    patient = first.patient
    is_full = phi is Phi.FULL
    data.SpecificCharacterSet = "ISO_IR 192"
    data.PatientID = patient.patient_id or ""
    data.PatientName = (patient.name or "") if is_full else ""
    data.PatientBirthDate = (patient.birth_date or "") if is_full else ""
    data.PatientSex = ""
    data.AccessionNumber = (first.accession_number or "") if is_full else ""
    data.StudyDate = f"{first.study_date:%Y%m%d}" if first.study_date else ""
    data.StudyTime = f"{first.study_time:%H%M%S}" if first.study_time else ""
    if phi is Phi.NONE:
        data.PatientName = data.PatientID = pseudonym
        data.StudyDate = data.StudyTime = ""
    elif patient.issuer:
        data.IssuerOfPatientID = patient.issuer


def _add_study(data: Dataset, study_instance_uid: str, digest: str) -> None:
    data.SOPClassUID = MultiFrameTrueColorSecondaryCaptureImageStorage
    data.StudyInstanceUID = study_instance_uid
    data.SeriesInstanceUID = _uid(f"series:{study_instance_uid}:{digest}")
    data.SOPInstanceUID = _uid(f"sheet:{study_instance_uid}:{digest}")
    data.ReferringPhysicianName = ""
    data.StudyID = ""
    data.Modality = "OT"
    data.SeriesNumber = _SERIES_NUMBER
    data.InstanceNumber = 1
    data.SeriesDescription = _DESCRIPTION
    data.Manufacturer = "ductdicom"
    data.SecondaryCaptureDeviceManufacturer = "ductdicom"
    data.SecondaryCaptureDeviceManufacturerModelName = "ductdicom"
    data.SecondaryCaptureDeviceSoftwareVersions = __version__
    data.ConversionType = "WSD"
    data.BodyPartExamined = "BREAST"
    data.PatientOrientation = ""


def _add_content(data: Dataset, shown: Sequence[ImageCall], *, names_sources: bool) -> None:
    data.ImageType = ["DERIVED", "SECONDARY"]
    data.BurnedInAnnotation = "YES"
    data.DerivationDescription = "Contact sheet of reduced images; overview only"
    is_lossy = any(image.instance.raster.is_lossy for image in shown)
    data.LossyImageCompression = "01" if is_lossy else "00"
    times = [image.acquired_at for image in shown if image.acquired_at]
    latest = max(times, default=datetime(1900, 1, 1))  # noqa: DTZ001 - the scanner's clock
    data.ContentDate = f"{latest:%Y%m%d}" if times and names_sources else ""
    data.ContentTime = f"{latest:%H%M%S}" if times and names_sources else ""
    data.DerivationCodeSequence = DicomSequence([_code("113085", "DCM", "Spatial resampling")])
    if names_sources:
        data.SourceImageSequence = DicomSequence([_source(image) for image in shown])
    sides = {str(image.laterality) for image in shown}
    if sides in ({"L"}, {"R"}):
        data.ImageLaterality = sides.pop()


def _code(value: str, scheme: str, meaning: str) -> Dataset:
    item = Dataset()
    item.CodeValue = value
    item.CodingSchemeDesignator = scheme
    item.CodeMeaning = meaning
    return item


def _source(image: ImageCall) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID = image.instance.sop_class_uid
    item.ReferencedSOPInstanceUID = image.uid
    purpose = _code("121329", "DCM", "Source image for montage")
    item.PurposeOfReferenceCodeSequence = DicomSequence([purpose])
    return item


def _add_pixels(data: Dataset, frames: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> None:
    count, rows, columns, _ = frames.shape
    data.SamplesPerPixel = 3
    data.PhotometricInterpretation = "RGB"
    data.PlanarConfiguration = 0
    data.NumberOfFrames = count
    data.FrameIncrementPointer = 0x00182001  # Page Number Vector
    data.PageNumberVector = list(range(1, count + 1))
    data.Rows, data.Columns = rows, columns
    data.BitsAllocated = data.BitsStored = 8
    data.HighBit = 7
    data.PixelRepresentation = 0
    data.PixelData = frames.tobytes()
