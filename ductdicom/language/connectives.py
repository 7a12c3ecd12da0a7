"""What may stand between a marker and its noun, and what ends their reach."""

from collections.abc import Iterable, Sequence
from itertools import takewhile

from ductdicom.language.lexicon import Phrase

_SHORT, _BRIEF = 3, 2  # letters; "day" needs a number beside it, "d" one before it
_REACH = 12  # words and signs, within which a span of time or a follow-up counts
MARKERS = ("both_of", "before", "after", "without", "with")


def joins(phrase: Phrase) -> bool:
    """Whether a phrase joins two markers, as in "with and without"."""
    return phrase.has("join") or phrase.text in {"/", "+", "&", ",", "-"}


def only_joins(phrase: Phrase) -> bool:
    """Whether a phrase joins and is no marker itself: "o" is or in Spanish, without in German."""
    return joins(phrase) and not phrase.has(*MARKERS)


def is_light(phrase: Phrase) -> bool:
    """Whether a phrase is an article, or a sign that separates nothing."""
    return phrase.has("filler") or (
        not phrase.roles and not phrase.tokens[0].is_word and phrase.text in "-._'^*\"/#"
    )


def may_stand_between(phrase: Phrase) -> bool:
    """Whether a phrase may stand between a marker and its noun."""
    return (
        is_light(phrase)
        or phrase.is_number
        or phrase.has("ordinal", "duct", "unit", "left", "right")
    )


def closes(phrase: Phrase) -> bool:
    """Whether a phrase cannot be the noun of a marker before it."""
    return (
        (phrase.has("join") and not phrase.has("filler"))
        or phrase.text in {"/", "+", "&"}
        or phrase.has(
            "view", "modifier", "left", "right", "ductography", "pre", "post", "before", "after"
        )
    )


def is_dated(phrases: Sequence[Phrase], first: int, after: int) -> bool:
    """Whether markers from ``first`` to before ``after`` tell the time since something else.

    A span of time stands beside them, or a word for a follow-up before: "control 1 wk post".
    """
    start, end = max(0, first - _REACH), min(len(phrases), after + _REACH)
    if any(phrase.has("follow_up") for phrase in phrases[start:first]):
        return True
    reach = (*_near(phrases, range(first - 1, start - 1, -1)), *_near(phrases, range(after, end)))
    return any(_is_span(phrases, position) for position in reach)


def _near(phrases: Sequence[Phrase], positions: Iterable[int]) -> Iterable[int]:
    return takewhile(
        lambda position: (
            may_stand_between(phrases[position])
            or phrases[position].has("span", "view", "modifier")
        ),
        positions,
    )


def _is_span(phrases: Sequence[Phrase], position: int) -> bool:
    phrase = phrases[position]
    is_counted = any(near.is_number for near in phrases[max(0, position - 1) : position])
    if len(phrase.text) > _BRIEF:
        is_counted |= any(near.is_number for near in phrases[position + 1 : position + 2])
    return phrase.has("span") and (is_counted or len(phrase.text) > _SHORT)


def is_glued_to_unknown(phrases: Sequence[Phrase], position: int) -> bool:
    """Whether an unknown ideograph stands right beside, so that the two may be one word."""
    own = phrases[position]
    for neighbour in (*phrases[position - 1 : position], *phrases[position + 1 : position + 2]):
        is_near = neighbour.end == own.start or neighbour.start == own.end
        if is_near and not neighbour.roles and neighbour.tokens[0].is_cjk:
            return True
    return False
