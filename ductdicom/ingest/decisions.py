"""A reviewer's decisions, as JSON (``ductdicom.decisions/1``) or CSV."""

import csv
import io
import json
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from ductdicom.errors import UsageError
from ductdicom.model.call import Laterality, Phase
from ductdicom.model.decision import Decision
from ductdicom.model.outcome import Problem

E = TypeVar("E", bound=StrEnum)

SCHEMA = "ductdicom.decisions/1"


def read_decisions(path: Path) -> tuple[dict[str, Decision], tuple[Problem, ...]]:
    """Read a file of decisions.

    Returns
    -------
    Decisions by SOP Instance UID, and a problem for each UID that is decided twice in different
    ways; none of the contradicting decisions counts.

    Raises
    ------
    UsageError
        The file cannot be read, or a line in it is wrong; names the line and what would be right.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UsageError(f"decisions cannot be read: {error.strerror}", path=path) from error
    except UnicodeDecodeError as error:
        raise UsageError("decisions are no UTF-8 text", path=path) from error
    entries = _read_csv(text, path) if path.suffix.lower() == ".csv" else _read_json(text, path)
    found: dict[str, Decision] = {}
    contradicted: set[str] = set()
    for number, entry in enumerate(entries, start=1):
        decision = _decision(entry, path, number)
        uid = decision.sop_instance_uid
        if uid in found and not _agree(found[uid], decision):
            contradicted.add(uid)
        found[uid] = decision
    problems = tuple(
        Problem(
            code="contradictory-decision",
            message="is decided twice in different ways; neither decision counts",
            sop_instance_uid=uid,
        )
        for uid in sorted(contradicted)
    )
    return {uid: item for uid, item in found.items() if uid not in contradicted}, problems


def _agree(one: Decision, other: Decision) -> bool:
    return (one.phase, one.laterality, one.view, one.exclude) == (
        other.phase,
        other.laterality,
        other.view,
        other.exclude,
    )


def _read_json(text: str, path: Path) -> list[Mapping[str, object]]:
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        raise UsageError(f"decisions are no valid JSON: {error}", path=path) from error
    except (RecursionError, ValueError) as error:  # brackets in brackets, endless numbers
        raise UsageError("decisions are no JSON that could be read", path=path) from error
    if not isinstance(content, dict) or content.get("schema") != SCHEMA:
        raise UsageError("is no file of decisions", path=path, hint=f'"schema" must be "{SCHEMA}"')
    entries = content.get("decisions")
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise UsageError('"decisions" must be a list of objects', path=path)
    return entries


def _read_csv(text: str, path: Path) -> list[Mapping[str, object]]:
    reader = csv.DictReader(io.StringIO(text))
    if "sop_instance_uid" not in (reader.fieldnames or ()):
        raise UsageError(
            "has no column sop_instance_uid", path=path, hint="name the columns in the first line"
        )
    return [dict(row) for row in reader]


def _decision(entry: Mapping[str, object], path: Path, number: int) -> Decision:
    def word(name: str) -> str:
        value = entry.get(name)
        return "" if value is None else str(value).strip()

    uid = word("sop_instance_uid")
    if not uid:
        raise UsageError(f"decision {number} has no sop_instance_uid", path=path)
    phase = _choice(Phase, word("phase").lower())
    side = _choice(Laterality, word("laterality").upper())
    for name, value, given, hint in (
        ("phase", phase, word("phase"), "phase is pre, post or unknown"),
        ("laterality", side, word("laterality"), "laterality is L, R or B"),
    ):
        if given and value is None:
            raise UsageError(f"decision {number}: no such {name}: {given!r}", path=path, hint=hint)
    return Decision(
        sop_instance_uid=uid,
        phase=phase,
        laterality=side,
        view=word("view").upper() or None,
        exclude=word("exclude").lower() in {"true", "1", "yes"},
        by=word("by"),
        at=word("at"),
        note=word("note"),
    )


def _choice(kind: type[E], text: str) -> E | None:
    return kind(text) if text in {str(item) for item in kind} else None
