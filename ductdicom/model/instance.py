"""The header of one DICOM object, without pixels.

Throughout, None means that an attribute is absent, ``""`` or ``()`` that it is present and empty.
"""

from datetime import date, datetime, time
from enum import StrEnum

from ductdicom.model.origin import Origin
from ductdicom.model.value import Value

BREAST_TOMOSYNTHESIS = "1.2.840.10008.5.1.4.1.1.13.1.3"
MAMMOGRAMS = frozenset({"1.2.840.10008.5.1.4.1.1.1.2", "1.2.840.10008.5.1.4.1.1.1.2.1"})
FOR_PROCESSING = "FOR PROCESSING"
FOR_PROCESSING_CLASSES = frozenset(
    {
        "1.2.840.10008.5.1.4.1.1.1.1.1",  # digital X-ray
        "1.2.840.10008.5.1.4.1.1.1.2.1",  # digital mammography X-ray
        "1.2.840.10008.5.1.4.1.1.13.1.5",  # breast projection X-ray
    }
)
"""SOP classes of raw images, which need not say so again (DICOM PS3.4 B.5)."""


class Level(StrEnum):
    """Which part of the examination a text or a code describes."""

    IMAGE = "image"
    SERIES = "series"
    STUDY = "study"
    REQUEST = "request"  # an order: a plan, not a fact


class Text(Value, frozen=True, kw_only=True):
    """A free text that a person or a console wrote.

    ``is_guessed`` says that its characters were decoded by guess, so that it weighs less.
    """

    level: Level
    tag: str
    value: str
    is_guessed: bool = False


class Code(Value, frozen=True, kw_only=True):
    """One item of a code sequence (DICOM PS3.3 8.8), and where it stood."""

    tag: str
    value: str
    scheme: str
    meaning: str = ""
    level: Level = Level.IMAGE


class Patient(Value, frozen=True, kw_only=True):
    """What tells one patient from another; never printed unless asked for."""

    patient_id: str | None = None
    issuer: str | None = None
    name: str | None = None
    birth_date: str | None = None
    sex: str | None = None
    age: str | None = None

    @property
    def who(self) -> tuple[str, ...]:
        """All by which patients are told apart, with no difference of absent and empty."""
        words = (self.patient_id, self.name, self.birth_date, self.issuer, self.sex, self.age)
        return tuple(word or "" for word in words)


class People(Value, frozen=True, kw_only=True):
    """By what else the header names people, and where they are; never shown.

    Kept to know it again where somebody typed it into a text. ``names`` are further ones of the
    patient and the mother's, ``ids`` all of the patient, ``numbers`` those of orders and visits;
    ``phones`` are anybody's, ``places`` the institution and addresses. Names are as in DICOM, with
    their groups.
    """

    names: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    staff: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    places: tuple[str, ...] = ()


class Equipment(Value, frozen=True, kw_only=True):
    """What the image was made with (DICOM PS3.3 C.7.5.1).

    Images of equal equipment were made by one machine: with one clock and one detector.
    """

    manufacturer: str | None = None
    model_name: str | None = None
    station_name: str | None = None


class Purpose(Value, frozen=True, kw_only=True):
    """What the header says the object was made for, and in which circumstances.

    ``intent`` is the Presentation Intent Type, for whom the pixels are; ``conversion_type`` how
    they came to be digital; ``detector_mode`` how the detector worked (0018,7008), in the maker's
    words; ``context_codes`` come from the Acquisition Context Sequence.
    """

    intent: str | None = None
    conversion_type: str | None = None
    processing_code: str | None = None
    intervention_statuses: tuple[str, ...] = ()
    context_codes: tuple[Code, ...] = ()
    detector_mode: str | None = None
    has_biopsy_target: bool = False
    is_quality_control: bool = False
    is_calibration: bool = False


