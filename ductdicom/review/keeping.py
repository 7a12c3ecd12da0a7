"""What was made for one request, kept within bounds for the next."""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any, TypeVar

_MOST_BYTES = 64 << 20  # of images that are packed
_Made = TypeVar("_Made")


class Kept:
    """What was made, kept while there is room, the oldest let go first; each made once at a time.

    Parameters
    ----------
    most_bytes
        The newest stays though it alone is more.
    """

    def __init__(self, most_bytes: int = _MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._found: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self._making: dict[Hashable, tuple[Lock, int]] = {}
        self._lock = Lock()

    @property
    def size_bytes(self) -> int:
        """What is kept, as it was said to take."""
        with self._lock:
            return sum(size for _, size in self._found.values())

    def get(
        self, key: Hashable, make: Callable[[], _Made], size_bytes: Callable[[_Made], int]
    ) -> _Made:
        """Return what is kept under a key; it is made where it is not there."""
        with self._one_maker(key):
            with self._lock:
                if key in self._found:
                    self._found.move_to_end(key)
                    kept: _Made = self._found[key][0]
                    return kept
            made = make()
            with self._lock:
                self._found[key] = made, size_bytes(made)
                while len(self._found) > 1 and self._total() > self._most_bytes:
                    self._found.popitem(last=False)
            return made

    def drop(self, key: Hashable) -> None:
        """Let go of what was made, if it is kept."""
        with self._lock:
            self._found.pop(key, None)

    def __contains__(self, key: Hashable) -> bool:
        """Tell whether something is kept under a key."""
        with self._lock:
            return key in self._found

    def _total(self) -> int:
        return sum(size for _, size in self._found.values())

    @contextmanager
    def _one_maker(self, key: Hashable) -> Iterator[None]:
        with self._lock:
            lock, waiting = self._making.get(key, (Lock(), 0))
            self._making[key] = lock, waiting + 1
        try:
            with lock:
                yield
        finally:
            with self._lock:
                lock, waiting = self._making.pop(key)
                if waiting > 1:
                    self._making[key] = lock, waiting - 1
