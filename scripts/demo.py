"""Install ductdicom into ``.venv-demo``, organise the sample studies, say what to open."""

from __future__ import annotations

from environment import ROOT, make_environment, run

OUTPUT = "demo-output"


def main() -> None:
    """Run the demonstration."""
    python = make_environment(".venv-demo", ".", "pyproject.toml", "ductdicom/**/*")
    run([str(python), "-P", "-m", "ductdicom", "organise", "sample_data", "-o", OUTPUT])
    print("\nopen in a browser:")
    print(f"  {(ROOT / OUTPUT / 'index.html').as_uri()}")
    print("or one of the sheets:")
    for sheet in sorted((ROOT / OUTPUT / "studies").glob("*/sheet-1.png")):
        print(f"  {sheet.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
