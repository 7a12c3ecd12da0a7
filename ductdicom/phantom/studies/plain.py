"""Sample ductograms of one visit each, told by tags, by words, by injections, by the clock."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from ductdicom.phantom.exposure import Placement, SampleSize
from ductdicom.phantom.files import Syntax
from ductdicom.phantom.picture.ducts import DuctFinding, DuctPlan
from ductdicom.phantom.picture.outline import Anatomy, View
from ductdicom.phantom.spec import (
    MAMMARY_DUCTOGRAM,
    Agent,
    MammogramSpec,
    Person,
    Texts,
)
from ductdicom.phantom.studies.habits import (
    linear_unit,
    lut_unit,
    several_windows_unit,
    sigmoid_unit,
)
from ductdicom.phantom.studies.studio import Scene, Shot, write_shots


def write_textbook(folder: Path, size: SampleSize) -> Iterator[Path]:
    """Write plain CC and MLO, then magnified CC and ML with the agent in the header."""
    scene = Scene(
        name="textbook",
        date="20260105",
        habits=sigmoid_unit(),
        anatomies={"L": Anatomy(seed=1, depth_mm=108, density=0.45)},
        spec=MammogramSpec(
            person=Person(name="SAMPLE^ALPHA", patient_id="SAMPLE-001", birth_date="19710304",
                          age="054Y"),
            texts=Texts(study="GALACTOGRAPHY LEFT", series="L BREAST", processing="STANDARD"),
            procedure_codes=(MAMMARY_DUCTOGRAM,),
            study_at="20260105085500",
            accession_number="A1001",
        ),
        syntax=Syntax.JPEG_LOSSLESS,
    )  # fmt: skip
    duct = DuctPlan(seed=21, finding=DuctFinding.FILLING_DEFECT, calibre_mm=2.2, reach_mm=70)
    agent = Agent(
        agent="IOHEXOL 300", route="INTRADUCTAL", volume_ml=0.4, ingredient="IODINE",
        concentration_mg_ml=300,
    )  # fmt: skip
    magnified = Placement(magnification=1.8)
    yield from write_shots(folder, scene, size, (
        Shot(file="IM0001", view=View.CC, at="090012"),
        Shot(file="IM0002", view=View.MLO, at="090305"),
        Shot(file="IM0003", view=View.CC, at="092140", placement=magnified, ducts=(duct,),
             header={"contrast": agent}),
        Shot(file="IM0004", view=View.ML, at="092418", placement=magnified, ducts=(duct,),
             header={"contrast": agent}),
    ))  # fmt: skip


def write_words_only(folder: Path, size: SampleSize) -> Iterator[Path]:
    """Write a study that tells its phases in series descriptions alone."""
    scene = Scene(
        name="words-only",
        date="20260112",
        habits=several_windows_unit(),
        anatomies={"L": Anatomy(seed=2, depth_mm=116, density=0.25)},
        spec=MammogramSpec(
            person=Person(name="SAMPLE^BRAVO", patient_id="SAMPLE-002", birth_date="19620718",
                          age="063Y"),
            study_at="20260112101000",
            accession_number="A1002",
        ),
        syntax=Syntax.JPEG_LS,
    )  # fmt: skip
    duct = DuctPlan(
        seed=23, finding=DuctFinding.ECTASIA, calibre_mm=2.0, clock_deg=110, reach_mm=74
    )
    pre = {"texts": Texts(study="GALACTOGRAM LT", series="GALACTOGRAM LT SCOUT")}
    post = {
        "texts": Texts(study="GALACTOGRAM LT", series="GALACTOGRAM LT POST INJ"),
        "series_number": 2,
    }
    placed = Placement(magnification=1.5, shift_mm=(2.0, 3.0), turn_deg=1.5)
    yield from write_shots(folder, scene, size, (
        Shot(file="SE000001/IM000001.dcm", view=View.CC, at="101504", header=pre),
        Shot(file="SE000001/IM000002.dcm", view=View.ML, at="101740", header=pre),
        Shot(file="SE000002/IM000001.dcm", view=View.CC, at="103912", placement=placed,
             ducts=(duct,), has_cannula=True, stored=("P", "L"), header=post),
        Shot(file="SE000002/IM000002.dcm", view=View.ML, at="104120", placement=placed,
             ducts=(duct,), has_cannula=True, header=post),
    ))  # fmt: skip


def write_two_ducts(folder: Path, size: SampleSize) -> Iterator[Path]:
    """Write three fillings: one duct, the same again, another duct."""
    scene = Scene(
        name="two-ducts",
        date="20260119",
        habits=linear_unit(),
        anatomies={"R": Anatomy(seed=3, depth_mm=104, density=0.6)},
        spec=MammogramSpec(
            person=Person(name="SAMPLE^CHARLIE", patient_id="SAMPLE-003", birth_date="19790925",
                          age="046Y"),
            texts=Texts(study="DUCTOGRAM R MULTIPLE DUCTS", series="R SCOUT"),
            study_at="20260119130000",
            accession_number="A1003",
        ),
        syntax=Syntax.JPEG_2000,
    )  # fmt: skip
    first = DuctPlan(seed=31, finding=DuctFinding.FILLING_DEFECT, calibre_mm=2.0)
    fillings = (
        ("DUCT 1 POST INJ", "131800", ("131955", "132210"), replace(first, filling=0.55)),
        ("DUCT 1 REPEAT INJ", "133400", ("133520", "133735"), first),
        ("DUCT 2 (6H) POST INJ", "135600", ("135730", "140002"),
         DuctPlan(seed=33, finding=DuctFinding.CUT_OFF, calibre_mm=1.8, clock_deg=180)),
    )  # fmt: skip
    shots = [
        Shot(file="IMG001.dcm", view=View.CC, at="130502", laterality="R", stored=("A", "R")),
        Shot(file="IMG002.dcm", view=View.ML, at="130744", laterality="R"),
    ]
    for index, (words, start, times, duct) in enumerate(fillings):
        for view, at in zip((View.CC, View.ML), times, strict=True):
            header = {
                "texts": Texts(study="DUCTOGRAM R MULTIPLE DUCTS", series=words),
                "series_number": index + 2,
                "contrast": Agent(agent="OMNIPAQUE 240", route="INTRADUCTAL", volume_ml=0.3,
                                  start_time=start),
            }  # fmt: skip
            placed = Placement(magnification=1.6, shift_mm=(index, 2.0 * index - 2), turn_deg=index)
            shots.append(
                Shot(file=f"IMG{len(shots) + 1:03d}.dcm", view=view, at=at, laterality="R",
                     placement=placed, ducts=(duct,), header=header)
            )  # fmt: skip
    yield from write_shots(folder, scene, size, tuple(shots))


def write_clock_only(folder: Path, size: SampleSize) -> Iterator[Path]:
    """Write a study that nothing but the time of its images can sort."""
    scene = Scene(
        name="clock-only",
        date="20260126",
        habits=lut_unit(),
        anatomies={"L": Anatomy(seed=7, depth_mm=110, density=0.5)},
        spec=MammogramSpec(
            person=Person(name="SAMPLE^GOLF", patient_id="SAMPLE-007", birth_date="19831130",
                          age="042Y"),
            texts=Texts(study="GALACTOGRAM"),
            study_at="20260126085500",
            accession_number="A1007",
        ),
        syntax=Syntax.JPEG_LS,
    )  # fmt: skip
    duct = DuctPlan(seed=27, calibre_mm=1.9, clock_deg=30, reach_mm=72)
    placed = Placement(shift_mm=(-2.0, 5.0), turn_deg=2.0)
    yield from write_shots(folder, scene, size, (
        Shot(file="1.dcm", view=View.CC, at="090200"),
        Shot(file="2.dcm", view=View.ML, at="090310"),
        Shot(file="3.dcm", view=View.CC, at="092110", placement=placed, ducts=(duct,)),
        Shot(file="4.dcm", view=View.ML, at="092320", placement=placed, ducts=(duct,)),
    ))  # fmt: skip
