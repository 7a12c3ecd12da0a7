"""A study, what was concluded of each of its images, and which of them stand side by side."""

from collections.abc import Collection, Hashable, Iterable, Iterator, Sequence
from datetime import date, datetime

from msgspec.structs import replace

from ductdicom.model.call import (
    Decision,
    Evidence,
    ExamCall,
    Kind,
    Laterality,
    Phase,
    PhaseCall,
    Premise,
    Review,
    ViewGroup,
)
from ductdicom.model.instance import Instance
from ductdicom.model.outcome import LeftOutReason, Note, Problem, ReviewReason, Status
from ductdicom.model.value import Value

# What no reviewer of a study has settled by saying that he reviewed it.
_UNSEEN = {
    ReviewReason.CHANGED_SINCE_REVIEW,
    ReviewReason.INTERNAL_ERROR,
    ReviewReason.REVIEWERS_DISAGREE,
    ReviewReason.WORKER_DIED,
}
MAGNIFIED_FROM = 1.2  # factor; contact views have 1.0 to 1.1


def place_in_study(instance: Instance) -> tuple[int, int, str, str]:
    """Return the key that sorts instances: by their numbers and UID, only at last by their place.

    Returns
    -------
    tuple[int, int, str, str]
        Series Number and Instance Number (0 where absent), SOP Instance UID, label of the origin.
    """
    return (
        instance.series_number or 0,
        instance.instance_number or 0,
        instance.sop_instance_uid,
        instance.origin.label,
    )


def is_magnified(modifiers: Collection[str], factor: float | None) -> bool:
    """Tell whether a view is magnified, by its modifiers or its magnification factor."""
    return "M" in modifiers or (factor or 0) >= MAGNIFIED_FROM


class Study(Value, frozen=True, kw_only=True):
    """All instances of one study and one patient, in a stable order.

    ``contested`` holds the origin labels of instances whose SOP Instance UID another object has
    too, with other bytes.
    """

    study_instance_uid: str
    instances: tuple[Instance, ...]
    contested: frozenset[str] = frozenset()


class ImageCall(Value, frozen=True, kw_only=True):
    """Everything concluded of one instance.

    ``kind_reason`` says in a few words why it is of that kind. ``magnification`` is the factor
    by which the detector image is larger than the breast, None where nothing says so.
    ``acquired_at`` is the scanner's clock; ``is_clock_doubtful``: it cannot order the images of the
    breast. ``injection`` counts fillings from 1.
    ``has_time_conflict``: called pre, and exposed after every filling. ``has_other_bytes``:
    another object has the same UID and a different content. ``decided`` is what reviewers say of
    it, ``overrules`` the reasons, more than hints, that speak against that. ``premises`` are the
    decisions on other images that it follows from.
    """

    instance: Instance
    kind: Kind
    kind_reason: str = ""
    laterality: Laterality | None = None
    view: str | None = None
    group: ViewGroup = ViewGroup.OTHER
    modifiers: tuple[str, ...] = ()
    magnification: float | None = None
    acquired_at: datetime | None = None
    is_clock_doubtful: bool = False
    injection: int | None = None
    call: PhaseCall
    is_excluded: bool = False
    has_laterality_conflict: bool = False
    has_view_conflict: bool = False
    has_time_conflict: bool = False
    has_other_bytes: bool = False
    decided: Decision | None = None
    overrules: tuple[Evidence, ...] = ()
    premises: tuple[Premise, ...] = ()

    @property
    def uid(self) -> str:
        """SOP Instance UID."""
        return self.instance.sop_instance_uid

    @property
    def is_magnified(self) -> bool:
        """Whether a modifier or the factor says that it is a magnified view."""
        return is_magnified(self.modifiers, self.magnification)

    @property
    def is_displaced(self) -> bool:
        """Whether an implant was pushed back out of the view, which then stands apart."""
        return "ID" in self.modifiers

    @property
    def shown_phase(self) -> Phase | None:
        """The phase, or where it is unknown the suggested one, if any."""
        if self.call.phase is Phase.UNKNOWN and self.call.suggestion is not None:
            return self.call.suggestion
        return self.call.phase

    @property
    def is_suggested(self) -> bool:
        """Whether the shown phase is a suggestion."""
        return self.call.phase is Phase.UNKNOWN and self.call.suggestion is not None


class Companion(Value, frozen=True, kw_only=True):
    """What else there is of the patient: the objects of one kind of one study.

    ``kind`` says in words what they are, by their modality. The study may be the same one.
    """

    kind: str
    study_date: date | None
    study_instance_uid: str
    objects: int


class StudyCall(Value, frozen=True, kw_only=True):
    """A study with its conclusions; ``images`` hold every instance exactly once.

    ``unread`` are names of files that could not be read and may belong to it. ``review`` is what
    reviewers say of the study as a whole. ``companions`` are what else there is of the patient.
    """

    study: Study
    exam: ExamCall
    images: tuple[ImageCall, ...]
    problems: tuple[Problem, ...] = ()
    unread: tuple[str, ...] = ()
    review: Review | None = None
    companions: tuple[Companion, ...] = ()


