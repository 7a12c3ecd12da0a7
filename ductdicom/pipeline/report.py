"""What a run amounted to: totals, exit code, and the files that say so."""

import json
import platform
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from ductdicom.errors import DuctDicomError, NothingReadableError, OutputError
from ductdicom.export.output import THUMBNAIL_NAME, OutputFolder, encode_json, write_whole
from ductdicom.export.records import ledger_csv
from ductdicom.model.outcome import BUG, Disposition, LedgerRow, Note, Problem, ProblemCode, Status
from ductdicom.settings import Settings
from ductdicom.version import __version__
from ductdicom.wording import counted

if TYPE_CHECKING:  # a report is made of runs that draw nothing, too
    from ductdicom.pipeline.drawing.work import StudyJob

SUMMARY_SCHEMA = "ductdicom.summary/1"
INTERRUPTED = 130
_LIBRARIES = ("pydicom", "numpy", "pillow", "imagecodecs", "reportlab")
# Problems that need a person whatever the options say.
_SERIOUS = frozenset(
    {
        ProblemCode.PHASE_CONFLICT,
        ProblemCode.LATERALITY_CONFLICT,
        ProblemCode.PATIENT_CONFLICT,
        ProblemCode.SAME_UID_OTHER_BYTES,
        ProblemCode.PIXELS_UNREADABLE,
        ProblemCode.ORIGINAL_UNREADABLE,
        ProblemCode.WORKER_DIED,
        ProblemCode.CONTRADICTORY_DECISION,
        ProblemCode.MISSING_FROM_DICOMDIR,
    }
)

Record = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A run's outcome: the ledger, the studies' records, the run's own problems, the timings.

    ``identities`` are what the sheets say of each study's patient, by the study's key.
    ``earlier_studies`` counts the studies' folders that earlier runs left in the output.
    ``planned`` is what a dry run would do, where ``up_to_date`` are the keys of studies that it
    would leave as they are. ``failure`` says what could not be written, and ended the run early.
    """

    rows: tuple[LedgerRow, ...]
    records: tuple[Record, ...]
    problems: tuple[Problem, ...]
    seconds: Mapping[str, float]
    settings: Settings
    written: tuple[str, ...] = ()
    planned: "tuple[StudyJob, ...]" = ()
    up_to_date: frozenset[str] = frozenset()
    is_interrupted: bool = False
    failure: OutputError | None = None
    identities: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    earlier_studies: int = 0

    @property
    def exit_code(self) -> int:
        """Exit code as the command line's documentation has it."""
        if self.is_interrupted:
            return INTERRUPTED
        if self.failure is not None:
            return self.failure.exit_code
        if not self.records and not self.planned:
            return NothingReadableError.exit_code
        if BUG in self._codes() or any(row.reason == BUG for row in self.rows):
            return DuctDicomError.exit_code
        return 1 if self.causes else 0

    @property
    def causes(self) -> dict[str, int]:
        """What needs a person, and how often: problems, unreadable inputs, studies to review."""
        codes = self._codes()
        found = {str(code): codes[code] for code in sorted(_SERIOUS & codes.keys())}
        unreadable = sum(row.disposition is Disposition.UNREADABLE for row in self.rows)
        review = sum(record["status"] == Status.REVIEW for record in self.records)
        if unreadable:
            found["unreadable"] = unreadable
        if review and self.settings.strict:
            found[str(Status.REVIEW)] = review
        return found

    def _codes(self) -> Counter[str]:
        of_studies = (
            problem["code"]
            for record in self.records
            for problem in cast("list[dict[str, str]]", record["problems"])
        )
        return Counter(of_studies) + Counter(problem.code for problem in self.problems)


def studies_from_inputs(report: Report, details: str = "") -> str:
    """Return the run in a few words."""
    studies = counted(len(report.records), "study", "studies")
    return f"{studies}{details} from {counted(len(report.rows), 'input', 'inputs')}"


def count_inputs(rows: Iterable[LedgerRow]) -> list[tuple[str, str, int]]:
    """Count inputs by disposition and reason, in a stable order."""
    counts = Counter((str(row.disposition), row.reason) for row in rows)
    return [(disposition, reason, n) for (disposition, reason), n in sorted(counts.items())]


def count_studies(records: Iterable[Record]) -> dict[str, int]:
    """Count studies by status."""
    return dict(sorted(Counter(str(record["status"]) for record in records).items()))


