"""Short words that mean different things: SIN, RE and DR a side or not, CC a view or a volume.

A letter of an abbreviation is no word (*V.a. KM*), and a *before* with a span of minutes is the
past (*vor 10 min injiziert*).

Italian *SIN* is left, Spanish *sin* is without. Such a word counts in a language only where another
word of that language stands beside it, or elsewhere in the study, and none of the other's. CC
behind a number is the view of a numbered image, or a volume. Heuristic.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from ductdicom.language.parts import MARKERS, Phrase, Use

HOMONYM = "homonym"  # the role of one that is settled
_SIDES = ("left_short", "right_short")
_NUMBERED = ("duct", "injection", "repeat", "number_word", "ordinal")
_MOST_KIN = 2
_REFERRING = frozenset({"ref", "by"})
_JOINING = frozenset("./")
_SIDE_LETTERS = frozenset({"l", "r"})
_SHORTEST = 3  # letters of a word that tells its language


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """How the texts of a study are written: in which languages, as ISO 639-1 codes, and CC as what.

    ``languages`` are those of words that no other language knows; ``kin`` holds the languages of
    each word that two at most know, as neighbours share theirs. ``left`` and ``right`` are those
    of short words for a side, which tell their language to the other side's alone: DX beside SIN.
    ``counts_cc``: CC behind a number is a volume, as in *POST 1 CC* beside *POST 2 CC*.
    """

    languages: frozenset[str] = frozenset()
    kin: frozenset[frozenset[str]] = frozenset()
    left: frozenset[str] = frozenset()
    right: frozenset[str] = frozenset()
    counts_cc: bool = False

    def beside(self, role: str) -> frozenset[str]:
        """Return the languages in which a short word for a side counts, by its role."""
        return self.languages | (self.right if role == "left_short" else self.left)


NOTHING_SPOKEN = Spoken()


def settle_letters(phrases: Sequence[Phrase]) -> tuple[Phrase, ...]:
    """Take their meaning from letters of an abbreviation, and from a *before* that means *ago*.

    "V.a." and "r/o" hold no *before* and no *without*, as long as the vocabulary does not know
    the abbreviation. "L. n. KM" is a side and a word.
    """
    unread = set(_abbreviated(phrases))
    past = set(_ago(phrases))
    if not unread and not past:
        return tuple(phrases)
    return tuple(
        replace(phrase, uses=frozenset(), roles=frozenset())
        if position in unread
        else _renamed(phrase, "history")
        if position in past
        else phrase
        for position, phrase in enumerate(phrases)
    )


def _abbreviated(phrases: Sequence[Phrase]) -> Iterator[int]:
    """Yield where a letter stands that a point or a slash joins to another letter."""
    for position, (known, letter) in enumerate(pairwise(phrases)):
        is_sign_known = known.tokens[-1].text in _JOINING and len(known.tokens[0].text) == 1
        if is_sign_known and known.end == letter.start and _is_letter(letter):
            yield from (position, position + 1)  # "s/" is without, "s/o" is not
    for position in range(len(phrases) - 2):
        letter, sign, other = phrases[position : position + 3]
        is_joined = sign.text in _JOINING and letter.end == sign.start
        is_side = sign.text == "." and letter.text in _SIDE_LETTERS
        if is_joined and not is_side and _is_letter(letter) and _is_letter(other):
            yield from (position, position + 2)


def _is_letter(phrase: Phrase) -> bool:
    token = phrase.tokens[0]
    return len(phrase.text) == 1 and token.is_word and not (token.is_unspaced or phrase.has("view"))


def _ago(phrases: Sequence[Phrase]) -> Iterator[int]:
    """Yield where a *before* stands beside a span of minutes or hours: "vor 10 min", 10分前."""
    for position, phrase in enumerate(phrases):
        is_ahead = phrase.has("before") and _is_short_span(phrases, position + 1)
        if is_ahead or (phrase.has("pre_behind") and _is_short_span(phrases, position - 2)):
            yield position


def _is_short_span(phrases: Sequence[Phrase], position: int) -> bool:
    if not 0 <= position < len(phrases) - 1:
        return False
    return phrases[position].is_number and phrases[position + 1].has("short_span")


def _renamed(phrase: Phrase, role: str) -> Phrase:
    """Give a phrase one role in each of its languages."""
    uses = frozenset((role, language) for language in phrase.languages)
    return replace(phrase, uses=uses, roles=frozenset({role}))


def settle_homonyms(phrases: Sequence[Phrase], spoken: Spoken) -> tuple[Phrase, ...]:
    """Give each homonym the meaning of the language that is spoken, or none.

    Parameters
    ----------
    spoken
        What other texts of the study are written in; asked where this one does not tell.
    """
    volumes = set(_counted_cc(phrases)) if spoken.counts_cc else ()
    if not volumes and not any(map(_is_homonym, phrases)):
        return tuple(phrases)
    others = _known_beside(phrases)
    return tuple(
        _as(phrase, "unit")
        if position in volumes
        else phrase
        if not _is_homonym(phrase)
        else _as(phrase, "title")
        if _names_person(phrases, position)
        else _settled(phrase, others, spoken)
        for position, phrase in enumerate(phrases)
    )


def hear(texts: Iterable[Sequence[Phrase]]) -> Spoken:
    """Return how the texts of a study are written."""
    kin: set[frozenset[str]] = set()
    sides: dict[str, set[str]] = {role: set() for role in _SIDES}
    amounts: set[int | None] = set()
    numbers_views = False
    for phrases in texts:
        amounts |= {phrases[position - 1].number for position in _counted_cc(phrases)}
        numbers_views |= _numbers_views(phrases)
        others = _known_beside(phrases)
        for phrase in phrases:
            if phrase.has(*_SIDES) and not _leanings(phrase, others)[1]:
                for role in _SIDES:
                    sides[role] |= phrase.languages_as(role)
            is_telling = len(phrase.text) >= _SHORTEST and "common" not in phrase.languages
            if is_telling and 0 < len(phrase.languages) <= _MOST_KIN:
                kin.add(phrase.languages)
    return Spoken(
        languages=frozenset().union(*(known for known in kin if len(known) == 1)),
        kin=frozenset(kin),
        left=frozenset(sides["left_short"]),
        right=frozenset(sides["right_short"]),
        counts_cc=len(amounts) > 1 and not numbers_views,
    )


def is_ambiguous(phrases: Sequence[Phrase]) -> bool:
    """Tell whether what a text means may hang on how the study's others are written."""
    return any(phrase.has(*_SIDES) for phrase in phrases) or has_counted_cc(phrases)


