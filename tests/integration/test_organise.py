"""The main job over the samples and over small exports, as its users see it."""

import csv
import errno
import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections import Counter
from pathlib import Path

import pydicom
import pytest
from exports import (
    SCENES,
    decisions_of,
    organise,
    read_records,
    write_ductogram,
    write_view,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from record_schema import check_record, strict

from ductdicom.cli import application
from ductdicom.cli.admin.schema import SCHEMAS
from ductdicom.phantom.spec import Person, Texts

pytestmark = pytest.mark.integration

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data"
LEDGER = "source,member,disposition,reason,sop_instance_uid,study_instance_uid,bytes"
DISPOSITIONS = {
    "view",
    "other",
    "companion",
    "duplicate",
    "unreadable",
    "not-dicom",
    "container",
}
IDENTITY = ("ZULU", "SAMPLE-900", "19610203", "A1001")
# As headers and as sheets write it; its year alone stands in many a random number.
BORN = ("19610203", "1961-02-03")


def _ledger(output):
    with (output / "ledger.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def _summary(output):
    return json.loads((output / "summary.json").read_text(encoding="utf-8"))


def _only(output):
    (record,) = read_records(output)
    return record


def _holding(output, word):
    """Return the files below a folder whose name or bytes hold a word, apart from pictures."""
    return [
        path.relative_to(output).as_posix()
        for path in sorted(output.rglob("*"))
        if path.is_file() and (word in str(path.relative_to(output)) or word in _text(path))
    ]


def _text(path):
    if path.suffix == ".pdf":
        from pypdf import PdfReader  # noqa: PLC0415

        return "\n".join(page.extract_text() for page in PdfReader(path).pages)
    return path.read_bytes().decode("latin-1")


# --- the samples -----------------------------------------------------------------------------


def test_the_samples_are_all_read_and_decided(sample_run):
    assert sample_run.code == 0
    assert _summary(sample_run.output)["exit_code"] == 0
    assert "bug" not in sample_run.stderr


def test_results_are_where_the_contract_says(sample_run):
    top = {path.name for path in sample_run.output.iterdir() if not path.name.startswith(".")}

    accounts = {"index.html", "studies.jsonl", "worklist.csv", "ledger.csv", "summary.json"}
    assert top == accounts | {"studies"}
    for record in read_records(sample_run.output):
        folder = sample_run.output / "studies" / record["key"]
        assert (folder / "study.json").is_file() == (record["status"] != "not-a-ductogram")
        for sheet in record["sheets"]:
            assert (folder / sheet["path"]).is_file()


def test_the_jsonl_is_sorted_and_says_what_each_study_says(sample_run):
    records = read_records(sample_run.output)
    keys = [record["key"] for record in records]

    assert keys == sorted(keys)
    assert len(set(keys)) == len(keys)
    folders = {path.name for path in (sample_run.output / "studies").iterdir()}
    of_a_ductogram = [r for r in records if r["status"] != "not-a-ductogram"]
    assert folders == {record["key"] for record in of_a_ductogram}
    for record in of_a_ductogram:
        path = sample_run.output / "studies" / record["key"] / "study.json"
        assert json.loads(path.read_text(encoding="utf-8")) == record
        assert path.read_text(encoding="utf-8").startswith("{\n  ")


def test_every_record_keeps_to_the_schema(sample_run):
    records = read_records(sample_run.output)
    everyone = {i["sop_instance_uid"] for record in records for i in record["instances"]}

    for record in records:
        check_record(record, extra=everyone)


def test_the_totals_keep_to_their_schema(sample_run, capsys):
    text = (sample_run.output / "summary.json").read_bytes()
    capsys.readouterr()
    assert application.run(["summary", str(sample_run.output), "--json"]) == 0

    strict(SCHEMAS["summary"]()).validate(json.loads(text))
    strict(SCHEMAS["overview"]()).validate(json.loads(capsys.readouterr().out))


def test_the_ledger_has_one_row_for_every_file(sample_run):
    rows = _ledger(sample_run.output)
    files = {path for path in sample_run.export.rglob("*") if path.is_file()}

    first = (sample_run.output / "ledger.csv").read_text(encoding="utf-8").splitlines()[0]
    assert first == LEDGER
    assert Counter(Path(row["source"]) for row in rows) == Counter(files)
    assert {row["disposition"] for row in rows} <= DISPOSITIONS
    assert all(int(row["bytes"]) == Path(row["source"]).stat().st_size for row in rows)


def test_the_totals_add_up(sample_run):
    inputs = _summary(sample_run.output)["inputs"]

    assert inputs["total"] == len(_ledger(sample_run.output))
    assert inputs["total"] == sum(inputs["by_disposition"].values())
    assert inputs["total"] == sum(item["count"] for item in inputs["by_reason"])


@pytest.mark.parametrize(
    ("folder", "status", "phases"),
    [
        ("textbook", "paired", {"pre": 2, "post": 2}),
        ("words-only", "paired", {"pre": 2, "post": 2}),
        ("two-ducts", "paired", {"pre": 2, "post": 6}),
        ("prior-scout/20260105", "paired", {"post": 2}),
        ("prior-scout/20251210", "not-a-ductogram", {None: 3}),
        ("deidentified", "paired", {"pre": 2, "post": 3}),
        ("contrast-mammogram", "not-a-ductogram", {None: 4}),
        ("clock-only", "review", {"unknown": 4}),
        ("inverse-right/DX", "paired", {"pre": 3, "post": 3, None: 2}),
    ],
)
def test_each_sample_is_told_as_an_expert_would(sample_run, folder, status, phases):
    (record,) = [
        record
        for record in read_records(sample_run.output)
        if f"export/{folder}/" in record["instances"][0]["source"]
    ]

    assert record["status"] == status
    assert Counter(instance["phase"] for instance in record["instances"]) == phases


def test_three_fillings_of_the_two_ducts_stand_apart(sample_run):
    (record,) = [
        r for r in read_records(sample_run.output) if "two-ducts" in r["instances"][0]["source"]
    ]

    places = [(row["injection"], row["group"]) for row in record["rows"]]
    assert places == [(1, "CC"), (1, "LAT"), (2, "CC"), (2, "LAT"), (3, "CC"), (3, "LAT")]


def test_an_earlier_study_lends_its_plain_views(sample_run):
    (record,) = [
        r
        for r in read_records(sample_run.output)
        if "prior-scout/20260105" in r["instances"][0]["source"]
    ]
    lent = {uid for row in record["rows"] for uid in row["pre"]}

    assert all("prior-study" in row["notes"] for row in record["rows"])
    assert len(lent) == 2
    assert not lent & {i["sop_instance_uid"] for i in record["instances"]}
    assert "view-differs" in record["rows"][1]["notes"]


def test_a_study_that_only_the_clock_sorts_is_suggested_and_marked(sample_run):
    (record,) = [
        r for r in read_records(sample_run.output) if "clock-only" in r["instances"][0]["source"]
    ]
    folder = sample_run.output / "studies" / record["key"]

    assert [i["suggestion"] for i in record["instances"]] == ["pre", "pre", "post", "post"]
    assert all("suggested" in row["notes"] for row in record["rows"])
    assert _text(folder / "sheet.pdf").count("SUGGESTED") >= 4


def test_the_samples_logs_and_names_carry_no_identity(sample_run):
    said = sample_run.stdout + sample_run.stderr
    names = "\n".join(path.name for path in sample_run.output.rglob("*"))

    assert "SAMPLE" not in said.replace(str(sample_run.output), "")
    assert "SAMPLE" not in names


def test_nothing_temporary_is_left(sample_run):
    assert not list(sample_run.output.rglob(".part-*"))


def test_the_originals_are_as_they_were(sample_run):
    source = Path(__file__).resolve().parents[2] / "sample_data"

    for path in sample_run.export.rglob("*"):
        if path.is_file():
            assert path.read_bytes() == (source / path.relative_to(sample_run.export)).read_bytes()


def test_worker_processes_decide_and_draw_the_same(sample_run, tmp_path):
    output = tmp_path / "out"
    state = output / ".ductdicom"
    state.mkdir(parents=True)
    shutil.copy(sample_run.output / ".ductdicom" / "key", state / "key")

    done = subprocess.run(
        [
            *(sys.executable, "-m", "ductdicom", "organise", sample_run.export / "textbook"),
            *(sample_run.export / "inverse-right", "-o", output, "-j", "2"),
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )

    assert done.returncode == 0, done.stderr
    assert "2 studies from 13 inputs" in done.stdout
    for path in sorted((output / "studies").rglob("sheet*")):
        assert path.read_bytes() == (sample_run.output / path.relative_to(output)).read_bytes()


# --- exit codes ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def ductogram(tmp_path_factory):
    return write_ductogram(tmp_path_factory.mktemp("ductogram") / "export")


def test_code_0_where_all_is_read_and_decided(ductogram, tmp_path):
    assert organise(ductogram, output=tmp_path / "out") == 0


def test_code_1_for_a_truncated_file(ductogram, tmp_path):
    export = Path(shutil.copytree(ductogram, tmp_path / "export"))
    whole = (export / "IM1").read_bytes()
    (export / "IM1").write_bytes(whole[:-1000])

    assert organise(export, output=tmp_path / "out") == 1
    (row,) = [row for row in _ledger(tmp_path / "out") if row["disposition"] == "unreadable"]
    assert row["reason"] == "truncated"
    record = _only(tmp_path / "out")
    check_record(record)
    assert row["sop_instance_uid"] in {i["sop_instance_uid"] for i in record["instances"]}
    tiles = [tile for sheet in record["sheets"] for tile in sheet["tiles"]]
    missing = [tile for tile in tiles if tile["placeholder"]]
    assert [(tile["sop_instance_uid"], tile["placeholder"]) for tile in missing] == [
        (row["sop_instance_uid"], "truncated")
    ]


def _cut_in_the_header(content):
    return content[: content.index(b"\x28\x00\x10\x00US") - 3]


def _cut_between_elements(content):
    return content[: content.index(b"\x28\x00\x02\x00US")]


def _two_frames(content):
    dataset = pydicom.dcmread(io.BytesIO(content))
    dataset.NumberOfFrames = 2
    written = io.BytesIO()
    dataset.save_as(written)
    return written.getvalue()


def _cut_before_the_view(content):
    return content[: content.index(b"\x54\x00\x20\x02SQ") + 4]


@pytest.mark.parametrize("name", ["IM1", "IM3"])
@pytest.mark.parametrize(
    "damage", [_cut_in_the_header, _cut_between_elements, _cut_before_the_view, _two_frames]
)
def test_a_mammogram_without_its_image_is_an_unreadable_one(ductogram, tmp_path, name, damage):
    export = Path(shutil.copytree(ductogram, tmp_path / "export"))
    (export / name).write_bytes(damage((export / name).read_bytes()))

    assert organise(export, output=tmp_path / "out") == 1
    (row,) = [row for row in _ledger(tmp_path / "out") if row["disposition"] == "unreadable"]
    assert row["reason"] == "truncated"
    record = _only(tmp_path / "out")
    kinds = {i["sop_instance_uid"]: i["kind"] for i in record["instances"]}
    assert kinds[row["sop_instance_uid"]] == "view"
    assert record["status"] == "review"
    assert record["review_reasons"] == ["unreadable-image"]
    assert "pixels-unreadable" in {problem["code"] for problem in record["problems"]}
    tiles = [tile for sheet in record["sheets"] for tile in sheet["tiles"]]
    assert [tile["placeholder"] for tile in tiles if tile["placeholder"]] == ["truncated"]


def test_code_1_for_a_conflict_of_sides(tmp_path):
    write_ductogram(tmp_path / "export", extra={"Laterality": "R"})

    assert organise(tmp_path / "export", output=tmp_path / "out") == 1
    codes = {problem["code"] for problem in _only(tmp_path / "out")["problems"]}
    assert "laterality-conflict" in codes


def test_code_1_for_one_uid_with_two_contents(ductogram, tmp_path):
    write_view(
        tmp_path / "more",
        seed=77,
        label="2.25.900/1",
        study_instance_uid="2.25.900",
        acquired_at="20260102090000",
    )

    assert organise(ductogram, tmp_path / "more", output=tmp_path / "out") == 1
    codes = {problem["code"] for problem in _only(tmp_path / "out")["problems"]}
    assert "same-uid-other-bytes" in codes


def test_code_1_for_two_patients_under_one_study(ductogram, tmp_path):
    other = Person(name="SAMPLE^YANKEE", patient_id="SAMPLE-901", birth_date="19700101")
    write_view(tmp_path / "other", study_instance_uid="2.25.900", person=other)

    assert organise(ductogram, tmp_path / "other", output=tmp_path / "out") == 1
    records = read_records(tmp_path / "out")
    assert len(records) == 2
    assert all("patient-conflict" in {p["code"] for p in r["problems"]} for r in records)


def test_code_1_for_two_people_under_one_patient_id(ductogram, tmp_path):
    other = Person(name="SAMPLE^YANKEE", patient_id="SAMPLE-900", birth_date="19700101")
    write_ductogram(tmp_path / "other", study="2.25.901", person=other)

    assert organise(ductogram, tmp_path / "other", output=tmp_path / "out") == 1
    records = read_records(tmp_path / "out")
    assert len(records) == 2
    assert all("patient-conflict" in {p["code"] for p in r["problems"]} for r in records)


def test_code_1_for_a_test_object_in_what_is_named_a_ductography(tmp_path):
    phantom = Person(name="PHANTOM", patient_id="QC", birth_date="19700101")
    texts = Texts(study="GALACTOGRAM LT", series="QC WEEKLY")
    write_ductogram(tmp_path / "export", person=phantom, texts=texts)

    assert organise(tmp_path / "export", output=tmp_path / "out") == 1
    record = _only(tmp_path / "out")
    assert record["status"] == "review"
    assert "not-a-patient" in {problem["code"] for problem in record["problems"]}


def test_code_1_for_an_archive_that_cannot_be_read(ductogram, tmp_path):
    (tmp_path / "broken.zip").write_bytes(b"PK\x03\x04" + b"\0" * 100)

    assert organise(ductogram, tmp_path / "broken.zip", output=tmp_path / "out") == 1


def test_files_that_are_no_dicom_are_no_failure(ductogram, tmp_path):
    export = Path(shutil.copytree(ductogram, tmp_path / "export"))
    (export / "letter.txt").write_text("no image", encoding="utf-8")

    assert organise(export, output=tmp_path / "out") == 0


def test_a_phase_that_is_unknown_fails_only_with_strict(tmp_path):
    write_ductogram(tmp_path / "export", contrast=None)

    assert organise(tmp_path / "export", output=tmp_path / "out") == 0
    assert _only(tmp_path / "out")["status"] == "review"
    assert organise(tmp_path / "export", output=tmp_path / "out", options=["--strict"]) == 1


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["organise", "--colour"], id="an unknown option"),
        pytest.param(["organise", "EXPORT"], id="no output folder"),
        pytest.param(["organise", "-o", "OUT"], id="no input"),
        pytest.param(["organise", "EXPORT/absent", "-o", "OUT"], id="an input that is not there"),
        pytest.param(["organise", "EXPORT", "-o", "OUT", "-j", "many"], id="no number of workers"),
        pytest.param(["organise", "EXPORT", "-o", "OUT", "--format", "gif"], id="unknown format"),
        pytest.param(["organise", "EXPORT", "-o", "OUT", "--phi", "all"], id="unknown identity"),
        pytest.param(["organise", "EXPORT", "-o", "OUT", "--rules", "none.toml"], id="no rules"),
        pytest.param(
            ["organise", "EXPORT", "-o", "OUT", "--decisions", "none.json"], id="no decisions"
        ),
        pytest.param(["organise", "EXPORT", "-o", "OUT", "--config", "none.toml"], id="no config"),
        pytest.param(["organise", "--files-from", "none.txt", "-o", "OUT"], id="no list"),
        pytest.param(["organice", "EXPORT"], id="an unknown command"),
    ],
)
def test_code_2_for_wrong_usage(ductogram, tmp_path, monkeypatch, capsys, arguments):
    from ductdicom.cli.application import run  # noqa: PLC0415

    monkeypatch.chdir(tmp_path)
    words = [word.replace("EXPORT", str(ductogram)) for word in arguments]

    assert run(words) == 2
    assert not (tmp_path / "OUT").exists()
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err
    assert "Traceback" not in captured.err


