"""Change the program in one place at a time and see whether a test notices: mutation testing.

Every room below is changed in a sample of places and tried against its own tests, each place in a
process of its own. What no test notices is listed; where a change leaves the program the same, its
reason stands in ``same_program.toml``. Without arguments everything is run, and the result is
written to ``docs/explanation/tests.md``.
"""

import argparse
import gc
import inspect
import os
import re
import resource
import shutil
import signal
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from functools import _lru_cache_wrapper
from importlib.machinery import SourceFileLoader
from itertools import islice
from math import inf
from pathlib import Path
from random import Random
from time import monotonic, process_time
from types import CodeType, FunctionType

import pytest
from hypothesis import HealthCheck, Phase, settings
from mutants import ROOT, Mutant, draw

_PAGE = ROOT / "docs" / "explanation" / "tests.md"
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
_OPTIONS = ("-q", "-s", "-p", "no:faulthandler", "--hypothesis-profile=quick", "-k", _LEFT_OUT)
# What the children have in common is imported before they are made: no warning about that.
_WARNINGS = ("-W", "ignore::pytest.PytestAssertRewriteWarning")
# A mutant that no test has noticed after so much processor time has survived. A test that takes
# as much again has noticed.
_BUDGET_S = 4
_MEMORY_BYTES = 6 << 30  # a change may fill a list without end


class Fate(StrEnum):
    """What became of a mutant."""

    CAUGHT = "caught"
    SURVIVED = "survived"
    NO_PROGRAM = "no program"  # cannot be imported, so it says nothing about the tests


_FATES = {0: Fate.SURVIVED, 2: Fate.NO_PROGRAM, 4: Fate.NO_PROGRAM}  # by the child's exit code


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


class Trial:
    """A plugin of pytest: once the tests are collected, tries each mutant in a child of its own.

    A child has everything imported. Where a change concerns the bodies of functions only, the
    functions get them in place; otherwise the child imports program and tests anew.
    """

    def __init__(
        self, room: Room, mutants: Iterator[Mutant], count: int, jobs: int, end: float
    ) -> None:
        found = [path for each in room.tests for path in sorted((ROOT / "tests").glob(each))]
        self._arguments = [*_OPTIONS, *_WARNINGS, *map(str, found)]
        self._room, self._mutants, self._count, self._jobs = room, mutants, count, jobs
        self._end = end
        self._called: set[CodeType] = set()
        self.fates: dict[Mutant, Fate] = {}

    def run(self) -> Result:
        """Try mutants until as many as wanted could be run."""
        began = monotonic()
        sys.setprofile(lambda frame, *_: self._called.add(frame.f_code))
        if code := pytest.main(self._arguments, plugins=[self]):
            sys.exit(code)
        name = self._room.name
        print(f"{name}: {len(self.fates)} mutants in {monotonic() - began:.0f} s", flush=True)
        return Result(self._room, self.fates)

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Do this in place of running the tests."""
        sys.setprofile(None)
        if session.testsfailed:
            pytest.exit("the tests cannot be imported", returncode=1)
        child = self._start(None, session.items)
        failed = os.waitpid(child, 0)[1]
        shutil.rmtree(_folder(child), ignore_errors=True)
        if failed:
            pytest.exit("the tests fail before anything is changed", returncode=1)
        running: dict[int, Mutant] = {}
        while True:
            missing = min(self._jobs, self._count - len(self.fates)) - len(running)
            if monotonic() < self._end:
                for mutant in islice(self._mutants, max(missing, 0)):
                    running[self._start(mutant, session.items)] = mutant
            if not running:
                return True
            child, status = os.wait()
            with suppress(ProcessLookupError):  # what the tests started and left
                os.killpg(child, signal.SIGKILL)
            shutil.rmtree(_folder(child), ignore_errors=True)
            mutant = running.pop(child)
            fate = _FATES.get(os.waitstatus_to_exitcode(status), Fate.CAUGHT)
            print(f"  {fate}: {mutant.label} (line {mutant.line})", flush=True)
            if fate is not Fate.NO_PROGRAM:
                self.fates[mutant] = fate

    def _start(self, mutant: Mutant | None, tests: list[pytest.Item]) -> int:
        child = os.fork()
        if child:
            return child
        code = 1
        try:
            os.setpgid(0, 0)
            signal.alarm(100 * _BUDGET_S)  # ends the child where it waits for something
            resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
            folder = _folder(os.getpid())
            folder.mkdir()
            os.environ["TMPDIR"] = tempfile.tempdir = str(folder)
            nowhere = os.open(os.devnull, os.O_RDWR)
            for stream in (0, 1, 2) if mutant else (0, 1):
                os.dup2(nowhere, stream)
            code = self._try(mutant, tests)
        finally:
            os._exit(code)

    def _try(self, mutant: Mutant | None, tests: list[pytest.Item]) -> int:
        stop = Ending(mutant)
        if mutant and not self._change_in_place(mutant):
            _change_import(mutant)
            return int(pytest.main(self._arguments, plugins=[stop]))
        tests[0].config.pluginmanager.register(stop)
        stop.pytest_collection_modifyitems(tests)
        for test, after in zip(tests, [*tests[1:], None], strict=True):
            test.config.hook.pytest_runtest_protocol(item=test, nextitem=after)
        return 0

    def _change_in_place(self, mutant: Mutant) -> bool:
        """Give functions their changed bodies; leave it where importing would show the change."""
        path = ROOT / mutant.module
        before = compile(path.read_text(encoding="utf-8"), path, "exec", dont_inherit=True)
        try:
            after = compile(mutant.content, path, "exec", dont_inherit=True)
        except SyntaxError:
            os._exit(2)
        changes = _changed_functions(before, after)
        if changes is None or not self._called.isdisjoint(changes):
            return False
        for found in gc.get_objects():
            if isinstance(found, FunctionType) and found.__code__ in changes:
                found.__code__ = changes[found.__code__]
            elif isinstance(found, _lru_cache_wrapper):
                found.cache_clear()
        return True


class Ending:
    """A plugin of pytest for a child: likely tests first; a failure ends it, or the budget."""

    def __init__(self, mutant: Mutant | None) -> None:
        self._own = f"test_{Path(mutant.module).stem}.py" if mutant else ""
        self._budget_s = 0.0

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Take the tests of the changed module's own file first, properties last.

        Between these they are mixed, as neighbours look at the same lines.
        """
        Random(1).shuffle(items)
        items.sort(
            key=lambda test: (
                hasattr(getattr(test, "obj", None), "hypothesis"),
                test.path.name != self._own,
                "integration" in test.path.parts,
            )
        )
        self._budget_s = process_time() + _BUDGET_S
        limit_s = round(process_time() + 2 * _BUDGET_S)
        resource.setrlimit(resource.RLIMIT_CPU, (limit_s, limit_s))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """End the child where a test fails, or at the end of the budget."""
        if report.failed:
            print(f"{report.nodeid}\n{report.longreprtext}", file=sys.stderr, flush=True)
            os._exit(1)
        if process_time() > self._budget_s:
            os._exit(0)


