"""What the last run into a folder said of itself, as it is read again from ``summary.json``."""

from msgspec import Struct


class InputCount(Struct, frozen=True):
    """How many inputs of the last run came to one end."""

    disposition: str
    reason: str
    count: int


class InputCounts(Struct, frozen=True):
    """How many inputs of the last run came to which end."""

    total: int = 0
    by_reason: tuple[InputCount, ...] = ()


class UnreadInputs(Struct, frozen=True):
    """The inputs of the last run that could not be read for one reason.

    ``inputs`` names the first of them as others than the department may read it.
    """

    reason: str
    count: int
    inputs: tuple[str, ...] = ()


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
