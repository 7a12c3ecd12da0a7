"""Fill in the parts of the documentation that are made from the code.

A part stands between ``<!-- made: NAME -->`` and ``<!-- end -->`` and is replaced by what the code
says; examples are run for it. With ``--check`` nothing is written, and the end is 1 where a part is
stale.
"""

import inspect
import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import Any

import click
import conformance
import examples
from manual import man_page

from ductdicom.classify import decide
from ductdicom.classify.engine import Thresholds
from ductdicom.classify.exam import exam
from ductdicom.classify.image import copies, kind
from ductdicom.classify.image import view as views
from ductdicom.classify.phase import (
    contradictions,
    inference,
    injections,
    suggestions,
    timeline,
    weigh,
)
from ductdicom.classify.rules import Question, describe_rules
from ductdicom.cli.admin.schema import SCHEMAS
from ductdicom.cli.application import COMMANDS, application
from ductdicom.cli.options import SETTINGS
from ductdicom.cli.pacs.options import spelling
from ductdicom.pacs.send.objects import SentKind

ROOT = Path(__file__).resolve().parent.parent
PAGES = (
    *(Path("docs/explanation/how-it-decides.md"), Path("docs/reference/records.md")),
    *(Path("docs/reference/settings.md"), Path("docs/reference/conformance.md")),
)
MANUAL = Path("docs/man")
SCHEMA_FOLDER = Path("docs/reference")
_PART = re.compile(r"(<!-- made: (?P<name>[a-z-]+) -->\n).*?(<!-- end -->)", re.DOTALL)
_UNITS = {
    "minutes": "min",
    "seconds": "s",
    "hours": "h",
    "ml": "mL",
    "kvp_at_least": "kV",
    "fraction": "fraction of the usual",
}
# The order in which a study is decided.
_STEPS = (
    ("What each object is", kind.decide_kind),
    ("Which breast and which view", views.decide_view),
    ("Copies and rejected images", copies.settle_copies),
    ("What the examination is", exam.decide_exam),
    ("Which clock", timeline.read_timeline),
    ("What tells images apart", weigh.weigh),
    ("Contrast's start time", weigh.start_time),
    ("Contradictions in time", contradictions.find_contradictions),
    ("Inferences from order", inference.infer),
    ("Suggestions", suggestions.suggest),
    ("Which filling", injections.number_injections),
    ("The whole", decide.classify_study),
)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(
        f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in r)} |\n" for r in lines
    )


def _rules(question: Question) -> str:
    rows = [
        (
            f"`{item.name}`",
            item.attribute,
            str(item.strength) + (", must differ between images" if item.must_discriminate else ""),
            item.description,
            item.reference,
        )
        for item in describe_rules().values()
        if item.question is question
    ]
    return table(("rule", "attribute", "strength", "what it says", "source"), rows)


def _thresholds() -> str:
    rows = []
    for item in fields(Thresholds):
        unit = next((u for name, u in _UNITS.items() if item.name.endswith(name)), "")
        rows.append((f"`{item.name}`", f"{item.default:g}", unit))
    return table(("name", "built in", "unit"), rows)


def _steps() -> str:
    parts = []
    for title, function in _STEPS:
        text, sources = _docstring(function)
        parts.append(f"### {title}\n\n{text}\n\n{sources}".rstrip() + "\n")
    return "\n".join(parts)


def _docstring(function: Callable[..., object]) -> tuple[str, str]:
    """Return what a docstring says before its sections, and its references as a sentence."""
    whole = inspect.getdoc(function) or ""
    sections = re.split(r"\n*^(\w+)\n-+\n", whole, flags=re.MULTILINE)
    named = dict(zip(sections[1::2], sections[2::2], strict=True))
    sources = re.sub(r"\s*\n\s*", " ", named.get("References", "")).removeprefix("* ")
    return sections[0].strip(), f"Source: {sources.replace(' * ', '; ')}." if sources else ""


def walk(
    command: click.Command, parent: click.Context | None
) -> Iterator[tuple[click.Command, click.Context]]:
    """Yield a command and all below it, each with a context that knows its full name."""
    context = click.Context(command, parent=parent, info_name=command.name)
    if parent is None:
        context.info_name = "ductdicom"
    yield command, context
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            if below is not None:
                yield from walk(below, context)


def option_rows(command: click.Command, context: click.Context) -> list[tuple[str, str]]:
    """Return the spelling and the help of each option, except --help."""
    records = [option.get_help_record(context) for option in _documented(command, context)]
    return [(f"`{names}`", " ".join(text.split())) for names, text in filter(None, records)]


def _documented(command: click.Command, context: click.Context) -> list[click.Option]:
    return [
        option
        for option in command.get_params(context)
        if isinstance(option, click.Option) and not option.hidden and "--help" not in option.opts
    ]


