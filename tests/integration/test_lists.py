"""Lists of inputs: what has been moved since costs itself, not the run."""

import csv
import json

import pytest
from exports import files_of, organise, read_records, write_ductogram

import ductdicom
from ductdicom.cli.application import run
from ductdicom.errors import UsageError

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def export(tmp_path_factory):
    return write_ductogram(tmp_path_factory.mktemp("lists") / "export")


@pytest.fixture
def listed(export, tmp_path):
    """Return a list of a study's files, and of one in the midst of them that is gone."""
    names = [*sorted(export.iterdir())]
    names.insert(2, export / "IM0099.dcm")
    path = tmp_path / "list.txt"
    path.write_text("".join(f"{name}\n" for name in names), "utf-8")
    return path


def _rows(output):
    with (output / "ledger.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_a_listed_file_that_is_gone_is_a_row(export, listed, tmp_path, capsys):
    output = tmp_path / "out"

    assert organise(output=output, options=["--files-from", str(listed)]) == 1

    rows = _rows(output)
    assert len(rows) == 5
    assert [(row["source"], row["disposition"]) for row in rows if row["reason"] == "missing"] == [
        (str(export / "IM0099.dcm"), "unreadable")
    ]
    (record,) = read_records(output)
    assert record["status"] == "paired"
    assert "needs a person: 1 unreadable" in capsys.readouterr().out


@pytest.mark.parametrize("command", ["scan", "explain", "check", "sheet"])
def test_every_command_goes_on_without_it(listed, tmp_path, capsys, command):
    arguments = ["-o", str(tmp_path / "sheet.png")] if command == "sheet" else []

    assert run([command, "--files-from", str(listed), *arguments]) == 1

    captured = capsys.readouterr()
    assert "IM0099.dcm" in captured.out + captured.err
    assert "missing" in captured.out + captured.err


def test_a_file_that_is_gone_from_a_study_changes_its_input_and_no_rule(
    export, listed, tmp_path, capsys
):
    organise(export, output=tmp_path / "out")
    capsys.readouterr()

    organise(output=tmp_path / "out", options=["--files-from", str(listed), "--log-json"])

    events = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [event["why"] for event in events if event["event"] == "study"] == ["changed-input"]


def test_when_all_that_is_listed_is_gone_nothing_is_readable(tmp_path, capsys):
    names = [str(tmp_path / f"IM{number}") for number in range(300)]
    (tmp_path / "list.txt").write_text("\n".join(names), "utf-8")

    assert organise(output=tmp_path / "out", options=["--files-from", f"{tmp_path}/list.txt"]) == 3

    assert [row["reason"] for row in _rows(tmp_path / "out")] == ["missing"] * 300
    said = capsys.readouterr().err
    assert "290 more" in said
    assert "300 missing" in said


def test_a_typed_name_that_is_not_there_is_a_slip(listed, tmp_path):
    typed = [str(tmp_path / "typo"), "--files-from", str(listed)]

    assert run(["scan", *typed]) == 2
    with pytest.raises(UsageError):
        ductdicom.scan([tmp_path / "typo"])


@pytest.mark.parametrize("command", ["organise", "scan", "explain", "check", "sheet"])
def test_its_path_is_said_where_identities_may_be(export, tmp_path, capsys, command):
    typo = str(tmp_path / "SAMPLE_ZULU")
    arguments = [command, str(export), typo, "-o", str(tmp_path / "out.png")]
    if command not in {"organise", "sheet"}:
        arguments = arguments[:3]

    assert run([*arguments, "--phi", "full"]) == 2
    assert f"{typo}: no such file" in capsys.readouterr().err

    assert run(arguments) == 2
    said = capsys.readouterr().err
    assert "INPUT 2 of 2: no such file" in said
    assert "ZULU" not in said


def test_so_is_that_of_an_output_folder_as_input(export, tmp_path, capsys):
    arguments = [str(export), "--phi", "full"]

    assert organise(*arguments, output=export) == 2

    assert f"{export}: is input and output at once" in capsys.readouterr().err


def test_a_list_that_ends_names_with_nul_says_what_to_add(listed, capsys):
    listed.write_bytes(listed.read_bytes().replace(b"\n", b"\0"))

    assert run(["scan", "--files-from", str(listed)]) == 2
    assert "add -0" in capsys.readouterr().err
    assert run(["scan", "--files-from", str(listed), "-0"]) == 1


@pytest.mark.parametrize("command", ["organise", "scan", "explain", "check", "sheet"])
@pytest.mark.parametrize("options", [[], ["-q"], ["-0"]], ids=str)
def test_a_list_of_nothing_is_a_quiet_night(tmp_path, capsys, command, options):
    """As `find -newer` leaves it where nothing came."""
    listed = tmp_path / "list.txt"
    listed.write_bytes(b"" if options == ["-0"] else b"\n\n")
    arguments = ["-o", str(tmp_path / "out.png")] if command in {"organise", "sheet"} else []

    assert run([command, "--files-from", str(listed), *arguments, *options]) == 0

    assert list(tmp_path.iterdir()) == [listed]
    said = capsys.readouterr()
    assert said.out == ""
    assert ("names no input" in said.err) == (options != ["-q"])


@pytest.fixture
def foreign(tmp_path):
    """Return a list of a file that never was DICOM, and never will be."""
    (tmp_path / "liste.txt").write_text("no image", "utf-8")
    listed = tmp_path / "list.txt"
    listed.write_text(f"{tmp_path}/liste.txt\n", "utf-8")
    return listed


@pytest.mark.parametrize("command", ["organise", "scan", "explain", "check"])
def test_a_list_of_what_is_not_dicom_is_a_quiet_night(foreign, tmp_path, capsys, command):
    arguments = ["-o", str(tmp_path / "out")] if command == "organise" else []

    assert run([command, "--files-from", str(foreign), *arguments]) == 0

    assert not list(tmp_path.glob("out/[a-z]*"))
    assert not list(tmp_path.glob("out/.ductdicom/*.json"))
    assert "index.html" not in capsys.readouterr().out


def test_such_a_night_leaves_an_output_folder_as_it_was(export, foreign, tmp_path):
    organise(export, output=tmp_path / "out")
    before = files_of(tmp_path / "out")

    options = ["--files-from", str(foreign)]
    assert organise(output=tmp_path / "out", options=options, formats="png,html") == 0

    lock = ".ductdicom/lock"
    assert files_of(tmp_path / "out") | {lock: before[lock]} == before


@pytest.mark.parametrize("command", ["organise", "scan", "explain", "check"])
@pytest.mark.parametrize("lost", ["missing", "damaged", "typed"])
def test_what_is_lost_or_typed_makes_it_none(foreign, tmp_path, command, lost):
    inputs = [f"{tmp_path}/liste.txt"] if lost == "typed" else []
    if lost == "damaged":
        (tmp_path / "IM1").write_bytes(bytes(128) + b"DICM")
    if lost != "typed":
        foreign.write_text(f"{tmp_path}/liste.txt\n{tmp_path}/IM1\n", "utf-8")
    arguments = ["-o", str(tmp_path / "out")] if command == "organise" else []

    assert run([command, *inputs, "--files-from", str(foreign), *arguments]) == 3


def test_a_sheet_of_what_is_not_dicom_cannot_be_drawn(foreign, tmp_path):
    assert run(["sheet", "--files-from", str(foreign), "-o", f"{tmp_path}/out.png"]) == 3


def test_a_list_of_nothing_beside_an_input_is_no_quiet_night(export, tmp_path):
    (tmp_path / "list.txt").touch()
    options = ["--files-from", f"{tmp_path}/list.txt"]

    assert organise(export, output=tmp_path / "out", options=options) == 0
    assert len(read_records(tmp_path / "out")) == 1
