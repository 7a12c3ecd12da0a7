"""Work beside the looks at a spool, so that whoever is waited for holds nothing else up."""

from collections.abc import Callable
from concurrent.futures import Executor, Future


class Aside:
    """Does one thing at a time on an executor.

    Errors of what was done are raised where it is asked after.
    """

    def __init__(self, executor: Executor) -> None:
        self._executor = executor
        self._last: Future[None] | None = None

    def is_busy(self) -> bool:
        """Tell whether the last is not done yet."""
        if self._last is None:
            return False
        if not self._last.done():
            return True
        self.finish()
        return False

    def start(self, work: Callable[[], None]) -> None:
        """Begin it; nothing else may be under way."""
        self._last = self._executor.submit(work)

    def finish(self) -> None:
        """Wait until it is done."""
        last, self._last = self._last, None
        if last is not None:
            last.result()
