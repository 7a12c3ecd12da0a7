"""Which duct or filling a text counts: "DUCT 2", "2. Gang", "2nd injection", 乳管2."""

from collections.abc import Iterator, Sequence

from ductdicom.language.parts import Phrase

_MOST_FILLINGS = 9  # larger numbers beside "duct" are clock positions or sizes
_SIGNS_BETWEEN = frozenset("#-._'°^")
_ORDINAL_ENDINGS = frozenset(
    {"st", "nd", "rd", "th", "e", "er", "ere", "eme", "o", "a", "ste", "de", "i"}
)
_VOLUME_UNITS = frozenset({"ml", "cc", "mg", "%", "."})
_CLOCK_WORDS = frozenset({"h", "o", "oclock", "uhr", ":", "hr", "heures", "點", "点", "時", "시"})


def read_injection(phrases: Sequence[Phrase]) -> tuple[int | None, bool]:
    """Return which duct or filling a text numbers.

    A number before the word says how many ducts there are ("1 DUCT LT") and not which one it is,
    unless it is an ordinal.

    Returns
    -------
    tuple
        The number, from 1 to 9, None where there is none or there are several; and whether the
        text speaks of a repeated filling.
    """
    numbers = set(_numbers(phrases))
    is_repeat = any(phrase.has("repeat") for phrase in phrases)
    return (numbers.pop() if len(numbers) == 1 else None), is_repeat


def _numbers(phrases: Sequence[Phrase]) -> Iterator[int]:
    for position, phrase in enumerate(phrases):
        if not phrase.has("duct", "injection", "repeat"):
            continue
        for found in (_number_after(phrases, position), _ordinal_before(phrases, position)):
            if found is not None and 1 <= found <= _MOST_FILLINGS:
                yield found


def _number_after(phrases: Sequence[Phrase], position: int) -> int | None:
    at = position + 1
    while at < len(phrases) and (
        phrases[at].text in _SIGNS_BETWEEN or phrases[at].has("number_word")
    ):
        at += 1
    if at >= len(phrases) or phrases[at].number is None:
        return None
    following = phrases[at + 1].text if at + 1 < len(phrases) else ""
    if following in _CLOCK_WORDS:
        return None
    if following in _VOLUME_UNITS and not phrases[position].has("duct"):
        return None
    return phrases[at].number


def _ordinal_before(phrases: Sequence[Phrase], position: int) -> int | None:
    at = position - 1
    while at >= 0 and phrases[at].has("filler") and phrases[at].text not in _ORDINAL_ENDINGS:
        at -= 1
    if at < 0:
        return None
    for role in phrases[at].roles:
        if role.startswith("ordinal."):
            return int(role.removeprefix("ordinal."))
    if phrases[at].number is not None and at > 0 and phrases[at - 1].text == "第":
        return phrases[at].number
    is_ending = phrases[at].text in _ORDINAL_ENDINGS or phrases[at].text == "."
    number = phrases[at - 1] if at > 0 else None
    if is_ending and number is not None and number.end == phrases[at].start:
        return number.number
    return None
