"""Runs that are repeated, interrupted, or fail in the middle of a write."""

import itertools
import json
import os
import shutil
import signal
import sys
from pathlib import Path

import pytest
from exports import (
    OF_ONE_RUN,
    files_of,
    organise,
    read_records,
    results_of,
    same_key,
    write_ductogram,
)
from stopping import stop_after_first

import ductdicom.pipeline.read as reading
import ductdicom.pipeline.run as pipeline
from ductdicom.export.output import open_output
from ductdicom.ingest import scan
from ductdicom.phantom.spec import Person

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def export(tmp_path_factory):
    """Write three ductograms of three patients."""
    folder = tmp_path_factory.mktemp("three") / "export"
    for number in range(1, 4):
        person = Person(name=f"SAMPLE^{number}", patient_id=f"SAMPLE-9{number}")
        write_ductogram(
            folder / f"P{number}", day=f"2026010{number}", study=f"2.25.95{number}", person=person
        )
    return folder


def test_the_same_run_again_writes_nothing(export, tmp_path):
    organise(export, output=tmp_path, options=["--link", "copy"], formats="png,pdf,html,dicom")
    before = files_of(tmp_path)

    code = organise(
        export, output=tmp_path, options=["--link", "copy"], formats="png,pdf,html,dicom"
    )

    assert code == 0
    assert files_of(tmp_path) == before


def test_force_does_all_again_with_the_same_bytes(export, tmp_path):
    organise(export, output=tmp_path)
    before, results = files_of(tmp_path), results_of(tmp_path)

    organise(export, output=tmp_path, options=["--force"])

    after = files_of(tmp_path)
    redone = {name for name in after if after[name][1] != before[name][1]}
    assert {name for name in after if name.endswith("study.json")} <= redone
    assert results_of(tmp_path) == results


