"""Which duct or filling a text counts: "DUCT 2", "2. Gang", "2nd injection", 乳管2."""

from collections.abc import Iterator, Sequence

from ductdicom.language.lexicon import Item

_MOST_FILLINGS = 9  # larger numbers beside "duct" are clock positions or sizes
_SIGNS_BETWEEN = frozenset("#-._'°^")
_ORDINAL_ENDINGS = frozenset(
    {"st", "nd", "rd", "th", "e", "er", "ere", "eme", "o", "a", "ste", "de", "i"}
)
_VOLUME_UNITS = frozenset({"ml", "cc", "mg", "%", "."})
_CLOCK_WORDS = frozenset({"h", "o", "oclock", "uhr", ":", "hr", "heures", "點", "点", "時", "시"})


def read_injection(items: Sequence[Item]) -> tuple[int | None, bool]:
    """Return the number of the duct or filling, and whether it is a repeated one.

    A number before the word counts ducts ("1 DUCT LT") and numbers none, unless it is an
    ordinal. Several different numbers give None.
    """
    numbers = set(_numbers(items))
    is_repeat = any(item.has("repeat") for item in items)
    return (numbers.pop() if len(numbers) == 1 else None), is_repeat


def _numbers(items: Sequence[Item]) -> Iterator[int]:
    for position, item in enumerate(items):
        if not item.has("duct", "injection", "repeat"):
            continue
        for found in (_number_after(items, position), _ordinal_before(items, position)):
            if found is not None and 1 <= found <= _MOST_FILLINGS:
                yield found


def _number_after(items: Sequence[Item], position: int) -> int | None:
    at = position + 1
    while at < len(items) and (items[at].text in _SIGNS_BETWEEN or items[at].has("number_word")):
        at += 1
    if at >= len(items) or items[at].number is None:
        return None
    following = items[at + 1].text if at + 1 < len(items) else ""
    if following in _CLOCK_WORDS:
        return None
    if following in _VOLUME_UNITS and not items[position].has("duct"):
        return None
    return items[at].number


def _ordinal_before(items: Sequence[Item], position: int) -> int | None:
    at = position - 1
    while at >= 0 and items[at].has("filler") and items[at].text not in _ORDINAL_ENDINGS:
        at -= 1
    if at < 0:
        return None
    for role in items[at].roles:
        if role.startswith("ordinal."):
            return int(role.removeprefix("ordinal."))
    if items[at].number is not None and at > 0 and items[at - 1].text == "第":
        return items[at].number
    is_ending = items[at].text in _ORDINAL_ENDINGS or items[at].text == "."
    number = items[at - 1] if at > 0 else None
    if is_ending and number is not None and number.end == items[at].start:
        return number.number
    return None
