"""Sample studies with a trap: an earlier visit, no identity, intravenous contrast."""

from collections.abc import Iterator
from pathlib import Path

from ductdicom.phantom.codes import sample_uid
from ductdicom.phantom.exposure import Beam, Placement, SampleSize
from ductdicom.phantom.files import Syntax
from ductdicom.phantom.picture.ducts import DuctFinding, DuctPlan
from ductdicom.phantom.picture.outline import Anatomy, View
from ductdicom.phantom.spec import (
    INTRAVENOUS,
    IOHEXOL,
    SPOT_COMPRESSION,
    Agent,
    MammogramSpec,
    Person,
    Texts,
)
from ductdicom.phantom.studies.habits import (
    linear_unit,
    lut_unit,
    sigmoid_unit,
)
from ductdicom.phantom.studies.studio import Scene, Shot, write_shots


def write_prior_scout(folder: Path, size: SampleSize) -> Iterator[Path]:
    """Write an earlier mammogram and a ductogram that holds filled images only."""
    person = Person(name="SAMPLE^DELTA", patient_id="SAMPLE-004", birth_date="19680502", age="057Y")
    anatomies = {
        "L": Anatomy(seed=4, depth_mm=108, density=0.4),
        "R": Anatomy(seed=44, depth_mm=105, density=0.4),
    }
    earlier = Scene(
        name="prior-scout/earlier",
        date="20251210",
        habits=lut_unit(),
        anatomies=anatomies,
        spec=MammogramSpec(
            person=person,
            texts=Texts(study="MAMMOGRAPHY BILATERAL DIAGNOSTIC", series="STANDARD VIEWS"),
            study_at="20251210142000",
            accession_number="A0904",
        ),
        syntax=Syntax.RLE,
    )
    yield from write_shots(folder / "20251210", earlier, size, (
        Shot(file="00000001", view=View.CC, at="142510"),
        Shot(file="00000002", view=View.CC, at="142731", laterality="R"),
        Shot(file="00000003", view=View.MLO, at="143002", stored=("P", "HL")),
    ))  # fmt: skip
    later = Scene(
        name="prior-scout/later",
        date="20260105",
        habits=linear_unit(),
        anatomies=anatomies,
        spec=MammogramSpec(
            person=person,
            texts=Texts(study="DUCTOGRAPHY L", series="L MAG"),
            contrast=Agent(
                agent="IOPAMIDOL 300", agent_codes=(), route="INTRADUCTAL", volume_ml=0.6
            ),
            study_at="20260105110000",
            accession_number="A1004",
        ),
        syntax=Syntax.JPEG_2000,
    )
    duct = DuctPlan(seed=20, calibre_mm=2.0, reach_mm=74)
    placed = Placement(magnification=1.8, shift_mm=(1.0, 4.0), turn_deg=-1.0)
    yield from write_shots(folder / "20260105", later, size, (
        Shot(file="00000001", view=View.CC, at="111803", placement=placed, ducts=(duct,)),
        Shot(file="00000002", view=View.ML, at="112030", placement=placed, ducts=(duct,)),
    ))  # fmt: skip


def write_deidentified(folder: Path, size: SampleSize) -> Iterator[Path]:
    """Write a study without words and without a clock."""
    scene = Scene(
        name="deidentified",
        date="",
        habits=sigmoid_unit(),
        anatomies={"R": Anatomy(seed=5, depth_mm=112, density=0.35)},
        spec=MammogramSpec(
            person=Person(
                name="SAMPLE-005",
                patient_id="SAMPLE-005",
                issuer=None,
                birth_date="",
                sex="",
                age=None,
            ),
            study_at=None,
            study_id=None,
            accession_number=None,
            is_deidentified=True,
            contrast=Agent(agent="ANONYMIZED"),
        ),
        syntax=Syntax.JPEG_LS,
    )
    duct = DuctPlan(seed=24, finding=DuctFinding.EXTRAVASATION, calibre_mm=1.8, reach_mm=70)
    filled = {
        "contrast": Agent(agent="ANONYMIZED", route="INTRADUCTAL", agent_codes=(IOHEXOL,)),
        "series_number": 2,
    }
    placed = Placement(magnification=1.8, shift_mm=(0.0, -3.0))
    spot = {**filled, "modifiers": (SPOT_COMPRESSION,)}
    yield from write_shots(folder, scene, size, (
        Shot(file="IMG-0001-00001.dcm", view=View.CC, at=None, laterality="R"),
        Shot(file="IMG-0001-00002.dcm", view=View.MLO, at=None, laterality="R"),
        Shot(file="IMG-0002-00003.dcm", view=View.CC, at=None, laterality="R", placement=placed,
             ducts=(duct,), header=filled),
        Shot(file="IMG-0002-00004.dcm", view=View.ML, at=None, laterality="R", placement=placed,
             ducts=(duct,), header=filled),
        Shot(file="IMG-0002-00005.dcm", view=View.CC, at=None, laterality="R", ducts=(duct,),
             placement=Placement(shift_mm=(2.0, 6.0), turn_deg=-3.0), header=spot),
    ))  # fmt: skip


def write_contrast_mammogram(folder: Path, size: SampleSize) -> Iterator[Path]:
    """Write a dual-energy contrast mammogram, which is no ductogram."""
    scene = Scene(
        name="contrast-mammogram",
        date="20260121",
        habits=linear_unit(),
        anatomies={
            "L": Anatomy(seed=6, depth_mm=98, density=0.7),
            "R": Anatomy(seed=66, depth_mm=100, density=0.7),
        },
        spec=MammogramSpec(
            person=Person(name="SAMPLE^FOXTROT", patient_id="SAMPLE-006", birth_date="19750611",
                          age="050Y"),
            texts=Texts(study="CEM BILATERAL", series="CEM"),
            contrast=Agent(agent="IOPAMIDOL 370", route="IV", route_codes=(INTRAVENOUS,),
                           volume_ml=100, flow_rate_ml_s=3, start_time="151000"),
            study_at="20260121150000",
            accession_number="A1006",
        ),
        syntax=Syntax.JPEG_2000,
        enhancement=(48.0, 14.0, 20.0, 7.0),
    )  # fmt: skip
    shots: list[Shot] = []
    for laterality, at in (("R", "151220"), ("L", "151405")):
        event = sample_uid(scene.name, "event", laterality)
        for value_4, beam in (("LOW_ENERGY", Beam.PLAIN), ("SUBTRACTION", Beam.IODINE)):
            terms = ("", "LOW_ENERGY") if value_4 == "LOW_ENERGY" else ("SUBTRACTION",)
            header = {
                "image_type": ("DERIVED", "PRIMARY", "POST_CONTRAST", *terms),
                "irradiation_event_uid": event,
                "series_number": 1 if beam is Beam.PLAIN else 2,
            }
            shots.append(
                Shot(file=f"IM{len(shots) + 1:04d}", view=View.CC, at=at, laterality=laterality,
                     beam=beam, header=header)
            )  # fmt: skip
    yield from write_shots(folder, scene, size, tuple(shots))