def has_counted_cc(phrases: Sequence[Phrase]) -> bool:
    """Tell whether CC stands behind a number, and may be a view or a volume."""
    return any(True for _ in _counted_cc(phrases))


def _counted_cc(phrases: Sequence[Phrase]) -> Iterator[int]:
    """Yield where CC stands behind a whole number that does not number a duct or an injection."""
    for position, phrase in enumerate(phrases):
        if phrase.text == "cc" and position and phrases[position - 1].number is not None:
            before = phrases[position - 2] if position > 1 else None
            if before is None or not (before.has(*_NUMBERED) or before.text == "#"):
                yield position


def _numbers_views(phrases: Sequence[Phrase]) -> bool:
    """Tell whether a number stands before another view, or CC behind one in a text of before."""
    is_before = any(phrase.has("before", "pre", "pre_weak", "without") for phrase in phrases)
    return (is_before and has_counted_cc(phrases)) or any(
        number.number is not None and view.has("view") and view.text != "cc"
        for number, view in pairwise(phrases)
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


def _as(phrase: Phrase, role: str) -> Phrase:
    uses = frozenset(use for use in phrase.uses if use[0] == role)
    return replace(phrase, uses=uses, roles=frozenset({role}))


def _known_beside(phrases: Sequence[Phrase]) -> Collection[frozenset[str]]:
    """Return the languages that know each word of a text but its homonyms, each set once.

    A marker of every language ("post") tells none.
    """
    return {
        phrase.languages
        for phrase in phrases
        if not (_is_homonym(phrase) or (phrase.has(*MARKERS) and "common" in phrase.languages))
    }


def _leanings(phrase: Phrase, others: Collection[frozenset[str]]) -> tuple[bool, bool]:
    """Tell whether the words beside a short one speak for a side, and whether for the other."""
    sides = phrase.languages_as(*_SIDES)
    apart = phrase.languages - sides
    is_anyones = "common" in apart  # a title is one in every language
    is_side = any(
        known & sides and not (known - sides if is_anyones else known & apart) for known in others
    )
    return is_side, any(known & apart and not known & sides for known in others)


def _settled(phrase: Phrase, others: Collection[frozenset[str]], spoken: Spoken) -> Phrase:
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
