"""Runs on a Dask cluster: two worker processes of this machine, over the loopback alone."""

import json
import logging
import os
import signal
import sys
from concurrent.futures import BrokenExecutor, wait
from functools import partial
from pathlib import Path
from threading import Thread
from time import monotonic

import pytest
from clusters import PATIENCE_S, more_workers, started, until
from exports import organise as organise_here
from exports import read_records, results_of, same_key, write_ductogram
from stopping import stop_after_first

from ductdicom.cli.application import run as command
from ductdicom.errors import OutputError, RemoteError, UsageError
from ductdicom.phantom.spec import Person
from ductdicom.pipeline import run
from ductdicom.pipeline.cluster import connect, workforce
from ductdicom.pipeline.cluster.connect import is_open, open_cluster
from ductdicom.pipeline.cluster.executor import ClusterExecutor
from ductdicom.pipeline.cluster.sight import Sight, landmarks_of
from ductdicom.pipeline.drawing.work import process_study
from ductdicom.settings import Format, Settings

dask = pytest.importorskip("dask", reason="distributed is not installed")
distributed = pytest.importorskip("distributed", reason="distributed is not installed")

pytestmark = pytest.mark.integration
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
HERE = Path("/proc/self/cwd")  # which each process takes for another folder


@pytest.fixture(scope="module")
def _cluster(tmp_path_factory):
    with started(tmp_path_factory.mktemp("worker"), 2) as cluster:
        yield cluster


def client_of(cluster):
    return distributed.Client(cluster.scheduler_address, set_as_default=False)


@pytest.fixture
def cluster(_cluster):
    """Return the cluster with both of its workers, whatever became of them before."""
    with client_of(_cluster) as client:
        client.wait_for_workers(2, timeout=PATIENCE_S)
    return _cluster


@pytest.fixture
def workers(cluster):
    """Return an executor to whose workers nothing need be seen."""
    with open_cluster(cluster.scheduler_address) as executor:
        executor.enter(Sight(folder=str(Path.cwd())))
        yield executor


@pytest.fixture
def export(tmp_path):
    return write_export(tmp_path / "export", range(1, 5))


def write_export(folder, numbers):
    for number in numbers:
        person = Person(name=f"SAMPLE^{number}", patient_id=f"SAMPLE-9{number}")
        day, study = f"2026010{number}", f"2.25.95{number}"
        write_ductogram(folder / f"P{number}", day=day, study=study, person=person)
    return folder


def organise(export, output, cluster, **settings):
    address = cluster.scheduler_address
    chosen = {"output": output, "format": (Format.PNG,), "cluster": address, "dpi": 72} | settings
    return run.organise([str(export)], Settings(**chosen))


# The same as on one machine


