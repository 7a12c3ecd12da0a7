"""Work beside the looks at a spool, so that whoever is waited for holds nothing else up."""

import threading
from collections.abc import Callable


class InPlace:
    """Does work at once; whoever asks for it waits."""

    is_busy = False

    def start(self, work: Callable[[], None]) -> None:
        """Do it."""
        work()

    def finish(self) -> None:
        """Do nothing: all is done."""


class Aside(InPlace):
    """Does one thing at a time in a thread of its own."""

    def __init__(self) -> None:
        self._thread: threading.Thread | None = None
        self._error: BaseException | None = None

    @property
    def is_busy(self) -> bool:  # type: ignore[override]
        """Whether the last is not done yet.

        Raises
        ------
        BaseException
            What ended it.
        """
        if self._thread is not None and self._thread.is_alive():
            return True
        self._thread = None
        if (error := self._error) is not None:
            self._error = None
            raise error
        return False

    def start(self, work: Callable[[], None]) -> None:
        """Begin it; nothing else may be under way."""
        self._thread = threading.Thread(target=self._do, args=(work,), daemon=True)
        self._thread.start()

    def finish(self) -> None:
        """Wait until it is done; raises as `is_busy`."""
        if self._thread is not None:
            self._thread.join()
        _ = self.is_busy

    def _do(self, work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - raised where it is asked after
            self._error = error
