"""Where inputs and results may lie, and what is said where they may not."""

import pytest
from exports import organise, read_records, write_ductogram

from ductdicom.cli.application import run

pytestmark = pytest.mark.integration


@pytest.fixture
def export(tmp_path):
    return write_ductogram(tmp_path / "export" / "CD1").parent


def test_the_output_may_lie_among_the_inputs_and_is_not_read_again(export):
    output = export / "results"

    codes = [organise(export, output=output, options=["--link", "copy"]) for _ in range(2)]

    assert codes == [0, 0]
    (record,) = read_records(output)
    assert len(record["instances"]) == 4


@pytest.mark.parametrize(
    ("place", "words"),
    [
        pytest.param("", "is input and output at once", id="the same folder"),
        pytest.param("CD1", "holds files that are no results", id="a folder of the inputs"),
    ],
)
@pytest.mark.parametrize("options", [[], ["--dry-run"]], ids=["", "dry run"])
def test_no_input_is_left_out_as_if_it_were_a_result(export, capsys, place, words, options):
    before = sorted(export.rglob("*"))

    code = organise(export, output=export / place, options=options)

    assert code == 2
    assert words in capsys.readouterr().err
    assert sorted(export.rglob("*")) == before


def test_inputs_in_the_output_folder_are_refused(export, capsys):
    assert organise(export / "CD1", output=export) == 2

    assert "INPUT 1 of 1: lies in the output folder" in capsys.readouterr().err


def test_decisions_may_wait_in_a_folder_for_its_first_run(export):
    output = export / "results"
    output.mkdir()
    text = '{"schema": "ductdicom.decisions/1", "decisions": []}'
    (output / "decisions.json").write_text(text, encoding="utf-8")

    assert organise(export, output=output) == 0


@pytest.mark.parametrize("name", [".ductdicom", "studies", "runs", "decisions"])
@pytest.mark.parametrize("options", [[], ["-n"]], ids=["run", "plan"])
def test_a_file_where_a_folder_of_ours_belongs_is_named_first(tmp_path, capsys, name, options):
    export = write_ductogram(tmp_path / "export")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / name).write_text("mine", "utf-8")

    assert organise(export, output=tmp_path / "out", options=options) == 4

    said = capsys.readouterr()
    assert f"{tmp_path}/out/{name}: is no folder" in said.err
    assert said.out == ""
    assert (tmp_path / "out" / name).read_text("utf-8") == "mine"
    assert not (tmp_path / "out" / "studies.jsonl").exists()


@pytest.mark.parametrize("command", ["summary", "prune -n", "apply"])
def test_so_it_is_by_commands_on_the_folder(tmp_path, capsys, command):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "runs").touch()

    assert run([*command.split(), str(tmp_path / "out")]) == 4

    assert "runs: is no folder" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["lock", "times.json"])
def test_a_folder_where_a_file_of_ours_belongs_is_named_with_what_to_do(tmp_path, capsys, name):
    export = write_ductogram(tmp_path / "export")
    place = tmp_path / "out" / ".ductdicom" / name
    place.mkdir(parents=True)

    assert organise(export, output=tmp_path / "out") == 4

    said = capsys.readouterr().err
    assert f"{place}: could not be " in said
    assert "a folder lies where a file of ours belongs, move it away" in said


def test_a_file_in_the_place_of_a_study_is_named_with_what_to_do(tmp_path, capsys):
    export, output = write_ductogram(tmp_path / "export"), tmp_path / "out"
    assert organise(export, output=output) == 0
    (study,) = (output / "studies").iterdir()
    study.rename(tmp_path / "elsewhere")
    study.write_text("mine", "utf-8")

    assert organise(export, output=output) == 4

    said = capsys.readouterr().err
    assert study.name in said
    assert "a file lies where a folder of ours belongs, move it away" in said
    assert study.read_text("utf-8") == "mine"
