"""An output folder that several runs write to: nothing is lost, and the order does not matter."""

import csv
import itertools
import json
import os
import shutil
import sys
from pathlib import Path

import pytest
from exports import (
    FILLED,
    SCENES,
    files_of,
    organise,
    read_records,
    same_key,
    write_ductogram,
    write_ultrasound,
    write_view,
)
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import ductdicom.pipeline.read as reading
import ductdicom.pipeline.run as pipeline
from ductdicom.cli.application import run
from ductdicom.errors import OutputError
from ductdicom.export.folder import StudyFolder
from ductdicom.ingest import scan
from ductdicom.phantom.spec import Person, Texts

pytestmark = pytest.mark.integration


def person(number):
    return Person(name=f"SAMPLE^{number}", patient_id=f"SAMPLE-7{number}", birth_date="19610203")


@pytest.fixture
def export(tmp_path):
    """Write three ductograms of three patients, four images each."""
    folder = tmp_path / "export"
    for number in range(1, 4):
        day, study = f"2026010{number}", f"2.25.97{number}"
        write_ductogram(folder / f"P{number}", day=day, study=study, person=person(number))
    return folder


def records(output):
    """Return what is recorded of each study by its UID."""
    return {record["study_instance_uid"]: record for record in read_records(output)}


def at_once(*inputs, like):
    """Return what is recorded by one run over all inputs, in a folder with the same key."""
    output = like.with_name("whole")
    same_key(like, output)
    organise(*inputs, output=output)
    return records(output)


def images(output):
    return {uid: len(record["instances"]) for uid, record in records(output).items()}


def ledger(output):
    with (output / "ledger.csv").open(newline="") as stream:
        return list(csv.DictReader(stream))


def worklist(output):
    with (output / "worklist.csv").open(newline="") as stream:
        return list(csv.DictReader(stream))


def test_new_files_of_a_study_complete_it(export, tmp_path):
    out = tmp_path / "out"
    paths = sorted((export / "P1").iterdir())
    organise(*paths[:3], output=out)

    assert organise(paths[3], output=out) == 0

    assert images(out) == {"2.25.971": 4}
    assert records(out) == at_once(*paths, like=out)
    assert [row["source"] for row in ledger(out)] == [str(paths[3])]


def test_a_study_of_which_nothing_is_given_stays(export, tmp_path):
    out = tmp_path / "out"
    organise(export / "P1", output=out)
    sheet = next((out / "studies").rglob("sheet-1.png"))
    before = sheet.stat().st_mtime_ns

    organise(export / "P2", output=out)

    assert set(images(out)) == {"2.25.971", "2.25.972"}
    assert sheet.stat().st_mtime_ns == before
    page = (out / "index.html").read_text(encoding="utf-8")
    assert all(record["key"] in page for record in read_records(out))
    assert len(worklist(out)) == 2


def test_part_of_a_study_whose_rest_is_gone_leaves_it_and_says_so(export, tmp_path, capsys):
    out = tmp_path / "out"
    paths = sorted((export / "P1").iterdir())
    organise(export, output=out)
    before = records(out)
    key = next(r["key"] for r in read_records(out) if r["study_instance_uid"] == "2.25.971")
    new = tmp_path / "tonight" / "IM9"
    write_view(
        new, view="CC", acquired_at="20260101093000", contrast=FILLED, **same_study("2.25.971")
    )
    for path in paths[1:]:
        path.unlink()

    assert organise(new, paths[0], output=out) == 1

    assert records(out) == before
    said = capsys.readouterr().out
    assert f"study-incomplete: {key}: " in said
    assert "needs a person: 1 study-incomplete\n" in said
    assert [row["reasons"] for row in worklist(out) if row["key"] == key] == ["study-incomplete"]
    assert "ductdicom check" not in said
    reasons = {row["source"]: (row["disposition"], row["reason"]) for row in ledger(out)}
    assert reasons == {str(new): ("other", "study-incomplete"), str(paths[0]): ("view", "pre")}

    accounts = files_of(out / "runs")
    assert organise(new, paths[0], output=out) == 1
    assert files_of(out / "runs") == accounts  # what is held back once more is no news


