"""Tomosynthesis of a ductogram, from files to the strip below the rows."""

import json

import msgspec
import numpy as np
import pytest
from exports import FILLED, GALACTOGRAM, PERSON, SCENES, organise, read_records, write_ductogram
from PIL import Image
from pydicom import Dataset, dcmread
from pydicom.encaps import encapsulate
from pydicom.uid import BreastTomosynthesisImageStorage, JPEGLSLossless, generate_uid

import ductdicom.pipeline.drawing.tiles as drawing
from ductdicom.model.record import RecordedStudy
from ductdicom.phantom.dataset import mammogram_dataset
from ductdicom.phantom.files import write_object
from ductdicom.phantom.spec import Beamline, Presentation, WindowSpec
from ductdicom.review.gallery import Gallery, image_names

imagecodecs = pytest.importorskip("imagecodecs")

GREY = {"beamline": Beamline(imager_spacing_mm=0.5)}
GREY |= {"presentation": Presentation(windows=(WindowSpec(2000, 4000),))}
STUDY, SLICES = "2.25.900", 16
PLAIN = (SCENES[0], SCENES[2])  # CC before and after
POST_AT = "20260102092230"


def breast():
    """Return a left breast as ``A\\R`` stores it: wide, and bright at the upper chest wall only."""
    values = np.full((300, 200), 0, np.uint16)
    values[25:275, :140] = 1800
    values[40:80, 10:45] = 3500
    return values


def slices(pixels):
    """Return slices of which one shows what is bright."""
    return [np.where((pixels > 2000) & (n != 6), 1800, pixels) for n in range(SLICES)]


def item(**values):
    made = Dataset()
    for keyword, value in values.items():
        setattr(made, keyword, value)
    return made


def in_depth(number):
    return item(ImagePositionPatient=[3.0, 4.0, float(number)])


def header(pixels, name, at=POST_AT, **spec):
    return mammogram_dataset(
        pixels,
        label=name,
        person=PERSON,
        texts=GALACTOGRAM,
        study_instance_uid=STUDY,
        study_at="20260102085500",
        view="CC",
        acquired_at=at,
        **(GREY | spec),
    )


def write_stack(path, *, turn=lambda values: values, order=range(SLICES), usage="YES",
                codec=None, **shared):  # fmt: skip
    """Write an object of the Breast Tomosynthesis class; ``shared`` are sequences of one item."""
    frames = [np.ascontiguousarray(turn(values)) for values in slices(breast())]
    data = header(frames[0], path.name, contrast=FILLED)
    for keyword in ("WindowCenter", "WindowWidth", "ImageLaterality", "PatientOrientation",
                    "ImagerPixelSpacing", "PixelPaddingValue", "ContrastBolusAgent",
                    "ContrastBolusVolume", "ContrastBolusRoute"):  # fmt: skip
        data.pop(keyword, None)
    data.SOPClassUID = BreastTomosynthesisImageStorage
    data.ImageType = ["ORIGINAL", "PRIMARY", "TOMOSYNTHESIS", "NONE"]
    data.NumberOfFrames = SLICES
    given = item(ContrastBolusAgentNumber=1, ContrastBolusAgentAdministered=usage)
    groups = {
        "FrameAnatomySequence": item(FrameLaterality="L"),
        "PixelMeasuresSequence": item(PixelSpacing=[0.5, 0.5], SliceThickness=1.0),
        "FrameVOILUTSequence": item(WindowCenter=2000, WindowWidth=4000),
        "ContrastBolusUsageSequence": given,
    } | shared
    data.SharedFunctionalGroupsSequence = [item(**{k: [v] for k, v in groups.items()})]
    data.PerFrameFunctionalGroupsSequence = [
        item(PlanePositionSequence=[in_depth(number)]) for number in order
    ]
    ordered = [frames[number] for number in order]
    data.PixelData = np.stack(ordered).tobytes()
    write_object(path, data)
    if codec is not None:
        data.PixelData = encapsulate([codec(values) for values in ordered])
        data["PixelData"].VR = "OB"
        data["PixelData"].is_undefined_length = True
        data.file_meta.TransferSyntaxUID = JPEGLSLossless
        data.save_as(path, enforce_file_format=True)
    return path


def write_slices(folder, series="2.25.77"):
    """Write slices as objects of their own, each of which knows where it lies."""
    for number, values in enumerate(slices(breast())):
        data = header(values, f"S{number}", contrast=FILLED)
        data.SOPInstanceUID = generate_uid(entropy_srcs=[series, str(number)])
        data.SeriesInstanceUID, data.InstanceNumber = series, SLICES - number
        data.ImageType = ["DERIVED", "PRIMARY", "TOMO", "LEFT"]
        data.ImagePositionPatient = in_depth(number).ImagePositionPatient
        write_object(folder / f"S{number:02}", data)
    return sorted(folder.glob("S*"))


def jpeg_ls(values):
    frame = bytes(imagecodecs.jpegls_encode(values))
    return frame + b"\0" * (len(frame) % 2)


@pytest.fixture
def export(tmp_path):
    folder = tmp_path / "export"
    write_ductogram(folder, study=STUDY, scenes=PLAIN, pixels=breast(), **GREY)
    return folder


def strip_of(record):
    return [tile for sheet in record["sheets"] for tile in sheet["tiles"] if "slab" in tile]


