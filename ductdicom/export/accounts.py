"""What stands at the top of the output folder and accounts for a run as a whole."""

import json
import os
from collections.abc import Mapping
from contextlib import suppress

from ductdicom.export.output import OutputFolder, encode_json, saying, write_whole
from ductdicom.export.records import ledger_csv, study_record, summary_record
from ductdicom.model.result import Report, count_inputs, count_studies, studies_from_inputs
from ductdicom.reading import read_regular
from ductdicom.settings import Phi

RECORDS_NAME = "studies.jsonl"
_LEDGER_NAME = "ledger.csv"
_SUMMARY_NAME = "summary.json"


def write_accounts(report: Report, output: OutputFolder) -> None:
    """Write the studies' records, the ledger, the index and the totals.

    Files that would not change are left alone.

    Raises
    ------
    OutputError
        One could not be written; those before it are.
    """
    from ductdicom.export.html.index import (  # noqa: PLC0415 - Jinja2, for this alone
        html_index,
        index_entries,
    )

    lines = b"".join(encode_json(study_record(study)) for study in report.studies)
    write_whole(output.place(RECORDS_NAME), lines)
    write_whole(output.place(_LEDGER_NAME), ledger_csv(report.rows))
    counts = count_studies(report.studies)
    totals = ", ".join(f"{number} {status}" for status, number in counts.items())
    has_links = output.phi is not Phi.NONE
    index = html_index(
        index_entries(report.studies, has_links=has_links),
        count_inputs(report.rows),
        totals=studies_from_inputs(report, f" ({totals})" if totals else ""),
        has_links=has_links,
    )
    write_whole(output.place("index.html"), index)
    _write_summary(summary_record(report), output)


def has_accounts(output: OutputFolder) -> bool:
    """Whether a run into this folder left its accounts."""
    return os.path.isfile(output.place(_LEDGER_NAME))  # noqa: PTH113 - no, where nobody can tell


def has_records(output: OutputFolder) -> bool:
    """Whether a run into this folder left records of studies."""
    records = output.place(RECORDS_NAME)
    with saying(records, "cannot be looked at"):
        return records.is_file() and records.stat().st_size > 0


def forget_summary(output: OutputFolder) -> None:
    """Remove the summary of an earlier run where this one could not write its own."""
    with suppress(OSError):
        (output.path / _SUMMARY_NAME).unlink(missing_ok=True)


def _write_summary(content: Mapping[str, object], output: OutputFolder) -> None:
    """Write the summary, unless nothing but its timings would change."""
    path = output.place(_SUMMARY_NAME)
    try:
        before = json.loads(read_regular(path))
    except (OSError, ValueError, RecursionError):
        before = {}
    if not isinstance(before, dict) or _timeless(before) != _timeless(content):
        write_whole(path, encode_json(content, indent=2))


def _timeless(content: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in content.items() if name != "seconds"}