def test_a_study_that_is_forced_to_be_drawn_again_is_no_news(export, tmp_path, capsys):
    out = tmp_path / "out"
    organise(export / "P1", output=out)
    (record,) = read_records(out)
    capsys.readouterr()

    assert organise(export / "P1", output=out, options=["--force"]) == 0

    said = capsys.readouterr().out
    assert f"redone: 1 study\n  {record['key']}\n" in said
    assert "new or changed" not in said


def same_study(uid):
    return {
        "study_instance_uid": uid,
        "person": person(1),
        "study_at": "20260101085500",
        "laterality": "L",
    }


def test_replace_takes_what_is_given_for_the_whole(export, tmp_path):
    out = tmp_path / "out"
    paths = sorted((export / "P1").iterdir())
    organise(export, output=out)
    for path in paths[2:]:
        path.unlink()

    assert organise(export / "P1", output=out, options=["--replace"]) == 0

    assert images(out) == {"2.25.971": 2, "2.25.972": 4, "2.25.973": 4}


def test_a_file_that_became_unreadable_takes_nothing_from_a_finished_study(export, tmp_path):
    out, broken = tmp_path / "out", export / "P1" / "IM3"
    organise(export, output=out)
    before = records(out)
    broken.write_bytes(broken.read_bytes()[:300])

    assert organise(export, output=out) == 1

    assert records(out) == before
    reasons = {row["source"]: row["reason"] for row in ledger(out) if "P1" in row["source"]}
    assert reasons.pop(str(broken)) == "truncated"
    assert set(reasons.values()) == {"pre", "post"}


def test_a_file_that_moved_is_no_loss(export, tmp_path):
    out = tmp_path / "out"
    organise(export, output=out)
    before = images(out)
    shutil.move(export / "P1", tmp_path / "elsewhere")

    assert organise(tmp_path / "elsewhere", output=out) == 0

    assert images(out) == before


def test_a_scout_of_an_earlier_night_stands_beside_the_filling(tmp_path):
    woman = {"person": person(5)}
    before, after = tmp_path / "before", tmp_path / "after"
    plain = [scene for scene in SCENES if scene[2] is None]
    filled = [scene for scene in SCENES if scene[2] is not None]
    write_ductogram(
        before,
        day="20260110",
        study="2.25.975",
        scenes=plain,
        texts=Texts(study="MAMMOGRAM"),
        **woman,
    )
    write_ductogram(after, day="20260111", study="2.25.976", scenes=filled, **woman)
    nights = tmp_path / "nights"
    for night in (before, after):
        organise(night, output=nights)
    late = tmp_path / "late"
    same_key(nights, late)
    for night in (after, before):
        organise(night, output=late)

    assert records(nights) == records(late) == at_once(before, after, like=nights)
    assert records(nights)["2.25.976"]["rows"][0]["pre"]


def test_a_study_that_gets_no_folder_any_more_leaves_a_readers_files_in_it(tmp_path):
    out, export = tmp_path / "out", write_plain(tmp_path / "export")
    organise(export, output=out, options=["--all-studies"])
    (folder,) = (out / "studies").iterdir()
    assert len(list(folder.iterdir())) > 1
    (folder / "my notes.txt").write_text("a reader's own")

    organise(export, output=out)

    assert [path.name for path in folder.iterdir()] == ["my notes.txt"]
    assert records(out)["2.25.977"]["status"] == "not-a-ductogram"
    assert worklist(out) == []


def write_plain(folder, study="2.25.977", **woman):
    plain = [scene for scene in SCENES if scene[2] is None]
    texts = Texts(study="MAMMOGRAM")
    return write_ductogram(folder, study=study, scenes=plain, texts=texts, **woman)


def test_a_mammogram_becomes_a_ductogram_when_its_filling_comes_and_back(tmp_path):
    out, plain = tmp_path / "out", write_plain(tmp_path / "plain")
    filled = tmp_path / "filled" / "IM9"
    write_view(filled, contrast=FILLED, study_instance_uid="2.25.977", acquired_at="20260102093000")
    organise(plain, output=out)
    assert not list(out.glob("studies/*"))

    organise(filled, output=out)
    (record,) = read_records(out)
    assert (record["exam"]["kind"], record["status"]) == ("ductogram", "paired")
    assert list(out.rglob("sheet-1.png"))

    organise(plain, output=out, options=["--replace"])
    assert images(out) == {"2.25.977": 2}
    assert not list(out.glob("studies/*"))