def plain_post(record):
    """Return the tile of the plain view after contrast, no close-up."""
    plain = [t for t in record["sheets"][0]["tiles"] if "slab" not in t and not t.get("closeup")]
    (found,) = (tile for tile in plain if tile["phase"] == "post")
    return found


def bright_place(output, tile, path="sheet-1.png"):
    """Return where the brightest part of a picture is, down and across, as shares."""
    (page,) = (output / "studies").glob(f"*/{path}")
    x, y, width, height = (round(number) for number in tile["box"])
    with Image.open(page) as image:
        values = np.asarray(image.convert("L"))[y : y + height, x : x + width]
    found = np.argwhere(values > values.max() * 0.9)
    down, across = (found.mean(axis=0) / values.shape).tolist()
    return down, across


MIRRORED = {"PatientOrientationInFrameSequence": item(PatientOrientation=["P", "R"])}
STORED = {"PatientOrientationInFrameSequence": item(PatientOrientation=["A", "R"])}
TURNED = {"PlaneOrientationSequence": item(ImageOrientationPatient=[0, 1, 0, 1, 0, 0])}


@pytest.mark.parametrize(
    ("options", "transform"),
    [
        pytest.param(STORED, "identity", id="as the plain view"),
        pytest.param({"turn": np.fliplr} | MIRRORED, "fliplr", id="mirrored"),
        pytest.param(
            {"turn": lambda v: np.rot90(v, 2)} | TURNED, "rot180", id="upside down, by cosines"
        ),
        pytest.param(
            {"order": (*range(1, SLICES, 2), *range(0, SLICES, 2)), "codec": jpeg_ls} | STORED,
            "identity",
            id="compressed, not in order",
        ),
    ],
)
def test_a_stack_hangs_as_the_plain_view_of_its_breast(export, tmp_path, options, transform):
    write_stack(export / "BTO", **options)

    assert organise(export, output=tmp_path / "out") == 0

    (record,) = read_records(tmp_path / "out")
    plain = plain_post(record)
    middle, whole = strip_of(record)
    assert (middle["transform"], whole["phase"]) == (transform, "post")
    assert [middle["slab"][name] for name in ("first", "last", "spacing_mm")] == [4, 13, 1.0]
    expected = bright_place(tmp_path / "out", plain)
    for slab in (middle, whole):
        assert bright_place(tmp_path / "out", slab) == pytest.approx(expected, abs=0.06)
    stack = (image for image in record["instances"] if image["kind"] == "tomosynthesis")
    assert whole["sop_instance_uid"] not in json.dumps(record["rows"])
    assert next(stack)["sop_instance_uid"] == whole["sop_instance_uid"]


def test_slices_that_are_files_make_the_strip_that_one_object_makes(export, tmp_path):
    paths = write_slices(export)
    out = tmp_path / "out"

    assert organise(export, output=out, formats="png,html") == 0

    (record,) = read_records(out)
    _, whole = strip_of({"sheets": record["sheets"][:1]})
    assert [whole["slab"][name] for name in ("first", "last", "slices")] == [1, SLICES, SLICES]
    tile = plain_post(record)
    assert bright_place(out, whole) == pytest.approx(bright_place(out, tile), abs=0.06)

    study = msgspec.json.decode((out / "studies.jsonl").read_bytes(), type=RecordedStudy)
    uids = [image.sop_instance_uid for image in study.instances]
    name = image_names(study)[uids.index(whole["sop_instance_uid"])]
    picture = Gallery().picture(study, name, is_preview=False)
    assert np.array_equal(picture.values, np.max(slices(breast()), axis=0))

    paths[3].write_bytes(paths[3].read_bytes()[:-900])
    assert organise(export, output=out) == 1
    (record,) = read_records(out)
    assert not strip_of(record)
    found = [(problem["code"], problem["sop_instance_uid"]) for problem in record["problems"]]
    assert found == [("pixels-unreadable", dcmread(paths[3], force=True).SOPInstanceUID)]
    (missing,) = (t for t in record["sheets"][0]["tiles"] if t.get("placeholder"))
    assert missing["placeholder"] == "truncated"


def test_a_stack_that_did_not_change_is_not_decoded_again(export, tmp_path, monkeypatch):
    write_stack(export / "BTO", **STORED)
    decoded = []
    read = drawing.read_slabs

    def counted(*parts, **options):
        decoded.append(parts)
        return read(*parts, **options)

    monkeypatch.setattr(drawing, "read_slabs", counted)

    organise(export, output=tmp_path / "out")
    organise(export, output=tmp_path / "out")
    assert len(decoded) == 1

    write_stack(export / "BTO", usage="NO", **STORED)
    organise(export, output=tmp_path / "out")
    assert len(decoded) == 2


def test_the_phase_of_a_stack_is_its_own_and_its_words_tell_no_date(export, tmp_path):
    data = {"ContrastBolusUsageSequence": item(ContrastBolusAgentNumber=1)}
    write_stack(export / "BTO", **(STORED | data))
    out = tmp_path / "out"

    organise(export, output=out, formats="html", options=["--phi", "none"])

    (record,) = read_records(out)
    assert {tile["phase"] for tile in strip_of(record)} == {"unknown"}
    (page,) = (out / "studies").glob("*/sheet.html")
    said = page.read_text(encoding="utf-8")
    assert "16 slices, 1 mm apart" in said
    assert "unknown, because nothing in the header says so" in said
    assert not [word for word in ("2026", "09:22", PERSON.patient_id, "SAMPLE^") if word in said]