def test_code_3_for_an_empty_folder(tmp_path, capsys):
    (tmp_path / "export").mkdir()

    assert organise(tmp_path / "export", output=tmp_path / "out") == 3
    assert "DICOM" in capsys.readouterr().err


def test_who_is_to_review_a_study_sees_what_is_in_it(tmp_path):
    captures = {
        "extra": {
            "SOPClassUID": "1.2.840.10008.5.1.4.1.1.7",
            "ImageType": ["DERIVED", "SECONDARY"],
        }
    }
    write_ductogram(tmp_path / "export", **captures)

    organise(tmp_path / "export", output=tmp_path / "out")

    (record,) = read_records(tmp_path / "out")
    assert record["status"] == "review"
    assert record["rows"] == []
    assert (tmp_path / "out" / "studies" / record["key"] / "sheet-1.png").is_file()


def test_code_3_where_nothing_is_dicom(tmp_path):
    (tmp_path / "letter.txt").write_text("no image", encoding="utf-8")

    assert organise(tmp_path / "letter.txt", output=tmp_path / "out") == 3


def test_code_3_says_what_the_inputs_are_instead(tmp_path, capsys):
    with zipfile.ZipFile(tmp_path / "cd.zip", "w") as archive:
        archive.writestr("letter.txt", "no image")

    assert organise(tmp_path / "cd.zip", output=tmp_path / "out") == 3
    assert "(1 container, 1 no-dicom-magic)" in capsys.readouterr().err


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the superuser may read everything"
)
def test_a_folder_without_permission_is_said_and_the_rest_is_done(ductogram, tmp_path):
    export = Path(shutil.copytree(ductogram, tmp_path / "export"))
    (export / "closed").mkdir(mode=0)

    assert organise(export, output=tmp_path / "out") == 1
    assert _only(tmp_path / "out")["status"] == "paired"