def test_other_bytes_of_a_recorded_image_stand_beside_it(export, tmp_path):
    out, other = tmp_path / "out", tmp_path / "other" / "IM1"
    organise(export / "P1", output=out)
    label = {"label": "2.25.971/1", "view": "CC", "acquired_at": "20260101090000"}
    write_view(other, seed=77, instance_number=1, **label, **same_study("2.25.971"))

    assert organise(other, output=out) == 1

    assert images(out) == {"2.25.971": 5}
    assert "same-uid-other-bytes" in {p["code"] for p in records(out)["2.25.971"]["problems"]}
    assert [row["reason"] for row in ledger(out)] == ["same-uid-other-bytes"]


def test_a_copy_of_a_recorded_image_adds_nothing(export, tmp_path):
    out, copy = tmp_path / "out", tmp_path / "copy" / "IM1"
    organise(export / "P1", output=out)
    copy.parent.mkdir()
    shutil.copy(export / "P1" / "IM1", copy)

    assert organise(copy, output=out) == 0

    assert images(out) == {"2.25.971": 4}
    assert [row["source"] for row in ledger(out)] == [str(copy)]


def test_a_copy_does_not_take_the_place_of_a_file_that_is_still_there(export, tmp_path, capsys):
    out, copy = tmp_path / "out", tmp_path / "copies" / "IM1"
    paths = sorted((export / "P1").iterdir())
    organise(*paths[:3], output=out)
    before = records(out)
    copy.parent.mkdir()
    shutil.copy(paths[0], copy)
    capsys.readouterr()

    assert organise(copy, paths[0], output=out) == 0

    assert records(out) == before
    assert {row["source"]: row["disposition"] for row in ledger(out)} == {
        str(paths[0]): "view",
        str(copy): "duplicate",
    }
    assert "1 study is up to date" in capsys.readouterr().err
    copy.unlink()
    assert organise(paths[3], output=out) == 0
    assert images(out) == {"2.25.971": 4}


@pytest.mark.parametrize("first", ["export", "/"])
def test_by_which_path_a_file_is_reached_changes_nothing(export, tmp_path, monkeypatch, first):
    out = tmp_path / "out"
    monkeypatch.chdir(tmp_path)
    names = ["export", str(export)] if first == "export" else [str(export), "export"]
    organise(names[0], output=out)
    listed = (out / "studies.jsonl").read_bytes()
    sheets = {path: path.stat().st_mtime_ns for path in (out / "studies").rglob("*")}

    assert organise(names[1], output=out) == 0

    assert (out / "studies.jsonl").read_bytes() == listed
    assert {path: path.stat().st_mtime_ns for path in (out / "studies").rglob("*")} == sheets


def test_a_file_that_cannot_be_read_is_named_by_whatever_path(export, tmp_path, monkeypatch):
    out = tmp_path / "out"
    monkeypatch.chdir(tmp_path)
    organise("export", output=out)
    (export / "P1" / "IM9").write_bytes((export / "P1" / "IM1").read_bytes()[:300])

    assert organise(str(export), output=out) == 1

    codes = {problem["code"] for problem in records(out)["2.25.971"]["problems"]}
    assert "file-unreadable" in codes


def test_a_part_of_a_contested_image_is_no_whole(export, tmp_path):
    """Two objects share a UID; one of them is gone, and the other is given twice."""
    out, other = tmp_path / "out", tmp_path / "other" / "IM1"
    write_view(other, seed=77, **{"label": "2.25.971/1", **same_study("2.25.971")})
    organise(export / "P1", other, output=out)
    other.unlink()
    shutil.copytree(export / "P1", tmp_path / "again")

    organise(export / "P1", tmp_path / "again", output=out)

    assert images(out) == {"2.25.971": 5}


@pytest.mark.parametrize("options", [[], ["--replace"]], ids=["", "also when asked to replace"])
def test_another_patient_under_the_same_study_takes_nobodys_place(export, tmp_path, options):
    out, other = tmp_path / "out", tmp_path / "other" / "IM1"
    organise(export / "P1", output=out)
    before = records(out)
    write_view(other, **{**same_study("2.25.971"), "person": person(9)})
    shutil.rmtree(export / "P1")

    assert organise(other, output=out, options=options) == 1

    assert records(out) == before
    assert [row["reason"] for row in ledger(out)] == ["study-incomplete"]


