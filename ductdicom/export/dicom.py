"""Pages as one DICOM object: a Secondary Capture that cannot be taken for a mammogram."""

import hashlib
import io
import math
from collections.abc import Collection, Sequence
from datetime import datetime
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence as DicomSequence
from pydicom.uid import UID, ExplicitVRLittleEndian, MultiFrameTrueColorSecondaryCaptureImageStorage

from ductdicom.model.instance import Instance
from ductdicom.model.study import ImageCall, Pairing, StudyCall
from ductdicom.settings import Phi
from ductdicom.version import PRODUCT, SOFTWARE, __version__

_UNKNOWN_METHOD = "UNKNOWN"
_METHODS = MappingProxyType(  # defined terms of PS3.3 C.7.6.1.1.5.1
    {
        "1.2.840.10008.1.2.4.50": "ISO_10918_1",
        "1.2.840.10008.1.2.4.51": "ISO_10918_1",
        "1.2.840.10008.1.2.4.53": "ISO_10918_1",
        "1.2.840.10008.1.2.4.55": "ISO_10918_1",
        "1.2.840.10008.1.2.4.81": "ISO_14495_1",
        "1.2.840.10008.1.2.4.91": "ISO_15444_1",
        "1.2.840.10008.1.2.4.203": "ISO_15444_15",
    }
)
SERIES_NUMBER = 9001  # high, so that it sorts behind the study's own series
DESCRIPTION = "DUCTOGRAM CONTACT SHEET - NOT FOR DIAGNOSIS"
IMPLEMENTATION_UID = UID("2.25.270498712163504872163508741236508712365")
IMPLEMENTATION_NAME = "DUCTDICOM"


