"""The gate: format, lint, types, layers, tests, documentation.

Runs with the Python of an environment that has the extras ``dev`` and ``docs``, and stops at the
first step that fails. Names of steps as arguments run only these. The gate draws no lots and leaves
out tests marked ``slow``. With ``--all`` these run too, branches that no test passes are counted,
which slows all tests, and properties are tried on other examples each time.
"""

import shutil
import subprocess
import sys
from pathlib import Path
from time import monotonic

ROOT = Path(__file__).resolve().parent.parent
_CODE = ("deploy", "ductdicom", "scripts", "tests")
_COVERED_PERCENT = 85  # branches and lines; raise it when it holds, never lower it
_GATE = ["-m", "not slow"]
# A process a processor; a file stays in one, since its tests share what they made. Those that wait
# for other programs come first, so that all processes have work to the end.
_PARALLEL = ["-n", "auto", "--dist", "loadfile", "--no-loadscope-reorder"]
_ALL = ["--hypothesis-profile=explore"]


def _steps(*, is_all: bool) -> dict[str, list[str]]:
    python = [sys.executable, "-m"]
    layers = shutil.which("lint-imports", path=str(Path(sys.executable).parent)) or "lint-imports"
    coverage = ["--cov", f"--cov-fail-under={_COVERED_PERCENT}", "--cov-report=term:skip-covered"]
    chosen = [*coverage, *_ALL] if is_all else _GATE
    return {
        "format": [*python, "ruff", "format", "--check", *_CODE],
        "lint": [*python, "ruff", "check", *_CODE],
        # As this Python: newer ones have newer libraries, whose types older ones cannot read.
        "types": [*python, "mypy", "--python-version", "{}.{}".format(*sys.version_info)],
        "layers": [layers],
        "tests": [*python, "pytest", "-q", "-rs", *_PARALLEL, "--durations=10", *chosen],
        "docs": [sys.executable, "scripts/make_docs.py", "--check"],
        "site": [sys.executable, "scripts/make_site.py"],
        "listings": [sys.executable, "scripts/listings.py"],
    }


def main(arguments: list[str]) -> int:
    """Run the steps and return 0, or 1 where one fails and 2 where a name is unknown."""
    steps = _steps(is_all="--all" in arguments)
    names = [name for name in arguments if name != "--all"]
    unknown = [name for name in names if name not in steps]
    if unknown:
        print(f"no step {unknown[0]!r}; there are {', '.join(steps)}", file=sys.stderr)
        return 2
    began = monotonic()
    for name in names or steps:
        print(f"== {name}", flush=True)
        started = monotonic()
        code = subprocess.run(steps[name], cwd=ROOT, check=False).returncode
        word = "ok" if code == 0 else "FAILED"
        print(f"== {name}: {word} in {monotonic() - started:.1f} s\n", flush=True)
        if code:
            print(f"the gate is closed: {name} failed (alone: scripts/check.py {name})")
            return 1
    print(f"the gate is open: all steps passed in {monotonic() - began:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
