import json
import shutil
from pathlib import Path

import pydicom
import pytest
from exports import organise

from ductdicom.cli.application import run

pytestmark = pytest.mark.integration

SAMPLES = Path(__file__).resolve().parents[2] / "sample_data"
STUDY = SAMPLES / "inverse-right"


@pytest.fixture
def finished(tmp_path, monkeypatch, capsys):
    """Make a folder with an export and the records of a run over it, and go there."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(STUDY, tmp_path / "export")
    assert run(["scan", "export", "--json"]) in {0, 1}
    records = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    out = tmp_path / "out"
    out.mkdir()
    lines = [json.dumps(record | {"key": f"key-{n}"}) for n, record in enumerate(records)]
    (out / "studies.jsonl").write_text("\n".join(lines), encoding="utf-8")
    (tmp_path / "same.toml").write_text("", encoding="utf-8")
    (tmp_path / "other.toml").write_text(
        "".join(
            f"[rules.{name}]\nenabled = false\n"
            for name in ("image-type", "contrast-agent", "series-text", "image-text")
        ),
        encoding="utf-8",
    )
    return tmp_path


def changes(capsys):
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_the_same_rules_change_nothing(finished, capsys):
    assert run(["rules", "diff", "same.toml", "out", "--json"]) == 0

    assert changes(capsys) == []


def test_what_only_pixels_say_is_no_change(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    shutil.copytree(SAMPLES / "textbook", "export")
    dataset = pydicom.dcmread("export/IM0003")
    dataset.PatientOrientation = ["P", "L"]  # of a right breast; the file is of a left one
    dataset.save_as("export/IM0003")
    Path("same.toml").touch()
    organise("export", output="out")
    capsys.readouterr()

    assert run(["rules", "diff", "same.toml", "out", "--json"]) == 0

    assert '"orientation-conflict"' in Path("out/studies.jsonl").read_text(encoding="utf-8")
    assert changes(capsys) == []


@pytest.mark.parametrize("code", ["worker-died", "internal-error"])
def test_a_study_that_could_not_be_drawn_still_needs_a_person(finished, capsys, code):
    path = finished / "out" / "studies.jsonl"
    record = json.loads(path.read_text(encoding="utf-8"))
    problem = {"code": code, "message": "", "sop_instance_uid": None}
    record |= {"status": "review", "problems": [*record["problems"], problem]}
    path.write_text(json.dumps(record), encoding="utf-8")

    assert run(["rules", "diff", "same.toml", "out", "--json"]) == 0

    assert changes(capsys) == []


def test_a_review_that_rules_would_settle_is_a_change(finished, capsys):
    path = finished / "out" / "studies.jsonl"
    record = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(record | {"status": "review"}), encoding="utf-8")

    assert run(["rules", "diff", "same.toml", "out", "--json"]) == 0

    assert [(c["what"], c["before"]) for c in changes(capsys)] == [("status", "review")]


def test_other_rules_change_what_they_decided(finished, capsys):
    assert run(["rules", "diff", "other.toml", "out", "--json"]) == 0

    found = changes(capsys)
    assert {"phase", "confidence"} & {change["what"] for change in found}
    assert all(change["before"] != change["after"] for change in found)
    assert {change["key"] for change in found} == {"key-0"}


def test_a_run_is_compared_from_elsewhere(finished, capsys, monkeypatch):
    elsewhere = finished / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)

    code = run(["rules", "diff", "../same.toml", "../out", "--root", "..", "--json"])

    assert code == 0
    assert changes(capsys) == []


def test_the_comparison_is_printed_for_a_person(finished, capsys):
    assert run(["rules", "diff", "other.toml", "out"]) == 0

    out = capsys.readouterr().out
    assert "before" in out
    assert out.rstrip().endswith("in 1 study")


def test_a_study_whose_originals_are_gone_is_not_compared(finished, capsys):
    next(path for path in sorted((finished / "export").rglob("IM*"))).unlink()

    assert run(["rules", "diff", "other.toml", "out", "--json"]) == 1

    said = capsys.readouterr()
    assert said.out == ""
    assert "gone: export/" in said.err
    assert "key-0" in said.err


def test_no_originals_at_all_are_nothing_readable(finished, capsys):
    shutil.rmtree(finished / "export")

    assert run(["rules", "diff", "same.toml", "out"]) == 3

    assert "--root" in capsys.readouterr().err


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(None, id="no records"),
        pytest.param("no json", id="no JSON"),
        pytest.param('{"a": 1}', id="other JSON"),
    ],
)
def test_a_folder_without_records_is_wrong_usage(finished, content):
    records = finished / "out" / "studies.jsonl"
    records.unlink()
    if content is not None:
        records.write_text(content, encoding="utf-8")

    assert run(["rules", "diff", "same.toml", "out"]) == 2


def test_nothing_is_written(finished):
    before = sorted(finished.rglob("*"))

    run(["rules", "diff", "other.toml", "out"])

    assert sorted(finished.rglob("*")) == before


def test_a_decision_that_names_an_image_by_its_own_id_stays_in_force(finished, capsys):
    organise("export", output="made")
    (record,) = [json.loads(line) for line in Path("made/studies.jsonl").read_text().splitlines()]
    image = next(i for i in record["instances"] if i["phase"] == "post")
    decision = {"image": image["id"], "phase": "pre", "by": "AB"}
    decisions = {"schema": "ductdicom.decisions/1", "decisions": [decision]}
    Path("made/decisions.json").write_text(json.dumps(decisions))
    organise("export", output="made")
    (again,) = [json.loads(line) for line in Path("made/studies.jsonl").read_text().splitlines()]
    capsys.readouterr()

    assert [i["phase"] for i in again["instances"] if i["id"] == image["id"]] == ["pre"]
    assert run(["rules", "diff", "same.toml", "made", "--json"]) == 0
    assert changes(capsys) == []
