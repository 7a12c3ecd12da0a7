"""An archive that is reached in two ways: where one brings nothing, the other one is tried."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import TypeVar

from pydicom.dataset import Dataset

from ductdicom.errors import RemoteError
from ductdicom.pacs.pull.query import Archive, NoWayError, StudyQuery

_T = TypeVar("_T")


class EitherArchive:
    """Asks and fetches in the first way, and turns to the other where that one fails.

    Where neither can be asked, it is said what the first one said.
    """

    def __init__(self, first: Archive, second: Archive) -> None:
        self._now, self._others = first, [second]

    def studies(self, query: StudyQuery) -> Iterator[Dataset]:
        """Yield the answers to a query."""
        yield from self._ask(lambda archive: list(archive.studies(query)))

    def series(self, study_uid: str) -> Iterator[Dataset]:
        """Yield the series of a study."""
        yield from self._ask(lambda archive: list(archive.series(study_uid)))

    def images(self, study_uid: str) -> dict[str, str]:
        """Return the objects of a study."""
        return self._ask(lambda archive: archive.images(study_uid))

    def fetch(self, study_uid: str, images: Sequence[tuple[str, str]] | None) -> None:
        """Let a study come into the spool, or some of its images."""
        try:
            self._now.fetch(study_uid, images)
        except NoWayError as error:
            if not self._others:
                raise
            self._now, self._others = self._others[0], []  # it will never bring anything
            raise RemoteError(str(error)) from error

    def has_other_way(self) -> bool:
        """Turn to the other way, and back again the next time."""
        if not self._others:
            return self._now.has_other_way()
        self._now, self._others = self._others[0], [self._now]
        return True

    def _ask(self, question: Callable[[Archive], _T]) -> _T:
        try:
            return question(self._now)
        except RemoteError as error:
            for other in self._others:
                with suppress(RemoteError):
                    answer = question(other)
                    self.has_other_way()
                    return answer
            raise error from None
