"""Runs that are asked to end, at any moment: they account for what they have read and drawn."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from time import monotonic

import pytest
from exports import files_of, organise, read_records, results_of, write_ductogram
from stopping import stop_after_first

import ductdicom.pipeline.read as reading
import ductdicom.pipeline.run as pipeline
from ductdicom.phantom.spec import Person
from ductdicom.pipeline import fingerprints

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(sys.platform == "win32", reason="sends signals of POSIX"),
]
STUDIES = 3
MANY = 12


# An interrupt when a module first asks for the one that stands before the other arguments.
EARLY = """
import runpy, sys
wanted = sys.argv.pop(1)
class Interrupted:
    def find_spec(self, name, path=None, target=None):
        if name == wanted:
            raise KeyboardInterrupt
sys.meta_path.insert(0, Interrupted())
runpy.run_module("ductdicom", run_name="__main__")
"""


def _write(folder, count):
    for number in range(1, count + 1):
        person = Person(name=f"SAMPLE^{number}", patient_id=f"SAMPLE-9{number}")
        day, study = f"202601{number:02d}", f"2.25.97{number}"
        write_ductogram(folder / f"P{number:02d}", day=day, study=study, person=person)
    return folder


@pytest.fixture(scope="module")
def export(tmp_path_factory):
    return _write(tmp_path_factory.mktemp("few") / "export", STUDIES)


@pytest.fixture(scope="module")
def large_export(tmp_path_factory):
    return _write(tmp_path_factory.mktemp("many") / "export", MANY)


def _rows(output):
    return len((output / "ledger.csv").read_text("utf-8").splitlines()) - 1


def _summary(output):
    return json.loads((output / "summary.json").read_text("utf-8"))


@pytest.mark.parametrize(
    ("name", "jobs", "to_all"),
    [
        pytest.param("SIGINT", 1, False, id="Ctrl-C in one process"),
        pytest.param(
            "SIGTERM", 1, False, id="request to end in one process", marks=pytest.mark.slow
        ),
        pytest.param("SIGHUP", 1, False, id="terminal that closes", marks=pytest.mark.slow),
        pytest.param("SIGTERM", 2, False, id="request to the parent of workers"),
        pytest.param("SIGTERM", 2, True, id="request to the workers too", marks=pytest.mark.slow),
        pytest.param("SIGHUP", 2, True, id="terminal that closes over workers"),
    ],
)
def test_a_run_that_is_asked_to_end_accounts_for_what_it_did(
    large_export, tmp_path, name, jobs, to_all
):
    output = tmp_path / "out"
    options = ("-j", str(jobs), "--format", "png,html", "--cache", tmp_path / "cache")
    send = os.killpg if to_all else os.kill

    code, said = stop_after_first(
        large_export, output, options, lambda process: send(process, getattr(signal, name))
    )

    assert code == 130
    assert b"Traceback" not in said
    assert b"interrupted" in said
    assert _summary(output)["interrupted"]
    assert _summary(output)["exit_code"] == 130
    assert _rows(output) == 4 * MANY
    finished = {path.parent.name for path in output.glob("studies/*/study.json")}
    assert {record["key"] for record in read_records(output)} == finished
    assert len(finished) < MANY


def _interrupt_when(monkeypatch, module, name, *, after=False):
    whole = getattr(module, name)

    def interrupted(*args, **kwargs):
        if not after:
            signal.raise_signal(signal.SIGINT)
        result = whole(*args, **kwargs)
        if after:
            signal.raise_signal(signal.SIGINT)
        return result

    monkeypatch.setattr(module, name, interrupted)


@pytest.mark.parametrize(
    ("module", "name"),
    [
        pytest.param(reading, "judge", id="deciding"),
        pytest.param(pipeline, "plan_jobs", id="planning"),
        pytest.param(pipeline, "read_finished", id="looking what is done"),
    ],
)
@pytest.mark.parametrize("after", [pytest.param(False, marks=pytest.mark.slow), True])
def test_an_interrupt_between_reading_and_drawing_waits_for_the_report(
    export, tmp_path, monkeypatch, module, name, after
):
    output = tmp_path / "out"
    with monkeypatch.context() as patch:
        _interrupt_when(patch, module, name, after=after)
        assert organise(export, output=output) == 130

    assert _rows(output) == 4 * STUDIES
    assert _summary(output)["interrupted"]
    assert read_records(output) == []
    assert organise(export, output=output) == 0


@pytest.mark.parametrize("name", ["account", "write_accounts"])
def test_an_interrupt_while_the_report_is_written_changes_nothing(
    export, tmp_path, monkeypatch, name
):
    output = tmp_path / "out"
    _interrupt_when(monkeypatch, pipeline, name)

    assert organise(export, output=output) == 0
    assert _rows(output) == 4 * STUDIES
    assert len(read_records(output)) == STUDIES


def test_an_interrupt_while_duplicates_are_compared_leaves_them_to_the_next_run(
    export, tmp_path, monkeypatch
):
    shutil.copytree(export / "P01", tmp_path / "again")
    undisturbed, output = tmp_path / "undisturbed", tmp_path / "out"
    assert organise(export, tmp_path / "again", output=undisturbed) == 0
    (output / ".ductdicom").mkdir(parents=True)
    shutil.copy(undisturbed / ".ductdicom" / "key", output / ".ductdicom" / "key")
    with monkeypatch.context() as patch:
        _interrupt_when(patch, fingerprints, "hash_again")
        assert organise(export, tmp_path / "again", output=output) == 130
    assert _rows(output) == 4 * (STUDIES - 1)

    assert organise(export, tmp_path / "again", output=output) == 0
    assert results_of(output) == results_of(undisturbed)


def test_an_interrupt_while_reading_leaves_the_accounts_of_an_earlier_run(
    export, tmp_path, monkeypatch
):
    output = tmp_path / "out"
    assert organise(export, output=output) == 0
    before = files_of(output)
    _interrupt_when(monkeypatch, reading, "_read")

    assert organise(export, export / "P01" / "IM1", output=output, options=["--dpi", "80"]) == 130
    assert files_of(output) == before


def _is_alive(process_id):
    try:
        status = Path(f"/proc/{process_id}/stat").read_text("utf-8")
    except (FileNotFoundError, ProcessLookupError):
        return False
    # Who ended and was not waited for is still in the table of processes.
    return status.rpartition(")")[2].split()[0] != "Z"


@pytest.mark.skipif(sys.platform != "linux", reason="looks at processes as Linux shows them")
def test_workers_end_with_a_parent_that_is_killed(large_export, tmp_path):
    """Else they would stay for ever, or write beside the next run."""
    output = tmp_path / "out"
    command = [
        *(sys.executable, "-m", "ductdicom", "organise", large_export, "-o", output, "-j", "2"),
        *("--format", "png", "--cache", tmp_path / "cache"),
    ]
    run = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with run:
        while run.poll() is None and not list(output.glob("studies/*/study.json")):
            os.sched_yield()
        children = Path(f"/proc/{run.pid}/task/{run.pid}/children").read_text("utf-8").split()
        run.kill()
    until = monotonic() + 30
    while any(map(_is_alive, map(int, children))) and monotonic() < until:
        os.sched_yield()

    assert len(children) >= 2
    assert not [child for child in children if _is_alive(int(child))]
    assert subprocess.run(command, check=False, capture_output=True).returncode == 0


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(["click"], id="the program"),
        pytest.param(["ductdicom.pipeline", "scan", "nowhere"], id="a command"),
    ],
)
def test_an_interrupt_while_the_program_loads_is_no_traceback(words):
    command = [sys.executable, "-c", EARLY, *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)

    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")
