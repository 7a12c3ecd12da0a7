"""Install ductdicom into ``.venv-demo``, organise the sample studies, say what to open."""

from __future__ import annotations

import json

from environment import ROOT, make_environment, run

OUTPUT = "demo-output"
TEXTBOOK = "sample_data/textbook/"


def main() -> None:
    """Run the demonstration."""
    python = make_environment(".venv-demo", ".", "pyproject.toml", "ductdicom/**/*")
    # -P: the installed package is shown, not the one in this folder.
    run([str(python), "-P", "-m", "ductdicom", "organise", "sample_data", "-o", OUTPUT])
    print("\nall studies, in a browser:")
    print(f"  {(ROOT / OUTPUT / 'index.html').as_uri()}")
    print("a sheet to begin with:")
    print(f"  {OUTPUT}/studies/{_textbook_key()}/sheet-1.png")


def _textbook_key() -> str:
    """Return the folder of the study that is as a textbook has it."""
    lines = (ROOT / OUTPUT / "studies.jsonl").read_text(encoding="utf-8").splitlines()
    return next(str(json.loads(line)["key"]) for line in lines if TEXTBOOK in line)


if __name__ == "__main__":
    main()
