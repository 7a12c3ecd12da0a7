"""The part that each word of a text plays, and whether all of the text is understood.

A text asserts a phase only where each of its words has a part to play in saying so. One word that
is not known, or that speaks of another examination, a plan, the past or a part of the filling, and
what the text says is a hint at most. Heuristic.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from itertools import pairwise

from ductdicom.identity.known import MASK_SIGN
from ductdicom.language.parts import CLAUSE_ENDS, Phrase
from ductdicom.language.short_words import Company, is_stray

_SHORT, _BRIEF = 3, 2  # letters; "day" needs a number beside it, "d" one before it
YEARS = range(1900, 2100)
_SIDE_LETTERS = frozenset({"l", "r"})
_QUESTION_MARKS = frozenset({"?", "¿", "؟"})


class Part(StrEnum):
    """What a word does in a text; those of `NOT_UNDERSTOOD` leave no more than a hint."""

    PHASE = "phase"
    CONTRAST = "contrast"
    INJECTION = "injection"
    AGENT = "agent"
    EXAMINATION = "examination"
    FINDING = "finding"
    DUCT = "duct"
    VIEW = "view"
    SIDE = "side"
    MODIFIER = "modifier"
    NUMBER = "number"
    UNIT = "unit"
    TITLE = "title"
    NEGATION = "negation"
    CONNECTIVE = "connective"
    FILLER = "filler"
    SIGN = "sign"
    UNKNOWN = "unknown"
    SLIP = "slip of the pen"
    OTHER = "something else"
    PLAN = "plan"
    PAST = "past"
    COMPARISON = "comparison"
    QUESTION = "question"
    DATE = "date"


NOT_UNDERSTOOD = frozenset(
    {Part.UNKNOWN, Part.SLIP, Part.OTHER, Part.PLAN, Part.PAST, Part.COMPARISON}
    | {Part.QUESTION, Part.DATE}
)
# The first role of a phrase that stands here tells its part. What makes a text mean something
# else goes before what it may also mean in another language.
_PARTS: tuple[tuple[Part, tuple[str, ...]], ...] = (
    (Part.UNKNOWN, ("unconfirmed", "compound")),  # no source confirms the word, or its end
    (Part.SLIP, ("slip",)),
    (Part.VIEW, ("kind.tomosynthesis", "kind.synthetic")),
    (
        Part.OTHER,
        ("competing", "modality", "tracer", "other_procedure", "other_organ", "neutral", "kind"),
    ),
    (Part.PAST, ("history", "follow_up")),
    (Part.PLAN, ("not_done", "future", "awaited")),
    (Part.COMPARISON, ("like",)),
    (Part.EXAMINATION, ("ductography",)),
    (
        Part.PHASE,
        (
            *("pre", "post", "both", "pre_weak", "post_weak", "before", "after", "with"),
            *("both_of", "pre_behind", "post_behind", "both_behind"),
        ),
    ),
    (Part.NEGATION, ("without", "not")),
    (Part.AGENT, ("agent",)),
    (Part.CONTRAST, ("contrast",)),
    (Part.INJECTION, ("injection", "repeat", "given")),
    (Part.FINDING, ("finding", "remark", "place")),
    (Part.VIEW, ("view", "view_group")),
    (Part.MODIFIER, ("modifier",)),
    (Part.SIDE, ("left", "right", "both_sides", "side", "left_short", "right_short")),
    (Part.DUCT, ("duct", "ordinal", "number_word")),
    (Part.UNIT, ("unit", "short_span")),
    (Part.TITLE, ("title",)),
    (Part.CONNECTIVE, ("join", "yet")),
    (Part.FILLER, ("filler", "harmless", "breast", "again")),
)
_BEFORE = ("not", "without", "before", "pre", "pre_weak", "pre_behind", "both", "both_of")
_BESIDE_EVERYDAY = frozenset(
    {Part.PHASE, Part.EXAMINATION, Part.VIEW, Part.SIDE, Part.MODIFIER, Part.NUMBER, Part.SIGN}
    | {Part.DUCT, Part.UNIT}
)


_OF_ONE_LANGUAGE = frozenset(
    {Part.CONNECTIVE, Part.FILLER, Part.PHASE, Part.NEGATION, Part.FINDING, Part.UNIT}
    | {Part.PLAN, Part.TITLE, Part.CONTRAST, Part.SIDE, Part.DUCT}
)
# Of these, those that leave a word to the next part that it may play.
_PASSED_ON = frozenset({Part.CONNECTIVE, Part.PLAN})
_DENIABLE = frozenset({Part.FINDING, Part.VIEW, Part.MODIFIER})
# What a word for another kind of object is not said of the image with: "CESM?", "no biopsy".
_TURNING = frozenset({Part.PLAN, Part.COMPARISON, Part.QUESTION, Part.DATE, Part.NEGATION})
_TECHNICAL = frozenset({Part.VIEW, Part.SIDE, Part.MODIFIER, Part.NUMBER, Part.UNIT, Part.SIGN})
_OF_CONTRAST = frozenset({Part.PHASE, Part.CONTRAST, Part.INJECTION, Part.AGENT})
_GIVEN_TO_VEINS = "contrast-mammogram"


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A word, or a known phrase, as it stands in the text, and its part."""

    phrase: Phrase
    part: Part

    @property
    def is_understood(self) -> bool:
        """Whether it takes nothing from what the text says."""
        return self.part not in NOT_UNDERSTOOD


