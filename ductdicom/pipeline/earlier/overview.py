"""What an output folder holds, and what its last run brought."""

import os
from collections import Counter
from pathlib import Path
from typing import Literal

from msgspec import Struct

from ductdicom.export.accounts import read_summary, read_times
from ductdicom.export.output import require_output
from ductdicom.export.records import best_sheet, schema_of
from ductdicom.model.call import ExamKind
from ductdicom.model.last_run import LastRun
from ductdicom.model.outcome import Disposition, ReviewReason, Status
from ductdicom.model.record import RecordedStudy
from ductdicom.pipeline.earlier.known import read_known

OVERVIEW_SCHEMA: Literal["ductdicom.overview/1"] = "ductdicom.overview/1"


class ListedStudy(Struct, frozen=True, kw_only=True):
    """A study as the overview names it; times are UTC."""

    key: str
    exam: ExamKind
    status: Status
    reasons: tuple[ReviewReason, ...]
    sheet: str
    first_seen: str
    changed: str


class FailedInputs(Struct, frozen=True, kw_only=True):
    """How many inputs of the last run could not be read for one reason."""

    reason: str
    count: int


class Overview(Struct, frozen=True, kw_only=True):
    """What an output folder holds.

    ``last_run`` is None where no run has ended. ``news`` are the ductograms and studies for review
    that the last run with news brought or changed, ``review`` all that wait for a person.
    """

    schema: Literal["ductdicom.overview/1"] = OVERVIEW_SCHEMA
    last_run: LastRun | None
    studies: dict[str, int]
    news: tuple[ListedStudy, ...]
    review: tuple[ListedStudy, ...]
    failed_inputs: tuple[FailedInputs, ...]
    bytes: int


def overview_schema() -> bytes:
    """Return the JSON Schema of an overview, as JSON."""
    return schema_of(Overview, OVERVIEW_SCHEMA)


def survey(path: Path) -> Overview:
    """Return what an output folder holds; nothing is written.

    Raises
    ------
    UsageError
        It is no output folder.
    """
    output = require_output(path)
    records = list(read_known(path).records.values())
    last = read_summary(output)
    times = read_times(output)
    listed = [
        _listed(record, times.get(record.key or "", ("", "")))
        for record in records
        if record.exam.kind is ExamKind.DUCTOGRAM or record.status is Status.REVIEW
    ]
    listed.sort(key=lambda study: study.key)  # by date, as in the work list
    since = last.finished if last else ""
    return Overview(
        last_run=last,
        studies=dict(sorted(Counter(str(record.status) for record in records).items())),
        news=tuple(study for study in listed if since and study.changed >= since),
        review=tuple(study for study in listed if study.status is Status.REVIEW),
        failed_inputs=_failed(last),
        bytes=_size_bytes(path),
    )


def _listed(record: RecordedStudy, times: tuple[str, str]) -> ListedStudy:
    first_seen, changed = times
    return ListedStudy(
        key=record.key or "",
        exam=record.exam.kind,
        status=record.status,
        reasons=record.review_reasons,
        sheet=best_sheet(record),
        first_seen=first_seen,
        changed=changed,
    )


def _failed(last: LastRun | None) -> tuple[FailedInputs, ...]:
    counts = last.inputs.by_reason if last else ()
    return tuple(
        FailedInputs(reason=item.reason, count=item.count)
        for item in counts
        if item.disposition == Disposition.UNREADABLE
    )


def _size_bytes(path: Path) -> int:
    """Return the size of all files below a folder; a link counts as itself."""
    found = (os.path.join(place, name) for place, _, names in os.walk(path) for name in names)  # noqa: PTH118
    return sum(_size(name) for name in found)


def _size(name: str) -> int:
    try:
        return os.lstat(name).st_size
    except OSError:  # a run has just replaced it
        return 0