def test_code_4_where_a_file_stands_in_the_outputs_place(ductogram, tmp_path, capsys):
    (tmp_path / "out").write_text("a file", encoding="utf-8")

    assert organise(ductogram, output=tmp_path / "out") == 4
    assert str(tmp_path / "out") in capsys.readouterr().err
    assert (tmp_path / "out").read_text(encoding="utf-8") == "a file"


def test_code_70_for_a_bug(ductogram, tmp_path, monkeypatch, capsys):
    def fail(*_args, **_kwargs):
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr("ductdicom.cli.batch.organise.run_organise", fail)

    assert organise(ductogram, output=tmp_path / "out") == 70
    assert "a bug" in capsys.readouterr().err


# --- options ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("phi", "shown", "hidden"),
    [
        pytest.param("none", (), ("ZULU", "SAMPLE-900", *BORN, "A1001"), id="none"),
        pytest.param("minimal", ("SAMPLE-900",), ("ZULU", *BORN, "A1001"), id="minimal"),
        pytest.param("full", ("ZULU", "SAMPLE-900", "1961", "A1001"), (), id="full"),
    ],
)
def test_phi_says_how_much_identity_is_on_sheets(ductogram, tmp_path, capsys, phi, shown, hidden):
    output = tmp_path / "out"

    organise(ductogram, output=output, options=["--phi", phi], formats="png,pdf,html,dicom")

    (folder,) = (output / "studies").iterdir()
    for path in (output / "studies.jsonl", output / "worklist.csv", folder / "study.json"):
        path.unlink()  # for the department alone
    for word in hidden:
        assert _holding(output, word) == []
    for word in shown:
        assert word in _text(folder / "sheet.pdf")
        assert word in _text(folder / "sheet.html")
    names = "\n".join(path.relative_to(output).as_posix() for path in output.rglob("*"))
    if phi == "full":
        assert "SAMPLE-900" in folder.name
    else:
        said = capsys.readouterr()
        for word in IDENTITY:
            assert word not in names
            assert word not in said.out + said.err