class Row(Value, frozen=True, kw_only=True):
    """Images of one side, view group and injection: pre on the left, post on the right.

    No image stands in it twice. ``plain`` holds the images of a study that is no ductogram, which
    have no phase; ``pre`` and ``post`` are then empty.
    """

    laterality: Laterality | None
    group: ViewGroup
    injection: int | None
    pre: tuple[ImageCall, ...]
    post: tuple[ImageCall, ...]
    plain: tuple[ImageCall, ...] = ()
    notes: tuple[Note, ...] = ()

    @property
    def images(self) -> tuple[ImageCall, ...]:
        """All images from left to right."""
        return self.pre + self.post + self.plain


class LeftOut(Value, frozen=True, kw_only=True):
    """An instance that stands in no row, and why; what is no view of the breast for its kind."""

    image: ImageCall
    reason: LeftOutReason | Kind

    @property
    def is_shown(self) -> bool:
        """Whether the pages show the image although it is not paired."""
        if isinstance(self.reason, Kind) or self.reason is LeftOutReason.NOT_A_DUCTOGRAM:
            return False
        return self.image.kind in {Kind.VIEW, Kind.SYNTHETIC}


class Stack(Value, frozen=True, kw_only=True):
    """A tomosynthesis: one object with all its slices, or slices that are objects of their own.

    ``images`` are in the order of the study; what holds for ``image`` holds for all of them.
    """

    images: tuple[ImageCall, ...]
    image: ImageCall


def stacks_of(images: Iterable[ImageCall]) -> tuple[Stack, ...]:
    """Return the tomosynthesis among images; slices of one series and size are one stack.

    What a reviewer decided of one of them counts for all. Where nobody did, and they do not say
    the same of side, view and phase, they are as many stacks (heuristic).

    References
    ----------
    * DICOM PS3.3 C.7.6.16, Multi-frame Functional Groups; before them slices were objects
    """
    found: dict[Hashable, list[ImageCall]] = {}
    for image in images:
        if image.kind is Kind.TOMOSYNTHESIS:
            found.setdefault(_series_of(image), []).append(image)
    return tuple(stack for slices in found.values() for stack in _apart(slices))


def _series_of(image: ImageCall) -> Hashable:
    instance = image.instance
    if instance.raster.frames > 1 or not instance.series_instance_uid:
        return instance.origin.label
    return instance.series_instance_uid, instance.raster.rows, instance.raster.columns


def _apart(slices: Sequence[ImageCall]) -> Iterator[Stack]:
    """Yield slices as one stack, or by what is said of them."""
    said: dict[Hashable, list[ImageCall]] = {}
    for image in slices:
        key = (image.laterality, image.view, image.shown_phase)
        said.setdefault(None if image.decided else key, []).append(image)
    decided = said.pop(None, [])
    if len(said) <= 1:
        yield Stack(images=tuple(slices), image=(decided or slices)[len(decided or slices) // 2])
        return
    for some in (*said.values(), *([image] for image in decided)):
        yield Stack(images=tuple(some), image=some[len(some) // 2])


class Pairing(Value, frozen=True, kw_only=True):
    """Rows and left-overs of one study; together they hold every image of it.

    ``review`` says why a person must decide where the status is ``review``. ``is_settled``: a
    person has looked at the study, and only what he did not see opens it again.
    """

    rows: tuple[Row, ...]
    left_out: tuple[LeftOut, ...]
    status: Status
    review: tuple[ReviewReason, ...] = ()
    is_settled: bool = False

    @property
    def stacks(self) -> tuple[Stack, ...]:
        """The tomosynthesis of the breasts that have rows, or may be of them; of all without."""
        if self.status is Status.NOT_A_DUCTOGRAM:
            return ()
        sides = {row.laterality for row in self.rows}
        stacks = stacks_of(item.image for item in self.left_out)
        if not sides:
            return stacks
        return tuple(s for s in stacks if s.image.laterality in {*sides, None, Laterality.BOTH})

    @property
    def shown_images(self) -> tuple[ImageCall, ...]:
        """The images that the pages of the study show, each once, row by row, stacks last."""
        images = [image for row in self.rows for image in row.images]
        images += [item.image for item in self.left_out if item.is_shown]
        images += [image for stack in self.stacks for image in stack.images]
        return tuple({image.instance.origin.label: image for image in images}.values())

    def needing_review(self, reasons: Iterable[ReviewReason]) -> "Pairing":
        """Return the same with more reasons for a person to decide; itself where there are none."""
        more = set(reasons) & (_UNSEEN if self.is_settled else set(ReviewReason))
        if not more:
            return self
        review = tuple(sorted({*self.review, *more}))
        return replace(self, status=Status.REVIEW, review=review)
