"""The attributes of an object, group by group: what it is of, what is written, where it points.

Contrast, breast, geometry, exposure and raster; texts and codes with the level of the examination
that they describe; references to other objects: source images, rejected images, the images of a
presentation.
"""

from collections.abc import Iterator
from datetime import time

from ductdicom.ingest.headers.clock import parse_date_time, parse_time
from ductdicom.ingest.headers.functional_groups import (
    Header,
    all_codes,
    first_number,
    first_pair,
    first_word,
)
from ductdicom.ingest.headers.tags import (
    CENTRICITY_LATERALITY,
    CENTRICITY_VIEW,
    CENTRICITY_VIEW_MODIFIER,
    GE_CLINICAL_VIEW,
    GE_FALLBACK_INSTANCE_UID,
    Tag,
)
from ductdicom.ingest.headers.values import Item
from ductdicom.model.instance import (
    Breast,
    Code,
    Contrast,
    Exposure,
    Geometry,
    Level,
    Raster,
    Reference,
    Text,
)

KEY_OBJECT_SELECTION = "1.2.840.10008.5.1.4.1.1.88.59"
GE_FALLBACK = "ge-fallback"
_MAX_DEPTH = 12  # of a content tree; a key object selection has two levels

_DATE_TIME_DIGITS = 14
_LOSSY_SYNTAXES = frozenset(
    {
        "1.2.840.10008.1.2.4.50",  # JPEG Baseline
        "1.2.840.10008.1.2.4.51",  # JPEG Extended
        "1.2.840.10008.1.2.4.81",  # JPEG-LS near-lossless
    }
)
_TEXTS = (
    (Tag.IMAGE_COMMENTS, Level.IMAGE),
    (Tag.ACQUISITION_PROTOCOL_DESCRIPTION, Level.IMAGE),
    (Tag.ACQUISITION_DEVICE_PROCESSING_DESCRIPTION, Level.IMAGE),
    (Tag.ACQUISITION_COMMENTS, Level.IMAGE),
    (Tag.DERIVATION_DESCRIPTION, Level.IMAGE),
    (Tag.SERIES_DESCRIPTION, Level.SERIES),
    (Tag.PROTOCOL_NAME, Level.SERIES),
    (Tag.PERFORMED_PROCEDURE_STEP_DESCRIPTION, Level.SERIES),
    (Tag.COMMENTS_ON_PERFORMED_PROCEDURE_STEP, Level.SERIES),
    (Tag.STUDY_DESCRIPTION, Level.STUDY),
    (Tag.STUDY_COMMENTS, Level.STUDY),
)
_REQUEST_TEXTS = (
    Tag.REQUESTED_PROCEDURE_DESCRIPTION,
    Tag.SCHEDULED_PROCEDURE_STEP_DESCRIPTION,
    Tag.REASON_FOR_REQUESTED_PROCEDURE,
    Tag.REQUESTED_CONTRAST_AGENT,
)
_CODES = (
    (Tag.DERIVATION_CODE_SEQUENCE, Level.IMAGE),
    (Tag.SERIES_DESCRIPTION_CODE_SEQUENCE, Level.SERIES),
    (Tag.PERFORMED_PROTOCOL_CODE_SEQUENCE, Level.SERIES),
    (Tag.PROCEDURE_CODE_SEQUENCE, Level.STUDY),
    (Tag.REASON_FOR_PERFORMED_PROCEDURE_CODE_SEQUENCE, Level.STUDY),
)
_REQUEST_CODES = (
    Tag.REQUESTED_PROCEDURE_CODE_SEQUENCE,
    Tag.SCHEDULED_PROTOCOL_CODE_SEQUENCE,
    Tag.REASON_FOR_REQUESTED_PROCEDURE_CODE_SEQUENCE,
)

_ITEMS = (Tag.INTERVENTION_SEQUENCE, Tag.REQUEST_ATTRIBUTES_SEQUENCE)

TEXT_TAGS = (*(tag for tag, _ in _TEXTS), *_REQUEST_TEXTS, *_ITEMS)
"""What of a data set `read_texts` looks at."""

CODE_TAGS = (*(tag for tag, _ in _CODES), *_REQUEST_CODES, *_ITEMS)
"""What of a data set `read_codes` looks at."""