def dicom_sheet(
    pages: Sequence[NDArray[np.uint8]],
    study: StudyCall,
    pairing: Pairing,
    *,
    phi: Phi = Phi.MINIMAL,
    pseudonym: str = "",
) -> bytes:
    """Return pages as a Multi-frame True Color Secondary Capture object.

    Its UIDs follow from its content, so that the same sheet has the same UIDs and a changed one
    has new ones. It has no pixel spacing, as a page has more than one scale.

    Parameters
    ----------
    pages
        As they were drawn, at least one: uint8, shape ``(height, width, 3)``, sRGB.
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
    frames = np.stack(pages)
    digest = hashlib.sha256(frames.tobytes()).hexdigest()
    first = study.images[0].instance
    data = Dataset()
    _add_identity(data, first, phi, pseudonym)
    study_uid = first.study_instance_uid
    if phi is Phi.NONE:
        study_uid = _uid(f"study:{pseudonym}:{digest}")
    elif not study_uid.isascii():  # which nobody could write (PS3.5 6.2), nor find by it
        study_uid = _uid(f"study:{study_uid}")
    _add_study(data, study_uid, digest)
    _add_content(data, pairing.shown_images, names_sources=phi is not Phi.NONE)
    _add_pixels(data, frames)
    return _as_file(data)


def _as_file(data: Dataset) -> bytes:
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data.file_meta.MediaStorageSOPClassUID = data.SOPClassUID
    data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID
    data.file_meta.ImplementationClassUID = IMPLEMENTATION_UID
    data.file_meta.ImplementationVersionName = IMPLEMENTATION_NAME
    stream = io.BytesIO()
    data.save_as(stream, enforce_file_format=True)
    return stream.getvalue()


def _uid(text: str) -> str:
    """Return a UID that follows from a text (PS3.5 B.2, a name-based UUID as an integer)."""
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return f"2.25.{int(digest[:32], 16)}"


def _add_identity(data: Dataset, first: Instance, phi: Phi, pseudonym: str) -> None:
    patient = first.patient
    is_full = phi is Phi.FULL
    data.SpecificCharacterSet = "ISO_IR 192"
    data.PatientID = patient.patient_id or ""
    data.PatientName = (patient.name or "") if is_full else ""
    birth_date = patient.birth_date or ""
    data.PatientBirthDate = birth_date if is_full and birth_date.isascii() else ""
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
    data.SeriesNumber = SERIES_NUMBER
    data.InstanceNumber = 1
    data.SeriesDescription = DESCRIPTION
    data.Manufacturer = PRODUCT
    data.SoftwareVersions = SOFTWARE
    data.SecondaryCaptureDeviceSoftwareVersions = __version__


def _add_content(data: Dataset, shown: Sequence[ImageCall], *, names_sources: bool) -> None:
    add_capture(data, [i.instance for i in shown], {str(i.laterality) for i in shown})
    times = [image.acquired_at for image in shown if image.acquired_at]
    latest = max(times, default=datetime(1900, 1, 1))  # noqa: DTZ001 - the scanner's clock
    data.ContentDate = f"{latest:%Y%m%d}" if times and names_sources else ""
    data.ContentTime = f"{latest:%H%M%S}" if times and names_sources else ""
    if names_sources:
        add_sources(data, [i.instance for i in shown])


def add_capture(data: Dataset, shown: Sequence[Instance], sides: Collection[str]) -> None:
    """Say what any page of ours is: a capture of reduced images, for an overview only.

    Parameters
    ----------
    shown
        The images that stand on it.
    sides
        Of which breasts they are, as in DICOM.
    """
    data.SecondaryCaptureDeviceManufacturer = PRODUCT
    data.SecondaryCaptureDeviceManufacturerModelName = PRODUCT
    data.ConversionType = "WSD"
    data.BodyPartExamined = "BREAST"
    data.PatientOrientation = ""
    data.ImageType = ["DERIVED", "SECONDARY"]
    data.BurnedInAnnotation = "YES"
    data.DerivationDescription = "Contact sheet of reduced images; overview only"
    data.DerivationCodeSequence = DicomSequence([code_item("113085", "DCM", "Spatial resampling")])
    _add_lossy_history(data, shown)
    known = {"L", "R", "B"}.intersection(sides)
    if known:
        data.ImageLaterality = next(iter(known)) if len(known) == 1 else "B"
    else:  # nothing tells it: PS3.3 C.7.3.1, type 2C
        data.Laterality = ""


def add_sources(data: Dataset, shown: Sequence[Instance]) -> None:
    """Name the images that stand on a page (PS3.3 C.7.6.1), but those whose UID is none."""
    uids = ((i.sop_instance_uid, i.sop_class_uid) for i in shown)
    sources = [_source(*pair) for pair in uids if all(uid.isascii() for uid in pair)]
    data.SourceImageSequence = DicomSequence(sources)


def _add_lossy_history(data: Dataset, shown: Sequence[Instance]) -> None:
    """Say how the most compressed of the images was compressed (PS3.3 C.7.6.1.1.5)."""
    histories = [_lossy_history(i) for i in shown if i.raster.is_lossy]
    data.LossyImageCompression = "01" if histories else "00"
    if histories:
        ratios, methods = max(histories, key=lambda history: math.prod(history[0]))
        data.LossyImageCompressionMethod = list(methods)
        if ratios:
            data.LossyImageCompressionRatio = [f"{ratio:.6g}" for ratio in ratios]


def _lossy_history(instance: Instance) -> tuple[tuple[float, ...], tuple[str, ...]]:
    """Return the ratio and the method of each step in which an image was compressed with loss.

    Where its header does not say, they follow from its transfer syntax and its size; there is no
    ratio where these tell nothing either.
    """
    raster = instance.raster
    method = _METHODS.get(instance.transfer_syntax_uid)
    methods = raster.lossy_methods or (method or _UNKNOWN_METHOD,)
    if raster.lossy_ratios or method is None:
        return raster.lossy_ratios, methods
    pixels = (raster.rows or 0) * (raster.columns or 0) * raster.frames * raster.samples
    unpacked_bytes = pixels * (raster.bits_stored or raster.bits_allocated or 0) / 8
    return (max(1.0, unpacked_bytes / max(1, instance.origin.size_bytes)),), methods


def code_item(value: str, scheme: str, meaning: str) -> Dataset:
    """Return a code as an item of a sequence (PS3.3 8.8)."""
    item = Dataset()
    item.CodeValue = value
    item.CodingSchemeDesignator = scheme
    item.CodeMeaning = meaning
    return item


def _source(sop_instance_uid: str, sop_class_uid: str) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID = sop_class_uid
    item.ReferencedSOPInstanceUID = sop_instance_uid
    purpose = code_item("121329", "DCM", "Source image for montage")
    item.PurposeOfReferenceCodeSequence = DicomSequence([purpose])
    return item


def _add_pixels(data: Dataset, frames: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> None:
    count, rows, columns, _ = frames.shape
    data.NumberOfFrames = count
    data.FrameIncrementPointer = 0x00182001  # Page Number Vector
    data.PageNumberVector = list(range(1, count + 1))
    add_colours(data, rows, columns, frames.tobytes())


def add_colours(data: Dataset, rows: int, columns: int, pixels: bytes) -> None:
    """Add pixels of 8 bits RGB, pixel by pixel."""
    data.SamplesPerPixel = 3
    data.PhotometricInterpretation = "RGB"
    data.PlanarConfiguration = 0
    data.Rows, data.Columns = rows, columns
    data.BitsAllocated = data.BitsStored = 8
    data.HighBit = 7
    data.PixelRepresentation = 0
    data.add_new(0x7FE00010, "OB", pixels + b"\0" * (len(pixels) % 2))
