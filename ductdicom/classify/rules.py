"""Every rule whose name can stand in a record, described; the documentation is made from it.

Rules about one image's phase describe themselves in `image_rules`. The others need a whole study
or answer another question, and are described here.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from ductdicom.classify.phase.image_rules import RULES
from ductdicom.classify.rule import Rule
from ductdicom.model.call import Strength


class Question(StrEnum):
    """What a rule helps to answer."""

    PHASE = "phase"
    EXAM = "exam"
    SIDE = "side"
    VIEW = "view"


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """One rule in words.

    ``strength`` is the greatest that its evidence can have. ``needs_study`` says that the rule
    compares images. ``must_discriminate`` is that of `Rule`. ``is_enabled`` is False where a
    site switched the rule off.
    """

    name: str
    question: Question
    attribute: str
    reference: str
    strength: Strength
    description: str
    needs_study: bool = False
    must_discriminate: bool = False
    is_enabled: bool = True


_PHASE_OF_STUDY = (
    Description(
        name="contrast-start-time",
        question=Question.PHASE,
        attribute="(0018,1042) Contrast/Bolus Start Time, against the acquisition clock",
        reference="DICOM PS3.3 C.7.6.4; margin: heuristic",
        strength=Strength.EXPLICIT,
        description="Exposed after the contrast was started on that side means post, before it "
        "means pre; silent within the margin and beyond the reach. A start that only another image "
        "states is structural, and makes an inferred phase at most.",
        needs_study=True,
    ),
    Description(
        name="order",
        question=Question.PHASE,
        attribute="acquisition clock, else instance numbers",
        reference="heuristic",
        strength=Strength.STRUCTURAL,
        description="An image without evidence of its own, before the first certain filling of "
        "its side, is inferred to be pre; one that follows a post image of the same filling, "
        "post. Less than that is only suggested. An image called pre soon after one called post "
        "speaks against it, and the other way round; so do magnified views without contrast after "
        "contact views that alone carry it.",
        needs_study=True,
    ),
    Description(
        name="time-gap",
        question=Question.PHASE,
        attribute="acquisition clock",
        reference="heuristic",
        strength=Strength.HINT,
        description="Where no image of a side has a phase, the longest pause suggests where the "
        "filling lies. Never a phase.",
        needs_study=True,
    ),
    Description(
        name="magnification",
        question=Question.PHASE,
        attribute="(0018,1114) Estimated Radiographic Magnification Factor, view modifiers",
        reference="heuristic",
        strength=Strength.HINT,
        description="Where no image of a side has a phase and no pause is clear, contact views "
        "suggest pre and magnified views post. Never a phase.",
        needs_study=True,
    ),
    Description(
        name="light-compression",
        question=Question.PHASE,
        attribute="(0018,11A2) Compression Force",
        reference="heuristic",
        strength=Strength.HINT,
        description="Much less force than on the side's firmest image is printed as a hint at "
        "post. Never a phase.",
        needs_study=True,
    ),
    Description(
        name="decision",
        question=Question.PHASE,
        attribute="the reviewer's decisions file",
        reference="a person",
        strength=Strength.EXPLICIT,
        description="A reviewer's word outranks every rule; what the rules said stays visible.",
    ),
)

_EXAM = (
    Description(
        name="procedure-code",
        question=Question.EXAM,
        attribute="procedure, protocol and request codes",
        reference="DICOM PS3.16 CID 6050",
        strength=Strength.EXPLICIT,
        description="A code of a ductography. Says nothing about a phase.",
    ),
    Description(
        name="procedure-name",
        question=Question.EXAM,
        attribute="texts of the image, the series, the study and the request",
        reference="heuristic",
        strength=Strength.TEXT,
        description="A name of a ductography, or of a contrast mammography. Says nothing about "
        "a phase.",
    ),
    Description(
        name="intraductal-route",
        question=Question.EXAM,
        attribute="(0018,1040) Contrast/Bolus Route, (0018,0014) Administration Route Sequence",
        reference="DICOM PS3.3 C.7.6.4",
        strength=Strength.EXPLICIT,
        description="Contrast given into a duct means a ductogram, whatever its name.",
    ),
    Description(
        name="duct-volume",
        question=Question.EXAM,
        attribute="(0018,1041) Contrast/Bolus Volume",
        reference="DICOM PS3.3 C.7.6.4; limit: heuristic",
        strength=Strength.EXPLICIT,
        description="An agent in a volume that a duct can hold means a ductogram.",
    ),
    Description(
        name="contrast-splits-one-breast",
        question=Question.EXAM,
        attribute="(0018,0010) Contrast/Bolus Agent and the acquisition clock",
        reference="heuristic",
        strength=Strength.HINT,
        description="Nothing names the examination, and an agent stands on the later views of "
        "one breast only: a ductogram, inferred, for review.",
    ),
    Description(
        name="contrast-without-a-name",
        question=Question.EXAM,
        attribute="(0018,0010) Contrast/Bolus Agent, (0008,0008) Image Type",
        reference="heuristic",
        strength=Strength.HINT,
        description="Signs of contrast that no name explains: reported, nothing is concluded.",
    ),
    Description(
        name="hard-beam",
        question=Question.EXAM,
        attribute="(0018,0060) KVP, (0018,7050) Filter Material",
        reference="heuristic",
        strength=Strength.HINT,
        description="A voltage and filter of the high energy image of a contrast mammography are "
        "printed as a hint.",
    ),
    Description(
        name="image-types-of-one-breast",
        question=Question.EXAM,
        attribute="(0008,0008) Image Type",
        reference="heuristic",
        strength=Strength.STRUCTURAL,
        description="PRE_CONTRAST and POST_CONTRAST views of one breast alone mean a ductogram; "
        "dual-energy mammography injects first.",
        needs_study=True,
    ),
    Description(
        name="dual-energy-image",
        question=Question.EXAM,
        attribute="(0008,0008) Image Type, processing code, texts",
        reference="DICOM PS3.3 C.8.11.7.1.4; vendors' terms: heuristic",
        strength=Strength.EXPLICIT,
        description="An image that only dual-energy mammography makes.",
    ),
    Description(
        name="intravenous-contrast",
        question=Question.EXAM,
        attribute="(0018,1040) Contrast/Bolus Route, (0018,1046) Contrast Flow Rate, (0018,1041) "
        "Contrast/Bolus Volume",
        reference="DICOM PS3.3 C.7.6.4; limits: heuristic",
        strength=Strength.STRUCTURAL,
        description="An intravenous route means a contrast mammogram; less so an injector's flow, "
        "or a volume that no duct can hold.",
    ),
)

_SIDE = (
    ("image-laterality", "(0020,0062) Image Laterality", "DICOM PS3.3 C.8.11.7"),
    ("frame-laterality", "(0020,9072) Frame Laterality", "DICOM PS3.3 C.7.6.16.2.8"),
    ("series-laterality", "(0020,0060) Laterality", "DICOM PS3.3 C.7.3.1"),
    ("region-modifier", "(0008,2220) Anatomic Region Modifier Sequence", "DICOM PS3.16 CID 2"),
)
_VIEW = (
    ("view-code", "(0054,0220) View Code Sequence", "DICOM PS3.16 CID 4014"),
    ("view-position", "(0018,5101) View Position", "DICOM PS3.3 C.8.11.7"),
    ("view-in-orientation", "(0020,0020) Patient Orientation", "heuristic"),
)


def _attributes(
    rows: tuple[tuple[str, str, str], ...], question: Question, what: str
) -> tuple[Description, ...]:
    return tuple(
        Description(
            name=name,
            question=question,
            attribute=attribute,
            reference=reference,
            strength=Strength.EXPLICIT,
            description=f"States the {what}. Contradicted by another source, none is taken.",
        )
        for name, attribute, reference in rows
    )


_SIDE_AND_VIEW = (
    *_attributes(_SIDE, Question.SIDE, "breast"),
    Description(
        name="side-in-text",
        question=Question.SIDE,
        attribute="View Position, Body Part Examined, texts of the image and the series",
        reference="heuristic",
        strength=Strength.TEXT,
        description="A word for left or right. Against an attribute it is a conflict.",
    ),
    Description(
        name="side-by-geometry",
        question=Question.SIDE,
        attribute="(0020,0020) Patient Orientation of an oblique view",
        reference="heuristic",
        strength=Strength.HINT,
        description="Only where nothing else names the breast.",
    ),
    *_attributes(_VIEW, Question.VIEW, "view"),
    Description(
        name="archive-laterality",
        question=Question.SIDE,
        attribute="(4109,xx01) Laterality, private (Centricity)",
        reference="observed; heuristic",
        strength=Strength.EXPLICIT,
        description="What an archive wrote of the side, maybe as a correction.",
    ),
    Description(
        name="archive-view",
        question=Question.VIEW,
        attribute="(4109,xx02) View, private (Centricity)",
        reference="observed; heuristic",
        strength=Strength.EXPLICIT,
        description="What an archive wrote of the view, maybe as a correction.",
    ),
    Description(
        name="clinical-view",
        question=Question.VIEW,
        attribute="(0045,xx1B) Clinical View, private (GE)",
        reference="observed; heuristic",
        strength=Strength.EXPLICIT,
        description="States breast and view on units of one maker.",
    ),
    Description(
        name="view-in-text",
        question=Question.VIEW,
        attribute="texts of the image and the series",
        reference="heuristic",
        strength=Strength.HINT,
        description="Only where no attribute names the view.",
    ),
)


def describe_rules(rules: Mapping[str, Rule] | None = None) -> Iterator[Description]:
    """Yield every rule by question.

    Parameters
    ----------
    rules
        The rules of one image that are in force, by name, as an `Engine` has them; the built-in
        ones where None is given. Their strength is what the site made it.
    """
    for rule in RULES:
        active = rule if rules is None else rules.get(rule.name)
        yield Description(
            name=rule.name,
            question=Question.PHASE,
            attribute=rule.attribute,
            reference=rule.reference,
            strength=(active or rule).strength,
            description=rule.description,
            must_discriminate=rule.must_discriminate,
            is_enabled=active is not None,
        )
    yield from (*_PHASE_OF_STUDY, *_EXAM, *_SIDE_AND_VIEW)