def read_contrast(header: Header) -> Contrast:
    """Read the Contrast/Bolus and Enhanced Contrast/Bolus modules and their functional group.

    References
    ----------
    * DICOM PS3.3 C.7.6.4, C.7.6.4b and C.7.6.16.2.12
    """
    top = header.top
    agents = top.items(Tag.CONTRAST_BOLUS_AGENT_SEQUENCE)
    places = (top, *agents)
    profiles = tuple(
        profile
        for place in places
        for profile in place.items(Tag.CONTRAST_ADMINISTRATION_PROFILE_SEQUENCE)
    )
    usages = tuple(header.groups(Tag.CONTRAST_BOLUS_USAGE_SEQUENCE))
    return Contrast(
        agent=top.text(Tag.CONTRAST_BOLUS_AGENT),
        agent_codes=top.codes(Tag.CONTRAST_BOLUS_AGENT_SEQUENCE),
        route=top.text(Tag.CONTRAST_BOLUS_ROUTE),
        route_codes=all_codes(places, Tag.CONTRAST_BOLUS_ADMINISTRATION_ROUTE_SEQUENCE),
        ingredient=top.text(Tag.CONTRAST_BOLUS_INGREDIENT),
        ingredient_codes=all_codes(places, Tag.CONTRAST_BOLUS_INGREDIENT_CODE_SEQUENCE),
        volume_ml=first_number((*places, *profiles), Tag.CONTRAST_BOLUS_VOLUME),
        total_dose_ml=first_number(places, Tag.CONTRAST_BOLUS_TOTAL_DOSE),
        flow_rate_ml_s=first_number((*places, *profiles), Tag.CONTRAST_FLOW_RATE),
        started_at=_first_time((*places, *profiles), Tag.CONTRAST_BOLUS_START_TIME),
        stopped_at=_first_time((*places, *profiles), Tag.CONTRAST_BOLUS_STOP_TIME),
        is_administered=_any_claim(usages, Tag.CONTRAST_BOLUS_AGENT_ADMINISTERED),
        agent_phase=first_word(usages, Tag.CONTRAST_BOLUS_AGENT_PHASE),
    )


def read_breast(header: Header) -> Breast:
    """Read every source of side and view, undecided.

    References
    ----------
    * DICOM PS3.3 C.8.11.7, Mammography Image, and C.8.11.2, DX Anatomy Imaged
    * private labels behind their creators: pydicom's private dictionary
    """
    top = header.top
    anatomy = tuple(header.groups(Tag.FRAME_ANATOMY_SEQUENCE))
    regions = tuple(
        region for place in (top, *anatomy) for region in place.items(Tag.ANATOMIC_REGION_SEQUENCE)
    )
    views = tuple(header.groups(Tag.VIEW_CODE_SEQUENCE))
    return Breast(
        image_laterality=top.word(Tag.IMAGE_LATERALITY),
        frame_laterality=first_word((*anatomy, top), Tag.FRAME_LATERALITY),
        series_laterality=top.word(Tag.LATERALITY),
        region_modifiers=all_codes((*regions, top), Tag.ANATOMIC_REGION_MODIFIER_SEQUENCE) or (),
        view_position=top.text(Tag.VIEW_POSITION),
        view_codes=all_codes((top, *header.shared), Tag.VIEW_CODE_SEQUENCE),
        view_modifiers=all_codes((*views, top), Tag.VIEW_MODIFIER_CODE_SEQUENCE) or (),
        clinical_view=top.private_text(GE_CLINICAL_VIEW),
        pacs_laterality=top.private_text(CENTRICITY_LATERALITY),
        pacs_view=top.private_text(CENTRICITY_VIEW),
        pacs_view_modifier=top.private_text(CENTRICITY_VIEW_MODIFIER),
        body_part=top.text(Tag.BODY_PART_EXAMINED),
        has_implant=top.claims(Tag.BREAST_IMPLANT_PRESENT),
        is_partial=top.claims(Tag.PARTIAL_VIEW),
    )


