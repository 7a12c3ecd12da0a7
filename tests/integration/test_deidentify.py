# A teaching set: nothing that names anybody leaves, nothing stays unsaid, the same comes out again.
import csv
import hashlib
import json
import shutil
import subprocess
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from exports import FILLED, PERSON, organise, write_ductogram, write_view
from pydicom import dcmread

from ductdicom.cli.application import run
from ductdicom.deidentify import header
from ductdicom.deidentify.keyed import read_key
from ductdicom.deidentify.look import Look
from ductdicom.deidentify.told import Told
from ductdicom.phantom.spec import Person

pytestmark = pytest.mark.integration
PRIOR = Path(__file__).parents[2] / "sample_data" / "prior-scout"
KEY = ".ductdicom/deidentify-key"


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    """An output folder of two patients; one has her scout in an earlier mammogram."""
    folder = tmp_path_factory.mktemp("deidentify")
    write_ductogram(folder / "export")
    out = folder / "out"
    assert organise(folder / "export", PRIOR, output=out) == 0
    return out


def deidentify(out, target, *options, status="paired,partial"):
    return run(["deidentify", str(out), "-o", str(target), "--status", status, "-q", *options])


@pytest.fixture(scope="module")
def exported(out):
    target = out.parent / "teaching"
    assert deidentify(out, target) == 0
    return target


def files_of(folder):
    return sorted(path for path in Path(folder).rglob("*") if path.is_file())


def contents_of(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in files_of(folder)}


def rows_of(path):
    with Path(path).open(newline="") as stream:
        return list(csv.DictReader(stream))


def records_of(out):
    lines = (out / "studies.jsonl").read_text().splitlines()
    return {record["study_instance_uid"]: record for record in map(json.loads, lines)}


def test_the_export_is_decided_as_the_originals_were(out, exported, tmp_path):
    assert organise(exported / "images", output=tmp_path / "again") == 0

    before, after = records_of(out), records_of(tmp_path / "again")
    new = read_key(out / KEY).uid
    assert {new(uid) for uid in before} == set(after)
    for uid, record in before.items():
        found = after[new(uid)]
        rows = [(r["laterality"], r["group"], r["injection"], r["notes"]) for r in record["rows"]]
        assert rows == [
            (r["laterality"], r["group"], r["injection"], r["notes"]) for r in found["rows"]
        ]
        for one, other in zip(record["rows"], found["rows"], strict=True):
            assert [*map(new, one["pre"])] == other["pre"]
            assert [*map(new, one["post"])] == other["post"]
        assert record["status"] == found["status"]
        said = {i["sop_instance_uid"]: i for i in found["instances"]}
        for image in record["instances"]:
            if copy := said.get(new(image["sop_instance_uid"])):
                for field in ("phase", "laterality", "view", "modifiers", "magnification"):
                    assert image[field] == copy[field]


def test_a_view_of_an_earlier_study_that_stands_in_a_row_goes_along_and_no_other(exported):
    rows = rows_of(exported / "ledger.csv")

    assert sum(bool(row["file"]) for row in rows) == 8
    assert [row["reason"] for row in rows if not row["file"]] == ["no-ductogram"]


def test_every_image_has_a_line_in_the_ledger(out, exported):
    images = [(r["key"], i["id"]) for r in records_of(out).values() for i in r["instances"]]
    lines = [row["image"] for row in rows_of(exported / "ledger.csv")]
    originals = rows_of(out / f"{KEY}.csv")

    assert len(set(lines)) == len(lines) == len(images)
    assert [row["image"] for row in originals] == lines
    assert sorted((row["study_key"], row["id"]) for row in originals) == sorted(images)


def test_no_byte_of_the_export_names_anybody(out, exported):
    needles = [PERSON.patient_id, PERSON.birth_date, *PERSON.name.split("^")]
    for path in (*files_of(PRIOR), *files_of(out.parent / "export")):
        data = dcmread(path, stop_before_pixels=True)
        needles += [data.PatientID, data.PatientBirthDate, data.StudyDate, data.AccessionNumber]
        needles += [data.StudyInstanceUID + "\0", data.SeriesInstanceUID, data.SOPInstanceUID]
        needles += [str(data.PatientName).partition("^")[2]]
    needles = {needle for needle in needles if len(needle) > 3} - {"SAMPLE"}  # the maker, too
    for path in files_of(exported):
        content = path.read_bytes().lower()
        assert [n for n in needles if n.lower().encode() in content] == []


