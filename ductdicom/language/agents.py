"""What the text of a contrast agent says; shared by its own field and by local codes."""

from collections.abc import Iterator, Sequence
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise

from ductdicom.language.lexicon import Item, agent_lexicon_of
from ductdicom.vocabulary.terms import Vocabulary


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
_NAMES_CONTRAST = ("agent.positive", "agent.gadolinium", "agent.generic")
_REMEMBERED = 2048  # the images of an export say the same
_SHORTEST_NEGATION = 4  # letters; "no" and "n" begin too many other words


@lru_cache(maxsize=_REMEMBERED)
def agent_in(text: str, vocabulary: Vocabulary) -> AgentClass:
    """Return the class of an agent's text.

    A number, a unit or a date states nothing, nor does a filling that is still to come; 0 states
    none and 1 states yes, as consoles do.
    """
    items = agent_lexicon_of(vocabulary).scan(text).items
    words = [item for item in items if _is_significant(item)]
    if not words:
        return _read_number(items)
    if any(item.has("redacted") for item in words) or all(item.has("empty") for item in words):
        return AgentClass.UNINFORMATIVE
    is_denied = any(item.has("none") for item in words)
    if items[-1].text == "?" or (any(item.has("before") for item in words) and not is_denied):
        return AgentClass.UNINFORMATIVE
    if is_denied and any(item.has("yes") and not item.has("none", "given") for item in words):
        return AgentClass.UNINFORMATIVE  # "KM ja/nein" as a form has it
    telling = tuple(_telling(words))
    return _read_words(telling) if telling else AgentClass.UNINFORMATIVE


def _telling(words: Sequence[Item]) -> Iterator[Item]:
    """Yield the words but adverbs, and participles behind a negation: "KM nicht gegeben"."""
    was_none = False
    for item in words:
        if item.roles == {"yet"}:
            continue
        if not (was_none and item.has("given")):
            yield item
        was_none = item.has("none")


def _is_significant(item: Item) -> bool:
    if item.roles:
        return not item.has("unit")
    return item.tokens[0].is_word


def _read_number(items: Sequence[Item]) -> AgentClass:
    numbers = [token.text for item in items for token in item.tokens if token.is_number]
    if numbers and not "".join(numbers).strip("0.,"):
        return AgentClass.EXPLICIT_NONE
    is_bare = len(items) == 1 and numbers == ["1"]
    return AgentClass.GENERIC_YES if is_bare else AgentClass.UNINFORMATIVE


def _read_words(words: Sequence[Item]) -> AgentClass:
    if _is_negated(words):
        return AgentClass.EXPLICIT_NONE
    if any(item.has("route.intravenous") for item in words):
        return AgentClass.INTRAVENOUS
    for role, found in _SUBSTANCES:
        if any(item.has(role) for item in words):
            return found
    if any(item.has("agent.generic") for item in words):
        is_denied = any(item.has("none") for item in words)  # "no post contrast"
        return AgentClass.UNINFORMATIVE if is_denied else AgentClass.GENERIC_YES
    if all(item.has("yes") for item in words):
        return AgentClass.GENERIC_YES
    return AgentClass.UNINFORMATIVE


def _is_negated(words: Sequence[Item]) -> bool:
    """Whether a negation stands right before a contrast word, behind it, or alone."""
    for item, following in pairwise(words):
        if item.has("none") and following.has(*_NAMES_CONTRAST):
            return True
    if words[-1].has("none") and any(w.has(*_NAMES_CONTRAST) for w in (words[0], *words[-2:])):
        return True
    if all(item.has("none", "yes") for item in words):
        return words[0].has("none")
    names_any = any(item.has(*_NAMES_CONTRAST) for item in words)
    return words[0].has("none") and len(words[0].text) >= _SHORTEST_NEGATION and not names_any
