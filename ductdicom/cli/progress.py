"""Progress on standard error: a bar on a terminal, a line every few seconds elsewhere."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from ductdicom.cli.events import say_event

_WORDS = {"scan": "reading headers", "draw": "drawing studies"}
_UNITS = {"scan": "files/s", "draw": "studies/s"}
_EVERY_S = 5.0
_FRAME_S = 0.1  # between two movements of a bar
_LEAST_S = 1e-3
_ROUND_FROM = 10  # a second


class _Lines:
    """Writes a line now and then, as text or as JSON."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._last = monotonic()
        self._started: dict[str, float] = {}

    def __call__(self, stage: str, done: int, total: int | None) -> None:
        now = monotonic()
        self._started.setdefault(stage, now)
        if now - self._last < _EVERY_S and done != total:
            return
        self._last = now
        rate = done / max(now - self._started[stage], _LEAST_S)
        left_s = None if total is None else round((total - done) / rate, 1)
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
        click.echo(f"{words}: {done}{of} ({_rate(stage, rate)}{left})", err=True)


class _Bar:
    """Moves a bar on the terminal, not more often than an eye can follow."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._next = 0.0
        self._tasks = {
            stage: progress.add_task(words, total=None, visible=False, stage=stage)
            for stage, words in _WORDS.items()
        }

    def __call__(self, stage: str, done: int, total: int | None) -> None:
        now = monotonic()
        if now < self._next and done != total:
            return
        self._next = now + _FRAME_S
        self._progress.update(self._tasks[stage], completed=done, total=total, visible=True)


class _Rate(ProgressColumn):
    """Says how many a second."""

    def render(self, task: Task) -> Text:
        """Return the speed of a task with its unit."""
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else _rate(str(task.fields["stage"]), speed))


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
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            _Rate(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
        )
        with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
            yield _Bar(progress)
