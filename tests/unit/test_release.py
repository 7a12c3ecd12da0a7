"""What a release does, what hinders it, and what the forge runs."""

import importlib
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
CHANGES = """# Changes

## [Unreleased] 0.1.0

### Added

- A thing.

## [0.0.9] - 2026-01-02

- Older.
"""


@pytest.fixture
def release(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    monkeypatch.delitem(sys.modules, "release", raising=False)
    return importlib.import_module("release")


@pytest.fixture
def repository(tmp_path):
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    (tmp_path / "ductdicom").mkdir()
    (tmp_path / "ductdicom" / "version.py").write_text('__version__ = "0.1.0"\n', "utf-8")
    (tmp_path / "CHANGELOG.md").write_text(CHANGES, "utf-8")
    _git(tmp_path, "init", "--quiet")
    _git(tmp_path, "add", ".")
    _git(tmp_path, "commit", "--quiet", "--message", "Begin")
    return tmp_path


def _git(folder, *words):
    who = ["-c", "user.name=Sample", "-c", "user.email=sample@example.org"]
    subprocess.run(["git", *who, *words], cwd=folder, check=True)


def test_nothing_hinders_a_release_of_what_is_committed(release, repository):
    assert release.obstacles("0.1.0", repository) == []
    assert release.obstacles("0.2.0", repository) == []


def test_what_hinders_a_release_is_said(release, repository):
    (repository / "CHANGELOG.md").write_text("# Changes\n\n## [Unreleased]\n", "utf-8")
    _git(repository, "tag", "v0.0.9")

    found = " | ".join(release.obstacles("0.0.9", repository))

    for words in ("older than 0.1.0", "nothing under", "not committed", "a tag v0.0.9"):
        assert words in found


@pytest.mark.parametrize("text", ["1", "v1.0.0", "1.0.0rc1", ""])
def test_what_is_no_version_is_refused(release, repository, text):
    (found,) = release.obstacles(text, repository)

    assert "is no version" in found


def test_the_changelog_gets_version_and_day_and_room_for_what_comes(release):
    assert release.with_release(CHANGES, "0.1.0", "2026-12-01").startswith(
        "# Changes\n\n## [Unreleased]\n\n## [0.1.0] - 2026-12-01\n\n### Added\n\n- A thing.\n"
    )


def test_the_version_is_written_where_the_package_has_it(release):
    text = (ROOT / "ductdicom" / "version.py").read_text("utf-8")

    assert '__version__ = "3.2.1"\n' in release.with_version(text, "3.2.1")
    assert release.with_version(text, "3.2.1").count("3.2.1") == 1


def test_a_dry_run_names_each_step_and_does_none(release, monkeypatch, capsys):
    monkeypatch.setattr(release, "obstacles", lambda _version: [])
    monkeypatch.setattr(release, "_run", lambda *words: pytest.fail(f"ran {words}"))

    assert release.main(["0.2.0", "--dry-run"]) == 0

    said = capsys.readouterr().out
    assert len(re.findall(r"^\d\. ", said, re.MULTILINE)) == len(release.steps("0.2.0"))
    for words in ("gate", "tag v0.2.0", "wheel and sdist", "bundle", "CycloneDX", "SHA256SUMS"):
        assert words in said


def test_what_is_hindered_is_not_begun(release, monkeypatch, capsys):
    monkeypatch.setattr(release, "obstacles", lambda _version: ["a reason"])
    monkeypatch.setattr(release, "_run", lambda *words: pytest.fail(f"ran {words}"))

    assert release.main(["0.2.0"]) == release.HINDERED
    assert "hinders: a reason" in capsys.readouterr().out


def test_a_step_that_fails_ends_the_release(release, monkeypatch, capsys):
    def fail():
        raise subprocess.CalledProcessError(1, "the gate")

    later = []
    monkeypatch.setattr(release, "obstacles", lambda _version: [])
    monkeypatch.setattr(release, "steps", lambda _: {"a": fail, "b": lambda: later.append(1)})

    assert release.main(["0.2.0"]) == 1
    assert later == []
    assert "stopped at step 1" in capsys.readouterr().out


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_each_action_is_pinned_by_a_commit_and_may_do_little(path):
    text = path.read_text("utf-8")
    workflow = yaml.safe_load(text)

    used = re.findall(r"uses: (.*)", text)
    assert used
    assert all(re.fullmatch(r"[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", each) for each in used)
    assert workflow["permissions"] == {"contents": "read"}
    for job in workflow["jobs"].values():
        assert job["timeout-minutes"]
        scripts = re.findall(r"scripts/\w+\.py", str(job))
        assert all((ROOT / script).is_file() for script in scripts)


def test_the_gate_runs_on_three_systems_and_all_pythons_that_are_promised(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    wheels = importlib.import_module("wheels")
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "gate.yml").read_text("utf-8"))

    matrix = workflow["jobs"]["gate"]["strategy"]["matrix"]
    assert matrix["python"] == list(wheels.PYTHONS)
    assert [name.partition("-")[0] for name in matrix["system"]] == ["ubuntu", "macos", "windows"]


@pytest.mark.parametrize(
    "name", [".github/ISSUE_TEMPLATE/bug.yml", ".github/pull_request_template.md", "SECURITY.md"]
)
def test_who_reports_is_asked_for_what_names_nobody(name):
    text = (ROOT / name).read_text("utf-8")

    assert "ductdicom check EXPORT" in text
    assert "ductdicom explain --report FILE" in text
    assert re.search("no patient's data|never send", text, re.IGNORECASE)
