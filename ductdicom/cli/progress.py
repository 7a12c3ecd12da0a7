"""Progress on standard error: a bar on a terminal, a line every few seconds elsewhere."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING

from ductdicom.cli.echo import say, say_event
from ductdicom.pipeline.read import Scan, scan
from ductdicom.settings import Settings

if TYPE_CHECKING:  # see `_bar`
    from rich.progress import Progress

_WORDS = {
    "wait": "waiting for who draws in the output folder",
    "scan": "reading headers",
    "decode": "decoding images",
    "draw": "drawing studies",
    "sample": "writing samples",
    "deidentify": "writing images",
}
_UNITS = {
    "scan": "files/s",
    "decode": "images/s",
    "draw": "studies/s",
    "sample": "files/s",
    "deidentify": "images/s",
}
_EVERY_S = 5.0
_FRAME_S = 0.1  # between two movements of a bar
_LEAST_S = 1e-3
_ROUND_FROM = 10  # a second


class _Rates:
    """How many a second; a stage begins when the one before said its last."""

    def __init__(self, now: float) -> None:
        self._seen = now
        self._started: dict[str, float] = {}

    def rate(self, stage: str, done: int, now: float) -> float:
        started = self._started.setdefault(stage, self._seen)
        self._seen = now
        return done / max(now - started, _LEAST_S)


class _Lines:
    """Writes a line now and then, as text or as JSON."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._last = monotonic()
        self._rates = _Rates(self._last)

    def __call__(self, stage: str, done: int, total: int | None) -> None:
        now = monotonic()
        rate = self._rates.rate(stage, done, now)
        is_work = stage in _UNITS
        if is_work and now - self._last < _EVERY_S and done != total:
            return
        self._last = now
        left_s = None if total is None or not rate else round((total - done) / rate, 1)
        if self._as_json:
            say_event(
                "progress",
                stage=stage,
                done=done,
                total=total,
                per_second=round(rate, 2),
                seconds_left=left_s,
            )
            return
        of = "" if total is None else f" of {total}"
        left = f", {left_s:.0f} s left" if left_s else ""
        words = _WORDS.get(stage, stage)
        how = f"({_rate(stage, rate)}{left})" if is_work else "s"
        say(f"{words}: {done}{of} {how}", is_result=False)


class _Bar:
    """Moves a bar on the terminal, not more often than an eye can follow."""

    def __init__(self, progress: "Progress") -> None:
        self._progress = progress
        self._next = 0.0
        self._rates = _Rates(monotonic())
        self._tasks = {
            stage: progress.add_task(words, start=False, total=None, visible=False, rate="")
            for stage, words in _WORDS.items()
        }

    def __call__(self, stage: str, done: int, total: int | None) -> None:
        now = monotonic()
        rate = self._rates.rate(stage, done, now)
        if now < self._next and done != total:
            return
        self._next = now + _FRAME_S
        task, said = self._tasks[stage], _rate(stage, rate) if stage in _UNITS else "s"
        self._progress.start_task(task)  # its clock, once
        self._progress.update(task, completed=done, total=total, visible=True, rate=said)


def _rate(stage: str, rate: float) -> str:
    digits = 0 if rate >= _ROUND_FROM else 1
    return f"{rate:.{digits}f} {_UNITS.get(stage, '/s')}"


@contextmanager
def show_progress(
    *, is_quiet: bool, as_json: bool
) -> Iterator[Callable[[str, int, int | None], None]]:
    """Yield a function that takes a stage, how much is done, and of how much."""
    if is_quiet:
        yield lambda _stage, _done, _total: None
    elif as_json or not sys.stderr.isatty():
        yield _Lines(as_json=as_json)
    else:
        with _bar() as progress:
            yield _Bar(progress)


def _bar() -> "Progress":
    # Most runs have no terminal, and what draws on one takes long to load.
    from rich import progress as shown  # noqa: PLC0415
    from rich.console import Console  # noqa: PLC0415

    return shown.Progress(
        shown.TextColumn("{task.description}"),
        shown.BarColumn(),
        shown.MofNCompleteColumn(),
        shown.TextColumn("{task.fields[rate]}"),
        shown.TimeElapsedColumn(),
        shown.TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )


def read_inputs(names: Sequence[str], settings: Settings) -> Scan:
    """Read and decide; large exports show on standard error that something is being done."""
    with show_progress(is_quiet=settings.quiet, as_json=False) as progress:
        return scan(names, settings, progress=progress)
