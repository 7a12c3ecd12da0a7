"""The rules that look at one image, as a table; the documentation is made from it."""

from collections.abc import Iterator

from ductdicom.classify.image.subject import Subject
from ductdicom.classify.rule import Rule
from ductdicom.classify.thresholds import Thresholds
from ductdicom.language.agents import AgentClass, read_agent, read_route
from ductdicom.language.codes import agent_of, route_of
from ductdicom.language.phrases import TextPhase
from ductdicom.language.text import Reading
from ductdicom.model.call import Phase, Strength
from ductdicom.model.instance import Level, Text

Said = Iterator[tuple[str, str, Phase]]

_IMAGE_TYPE_PHASES = {"PRE_CONTRAST": Phase.PRE, "POST_CONTRAST": Phase.POST}
_AGENT_PHASES = {
    AgentClass.AGENT: Phase.POST,
    AgentClass.GENERIC_YES: Phase.POST,
    AgentClass.EXPLICIT_NONE: Phase.PRE,
}
# Phases of an injection into a vein are left to contrast mammography.
_AGENT_PHASE_TERMS = {"PRE_CONTRAST", "POST_CONTRAST", "IMMEDIATE", "DELAYED"}
_STATUS_PHASES = {"PRE": Phase.PRE, "POST": Phase.POST}
_TEXT_PHASES = {TextPhase.PRE: Phase.PRE, TextPhase.POST: Phase.POST}


def _image_type(subject: Subject, _: Thresholds) -> Said:
    for term in subject.image_type_terms():
        if term in _IMAGE_TYPE_PHASES:
            yield "(0008,0008)", term, _IMAGE_TYPE_PHASES[term]


def _usage(subject: Subject, _: Thresholds) -> Said:
    administered = subject.instance.contrast.is_administered
    if administered is not None:
        yield (
            "(0018,9342)",
            "YES" if administered else "NO",
            Phase.POST if administered else Phase.PRE,
        )


def _agent_phase(subject: Subject, _: Thresholds) -> Said:
    term = (subject.instance.contrast.agent_phase or "").strip().upper()
    if term in _AGENT_PHASE_TERMS:
        yield "(0018,9344)", term, Phase.PRE if term == "PRE_CONTRAST" else Phase.POST


def _is_denied(subject: Subject) -> bool:
    """Tell whether an enhanced object says that its agent was not yet given.

    There the agent only names what is to be given; the usage says whether it was.
    """
    return subject.instance.contrast.is_administered is False


def _agent(subject: Subject, _: Thresholds) -> Said:
    agent = None if _is_denied(subject) else subject.instance.contrast.agent
    if agent is not None:
        phase = _AGENT_PHASES.get(read_agent(agent, subject.vocabulary))
        if phase is not None:
            yield "(0018,0010)", agent, phase


def _coded_agent(subject: Subject, _: Thresholds) -> Said:
    for code in subject.instance.contrast.agent_codes or ():
        if agent_of(code, subject.vocabulary) is AgentClass.AGENT and not _is_denied(subject):
            yield "(0018,0012)", code.meaning or code.value, Phase.POST


def _route(subject: Subject, _: Thresholds) -> Said:
    contrast = subject.instance.contrast
    if _is_denied(subject):
        return
    if contrast.route and read_route(contrast.route, subject.vocabulary) == "intraductal":
        yield "(0018,1040)", contrast.route, Phase.POST
    for code in contrast.route_codes or ():
        if route_of(code, subject.vocabulary) == "intraductal":
            yield "(0018,0014)", code.meaning or code.value, Phase.POST


def _is_non_opaque(subject: Subject) -> bool:
    """Tell whether what was given is air, carbon dioxide or water, as into a cyst."""
    contrast = subject.instance.contrast
    classes = {agent_of(code, subject.vocabulary) for code in contrast.agent_codes or ()}
    classes.add(read_agent(contrast.agent or "", subject.vocabulary))
    return AgentClass.NON_OPAQUE in classes


def _volume(subject: Subject, thresholds: Thresholds) -> Said:
    contrast = subject.instance.contrast
    if _is_non_opaque(subject) or _is_denied(subject):
        return
    for tag, amount in (
        ("(0018,1041)", contrast.volume_ml),
        ("(0018,1044)", contrast.total_dose_ml),
    ):
        if amount is not None and 0 < amount <= thresholds.duct_volume_at_most_ml:
            yield tag, f"{amount:g} mL", Phase.POST


def _ingredient(subject: Subject, _: Thresholds) -> Said:
    ingredient = (subject.instance.contrast.ingredient or "").strip().upper()
    if ingredient == "IODINE" and not _is_denied(subject):
        yield "(0018,1048)", ingredient, Phase.POST


def _intervention(subject: Subject, _: Thresholds) -> Said:
    for status in subject.instance.purpose.intervention_statuses:
        phase = _STATUS_PHASES.get(status.strip().upper())
        if phase is not None:
            yield "(0018,0038)", status, phase


def _context(subject: Subject, _: Thresholds) -> Said:
    for code in subject.instance.purpose.context_codes:
        if (code.scheme.upper(), code.value) == ("DCM", "122086"):
            yield code.tag or "(0040,0555)", code.meaning or code.value, Phase.POST


def _says_phase(text: Text, reading: Reading) -> Said:
    phase = _TEXT_PHASES.get(reading.phase)
    if phase is not None and not reading.is_weak:
        yield text.tag, text.value, phase


