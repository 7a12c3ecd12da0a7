"""An orientation that the pixels contradict."""

import json
import shutil
from pathlib import Path

import numpy as np
import pydicom
import pytest
from exports import organise as run_organise
from exports import read_records, write_ductogram

from ductdicom import Settings, organise
from ductdicom.cli.application import run

TEXTBOOK = Path(__file__).resolve().parents[2] / "sample_data" / "textbook"


def test_an_orientation_that_the_pixels_contradict_is_not_followed(tmp_path):
    export = tmp_path / "export"
    shutil.copytree(TEXTBOOK, export)
    dataset = pydicom.dcmread(export / "IM0003")
    dataset.PatientOrientation = ["P", "L"]  # of a right breast; the file is of a left one
    dataset.save_as(export / "IM0003")

    organise([str(export)], Settings(output=tmp_path / "out", jobs=1, format=("png",)))

    (path,) = (tmp_path / "out" / "studies").glob("*/study.json")
    record = json.loads(path.read_text(encoding="utf-8"))
    uid = str(dataset.SOPInstanceUID)
    (tile,) = (
        tile
        for sheet in record["sheets"]
        for tile in sheet["tiles"]
        if tile["sop_instance_uid"] == uid
    )
    assert tile["transform"] == "identity"
    assert record["status"] == "review"
    assert [p["sop_instance_uid"] for p in record["problems"]] == [uid]
    assert {p["code"] for p in record["problems"]} == {"orientation-conflict"}
    assert [("orientation-unknown" in row["notes"]) for row in record["rows"]] == [True, False]


def _raw_pixels():
    """Return values of a left breast before processing: air is bright."""
    down, across = np.mgrid[:240, :180]
    distance = np.hypot((down - 120) / 90, across / 130)
    attenuated = 9000 * np.exp(-4 * np.clip(1 - distance, 0, 1))
    return np.rint(attenuated).astype(np.uint16)


@pytest.mark.parametrize("keyword", [None, "PixelIntensityRelationshipSign"])
@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
def test_bright_air_of_raw_images_contradicts_no_orientation(
    tmp_path, capsys, keyword, photometric
):
    export = write_ductogram(tmp_path / "export", pixels=_raw_pixels(), intent="FOR PROCESSING")
    for path in export.iterdir():
        dataset = pydicom.dcmread(path)
        dataset.PhotometricInterpretation = photometric
        dataset.BitsStored, dataset.HighBit = 14, 13
        if keyword is not None:
            del dataset[keyword]
        dataset.save_as(path)

    run_organise(export, output=tmp_path / "out")
    capsys.readouterr()
    run(["scan", "--json", str(export)])

    (record,) = read_records(tmp_path / "out")
    scanned = json.loads(capsys.readouterr().out)
    assert record["status"] == scanned["status"] == "paired"
    assert "orientation-conflict" not in {problem["code"] for problem in record["problems"]}
    assert {tile["voi"] for sheet in record["sheets"] for tile in sheet["tiles"]} == {
        "for processing"
    }


@pytest.mark.parametrize(
    "place", ["SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence"]
)
def test_a_synthetic_view_has_scale_and_turning_by_its_functional_groups(tmp_path, place):
    pixels = np.fliplr(np.where(_raw_pixels() < 9000, 2500, 0)).astype(np.uint16)
    export = write_ductogram(tmp_path / "export", pixels=pixels, image_type=())
    for path in export.iterdir():
        dataset = pydicom.dcmread(path)
        measures, plane, groups = pydicom.Dataset(), pydicom.Dataset(), pydicom.Dataset()
        measures.PixelSpacing = [0.2, 0.2]
        is_above = dataset.ViewCodeSequence[0].CodeValue == "399162004"
        plane.ImageOrientationPatient = [0, 1, 0, *([-1, 0, 0] if is_above else [0, 0, -1])]
        groups.PixelMeasuresSequence, groups.PlaneOrientationSequence = [measures], [plane]
        setattr(dataset, place, [groups])
        dataset.SOPClassUID = "1.2.840.10008.5.1.4.1.1.13.1.3"
        dataset.ImageType = ["DERIVED", "PRIMARY", "TOMOSYNTHESIS", "GENERATED_2D"]
        dataset.PatientOrientation = ""
        del dataset.ImagerPixelSpacing
        dataset.save_as(path)

    run_organise(export, output=tmp_path / "out")

    (record,) = read_records(tmp_path / "out")
    tiles = [tile for sheet in record["sheets"] for tile in sheet["tiles"]]
    assert {tile["transform"] for tile in tiles} == {"fliplr"}
    assert all(tile["mm_per_px"] for tile in tiles)
    notes = {note for row in record["rows"] for note in row["notes"]}
    assert not notes & {"scale-unknown", "orientation-unknown"}
