import json

import pytest

from ductdicom.cli.progress import show_progress


def test_machine_readable_progress_is_json(capsys):
    with show_progress(is_quiet=False, as_json=True) as progress:
        progress("draw", 3, 3)

    (line,) = capsys.readouterr().err.splitlines()
    assert json.loads(line) == {"event": "progress", "stage": "draw", "done": 3, "total": 3}


def test_away_from_a_terminal_the_last_step_is_said_in_a_line(capsys):
    with show_progress(is_quiet=False, as_json=False) as progress:
        progress("scan", 1, None)
        progress("draw", 2, 2)

    captured = capsys.readouterr()
    assert captured.out == ""
    assert "drawing studies: 2 of 2" in captured.err
    assert "\x1b" not in captured.err


@pytest.mark.parametrize("as_json", [True, False])
def test_quiet_says_nothing(capsys, as_json):
    with show_progress(is_quiet=True, as_json=as_json) as progress:
        progress("draw", 2, 2)

    assert capsys.readouterr() == ("", "")
