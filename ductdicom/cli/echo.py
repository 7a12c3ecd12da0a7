"""What is said to people and programs, with nothing in it that steers a terminal."""

import errno
import json
import os
import re
import sys
from contextlib import suppress
from pathlib import Path

import click
import msgspec

from ductdicom.errors import OutputError
from ductdicom.wording import utc_now

_ESCAPED = re.compile(r"[^ -~]")


def clean(text: str) -> str:
    """Take out of one line what would steer a terminal, turn its text round or end it."""
    return "".join(char if char.isprintable() else "·" for char in text)


def say(text: str = "", *, is_result: bool = True) -> None:
    """Print one line: results on standard output, everything else on standard error.

    Raises
    ------
    OutputError
        A result could not be written. That nobody hears the rest is no reason to stop: who reads
        only the beginning, as `head` does, still gets the exit code.
    """
    if is_result:
        _print_result(clean(text))
        return
    with suppress(OSError):
        click.echo(clean(text), err=True)


def say_json(value: object) -> None:
    """Print a value as one line of JSON on standard output."""
    is_unicode = (sys.stdout.encoding or "utf-8").lower().startswith("utf")
    text = json.dumps(msgspec.to_builtins(value), ensure_ascii=not is_unicode)
    _print_result(_ESCAPED.sub(_escape, text))


def say_event(event: str, level: str = "info", **values: object) -> None:
    """Write one event of ``--log-json``, a JSON object a line on standard error.

    Events are ``start``, ``progress``, ``study``, ``finding``, ``notice`` and ``end``; fields may
    be added. Levels are ``info``, ``warning`` and ``error``.
    """
    time = utc_now()
    say(json.dumps({"time": time, "level": level, "event": event, **values}), is_result=False)


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
