"""What a person sees on a terminal while a run goes on."""

import os
import re
import subprocess
import sys

import pytest
from exports import write_ductogram

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(sys.platform == "win32", reason="that system has no pseudo-terminals"),
]


def _run_on_a_terminal(arguments):
    """Return what a command said on its terminal, and on standard output apart from it."""
    try:
        leader, follower = os.openpty()
    except OSError as error:
        pytest.skip(f"no pseudo-terminal can be had here: {error}")
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "120"}
    with subprocess.Popen(
        [sys.executable, "-m", "ductdicom", *arguments],
        stdout=subprocess.PIPE,
        stderr=follower,
        env=environment,
    ) as process:
        os.close(follower)
        shown = b""
        while True:
            try:
                part = os.read(leader, 1 << 16)
            except OSError:  # the last who could write to it is gone
                break
            if not part:
                break
            shown += part
        out = process.stdout.read()
    os.close(leader)
    return process.returncode, shown.decode(), out.decode()


def test_a_terminal_has_rates_and_the_time_left_and_standard_output_only_results(tmp_path):
    for number in range(4):
        write_ductogram(tmp_path / "export" / str(number), study=f"2.25.93{number}")
    arguments = ["organise", str(tmp_path / "export"), "-o", str(tmp_path / "out"), "-j", "1"]

    code, shown, out = _run_on_a_terminal([*arguments, "--format", "png", "--dpi", "72"])

    assert code == 0
    assert re.search(r"reading headers[^\r]* files/s", shown)
    assert re.search(r"drawing studies.*4/4.*studies/s", shown)
    assert re.search(r"\d:\d\d:\d\d", shown)  # elapsed, and then what is left
    assert "\x1b" not in out
    assert out.startswith("4 studies from 16 inputs\n")
