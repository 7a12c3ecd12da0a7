"""Entry point: ``python -m ductdicom`` and the ``ductdicom`` command."""

import gc
import os
import sys
import traceback
from io import TextIOWrapper
from pathlib import Path
from types import ModuleType

_WRONG_USAGE = 2
_BUG = 70
_INTERRUPTED = 130
# Tens of thousands of values that stay are made first: words, their index, headers. To look
# through them for garbage after each 700, or 20 000, takes a tenth of a run.
_COLLECTED_AFTER = 100_000


def main() -> None:
    """Run the command line and leave with its exit code."""
    _open_closed_streams()
    _write_what_cannot_be_encoded()
    gc.set_threshold(_COLLECTED_AFTER)
    try:
        Path.cwd()
    except OSError:  # libraries ask for it while they load
        sys.stderr.write("ductdicom: the working folder is gone: change to another\n")
        sys.exit(_WRONG_USAGE)
    # These reportlab would look for along the path and in the home folder, and run.
    for name in ("reportlab_mods", "reportlab_settings"):
        sys.modules.setdefault(name, ModuleType(name))
    try:
        # Loading takes a moment, in which somebody may think better of it.
        from ductdicom.cli.application import run  # noqa: PLC0415
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)
    except Exception:  # noqa: BLE001 - whatever it is; left alone, it would end with 1, a result
        traceback.print_exc()
        sys.exit(_BUG)
    code = run(sys.argv[1:])
    gc.freeze()  # nor is there anything to be gained by looking through them at the end
    sys.exit(code)


def _open_closed_streams() -> None:
    """Read nothing and write nowhere where a service started us with closed descriptors.

    First of all: a file or a pipe that came to stand in their place would be read or written
    instead. Workers inherit them, for the same reason. Standard output stays one that cannot be
    written to, as results would be lost.
    """
    streams = (("stdin", "r", os.O_RDWR), ("stdout", "w", os.O_RDONLY), ("stderr", "w", os.O_RDWR))
    for name, mode, flags in streams:
        if getattr(sys, name) is None:
            descriptor = os.open(os.devnull, flags)  # the lowest that is free: its own
            os.set_inheritable(descriptor, True)  # noqa: FBT003 - as the system has it
            setattr(sys, name, os.fdopen(descriptor, mode, encoding="utf-8"))


def _write_what_cannot_be_encoded() -> None:
    """Write a character that a stream's encoding lacks by its number.

    Redirected output of many a Windows is no UTF-8, and no name of a file may end a run.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


if __name__ == "__main__":
    main()
