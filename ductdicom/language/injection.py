"""Which duct or filling a text counts: "DUCT 2", "2. Gang", "2nd injection", 乳管2."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from ductdicom.language.parts import NOUNS, VOLUMES, Phrase

_MOST_FILLINGS = 9  # larger numbers beside "duct" are clock positions or sizes
_SIGNS_BETWEEN = frozenset("#-._'°^")
_ORDINAL_ENDINGS = frozenset(
    {"st", "nd", "rd", "th", "e", "er", "ere", "eme", "o", "a", "ste", "de", "i", "nde"}
    | {"я", "й", "ая", "ой", "го", "е", "га", "а", "η", "ος", "о", "차", "회", "回", "次"}
)
_EARLY = ("pre", "pre_weak", "before", "without")
_COUNTED = ("unit", "short_span", "span", "picture", "harmless")
_PARTING = frozenset("-:")  # in "2-я", "2:a"
_ROMAN = frozenset({"ii", "iii"})
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
    return (numbers.pop() if len(numbers) == 1 else None), any(_repeats(phrases))


def may_count_on(phrases: Sequence[Phrase]) -> bool:
    """Tell whether a bare number above one may count a later filling, or the scout of one: "KM 2".

    It may as well be a volume, or count views. An agent's number is its strength. So may one
    between an *after* and its noun: "after 2 injections".
    """
    is_between = any(
        marker.has("after") and 1 < (number.number or 0) <= _MOST_FILLINGS and noun.has(*NOUNS)
        for marker, number, noun in zip(phrases, phrases[1:], phrases[2:], strict=False)
    )
    return is_between or any(
        phrase.has("contrast", "injection", "number_word", *_EARLY)
        and not phrase.has("agent")
        and 1 < (_number_after(phrases, position) or 0) <= _MOST_FILLINGS
        and not _is_measured(phrases, position)
        for position, phrase in enumerate(phrases)
    )


def _is_measured(phrases: Sequence[Phrase], position: int) -> bool:
    """Whether the number behind a word counts what follows, or begins a date: "2 min", "3/2023"."""
    behind = phrases[position + 1 : position + 4]
    return any(number.is_number and _is_counted(number, word) for number, word in pairwise(behind))


def _is_counted(number: Phrase, word: Phrase) -> bool:
    is_glued = word.start == number.end and (word.tokens[0].is_word or word.text == "/")
    return is_glued or word.has(*_COUNTED)


def _repeats(phrases: Sequence[Phrase]) -> Iterator[bool]:
    """Tell of each phrase whether it speaks of a filling that is not the first."""
    is_denied = any(phrase.has("not", "without") for phrase in phrases)
    for position, phrase in enumerate(phrases):
        is_again = phrase.has("again") and not (is_denied and phrase.has("yet"))
        is_counted = is_again or _is_later_ordinal(phrases, position)
        is_later = phrase.has(*NOUNS) and (_number_named(phrases, position) or 0) > 1
        is_added = phrase.text == "+" and _is_volume(phrases, position + 1)
        yield (
            phrase.has("repeat")
            or (is_again and _is_of_duct(phrases, position + 1))
            or is_added
            or is_later
            or (is_counted and _is_of_filling(phrases, position))
        )


def _is_of_duct(phrases: Sequence[Phrase], position: int) -> bool:
    """Whether a duct is named here: "anderer Gang", "other duct"."""
    return any(phrase.has("duct") for phrase in phrases[position : position + 1])


def _number_named(phrases: Sequence[Phrase], position: int) -> int | None:
    """Return the number that a sign or a word for it names behind a noun: "KM Nr. 2"."""
    signs = phrases[position + 1 : position + 2]
    is_named = any(sign.text == "#" or sign.has("number_word") for sign in signs)
    return _number_after(phrases, position) if is_named else None


def _is_later_ordinal(phrases: Sequence[Phrase], position: int) -> bool:
    """Whether an ordinal above the first stands here: "second", "2nd", "2.", "II"."""
    phrase, behind = phrases[position], phrases[position + 1 : position + 3]
    if phrase.has("ordinal"):
        return not phrase.has("ordinal.1")
    if phrase.text in _ROMAN:
        return True
    if phrase.number is None or not 1 < phrase.number <= _MOST_FILLINGS:
        return False
    endings = behind[1:] if behind and behind[0].text in _PARTING else behind[:1]
    is_ending = any(end.text in _ORDINAL_ENDINGS for end in endings)
    is_point = any(end.text == "." and end.start == phrase.end for end in behind[:1])
    return is_ending or is_point


def _is_volume(phrases: Sequence[Phrase], position: int) -> bool:
    if not 0 <= position < len(phrases) - 1:
        return False
    return phrases[position].is_number and phrases[position + 1].text in VOLUMES


def _is_of_filling(phrases: Sequence[Phrase], position: int) -> bool:
    """Whether contrast or a filling stands beside a word, but for what may stand between."""
    for step in (1, -1):
        at = position + step
        while 0 <= at < len(phrases) and _is_between(phrases[at]):
            at += step
        if 0 <= at < len(phrases) and _says_filling(phrases, at):
            return True
    return False


def _says_filling(phrases: Sequence[Phrase], position: int) -> bool:
    is_amount = _is_volume(phrases, position - 1)
    return is_amount or phrases[position].has(*NOUNS, "post", "agent")


def _is_between(phrase: Phrase) -> bool:
    is_said = phrase.is_light or phrase.is_number or phrase.text in _ORDINAL_ENDINGS
    is_passed = is_said or phrase.has("again", "given", "ordinal", "after", "with")
    return is_passed and not phrase.has(*NOUNS, "post", "picture", "not", "without")


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
