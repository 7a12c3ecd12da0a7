"""An orientation that the pixels contradict."""

import json
import shutil
from pathlib import Path

import pydicom

from ductdicom import Settings, organise

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
