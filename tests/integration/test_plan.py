"""What a dry run and a check say: which study, which file, in grammatical words."""

import json
import re

import pytest
from exports import SCENES, organise, read_records, write_ductogram, write_view

from ductdicom.cli import progress
from ductdicom.cli.application import run
from ductdicom.phantom.spec import Person

pytestmark = pytest.mark.integration
SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"


@pytest.fixture(scope="module")
def export(tmp_path_factory):
    return write_ductogram(tmp_path_factory.mktemp("plan") / "export")


@pytest.fixture
def output(export, tmp_path, capsys):
    """Return the output folder of a run over the export."""
    organise(export, output=tmp_path / "out")
    capsys.readouterr()
    return tmp_path / "out"


def _planned(capsys, export, output, *options):
    assert organise(export, output=output, options=["--dry-run", *options]) == 0
    return capsys.readouterr().out.splitlines()[0]


def test_a_plan_without_an_output_folder_names_studies_by_date(export, tmp_path, capsys):
    said = _planned(capsys, export, tmp_path / "new")

    assert said.startswith("study of 2026-01-02: ductogram, paired: sheet-1.png")


def test_a_plan_for_an_output_folder_names_keys_and_what_is_up_to_date(export, output, capsys):
    (record,) = read_records(output)

    assert _planned(capsys, export, output) == "1 study is up to date"
    forced = _planned(capsys, export, output, "--force")
    assert forced.startswith(f"{record['key']}: ductogram, paired: sheet-1.png")
    again = _planned(capsys, export, output, "--theme", "light")
    assert again.startswith(f"{record['key']}: ductogram, paired: sheet-1.png")


def test_a_plan_says_why_a_person_is_needed(tmp_path, capsys):
    export = write_ductogram(tmp_path / "export")
    (export / "IM1").write_bytes((export / "IM1").read_bytes()[:-1000])

    assert organise(export, output=tmp_path / "out", options=["--dry-run"]) == 1

    said = capsys.readouterr().out
    assert said.startswith("study of 2026-01-02: ductogram, review: ")
    assert "needs a person: 1 unreadable" in said

    assert run(["check", str(export), "--json"]) == 1
    review = _reviews(capsys)
    assert review["message"] == "1 image cannot be shown"
    assert review["where"].endswith(f": {export / 'IM1'}")


def _size(line):
    number, unit = re.fullmatch(r"about ([\d.e+]+) (\w+) would be written.*", line).groups()
    return float(number) * {"bytes": 1, "kB": 1e3, "MB": 1e6}[unit]


def _room(capsys, export, output, *options, formats="png"):
    organise(export, output=output, formats=formats, options=["--dry-run", *options])
    said = capsys.readouterr().out.splitlines()
    (line,) = (line for line in said if "would be written" in line)
    return line


def test_a_plan_says_how_much_by_what_earlier_studies_took(export, output, tmp_path, capsys):
    assert _room(capsys, export, output) == "no study would be written"
    (record,) = read_records(output)
    taken = sum(record["file_bytes"])

    again = _room(capsys, export, output, "--force")
    assert again.endswith("by what 1 study of earlier runs took an image")
    assert _size(again) == pytest.approx(taken, rel=0.01)

    half = write_ductogram(tmp_path / "half", study="2.25.901", scenes=SCENES[2:])
    # The sheet of the first is drawn again, to say what else there is of the patient.
    assert _size(_room(capsys, half, output)) == pytest.approx(taken * 3 / 2, rel=0.01)


def test_a_plan_calls_an_estimate_one(export, output, tmp_path, capsys):
    new = _room(capsys, export, tmp_path / "new")
    assert new.endswith("an estimate, as no study in the folder has png")

    other = _room(capsys, export, output, formats="png,pdf")
    assert other.endswith("an estimate, as no study in the folder has pdf")


def test_a_plan_counts_copies_of_originals_and_no_links(export, output, capsys):
    bare = _size(_room(capsys, export, output, "--force"))
    originals = sum(path.stat().st_size for path in export.iterdir())

    copies = _size(_room(capsys, export, output, "--force", "--link", "copy"))
    links = _size(_room(capsys, export, output, "--force", "--link", "symlink"))

    assert copies - bare == pytest.approx(originals, rel=0.1)
    assert links == bare


def test_a_plan_names_the_folder_and_what_is_wrong_with_the_run(export, tmp_path, capsys):
    decisions = tmp_path / "decisions.csv"
    decisions.write_text("sop_instance_uid,phase\n1.2.3.4,pre\n", encoding="utf-8")
    options = ["--dry-run", "--decisions", str(decisions)]

    organise(export, output=tmp_path / "out", options=options)

    said = capsys.readouterr().out
    assert (
        f"{tmp_path / 'out'}: index.html, studies.jsonl, worklist.csv, ledger.csv, summary.json\n"
        in said
    )
    assert re.search(r"unknown-decision: decision [0-9a-f]{6} names an image", said)


