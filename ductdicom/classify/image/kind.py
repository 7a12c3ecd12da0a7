"""What each object is; only 2D views of a breast can stand in a row.

Every object has a kind and the words that made it one; nothing is dropped.
"""

from collections.abc import Iterator
from functools import lru_cache

from ductdicom.classify.image.subject import REMEMBERED, Subject
from ductdicom.language.codes import SPECIMEN, view_of
from ductdicom.model.call import Kind
from ductdicom.model.instance import BREAST_TOMOSYNTHESIS, MAMMOGRAMS, Level
from ductdicom.model.value import Value

_STORAGE = "1.2.840.10008.5.1.4.1.1."
_PROJECTION_CLASSES = (_STORAGE + "13.1.4", _STORAGE + "13.1.5")
_DIGITISED_FILM = "DF"  # DICOM PS3.3 C.8.6.1, Conversion Type
_CAPTURE_CLASS = _STORAGE + "7"
_REPORT_CLASSES = (_STORAGE + "88", _STORAGE + "104")
_PRESENTATION_CLASS = _STORAGE + "11"

# Modalities in which a breast may have been imaged by X-ray: mammography, its plates and films.
_BREAST_MODALITIES = {"MG", "CR", "DX", "RG", "SC", "OT"}

_BIOPSY_TERMS = {
    "STEREO_SCOUT",
    "STEREO_MINUS",
    "STEREO_PLUS",
    "PREFIRE",
    "PREFIRE_MINUS",
    "PREFIRE_PLUS",
    "POSTFIRE",
    "POSTFIRE_MINUS",
    "POSTFIRE_PLUS",
    "POSTBIOPSY",
    "POSTBIOPSY_MINUS",
    "POSTBIOPSY_PLUS",
    "POSTMARKER",
    "TOMO_SCOUT",
}
_CONTRAST_MAMMOGRAM_TERMS = {
    "LOW_ENERGY",
    "HIGH_ENERGY",
    "SUBTRACTION",
    "RECOMBINED",
    "IODINE",
    "CESM",
    "CEDM",
}
_SYNTHETIC_TERMS = {"GENERATED_2D", "TOMO_2D", "MAXIMUM"}
_TOMOSYNTHESIS_TERMS = {"TOMOSYNTHESIS", "TOMO"}
_PROJECTION_TERMS = {"TOMO_PROJ", "TOMO_PROJECTION"}

# The order matters: the first that applies names the kind.
_TEXT_KINDS = {
    "quality-control": Kind.QUALITY_CONTROL,
    "rejected": Kind.REJECTED,
    "contrast-mammogram": Kind.CONTRAST_MAMMOGRAM,
    "specimen": Kind.SPECIMEN,
    "biopsy": Kind.BIOPSY,
    "localisation": Kind.LOCALISATION,
    "synthetic": Kind.SYNTHETIC,
}


class KindCall(Value, frozen=True):
    """What an object is, and the words that say so."""

    kind: Kind
    reason: str


@lru_cache(maxsize=REMEMBERED)
def decide_kind(subject: Subject) -> KindCall:
    """Decide what one object is, from its own header.

    Where the header names a ductography, a text makes another kind of an image only if all of its
    clause is understood to be about the image: "L CC BIOPSY" does, "biopsy tomorrow" does not.

    References
    ----------
    * DICOM PS3.3 C.8.11.7.1.4 and C.8.21.6.1.1 (Image Type of breast X-ray images)
    * DICOM PS3.4 B.5 (storage SOP classes)
    """
    return next(_kinds(subject))


def _kinds(subject: Subject) -> Iterator[KindCall]:
    yield from _by_class_and_modality(subject)
    yield from _by_quality_control(subject)
    yield from _by_private_pixels(subject)
    yield from _by_image_type(subject)
    yield from _by_procedure_step(subject)
    yield from _by_words(subject)
    yield from _by_capture(subject)
    yield from _by_shape(subject)
    yield KindCall(kind=Kind.VIEW, reason="2D mammogram")


