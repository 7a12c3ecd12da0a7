"""The attributes of an object: each field of an instance with its element and how it is read.

The fields stand together as they are read and remembered: what differs from image to image, and
what the images of a study, a series, a view or a technique have in common.

References
----------
* DICOM PS3.3 C.7.6.4, C.7.6.4b and C.7.6.16.2.12, contrast
* DICOM PS3.3 C.8.11.7, Mammography Image, and C.8.11.2, DX Anatomy Imaged, side and view
* DICOM PS3.3 C.8.7.5, X-Ray positioner, and 10.7, pixel spacings
* DICOM PS3.3 C.8.7.8 to C.8.7.10, the beam; C.7.6.3, Image Pixel; C.7.6.14, Acquisition Context
* DICOM PS3.15 Table E.1-1, what names persons
* private labels behind their creators: pydicom's private dictionary
"""

import re
import struct
from collections.abc import Iterator
from itertools import chain

from ductdicom.ingest.headers.clock import CLOCK_TAGS, read_clock
from ductdicom.ingest.headers.fields import (
    Field,
    Header,
    Places,
    all_codes,
    any_claim,
    before_top,
    binary_integer,
    codes,
    date,
    dated_time,
    has_items,
    integer,
    is_claimed,
    looks_at,
    number,
    numbers,
    otherwise,
    pair,
    private_text,
    text,
    time,
    together,
    top_and,
    values,
    word,
)
from ductdicom.ingest.headers.tags import (
    CENTRICITY_LATERALITY,
    CENTRICITY_VIEW,
    GE_CLINICAL_VIEW,
    GE_FALLBACK_INSTANCE_UID,
    HOLOGIC_CODECS,
    NAME_TAGS,
    NAMELESS_SEQUENCES,
    Tag,
    private_tags,
)
from ductdicom.ingest.headers.values import DataSet
from ductdicom.model.instance import (
    Breast,
    Code,
    Contrast,
    Equipment,
    Exposure,
    Geometry,
    Level,
    Patient,
    People,
    Purpose,
    Raster,
    Reference,
    Text,
)

KEY_OBJECT_SELECTION = "1.2.840.10008.5.1.4.1.1.88.59"
GE_FALLBACK = "ge-fallback"
_MAX_DEPTH = 12  # of a content tree; a key object selection has two levels