def _image_text(subject: Subject, _: Thresholds) -> Said:
    for text, reading in subject.texts(Level.IMAGE):
        yield from _says_phase(text, reading)


def _series_text(subject: Subject, _: Thresholds) -> Said:
    study_texts = {
        text.value.strip().casefold() for text, _ in subject.texts(Level.STUDY, Level.REQUEST)
    }
    for text, reading in subject.texts(Level.SERIES):
        if text.value.strip().casefold() not in study_texts:  # a copy names the examination
            yield from _says_phase(text, reading)


def _weak_text(subject: Subject, _: Thresholds) -> Said:
    for text, reading in subject.texts(Level.IMAGE, Level.SERIES):
        phase = _TEXT_PHASES.get(reading.phase)
        if phase is not None and reading.is_weak:
            yield text.tag, text.value, phase


RULES: tuple[Rule, ...] = (
    Rule(
        name="image-type",
        attribute="(0008,0008) Image Type, value 3 and later",
        reference="DICOM PS3.3 C.8.11.7.1.4",
        strength=Strength.EXPLICIT,
        must_discriminate=False,
        description="PRE_CONTRAST or POST_CONTRAST as a whole value states the phase.",
        speak=_image_type,
    ),
    Rule(
        name="contrast-usage",
        attribute="(0018,9342) Contrast/Bolus Agent Administered",
        reference="DICOM PS3.3 C.7.6.16.2.12",
        strength=Strength.EXPLICIT,
        must_discriminate=False,
        description="YES or NO states whether administration had begun.",
        speak=_usage,
    ),
    Rule(
        name="contrast-phase",
        attribute="(0018,9344) Contrast/Bolus Agent Phase",
        reference="DICOM PS3.3 C.7.6.16.2.12",
        strength=Strength.EXPLICIT,
        must_discriminate=False,
        description="PRE_CONTRAST, or POST_CONTRAST, IMMEDIATE and DELAYED, state the phase.",
        speak=_agent_phase,
    ),
    Rule(
        name="contrast-agent",
        attribute="(0018,0010) Contrast/Bolus Agent",
        reference="DICOM PS3.3 C.7.6.4; classes of words: heuristic",
        strength=Strength.EXPLICIT,
        must_discriminate=True,
        description="A substance or a yes means post, a typed none means pre; an empty or "
        "meaningless value says nothing.",
        speak=_agent,
    ),
    Rule(
        name="contrast-agent-code",
        attribute="(0018,0012) Contrast/Bolus Agent Sequence",
        reference="DICOM PS3.3 C.7.6.4, PS3.16 CID 12",
        strength=Strength.EXPLICIT,
        must_discriminate=True,
        description="A radiopaque agent by code means post; air, carbon dioxide and water do not.",
        speak=_coded_agent,
    ),
    Rule(
        name="contrast-route",
        attribute="(0018,1040) Contrast/Bolus Route, (0018,0014) Administration Route Sequence",
        reference="DICOM PS3.3 C.7.6.4, PS3.16 CID 11",
        strength=Strength.EXPLICIT,
        must_discriminate=True,
        description="An intraductal or intraluminal route means post.",
        speak=_route,
    ),
    Rule(
        name="contrast-volume",
        attribute="(0018,1041) Contrast/Bolus Volume, (0018,1044) Contrast/Bolus Total Dose",
        reference="DICOM PS3.3 C.7.6.4; limit: heuristic",
        strength=Strength.EXPLICIT,
        must_discriminate=True,
        description="A volume that a duct can hold means post.",
        speak=_volume,
    ),
    Rule(
        name="contrast-ingredient",
        attribute="(0018,1048) Contrast/Bolus Ingredient",
        reference="DICOM PS3.3 C.7.6.4",
        strength=Strength.EXPLICIT,
        must_discriminate=True,
        description="IODINE means post.",
        speak=_ingredient,
    ),
    Rule(
        name="intervention-status",
        attribute="(0018,0038) Intervention Status",
        reference="DICOM PS3.3 C.7.6.13",
        strength=Strength.EXPLICIT,
        must_discriminate=True,
        description="PRE or POST relative to the intervention.",
        speak=_intervention,
    ),
    Rule(
        name="acquisition-context",
        attribute="(0040,0555) Acquisition Context Sequence",
        reference="DICOM PS3.16 CID 3409",
        strength=Strength.EXPLICIT,
        must_discriminate=True,
        description="Contrast administered (122086, DCM) means post.",
        speak=_context,
    ),
    Rule(
        name="image-text",
        attribute="(0020,4000) Image Comments and other texts of the image",
        reference="heuristic",
        strength=Strength.TEXT,
        must_discriminate=True,
        description="A phrase of phase in a text about this image.",
        speak=_image_text,
    ),
    Rule(
        name="series-text",
        attribute="(0008,103E) Series Description, (0018,1030) Protocol Name, (0040,0254)",
        reference="heuristic",
        strength=Strength.TEXT,
        must_discriminate=True,
        description="A phrase of phase in a text about the series, unless it repeats the study's.",
        speak=_series_text,
    ),
    Rule(
        name="weak-text",
        attribute="texts of the image and the series",
        reference="heuristic",
        strength=Strength.HINT,
        must_discriminate=True,
        description="A word that may mean a phase (a lone scout, a value that was cut off).",
        speak=_weak_text,
    ),
)