def test_results_are_the_bytes_of_one_machine_whatever_the_paths_are(
    export, tmp_path, cluster, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    options = ("--format", "png,pdf,html,dicom", "--link", "symlink", "--cache", "", "-q")
    options += ("--dpi", "72")
    assert command(["organise", "export", "-o", "one", *options, "-j", "2"]) == 0
    same_key(Path("one"), Path("two"))

    code = command(
        ["organise", "export", "-o", "two", *options, "--cluster", cluster.scheduler_address]
    )

    assert code == 0
    assert results_of("two") == results_of("one")
    (link,) = Path("two/studies").glob("20260101-*/pre/001*.dcm")
    assert link.readlink() == export / "P1" / "IM1"
    assert all(
        image["source"].startswith("export/P")
        for record in read_records("two")
        for image in record["instances"]
    )
    assert not list(Path("two/.ductdicom").glob(".part-*"))


def test_the_next_run_finds_all_up_to_date_wherever_it_runs(export, tmp_path, cluster):
    organise(export, tmp_path / "out", cluster)

    report = run.organise(
        [str(export)], Settings(output=tmp_path / "out", format=(Format.PNG,), dpi=72)
    )

    assert [study.is_up_to_date for study in report.studies] == [True] * 4


# Workers that die


def draw_or_die(mark, once, job):
    """Process a study, but end the process over one of them; only ``once`` if a path is given."""
    is_guilty = job.call.study.study_instance_uid == mark
    if is_guilty and not (once and once.exists()):
        if once:
            once.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return process_study(job)


def died_over(study):
    return "worker-died" in {problem.code for problem in study.call.problems}


def test_a_study_over_which_workers_die_is_found_and_costs_no_other(
    export, tmp_path, cluster, monkeypatch
):
    monkeypatch.setattr(run, "process_study", partial(draw_or_die, "2.25.952", None))

    report = organise(export, tmp_path / "out", cluster)

    statuses = {r["study_instance_uid"]: r["status"] for r in read_records(tmp_path / "out")}
    assert statuses == {
        "2.25.951": "paired",
        "2.25.952": "review",
        "2.25.953": "paired",
        "2.25.954": "paired",
    }
    died = [s.call.study.study_instance_uid for s in report.studies if died_over(s)]
    assert died == ["2.25.952"]
    assert report.exit_code == 1


def test_a_worker_that_is_killed_once_costs_no_study(export, tmp_path, cluster, monkeypatch):
    once = tmp_path / "died"
    monkeypatch.setattr(run, "process_study", partial(draw_or_die, "2.25.953", once))

    report = organise(export, tmp_path / "out", cluster)

    assert once.exists()
    assert report.exit_code == 0
    assert not any(map(died_over, report.studies))
    assert {study.pairing.status for study in report.studies} == {"paired"}


def count_up(path):
    """Fail the first time."""
    with path.open("a") as file:
        file.write("x")
    if path.stat().st_size == 1:
        raise BrokenExecutor
    return path.stat().st_size


def test_what_is_submitted_again_is_done_again(workers, tmp_path):
    with pytest.raises(BrokenExecutor):
        workers.submit(count_up, tmp_path / "n").result()

    assert workers.submit(count_up, tmp_path / "n").result() == 2
    assert workers.submit(count_up, tmp_path / "n").result() == 3


def spin():
    while True:
        pass


def test_a_task_that_does_not_end_is_ended_with_its_worker(cluster):
    with client_of(cluster) as client:
        executor = ClusterExecutor(client, "", limits={"spin": 0.3})
        executor.enter(Sight(folder="/"))

        with pytest.raises(BrokenExecutor):
            executor.submit(spin).result(PATIENCE_S)
        assert executor.submit(divmod, 7, 2).result() == (3, 1)
        executor.shutdown()


# Who may work


@pytest.fixture(scope="module")
def lonely(tmp_path_factory):
    """Return a cluster that has no workers of its own."""
    with started(tmp_path_factory.mktemp("lonely")) as cluster:
        yield cluster


def test_a_cluster_without_workers_ends_with_5(lonely):
    refused = pytest.raises(RemoteError, match="has no workers")

    with refused, open_cluster(lonely.scheduler_address, patience_s=0.1):
        pass


@pytest.mark.parametrize(
    ("option", "why"),
    [
        (("--nthreads", "2"), r"worker tcp://127.0.0.1:\d+ has 2 threads .*--nthreads 1"),
        (("--no-nanny",), r"would not come back when it died .*--no-nanny"),
    ],
)
def test_a_worker_that_is_started_otherwise_is_refused(lonely, tmp_path, option, why):
    with (
        more_workers(lonely, 1, *option),
        open_cluster(lonely.scheduler_address) as executor,
        pytest.raises(UsageError, match=why),
    ):
        executor.enter(Sight(folder=str(tmp_path)))


def test_a_worker_of_another_version_is_refused(cluster, monkeypatch):
    monkeypatch.setattr(connect, "__version__", "9.9.9")
    refused = pytest.raises(UsageError, match=r"worker tcp://127.0.0.1:\d+ has 0.*, .* 9.9.9")

    with refused, open_cluster(cluster.scheduler_address):
        pass


@LINUX
def test_an_input_that_a_worker_cannot_see_ends_the_run_before_it_begins(
    export, tmp_path, cluster, monkeypatch, capsys
):
    monkeypatch.setattr(workforce, "Sight", partial(Sight, patience_s=0.3))
    monkeypatch.chdir(tmp_path)
    (cluster.folder / "export").mkdir(exist_ok=True)  # another folder of the same name
    inputs = (str(export), str(HERE / "export"))

    code = command(
        ["organise", *inputs, "-o", str(tmp_path / "out"), "--cluster", cluster.scheduler_address]
    )

    said = capsys.readouterr().err
    assert code == 2
    assert "INPUT 2 of 2: worker tcp://127.0.0.1:" in said
    assert "cannot read it, or sees another one" in said
    assert [path.name for path in (tmp_path / "out").iterdir()] == [".ductdicom"]
    assert not list((tmp_path / "out/.ductdicom").glob(".part-*"))


@LINUX
def test_an_output_folder_that_a_worker_cannot_see_ends_the_run_before_it_begins(
    export, tmp_path, cluster, monkeypatch
):
    monkeypatch.setattr(workforce, "Sight", partial(Sight, patience_s=0.3))
    monkeypatch.chdir(tmp_path)
    (cluster.folder / "out/.ductdicom").mkdir(parents=True)

    with pytest.raises(
        OutputError, match=rf"^{HERE}/out: worker tcp://127.0.0.1:\d+ cannot see what"
    ) as refused:
        organise(export, HERE / "out", cluster)

    assert refused.value.exit_code == 4
    assert not (tmp_path / "out/studies").exists()
    assert not (cluster.folder / "out/studies").exists()


def test_of_many_inputs_in_one_folder_one_is_looked_for(tmp_path):
    inputs = [tmp_path / name for name in ("a.zip", "b.zip", "gone.zip")]
    for path in inputs[:2]:
        path.write_bytes(b"PK")

    (landmark,) = landmarks_of([str(path) for path in inputs], ["1", "2", "3"])

    assert (landmark.path, landmark.size_bytes, landmark.is_seen) == (str(inputs[0]), 2, True)
    inputs[0].write_bytes(b"another")
    assert not landmark.is_seen


def test_what_nobody_may_read_here_is_not_looked_for_elsewhere(tmp_path, monkeypatch):
    (tmp_path / "a.zip").write_bytes(b"PK")
    monkeypatch.setattr(os, "access", lambda path, _mode: not path.endswith("a.zip"))

    (landmark,) = landmarks_of([str(tmp_path)], ["1"])

    assert (landmark.path, landmark.is_seen) == (str(tmp_path), True)


# The end of the work


def begin_and_end(folder, number):
    (folder / f"begun-{number}").touch()
    until((folder / "go").exists)
    (folder / f"ended-{number}").touch()


def test_who_withdraws_waits_for_what_runs_and_begins_no_more(cluster, tmp_path):
    with open_cluster(cluster.scheduler_address) as executor:
        executor.enter(Sight(folder=str(tmp_path)))
        futures = [executor.submit(begin_and_end, tmp_path, number) for number in range(12)]
        until(lambda: len(list(tmp_path.glob("begun-*"))) == 2)
        leaving = Thread(target=executor.shutdown, kwargs={"cancel_futures": True})
        leaving.start()
        until(futures[-1].cancelled)
        assert leaving.is_alive()

        (tmp_path / "go").touch()
        leaving.join(PATIENCE_S)

        assert not leaving.is_alive()
        assert len(list(tmp_path.glob("begun-*"))) == 2
        assert len(list(tmp_path.glob("ended-*"))) == 2
        assert not wait(futures, timeout=PATIENCE_S).not_done


def test_a_run_that_is_stopped_accounts_for_what_it_finished(export, tmp_path, cluster):
    output = tmp_path / "out"
    options = ("--format", "png", "--dpi", "72", "--cluster", cluster.scheduler_address)

    code, said = stop_after_first(export, output, options, lambda pid: os.kill(pid, signal.SIGTERM))

    assert code == 130, said
    summary = json.loads((output / "summary.json").read_text("utf-8"))
    written = len(list(output.glob("studies/*/study.json")))
    assert sum(summary["studies"]["by_status"].values()) == written >= 1
    assert organise_here(export, output=output) == 0
    assert len(read_records(output)) == 4


# Who it is for


def names_of_standard_error(_paths):
    return str(Path("/proc/self/fd/2").readlink())


@LINUX
def test_decoders_say_nothing_in_a_workers_log_and_dask_does(workers, cluster):
    assert workers.submit(names_of_standard_error, ()).result() == os.devnull
    with client_of(cluster) as client:
        found = client.run(os.readlink, "/proc/self/fd/2")

    assert os.devnull not in found.values()


def stumble(_text):
    raise ValueError("no number")


def test_a_workers_log_says_nothing_of_what_a_task_was_given(workers, cluster):
    with pytest.raises(ValueError, match="no number"):
        workers.submit(stumble, "SAMPLE^ZULU").result()

    with client_of(cluster) as client:
        logs = [*client.get_worker_logs().values(), client.get_scheduler_logs()]
    said = "\n".join(line for log in logs for _, line in log)
    assert "no number" in said
    assert "SAMPLE" not in said


def test_dasks_own_log_is_not_said_beside_ours(cluster):
    logger = logging.getLogger("distributed.client")

    with open_cluster(cluster.scheduler_address):
        assert not logger.isEnabledFor(logging.CRITICAL)
    assert logger.isEnabledFor(logging.ERROR)


def meet(folder, number, count):
    """Wait until as many are here at once."""
    (folder / str(number)).touch()
    until(lambda: len(list(folder.iterdir())) >= count)
    return number


def test_workers_that_come_later_work_too(cluster, workers, tmp_path):
    assert workers.window == 8
    with more_workers(cluster, 1):
        until(lambda: workers.window == 12)
        futures = [workers.submit(meet, tmp_path, number, 3) for number in range(3)]

        assert [future.result(PATIENCE_S) for future in futures] == [0, 1, 2]


def is_another_here(folder, number):
    """Whether another one is here within a moment."""
    own = folder / str(number)
    own.touch()
    end = monotonic() + 0.2
    while (found := len(list(folder.iterdir()))) == 1 and monotonic() < end:
        os.sched_yield()
    own.unlink()
    return found > 1


@pytest.mark.parametrize(("most", "is_alone"), [(1, True), (0, False)])
def test_jobs_limit_what_the_cluster_has_at_a_time(cluster, tmp_path, most, is_alone):
    with open_cluster(cluster.scheduler_address, most=most) as executor:
        executor.enter(Sight(folder=str(tmp_path)))
        futures = [executor.submit(is_another_here, tmp_path, number) for number in range(4)]

        assert any(future.result() for future in futures) is not is_alone


# The way to a cluster


@pytest.fixture
def _impatient():
    with dask.config.set({"distributed.comm.timeouts.connect": "1s"}):
        yield


def kill_scheduler(pid, mark, job):
    """Process a study, but end the scheduler over one of them."""
    if job.call.study.study_instance_uid == mark:
        os.kill(pid, signal.SIGKILL)
    return process_study(job)


@pytest.mark.usefixtures("_impatient")
def test_a_scheduler_that_goes_away_ends_the_run_and_what_is_finished_stays(tmp_path, monkeypatch):
    export, output = write_export(tmp_path / "export", range(1, 6)), tmp_path / "out"
    with started(tmp_path, 1) as lost:
        kill = partial(kill_scheduler, lost.scheduler_pid, "2.25.953")
        settings = Settings(output=output, format=(Format.PNG,), dpi=72, cluster=str(lost.file))
        gone = pytest.raises(RemoteError, match=r"the cluster is gone .*what is finished stays")

        with monkeypatch.context() as patch, gone as ended:
            patch.setattr(run, "process_study", kill)
            run.organise([str(export)], settings)

    assert ended.value.exit_code == 5
    finished = {r["study_instance_uid"]: r["status"] for r in read_records(output)}
    assert {"2.25.951", "2.25.952"} <= finished.keys()
    assert set(finished.values()) == {"paired"}
    assert organise_here(export, output=output) == 0
    assert {r["status"] for r in read_records(output)} == {"paired"}
    assert len(read_records(output)) == 5


@pytest.mark.usefixtures("_impatient")
def test_a_cluster_that_cannot_be_reached_ends_with_5(export, tmp_path, capsys):
    code = command(
        ["organise", str(export), "-o", str(tmp_path / "out"), "--cluster", "tcp://127.0.0.1:1"]
    )

    assert code == 5
    assert "tcp://127.0.0.1:1: cannot be reached (is the scheduler" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("content", [None, "[]", '{"address": 1}', "no JSON"])
def test_a_file_that_is_none_of_a_scheduler_ends_with_2(export, tmp_path, capsys, content):
    file = tmp_path / "scheduler.json"
    if content is not None:
        file.write_text(content)

    code = command(["organise", str(export), "-o", str(tmp_path / "out"), "--cluster", str(file)])

    assert code == 2
    assert f"{file}: " in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_who_lacks_the_library_is_told_the_extra(export, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(connect, "find_spec", lambda _name: None)

    code = command(
        ["organise", str(export), "-o", str(tmp_path / "out"), "--cluster", "tcp://127.0.0.1:1"]
    )

    assert code == 2
    assert 'pipx install --force "ductdicom[cluster]"' in capsys.readouterr().err


def test_the_environment_names_a_cluster_and_a_slow_one_is_told(
    export, tmp_path, cluster, capsys, monkeypatch
):
    with monkeypatch.context() as patch:
        patch.setenv("DUCTDICOM_CLUSTER", cluster.scheduler_address)
        code = command(["organise", str(export), "-o", str(tmp_path / "out"), "--dry-run"])

    assert code == 0

    said = capsys.readouterr().err
    assert "2 workers without MALLOC_MMAP_THRESHOLD_=1073741824" in said
    assert "not encrypted" not in said
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("address", "is_so"),
    [
        ("tcp://10.0.0.5:8786", True),
        ("tcp://node7:8786", True),
        ("tcp://[fe80::1]:8786", True),
        ("tls://10.0.0.5:8786", False),
        ("tcp://127.0.0.1:8786", False),
        ("tcp://[::1]:8786", False),
        ("tcp://localhost:8786", False),
    ],
)
def test_an_address_that_others_may_reach_without_tls_is_open(address, is_so):
    assert is_open(address) is is_so
