"""Which studies files belong to that could not be read, as far as their headers or places tell."""

import dataclasses
import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import PurePath, PurePosixPath

from msgspec.structs import replace

from ductdicom.identity.known import Identity
from ductdicom.model.origin import Origin
from ductdicom.model.outcome import Disposition, LedgerRow, Problem, ProblemCode
from ductdicom.pipeline.judge import Judged
from ductdicom.pipeline.naming import Naming
from ductdicom.wording import counted

_MOST_NAMED = 10


def note_unread(
    judged: Sequence[Judged],
    rows: Iterable[LedgerRow],
    naming: Naming,
    strangers_of: Callable[[Iterable[str], Iterable[str]], Identity],
) -> tuple[Judged, ...]:
    """Tell each study which files could not be read that may belong to it.

    Such a file names its study, or lies in a folder, or above folders, with images of one study
    alone (heuristic). What is missing of a study may be in it.

    Parameters
    ----------
    naming
        Calls the files by what names nobody of the headers.
    strangers_of
        Tells who else may be named by paths, by those of a study's own files: its record is the
        same whatever else a run reads.
    """
    places = _Places(judged)
    unread: dict[int, list[LedgerRow]] = {}
    for row in rows:
        if row.disposition is Disposition.UNREADABLE:
            for number in places.studies_of(row):
                unread.setdefault(number, []).append(row)
    return tuple(
        _noted(study, unread[number], naming, strangers_of) if number in unread else study
        for number, study in enumerate(judged)
    )


class Concern:
    """What of a run concerns some of its studies.

    That is what is theirs, and what may be: a file that cannot be read and does not name its study
    where their images lie beside it or alone below its folder (heuristic), what the directory of a
    file set says that lies above them, and problems of no input or study at all.
    """

    def __init__(self, chosen: Iterable[Judged], judged: Sequence[Judged]) -> None:
        self._places = _Places(judged)
        wanted = set(map(id, chosen))
        self._numbers = {number for number, study in enumerate(judged) if id(study) in wanted}
        self._images = {i.uid for number in self._numbers for i in judged[number].call.images}

    def labels(self, rows: Iterable[LedgerRow]) -> frozenset[str]:
        """Return the labels of the inputs that concern them."""
        return frozenset(
            row.origin.label for row in rows if self._numbers & self._places.maybe_of(row)
        )

    def problems(self, problems: Iterable[Problem]) -> tuple[Problem, ...]:
        """Return the problems of the run as a whole that concern them."""
        return tuple(problem for problem in problems if self._is_theirs(problem))

    def _is_theirs(self, problem: Problem) -> bool:
        """Tell whether a problem is; one that names studies is of such as were not decided."""
        if problem.studies:
            return False
        if problem.origin is not None:
            return bool(self._numbers & self._places.below(problem.origin))
        return problem.sop_instance_uid in {None, *self._images}


class _Places:
    """The studies, by number, whose images lie in a folder, and in it or below it."""

    def __init__(self, judged: Sequence[Judged]) -> None:
        self._by_uid: dict[str, set[int]] = {}
        self._in: dict[PurePath, set[int]] = {}
        self._below: dict[PurePath, set[int]] = {}
        for number, study in enumerate(judged):
            self._by_uid.setdefault(study.part.study.study_instance_uid, set()).add(number)
            folders = {_folder(i.origin) for i in study.part.study.instances}
            for folder in folders:
                self._in.setdefault(folder, set()).add(number)
            for above in {above for folder in folders for above in (folder, *folder.parents)}:
                self._below.setdefault(above, set()).add(number)

    def studies_of(self, row: LedgerRow) -> set[int]:
        """Return the studies that an input may belong to; none where nobody can tell."""
        if row.study_instance_uid:
            return self._by_uid.get(row.study_instance_uid, set())
        folder = _folder(row.origin)
        found = self._in.get(folder) or self._below.get(folder, set())
        return found if len(found) == 1 else set()

    def maybe_of(self, row: LedgerRow) -> set[int]:
        """Return all studies that an input may belong to, also where nobody can tell to which."""
        found = self.studies_of(row)
        if row.study_instance_uid:
            return found
        is_unread = row.disposition is Disposition.UNREADABLE
        return found | self._in.get(_folder(row.origin), set()) if is_unread else set()

    def below(self, origin: Origin) -> set[int]:
        """Return the studies with images in the folder of an input, or below it."""
        return self._below.get(_folder(origin), set())


def _folder(origin: Origin) -> PurePath:
    """Return the folder of an input, be it called from here or from the root."""
    return PurePath(os.path.abspath(origin.label)).parent  # noqa: PTH100


def _noted(
    study: Judged,
    rows: Sequence[LedgerRow],
    naming: Naming,
    strangers_of: Callable[[Iterable[str], Iterable[str]], Identity],
) -> Judged:
    files = [PurePosixPath(row.origin.label).name for row in rows]
    strangers = strangers_of(files, (i.origin.label for i in study.part.study.instances))
    people = Identity.of_all((naming.people, strangers))
    names = tuple(map(dataclasses.replace(naming, people=people).text, files))
    reasons = [
        f"{name} ({row.reason})" for name, row in zip(names[:_MOST_NAMED], rows, strict=False)
    ]
    if len(names) > _MOST_NAMED:
        reasons.append(f"{len(names) - _MOST_NAMED} more")
    said = counted(len(names), "file")
    problem = Problem(
        code=ProblemCode.FILE_UNREADABLE,
        message=f"{said} could not be read and may belong to the study: {', '.join(reasons)}",
    )
    call = replace(study.call, problems=(*study.call.problems, problem), unread=names)
    return dataclasses.replace(study, call=call)
