"""Objects of this program that come back with a study: known, and no part of it."""

import csv
import zipfile

import pydicom
import pytest
from exports import files_of, organise, read_records, write_ductogram
from pydicom.uid import ImplicitVRLittleEndian, generate_uid

from ductdicom.cli.application import run

pytestmark = pytest.mark.integration


def ledger(output):
    with (output / "ledger.csv").open(newline="") as stream:
        return list(csv.DictReader(stream))


def own_rows(output):
    return [row for row in ledger(output) if row["reason"] == "own-object"]


def study_files(output):
    return files_of(output / "studies")


@pytest.fixture
def export(tmp_path):
    return write_ductogram(tmp_path / "export")


@pytest.fixture
def sheet(export, tmp_path):
    """Write the sheet of the study as an object, as an archive would send it back."""
    assert run(["sheet", str(export), "-o", str(tmp_path / "sheet.dcm"), "--dpi", "72"]) == 0
    return pydicom.dcmread(tmp_path / "sheet.dcm")


def test_one_that_came_back_is_a_row_and_changes_no_study(export, sheet, tmp_path):
    out = tmp_path / "out"
    assert organise(export, output=out) == 0
    before = study_files(out)
    sheet.save_as(export / "IM9")

    assert organise(export, output=out) == 0

    assert study_files(out) == before
    row = next(iter(own_rows(out)))
    assert (row["disposition"], row["sop_instance_uid"]) == ("other", sheet.SOPInstanceUID)
    assert row["study_instance_uid"] == "2.25.900"


def test_one_that_was_there_first_is_no_part_of_the_study(export, sheet, tmp_path):
    sheet.save_as(export / "IM9")

    assert organise(export, output=tmp_path / "out") == 0

    (record,) = read_records(tmp_path / "out")
    assert len(record["instances"]) == 4
    assert record["left_out"] == []


def test_one_whose_uids_and_encoding_an_archive_changed_is_known(export, sheet, tmp_path):
    sheet.SOPInstanceUID = sheet.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    sheet.SeriesInstanceUID = generate_uid()
    sheet.PatientID = "OTHER^ID"
    sheet.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    sheet.save_as(export / "IM9", implicit_vr=True, little_endian=True)

    assert organise(export, output=tmp_path / "out") == 0

    assert len(own_rows(tmp_path / "out")) == 1
    assert len(read_records(tmp_path / "out")) == 1


def test_one_of_another_version_in_an_archive_file_is_known(export, sheet, tmp_path):
    sheet.SoftwareVersions = "ductdicom 9.9.9"
    sheet.save_as(tmp_path / "sheet.dcm")
    with zipfile.ZipFile(export / "more.zip", "w") as archive:
        archive.write(tmp_path / "sheet.dcm", "IM9")

    assert organise(export, output=tmp_path / "out") == 0

    assert [row["member"] for row in own_rows(tmp_path / "out")] == ["IM9"]


def test_one_alone_makes_no_study_and_no_failure(sheet, tmp_path, capsys):
    folder = tmp_path / "alone"
    folder.mkdir()
    sheet.save_as(folder / "IM9")

    assert organise(folder, output=tmp_path / "out") == 0
    assert read_records(tmp_path / "out") == []
    for command in ("scan", "explain", "check"):
        assert run([command, str(folder)]) == 0, capsys.readouterr().err


@pytest.mark.parametrize("attribute", ["Manufacturer", "SoftwareVersions"])
def test_half_of_the_mark_is_none(export, sheet, tmp_path, attribute):
    setattr(sheet, attribute, "ACME")
    sheet.save_as(export / "IM9")

    organise(export, output=tmp_path / "out")

    assert own_rows(tmp_path / "out") == []
    (record,) = read_records(tmp_path / "out")
    assert [i["kind"] for i in record["instances"] if i["kind"] != "view"] == ["capture"]