def test_keys_are_a_date_and_a_hash_of_this_folder(ductogram, tmp_path):
    keys = []
    for name in ("one", "two"):
        organise(ductogram, output=tmp_path / name)
        keys.append(_only(tmp_path / name)["key"])

    assert all(key.startswith("20260102-") for key in keys)
    assert keys[0] != keys[1]


def test_a_study_without_a_date_is_undated(tmp_path):
    write_ductogram(tmp_path / "export", study_at=None, acquired_at=None)
    organise(tmp_path / "export", output=tmp_path / "out")

    assert _only(tmp_path / "out")["key"].startswith("undated-")
    assert _only(tmp_path / "out")["study_date"] is None


@pytest.mark.parametrize("link", ["symlink", "hardlink"])
def test_links_lead_to_originals_however_these_were_named(ductogram, tmp_path, monkeypatch, link):
    (tmp_path / "CDs").mkdir()
    for path in sorted(ductogram.iterdir()):
        (tmp_path / "CDs" / path.name).symlink_to(path)
    monkeypatch.chdir(tmp_path)
    names = sorted(f"CDs/{path.name}" for path in ductogram.iterdir())

    assert organise(*names, output="out", options=["--link", link]) == 0

    laid = list((tmp_path / "out").glob("studies/*/p*/*.dcm"))
    assert len(laid) == 4
    assert {path.resolve().read_bytes() for path in laid} == {
        path.read_bytes() for path in ductogram.iterdir()
    }
    assert all(path.is_symlink() == (link == "symlink") for path in laid)


