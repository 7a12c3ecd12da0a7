"""What the shells complete, as the page on installing sets it up; where a shell is installed."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "how-to" / "install.md").read_text("utf-8")
pytestmark = pytest.mark.integration

# Each sets completion up by the page's own words, and asks what there is for what was typed.
SHELLS = {
    "bash": r"""
        {setup}
        COMP_WORDS=({words}); COMP_CWORD={last}
        _ductdicom_completion ductdicom
        printf '%s\n' "${{COMPREPLY[@]}}"
    """,
    "zsh": r"""
        compdef() {{ :; }}
        {setup}
        # Outside of the line editor nothing can be offered: what would be is printed.
        _describe() {{ eval print -rl -- "\${{$3[@]}}" "\${{$2[@]}}"; }}
        compadd() {{ print -rl -- "$@"; }}
        words=({words}); CURRENT={last}+1
        _ductdicom_completion
    """,
    "fish": """
        {setup}
        source ~/.config/fish/completions/ductdicom.fish
        complete --do-complete "{words}"
    """,
}


def _setup(shell):
    """Return what the page says to put into the shell's file, or to run once."""
    line = re.search(
        rf"^\| {shell} \| .*`(.*_DUCTDICOM_COMPLETE={shell}_source .*)` \|$", PAGE, re.MULTILINE
    )
    return line[1]


@pytest.fixture
def completed(tmp_path):
    """Return what a shell offers for a line, each with its description where there is one."""
    program = tmp_path / "ductdicom"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m ductdicom "$@"\n', "utf-8")
    program.chmod(0o755)

    def ask(shell, line):
        if shutil.which(shell) is None:
            pytest.skip(f"{shell} is not installed")
        script = SHELLS[shell].format(setup=_setup(shell), words=line, last=len(line.split()) - 1)
        environment = {
            **os.environ,
            "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "HOME": str(tmp_path),
            "XDG_CONFIG_HOME": str(tmp_path / ".config"),
        }
        (tmp_path / ".config" / "fish" / "completions").mkdir(parents=True)
        command = [shell, *(["-f"] if shell == "zsh" else []), "-c", script]
        done = subprocess.run(
            command, capture_output=True, check=False, text=True, env=environment, cwd=tmp_path
        )
        assert done.stderr == ""
        return done.stdout

    return ask


def test_a_command_is_completed(completed):
    offered = completed("bash", "ductdicom orga")

    assert offered.split() == ["organise"]


@pytest.mark.parametrize("shell", SHELLS)
def test_an_option_of_a_command_is_completed(completed, shell):
    offered = completed(shell, "ductdicom organise --all")

    assert "--all-studies" in offered
    assert "--format" not in offered
