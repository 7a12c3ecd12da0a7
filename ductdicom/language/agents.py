"""What is typed as contrast agent and as its route, in their own fields or as a local code."""

from collections.abc import Iterator, Sequence
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise
from typing import Literal

from ductdicom.identity.known import MASK_SIGN
from ductdicom.language.lexicon import agent_lexicon_of, scan_text
from ductdicom.language.negations import is_nought
from ductdicom.language.parts import MARKERS, STRENGTHS, Phrase
from ductdicom.language.whole import YEARS, Part, parts_of
from ductdicom.vocabulary.terms import Vocabulary

Route = Literal["intraductal", "intravenous"]


class AgentClass(StrEnum):
    """What an agent's name or code says."""

    AGENT = "agent"  # an iodinated agent by name
    GENERIC_YES = "generic-yes"  # some agent, or a bare yes
    EXPLICIT_NONE = "explicit-none"
    UNINFORMATIVE = "uninformative"
    INTRAVENOUS = "intravenous"  # the route leaked into the agent
    NON_OPAQUE = "non-opaque"  # air, carbon dioxide, water, blue dye: invisible or dark
    GADOLINIUM = "gadolinium"  # magnetic resonance, or a patient allergic to iodine


_SUBSTANCES = (
    ("agent.positive", AgentClass.AGENT),
    ("agent.gadolinium", AgentClass.GADOLINIUM),
    ("agent.non_opaque", AgentClass.NON_OPAQUE),
)
_DYES = frozenset({"dye"})  # contrast, unless a blue one is named beside it
_AMOUNTS = frozenset({"ml", "mls", "cc", "мл", "毫升"})
_NAMES_CONTRAST = ("agent.positive", "agent.gadolinium", "agent.generic")
OPAQUE = frozenset({AgentClass.AGENT, AgentClass.GADOLINIUM})  # by their names
_GIVEN = OPAQUE | {AgentClass.GENERIC_YES}
_STATING = _GIVEN | {AgentClass.EXPLICIT_NONE}
_DOUBTFUL = ("compound", "empty", "redacted", "unconfirmed")
# Words of a text that may stand beside an agent, and turn nothing.
_ASIDE = frozenset({Part.SIDE, Part.DUCT, Part.UNIT, Part.CONNECTIVE, Part.FILLER})
_ASIDE |= {Part.INJECTION, Part.CONTRAST, Part.AGENT, Part.NUMBER, Part.SIGN}
_TURNING = tuple(marker for marker in MARKERS if marker != "with")
_VOLTAGE = frozenset({"kv"})  # contrast in Russian
_SHORTEST_NAME = 4  # letters of an agent's name
_REMEMBERED = 2048  # the images of an export say the same


@lru_cache(maxsize=_REMEMBERED)
def read_agent(text: str, vocabulary: Vocabulary) -> AgentClass:
    """Return what a text in the place of a contrast agent says.

    Whether the field counts at all is for the study to say: consoles copy it onto every image.
    A bare number or a date states nothing, nor does a filling that is still to come; a volume or a
    concentration states that something was given, 0 that nothing was, and 1 states yes, as
    consoles do. A name that was taken out may have been a word of denial: nothing is stated. Nor
    is it where a word is not understood: "Omnipaque refused", "CT Ultravist", "iodine swab".
    """
    if MASK_SIGN in text:
        return AgentClass.UNINFORMATIVE
    phrases = agent_lexicon_of(vocabulary).scan(text).phrases
    words = _significant(phrases)
    if not words:
        return _read_number(phrases)
    words = _without_allergy(words)
    is_taken_back = any(phrase.has("redacted") or _tells_no_volume(phrase) for phrase in phrases)
    if is_taken_back or all(phrase.has("empty") for phrase in words):
        return AgentClass.UNINFORMATIVE
    is_denied = any(phrase.has("none") for phrase in words)
    if phrases[-1].text == "?" or (any(phrase.has("before") for phrase in words) and not is_denied):
        return AgentClass.UNINFORMATIVE
    if is_denied and any(phrase.has("yes") and not phrase.has("none", "given") for phrase in words):
        return AgentClass.UNINFORMATIVE  # "KM ja/nein" as a form has it
    telling = tuple(_telling(words))
    found = _read_words(telling) if telling else AgentClass.UNINFORMATIVE
    is_stated = found not in _STATING or _is_whole(text, words, vocabulary)
    return found if is_stated else AgentClass.UNINFORMATIVE


