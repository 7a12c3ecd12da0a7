"""What is said to people and programs, with nothing in it that steers a terminal."""

import errno
import json
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path

import click
import msgspec

from ductdicom.encoding import json_text
from ductdicom.errors import OutputError
from ductdicom.wording import utc_now

_ESCAPED = re.compile(r"[^ -~]")
_DELETE = "\x7f"
_PREFIX = "ductdicom: "
_HEARD_AS_JSON = ContextVar("heard as json", default=False)


@contextmanager
def heard_as_json(*, is_wanted: bool) -> Iterator[None]:
    """Say everything but results as events of ``--log-json``, where that is wanted."""
    before = _HEARD_AS_JSON.set(is_wanted)
    try:
        yield
    finally:
        _HEARD_AS_JSON.reset(before)


def is_heard_as_json() -> bool:
    """Whether everything but results is said as events."""
    return _HEARD_AS_JSON.get()


def want_json() -> None:
    """From here on say everything but results as events, until ``heard_as_json`` ends."""
    _HEARD_AS_JSON.set(True)


def clean(text: str) -> str:
    """Take out of one line what would steer a terminal, turn its text round or end it."""
    return "".join(char if char.isprintable() else "·" for char in text)


def say(text: str = "", *, is_result: bool = True) -> None:
    """Print one line: results on standard output, everything else on standard error.

    With ``--log-json`` a line on standard error is a ``notice``.

    Raises
    ------
    OutputError
        A result could not be written. That nobody hears the rest is no reason to stop: who reads
        only the beginning, as `head` does, still gets the exit code.
    """
    if is_result:
        _print_result(clean(text))
    elif is_heard_as_json():
        say_event("notice", "warning", message=text.removeprefix(_PREFIX))
    else:
        _print_aside(clean(text))


def say_failure(code: int, *lines: str) -> None:
    """Say on standard error what ended a command, and with ``--log-json`` by which exit code."""
    if is_heard_as_json():
        say_event("end", "error", exit_code=code, message="; ".join(lines))
        return
    for number, line in enumerate(lines):
        _print_aside(clean(line if number else f"{_PREFIX}{line}"))


def say_json(value: object) -> None:
    """Print a value as one line of JSON on standard output."""
    text = json_text(value)
    if text.isascii() and _DELETE not in text:  # nothing to escape
        _print_result(text)
        return
    is_unicode = (sys.stdout.encoding or "utf-8").lower().startswith("utf")
    if not is_unicode:
        text = json.dumps(msgspec.to_builtins(value), ensure_ascii=True)
    _print_result(_ESCAPED.sub(_escape, text))


def say_event(event: str, level: str = "info", **values: object) -> None:
    """Write one event of ``--log-json``, a JSON object a line on standard error.

    Events are ``start``, ``progress``, ``study``, ``finding``, ``notice`` and ``end``; fields may
    be added. Levels are ``info``, ``warning`` and ``error``.
    """
    time = utc_now()
    _print_aside(json.dumps({"time": time, "level": level, "event": event, **values}))


def tell(text: str, event: str, level: str = "info", **values: object) -> None:
    """Say on standard error what happened: in words, or with ``--log-json`` as an event."""
    if is_heard_as_json():
        say_event(event, level, **values)
    else:
        say(f"{_PREFIX}{text}", is_result=False)


def allow_closed_output() -> None:
    """Say results to nobody where standard output is closed, as they also lie in files."""
    try:
        os.write(sys.stdout.fileno(), b"")
    except OSError as error:
        if error.errno == errno.EBADF:
            forget_results()


def forget_results() -> None:
    """Write to nowhere what still waits to be printed: it would fail again when Python ends."""
    with suppress(OSError), Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), sys.stdout.fileno())


def _print_aside(text: str) -> None:
    with suppress(OSError):
        click.echo(text, err=True)


def _print_result(text: str) -> None:
    try:
        click.echo(text)
    except OSError as error:
        forget_results()
        if error.errno == errno.EPIPE:  # who read it has had enough
            return
        raise OutputError(
            f"results could not be written to standard output: {error.strerror}"
        ) from error


def _escape(found: re.Match[str]) -> str:
    char = found.group()
    return char if char.isprintable() else json.dumps(char)[1:-1]


class Teller:
    """Says on standard error what happens, in words or, with ``--log-json``, as events."""

    def __init__(self, *, as_json: bool, is_verbose: bool) -> None:
        self._as_json = as_json
        self._is_verbose = is_verbose

    def say(self, text: str, event: str, level: str = "info", **values: object) -> None:
        """Say one thing: its words, or the name of its event, its level and its values."""
        if self._as_json:
            say_event(event, level, **values)
        else:
            say(f"ductdicom: {text}", is_result=False)
