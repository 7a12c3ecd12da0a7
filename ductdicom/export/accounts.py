"""What stands at the top of the output folder and accounts for a run as a whole."""

import json
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress

import msgspec

from ductdicom.export.output import (
    RECORDS_NAME,
    RUNS_FOLDER,
    STATE_FOLDER,
    OutputFolder,
    encode_json,
    saying,
    write_whole,
)
from ductdicom.export.records import study_record, summary_record
from ductdicom.export.tables import ledger_csv, worklist_csv
from ductdicom.export.top import is_own, make_room
from ductdicom.model.last_run import LastRun
from ductdicom.model.record import RecordedStudy
from ductdicom.model.result import Report
from ductdicom.model.run_record import RunRecord
from ductdicom.reading import read_regular
from ductdicom.settings import Phi

WORKLIST_NAME = "worklist.csv"
_TIMES_NAME = f"{STATE_FOLDER}/times.json"
_LEDGER_NAME = "ledger.csv"
_SUMMARY_NAME = "summary.json"


def write_accounts(
    report: Report,
    others: Iterable[tuple[RecordedStudy, bytes]],
    before: Mapping[str, bytes],
    output: OutputFolder,
    now: str,
) -> tuple[str, ...]:
    """Write the records of all studies, the work list, the index, the ledger and the totals.

    Files that would not change are left alone, those that no run wrote are set aside. The ledger
    and the totals are of this run; those of the run before are kept in a folder of ``runs/`` where
    they say something else.

    Parameters
    ----------
    others
        Records of the studies that this run did not write, each also as the line that it stands on.
    before
        The lines of all studies before this run, by key.
    now
        UTC, ISO 8601.

    Returns
    -------
    The names of files that were set aside.

    Raises
    ------
    OutputError
        One could not be written; those before it are.
    """
    made = (study_record(study) for study in report.studies)
    written = ((record, encode_json(record)) for record in made)
    everything = sorted((*others, *written), key=lambda item: item[0].key or "")
    ledger = ledger_csv(report.rows)
    summary = summary_record(report, now, has_places=output.phi is not Phi.NONE)
    is_news = _is_news(ledger, summary, output)
    last = (
        msgspec.convert(summary, LastRun, from_attributes=True) if is_news else read_summary(output)
    )
    files = _overview(everything, before, last, output, now)
    if is_news:
        files |= {_LEDGER_NAME: ledger, _SUMMARY_NAME: encode_json(summary, indent=2)}
    kept = make_room(files, output)
    if is_news:
        _keep_earlier(output, now)
    _write(files, output)
    return kept


def _write(files: Mapping[str, bytes], output: OutputFolder) -> None:
    for name, content in files.items():
        write_whole(output.place(name), content)


def _overview(
    studies: Sequence[tuple[RecordedStudy, bytes]],
    before: Mapping[str, bytes],
    last: LastRun | None,
    output: OutputFolder,
    now: str,
) -> dict[str, bytes]:
    """Return the files, by name, that are of all studies in the folder; keep the studies' times."""
    from ductdicom.export.html.index import (  # noqa: PLC0415 - Jinja2, for this alone
        html_index,
        index_entries,
    )

    records = [record for record, _ in studies]
    lines = {record.key or "": line for record, line in studies}
    times = _times(output, lines, before, now)
    has_links = output.phi is not Phi.NONE
    index = html_index(
        index_entries(records, last.problems if last else (), has_links=has_links),
        last,
        batch=output.batch,
        has_links=has_links,
    )
    return {
        RECORDS_NAME: b"".join(lines.values()),
        WORKLIST_NAME: worklist_csv(records, times, last.problems if last else ()),
        "index.html": index,
    }


def list_again(
    studies: Iterable[tuple[RecordedStudy, bytes]],
    before: Mapping[str, bytes],
    output: OutputFolder,
    now: str,
) -> tuple[str, ...]:
    """Write what is of all studies in the folder anew, as some were removed or drawn again.

    Parameters
    ----------
    studies
        Those that are to be listed, each also as the line that it stands on.
    before
        The lines of all studies until now, by key.
    now
        UTC, ISO 8601.

    Returns
    -------
    The names of files that were set aside.
    """
    listed = sorted(studies, key=lambda item: item[0].key or "")
    files = _overview(listed, before, read_summary(output), output, now)
    kept = make_room(files, output)
    _write(files, output)
    return kept


def read_summary(output: OutputFolder) -> LastRun | None:
    """Return what the last run said of itself; None where it did not end, or that is damaged."""
    try:
        return msgspec.json.decode(read_regular(output.place(_SUMMARY_NAME)), type=LastRun)
    except (OSError, ValueError, RecursionError):
        return None


def read_times(output: OutputFolder) -> Mapping[str, tuple[str, str]]:
    """Return when studies were first seen and last changed, by key, as far as that is known."""
    try:
        content = read_regular(output.place(_TIMES_NAME))
        return msgspec.json.decode(content, type=dict[str, tuple[str, str]])
    except (OSError, ValueError, RecursionError):
        return {}


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
        if is_own(_SUMMARY_NAME, output):
            output.place(_SUMMARY_NAME).unlink()


def _times(
    output: OutputFolder, lines: Mapping[str, bytes], before: Mapping[str, bytes], now: str
) -> Mapping[str, tuple[str, str]]:
    """Return when each study was first seen and last changed, and keep it for the next run.

    It stands in no record: two runs over the same input write the same records.
    """
    known = read_times(output)
    times = {}
    for key, line in lines.items():
        first, changed = known.get(key, (now, now))
        times[key] = (first, changed if before.get(key) == line else now)
    write_whole(output.place(_TIMES_NAME), encode_json(times))
    return times


def _is_news(ledger: bytes, summary: RunRecord, output: OutputFolder) -> bool:
    """Tell whether anything but times would change in the accounts of the last run."""
    try:
        before = json.loads(read_regular(output.place(_SUMMARY_NAME)))
        return (
            _timeless(before) != _timeless(json.loads(encode_json(summary)))  # as it would be read
            or read_regular(output.place(_LEDGER_NAME)) != ledger
        )
    except (OSError, ValueError, RecursionError, AttributeError):
        return True


def _as_read(summary: RunRecord) -> LastRun:
    """Return the totals as a later run reads them, where there is nothing to be read yet."""
    return msgspec.convert(msgspec.to_builtins(summary), LastRun)


def _timeless(content: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in content.items() if name not in {"seconds", "finished"}}


def _keep_earlier(output: OutputFolder, now: str) -> None:
    """Keep the accounts of the run before, in a folder that is named by its time."""
    found = {}
    for name in (_LEDGER_NAME, _SUMMARY_NAME):
        with saying(output.place(name), "cannot be read"), suppress(FileNotFoundError):
            found[name] = read_regular(output.place(name))
    try:
        finished = str(json.loads(found[_SUMMARY_NAME])["finished"])
    except (KeyError, ValueError, TypeError, RecursionError):
        finished = ""
    time = re.sub(r"[^0-9TZ]", "", finished or now)
    number = 1
    while (
        folder := output.place(f"{RUNS_FOLDER}/{time}{f'-{number}' if number > 1 else ''}")
    ).exists():
        number += 1
    for name, content in found.items():
        write_whole(folder / name, content)
