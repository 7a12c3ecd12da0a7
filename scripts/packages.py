"""Build wheel and sdist into ``dist/``, and try each as a stranger gets it.

`twine check` reads what an index would show. Then each is installed into a virtual environment
that holds nothing else, and the README's commands are run from it. Needs the extra ``release``.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from environment import ROOT
from fresh import install, run_readme


def build(into: Path) -> list[Path]:
    """Build the sdist, and from it the wheel; return both.

    Raises
    ------
    subprocess.CalledProcessError
        Building or checking failed.
    """
    with tempfile.TemporaryDirectory(prefix="ductdicom-dist-") as place:
        built = Path(place)
        command = [sys.executable, "-m", "build", "--outdir", place, str(ROOT)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        packages = sorted(built.iterdir())
        twine = [sys.executable, "-m", "twine", "check", "--strict", *map(str, packages)]
        subprocess.run(twine, check=True)
        into.mkdir(parents=True, exist_ok=True)
        return [Path(shutil.move(package, into / package.name)) for package in packages]


def try_out(package: Path) -> str:
    """Install a package alone and run it; return what was wrong, empty where nothing was."""
    with tempfile.TemporaryDirectory(prefix="ductdicom-package-") as place:
        try:
            programs = install(Path(place) / "venv", os.environ, str(package))
        except subprocess.CalledProcessError as error:
            return f"pip ended with {error.returncode}"
        return run_readme(programs, Path(place))


def main(arguments: list[str] | None = None) -> int:
    """Build, check and try; 1 where something fails."""
    parser = argparse.ArgumentParser(description="Build the packages, and try them.")
    parser.add_argument("-o", "--output", type=Path, default=ROOT / "dist")
    options = parser.parse_args(arguments)
    try:
        packages = build(options.output.resolve())
    except subprocess.CalledProcessError as error:
        print(f"nothing was built: {' '.join(error.cmd[1:4])} ended with {error.returncode}")
        return 1
    troubles = {package.name: try_out(package) for package in packages}
    for name, trouble in troubles.items():
        print(f"{name}: {trouble or 'installed alone, and the commands of the README were run'}")
    return 1 if any(troubles.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
