"""Examples of the documentation, each with what the engine says of it.

`make_docs.py` lays them out as tables; with ``--check`` it ends with 1 where the engine has come to
say something else.
"""

from collections.abc import Sequence
from datetime import date, time

from ductdicom.api import classify
from ductdicom.language.text import Reading, read_text
from ductdicom.model.instance import Breast, Clock, Instance, Level, Purpose, Raster, Text
from ductdicom.model.origin import Origin
from ductdicom.model.study import Study
from ductdicom.vocabulary.terms import load_vocabulary

READINGS_HEAD = ("text", "parts", "asserts")
SPLITS_HEAD = ("09:00", "09:02", "09:16", "09:18", "phases", "")
_MINUTES = (0, 2, 16, 18)
_MAMMOGRAM = "1.2.840.10008.5.1.4.1.1.1.2"

_READINGS = (
    "L CC post contrast",
    "Galaktographie li nach KM",
    "filling defect at 2 cm after contrast",
    "post contrast, no reaction",
    "post contrast xyz",
    "nach Kontrastmittelsono",
    "MRI post contrast",
    "post contrast planned",
    "Z.n. KM-Gabe",
    "post contrast?",
    "no contrast in duct 2",
    "no contrast leak",
    "SCOUT",
    "SCOUT 2",
    "LA injected",
    "dye injected",
    "no opacification",
    "native breast",
    "L CC CONTRAST",
    "POST CONTRSAT",
)
# What is typed on four images of a breast, and why it tells what it tells.
_SPLITS = (
    ("LT", "LT", "LT CONTRAST", "LT CONTRAST", "a noun"),
    ("JS LT", "JS LT", "JS LT INJ", "JS LT INJ", "unknown words on all images are noise"),
    ("G avant", "G avant", "G après", "G après", "a pair"),
    ("", "", "première injection", "0,4 ml", "another word on each"),
    ("", "", "good opacification", "some extravasation", "what only a filled duct shows"),
    ("", "", "CONTRSAT", "INJECTD", "slips of the pen"),
    ("LT", "LT INJ", "LT INJ", "LT", "the pause is not where the label begins"),
    ("LT INJ", "LT", "LT CONTRAST", "LT CONTRAST", "the first may be filled already"),
    ("", "", "after", "after", "half of a pair"),
    ("", "", "contrast?", "contrast?", "a question"),
    ("", "", "contrast, not given", "contrast, not given", "a denial"),
    ("", "", "contrast allergy", "contrast allergy", "something else"),
    ("", "", "good contrast", "good contrast", "the contrast of an image"),
    ("", "", "contrast 50", "contrast 50", "a number that may be the image's"),
    ("", "", "KM 2", "KM 2", "a number that may count fillings"),
    ("scout 1", "scout 2", "KM", "KM", "the order tells what a number leaves open"),
    ("", "", "2nd injection", "2nd injection", "the first may have been before"),
)


def readings() -> list[tuple[str, ...]]:
    """Return a row for each text: its words' parts, and the phase that it asserts or hints at."""
    vocabulary = load_vocabulary()
    rows: list[tuple[str, ...]] = []
    for text in _READINGS:
        reading = read_text(text, vocabulary, ductography_context=True)
        parts = ", ".join(str(word.part) for word in reading.parts)
        rows.append((f"*{text}*", parts, _asserted(reading)))
    return rows


def _asserted(reading: Reading) -> str:
    if reading.phase == "none":
        return "nothing"
    return f"a hint at {reading.phase}" if reading.is_weak else f"**{reading.phase}**"


def splits() -> list[tuple[str, ...]]:
    """Return a row for each set of four images: their texts, their phases, and why."""
    rows: list[tuple[str, ...]] = []
    for *texts, why in _SPLITS:
        phases = _phases(texts)
        is_told = set(phases) != {"unknown"}
        rows.append((*texts, ", ".join(phases) if is_told else "unknown", why))
    return rows


def _phases(texts: Sequence[str]) -> list[str]:
    study = Study(
        study_instance_uid="2.25.1",
        instances=tuple(
            _instance(number, minute, text)
            for number, (minute, text) in enumerate(zip(_MINUTES, texts, strict=True), 1)
        ),
    )
    return [str(image.call.phase) for image in classify(study).images]


def _instance(number: int, minute: int, text: str) -> Instance:
    """Make the header of a view of the left breast in a ductogram."""
    return Instance(
        origin=Origin(file=f"{number}.dcm", source=f"{number}.dcm"),
        sop_class_uid=_MAMMOGRAM,
        sop_instance_uid=f"2.25.1.{number}",
        study_instance_uid="2.25.1",
        series_instance_uid=f"2.25.2.{number}",
        modality="MG",
        image_type=("ORIGINAL", "PRIMARY"),
        instance_number=number,
        clock=Clock(
            acquired_on=date(2026, 1, 2),
            acquired_time=time(9, minute),
            tag="(0008,0032)",
            is_acquisition=True,
        ),
        purpose=Purpose(intent="FOR PRESENTATION"),
        breast=Breast(image_laterality="L"),
        raster=Raster(rows=3000, columns=2400, has_pixels=True),
        texts=(
            Text(level=Level.STUDY, tag="(0008,1030)", value="Ductogram"),
            Text(level=Level.IMAGE, tag="(0020,4000)", value=text),
        ),
    )
