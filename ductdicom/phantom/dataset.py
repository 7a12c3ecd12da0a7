"""Digital Mammography X-Ray Image objects from an array and a specification.

References
----------
* DICOM PS3.3 A.26 and A.27, Digital X-Ray and Digital Mammography X-Ray Image IODs
* DICOM PS3.3 C.8.11, the modules of projection radiography
"""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from ductdicom.phantom.codes import (
    code_item,
    code_sequence,
    put,
    sample_uid,
    split_moment,
    view_code,
)
from ductdicom.phantom.orientation import hung_orientation
from ductdicom.phantom.spec import MammogramSpec
from ductdicom.phantom.technique import put_grey, put_pixels, put_technique

FOR_PRESENTATION = "1.2.840.10008.5.1.4.1.1.1.2"
FOR_PROCESSING = "1.2.840.10008.5.1.4.1.1.1.2.1"


def mammogram_dataset(
    pixels: NDArray[np.unsignedinteger[Any]],
    spec: MammogramSpec | None = None,
    **changes: Any,
) -> Dataset:
    """Return a whole mammogram object, uncompressed, ready to be written.

    Parameters
    ----------
    pixels
        Stored values, shape ``(rows, columns)``, as stored (turned already).
    spec
        What the header says; a plain left CC of :class:`MammogramSpec` if None.
    changes
        Fields of the specification to replace.

    Returns
    -------
    Dataset
        Without file meta; equal arguments give equal objects.
    """
    spec = replace(spec or MammogramSpec(), **changes)
    dataset = Dataset()
    for part in (_patient, _study, _series, _equipment, _image, _anatomy, _relations):
        part(dataset, spec)
    put_technique(dataset, spec)
    put_grey(dataset, spec)
    put_pixels(dataset, pixels, spec)
    for keyword, value in spec.extra.items():
        if value is not None:
            setattr(dataset, keyword, value)
        elif keyword in dataset:
            delattr(dataset, keyword)
    return dataset


def _patient(dataset: Dataset, spec: MammogramSpec) -> None:
    person = spec.person
    dataset.SpecificCharacterSet = spec.charset
    put(
        dataset,
        PatientName=person.name,
        PatientID=person.patient_id,
        IssuerOfPatientID=person.issuer,
        PatientBirthDate=person.birth_date,
        PatientSex=person.sex,
        PatientAge=person.age,
    )
    if spec.is_deidentified:
        dataset.PatientIdentityRemoved = "YES"
        dataset.LongitudinalTemporalInformationModified = "REMOVED"
        dataset.DeidentificationMethodCodeSequence = [
            code_item("113100", "DCM", "Basic Application Confidentiality Profile")
        ]


def _study(dataset: Dataset, spec: MammogramSpec) -> None:
    date, time = split_moment(spec.study_at)
    put(
        dataset,
        StudyInstanceUID=spec.study_instance_uid or sample_uid("study"),
        StudyDate=date or "",
        StudyTime=time or "",
        StudyID=spec.study_id or "",
        AccessionNumber=spec.accession_number or "",
        ReferringPhysicianName="",
        StudyDescription=spec.texts.study,
    )
    if spec.procedure_codes:
        dataset.ProcedureCodeSequence = code_sequence(spec.procedure_codes)
    if spec.texts.requested is not None:
        request = Dataset()
        request.RequestedProcedureDescription = spec.texts.requested
        request.RequestedProcedureID = spec.study_id or "1"
        request.ScheduledProcedureStepDescription = spec.texts.requested
        request.ScheduledProcedureStepID = "1"
        dataset.RequestAttributesSequence = [request]


