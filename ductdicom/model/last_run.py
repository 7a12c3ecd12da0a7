"""What the last run into a folder said of itself, as it is read again from ``summary.json``."""

from typing import Annotated

from msgspec import Meta, Struct


class InputCount(Struct, frozen=True):
    """How many inputs of the last run came to one end."""

    disposition: Annotated[str, Meta(description="what they turned out to be")]
    reason: Annotated[str, Meta(description="why, as in the ledger")]
    count: Annotated[int, Meta(description="how many")]


class InputCounts(Struct, frozen=True):
    """How many inputs of the last run came to which end."""

    total: int = 0
    by_reason: tuple[InputCount, ...] = ()


class UnreadInputs(Struct, frozen=True):
    """The inputs of the last run that could not be read for one reason.

    ``inputs`` names the first of them as others than the department may read it.
    """

    reason: Annotated[str, Meta(description="why")]
    count: Annotated[int, Meta(description="how many")]
    inputs: Annotated[
        tuple[str, ...],
        Meta(
            description="the first hundred: by paths without what names anybody, with `--phi none` "
            "by their rows of the ledger"
        ),
    ] = ()


class RunProblem(Struct, frozen=True):
    """A problem of the last run as a whole, and the keys of the studies that it concerns."""

    code: str
    studies: tuple[str, ...] = ()


class LastRun(Struct, frozen=True):
    """The totals of the last run; ``finished`` is UTC, ISO 8601."""

    finished: str = ""
    version: str = ""
    exit_code: int = 0
    interrupted: bool = False
    inputs: InputCounts = InputCounts()
    unreadable: tuple[UnreadInputs, ...] = ()
    problems: tuple[RunProblem, ...] = ()