class TextWords(tuple[Word, ...]):  # noqa: SLOT001 - a tuple can hold its hash in no slot
    """The words of a text, hashed once: what they say is asked again with every image."""

    @cached_property
    def _hash(self) -> int:
        return super().__hash__()

    def __hash__(self) -> int:
        return self._hash


NO_WORDS = TextWords()


def parts_of(
    phrases: Sequence[Phrase], heard: frozenset[frozenset[str]] = frozenset()
) -> TextWords:
    """Give each phrase of a text its part.

    Parameters
    ----------
    heard
        The languages of each word, in the other texts of its study, that few languages know.
    """
    company = Company.of(phrases, heard)
    return TextWords(
        Word(phrase=phrase, part=_part(phrases, position, company))
        for position, phrase in enumerate(phrases)
    )


def _part(phrases: Sequence[Phrase], position: int, company: Company) -> Part:
    phrase = phrases[position]
    is_glued = _is_glued(phrases, position)
    if phrase.is_number or _is_span(phrases, position):
        part = _part_of_number(phrase) if phrase.is_number else Part.PAST
        return Part.UNKNOWN if is_glued and part is not Part.NUMBER else part
    if phrase.text in _SIDE_LETTERS:
        return Part.SIDE
    if _is_other_breast(phrases, position):
        return Part.OTHER
    for part, roles in _PARTS:
        if phrase.has(*roles):
            if part not in _OF_ONE_LANGUAGE or not is_stray(phrases, position, roles, company):
                return part
            if part not in _PASSED_ON:
                return Part.UNKNOWN
    return _part_of_stranger(phrase) if not phrase.roles else Part.UNKNOWN


def _is_other_breast(phrases: Sequence[Phrase], position: int) -> bool:
    """Whether another breast is named: "otra mama", "druga pierś", "andra sidan"."""
    if not position or not phrases[position].has("breast"):
        return False
    other = phrases[position - 1]
    return other.has("again") or (other.has("ordinal") and not other.has("ordinal.1"))


def _is_span(phrases: Sequence[Phrase], position: int) -> bool:
    """Whether a span of time stands here: "2 weeks", "3 d"; a short one needs its number."""
    phrase = phrases[position]
    is_counted = any(near.is_number for near in phrases[max(0, position - 1) : position])
    if len(phrase.text) > _BRIEF:
        is_counted |= any(near.is_number for near in phrases[position + 1 : position + 2])
    return phrase.has("span") and (is_counted or len(phrase.text) > _SHORT)