def _by_class_and_modality(subject: Subject) -> Iterator[KindCall]:
    instance = subject.instance
    sop_class = instance.sop_class_uid
    if _is_below(sop_class, *_REPORT_CLASSES):
        yield KindCall(kind=Kind.REPORT, reason="report or document")
    if _is_below(sop_class, _PRESENTATION_CLASS):
        yield KindCall(kind=Kind.PRESENTATION_STATE, reason="presentation state")
    modality = (instance.modality or "").strip().upper()
    is_breast_class = sop_class in MAMMOGRAMS or sop_class == BREAST_TOMOSYNTHESIS
    if sop_class in _PROJECTION_CLASSES:
        is_breast_class = True
    if not is_breast_class and modality not in _BREAST_MODALITIES:
        yield KindCall(kind=Kind.OTHER_MODALITY, reason=f"modality {modality or 'unknown'}")
    if not is_breast_class and modality != "MG" and not _names_a_breast(subject):
        if _is_below(sop_class, _CAPTURE_CLASS):
            yield KindCall(kind=Kind.CAPTURE, reason="secondary capture")
        yield KindCall(kind=Kind.OTHER_MODALITY, reason=f"modality {modality}, no breast view")
    has_image = instance.raster.has_pixels or instance.raster.rows is not None
    if not has_image and not is_breast_class:  # of those, the image was lost
        yield KindCall(kind=Kind.REPORT, reason="object without an image")


def _is_below(uid: str, *roots: str) -> bool:
    return any(uid == root or uid.startswith(root + ".") for root in roots)


def _names_a_breast(subject: Subject) -> bool:
    breast = subject.instance.breast
    body_part = (breast.body_part or "").upper()
    return bool(
        "BREAST" in body_part
        or any(view_of(code, subject.vocabulary) for code in breast.view_codes or ())
        or any(reading.is_ductography for _, reading in subject.readings)
    )


def _by_quality_control(subject: Subject) -> Iterator[KindCall]:
    instance = subject.instance
    if instance.purpose.is_quality_control or instance.purpose.is_calibration:
        yield KindCall(kind=Kind.QUALITY_CONTROL, reason="quality control or calibration image")
    # Words in the patient's name and ID, as test objects are registered; heuristic.
    words = set()
    for value in (instance.patient.name, instance.patient.patient_id):
        words |= set((value or "").upper().replace("^", " ").replace("_", " ").split())
    if words & subject.vocabulary.phantom_names and _looks_like_a_test(subject):
        yield KindCall(kind=Kind.QUALITY_CONTROL, reason="registered as a test object")


def _looks_like_a_test(subject: Subject) -> bool:
    """Tell whether anything but name and ID speaks of a test object: FLAT is a surname, too."""
    breast = subject.instance.breast
    own = [reading for _, reading in subject.texts(Level.IMAGE, Level.SERIES)]
    has_view = bool(breast.view_codes or breast.view_position) or any(r.views for r in own)
    side = (breast.image_laterality or breast.series_laterality or "").strip()
    has_side = bool(side) or any(reading.laterality for reading in own)
    says_so = any("quality-control" in reading.kinds for _, reading in subject.readings)
    return says_so or not (has_view and has_side)


def _by_private_pixels(subject: Subject) -> Iterator[KindCall]:
    """Tell captures in which the picture is a stand-in for a stack that is elsewhere."""
    instance = subject.instance
    if instance.raster.has_private_pixels and _is_below(instance.sop_class_uid, _CAPTURE_CLASS):
        words = "tomosynthesis in private elements, which its maker's programs alone read"
        yield KindCall(kind=Kind.CAPTURE, reason=words)


