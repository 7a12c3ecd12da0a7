"""Make the man pages from the command line's own help.

A page is made of what ``--help`` prints and of the table of exit codes. They are files of the
repository, as an installation must not need what makes them, and go into the wheel below
``share/man``.

References
----------
* man(7), groff_man(7): macros of a man page
"""

import inspect
import re
from pathlib import Path

import click

_NAMES = re.compile(r"(?<![\w-])--?[a-z0-9][a-z-]*")
_EXIT = Path(__file__).resolve().parent.parent / "docs" / "reference" / "exit-codes.md"
_ROW = re.compile(r"^\| (\d+) \| ([^|]+?) \|", re.MULTILINE)


def man_page(command: click.Command, context: click.Context) -> str:
    """Return the page of a command in section 1."""
    name = context.command_path.replace(" ", "-")
    short = command.get_short_help_str(200).rstrip(".")
    usage = " ".join(command.collect_usage_pieces(context))
    lines = [
        f'.TH "{name.upper()}" "1" "" "" "ductdicom"',
        *(".SH NAME", f"{_escaped(name)} \\- {_escaped(short)}"),
        *(".SH SYNOPSIS", f"\\fB{_escaped(context.command_path)}\\fR {_escaped(usage)}"),
        *(".SH DESCRIPTION", *_prose(command.help or "")),
        *_prose(command.epilog or ""),
    ]
    options = [
        record
        for option in command.get_params(context)
        if isinstance(option, click.Option)
        and (record := option.get_help_record(context)) is not None
    ]
    if options:
        lines.append(".SH OPTIONS")
        for names, text in options:
            lines += [".TP", _bold(names), _escaped(" ".join(text.split()))]
    if isinstance(command, click.Group):
        lines.append(".SH COMMANDS")
        for word in command.list_commands(context):
            below = command.get_command(context, word)
            if below is not None:
                lines += [".TP", f"\\fB{_escaped(name)}\\-{_escaped(word)}\\fR(1)"]
                lines.append(_escaped(below.get_short_help_str(200)))
    lines.append(".SH EXIT STATUS")
    for code, meaning in _ROW.findall(_EXIT.read_text(encoding="utf-8")):
        lines += [".TP", f"\\fB{code}\\fR", _escaped(meaning.replace("`", ""))]
    if context.parent is not None:
        above = context.parent.command_path.replace(" ", "-")
        lines += [".SH SEE ALSO", f"\\fB{_escaped(above)}\\fR(1)"]
    return "\n".join(lines) + "\n"


def _prose(text: str) -> list[str]:
    """Return paragraphs; lines below click's mark stay as they are."""
    lines = []
    for paragraph in re.split(r"\n\s*\n", inspect.cleandoc(text)):
        if paragraph.startswith("\b"):
            kept = paragraph.removeprefix("\b").strip("\n").splitlines()
            lines += [".PP", ".nf", *map(_escaped, kept), ".fi"]
        elif paragraph:
            lines += [".PP", _escaped(" ".join(paragraph.split()))]
    return lines


def _bold(names: str) -> str:
    """Return the spellings of an option with these in bold, and what follows them plain."""
    return _NAMES.sub(lambda found: f"\\fB{found[0]}\\fR", names).replace("-", "\\-")


def _escaped(text: str) -> str:
    """Return text in which nothing means anything to roff."""
    text = text.replace("\\", "\\e").replace("-", "\\-")
    text = "".join(sign if sign.isascii() else f"\\[u{ord(sign):04X}]" for sign in text)
    return f"\\&{text}" if text[:1] in {".", "'"} else text
