"""Guards that hold for every test: no network but this machine's own, no home folder, the
environment unchanged.
"""

import io
import os
import shutil
import signal
import socket
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import settings

from ductdicom.cli.application import run
from ductdicom.pipeline.cluster import workforce
from ductdicom.pipeline.executors import make_executor

# How long an example takes says more of the machine than of the code. The gate draws no lots: what
# it finds it finds each time. `scripts/test.py --all` explores.
settings.register_profile("gate", deadline=None, derandomize=True)
settings.register_profile("explore", deadline=None, derandomize=False, print_blob=True)
settings.load_profile("gate")


@pytest.fixture(autouse=True)
def _no_network(monkeypatch):
    connect = socket.socket.connect

    def guarded(self, address):
        if not (isinstance(address, tuple) and address[0] in {"127.0.0.1", "::1"}):
            raise AssertionError(f"a test tried to open a network connection to {address}")
        return connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(autouse=True)
def _environment(monkeypatch, tmp_path_factory):
    home = tmp_path_factory.getbasetemp() / "home"
    home.mkdir(exist_ok=True)
    monkeypatch.setenv("HOME", str(home))
    for name in list(os.environ):
        if name.startswith("DUCTDICOM_"):
            monkeypatch.delenv(name)
    before = dict(os.environ)
    yield
    changed = {
        name
        for name in before.keys() | os.environ.keys()
        if before.get(name) != os.environ.get(name) and name != "PYTEST_CURRENT_TEST"
    }
    assert not changed, f"the test changed the environment: {sorted(changed)}"


@pytest.fixture(scope="session", autouse=True)
def _one_worker_is_this_process():
    """Let runs with ``-j 1`` see what tests change here, and start no process for each."""

    def make(jobs, may_stop, **_options):
        return make_executor(jobs, may_stop, in_process=True)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(workforce, "make_executor", make)
        yield


@pytest.fixture(scope="session", autouse=True)
def _signals_arrive():
    """Let signals reach what is tested where they are ignored here, as below `nohup` and cron.

    A process that is started inherits the ones ignored, and not the ones that are handled. So a
    terminal that closes still does not end these tests.
    """
    handlers = {"SIGINT": signal.default_int_handler, "SIGHUP": lambda *_: None}
    ignored = [
        number
        for name in handlers
        if (number := getattr(signal, name, None)) is not None
        and signal.getsignal(number) is signal.SIG_IGN
    ]
    for number in ignored:
        signal.signal(number, handlers[number.name])
    yield
    for number in ignored:
        signal.signal(number, signal.SIG_IGN)


@dataclass(frozen=True)
class SampleRun:
    """One run of the main job over the committed samples, and what it said."""

    export: Path
    output: Path
    code: int
    stdout: str
    stderr: str


@pytest.fixture(scope="session")
def samples(tmp_path_factory):
    """Return a copy of the committed sample studies."""
    source = Path(__file__).resolve().parents[1] / "sample_data"
    if not source.is_dir():
        pytest.skip("sample_data is no part of the source archive")
    return Path(shutil.copytree(source, tmp_path_factory.mktemp("samples") / "export"))


@pytest.fixture(scope="session")
def sample_run(samples, tmp_path_factory):
    """Return the run of the main job over the samples, in this process and in all formats."""
    output = tmp_path_factory.mktemp("sample_run") / "out"
    arguments = ["organise", str(samples), "-o", str(output), "-j", "1"]
    said, logged = io.StringIO(), io.StringIO()
    with redirect_stdout(said), redirect_stderr(logged):
        code = run([*arguments, "--format", "png,pdf,html,dicom"])
    return SampleRun(
        export=samples, output=output, code=code, stdout=said.getvalue(), stderr=logged.getvalue()
    )