@lru_cache(maxsize=_REMEMBERED)
def typed_volume_ml(text: str, vocabulary: Vocabulary) -> float:
    """Return the largest volume that a text names, in millilitres; 0 where it names none."""
    phrases = agent_lexicon_of(vocabulary).scan(text).phrases
    return max(
        (
            float(number.text.replace(",", "."))
            for number, unit in pairwise(phrases)
            if number.is_number and unit.text in _AMOUNTS
        ),
        default=0.0,
    )


@lru_cache(maxsize=_REMEMBERED)
def read_route(text: str, vocabulary: Vocabulary) -> Route | None:
    """Return the route of administration that a text names, None where it names both or none."""
    roles = agent_lexicon_of(vocabulary).scan(text).roles
    is_intraductal, is_intravenous = "route.intraductal" in roles, "route.intravenous" in roles
    if is_intraductal == is_intravenous:
        return None
    return "intraductal" if is_intraductal else "intravenous"


@lru_cache(maxsize=_REMEMBERED)
def names_something(text: str, vocabulary: Vocabulary) -> bool:
    """Tell whether an agent's field holds more than blanks, signs, a denial, or "unknown"."""
    phrases = agent_lexicon_of(vocabulary).scan(text).phrases
    words = [phrase for phrase in phrases if _is_significant(phrase)]
    is_empty = all(phrase.has("empty") for phrase in words)
    return not is_empty and read_agent(text, vocabulary) is not AgentClass.EXPLICIT_NONE


@lru_cache(maxsize=_REMEMBERED)
def is_filled_in(text: str, vocabulary: Vocabulary) -> bool:
    """Tell whether an agent's field holds anything but signs, a denial, or "unknown".

    What it holds need be no agent: a number, or words of something else, may stand for one.
    """
    phrases = agent_lexicon_of(vocabulary).scan(text).phrases
    told = [p for p in phrases if any(map(str.isalnum, p.text)) and not p.has("empty")]
    return bool(told) and read_agent(text, vocabulary) is not AgentClass.EXPLICIT_NONE


def denies_nothing(text: str, vocabulary: Vocabulary) -> bool:
    """Tell whether an agent's field holds anything but a denial, be it a sign or "unknown"."""
    return bool(text.strip()) and read_agent(text, vocabulary) is not AgentClass.EXPLICIT_NONE


@lru_cache(maxsize=_REMEMBERED)
def may_be_agent(text: str, vocabulary: Vocabulary) -> bool:
    """Tell whether a text that stands in the agent's field can only be an agent's name.

    A known agent, contrast as such, or one word that is unknown, or known from memory only, with
    the strength of a brand beside it: no room, lot or needle. No other substance, nothing redacted,
    planned or failed.
    """
    if read_agent(text, vocabulary) in _GIVEN:
        return True
    phrases = agent_lexicon_of(vocabulary).scan(text).phrases
    words = [phrase for phrase in phrases if _is_significant(phrase)]
    is_unknown = len(words) == 1 and len(words[0].text) >= _SHORTEST_NAME
    is_unknown = is_unknown and (not words[0].roles or words[0].has("unconfirmed"))
    has_strength = any(_is_strength(*pair) for pair in pairwise((*phrases, None)))
    elsewhere = scan_text(text, vocabulary)
    is_other = bool(
        elsewhere.roles & {"competing", "modality", "tracer", "history", "future", "awaited"}
    )
    return is_unknown and has_strength and not is_other and "?" not in text


def _is_strength(number: Phrase | None, unit: Phrase | None) -> bool:
    """Whether a number is that of a brand: "300", "300 mg/ml"; not "300 mm"."""
    is_bare = unit is None or not unit.has("unit") or _is_amount(unit)
    return number is not None and number.number in STRENGTHS and is_bare


def _is_whole(text: str, words: Sequence[Phrase], vocabulary: Vocabulary) -> bool:
    """Whether each word is one of an agent's field, or of a text and turns nothing there."""
    if any(phrase.has(*_DOUBTFUL) for phrase in words):
        return False
    strange = {phrase.first for phrase in words if not phrase.roles}
    return not strange or all(
        (word.part in _ASIDE and not word.phrase.has("again", "harmless"))
        or (word.phrase.has("with") and not word.phrase.has(*_TURNING))
        for word in parts_of(scan_text(text, vocabulary).phrases)
        if not strange.isdisjoint(range(word.phrase.first, word.phrase.last + 1))
    )


