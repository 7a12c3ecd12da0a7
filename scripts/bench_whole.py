"""Measures whole processes beside other programs, as whoever types the commands waits for them.

``bench.py --start`` prints scans of many headers, ``bench.py --sheets`` one study of images of full
size. All take turns in one run, so that a busy moment meets all of them; ratios are of wall times,
and the time of the processors stands beside them.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter

from bench_files import make_headers
from bench_scan import PLAIN_TAGS, dcmdump_command
from bench_sheets import TO_PLAIN, write_study

HEAD = ("", "s", "processor s", "times")
AIMS_HEAD = ("aim", "is", "should be", "")
_ROUNDS = 3
OURS = (sys.executable, "-c", "from ductdicom.__main__ import main; main()")
# How many times as fast as the others ours should be.
_SYNTAXES = {
    "uncompressed": 1.3,
    "JPEG 2000 lossless": 2.5,
}
_FEW, _MANY = 1000, 16_000
_JOBS = 2
_PYDICOM = """
import sys, warnings
from pathlib import Path
import pydicom
warnings.simplefilter("ignore")
folder, *tags = sys.argv[1:]
tags = list(map(int, tags))
for path in sorted(Path(folder).rglob("IM*")):
    for element in pydicom.dcmread(path, stop_before_pixels=True, specific_tags=tags):
        element.value
"""
_READING = """
import sys
from ductdicom.ingest.scan import scan_inputs
from ductdicom.pipeline.executors import WorkerPool
if __name__ == "__main__":
    with WorkerPool(int(sys.argv[2])) as pool:
        sum(1 for _ in scan_inputs([sys.argv[1]], executor=pool))
