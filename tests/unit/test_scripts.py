"""What the scripts around the gate rely on."""

import ast
import importlib
import json
import os
import subprocess
import sys
from importlib.metadata import packages_distributions, version
from pathlib import Path

import pytest
from hypothesis import settings
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

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


@pytest.fixture
def wheels(monkeypatch):
    return _script("wheels", monkeypatch)


def _answer(monkeypatch, answer):
    """Let other programs answer so, and return the commands that they were called with."""
    commands = []

    def run(command, **_options):
        commands.append(command)
        return answer(command)

    monkeypatch.setattr(subprocess, "run", run)
    return commands


def test_every_dependency_stands_with_its_wheels_in_the_docs(wheels):
    page = (SCRIPTS.parent / "docs" / "reference" / "dependencies.md").read_text("utf-8")
    everywhere = {
        (python, platform): set(wheels.read_requirements())
        for python in wheels.PYTHONS
        for platform in wheels.PLATFORMS
    }

    assert wheels.make_table(wheels.read_requirements(), everywhere) in page


def test_what_is_imported_is_declared(wheels):
    declared = {canonicalize_name(Requirement(each).name) for each in wheels.read_requirements()}
    owners = packages_distributions()
    modules = [ast.parse(path.read_bytes()) for path in SCRIPTS.parent.glob("ductdicom/**/*.py")]
    names = set()
    for node in (node for module in modules for node in ast.walk(module)):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module.partition(".")[0])

    outside = names - sys.stdlib_module_names - {"ductdicom"}
    missing = {
        name
        for name in outside & owners.keys()
        if not declared & {canonicalize_name(owner) for owner in owners[name]}
    }
    assert missing == set()


def test_what_is_resolved_comes_from_wheels_and_is_not_installed(wheels, monkeypatch):
    def answer(command):
        report = next(word for word in command if word.startswith("--report="))
        found = {"install": [{"metadata": {"name": "NumPy", "version": "2.4.6"}}]}
        Path(report.removeprefix("--report=")).write_text(json.dumps(found), "utf-8")
        return subprocess.CompletedProcess(command, returncode=0)

    commands = _answer(monkeypatch, answer)

    found = wheels.resolve(["numpy>=2.0"], ("3.14", "Windows x86-64"))

    assert found == {"numpy": "2.4.6"}
    (command,) = commands
    assert {"--dry-run", "--only-binary=:all:", "--python-version=3.14"} <= set(command)
    assert "--platform=win_amd64" in command


def test_a_wheel_that_is_missing_is_named_and_no_other(wheels, monkeypatch, capsys):
    def resolve(requirements, place):
        return None if "old" in requirements and place[0] == "3.14" else {}

    monkeypatch.setattr(wheels, "resolve", resolve)
    monkeypatch.setattr(wheels, "read_requirements", lambda: {"new": "", "old": "pacs"})

    assert wheels.main([]) == 1

    lines = capsys.readouterr().out.splitlines()
    assert lines[-2].split("|")[1:4] == [" `new` ", "  ", " 3.11 to 3.14 "]
    assert lines[-1].split("|")[1:4] == [" `old` ", " pacs ", " 3.11, 3.12, 3.13 "]


def test_the_parts_of_an_installation_are_listed_with_who_needs_them(monkeypatch):
    components = _script("components", monkeypatch)

    document = components.list_components()

    assert (document["bomFormat"], document["specVersion"]) == ("CycloneDX", "1.6")
    assert document["metadata"]["component"]["name"] == "ductdicom"
    parts = {part["name"].lower(): part for part in document["components"]}
    assert parts["numpy"]["purl"] == f"pkg:pypi/numpy@{version('numpy')}"
    assert all(part["licenses"] for part in parts.values())
    assert "ruff" not in parts
    needs = {item["ref"]: item["dependsOn"] for item in document["dependencies"]}
    assert parts["numpy"]["bom-ref"] in needs[parts["imagecodecs"]["bom-ref"]]
    assert document == components.list_components()


def test_a_part_that_is_not_installed_is_named(monkeypatch, capsys):
    components = _script("components", monkeypatch)
    monkeypatch.setattr(components, "PROJECT", "no-such-package")

    assert components.main([]) == 1
    assert "no-such-package" in capsys.readouterr().err


def _audited(**of_numpy):
    return {"dependencies": [{"name": "numpy", "version": "2.4.6"} | of_numpy]}


@pytest.mark.parametrize(
    ("said", "code", "words"),
    [
        pytest.param(_audited(vulns=[]), 0, "1 of 1 packages, 0 known", id="nothing is known"),
        pytest.param(
            _audited(vulns=[{"id": "PYSEC-1", "fix_versions": ["2.5"]}]),
            1,
            "PYSEC-1, mended in 2.5",
            id="a weakness",
        ),
        pytest.param(
            _audited(vulns=[{"id": "PYSEC-1", "fix_versions": []}]),
            1,
            "mended in no version",
            id="a weakness that is not mended",
        ),
        pytest.param(
            _audited(skip_reason="not found"), 77, "nothing was audited", id="not found there"
        ),
        pytest.param(None, 77, "cannot be reached", id="no connection"),
    ],
)
def test_an_audit_says_what_it_could_not_tell(monkeypatch, capsys, said, code, words):
    audit = _script("audit", monkeypatch)
    monkeypatch.setattr(audit, "installed", lambda _extras: {"numpy": []})
    monkeypatch.setattr(audit.importlib.util, "find_spec", lambda _name: object())
    answer = "" if said is None else json.dumps(said)
    _answer(
        monkeypatch,
        lambda command: subprocess.CompletedProcess(command, 1, stdout=answer, stderr="offline"),
    )

    assert audit.main([]) == code
    assert words in capsys.readouterr().out


def test_an_audit_without_its_tool_says_how_to_get_it(monkeypatch, capsys):
    audit = _script("audit", monkeypatch)
    monkeypatch.setattr(audit.importlib.util, "find_spec", lambda _name: None)

    assert audit.main([]) == 77
    assert "ductdicom[release]" in capsys.readouterr().out
