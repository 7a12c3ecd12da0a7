"""The attributes of an image, read in parts that are remembered.

The images of an export say the same of their patient, their study, their console and often of
the view. A part whose elements have the same bytes as those of an earlier image is not read anew:
its values are the same, and they are the same objects, so that they are kept only once.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from ductdicom.ingest.headers.attributes import (
    CODE_TAGS,
    TEXT_TAGS,
    read_breast,
    read_codes,
    read_context,
    read_contrast,
    read_exposure,
    read_geometry,
    read_raster,
    read_references,
    read_texts,
    read_title,
)
from ductdicom.ingest.headers.clock import parse_date, parse_time, read_clock
from ductdicom.ingest.headers.fast import FastNode
from ductdicom.ingest.headers.functional_groups import Header, open_header
from ductdicom.ingest.headers.tags import (
    CENTRICITY_LATERALITY,
    CENTRICITY_VIEW,
    CENTRICITY_VIEW_MODIFIER,
    GE_CLINICAL_VIEW,
    GE_FALLBACK_INSTANCE_UID,
    Tag,
    private_tags,
)
from ductdicom.ingest.headers.values import Item, Parsed
from ductdicom.model.instance import Equipment, Patient, Purpose

Values = Mapping[str, Any]

_REMEMBERED_PARTS = 4096
_MOST_BYTES = 16 << 10  # of the elements of an object whose parts are remembered
_SHARED_GROUPS = int(Tag.SHARED_FUNCTIONAL_GROUPS_SEQUENCE)
_FRAME_GROUPS = int(Tag.PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE)


class Facts(NamedTuple):
    """What is known of an object before its attributes are read."""

    sop_class_uid: str
    transfer_syntax_uid: str
    has_pixels: bool


class Part(NamedTuple):
    """Attributes that are read together, and the tags of a data set that they depend on."""

    read: Callable[[Header, Facts], Values]
    tags: tuple[int, ...]


def read_attributes(parsed: Parsed, top: Item, facts: Facts) -> dict[str, Any]:
    """Return the values of an instance beside its own UIDs, by the names of its fields.

    ``top`` is the data set of ``parsed``; it learns whether a text was decoded by guess.
    """
    node = parsed.node
    header = open_header(top)
    values = dict(_read_own(header))
    if isinstance(node, FastNode) and _is_ordinary(node.elements):
        get = node.elements.get
        for number, part in enumerate(PARTS):
            key = tuple(map(get, part.tags))
            found, is_guessed = _remembered(number, node.is_implicit, facts, key)
            values.update(found)
            if is_guessed:
                top.remember_guess()
    else:
        for part in PARTS:
            values.update(part.read(header, facts))
    return values


def _is_ordinary(elements: Mapping[int, bytes]) -> bool:
    """Whether an object is small and has no functional groups, which each part would look at."""
    if _SHARED_GROUPS in elements or _FRAME_GROUPS in elements:
        return False
    return sum(map(len, elements.values())) <= _MOST_BYTES


@lru_cache(maxsize=_REMEMBERED_PARTS)
def _remembered(
    number: int, is_implicit: object, facts: Facts, key: tuple[bytes | None, ...]
) -> tuple[Values, bool]:
    part = PARTS[number]
    elements = {tag: value for tag, value in zip(part.tags, key, strict=True) if value is not None}
    top = Item(FastNode(elements, is_implicit=bool(is_implicit)))
    found = part.read(Header(top=top, shared=(), frames=()), facts)
    return found, top.has_guessed


def _read_own(header: Header) -> Values:
    """Read what differs from image to image."""
    top = header.top
    return {
        "instance_number": top.integer(Tag.INSTANCE_NUMBER),
        "acquisition_number": top.integer(Tag.ACQUISITION_NUMBER),
        "irradiation_event_uids": _irradiation_events(header),
        "compression_force_n": top.number(Tag.COMPRESSION_FORCE),
        "clock": read_clock(top, header.frames),
    }


def _irradiation_events(header: Header) -> tuple[str, ...]:
    places = header.places(Tag.IRRADIATION_EVENT_IDENTIFICATION_SEQUENCE)
    found = (uid for place in places for uid in place.values(Tag.IRRADIATION_EVENT_UID) or ())
    return tuple(dict.fromkeys(filter(None, found)))


def _read_study(header: Header, _facts: Facts) -> Values:
    top = header.top
    return {
        "study_date": parse_date(top.word(Tag.STUDY_DATE)),
        "study_time": parse_time(top.word(Tag.STUDY_TIME)),
        "accession_number": top.text(Tag.ACCESSION_NUMBER),
        "has_identity_removed": top.claims(Tag.PATIENT_IDENTITY_REMOVED) is True,
        "patient": Patient(
            patient_id=top.text(Tag.PATIENT_ID),
            issuer=top.text(Tag.ISSUER_OF_PATIENT_ID),
            name=top.text(Tag.PATIENT_NAME),
            birth_date=top.word(Tag.PATIENT_BIRTH_DATE),
            sex=top.word(Tag.PATIENT_SEX),
            age=top.word(Tag.PATIENT_AGE),
        ),
    }


def _read_series(header: Header, _facts: Facts) -> Values:
    top = header.top
    interventions = top.items(Tag.INTERVENTION_SEQUENCE)
    statuses = (item.word(Tag.INTERVENTION_STATUS) for item in interventions)
    return {
        "modality": top.word(Tag.MODALITY),
        "image_type": top.values(Tag.IMAGE_TYPE),
        "series_number": top.integer(Tag.SERIES_NUMBER),
        "equipment": Equipment(
            manufacturer=top.text(Tag.MANUFACTURER),
            model_name=top.text(Tag.MANUFACTURER_MODEL_NAME),
            station_name=top.text(Tag.STATION_NAME),
        ),
        "purpose": Purpose(
            intent=top.word(Tag.PRESENTATION_INTENT_TYPE),
            conversion_type=top.word(Tag.CONVERSION_TYPE),
            processing_code=top.text(Tag.ACQUISITION_DEVICE_PROCESSING_CODE),
            intervention_statuses=tuple(filter(None, statuses)),
            context_codes=read_context(top),
            has_biopsy_target=top.has(Tag.BIOPSY_TARGET_SEQUENCE),
            is_quality_control=top.claims(Tag.QUALITY_CONTROL_IMAGE) is True,
            is_calibration=top.claims(Tag.CALIBRATION_IMAGE) is True,
            content_qualification=top.word(Tag.CONTENT_QUALIFICATION),
        ),
    }


def _read_references(header: Header, facts: Facts) -> Values:
    title = read_title(header.top, facts.sop_class_uid)
    return {"references": read_references(header, title), "document_title": title}


def _read_breast(header: Header, _facts: Facts) -> Values:
    return {"breast": read_breast(header)}


def _read_words(header: Header, _facts: Facts) -> Values:
    return {"texts": read_texts(header.top), "codes": read_codes(header.top)}


def _read_technique(header: Header, facts: Facts) -> Values:
    return {
        "contrast": read_contrast(header),
        "exposure": read_exposure(header),
        "geometry": read_geometry(header),
        "raster": read_raster(
            header.top,
            has_pixels=facts.has_pixels,
            transfer_syntax_uid=facts.transfer_syntax_uid,
        ),
    }


def _part(read: Callable[[Header, Facts], Values], *tags: int) -> Part:
    return Part(read, tuple(map(int, (Tag.SPECIFIC_CHARACTER_SET, *tags))))


PARTS = (
    _part(
        _read_study,
        Tag.STUDY_DATE,
        Tag.STUDY_TIME,
        Tag.ACCESSION_NUMBER,
        Tag.PATIENT_IDENTITY_REMOVED,
        Tag.PATIENT_ID,
        Tag.ISSUER_OF_PATIENT_ID,
        Tag.PATIENT_NAME,
        Tag.PATIENT_BIRTH_DATE,
        Tag.PATIENT_SEX,
        Tag.PATIENT_AGE,
    ),
    _part(
        _read_series,
        Tag.MODALITY,
        Tag.CONVERSION_TYPE,
        Tag.MANUFACTURER,
        Tag.MANUFACTURER_MODEL_NAME,
        Tag.STATION_NAME,
        Tag.IMAGE_TYPE,
        Tag.PRESENTATION_INTENT_TYPE,
        Tag.SERIES_NUMBER,
        Tag.ACQUISITION_DEVICE_PROCESSING_CODE,
        Tag.INTERVENTION_SEQUENCE,
        Tag.ACQUISITION_CONTEXT_SEQUENCE,
        Tag.BIOPSY_TARGET_SEQUENCE,
        Tag.QUALITY_CONTROL_IMAGE,
        Tag.CALIBRATION_IMAGE,
        Tag.CONTENT_QUALIFICATION,
    ),
    _part(
        _read_references,
        Tag.SOURCE_IMAGE_SEQUENCE,
        Tag.REFERENCED_IMAGE_SEQUENCE,
        Tag.REFERENCED_INSTANCE_SEQUENCE,
        Tag.REFERENCED_SERIES_SEQUENCE,
        Tag.DERIVATION_IMAGE_SEQUENCE,
        Tag.CONCEPT_NAME_CODE_SEQUENCE,
        Tag.CONTENT_SEQUENCE,
        *private_tags(GE_FALLBACK_INSTANCE_UID),
    ),
    _part(
        _read_breast,
        Tag.IMAGE_LATERALITY,
        Tag.FRAME_LATERALITY,
        Tag.LATERALITY,
        Tag.VIEW_POSITION,
        Tag.BODY_PART_EXAMINED,
        Tag.BREAST_IMPLANT_PRESENT,
        Tag.PARTIAL_VIEW,
        Tag.FRAME_ANATOMY_SEQUENCE,
        Tag.ANATOMIC_REGION_SEQUENCE,
        Tag.ANATOMIC_REGION_MODIFIER_SEQUENCE,
        Tag.VIEW_CODE_SEQUENCE,
        Tag.VIEW_MODIFIER_CODE_SEQUENCE,
        *private_tags(
            GE_CLINICAL_VIEW, CENTRICITY_LATERALITY, CENTRICITY_VIEW, CENTRICITY_VIEW_MODIFIER
        ),
    ),
    _part(_read_words, *TEXT_TAGS, *CODE_TAGS),
    _part(
        _read_technique,
        Tag.CONTRAST_BOLUS_AGENT,
        Tag.CONTRAST_BOLUS_AGENT_SEQUENCE,
        Tag.CONTRAST_BOLUS_ADMINISTRATION_ROUTE_SEQUENCE,
        Tag.CONTRAST_BOLUS_ROUTE,
        Tag.CONTRAST_BOLUS_INGREDIENT,
        Tag.CONTRAST_BOLUS_INGREDIENT_CODE_SEQUENCE,
        Tag.CONTRAST_BOLUS_VOLUME,
        Tag.CONTRAST_BOLUS_TOTAL_DOSE,
        Tag.CONTRAST_FLOW_RATE,
        Tag.CONTRAST_BOLUS_START_TIME,
        Tag.CONTRAST_BOLUS_STOP_TIME,
        Tag.CONTRAST_ADMINISTRATION_PROFILE_SEQUENCE,
        Tag.CONTRAST_BOLUS_USAGE_SEQUENCE,
        Tag.KVP,
        Tag.FILTER_MATERIAL,
        Tag.X_RAY_FILTER_SEQUENCE,
        Tag.ANODE_TARGET_MATERIAL,
        Tag.GRID,
        Tag.FOCAL_SPOTS,
        Tag.IMAGER_PIXEL_SPACING,
        Tag.PIXEL_SPACING,
        Tag.PIXEL_MEASURES_SEQUENCE,
        Tag.PIXEL_SPACING_CALIBRATION_TYPE,
        Tag.DETECTOR_ELEMENT_SPACING,
        Tag.ESTIMATED_RADIOGRAPHIC_MAGNIFICATION_FACTOR,
        Tag.DISTANCE_SOURCE_TO_DETECTOR,
        Tag.DISTANCE_SOURCE_TO_PATIENT,
        Tag.X_RAY_GEOMETRY_SEQUENCE,
        Tag.PATIENT_ORIENTATION,
        Tag.POSITIONER_TYPE,
        Tag.PADDLE_DESCRIPTION,
        Tag.ROWS,
        Tag.COLUMNS,
        Tag.NUMBER_OF_FRAMES,
        Tag.SAMPLES_PER_PIXEL,
        Tag.BITS_ALLOCATED,
        Tag.BITS_STORED,
        Tag.PHOTOMETRIC_INTERPRETATION,
        Tag.BURNED_IN_ANNOTATION,
        Tag.LOSSY_IMAGE_COMPRESSION,
    ),
)
"""All parts; together they give every field of an instance that `read_attributes` promises."""
