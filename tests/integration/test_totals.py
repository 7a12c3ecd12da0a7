"""What a run says of itself: what it was given, and apart from that what it only read again."""

import json

import pytest
from exports import organise, write_ductogram, write_view

from ductdicom.phantom.spec import Texts

pytestmark = pytest.mark.integration


@pytest.fixture
def patient(tmp_path):
    """Return an export of a patient's ductogram and of a mammogram of another day, and OUT."""
    write_ductogram(tmp_path / "export" / "D")
    for name, view in (("M1", "CC"), ("M2", "MLO")):
        write_view(
            tmp_path / "export" / "M" / name,
            study_instance_uid="2.25.77",
            study_at="20260301080000",
            acquired_at="20260301090000",
            view=view,
            texts=Texts(),
            label=name,
        )
    organise(tmp_path / "export", output=tmp_path / "out")
    return tmp_path / "export", tmp_path / "out"


def _add_copy(export):
    (export / "late").mkdir()
    source = export / "D" / "IM1"
    return write_view(
        export / "late" / "IM5",
        seed=5,
        view="CC",
        study_instance_uid="2.25.900",
        study_at="20260102085500",
        acquired_at="20260102093000",
        label=f"{source}/5",
    )


def test_totals_are_of_what_was_given(patient, capsys):
    export, out = patient
    _add_copy(export)
    capsys.readouterr()

    organise(export / "late", output=out, options=["--log-json"])

    said = capsys.readouterr()
    head, table, counts, again = said.out.splitlines()[:4]
    assert head == "1 study from 1 input"
    assert table.split() == ["status", "studies"]
    assert counts.split()[1] == "1"
    assert "not-a-ductogram" not in counts
    assert again == "also read again, as of the same patients: 1 study (1 not-a-ductogram)"
    (end,) = [e for e in map(json.loads, said.err.splitlines()) if e["event"] == "end"]
    assert sum(end["studies"].values()) == 1
    assert end["studies_read_again"] == {"not-a-ductogram": 1}
    totals = json.loads((out / "summary.json").read_bytes())["studies"]
    assert totals["total"] == sum(totals["by_status"].values()) == 1
    assert totals["by_exam"] == {"ductogram": 1}
    assert totals["read_again"] == {"not-a-ductogram": 1}
    assert totals["left_by_earlier_runs"] == 0


def test_nothing_is_counted_where_all_that_was_given_is_held_back(patient, capsys):
    export, out = patient
    _add_copy(export)
    (export / "D" / "IM1").unlink()
    capsys.readouterr()

    assert organise(export / "late", output=out) == 1

    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "0 studies from 1 input"
    assert "status  studies" not in lines
    assert any(line.startswith("study-incomplete") for line in lines)


def test_a_run_over_everything_reads_nothing_again(patient, capsys):
    export, out = patient
    capsys.readouterr()

    organise(export, output=out)

    said = capsys.readouterr().out
    assert said.startswith("2 studies from 6 inputs\n")
    assert "read again" not in said


def test_a_plan_names_what_would_change_and_counts_the_rest(patient, capsys):
    export, out = patient
    capsys.readouterr()

    organise(export, output=out, options=["-n"])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "2 studies are up to date"
    assert not any("a line in" in line for line in lines)

    _add_copy(export)
    organise(export, output=out, options=["-n"])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("20260102-")
    assert lines[1] == "1 study is up to date"

    organise(export, output=out, options=["-n", "--force"])
    lines = capsys.readouterr().out.splitlines()
    assert sum("a line in studies.jsonl" in line for line in lines) == 1


def test_a_plan_names_a_mammogram_whose_record_would_change(patient, capsys):
    export, out = patient
    write_view(
        export / "M" / "M3",
        study_instance_uid="2.25.77",
        study_at="20260301080000",
        acquired_at="20260301090500",
        view="ML",
        texts=Texts(),
        label="M3",
    )
    capsys.readouterr()

    organise(export, output=out, options=["-n"])

    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("20260102-")  # its sheet says how many there are
    assert lines[1].startswith("20260301-")
    assert lines[1].endswith("a line in studies.jsonl")
