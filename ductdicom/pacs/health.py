"""How a receiver or a watch is, in a file that a monitor reads."""

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from os import getpid
from pathlib import Path
from time import monotonic
from typing import Any

from ductdicom.errors import DuctDicomError, OutputError
from ductdicom.export.output import encode_json, write_whole
from ductdicom.pacs.receive import Notice, Receiver, Terms
from ductdicom.pacs.spool.part import Declined
from ductdicom.wording import utc_now

SCHEMA = "ductdicom.receive/1"
_EVERY_S = 5.0  # also where nothing happened, so that a monitor sees that we live
_AT_MOST_EVERY_S = 1.0
_BEAT_S = 0.5
_BUG, _INTERRUPTED = 70, 130  # what a command ends with where an error is none of ours


@dataclass(slots=True)
class StatusFile:
    """A file, always whole, that is written when a state changes and every few seconds."""

    path: Path
    _written: dict[str, Any] = field(default_factory=dict)
    _written_at: float = 0.0

    def note(self, status: dict[str, Any]) -> None:
        """Write how it is, if it is time."""
        age = monotonic() - self._written_at
        if age > _EVERY_S or (age > _AT_MOST_EVERY_S and status != self._written):
            self.write(status)

    def end(self, status: dict[str, Any], error: BaseException) -> None:
        """Write that an error ends it, unless that cannot be written either."""
        code = error.exit_code if isinstance(error, DuctDicomError) else _BUG
        code = _INTERRUPTED if isinstance(error, KeyboardInterrupt) else code
        with suppress(OSError, OutputError):
            self.write(status | {"state": "stopped", "exit_code": code})

    def write(self, status: dict[str, Any]) -> None:
        """Write how it is, and when that was."""
        self._written, self._written_at = status, monotonic()
        write_whole(self.path, encode_json(status | {"at": utc_now()}, indent=2))


@contextmanager
def beating(beat: Callable[[], None]) -> Iterator[Callable[[], None]]:
    """Write how we are beside the block, which may be busy for long.

    Yields
    ------
    What raises the error that kept it from being written.
    """
    is_over = threading.Event()

    def beat_on() -> None:
        while not is_over.wait(_BEAT_S):
            beat()

    with ThreadPoolExecutor(1, thread_name_prefix="status") as executor:
        beats = executor.submit(beat_on)
        try:
            yield lambda: beats.result() if beats.done() else None
        finally:
            is_over.set()


@dataclass(slots=True)
class Health:
    """Writes the state of a receiver.

    ``state`` is ``listening``, ``full`` (what is sent is refused for lack of room), or in the end
    ``stopped``.
    """

    file: StatusFile
    receiver: Receiver
    terms: Terms
    started: str = field(default_factory=utc_now)
    last_refused: str | None = None

    @property
    def exit_code(self) -> int:
        """1 where anything was refused, which somebody must know, else 0."""
        counts = self.receiver.intake.counts
        return 1 if any(counts[str(why)] for why in Declined) else 0

    def note(self, notices: Iterable[Notice]) -> None:
        """Take in what happened, and write if it is time."""
        if any(notice.event == "refused" for notice in notices):
            self.last_refused = utc_now()
        self.file.note(self._status("listening"))

    def stop(self) -> None:
        """Write that it is over."""
        self.file.write(self._status("stopped"))

    def fail(self, error: BaseException) -> None:
        """Write that it ends with an error."""
        self.file.end(self._status("stopped"), error)

    def _status(self, state: str) -> dict[str, Any]:
        intake = self.receiver.intake
        free_bytes = intake.spool.free_bytes()
        counts = dict(sorted(intake.counts.items()))
        needed_bytes = self.terms.limits.reserve_bytes + intake.lacking_bytes
        is_full = state == "listening" and free_bytes < needed_bytes
        return {
            "schema": SCHEMA,
            "state": "full" if is_full else state,
            "exit_code": self.exit_code,
            "pid": getpid(),
            "port": self.receiver.port,
            "started": self.started,
            "associations": self.receiver.associations,
            "objects": counts,
            "bytes": intake.size_bytes,
            # In steps, so that a file is not written for every block that somebody else writes.
            "free_gb": round(free_bytes / 1e9, 1),
            "last_refused": self.last_refused,
            "busy": self.receiver.busy,
        }