def test_twice_is_the_same_bytes_and_another_key_shares_no_uid(out, exported, tmp_path):
    again, other = tmp_path / "again", tmp_path / "other"

    assert deidentify(out, again) == deidentify(out, other, "--key", str(tmp_path / "key")) == 0

    assert contents_of(again) == contents_of(exported)
    uids = [
        {str(dcmread(p).SOPInstanceUID) for p in files_of(folder / "images")}
        for folder in (again, other)
    ]
    assert uids[0].isdisjoint(uids[1])
    patients = [{row["patient"] for row in rows_of(f / "labels.csv")} for f in (again, other)]
    assert patients[0].isdisjoint(patients[1])
    for name in ("study", "image", "file"):
        told = [{r[name] for r in rows_of(f / "ledger.csv")} - {""} for f in (again, other)]
        assert told[0].isdisjoint(told[1])


def test_intervals_stay_over_the_studies_of_a_patient(out, exported):
    new = read_key(out / KEY).uid
    headers = [dcmread(path, stop_before_pixels=True) for path in files_of(exported / "images")]
    after = {data.SOPInstanceUID: moment(data) for data in headers}
    before = {
        new(data.SOPInstanceUID): moment(data)
        for data in (dcmread(path, stop_before_pixels=True) for path in files_of(PRIOR))
    }
    shifts = {before[uid] - after[uid] for uid in before.keys() & after.keys()}

    assert len(before.keys() & after.keys()) == 4
    assert len(shifts) == 1


def moment(data):
    return datetime.fromisoformat(f"{data.AcquisitionDate}T{data.AcquisitionTime[:6]}")


def test_the_key_is_for_its_owner_alone_and_not_in_the_export(out, exported):
    assert (out / KEY).stat().st_mode & 0o777 == 0o600
    secret = (out / KEY).read_bytes().strip()
    assert not any(secret in path.read_bytes() for path in files_of(exported))


@pytest.mark.parametrize("place", ["out", "inside", "around", "key", "foreign"])
def test_a_folder_in_which_something_else_lies_is_refused(out, tmp_path, place):
    home = tmp_path / "home"
    shutil.copytree(out, home / "out")
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    (foreign / "letter.txt").write_text("Dear Nadia")
    target, options = {
        "out": (home / "out", ()),
        "inside": (home / "out" / "teaching", ()),
        "around": (home, ()),
        "key": (tmp_path / "new", ("--key", str(tmp_path / "new" / "key"))),
        "foreign": (foreign, ()),
    }[place]

    assert deidentify(home / "out", target, *options) == 2
    assert not (tmp_path / "new").exists()


def test_an_export_with_another_key_is_not_written_over(out, exported, tmp_path):
    assert deidentify(out, exported, "--key", str(tmp_path / "key")) == 2


def test_an_output_folder_with_readable_names_lends_none_of_them(tmp_path):
    export = write_ductogram(tmp_path / "export")
    organise(export, output=tmp_path / "out", options=("--phi", "full"))

    assert deidentify(tmp_path / "out", tmp_path / "new") == 0

    (record,) = records_of(tmp_path / "out").values()
    for path in files_of(tmp_path / "new"):
        text = (path.name.encode() + path.read_bytes()).lower()
        assert record["key"].lower().encode() not in text
        assert b"zulu" not in text


@pytest.mark.parametrize("name", ["Report^Post", "Bea^Dee", "Images^Ada", "Siemens^Anna"])
def test_a_patient_called_by_a_word_of_the_set_costs_no_table(tmp_path, name):
    export = write_ductogram(tmp_path / "export", person=Person(name=name, patient_id="Q-77120"))
    organise(export, output=tmp_path / "out")

    assert deidentify(tmp_path / "out", tmp_path / "new", "--key", str(tmp_path / "key")) == 0

    assert {"labels.csv", "README.md", "index.html"} <= contents_of(tmp_path / "new").keys()


def test_a_study_for_review_does_not_leave(out, tmp_path):
    assert deidentify(out, tmp_path / "new", status="review") == 2


def organised(folder, *names, **changes):
    """Organise one ductogram, of which some images, or the third alone, are changed."""
    export = write_ductogram(folder / "export")
    for name in names or ("IM3",):
        data = dcmread(export / name)
        for keyword, value in changes.items():
            setattr(data, keyword, value)
        data.save_as(export / name)
    organise(export, output=folder / "out")
    return folder / "out"


