"""Commands that speak of some studies only: ``--only`` and ``--study``."""

import json

import pytest
from exports import organise, read_records, write_ductogram

from ductdicom.cli.application import run
from ductdicom.phantom.spec import Person, Texts

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def export(tmp_path_factory):
    """Write a ductogram, and a mammography without contrast of another patient."""
    folder = tmp_path_factory.mktemp("export")
    write_ductogram(folder / "P1", study="2.25.961", person=Person(patient_id="SAMPLE-61"))
    write_ductogram(
        folder / "P2",
        study="2.25.962",
        scenes=[("CC", "0900", None), ("MLO", "0902", None)],
        texts=Texts(study="MAMMOGRAPHY"),
        person=Person(patient_id="SAMPLE-62"),
    )
    return folder


def said(capsys):
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.mark.parametrize(
    ("options", "uids"),
    [
        (["--only", "ductogram"], ["2.25.961"]),
        (["--only", "mammogram,paired"], ["2.25.961", "2.25.962"]),
        (["--only", "review"], []),
        (["--study", "2.25.962"], ["2.25.962"]),
        (["--study", "2.25.962", "--only", "ductogram"], []),
    ],
)
def test_scan_speaks_of_the_studies_that_are_asked_for(export, capsys, options, uids):
    assert run(["scan", "--json", str(export), *options]) == 0

    assert [record["study_instance_uid"] for record in said(capsys)] == uids


def test_a_study_is_asked_for_by_the_key_that_scan_prints(export, capsys):
    run(["scan", "--json", str(export)])
    uid = said(capsys)[0]["study_instance_uid"]
    run(["scan", str(export)])
    key = next(
        line.split()[-1] for line in capsys.readouterr().out.splitlines() if "paired" in line
    )

    run(["explain", "--json", str(export), "--study", key])

    assert uid == "2.25.961"
    assert len(said(capsys)) == 4


def test_what_is_no_ductogram_is_not_found_by_that_word(export, capsys):
    run(["scan", str(export)])

    assert sum("ductogram" in line for line in capsys.readouterr().out.splitlines()) == 1


def test_check_names_what_is_wrong_with_the_others_no_more(export, capsys):
    run(["check", "--json", str(export), "--only", "mammogram"])

    assert said(capsys) == []


def test_organise_writes_what_is_asked_for_and_accounts_for_all(export, tmp_path):
    assert organise(export, output=tmp_path, options=["--only", "ductogram"]) == 0

    assert [record["study_instance_uid"] for record in read_records(tmp_path)] == ["2.25.961"]
    assert len((tmp_path / "ledger.csv").read_text().splitlines()) == 1 + 6


def test_a_word_that_is_no_examination_and_no_status_is_refused(export, capsys):
    assert run(["scan", str(export), "--only", "galactogram"]) == 2

    assert "galactogram" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["scan", "explain", "check", "organise"])
def test_a_study_that_nothing_is_called_is_refused(export, tmp_path, capsys, command):
    target = ["-o", str(tmp_path / "out")] if command == "organise" else []

    assert run([command, str(export), "--study", "20260102-0123456789abcdef", *target]) == 2

    assert "--study: no study is called that" in capsys.readouterr().err
