"""Studies of synthetic tiles, laid out on pages without reading any file."""

from datetime import datetime

import numpy as np
from builders import make_instance, make_origin

from ductdicom.geometry.hanging import hang
from ductdicom.model.call import (
    Confidence,
    Evidence,
    ExamCall,
    ExamKind,
    Kind,
    Laterality,
    Phase,
    PhaseCall,
    Strength,
    ViewGroup,
)
from ductdicom.model.study import ImageCall, Study, StudyCall
from ductdicom.pairing.rows import pair_study
from ductdicom.sheet.page import SheetOptions
from ductdicom.sheet.pages.compose import compose
from ductdicom.sheet.tile import Tile

GROUPS = {
    "CC": ViewGroup.CC,
    "ML": ViewGroup.LATERAL,
    "LM": ViewGroup.LATERAL,
    "MLO": ViewGroup.OBLIQUE,
}
ORIENTATIONS = {"L": ("A", "R"), "R": ("P", "L")}


def make_evidence(says, value="IOHEXOL 300", tag="(0018,0010)", strength=Strength.EXPLICIT):
    return Evidence(rule="contrast-agent", tag=tag, value=value, says=says, strength=strength)


def make_image(number, *, side="L", view="CC", phase="post", injection=1, text="IOHEXOL 300",
               minute=None, **changes):  # fmt: skip
    """Make an image whose only reason is one text."""
    is_known = phase != "unknown"
    call = PhaseCall(
        phase=Phase(phase),
        confidence=Confidence.CERTAIN if is_known else Confidence.UNKNOWN,
        evidence=(make_evidence(phase, text),) if is_known else (),
    )
    minute = number if minute is None else minute
    values = {
        "instance": make_instance(
            f"2.25.{number}", origin=make_origin(f"{number}.dcm"), id=f"{number:012x}"
        ),
        "kind": Kind.VIEW,
        "laterality": Laterality(side),
        "view": view,
        "group": GROUPS[view],
        "acquired_at": datetime.fromisoformat(f"2026-01-02T10:{minute % 60:02d}"),
        "injection": injection if phase == "post" else None,
        "call": call,
    }
    return ImageCall(**(values | changes))


def make_study(images, text="GALACTOGRAM"):
    images = tuple(images)
    exam = make_evidence("ductogram", text, "(0008,1030)", Strength.TEXT)
    return StudyCall(
        study=Study(study_instance_uid="2.25.1", instances=tuple(i.instance for i in images)),
        exam=ExamCall(kind=ExamKind.DUCTOGRAM, confidence=Confidence.STRONG, evidence=(exam,)),
        images=images,
    )


def make_tile(shape=(120, 60), *, spacing_mm=(1.0, 1.0), side="L", view="CC", seed=0, values=None):
    if values is None:
        values = np.random.default_rng(seed).integers(0, 65536, shape, dtype=np.uint16)
    hanging = hang(view=view, laterality=Laterality(side), patient_orientation=ORIENTATIONS[side])
    return Tile(
        values=values,
        spacing_mm=spacing_mm,
        hanging=hanging,
        voi="window 1",
        saturated_fraction=0,
        stored_px=values.shape,
    )


def lay_out(images, tiles=None, **options):
    """Return study, rows and pages of images, each with a tile of its own."""
    study = make_study(images)
    pairing = pair_study(study)
    tiles = tiles or {
        image.instance.origin.label: make_tile(seed=number, side=str(image.laterality or "L"))
        for number, image in enumerate(images)
    }
    return study, pairing, compose(study, pairing, tiles, SheetOptions(**options))
