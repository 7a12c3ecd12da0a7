"""Hard cases of before and after as files, written with pydicom alone as several makers write them.

Each case is one folder; the table says what a reader who knows the field expects of it.
"""

import json
import warnings
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

from ductdicom.cli.application import run

pytestmark = pytest.mark.integration

MG = "1.2.840.10008.5.1.4.1.1.1.2"
MG_RAW = "1.2.840.10008.5.1.4.1.1.1.2.1"
CR = "1.2.840.10008.5.1.4.1.1.1"
CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
TOMO = "1.2.840.10008.5.1.4.1.1.13.1.3"

MODERN = {"CC": "399162004", "MLO": "399368009", "ML": "399260004", "SPECIMEN": "127457009"}
LEGACY = {"CC": "R-10242", "MLO": "R-10226", "ML": "R-10224", "SPECIMEN": "G-8310"}
MODIFIERS = {"M": "399163009", "ID": "399209000"}
ORIENTATIONS = {
    ("L", "CC"): ["A", "R"],
    ("R", "CC"): ["P", "L"],
    ("L", "MLO"): ["A", "FR"],
    ("R", "MLO"): ["P", "FL"],
    ("L", "ML"): ["A", "F"],
    ("R", "ML"): ["P", "F"],
}
MAKERS = {
    "GE": ("GE MEDICAL SYSTEMS", "Senograph DS", "SRT", LEGACY),
    "HOLOGIC": ("HOLOGIC, Inc.", "Selenia Dimensions", "SCT", MODERN),
    "SIEMENS": ("SIEMENS", "Mammomat Inspiration", "SRT", LEGACY),
    "FUJI": ("FUJIFILM Corporation", "FDR-3000AWS", "SCT", MODERN),
}
FILLED = {"ContrastBolusAgent": "IOHEXOL 300", "ContrastBolusVolume": "0.5"}
NO_CLOCK = dict.fromkeys(
    (
        "AcquisitionDate",
        "AcquisitionTime",
        "ContentDate",
        "ContentTime",
        "StudyDate",
        "StudyTime",
        "StudyDescription",
    )
)


def _coded(value, scheme, meaning):
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, meaning
    return item


def _breast(side, *, is_filled, rows=300, columns=240):
    """Return a half disc at the chest wall, with one bright duct where it is filled."""
    y, x = np.mgrid[:rows, :columns]
    depth = columns - 1 - x if side == "R" else x
    inside = np.hypot((y - rows / 2) / (0.45 * rows), depth / (0.8 * columns))
    pixels = np.where(inside < 1, 1800 - 900 * inside, 20)
    if is_filled:
        pixels[(abs(y - rows / 2) < 3) & (depth > 0.3 * columns) & (inside < 1)] = 3900
    return pixels.astype("<u2")


def _view(scheme, codes, view, modifiers):
    item = _coded(codes[view], scheme, view)
    item.ViewModifierCodeSequence = [_coded(MODIFIERS[name], "SCT", name) for name in modifiers]
    return item


def view(side="L", projection="CC", time="090000", *modifiers, maker="GE", **attributes):
    """Return the header of one exposure; an attribute of None is left out."""
    manufacturer, model, scheme, codes = MAKERS[maker]
    is_filled = "ContrastBolusVolume" in attributes
    pixels = _breast(side, is_filled=is_filled)
    values = {
        "SOPClassUID": MG,
        "ImageType": ["ORIGINAL", "PRIMARY"],
        "Modality": "MG",
        "StudyDescription": "GALACTOGRAM",
        "StudyDate": "20250310",
        "StudyTime": "085500",
        "AcquisitionDate": "20250310",
        "AcquisitionTime": time,
        "ContentDate": "20250310",
        "ContentTime": time,
        "Manufacturer": manufacturer,
        "ManufacturerModelName": model,
        "PatientID": "HARD-1",
        "PatientName": "HARD^CASE",
        "PatientBirthDate": "19700101",
        "PresentationIntentType": "FOR PRESENTATION",
        "BurnedInAnnotation": "NO",
        "BodyPartExamined": "BREAST",
        "ImageLaterality": side,
        "PatientOrientation": ORIENTATIONS.get((side, projection), ""),
        "ImagerPixelSpacing": [0.1, 0.1],
        "ViewCodeSequence": [_view(scheme, codes, projection, modifiers)],
        "EstimatedRadiographicMagnificationFactor": "1.8" if "M" in modifiers else None,
        "Rows": pixels.shape[0],
        "Columns": pixels.shape[1],
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2",
        "PresentationLUTShape": "IDENTITY",
        "BitsAllocated": 16,
        "BitsStored": 12,
        "HighBit": 11,
        "PixelRepresentation": 0,
        "WindowCenter": "1500",
        "WindowWidth": "3000",
        "PixelData": pixels.tobytes(),
    }
    return values | attributes