def _settings() -> str:
    """Return the options that the environment and the top of a file may hold, each once."""
    rows = {
        spelling(option): (_in_a_file(option), f"`{option.envvar}`", text)
        for _, option, text in _every_option()
        if option is SETTINGS.get(str(option.name))
    }
    return table(("in a file", "in the environment", "meaning"), [rows[n] for n in sorted(rows)])


def _pacs_settings() -> str:
    """Return the options that ``[pacs]`` may hold: the commands that have each, and its help."""
    rows: dict[tuple[str, str], list[str]] = {}
    for command, option, text in _every_option():
        if COMMANDS.get(command, ("", ""))[0].startswith("pacs.") and not option.envvar:
            rows.setdefault((_in_a_file(option), text), []).append(f"`{command}`")
    listed = [(name, ", ".join(of), text) for (name, text), of in sorted(rows.items())]
    return table(("in `[pacs]`", "of", "meaning"), listed)


def _in_a_file(option: click.Option) -> str:
    return f"`{spelling(option).replace('_', '-')}`"


def _every_option() -> Iterator[tuple[str, click.Option, str]]:
    """Yield each option with the name of its command before it, and its help behind it."""
    for command, context in walk(application, None):
        helps = option_rows(command, context)
        for option, (_, text) in zip(_documented(command, context), helps, strict=True):
            yield str(command.name), option, text


def _fields(name: str) -> str:
    """Return the fields of a part of a study's record: their values and their meaning."""
    parts = {
        kind: part
        for record in ("study", "summary", "decisions")
        for kind, part in json.loads(SCHEMAS[record]())["$defs"].items()
    }
    rows = [
        (f"`{field}`", _values(what, parts), what["description"])
        for field, what in parts[name]["properties"].items()
    ]
    return table(("field", "values", "meaning"), rows)


def _values(what: Mapping[str, Any], parts: Mapping[str, Any]) -> str:
    """Say which values a schema allows, in words."""
    if "anyOf" in what:
        return " or ".join(_values(one, parts) for one in what["anyOf"])
    if "$ref" in what:
        name = what["$ref"].rpartition("/")[2]
        is_word = "enum" in parts[name]
        return _values(parts[name], parts) if is_word else _ANCHORS[name]
    if "enum" in what:
        return ", ".join(f"`{word}`" for word in what["enum"])
    for key, words in (("items", "list"), ("additionalProperties", "for each")):
        if what.get(key):
            return f"{words}: {_values(what[key], parts)}"
    if "prefixItems" in what:
        return f"{len(what['prefixItems'])} whole numbers"
    return _TYPES[what["type"]]


_TYPES = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "`true`, `false`",
    "null": "null",
}
_ANCHORS = {
    "RunInputs": "[inputs](#the-inputs-of-a-run)",
    "InputCount": "[counts](#a-count)",
    "UnreadInputs": "[unreadable inputs](#inputs-that-could-not-be-read)",
    "RunStudies": "[studies](#the-studies-of-a-run)",
    "RunProblemRecord": "[problems](#a-problem-of-a-run)",
    "RecordedDecided": "[decided](#what-reviewers-say)",
    "RecordedCompanion": "[companions](#a-companion)",
    "RecordedPremise": "[premises](#what-it-follows-from)",
    "RecordedOpinion": "[opinions](#an-opinion)",
    "RecordedReview": "[review](#of-the-study)",
    "RecordedDepartment": "[department](#for-the-department)",
    "RecordedEvidence": "[reasons](#a-reason)",
    "RecordedExam": "[exam](#the-examination)",
    "RecordedInstance": "[instances](#an-instance)",
    "RecordedRow": "[rows](#a-row)",
    "RecordedTile": "[tiles](#a-tile)",
    "RecordedSlab": "[slab](#a-slab)",
    "RecordedDifference": "[differences](#a-difference)",
    "RecordedSheet": "[sheets](#a-sheet)",
    "RecordedLeftOut": "[images left out](#an-image-left-out)",
    "RecordedProblem": "[problems](#a-problem)",
}

