"""What became of a study, and what a run amounted to."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

from msgspec import Struct

from ductdicom.errors import (
    INTERRUPTED,
    DuctDicomError,
    NothingReadableError,
    OutputError,
    RemoteError,
)
from ductdicom.model.origin import Origin
from ductdicom.model.outcome import (
    BUG,
    Cause,
    Disposition,
    FailOn,
    LedgerRow,
    Problem,
    ProblemCode,
    Status,
)
from ductdicom.model.record import RecordedDepartment, RecordedSheet
from ductdicom.model.study import Pairing, StudyCall
from ductdicom.model.value import Value
from ductdicom.wording import counted

# Problems that need a person, and as what they count.
_SERIOUS = {
    ProblemCode.PHASE_CONFLICT: FailOn.CONFLICT,
    ProblemCode.LATERALITY_CONFLICT: FailOn.CONFLICT,
    ProblemCode.PATIENT_CONFLICT: FailOn.CONFLICT,
    ProblemCode.NOT_A_PATIENT: FailOn.CONFLICT,
    ProblemCode.SAME_UID_OTHER_BYTES: FailOn.CONFLICT,
    ProblemCode.REVIEWERS_DISAGREE: FailOn.CONFLICT,
    ProblemCode.VERDICT_ON_SEVERAL: FailOn.CONFLICT,
    ProblemCode.DECISION_UNREADABLE: FailOn.UNREADABLE,
    ProblemCode.STUDY_INCOMPLETE: FailOn.UNREADABLE,
    ProblemCode.PIXELS_UNREADABLE: FailOn.UNREADABLE,
    ProblemCode.ORIGINAL_UNREADABLE: FailOn.UNREADABLE,
    ProblemCode.WORKER_DIED: FailOn.UNREADABLE,
    ProblemCode.MISSING_FROM_DICOMDIR: FailOn.UNREADABLE,
    ProblemCode.OUTSIDE_OF_THE_DISC: FailOn.UNREADABLE,
}


# Of those what a verdict on the study settles.
_SETTLED = frozenset(
    {ProblemCode.PHASE_CONFLICT, ProblemCode.LATERALITY_CONFLICT, ProblemCode.NOT_A_PATIENT}
)


class WrittenFile(Value, frozen=True, kw_only=True):
    """A file in a study's folder.

    ``name`` is its path below the folder. ``sha256`` is a hash of what was written, as hexadecimal
    digits; of a symbolic link, of where it leads; None for another name of an original.
    """

    name: str
    size_bytes: int
    sha256: str | None = None


_OBJECTS = {Disposition.VIEW, Disposition.OTHER, Disposition.COMPANION}


class Written(Value, frozen=True, kw_only=True):
    """What lies in a study's folder.

    ``fingerprint`` is a hash of all that it was made of, empty where the next run is to make it
    again.
    """

    fingerprint: str
    files: tuple[WrittenFile, ...] = ()


class StudyResult(Value, frozen=True, kw_only=True):
    """One study at the end of a run.

    ``key`` names its folder, and is None or empty where there is no output folder. ``identity``
    is what its sheets say of the patient. ``written`` is None where nothing was to be written,
    ``planned`` are the files that a dry run would write. ``cause`` is why it was written, None
    where it was not. ``is_up_to_date`` says that the study
    was left as an earlier run made it. ``kept`` are the paths below the folder under which files
    were set aside that are not ours, or that somebody changed. ``department`` is what the
    department and later runs want to know, None where there is no output folder.
    """

    key: str | None
    call: StudyCall
    pairing: Pairing
    identity: tuple[str, ...] = ()
    sheets: tuple[RecordedSheet, ...] = ()
    written: Written | None = None
    planned: tuple[str, ...] = ()
    is_up_to_date: bool = False
    cause: Cause | None = None
    department: RecordedDepartment | None = None
    kept: tuple[str, ...] = ()


class PlannedSize(Value, frozen=True, kw_only=True):
    """How many bytes a run would write, and of how many earlier studies that is known.

    ``unknown`` are the formats that no earlier study has: for them it is an estimate.
    """

    size_bytes: int
    studies: int
    unknown: tuple[str, ...] = ()


class Report(Struct, frozen=True, kw_only=True):
    """What a run came to.

    ``rows`` are the ledger, one an input; ``concerned`` are the labels of those that count and are
    spoken of, None for all: others are of no study that was asked for. ``problems`` are those of no
    single study; ``seconds`` says
    how long each stage took. ``fail_on`` is what ends it with 1.
    ``is_of_inputs``: it read inputs, and did not only draw studies again. ``is_list``: all of them
    were named by a list, of which nothing need be a DICOM object.
    ``earlier_studies`` counts the studies in the output of which nothing was given to this run, nor
    read again. ``recalled`` are the labels of images that were read again.
    ``failure`` is what ended the run early: something could not be written, or a
    cluster is gone. ``notices`` are sentences that are said once, and stand in no record. ``room``
    is what a dry run would write. ``say`` returns a path or a message as others may
    read it, ``tells_uids`` whether UIDs are said to them.
    """

    rows: tuple[LedgerRow, ...]
    studies: tuple[StudyResult, ...]
    problems: tuple[Problem, ...]
    seconds: Mapping[str, float]
    concerned: frozenset[str] | None = None
    fail_on: frozenset[FailOn] = frozenset({FailOn.CONFLICT, FailOn.UNREADABLE})
    is_of_inputs: bool = True
    is_list: bool = False
    is_interrupted: bool = False
    failure: OutputError | RemoteError | None = None
    earlier_studies: int = 0
    recalled: frozenset[str] = frozenset()
    notices: tuple[str, ...] = ()
    room: PlannedSize | None = None
    say: Callable[[str], str] = str
    tells_uids: bool = True

    @property
    def concerned_rows(self) -> tuple[LedgerRow, ...]:
        """The rows of the inputs that count and are spoken of."""
        if self.concerned is None:
            return self.rows
        return tuple(row for row in self.rows if row.origin.label in self.concerned)

    @property
    def names(self) -> Mapping[str | None, str]:
        """What images are called where others may read it, by their UID."""
        images = (image for study in self.studies for image in study.call.images)
        return {image.uid: image.uid if self.tells_uids else image.instance.id for image in images}

    @property
    def given(self) -> tuple[StudyResult, ...]:
        """The studies of which something was given to this run."""
        return tuple(study for study in self.studies if not self._is_recalled(study))

    @property
    def read_again(self) -> tuple[StudyResult, ...]:
        """The studies that were read again, as they are of the same patients."""
        return tuple(filter(self._is_recalled, self.studies))

    def _is_recalled(self, study: StudyResult) -> bool:
        labels = {image.instance.origin.label for image in study.call.images}
        return bool(labels) and labels <= self.recalled

    @property
    def exit_code(self) -> int:
        """Exit code as the command line's documentation has it."""
        if self.is_interrupted:
            return INTERRUPTED
        if self.failure is not None:
            return self.failure.exit_code
        if self.found_nothing and not self.is_quiet:
            return NothingReadableError.exit_code
        if ProblemCode.INTERNAL_ERROR in self._codes() or any(r.reason == BUG for r in self.rows):
            return DuctDicomError.exit_code
        return 1 if self._causes(self.fail_on) else 0

    @property
    def found_nothing(self) -> bool:
        """Whether no input was an object of a study."""
        if not self.is_of_inputs:
            return False
        return not self.studies and not any(row.disposition in _OBJECTS for row in self.rows)

    @property
    def is_quiet(self) -> bool:
        """Whether nothing on a list is DICOM, nor missing or damaged: a night without news."""
        return self.is_list and self.found_nothing and is_undamaged(self.rows)

    @property
    def causes(self) -> dict[str, int]:
        """What needs a person, and how often: problems, unreadable inputs.

        Studies to review are among it where they fail a run.
        """
        return self._causes({FailOn.CONFLICT, FailOn.UNREADABLE} | self.fail_on)

    def _causes(self, kinds: Collection[FailOn]) -> dict[str, int]:
        codes = self._codes()
        found = {str(c): codes[c] for c in sorted(_SERIOUS.keys() & codes) if _SERIOUS[c] in kinds}
        unreadable = sum(map(_is_unreadable, self.concerned_rows))
        review = sum(study.pairing.status is Status.REVIEW for study in self.studies)
        if unreadable and FailOn.UNREADABLE in kinds:
            found[str(Disposition.UNREADABLE)] = unreadable
        if review and FailOn.REVIEW in kinds:
            found[str(Status.REVIEW)] = review
        return found

    @property
    def needing_a_person(self) -> tuple[tuple[Origin, str], ...]:
        """The inputs that need a person, each once, and the ledger's or the problem's word for why.

        A problem of a study as a whole is one of each of its images.
        """
        found = {
            row.origin.label: (row.origin, row.reason)
            for row in self.concerned_rows
            if _is_unreadable(row)
        }
        for study in self.studies:
            doubts: list[tuple[str, str | None]] = [
                (str(problem.code), problem.sop_instance_uid)
                for problem in _open_problems(study)
                if problem.code in _SERIOUS
            ]
            if FailOn.REVIEW in self.fail_on and study.pairing.status is Status.REVIEW:
                doubts.append((str(Status.REVIEW), None))
            for word, uid in doubts:
                for image in study.call.images:
                    if uid in {None, image.uid}:
                        origin = image.instance.origin
                        found.setdefault(origin.label, (origin, word))
        return tuple(found.values())

    @property
    def unreadable_labels(self) -> frozenset[str]:
        """The labels of the inputs whose row says that they cannot be read."""
        unreadable = (row for row in self.rows if row.disposition is Disposition.UNREADABLE)
        return frozenset(row.origin.label for row in unreadable)

    def _codes(self) -> Counter[ProblemCode]:
        told = self.unreadable_labels
        of_studies = (
            problem
            for study in self.studies
            for problem in _open_problems(study)
            if not problem.is_told_by(told)
        )
        return Counter(problem.code for problem in (*of_studies, *self.problems))


