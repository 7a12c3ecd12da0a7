"""Progress on standard error: a bar on a terminal, a line every few seconds elsewhere."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

_WORDS = {"scan": "reading headers", "draw": "drawing studies"}
_EVERY_S = 5.0


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
        rate = done / max(now - self._started[stage], 1e-3)
        if self._as_json:
            click.echo(
                json.dumps({"event": "progress", "stage": stage, "done": done, "total": total}),
                err=True,
            )
        else:
            of = f" of {total}" if total is not None else ""
            click.echo(f"{_WORDS.get(stage, stage)}: {done}{of} ({rate:.0f}/s)", err=True)


class _Bar:
    """Moves a bar on the terminal."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._tasks = {
            stage: progress.add_task(words, total=None, visible=False)
            for stage, words in _WORDS.items()
        }

    def __call__(self, stage: str, done: int, total: int | None) -> None:
        self._progress.update(self._tasks[stage], completed=done, total=total, visible=True)


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
            TimeElapsedColumn(),
        )
        with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
            yield _Bar(progress)