def post(side="L", projection="CC", time="092000", *modifiers, **attributes):
    """Return the header of an exposure after the filling, agent and volume typed in."""
    return view(side, projection, time, *modifiers, **FILLED, **attributes)


def times(number, *exposures):
    """Return exposures that carry the time of contrast's start, as a console copies it."""
    return tuple(exposure | {"ContrastBolusStartTime": number} for exposure in exposures)


def _slices(flavour="NONE", *, usage, time):
    """Return a tomosynthesis object whose contrast module is filled in, as its standard asks."""
    agent = _coded("109218004", "SCT", "Iohexol")
    agent.ContrastBolusAgentNumber = 1
    agent.ContrastBolusAdministrationRouteSequence = [_coded("37737002", "SCT", "Intraluminal")]
    used = Dataset()
    used.ContrastBolusAgentNumber = 1
    used.ContrastBolusAgentAdministered = usage
    frame = Dataset()
    frame.FrameLaterality = "L"
    shared = Dataset()
    shared.FrameAnatomySequence = [frame]
    shared.ContrastBolusUsageSequence = [used]
    frames = 1 if flavour == "GENERATED_2D" else 3
    return view(
        "L",
        "CC",
        time,
        maker="HOLOGIC",
        SOPClassUID=TOMO,
        ImageType=["DERIVED", "PRIMARY", "TOMOSYNTHESIS", flavour],
        NumberOfFrames=frames,
        PixelData=_breast("L", is_filled=usage == "YES").tobytes() * frames,
        ContrastBolusAgentSequence=[agent],
        SharedFunctionalGroupsSequence=[shared],
    )


@dataclass(frozen=True, kw_only=True)
class Case:
    """An export, and what an expert says of each image, by the order of files."""

    images: tuple
    says: tuple
    status: str
    exam: str = "ductogram"
    rows: tuple = ()
    left_out: dict = field(default_factory=dict)
    problems: tuple = ()
    code: int = 0


def _clinical_view(value):
    def add(dataset):
        block = dataset.private_block(0x0045, "GEMS_SENO_02", create=True)
        block.add_new(0x1B, "LO", value)

    return add


def _undeclared_utf8(dataset):
    """Write UTF-8 while the header says ISO_IR 100."""
    dataset.SpecificCharacterSet = "ISO_IR 100"
    dataset.add_new(0x0008103E, "LO", "sans contraste é".encode().decode("latin-1"))


