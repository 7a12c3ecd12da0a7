"""The rules that look at one image; `rules.toml` says in words what each does."""

from collections.abc import Iterator, Mapping

from ductdicom.classify.engine import Rule, Thresholds
from ductdicom.classify.image.subject import Subject
from ductdicom.classify.rules import describe_rules
from ductdicom.language.agents import OPAQUE, AgentClass, read_agent, read_route, typed_volume_ml
from ductdicom.language.codes import agent_of, route_of
from ductdicom.language.phrases import TextPhase
from ductdicom.language.text import Reading
from ductdicom.model.call import Phase
from ductdicom.model.instance import Level, Text

Said = Iterator[tuple[str, str, Phase]]

_IMAGE_TYPE_PHASES = {"PRE_CONTRAST": Phase.PRE, "POST_CONTRAST": Phase.POST}
_AGENT_PHASES = {
    AgentClass.AGENT: Phase.POST,
    AgentClass.GADOLINIUM: Phase.POST,  # given to a patient allergic to iodine
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


def _agent(subject: Subject, thresholds: Thresholds) -> Said:
    agent = None if _is_denied(subject) else subject.instance.contrast.agent
    if agent is not None:
        phase = _AGENT_PHASES.get(read_agent(agent, subject.vocabulary))
        # More than a duct holds is a vial's, or went into a vein.
        volume = typed_volume_ml(agent, subject.vocabulary)
        if phase is not None and volume <= thresholds.duct_volume_at_most_ml:
            yield "(0018,0010)", agent, phase


def _coded_agent(subject: Subject, _: Thresholds) -> Said:
    for code in subject.instance.contrast.agent_codes or ():
        if agent_of(code, subject.vocabulary) in OPAQUE and not _is_denied(subject):
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
    for text, reading in subject.texts(Level.SERIES):
        if not subject.repeats_study(text):
            yield from _says_phase(text, reading)


def _weak_text(subject: Subject, _: Thresholds) -> Said:
    for text, reading in subject.texts(Level.IMAGE, Level.SERIES):
        phase = _TEXT_PHASES.get(reading.phase)
        if phase is not None and reading.is_weak:
            yield text.tag, text.value, phase


_SPEAKERS = {
    "image-type": _image_type,
    "contrast-usage": _usage,
    "contrast-phase": _agent_phase,
    "contrast-agent": _agent,
    "contrast-agent-code": _coded_agent,
    "contrast-route": _route,
    "contrast-volume": _volume,
    "contrast-ingredient": _ingredient,
    "intervention-status": _intervention,
    "acquisition-context": _context,
    "image-text": _image_text,
    "series-text": _series_text,
    "weak-text": _weak_text,
}
RULES: Mapping[str, Rule] = {
    name: Rule(
        name=name,
        strength=describe_rules()[name].strength,
        must_discriminate=describe_rules()[name].must_discriminate,
        speak=speak,
    )
    for name, speak in _SPEAKERS.items()
}
