"""What is no ductography, or no 2D view of one, and looks like it."""

import dataclasses
from typing import Any

from msgspec.structs import replace

from corpus.exposures import POST, PRE, agent, fillings, said, scouts
from corpus.scene import (
    COMMENT,
    DUCTOGRAM_CODE,
    NONE,
    SERIES_TEXT,
    Label,
    Plan,
    Setting,
    Shot,
    uid_of,
)
from ductdicom.model.instance import Code, Contrast, Instance, Patient, Purpose, Raster
from ductdicom.model.origin import Origin

STORAGE = "1.2.840.10008.5.1.4.1.1."
TOMOSYNTHESIS, PROJECTIONS = STORAGE + "13.1.3", STORAGE + "13.1.4"
FOR_PROCESSING = STORAGE + "1.2.1"
CAPTURE, KEY_OBJECTS, PRESENTATION, DOSE = (
    STORAGE + "7",
    STORAGE + "88.59",
    STORAGE + "11.1",
    STORAGE + "88.67",
)
SPECIMEN_VIEW = Code(tag="(0054,0220)", value="127457009", scheme="SCT")
MANY = Raster(rows=2457, columns=1996, frames=58, has_pixels=True)
ONE = Raster(rows=3000, columns=2400, has_pixels=True)
INTRAVENOUS = Contrast(agent="OMNIPAQUE 350", route="IV", volume_ml=100.0, flow_rate_ml_s=3.0)
OTHER_EXAM = "mammogram"


def companion(uid: str, sop_class: str, modality: str, **changes: Any) -> Instance:
    """Make an object of another kind."""
    return Instance(
        origin=Origin(file=f"{uid}.dcm", source=f"{uid}.dcm"),
        sop_class_uid=sop_class,
        sop_instance_uid=uid,
        study_instance_uid="",
        series_instance_uid=f"{uid}.0",
        modality=modality,
        **changes,
    )


def tagged_visit(setting: Setting) -> list[Shot]:
    """Make a ductography whose agent splits it; the look-alikes stand beside it."""
    return scouts(setting) + fillings(
        setting, first=14.0, contrast=Contrast(agent=agent(setting), route="INTRADUCTAL")
    )


def dual_energy(setting: Setting) -> Plan:
    """Contrast mammography of both breasts, in each maker's own terms."""
    low, high, combined = {
        "ge": (("POST_CONTRAST", "", "LOW_ENERGY"), None, ("POST_CONTRAST", "SUBTRACTION")),
        "ge-old": (("", "LOW_ENERGY"), ("", "HIGH_ENERGY"), ("", "RECOMBINED")),
        "hologic": (("", "LOW_ENERGY"), ("", "HIGH_ENERGY"), ("", "RECOMBINED")),
        "fuji": (("POST_CONTRAST", "NONE", "LOW_ENERGY"), None, ("POST_CONTRAST", "SUBTRACTION")),
        "siemens": (("POST_CONTRAST", "", "LOW_ENERGY"), None, ("POST_CONTRAST", "SUBTRACTION")),
        "giotto": (("", "LOW_ENERGY"), ("", "HIGH_ENERGY"), ("", "SUBTRACTION")),
        "planmed": (("", "", "LOW_ENERGY"), None, ("", "", "RECOMBINED")),
        "philips": (("POST_CONTRAST", "", "LOW_ENERGY"), None, ("POST_CONTRAST", "RECOMBINED")),
    }[setting.vendor.name]
    names = ("CEM BILAT", "CESM", "Contrast Enhanced Mammography", "I-VIEW CEM", "TiCEM", "CEDM")
    shots = [
        Shot(
            phase=NONE,
            kind="contrast-mammogram",
            minute=4.0 * n + place / 10,
            view=view,
            side=side,
            contrast=INTRAVENOUS if setting.number % 3 else Contrast(agent="IOPAMIDOL 370"),
            changes={"image_type": ("DERIVED", "PRIMARY", *terms)},
        )
        for n, (side, view) in enumerate((s, v) for v in ("CC", "MLO") for s in "RL")
        for place, terms in enumerate((low, high, combined))
        if terms
    ]
    return Plan(
        topic="dual energy",
        exam="contrast-mammogram",
        study_text=names[setting.number % len(names)],
        shots=shots,
    )


