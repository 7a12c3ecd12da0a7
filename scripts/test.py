"""Install ductdicom with its development tools into ``.venv-test`` and run the whole gate."""

from __future__ import annotations

from environment import make_environment, run


def main() -> None:
    """Run the gate."""
    python = make_environment(".venv-test", "-e .[dev]", "pyproject.toml")
    run([str(python), "scripts/check.py"])


if __name__ == "__main__":
    main()
