"""Clearing studies out of an output folder, and saying what it holds."""

import csv
import json

import pytest
from exports import SCENES, files_of, organise, read_records, write_ductogram, write_view

from ductdicom.cli.application import run
from ductdicom.export.output import open_output
from ductdicom.phantom.spec import Person, Texts

pytestmark = pytest.mark.integration


@pytest.fixture
def out(tmp_path):
    """Return the folder of a run over two ductograms, one of them for review, and a mammogram."""
    export, output = tmp_path / "export", tmp_path / "out"
    for number, scenes in ((1, SCENES), (2, SCENES[2:])):
        person = Person(name=f"SAMPLE^{number}", patient_id=f"SAMPLE-7{number}")
        write_ductogram(
            export / f"P{number}",
            day=f"2026010{number}",
            study=f"2.25.97{number}",
            scenes=scenes,
            person=person,
            **({} if number == 1 else {"laterality": None, "texts": Texts(study="GALACTOGRAM")}),
        )
    plain = {"texts": Texts(study="MAMMOGRAM"), "study_at": "20260103085500"}
    write_view(export / "IM9", study_instance_uid="2.25.973", **plain)
    (export / "broken.dcm").write_bytes(bytes(128) + b"DICM" + b"junk")
    organise(export, output=output)
    return output


def uids(output):
    return {record["study_instance_uid"] for record in read_records(output)}


def key_of(output, uid):
    return next(r["key"] for r in read_records(output) if r["study_instance_uid"] == uid)


def test_studies_of_a_status_go_and_are_listed_no_more(out, capsys):
    keys = {key_of(out, f"2.25.97{n}"): n for n in (1, 2, 3)}
    capsys.readouterr()

    assert run(["prune", str(out), "--status", "review,not-a-ductogram"]) == 0

    said = capsys.readouterr().out
    assert uids(out) == {"2.25.971"}
    assert {path.name for path in (out / "studies").iterdir()} == {key_of(out, "2.25.971")}
    for name in ("index.html", "worklist.csv", ".ductdicom/times.json"):
        text = (out / name).read_text("utf-8")
        assert {n for key, n in keys.items() if key in text} == {1}
    assert all((key in said) == (n != 1) for key, n in keys.items())
    assert "2 studies, " in said


def test_studies_before_a_day_go(out):
    assert run(["prune", str(out), "--before", "2026-01-02"]) == 0

    assert uids(out) == {"2.25.972", "2.25.973"}


def test_a_study_that_lends_its_scouts_stays_with_the_one_that_shows_them(tmp_path, capsys):
    export, output = tmp_path / "export", tmp_path / "out"
    for name, day, scenes in (("1", "20251203", SCENES[:2]), ("2", "20260102", SCENES[2:])):
        texts = Texts(study="MAMMOGRAM" if name == "1" else "GALACTOGRAM")
        write_ductogram(export / name, day=day, study=f"2.25.90{name}", scenes=scenes, texts=texts)
    organise(export, output=output)
    lender = key_of(output, "2.25.901")
    arguments = ["prune", str(output), "--before", "2026-01-01"]

    assert run([*arguments, "-n"]) == run(arguments) == 0

    assert capsys.readouterr().out.count(f"{lender}: stays, as the sheet of another study") == 2
    assert uids(output) == {"2.25.901", "2.25.902"}
    assert run(["prune", str(output), "--before", "2026-02-01"]) == 0
    assert uids(output) == set()


def test_a_readers_files_decisions_and_accounts_of_runs_stay(out):
    folder = out / "studies" / key_of(out, "2.25.971")
    (folder / "my notes.txt").write_text("a reader's own")
    (folder / "sheet-1.png").write_bytes(b"marked")
    (out / "decisions").mkdir()
    (out / "decisions" / "one.json").write_text("{}")
    accounts = {name: (out / name).read_bytes() for name in ("ledger.csv", "summary.json")}

    assert run(["prune", str(out), "--status", "paired"]) == 0

    assert {path.name for path in folder.iterdir()} == {"my notes.txt", "sheet-1.png.kept-1"}
    assert (out / "decisions" / "one.json").exists()
    assert {name: (out / name).read_bytes() for name in accounts} == accounts


