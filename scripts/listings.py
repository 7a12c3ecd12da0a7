"""Run what the pages of the documentation tell a reader to type, and compare what comes of it.

All listings of a page that can be run in seconds are run, in the order of the pages, in a folder
that holds ``export``, the sample studies. Of each ``console`` listing what a command prints on
standard output is compared; ``python`` is run, ``json`` and ``toml`` must be that. Any other
listing in a language says in a comment before it who runs it, or why nobody does:

    <!-- not run: why -->
    <!-- run by: tests/integration/test_every_night.py -->

Before a ``console`` listing ``<!-- with: site.toml -->`` lays the last ``toml`` listing beside it.
``--write`` puts what the commands print into the pages; ``--list`` names what is not run, and why.
What differs from run to run is printed as `…`: hashes, sizes of folders, times.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import chdir, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FIRST = (ROOT / "docs" / "tutorial.md", ROOT / "README.md")  # they make what others look at
_LISTING = re.compile(
    r"(?:^<!-- (?P<mark>not run|run by|with): (?P<why>.*?) -->\n)?"
    r"^```(?P<language>[^`\n]*)\n(?P<text>.*?)^```$",
    re.DOTALL | re.MULTILINE,
)
_SHELLS = frozenset({"sh", "console", "powershell", "bat", "cron", "ini"})
_CHANGING = (
    (re.compile(r"(?<=\d{8}-)[0-9a-f]{16}|(?<=undated-)[0-9a-f]{16}"), "…"),
    (re.compile(r"(?<=image )[0-9a-f]{12}"), "…"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"), "…"),
    (re.compile(r"[\d.]+ [kMG]B"), "… MB"),
    (re.compile(r"(?<=version )\d+\.\d+\.\d+"), "…"),
)
_LONGEST = 30  # lines of an output that a page shows whole
_SHOWN = 12  # of a longer one


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A listing of a page: its language, its text, and what is said of running it."""

    page: Path
    line: int
    language: str
    text: str
    mark: str = ""
    why: str = ""

    @property
    def place(self) -> str:
        """Where it stands, for a message."""
        return f"{self.page.relative_to(ROOT).as_posix()}:{self.line}"


def pages() -> list[Path]:
    """Return the pages of the documentation, those that others build on first."""
    found = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
    rest = [page for page in found if page not in FIRST and "site" not in page.parts]
    return [*FIRST, *rest]


def listings(page: Path) -> Iterator[Listing]:
    """Yield the listings of a page in their order."""
    text = page.read_text(encoding="utf-8")
    for found in _LISTING.finditer(text):
        yield Listing(
            page=page,
            line=text.count("\n", 0, found.start("language")) + 1,
            language=found["language"],
            text=found["text"],
            mark=found["mark"] or "",
            why=found["why"] or "",
        )


def fault(listing: Listing) -> str:
    """Say what is wrong with a listing before anything is run; empty where nothing is."""
    if listing.mark == "run by":
        return "" if (ROOT / listing.why).is_file() else f"there is no {listing.why}"
    if listing.mark == "not run":
        return ""
    try:
        if listing.language == "json":
            json.loads(listing.text)
        elif listing.language == "toml":
            tomllib.loads(listing.text)
        elif listing.language in _SHELLS - {"console"}:
            return "nobody says who runs it, or why nobody does"
    except ValueError as error:
        return f"is no {listing.language}: {error}"
    is_typed = re.search(r"^\s*(\$ |(sudo )?ductdicom )", listing.text, re.MULTILINE)
    return "is a listing of commands: console" if not listing.language and is_typed else ""


def run(listing: Listing, folder: Path, before: Sequence[Listing] = ()) -> str:
    """Run a listing in a folder and return it as it should stand in its page.

    ``before`` are those before it in the page, one of which may be a file that it needs.

    Raises
    ------
    RuntimeError
        A command failed in a way that no listing shows: a wrong option, a bug.
    """
    if listing.mark in {"not run", "run by"}:
        return listing.text
    if listing.mark == "with":
        kind = Path(listing.why).suffix.removeprefix(".")
        text = next(other.text for other in reversed(before) if other.language == kind)
        (folder / listing.why).write_text(text, encoding="utf-8")
    if listing.language == "python":
        with chdir(folder), redirect_stdout(StringIO()):
            exec(compile(listing.text, listing.place, "exec"), {})  # noqa: S102 - our own page
    if listing.language != "console":
        return listing.text
    typed = [line for line in listing.text.splitlines() if line.startswith("$ ")]
    return "".join(f"{line}\n{_output(line[2:], folder)}" for line in typed)


def _output(command: str, folder: Path) -> str:
    words = shlex.split(command)
    start = [sys.executable, "-m", "ductdicom"] if words[0] == "ductdicom" else [words[0]]
    done = subprocess.run(
        [*start, *words[1:]],
        cwd=folder,
        capture_output=True,
        check=False,
        encoding="utf-8",
        env={**os.environ, "COLUMNS": "160", "NO_COLOR": "1", "XDG_CACHE_HOME": str(folder / ".c")},
    )
    if done.returncode not in {0, 1}:
        raise RuntimeError(f"{command}: ended with {done.returncode}\n{done.stderr}")
    lines = done.stdout.rstrip().splitlines()
    if len(lines) > _LONGEST:
        lines = [*lines[:_SHOWN], "…"]
    text = "".join(f"{line.rstrip()}\n" for line in lines)
    for pattern, word in _CHANGING:
        text = pattern.sub(word, text)
    return text


def main(arguments: list[str]) -> int:
    """Check, write or list, and return 0, or 1 where a page does not hold."""
    every = [listing for page in pages() for listing in listings(page)]
    if "--list" in arguments:
        for listing in every:
            if listing.mark == "not run":
                print(f"{listing.place}: {listing.why}")
        return 0
    wrong = [f"{listing.place}: {said}" for listing in every if (said := fault(listing))]
    with tempfile.TemporaryDirectory(prefix="ductdicom-listings-") as place:
        folder = Path(place)
        ready = shutil.ignore_patterns("README.md")
        shutil.copytree(ROOT / "sample_data", folder / "export", ignore=ready)
        for number, listing in enumerate(every):
            now = run(listing, folder, [o for o in every[:number] if o.page == listing.page])
            if now == listing.text:
                continue
            if "--write" in arguments:
                text = listing.page.read_text(encoding="utf-8")
                fence = f"```{listing.language}\n"
                text = text.replace(f"{fence}{listing.text}", f"{fence}{now}", 1)
                listing.page.write_text(text, encoding="utf-8", newline="\n")
            else:
                wrong.append(f"{listing.place}: now prints\n{now}")
    print("\n".join(wrong) or f"{len(every)} listings hold")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
