"""What a code means, whatever spelling of its coding scheme a console uses.

A code is looked up by scheme and value. Its meaning is only read, with the vocabulary, where the
code is local and in no table.
"""

from functools import lru_cache

from ductdicom.language.agents import AgentClass, Route, read_agent, read_route
from ductdicom.language.lexicon import phrase_tokens, scan_text
from ductdicom.model.call import Laterality, ViewGroup
from ductdicom.model.instance import Code
from ductdicom.vocabulary.codebook import CodeEntry, canonical_scheme, canonical_value
from ductdicom.vocabulary.folding import fold
from ductdicom.vocabulary.terms import Vocabulary

SPECIMEN = "specimen"  # the view of a specimen, which has no acronym
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
_STANDARD_SCHEMES = frozenset({"SCT", "SRT", "DCM", "CPT", "RADLEX", "ICD9", "ICD10PCS", "LN"})
_AGENT_CLASSES = {
    "positive": AgentClass.AGENT,
    "gadolinium": AgentClass.GADOLINIUM,
    "non_opaque": AgentClass.NON_OPAQUE,
    "generic": AgentClass.GENERIC_YES,
}
_ROUTES: dict[str, Route] = {"intraductal": "intraductal", "intravenous": "intravenous"}
_FAMILIES = ("view", "modifier", "laterality")  # whose meanings the vocabulary has as words


def view_of(code: Code, vocabulary: Vocabulary) -> str | None:
    """Return the acronym of the view that a code names (CC, MLO, …), or ``SPECIMEN``.

    References
    ----------
    * DICOM PS3.16 CID 4014 View for Mammography
    """
    return _name(code, "view", vocabulary)


def modifier_of(code: Code, vocabulary: Vocabulary) -> str | None:
    """Return the view modifier's acronym (M, S, ID, …).

    References
    ----------
    * DICOM PS3.16 CID 4015 View Modifier
    """
    return _name(code, "modifier", vocabulary)


def is_ductography(code: Code, vocabulary: Vocabulary) -> bool:
    """Whether a code names a ductography; says nothing about before or after."""
    known = _use(code, "procedure", vocabulary)
    if known is not None or not _is_local(code):
        return known == "ductography"
    return "ductography" in scan_text(code.meaning, vocabulary).roles


def agent_of(code: Code, vocabulary: Vocabulary) -> AgentClass | None:
    """Return the class of a coded agent or ingredient, None where the code says nothing.

    References
    ----------
    * DICOM PS3.16 CID 12 Radiographic Contrast Agent, CID 13 Ingredient
    """
    name = _use(code, "agent", vocabulary)
    if name is not None:
        return _AGENT_CLASSES[name]
    found = read_agent(code.meaning, vocabulary) if _is_local(code) else AgentClass.UNINFORMATIVE
    return None if found is AgentClass.UNINFORMATIVE else found


def route_of(code: Code, vocabulary: Vocabulary) -> Route | None:
    """Return the coded route; CID 11 has no intraductal, so Intraluminal stands for it.

    References
    ----------
    * DICOM PS3.16 CID 11 Administration Route
    """
    name = _use(code, "route", vocabulary)
    if name is not None:
        return _ROUTES[name]
    return read_route(code.meaning, vocabulary) if _is_local(code) else None


def laterality_of(code: Code, vocabulary: Vocabulary) -> Laterality | None:
    """Return the coded side.

    References
    ----------
    * DICOM PS3.16 CID 244 Laterality
    """
    name = _name(code, "laterality", vocabulary)
    return None if name is None else Laterality(name)


def rejection_of(title: Code, vocabulary: Vocabulary) -> str | None:
    """Return why the images that a document lists were rejected, None where it is no rejection.

    References
    ----------
    * DICOM PS3.16 CID 7010; IHE RAD Imaging Object Change Management
    """
    entry = _entry(title, "title", vocabulary)
    return None if entry is None else entry.meaning or title.meaning or title.value


def is_listed(code: Code, vocabulary: Vocabulary) -> bool:
    """Whether a code is in the table: what it is was not made up by a site or a person."""
    scheme, value = canonical_scheme(code.scheme), canonical_value(code.value)
    return _look_up(scheme, value, "", vocabulary) is not None


def _name(code: Code, family: str, vocabulary: Vocabulary) -> str | None:
    """Return the name by code, or for a local code by its whole meaning."""
    known = _use(code, family, vocabulary)
    if known is not None or not _is_local(code):
        return known
    words = phrase_tokens(fold(code.meaning))
    said = _meanings(vocabulary).get((family, words), frozenset()) if words else frozenset()
    return next(iter(said)) if len(said) == 1 else None


def _is_local(code: Code) -> bool:
    return canonical_scheme(code.scheme) not in _STANDARD_SCHEMES


def _use(code: Code, family: str, vocabulary: Vocabulary) -> str | None:
    found = _entry(code, family, vocabulary)
    return None if found is None else found.use.removeprefix(f"{family}.")


def _entry(code: Code, family: str, vocabulary: Vocabulary) -> CodeEntry | None:
    return _look_up(canonical_scheme(code.scheme), canonical_value(code.value), family, vocabulary)


@lru_cache(maxsize=4096)
def _look_up(scheme: str, value: str, family: str, vocabulary: Vocabulary) -> CodeEntry | None:
    matching = (
        entry
        for entry in vocabulary.codes
        if entry.use.startswith(f"{family}." if family else "") and entry.is_for(scheme, value)
    )
    return next(matching, None)


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
