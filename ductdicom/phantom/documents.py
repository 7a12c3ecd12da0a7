"""Objects that are no images: a rejection note and a report.

References
----------
* DICOM PS3.3 A.35.4, Key Object Selection Document; A.35.1, Basic Text SR
* IHE RAD TF-2 4.66, Rejection Note Stored (IOCM)
"""

from pydicom.dataset import Dataset

from ductdicom.phantom.codes import code_item, sample_uid
from ductdicom.phantom.dataset import FOR_PRESENTATION
from ductdicom.phantom.spec import MammogramSpec

_KEY_OBJECTS = "1.2.840.10008.5.1.4.1.1.88.59"
_BASIC_TEXT = "1.2.840.10008.5.1.4.1.1.88.11"


def rejection_note(spec: MammogramSpec, study_uid: str, rejected: tuple[str, ...]) -> Dataset:
    """Return a key object selection "Rejected for Quality Reasons" (113001, DCM).

    Parameters
    ----------
    rejected
        SOP Instance UIDs of images in series 2 of the study.
    """
    note = _document(spec, study_uid, _KEY_OBJECTS, "KO")
    note.SeriesNumber = 90
    note.ConceptNameCodeSequence = [code_item("113001", "DCM", "Rejected for Quality Reasons")]
    note.CurrentRequestedProcedureEvidenceSequence = [_evidence(study_uid, rejected)]
    note.ContentTemplateSequence = [_template("2010")]
    note.ContentSequence = [_image_item(uid) for uid in rejected]
    return note


def text_report(spec: MammogramSpec, study_uid: str) -> Dataset:
    """Return a short text report, as an archive holds it beside the images."""
    report = _document(spec, study_uid, _BASIC_TEXT, "SR")
    report.SeriesNumber = 91
    report.CompletionFlag = "COMPLETE"
    report.VerificationFlag = "UNVERIFIED"
    report.PerformedProcedureCodeSequence = []
    report.ConceptNameCodeSequence = [code_item("18748-4", "LN", "Diagnostic imaging report")]
    item = Dataset()
    item.RelationshipType = "CONTAINS"
    item.ValueType = "TEXT"
    item.ConceptNameCodeSequence = [code_item("121071", "DCM", "Finding")]
    item.TextValue = "Synthetic sample. The filled duct branches regularly, no filling defect."
    report.ContentSequence = [item]
    return report


def _document(spec: MammogramSpec, study_uid: str, sop_class_uid: str, modality: str) -> Dataset:
    document = Dataset()
    document.SpecificCharacterSet = spec.charset
    document.SOPClassUID = sop_class_uid
    document.SOPInstanceUID = sample_uid(study_uid, modality, "object")
    document.StudyInstanceUID = study_uid
    document.SeriesInstanceUID = sample_uid(study_uid, modality, "series")
    document.Modality = modality
    document.PatientName = spec.person.name
    document.PatientID = spec.person.patient_id
    document.IssuerOfPatientID = spec.person.issuer
    document.PatientBirthDate = spec.person.birth_date
    document.PatientSex = spec.person.sex
    moment = spec.study_at or ""
    document.StudyDate, document.StudyTime = moment[:8], moment[8:]
    document.ContentDate, document.ContentTime = moment[:8], "101500"
    document.StudyID = spec.study_id or ""
    document.AccessionNumber = spec.accession_number or ""
    document.ReferringPhysicianName = ""
    document.Manufacturer = spec.device.manufacturer
    document.InstanceNumber = 1
    document.ReferencedPerformedProcedureStepSequence = []
    document.ValueType = "CONTAINER"
    document.ContinuityOfContent = "SEPARATE"
    return document


def _evidence(study_uid: str, uids: tuple[str, ...]) -> Dataset:
    series = Dataset()
    series.SeriesInstanceUID = sample_uid("inverse-right", "series", 2)
    series.ReferencedSOPSequence = [_reference(uid) for uid in uids]
    study = Dataset()
    study.StudyInstanceUID = study_uid
    study.ReferencedSeriesSequence = [series]
    return study


def _reference(uid: str) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID = FOR_PRESENTATION
    item.ReferencedSOPInstanceUID = uid
    return item


def _image_item(uid: str) -> Dataset:
    item = Dataset()
    item.RelationshipType = "CONTAINS"
    item.ValueType = "IMAGE"
    item.ReferencedSOPSequence = [_reference(uid)]
    return item


def _template(identifier: str) -> Dataset:
    item = Dataset()
    item.MappingResource = "DCMR"
    item.TemplateIdentifier = identifier
    return item
