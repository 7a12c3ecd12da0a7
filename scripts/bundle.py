"""Make a bundle for a computer without internet: wheels of one platform, and their hashes.

    python scripts/bundle.py                                       # for a computer like this one
    python scripts/bundle.py --platform "Windows x86-64" --python 3.13

In ``dist/`` lies then a folder, and the same as a zip archive:

    wheels/            the program and all that it needs, with the extras that users have
    requirements.txt   each with its version and SHA-256
    INSTALL.txt        what is typed over there

A bundle for this platform and this Python is tried at once: installed into a fresh virtual
environment whose pip may ask no index, where the README's commands are run. Leaves with 1 where
that fails, with 2 where a package has no wheel there. Needs pip, and the index that it is set up
for. ``--try`` tries an archive that is there, and needs neither.
"""

import argparse
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from environment import ROOT
from fresh import install, run_readme, this_python, without_index
from wheels import EXTRAS, PLATFORMS, PYTHONS

PROJECT = "ductdicom"
INSTALL = ("--no-index", "--find-links", "wheels", "--require-hashes", "-r", "requirements.txt")
NO_WHEEL = 2

_HERE = {
    ("Linux", "x86_64"): "Linux x86-64",
    ("Linux", "aarch64"): "Linux aarch64",
    ("Darwin", "arm64"): "macOS arm64",
    ("Windows", "AMD64"): "Windows x86-64",
}
_PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check")


def this_platform() -> str:
    """Return the name of this machine's platform; empty where no bundle is made for such."""
    return _HERE.get((platform.system(), platform.machine()), "")


def requirements(wheels: Iterable[Path]) -> str:
    """Return the lines that pin wheels to their versions and hashes, in the order of names.

    Raises
    ------
    ValueError
        A name is that of no wheel (PyPA's binary distribution format).
    """
    lines = []
    for wheel in sorted(wheels, key=lambda path: path.name.lower()):
        parts = wheel.stem.split("-")
        if wheel.suffix != ".whl" or len(parts) not in {5, 6}:
            raise ValueError(f"{wheel.name} is not called as a wheel is")
        digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
        lines.append(f"{parts[0].replace('_', '-')}=={parts[1]} --hash=sha256:{digest}\n")
    return "".join(lines)


def instructions(target: str, python: str) -> str:
    """Return what stands in ``INSTALL.txt``."""
    if target.startswith("Windows"):
        start, programs = f"py -{python}", "%USERPROFILE%\\ductdicom\\Scripts\\"
        folder = "%USERPROFILE%\\ductdicom"
    else:
        start, programs, folder = f"python{python}", "~/ductdicom/bin/", "~/ductdicom"
    return (
        f"ductdicom for {target}, Python {python}, without internet.\n"
        "In this folder (on Windows in a command prompt, cmd):\n\n"
        f"    {start} -m venv {folder}\n"
        f"    {programs}pip install {' '.join(INSTALL)}\n"
        f"    {programs}ductdicom doctor\n\n"
        "pip refuses a file whose hash is not that of requirements.txt.\n"
    )


def build_wheel(folder: Path) -> Path:
    """Build the program's wheel from this repository, into a folder, and return it."""
    command = [*_PIP, "wheel", "--quiet", "--no-deps", f"--wheel-dir={folder}", str(ROOT)]
    subprocess.run(command, check=True)
    return next(folder.glob(f"{PROJECT}-*.whl"))


def fetch(wheel: Path, folder: Path, target: str, python: str) -> int:
    """Fetch the wheels of all that a wheel needs, and itself; return pip's exit code."""
    tags = [f"--platform={tag}" for tag in (*PLATFORMS[target], "any")]
    wanted = f"{wheel}[{','.join(EXTRAS)}]"
    command = [
        *(*_PIP, "download", "--quiet", "--only-binary=:all:", f"--dest={folder}"),
        *(f"--python-version={python}", "--implementation=cp", *tags, wanted),
    ]
    return subprocess.run(command, check=False).returncode


def make(into: Path, wheel: Path, target: str, python: str) -> Path | None:
    """Make the bundle's folder and its archive; return the archive, None where a wheel lacks."""
    version = wheel.name.split("-")[1]
    name = f"{PROJECT}-{version}-{target.lower().replace(' ', '-')}-python{python}"
    folder = into / name
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "wheels").mkdir(parents=True)
    if fetch(wheel, folder / "wheels", target, python):
        shutil.rmtree(folder)
        return None
    pinned = requirements((folder / "wheels").iterdir())
    (folder / "requirements.txt").write_text(pinned, "ascii", newline="\n")
    (folder / "INSTALL.txt").write_text(instructions(target, python), "ascii", newline="\n")
    return Path(shutil.make_archive(str(folder), "zip", root_dir=into, base_dir=name))


def try_out(archive: Path) -> str:
    """Install a bundle as its instructions say and run it; return what was wrong."""
    with tempfile.TemporaryDirectory(prefix="ductdicom-bundle-") as place:
        unpacked = Path(place) / "bundle"
        shutil.unpack_archive(archive, unpacked)
        inside = unpacked / archive.stem
        absolute = (str(inside / word) if (inside / word).exists() else word for word in INSTALL)
        try:
            programs = install(Path(place) / "venv", without_index(os.environ), *absolute)
        except subprocess.CalledProcessError as error:
            return f"pip ended with {error.returncode}"
        return run_readme(programs, Path(place))


def main(arguments: Sequence[str] | None = None) -> int:
    """Make a bundle, try it where that can be, and return the exit code."""
    parser = argparse.ArgumentParser(description="Make a bundle for a computer without internet.")
    parser.add_argument("--platform", choices=PLATFORMS, default=this_platform() or None)
    parser.add_argument("--python", choices=PYTHONS, default=this_python())
    parser.add_argument("-o", "--output", type=Path, default=ROOT / "dist")
    parser.add_argument("--try", type=Path, dest="made", metavar="ARCHIVE", help="and make none")
    options = parser.parse_args(arguments)
    if options.made:
        return _say(try_out(options.made))
    if options.platform is None:
        parser.error("this machine is none of these: say --platform")
    with tempfile.TemporaryDirectory(prefix="ductdicom-wheel-") as place:
        wheel = build_wheel(Path(place))
        archive = make(options.output.resolve(), wheel, options.platform, options.python)
    if archive is None:
        print("no bundle was made: pip says above which package has no wheel there")
        return NO_WHEEL
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    print(f"{archive}: {archive.stat().st_size / 1e6:.0f} MB, SHA-256 {digest}", flush=True)
    if (options.platform, options.python) != (this_platform(), this_python()):
        print(f"not tried: this is {this_platform() or 'another machine'}, Python {this_python()}")
        return 0
    return _say(try_out(archive))


def _say(trouble: str) -> int:
    print(trouble or "tried: installed without an index, and the README's commands were run")
    return 1 if trouble else 0


if __name__ == "__main__":
    sys.exit(main())
