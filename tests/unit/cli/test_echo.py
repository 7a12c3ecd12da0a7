import json

import pytest

from ductdicom.cli import application
from ductdicom.cli.echo import say, say_json

STEERING = "a\x1b[31m\x9b2J\u202eb\nc\udcff"


@pytest.mark.parametrize("is_result", [True, False])
def test_nothing_that_is_said_steers_a_terminal(capsys, is_result):
    say(STEERING, is_result=is_result)

    captured = capsys.readouterr()
    said = captured.out if is_result else captured.err
    assert said == "a·[31m·2J·b·c·\n"
    assert captured.out + captured.err == said


def test_json_says_all_of_it_and_steers_nothing(capsys):
    say_json({"text": STEERING, "word": "Galaktographie für 造影"})

    (line,) = capsys.readouterr().out.splitlines()
    assert line.isprintable()
    assert "für 造影" in line
    assert json.loads(line)["text"] == STEERING


def test_a_bug_is_reported_by_its_place_and_not_in_its_words(capsys, monkeypatch):
    def fail():
        raise ValueError("ZULU^SAMPLE is no number")

    monkeypatch.setattr("ductdicom.cli.admin.doctor.examine", fail)

    assert application.run(["doctor"]) == 70

    said = capsys.readouterr().err
    assert "please report" in said
    assert "test_echo.py" in said
    assert said.endswith("ValueError\n")
    assert "ZULU" not in said
