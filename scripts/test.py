"""Install ductdicom with its development tools into ``.venv-test`` and run the whole gate.

``--all`` runs more, as `check` says; so do names of steps fewer.
"""

from __future__ import annotations

import sys

from environment import make_environment, run


def main() -> None:
    """Run the gate."""
    python = make_environment(".venv-test", "-e .[dev,docs]", "pyproject.toml")
    run([str(python), "scripts/check.py", *sys.argv[1:]])


if __name__ == "__main__":
    main()