CASES = {
    "no-tag-at-all-is-only-suggested": Case(
        images=(
            view("L", "CC", "090200"),
            view("L", "MLO", "090300"),
            view("L", "CC", "092100", "M"),
            view("L", "ML", "092300", "M"),
        ),
        says=(
            "view L CC unknown pre?",
            "view L MLO unknown pre?",
            "view L CC M unknown post?",
            "view L ML M unknown post?",
        ),
        rows=(
            "L CC 1: 0 | 2 magnification-differs suggested",
            "L LAT 1: 1 | 3 magnification-differs suggested view-differs",
        ),
        status="review",
    ),
    "agent-on-every-image-proves-nothing": Case(
        images=tuple(
            view(side, projection, time, maker="HOLOGIC", ContrastBolusAgent="OMNIPAQUE 300")
            for side, projection, time in (
                ("L", "CC", "090200"),
                ("R", "CC", "090500"),
                ("L", "CC", "092100"),
            )
        ),
        says=("view L CC unknown pre?", "view R CC unknown", "view L CC unknown post?"),
        rows=("L CC 1: 0 | 2 suggested",),
        left_out={1: "contralateral"},
        problems=("non-discriminating",),
        status="review",
    ),
    "none-everywhere-and-the-series-speak": Case(
        images=tuple(
            view(
                "L", "CC", time, maker="SIEMENS", ContrastBolusAgent="NONE", SeriesDescription=text
            )
            for time, text in (("090200", "SCOUT"), ("092100", "POST INJ"))
        ),
        says=("view L CC pre strong", "view L CC post strong"),
        rows=("L CC 1: 0 | 1",),
        problems=("non-discriminating",),
        status="paired",
    ),
    "none-then-iohexol-is-certain-both-ways": Case(
        images=(
            view("L", "CC", "090200", ContrastBolusAgent="NONE"),
            view("L", "CC", "092100", ContrastBolusAgent="IOHEXOL"),
        ),
        says=("view L CC pre certain", "view L CC post certain"),
        rows=("L CC 1: 0 | 1",),
        status="paired",
    ),
    "one-start-time-splits-the-study": Case(
        images=times(
            "101500",
            view("R", "CC", "100500", maker="FUJI"),
            view("R", "ML", "101530", maker="FUJI"),
            view("R", "CC", "101700", maker="FUJI"),
        ),
        says=("view R CC pre certain", "view R ML unknown post?", "view R CC post certain"),
        rows=("R CC 1: 0 | 2", "R LAT 1:  | 1 no-pre suggested"),
        status="review",
    ),
    "dual-energy-is-no-ductogram": Case(
        images=tuple(
            view(
                side,
                "CC",
                "090500",
                StudyDescription="CEM BILAT",
                ContrastBolusAgent="IOPAMIDOL",
                ContrastBolusVolume="100",
                ImageType=["DERIVED", "PRIMARY", "POST_CONTRAST", *kind],
            )
            for side in "LR"
            for kind in (("", "LOW_ENERGY"), ("SUBTRACTION",))
        ),
        says=(*["contrast-mammogram L CC"] * 2, *["contrast-mammogram R CC"] * 2),
        left_out=dict.fromkeys(range(4), "contrast-mammogram"),
        exam="contrast-mammogram",
        status="not-a-ductogram",
    ),
    "image-type-states-it": Case(
        images=(
            view("L", "CC", "090200", ImageType=["ORIGINAL", "PRIMARY", "PRE_CONTRAST"]),
            view("L", "CC", "091900", ImageType=["ORIGINAL", "PRIMARY", "POST_CONTRAST"]),
        ),
        says=("view L CC pre certain", "view L CC post certain"),
        rows=("L CC 1: 0 | 1",),
        status="paired",
    ),
    "deidentified-numbers-order": Case(
        images=(
            view(**NO_CLOCK, ContrastBolusAgent="ANONYMIZED", InstanceNumber="1"),
            view(
                **NO_CLOCK,
                ContrastBolusAgent="ANONYMIZED",
                ContrastBolusRoute="INTRADUCTAL",
                InstanceNumber="2",
            ),
            view(**NO_CLOCK, ContrastBolusAgent="ANONYMIZED", InstanceNumber="3"),
        ),
        says=("view L CC pre inferred", "view L CC post certain", "view L CC unknown post?"),
        rows=("L CC 1: 0 | 1,2 suggested",),
        status="review",
    ),
    "magnified-by-paddle-without-a-factor": Case(
        images=(
            view(),
            post("L", "CC", "092000", PaddleDescription="MAG", maker="GE"),
        ),
        says=("view L CC pre inferred", "view L CC M post certain"),
        rows=("L CC 1: 0 | 1 magnification-differs scale-unknown",),
        status="paired",
    ),
    "injected-again-nothing-is-dropped": Case(
        images=(view(), post(), post(time="092400"), post(time="094400")),
        says=("view L CC pre inferred", *["view L CC post certain"] * 3),
        rows=("L CC 1: 0 | 1,2", "L CC 2: 0 | 3"),
        status="paired",
    ),
    "times-of-the-series-hide-no-filling": Case(
        images=(
            view(SeriesInstanceUID="2.25.811", time="090012"),
            view("L", "ML", "090012", SeriesInstanceUID="2.25.811"),
            post(time="092031", SeriesInstanceUID="2.25.812"),
            post(time="092031", SeriesInstanceUID="2.25.812"),
            post("L", "ML", "092031", SeriesInstanceUID="2.25.812"),
        ),
        says=(
            "view L CC pre inferred",
            "view L ML pre inferred",
            *["view L CC post certain"] * 2,
            "view L ML post certain",
        ),
        rows=("L CC 1: 0 | 2,3", "L LAT 1: 1 | 4"),
        status="paired",
    ),
    "the-last-patients-agent-on-the-scouts": Case(
        images=(
            post(time="090007"),
            post("L", "ML", "090209"),
            view("L", "CC", "092027", "M"),
            view("L", "ML", "092229", "M"),
        ),
        says=(
            "view L CC unknown",
            "view L ML unknown",
            "view L CC M unknown post?",
            "view L ML M unknown post?",
        ),
        rows=("L CC 1:  | 2 no-pre suggested", "L LAT 1:  | 3 no-pre suggested"),
        left_out={0: "phase-unknown", 1: "phase-unknown"},
        status="review",
        problems=("phase-conflict",),
        code=1,
    ),
    "one-exposure-three-files": Case(
        images=(
            view(
                SOPClassUID=MG_RAW,
                PresentationIntentType="FOR PROCESSING",
                IrradiationEventUID="2.25.81",
            ),
            view(IrradiationEventUID="2.25.81"),
            view(IrradiationEventUID="2.25.81", ContentTime="090400"),
            post(IrradiationEventUID="2.25.82"),
        ),
        says=(
            "processing-twin L CC unknown",
            "processing-twin L CC unknown",
            "view L CC pre inferred",
            "view L CC post certain",
        ),
        rows=("L CC 1: 2 | 3",),
        left_out={0: "processing-twin", 1: "processing-twin"},
        status="paired",
    ),
    "side-in-series-text-contradicts": Case(
        images=(view(), post(SeriesDescription="RT CC")),
        says=("view L CC unknown", "view - CC unknown post?"),
        left_out={0: "phase-unknown", 1: "laterality-conflict"},
        problems=("laterality-conflict",),
        status="review",
        code=1,
    ),
    "clinical-view-contradicts": Case(
        images=(view(), post() | {"then": _clinical_view("RCC")}),
        says=("view L CC unknown", "view - CC unknown post?"),
        left_out={0: "phase-unknown", 1: "laterality-conflict"},
        problems=("laterality-conflict",),
        status="review",
        code=1,
    ),
    "no-orientation-is-not-turned": Case(
        images=(view(PatientOrientation=""), post(PatientOrientation="A")),
        says=("view L CC pre inferred", "view L CC post certain"),
        rows=("L CC 1: 0 | 1 orientation-unknown",),
        status="paired",
    ),
    "computed-radiography-with-words-only": Case(
        images=tuple(
            view(
                "R",
                "CC",
                time,
                maker="FUJI",
                SOPClassUID=CR,
                Modality="CR",
                PixelSpacing=[0.1, 0.1],
                SeriesDescription=text,
                StudyDescription="Galaktographie re",
                **dict.fromkeys(("ImageLaterality", "ViewCodeSequence", "ImagerPixelSpacing")),
            )
            for time, text in (("090000", "Mamma re cc nativ"), ("092000", "Mamma re cc nach KM"))
        ),
        says=("view R CC pre strong", "view R CC post strong"),
        rows=("R CC 1: 0 | 1 scale-unknown",),
        status="paired",
    ),
    "words-of-another-procedure": Case(
        images=(
            view(SeriesDescription="POST BIOPSY CLIP"),
            view(time="090030", SeriesDescription="PREMIUM VIEW"),
            view(time="090100", SeriesDescription="STATUS POST LUMPECTOMY"),
            view(time="090130", SeriesDescription="senza e con mdc"),
            view(time="090200", SeriesDescription="GALACTOGRAPHIE SANS L'INJECTION"),
        ),
        says=("view L CC unknown",) * 5,
        left_out=dict.fromkeys(range(5), "phase-unknown"),
        status="review",
    ),
    "guessed-characters-weaken": Case(
        images=(view() | {"then": _undeclared_utf8}, post()),
        says=("view L CC pre inferred", "view L CC post certain"),
        rows=("L CC 1: 0 | 1",),
        problems=("charset-guessed",),
        status="paired",
    ),
    "projection-stored-as-capture": Case(
        images=(
            view(maker="HOLOGIC"),
            post(maker="HOLOGIC"),
            view(
                time="092100",
                maker="HOLOGIC",
                SOPClassUID=CAPTURE,
                **dict.fromkeys(("ViewCodeSequence", "ImageLaterality", "PatientOrientation")),
            ),
        ),
        says=("view L CC pre inferred", "view L CC post certain", "projection - -"),
        rows=("L CC 1: 0 | 1",),
        left_out={2: "projection"},
        status="paired",
    ),
    "implant-wire-and-specimen": Case(
        images=(
            view(),
            view("L", "CC", "090100", "ID"),
            post("L", "CC", "092000", "ID"),
            view("L", "ML", "093500", SeriesDescription="NEEDLE LOC"),
            view("L", "SPECIMEN", "095500"),
        ),
        says=(
            "view L CC pre inferred",
            "view L CC ID pre inferred",
            "view L CC ID post certain",
            "localisation L ML",
            "specimen L -",
        ),
        rows=("L CC 1: 0 |  no-post", "L CC 1: 1 | 2"),
        left_out={3: "localisation", 4: "specimen"},
        status="paired",
    ),
    "both-breasts-on-one-image": Case(
        images=(view("B"), view(time="090100"), post()),
        says=("view B CC unknown", "view L CC pre inferred", "view L CC post certain"),
        rows=("L CC 1: 1 | 2",),
        left_out={0: "laterality-both"},
        status="paired",
    ),
    "over-midnight": Case(
        images=(
            view(time="235500"),
            post(time="001000", AcquisitionDate="20250311", ContentDate="20250311"),
        ),
        says=("view L CC pre inferred", "view L CC post certain"),
        rows=("L CC 1: 0 | 1",),
        status="paired",
    ),
    "over-midnight-with-one-date": Case(
        images=(view(time="235500"), post(time="001000")),
        says=("view L CC unknown", "view L CC post certain"),
        rows=("L CC 1:  | 1 no-pre",),
        left_out={0: "phase-unknown"},
        problems=("time-conflict",),
        status="review",
    ),
    "phantom": Case(
        images=tuple(
            make(PatientName="TEST^PHANTOM", StudyDescription="QC", SeriesDescription="QC PHANTOM")
            for make in (view, post)
        ),
        says=("quality-control L CC",) * 2,
        left_out=dict.fromkeys(range(2), "quality-control"),
        exam="other",
        status="not-a-ductogram",
    ),
    "unnamed-but-filled-in-one-breast": Case(
        images=(
            view(StudyDescription="", ContrastBolusAgent="NONE"),
            view(time="092000", StudyDescription="", ContrastBolusAgent="IOHEXOL"),
        ),
        says=("view L CC pre certain", "view L CC post certain"),
        rows=("L CC 1: 0 | 1",),
        problems=("exam-inferred",),
        status="review",
    ),
    "unnamed-and-filled-in-both": Case(
        images=tuple(
            view(side, "CC", time, StudyDescription="MAMMO", **agent)
            for time, agent in (("090000", {}), ("090500", {"ContrastBolusAgent": "IOPAMIDOL"}))
            for side in "LR"
        ),
        says=("view L CC", "view R CC") * 2,
        left_out=dict.fromkeys(range(4), "not-a-ductogram"),
        problems=("contrast-unexplained",),
        exam="mammogram",
        status="not-a-ductogram",
    ),
    "named-for-the-other-breast": Case(
        images=(view(StudyDescription="GALACTOGRAM RT"), post(StudyDescription="GALACTOGRAM RT")),
        says=("view L CC pre inferred", "view L CC post certain"),
        rows=("L CC 1: 0 | 1",),
        problems=("laterality-conflict",),
        status="review",
        code=1,
    ),
    "mirrored-as-the-other-breast-is-not": Case(
        images=(view("L", "ML", PatientOrientation=["P", "F"]), post("L", "ML")),
        says=("view L ML pre inferred", "view L ML post certain"),
        rows=("L LAT 1: 0 | 1 orientation-doubtful",),
        problems=("orientation-conflict",),
        status="paired",
    ),
    "orientation-of-the-other-breast": Case(
        images=(view("L", "MLO", PatientOrientation=["P", "FL"]), post("L", "MLO")),
        says=("view L MLO pre inferred", "view L MLO post certain"),
        rows=("L OBL 1: 0 | 1 orientation-doubtful",),
        problems=("orientation-conflict",),
        status="paired",
    ),
    "both-breasts-filled": Case(
        images=(view(), post(), view("R", "CC", "100000"), post("R", "CC", "102000")),
        says=(
            "view L CC pre inferred",
            "view L CC post certain",
            "view R CC pre inferred",
            "view R CC post certain",
        ),
        rows=("L CC 1: 0 | 1", "R CC 1: 2 | 3"),
        status="paired",
    ),
    "text-against-agent": Case(
        images=(view(), post(SeriesDescription="PRE CONTRAST")),
        says=("view L CC unknown pre?", "view L CC unknown"),
        rows=("L CC None: 0 |  no-post suggested",),
        left_out={1: "phase-unknown"},
        problems=("phase-conflict",),
        status="review",
        code=1,
    ),
    "tomosynthesis-is-the-only-filled-one": Case(
        images=(
            view(maker="HOLOGIC"),
            _slices(usage="NO", time="090100"),
            _slices(usage="YES", time="092000"),
            _slices("GENERATED_2D", usage="YES", time="092000"),
        ),
        says=(
            "view L CC pre inferred",
            "tomosynthesis L CC pre certain",
            "tomosynthesis L CC post certain",
            "synthetic L CC post certain",
        ),
        rows=("L CC 1: 0 | 3 synthetic",),
        left_out={1: "tomosynthesis", 2: "tomosynthesis"},
        status="paired",
    ),
    "parts-of-one-view-stay-together": Case(
        images=(view(PartialView="YES"), view(time="090030", PartialView="YES"), post()),
        says=("view L CC pre inferred",) * 2 + ("view L CC post certain",),
        rows=("L CC 1: 0,1 | 2",),
        status="paired",
    ),
}


