"""Print for which Pythons and machines every dependency has a wheel; nothing is installed.

pip resolves the dependencies of `pyproject.toml` for each of them, by wheels alone, and asks the
package index that it is set up for. With ``--write`` the table goes to
`docs/reference/dependencies.md`.
Markers other than Python's version are those of the machine that this runs on.
"""

import json
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
# glibc of Debian 12, Ubuntu 22.04 and RHEL 9, and a macOS that its maker still mends.
PLATFORMS = {
    "Linux x86-64": [f"manylinux_2_{minor}_x86_64" for minor in range(34, 4, -1)],
    "Linux aarch64": [f"manylinux_2_{minor}_aarch64" for minor in range(34, 4, -1)],
    "macOS arm64": ["macosx_14_0_arm64"],
    "Windows x86-64": ["win_amd64"],
}
EXTRAS = ("review", "pacs", "cluster", "difference")  # of users; the others are for developers
_PAGE = ROOT / "docs" / "reference" / "dependencies.md"
_BEGIN, _END = "<!-- wheels -->\n", "<!-- end of wheels -->\n"

Place = tuple[str, str]
"""A Python and a platform."""


def read_requirements() -> dict[str, str]:
    """Return what the project needs, and by which extra; ``""`` for what it always needs."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    found = dict.fromkeys(project["dependencies"], "")
    for extra in EXTRAS:
        found |= dict.fromkeys(project["optional-dependencies"][extra], extra)
    return found


def resolve(requirements: Iterable[str], place: Place) -> dict[str, str] | None:
    """Return name and version of all wheels that requirements come to, None where one lacks."""
    python, platform = place
    tags = [f"--platform={tag}" for tag in (*PLATFORMS[platform], "any")]
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = [
            *(sys.executable, "-m", "pip", "install", "--dry-run", "--quiet", "--quiet"),
            *("--disable-pip-version-check", "--ignore-installed", "--only-binary=:all:"),
            *(f"--target={folder}", f"--report={report}"),
            *(f"--python-version={python}", "--implementation=cp", *tags, *requirements),
        ]
        done = subprocess.run(command, check=False, capture_output=True)
        if done.returncode != 0:
            return None
        items = json.loads(report.read_text("utf-8"))["install"]
    return {item["metadata"]["name"].lower(): item["metadata"]["version"] for item in items}


def find_wheels(requirements: Iterable[str]) -> dict[Place, set[str]]:
    """Return the requirements that come to wheels, with all that they need, at each place."""
    wanted = list(requirements)
    found: dict[Place, set[str]] = {}
    for place in ((python, platform) for python in PYTHONS for platform in PLATFORMS):
        whole = resolve(wanted, place)
        if whole is not None:
            found[place] = set(wanted)
        else:
            found[place] = {each for each in wanted if resolve([each], place) is not None}
        print(f"{place[0]} {place[1]}: {len(found[place])} of {len(wanted)}", file=sys.stderr)
    return found


def make_table(requirements: Mapping[str, str], found: Mapping[Place, set[str]]) -> str:
    """Return the table in Markdown: a line a requirement, a column a platform."""
    lines = [
        "| " + " | ".join(("package", "extra", *PLATFORMS)) + " |",
        "|---|---" + "|---" * len(PLATFORMS) + "|",
    ]
    for requirement, extra in requirements.items():
        cells = (
            _span([python for python in PYTHONS if requirement in found[python, platform]])
            for platform in PLATFORMS
        )
        lines.append("| " + " | ".join((f"`{requirement}`", extra, *cells)) + " |")
    return "\n".join(lines) + "\n"


def _span(pythons: list[str]) -> str:
    if pythons == list(PYTHONS):
        return f"{PYTHONS[0]} to {PYTHONS[-1]}"
    return ", ".join(pythons) or "none"


def main(arguments: list[str]) -> int:
    """Print or write the table; 1 where a wheel is missing somewhere."""
    requirements = read_requirements()
    found = find_wheels(requirements)
    table = make_table(requirements, found)
    if "--write" in arguments:
        before, _, rest = _PAGE.read_text("utf-8").partition(_BEGIN)
        _PAGE.write_text(before + _BEGIN + table + _END + rest.partition(_END)[2], "utf-8")
    else:
        print(table, end="")
    return 0 if all(names == set(requirements) for names in found.values()) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