def read_geometry(header: Header) -> Geometry:
    """Read spacings, magnification and positioning.

    References
    ----------
    * DICOM PS3.3 C.8.7.5, X-Ray positioner; C.8.11.7; 10.7, pixel spacings
    """
    top = header.top
    measures = header.places(Tag.PIXEL_MEASURES_SEQUENCE)
    beams = header.places(Tag.X_RAY_GEOMETRY_SEQUENCE)
    return Geometry(
        imager_pixel_spacing_mm=first_pair(measures, Tag.IMAGER_PIXEL_SPACING),
        pixel_spacing_mm=first_pair(measures, Tag.PIXEL_SPACING),
        calibration_type=top.word(Tag.PIXEL_SPACING_CALIBRATION_TYPE),
        detector_spacing_mm=top.pair(Tag.DETECTOR_ELEMENT_SPACING),
        magnification_factor=first_number(beams, Tag.ESTIMATED_RADIOGRAPHIC_MAGNIFICATION_FACTOR),
        source_to_detector_mm=first_number(beams, Tag.DISTANCE_SOURCE_TO_DETECTOR),
        source_to_patient_mm=first_number(beams, Tag.DISTANCE_SOURCE_TO_PATIENT),
        patient_orientation=top.values(Tag.PATIENT_ORIENTATION),
        positioner_type=top.word(Tag.POSITIONER_TYPE),
        paddle=top.text(Tag.PADDLE_DESCRIPTION),
    )


def read_exposure(header: Header) -> Exposure:
    """Read the beam (DICOM PS3.3 C.8.7.8 to C.8.7.10)."""
    top = header.top
    filters = header.places(Tag.X_RAY_FILTER_SEQUENCE)
    return Exposure(
        kvp=top.number(Tag.KVP),
        filter_material=first_word(filters, Tag.FILTER_MATERIAL),
        anode_material=top.text(Tag.ANODE_TARGET_MATERIAL),
        grid=top.text(Tag.GRID),
        focal_spot_mm=top.number(Tag.FOCAL_SPOTS),
    )


def read_raster(top: Item, *, has_pixels: bool, transfer_syntax_uid: str) -> Raster:
    """Read the Image Pixel module (DICOM PS3.3 C.7.6.3)."""
    return Raster(
        rows=top.integer(Tag.ROWS, binary_vr="US"),
        columns=top.integer(Tag.COLUMNS, binary_vr="US"),
        frames=max(1, top.integer(Tag.NUMBER_OF_FRAMES) or 1),
        samples=top.integer(Tag.SAMPLES_PER_PIXEL, binary_vr="US") or 1,
        bits_allocated=top.integer(Tag.BITS_ALLOCATED, binary_vr="US"),
        bits_stored=top.integer(Tag.BITS_STORED, binary_vr="US"),
        photometric=top.word(Tag.PHOTOMETRIC_INTERPRETATION),
        has_pixels=has_pixels,
        has_annotation=top.claims(Tag.BURNED_IN_ANNOTATION) is True,
        is_lossy=top.word(Tag.LOSSY_IMAGE_COMPRESSION) == "01"
        or transfer_syntax_uid in _LOSSY_SYNTAXES,
    )


def read_context(top: Item) -> tuple[Code, ...]:
    """Read the names and coded values of the Acquisition Context (DICOM PS3.3 C.7.6.14)."""
    found: list[Code] = []
    for item in top.items(Tag.ACQUISITION_CONTEXT_SEQUENCE):
        found += item.codes(Tag.CONCEPT_NAME_CODE_SEQUENCE) or ()
        found += item.codes(Tag.CONCEPT_CODE_SEQUENCE) or ()
    return tuple(found)


def _any_claim(places: tuple[Item, ...], tag: Tag) -> bool | None:
    """Whether any frame says YES; False if all that speak say NO."""
    claims = [claim for claim in (place.claims(tag) for place in places) if claim is not None]
    return any(claims) if claims else None


def _first_time(places: tuple[Item, ...], tag: Tag) -> time | None:
    return next((at for at in (_time(place.word(tag)) for place in places) if at is not None), None)


def _time(text: str | None) -> time | None:
    """Parse a TM value; some consoles write a date in front of it."""
    if text and text[:_DATE_TIME_DIGITS].isdigit() and len(text) >= _DATE_TIME_DIGITS:
        return parse_date_time(text)[1]
    return parse_time(text)