class Contrast(Value, frozen=True, kw_only=True):
    """Contrast/Bolus and Enhanced Contrast/Bolus modules (DICOM PS3.3 C.7.6.4, C.7.6.4b).

    Attributes
    ----------
    volume_ml, total_dose_ml
        Millilitres injected, and of undiluted agent: (0018,1041), (0018,1044). Any finite number
        that the header holds, also 0 or a negative one.
    flow_rate_ml_s
        Millilitres a second (0018,1046).
    started_at, stopped_at
        Times of the injection by the scanner's clock: (0018,1042), (0018,1043).
    is_administered
        Whether an enhanced object says so (0018,9342); None where it does not say.
    agent_phase
        The enhanced object's word (0018,9344), such as ``PRE_CONTRAST``.
    """

    agent: str | None = None
    agent_codes: tuple[Code, ...] | None = None
    route: str | None = None
    route_codes: tuple[Code, ...] | None = None
    ingredient: str | None = None
    ingredient_codes: tuple[Code, ...] | None = None
    volume_ml: float | None = None
    total_dose_ml: float | None = None
    flow_rate_ml_s: float | None = None
    started_at: time | None = None
    stopped_at: time | None = None
    is_administered: bool | None = None
    agent_phase: str | None = None


class Clock(Value, frozen=True, kw_only=True):
    """Date and time of the exposure by the scanner's clock, and where they came from.

    Attributes
    ----------
    acquired_on, acquired_time
        Date and time of day without a zone, to the microsecond; one may be known alone.
    tag
        The attribute that the time, or without one the date, was read from, as ``(gggg,eeee)``.
    is_acquisition
        Whether that is an attribute of the acquisition; no other tells the exposure itself.
    """

    acquired_on: date | None = None
    acquired_time: time | None = None
    tag: str = ""
    is_acquisition: bool = False

    @property
    def acquired_at(self) -> datetime | None:
        """Date and time together, None where one of them is missing."""
        if self.acquired_on is None or self.acquired_time is None:
            return None
        return datetime.combine(self.acquired_on, self.acquired_time)


class Geometry(Value, frozen=True, kw_only=True):
    """How the image was projected, in millimetres.

    Spacings are distances of the centres of neighbouring pixels, (between rows, between columns),
    both above 0.

    Attributes
    ----------
    imager_pixel_spacing_mm, detector_spacing_mm
        At the detector: (0018,1164) and (0018,7022).
    pixel_spacing_mm, calibration_type
        In the patient or at the detector (0028,0030), and which of them (0028,0A02), if it says.
    field_of_view_mm
        Size of the field at the detector, of which the image is all or a part (0018,1149): height
        and width, or whatever numbers stand there.
    magnification_factor
        Detector image over breast (0018,1114), 1 where they touch. As it stands in the header,
        also where no factor can be so large or so small.
    source_to_detector_mm, source_to_patient_mm
        From the X-ray source: (0018,1110), (0018,1111).
    patient_orientation
        The directions of rows and of columns (0020,0020), such as ``("A", "FR")``.
    direction_cosines
        The same as six numbers (0020,0037), three of each: to the left, the back and the head.
    paddle
        The compression paddle, as the console calls it (0018,11A4).
    """

    imager_pixel_spacing_mm: tuple[float, float] | None = None
    pixel_spacing_mm: tuple[float, float] | None = None
    calibration_type: str | None = None
    detector_spacing_mm: tuple[float, float] | None = None
    field_of_view_mm: tuple[float, ...] = ()
    magnification_factor: float | None = None
    source_to_detector_mm: float | None = None
    source_to_patient_mm: float | None = None
    patient_orientation: tuple[str, ...] | None = None
    direction_cosines: tuple[float, ...] = ()
    paddle: str | None = None


class Exposure(Value, frozen=True, kw_only=True):
    """Attributes of the beam that bear on the kind of image.

    ``kvp`` is the tube's peak voltage in kilovolts (0018,0060), ``filter_material`` that of the
    beam's filter (0018,7050), such as ``RHODIUM``.
    """

    kvp: float | None = None
    filter_material: str | None = None