def _write(folder, number, values):
    dataset = Dataset()
    then = values.pop("then", None)
    values = {
        "SOPInstanceUID": f"2.25.90{number}",
        "StudyInstanceUID": "2.25.70",
        "SeriesInstanceUID": f"2.25.80{number}",
        "InstanceNumber": str(number),
    } | {keyword: value for keyword, value in values.items() if value is not None}
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for keyword, value in values.items():
            setattr(dataset, keyword, value)
        if then:
            then(dataset)
        dataset.save_as(folder / f"IM{number:04d}", enforce_file_format=True)


@contextmanager
def _told(capsys):
    capsys.readouterr()
    records = []
    yield records
    records += [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def _sentence(instance):
    """Say what was concluded, as the table says it."""
    words = [instance["kind"], instance["laterality"] or "-", instance["view"] or "-"]
    words += instance["modifiers"]
    if instance["phase"]:
        words.append(instance["phase"])
    if instance["confidence"] != "unknown":
        words.append(instance["confidence"])
    suggestion = instance["suggestion"]
    if suggestion:
        words.append((suggestion if isinstance(suggestion, str) else suggestion["phase"]) + "?")
    return " ".join(words)


def _line(row, numbers):
    sides = [",".join(str(numbers[uid]) for uid in row[phase]) for phase in ("pre", "post")]
    head = f"{row['laterality']} {row['group']} {row['injection']}: {sides[0]} | {sides[1]}"
    return " ".join([head, *sorted(row["notes"])])


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_it_says_of_a_hard_case_what_an_expert_says(case, tmp_path, capsys):
    for number, values in enumerate(case.images):
        _write(tmp_path, number, dict(values))

    with _told(capsys) as records:
        code = run(["scan", "--json", "-j", "1", str(tmp_path)])

    (record,) = records
    numbers = {f"2.25.90{number}": number for number in range(len(case.images))}
    instances = sorted(record["instances"], key=lambda one: numbers[one["sop_instance_uid"]])
    problems = {problem["code"] for problem in record["problems"]} - {"spacing-suspect"}
    assert [_sentence(instance) for instance in instances] == list(case.says)
    assert sorted(_line(row, numbers) for row in record["rows"]) == sorted(case.rows)
    assert {
        numbers[one["sop_instance_uid"]]: one["reason"] for one in record["left_out"]
    } == case.left_out
    assert record["exam"]["kind"] == case.exam
    assert record["status"] == case.status
    assert problems == set(case.problems)
    assert code == case.code


@pytest.mark.parametrize(
    ("plain", "lent"),
    [
        pytest.param({}, ["2.25.900"], id="nothing said"),
        pytest.param({"ImageType": ["ORIGINAL", "PRIMARY", "POST_CONTRAST"]}, [], id="image type"),
        pytest.param({"ContrastBolusAgent": "OMNIPAQUE 300"}, [], id="agent"),
        pytest.param({"SeriesDescription": "L CC POST INJ"}, [], id="series"),
        pytest.param({"ImageComments": "after injection of contrast 0.4 ml"}, [], id="comment"),
    ],
)
def test_an_earlier_mammogram_lends_its_view_only_where_nothing_says_post(
    plain, lent, tmp_path, capsys
):
    earlier = {"StudyInstanceUID": "2.25.71", "StudyDescription": "MAMMOGRAPHY"}
    earlier |= dict.fromkeys(("StudyDate", "AcquisitionDate", "ContentDate"), "20250224")
    _write(tmp_path, 0, view(**earlier, **plain))
    _write(tmp_path, 1, post(ContrastBolusRoute="INTRADUCTAL"))

    with _told(capsys) as records:
        run(["scan", "--json", "-j", "1", str(tmp_path)])

    (row,) = (row for record in records for row in record["rows"])
    assert row["pre"] == lent
    assert ("prior-study" in row["notes"]) is bool(lent)


def test_what_cannot_be_read_keeps_its_place_and_is_said(tmp_path, capsys):
    export = tmp_path / "export"
    export.mkdir()
    for number, values in enumerate((view(), post(), post("L", "ML", "092200"))):
        _write(export, number, values)
    cut = export / "IM0002"
    cut.write_bytes(cut.read_bytes()[:-40_000])
    (export / "empty.dcm").write_bytes(b"")
    (export / ".nomedia").write_bytes(b"")
    output = tmp_path / "out"

    code = run(["organise", str(export), "-o", str(output), "-j", "1", "--format", "png"])

    assert code == 1
    lines = (output / "ledger.csv").read_text(encoding="utf-8").splitlines()
    reasons = {line.split(",")[0].rsplit("/", 1)[-1]: line.split(",")[2:4] for line in lines[1:]}
    assert reasons["IM0002"] == ["unreadable", "truncated"]
    assert reasons["empty.dcm"] == ["unreadable", "empty-file"]
    assert reasons[".nomedia"] == ["not-dicom", "empty-file"]
    assert len(reasons) == 5
    record = json.loads((output / "studies.jsonl").read_text(encoding="utf-8"))
    assert record["status"] == "review"
    assert [row["group"] for row in record["rows"]] == ["CC", "LAT"]
