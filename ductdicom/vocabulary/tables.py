"""TOML tables to terms; a role is the path of a list's keys, joined by dots."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ductdicom.errors import RulesError
from ductdicom.model.call import Strength
from ductdicom.reading import load_toml

_LINE = re.compile(r"\(at line (\d+), column \d+\)|\(at end of document\)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A phrase as a vocabulary file writes it, its role and its language.

    ``*`` at the end of a word stands for any ending. ``language`` is an ISO 639-1 code, or the
    name of a file that holds for all languages.
    """

    phrase: str
    role: str
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSetting:
    """What a site set for one rule: off, or another strength (None leaves it as it is)."""

    name: str
    is_enabled: bool = True
    strength: Strength | None = None


def parse_toml(text: str, path: Path) -> dict[str, Any]:
    """Parse a TOML text.

    Raises
    ------
    RulesError
        It is no TOML; names the line.
    """
    try:
        return load_toml(text)
    except tomllib.TOMLDecodeError as error:
        found = _LINE.search(str(error))
        line = int(found[1]) if found and found[1] else max(1, text.count("\n"))
        reason = _LINE.sub("", str(error)).strip()
        raise RulesError(
            f"line {line}: not valid TOML: {reason[:1].lower()}{reason[1:]}",
            path=path,
            hint="strings stand in quotes, lists in brackets: post = ['nach KM']",
        ) from error
    except ValueError as error:  # brackets in brackets, endless numbers
        raise RulesError("is no TOML that could be read", path=path) from error


def read_terms(tables: Mapping[str, Any], language: str) -> Iterator[Term]:
    """Yield the terms of one language's tables, in the file's order."""
    for role, phrases in flatten(tables):
        for phrase in phrases:
            yield Term(phrase=phrase, role=role, language=language)


def flatten(tables: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield what stands below nested tables, with the keys on the way joined by dots."""
    for key, value in tables.items():
        if isinstance(value, Mapping):
            yield from flatten(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def line_of(text: str, *words: str) -> int:
    """Return the line, from 1, at which the last of ``words`` stands behind the others.

    tomllib keeps no positions, so this looks for the table, then for the key, then for the value;
    a word that is not found is passed over.
    """
    position = 0
    for word in words:
        found = re.compile(rf"(?<!\w){re.escape(word)}(?!\w)").search(text, position)
        position = found.start() if found else position
    return text.count("\n", 0, position) + 1