def _folder(child: int) -> Path:
    return Path(tempfile.gettempdir()) / f"mutant-{child}"


def _changed_functions(before: CodeType, after: CodeType) -> dict[CodeType, CodeType] | None:
    """Return the functions that differ, old and new; None where other parts differ, too."""
    if before.co_code != after.co_code or len(before.co_consts) != len(after.co_consts):
        return None
    changes: dict[CodeType, CodeType] = {}
    for old, new in zip(before.co_consts, after.co_consts, strict=True):
        if isinstance(old, CodeType) and isinstance(new, CodeType):
            is_function = old.co_flags & inspect.CO_OPTIMIZED
            inner = {old: new} if is_function else _changed_functions(old, new)
            if inner is None or (is_function and old.co_freevars != new.co_freevars):
                return None
            changes |= {one: other for one, other in inner.items() if one != other}
        elif old != new:
            return None
    return changes


def _change_import(mutant: Mutant) -> None:
    """Forget program and tests, and let the next import find the change."""
    for name, module in list(sys.modules.items()):
        path = getattr(module, "__file__", None) or ""
        if path.startswith((f"{ROOT}/ductdicom/", f"{ROOT}/tests/")):
            del sys.modules[name]
    path, compiled = str(ROOT / mutant.module), SourceFileLoader.get_code

    def get_code(loader: SourceFileLoader, name: str) -> CodeType | None:
        if loader.path == path:
            return compile(mutant.content, path, "exec", dont_inherit=True)
        return compiled(loader, name)

    SourceFileLoader.get_code = get_code  # type: ignore[assignment,method-assign]


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
    parser.add_argument("--open", action="store_true", help="only survivors of the table")
    parser.add_argument("--minutes", type=float, default=inf, help="start no mutant after these")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    return parser.parse_args(arguments)


def main(arguments: Sequence[str]) -> int:
    """Run the rooms and print the result; write it where nothing was left out."""
    given = _arguments(arguments)
    rooms = [room for room in ROOMS if not given.room or room.name in given.room]
    share = given.mutants / sum(room.mutants for room in rooms) if given.mutants else 1.0
    reasons, page = _reasons(), _PAGE.read_text(encoding="utf-8")
    phases = (Phase.explicit, Phase.generate)  # what fails need not be made small
    quick = settings(max_examples=20, phases=phases, derandomize=True, deadline=None)
    settings.register_profile("quick", quick, suppress_health_check=list(HealthCheck))
    results = []
    end = monotonic() + 60 * given.minutes
    for room in rooms:
        mutants, count = draw(room.modules, given.seed), round(share * room.mutants)
        if given.open:
            drawn = islice(mutants, 2 * count)
            listed = [m for m in drawn if m.label in page and m.label not in reasons]
            mutants, count = iter(listed), len(listed)
        if count:
            results.append(Trial(room, mutants, count, given.jobs, end).run())
    if not results:
        print(f"{_PAGE.name} lists no survivors of these rooms")
        return 0
    text = describe(results, reasons, given.seed)
    print(text)
    if not (given.room or given.mutants or given.open or given.minutes < inf):
        _PAGE.write_text(_PART.sub(lambda m: m[1] + text + m[2], page), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
