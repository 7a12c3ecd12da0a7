"""Say whether receive or watch is well, by its status file; for the health check of a container.

    python3 healthy.py SPOOL/incoming

Exit code 0: each status file there is younger than a minute, and says neither that anything fails
nor that it stopped; 1: not so, or there is none. Needs the standard library alone.
"""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

FILES = ("status.json", "watch.json")  # of receive and of watch
OLDEST = 60  # seconds; both write every few
WELL = {"listening", "watching"}


def find_fault(folder: Path, now: datetime) -> str:
    """Return what is wrong, empty where nothing is."""
    files = [folder / name for name in FILES if (folder / name).is_file()]
    if not files:
        return f"{folder}: no status file"
    for file in files:
        try:
            status = json.loads(file.read_text("utf-8"))
            state, age = status["state"], now - datetime.fromisoformat(status["at"])
        except (OSError, ValueError, TypeError, KeyError) as error:
            return f"{file.name}: cannot be read ({type(error).__name__})"
        if state not in WELL:
            return f"{file.name}: {state}"
        if age.total_seconds() > OLDEST:
            return f"{file.name}: {age.total_seconds():.0f} s old"
    return ""


def main(arguments: list[str]) -> int:
    """Print what is wrong and return the exit code."""
    fault = find_fault(Path(arguments[0]), datetime.now(UTC))
    print(fault or "well")
    return 1 if fault else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
