"""The sample study that holds more than views: a twin, a rejected image, a report, a text."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from ductdicom.phantom.codes import sample_uid
from ductdicom.phantom.documents import rejection_note, text_report
from ductdicom.phantom.exposure import Beam, DetectorResponse, Placement, SampleSize
from ductdicom.phantom.files import Syntax, write_bytes, write_object
from ductdicom.phantom.picture.ducts import DuctPlan
from ductdicom.phantom.picture.outline import Anatomy, View
from ductdicom.phantom.spec import MAMMARY_DUCTOGRAM, Agent, MammogramSpec, Person, Texts
from ductdicom.phantom.studies.habits import inverse_unit
from ductdicom.phantom.studies.studio import Scene, Shot, Studio, write_shots

_NAME = "inverse-right"
_DATE = "20260202"


def write_inverse_right(folder: Path, size: SampleSize) -> Iterator[Path]:
    """Write the study; views first, then what is no view."""
    scene = _scene()
    shots = _shots()
    yield from write_shots(folder, scene, size, shots)
    yield _write_twin(folder, size)
    rejected = sample_uid("image", f"{_NAME}/{len(shots)}")
    note = rejection_note(scene.spec, sample_uid(_NAME, "study"), (rejected,))
    yield write_object(folder / "KO" / "IM0001", note)
    report = text_report(scene.spec, sample_uid(_NAME, "study"))
    yield write_object(folder / "SR" / "IM0001", report)
    letter = b"Diese Datei ist kein DICOM-Objekt. This file is no DICOM object.\r\n"
    yield write_bytes(folder / "LIESMICH.TXT", letter)


def _scene() -> Scene:
    return Scene(
        name=_NAME,
        date=_DATE,
        habits=inverse_unit(),
        anatomies={"R": Anatomy(seed=8, depth_mm=106, density=0.3)},
        spec=MammogramSpec(
            person=Person(name="SAMPLE^HOTEL", patient_id="SAMPLE-008", birth_date="19660214",
                          age="059Y"),
            texts=Texts(study="Galaktographie rechts", series="Mamma rechts"),
            procedure_codes=(MAMMARY_DUCTOGRAM,),
            study_at=f"{_DATE}093000",
            accession_number="A1008",
        ),
        syntax=Syntax.JPEG_LS,
    )  # fmt: skip


def _shots() -> tuple[Shot, ...]:
    duct = DuctPlan(seed=28, calibre_mm=2.0, clock_deg=60, reach_mm=70)
    pre = {"image_type": ("ORIGINAL", "PRIMARY", "PRE_CONTRAST")}
    post = {
        "image_type": ("ORIGINAL", "PRIMARY", "POST_CONTRAST"),
        "series_number": 2,
        "contrast": Agent(agent="", volume_ml=0.8),
    }
    placed = Placement(magnification=1.5, shift_mm=(1.0, 3.0), turn_deg=1.0)
    moved = Placement(magnification=1.5, shift_mm=(-9.0, 14.0), turn_deg=4.0)
    return (
        Shot(file="DX/IM0001", view=View.CC, at="093402", laterality="R", stored=("A", "R"),
             header={**pre, "predecessor_uid": _twin_uid(), "irradiation_event_uid": _event_uid()}),
        Shot(file="DX/IM0002", view=View.MLO, at="093655", laterality="R", stored=("A", "HR"),
             header=pre),
        Shot(file="DX/IM0003", view=View.CC, at="095810", laterality="R", placement=placed,
             ducts=(duct,), stored=("A", "R"), header=post),
        Shot(file="DX/IM0004", view=View.ML, at="100044", laterality="R", placement=placed,
             ducts=(duct,), stored=("A", "H"), header=post),
        Shot(file="DX/IM0005", view=View.CC, at="095902", laterality="R", placement=moved,
             ducts=(replace(duct, filling=0.4),), stored=("A", "R"), header=post),
    )  # fmt: skip


def _write_twin(folder: Path, size: SampleSize) -> Path:
    """Write the For Processing image of the first view."""
    scene = _scene()
    habits = replace(
        scene.habits,
        scale=DetectorResponse(gain=12000, offset=20, bits=14),
        is_inverse=False,
        presentation=replace(
            scene.habits.presentation, photometric="MONOCHROME1", shape="INVERSE", bits=14,
            padding=2**14 - 1,
        ),
    )  # fmt: skip
    header = {
        "image_type": ("ORIGINAL", "PRIMARY", "PRE_CONTRAST"),
        "intent": "FOR PROCESSING",
        "sop_instance_uid": _twin_uid(),
        "irradiation_event_uid": _event_uid(),
        "series_number": 3,
    }
    shot = Shot(file="RAW/IM0001", view=View.CC, at="093402", laterality="R", beam=Beam.RAW,
                stored=("A", "R"), header=header)  # fmt: skip
    return Studio(replace(scene, habits=habits), size).write(folder, shot, 1)


def _twin_uid() -> str:
    return sample_uid(_NAME, "for-processing")


def _event_uid() -> str:
    return sample_uid(_NAME, "event")