def test_one_is_no_plural(export, tmp_path, capsys):
    organise(export / "IM3", output=tmp_path / "out")
    assert "1 study from 1 input\n" in capsys.readouterr().out
    index = (tmp_path / "out" / "index.html").read_text("utf-8")
    assert "<p>1 study (1 review)" in index
    assert "It read 1 input: " in index
    assert "1 object: 1 unknown" in index

    run(["check", str(export / "IM3")])
    assert capsys.readouterr().out.endswith(" in 1 input\n")


def test_a_check_names_the_files_of_its_findings(tmp_path, capsys):
    export = write_ductogram(tmp_path / "export", extra={"Laterality": "R"})

    assert run(["check", str(export), "--json"]) == 1

    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    conflicts = [item for item in found if item["code"] == "laterality-conflict"]
    assert {item["where"] for item in conflicts} == {str(export / f"IM{n}") for n in range(1, 5)}
    assert all(item["sop_instance_uid"] for item in conflicts)


def _reviews(capsys):
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (review,) = (item for item in found if item["code"] == "review")
    return review


def test_a_check_says_which_study_needs_review_and_why(export, capsys):
    assert run(["check", str(export / "IM3"), "--strict", "--json"]) == 1

    found = _reviews(capsys)
    assert (found["code"], found["message"]) == ("review", "1 image only suggested")
    key, _, where = found["where"].partition(": ")
    assert where == str(export / "IM3")
    run(["scan", str(export / "IM3")])
    assert capsys.readouterr().out.rstrip().endswith(f" {key.removeprefix('study ')}")


def test_a_check_finds_nothing_to_review_where_all_is_paired(export, capsys):
    assert run(["check", str(export), "--strict"]) == 0

    assert "review" not in capsys.readouterr().out


def test_a_check_of_no_view_says_what_there_is_instead(tmp_path, capsys):
    capture = {"sop_class_uid": SECONDARY_CAPTURE, "extra": {"ImageType": ["DERIVED", "SECONDARY"]}}
    write_view(tmp_path / "IM1", **capture)

    assert run(["check", str(tmp_path), "--strict", "--json"]) == 1

    found = _reviews(capsys)
    assert found["message"] == "no view to decide on, only capture"
    assert found["where"].endswith(f": {tmp_path / 'IM1'}")


def test_a_check_names_the_files_of_each_patient_of_a_study(export, tmp_path, capsys):
    other = Person(name="SAMPLE^YANKEE", patient_id="SAMPLE-901", birth_date="19500101")
    write_view(tmp_path / "IM5", label="other", person=other, study_instance_uid="2.25.900")

    assert run(["check", str(export), str(tmp_path), "--json", "--phi", "full"]) == 1

    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [item["where"] for item in found if item["code"] == "patient-conflict"] == [
        "study 2.25.900#1: " + ", ".join(str(export / f"IM{n}") for n in range(1, 5)),
        f"study 2.25.900#2: {tmp_path / 'IM5'}",
    ]


def test_a_run_says_how_many_studies_were_up_to_date(export, output, capsys):
    organise(export, output=output)
    assert "1 study is up to date since an earlier run" in capsys.readouterr().err

    organise(export, output=output, options=["--quiet"])
    assert capsys.readouterr().err == ""

    organise(export, output=output, options=["--force"])
    assert "up to date" not in capsys.readouterr().err


@pytest.mark.parametrize("command", ["scan", "check", "explain", "sheet"])
def test_reading_is_no_silence(export, tmp_path, monkeypatch, capsys, command):
    monkeypatch.setattr(progress, "_EVERY_S", 0.0)
    arguments = ["-o", str(tmp_path / "sheet.png")] if command == "sheet" else []

    run([command, str(export), *arguments])

    assert "reading headers: 4" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["scan", "check", "explain", "sheet"])
def test_reading_is_silent_on_request(export, tmp_path, monkeypatch, capsys, command):
    monkeypatch.setattr(progress, "_EVERY_S", 0.0)
    arguments = ["-o", str(tmp_path / "sheet.png")] if command == "sheet" else []

    assert run([command, "-q", str(export), *arguments]) == 0

    said = capsys.readouterr()
    assert said.out
    assert said.err == ""


def test_the_list_of_commands_is_not_cut_off(capsys):
    run(["--help"])

    commands = capsys.readouterr().out.partition("Commands:")[2]
    assert "sheet" in commands
    assert "..." not in commands
