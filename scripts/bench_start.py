"""Measures what a command costs before and beside its work, in processor time.

``bench.py --start`` prints it. Each command is held against one that does the least it could do:
import click, or read the same headers with pydicom alone.
"""

import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from statistics import median

from bench_files import ROOT

HEAD = ("", "ms", "times")
_ROUNDS = 15
_CLICK = "import click"
_PYDICOM = """
import sys, pydicom
for name in sys.argv[1:]:
    pydicom.dcmread(name, stop_before_pixels=True)
"""


def compare_starts() -> Iterator[tuple[str, str, str]]:
    """Yield the median of user and system time of some runs, and how many times the least it is."""
    files = sorted(str(path) for path in (ROOT / "sample_data" / "textbook").iterdir())
    ours = ("-c", "from ductdicom.__main__ import main; main()")  # as the installed command does
    groups: tuple[dict[str, tuple[str, ...]], ...] = (
        {
            "python, import click": ("-c", _CLICK),
            "ductdicom --version": (*ours, "--version"),
            "ductdicom --help": (*ours, "--help"),
        },
        {
            "python, pydicom reads four headers": ("-c", _PYDICOM, *files),
            "ductdicom scan of four files": (*ours, "scan", *files),
            "ductdicom rules": (*ours, "rules"),
            "ductdicom rules test": (*ours, "rules", "test", "nach KM"),
        },
    )
    spent = _measure({label: words for group in groups for label, words in group.items()})
    for group in groups:
        least, *others = group
        yield least, f"{1000 * spent[least]:.0f}", ""
        for label in others:
            yield label, f"{1000 * spent[label]:.0f}", f"{spent[label] / spent[least]:.2f}"


def _measure(commands: dict[str, tuple[str, ...]]) -> dict[str, float]:
    """Run each in turn, so that a busy moment meets all of them; return seconds."""
    runs: dict[str, list[float]] = {label: [] for label in commands}
    for number in range(_ROUNDS + 1):
        for label, words in commands.items():
            spent = _processor_s([sys.executable, *words])
            if number:  # the first round compiles what is not compiled yet
                runs[label].append(spent)
    return {label: median(found) for label, found in runs.items()}


def _processor_s(command: list[str]) -> float:
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    before = _children_s()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment)
    return _children_s() - before


def _children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
