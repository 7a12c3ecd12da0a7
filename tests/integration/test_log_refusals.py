"""Under ``--log-json`` every line on standard error is JSON, however early a command ends."""

import json
import os
import subprocess
import sys

import pytest
from exports import write_ductogram

from ductdicom.cli.application import COMMANDS, run

pytestmark = pytest.mark.integration


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Return a folder, which is the working one, with an export and what is wrong."""
    write_ductogram(tmp_path / "export")
    (tmp_path / "a-file").write_text("in the way", "utf-8")
    (tmp_path / "bad.json").write_text("{bad", "utf-8")
    (tmp_path / "bad.toml").write_text("jobs = [", "utf-8")
    (tmp_path / "odd.toml").write_text("log-json = true\nonly = 'nonsense'", "utf-8")
    (tmp_path / "text").mkdir()
    (tmp_path / "text" / "liste.txt").write_text("no image", "utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _only_event(capsys):
    said = capsys.readouterr().err.splitlines()
    events = [json.loads(line) for line in said]
    (end,) = [event for event in events if event["event"] == "end"]
    assert {"time", "level", "event", "exit_code", "message"} <= end.keys()
    assert end["level"] == "error"
    return end


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        pytest.param(["missing", "-o", "out"], 2, "no such file", id="input"),
        pytest.param(["-o", "out"], 2, "no input", id="no input"),
        pytest.param(["export"], 2, "no output folder", id="no output"),
        pytest.param(["export", "-o", "a-file"], 4, "a-file", id="unwritable output"),
        pytest.param(["text", "-o", "out"], 3, "none of 1 inputs", id="nothing readable"),
        pytest.param(
            ["export", "-o", "out", "--decisions", "bad.json"], 2, "bad.json", id="decisions"
        ),
        pytest.param(["export", "-o", "out", "--config", "bad.toml"], 2, "bad.toml", id="config"),
        pytest.param(["export", "-o", "out", "--rules", "none.toml"], 2, "none.toml", id="rules"),
        pytest.param(["export", "-o", "out", "-j", "many"], 2, "many", id="value"),
        pytest.param(["export", "-o", "out", "--nonsense"], 2, "--nonsense", id="option"),
        pytest.param(["export", "-o"], 2, "requires an argument", id="no value"),
        pytest.param(["--files-from", "none.txt", "-o", "out"], 2, "none.txt", id="list"),
    ],
)
def test_a_refusal_is_an_event(folder, capsys, arguments, code, words):
    assert run(["organise", "--log-json", *arguments]) == code

    end = _only_event(capsys)
    assert end["exit_code"] == code
    assert words in end["message"]


def test_so_is_an_output_folder_in_use(folder, capsys):
    first = [sys.executable, "-c", "import sys; from ductdicom.export.output import open_output"]
    first[-1] += "\nfrom ductdicom.settings import Phi\nfrom pathlib import Path"
    first[-1] += "\nwith open_output(Path('out'), Phi.MINIMAL):\n  print(flush=True); input()"
    with subprocess.Popen(first, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        other.stdout.readline()
        code = run(["organise", "export", "-o", "out", "--log-json"])
        other.communicate(b"\n")

    assert code == 4
    assert "out" in _only_event(capsys)["message"]


def test_the_environment_and_the_configuration_may_ask_for_it(folder, capsys, monkeypatch):
    assert run(["organise", "export", "-o", "out", "--config", "odd.toml"]) == 2
    assert "nonsense" in _only_event(capsys)["message"]

    with monkeypatch.context() as patch:
        patch.setenv("DUCTDICOM_LOG_JSON", "1")
        assert run(["scan", "missing"]) == 2
        assert _only_event(capsys)["message"].startswith("INPUT 1 of 1: no such file")


def test_what_is_no_failure_is_a_notice(folder, capsys):
    (folder / "empty.txt").touch()

    assert run(["organise", "--files-from", "empty.txt", "-o", "out", "--log-json"]) == 0

    (event,) = map(json.loads, capsys.readouterr().err.splitlines())
    assert event["event"] == "notice"
    assert event["message"] == "the list names no input, nothing is to be done"


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_no_command_says_of_a_wrong_option_in_plain_words(capsys, command):
    assert run([command, "--log-json", "--nonsense"]) == 2

    assert _only_event(capsys)["exit_code"] == 2


def test_without_it_refusals_are_words_also_after_a_command_that_had_it(folder, capsys):
    run(["organise", "missing", "-o", "out", "--log-json"])
    capsys.readouterr()

    assert run(["organise", "missing", "-o", "out"]) == 2

    said = capsys.readouterr().err
    assert said == "ductdicom: INPUT 1 of 1: no such file or folder\n"
    assert run(["scan", "--", "--log-json"]) == 2
    assert capsys.readouterr().err.startswith("ductdicom: INPUT 1 of 1")


def test_a_bug_is_one_event_without_the_words_of_the_error(folder, capsys, monkeypatch):
    def stumble(*_arguments):
        raise ValueError("quotes a header")

    monkeypatch.setattr("ductdicom.cli.batch.organise.all_inputs", lambda *_, **__: stumble())

    assert run(["organise", "export", "-o", "out", "--log-json"]) == 70

    end = _only_event(capsys)
    assert "this is a bug" in end["message"]
    assert "quotes a header" not in end["message"]
    assert os.linesep not in end["message"]
