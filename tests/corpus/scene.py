"""From a few words about each exposure to headers, with the expert's label beside each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from msgspec.structs import replace

from corpus.vendors import MODIFIER_CODES, VENDORS, VIEW_CODES, Vendor
from corpus.words import WORDS, Words
from ductdicom.model.instance import (
    Breast,
    Clock,
    Code,
    Contrast,
    Equipment,
    Exposure,
    Geometry,
    Instance,
    Level,
    Patient,
    Purpose,
    Raster,
    Text,
)
from ductdicom.model.origin import Origin
from ductdicom.model.study import Study

MAMMOGRAM = "1.2.840.10008.5.1.4.1.1.1.2"
PLATE = "1.2.840.10008.5.1.4.1.1.1"
UNDETERMINABLE = "undeterminable"
NONE = "none"
MORNING = datetime.fromisoformat("2026-01-02T09:02")  # scanner's clock, no time zone
SAME = "="  # the label is what the shot was made with

SERIES_TEXT, PROTOCOL, STEP = "(0008,103E)", "(0018,1030)", "(0040,0254)"
STUDY_TEXT, REQUEST, COMMENT = "(0008,1030)", "(0032,1060)", "(0020,4000)"
_LEVELS = {
    SERIES_TEXT: Level.SERIES,
    PROTOCOL: Level.SERIES,
    STEP: Level.SERIES,
    STUDY_TEXT: Level.STUDY,
    REQUEST: Level.REQUEST,
    COMMENT: Level.IMAGE,
}
DUCTOGRAM_CODE = Code(
    tag="(0008,1032)",
    value="18102001",
    scheme="SCT",
    meaning="Mammary ductogram",
    level=Level.STUDY,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """What an expert says of one image; None where the expert is not asked.

    ``phase`` is ``pre``, ``post``, ``undeterminable`` or ``none``; ``side`` and ``view`` are
    ``""`` where nobody could say.
    """

    phase: str
    kind: str | None = "view"
    side: str | None = None
    view: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One study with the expert's label of each of its images, by SOP Instance UID."""

    name: str
    topic: str
    vendor: str
    language: str
    exam: str
    study: Study
    labels: Mapping[str, Label]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """One exposure and the expert's label; ``minute`` counts from the first, None: no clock.

    ``texts`` are added by tag; ``changes`` replace fields of the finished header, ``breast`` and
    ``geometry`` fields of those parts.
    """

    phase: str = UNDETERMINABLE
    minute: float | None = 0.0
    view: str = "CC"
    side: str | None = None  # the scene's
    kind: str | None = "view"
    modifiers: tuple[str, ...] = ()
    contrast: Contrast | None = None
    texts: Mapping[str, str | None] = field(default_factory=dict)
    changes: Mapping[str, Any] = field(default_factory=dict)
    breast: Mapping[str, Any] = field(default_factory=dict)
    geometry: Mapping[str, Any] = field(default_factory=dict)
    is_guessed: bool = False
    expected_side: str | None = SAME
    expected_view: str | None = SAME


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """Where and by whom a study was made: what all of its images share."""

    vendor: Vendor = VENDORS["ge"]
    language: str = "en"
    side: str = "L"
    number: int = 0
    begun_at: datetime = MORNING

    @property
    def words(self) -> Words:
        """The language's words."""
        return WORDS[self.language]

    @property
    def other_side(self) -> str:
        """The breast that is not examined."""
        return "R" if self.side == "L" else "L"

    def say(self, template: str, view: str = "", side: str | None = None) -> str:
        """Fill side and view into a phrase."""
        word = self.words.left if (side or self.side) == "L" else self.words.right
        return template.format(s=word, v=view).strip()

    def exam_name(self, variant: int | None = None) -> str:
        """Name the ductography as this site does."""
        exams = self.words.exams
        return self.say(exams[(self.number if variant is None else variant) % len(exams)])

    def before(self, view: str, variant: int | None = None) -> str:
        """Say that an image was exposed before the filling."""
        phrases = self.words.before
        return self.say(phrases[(self.number if variant is None else variant) % len(phrases)], view)

    def after(self, view: str, variant: int | None = None) -> str:
        """Say that an image was exposed after the filling."""
        phrases = self.words.after
        return self.say(phrases[(self.number if variant is None else variant) % len(phrases)], view)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A study to be made: its name, the exam's label, and the exposures in any order."""

    topic: str
    shots: Sequence[Shot]
    exam: str = "ductogram"
    study_text: str | None = None
    codes: tuple[Code, ...] = ()
    texts: Mapping[str, str | None] = field(default_factory=dict)
    changes: Mapping[str, Any] = field(default_factory=dict)
    extra: Sequence[tuple[Instance, Label]] = ()


def build_case(setting: Setting, plan: Plan) -> Case:
    """Turn a plan into a study of headers and its labels."""
    root = f"2.25.{7_000_000 + setting.number}"
    made = [_instance(setting, plan, shot, root, n) for n, shot in enumerate(plan.shots, 1)]
    labels = {
        instance.sop_instance_uid: _label(shot, setting)
        for instance, shot in zip(made, plan.shots, strict=True)
    }
    for instance, label in plan.extra:
        made.append(replace(instance, study_instance_uid=root))
        labels[instance.sop_instance_uid] = label
    return Case(
        name=f"{plan.topic} #{setting.number} {setting.vendor.name} {setting.language}",
        topic=plan.topic,
        vendor=setting.vendor.name,
        language=setting.language,
        exam=plan.exam,
        study=Study(study_instance_uid=root, instances=tuple(made)),
        labels=labels,
    )


