"""What may stand between a marker and its noun, and what ends their reach."""

from collections.abc import Sequence

from ductdicom.vocabulary.lexicon import Item

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


def is_glued_to_unknown(items: Sequence[Item], position: int) -> bool:
    """Whether an unknown ideograph stands right beside, so that the two may be one word."""
    own = items[position]
    for neighbour in (*items[position - 1 : position], *items[position + 1 : position + 2]):
        is_near = neighbour.end == own.start or neighbour.start == own.end
        if is_near and not neighbour.roles and neighbour.tokens[0].is_cjk:
            return True
    return False
