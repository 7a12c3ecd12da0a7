"""Clearing out an output folder: what runs wrote of some studies is removed."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from ductdicom.export.accounts import list_again
from ductdicom.export.folder import StudyFolder
from ductdicom.export.output import STUDIES_FOLDER, open_output, require_output
from ductdicom.model.outcome import Status
from ductdicom.model.record import RecordedStudy
from ductdicom.pipeline.earlier.known import read_known
from ductdicom.wording import utc_now


@dataclass(frozen=True, slots=True, kw_only=True)
class PrunedStudy:
    """A study that was removed, or would be.

    ``size_bytes`` is what runs wrote of it, but for its line in ``studies.jsonl``; ``kept`` are
    files in its folder that were set aside, as they are not what a run wrote.
    """

    record: RecordedStudy
    size_bytes: int
    kept: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruned:
    """What was removed; ``kept`` are files at the top of the folder that were set aside.

    ``lending`` are the keys of studies that stay, as a sheet of another that stays shows an image.
    """

    studies: tuple[PrunedStudy, ...]
    kept: tuple[str, ...]
    lending: tuple[str, ...]


def prune(
    path: Path,
    *,
    before: date | None = None,
    statuses: Collection[Status] = tuple(Status),
    is_dry: bool = False,
) -> Pruned:
    """Remove what runs wrote of studies, and list these no more.

    A reader's own files stay, as do decisions, the accounts of runs, and a study whose images
    stand on the sheet of another that stays.

    Parameters
    ----------
    path
        An output folder.
    before
        Only studies of an earlier day; one without a date is of none.
    statuses
        Only studies of these.
    is_dry
        Nothing is removed.

    Raises
    ------
    UsageError
        It is no output folder.
    OutputError
        Something cannot be removed or written, or a run holds the folder.
    """
    with open_output(path, require_output(path).phi) as output:
        known = read_known(path)
        chosen, lending = _chosen(known.records, before, statuses)
        found = []
        for key, record in sorted(chosen.items()):
            folder = StudyFolder(path / STUDIES_FOLDER / key)
            size = folder.size_bytes() if is_dry else folder.remove()
            found.append(PrunedStudy(record=record, size_bytes=size, kept=tuple(folder.kept)))
        kept: tuple[str, ...] = ()
        if chosen and not is_dry:
            others = sorted(known.records.keys() - chosen.keys())
            staying = ((known.records[key], known.lines[key]) for key in others)
            kept = list_again(staying, known.lines, output, utc_now())
    return Pruned(studies=tuple(found), kept=kept, lending=lending)


def _chosen(
    records: Mapping[str, RecordedStudy], before: date | None, statuses: Collection[Status]
) -> tuple[dict[str, RecordedStudy], tuple[str, ...]]:
    """Return the studies that go, and the keys of those that stay since they lend images."""
    asked = {
        key: record
        for key, record in records.items()
        if record.status in statuses
        and (before is None or "" < (record.study_date or "") < before.isoformat())
    }
    lending = _lending(asked, records)
    return {key: record for key, record in asked.items() if key not in lending}, lending


def _lending(
    chosen: Mapping[str, RecordedStudy], records: Mapping[str, RecordedStudy]
) -> tuple[str, ...]:
    """Return which of the chosen studies hold an image that a row of another study shows."""
    shown = {
        uid
        for key, record in records.items()
        if key not in chosen
        for row in record.rows
        for uid in (*row.pre, *row.post)
    }
    return tuple(
        key
        for key, record in sorted(chosen.items())
        if any(image.sop_instance_uid in shown for image in record.instances)
    )