def _series(dataset: Dataset, spec: MammogramSpec) -> None:
    date, time = split_moment(spec.series_at)
    put(
        dataset,
        Modality="MG",
        PresentationIntentType=spec.intent,
        SeriesInstanceUID=spec.series_instance_uid or sample_uid("series", spec.series_number),
        SeriesNumber=spec.series_number,
        SeriesDate=date,
        SeriesTime=time,
        SeriesDescription=spec.texts.series,
        ProtocolName=spec.texts.protocol,
        PerformedProcedureStepDescription=spec.texts.step,
        CommentsOnThePerformedProcedureStep=spec.texts.step_comments,
        OperatorsName=None if spec.is_deidentified else "SAMPLE^OPERATOR",
    )


def _equipment(dataset: Dataset, spec: MammogramSpec) -> None:
    device = spec.device
    put(
        dataset,
        Manufacturer=device.manufacturer,
        ManufacturerModelName=device.model,
        SoftwareVersions=device.software,
        DeviceSerialNumber=None if spec.is_deidentified else device.serial,
        StationName=None if spec.is_deidentified else device.station,
        InstitutionName=None if spec.is_deidentified else "SAMPLE HOSPITAL",
        InstitutionAddress=None if spec.is_deidentified else "1 SAMPLE STREET, SAMPLE CITY",
    )
    if device.has_clinical_view and isinstance(spec.view, str) and not spec.is_deidentified:
        block = dataset.private_block(0x0045, "GEMS_SENO_02", create=True)
        block.add_new(0x1B, "LO", f"{spec.laterality}{spec.view}")


def _image(dataset: Dataset, spec: MammogramSpec) -> None:
    is_processing = spec.intent == "FOR PROCESSING"
    date, time = split_moment(spec.acquired_at)
    orientation = spec.patient_orientation
    if orientation is None and isinstance(spec.view, str):
        orientation = hung_orientation(spec.view, spec.laterality or "L")
    put(
        dataset,
        SOPClassUID=spec.sop_class_uid or (FOR_PROCESSING if is_processing else FOR_PRESENTATION),
        SOPInstanceUID=spec.sop_instance_uid or sample_uid("image", spec.label),
        ImageType=list(spec.image_type),
        InstanceNumber=spec.instance_number,
        AcquisitionNumber=spec.acquisition_number,
        AcquisitionDate=date,
        AcquisitionTime=time,
        ContentDate=date or "",
        ContentTime=time or "",
        PatientOrientation=list(orientation or ()) or "",
        ImageComments=spec.texts.image,
        DerivationDescription=spec.texts.derivation,
        BurnedInAnnotation="NO",
        LossyImageCompression="00",
        QualityControlImage="NO",
        IrradiationEventUID=spec.irradiation_event_uid,
    )
    dataset.setdefault("InstanceNumber", "")
    dataset.AcquisitionContextSequence = []


def _anatomy(dataset: Dataset, spec: MammogramSpec) -> None:
    put(
        dataset,
        ImageLaterality=spec.laterality,
        OrganExposed="BREAST",
        BodyPartExamined="BREAST",
        ViewPosition=spec.view_position,
        BreastImplantPresent="NO",
        PartialView=None,
    )
    scheme = spec.device.view_scheme
    region = ("76752008", "SCT") if scheme == "SCT" else ("T-04000", scheme)
    dataset.AnatomicRegionSequence = [code_item(*region, "Breast")]
    dataset.ViewCodeSequence = []
    if spec.view is not None:
        item = view_code(spec.view, scheme)
        item.ViewModifierCodeSequence = code_sequence(spec.modifiers, scheme)
        dataset.ViewCodeSequence = [item]


def _relations(dataset: Dataset, spec: MammogramSpec) -> None:
    if spec.predecessor_uid is None:
        return
    source = Dataset()
    source.ReferencedSOPClassUID = FOR_PROCESSING
    source.ReferencedSOPInstanceUID = spec.predecessor_uid
    source.SpatialLocationsPreserved = "YES"
    source.PurposeOfReferenceCodeSequence = [
        code_item("121358", "DCM", "For Processing predecessor")
    ]
    dataset.SourceImageSequence = [source]
