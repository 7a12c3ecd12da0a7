"""Workers that die, hang, or are killed."""

import json
import multiprocessing
import os
import sys
from concurrent.futures import BrokenExecutor, Executor, Future
from functools import partial
from pathlib import Path

import dicom_bytes as make
import pytest
from exports import read_records, write_ductogram

from ductdicom.export.output import encode_json
from ductdicom.export.records import study_record
from ductdicom.ingest import read as reading
from ductdicom.ingest.scan import scan_inputs
from ductdicom.model.instance import Instance
from ductdicom.phantom.spec import Person
from ductdicom.pipeline import run
from ductdicom.pipeline.drawing.work import process_study
from ductdicom.pipeline.executors import WorkerPool
from ductdicom.settings import Format, Settings

pytestmark = pytest.mark.integration


@pytest.fixture
def export(tmp_path):
    for number in range(1, 5):
        person = Person(name=f"SAMPLE^{number}", patient_id=f"SAMPLE-9{number}")
        write_ductogram(
            tmp_path / "export" / f"P{number}",
            day=f"2026010{number}",
            study=f"2.25.95{number}",
            person=person,
        )
    return tmp_path / "export"


def die_over(mark, once, job):
    """Process a study, but end the process over one of them; only ``once`` if a path is given."""
    is_guilty = job.call.study.study_instance_uid == mark
    if is_guilty and not (once and once.exists()):
        if once:
            once.touch()
        os._exit(9)
    return process_study(job)


def organise(export, output, **settings):
    chosen = Settings(output=output, format=(Format.PNG,), jobs=2, **settings)
    return run.organise([str(export)], chosen)


def test_a_worker_that_dies_costs_its_study_and_not_the_run(export, tmp_path, monkeypatch):
    monkeypatch.setattr(run, "process_study", partial(die_over, "2.25.952", None))

    report = organise(export, tmp_path / "out")

    statuses = {r["study_instance_uid"]: r["status"] for r in read_records(tmp_path / "out")}
    assert statuses == {
        "2.25.951": "paired",
        "2.25.952": "review",
        "2.25.953": "paired",
        "2.25.954": "paired",
    }
    dead = next(s for s in report.studies if s.call.study.study_instance_uid == "2.25.952")
    assert dead.call.problems[-1].code == "worker-died"
    assert dead.sheets == ()
    assert report.exit_code == 1
    assert len(report.rows) == 16
    assert {row.disposition for row in report.rows} == {"view"}
    summary = json.loads((tmp_path / "out" / "summary.json").read_text("utf-8"))
    assert summary["studies"]["by_status"] == {"paired": 3, "review": 1}


