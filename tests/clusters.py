"""A Dask cluster of this machine, as the commands of its documentation start one."""

import json
import os
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

PATIENCE_S = 30
_COMMON = ("--host", "127.0.0.1", "--no-dashboard")


def until(is_so):
    """Wait for something, busily, and not for ever."""
    end = monotonic() + PATIENCE_S
    while not is_so():
        assert monotonic() < end, "nothing came"
        os.sched_yield()


@dataclass(frozen=True)
class Cluster:
    """A scheduler and its workers, of one thread each, in processes of their own.

    ``folder`` is the working folder of all of them; ``file`` says where the scheduler listens.
    """

    file: Path
    folder: Path
    scheduler_pid: int

    @property
    def scheduler_address(self):
        return json.loads(self.file.read_text(encoding="utf-8"))["address"]


@contextmanager
def started(folder, workers=0, environment=None):
    """Start a cluster on the loopback, whose scheduler believes in a second death.

    ``environment`` is added to the workers'.
    """
    file = folder / "scheduler.json"
    with ExitStack() as processes:
        scheduler = processes.enter_context(_command(folder, "scheduler", "--port", "0"))
        until(lambda: file.exists() and file.stat().st_size)
        made = Cluster(file=file, folder=folder, scheduler_pid=scheduler.pid)
        if workers:
            processes.enter_context(more_workers(made, workers, environment=environment))
        yield made


@contextmanager
def more_workers(cluster, count, *options, environment=None):
    """Let workers join a cluster, for as long as the block lasts; the last of options wins."""
    usual = ("--nworkers", str(count), "--nthreads", "1")
    with _command(cluster.folder, "worker", *usual, *options, **(environment or {})):
        yield


@contextmanager
def _command(folder, *words, **more):
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(sys.path),
        "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "1",
        **more,
    }
    with (folder / f"{words[0]}.log").open("a") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "dask", *words, "--scheduler-file", "scheduler.json", *_COMMON],
            cwd=folder,
            env=environment,
            stdout=log,
            stderr=log,
        )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(PATIENCE_S)
