"""Short words that are a side in one language and something else in another: SIN, RE, DR.

Italian *SIN* is left, Spanish *sin* is without. Such a word counts in a language only where another
word of that language stands beside it, or elsewhere in the study, and none of the other's.
Heuristic.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from ductdicom.language.parts import Phrase, Use

HOMONYM = "homonym"  # the role of one that is settled
_SIDES = ("left_short", "right_short")
_REFERRING = frozenset({"ref", "by"})
_SHORTEST = 3  # letters of a word that tells its language


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """The languages that the texts of a study are written in; ISO 639-1 codes.

    ``languages`` are those of words that no other language knows. ``left`` and ``right`` are those
    of short words for a side, which tell their language to the other side's alone: DX beside SIN.
    """

    languages: frozenset[str] = frozenset()
    left: frozenset[str] = frozenset()
    right: frozenset[str] = frozenset()

    def beside(self, role: str) -> frozenset[str]:
        """Return the languages in which a short word for a side counts, by its role."""
        return self.languages | (self.right if role == "left_short" else self.left)


NOTHING_SPOKEN = Spoken()


def settle_homonyms(phrases: Sequence[Phrase], spoken: Spoken) -> tuple[Phrase, ...]:
    """Give each homonym the meaning of the language that is spoken, or none.

    Parameters
    ----------
    spoken
        What other texts of the study are written in; asked where this one does not tell.
    """
    others = _known_beside(phrases)
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


def hear(texts: Iterable[Sequence[Phrase]]) -> Spoken:
    """Return what the texts of a study are written in."""
    languages: set[str] = set()
    sides: dict[str, set[str]] = {role: set() for role in _SIDES}
    for phrases in texts:
        others = _known_beside(phrases)
        for phrase in phrases:
            _, is_other = _leanings(phrase, others)
            if not is_other:
                for role in _SIDES:
                    sides[role] |= phrase.languages_as(role)
            if len(phrase.languages) == 1 and len(phrase.text) >= _SHORTEST:
                languages |= phrase.languages - {"common"}
    return Spoken(
        languages=frozenset(languages),
        left=frozenset(sides["left_short"]),
        right=frozenset(sides["right_short"]),
    )


def has_short_side(phrases: Sequence[Phrase]) -> bool:
    """Tell whether a text has a short word for a side, which may mean something else."""
    return any(phrase.has(*_SIDES) for phrase in phrases)


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


def _known_beside(phrases: Sequence[Phrase]) -> list[frozenset[str]]:
    """Return the languages that know each word of a text but its homonyms."""
    return [phrase.languages for phrase in phrases if not _is_homonym(phrase)]


def _leanings(phrase: Phrase, others: Sequence[frozenset[str]]) -> tuple[bool, bool]:
    """Tell whether the words beside a short one speak for a side, and whether for the other."""
    sides = phrase.languages_as(*_SIDES)
    apart = phrase.languages - sides
    is_anyones = "common" in apart  # a title is one in every language
    is_side = any(
        known & sides and not (known - sides if is_anyones else known & apart) for known in others
    )
    return is_side, any(known & apart and not known & sides for known in others)


def _settled(phrase: Phrase, others: Sequence[frozenset[str]], spoken: Spoken) -> Phrase:
    sides = phrase.languages_as(*_SIDES)
    apart = phrase.languages - sides
    is_side, is_other = _leanings(phrase, others)
    if not (is_side or is_other):
        is_side = any(phrase.languages_as(role) & spoken.beside(role) for role in _SIDES)
        is_other = bool(spoken.languages & apart)
    kept: frozenset[Use] = frozenset(
        (role, language)
        for role, language in phrase.uses
        if is_side != is_other and (role in _SIDES) == is_side
    )
    roles = {role for role, _ in kept}
    roles |= {role.partition(".")[0] for role in roles} | ({HOMONYM} if kept else set())
    return replace(phrase, uses=kept, roles=frozenset(roles))
