"""One look after the other at a spool, a feed and an output folder, and what is done for them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from os import getpid
from pathlib import Path
from queue import SimpleQueue
from time import monotonic
from typing import Any

import msgspec

from ductdicom.errors import DuctDicomError, NothingReadableError, OutputError, RemoteError
from ductdicom.model.result import Report
from ductdicom.pacs.receive import Notice
from ductdicom.pacs.watch.aside import Aside
from ductdicom.pacs.watch.delivery import Delivery
from ductdicom.pacs.watch.feed import OrthancFeed
from ductdicom.pacs.watch.settling import Settling
from ductdicom.pacs.watch.state import read_state, write_state
from ductdicom.pipeline.executors import SerialExecutor
from ductdicom.settings import Settings
from ductdicom.wording import utc_now

SCHEMA = "ductdicom.watch/1"
_AT_ONCE = 16  # studies of one run: who asks us to end waits for it
_FEED_S = 2.0  # between two looks at a feed
_FIRST_PAUSE_S = 1.0
_LONGEST_PAUSE_S = 60.0


@dataclass(slots=True)
class Attempt:
    """Something that may fail, and is then tried again after pauses that grow.

    ``failure`` is why it failed the last time, None where it did not.
    """

    clock: Callable[[], float]
    every_s: float = 0.0
    failure: DuctDicomError | None = None
    _pause_s: float = 0.0
    _at: float = float("-inf")

    def make(self, work: Callable[[], None]) -> bool:
        """Do it if it is time; tells whether it failed otherwise than before."""
        if self.clock() < self._at:
            return False
        before, self.failure = self.failure, None
        try:
            work()
        except (OutputError, RemoteError) as error:
            self.failure = error
            self._pause_s = min(max(2 * self._pause_s, _FIRST_PAUSE_S), _LONGEST_PAUSE_S)
        else:
            self._pause_s = 0.0
        self._at = self.clock() + (self._pause_s or self.every_s)
        return self.failure is not None and str(self.failure) != str(before)


@dataclass(slots=True)
class Watcher:
    """Organises what is quiet in a spool; nothing happens but when it looks.

    What was done is kept when it is done, so that whoever comes after one that was killed does what
    is left, and at most one run again, which changes nothing.

    Attributes
    ----------
    settling
        The spool that is looked at.
    organise
        Runs over inputs, as `ductdicom.pipeline.run.organise`.
    feed
        Where studies come from that are complete, if from anywhere.
    delivery
        Sends what is new in the output folder, if anybody is to have it.
    aside
        Where it is sent; a look waits for it unless that is another thread.
    is_ending
        Tells that no more is to be begun.
    looked_at
        When the last look began; one at which studies are organised takes its time.
    """

    settings: Settings
    output: Path
    settling: Settling
    organise: Callable[[Sequence[str], Settings], Report]
    feed: OrthancFeed | None = None
    delivery: Delivery | None = None
    aside: Aside = field(default_factory=lambda: Aside(SerialExecutor()))
    is_ending: Callable[[], bool] = lambda: False
    clock: Callable[[], float] = monotonic
    looked_at: str = field(default_factory=utc_now)
    started: str = field(default_factory=utc_now)
    organised: int = 0
    needing_a_person: int = 0
    last_organised: str | None = None
    _complete: set[str] = field(default_factory=set)
    _notices: "SimpleQueue[Notice]" = field(default_factory=SimpleQueue)
    _attempts: dict[str, Attempt] = field(default_factory=dict)
    _state: Any = None

    def __post_init__(self) -> None:
        self._state = read_state(self.output, self.settings)
        self._attempts = {
            "fetch": Attempt(self.clock, _FEED_S),
            "organise": Attempt(self.clock),
            "send": Attempt(self.clock),
        }

    def look(self) -> list[Notice]:
        """Do what is to be done, and return what happened.

        Raises
        ------
        UsageError
            The options cannot be used.
        """
        self.looked_at = utc_now()
        if self.feed is not None:
            self._try("fetch", partial(self._read, self.feed))
        due = self.settling.look(self._state.studies, self._complete)
        if due and not self.is_ending():
            oldest = sorted(due.items(), key=lambda item: int(item[1]))[:_AT_ONCE]
            self._try("organise", partial(self._run, dict(oldest)))
        delivery = self.delivery
        if delivery is None or self.aside.is_busy():
            return list(self._noted())
        if delivery.is_due and not self.is_ending():
            make = partial(delivery.make, self._notices.put, self.is_ending)
            self.aside.start(partial(self._try, "send", make))
        return list(self._noted())

    def finish(self) -> list[Notice]:
        """Wait for what is being sent, and return what happened."""
        self.aside.finish()
        return list(self._noted())

    def _noted(self) -> Iterator[Notice]:
        while not self._notices.empty():
            yield self._notices.get()

    @property
    def exit_code(self) -> int:
        """What it would end with: why something fails now, else 1 where a person is needed."""
        failures = (attempt.failure for attempt in self._attempts.values())
        codes = [failure.exit_code for failure in failures if failure is not None]
        if self.delivery is not None and (self.delivery.refused or self.delivery.unkept):
            codes.append(RemoteError.exit_code)
        is_withheld = self.delivery is not None and bool(self.delivery.withheld)
        return codes[0] if codes else int(self.needing_a_person > 0 or is_withheld)

    def status(self) -> dict[str, Any]:
        """Return how it is, for a monitor: plain values, and no patient among them."""
        failing = {
            name: str(attempt.failure)
            for name, attempt in self._attempts.items()
            if attempt.failure is not None
        }
        return {
            "schema": SCHEMA,
            "state": "failing" if failing else "watching",
            "exit_code": self.exit_code,
            "pid": getpid(),
            "started": self.started,
            "looked_at": self.looked_at,
            "organised": self.organised,
            "needing_a_person": self.needing_a_person,
            "last_organised": self.last_organised,
            "waiting": self.settling.unquiet,
            "feed": self._state.feed.last,
            "failing": failing,
            **({} if self.delivery is None else self.delivery.status()),
        }

    def _try(self, name: str, work: Callable[[], None]) -> None:
        attempt = self._attempts[name]
        if attempt.make(work):
            self._note("failing", "error", what=name, why=str(attempt.failure))

    def _note(self, event: str, level: str = "info", **values: object) -> None:
        self._notices.put(Notice(event=event, level=level, values=values))

    def _read(self, feed: OrthancFeed) -> None:
        """Let a run's worth of studies come, and keep how far all is here."""
        for place, name in feed.read(self._state.feed):
            if place != self._state.feed:
                self._keep(feed=place)
            self._complete |= {name} - {""}
            if self.is_ending() or len(self._complete) >= _AT_ONCE:
                return

    def _run(self, due: dict[str, str]) -> None:
        studies = self.settling.spool.studies
        try:
            report = self.organise([str(studies / name) for name in due], self.settings)
        except NothingReadableError as error:
            self.needing_a_person += len(due)
            self._note("unreadable", "error", why=str(error))
        else:
            self._tell(report)
        there = dict(self.settling.stamps()).keys()
        done = {name: at for name, at in self._state.studies.items() if name in there}
        self._keep(studies=done | due)
        self._complete -= due.keys()
        self.organised += len(due)
        self.last_organised = utc_now()

    def _tell(self, report: Report) -> None:
        for study in report.studies:
            if study.cause is not None:
                self._note(
                    "study",
                    study=study.key,
                    why=study.cause,
                    exam=study.call.exam.kind,
                    status=study.pairing.status,
                )
        if report.exit_code:
            self.needing_a_person += 1
            causes = ", ".join(f"{number} {word}" for word, number in report.causes.items())
            self._note("needs-a-person", "warning", why=causes, exit_code=report.exit_code)
        for notice in report.notices:
            self._note("notice", "warning", message=notice)

    def _keep(self, **changes: object) -> None:
        self._state = msgspec.structs.replace(self._state, **changes)
        write_state(self.output, self._state)
