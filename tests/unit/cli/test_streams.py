import sys

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
        opened = (sys.stdin, sys.stdout, sys.stderr)
        for stream in opened:
            stream.close()

    assert code == 0