def test_patients_who_share_a_study_are_parted_also_over_two_nights(export, tmp_path):
    out, other = tmp_path / "out", tmp_path / "other" / "IM1"
    organise(export / "P1", output=out)
    write_view(other, **{**same_study("2.25.971"), "person": person(9)})

    assert organise(other, output=out) == 1

    patients = [r["department"]["patient_ids"] for r in read_records(out)]
    assert sorted(patients) == [["SAMPLE-71"], ["SAMPLE-79"]]
    assert {path.name for path in (out / "studies").iterdir()} == {
        record["key"] for record in read_records(out)
    }


def test_a_verdict_that_counts_no_more_since_another_patient_came_is_named(export, tmp_path):
    out, other = tmp_path / "out", tmp_path / "other" / "IM1"
    organise(export / "P1", output=out)
    (record,) = read_records(out)
    said = {"study": record["key"], "verdict": "reviewed", "by": "AB"}
    said = {"schema": "ductdicom.decisions/1", "decisions": [said]}
    (tmp_path / "said.json").write_text(json.dumps(said), "utf-8")
    assert run(["apply", str(out), str(tmp_path / "said.json")]) == 0
    write_view(other, **{**same_study("2.25.971"), "person": person(9)})

    assert organise(other, output=out) == 1

    problems = json.loads((out / "summary.json").read_text("utf-8"))["problems"]
    assert [problem["code"] for problem in problems] == ["verdict-on-several"]


def test_a_ductogram_keeps_the_scout_that_an_earlier_study_lent_it(tmp_path):
    out, woman = tmp_path / "out", {"person": person(5)}
    filled = [scene for scene in SCENES if scene[2] is not None]
    plain = write_plain(tmp_path / "plain", day="20260110", **woman)
    after = write_ductogram(
        tmp_path / "after", day="20260111", study="2.25.976", scenes=filled, **woman
    )
    organise(plain, after, output=out)
    before = records(out)
    assert before["2.25.976"]["rows"][0]["pre"]
    shutil.rmtree(plain)

    assert organise(after, output=out) == 1

    assert records(out) == before


def test_what_an_older_version_recorded_is_recalled_by_its_uid(export, tmp_path):
    out = tmp_path / "out"
    paths = sorted((export / "P1").iterdir())
    organise(*paths[:3], output=out)
    for path in (out / "studies.jsonl", *out.rglob("study.json")):
        record = json.loads(path.read_text("utf-8"))
        del record["department"], record["review_reasons"]
        for image in record["instances"]:
            del image["bytes"], image["modified_ns"]
        path.write_text(json.dumps(record) + "\n", encoding="utf-8")

    assert organise(paths[3], output=out) == 0

    assert images(out) == {"2.25.971": 4}


@pytest.mark.parametrize("damage", [b"", b"{", b"\xff\n[]\n"], ids=["empty", "cut off", "garbage"])
def test_damaged_records_are_found_again_in_the_folders(export, tmp_path, damage, capsys):
    out = tmp_path / "out"
    organise(export, output=out)
    before = records(out)
    (out / "studies.jsonl").write_bytes(damage)
    capsys.readouterr()

    assert organise(export / "P1" / "IM1", output=out) == 0

    assert records(out) == before
    assert ("cannot be read" in capsys.readouterr().err) == bool(damage)


def test_a_record_cannot_name_a_folder_elsewhere(export, tmp_path):
    out, mine = tmp_path / "out", tmp_path / "mine"
    organise(export / "P1", output=out)
    (folder,) = (out / "studies").iterdir()
    shutil.copytree(folder, mine)
    path = out / "studies.jsonl"
    path.write_text(path.read_text("utf-8").replace(folder.name, "../../mine"), encoding="utf-8")

    organise(export / "P1", output=out)

    assert (mine / "sheet-1.png").exists()


def test_names_without_dates_grow_together_too(export, tmp_path):
    out, options = tmp_path / "out", ["--phi", "none"]
    paths = sorted((export / "P1").iterdir())
    organise(*paths[:2], output=out, options=options)

    organise(*paths[2:], output=out, options=options)

    (record,) = read_records(out)
    assert record["key"].startswith("undated-")
    assert len(record["instances"]) == 4