@pytest.mark.parametrize(
    "spacing", ["1e-300\\1e300", "0.001\\10", "10\\0.001", "0.001\\0.001", "10\\10", "-1\\0"]
)
@pytest.mark.parametrize("name", ["ImagerPixelSpacing", "PixelSpacing"])
def test_no_spacing_ends_as_a_bug(tmp_path, spacing, name):
    export = write_ductogram(tmp_path / "export")
    for path in export.iterdir():
        dataset = pydicom.dcmread(path)
        del dataset.ImagerPixelSpacing
        dataset.add(pydicom.DataElement(name, "DS", ["1", "1"]))
        dataset.PixelSpacingCalibrationType = "FIDUCIAL"
        dataset[name]._value = spacing.split("\\")  # noqa: SLF001 - no value it would take
        dataset.save_as(path)

    assert organise(export, output=tmp_path / "out", formats="png,pdf,html,dicom") == 0


def test_a_file_that_stands_for_the_lock_is_said(ductogram, tmp_path, monkeypatch, capsys):
    fcntl = pytest.importorskip("fcntl")

    def refuse(*_args):
        raise OSError(errno.ENOSYS, "no locks here")

    monkeypatch.setattr(fcntl, "flock", refuse)

    assert organise(ductogram, output=tmp_path / "out") == 0
    assert "has no locks: a file stands for one" in capsys.readouterr().err
    assert organise(ductogram, output=tmp_path / "out", options=["--log-json"]) == 0
    events = map(json.loads, capsys.readouterr().err.splitlines())
    assert [event["event"] for event in events].count("notice") == 1


@pytest.mark.parametrize("call", ["stat", "scandir"])
@pytest.mark.parametrize("is_first", [True, False], ids=["first run", "again"])
def test_an_output_folder_that_fails_is_no_bug(ductogram, tmp_path, monkeypatch, call, is_first):
    output = tmp_path / "out"
    if not is_first:
        organise(ductogram, output=output)
    original = getattr(os, call)

    def fail(path=".", *args, **options):
        if "studies" in str(path):
            raise OSError(errno.EIO, "Input/output error")
        return original(path, *args, **options)

    monkeypatch.setattr(os, call, fail)

    assert organise(ductogram, output=output, options=["--force"]) == 4


def test_decisions_in_the_output_folder_are_read_through_no_link(ductogram, tmp_path, capsys):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "decisions.json").symlink_to(tmp_path / "elsewhere.json")

    assert organise(ductogram, output=tmp_path / "out") == 4
    assert "decisions.json: is a link" in capsys.readouterr().err


def test_a_dry_run_writes_nothing(ductogram, tmp_path, capsys):
    assert organise(ductogram, output=tmp_path / "out", options=["--dry-run"]) == 0

    assert list(tmp_path.iterdir()) == []
    assert "study.json" in capsys.readouterr().out


@pytest.mark.parametrize("link", ["copy", "symlink", "hardlink", "none"])
def test_originals_are_laid_down_by_link(ductogram, tmp_path, link):
    output = tmp_path / "out"
    if link == "hardlink" and ductogram.stat().st_dev != tmp_path.stat().st_dev:
        pytest.skip("the two folders lie on different file systems")

    organise(ductogram, output=output, options=["--link", link])

    (folder,) = (output / "studies").iterdir()
    laid = {
        phase: sorted(path for path in (folder / phase).glob("*") if path.is_file())
        for phase in ("pre", "post", "unknown", "other")
    }
    if link == "none":
        assert not any(laid.values())
        return
    assert [len(paths) for paths in laid.values()] == [2, 2, 0, 0]
    originals = {path.read_bytes() for path in ductogram.iterdir()}
    assert {path.read_bytes() for paths in laid.values() for path in paths} == originals
    inodes = {path.stat().st_ino for path in ductogram.iterdir()}
    assert all(path.is_symlink() == (link == "symlink") for path in laid["pre"])
    assert all((path.stat().st_ino in inodes) == (link != "copy") for path in laid["pre"])


def test_members_of_archives_are_laid_down_as_copies(ductogram, tmp_path):
    with zipfile.ZipFile(tmp_path / "cd.zip", "w") as archive:
        for path in sorted(ductogram.iterdir()):
            archive.write(path, f"CD/{path.name}")

    organise(tmp_path / "cd.zip", output=tmp_path / "out", options=["--link", "symlink"])

    (folder,) = (tmp_path / "out" / "studies").iterdir()
    assert len(list((folder / "post").iterdir())) == 2


