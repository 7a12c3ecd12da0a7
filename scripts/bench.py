"""Print how fast headers are read and sheets are drawn, and how often the engine is right.

    python scripts/bench.py                  the two speeds
    python scripts/bench.py --scan --files 20000
    python scripts/bench.py --sheets         also for images of full size and in each
                                             transfer syntax: takes minutes
    python scripts/bench.py --accuracy       the confusion matrix of the labelled corpus

Figures of this machine, no assertions. Everything is made in a temporary folder.
"""

import argparse
import hashlib
import io
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from time import perf_counter

import bench_sheets
import pydicom
from pydicom.uid import ExplicitVRLittleEndian

from ductdicom.phantom.exposure import SampleSize
from ductdicom.phantom.studies import write_samples
from ductdicom.pipeline.executors import make_executor
from ductdicom.pipeline.run import organise, scan
from ductdicom.settings import Format, Settings

ROOT = Path(__file__).resolve().parent.parent
_PIXEL_BYTES = 64 * 1024  # enough that reading whole files would show
_FILES_A_FOLDER = 1000
_FILES_A_STUDY = 8
_ELEMENTS = "StudyInstanceUID", "SOPInstanceUID", "Modality", "ImageType", "SeriesDescription"


def print_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table, numbers to the right."""
    widths = [max(len(row[i]) for row in (head, *rows)) for i in range(len(head))]
    for row in (head, *rows):
        first, *others = (
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        print("  ".join((first, *others)))
    print()


def seconds(work: Callable[[], object]) -> float:
    """Return how long a piece of work takes."""
    started = perf_counter()
    work()
    return perf_counter() - started


def make_headers(folder: Path, count: int) -> None:
    """Write ``count`` mammograms, eight a study, with a sample's header and little behind it."""
    source = pydicom.dcmread(ROOT / "sample_data" / "textbook" / "IM0003", stop_before_pixels=True)
    source.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    source.add_new("PixelData", "OB", bytes(_PIXEL_BYTES))
    stream = io.BytesIO()
    source.save_as(stream)
    for number in range(count):
        path = folder / f"{number // _FILES_A_FOLDER:04d}" / f"IM{number:06d}"
        path.parent.mkdir(exist_ok=True)
        content = stream.getvalue()
        study = f"study {number // _FILES_A_STUDY}"
        for old, seed in (
            (source.SOPInstanceUID, f"image {number}"),
            (source.StudyInstanceUID, study),
            (source.PatientID, study),
        ):
            content = content.replace(str(old).encode(), _another(len(str(old)), seed))
        path.write_bytes(content)


def _another(length: int, seed: str) -> bytes:
    """Return a UID of a given length, so that it fits where another one stood."""
    digits = str(int.from_bytes(hashlib.sha512(seed.encode()).digest()))
    return f"2.25.{digits}"[:length].encode()


def _pydicom_loop(folder: Path) -> None:
    for path in sorted(folder.rglob("IM*")):
        dataset = pydicom.dcmread(path, stop_before_pixels=True)
        for name in _ELEMENTS:
            dataset.get(name)


def _ours(folder: Path, jobs: int) -> None:
    with make_executor(jobs) as executor:
        scan([str(folder)], Settings(jobs=jobs), executor=executor)


def _other_programs(folder: Path) -> Iterator[tuple[str, list[str]]]:
    if shutil.which("gdcmscanner"):
        yield "gdcmscanner", ["gdcmscanner", "-r", "-d", str(folder), "-t", "0008,0018"]
    if shutil.which("dcmdump"):
        tags = [part for tag in ("0008,0018", "0020,000d") for part in ("+P", tag)]
        yield "dcmdump", ["dcmdump", "-M", *tags, "+sd", "+r", str(folder)]


def bench_scan(count: int, jobs: int) -> None:
    """Print files scanned per second; each after a first run that fills the system's cache."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_headers(folder, count)
        runs: list[tuple[str, Callable[[], object]]] = [
            ("pydicom, one loop", partial(_pydicom_loop, folder)),
            ("ductdicom scan, 1 job", partial(_ours, folder, 1)),
            (f"ductdicom scan, {jobs} jobs", partial(_ours, folder, jobs)),
        ]
        for program, command in _other_programs(folder):
            runs.append((program, partial(_silently, command)))
        _pydicom_loop(folder)
        rows = [(label, seconds(run)) for label, run in runs]
    print(f"{count} files of {_PIXEL_BYTES // 1024} KiB, read and decided, warm cache")
    print_table(("", "s", "files/s"), [(a, f"{b:.2f}", f"{count / b:.0f}") for a, b in rows])


def _silently(command: list[str]) -> None:
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)


def bench_samples(jobs: int, *, full_size: bool) -> None:
    """Print seconds a sheet, with all work from the inputs to the written files."""
    rows = []
    with tempfile.TemporaryDirectory() as name:
        export = Path(name) / "export"
        size = SampleSize.FULL if full_size else SampleSize.STANDARD
        files = write_samples(export, size=size)
        formats = ((Format.PNG,), (Format.PDF,), (Format.HTML,), tuple(Format))
        for chosen in formats:
            output = Path(name) / "-".join(chosen)
            settings = Settings(output=output, format=chosen, jobs=jobs)
            work = partial(organise, [str(export)], settings)
            spent = seconds(work)
            count = len(list(output.glob("studies/*/thumbnail.png")))
            again = seconds(work)
            figures = (spent, spent / count, again)
            rows.append((", ".join(chosen), *(f"{figure:.2f}" for figure in figures)))
    print(f"{count} sheets of {len(files)} files, {size} samples, {jobs} jobs")
    print_table(("formats", "s", "s/sheet", "s again"), rows)


def bench_syntaxes() -> None:
    """Print what one sheet of four full-size images takes in each transfer syntax."""
    print(bench_sheets.TITLE)
    print_table(bench_sheets.HEAD, list(bench_sheets.compare_sheets()))


def bench_accuracy() -> None:
    """Print what the engine says of the labelled corpus."""
    import corpus  # noqa: PLC0415 - a large module that the speeds do not need

    corpus.main()


def main() -> int:
    """Run what was asked for; without an option the two speeds."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--scan", action="store_true", help="files scanned per second")
    parser.add_argument("--sheets", action="store_true", help="seconds per sheet, both sizes")
    parser.add_argument("--accuracy", action="store_true", help="the labelled corpus")
    parser.add_argument("--files", type=int, default=5000, help="files to scan (%(default)s)")
    parser.add_argument("--jobs", type=int, default=2, help="worker processes (%(default)s)")
    chosen = parser.parse_args()
    is_default = not (chosen.scan or chosen.sheets or chosen.accuracy)
    if chosen.scan or is_default:
        bench_scan(chosen.files, chosen.jobs)
    if chosen.sheets or is_default:
        bench_samples(chosen.jobs, full_size=False)
    if chosen.sheets:
        bench_samples(chosen.jobs, full_size=True)
        bench_syntaxes()
    if chosen.accuracy:
        bench_accuracy()
    return 0


if __name__ == "__main__":
    sys.exit(main())