def read_texts(top: Item) -> tuple[Text, ...]:
    """Return the texts that are there, empty ones included; the nearest to the image first."""
    found = [_text(top, tag, level) for tag, level in _TEXTS]
    found += [
        _text(item, Tag.INTERVENTION_DESCRIPTION, Level.IMAGE)
        for item in top.items(Tag.INTERVENTION_SEQUENCE)
    ]
    found += [_text(item, tag, Level.REQUEST) for item in _requests(top) for tag in _REQUEST_TEXTS]
    return tuple(dict.fromkeys(text for text in found if text is not None))


def read_codes(top: Item) -> tuple[Code, ...]:
    """Return the codes of procedures and their reasons; the nearest to the image first."""
    found = [code for tag, level in _CODES for code in top.codes(tag, level) or ()]
    for item in top.items(Tag.INTERVENTION_SEQUENCE):
        found += item.codes(Tag.INTERVENTION_DRUG_CODE_SEQUENCE) or ()
    for item in _requests(top):
        for tag in _REQUEST_CODES:
            found += item.codes(tag, Level.REQUEST) or ()
    return tuple(dict.fromkeys(found))


def _requests(top: Item) -> Iterator[Item]:
    """Yield the items of the request; some consoles write its attributes at the top level."""
    yield from top.items(Tag.REQUEST_ATTRIBUTES_SEQUENCE)
    yield top


def _text(item: Item, tag: Tag, level: Level) -> Text | None:
    found = item.guessed_text(tag)
    if found is None:
        return None
    value, is_guessed = found
    return Text(level=level, tag=tag.label, value=value, is_guessed=is_guessed)


def read_references(header: Header, title: Code | None) -> tuple[Reference, ...]:
    """Return the references of an object, each once.

    The purpose is the value of (0040,A170) Purpose of Reference Code Sequence, or for a key
    object selection the value of its title (DICOM PS3.3 C.17.6).
    """
    top = header.top
    found = list(_purposeful(top, Tag.SOURCE_IMAGE_SEQUENCE))
    found += _purposeful(top, Tag.REFERENCED_IMAGE_SEQUENCE)
    found += _purposeful(top, Tag.REFERENCED_INSTANCE_SEQUENCE)
    for derivation in header.groups(Tag.DERIVATION_IMAGE_SEQUENCE):
        found += _purposeful(derivation, Tag.SOURCE_IMAGE_SEQUENCE)
    for series in top.items(Tag.REFERENCED_SERIES_SEQUENCE):
        found += _purposeful(series, Tag.REFERENCED_IMAGE_SEQUENCE)
    if title is not None:
        found += _content(top, title.value, 0)
    fallback = top.private_text(GE_FALLBACK_INSTANCE_UID)
    if fallback:
        found.append(Reference(sop_instance_uid=fallback, purpose=GE_FALLBACK))
    return tuple(dict.fromkeys(found))


def read_title(top: Item, sop_class_uid: str) -> Code | None:
    """Return the document title of a key object selection, None for any other object."""
    if sop_class_uid != KEY_OBJECT_SELECTION:
        return None
    return next(iter(top.codes(Tag.CONCEPT_NAME_CODE_SEQUENCE) or ()), None)


def _purposeful(item: Item, tag: Tag) -> Iterator[Reference]:
    for target in item.items(tag):
        purposes = target.codes(Tag.PURPOSE_OF_REFERENCE_CODE_SEQUENCE) or ()
        uid = target.word(Tag.REFERENCED_SOP_INSTANCE_UID)
        if uid:
            yield Reference(sop_instance_uid=uid, purpose=purposes[0].value if purposes else "")


def _content(item: Item, purpose: str, depth: int) -> Iterator[Reference]:
    if depth > _MAX_DEPTH:
        return
    for child in item.items(Tag.CONTENT_SEQUENCE):
        for target in child.items(Tag.REFERENCED_SOP_SEQUENCE):
            uid = target.word(Tag.REFERENCED_SOP_INSTANCE_UID)
            if uid:
                yield Reference(sop_instance_uid=uid, purpose=purpose)
        yield from _content(child, purpose, depth + 1)