def test_what_was_laid_down_and_taken_away_is_laid_down_again(ductogram, tmp_path):
    output = tmp_path / "out"
    organise(ductogram, output=output, options=["--link", "copy"])
    (folder,) = (output / "studies").iterdir()
    shutil.rmtree(folder / "post")

    organise(ductogram, output=output, options=["--link", "copy"])

    assert len(list((folder / "post").iterdir())) == 2


def test_a_plain_mammogram_has_no_sheet_unless_asked_for(tmp_path):
    export, output = tmp_path / "export", tmp_path / "out"
    write_ductogram(export, contrast=None, texts=Texts(study="MAMMOGRAPHY"))
    # Without a side it stands in no row, and gets no sheet for that either.
    write_view(
        export / "IM9", study_instance_uid="2.25.900", laterality=None, texts=Texts(study="MG")
    )
    organise(export, output=output)
    plain = _only(output)
    organise(export, output=output, options=["--all-studies"])
    asked = _only(output)
    organise(export, output=output)

    assert plain["status"] == asked["status"] == "not-a-ductogram"
    assert (plain["rows"], plain["sheets"]) == ([], [])
    assert asked["rows"]
    assert asked["sheets"]
    assert _only(output) == plain
    assert not list(output.glob("studies/*"))


def test_other_formats_take_the_place_of_the_earlier_ones(ductogram, tmp_path):
    output = tmp_path / "out"
    organise(ductogram, output=output, formats="png,dicom")
    organise(ductogram, output=output, formats="pdf")

    (folder,) = (output / "studies").iterdir()
    assert {path.name for path in folder.glob("sheet*")} == {"sheet.pdf"}


def test_the_american_spelling_does_the_same(ductogram, tmp_path):
    from ductdicom.cli.application import run  # noqa: PLC0415

    assert run(["organize", str(ductogram), "-o", str(tmp_path / "out"), "-j", "1"]) == 0
    assert _only(tmp_path / "out")["status"] == "paired"


def test_the_command_line_wins_then_the_environment_then_the_file(ductogram, tmp_path, monkeypatch):
    from ductdicom.cli.application import run  # noqa: PLC0415

    config = tmp_path / "run.toml"
    config.write_text(
        f'output = "{(tmp_path / "file").as_posix()}"\nformat = "png"\njobs = 1\nquiet = true\n',
        encoding="utf-8",
    )
    arguments = ["organise", str(ductogram), "--config", str(config)]
    with monkeypatch.context() as patch:
        run(arguments)
        patch.setenv("DUCTDICOM_OUTPUT", str(tmp_path / "environment"))
        run(arguments)
        run([*arguments, "-o", str(tmp_path / "line"), "--format", "pdf"])

    names = {
        name: {path.name for path in (tmp_path / name).glob("studies/*/sheet*")}
        for name in ("file", "environment", "line")
    }
    assert {"sheet-1.png", "sheet-2.png"} == names["file"] == names["environment"]
    assert names["line"] == {"sheet.pdf"}


@pytest.mark.parametrize(
    "end",
    [
        pytest.param("\n", id="lines", marks=pytest.mark.slow),
        pytest.param("\r\n", id="dos lines"),
        pytest.param("\0", id="nul"),
    ],
)
def test_inputs_are_read_from_standard_input(ductogram, tmp_path, end):
    names = end.join(str(path) for path in sorted(ductogram.iterdir())) + end
    arguments = ["-0"] if end == "\0" else []

    done = subprocess.run(
        [
            *(sys.executable, "-m", "ductdicom", "organise", "--files-from", "-", *arguments),
            *("-o", tmp_path / "out", "-j", "1", "--format", "png"),
        ],
        input=names.encode(),
        capture_output=True,
        check=False,
        timeout=60,
    )

    assert done.returncode == 0, done.stderr
    assert len(_ledger(tmp_path / "out")) == 4


def test_inputs_are_read_from_a_list(ductogram, tmp_path):
    (tmp_path / "list.txt").write_text(f"{ductogram / 'IM1'}\n{ductogram / 'IM3'}\n", "utf-8")

    organise(output=tmp_path / "out", options=["--files-from", str(tmp_path / "list.txt")])

    assert len(_ledger(tmp_path / "out")) == 2


def test_the_output_folder_inside_the_input_is_left_out(ductogram, tmp_path):
    export = Path(shutil.copytree(ductogram, tmp_path / "export"))
    for _ in range(2):
        organise(export, output=export / "out", options=["--link", "copy"])

    assert len(_ledger(export / "out")) == 4


def test_an_input_that_is_named_twice_is_read_once(ductogram, tmp_path):
    organise(ductogram, ductogram / "IM1", ductogram, output=tmp_path / "out")

    labels = [row["source"] for row in _ledger(tmp_path / "out")]
    assert len(labels) == len(set(labels))
    assert len(_only(tmp_path / "out")["instances"]) == 4


def test_machine_readable_progress_is_one_object_a_line(ductogram, tmp_path, capsys):
    organise(ductogram, output=tmp_path / "out", options=["--log-json"])

    lines = capsys.readouterr().err.splitlines()
    assert lines
    assert all(json.loads(line)["event"] for line in lines)


def test_quiet_is_quiet(ductogram, tmp_path, capsys):
    organise(ductogram, output=tmp_path / "out", options=["-q"])

    assert capsys.readouterr().err == ""


