"""Short words that are a side in one language and something else in another: SIN, RE, DR.

Italian *SIN* is left, Spanish *sin* is without. Such a word counts in a language only where another
word of that language stands beside it, and none of the other's. Heuristic.
"""

from collections.abc import Sequence
from dataclasses import replace

from ductdicom.language.parts import Phrase, Use

_SIDES = frozenset({"left_short", "right_short"})
_REFERRING = frozenset({"ref", "by"})
_SHORTEST = 3  # letters of a word that tells its language


def settle_homonyms(phrases: Sequence[Phrase], spoken: frozenset[str]) -> tuple[Phrase, ...]:
    """Give each homonym the meaning of the language that is spoken, or none.

    Parameters
    ----------
    spoken
        Languages that other texts of the study are written in; ISO 639-1 codes.
    """
    others = [phrase.languages for phrase in phrases if not _is_homonym(phrase)]
    if len(others) == len(phrases):
        return tuple(phrases)
    return tuple(
        phrase
        if not _is_homonym(phrase)
        else _as_title(phrase)
        if _names_person(phrases, position)
        else _settled(phrase, others, spoken)
        for position, phrase in enumerate(phrases)
    )


def languages_of(phrases: Sequence[Phrase]) -> frozenset[str]:
    """Return the languages of the words that only one language knows."""
    return frozenset().union(
        *(
            phrase.languages - {"common"}
            for phrase in phrases
            if len(phrase.languages) == 1 and len(phrase.text) >= _SHORTEST
        )
    )


def _is_homonym(phrase: Phrase) -> bool:
    sides = phrase.languages_as(*_SIDES)
    return bool(sides) and bool(phrase.languages - sides)


def _names_person(phrases: Sequence[Phrase], position: int) -> bool:
    """Whether a title stands before a name, or behind who referred: "Dr Smith", "ref dr"."""
    if not phrases[position].has("title"):
        return False
    behind = [phrase for phrase in phrases[position + 1 :] if phrase.text != "."]
    is_name = bool(behind) and not behind[0].roles and behind[0].tokens[0].is_word
    is_referred = position > 0 and phrases[position - 1].text in _REFERRING
    return is_name or is_referred


def _as_title(phrase: Phrase) -> Phrase:
    uses = frozenset(use for use in phrase.uses if use[0] == "title")
    return replace(phrase, uses=uses, roles=frozenset({"title"}))


def _settled(phrase: Phrase, others: Sequence[frozenset[str]], spoken: frozenset[str]) -> Phrase:
    sides = phrase.languages_as(*_SIDES)
    apart = phrase.languages - sides
    is_side = any(known and known <= sides for known in others)
    is_other = any(known & apart and not known & sides for known in others)
    if not (is_side or is_other):
        is_side, is_other = bool(spoken & sides), bool(spoken & apart)
    kept: frozenset[Use] = frozenset(
        (role, language)
        for role, language in phrase.uses
        if is_side != is_other and (role in _SIDES) == is_side
    )
    roles = {role for role, _ in kept}
    return replace(
        phrase, uses=kept, roles=frozenset(roles | {role.partition(".")[0] for role in roles})
    )