@pytest.mark.parametrize("options", [[], ["--status", "paired"]])
def test_a_dry_prune_says_the_same_and_removes_nothing(out, options, capsys):
    before = files_of(out)
    capsys.readouterr()

    assert run(["prune", str(out), "-n", *options]) == 0

    said = capsys.readouterr().out
    assert files_of(out) == before
    assert ("3 studies, " if not options else "1 study, ") in said
    assert "would be removed" in said
    if options:
        run(["prune", str(out), *options])
        assert capsys.readouterr().out == said.replace("would be ", "")


def test_pruning_all_by_mistake_is_refused(out, capsys):
    before = files_of(out)

    assert run(["prune", str(out)]) == 2
    assert "--before" in capsys.readouterr().err
    assert run(["prune", str(out), "--status", "finished"]) == 2
    assert files_of(out) == before


@pytest.mark.parametrize("command", [["prune", "-n"], ["summary"]], ids=lambda c: c[0])
def test_what_is_no_output_folder_is_left_alone(tmp_path, command, capsys):
    assert run([*command, str(tmp_path)]) == 2

    assert "is no output folder" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_folder_that_a_run_holds_is_not_pruned(out):
    with open_output(out):
        assert run(["prune", str(out), "--status", "paired"]) == 4
    assert len(uids(out)) == 3


def test_what_was_pruned_comes_back_when_it_is_handed_in_again(out, tmp_path):
    whole = read_records(out)
    run(["prune", str(out), "--status", "paired"])

    organise(tmp_path / "export", output=out)

    assert read_records(out) == whole


def _overview(out, capsys):
    capsys.readouterr()
    assert run(["summary", str(out), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_the_summary_says_what_there_is_and_what_is_new(out, tmp_path, capsys):
    first = _overview(out, capsys)
    assert first["studies"] == {"not-a-ductogram": 1, "paired": 1, "review": 1}
    assert {study["key"] for study in first["news"]} == {
        key_of(out, "2.25.971"),
        key_of(out, "2.25.972"),
    }
    assert [study["reasons"] for study in first["review"]] == [["laterality-unknown"]]
    assert first["failed_inputs"] == [{"reason": "truncated", "count": 1}]
    assert first["bytes"] == sum(path.stat().st_size for path in out.rglob("*") if path.is_file())


def test_what_waits_longest_stands_first_in_the_summary_as_in_the_work_list(
    out, tmp_path, capsys, monkeypatch
):
    monkeypatch.setattr("ductdicom.pipeline.run.utc_now", lambda: "2999-01-01T00:00:00Z")
    unsided = {"laterality": None, "texts": Texts(study="GALACTOGRAM"), "scenes": SCENES[2:]}
    older = write_ductogram(tmp_path / "older", study="2.25.980", day="20251201", **unsided)

    organise(older, output=out)

    with (out / "worklist.csv").open(encoding="utf-8") as lines:
        rows = [row["key"] for row in csv.DictReader(lines) if row["status"] == "review"]
    assert [study["key"] for study in _overview(out, capsys)["review"]] == rows
    assert rows[0] == key_of(out, "2.25.980")


def test_new_is_what_the_last_run_brought(out, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("ductdicom.pipeline.run.utc_now", lambda: "2999-01-01T00:00:00Z")
    new = write_ductogram(tmp_path / "new", study="2.25.979", day="20260109")

    organise(new, output=out)

    (study,) = _overview(out, capsys)["news"]
    assert study["key"] == key_of(out, "2.25.979")
    assert study["first_seen"] == "2999-01-01T00:00:00Z"


def test_the_summary_for_a_mail_names_neither_patient_nor_file(out, capsys):
    capsys.readouterr()

    assert run(["summary", str(out)]) == 0

    said = capsys.readouterr().out
    assert "3 studies (1 not-a-ductogram, 1 paired, 1 review)" in said
    assert "for review: 1 study\n" in said
    assert "laterality-unknown" in said
    assert "1 truncated" in said
    assert "SAMPLE" not in said
    assert "broken" not in said


def test_a_folder_in_which_no_run_ended_is_said_to_be_that(tmp_path, capsys):
    with open_output(tmp_path / "out"):
        pass

    assert run(["summary", str(tmp_path / "out")]) == 0
    assert "no run has ended" in capsys.readouterr().out