# --- decisions -------------------------------------------------------------------------------


def _decide(path, *decisions):
    content = {"schema": "ductdicom.decisions/1", "decisions": list(decisions)}
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def test_a_decision_outranks_all_evidence_and_survives(ductogram, tmp_path):
    output = tmp_path / "out"
    organise(ductogram, output=output)
    uid = _only(output)["instances"][3]["sop_instance_uid"]
    _decide(output / "decisions.json", {"sop_instance_uid": uid, "phase": "pre", "by": "ab"})

    for _ in range(2):
        organise(ductogram, output=output)
        (image,) = [i for i in _only(output)["instances"] if i["sop_instance_uid"] == uid]
        assert (image["phase"], image["confidence"]) == ("pre", "confirmed")
        assert any(item["says"] == "post" for item in image["conflicts"])


def test_decisions_on_side_and_view_are_taken(ductogram, tmp_path):
    organise(ductogram, output=tmp_path / "plain")
    uid = _only(tmp_path / "plain")["instances"][0]["sop_instance_uid"]
    path = _decide(tmp_path / "d.json", {"sop_instance_uid": uid, "laterality": "R", "view": "MLO"})

    organise(ductogram, output=tmp_path / "out", options=["--decisions", str(path)])

    image = _only(tmp_path / "out")["instances"][0]
    assert (image["laterality"], image["view"]) == ("R", "MLO")


def test_an_excluded_image_stays_in_the_record_and_in_no_row(ductogram, tmp_path):
    organise(ductogram, output=tmp_path / "plain")
    uid = _only(tmp_path / "plain")["instances"][0]["sop_instance_uid"]
    path = tmp_path / "decisions.csv"
    path.write_text(f"sop_instance_uid,exclude,by\n{uid},true,ab\n", encoding="utf-8")

    organise(ductogram, output=tmp_path / "out", options=["--decisions", str(path)])

    record = _only(tmp_path / "out")
    check_record(record)
    assert {"sop_instance_uid": uid, "reason": "excluded-by-decision"} in record["left_out"]


def test_a_decision_on_an_unknown_image_is_reported(ductogram, tmp_path):
    path = _decide(tmp_path / "d.json", {"sop_instance_uid": "1.2.3.4", "phase": "pre"})

    code = organise(ductogram, output=tmp_path / "out", options=["--decisions", str(path)])

    assert code == 0
    (problem,) = _summary(tmp_path / "out")["problems"]
    assert (problem["code"], problem["sop_instance_uid"]) == ("unknown-decision", "1.2.3.4")


def test_a_decision_that_says_something_else_is_refused_in_plain_words(tmp_path, capsys):
    path = tmp_path / "decisions.json"
    decision = {"sop_instance_uid": "1.2.3", "phase": "Pre-contrast"}
    content = {"schema": "ductdicom.decisions/1", "decisions": [decision]}
    path.write_text(json.dumps(content), encoding="utf-8")

    options = ["--decisions", str(path)]
    assert organise(tmp_path, output=tmp_path / "out", options=options) == 2
    said = capsys.readouterr().err
    assert "decision 1: no such phase: 'Pre-contrast' (phase is pre, post or unknown)" in said


def test_contradicting_decisions_are_reported_and_do_not_count(ductogram, tmp_path):
    organise(ductogram, output=tmp_path / "plain")
    uid = _only(tmp_path / "plain")["instances"][0]["sop_instance_uid"]
    path = _decide(
        tmp_path / "d.json",
        {"sop_instance_uid": uid, "phase": "pre"},
        {"sop_instance_uid": uid, "phase": "post"},
    )

    assert organise(ductogram, output=tmp_path / "out", options=["--decisions", str(path)]) == 1
    record = _only(tmp_path / "out")
    image = record["instances"][0]
    assert (image["phase"], image["confidence"]) == ("unknown", "unknown")
    assert {opinion["value"] for opinion in image["decided"]["opinions"]} == {"pre", "post"}
    assert (record["status"], record["review_reasons"]) == ("review", ["reviewers-disagree"])
    assert uid in {p["sop_instance_uid"] for p in record["problems"]}


# --- laws ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def two_studies(tmp_path_factory):
    """Write a ductogram without a scout, the earlier mammogram, and a stranger's study."""
    folder = tmp_path_factory.mktemp("two") / "export"
    filled = ("ORIGINAL", "PRIMARY", "POST_CONTRAST")
    write_ductogram(folder / "now", scenes=SCENES[2:], image_type=filled)
    write_ductogram(
        folder / "before",
        day="20251201",
        study="2.25.901",
        contrast=None,
        texts=Texts(study="MAMMOGRAPHY"),
    )
    stranger = Person(name="SAMPLE^XRAY", patient_id="SAMPLE-902", birth_date="19800101")
    write_ductogram(folder / "stranger", study="2.25.902", person=stranger)
    return folder


def _arrange(files, target, how):
    """Lay the same files down otherwise; return the inputs to name."""
    if how == "zip":
        with zipfile.ZipFile(target / "cd.zip", "w") as archive:
            for number, path in enumerate(reversed(files)):
                archive.write(path, f"D{number % 2}/F{number}")
        return [target / "cd.zip"]
    for number, path in enumerate(reversed(files)):
        folder = target / (f"part{number % 3}" if how == "split" else "flat")
        folder.mkdir(exist_ok=True)
        shutil.copy(path, folder / f"{(number * 7) % len(files):03d}.bin")
    return sorted(target.iterdir(), reverse=True)