def _part_of_stranger(phrase: Phrase) -> Part:
    if phrase.text in _QUESTION_MARKS:
        return Part.QUESTION
    is_hidden = phrase.text == MASK_SIGN  # a name, which may be any word
    return Part.UNKNOWN if phrase.tokens[0].is_word or is_hidden else Part.SIGN


def _is_glued(phrases: Sequence[Phrase], position: int) -> bool:
    """Whether a letter stands right before, as in the name of a room or a plate: "R2D"."""
    for index in range(position, max(0, position - 2), -1):
        before = phrases[index - 1]
        if before.end != phrases[index].start:
            return False
        if before.tokens[0].is_word:
            return True
    return False


def _part_of_number(phrase: Phrase) -> Part:
    text = phrase.tokens[0].text
    if text.isdecimal() and (phrase.number is None or phrase.number in YEARS):
        return Part.DATE  # a year, or too long to count with
    return Part.NUMBER


def is_whole(words: Sequence[Word], spans: Sequence[range]) -> bool:
    """Tell whether all words of a text are understood, and its negations deny what they may.

    Parameters
    ----------
    words
        The text's words.
    spans
        Positions of those that speak for a phase.
    """
    is_understood = all(word.is_understood for word in words)
    return is_understood and not (
        _denies_part(words)
        or _remarks_on_nothing(words)
        or _denies_at_large(words, spans)
        or injects_elsewhere(words)
    )


def _denies_at_large(words: Sequence[Word], spans: Sequence[range]) -> bool:
    """Whether a negation is of no phase, no finding and no view: "injected or not"."""
    spent = {position for span in spans for position in span}
    denied: Part | None = None  # what stands behind, articles and light signs left aside
    for position in range(len(words) - 1, -1, -1):
        word = words[position]
        is_loose = word.part is Part.NEGATION and position not in spent
        if is_loose and denied not in _DENIABLE:
            return True
        denied = denied if word.phrase.is_light else word.part
    return False


def _denies_part(words: Sequence[Word]) -> bool:
    """Whether a denial is of one duct: "no contrast in duct 2", "lateral duct not filled"."""
    is_counted = any(
        word.part is Part.NUMBER or word.phrase.has("ordinal") for word in _without_volumes(words)
    )
    is_placed = any(
        duct.phrase.has("duct") and place.phrase.has("view_group", "place")
        for place, duct in pairwise(words)
    )
    told = [word for word in words if not (word.part is Part.NUMBER or word.phrase.is_light)]
    is_undone = any(
        duct.phrase.has("duct") and undone.phrase.has("pre") for duct, undone in pairwise(told)
    )  # "Gang 2 nicht injiziert"
    is_denied = is_undone or any(word.phrase.has("without", "not") for word in words)
    return (is_counted or is_placed) and is_denied


def _remarks_on_nothing(words: Sequence[Word]) -> bool:
    """Whether a finding stands beside a denial or a before: "no contrast at the nipple"."""
    is_remarked = any(word.part is Part.FINDING for word in words)
    return is_remarked and any(word.phrase.has(*_BEFORE) for word in words)


def injects_elsewhere(words: Sequence[Word]) -> bool:
    """Tell whether an injection may be one of something else, or beside a duct.

    "dye injected" marks a node, "injected subareolar" and "breast injection" name no duct.
    """
    is_of_duct = any(word.phrase.has("duct", "finding", "ductography") for word in words)
    is_denied = any(word.part is Part.NEGATION for word in words)
    is_given = any(_is_injection(word) for word in words)
    if is_of_duct or is_denied or not is_given:
        return False
    nouns = [word for word in words if word.phrase.has("contrast") and not _is_injection(word)]
    is_dye = bool(nouns) and all(word.phrase.has("dye") for word in nouns)
    is_placed = any(
        word.phrase.has("place") and not _is_distance(words[position + 1 : position + 3])
        for position, word in enumerate(words)
    )
    return is_dye or is_placed or any(map(_is_into_breast, (None, *words), words, words[1:]))


