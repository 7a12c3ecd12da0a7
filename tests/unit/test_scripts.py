"""What the scripts around the gate rely on."""

import importlib
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import settings

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"


def _script(name, monkeypatch):
    monkeypatch.syspath_prepend(str(SCRIPTS))
    monkeypatch.delitem(sys.modules, name, raising=False)
    return importlib.import_module(name)


@pytest.fixture
def bare(monkeypatch):
    return _script("bare", monkeypatch)


def test_the_gate_draws_no_lots(pytestconfig):
    is_exploring = pytestconfig.getoption("--hypothesis-profile") == "explore"

    assert settings().derandomize is not is_exploring


def test_only_all_runs_slow_tests_and_explores(monkeypatch):
    check = _script("check", monkeypatch)
    ran = []

    def run(command, **_options):
        ran.append(command)
        return subprocess.CompletedProcess(command, returncode=0)

    monkeypatch.setattr(subprocess, "run", run)

    assert check.main(["tests"]) == 0
    assert check.main(["--all", "tests"]) == 0
    gate, everything = ran
    assert "not slow" in gate
    assert "--hypothesis-profile=explore" not in gate
    assert "not slow" not in everything
    assert "--hypothesis-profile=explore" in everything


def test_a_root_comes_from_where_this_machine_has_its_packages(bare):
    targets = """
http://a.test/debian/ bookworm main
http://a.test/debian/ bookworm contrib
http://a.test/debian/ bookworm-updates main
https://b.test/security/ bookworm-security main
http://c.test/other/ nodistro main
file:/srv/mirror/ bookworm main
""".strip()

    assert bare.sources(targets, "bookworm", "trixie") == [
        "deb http://a.test/debian/ trixie main",
        "deb http://a.test/debian/ trixie-updates main",
        "deb https://b.test/security/ trixie-security main",
    ]
    assert bare.sources(targets, "-", "trixie") == []


def test_paths_that_a_configuration_names(bare):
    text = """
[global]
index-url = https://name:word@a.test/simple/
find-links = /srv/wheels /srv/more
extra-index-url = file:///srv/index/simple https://b.test/simple
cert=/etc/certs/own.crt
no-binary = a/b
"""

    assert bare.named_paths(text) == {
        Path("/srv/wheels"),
        Path("/srv/more"),
        Path("/srv/index"),
        Path("/etc/certs/own.crt"),
    }


def test_where_no_root_can_be_had_the_code_says_so(bare, monkeypatch, capsys):
    monkeypatch.setattr(os, "geteuid", lambda: 1000, raising=False)
    monkeypatch.setattr(sys, "argv", ["bare.py", "--release", "12"])
    monkeypatch.setattr(bare.signal, "signal", lambda *_: None)

    assert bare.main() == bare.NO_ROOT
    assert "only root can make one" in capsys.readouterr().out