def dual_energy_without_terms(setting: Setting) -> Plan:
    """Low energy images stored as plain ones: only the vein, the volume and the name tell."""
    sides = [(side, view) for view in ("CC", "MLO") for side in "RL"]
    return Plan(
        topic="dual energy without terms",
        exam="contrast-mammogram",
        study_text=("CEM BILATERAL", "MAMMO SPECIAL")[setting.number % 2],
        shots=[
            Shot(phase=NONE, kind=None, minute=3.0 * n, side=s, view=v, contrast=INTRAVENOUS)
            for n, (s, v) in enumerate(sides)
        ],
    )


def dual_energy_of_one_breast(setting: Setting) -> Plan:
    """Set a decoy: one breast, PRE_ and POST_CONTRAST, but dual energy and through a vein."""
    head = setting.vendor.types[:2]
    common: dict[str, Any] = {"phase": NONE, "kind": "contrast-mammogram"}
    return Plan(
        topic="dual energy, one breast",
        exam="contrast-mammogram",
        study_text="MAMMO SPECIAL PROCEDURE",
        shots=[
            Shot(**common, changes={"image_type": (*head, "PRE_CONTRAST", "", "LOW_ENERGY")}),
            Shot(
                **common,
                minute=6.0,
                contrast=INTRAVENOUS,
                changes={"image_type": (*head, "POST_CONTRAST", "", "LOW_ENERGY")},
            ),
            Shot(
                **common,
                minute=6.1,
                contrast=INTRAVENOUS,
                changes={"image_type": (*head, "POST_CONTRAST", "SUBTRACTION")},
            ),
        ],
    )


def on_dual_energy_unit(setting: Setting) -> Plan:
    """Make a real ductography in normal mode on a unit that can do dual energy."""
    return Plan(
        topic="duct on a dual-energy unit",
        study_text=setting.exam_name(),
        changes={"purpose": Purpose(processing_code="GEMS_FFDM_PV")},
        shots=tagged_visit(setting),
    )


def tomosynthesis(setting: Setting) -> Plan:
    """Volumes, projections and synthetic views beside the plain ones."""
    given, not_given = Contrast(is_administered=True), Contrast(is_administered=False)
    volume = {"sop_class_uid": TOMOSYNTHESIS, "raster": MANY}
    volume_type = ("ORIGINAL", "PRIMARY", "TOMOSYNTHESIS", "NONE")
    synthetic = {
        "sop_class_uid": TOMOSYNTHESIS if setting.number % 2 else STORAGE + "1.2",
        "image_type": ("DERIVED", "PRIMARY", "TOMOSYNTHESIS", "GENERATED_2D")
        if setting.number % 2
        else ("DERIVED", "PRIMARY", "TOMO_2D", "LEFT"),
    }
    return Plan(
        topic="tomosynthesis",
        study_text=setting.exam_name(),
        shots=[
            *tagged_visit(setting),
            Shot(phase=PRE, kind="tomosynthesis", minute=3.0, contrast=not_given,
                 changes={**volume, "image_type": volume_type}),
            Shot(phase=POST, kind="tomosynthesis", minute=19.0, contrast=given,
                 changes={**volume, "image_type": volume_type}),
            Shot(kind="tomosynthesis", minute=20.0, view="ML",
                 changes={**volume, "image_type": volume_type}),
            Shot(kind="synthetic", minute=19.0, changes=synthetic),
            Shot(phase=NONE, kind="projection", minute=19.0,
                 changes={"sop_class_uid": PROJECTIONS, "raster": MANY,
                          "image_type": ("ORIGINAL", "PRIMARY", "TOMO_PROJ", "")}),
        ],
    )  # fmt: skip


