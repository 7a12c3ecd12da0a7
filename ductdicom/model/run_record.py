"""The totals of a run as they lie in ``summary.json``: every field, its type, its meaning.

Their JSON Schema and the tables of ``docs/reference/records.md`` are made from here.
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from ductdicom.model.call import ExamKind
from ductdicom.model.last_run import InputCount, UnreadInputs
from ductdicom.model.outcome import Disposition, ProblemCode, Status

SUMMARY_SCHEMA: Literal["ductdicom.summary/1"] = "ductdicom.summary/1"


class RunInputs(Struct, frozen=True, kw_only=True):
    """The inputs of a run."""

    total: Annotated[int, Meta(description="how many there were")]
    by_disposition: Annotated[
        dict[Disposition, int], Meta(description="how many became what, as in the ledger")
    ]
    by_reason: Annotated[
        tuple[InputCount, ...], Meta(description="the same for each `disposition` and `reason`")
    ]


class RunStudies(Struct, frozen=True, kw_only=True):
    """The studies of a run."""

    total: Annotated[int, Meta(description="of which something was given to this run")]
    by_status: Annotated[dict[Status, int], Meta(description="how many of them have which status")]
    by_exam: Annotated[
        dict[ExamKind, int], Meta(description="how many of them are which examination")
    ]
    read_again: Annotated[
        dict[Status, int],
        Meta(description="by status, those only read again, as their patient is one of them"),
    ]
    left_by_earlier_runs: Annotated[
        int, Meta(description="all others in the folder: they stay as they are")
    ]


class RunProblemRecord(Struct, frozen=True, kw_only=True):
    """A problem of a run as a whole."""

    code: Annotated[ProblemCode, Meta(description="a stable word")]
    message: Annotated[str, Meta(description="the same in words")]
    studies: Annotated[tuple[str, ...], Meta(description="keys of those that it concerns")]
    sop_instance_uid: Annotated[str | None, Meta(description="the image that it concerns")]


class RunRecord(Struct, frozen=True, kw_only=True):
    """The totals of a run; the file has no other fields."""

    schema: Annotated[Literal["ductdicom.summary/1"], Meta(description="the kind of record")] = (
        SUMMARY_SCHEMA
    )
    version: Annotated[str, Meta(description="of the program")]
    libraries: Annotated[dict[str, str], Meta(description="versions of what it stands on")]
    python: Annotated[str, Meta(description="version of Python")]
    finished: Annotated[str, Meta(description="when it ended, UTC, ISO 8601")]
    exit_code: Annotated[int, Meta(description="what it ended with")]
    interrupted: Annotated[bool, Meta(description="whether it was stopped before its end")]
    inputs: Annotated[RunInputs, Meta(description="what became of the inputs")]
    unreadable: Annotated[
        tuple[UnreadInputs, ...],
        Meta(description="the inputs that could not be read, by why; the index lists them, too"),
    ]
    studies: Annotated[RunStudies, Meta(description="the studies")]
    problems: Annotated[
        tuple[RunProblemRecord, ...], Meta(description="those of the run as a whole")
    ]
    seconds: Annotated[dict[str, float], Meta(description="by stage")]