def test_relative_sources_are_found_from_another_working_folder(export, tmp_path, monkeypatch):
    out = tmp_path / "out"
    monkeypatch.chdir(export)
    organise("P1/IM1", "P1/IM2", "P1/IM3", output=out)
    monkeypatch.chdir(tmp_path)

    assert organise("export/P1/IM4", output=out) == 0

    assert images(out) == {"2.25.971": 4}


@pytest.mark.skipif(sys.platform != "linux", reason="names are bytes there")
def test_sources_whose_names_are_no_utf_8_are_found_again(export, tmp_path):
    out = tmp_path / "out"
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/Sz\xe9kely"))
    shutil.copytree(export / "P1", folder)
    paths = sorted(folder.iterdir())
    organise(*paths[:3], output=out)

    assert organise(paths[3], output=out) == 0

    assert images(out) == {"2.25.971": 4}


def test_a_dry_run_says_what_the_run_will(export, tmp_path, capsys):
    out = tmp_path / "out"
    organise(export / "P1", output=out)
    before = files_of(out)
    (export / "P1" / "IM2").unlink()
    said = []
    for options in (["--dry-run"], []):
        capsys.readouterr()
        assert organise(export / "P1" / "IM1", output=out, options=options) == 1
        lines = capsys.readouterr().out.splitlines()
        said.append([line for line in lines if line.startswith("study-incomplete:")])
        assert files_of(out / "studies").items() <= {
            (name.removeprefix("studies/"), found) for name, found in before.items()
        }
    assert said[0] == said[1] != []


def test_a_night_reads_what_it_is_given_and_recalls_the_rest(export, tmp_path, monkeypatch):
    out, cache = tmp_path / "out", ["--cache", str(tmp_path / "cache")]
    paths = sorted((export / "P1").iterdir())
    organise(export / "P2", *paths[:3], output=out, options=cache)
    opened = []
    read_files = scan.read_files
    monkeypatch.setattr(scan, "read_files", lambda p: opened.extend(p) or read_files(p))

    organise(paths[3], output=out, options=cache)

    assert opened == [str(paths[3])]
    assert images(out) == {"2.25.971": 4, "2.25.972": 4}


@pytest.mark.parametrize("error", [KeyboardInterrupt, OutputError])
def test_a_run_that_is_stopped_forgets_no_study(export, tmp_path, monkeypatch, error):
    out, plain = tmp_path / "out", write_plain(tmp_path / "plain")
    organise(export, plain, output=out)
    before = images(out)
    whole, drawn = pipeline.process_study, []

    def process(job):
        drawn.append(job)
        if len(drawn) == 2:
            StudyFolder(job.folder).begin(())  # stopped over the second
            raise error("no room")
        return whole(job)

    with monkeypatch.context() as patch:
        patch.setattr(pipeline, "process_study", process)
        code = organise(export, plain, output=out, options=["--paper", "a3"])

    assert code in {130, 4}
    assert images(out) == before
    (unfinished,) = (r for r in read_records(out) if r.get("files") == [])
    assert f"{unfinished['key']}/sheet" not in (out / "index.html").read_text("utf-8")
    assert organise(export / "P1", output=out) == 0
    assert images(out) == before


def test_an_interrupt_while_reading_changes_nothing_of_earlier_runs(export, tmp_path, monkeypatch):
    out = tmp_path / "out"
    organise(export, write_plain(tmp_path / "plain"), output=out)
    before = files_of(out)
    whole = reading.scan_inputs

    def interrupted(*args, **kwargs):
        yield from itertools.islice(whole(*args, **kwargs), 5)
        raise KeyboardInterrupt

    monkeypatch.setattr(reading, "scan_inputs", interrupted)

    assert organise(export, tmp_path / "plain", output=out, options=["--force"]) == 130

    assert files_of(out) == before


LAW = settings(
    max_examples=5,
    deadline=None,
    phases=[Phase.generate],  # each example is several runs
    suppress_health_check=list(HealthCheck),
)


def two_ductograms(folder):
    """Write ductograms of two women, and what else there is of the first."""
    for number in (1, 2):
        study, who = f"2.25.97{number}", person(number)
        write_ductogram(folder / f"P{number}", day=f"2026010{number}", study=study, person=who)
    write_ultrasound(folder / "P1" / "IM5", study="2.25.971", day="20260101", person=person(1))
    write_ultrasound(folder / "U1" / "IM1", study="2.25.981", day="20251203", person=person(1))
    write_plain(folder / "M1", study="2.25.982", day="20240506", person=person(1))
    return sorted(folder.rglob("IM*"))


