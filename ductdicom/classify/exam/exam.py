"""What the examination is: a question apart from when each image was taken.

The procedure's name always contains the idea of contrast; it only answers this question.
"""

from collections.abc import Sequence

from ductdicom.classify.engine import Thresholds
from ductdicom.classify.exam.rules import (
    dual_energy,
    filled_ducts,
    named,
    split_by_image_type,
    unexplained_contrast,
)
from ductdicom.classify.image.seen import Seen
from ductdicom.model.call import Confidence, Evidence, ExamCall, ExamKind, Kind, Strength

_FILM_MODALITIES = {"MG", "CR", "DX", "RG"}
_NOT_OF_THE_BREAST = {
    Kind.OTHER_MODALITY,
    Kind.REPORT,
    Kind.PRESENTATION_STATE,
    Kind.CAPTURE,
    Kind.QUALITY_CONTROL,
}


def decide_exam(images: Sequence[Seen], thresholds: Thresholds) -> ExamCall:
    """Decide what a study's examination is.

    Explicit evidence is a procedure code, or contrast that can only have gone into a duct, or
    images that only dual-energy mammography makes. A name in a text is weaker. Where both
    examinations are named, the one with the stronger evidence is taken.

    References
    ----------
    * DICOM PS3.16 CID 6050 (Breast Procedure Reported)
    """
    of_breast = [image for image in images if image.kind not in _NOT_OF_THE_BREAST]
    evidence = _unique(
        [
            *named(images),
            *filled_ducts(of_breast, thresholds),
            *split_by_image_type(images),
            *dual_energy(images, thresholds),
            *unexplained_contrast(images, thresholds),
        ]
    )
    if not of_breast and not _may_be_film(images):
        return ExamCall(kind=ExamKind.OTHER, confidence=Confidence.STRONG)
    duct = _strongest_rank(evidence, ExamKind.DUCTOGRAM)
    dual = _strongest_rank(evidence, ExamKind.CONTRAST_MAMMOGRAM)
    if duct < 0 and dual < 0:
        return _without_a_name(of_breast, evidence)
    kind = ExamKind.DUCTOGRAM if duct >= dual else ExamKind.CONTRAST_MAMMOGRAM
    is_explicit = max(duct, dual) == Strength.EXPLICIT.rank
    return ExamCall(
        kind=kind,
        confidence=Confidence.CERTAIN if is_explicit else Confidence.STRONG,
        evidence=evidence,
    )


def _may_be_film(images: Sequence[Seen]) -> bool:
    """Tell whether a ductography's only images are captures, as digitised films are."""
    return any(True for _ in named(images)) and any(
        image.kind is Kind.CAPTURE and (image.instance.modality or "").upper() in _FILM_MODALITIES
        for image in images
    )


def _without_a_name(of_breast: Sequence[Seen], evidence: tuple[Evidence, ...]) -> ExamCall:
    """Decide on an examination that nothing names: contrast in it must not pass without a word."""
    if not of_breast:
        return ExamCall(kind=ExamKind.OTHER, confidence=Confidence.STRONG)
    if any(item.rule == "contrast-splits-one-breast" for item in evidence):
        return ExamCall(kind=ExamKind.DUCTOGRAM, confidence=Confidence.INFERRED, evidence=evidence)
    is_plain = not any(item.rule == "contrast-without-a-name" for item in evidence)
    return ExamCall(
        kind=ExamKind.MAMMOGRAM,
        confidence=Confidence.STRONG if is_plain else Confidence.UNKNOWN,
        evidence=evidence,
    )


def is_contested(exam: ExamCall) -> bool:
    """Tell whether evidence of both a ductography and a dual-energy examination was seen."""
    said = {item.says for item in exam.evidence if item.strength is not Strength.HINT}
    return {ExamKind.DUCTOGRAM.value, ExamKind.CONTRAST_MAMMOGRAM.value} <= said


def _strongest_rank(evidence: Sequence[Evidence], kind: ExamKind) -> int:
    ranks = [
        e.strength.rank for e in evidence if e.says == kind and e.strength is not Strength.HINT
    ]
    return max(ranks, default=-1)


def _unique(evidence: Sequence[Evidence]) -> tuple[Evidence, ...]:
    """Keep one of each reason, strongest first, in an order the input's order cannot change."""
    return tuple(sorted(set(evidence), key=_in_order))


def _in_order(item: Evidence) -> tuple[object, ...]:
    """Order reasons for a reader: the strongest first, a name before what follows from contrast."""
    is_name = item.rule in {"procedure-code", "procedure-name"}
    return -item.strength.rank, not is_name, item.rule, item.tag, item.value, item.says