def uid_of(setting: Setting, number: int) -> str:
    """Return the SOP Instance UID of a plan's shot, counted from 1."""
    return f"2.25.{7_000_000 + setting.number}.{number}"


def _label(shot: Shot, setting: Setting) -> Label:
    side = (shot.side or setting.side) if shot.expected_side == SAME else shot.expected_side
    view = shot.view if shot.expected_view == SAME else shot.expected_view
    return Label(phase=shot.phase, kind=shot.kind, side=side, view=view)


def _instance(setting: Setting, plan: Plan, shot: Shot, root: str, number: int) -> Instance:
    vendor = setting.vendor
    side = shot.side or setting.side
    texts = {STUDY_TEXT: plan.study_text, SERIES_TEXT: setting.say("{v}", shot.view)}
    texts |= {**plan.texts, **shot.texts}
    series = number if vendor.has_own_series else 1
    contrast = shot.contrast or Contrast(agent="" if vendor.writes_empty_agent else None)
    made = Instance(
        origin=Origin(file=f"{number}.dcm", source=f"{setting.number}/{number}.dcm"),
        sop_class_uid=PLATE if vendor.is_plate else MAMMOGRAM,
        sop_instance_uid=f"{root}.{number}",
        study_instance_uid=root,
        series_instance_uid=f"{root}.9{series}",
        modality=vendor.modality,
        equipment=Equipment(
            manufacturer=vendor.manufacturer, model_name=vendor.model, station_name="MAMMO1"
        ),
        purpose=Purpose(intent=None if vendor.is_plate else "FOR PRESENTATION"),
        image_type=vendor.types,
        study_date=setting.begun_at.date(),
        study_time=setting.begun_at.time(),
        series_number=series,
        instance_number=number,
        patient=Patient(patient_id=f"P{setting.number}", name="SAMPLE^CASE", birth_date="19650401"),
        clock=_clock(setting, shot),
        contrast=contrast,
        breast=replace(_breast(vendor, shot, side), **shot.breast),
        geometry=replace(_geometry(vendor, shot), **shot.geometry),
        exposure=Exposure(kvp=29.0, filter_material="RHODIUM"),
        raster=Raster(rows=3000, columns=2400, has_pixels=True, bits_allocated=16, bits_stored=12),
        codes=plan.codes,
        texts=tuple(
            Text(level=_LEVELS[tag], tag=tag, value=value, is_guessed=shot.is_guessed)
            for tag, value in texts.items()
            if value is not None
        ),
        is_charset_guessed=shot.is_guessed,
    )
    return replace(made, **{**plan.changes, **shot.changes})


def _clock(setting: Setting, shot: Shot) -> Clock:
    if shot.minute is None:
        return Clock()
    moment = setting.begun_at + timedelta(minutes=shot.minute)
    is_acquisition = setting.vendor.has_acquisition_clock
    return Clock(
        acquired_on=moment.date(),
        acquired_time=moment.time(),
        tag="(0008,0032)" if is_acquisition else "(0008,0033)",
        is_acquisition=is_acquisition,
    )


def _breast(vendor: Vendor, shot: Shot, side: str) -> Breast:
    place = 0 if vendor.scheme == "SCT" else 1
    codes: tuple[Code, ...] = ()
    modifiers: tuple[Code, ...] = ()
    if vendor.has_codes and shot.view in VIEW_CODES:
        codes = (_code("(0054,0220)", VIEW_CODES[shot.view][place], vendor.scheme),)
        modifiers = tuple(
            _code("(0054,0222)", MODIFIER_CODES[name][place], vendor.scheme)
            for name in shot.modifiers
        )
    return Breast(
        image_laterality=None if vendor.is_plate else side,
        series_laterality=side if vendor.is_plate else None,
        view_position=_view_position(vendor, shot),
        view_codes=codes if vendor.has_codes else None,
        view_modifiers=modifiers,
        clinical_view=f"{side}{shot.view}" if vendor.has_clinical_view else None,
        body_part="BREAST",
    )


def _view_position(vendor: Vendor, shot: Shot) -> str | None:
    if not vendor.has_view_position:
        return None
    return f"{shot.view} MAG" if vendor.is_plate and "M" in shot.modifiers else shot.view


def _code(tag: str, value: str, scheme: str) -> Code:
    return Code(tag=tag, value=value, scheme=scheme)


def _geometry(vendor: Vendor, shot: Shot) -> Geometry:
    is_magnified = "M" in shot.modifiers
    factor = vendor.magnification if is_magnified else 1.0
    return Geometry(
        imager_pixel_spacing_mm=(vendor.pitch_mm, vendor.pitch_mm),
        magnification_factor=None if vendor.is_plate else factor,
        paddle="MAG" if is_magnified and vendor.name == "hologic" else None,
    )
