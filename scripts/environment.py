"""Make a virtual environment below the repository and install the package into it.

Runs with the standard library alone, and as far as its messages on any Python 3.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_MINIMUM = (3, 11)
_STAMP = "installed-from"


def make_environment(name: str, requirement: str, *sources: str) -> Path:
    """Make the environment, or use the one that is there, and return its Python.

    Parameters
    ----------
    name
        Folder below the repository.
    requirement
        What pip installs, for example ``.[dev]``; editable if it begins with ``-e``.
    sources
        Glob patterns of files; nothing is installed again before one of them changes.
    """
    _check_python()
    folder = ROOT / name
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not _runs(python):
        print(f"making a virtual environment in {name}", flush=True)
        venv.create(folder, clear=True, with_pip=True)
    stamp = folder / _STAMP
    wanted = _fingerprint(requirement, sources)
    if not stamp.is_file() or stamp.read_text(encoding="ascii") != wanted:
        print("installing ductdicom and what it needs; the first time takes minutes", flush=True)
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        run([*pip, *requirement.split()])
        stamp.write_text(wanted, encoding="ascii")
    return python


def run(command: list[str]) -> None:
    """Run a command in the repository; where it fails, leave with its exit code."""
    code = subprocess.run(command, cwd=ROOT, check=False).returncode
    if code:
        sys.exit(code)


def _check_python() -> None:
    if sys.version_info[:2] < _MINIMUM:
        version = ".".join(str(number) for number in sys.version_info[:3])
        sys.exit(f"ductdicom needs Python 3.11 or newer, this is {version} ({sys.executable})")
    if importlib.util.find_spec("ensurepip") is None:
        sys.exit(
            "this Python cannot make virtual environments, as its ensurepip is missing; "
            "on Debian and Ubuntu: apt install python3-venv"
        )


def _runs(python: Path) -> bool:
    """Tell whether an environment is whole and of this Python's version."""
    if not python.is_file():
        return False
    script = "import pip, sys; print(*sys.version_info[:2])"
    answer = subprocess.run(
        [str(python), "-c", script], capture_output=True, text=True, check=False
    )
    return answer.stdout.split() == [str(number) for number in sys.version_info[:2]]


def _fingerprint(requirement: str, patterns: tuple[str, ...]) -> str:
    digest = hashlib.sha256(requirement.encode())
    for path in sorted(path for pattern in patterns for path in ROOT.glob(pattern)):
        if path.is_file() and path.suffix != ".pyc":
            digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