# Lossy whatever the file says; of JPEG 2000 only the file can tell.
_LOSSY_SYNTAXES = frozenset(
    {
        "1.2.840.10008.1.2.4.50",  # JPEG Baseline
        "1.2.840.10008.1.2.4.51",  # JPEG Extended
        "1.2.840.10008.1.2.4.53",  # JPEG, spectral selection (retired)
        "1.2.840.10008.1.2.4.55",  # JPEG, full progression (retired)
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

# What names persons beside elements of VR PN, as DICOM PS3.15 Table E.1-1 has it.
_PEOPLE = {
    "ids": (
        Tag.PATIENT_ID,
        Tag.OTHER_PATIENT_IDS,
        Tag.MEDICAL_RECORD_LOCATOR,
        Tag.INSURANCE_PLAN_IDENTIFICATION,
        Tag.CLINICAL_TRIAL_SUBJECT_ID,
        Tag.CLINICAL_TRIAL_SUBJECT_READING_ID,
    ),
    "phones": (
        Tag.PATIENT_TELEPHONE_NUMBERS,
        Tag.PATIENT_TELECOM_INFORMATION,
        Tag.REFERRING_PHYSICIAN_TELEPHONE_NUMBERS,
        Tag.PERSON_TELEPHONE_NUMBERS,
        Tag.PERSON_TELECOM_INFORMATION,
        Tag.ORDER_CALLBACK_TELEPHONE_NUMBER,
    ),
    "numbers": (
        Tag.ACCESSION_NUMBER,
        Tag.STUDY_ID,
        Tag.ADMISSION_ID,
        Tag.SERVICE_EPISODE_ID,
        Tag.SCHEDULED_PROCEDURE_STEP_ID,
        Tag.PERFORMED_PROCEDURE_STEP_ID,
        Tag.REQUESTED_PROCEDURE_ID,
        Tag.PLACER_ORDER_NUMBER,
        Tag.FILLER_ORDER_NUMBER,
    ),
    "places": (
        Tag.INSTITUTION_NAME,
        Tag.INSTITUTION_ADDRESS,
        Tag.INSTITUTIONAL_DEPARTMENT_NAME,
        Tag.PATIENT_ADDRESS,
        Tag.REFERRING_PHYSICIAN_ADDRESS,
        Tag.PERSON_ADDRESS,
        Tag.REQUESTING_SERVICE,
        Tag.CURRENT_PATIENT_LOCATION,
        Tag.PATIENT_INSTITUTION_RESIDENCE,
        Tag.ORDER_ENTERER_LOCATION,
        Tag.RESPONSIBLE_ORGANIZATION,
        Tag.HUMAN_PERFORMER_ORGANIZATION,
        Tag.VERIFYING_ORGANIZATION,
        Tag.CLINICAL_TRIAL_SITE_NAME,
        Tag.CLINICAL_TRIAL_COORDINATING_CENTER_NAME,
        Tag.ISSUER_OF_PATIENT_ID,
    ),
}
_PATIENT_NAMES = frozenset(
    {
        Tag.PATIENT_NAME,
        Tag.OTHER_PATIENT_NAMES,
        Tag.PATIENT_BIRTH_NAME,
        Tag.PATIENT_MOTHER_BIRTH_NAME,
        Tag.RESPONSIBLE_PERSON,
    }
)
# Codes that stand for one person, who is their meaning.
_PERSON_CODES = frozenset(
    {Tag.PERSON_IDENTIFICATION_CODE_SEQUENCE, Tag.HUMAN_PERFORMER_CODE_SEQUENCE}
)
PEOPLE_TAGS = frozenset(
    map(int, (*chain.from_iterable(_PEOPLE.values()), *NAME_TAGS, Tag.SPECIFIC_CHARACTER_SET))
)
"""Elements of the top level by which people are known, beside private names and sequences."""
_NAMING = re.compile(
    b"PN|"
    + b"|".join(
        re.escape(struct.pack("<HH", tag >> 16, tag & 0xFFFF))
        for tag in sorted({*PEOPLE_TAGS, *map(int, _PERSON_CODES)} - {Tag.SPECIFIC_CHARACTER_SET})
    )
)
_WORDED_ITEMS = (Tag.INTERVENTION_SEQUENCE, Tag.REQUEST_ATTRIBUTES_SEQUENCE)


def may_name(sequence: bytes) -> bool:
    """Whether the bytes of a sequence may hold a name, or another element that names somebody."""
    return _NAMING.search(sequence) is not None


def read_people(top: DataSet) -> People:
    """Return the names, IDs and places of people, each once, wherever in a header they stand."""
    found: dict[str, dict[str, None]] = {name: {} for name in People.__struct_fields__}
    for sequence, item in _everywhere(top, 0, 0):
        for tag in item.tags_of("PN"):
            field = "names" if tag in _PATIENT_NAMES else "staff"
            found[field] |= dict.fromkeys(item.values(tag) or ())
        for field, tags in _PEOPLE.items():
            for tag in tags:
                found[field] |= dict.fromkeys(item.values(tag) or ())
        if sequence in _PERSON_CODES:
            found["staff"][item.text(Tag.CODE_MEANING) or ""] = None
            found["numbers"][item.text(Tag.CODE_VALUE) or ""] = None
    return People(**{field: tuple(filter(None, texts)) for field, texts in found.items()})


def _everywhere(item: DataSet, sequence: int, depth: int) -> Iterator[tuple[int, DataSet]]:
    """Yield a data set and all items in it, each with the sequence that it stands in, or 0."""
    yield sequence, item
    if depth > _MAX_DEPTH:
        return
    for tag in item.tags_of("SQ"):
        if tag not in NAMELESS_SEQUENCES:
            for inner in item.items(tag):
                yield from _everywhere(inner, tag, depth + 1)


@looks_at(Tag.IRRADIATION_EVENT_UID, Tag.IRRADIATION_EVENT_IDENTIFICATION_SEQUENCE)
def _events(header: Header) -> tuple[str, ...]:
    places = (header.top, *header.groups(Tag.IRRADIATION_EVENT_IDENTIFICATION_SEQUENCE))
    found = (uid for place in places for uid in place.values(Tag.IRRADIATION_EVENT_UID) or ())
    return tuple(dict.fromkeys(filter(None, found)))


@looks_at(Tag.INTERVENTION_SEQUENCE)
def _statuses(header: Header) -> tuple[str, ...]:
    interventions = header.top.items(Tag.INTERVENTION_SEQUENCE)
    return tuple(filter(None, (item.word(Tag.INTERVENTION_STATUS) for item in interventions)))


@looks_at(Tag.ACQUISITION_CONTEXT_SEQUENCE)
def _context(header: Header) -> tuple[Code, ...]:
    """Return the names and the coded values of the Acquisition Context."""
    found: list[Code] = []
    for item in header.top.items(Tag.ACQUISITION_CONTEXT_SEQUENCE):
        found += item.codes(Tag.CONCEPT_NAME_CODE_SEQUENCE) or ()
        found += item.codes(Tag.CONCEPT_CODE_SEQUENCE) or ()
    return tuple(found)


@looks_at(*(tag for tag, _ in _TEXTS), *_REQUEST_TEXTS, *_WORDED_ITEMS)
def _texts(header: Header) -> tuple[Text, ...]:
    """Return the texts that are there, empty ones included; the nearest to the image first."""
    top = header.top
    found = [_text(top, tag, level) for tag, level in _TEXTS]
    found += [
        _text(item, Tag.INTERVENTION_DESCRIPTION, Level.IMAGE)
        for item in top.items(Tag.INTERVENTION_SEQUENCE)
    ]
    found += [_text(item, tag, Level.REQUEST) for item in _requests(top) for tag in _REQUEST_TEXTS]
    return tuple(dict.fromkeys(text for text in found if text is not None))


@looks_at(*(tag for tag, _ in _CODES), *_REQUEST_CODES, *_WORDED_ITEMS)
def _codes(header: Header) -> tuple[Code, ...]:
    """Return the codes of procedures and their reasons; the nearest to the image first."""
    top = header.top
    found = [code for tag, level in _CODES for code in top.codes(tag, level) or ()]
    for item in top.items(Tag.INTERVENTION_SEQUENCE):
        found += item.codes(Tag.INTERVENTION_DRUG_CODE_SEQUENCE) or ()
    for item in _requests(top):
        for tag in _REQUEST_CODES:
            found += item.codes(tag, Level.REQUEST) or ()
    return tuple(dict.fromkeys(found))


def _requests(top: DataSet) -> Iterator[DataSet]:
    """Yield the items of the request; some consoles write its attributes at the top level."""
    yield from top.items(Tag.REQUEST_ATTRIBUTES_SEQUENCE)
    yield top


def _text(item: DataSet, tag: Tag, level: Level) -> Text | None:
    found = item.guessed_text(tag)
    if found is None:
        return None
    value, is_guessed = found
    return Text(level=level, tag=tag.label, value=value, is_guessed=is_guessed)


@looks_at(
    Tag.SOURCE_IMAGE_SEQUENCE,
    Tag.REFERENCED_IMAGE_SEQUENCE,
    Tag.REFERENCED_INSTANCE_SEQUENCE,
    Tag.REFERENCED_SERIES_SEQUENCE,
    Tag.DERIVATION_IMAGE_SEQUENCE,
    Tag.CONCEPT_NAME_CODE_SEQUENCE,
    Tag.CONTENT_SEQUENCE,
    *private_tags(GE_FALLBACK_INSTANCE_UID),
)
def _references(header: Header) -> tuple[Reference, ...]:
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
    if (title := _title.read(header)) is not None:
        found += _content(top, title.value, 0)
    fallback = top.private_text(GE_FALLBACK_INSTANCE_UID)
    if fallback:
        found.append(Reference(sop_instance_uid=fallback, purpose=GE_FALLBACK))
    return tuple(dict.fromkeys(found))


@looks_at(Tag.CONCEPT_NAME_CODE_SEQUENCE)
def _title(header: Header) -> Code | None:
    """Return the document title of a key object selection, None for any other object."""
    if header.facts.sop_class_uid != KEY_OBJECT_SELECTION:
        return None
    return next(iter(header.top.codes(Tag.CONCEPT_NAME_CODE_SEQUENCE) or ()), None)


def _purposeful(item: DataSet, tag: Tag) -> Iterator[Reference]:
    for target in item.items(tag):
        purposes = target.codes(Tag.PURPOSE_OF_REFERENCE_CODE_SEQUENCE) or ()
        uid = target.word(Tag.REFERENCED_SOP_INSTANCE_UID)
        if uid:
            yield Reference(sop_instance_uid=uid, purpose=purposes[0].value if purposes else "")


def _content(item: DataSet, purpose: str, depth: int) -> Iterator[Reference]:
    if depth > _MAX_DEPTH:
        return
    for child in item.items(Tag.CONTENT_SEQUENCE):
        for target in child.items(Tag.REFERENCED_SOP_SEQUENCE):
            uid = target.word(Tag.REFERENCED_SOP_INSTANCE_UID)
            if uid:
                yield Reference(sop_instance_uid=uid, purpose=purpose)
        yield from _content(child, purpose, depth + 1)


def _find_doses(header: Header) -> tuple[DataSet, ...]:
    agents = _AGENTS.find(header)
    profiles = (agent.items(Tag.CONTRAST_ADMINISTRATION_PROFILE_SEQUENCE) for agent in agents)
    return (*agents, *chain.from_iterable(profiles))


def _find_regions(header: Header) -> tuple[DataSet, ...]:
    places = (header.top, *header.groups(Tag.FRAME_ANATOMY_SEQUENCE))
    regions = (place.items(Tag.ANATOMIC_REGION_SEQUENCE) for place in places)
    return (*chain.from_iterable(regions), header.top)


@looks_at(Tag.NUMBER_OF_FRAMES)
def _frames(header: Header) -> int:
    return max(1, header.top.integer(Tag.NUMBER_OF_FRAMES) or 1)


@looks_at(Tag.LOSSY_IMAGE_COMPRESSION)
def _is_lossy(header: Header) -> bool:
    says = header.top.word(Tag.LOSSY_IMAGE_COMPRESSION) == "01"
    return says or header.facts.transfer_syntax_uid in _LOSSY_SYNTAXES


@looks_at(Tag.LOSSY_IMAGE_COMPRESSION_RATIO)
def _lossy_ratios(header: Header) -> tuple[float, ...]:
    return header.top.numbers(Tag.LOSSY_IMAGE_COMPRESSION_RATIO)


_AGENTS = Places(
    lambda header: (header.top, *header.top.items(Tag.CONTRAST_BOLUS_AGENT_SEQUENCE)),
    (Tag.CONTRAST_BOLUS_AGENT_SEQUENCE,),
)
_DOSES = Places(_find_doses, (*_AGENTS.tags, Tag.CONTRAST_ADMINISTRATION_PROFILE_SEQUENCE))
_USAGES = Places(
    lambda header: tuple(header.groups(Tag.CONTRAST_BOLUS_USAGE_SEQUENCE)),
    (Tag.CONTRAST_BOLUS_USAGE_SEQUENCE,),
)
_REGIONS = Places(_find_regions, (Tag.FRAME_ANATOMY_SEQUENCE, Tag.ANATOMIC_REGION_SEQUENCE))
_TOP_AND_SHARED = Places(lambda header: (header.top, *header.shared))
_BEAMS = top_and(Tag.X_RAY_GEOMETRY_SEQUENCE)
_MEASURES = top_and(Tag.PIXEL_MEASURES_SEQUENCE, Tag.FRAME_PIXEL_DATA_PROPERTIES_SEQUENCE)
_PLANES = top_and(Tag.PLANE_ORIENTATION_SEQUENCE)
_FRAME_ORIENTATION = top_and(Tag.PATIENT_ORIENTATION_IN_FRAME_SEQUENCE)

OWN = {
    "instance_number": integer(Tag.INSTANCE_NUMBER),
    "irradiation_event_uids": _events,
    "compression_force_n": number(Tag.COMPRESSION_FORCE),
    "clock": Field(lambda header: read_clock(header.top, header.frames), CLOCK_TAGS),
}
"""What differs from image to image."""

STUDY = {
    "study_date": date(Tag.STUDY_DATE),
    "study_time": time(Tag.STUDY_TIME),
    "accession_number": text(Tag.ACCESSION_NUMBER),
    "patient": together(
        Patient,
        patient_id=text(Tag.PATIENT_ID),
        issuer=text(Tag.ISSUER_OF_PATIENT_ID),
        name=text(Tag.PATIENT_NAME),
        birth_date=word(Tag.PATIENT_BIRTH_DATE),
        sex=word(Tag.PATIENT_SEX),
        age=word(Tag.PATIENT_AGE),
    ),
}

SERIES = {
    "modality": word(Tag.MODALITY),
    "image_type": values(Tag.IMAGE_TYPE),
    "series_number": integer(Tag.SERIES_NUMBER),
    "equipment": together(
        Equipment,
        manufacturer=text(Tag.MANUFACTURER),
        model_name=text(Tag.MANUFACTURER_MODEL_NAME),
        station_name=text(Tag.STATION_NAME),
    ),
    "purpose": together(
        Purpose,
        intent=word(Tag.PRESENTATION_INTENT_TYPE),
        conversion_type=word(Tag.CONVERSION_TYPE),
        processing_code=text(Tag.ACQUISITION_DEVICE_PROCESSING_CODE),
        intervention_statuses=_statuses,
        context_codes=_context,
        detector_mode=word(Tag.DETECTOR_MODE),
        has_biopsy_target=has_items(Tag.BIOPSY_TARGET_SEQUENCE),
        is_quality_control=is_claimed(Tag.QUALITY_CONTROL_IMAGE),
        is_calibration=is_claimed(Tag.CALIBRATION_IMAGE),
    ),
}

REFERENCES = {"references": _references, "document_title": _title}

VIEW = {
    "breast": together(
        Breast,
        image_laterality=word(Tag.IMAGE_LATERALITY),
        frame_laterality=word(Tag.FRAME_LATERALITY, before_top(Tag.FRAME_ANATOMY_SEQUENCE)),
        series_laterality=word(Tag.LATERALITY),
        region_modifiers=otherwise(all_codes(Tag.ANATOMIC_REGION_MODIFIER_SEQUENCE, _REGIONS), ()),
        view_position=text(Tag.VIEW_POSITION),
        view_codes=all_codes(Tag.VIEW_CODE_SEQUENCE, _TOP_AND_SHARED),
        view_modifiers=otherwise(
            all_codes(Tag.VIEW_MODIFIER_CODE_SEQUENCE, before_top(Tag.VIEW_CODE_SEQUENCE)), ()
        ),
        clinical_view=private_text(GE_CLINICAL_VIEW),
        pacs_laterality=private_text(CENTRICITY_LATERALITY),
        pacs_view=private_text(CENTRICITY_VIEW),
        body_part=text(Tag.BODY_PART_EXAMINED),
    ),
}

WORDS = {"texts": _texts, "codes": _codes}

TECHNIQUE = {
    "contrast": together(
        Contrast,
        agent=text(Tag.CONTRAST_BOLUS_AGENT),
        agent_codes=codes(Tag.CONTRAST_BOLUS_AGENT_SEQUENCE),
        route=text(Tag.CONTRAST_BOLUS_ROUTE),
        route_codes=all_codes(Tag.CONTRAST_BOLUS_ADMINISTRATION_ROUTE_SEQUENCE, _AGENTS),
        ingredient=text(Tag.CONTRAST_BOLUS_INGREDIENT),
        ingredient_codes=all_codes(Tag.CONTRAST_BOLUS_INGREDIENT_CODE_SEQUENCE, _AGENTS),
        volume_ml=number(Tag.CONTRAST_BOLUS_VOLUME, _DOSES),
        total_dose_ml=number(Tag.CONTRAST_BOLUS_TOTAL_DOSE, _AGENTS),
        flow_rate_ml_s=number(Tag.CONTRAST_FLOW_RATE, _DOSES),
        started_at=dated_time(Tag.CONTRAST_BOLUS_START_TIME, _DOSES),
        stopped_at=dated_time(Tag.CONTRAST_BOLUS_STOP_TIME, _DOSES),
        is_administered=any_claim(Tag.CONTRAST_BOLUS_AGENT_ADMINISTERED, _USAGES),
        agent_phase=word(Tag.CONTRAST_BOLUS_AGENT_PHASE, _USAGES),
    ),
    "exposure": together(
        Exposure,
        kvp=number(Tag.KVP),
        filter_material=word(Tag.FILTER_MATERIAL, top_and(Tag.X_RAY_FILTER_SEQUENCE)),
    ),
    "geometry": together(
        Geometry,
        imager_pixel_spacing_mm=pair(Tag.IMAGER_PIXEL_SPACING, _MEASURES),
        pixel_spacing_mm=pair(Tag.PIXEL_SPACING, _MEASURES),
        calibration_type=word(Tag.PIXEL_SPACING_CALIBRATION_TYPE),
        detector_spacing_mm=pair(Tag.DETECTOR_ELEMENT_SPACING),
        field_of_view_mm=otherwise(numbers(Tag.FIELD_OF_VIEW_DIMENSIONS), ()),
        magnification_factor=number(Tag.ESTIMATED_RADIOGRAPHIC_MAGNIFICATION_FACTOR, _BEAMS),
        source_to_detector_mm=number(Tag.DISTANCE_SOURCE_TO_DETECTOR, _BEAMS),
        source_to_patient_mm=number(Tag.DISTANCE_SOURCE_TO_PATIENT, _BEAMS),
        patient_orientation=values(Tag.PATIENT_ORIENTATION, _FRAME_ORIENTATION),
        direction_cosines=otherwise(numbers(Tag.IMAGE_ORIENTATION_PATIENT, _PLANES), ()),
        paddle=text(Tag.PADDLE_DESCRIPTION),
    ),
    "raster": together(
        Raster,
        rows=binary_integer(Tag.ROWS),
        columns=binary_integer(Tag.COLUMNS),
        frames=_frames,
        samples=otherwise(binary_integer(Tag.SAMPLES_PER_PIXEL), 1),
        bits_allocated=binary_integer(Tag.BITS_ALLOCATED),
        bits_stored=binary_integer(Tag.BITS_STORED),
        photometric=word(Tag.PHOTOMETRIC_INTERPRETATION),
        window_explanations=otherwise(values(Tag.WINDOW_EXPLANATION), ()),
        has_pixels=Field(lambda header: header.facts.has_pixels, ()),
        has_private_pixels=Field(
            lambda header: any(header.top.private_text(tag) for tag in HOLOGIC_CODECS),
            private_tags(*HOLOGIC_CODECS),
        ),
        has_annotation=is_claimed(Tag.BURNED_IN_ANNOTATION),
        is_lossy=_is_lossy,
        lossy_ratios=_lossy_ratios,
        lossy_methods=otherwise(values(Tag.LOSSY_IMAGE_COMPRESSION_METHOD), ()),
    ),
}
