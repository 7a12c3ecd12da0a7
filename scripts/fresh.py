"""Install into a fresh virtual environment, and run there what the README tells a reader to type.

Needs the standard library alone. Nothing of this repository's folder is seen by what is run.
"""

import os
import subprocess
import sys
import venv
from collections.abc import Mapping
from pathlib import Path

from environment import ROOT
from listings import listings

_FOUND = "sheets/index.html"  # what the second command of the README ends with
_OWN = ("PYTHONPATH", "PYTHONHOME", "PYTHONSAFEPATH", "VIRTUAL_ENV")


def readme_commands(readme: Path = ROOT / "README.md") -> list[list[str]]:
    """Return the words of the README's commands: of its first listing of ``ductdicom`` alone."""
    for listing in listings(readme):
        words = [line.split() for line in listing.text.splitlines()]
        if listing.language == "sh" and all(line[:1] == ["ductdicom"] for line in words):
            return words
    raise LookupError("the README has no listing of ductdicom's commands")


def without_index(environment: Mapping[str, str]) -> dict[str, str]:
    """Return an environment in which pip asks no index, whatever this machine is set up for."""
    kept = {name: text for name, text in environment.items() if not name.startswith("PIP_")}
    return kept | {"PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": os.devnull}


def install(folder: Path, environment: Mapping[str, str], *arguments: str) -> Path:
    """Make a virtual environment, let its pip install, and return the folder of its programs.

    Raises
    ------
    subprocess.CalledProcessError
        pip failed; what it said stands on standard error.
    """
    venv.create(folder, with_pip=True)
    programs = folder / ("Scripts" if os.name == "nt" else "bin")
    command = [str(programs / "python"), "-m", "pip", "install", "--quiet", *arguments]
    subprocess.run(command, cwd=folder, env=_outside(environment), check=True)
    return programs


def run_readme(programs: Path, folder: Path) -> str:
    """Run the README's commands in a folder; return what was wrong, empty where nothing was."""
    environment = _outside(os.environ) | {"XDG_CACHE_HOME": str(folder / "cache")}
    for command in [["ductdicom", "--version"], *readme_commands()]:
        done = subprocess.run(
            [str(programs / command[0]), *command[1:]],
            cwd=folder,
            env=environment,
            capture_output=True,
            check=False,
            text=True,
        )
        if done.returncode:
            return f"{' '.join(command)}: ended with {done.returncode}\n{done.stderr.strip()}"
    return "" if (folder / _FOUND).is_file() else f"the README's commands left no {_FOUND}"


def _outside(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment without what would lead Python to this repository."""
    return {name: text for name, text in environment.items() if name not in _OWN}


def this_python() -> str:
    """Return the version of the Python that runs, as ``3.13``."""
    return f"{sys.version_info.major}.{sys.version_info.minor}"
