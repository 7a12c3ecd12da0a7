"""Studies that were decided on are drawn again, one after another, in a process of their own.

A decoder that ends its process ends no review, and whoever looks at images does not wait.
"""

from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Future
from pathlib import Path
from threading import Condition, Lock, Thread
from time import monotonic
from typing import ParamSpec, TypeVar

from ductdicom.errors import DuctDicomError, InUseError
from ductdicom.pipeline.again.redo import redo
from ductdicom.pipeline.executors import WorkerPool
from ductdicom.wording import values_unsaid

_AGAIN_S = 2  # after which a folder that a run holds is tried again
IN_USE = "a run is at work in the output folder; it is drawn as soon as that has ended"
NOT_TRIED = "nothing has drawn it since; a run or ductdicom apply does, if its originals are there"
P = ParamSpec("P")
T = TypeVar("T")
DIED = "drawing it ended the program that drew; ductdicom apply says more"


class Redrawing:
    """What is waiting to be drawn, and what keeps it from that.

    Parameters
    ----------
    path
        The output folder.
    is_done
        Called when studies have been drawn.
    """

    def __init__(self, path: Path, is_done: Callable[[], None]) -> None:
        self._path = path
        self._is_done = is_done
        self._changed = Condition()
        self._waiting: dict[str, None] = {}
        self._under_way = ""
        self._obstacles: dict[str, str] = {}
        self._pool = WorkerPool(1)
        self._submitting = Lock()
        self._thread: Thread | None = None

    def warm_up(self) -> None:
        """Start the process, so that the first study need not wait for it."""
        self._submit(_ready)

    def add(self, key: str) -> None:
        """Let a study be drawn again; its obstacle of the last time is forgotten."""
        with self._changed:
            self._waiting[key] = None
            self._obstacles.pop(key, None)
            self._changed.notify_all()
            if self._thread is None:
                self._thread = Thread(target=self._work, name="redrawing", daemon=True)
                self._thread.start()

    def wait(self, key: str, most_s: float) -> tuple[bool, str]:
        """Wait until a study is drawn or something keeps it from being, for a while.

        Returns
        -------
        Whether it is waiting no more, and in words what keeps it, or kept it, from being drawn.
        """
        end = monotonic() + most_s
        with self._changed:
            while self._is_open(key) and key not in self._obstacles:
                if (left := end - monotonic()) <= 0:
                    break
                self._changed.wait(left)
            return not self._is_open(key), self._obstacles.get(key, "")

    def _submit(self, work: Callable[P, T], *arguments: P.args, **more: P.kwargs) -> Future[T]:
        with self._submitting:  # a pool starts with what it is given first
            return self._pool.submit(work, *arguments, **more)

    def _is_open(self, key: str) -> bool:
        return key in self._waiting or key == self._under_way

    def _work(self) -> None:
        while True:
            with self._changed:
                while not self._waiting:
                    self._changed.wait()
                self._under_way = next(iter(self._waiting))
                del self._waiting[self._under_way]
            obstacle, is_passing = self._draw(self._under_way)
            self._is_done()
            with self._changed:
                key, self._under_way = self._under_way, ""
                self._obstacles.pop(key, None)
                if obstacle:
                    self._obstacles[key] = obstacle
                if is_passing:
                    self._waiting.setdefault(key)
                self._changed.notify_all()
                if is_passing:
                    self._changed.wait(_AGAIN_S)

    def _draw(self, key: str) -> tuple[str, bool]:
        """Draw a study.

        Returns
        -------
        What kept it from being drawn, in words, and whether that may pass.
        """
        try:
            return self._submit(_redo, self._path, key).result()
        except BrokenExecutor:
            return DIED, False


def _ready() -> None:
    """Do nothing: whoever is asked to has loaded what drawing needs."""


def _redo(path: Path, key: str) -> tuple[str, bool]:
    """Draw a study in a process of its own."""
    try:
        with values_unsaid():
            report = redo(path, (key,))
    except InUseError:  # whose words name a process and a computer
        return IN_USE, True
    except DuctDicomError as error:  # the disk is full
        return ": ".join(filter(None, (*map(str, error.args), error.hint))), True
    about = (problem.message for problem in report.problems if key in problem.studies)
    return "; ".join(about), False
