"""What a code means, whatever spelling of its coding scheme a console uses.

A code is looked up by scheme and value. Its meaning is only read, with the vocabulary, where the
code is local and in no table. Every function takes the built-in vocabulary where none is given.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from ductdicom.language.agents import AgentClass, agent_in
from ductdicom.language.lexicon import agent_lexicon_of, lexicon_of, phrase_tokens
from ductdicom.model.call import Laterality, ViewGroup
from ductdicom.model.instance import Code
from ductdicom.vocabulary.codebook import CodeEntry, canonical_scheme, canonical_value
from ductdicom.vocabulary.folding import fold
from ductdicom.vocabulary.terms import Vocabulary, load_vocabulary

Route = Literal["intraductal", "intravenous"]

# DICOM PS3.16 CID 4014; FB is a CC taken from below. The two steep obliques pair with each other.
VIEW_GROUPS = {
    "CC": ViewGroup.CC,
    "FB": ViewGroup.CC,
    "XCC": ViewGroup.CC,
    "XCCL": ViewGroup.CC,
    "XCCM": ViewGroup.CC,
    "ML": ViewGroup.LATERAL,
    "LM": ViewGroup.LATERAL,
    "MLO": ViewGroup.OBLIQUE,
    "LMO": ViewGroup.OBLIQUE,
    "SIO": ViewGroup.OBLIQUE,
    "ISO": ViewGroup.OBLIQUE,
}
_REMEMBERED = 2048  # the images of an export say the same
_STANDARD_SCHEMES = frozenset({"SCT", "SRT", "DCM", "CPT", "RADLEX", "ICD9", "ICD10PCS", "LN"})
_AGENT_CLASSES = {
    "positive": AgentClass.AGENT,
    "gadolinium": AgentClass.GADOLINIUM,
    "non_opaque": AgentClass.NON_OPAQUE,
    "generic": AgentClass.GENERIC_YES,
}
_FAMILIES = ("view", "modifier", "laterality")


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewTerm:
    """A view by its acronym of CID 4014, or a specimen, whose acronym is empty."""

    acronym: str
    group: ViewGroup = ViewGroup.OTHER
    is_specimen: bool = False


def view_of(code: Code, vocabulary: Vocabulary | None = None) -> ViewTerm | None:
    """Return the view that a code names.

    References
    ----------
    * DICOM PS3.16 CID 4014 View for Mammography
    """
    acronym = _name(code, "view", vocabulary)
    if acronym is None:
        return None
    if acronym == "specimen":
        return ViewTerm(acronym="", is_specimen=True)
    return ViewTerm(acronym=acronym, group=VIEW_GROUPS.get(acronym, ViewGroup.OTHER))


def modifier_of(code: Code, vocabulary: Vocabulary | None = None) -> str | None:
    """Return the view modifier's acronym (M, S, ID, …).

    References
    ----------
    * DICOM PS3.16 CID 4015 View Modifier
    """
    return _name(code, "modifier", vocabulary)


def procedure_of(code: Code, vocabulary: Vocabulary | None = None) -> str | None:
    """Return ``ductography``, ``specimen``, ``localisation``, ``biopsy`` or ``discharge``."""
    chosen = vocabulary or load_vocabulary()
    known = _use(code, "procedure", chosen)
    if known is not None or not _is_local(code):
        return known
    roles = lexicon_of(chosen).scan(code.meaning).roles
    if "ductography" in roles:
        return "ductography"
    for kind in ("specimen", "localisation", "biopsy"):
        if f"kind.{kind}" in roles:
            return kind
    return None


def is_ductography(code: Code, vocabulary: Vocabulary | None = None) -> bool:
    """Whether a code names a ductography; says nothing about before or after."""
    return procedure_of(code, vocabulary) == "ductography"


def agent_of(code: Code, vocabulary: Vocabulary | None = None) -> AgentClass | None:
    """Return the class of a coded agent or ingredient, None where the code says nothing.

    References
    ----------
    * DICOM PS3.16 CID 12 Radiographic Contrast Agent, CID 13 Ingredient
    """
    chosen = vocabulary or load_vocabulary()
    name = _use(code, "agent", chosen)
    if name is not None:
        return _AGENT_CLASSES[name]
    found = agent_in(code.meaning, chosen) if _is_local(code) else AgentClass.UNINFORMATIVE
    return None if found is AgentClass.UNINFORMATIVE else found


def route_of(code: Code, vocabulary: Vocabulary | None = None) -> Route | None:
    """Return the coded route; CID 11 has no intraductal, so Intraluminal stands for it.

    References
    ----------
    * DICOM PS3.16 CID 11 Administration Route
    """
    chosen = vocabulary or load_vocabulary()
    name = _use(code, "route", chosen)
    if name is None and _is_local(code):
        return route_in(code.meaning, chosen)
    return _route(name)


@lru_cache(maxsize=_REMEMBERED)
def route_in(text: str, vocabulary: Vocabulary) -> Route | None:
    """Return the route that a text names, None where it names both or none."""
    roles = agent_lexicon_of(vocabulary).scan(text).roles
    found = [name for name in ("intraductal", "intravenous") if f"route.{name}" in roles]
    return _route(found[0]) if len(found) == 1 else None


def _route(name: str | None) -> Route | None:
    if name == "intraductal":
        return "intraductal"
    return "intravenous" if name == "intravenous" else None


def laterality_of(code: Code, vocabulary: Vocabulary | None = None) -> Laterality | None:
    """Return the coded side.

    References
    ----------
    * DICOM PS3.16 CID 244 Laterality
    """
    name = _name(code, "laterality", vocabulary)
    return None if name is None else Laterality(name)


def rejection_of(code: Code, vocabulary: Vocabulary) -> str | None:
    """Say why a document with this title rejects the images that it lists, None where it does not.

    References
    ----------
    * DICOM PS3.16 CID 7010; IHE RAD Imaging Object Change Management
    """
    found = _entry(canonical_scheme(code.scheme), canonical_value(code.value), "title", vocabulary)
    if found is None or found.use != "title.rejected":
        return None
    return found.meaning or "rejected"


def _name(code: Code, family: str, vocabulary: Vocabulary | None) -> str | None:
    """Return the name by code, or for a local code by its whole meaning."""
    chosen = vocabulary or load_vocabulary()
    known = _use(code, family, chosen)
    if known is not None or not _is_local(code):
        return known
    said = _names_by_meaning(code, family, chosen)
    return said.pop() if len(said) == 1 else None


def _is_local(code: Code) -> bool:
    return canonical_scheme(code.scheme) not in _STANDARD_SCHEMES


def _use(code: Code, family: str, vocabulary: Vocabulary) -> str | None:
    found = _entry(canonical_scheme(code.scheme), canonical_value(code.value), family, vocabulary)
    return None if found is None else found.use.removeprefix(f"{family}.")


@lru_cache(maxsize=4096)
def _entry(scheme: str, value: str, family: str, vocabulary: Vocabulary) -> CodeEntry | None:
    matching = (
        entry
        for entry in vocabulary.codes
        if entry.use.startswith(f"{family}.") and entry.is_for(scheme, value)
    )
    return next(matching, None)


def _names_by_meaning(code: Code, family: str, vocabulary: Vocabulary) -> set[str]:
    words = phrase_tokens(fold(code.meaning))
    return set(_meanings(vocabulary).get((family, words), ())) if words else set()


@lru_cache(maxsize=8)
def _meanings(vocabulary: Vocabulary) -> dict[tuple[str, tuple[str, ...]], frozenset[str]]:
    """Map whole meanings to names, from the code table and from the languages' words."""
    found: dict[tuple[str, tuple[str, ...]], set[str]] = {}
    pairs = [(entry.use, entry.meaning) for entry in vocabulary.codes]
    pairs += [(entry.use, entry.use.rpartition(".")[2]) for entry in vocabulary.codes]
    pairs += [(term.role, term.phrase) for term in vocabulary.terms]
    pairs += [
        ("laterality." + {"left": "L", "right": "R"}[term.role], term.phrase)
        for term in vocabulary.terms
        if term.role in ("left", "right")
    ]
    for use, meaning in pairs:
        family, _, name = use.partition(".")
        if family in _FAMILIES:
            found.setdefault((family, phrase_tokens(fold(meaning))), set()).add(name)
    return {key: frozenset(names) for key, names in found.items()}