def tomosynthesis_as_capture(setting: Setting) -> Plan:
    """Projections stored as Secondary Capture of modality MG."""
    return Plan(
        topic="projections as captures",
        study_text=setting.exam_name(),
        shots=[
            *tagged_visit(setting),
            Shot(phase=NONE, kind="projection", minute=20.0, view="", expected_view=None,
                 expected_side=None,
                 changes={"sop_class_uid": CAPTURE, "image_type": ("ORIGINAL", "PRIMARY")},
                 breast={"view_codes": None, "view_position": None, "clinical_view": None},
                 texts={SERIES_TEXT: ""}),
        ],
    )  # fmt: skip


def synthetic_by_name(setting: Setting) -> Plan:
    """Synthetic views that only their series names."""
    names = ("L CC C-View", "Intelligent 2D", "S-View LCC", "V-PREVIEW LCC", "Insight 2D")
    text = names[setting.number % len(names)]
    return Plan(
        topic="synthetic by name",
        study_text=setting.exam_name(),
        shots=[
            *tagged_visit(setting),
            Shot(kind="synthetic", minute=21.0, side="L", texts={SERIES_TEXT: text}),
        ],
    )


def biopsy(setting: Setting) -> Plan:
    """Stereotactic images, whose words begin with PRE and POST."""
    side = {"L": "LT", "R": "RT"}[setting.side]
    terms = ("STEREO_SCOUT", "STEREO_MINUS", "PREFIRE", "POSTFIRE_PLUS", "POSTBIOPSY", "POSTMARKER")
    return Plan(
        topic="biopsy",
        exam=OTHER_EXAM,
        study_text=f"STEREO BIOPSY {side}",
        shots=[
            Shot(phase=NONE, kind="biopsy", minute=3.0 * n, texts={SERIES_TEXT: text},
                 changes={"image_type": ("ORIGINAL", "PRIMARY", term),
                          "purpose": Purpose(has_biopsy_target=n > 1)})
            for n, (term, text) in enumerate(
                zip(terms, ("SCOUT", "-15", "PRE FIRE", "POST FIRE", "POST", "POST CLIP"),
                    strict=True)
            )
        ],
    )  # fmt: skip


def before_surgery(setting: Setting) -> Plan:
    """Add the wire and the specimen of the surgery that follows."""
    wire = ("NEEDLE LOC", "WIRE LOC CC", "Drahtmarkierung", "HARPON", "repère préop")
    return Plan(
        topic="before surgery",
        study_text=setting.exam_name(),
        shots=[
            *tagged_visit(setting),
            Shot(phase=NONE, kind="localisation", minute=40.0,
                 texts={SERIES_TEXT: wire[setting.number % len(wire)]}),
            Shot(phase=NONE, kind="specimen", minute=90.0, view="", expected_view=None,
                 breast={"view_codes": (SPECIMEN_VIEW,), "clinical_view": None},
                 texts={SERIES_TEXT: "SPECIMEN"}),
        ],
    )  # fmt: skip


def quality_control(setting: Setting) -> Plan:
    """Put a test object on the unit."""
    patient = Patient(patient_id=f"QC{setting.number}", name="PHANTOM^ACR")
    return Plan(
        topic="quality control",
        exam="other",
        study_text="QC WEEKLY",
        changes={"patient": patient}
        if setting.number % 2
        else {"purpose": Purpose(is_quality_control=True)},
        shots=[Shot(phase=NONE, kind="quality-control", minute=n, expected_view=None,
                    expected_side=None, texts={SERIES_TEXT: "FLAT FIELD"}) for n in (0.0, 2.0)],
    )  # fmt: skip


def companions(setting: Setting) -> Plan:
    """Ultrasound, a presentation state, a dose report and a screen capture in the study."""
    root = uid_of(setting, 0)
    extra = (
        (companion(f"{root}.1", STORAGE + "6.1", "US", raster=ONE), "other-modality"),
        (companion(f"{root}.2", PRESENTATION, "PR"), "presentation-state"),
        (companion(f"{root}.3", DOSE, "SR"), "report"),
        (
            companion(
                f"{root}.4",
                CAPTURE,
                "OT",
                image_type=("DERIVED", "SECONDARY"),
                raster=replace(ONE, samples=3),
            ),
            "capture",
        ),
    )
    return Plan(
        topic="companions",
        study_text=setting.exam_name(),
        shots=tagged_visit(setting),
        extra=tuple((instance, Label(phase=NONE, kind=kind)) for instance, kind in extra),
    )