def test_the_next_run_tries_again(export, tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(run, "process_study", partial(die_over, "2.25.952", None))
        organise(export, tmp_path / "out")

    report = organise(export, tmp_path / "out")

    assert report.exit_code == 0
    assert {study.pairing.status for study in report.studies} == {"paired"}
    assert [study.is_up_to_date for study in report.studies].count(False) == 1


def test_a_worker_that_dies_once_costs_nothing(export, tmp_path, monkeypatch):
    once = tmp_path / "died"
    monkeypatch.setattr(run, "process_study", partial(die_over, "2.25.953", once))

    report = organise(export, tmp_path / "out")

    assert once.exists()
    assert report.exit_code == 0
    assert {study.pairing.status for study in report.studies} == {"paired"}


def stumble_over(mark, job):
    """Process a study, but fail over one of them as a bug would, quoting the header."""
    if job.call.study.study_instance_uid == mark:
        raise ValueError("SAMPLE^2 is no number")
    return process_study(job)


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_bug_costs_its_study_and_not_the_run(export, tmp_path, monkeypatch, jobs):
    monkeypatch.setattr(run, "process_study", partial(stumble_over, "2.25.952"))
    settings = Settings(output=tmp_path / "out", format=(Format.PNG,), jobs=jobs)

    report = run.organise([str(export)], settings)

    statuses = [study.pairing.status for study in report.studies]
    (bad,) = [study for study in report.studies if study.pairing.status == "review"]
    problem = bad.call.problems[-1]
    assert statuses.count("paired") == 3
    assert problem.code == "internal-error"
    assert "ValueError at workers.py" in problem.message
    assert "SAMPLE^2" not in encode_json(study_record(bad)).decode()
    assert report.exit_code == 70


def exhaust_memory(_job):
    raise MemoryError


def test_memory_that_does_not_suffice_costs_a_study_and_not_the_run(export, tmp_path, monkeypatch):
    monkeypatch.setattr(run, "process_study", exhaust_memory)

    report = organise(export / "P1", tmp_path / "out")

    assert [study.pairing.status for study in report.studies] == ["review"]
    assert report.exit_code == 1


def spin():
    while True:
        pass


def test_a_task_that_does_not_end_is_ended_with_its_worker():
    with WorkerPool(1, limit_s=0.5) as pool:
        with pytest.raises(BrokenExecutor):
            pool.submit(spin).result()

        assert pool.submit(divmod, 7, 2).result() == (3, 1)


def print_as_a_library_does():
    """Write to the standard error of the process, past Python."""
    os.write(2, b"noise")
    return True


def test_what_libraries_print_in_a_worker_is_not_heard(capfd):
    with WorkerPool(1) as pool:
        assert pool.submit(print_as_a_library_does).result()

    assert capfd.readouterr().err == ""


def test_no_process_is_started_for_nothing():
    before = multiprocessing.active_children()

    with WorkerPool(2):
        assert multiprocessing.active_children() == before


class Fragile(Executor):
    """Runs tasks at once, and breaks over a chunk that names a certain file."""

    def __init__(self, guilty):
        self._guilty = guilty
        self.chunks = []

    def submit(self, fn, /, *args, **kwargs):
        future = Future()
        paths = args[0]
        self.chunks.append(len(paths))
        if any(Path(path).name == self._guilty for path in paths):
            future.set_exception(BrokenExecutor("a worker died"))
        else:
            future.set_result(fn(*args, **kwargs))
        return future


def test_a_header_over_which_workers_die_is_a_row(tmp_path):
    for number in range(5):
        content = make.make_dicom(SOPInstanceUID=f"2.25.{number + 1}")
        (tmp_path / f"IM{number}").write_bytes(content)
    executor = Fragile("IM3")

    found = list(scan_inputs([str(tmp_path)], executor=executor))

    assert [isinstance(item, Instance) for item in found] == [True, True, True, False, True]
    assert (found[3].disposition, found[3].reason) == ("unreadable", "worker-died")
    assert executor.chunks == [5, 5, 1, 1, 1, 1, 1]


def die_over_file(path):
    if path.endswith("IM3"):
        os._exit(9)
    return reading.read_files([path])[0]


@pytest.mark.skipif(sys.platform == "win32", reason="counts processes by their ids")
def test_a_pool_that_broke_is_whole_again():
    with WorkerPool(2) as pool:
        before = pool.submit(os.getpid).result()
        with pytest.raises(BrokenExecutor):
            pool.submit(die_over_file, "IM3").result()
        after = pool.submit(os.getpid).result()

    assert after not in (before, os.getpid())


def read_or_hang(paths):
    if any(path.endswith("IM1") for path in paths):
        spin()
    return reading.read_files(paths)


class Hanging(Executor):
    """A pool whose workers hang over one file."""

    def __init__(self, pool):
        self._pool = pool

    def submit(self, _fn, /, *args):
        return self._pool.submit(read_or_hang, *args)


def test_a_header_over_which_workers_hang_is_a_row(tmp_path):
    for number in range(3):
        content = make.make_dicom(SOPInstanceUID=f"2.25.{number + 1}")
        (tmp_path / f"IM{number}").write_bytes(content)

    with WorkerPool(1, limit_s=1.5) as pool:
        found = list(scan_inputs([str(tmp_path)], executor=Hanging(pool)))

    assert [isinstance(item, Instance) for item in found] == [True, False, True]
    assert (found[1].disposition, found[1].reason) == ("unreadable", "worker-died")
