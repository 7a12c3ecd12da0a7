"""How fast objects are received, beside DCMTK's storescp and Orthanc, in one run.

``bench.py --pacs`` prints it. DCMTK's storescu sends, from as many processes as there are
associations; programs that are not installed are left out.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from threading import Event
from time import perf_counter

import pydicom
from bench_files import ROOT
from pydicom.dataset import Dataset

HEAD = ("receiver", "objects", "associations", "objects/s", "MB/s", "CPU s", "peak MB")
_HOST = "127.0.0.1"
_MANY = ((200, 8_000_000), (2000, 150_000))
_ASSOCIATIONS = (1, 4)
_LARGE_BYTES = 1_000_000_000
_READY_S = 30
_NAMES = ("ductdicom receive", "storescp --fork", "Orthanc")


def compare_receivers() -> Iterator[tuple[str, ...]]:
    """Yield a row for each receiver, size of objects and number of associations."""
    if shutil.which("storescu") is None:
        print("storescu is not installed, so that nothing can be sent", file=sys.stderr)
        return
    for count, size in _MANY:
        with tempfile.TemporaryDirectory() as name:
            files = list(_make_objects(Path(name), count, size))
            for associations in _ASSOCIATIONS:
                for receiver in _NAMES:
                    row = _measure(receiver, files, associations)
                    if row is not None:
                        yield row
    with tempfile.TemporaryDirectory() as name:
        files = list(_make_objects(Path(name), 1, _LARGE_BYTES))
        row = _measure(_NAMES[0], files, 1)
        if row is not None:
            yield row


def _measure(receiver: str, files: list[Path], associations: int) -> tuple[str, ...] | None:
    with tempfile.TemporaryDirectory() as name, _listening(receiver, Path(name)) as found:
        if found is None:
            return None
        port, process = found
        shares = [files[start::associations] for start in range(associations)]
        lists = []
        for number, share in enumerate(shares):
            folder = Path(name) / f"send-{number}"
            folder.mkdir()
            for path in share:
                (folder / path.name).symlink_to(path)
            lists.append(folder)
        command = ["storescu", "-q", "-R", "-aec", "DUCT", _HOST, str(port), "+sd"]
        started = perf_counter()
        senders = [subprocess.Popen([*command, str(folder)]) for folder in lists]
        codes = [sender.wait() for sender in senders]
        seconds = perf_counter() - started
        if any(codes):
            print(f"{receiver}: storescu ended with {codes}", file=sys.stderr)
        size_bytes = sum(path.stat().st_size for path in files)
        label = f"{len(files)} x {size_bytes / len(files) / 1e6:.2g} MB"
        print(f"{receiver}, {label}, {associations}: {seconds:.1f} s", file=sys.stderr)
        rates = f"{len(files) / seconds:.0f}", f"{size_bytes / 1e6 / seconds:.0f}"
        memory = f"{_peak_mb(process):.0f}"
        return receiver, label, str(associations), *rates, f"{_cpu_s(process):.1f}", memory


@contextmanager
def _listening(receiver: str, folder: Path) -> Iterator[tuple[int, int] | None]:
    with socket.socket() as free:
        free.bind((_HOST, 0))
        port = free.getsockname()[1]
    command = _command(receiver, folder, port)
    if shutil.which(command[0]) is None:
        yield None
        return
    with subprocess.Popen(
        command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
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


def _command(receiver: str, folder: Path, port: int) -> list[str]:
    store = folder / "store"
    store.mkdir()
    if receiver == "Orthanc":
        settings = {
            "StorageDirectory": "store",
            "IndexDirectory": "store",
            "HttpServerEnabled": False,
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