def _by_image_type(subject: Subject) -> Iterator[KindCall]:
    terms = set(subject.image_type_terms())
    sop_class = subject.instance.sop_class_uid
    if "STEREO" in terms and terms & {"LEFT", "RIGHT"}:
        yield KindCall(kind=Kind.BIOPSY, reason="Image Type STEREO of one direction")
    if (subject.instance.purpose.detector_mode or "").upper() == "STEREO":
        yield KindCall(kind=Kind.BIOPSY, reason="Detector Mode STEREO")
    for kind, known in (
        (Kind.BIOPSY, _BIOPSY_TERMS),
        (Kind.PROJECTION, _PROJECTION_TERMS),
        (Kind.SYNTHETIC, _SYNTHETIC_TERMS),
    ):
        if terms & known:
            yield KindCall(kind=kind, reason=f"Image Type {min(terms & known)}")
    if sop_class in _PROJECTION_CLASSES:
        yield KindCall(kind=Kind.PROJECTION, reason="breast projection object")
    dual_energy = dual_energy_sign(subject)
    if dual_energy is not None:
        yield KindCall(kind=Kind.CONTRAST_MAMMOGRAM, reason=dual_energy[1])
    if terms & _TOMOSYNTHESIS_TERMS or sop_class == BREAST_TOMOSYNTHESIS:
        yield KindCall(kind=Kind.TOMOSYNTHESIS, reason="tomosynthesis")


@lru_cache(maxsize=REMEMBERED)
def dual_energy_sign(subject: Subject) -> tuple[str, str] | None:
    """Return the tag and the value of what only dual-energy mammography writes, if it is there."""
    terms = set(subject.image_type_terms()) & _CONTRAST_MAMMOGRAM_TERMS
    if terms:
        return "(0008,0008)", f"Image Type {min(terms)}"
    if "CESM" in (subject.instance.purpose.processing_code or "").upper():
        return "(0018,1401)", "dual-energy processing code"
    return None


def _by_procedure_step(subject: Subject) -> Iterator[KindCall]:
    instance = subject.instance
    if instance.purpose.has_biopsy_target:
        yield KindCall(kind=Kind.BIOPSY, reason="biopsy target")
    for code in instance.breast.view_codes or ():
        if view_of(code, subject.vocabulary) == SPECIMEN:
            yield KindCall(kind=Kind.SPECIMEN, reason="view of a specimen")


def _by_words(subject: Subject) -> Iterator[KindCall]:
    """Yield kinds that the image's or the series' own words name, not a copy of the study's."""
    own = [
        (text, reading, subject.own_kinds(text, reading))
        for text, reading in subject.texts(Level.IMAGE, Level.SERIES)
    ]
    for word, kind in _TEXT_KINDS.items():
        for text, reading, kinds in own:
            if word == "contrast-mammogram" and reading.is_ductography:
                continue  # texts call a ductography a special contrast mammography
            if word in kinds:
                yield KindCall(kind=kind, reason=f"{text.tag} says {word}")


def _by_capture(subject: Subject) -> Iterator[KindCall]:
    """Tell film digitised, tomosynthesis stored as a capture, and screen captures apart."""
    instance = subject.instance
    if not _is_below(instance.sop_class_uid, _CAPTURE_CLASS):
        return
    breast = instance.breast
    image_type = tuple(value.upper() for value in instance.image_type or ())
    has_view = bool(breast.view_codes or breast.view_position)
    if instance.purpose.conversion_type == _DIGITISED_FILM and has_view:
        return
    if instance.raster.samples > 1 or image_type[:2] == ("DERIVED", "SECONDARY"):
        yield KindCall(kind=Kind.CAPTURE, reason="secondary capture")
    if (instance.modality or "").upper() == "MG" and image_type[:1] == ("ORIGINAL",):
        if not has_view:
            yield KindCall(kind=Kind.PROJECTION, reason="original stored as a capture, no view")
        return
    if not has_view:
        yield KindCall(kind=Kind.CAPTURE, reason="secondary capture without a view")


def _by_shape(subject: Subject) -> Iterator[KindCall]:
    instance = subject.instance
    is_doubted = instance.damage and instance.sop_class_uid in MAMMOGRAMS  # which have one frame
    if instance.raster.frames > 1 and not is_doubted:
        yield KindCall(kind=Kind.TOMOSYNTHESIS, reason="several frames")
