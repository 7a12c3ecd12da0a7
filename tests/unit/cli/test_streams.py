import sys
from contextlib import suppress

from ductdicom import __main__


def test_closed_streams_are_replaced(monkeypatch):
    for name in ("stdin", "stdout", "stderr"):
        monkeypatch.setattr(sys, name, None)
    monkeypatch.setattr(sys, "argv", ["ductdicom", "--version"])

    try:
        __main__.main()
    except SystemExit as end:
        code = end.code
    finally:
        for stream in (sys.stdin, sys.stdout, sys.stderr):
            with suppress(OSError):  # of standard output, to which nothing can be written
                stream.close()

    assert code == 4  # nobody could hear the version
