"""An end to work that would not end by itself, where no other process can set one."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from ductdicom.errors import UnreadableError


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Raise `UnreadableError` (``header-limit``) in what has not ended after so many seconds.

    Only in the main thread of a POSIX system, and where nobody else uses the alarm; elsewhere
    nothing happens.
    """
    if not _is_possible():
        yield
        return

    def give_up(_signal: int, _frame: FrameType | None) -> None:
        raise UnreadableError("reading takes too long", reason="header-limit")

    before = signal.signal(signal.SIGALRM, give_up)
    # Again and again, as a library may catch what is raised in it.
    signal.setitimer(signal.ITIMER_REAL, seconds, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _is_possible() -> bool:
    if not hasattr(signal, "setitimer"):
        return False
    is_main = threading.current_thread() is threading.main_thread()
    return is_main and signal.getitimer(signal.ITIMER_REAL)[0] == 0
