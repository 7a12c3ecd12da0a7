"""How fast objects are received, beside DCMTK's storescp and Orthanc, in one run.

``bench.py --pacs`` prints it, and whether the goals are met. DCMTK's storescu sends, from as many
processes as there are associations, for some seconds at most; programs that are not installed are
left out.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from threading import Event
from time import monotonic, perf_counter
from urllib.request import urlopen

import pydicom
from bench_files import ROOT
from pydicom.dataset import Dataset

HEAD = ("objects", "associations", "receiver", "objects/s", "MB/s", "CPU s", "peak MB", "load")
_HOST = "127.0.0.1"
_MANY = ((200, 8_000_000), (2000, 150_000))
_ASSOCIATIONS = (1, 4)
_LARGE_BYTES = 1_000_000_000
_LONGEST_S = 20.0  # of a figure
_READY_S = 30
_OURS, _ORTHANC = "ductdicom receive", "Orthanc"
_NAMES = (_OURS, "storescp --fork", _ORTHANC)
_SUCCESS = b"Received Store Response (Success)"
_MOST_MB = 150
_QUIET_S, _LATE_S = 2.0, 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """What a receiver took of some objects, over some associations; memory of its main process."""

    receiver: str
    label: str
    associations: int
    rate: float
    mb_rate: float
    cpu_s: float
    peak_mb: float
    load: float

    @property
    def row(self) -> tuple[str, ...]:
        """As the table has it."""
        figures = (self.rate, self.mb_rate, self.cpu_s, self.peak_mb, self.load)
        numbers = (f"{figure:.3g}" for figure in figures)
        return self.label, str(self.associations), self.receiver, *numbers


def compare_receivers() -> Iterator[Figure]:
    """Yield a figure for each size of objects, number of associations and receiver."""
    if shutil.which("storescu") is None:
        print("storescu is not installed, so that nothing can be sent", file=sys.stderr)
        return
    for count, size in _MANY:
        with tempfile.TemporaryDirectory() as name:
            files = list(_make_objects(Path(name), count, size))
            for associations in _ASSOCIATIONS:
                for receiver in _NAMES:
                    yield from _measure(receiver, files, associations)
    with tempfile.TemporaryDirectory() as name:
        files = list(_make_objects(Path(name), 1, _LARGE_BYTES))
        yield from _measure(_OURS, files, 1)


def held_to_goals(figures: Sequence[Figure], late_s: float) -> Iterator[str]:
    """Yield each goal with whether it was met."""
    for ours in figures:
        for other in figures:
            is_beside = (ours.label, ours.associations) == (other.label, other.associations)
            if ours.receiver == _OURS and other.receiver == _ORTHANC and is_beside:
                times = ours.rate / other.rate
                what = f"{ours.label}, {ours.associations} associations: at least Orthanc's rate"
                yield _goal(what, f"{times:.1f} times", is_met=times >= 1)
    own = [figure.peak_mb for figure in figures if figure.receiver == _OURS]
    if own:
        yield _goal(f"memory under {_MOST_MB} MB", f"{max(own):.0f} MB", is_met=max(own) < _MOST_MB)
    what = "from the last image to the sheet in the archive under --quiet"
    what += f" ({_QUIET_S:.0f} s) and {_LATE_S:.0f} s"
    yield _goal(what, f"{late_s:.1f} s", is_met=late_s < _QUIET_S + _LATE_S)


def _goal(what: str, figure: str, *, is_met: bool) -> str:
    return f"{'met' if is_met else 'NOT MET'}: {what}: {figure}"


def time_to_sheet() -> float:
    """Return the seconds from the last image of a study, received, to all of its sheet in Orthanc.

    Orthanc holds the images already, as an archive does that forwards them.
    """
    study = [str(path) for path in sorted((ROOT / "sample_data" / "textbook").iterdir())]
    with tempfile.TemporaryDirectory() as name, ExitStack() as held:
        folder = Path(name)
        archive, ours = folder / "archive", folder / "ours"
        archive.mkdir()
        ours.mkdir()
        quiet = ("--quiet", str(_QUIET_S))
        found = held.enter_context(_listening(_ORTHANC, archive))
        here = held.enter_context(_listening(_OURS, ours, quiet))
        if found is None or here is None:
            return float("nan")
        _store(study, found[0])
        output = folder / "OUT"
        command = [sys.executable, "-m", "ductdicom", "watch", str(ours / "store")]
        command += ["-o", str(output), "--send", f"DUCT@{_HOST}:{found[0]}", *quiet]
        watch = held.enter_context(subprocess.Popen(command, stdout=subprocess.DEVNULL))
        held.callback(watch.terminate)
        while not (ours / "store" / "incoming" / "watch.json").exists():
            Event().wait(0.05)
        _store(study, here[0])
        started = perf_counter()
        while not _is_in(archive, output, len(study)):
            Event().wait(0.05)
        return perf_counter() - started


def _store(files: Sequence[str], port: int) -> None:
    send = ["storescu", "-q", "-xs", "-aec", "DUCT", _HOST, str(port)]
    subprocess.run([*send, *files], check=True)


def _is_in(archive: Path, output: Path, originals: int) -> bool:
    """Tell whether Orthanc has every page of a finished study, and its keys."""
    if not list(output.glob("studies/*/study.json")):
        return False
    port = json.loads((archive / "orthanc.json").read_text(encoding="utf-8"))["HttpPort"]
    with urlopen(f"http://{_HOST}:{port}/statistics") as answer:
        count: int = json.load(answer)["CountInstances"]
    return count > originals + len(list(output.glob("studies/*/sheet-*.png")))


def _measure(receiver: str, files: list[Path], associations: int) -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as name, _listening(receiver, Path(name)) as found:
        if found is None:
            return
        port, process = found
        started = perf_counter()
        sent = _send(
            [files[start::associations] for start in range(associations)], port, Path(name)
        )
        seconds = perf_counter() - started
        size = files[0].stat().st_size
        label = f"{len(files)} of {size / 1e6:.2g} MB"
        if not sent:
            print(f"{receiver}: nothing of {label} came in time", file=sys.stderr)
            return
        print(f"{receiver}, {label}, {associations}: {sent} in {seconds:.1f} s", file=sys.stderr)
        yield Figure(
            receiver=receiver,
            label=label,
            associations=associations,
            rate=sent / seconds,
            mb_rate=sent * size / 1e6 / seconds,
            cpu_s=_cpu_s(process),
            peak_mb=_peak_mb(process),
            load=os.getloadavg()[0],
        )


def _send(shares: Sequence[Sequence[Path]], port: int, folder: Path) -> int:
    """Send each share over an association of its own; return how many objects were taken."""
    logs, senders = [], []
    for number, share in enumerate(shares):
        place = folder / f"send-{number}"
        place.mkdir()
        for path in share:
            (place / path.name).symlink_to(path)
        logs.append(folder / f"send-{number}.log")
        command = ["storescu", "-v", "-R", "-aec", "DUCT", _HOST, str(port), "+sd", str(place)]
        with logs[-1].open("wb") as log:
            senders.append(subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT))
    ends = monotonic() + _LONGEST_S
    for sender in senders:
        try:
            sender.wait(max(ends - monotonic(), 0.01))
        except subprocess.TimeoutExpired:
            sender.kill()
            sender.wait()
    return sum(log.read_bytes().count(_SUCCESS) for log in logs)


@contextmanager
def _listening(
    receiver: str, folder: Path, more: Sequence[str] = ()
) -> Iterator[tuple[int, int] | None]:
    """Let a receiver listen; yields its port and process, or nothing where it is not installed."""
    port = _free_port()
    command = _command(receiver, folder, port)
    if shutil.which(command[0]) is None:
        yield None
        return
    with subprocess.Popen(
        [*command, *more], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            for _ in range(_READY_S * 20):
                with socket.socket() as probe:
                    if probe.connect_ex((_HOST, port)) == 0:
                        break
                Event().wait(0.05)
            yield port, process.pid
        finally:
            process.terminate()


def _free_port() -> int:
    with socket.socket() as free:
        free.bind((_HOST, 0))
        return int(free.getsockname()[1])


def _command(receiver: str, folder: Path, port: int) -> list[str]:
    store = folder / "store"
    store.mkdir()
    if receiver == "Orthanc":
        settings = {
            "StorageDirectory": "store",
            "IndexDirectory": "store",
            "HttpPort": _free_port(),
            "AuthenticationEnabled": False,
            "DicomAet": "DUCT",
            "DicomPort": port,
            "DicomAlwaysAllowStore": True,
        }
        (folder / "orthanc.json").write_text(json.dumps(settings), encoding="utf-8")
        return ["Orthanc", "orthanc.json"]
    if receiver.startswith("storescp"):
        return ["storescp", "--fork", "+B", "-pdu", "131072", "-od", str(store), str(port)]
    ours = [sys.executable, "-m", "ductdicom", "receive", str(store)]
    return [*ours, "-b", f"DUCT@{_HOST}:{port}", "--reserve", "0"]


def _peak_mb(process: int) -> float:
    """Return the most memory that a process ever held, in megabytes; 0 where nobody says."""
    try:
        lines = Path(f"/proc/{process}/status").read_text("ascii").splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) * 1024 / 1e6 for line in lines if "VmHWM" in line), 0.0)


def _cpu_s(process: int) -> float:
    """Return the processor time of a process and its children that ended, which no load moves."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text("ascii").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def _make_objects(folder: Path, count: int, size_bytes: int) -> Iterator[Path]:
    """Write mammograms of one size, eight a study; their pixels are zeros."""
    sample = next((ROOT / "sample_data" / "textbook").iterdir())
    dataset: Dataset = pydicom.dcmread(sample, stop_before_pixels=True)
    dataset.Rows = 1000 if size_bytes < _LARGE_BYTES else 20_000
    dataset.Columns = size_bytes // 2 // dataset.Rows
    dataset.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    dataset.PixelData = b""
    dataset["PixelData"].VR = "OW"
    pixels = 2 * dataset.Rows * dataset.Columns
    for number in range(count):
        dataset.SOPInstanceUID = f"2.25.1{number:06d}"
        dataset.StudyInstanceUID = f"2.25.2{number // 8:06d}"
        dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
        stream = BytesIO()
        dataset.save_as(stream)
        path = folder / f"IM{number:06d}"
        with path.open("wb") as file:
            file.write(stream.getvalue()[:-4] + pixels.to_bytes(4, "little"))
            file.truncate(file.tell() + pixels)
        yield path