def _without_allergy(words: list[Phrase]) -> list[Phrase]:
    """Return the words without an allergy to iodine, for which gadolinium was given; else none."""
    if not any(phrase.has("allergy") for phrase in words):
        return words
    is_to_iodine = any(phrase.has("iodine") for phrase in words)
    if not is_to_iodine or not any(phrase.has("agent.gadolinium") for phrase in words):
        return []
    return [phrase for phrase in words if not phrase.has("allergy", "iodine")]


def _telling(words: Sequence[Phrase]) -> Iterator[Phrase]:
    """Yield the words but adverbs, and participles behind a negation: "KM nicht gegeben"."""
    was_none = False
    for phrase in words:
        if phrase.roles == {"yet"}:
            continue
        if not (was_none and phrase.has("given")):
            yield phrase
        was_none = phrase.has("none")


def _significant(phrases: Sequence[Phrase]) -> list[Phrase]:
    """Return the words, but no unit of a number: 28 kV is no КВ."""
    return [
        phrase
        for before, phrase in pairwise((None, *phrases))
        if phrase is not None
        and _is_significant(phrase)
        and not (phrase.text in _VOLTAGE and before is not None and before.is_number)
    ]


def _tells_no_volume(phrase: Phrase) -> bool:
    """Whether a number beside a name is nought, or a year: "Isovue 0", "Isovue 2019"."""
    return is_nought(phrase) or phrase.number in YEARS


def _is_significant(phrase: Phrase) -> bool:
    if phrase.roles:
        return not phrase.has("unit")
    return phrase.tokens[0].is_word


def _read_number(phrases: Sequence[Phrase]) -> AgentClass:
    numbers = [token.text for phrase in phrases for token in phrase.tokens if token.is_number]
    if numbers and not "".join(numbers).strip("0.,"):
        return AgentClass.EXPLICIT_NONE
    is_bare = len(phrases) == 1 and numbers == ["1"]
    is_amount = any(number.is_number and _is_amount(unit) for number, unit in pairwise(phrases))
    return AgentClass.GENERIC_YES if is_bare or is_amount else AgentClass.UNINFORMATIVE


def _is_amount(unit: Phrase) -> bool:
    """Whether a unit is that of a volume, or of a concentration of iodine: "mg I/ml"."""
    return unit.text in _AMOUNTS or (
        unit.has("unit") and unit.text.replace(" ", "").endswith("/ml")
    )


def _read_words(words: Sequence[Phrase]) -> AgentClass:
    if _is_negated(words):
        return AgentClass.EXPLICIT_NONE
    if any(phrase.has("route.intravenous") for phrase in words):
        return AgentClass.INTRAVENOUS
    if any(phrase.has("unconfirmed") for phrase in words):
        return AgentClass.UNINFORMATIVE
    for role, found in _SUBSTANCES:
        if any(phrase.has(role) for phrase in words):
            return found
    generic = [phrase for phrase in words if phrase.has("agent.generic")]
    if any(phrase.has("agent.diluent") for phrase in words):
        is_dye = all(phrase.text in _DYES for phrase in generic)
        return AgentClass.NON_OPAQUE if is_dye else AgentClass.GENERIC_YES
    is_denied = any(phrase.has("none") for phrase in words)  # "no post contrast"
    is_given = bool(generic) and not is_denied
    is_yes = not generic and all(phrase.has("yes") for phrase in words)
    return AgentClass.GENERIC_YES if is_given or is_yes else AgentClass.UNINFORMATIVE


def _is_negated(words: Sequence[Phrase]) -> bool:
    """Whether a negation stands right before a contrast word, behind it, or alone."""
    for phrase, following in pairwise(words):
        if phrase.has("none") and following.has(*_NAMES_CONTRAST):
            return True
    if words[-1].has("none") and any(w.has(*_NAMES_CONTRAST) for w in (words[0], *words[-2:])):
        return True
    return words[0].has("none") and all(phrase.has("none", "yes", "before") for phrase in words)