def test_two_folders_with_one_key_are_alike(export, tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    organise(export, output=one, formats="png,pdf,html,dicom")
    same_key(one, two)

    organise(export, output=two, formats="png,pdf,html,dicom")

    assert results_of(one) == results_of(two)


def test_a_decision_redoes_exactly_the_study_it_touches(export, tmp_path):
    organise(export, output=tmp_path)
    before = files_of(tmp_path / "studies")
    record = read_records(tmp_path)[1]
    decision = {"sop_instance_uid": record["instances"][0]["sop_instance_uid"], "phase": "post"}
    content = {"schema": "ductdicom.decisions/1", "decisions": [decision]}
    (tmp_path / "decisions.json").write_text(json.dumps(content), encoding="utf-8")

    organise(export, output=tmp_path)

    after = files_of(tmp_path / "studies")
    changed = {name.split("/")[0] for name in after if after[name] != before.get(name)}
    assert changed == {record["key"]}


def test_new_input_is_picked_up_and_the_rest_is_left_alone(export, tmp_path):
    copy = Path(shutil.copytree(export, tmp_path / "export"))
    third = copy / "P3"
    shutil.move(third, tmp_path / "later")
    organise(copy, output=tmp_path / "out")
    before = files_of(tmp_path / "out" / "studies")
    shutil.move(tmp_path / "later", third)

    organise(copy, output=tmp_path / "out")

    after = files_of(tmp_path / "out" / "studies")
    assert len(read_records(tmp_path / "out")) == 3
    assert {name: after[name] for name in before} == before


def test_a_changed_file_is_read_again(export, tmp_path):
    copy = Path(shutil.copytree(export, tmp_path / "export"))
    organise(copy, output=tmp_path / "out")
    write_ductogram(copy / "P2", day="20260102", study="2.25.952", laterality="R")

    organise(copy, output=tmp_path / "out")

    sides = {i["laterality"] for r in read_records(tmp_path / "out") for i in r["instances"]}
    assert sides == {"L", "R"}


def test_a_sheet_that_was_taken_away_is_drawn_again(export, tmp_path):
    organise(export, output=tmp_path)
    before = results_of(tmp_path)
    (sheet, *_) = tmp_path.rglob("sheet-1.png")
    sheet.unlink()

    organise(export, output=tmp_path)

    assert results_of(tmp_path) == before


# --- interrupted -----------------------------------------------------------------------------


def _interrupt_after(monkeypatch, count):
    whole = pipeline.process_study
    done = []

    def process(job):
        if len(done) == count:
            raise KeyboardInterrupt
        done.append(job)
        return whole(job)

    monkeypatch.setattr(pipeline, "process_study", process)


@pytest.mark.parametrize("count", [0, 1, 2])
def test_an_interrupted_run_keeps_what_is_finished_and_the_next_goes_on(
    export, tmp_path, monkeypatch, capsys, count
):
    undisturbed, output = tmp_path / "undisturbed", tmp_path / "out"
    organise(export, output=undisturbed)
    same_key(undisturbed, output)
    with monkeypatch.context() as patch:
        _interrupt_after(patch, count)
        code = organise(export, output=output)

    assert code == 130
    assert "interrupted" in capsys.readouterr().err
    assert json.loads((output / "summary.json").read_text("utf-8"))["exit_code"] == 130
    assert len((output / "ledger.csv").read_text("utf-8").splitlines()) == 1 + 12
    assert len(read_records(output)) == count
    assert len(list(output.glob("studies/*/study.json"))) == count
    kept = files_of(output / "studies")

    assert organise(export, output=output) == 0
    assert results_of(output) == results_of(undisturbed)
    after = files_of(output / "studies")
    assert {name: after[name] for name in kept} == kept


def test_an_interrupt_while_reading_ends_with_its_code(export, tmp_path, monkeypatch):
    def interrupted(*_args, **_kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(reading, "scan_inputs", interrupted)

    assert organise(export, output=tmp_path / "out") == 130
    assert not list(tmp_path.rglob("study.json"))


@pytest.mark.skipif(sys.platform == "win32", reason="sends a signal to a process group")
def test_an_interrupt_from_the_terminal_stops_a_run_with_workers(samples, tmp_path):
    output = tmp_path / "out"
    options = ("-j", "2", "--format", "png", "--log-json")

    code, logged = stop_after_first(
        samples, output, options, lambda group: os.killpg(group, signal.SIGINT)
    )

    assert code == 130
    assert b"Traceback" not in logged
    assert len((output / "ledger.csv").read_text("utf-8").splitlines()) == 1 + 44
    finished = {path.parent.name for path in output.glob("studies/*/study.json")}
    listed = (r for r in read_records(output) if r["status"] != "not-a-ductogram")
    assert {record["key"] for record in listed} == finished


def test_an_earlier_output_folder_among_the_inputs_needs_no_person(export, tmp_path):
    copy = Path(shutil.copytree(export, tmp_path / "export"))
    assert organise(export, output=copy / "sub") == 0

    assert organise(copy, output=tmp_path / "out") == 0
    ledger = (tmp_path / "out" / "ledger.csv").read_text("utf-8")
    assert "sub/.ductdicom/lock,,not-dicom,empty-file" in ledger
    assert "sub/.ductdicom/key,,not-dicom," in ledger


# --- nothing to read -------------------------------------------------------------------------


@pytest.mark.parametrize("inside", [[], ["letter.txt"]], ids=["empty", "no image"])
def test_a_run_that_finds_nothing_leaves_the_accounts_of_an_earlier_one(
    export, tmp_path, inside, capsys
):
    output, nothing = tmp_path / "out", tmp_path / "nothing"
    assert organise(export, output=output) == 0
    before = files_of(output)
    nothing.mkdir()
    for name in inside:
        (nothing / name).write_text("no image", encoding="utf-8")

    assert organise(nothing, output=output) == 3
    assert "the accounts of the earlier run stay" in capsys.readouterr().err
    assert files_of(output) == before


def test_a_run_that_finds_nothing_replaces_the_accounts_of_one_like_it(export, tmp_path):
    output, nothing = tmp_path / "out", tmp_path / "nothing"
    nothing.mkdir()
    assert organise(nothing, output=output) == 3
    (nothing / "letter.txt").write_text("no image", encoding="utf-8")

    assert organise(nothing, output=output) == 3
    assert "letter.txt" in (output / "ledger.csv").read_text("utf-8")
    assert organise(export, output=output) == 0
    assert len(read_records(output)) == 3


# --- writes that fail ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "broken",
    [
        "sheet-1.png",
        "study.json",
        *(pytest.param(n, marks=pytest.mark.slow) for n in ("studies.jsonl", "ledger.csv")),
    ],
)
def test_a_failure_between_write_and_rename_leaves_nothing_half_made(
    export, tmp_path, monkeypatch, broken
):
    undisturbed, output = tmp_path / "undisturbed", tmp_path / "out"
    organise(export, output=undisturbed)
    same_key(undisturbed, output)
    replace = Path.replace

    def fail(self, target):
        if Path(target).name == broken:
            raise OSError(28, "No space left on device")
        return replace(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", fail)
        code = organise(export, output=output)

    assert code == 4
    assert not list(output.rglob(broken))
    assert not list(output.rglob(".part-*"))
    whole = results_of(undisturbed)
    accounts = {"studies.jsonl", "index.html", "worklist.csv", "summary.json"}  # what is finished
    accounts |= OF_ONE_RUN
    for name, (content, _) in files_of(output).items():
        if name not in accounts and not name.endswith("/.unfinished.json"):
            assert content == whole[name]

    assert organise(export, output=output) == 0
    assert results_of(output) == whole


@pytest.mark.parametrize("count", [0, 2])
def test_a_study_that_finds_no_room_leaves_accounts_of_what_is_finished(
    export, tmp_path, monkeypatch, count
):
    output = tmp_path / "out"
    replace, sheets = Path.replace, []

    def fail(self, target):
        sheets.extend([target] if Path(target).name == "sheet-1.png" else [])
        if len(sheets) > count:
            sheets.clear()
            raise OSError(28, "No space left on device")
        return replace(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", fail)
        assert organise(export, output=output) == 4

    assert len(read_records(output)) == count
    assert len((output / "ledger.csv").read_text("utf-8").splitlines()) == 1 + 12
    summary = json.loads((output / "summary.json").read_text("utf-8"))
    assert (summary["exit_code"], summary["interrupted"]) == (4, False)
    assert (output / "index.html").is_file()


def test_accounts_take_the_place_of_sheets_that_were_not_finished(export, tmp_path, monkeypatch):
    output = tmp_path / "out"
    replace, drawn = Path.replace, []

    def fail(self, target):
        drawn.extend([target] if Path(target).name == "sheet-1.png" else [])
        is_full = len(drawn) > 1 and drawn[-1].exists()
        if is_full:
            raise OSError(28, "No space left on device")
        return replace(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", fail)
        assert organise(export, output=output) == 4

    assert len(read_records(output)) == 1
    assert json.loads((output / "summary.json").read_text("utf-8"))["exit_code"] == 4
    finished = {path.parent for path in output.glob("studies/*/study.json")}
    assert {path.parent for path in output.glob("studies/*/sheet*")} == finished
    assert organise(export, output=output) == 0


def test_what_a_dead_run_left_behind_is_cleared_away(export, tmp_path):
    organise(export, output=tmp_path)
    (folder, *_) = (tmp_path / "studies").iterdir()
    for place in (tmp_path, folder):
        (place / ".part-99-study.json").write_bytes(b"half")

    organise(export, output=tmp_path)

    assert not list(tmp_path.rglob(".part-*"))


def test_an_earlier_result_stays_whole_where_a_new_one_fails(export, tmp_path, monkeypatch):
    organise(export, output=tmp_path)
    before = (tmp_path / "studies.jsonl").read_bytes()
    replace = Path.replace

    def fail(self, target):
        if Path(target).name == "studies.jsonl":
            raise OSError(5, "Input/output error")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", fail)

    assert organise(export / "P1", output=tmp_path, options=["--paper", "a3"]) == 4
    assert (tmp_path / "studies.jsonl").read_bytes() == before


# --- two runs at a time ----------------------------------------------------------------------


def test_a_second_run_into_the_same_folder_is_refused(export, tmp_path, capsys):
    with open_output(tmp_path / "out"):
        assert organise(export, output=tmp_path / "out") == 4

    assert "in use" in capsys.readouterr().err
    assert organise(export, output=tmp_path / "out") == 0


def test_a_damaged_key_is_said_and_not_replaced(export, tmp_path, capsys):
    organise(export, output=tmp_path)
    (tmp_path / ".ductdicom" / "key").write_text("damaged", encoding="utf-8")

    assert organise(export, output=tmp_path) == 4
    assert "damaged" in capsys.readouterr().err


# --- the catalogue ---------------------------------------------------------------------------


@pytest.fixture
def read_paths(monkeypatch):
    """Return the list of the files that were opened."""
    opened = []
    read_files = scan.read_files

    def watch(paths):
        opened.extend(paths)
        return read_files(paths)

    monkeypatch.setattr(scan, "read_files", watch)
    return opened


def test_a_run_reads_only_what_changed(export, tmp_path, read_paths):
    copy = Path(shutil.copytree(export, tmp_path / "export"))
    organise(copy, output=tmp_path / "out")
    assert len(read_paths) == 12
    read_paths.clear()

    organise(copy, output=tmp_path / "out")
    assert read_paths == []

    write_ductogram(copy / "P2", day="20260102", study="2.25.952", laterality="R")
    organise(copy, output=tmp_path / "out")
    assert {Path(path).parent.name for path in read_paths} == {"P2"}


def test_what_is_remembered_lies_in_the_cache_and_holds_no_key(export, tmp_path):
    cache = tmp_path / "cache"

    organise(export, output=tmp_path / "out", options=["--cache", str(cache)])

    (catalogue,) = cache.iterdir()
    assert catalogue.suffix == ".sqlite"
    assert not list((tmp_path / "out").rglob("*.sqlite*"))


def test_a_dry_run_remembers_nothing(export, tmp_path):
    options = ["--cache", str(tmp_path / "cache"), "--dry-run"]

    assert organise(export, output=tmp_path / "out", options=options) == 0

    assert list(tmp_path.iterdir()) == []


def test_a_cache_that_cannot_be_written_costs_only_time(export, tmp_path):
    (tmp_path / "file").touch()

    code = organise(export, output=tmp_path / "out", options=["--cache", str(tmp_path / "file")])

    assert code == 0


def test_an_interrupt_while_reading_leaves_a_ledger_of_what_was_read(
    export, tmp_path, monkeypatch, capsys
):
    undisturbed, output = tmp_path / "undisturbed", tmp_path / "out"
    organise(export, output=undisturbed)
    same_key(undisturbed, output)
    whole = reading.scan_inputs

    def interrupted(*args, **kwargs):
        found = whole(*args, **kwargs)
        yield from itertools.islice(found, 5)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(reading, "scan_inputs", interrupted)
        code = organise(export, output=output)

    assert code == 130
    assert len((output / "ledger.csv").read_text("utf-8").splitlines()) == 1 + 5
    assert json.loads((output / "summary.json").read_text("utf-8"))["interrupted"]
    assert organise(export, output=output) == 0
    assert results_of(output) == results_of(undisturbed)