def implants(setting: Setting) -> Plan:
    """Implant displaced and not, both before and after."""
    displaced = [
        dataclasses.replace(shot, minute=(shot.minute or 0) + 0.6, modifiers=("ID",))
        for shot in tagged_visit(setting)
    ]
    return Plan(
        topic="implants",
        study_text=setting.exam_name(),
        shots=tagged_visit(setting) + displaced,
    )


def tempting_mammogram(setting: Setting) -> Plan:
    """Plain mammograms whose words look like before and after."""
    tempting = (
        ("MAMMO DIAG UNILAT", "POST BIOPSY CLIP"),
        ("MAMMOGRAM", "PREMIUM VIEW {v}"),
        ("STATUS POST LUMPECTOMY", "{v}"),
        ("Mammographie bds.", "Z.n. OP {v}"),
        ("MAMMO BILAT", "MD C/C S/C"),
        ("MAMOGRAFIA", "{v} POST CIRUGIA"),
        ("MAMMOGRAFIA", "controllo {v}"),
        ("Mammografia", "stan po biopsji"),
        ("MAMMO GALACTORRHEA WORKUP", "{v}"),
        ("MAMMOGRAPHY NIPPLE DISCHARGE", "POSTERIOR NIPPLE LINE {v}"),
        ("MAMMO", "{v} POST PROCESSING"),
        ("MAMMO POSTMENOPAUSAL", "PRE OP {v}"),
        ("MAMMOGRAPHIE", "contrôle {v} après chirurgie"),
        ("PRODUCTOGRAPHY QA REVIEW", "{v}"),
        ("MAMMOGRAPHY SCREENING", "CONTRAST 1.2 {v}"),
    )
    study, series = tempting[setting.number % len(tempting)]
    return Plan(
        topic="tempting words",
        exam=OTHER_EXAM,
        study_text=study,
        shots=[
            Shot(
                phase=NONE, minute=2.0 * n, side=s, view=v, texts={SERIES_TEXT: series.format(v=v)}
            )
            for n, (s, v) in enumerate((s, v) for v in ("CC", "MLO") for s in "RL")
        ],
    )


def pneumocystography(setting: Setting) -> Plan:
    """Air in a cyst: contrast of a kind, and no ductography."""
    air = Code(tag="(0018,0012)", value="15158005", scheme="SCT", meaning="Air")
    filled = Contrast(agent="AIR", agent_codes=(air,), volume_ml=4.0)
    return Plan(
        topic="pneumocystography",
        exam=OTHER_EXAM,
        study_text=("PNEUMOCYSTOGRAPHY LT", "Pneumozystographie")[setting.number % 2],
        shots=[Shot(phase=NONE), Shot(phase=NONE, minute=9.0, contrast=filled)],
    )


def earlier_ductogram_in_words(setting: Setting) -> Plan:
    """Comment plain mammograms with a ductography years ago."""
    texts = ("s/p ductogram 2019", "HX OF GALACTOGRAM", "Z.n. Galaktographie 2020")
    return Plan(
        topic="earlier ductogram in words",
        exam=OTHER_EXAM,
        study_text="MAMMO DIAG BILAT",
        shots=[
            Shot(phase=NONE, minute=2.0 * n, side=side, texts={COMMENT: texts[setting.number % 3]})
            for n, side in enumerate("RL")
        ],
    )


def words_beside_tags(setting: Setting) -> Plan:
    """Comment a ductography with a biopsy long ago."""
    extra = ("POST BIOPSY", "s/p lumpectomy", "Z.n. PE", "clip from 2019")
    return Plan(
        topic="words beside tags",
        codes=(DUCTOGRAM_CODE,),
        shots=said(tagged_visit(setting), COMMENT, lambda _: extra[setting.number % len(extra)]),
    )
