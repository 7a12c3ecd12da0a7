"""Measures reading headers, beside other programs in the same run; and memory over many files.

``bench.py --scan`` and ``bench.py --memory`` print what is measured here. The other programs are
asked twice: for every attribute that this program reads, and for two that stand early in a file.
"""

import gc
import resource
import shutil
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, wait
from functools import partial
from os import getpid
from pathlib import Path
from time import perf_counter

import pydicom
from bench_files import make_headers, make_small_headers

from ductdicom.ingest.cache.cache import Catalogue
from ductdicom.ingest.headers.tags import Tag
from ductdicom.ingest.scan import fingerprint, scan_inputs
from ductdicom.model.instance import Instance
from ductdicom.model.outcome import LedgerRow
from ductdicom.pipeline.executors import make_executor
from ductdicom.pipeline.gather import gather

HEAD = ("", "files/s", "times")
MEMORY_HEAD = ("files", "s", "files/s", "MB")
_ROUNDS = 5
_EARLY = (Tag.SOP_INSTANCE_UID, Tag.STUDY_INSTANCE_UID)
_FIRST, _LAST = 0x0008_0000, 0x7FE0_0000
PLAIN_TAGS = tuple(
    tag for tag in Tag if _FIRST <= tag < _LAST and not tag.name.endswith("_SEQUENCE")
)


def compare_scans(count: int, jobs: int) -> Iterator[tuple[str, str, str]]:
    """Yield files per second, the best of some rounds, and how many times as fast ours is."""
    with tempfile.TemporaryDirectory() as name, make_executor(jobs, in_process=True) as executor:
        folder = Path(name) / "export"
        folder.mkdir()
        make_headers(folder, count)
        wait([executor.submit(getpid) for _ in range(8 * jobs)])  # started before it is measured
        ours = {
            "ductdicom, 1 process": partial(_ours, folder, None, None),
            f"ductdicom, {jobs} workers": partial(_ours, folder, executor, None),
            "ductdicom, nothing changed": partial(_ours, folder, None, Path(name) / "catalogue"),
        }
        runs: dict[str, Callable[[], object]] = {**ours, **_others(folder)}
        best = dict.fromkeys(runs, float("inf"))
        for _ in range(_ROUNDS):  # each in turn, so that a busy moment meets all of them
            for label, work in runs.items():
                best[label] = min(best[label], _seconds(work))
    measured = best[f"ductdicom, {jobs} workers"]
    for label, spent in best.items():
        yield label, f"{count / spent:.0f}", "" if label in ours else f"{spent / measured:.1f}"


def measure_memory(jobs: int, counts: Sequence[int]) -> Iterator[tuple[str, str, str, str]]:
    """Yield time and peak memory of a process that scans and gathers so many files."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_small_headers(folder, max(counts))
        for count in sorted(counts):
            command = [sys.executable, __file__, str(folder), str(count), str(jobs)]
            printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            spent, peak = printed.split()
            rate = count / float(spent)
            yield str(count), f"{float(spent):.1f}", f"{rate:.0f}", peak


def _seconds(work: Callable[[], object]) -> float:
    gc.collect()
    started = perf_counter()
    work()
    return perf_counter() - started


def _ours(folder: Path, executor: Executor | None, catalogue: Path | None) -> None:
    if catalogue is None:
        sum(1 for _ in scan_inputs([str(folder)], executor=executor))
        return
    with Catalogue(catalogue) as known:
        sum(1 for _ in scan_inputs([str(folder)], catalogue=known))


def _others(folder: Path) -> dict[str, Callable[[], object]]:
    runs: dict[str, Callable[[], object]] = {}
    for words, tags in (("same attributes", PLAIN_TAGS), ("two early ones", _EARLY)):
        runs[f"pydicom loop, {words}"] = partial(_pydicom, folder, tags)
        names = [f"{tag >> 16:04x},{tag & 0xFFFF:04x}" for tag in tags]
        if shutil.which("gdcmscanner"):
            wanted = [part for name in names for part in ("-t", name)]
            runs[f"gdcmscanner, {words}"] = partial(
                _run, ["gdcmscanner", "-r", "-d", str(folder), *wanted]
            )
        if shutil.which("dcmdump"):
            runs[f"dcmdump, {words}"] = partial(_run, dcmdump_command(folder, tags))
    return runs


def dcmdump_command(folder: Path, tags: Sequence[Tag]) -> list[str]:
    """Return the command that prints some attributes of all files below a folder."""
    wanted = [part for tag in tags for part in ("+P", f"{tag >> 16:04x},{tag & 0xFFFF:04x}")]
    return ["dcmdump", "-M", *wanted, "+sd", "+r", str(folder)]


def _pydicom(folder: Path, tags: Sequence[Tag]) -> None:
    wanted = [int(tag) for tag in tags]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for path in sorted(folder.rglob("IM*")):
            dataset = pydicom.dcmread(path, stop_before_pixels=True, specific_tags=wanted)
            for element in dataset:
                _ = element.value


def _run(command: list[str]) -> None:
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)


def _main(folder: str, count: int, jobs: int) -> None:
    folders = sorted(str(path) for path in Path(folder).iterdir())[: count // 1000]
    with make_executor(jobs, in_process=True) as executor:
        started = perf_counter()
        found = scan_inputs(folders, executor=executor)
        inputs = (item for item in found if isinstance(item, Instance | LedgerRow))
        gathered = gather(inputs, fingerprint)
        spent = perf_counter() - started
    if sum(len(part.study.instances) for part in gathered.parts) != count:
        raise SystemExit("files are missing")
    peak_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"{spent:.2f} {peak_kb / 1000:.0f}")


if __name__ == "__main__":
    _main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