def _open_problems(study: StudyResult) -> Iterator[Problem]:
    """Yield what is wrong with a study, but for the conflicts that a reviewer has settled."""
    settled = _SETTLED if study.pairing.is_settled else frozenset[ProblemCode]()
    return (problem for problem in study.call.problems if problem.code not in settled)


def _is_unreadable(row: LedgerRow) -> bool:
    return row.disposition is Disposition.UNREADABLE and not row.is_harmless


def is_undamaged(rows: Iterable[LedgerRow]) -> bool:
    """Whether no input is missing or damaged, whatever else it is."""
    return not any(row.disposition is Disposition.UNREADABLE for row in rows)


def studies_from_inputs(report: Report, details: str = "") -> str:
    """Say how many studies, with some words about them, came from how many inputs."""
    studies = counted(len(report.given), "study", "studies")
    return f"{studies}{details} from {counted(len(report.rows), 'input', 'inputs')}"


def count_inputs(rows: Iterable[LedgerRow]) -> list[tuple[str, str, int]]:
    """Count inputs by disposition and reason, in a stable order."""
    counts = Counter((str(row.disposition), row.reason) for row in rows)
    return [(disposition, reason, n) for (disposition, reason), n in sorted(counts.items())]


def count_studies(studies: Iterable[StudyResult]) -> dict[Status, int]:
    """Count studies by status, in a stable order."""
    return dict(sorted(Counter(study.pairing.status for study in studies).items()))