def test_an_image_that_says_it_has_text_burned_in_stays(tmp_path, capsys):
    out = organised(tmp_path, BurnedInAnnotation="YES")

    assert deidentify(out, tmp_path / "new") == 1

    reasons = [row["reason"] for row in rows_of(tmp_path / "new" / "ledger.csv")]
    assert reasons.count("burned-in-annotation") == 1
    assert json.loads((tmp_path / "new" / "export.json").read_text())["state"] == "incomplete"
    assert len(files_of(tmp_path / "new" / "images")) == 3
    assert "1 burned-in-annotation" in capsys.readouterr().out


@pytest.mark.parametrize("changed", [("IM3",), ("IM1",), ("IM1", "IM2", "IM3", "IM4")])
def test_what_the_second_look_finds_is_taken_out_and_not_repeated(
    tmp_path, capsys, monkeypatch, changed
):
    out = organised(tmp_path, *changed, SeriesNumber="400815", OtherPatientIDs="400815")
    monkeypatch.setattr(header, "tells", lambda *_: False)  # as if it were not cleaned

    assert deidentify(out, tmp_path / "new") == 1

    said = capsys.readouterr()
    assert "(0020,0011)" in said.err
    assert "400815" not in said.err + said.out
    assert len(files_of(tmp_path / "new" / "images")) == 4 - len(changed)
    assert not any(b"400815" in path.read_bytes() for path in files_of(tmp_path / "new"))


@pytest.mark.parametrize("number", ["400815", "20260102", "2026010203", "19700101", "260102"])
def test_a_number_that_is_an_id_or_a_day_of_the_patient_does_not_leave(tmp_path, number):
    told = {"SeriesNumber": number, "Exposure": number, "OtherPatientIDs": "400815"}
    every = ("IM1", "IM2", "IM3", "IM4")
    out = organised(tmp_path, *every, PatientBirthDate="19700101", **told)

    assert deidentify(out, tmp_path / "new") == 0

    assert len(files_of(tmp_path / "new" / "images")) == 4
    content = contents_of(tmp_path / "new")
    assert not any(number.encode() in content[name] for name in content if name.endswith(".dcm"))


@pytest.mark.parametrize("patient_id", ["0", "1", "000001"])
def test_a_patient_whose_id_is_a_number_of_a_files_name_costs_no_directory(tmp_path, patient_id):
    every = ("IM1", "IM2", "IM3", "IM4")
    out = organised(tmp_path, *every, PatientID=patient_id)

    assert deidentify(out, tmp_path / "new") == 0

    assert (tmp_path / "new" / "DICOMDIR").exists()


def test_lines_of_the_ledger_stand_in_no_order_of_days(exported):
    lines = [(row["study"], row["image"]) for row in rows_of(exported / "ledger.csv")]

    assert lines == sorted(lines)


def test_an_image_whose_source_is_gone_is_named_and_the_others_leave(tmp_path):
    out = organised(tmp_path)
    (tmp_path / "export" / "IM4").unlink()

    assert deidentify(out, tmp_path / "new") == 1

    reasons = [row["reason"] for row in rows_of(tmp_path / "new" / "ledger.csv")]
    assert sorted(reasons) == ["", "", "", "source-gone"]


def test_what_left_before_and_may_not_now_is_removed(tmp_path):
    out = organised(tmp_path)
    assert deidentify(out, tmp_path / "new") == 0
    before = contents_of(tmp_path / "new")
    (tmp_path / "export" / "IM4").unlink()

    assert deidentify(out, tmp_path / "new") == 1

    gone = before.keys() - contents_of(tmp_path / "new").keys()
    assert {Path(name).suffix for name in gone} == {".dcm", ".png", ""}


def test_two_patients_of_one_id_and_two_issuers_stay_two(tmp_path):
    for number, issuer in enumerate(("NORTH", "SOUTH"), start=1):
        folder = write_ductogram(tmp_path / "export" / issuer, study=f"2.25.92{number}")
        for path in files_of(folder):
            data = dcmread(path)
            data.IssuerOfPatientID = issuer
            data.SOPInstanceUID = data.file_meta.MediaStorageSOPInstanceUID = (
                f"{data.SOPInstanceUID}.{number}"
            )
            data.save_as(path)
    organise(tmp_path / "export", output=tmp_path / "out")

    assert deidentify(tmp_path / "out", tmp_path / "new") == 0

    assert len({row["patient"] for row in rows_of(tmp_path / "new" / "labels.csv")}) == 2


