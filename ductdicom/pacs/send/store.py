"""What a peer answers to an object that is sent to it, and when it is asked again.

References
----------
* DICOM PS3.4 B.2.3 (status of C-STORE), PS3.7 annex C; PS3.18 10.5.3 (of STOW-RS)
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from threading import Event
from typing import Protocol

from pydicom.dataset import Dataset

from ductdicom.errors import RemoteError
from ductdicom.pacs.send.make import SentObject

_WARNINGS = frozenset({0x0001, 0x0107, 0x0116})
_DUPLICATE = 0x0111  # the archive has an object of this UID, which is ours alone
_CANNOT_NOW = frozenset({0x0213})  # resource limitation
PAUSES_S = (5.0, 15.0, 60.0, 180.0)


class Answer(StrEnum):
    """What becomes of an object."""

    STORED = "stored"
    LATER = "later"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A peer's answer, and the words or the number that it was given in."""

    answer: Answer
    status: str


class Store(Protocol):
    """Sends objects to a peer, and asks it what a study holds."""

    def store(self, item: SentObject) -> Reply:
        """Send an object.

        Raises
        ------
        RemoteError
            The peer cannot be reached, or broke off.
        """
        ...

    def series(self, study_uid: str) -> Iterable[Dataset]:
        """Return the series of a study, with what `elsewhere` reads of them.

        Raises
        ------
        RemoteError
            The peer cannot be asked, or broke off.
        """
        ...


def reply_of(code: int) -> Reply:
    """Return what a status of C-STORE means, which STOW-RS gives as reasons, too."""
    status = f"0x{code:04X}"
    family = code >> 8
    if code in {0, _DUPLICATE} or code in _WARNINGS or family >> 4 == 0xB:  # noqa: PLR2004 - Bxxx
        return Reply(answer=Answer.STORED, status=status)
    if family == 0xA7 or code in _CANNOT_NOW:  # noqa: PLR2004 - out of resources
        return Reply(answer=Answer.LATER, status=status)
    return Reply(answer=Answer.REFUSED, status=status)


def wait(seconds: float) -> None:
    """Pause; an interrupt ends it."""
    Event().wait(seconds)


def store_patiently(
    store: Store,
    item: SentObject,
    *,
    pauses_s: tuple[float, ...] = PAUSES_S,
    pause: Callable[[float], None] = wait,
    has_answered: bool = False,
) -> Reply:
    """Send an object, and again after growing pauses where the peer cannot take it now.

    Parameters
    ----------
    has_answered
        The peer answered before: then an association that is lost is asked for again, too.

    Raises
    ------
    RemoteError
        The peer cannot be reached, or broke off each time.
    """
    for seconds in (*pauses_s, None):
        try:
            reply = store.store(item)
        except RemoteError:
            if seconds is None or not has_answered:
                raise
        else:
            if reply.answer is not Answer.LATER or seconds is None:
                return reply
            has_answered = True
        pause(seconds)
    raise AssertionError("the last try returns or raises")
