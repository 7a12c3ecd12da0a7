"""Entry point: ``python -m ductdicom`` and the ``ductdicom`` command."""

import sys

_INTERRUPTED = 130


def main() -> None:
    """Run the command line and leave with its exit code."""
    try:
        # Loading takes most of a second, in which somebody may think better of it.
        from ductdicom.cli.application import run  # noqa: PLC0415
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
