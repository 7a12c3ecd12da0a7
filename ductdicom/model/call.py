"""Conclusions, the reasons for them, and what a reviewer decided."""

from collections.abc import Iterable
from enum import StrEnum

from ductdicom.model.value import Value


class Phase(StrEnum):
    """Whether an image was exposed before or after the duct was filled."""

    PRE = "pre"
    POST = "post"
    UNKNOWN = "unknown"


class Kind(StrEnum):
    """What an object of the study is; only a ``VIEW`` stands in a row."""

    VIEW = "view"
    TOMOSYNTHESIS = "tomosynthesis"
    SYNTHETIC = "synthetic"
    PROJECTION = "projection"
    CONTRAST_MAMMOGRAM = "contrast-mammogram"
    SPECIMEN = "specimen"
    BIOPSY = "biopsy"
    LOCALISATION = "localisation"
    PROCESSING_TWIN = "processing-twin"
    CAPTURE = "capture"
    REJECTED = "rejected"
    QUALITY_CONTROL = "quality-control"
    REPORT = "report"
    PRESENTATION_STATE = "presentation-state"
    OTHER_MODALITY = "other-modality"


class ExamKind(StrEnum):
    """What the whole examination is."""

    DUCTOGRAM = "ductogram"
    MAMMOGRAM = "mammogram"
    CONTRAST_MAMMOGRAM = "contrast-mammogram"
    OTHER = "other"


class Strength(StrEnum):
    """How much one piece of evidence weighs; a stronger one outweighs any weaker."""

    EXPLICIT = "explicit"  # an attribute states it
    STRUCTURAL = "structural"  # follows from how the study was acquired
    TEXT = "text"  # a person typed it
    HINT = "hint"  # never decides, may suggest

    @property
    def rank(self) -> int:
        """Order of strength, 0 for the weakest."""
        return _STRENGTH_ORDER.index(self)


_STRENGTH_ORDER = (Strength.HINT, Strength.TEXT, Strength.STRUCTURAL, Strength.EXPLICIT)


class Confidence(StrEnum):
    """How sure a conclusion is, in words."""

    CONFIRMED = "confirmed"  # a person said so
    CERTAIN = "certain"
    STRONG = "strong"
    INFERRED = "inferred"
    UNKNOWN = "unknown"


class Laterality(StrEnum):
    """Side of the breast; ``B`` is both and cannot be paired."""

    LEFT = "L"
    RIGHT = "R"
    BOTH = "B"


class ViewGroup(StrEnum):
    """Views that may stand in one row."""

    CC = "CC"
    LATERAL = "LAT"
    OBLIQUE = "OBL"
    OTHER = "OTHER"


class Evidence(Value, frozen=True, kw_only=True):
    """One reason, kept so that a reader can check it.

    ``tag`` is the DICOM tag as ``(gggg,eeee)``, or ``""`` where the reason lies in the study as
    a whole; ``says`` is the conclusion it speaks for (``pre``, ``post``, ``ductogram``, ``L``…).
    """

    rule: str
    tag: str
    value: str
    says: str
    strength: Strength


class PhaseCall(Value, frozen=True, kw_only=True):
    """Pre, post or unknown, and why.

    ``phase`` is None for what has none. ``suggestion`` is only set where ``phase`` is unknown.
    ``conflicts`` holds the evidence that contradicts the call, or, where the call is unknown
    because strong reasons disagree, all of them.
    """

    phase: Phase | None
    confidence: Confidence = Confidence.UNKNOWN
    suggestion: Phase | None = None
    evidence: tuple[Evidence, ...] = ()
    conflicts: tuple[Evidence, ...] = ()


class ExamCall(Value, frozen=True, kw_only=True):
    """What the examination is, and why."""

    kind: ExamKind
    confidence: Confidence
    evidence: tuple[Evidence, ...] = ()


def strongest(evidence: Iterable[Evidence]) -> Strength | None:
    """Return the greatest strength among ``evidence``, None where there is none."""
    return max((item.strength for item in evidence), key=lambda s: s.rank, default=None)


class Verdict(StrEnum):
    """What a reviewer says of a study as a whole."""

    REVIEWED = "reviewed"  # right as it stands
    CANNOT_TELL = "cannot-tell"
    NOT_A_DUCTOGRAM = "not-a-ductogram"
    REOPENED = "reopened"  # somebody is to look again


class Opinion(Value, frozen=True, kw_only=True):
    """What one person said of one field of an image, or of a study.

    ``id`` is that of the decision in the journal. Not ``is_in_force`` where another person said
    otherwise, so that nobody's word is taken. ``overruled`` is what others had said and this word
    replaces: ``AB: pre``.
    """

    field: str
    value: str
    by: str = ""
    at: str = ""
    note: str = ""
    id: str = ""
    is_in_force: bool = True
    overruled: tuple[str, ...] = ()


class Decision(Value, frozen=True, kw_only=True):
    """What reviewers say of one image, which outranks all evidence; None leaves a value alone.

    The image is named by its UID, or by its own ID (``image``); then ``sop_instance_uid`` is empty.
    ``opinions`` are theirs field by field; of a field on which they differ nothing is in force.
    ``outdated`` were said of another object under the same UID, and do not count.
    """

    sop_instance_uid: str = ""
    image: str = ""
    phase: Phase | None = None
    laterality: Laterality | None = None
    view: str | None = None
    exclude: bool | None = None
    opinions: tuple[Opinion, ...] = ()
    outdated: tuple[Opinion, ...] = ()

    def words(self, field: str) -> tuple[Evidence, ...]:
        """Return what was said of a field as reasons, with those who said so."""
        said = [opinion for opinion in self.opinions if opinion.field == field]
        value = getattr(self, field)
        if not said and value is not None:
            said = [Opinion(field=field, value=str(value))]
        return tuple(
            Evidence(
                rule="decision",
                tag="",
                value=" ".join(part for part in (item.by, item.at, item.note) if part),
                says=item.value,
                strength=Strength.EXPLICIT,
            )
            for item in said
        )

    def is_disputed(self, field: str) -> bool:
        """Whether reviewers differ on a field."""
        return any(item.field == field and not item.is_in_force for item in self.opinions)


class Premise(Value, frozen=True, kw_only=True):
    """A decision on one image, without which another one would be called otherwise.

    ``number`` is its image's place in the study, from 1; ``by`` are the initials of who decided.
    """

    sop_instance_uid: str
    number: int
    by: str


class Review(Value, frozen=True, kw_only=True):
    """What reviewers say of a study as a whole; ``verdict`` is None where they differ.

    ``is_outdated``: its images, or what speaks of them, are no longer those that were looked at.
    """

    verdict: Verdict | None
    opinions: tuple[Opinion, ...]
    is_outdated: bool = False

    @property
    def closing(self) -> Verdict | None:
        """The verdict that settles the study, if one does."""
        return None if self.is_outdated or self.verdict is Verdict.REOPENED else self.verdict
