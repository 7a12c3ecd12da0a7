"""What is said to people and programs, with nothing in it that steers a terminal."""

import json
import re

import click

_ESCAPED = re.compile(r"[^ -~]")


def clean(text: str) -> str:
    """Take out of one line what would steer a terminal, turn its text round or end it."""
    return "".join(char if char.isprintable() else "·" for char in text)


def say(text: str = "", *, is_result: bool = True) -> None:
    """Print one line: results on standard output, everything else on standard error."""
    click.echo(clean(text), err=not is_result)


def say_json(value: object) -> None:
    """Print a value as one line of JSON on standard output."""
    text = json.dumps(value, ensure_ascii=False)
    click.echo(_ESCAPED.sub(_escape, text))


def _escape(found: re.Match[str]) -> str:
    char = found.group()
    return char if char.isprintable() else json.dumps(char)[1:-1]
