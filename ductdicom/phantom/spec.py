"""What a synthetic mammogram's header shall say, as frozen values.

Throughout, None leaves an attribute out (a type 2 attribute is then empty), ``""`` writes it empty.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray


class Coded(NamedTuple):
    """One item of a code sequence (DICOM PS3.3 8.8)."""

    value: str
    scheme: str
    meaning: str


class WindowSpec(NamedTuple):
    """One VOI window, and what it is for."""

    center: float
    width: float
    explanation: str = ""


class LutSpec(NamedTuple):
    """One VOI LUT: ``table`` maps stored values from ``first`` on."""

    first: int
    table: NDArray[np.uint16]
    bits: int
    explanation: str = ""


MAMMARY_DUCTOGRAM = Coded("18102001", "SCT", "Mammary ductogram")
MAGNIFICATION = Coded("399163009", "SCT", "Magnification")
SPOT_COMPRESSION = Coded("399055006", "SCT", "Spot compression")
IOHEXOL = Coded("109218004", "SCT", "Iohexol")
INTRALUMINAL = Coded("37737002", "SCT", "Intraluminal route")
INTRAVENOUS = Coded("47625008", "SCT", "Intravenous route")


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A mammography unit and its archive habits.

    ``view_scheme`` is SCT or SRT (some still write SNM3 for the latter); ``pitch_mm`` the pitch
    of the detector's elements.
    """

    manufacturer: str = "SAMPLE MAMMO"
    model: str = "SAMPLE 1"
    station: str = "MAMMO1"
    serial: str = "S0001"
    software: str = "1.0"
    view_scheme: str = "SCT"
    pitch_mm: float = 0.1
    has_clinical_view: bool = False  # GE (0045,xx1B)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A synthetic patient; names avoid the words that mean quality control."""

    name: str = "SAMPLE^ALPHA"
    patient_id: str = "SAMPLE-001"
    issuer: str | None = "SAMPLE HOSPITAL"
    birth_date: str = "19700101"
    sex: str = "F"
    age: str | None = "055Y"


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """Contrast/Bolus module (DICOM PS3.3 C.7.6.4); volumes in mL, times ``HHMMSS``."""

    agent: str = "IOHEXOL 300"
    agent_codes: tuple[Coded, ...] = ()
    route: str | None = None
    route_codes: tuple[Coded, ...] = ()
    volume_ml: float | None = None
    total_dose_ml: float | None = None
    start_time: str | None = None
    stop_time: str | None = None
    flow_rate_ml_s: float | None = None
    ingredient: str | None = None
    concentration_mg_ml: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Presentation:
    """How stored values become grey (DICOM PS3.3 C.11.2, C.8.11.1)."""

    photometric: str = "MONOCHROME2"
    shape: str | None = "IDENTITY"
    bits: int = 12
    windows: tuple[WindowSpec, ...] = (WindowSpec(2650, 1100),)
    voi_function: str | None = None
    luts: tuple[LutSpec, ...] = ()
    padding: int | None = 0
    padding_limit: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """What people and consoles typed; None leaves each of them out."""

    study: str | None = None
    series: str | None = None
    protocol: str | None = None
    step: str | None = None  # Performed Procedure Step Description
    step_comments: str | None = None
    requested: str | None = None  # Requested Procedure Description
    image: str | None = None  # Image Comments
    processing: str | None = None  # Acquisition Device Processing Description
    derivation: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Beamline:
    """Geometry and exposure technique.

    ``magnification`` is the Estimated Radiographic Magnification Factor (0018,1114).
    """

    imager_spacing_mm: float | None = None  # the pitch, if None
    magnification: float | None = 1.0
    kvp: float | None = 28
    filter_material: str | None = "RHODIUM"
    anode: str | None = "RHODIUM"
    focal_spot_mm: float | None = 0.3
    grid: tuple[str, ...] | None = ("RECIPROCATING", "FOCUSED")
    paddle: str | None = None
    force_n: float | None = 90
    thickness_mm: float | None = 52


@dataclass(frozen=True, slots=True, kw_only=True)
class MammogramSpec:
    """One image. UIDs that are None are derived from ``label``.

    Parameters
    ----------
    label
        Any text; images with different labels get different SOP Instance UIDs.
    view
        ACR acronym of CID 4014, a :class:`Coded`, or None for an empty View Code Sequence.
    acquired_at
        ``YYYYMMDDHHMMSS``; None leaves dates and times of the image out.
    patient_orientation
        As stored; None takes the hung orientation of view and side.
    extra
        Keyword to value, laid over everything else; a value None deletes the attribute.
    """

    label: str = "image"
    sop_class_uid: str | None = None
    sop_instance_uid: str | None = None
    study_instance_uid: str | None = None
    series_instance_uid: str | None = None
    person: Person = field(default_factory=Person)
    device: Device = field(default_factory=Device)
    texts: Texts = field(default_factory=Texts)
    beamline: Beamline = field(default_factory=Beamline)
    presentation: Presentation = field(default_factory=Presentation)
    contrast: Agent | None = None
    image_type: tuple[str, ...] = ("ORIGINAL", "PRIMARY")
    intent: str = "FOR PRESENTATION"
    laterality: str | None = "L"
    view: str | Coded | None = "CC"
    modifiers: tuple[Coded, ...] = ()
    view_position: str | None = None
    patient_orientation: tuple[str, ...] | None = None
    study_at: str | None = "20260102085500"
    series_at: str | None = None
    acquired_at: str | None = "20260102090000"
    study_id: str | None = "1"
    accession_number: str | None = "A1001"
    series_number: int | None = 1
    instance_number: int | None = 1
    acquisition_number: int | None = None
    procedure_codes: tuple[Coded, ...] = ()
    irradiation_event_uid: str | None = None
    predecessor_uid: str | None = None  # the For Processing image it was made from
    is_deidentified: bool = False
    charset: str = "ISO_IR 100"
    extra: Mapping[str, Any] = field(default_factory=dict)