@pytest.mark.parametrize(
    "how", ["shuffled and renamed", pytest.param("split", marks=pytest.mark.slow), "zip"]
)
def test_where_files_lie_changes_no_decision(two_studies, tmp_path, how):
    files = sorted(path for path in two_studies.rglob("*") if path.is_file())
    (tmp_path / "moved").mkdir()
    inputs = _arrange(files, tmp_path / "moved", how)

    organise(two_studies, output=tmp_path / "one", formats="html")
    organise(*inputs, output=tmp_path / "two", formats="html")

    one, two = (
        sorted((decisions_of(r) for r in read_records(tmp_path / name)), key=str)
        for name in ("one", "two")
    )
    assert one == two


def test_a_prior_of_a_stranger_is_never_used(two_studies, tmp_path):
    organise(two_studies, output=tmp_path / "out", formats="html")

    records = {r["study_instance_uid"]: r for r in read_records(tmp_path / "out")}
    before = {i["sop_instance_uid"] for i in records["2.25.901"]["instances"]}
    pre = {uid for row in records["2.25.900"]["rows"] for uid in row["pre"]}
    assert pre
    assert pre <= before


ODDITIES = st.lists(
    st.sampled_from(
        ["valid", "copy", "other bytes", "garbage", "empty", "cut in header", "cut", "text", "zip"]
    ),
    min_size=1,
    max_size=7,
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(kinds=ODDITIES)
def test_every_input_has_exactly_one_ledger_row(ductogram, tmp_path_factory, kinds):
    from ductdicom.errors import NothingReadableError  # noqa: PLC0415
    from ductdicom.pipeline.executors import SerialExecutor  # noqa: PLC0415
    from ductdicom.pipeline.ledger import account  # noqa: PLC0415
    from ductdicom.pipeline.read import scan  # noqa: PLC0415
    from ductdicom.settings import Settings  # noqa: PLC0415

    folder = tmp_path_factory.mktemp("odd")
    whole = (ductogram / "IM1").read_bytes()
    expected = Counter()
    for number, kind in enumerate(kinds):
        path = folder / f"F{number}"
        content = {
            "valid": (ductogram / f"IM{number % 4 + 1}").read_bytes(),
            "copy": whole,
            "other bytes": whole[:-2] + b"\x01\x02",
            "garbage": bytes(range(256)) * 3,
            "empty": b"",
            "cut in header": whole[:600],
            "cut": whole[:-300],
            "text": b"no image",
            "zip": b"",
        }[kind]
        path.write_bytes(content)
        if kind == "zip":
            with zipfile.ZipFile(path, "w") as archive:
                archive.writestr("a", whole)
                archive.writestr("b", "no image")
            expected |= Counter({(str(path), "a"): 1, (str(path), "b"): 1})
        expected[str(path), None] += 1
    try:
        found = scan([str(folder)], Settings(), executor=SerialExecutor())
    except NothingReadableError:
        return
    rows = account(found.gathered, found.judged)

    assert Counter((row.origin.source, row.origin.member) for row in rows) == expected


# --- real files ------------------------------------------------------------------------------


@pytest.mark.skipif(not SHARED.is_dir(), reason="the folder of real files is not beside this one")
def test_real_files_are_all_accounted_for(tmp_path):
    output = tmp_path / "out"

    assert organise(SHARED, output=output) in {0, 1}
    rows = _ledger(output)
    assert {Path(row["source"]) for row in rows} == {p for p in SHARED.rglob("*") if p.is_file()}
    places = Counter((row["source"], row["member"]) for row in rows)
    assert set(places.values()) == {1}
    records = read_records(output)
    for record in records:
        check_record(record, extra={i["sop_instance_uid"] for r in records for i in r["instances"]})
    asserted = [i for r in records for i in r["instances"] if i["phase"] in {"pre", "post"}]
    assert all(
        any(e["says"] == i["phase"] and e["strength"] != "hint" for e in i["evidence"])
        for i in asserted
    )


def test_what_a_tile_says_of_its_image_stands_in_the_record_of_its_row(tmp_path):
    export = write_ductogram(tmp_path / "export")
    for path in sorted(export.iterdir())[:1]:
        dataset = pydicom.dcmread(path)
        dataset.EstimatedRadiographicMagnificationFactor = 0
        for keyword in ("DistanceSourceToDetector", "DistanceSourceToPatient"):
            if keyword in dataset:
                delattr(dataset, keyword)
        dataset.WindowCenter, dataset.WindowWidth = 60000, 10
        dataset.save_as(path)
    output = tmp_path / "out"

    codes = [organise(export, output=output) for _ in range(2)]
    record = _only(output)

    check_record(record)
    assert codes == [0, 0]
    said = {"scale-uncorrected", "window-unusable"}
    assert [said <= set(row["notes"]) for row in record["rows"]] == [True, False]
    tiles = [tile for sheet in record["sheets"] for tile in sheet["tiles"]]
    for tile in tiles:
        is_first = tile["sop_instance_uid"] in record["rows"][0]["pre"]
        assert said <= set(tile["notes"]) or not is_first
        assert (tile["mm_per_px"] is None) == is_first