def _is_into_breast(side: Word | None, breast: Word, injection: Word) -> bool:
    """Whether an injection is only one into a breast; "L breast inj" tells which one is meant."""
    is_told = side is not None and side.part is Part.SIDE
    return not is_told and breast.phrase.has("breast") and injection.phrase.has("injection")


def _is_distance(words: Sequence[Word]) -> bool:
    return [word.part for word in words] == [Part.NUMBER, Part.UNIT]


def _is_injection(word: Word) -> bool:
    """Whether a word is an injection, or a participle: "injected"."""
    return word.phrase.has("injection", "post")


def _without_volumes(words: Sequence[Word]) -> Iterator[Word]:
    for word, following in pairwise((*words, None)):
        is_measured = following is not None and following.part is Part.UNIT
        if word is not None and not (is_measured and word.part is Part.NUMBER):
            yield word


def firm_kinds(words: Sequence[Word], kinds: Iterable[tuple[int, str]]) -> Iterator[str]:
    """Yield the look-alikes that a text says its image is: "L CC BIOPSY", not "biopsy tomorrow".

    Each word of the clause is understood and technical, or names the same procedure; only contrast
    mammography has a phase. Nothing in any clause denies, asks or plans.

    Parameters
    ----------
    kinds
        The look-alikes that are named, with the places of their words.
    """
    named = tuple(kinds)
    if not named or any(word.part in _TURNING or _is_span_of_past(word) for word in words):
        return
    places = {place for place, _ in named}
    for clause in _clauses(words):
        others = [words[at] for at in clause if at not in places]
        strange = {word.part for word in others if not _is_of_procedure(word)} - _TECHNICAL
        for kind in {kind for place, kind in named if place in clause}:
            if strange <= (_OF_CONTRAST if kind == _GIVEN_TO_VEINS else frozenset()):
                yield kind


def _is_span_of_past(word: Word) -> bool:
    return word.part is Part.PAST and not word.phrase.has("history")


def _clauses(words: Sequence[Word]) -> Iterator[range]:
    """Yield the positions of each clause; one ends before what is of the past, too."""
    first = 0
    for position, word in enumerate(words):
        if _ends_clause(word):
            yield range(first, position)
            first = position + 1
    yield range(first, len(words))


def _ends_clause(word: Word) -> bool:
    return word.phrase.text in CLAUSE_ENDS or word.part is Part.PAST


def _is_of_procedure(word: Word) -> bool:
    """Whether a word names a procedure, or is an article, a breast, or a maker's sign: "combo"."""
    phrase = word.phrase
    if word.part is Part.OTHER:
        return phrase.has("kind", "competing", "modality")
    is_makers = "common" in phrase.languages_as("harmless")
    return is_makers or (
        word.part is Part.FILLER and phrase.has("filler") and not phrase.has("again")
    )


def says_no_more(words: Sequence[Word]) -> bool:
    """Whether an everyday word is all that a text says, but for view, side and number.

    "scout", "plain" and "native" are words of everything else: "native breast". A breast that is
    named before the view belongs to the view: "Mamma re CC nativ".
    """
    parts = [word.part for word in words]
    return all(
        word.part in _BESIDE_EVERYDAY
        or (word.phrase.has("breast") and _begins_view(parts, position))
        for position, word in enumerate(words)
    )


def _begins_view(parts: Sequence[Part], position: int) -> bool:
    """Whether a view follows before anything that says a phase, and nothing has said one yet."""
    told = next((part for part in parts[position:] if part in (Part.VIEW, Part.PHASE)), None)
    return told is Part.VIEW and Part.PHASE not in parts[:position]
