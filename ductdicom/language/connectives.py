"""What may stand between a marker and its noun, and what ends their reach."""

from collections.abc import Iterable, Sequence
from itertools import takewhile

from ductdicom.language.lexicon import Item

_SHORT, _BRIEF = 3, 2  # letters; "day" needs a number beside it, "d" one before it
_REACH = 12  # words and signs, within which a span of time or a follow-up counts
MARKERS = ("both_of", "before", "after", "without", "with")


def joins(item: Item) -> bool:
    """Whether an item joins two markers, as in "with and without"."""
    return item.has("join") or item.text in {"/", "+", "&", ",", "-"}


def only_joins(item: Item) -> bool:
    """Whether an item joins and is no marker itself: "o" is or in Spanish, without in German."""
    return joins(item) and not item.has(*MARKERS)


def is_light(item: Item) -> bool:
    """Whether an item is an article, or a sign that separates nothing."""
    return item.has("filler") or (
        not item.roles and not item.tokens[0].is_word and item.text in "-._'^*\"/#"
    )


def may_stand_between(item: Item) -> bool:
    """Whether an item may stand between a marker and its noun."""
    return is_light(item) or item.is_number or item.has("ordinal", "duct", "unit", "left", "right")


def closes(item: Item) -> bool:
    """Whether an item cannot be the noun of a marker before it."""
    return (
        (item.has("join") and not item.has("filler"))
        or item.text in {"/", "+", "&"}
        or item.has(
            "view", "modifier", "left", "right", "ductography", "pre", "post", "before", "after"
        )
    )


def is_dated(items: Sequence[Item], first: int, after: int) -> bool:
    """Whether markers from ``first`` to before ``after`` tell the time since something else.

    A span of time stands beside them, or a word for a follow-up before: "control 1 wk post".
    """
    start, end = max(0, first - _REACH), min(len(items), after + _REACH)
    if any(item.has("follow_up") for item in items[start:first]):
        return True
    reach = (*_near(items, range(first - 1, start - 1, -1)), *_near(items, range(after, end)))
    return any(_is_span(items, position) for position in reach)


def _near(items: Sequence[Item], positions: Iterable[int]) -> Iterable[int]:
    return takewhile(
        lambda position: (
            may_stand_between(items[position]) or items[position].has("span", "view", "modifier")
        ),
        positions,
    )


def _is_span(items: Sequence[Item], position: int) -> bool:
    item = items[position]
    is_counted = any(near.is_number for near in items[max(0, position - 1) : position])
    if len(item.text) > _BRIEF:
        is_counted |= any(near.is_number for near in items[position + 1 : position + 2])
    return item.has("span") and (is_counted or len(item.text) > _SHORT)


def is_glued_to_unknown(items: Sequence[Item], position: int) -> bool:
    """Whether an unknown ideograph stands right beside, so that the two may be one word."""
    own = items[position]
    for neighbour in (*items[position - 1 : position], *items[position + 1 : position + 2]):
        is_near = neighbour.end == own.start or neighbour.start == own.end
        if is_near and not neighbour.roles and neighbour.tokens[0].is_cjk:
            return True
    return False