class Breast(Value, frozen=True, kw_only=True):
    """What the header says of side and view, source by source, nothing decided."""

    image_laterality: str | None = None
    frame_laterality: str | None = None
    series_laterality: str | None = None
    region_modifiers: tuple[Code, ...] = ()
    view_position: str | None = None
    view_codes: tuple[Code, ...] | None = None
    view_modifiers: tuple[Code, ...] = ()
    clinical_view: str | None = None  # GE (0045,xx1B), behind its private creator
    pacs_laterality: str | None = None  # Centricity (4109,xx01), maybe a correction
    pacs_view: str | None = None  # Centricity (4109,xx02)
    body_part: str | None = None


class Raster(Value, frozen=True, kw_only=True):
    """What the header says of the pixels (DICOM PS3.3 C.7.6.3).

    ``rows`` and ``columns`` are the height and width in pixels; ``frames`` and ``samples`` (per
    pixel) are at least 1. ``has_pixels``: there is an element with pixels, and it is not empty;
    ``has_private_pixels``: the image is elsewhere, where its maker's programs alone find it.
    ``window_explanations`` are what somebody called the windows, to look for names in them.
    ``lossy_ratios`` and ``lossy_methods``: of each step of compression, as the header says.
    """

    rows: int | None = None
    columns: int | None = None
    frames: int = 1
    samples: int = 1
    bits_allocated: int | None = None
    bits_stored: int | None = None
    photometric: str | None = None
    window_explanations: tuple[str, ...] = ()
    has_pixels: bool = False
    has_private_pixels: bool = False
    has_annotation: bool = False  # burned in, which may name the patient
    is_lossy: bool = False
    lossy_ratios: tuple[float, ...] = ()
    lossy_methods: tuple[str, ...] = ()


class Instance(Value, frozen=True):
    """One DICOM object's header; what each attribute means is decided elsewhere.

    Attributes
    ----------
    compression_force_n
        Newtons on the breast (0018,11A2).
    references
        What the object points at, each with its purpose or document title: the images that a
        note rejects, the image that this one was made from.
    damage
        Why the pixels that the header promises cannot be shown, as far as that is known without
        decoding: ``truncated``, ``pixel-length-contradicted``.
    is_own
        This program made the object, and sent it to where it comes from.
    id
        What it is called where its UID may not stand; no attribute of the object, but given by
        whoever holds the key of these names. Empty where nobody does.
    """

    origin: Origin
    sop_class_uid: str
    sop_instance_uid: str
    study_instance_uid: str
    series_instance_uid: str
    transfer_syntax_uid: str = ""
    modality: str | None = None
    image_type: tuple[str, ...] | None = None
    study_date: date | None = None
    study_time: time | None = None
    series_number: int | None = None
    instance_number: int | None = None
    accession_number: str | None = None
    irradiation_event_uids: tuple[str, ...] = ()
    compression_force_n: float | None = None
    references: tuple["Reference", ...] = ()
    document_title: Code | None = None
    patient: Patient = Patient()
    people: People = People()
    equipment: Equipment = Equipment()
    purpose: Purpose = Purpose()
    clock: Clock = Clock()
    contrast: Contrast = Contrast()
    breast: Breast = Breast()
    geometry: Geometry = Geometry()
    exposure: Exposure = Exposure()
    raster: Raster = Raster()
    texts: tuple[Text, ...] = ()
    codes: tuple[Code, ...] = ()
    is_charset_guessed: bool = False
    damage: str | None = None
    is_own: bool = False
    id: str = ""

    @property
    def is_for_processing(self) -> bool:
        """Whether the pixels are meant for an algorithm and not for the eye."""
        intent = (self.purpose.intent or "").strip().upper()
        return intent == FOR_PROCESSING or (
            not intent and self.sop_class_uid in FOR_PROCESSING_CLASSES
        )


class Reference(Value, frozen=True, kw_only=True):
    """A SOP Instance UID that an object points at, and for what purpose (a code value)."""

    sop_instance_uid: str
    purpose: str = ""
