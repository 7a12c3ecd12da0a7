"""Interrupts, which may come at any moment and are acted on where nothing is lost by it."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Self

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP")  # not every system has all of them
_SIGNALS = tuple(getattr(signal, name) for name in _NAMES if hasattr(signal, name))
_Handlers = dict[int, Any]  # what the system knows as one; `signal` has no public name for it


class Interrupts:
    """While it is entered, interrupts wait until the run comes to a part that may be interrupted.

    So a run that was stopped still accounts for what it has read and drawn. Handlers other than
    Python's own stay as they are, and outside the main thread nothing is done.
    """

    def __init__(self) -> None:
        self.came = False
        self._may_stop = False
        self._before: _Handlers = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for number in _SIGNALS:
                if signal.getsignal(number) is signal.default_int_handler:
                    self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(self, *_error: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before.clear()

    @contextmanager
    def may_stop(self) -> Iterator[None]:
        """Let interrupts stop the block with `KeyboardInterrupt`, also one that came before it."""
        outer, self._may_stop = self._may_stop, True
        try:
            if self.came:
                raise KeyboardInterrupt
            yield
        finally:
            self._may_stop = outer

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        self.came = True
        if self._may_stop:
            raise KeyboardInterrupt


@contextmanager
def ended_politely() -> Iterator[None]:
    """Take a request to end, from a batch system or a terminal that closes, for an interrupt."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before: _Handlers = {
        number: signal.signal(number, signal.default_int_handler)
        for number in _SIGNALS
        if signal.getsignal(number) is signal.SIG_DFL  # who ignores one, as nohup does, means it
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