def companions(output, study="2.25.971"):
    return [(c["kind"], c["days"]) for c in records(output)[study].get("companions", ())]


def test_a_companion_of_a_later_night_stands_on_the_sheet_that_was_there(export, tmp_path):
    out = tmp_path / "out"
    organise(export / "P1", output=out)
    assert "companions" not in records(out)["2.25.971"]
    path = write_ultrasound(tmp_path / "U", study="2.25.981", day="20251203", person=person(1))

    assert organise(path, output=out) == 0

    assert companions(out) == [("ultrasound", -29)]
    assert records(out) == at_once(export / "P1", path, like=out)


def test_a_companion_that_comes_after_the_review_does_not_open_it_again(export, tmp_path):
    out, said = tmp_path / "out", tmp_path / "said.json"
    verdict = {"study_instance_uid": "2.25.971", "verdict": "cannot-tell", "by": "AB", "at": AT}
    said.write_text(json.dumps({"schema": "ductdicom.decisions/1", "decisions": [verdict]}))
    organise(export / "P1", output=out, options=["--decisions", str(said)])
    path = write_ultrasound(tmp_path / "U", study="2.25.981", day="20251203", person=person(1))

    assert organise(path, output=out) == 0

    record = records(out)["2.25.971"]
    assert (record["status"], record["review"]["outdated"]) == ("closed", False)
    assert "changed-since-review" not in {problem["code"] for problem in record["problems"]}
    assert companions(out) == [("ultrasound", -29)]


AT = "2026-01-03T09:00:00"


def test_a_companion_of_another_patient_is_none(export, tmp_path):
    out = tmp_path / "out"
    path = write_ultrasound(tmp_path / "U", study="2.25.981", person=person(2))

    organise(export, path, output=out)

    assert companions(out) == []
    assert companions(out, "2.25.972") == [("ultrasound", 0)]


def test_a_companion_whose_file_is_gone_is_named_until_its_record_is_removed(export, tmp_path):
    out = tmp_path / "out"
    path = write_ultrasound(tmp_path / "U", study="2.25.981", day="20251203", person=person(1))
    organise(export, path, output=out)
    path.unlink()

    organise(export, output=out, options=["--force"])
    assert companions(out) == [("ultrasound", -29)]

    assert run(["prune", str(out), "--status", "not-a-ductogram"]) == 0
    organise(export, output=out, options=["--force"])
    assert companions(out) == []


@LAW
@given(data=st.data())
def test_neither_order_nor_slicing_changes_a_record(data, tmp_path_factory):
    root = tmp_path_factory.mktemp("slices")
    paths = two_ductograms(root / "export")
    shuffled = data.draw(st.permutations(paths))
    cuts = data.draw(st.lists(st.integers(1, len(paths) - 1), max_size=3, unique=True).map(sorted))
    out = root / "out"
    for a, b in zip([0, *cuts], [*cuts, len(paths)], strict=True):
        again = data.draw(st.sets(st.sampled_from(shuffled[:b])))
        organise(*shuffled[a:b], *again.difference(shuffled[a:b]), output=out)

    assert records(out) == at_once(*paths, like=out)
    assert companions(out) == [("mammogram", -605), ("ultrasound", -29), ("ultrasound", 0)]


@LAW
@given(data=st.data())
def test_no_run_loses_an_image(data, tmp_path_factory):
    """Whatever is given, and whatever is taken away between the runs."""
    root = tmp_path_factory.mktemp("losses")
    paths = two_ductograms(root / "export")
    out = root / "out"
    before = {}
    for _ in range(3):
        night = data.draw(st.sets(st.sampled_from(paths), min_size=1, max_size=len(paths)))
        code = organise(*night, output=out)

        now = {
            uid: {i["sop_instance_uid"] for i in r["instances"]} for uid, r in records(out).items()
        }
        assert all(now[uid] >= known for uid, known in before.items())
        held = [row for row in ledger(out) if row["reason"] == "study-incomplete"]
        assert code == 1 or not held
        before = now
        gone = data.draw(st.sets(st.sampled_from(paths), max_size=2)) if len(paths) > 4 else set()
        for path in gone:
            path.unlink()
        paths = [path for path in paths if path not in gone]