def test_an_export_is_reviewed_only_by_who_saw_this_very_one(tmp_path):
    out, target = organised(tmp_path), tmp_path / "new"

    def state(*options):
        deidentify(out, target, *options)
        return json.loads((target / "export.json").read_text())["state"]

    assert state("--reviewed-by", "AB") == "unreviewed"
    assert state("--reviewed-by", "AB") == "reviewed"
    assert state() == "reviewed"
    assert state("--keep-devices", "--reviewed-by", "AB") == "unreviewed"


def write_findings(target, findings, encoding="utf-8", delimiter=","):
    """Write findings into the table of labels, in its order, as a spreadsheet saves it."""
    rows = rows_of(target / "labels.csv")
    with (target / "labels.csv").open("w", encoding=encoding, newline="") as file:
        table = csv.DictWriter(file, [*rows[0]], delimiter=delimiter)
        table.writeheader()
        table.writerows({**row, "findings": f} for row, f in zip(rows, findings, strict=True))


@pytest.mark.parametrize(
    ("encoding", "delimiter"), [("utf-8", ","), ("utf-8-sig", ";"), ("cp1252", "\t")]
)
def test_what_a_teacher_wrote_stays_and_a_review_counts_all_the_same(tmp_path, encoding, delimiter):
    out, target = organised(tmp_path), tmp_path / "new"
    deidentify(out, target)
    findings = ["", "papilloma, 4 mm", "", "Gangektasie größer"]
    write_findings(target, findings, encoding, delimiter)

    assert deidentify(out, target, "--reviewed-by", "AB") == 0

    assert [row["findings"] for row in rows_of(target / "labels.csv")] == findings
    assert json.loads((target / "export.json").read_text())["state"] == "reviewed"


def test_findings_that_cannot_leave_are_kept_beside_the_key(tmp_path, capsys):
    out, target = organised(tmp_path), tmp_path / "new"
    name = str(dcmread(tmp_path / "export" / "IM1").PatientName).partition("^")[0]
    deidentify(out, target)
    write_findings(target, ["", "", "", f"as told to {name}"])

    assert deidentify(out, target) == 1

    assert {row["findings"] for row in rows_of(target / "labels.csv")} == {""}
    assert f"as told to {name}" in (out / f"{KEY}-findings.csv").read_text()
    assert "1 finding of labels.csv kept beside the key" in capsys.readouterr().err


def test_a_table_that_cannot_be_read_is_not_written_over(tmp_path, capsys):
    out, target = organised(tmp_path), tmp_path / "new"
    deidentify(out, target)
    (target / "labels.csv").write_text("notes of my own")

    assert deidentify(out, target) == 2

    assert (target / "labels.csv").read_text() == "notes of my own"
    assert "findings in it would be lost" in capsys.readouterr().err


def test_what_was_changed_in_a_set_was_not_reviewed(tmp_path):
    out, target = organised(tmp_path), tmp_path / "new"
    deidentify(out, target)
    preview = files_of(target / "previews")[0]
    preview.write_bytes(preview.read_bytes() + b" ")

    assert deidentify(out, target, "--reviewed-by", "AB") == 0

    assert json.loads((target / "export.json").read_text())["state"] == "unreviewed"


class Looking:
    """Notes what passed the second look, and ends a run at one of its writes."""

    def __init__(self, monkeypatch):
        self.passed = set()
        self._patch = monkeypatch
        self._places, self._replace = Look.places, Path.replace

        def places(look, content):
            found = self._places(look, content)
            if not found:
                self.passed.add(hashlib.sha256(content).hexdigest())
            return found

        monkeypatch.setattr(Look, "places", places)

    def end_at(self, number):
        left = iter(range(number))

        def replace(path, target):
            if next(left, None) is None:
                raise KeyboardInterrupt
            return self._replace(path, target)

        self._patch.setattr(Path, "replace", replace)

    def go_on(self):
        self._patch.setattr(Path, "replace", self._replace)


def test_killed_at_any_write_nothing_lies_there_that_was_not_looked_at(tmp_path, monkeypatch):
    out = organised(tmp_path)
    looking = Looking(monkeypatch)
    # Sheets are drawn of what was looked at; they take the longest.
    monkeypatch.setattr("ductdicom.deidentify.run.draw_again", lambda *_: ())
    for number in range(60):
        target = tmp_path / str(number)
        looking.end_at(number)
        code = deidentify(out, target)
        looking.go_on()
        for path in target.rglob("*.dcm"):
            assert hashlib.sha256(path.read_bytes()).hexdigest() in looking.passed
        if code == 0:
            break
        manifests = [json.loads(path.read_text()) for path in target.glob("export.json")]
        assert {manifest["state"] for manifest in manifests} <= {"unfinished"}
    assert number > 10
    assert deidentify(out, tmp_path / "7") == 0
    assert contents_of(tmp_path / "7") == contents_of(target)


