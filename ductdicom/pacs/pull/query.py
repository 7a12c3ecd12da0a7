"""What an archive is asked: broadly, as servers differ in how they match; it is decided at home.

References
----------
* DICOM PS3.4 C.6.2, the Study Root information model, and C.2.2.2, matching
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Protocol

from pydicom.dataset import Dataset

from ductdicom.errors import RemoteError, UsageError
from ductdicom.pacs.spool.folder import name_of

MAMMOGRAPHY = "MG"
STUDY_KEYS = (
    *("StudyInstanceUID", "StudyDate", "StudyTime", "AccessionNumber", "StudyDescription"),
    *("PatientID", "IssuerOfPatientID", "PatientName", "PatientBirthDate", "PatientSex"),
    *("ModalitiesInStudy", "NumberOfStudyRelatedInstances", "ProcedureCodeSequence"),
)
SERIES_KEYS = (
    *("SeriesInstanceUID", "Modality", "SeriesDescription", "BodyPartExamined", "ProtocolName"),
    *("PerformedProcedureStepDescription", "RequestAttributesSequence"),
)
# What of a study and its series may name the examination.
NAMING_KEYS = (
    *("StudyDescription", "ProcedureCodeSequence", "SeriesDescription", "ProtocolName"),
    *("PerformedProcedureStepDescription", "RequestAttributesSequence"),
)
_DAY = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """From a day to a day, both included; None is open."""

    first: date | None = None
    last: date | None = None

    def __str__(self) -> str:
        if self.first == self.last:
            return f"{self.first:%Y%m%d}" if self.first else ""
        first, last = (f"{day:%Y%m%d}" if day else "" for day in (self.first, self.last))
        return f"{first}-{last}"

    def holds(self, day: date | None) -> bool:
        """Tell whether a day is one of these; one that is not known may be."""
        return day is None or (
            (self.first is None or self.first <= day) and (self.last is None or day <= self.last)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyQuery:
    """Which studies are asked for; what is empty matches all.

    ``line`` is that of the work list on which it stands, 0 where there is none.
    """

    days: Days = Days()
    patient_id: str = ""
    accession_number: str = ""
    line: int = field(default=0, compare=False)

    def matching(self) -> dict[str, str]:
        """Return the matching keys: mammography, and what else is asked for."""
        keys = {
            "ModalitiesInStudy": MAMMOGRAPHY,
            "StudyDate": str(self.days),
            "PatientID": self.patient_id,
            "AccessionNumber": self.accession_number,
        }
        return {name: value for name, value in keys.items() if value}

    def is_answered_by(self, answer: Dataset) -> bool:
        """Tell whether a study is one that was asked for, letter by letter.

        Servers match without regard to case, take a star in an ID for anything, and ignore keys.
        """
        uid = text(answer, "StudyInstanceUID")
        return (
            uid == name_of(uid)  # it is asked for later, and must not stand for others
            and self.days.holds(read_day(text(answer, "StudyDate")))
            and self.patient_id in {"", text(answer, "PatientID")}
            and self.accession_number in {"", text(answer, "AccessionNumber")}
            and is_mammography(answer)
        )


class NoWayError(RemoteError):
    """Nothing can be fetched from this archive, however often it is asked."""


class Archive(Protocol):
    """An archive that is asked and fetched from.

    All methods raise `RemoteError` where it cannot be reached, refuses or breaks off, and
    `NoWayError` where asking again is of no use.
    """

    def studies(self, query: StudyQuery) -> Iterator[Dataset]:
        """Yield the answers to a query, with `STUDY_KEYS` as far as the archive has them."""

    def series(self, study_uid: str) -> Iterator[Dataset]:
        """Yield the series of a study, with `SERIES_KEYS` as far as the archive has them."""

    def images(self, study_uid: str) -> dict[str, str]:
        """Return the objects of a study: SOP Instance UIDs, each with its series."""

    def fetch(self, study_uid: str, images: Sequence[tuple[str, str]] | None) -> None:
        """Let a study come into the spool, or some of its images, each its series and its UID."""

    def has_other_way(self) -> bool:
        """Turn to another way of fetching, where this one brings nothing and there is one."""


def text(answer: Dataset, keyword: str) -> str:
    """Return an attribute of an answer as text; empty where it is absent or empty."""
    value = answer.get(keyword)
    return "" if value is None else str(value).strip()


def is_mammography(answer: Dataset) -> bool:
    """Tell whether a study or series is, or may be; some archives do not say."""
    found = answer.get("ModalitiesInStudy") or answer.get("Modality") or []
    names = [found] if isinstance(found, str) else list(found)
    return not names or MAMMOGRAPHY in names


def read_day(value: str) -> date | None:
    """Return a day as DICOM writes it, None where it is none."""
    found = _DAY.fullmatch(value.strip())
    try:
        return date(*map(int, found.groups())) if found else None
    except ValueError:
        return None


def parse_days(value: str) -> Days:
    """Read ``20260101``, ``20260101-20260131``, ``20260101-`` or ``-20260131``.

    Days may have hyphens, as in ``2026-01-31``.

    Raises
    ------
    UsageError
        It is none of these.
    """
    day = r"\d{4}-?\d{2}-?\d{2}"
    found = re.fullmatch(rf"({day})|({day})?-({day})?", value.strip(), re.ASCII)
    if found is not None and value.strip() != "-":
        alone, first, last = ((group and read_day(group)) for group in found.groups())
        is_read = all(
            bool(group) == bool(day)
            for group, day in zip(found.groups(), (alone, first, last), strict=True)
        )
        days = Days(first=alone or first or None, last=alone or last or None)
        if is_read and not (days.first and days.last and days.first > days.last):
            return days
    raise UsageError(f"{value!r} is no date", hint="write 20260131, or 20260101-20260131")


def last_days(number: int, today: date) -> Days:
    """Return the last days: 0 is today, 1 is yesterday and today."""
    return Days(first=today - timedelta(days=number), last=today)
