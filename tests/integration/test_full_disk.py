"""File systems that are full or read-only, mounted where nobody else sees them."""

import json
import shutil
import subprocess
import sys

import numpy as np
import pytest
from exports import OF_ONE_RUN, files_of, results_of, write_ductogram

from ductdicom.phantom.spec import Person

pytestmark = pytest.mark.integration

LARGE = np.pad(np.full((600, 280), 2000, np.uint16), ((0, 0), (0, 120)))  # half a megabyte
STUDIES = 3
COMMANDS = r"""
disk=$1; kept=$2; size=$3; shift 3
mount -t tmpfs -o "size=$size" tmpfs "$disk" || exit 99
if [ -d "$kept/before" ]; then cp -a "$kept/before/." "$disk"; fi
"$@" >"$kept/said-1" 2>"$kept/error-1"; echo $? >"$kept/code-1"
cp -a "$disk" "$kept/after-1"
mount -o remount,size=64m "$disk"
"$@" >"$kept/said-2" 2>"$kept/error-2"; echo $? >"$kept/code-2"
cp -a "$disk" "$kept/after-2"
mount -o remount,ro "$disk"
"$@" --force >"$kept/said-3" 2>"$kept/error-3"; echo $? >"$kept/code-3"
"""


@pytest.fixture(scope="module", autouse=True)
def _can_mount():
    if sys.platform != "linux" or not shutil.which("unshare"):
        pytest.skip("private mounts need Linux and unshare")
    probe = ["unshare", "-m", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    if subprocess.run(probe, check=False, capture_output=True).returncode:
        pytest.skip("mounting is not allowed here")


@pytest.fixture(scope="module")
def export(tmp_path_factory):
    folder = tmp_path_factory.mktemp("full") / "export"
    for number in range(1, STUDIES + 1):
        person = Person(name=f"SAMPLE^{number}", patient_id=f"SAMPLE-7{number}")
        day, study = f"2026010{number}", f"2.25.99{number}"
        write_ductogram(folder / f"P{number}", day=day, study=study, person=person, pixels=LARGE)
    return folder


def _command(export, output, cache):
    return [
        *(sys.executable, "-m", "ductdicom", "organise", str(export), "-o", str(output)),
        *("-j", "1", "--format", "png,html", "--dpi", "72", "--link", "copy"),
        *("--cache", str(cache)),
    ]


@pytest.fixture(scope="module")
def undisturbed(export, tmp_path_factory):
    folder = tmp_path_factory.mktemp("undisturbed")
    command = _command(export, folder / "out", folder / "cache")
    subprocess.run(command, check=True, capture_output=True)
    return folder / "out"


class _Runs:
    """What three runs on a disk said: when it was full, had room, and was read-only."""

    def __init__(self, folder):
        self.folder = folder

    def code(self, number):
        return int((self.folder / f"code-{number}").read_text())

    def error(self, number):
        return (self.folder / f"error-{number}").read_text("utf-8")


def _run_on_disk(tmp_path, size, command, undisturbed=None):
    disk, kept = tmp_path / "disk", tmp_path / "kept"
    disk.mkdir()
    kept.mkdir()
    if undisturbed is not None:  # names of studies come from the key of the folder
        state = kept / "before" / "out" / ".ductdicom"
        state.mkdir(parents=True)
        shutil.copy(undisturbed / ".ductdicom" / "key", state)
    arguments = [str(disk), str(kept), size, *command]
    subprocess.run(["unshare", "-m", "sh", "-c", COMMANDS, "sh", *arguments], check=True)
    return _Runs(kept)


def test_a_full_disk_is_said_and_the_next_run_ends_alike(export, undisturbed, tmp_path):
    disk = tmp_path / "disk"
    command = _command(export, disk / "out", tmp_path / "cache")

    runs = _run_on_disk(tmp_path, "3m", command, undisturbed)

    whole = results_of(undisturbed)
    left = {name: content for name, (content, _) in files_of(runs.folder / "after-1/out").items()}
    assert runs.code(1) == 4
    assert f"ductdicom: {disk}/out/studies/" in runs.error(1)
    assert "No space left on device" in runs.error(1)
    assert "make room there and run again" in runs.error(1)
    finished = sum(name.endswith("study.json") for name in left)
    assert finished in range(1, STUDIES)
    assert len(left.pop("studies.jsonl").splitlines()) == finished
    assert left.pop("index.html")
    assert left.pop("worklist.csv")
    assert all(left.pop(name) for name in OF_ONE_RUN)
    assert json.loads(left.pop("summary.json"))["exit_code"] == 4
    left = {name: left[name] for name in left if not name.endswith("/.unfinished.json")}
    assert {name: whole.get(name) for name in left} == left  # whole, or not there
    assert "ledger.csv" in left
    assert runs.code(2) == 0
    assert results_of(runs.folder / "after-2" / "out") == whole
    assert runs.code(3) == 4
    assert "Read-only file system" in runs.error(3)


@pytest.mark.parametrize("size", [pytest.param("4k", marks=pytest.mark.slow), "40k"])
def test_a_catalogue_without_room_costs_only_time(export, undisturbed, tmp_path, size):
    output = tmp_path / "out"
    (output / ".ductdicom").mkdir(parents=True)
    shutil.copy(undisturbed / ".ductdicom" / "key", output / ".ductdicom" / "key")

    runs = _run_on_disk(tmp_path, size, _command(export, output, tmp_path / "disk" / "cache"))

    assert [runs.code(number) for number in (1, 2, 3)] == [0, 0, 0]
    assert "Traceback" not in runs.error(1) + runs.error(2) + runs.error(3)
    assert results_of(output) == results_of(undisturbed)
