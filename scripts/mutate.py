"""Change the program in one place at a time and see whether a test notices: mutation testing.

Every room below is changed in a sample of places and tried against its own tests, in copies of the
repository. What no test notices is listed; where a change leaves the program the same, its reason
stands in ``same_program.toml``. Without arguments everything is run, which takes half an hour, and
the result is written to ``docs/tests.md``.
"""

import argparse
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from pathlib import Path
from queue import SimpleQueue
from time import monotonic

from mutants import ROOT, Mutant, draw

_PAGE = ROOT / "docs" / "tests.md"
_REASONS = ROOT / "scripts" / "same_program.toml"
_PART = re.compile(r"(<!-- made: mutants -->\n).*?(<!-- end -->)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Room:
    """What is changed and what is to notice it, as patterns of files; quick tests stand first."""

    name: str
    mutants: int
    modules: tuple[str, ...]
    tests: tuple[str, ...]


ROOMS = (
    Room("language", 70, ("language/*.py",), ("unit/language/test_*.py",)),
    Room(
        "classify",
        105,
        ("classify/**/*.py",),
        ("unit/classify/*/test_*.py", "unit/classify/test_*.py"),
    ),
    Room("pairing", 50, ("pairing/*.py",), ("unit/pairing/test_*.py",)),
    Room(
        "hanging and scale",
        50,
        ("geometry/*.py",),
        ("unit/geometry/test_*.py", "unit/sheet/test_hanging_on_page.py"),
    ),
    Room(
        "ledger",
        50,
        ("pipeline/ledger.py", "ingest/inputs.py", "ingest/read.py", "ingest/archives/walk.py"),
        (
            "unit/pipeline/test_ledger.py",
            "unit/ingest/test_*.py",
            "unit/ingest/archives/test_*.py",
            "integration/test_inputs.py",
            "integration/test_members.py",
            "integration/test_ingest_scan.py",
            "integration/test_ingest_archives.py",
        ),
    ),
    Room(
        "gather",
        25,
        ("pipeline/gather.py",),
        ("unit/pipeline/test_gather.py", "unit/pipeline/test_judge_patients.py"),
    ),
)

# Says something about the machine, and takes as long as everything else.
_LEFT_OUT = "not linear_time"
_MEMORY_BYTES = 6 << 30  # a change may fill a list without end
_NOT_COPIED = (".*", "__pycache__", "demo-output", "build", "dist")


class Fate(StrEnum):
    """What became of a mutant."""

    CAUGHT = "caught"
    SURVIVED = "survived"
    NO_PROGRAM = "no program"  # cannot be imported, so it says nothing about the tests


class Copy:
    """A copy of the repository in which one mutant at a time lives."""

    def __init__(self, folder: Path) -> None:
        self._root = folder / "copy"
        shutil.copytree(ROOT, self._root, ignore=shutil.ignore_patterns(*_NOT_COPIED))
        # Compiled modules go by content: two mutants of one second and one size are told apart.
        mode = ("--invalidation-mode", "checked-hash")
        command = [sys.executable, "-m", "compileall", "-q", *mode, "ductdicom"]
        subprocess.run(command, cwd=self._root, check=True)
        (folder / "tmp").mkdir()
        self._environment = os.environ | {
            "PYTHONPATH": str(self._root),
            "TMPDIR": str(folder / "tmp"),
        }

    def try_unchanged(self, tests: Sequence[str]) -> float:
        """Return the seconds that the tests take; leave where they fail."""
        began = monotonic()
        if self._test(tests, None, self._environment):
            sys.exit("the tests fail before anything is changed: " + " ".join(tests))
        return monotonic() - began

    def try_mutant(self, mutant: Mutant, tests: Sequence[str], limit_s: float) -> Fate:
        """Run the tests over a mutant; too slow is caught, too."""
        path = self._root / mutant.module
        before = path.read_text(encoding="utf-8")
        path.write_text(mutant.content, encoding="utf-8")
        own = f"test_{path.stem}.py"  # most likely to notice
        first = sorted(tests, key=lambda test: not test.endswith(own))
        environment = self._environment | {"PYTHONDONTWRITEBYTECODE": "1"}
        try:
            code = self._test(first, limit_s, environment)
        finally:
            path.write_text(before, encoding="utf-8")
        # pytest ends with 2 where a test module, and 4 where conftest.py cannot be imported.
        return {0: Fate.SURVIVED, 2: Fate.NO_PROGRAM, 4: Fate.NO_PROGRAM}.get(code, Fate.CAUGHT)

    def _test(
        self, tests: Sequence[str], limit_s: float | None, environment: dict[str, str]
    ) -> int:
        # What a property test found in one mutant would be tried first in the next.
        shutil.rmtree(self._root / ".hypothesis", ignore_errors=True)
        options = ["-x", "-q", "-p", "no:cacheprovider", "--hypothesis-seed=0", "-k", _LEFT_OUT]
        process = subprocess.Popen(
            [sys.executable, "-m", "pytest", *options, *tests],
            cwd=self._root,
            env=environment,
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            return process.wait(limit_s)
        except subprocess.TimeoutExpired:
            return -signal.SIGKILL
        finally:
            with suppress(ProcessLookupError):  # with what the tests started
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@dataclass(frozen=True, slots=True)
class Result:
    """The mutants of a room that could be run, each with its fate."""

    room: Room
    fates: dict[Mutant, Fate]

    @property
    def survivors(self) -> list[Mutant]:
        """Those that no test noticed, by place."""
        found = [mutant for mutant, fate in self.fates.items() if fate is Fate.SURVIVED]
        return sorted(found, key=lambda mutant: (mutant.module, mutant.line))


def examine(room: Room, mutants: Iterator[Mutant], count: int, copies: Sequence[Copy]) -> Result:
    """Try mutants until as many as wanted could be run, each copy one at a time."""
    found = [path for each in room.tests for path in sorted((ROOT / "tests").glob(each))]
    tests = [path.relative_to(ROOT).as_posix() for path in found]
    free: SimpleQueue[Copy] = SimpleQueue()
    fates: dict[Mutant, Fate] = {}
    began = monotonic()
    with ThreadPoolExecutor(len(copies)) as pool:
        slowest = max(pool.map(lambda copy: copy.try_unchanged(tests), copies))
        print(f"{room.name}: unchanged in {slowest:.0f} s", flush=True)
        for copy in copies:
            free.put(copy)

        def run(mutant: Mutant) -> Fate:
            copy = free.get()
            fate = copy.try_mutant(mutant, tests, 10 + 3 * slowest)
            free.put(copy)
            return fate

        while batch := list(islice(mutants, count - len(fates))):
            for mutant, fate in zip(batch, pool.map(run, batch), strict=True):
                print(f"  {fate}: {mutant.label} (line {mutant.line})", flush=True)
                if fate is not Fate.NO_PROGRAM:
                    fates[mutant] = fate
    print(f"{room.name}: {len(fates)} mutants in {monotonic() - began:.0f} s", flush=True)
    return Result(room, fates)


def _reasons() -> dict[str, str]:
    """Return why mutants are the same program, by label; each must still fit its module."""
    reasons = {}
    for entry in tomllib.loads(_REASONS.read_text(encoding="utf-8")).get("same", ()):
        path = ROOT / entry["module"]
        if not path.is_file() or entry["was"] not in path.read_text(encoding="utf-8"):
            sys.exit(f"{_REASONS.name}: no such line in {entry['module']}: {entry['was']}")
        mutant = Mutant(entry["module"], entry["function"], 0, entry["was"], entry["now"], "")
        reasons[mutant.label] = entry["reason"]
    return reasons


def describe(results: Sequence[Result], reasons: dict[str, str], seed: int) -> str:
    """Return the table and the list of survivors in Markdown."""
    rows: list[tuple[int, ...]] = []
    for result in results:
        same = sum(mutant.label in reasons for mutant in result.survivors)
        rows.append((len(result.fates), len(result.survivors), same))
    rows.append(tuple(map(sum, zip(*rows, strict=True))))
    names = [*(result.room.name for result in results), "all"]
    cells = [
        (name, f"{n}", f"{n - s}", f"{100 * (n - s) / max(n, 1):.0f} %", f"{s}", f"{same}")
        for name, (n, s, same) in zip(names, rows, strict=True)
    ]
    head = ("room", "mutants", "caught", "share", "survived", "of these the same program")
    lines = [f"| {' | '.join(row)} |\n" for row in (head, ["---"] * len(head), *cells)]
    parts = [f"Drawn with seed {seed}.\n\n{''.join(lines)}"]
    survivors = [mutant for result in results for mutant in result.survivors]
    lists = {
        "### Survivors": [m for m in survivors if m.label not in reasons],
        "### The same program": [m for m in survivors if m.label in reasons],
    }
    for title, mutants in lists.items():
        lines = [
            f"- {mutant.label} (line {mutant.line}){': ' if why else ''}{why}\n"
            for mutant in mutants
            for why in [reasons.get(mutant.label, "")]
        ]
        parts.append(f"{title}\n\n{''.join(lines) or 'None.' + chr(10)}")
    return "\n".join(parts)


def _arguments(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    rooms = [room.name for room in ROOMS]
    parser.add_argument("--room", action="append", choices=rooms, help="only this; may be repeated")
    parser.add_argument("--mutants", type=int, help="how many in all; default: as the rooms say")
    parser.add_argument("--open", action="store_true", help="only survivors in docs/tests.md")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    return parser.parse_args(arguments)


def main(arguments: Sequence[str]) -> int:
    """Run the rooms and print the result; write it where nothing was left out."""
    given = _arguments(arguments)
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    rooms = [room for room in ROOMS if not given.room or room.name in given.room]
    share = given.mutants / sum(room.mutants for room in rooms) if given.mutants else 1.0
    reasons, page = _reasons(), _PAGE.read_text(encoding="utf-8")
    results = []
    with ExitStack() as stack:
        folders = [stack.enter_context(tempfile.TemporaryDirectory()) for _ in range(given.jobs)]
        copies = [Copy(Path(folder)) for folder in folders]
        for room in rooms:
            mutants, count = draw(room.modules, given.seed), round(share * room.mutants)
            if given.open:
                drawn = islice(mutants, 2 * count)
                listed = [m for m in drawn if m.label in page and m.label not in reasons]
                if not listed:
                    continue
                mutants = iter(listed)
            results.append(examine(room, mutants, count, copies))
    if not results:
        print(f"{_PAGE.name} lists no survivors of these rooms")
        return 0
    text = describe(results, reasons, given.seed)
    print(text)
    if not (given.room or given.mutants or given.open):
        _PAGE.write_text(_PART.sub(lambda m: m[1] + text + m[2], page), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