"""
_PEERS = """
set -e
number=0
for file in "$1"/*; do
  number=$((number + 1)); plain=$file
  if [ -n "$3" ]; then plain=$2/$number.dcm; "$3" --raw "$file" "$plain"; fi
  dcmj2pnm +Wi 1 +op "$plain" "$2/$number.pgm" 2>/dev/null
done
montage "$2"/*.pgm -tile 2x2 -geometry 1150x807+10+10 -background black "$2/sheet.png"
"""


@dataclass(frozen=True, slots=True)
class Spent:
    """The median of some runs, in seconds."""

    wall: float
    processor: float


Aim = tuple[str, str, str, str]


def held_to(what: str, found: float, least: float) -> Aim:
    """Return a row of `AIMS_HEAD`: a ratio, and the least that it should be."""
    return what, f"{found:.2f}", f">= {least:g}", "met" if found >= least else "NOT MET"


def held_to_most(what: str, found: float, most: float) -> Aim:
    """Return a row of `AIMS_HEAD`: a ratio, and the most that it should be."""
    return what, f"{found:.2f}", f"<= {most:g}", "met" if found <= most else "NOT MET"


def held_below(what: str, found: float, most: float) -> Aim:
    """Return a row of `AIMS_HEAD`: microseconds, and the most that they should be."""
    return what, f"{found:.0f} µs", f"<= {most:g} µs", "met" if found <= most else "NOT MET"


def compare_scans(count: int) -> tuple[list[tuple[str, ...]], list[Aim]]:
    """Return rows of `HEAD` and the aims of scanning so many headers."""
    with tempfile.TemporaryDirectory() as name:
        folders = {number: Path(name) / str(number) for number in (_FEW, count, _MANY)}
        for number, folder in folders.items():
            folder.mkdir()
            make_headers(folder, number)
        tags = [str(int(tag)) for tag in PLAIN_TAGS]
        ours = f"ductdicom scan --json, {count} files"
        loop, dump = "pydicom loop, same attributes", "dcmdump, same attributes"
        runs: dict[str, Sequence[str]] = {
            ours: _scan(folders[count]),
            loop: _python(_PYDICOM, folders[count], *tags),
        }
        if shutil.which("dcmdump"):
            runs[dump] = dcmdump_command(folders[count], PLAIN_TAGS)
        for number in (_FEW, _MANY):
            runs[f"ductdicom scan --json, {number} files"] = _scan(folders[number])
            reading = _python(_READING, folders[number], str(_JOBS))
            runs[f"reading alone, {number} files"] = reading
        spent = in_turns(runs)
    aims = [held_to("scan: times a pydicom loop", spent[loop].wall / spent[ours].wall, 3)]
    if dump in spent:
        aims.append(held_to("scan: of dcmdump's rate", spent[dump].wall / spent[ours].wall, 0.8))
    slope, of_reading = (
        1e6 * (spent[f"{what}, {_MANY} files"].wall - spent[f"{what}, {_FEW} files"].wall)
        / (_MANY - _FEW)
        for what in ("ductdicom scan --json", "reading alone")
    )  # fmt: skip
    aims.append(held_below("scan: a file more", slope, 120))
    aims.append(held_below("scan: of it deciding and recording", slope - of_reading, 60))
    return _rows(spent, ours), aims


def compare_one_study() -> tuple[list[tuple[str, ...]], list[Aim]]:
    """Return rows of `HEAD` and the aims of drawing one study of four images of full size."""
    rows: list[tuple[str, ...]] = []
    aims: list[Aim] = []
    with tempfile.TemporaryDirectory() as name:
        study, made = Path(name) / "study", Path(name) / "made"
        study.mkdir()
        write_study(study)
        for syntax, least in _SYNTAXES.items():
            sheet, organise, peers = (f"{words}, {syntax}" for words in (
                "ductdicom sheet", "ductdicom organise", "dcmj2pnm and montage"))  # fmt: skip
            converter = TO_PLAIN.get(syntax, "")
            shell = ("sh", "-c", _PEERS, "sh", str(study / syntax), str(made), converter)
            output = ("-o", str(made / "out"), "--format", "png", "-q")
            runs = {
                sheet: (*OURS, "sheet", str(study / syntax), "-o", str(made / "s.png")),
                organise: (*OURS, "organise", str(study / syntax), *output),
            }
            needed = [program for program in ("dcmj2pnm", "montage", converter) if program]
            if all(map(shutil.which, needed)):
                runs[peers] = shell
            spent = in_turns(runs, emptied=made)
            rows += _rows(spent, organise)
            if peers in spent:
                aims += [
                    held_to(f"{ours}: times as fast", spent[peers].wall / spent[ours].wall, least)
                    for ours in (sheet, organise)
                ]
    return rows, aims


def _scan(folder: Path) -> tuple[str, ...]:
    return (*OURS, "scan", "--json", "-q", "-j", str(_JOBS), str(folder))


def _python(code: str, folder: Path, *words: str) -> tuple[str, ...]:
    return (sys.executable, "-c", code, str(folder), *words)


def _rows(spent: Mapping[str, Spent], ours: str) -> list[tuple[str, ...]]:
    return [
        (label, f"{s.wall:.2f}", f"{s.processor:.2f}", f"{s.wall / spent[ours].wall:.2f}")
        for label, s in spent.items()
    ]


def in_turns(
    commands: Mapping[str, Sequence[str]], *, emptied: Path | None = None
) -> dict[str, Spent]:
    """Run each command some times in turns, the first round for nothing; return the medians."""
    runs: dict[str, list[Spent]] = {label: [] for label in commands}
    for number in range(_ROUNDS + 1):
        for label, command in commands.items():
            if emptied is not None:
                shutil.rmtree(emptied, ignore_errors=True)
                emptied.mkdir()
            spent = spent_by(command, emptied)
            if number:  # the first round compiles what is not compiled yet
                runs[label].append(spent)
    return {
        label: Spent(median(s.wall for s in found), median(s.processor for s in found))
        for label, found in runs.items()
    }


def spent_by(command: Sequence[str], emptied: Path | None) -> Spent:
    """Run a command, with its cache in a folder that is emptied, and return what it took."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    if emptied is not None:
        environment["XDG_CACHE_HOME"] = str(emptied)
    before, started = os.times(), perf_counter()
    nowhere = subprocess.DEVNULL
    subprocess.run(command, check=False, stdout=nowhere, stderr=nowhere, env=environment)
    wall, after = perf_counter() - started, os.times()
    used = after.children_user - before.children_user
    return Spent(wall, used + after.children_system - before.children_system)
