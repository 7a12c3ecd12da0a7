"""Which of the studies that an archive named are ductograms, as far as names and codes tell.

An answer becomes a header, and the header is read and decided on as any other is.
"""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import date
from io import BytesIO

from pydicom import dcmwrite
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence as DicomSequence
from pydicom.uid import (
    DigitalMammographyXRayImageStorageForPresentation,
    ImplicitVRLittleEndian,
)

from ductdicom.classify.decide import classify_study
from ductdicom.classify.engine import Engine
from ductdicom.errors import NotDicomError, UnreadableError
from ductdicom.ingest.headers.instance import read_instance
from ductdicom.model.call import ExamCall, ExamKind
from ductdicom.model.instance import Instance, Patient
from ductdicom.model.origin import Origin
from ductdicom.pacs.pull.query import MAMMOGRAPHY, NAMING_KEYS, is_mammography, read_day, text
from ductdicom.pipeline.gather import gather
from ductdicom.pipeline.masking import hide_identity

_NOT_READ = (ValueError, TypeError, AttributeError, OverflowError, KeyError)
# What names an examination in the items of a request, or of a code.
_NAMES_OF_ITEMS = (
    *("CodeValue", "CodeMeaning", "RequestedProcedureDescription"),
    *("ScheduledProcedureStepDescription", "RequestedProcedureCodeSequence"),
    "ScheduledProtocolCodeSequence",
)
_NOT_OF_AN_OBJECT = ("QueryRetrieveLevel", "RetrieveAETitle", "InstanceAvailability", "RetrieveURL")


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A study of the archive, and what its names and codes make of it.

    Attributes
    ----------
    number
        How many objects the archive says that it has; None where it does not say.
    why
        What decided, without what names anybody.
    is_nameless
        Neither the study nor a series has a name or code by which it could be told.
    prior_of
        The study for whose sake an earlier one is fetched.
    """

    study_uid: str
    day: date | None
    patient: Patient
    accession_number: str
    number: int | None
    exam: str
    why: str
    is_wanted: bool
    is_nameless: bool = False
    prior_of: str = ""


def choose(study: Dataset, series: Sequence[Dataset], engine: Engine) -> Choice:
    """Decide on a study by an answer of the archive, and the answers about its series.

    A name that may mean a ductography, and that the images must confirm, is wanted, too.
    """
    members = [one for one in series if is_mammography(one)] or [Dataset()]
    headers = [header_of(study, one, number) for number, one in enumerate(members, 1)]
    instances = [header for header in headers if header is not None]
    exam = _exam(instances, engine)
    says = [item for item in exam.evidence if item.says == ExamKind.DUCTOGRAM] if exam else []
    is_named = exam is not None and exam.kind is ExamKind.DUCTOGRAM
    reasons = says or (exam.evidence if exam else ())
    number = text(study, "NumberOfStudyRelatedInstances")
    return Choice(
        study_uid=text(study, "StudyInstanceUID"),
        day=read_day(text(study, "StudyDate")),
        patient=instances[0].patient if instances else Patient(),
        accession_number=text(study, "AccessionNumber"),
        number=int(number) if number.isdecimal() else None,
        exam=str(exam.kind if exam else "unknown") if is_named or not says else "perhaps",
        why="; ".join(f"{item.rule}: {item.value}" for item in reasons[:1]),
        is_wanted=is_named or bool(says),
        is_nameless=not any(_has_name(part) for part in (study, *members)),
    )


def _has_name(answer: Dataset) -> bool:
    """Tell whether anything names an examination; archives answer with empty sequences, too."""
    return any(_says(answer, key) for key in NAMING_KEYS)


def _says(answer: Dataset, keyword: str) -> bool:
    value = answer.get(keyword)
    if isinstance(value, DicomSequence):
        return any(_says(item, key) for item in value for key in _NAMES_OF_ITEMS)
    return bool(text(answer, keyword))


def header_of(study: Dataset, series: Dataset, number: int) -> Instance | None:
    """Return the header that an object of a series would have, None where it cannot be made.

    Texts keep their bytes and their character set, as far as the archive gave them so.
    """
    header = _joined(study, series)
    for keyword in _NOT_OF_AN_OBJECT:
        if keyword in header:
            delattr(header, keyword)
    header.Modality = MAMMOGRAPHY
    header.SOPClassUID = DigitalMammographyXRayImageStorageForPresentation
    header.SOPInstanceUID = f"2.25.{number}"
    header.file_meta = FileMetaDataset()
    header.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    stream = BytesIO()
    try:
        dcmwrite(stream, header, enforce_file_format=True)
        return read_instance(Origin(file=str(number), source=str(number)), stream)
    except (NotDicomError, UnreadableError, *_NOT_READ):
        return None


def _joined(study: Dataset, series: Dataset) -> Dataset:
    """Return what both say; each answer is written in a character set of its own."""
    parts = [study, series]
    sets = [part.get("SpecificCharacterSet") for part in parts]
    is_mixed = sets[1] is not None and sets[0] != sets[1]
    if is_mixed:
        parts = deepcopy(parts)
        for part in parts:
            part.decode()
    header = Dataset()
    for part in parts:
        for tag in part.keys():  # noqa: SIM118 - its values would be decoded
            item = part.get_item(tag)
            if tag not in header or item.value:  # a name of the study is no name of none
                header[tag] = item
    if is_mixed:
        header.SpecificCharacterSet = "ISO_IR 192"
    return header


def _exam(instances: Sequence[Instance], engine: Engine) -> ExamCall | None:
    if not instances:
        return None
    gathered = gather(instances, lambda origin: origin.label)
    gathered, _ = hide_identity(gathered, engine.vocabulary)
    return classify_study(gathered.parts[0].study, engine).exam
