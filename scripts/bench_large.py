"""Measures a run over many studies: memory over time, and whether all grows with the studies alone.

``bench.py --large`` prints it. The studies are generated, four images each of small pixels, so
that what is measured is what a study costs beside its pixels.
"""

import hashlib
import io
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from time import perf_counter, sleep

import numpy as np
import pydicom
from bench_files import ROOT
from bench_whole import Aim, held_to, held_to_most
from pydicom.uid import ExplicitVRLittleEndian

from ductdicom.pixels.decoding.decode import read_image

HEAD = (
    *("studies", "run", "s", "studies/s", "processor s"),
    *("main MB at a half", "at the end", "worker MB at a half", "at the end"),
)
_SMALL = 16  # of each side of a sample's pixels one in so many is taken
_TEXTBOOK = ROOT / "sample_data" / "textbook"
_EVERY_S = 0.5
_STUDIES_A_FOLDER = 250
_MOST_GROWTH = 1.10
_KEPT_STUDIES_S = 250.0  # a second run: four headers a study at the least that a cache yields


@dataclass(slots=True)
class Watched:
    """What a command took: seconds, and the memory of its main process and of a worker in MB.

    ``processor_s`` is the time of the processors in all its processes, which other work on the
    machine changes less.
    """

    seconds: float = 0.0
    processor_s: float = 0.0
    main: list[float] = field(default_factory=list)
    workers: list[float] = field(default_factory=list)


def measure_large(studies: int, jobs: int) -> tuple[list[tuple[str, ...]], list[Aim]]:
    """Return rows of `HEAD` for a first run and a second one, of half the studies and all; aims."""
    rows: list[tuple[str, ...]] = []
    with tempfile.TemporaryDirectory() as name:
        export = Path(name) / "export"
        make_studies(export, studies)
        folders = sorted(str(path) for path in export.iterdir())
        kept: dict[str, list[Watched]] = {"first": [], "again": []}
        for part in (folders[: len(folders) // 2], folders):
            output = Path(name) / f"out {len(part)}"
            count = min(len(part) * _STUDIES_A_FOLDER, studies)
            for run, found in kept.items():
                watched = _watch(part, output, Path(name) / "cache", jobs)
                found.append(watched)
                cells = (*_halves(watched.main), *_halves(watched.workers))
                rate = count / watched.seconds
                spent = (f"{watched.seconds:.1f}", f"{rate:.1f}", f"{watched.processor_s:.1f}")
                rows.append((str(count), run, *spent, *cells))
    return rows, list(_held_to_aims(kept, studies))


def _held_to_aims(kept: dict[str, list[Watched]], studies: int) -> Iterator[Aim]:
    half, whole = kept["first"]
    again = kept["again"][1]
    for what, growth in (
        ("memory of the main process while it draws", _growth(whole.main)),
        ("memory of a worker", _growth(whole.workers)),
        ("processor's time a study, twice the studies", whole.processor_s / half.processor_s / 2),
        ("the same, a second run", again.processor_s / kept["again"][0].processor_s / 2),
    ):
        yield held_to_most(what, growth, _MOST_GROWTH)
    rate = studies / again.seconds
    yield held_to("studies a second, a second run", rate, _KEPT_STUDIES_S)


def _growth(taken: list[float]) -> float:
    """Return how many times as much memory the last third of a run takes as the second."""
    first, last = len(taken) // 3, len(taken) * 2 // 3
    return median(taken[last:] or [0.0]) / median(taken[first:last] or [1.0])


def _halves(taken: list[float]) -> tuple[str, str]:
    if not taken:
        return "-", "-"
    return f"{taken[len(taken) // 2]:.0f}", f"{taken[-1]:.0f}"


def make_studies(folder: Path, count: int, *, part: int = _SMALL, source: Path = _TEXTBOOK) -> None:
    """Write ``count`` studies like that of a folder, each of a patient of its own.

    Parameters
    ----------
    part
        Of each side of an image one pixel in so many is taken; 1 leaves the pixels as they are.
    """
    contents = [_shrunk(path, part) for path in sorted(source.iterdir())]
    for number in range(count):
        place = folder / f"{number // _STUDIES_A_FOLDER:04d}" / f"{number:06d}"
        place.mkdir(parents=True)
        for image, (content, words) in enumerate(contents):
            changed = content
            for old, seed in words.items():
                changed = changed.replace(old.encode(), _another(len(old), f"{seed} {number}"))
            (place / f"IM{image}").write_bytes(changed)


def _shrunk(path: Path, part: int) -> tuple[bytes, dict[str, str]]:
    """Return an image of fewer pixels, and what of it differs from study to study."""
    dataset = pydicom.dcmread(path)
    if part > 1:
        values = read_image(path.read_bytes()).values[::part, ::part].astype(np.uint16)
        dataset.Rows, dataset.Columns = values.shape
        dataset.ImagerPixelSpacing = [str(float(dataset.ImagerPixelSpacing[0]) * part)] * 2
        dataset.add_new("PixelData", "OW", values.tobytes())
        dataset["PixelData"].is_undefined_length = False
        dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    stream = io.BytesIO()
    dataset.save_as(stream, enforce_file_format=True)
    words = {
        str(dataset.SOPInstanceUID): f"image {path.name}",
        str(dataset.StudyInstanceUID): "study",
        str(dataset.SeriesInstanceUID): f"series {dataset.SeriesNumber}",
        str(dataset.PatientID): "patient",
    }
    return stream.getvalue(), words


def _another(length: int, seed: str) -> bytes:
    digits = str(int.from_bytes(hashlib.sha512(seed.encode()).digest()))
    text = f"2.25.{digits}" if length > len("2.25.") * 3 else digits
    return text[:length].encode()


def _watch(inputs: list[str], output: Path, cache: Path, jobs: int) -> Watched:
    """Run `organise`, and look now and then at the memory of its processes."""
    code = "from ductdicom.__main__ import main; main()"
    options = ["-o", str(output), "--format", "png", "-j", str(jobs), "--quiet"]
    environment = os.environ | {"XDG_CACHE_HOME": str(cache)}
    watched = Watched()
    before = _processor_s()
    started = perf_counter()
    with subprocess.Popen(
        [sys.executable, "-c", code, "organise", *inputs, *options],
        env=environment,
        stdout=subprocess.DEVNULL,
    ) as process:
        while process.poll() is None:
            watched.main += _resident(process.pid)
            workers = [mb for child in _children(process.pid) for mb in _resident(child)]
            watched.workers += [max(workers)] if workers else []
            sleep(_EVERY_S)
    watched.seconds = perf_counter() - started
    watched.processor_s = _processor_s() - before
    return watched


def _processor_s() -> float:
    """Return the processor's time of all children that have ended, and theirs."""
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


def _children(parent: int) -> list[int]:
    try:
        words = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    except OSError:
        return []
    return [int(word) for word in words]


def _resident(process: int) -> list[float]:
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return []
    return [int(line.split()[1]) / 1000 for line in lines if line.startswith("VmRSS")]
