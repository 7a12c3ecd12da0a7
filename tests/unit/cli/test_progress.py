import json
import sys
from datetime import UTC, datetime

import pytest

import ductdicom.cli.progress as progress_module
from ductdicom.cli.progress import show_progress


def test_machine_readable_progress_is_json(capsys):
    with show_progress(is_quiet=False, as_json=True) as progress:
        progress("draw", 3, 3)

    (line,) = capsys.readouterr().err.splitlines()
    event = json.loads(line)
    assert event.pop("per_second") > 0
    assert datetime.fromisoformat(event.pop("time")).tzinfo is UTC
    assert event == {
        "level": "info",
        "event": "progress",
        "stage": "draw",
        "done": 3,
        "total": 3,
        "seconds_left": 0.0,
    }


def test_away_from_a_terminal_the_last_step_is_said_in_a_line(capsys):
    with show_progress(is_quiet=False, as_json=False) as progress:
        progress("scan", 1, None)
        progress("draw", 2, 2)

    captured = capsys.readouterr()
    assert captured.out == ""
    assert "drawing studies: 2 of 2" in captured.err
    assert "\x1b" not in captured.err


def test_a_line_has_a_rate_and_the_time_left(capsys, monkeypatch):
    seconds = iter([0.0, 1.0, 4.0, 11.0])
    monkeypatch.setattr(progress_module, "monotonic", lambda: next(seconds))
    with show_progress(is_quiet=False, as_json=False) as progress:
        progress("scan", 9, None)
        progress("draw", 6, 40)
        progress("draw", 20, 40)

    assert capsys.readouterr().err == "drawing studies: 20 of 40 (2.0 studies/s, 10 s left)\n"


def test_a_terminal_gets_a_bar_that_is_gone_in_the_end(capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with show_progress(is_quiet=False, as_json=False) as progress:
        for done in range(101):
            progress("scan", done, None)
            progress("draw", done, 100)

    assert "drawing studies" in capsys.readouterr().err


@pytest.mark.parametrize("as_json", [True, False])
def test_quiet_says_nothing(capsys, as_json):
    with show_progress(is_quiet=True, as_json=as_json) as progress:
        progress("draw", 2, 2)

    assert capsys.readouterr() == ("", "")
