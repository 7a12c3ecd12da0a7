"""Entry point: ``python -m ductdicom`` and the ``ductdicom`` command."""

import sys

from ductdicom.cli.application import run


def main() -> None:
    """Run the command line and leave with its exit code."""
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
