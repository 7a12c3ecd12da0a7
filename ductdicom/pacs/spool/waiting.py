"""Which studies may still get more: nobody says in DICOM that a study is complete.

What is waited for is remembered in ``SPOOL/incoming/due``, a file a study, so that it is still
waited for when a receiver comes back that was stopped or killed.
"""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock, Thread
from time import monotonic

_FOLDER = "due"


@dataclass(slots=True)
class _Study:
    last: float
    senders: set[Thread] = field(default_factory=set)


def waited_for(incoming: Path) -> frozenset[str]:
    """Return the studies of which a receiver waits for more, or did when it was killed."""
    try:
        return frozenset(entry.name for entry in (incoming / _FOLDER).iterdir())
    except FileNotFoundError:
        return frozenset()


class Waiting:
    """Studies by their folder's name, until nothing came for a while and who sent has hung up.

    Parameters
    ----------
    incoming
        Where to remember them; None: nowhere.
    quiet_s
        How long a while is.
    """

    def __init__(self, incoming: Path | None, quiet_s: float) -> None:
        self._folder = None if incoming is None else incoming / _FOLDER
        self._quiet_s = quiet_s
        self._lock = Lock()
        self._told: list[str] = []
        self._studies = {name: _Study(last=monotonic()) for name in self._remembered()}

    def arrived(self, name: str, sender: Thread | None) -> None:
        """Note that an object of a study came, over an association if one is named."""
        with self._lock:
            if name not in self._studies:
                self._remember(name)
            study = self._studies.setdefault(name, _Study(last=0.0))
            study.last = monotonic()
            if sender is not None:
                study.senders.add(sender)

    def quiet(self) -> list[str]:
        """Return studies that have become quiet.

        They are forgotten at the next call: whoever asks has told of them by then.
        """
        now = monotonic()
        with self._lock:
            self._forget(name for name in self._told if name not in self._studies)
            found = []
            for name, study in list(self._studies.items()):
                study.senders = {one for one in study.senders if one.is_alive()}
                if not study.senders and now - study.last >= self._quiet_s:
                    del self._studies[name]
                    found.append(name)
            self._told = found
        return found

    @property
    def names(self) -> list[str]:
        """The studies that are waited for."""
        with self._lock:
            return sorted(self._studies)

    def _remembered(self) -> frozenset[str]:
        if self._folder is None:
            return frozenset()
        self._folder.mkdir(exist_ok=True)
        return waited_for(self._folder.parent)

    # What cannot be remembered is waited for all the same: an object is worth more than this.

    def _remember(self, name: str) -> None:
        with suppress(OSError):
            if self._folder is not None:
                (self._folder / name).touch()

    def _forget(self, names: Iterable[str]) -> None:
        with suppress(OSError):
            for name in names:
                if self._folder is not None:
                    (self._folder / name).unlink(missing_ok=True)
