"""What else there is of the patient, with which a ductogram is read."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import lru_cache
from types import MappingProxyType

from msgspec.structs import replace

from ductdicom.language.lexicon import scan_text
from ductdicom.model.call import ExamKind, Kind
from ductdicom.model.instance import Level, Patient
from ductdicom.model.outcome import ProblemCode
from ductdicom.model.study import Companion, ImageCall, StudyCall
from ductdicom.pairing.priors import is_same_patient
from ductdicom.vocabulary.terms import Vocabulary

# DICOM PS3.3 C.7.3.1.1.1 (Modality); what shows no breast, or no image, is no companion.
_OF_MODALITY: Mapping[str, str] = MappingProxyType(
    {
        "US": "ultrasound",
        "MR": "MRI",
        "CT": "CT",
        "PT": "PET",
        "NM": "nuclear medicine",
        "ES": "endoscopy",  # ductoscopy
        "CR": "radiograph",
        "DX": "radiograph",
        "RF": "fluoroscopy",
        "XA": "fluoroscopy",
    }
)
_MR_DUCTOGRAPHY = "MR ductography"
_OF_KIND: Mapping[Kind, str] = MappingProxyType(
    {
        Kind.TOMOSYNTHESIS: "tomosynthesis",
        Kind.CONTRAST_MAMMOGRAM: "contrast mammogram",
        Kind.BIOPSY: "biopsy",
        Kind.LOCALISATION: "localisation",
        Kind.SPECIMEN: "specimen radiograph",
    }
)
_OF_EXAM: Mapping[ExamKind, str] = MappingProxyType(
    {
        ExamKind.DUCTOGRAM: "ductogram",
        ExamKind.MAMMOGRAM: "mammogram",
        ExamKind.CONTRAST_MAMMOGRAM: "contrast mammogram",
    }
)
_NAMING = {Level.STUDY, Level.SERIES}


def find_companions(
    study: StudyCall, others: Sequence[StudyCall], vocabulary: Vocabulary
) -> tuple[Companion, ...]:
    """Return what else there is of a study's patient, the oldest first.

    Parameters
    ----------
    others
        Studies that may be the patient's. Of those that are certainly his, each kind of image is a
        companion; of none where two of them contradict each other about who that is.

    Returns
    -------
    tuple
        Among it what the study itself holds of other modalities.
    """
    own_patients = _patients(study)
    his = [other for other in others if _are_one(own_patients, _patients(other))]
    named = frozenset().union(*map(_patients, his))
    if not _are_one(named, named):
        his = []  # an ID of two people, and nothing tells which of them this one is
    is_of_breast = study.exam.kind in _OF_EXAM
    own = [image for image in study.images if is_of_breast and image.kind is Kind.OTHER_MODALITY]
    found = [*_companions(study, own, vocabulary)]
    for other in his:
        found += _companions(other, other.images, vocabulary)
    return in_time(found)


def _companions(
    study: StudyCall, images: Sequence[ImageCall], vocabulary: Vocabulary
) -> Iterator[Companion]:
    kinds = Counter(_what(image, study, vocabulary) for image in images if not image.is_excluded)
    on = day_of(study)
    for kind in sorted(kinds.keys() - {""}):
        yield Companion(
            kind=kind,
            study_date=on,
            study_instance_uid=study.study.study_instance_uid,
            objects=kinds[kind],
        )


def day_of(study: StudyCall) -> date | None:
    """Return the earliest study date of a study's images."""
    days = [i.instance.study_date for i in study.images if i.instance.study_date is not None]
    return min(days, default=None)


def _what(image: ImageCall, study: StudyCall, vocabulary: Vocabulary) -> str:
    """Say what an image is in words; nothing of what is none, or of no known modality."""
    if image.kind is Kind.OTHER_MODALITY:
        modality = (image.instance.modality or "").strip().upper()
        if modality == "MR" and _names_a_ductography(image, vocabulary):
            return _MR_DUCTOGRAPHY
        return _OF_MODALITY.get(modality, "")
    if image.kind is Kind.VIEW or image.kind is Kind.SYNTHETIC:
        return _OF_EXAM.get(study.exam.kind, "")
    return _OF_KIND.get(image.kind, "")


def _names_a_ductography(image: ImageCall, vocabulary: Vocabulary) -> bool:
    """Tell whether a text names the ductography by MR, which is another procedure than ours."""
    texts = (text.value for text in image.instance.texts if text.level in _NAMING)
    return any(_is_mr_ductography(text, vocabulary) for text in texts)


@lru_cache(maxsize=1024)  # every slice says the same
def _is_mr_ductography(text: str, vocabulary: Vocabulary) -> bool:
    phrases = scan_text(text, vocabulary).phrases
    return any(phrase.has("other_procedure") and phrase.text.startswith("mr") for phrase in phrases)


def _patients(study: StudyCall) -> frozenset[Patient]:
    """Return whom a study's headers name; nobody where that is in doubt."""
    if any(problem.code is ProblemCode.PATIENT_CONFLICT for problem in study.problems):
        return frozenset()
    patients = {instance.patient for instance in study.study.instances}
    return frozenset(
        # An age is that of the study's day, and says less than the birth date.
        replace(patient, age=None) if patient.birth_date else patient
        for patient in patients
        if (patient.patient_id or "").strip()
    )


def _are_one(some: Collection[Patient], others: Collection[Patient]) -> bool:
    """Tell whether all of some are certainly the same patient as all of others."""
    return bool(some and others) and all(is_same_patient(a, b) for a in some for b in others)


def in_time(companions: Iterable[Companion]) -> tuple[Companion, ...]:
    """Return companions in a stable order, the oldest first, those without a date before them."""
    return tuple(
        sorted(companions, key=lambda c: (str(c.study_date or ""), c.kind, c.study_instance_uid))
    )