def test_the_directory_lists_each_image_by_a_name_that_it_may_have(exported):
    records = dcmread(exported / "DICOMDIR").DirectoryRecordSequence
    listed = [record for record in records if record.DirectoryRecordType == "IMAGE"]

    assert {record.ReferencedSOPInstanceUIDInFile for record in listed} == {
        str(dcmread(path).SOPInstanceUID) for path in files_of(exported / "images")
    }
    contents = {exported.joinpath(*record.ReferencedFileID).read_bytes() for record in listed}
    assert contents == {path.read_bytes() for path in files_of(exported / "images")}


def test_a_study_without_a_date_leaves_and_stands_in_no_directory(tmp_path):
    export = write_ductogram(tmp_path / "export")
    for path in files_of(export):
        data = dcmread(path)
        data.StudyDate = ""
        data.save_as(path)
    organise(export, output=tmp_path / "out")

    assert deidentify(tmp_path / "out", tmp_path / "new") == 0

    rows = rows_of(tmp_path / "new" / "ledger.csv")
    assert [(row["disposition"], row["reason"]) for row in rows] == [
        ("exported", "not-in-dicomdir")
    ] * 4
    assert not (tmp_path / "new" / "DICOMDIR").exists()


def test_each_ductogram_has_its_sheet_drawn_from_the_images_of_the_set(exported):
    folders = {
        path.parent.relative_to(exported / "sheets") for path in files_of(exported / "sheets")
    }

    assert len(folders) == 2
    assert all((exported / "images" / folder).is_dir() for folder in folders)


def test_images_that_are_decided_otherwise_than_the_originals_are_named(
    tmp_path, monkeypatch, capsys
):
    out = organised(tmp_path)
    monkeypatch.setattr(Told, "words", ())
    monkeypatch.setattr("ductdicom.deidentify.header.view_items", lambda _: [])

    assert deidentify(out, tmp_path / "new") == 1

    assert "decided otherwise" in capsys.readouterr().err
    assert json.loads((tmp_path / "new" / "export.json").read_text())["state"] == "incomplete"


def test_a_blanked_set_says_so_and_is_decided_alike(tmp_path):
    rows, columns = np.mgrid[0:120, 0:90]
    breast = np.where((rows - 60) ** 2 + columns**2 < 50**2, 2000 + columns, 20)
    export = write_ductogram(tmp_path / "export", pixels=breast.astype(np.uint16))
    organise(export, output=tmp_path / "out")

    assert deidentify(tmp_path / "out", tmp_path / "new", "--blank-outside") == 0

    found = [dcmread(path) for path in files_of(tmp_path / "new" / "images")]
    methods = [[code.CodeValue for code in f.DeidentificationMethodCodeSequence] for f in found]
    assert all("113101" in codes for codes in methods)
    assert "not blanked" in (tmp_path / "new" / "index.html").read_text()


def test_folds_are_by_patient_and_doubt_has_no_label(exported):
    listed = json.loads((exported / "dataset.json").read_text())
    folds = {}
    for item in (*listed["training"], *listed["unlabelled"]):
        folds.setdefault(item["image"].split("/")[1], set()).add(item["fold"])

    assert all(len(found) == 1 for found in folds.values())
    sure = {"confirmed", "certain", "strong"}
    labels = rows_of(exported / "labels.csv")
    assert {row["image"] for row in labels if row["label"]} == {
        item["image"] for item in listed["training"]
    }
    assert all(row["confidence"] in sure for row in labels if row["label"])
    assert {row["findings"] for row in labels} == {""}


@pytest.mark.skipif(shutil.which("dciodvfy") is None, reason="dciodvfy is not installed")
def test_nothing_is_wrong_with_an_object_that_was_not_wrong_before(out, exported):
    def faults(path):
        said = subprocess.run(["dciodvfy", path], capture_output=True, text=True, check=False)
        return {line for line in said.stderr.splitlines() if line.startswith("Error")}

    source = write_view(exported.parent / "one.dcm", contrast=FILLED)
    assert faults(files_of(exported / "images")[0]) <= faults(source)