def summary(report: Report) -> dict[str, object]:
    """Return the totals of a run as plain values."""
    from importlib.metadata import version  # noqa: PLC0415 - loads what reads mail

    exams = Counter(
        str(cast("dict[str, object]", record["exam"])["kind"]) for record in report.records
    )
    return {
        "schema": SUMMARY_SCHEMA,
        "version": __version__,
        "libraries": {name: version(name) for name in _LIBRARIES},
        "python": platform.python_version(),
        "exit_code": report.exit_code,
        "interrupted": report.is_interrupted,
        "inputs": {
            "total": len(report.rows),
            "by_disposition": dict(
                sorted(Counter(str(row.disposition) for row in report.rows).items())
            ),
            "by_reason": [
                {"disposition": disposition, "reason": reason, "count": number}
                for disposition, reason, number in count_inputs(report.rows)
            ],
        },
        "studies": {
            "total": len(report.records),
            "by_status": count_studies(report.records),
            "by_exam": dict(sorted(exams.items())),
            "left_by_earlier_runs": report.earlier_studies,
        },
        "problems": [
            {"code": p.code, "message": p.message, "sop_instance_uid": p.sop_instance_uid}
            for p in report.problems
        ],
        "seconds": {name: round(value, 3) for name, value in report.seconds.items()},
    }


def write_report(report: Report, output: OutputFolder) -> None:
    """Write what stands at the top of the output folder; unchanged files are left alone."""
    from ductdicom.export.html.pages import html_index  # noqa: PLC0415 - Jinja2, for this alone

    lines = b"".join(encode_json(record) for record in report.records)
    write_whole(output.path / "studies.jsonl", lines)
    write_whole(output.path / "ledger.csv", ledger_csv(report.rows))
    totals = ", ".join(
        f"{number} {status}" for status, number in count_studies(report.records).items()
    )
    index = html_index(
        [
            _index_entry(record, report.identities.get(str(record["key"]), ()))
            for record in sorted(report.records, key=_urgency)
        ],
        count_inputs(report.rows),
        totals=studies_from_inputs(report, f" ({totals})" if totals else ""),
    )
    write_whole(output.path / "index.html", index)
    _write_summary(summary(report), output)


def has_report(output: OutputFolder) -> bool:
    """Whether a run into this folder left its accounts."""
    return (output.path / "ledger.csv").is_file()


def has_records(output: OutputFolder) -> bool:
    """Whether a run into this folder left records of studies."""
    records = output.path / "studies.jsonl"
    return records.is_file() and records.stat().st_size > 0


def forget_summary(output: OutputFolder) -> None:
    """Remove the summary of an earlier run where this one could not write its own."""
    with suppress(OSError):
        (output.path / "summary.json").unlink(missing_ok=True)


def _write_summary(content: dict[str, object], output: OutputFolder) -> None:
    """Write the summary, unless nothing but its timings would change."""
    path = output.path / "summary.json"
    try:
        before = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        before = {}
    if not isinstance(before, dict) or _timeless(before) != _timeless(content):
        write_whole(path, encode_json(content, indent=2))


def _timeless(content: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in content.items() if name != "seconds"}


def _index_entry(record: Record, identity: tuple[str, ...]) -> dict[str, object]:
    key = str(record["key"])
    folder = f"studies/{key}"
    files = cast("list[str]", record.get("files", []))
    instances = cast("list[dict[str, object]]", record["instances"])
    phases = Counter(str(i["phase"]) for i in instances if i["phase"])
    problems = Counter(p["code"] for p in cast("list[dict[str, str]]", record["problems"]))
    links = [(name, f"{folder}/{name}") for name in _index_files(files)]
    sheet = next((target for name, target in links if name.endswith((".html", ".pdf", ".png"))), "")
    exam = cast("dict[str, object]", record["exam"])
    images = ", ".join(f"{n} {phase}" for phase, n in sorted(phases.items()))
    rows = cast("list[dict[str, list[str]]]", record["rows"])
    if any(Note.PRIOR_STUDY in row["notes"] for row in rows):
        images += ", pre from a prior study"
    thumbnail = f"{folder}/{THUMBNAIL_NAME}" if THUMBNAIL_NAME in files else ""
    return {
        "key": key,
        "date": record["study_date"] or "undated",
        "who": ", ".join(identity),
        "words": str(exam["kind"]).replace("-", " "),
        "status": record["status"],
        "images": counted(len(instances), "object", "objects") + (f": {images}" if images else ""),
        "problems": ", ".join(f"{code} ({n})" for code, n in sorted(problems.items())),
        "link": sheet or f"{folder}/study.json",
        "links": [*links, ("study.json", f"{folder}/study.json")],
        "thumbnail": thumbnail,
    }


def _urgency(record: Record) -> tuple[int, str]:
    """Order studies for a reader: what needs a person first, what is no ductogram last."""
    order = [Status.REVIEW, Status.PARTIAL, Status.PAIRED, Status.NOT_A_DUCTOGRAM]
    return order.index(Status(str(record["status"]))), str(record["key"])


def _index_files(files: list[str]) -> list[str]:
    order = {"sheet.html": 0, "sheet.pdf": 1, "sheet-1.png": 2, "sheet.dcm": 3}
    return sorted((name for name in files if name in order), key=lambda name: order[name])
