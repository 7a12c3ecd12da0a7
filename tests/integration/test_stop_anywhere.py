"""Runs that are killed, that fill the disk, or that read what they must not write to."""

import json
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from exports import files_of, organise, results_of, write_ductogram

from ductdicom.phantom.spec import Person

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(sys.platform == "win32", reason="kills and mounts as POSIX systems do"),
]
KILLS = 8


@pytest.fixture(scope="module")
def export(tmp_path_factory):
    folder = tmp_path_factory.mktemp("killed") / "export"
    for number in range(1, 7):
        person = Person(name=f"SAMPLE^{number}", patient_id=f"SAMPLE-9{number}")
        write_ductogram(
            folder / f"P{number}", day=f"2026010{number}", study=f"2.25.96{number}", person=person
        )
    return folder


def _command(export, output, cache, jobs):
    return [
        *(sys.executable, "-m", "ductdicom", "organise", str(export), "-o", str(output)),
        *("-j", str(jobs), "--format", "png,html", "--link", "copy", "--cache", str(cache)),
    ]


def _is_whole(path):
    content = path.read_bytes()
    if path.suffix == ".png":
        return content.endswith(b"IEND\xaeB`\x82")
    if path.suffix == ".json":
        json.loads(content)
    if path.suffix == ".html":
        return content.rstrip().endswith(b"</html>")
    return bool(content) or path.suffix == ".jsonl"


@pytest.mark.parametrize("jobs", [pytest.param(1, marks=pytest.mark.slow), 2])
def test_a_run_killed_at_any_moment_leaves_whole_files_and_the_next_ends_alike(
    export, tmp_path, jobs
):
    undisturbed, output = tmp_path / "undisturbed", tmp_path / "out"
    cache = tmp_path / "cache"
    subprocess.run(_command(export, undisturbed, cache, jobs), check=True, capture_output=True)
    (output / ".ductdicom").mkdir(parents=True)
    shutil.copy(undisturbed / ".ductdicom" / "key", output / ".ductdicom" / "key")
    files = len(files_of(undisturbed))
    chance = random.Random(jobs)
    for _ in range(KILLS):
        # Kill when so many files are there, temporary ones included: earlier or later each time.
        until = chance.randrange(files)
        run = subprocess.Popen(
            _command(export, output, cache, jobs),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        with run:
            while run.poll() is None and sum(1 for _ in output.rglob("*")) < until:
                os.sched_yield()
            if run.poll() is None:
                os.killpg(run.pid, 9)
        visible = [p for p in output.rglob("*") if p.is_file() and not p.name.startswith(".part-")]
        assert all(_is_whole(path) for path in visible if ".ductdicom" not in path.parts)

    last = subprocess.run(_command(export, output, cache, jobs), check=False, capture_output=True)

    assert last.returncode == 0
    assert results_of(output) == results_of(undisturbed)


@pytest.mark.skipif(shutil.which("mount") is None, reason="mount is not installed")
def test_a_full_disk_ends_with_its_code_and_the_next_run_goes_on(export, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=600k", "tmpfs", disk],
        check=False,
        capture_output=True,
    )
    if mount.returncode:
        pytest.skip("a small file system cannot be mounted here")
    try:
        code = organise(export, output=disk / "out", formats="png,pdf,html,dicom")
        visible = [p for p in disk.rglob("*") if p.is_file() and ".ductdicom" not in p.parts]
        assert code == 4
        assert not [path for path in visible if path.name.startswith(".part-")]
        assert all(_is_whole(path) for path in visible)

        subprocess.run(["mount", "-o", "remount,size=64m", disk], check=True)
        assert organise(export, output=disk / "out", formats="png,pdf,html,dicom") == 0
    finally:
        subprocess.run(["umount", disk], check=True)


def test_the_input_is_left_as_it_was(export, tmp_path):
    def state():
        return {
            path: (path.stat().st_mtime_ns, path.stat().st_mode, path.stat().st_size)
            for path in [export, *sorted(export.rglob("*"))]
        }

    before = state()
    for path in before:
        path.chmod(0o555 if path.is_dir() else 0o444)
    try:
        locked = state()
        code = organise(export, output=tmp_path / "out", options=["--link", "copy"])
        after = state()
    finally:
        for path, (_, mode, _) in before.items():
            path.chmod(mode)

    assert code == 0
    assert after == locked


def test_a_copy_that_is_not_what_it_was_is_an_error(export, tmp_path, monkeypatch, capsys):
    replace = Path.replace

    def damage(self, target):
        if Path(target).suffix == ".dcm":
            self.write_bytes(b"something else")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", damage)

    assert organise(export / "P1", output=tmp_path / "out", options=["--link", "copy"]) == 4
    assert "differs from" in capsys.readouterr().err


def test_three_thousand_files_in_one_folder(tmp_path):
    folder = write_ductogram(tmp_path / "export")
    for number in range(3000):
        (folder / f"note {number}.txt").write_bytes(b"text")

    assert organise(folder, output=tmp_path / "out") == 0
    rows = (tmp_path / "out" / "ledger.csv").read_text("utf-8").splitlines()
    assert len(rows) == 1 + 3004


def test_an_export_sixty_folders_deep(tmp_path):
    folder = tmp_path.joinpath("export", *(f"F{number}" for number in range(60)))
    write_ductogram(folder)

    assert organise(tmp_path / "export", output=tmp_path / "out") == 0
    assert len((tmp_path / "out" / "ledger.csv").read_text("utf-8").splitlines()) == 1 + 4