_ATTRIBUTES = ("attribute", "tag", "VR", "value")
_CONTEXTS = ("SOP class", "UID", "transfer syntaxes", "role")
_MAKERS: Mapping[str, Callable[[], str]] = {
    "readings": lambda: table(examples.READINGS_HEAD, examples.readings()),
    "splits": lambda: table(examples.SPLITS_HEAD, examples.splits()),
    "rules-of-phase": lambda: _rules(Question.PHASE),
    "rules-of-exam": lambda: _rules(Question.EXAM),
    "rules-of-side": lambda: _rules(Question.SIDE),
    "rules-of-view": lambda: _rules(Question.VIEW),
    "thresholds": _thresholds,
    "steps": _steps,
    "settings": _settings,
    "settings-of-pacs": _pacs_settings,
    "entities": lambda: table(
        ("entity", "command", "default AE title", "is called", "calls"), conformance.entities()
    ),
    "implementation": lambda: table(("", "value"), conformance.implementation()),
    "proposed-pull": lambda: table(_CONTEXTS, conformance.proposed("pull")),
    "proposed-fetched": lambda: table(_CONTEXTS, conformance.proposed("fetched")),
    "proposed-send": lambda: table(_CONTEXTS, conformance.proposed("send")),
    "proposed-commitment": lambda: table(_CONTEXTS, conformance.proposed("commitment")),
    "query-keys": lambda: table(("level", "attribute", "matching"), conformance.keys()),
    "answers": lambda: table(("status", "", "when"), conformance.answers()),
    "replies": lambda: table(("status", "what is done"), conformance.replies()),
    "received-syntaxes": lambda: table(
        ("", "transfer syntax", "UID"), conformance.received_syntaxes()
    ),
    "received-classes": lambda: table(("SOP class", "UID"), conformance.storage_classes()),
    "limits": lambda: table(("option", "default", "meaning", "of"), conformance.limits()),
    "copied": lambda: f"Copied: {conformance.copied()}.\n",
    "sheet-object": lambda: table(_ATTRIBUTES, conformance.attributes(SentKind.SHEET)),
    "keys-object": lambda: table(_ATTRIBUTES, conformance.attributes(SentKind.KEYS)),
    "pdf-object": lambda: table(_ATTRIBUTES, conformance.attributes(SentKind.PDF)),
    "record-decision": partial(_fields, "DecisionEntry"),
    "record-run": partial(_fields, "RunRecord"),
    "record-run-inputs": partial(_fields, "RunInputs"),
    "record-count": partial(_fields, "InputCount"),
    "record-unread": partial(_fields, "UnreadInputs"),
    "record-run-studies": partial(_fields, "RunStudies"),
    "record-run-problem": partial(_fields, "RunProblemRecord"),
    "record-study": partial(_fields, "RecordedStudy"),
    "record-department": partial(_fields, "RecordedDepartment"),
    "record-exam": partial(_fields, "RecordedExam"),
    "record-reason": partial(_fields, "RecordedEvidence"),
    "record-instance": partial(_fields, "RecordedInstance"),
    "record-decided": partial(_fields, "RecordedDecided"),
    "record-premise": partial(_fields, "RecordedPremise"),
    "record-opinion": partial(_fields, "RecordedOpinion"),
    "record-review": partial(_fields, "RecordedReview"),
    "record-companion": partial(_fields, "RecordedCompanion"),
    "record-row": partial(_fields, "RecordedRow"),
    "record-sheet": partial(_fields, "RecordedSheet"),
    "record-tile": partial(_fields, "RecordedTile"),
    "record-slab": partial(_fields, "RecordedSlab"),
    "record-difference": partial(_fields, "RecordedDifference"),
    "record-left-out": partial(_fields, "RecordedLeftOut"),
    "record-problem": partial(_fields, "RecordedProblem"),
}


def refreshed(text: str) -> str:
    """Return a page with its made parts as the code has them now."""
    return _PART.sub(lambda found: f"{found[1]}\n{_MAKERS[found['name']]()}\n{found[3]}", text)


def made_files() -> dict[Path, str]:
    """Return the files that are made from the code as a whole: man pages and JSON Schemas."""
    pages = {
        MANUAL / f"{context.command_path.replace(' ', '-')}.1": man_page(command, context)
        for command, context in walk(application, None)
    }
    schemas = {
        SCHEMA_FOLDER / f"ductdicom.{name}-1.schema.json": make().decode("utf-8")
        for name, make in SCHEMAS.items()
    }
    return {**schemas, **pages}


def main(arguments: Sequence[str]) -> int:
    """Write the pages, or with ``--check`` name those that are stale."""
    is_check = "--check" in arguments
    wanted = {page: refreshed((ROOT / page).read_text(encoding="utf-8")) for page in PAGES}
    wanted |= made_files()
    stale = []
    for page, text in wanted.items():
        path = ROOT / page
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            stale.append(page.as_posix())
            if not is_check:
                path.write_text(text, encoding="utf-8", newline="\n")
    for path in (ROOT / MANUAL).glob("*.1"):
        if MANUAL / path.name not in wanted:
            stale.append((MANUAL / path.name).as_posix())
            if not is_check:
                path.unlink()
    word = "stale, run scripts/make_docs.py" if is_check else "written"
    print(f"{word}: {', '.join(stale)}" if stale else "the documentation is as the code has it")
    return 1 if is_check and stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
