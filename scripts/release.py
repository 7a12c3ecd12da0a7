"""Make a release of this repository: one command, up to what only a person may do.

    python scripts/release.py 0.2.0 --dry-run     # says what would be done, and what hinders it
    python scripts/release.py 0.2.0

Writes the version and the day into `ductdicom/version.py` and `CHANGELOG.md`, runs the gate,
commits and tags, builds and tries the packages, and lays beside them in ``dist/`` a bundle for
computers without internet, the parts list (CycloneDX) and ``SHA256SUMS``. Nothing is pushed or
uploaded. The tag is signed where git has a key to sign with (``user.signingkey``), else that is
said. Leaves with 1 where a step fails, with 2 where something hinders the release. Needs the
extras ``dev``, ``docs`` and ``release``.
"""

import argparse
import hashlib
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from environment import ROOT
from fresh import install
from wheels import EXTRAS

HINDERED = 2
VERSION_FILE = "ductdicom/version.py"
CHANGELOG = "CHANGELOG.md"

_VERSION = re.compile(r"\d+\.\d+\.\d+")
_WRITTEN = re.compile(r'^__version__ = "([^"]*)"$', re.MULTILINE)
_UNRELEASED = re.compile(r"^## \[Unreleased\].*\n(?P<body>(?:(?!## ).*\n?)*)", re.MULTILINE)


def obstacles(version: str, root: Path = ROOT) -> list[str]:
    """Return what hinders a release, in words; none where nothing does."""
    if not _VERSION.fullmatch(version):
        return [f"{version} is no version: three numbers, such as 0.2.0 (semver.org)"]
    found = []
    now = _WRITTEN.findall((root / VERSION_FILE).read_text("utf-8"))[0]
    if _numbers(version) < _numbers(now):
        found.append(f"{version} is older than {now}, which {VERSION_FILE} has")
    unreleased = _UNRELEASED.search((root / CHANGELOG).read_text("utf-8"))
    if unreleased is None or "- " not in unreleased["body"]:
        found.append(f"{CHANGELOG} has nothing under [Unreleased]")
    if _git(root, "status", "--porcelain"):
        found.append("there are changes that are not committed")
    if _git(root, "tag", "--list", f"v{version}"):
        found.append(f"there is a tag v{version} already")
    return found


def with_version(text: str, version: str) -> str:
    """Return `version.py` with another version."""
    return _WRITTEN.sub(f'__version__ = "{version}"', text)


def with_release(text: str, version: str, day: str) -> str:
    """Return the changelog with what was unreleased under a version and its day."""
    heading = f"## [Unreleased]\n\n## [{version}] - {day}\n"
    return _UNRELEASED.sub(lambda found: heading + found["body"], text, count=1)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in version.split("."))


def _git(root: Path, *words: str) -> str:
    done = subprocess.run(["git", *words], cwd=root, capture_output=True, check=False, text=True)
    return done.stdout.strip()


def _run(*words: str) -> None:
    subprocess.run(words, cwd=ROOT, check=True)


def _write(version: str) -> None:
    day = f"{datetime.now(UTC):%Y-%m-%d}"
    for name, text in (
        (VERSION_FILE, with_version((ROOT / VERSION_FILE).read_text("utf-8"), version)),
        (CHANGELOG, with_release((ROOT / CHANGELOG).read_text("utf-8"), version, day)),
    ):
        (ROOT / name).write_text(text, "utf-8", newline="\n")
    _run(sys.executable, "scripts/make_docs.py")


def _commit(version: str) -> None:
    _run("git", "commit", "--all", "--message", f"Release {version}")
    is_signed = bool(_git(ROOT, "config", "user.signingkey"))
    if not is_signed:
        print("git has no key to sign with: the tag is not signed")
    kind = "--sign" if is_signed else "--annotate"
    _run("git", "tag", kind, f"v{version}", "--message", f"ductdicom {version}")


def _list_parts(version: str) -> None:
    """Write the parts list of the wheel with all extras of users."""
    wheel = ROOT / "dist" / f"ductdicom-{version}-py3-none-any.whl"
    with tempfile.TemporaryDirectory(prefix="ductdicom-parts-") as place:
        wanted = f"{wheel}[{','.join(EXTRAS)}]"
        programs = install(Path(place) / "venv", os.environ, wanted, "packaging")
        command = [str(programs / "python"), str(ROOT / "scripts" / "components.py"), *EXTRAS]
        done = subprocess.run(command, cwd=place, stdout=subprocess.PIPE, check=True)
    (ROOT / "dist" / f"ductdicom-{version}.cdx.json").write_bytes(done.stdout)


def _sum_up(version: str) -> None:
    folder = ROOT / "dist"
    files = [each for each in sorted(folder.glob(f"ductdicom-{version}*")) if each.is_file()]
    lines = [f"{hashlib.sha256(each.read_bytes()).hexdigest()}  {each.name}\n" for each in files]
    (folder / "SHA256SUMS").write_text("".join(lines), "ascii", newline="\n")


def steps(version: str) -> dict[str, Callable[[], None]]:
    """Return what a release does, in words, in its order."""
    python = sys.executable
    return {
        f"write {version} into {VERSION_FILE}, {CHANGELOG} and the manual": lambda: _write(version),
        "run the gate": lambda: _run(python, "scripts/check.py"),
        f"commit, and tag v{version}": lambda: _commit(version),
        "build wheel and sdist, check and try them": lambda: _run(python, "scripts/packages.py"),
        "make a bundle and try it": lambda: _run(python, "scripts/bundle.py"),
        "list the parts (CycloneDX)": lambda: _list_parts(version),
        "write SHA256SUMS": lambda: _sum_up(version),
    }


def main(arguments: list[str] | None = None) -> int:
    """Make the release, or say what it would do, and return the exit code."""
    parser = argparse.ArgumentParser(description="Make a release, up to what a person must do.")
    parser.add_argument("version")
    parser.add_argument("--dry-run", action="store_true", help="change nothing")
    options = parser.parse_args(arguments)
    found = obstacles(options.version)
    for obstacle in found:
        print(f"hinders: {obstacle}")
    if found and not options.dry_run:
        return HINDERED
    for number, (words, do) in enumerate(steps(options.version).items(), 1):
        print(f"{number}. {words}", flush=True)
        if options.dry_run:
            continue
        try:
            do()
        except subprocess.CalledProcessError as error:
            print(f"stopped at step {number}: {error}")
            return 1
    print("what is left to a person: docs/releasing.md")
    return HINDERED if found else 0


if __name__ == "__main__":
    sys.exit(main())
