"""The side that a text names."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import dropwhile

from ductdicom.language.homonyms import HOMONYM, NOTHING_SPOKEN, Spoken
from ductdicom.language.parts import MARKERS, NOUNS, Phrase
from ductdicom.language.whole import Part, TextWords, Word
from ductdicom.model.call import Laterality

_REMEMBERED = 8192  # texts
_SHORTEST_LANGUAGE_WORD = 3
_REACH = 6  # words and signs before a side
_LETTER = 1  # so short a word needs its language beside it
_SIDE_LETTERS = {"l": Laterality.LEFT, "r": Laterality.RIGHT}
_JOINTS = frozenset("-_.")
# "mg/L CC", "l'MLO", "rolled L CC", "XCC-L MLO"
_NO_SIDE_AFTER = frozenset({"/", "'", "roll", "rolled", "xcc"})
_ROLLED = frozenset({"roll", "rolled"})
_SOON = frozenset({"after", "before", "now", "away", "at"})  # behind "right"
_SIDE_ROLES = ("left", "right", "left_short", "right_short")
# What may be said of another image or breast.
_OF_ANOTHER = frozenset({Part.PAST, Part.PLAN, Part.COMPARISON, Part.QUESTION})
_THERAPY = "rt"  # radiotherapy behind a before or an after: "post RT"
_BEFORE_THERAPY = ("before", "after", "with", "without", "history")


def read_laterality(phrases: Sequence[Phrase], spoken: Spoken) -> tuple[Laterality | None, bool]:
    """Return the side that a text names, and whether the word for it may mean something else.

    A word, a letter glued to a view ("LCC"), a bare letter before a view ("L MLO"), or a short
    word ("dx", "li") in its language. Heuristic.

    Parameters
    ----------
    spoken
        What other texts of the study are written in, where a short word counts too.

    Returns
    -------
    tuple
        The side, None where the text names both or none; and whether it rests on a homonym, or on
        a short word that has no word of its language beside it.
    """
    beside = frozenset().union(*(phrase.languages for phrase in phrases if _tells_language(phrase)))
    firm, doubtful = set(_side_letter(phrases)), set[Laterality]()
    for position, phrase in enumerate(phrases):
        if phrase.has("both_sides"):
            return None, False
        if not phrase.has(*_SIDE_ROLES, "side.left", "side.right"):
            continue
        if _is_denied(phrases, position) or _is_adverb(phrases, position):
            continue
        heard = spoken if len(phrase.text) > _LETTER else NOTHING_SPOKEN
        for side, laterality in (("left", Laterality.LEFT), ("right", Laterality.RIGHT)):
            if phrase.has(side, f"side.{side}"):
                (doubtful if _may_be_therapy(phrases, position) else firm).add(laterality)
            role = f"{side}_short"
            spoken_in = phrase.languages_as(role)
            if spoken_in & beside and not phrase.has(HOMONYM):
                firm.add(laterality)
            elif spoken_in & (beside | heard.beside(role)):
                doubtful.add(laterality)
    sides = tuple(firm or doubtful)
    return (sides[0], not firm) if len(sides) == 1 else (None, False)


def name_sides(phrases: Sequence[Phrase]) -> Mapping[int, Laterality]:
    """Return the phrases that may name a side, however short, by their places in the text.

    What is said of one breast says nothing of the other: "R not injected". A letter of the name
    of a room is none ("R2D"), nor one behind a rolled view. Heuristic.
    """
    return {
        position: laterality
        for position, phrase in enumerate(phrases)
        for side, laterality in (("left", Laterality.LEFT), ("right", Laterality.RIGHT))
        if phrase.has(side, f"side.{side}", f"{side}_short")
        or (_SIDE_LETTERS.get(phrase.text) is laterality and not _is_no_side(phrases, position))
    }


@lru_cache(maxsize=_REMEMBERED)
def sides_of(words: TextWords) -> Mapping[int, Laterality]:
    """Return the words of a text that may name a side, as `name_sides` does."""
    return name_sides([word.phrase for word in words])


def tells_side(words: Sequence[Word]) -> bool:
    """Tell whether a text names a side as its image's: all of it is understood, or its view is.

    "left" may be another breast's, or one before ("s/p left mastectomy"), or what remains, and RT
    a technologist. A side beside a view is the view's, whatever else is typed, unless the text
    compares, plans or asks. Heuristic.
    """
    if any(word.part in _OF_ANOTHER for word in words):
        return False
    is_undone = any(word.phrase.has("given") for word in words) and not any(
        word.phrase.has(*NOUNS) for word in words
    )  # "left done"
    if all(word.is_understood for word in words) and not is_undone:
        return True
    solid = [word.phrase for word in words if word.phrase.text not in _JOINTS]
    return any(
        phrase.has("side.left", "side.right")
        or (_is_side(phrase) and (_begins_view(solid, position) or _ends_view(solid, position)))
        for position, phrase in enumerate(solid)
    )


def _is_side(phrase: Phrase) -> bool:
    return phrase.has(*_SIDE_ROLES) or phrase.text in _SIDE_LETTERS


def _ends_view(solid: Sequence[Phrase], position: int) -> bool:
    """Whether a word for a side stands behind a view: "CC links"; a letter may be anything."""
    is_word = len(solid[position].text) > _LETTER
    return is_word and position > 0 and solid[position - 1].has("view")


def _is_denied(phrases: Sequence[Phrase], position: int) -> bool:
    """Whether a negation stands before a side, or the image was rolled to it: "not left"."""
    ahead = reversed(phrases[max(0, position - _REACH) : position])
    before = next((near for near in ahead if not near.is_light), None)
    return before is not None and (before.has("not") or before.text in _ROLLED)


def _is_adverb(phrases: Sequence[Phrase], position: int) -> bool:
    """Whether "right" says how soon, or "left" what remains: "right after", "contrast left"."""
    text = phrases[position].text
    if text == "right":
        return any(near.text in _SOON for near in phrases[position + 1 : position + 2])
    if text != "left" or not position or not phrases[position - 1].has("contrast"):
        return False
    return not any(
        near.has("pre", "post", *MARKERS) for near in phrases[max(0, position - _REACH) : position]
    )


def _is_no_side(phrases: Sequence[Phrase], position: int) -> bool:
    """Whether a letter is a unit's, or glued to a number: "mg/L", "rolled L", "R2D"."""
    behind = phrases[position + 1 : position + 2]
    is_glued = any(n.is_number and n.start == phrases[position].end for n in behind)
    return is_glued or (position > 0 and phrases[position - 1].text in _NO_SIDE_AFTER)


def _may_be_therapy(phrases: Sequence[Phrase], position: int) -> bool:
    """Whether RT stands behind a before or an after, and before no view: "post RT breast"."""
    if phrases[position].text != _THERAPY or not position:
        return False
    behind = phrases[position + 1 : position + 2]
    is_of_view = any(phrase.has("view", "modifier") for phrase in behind)
    return phrases[position - 1].has(*_BEFORE_THERAPY) and not is_of_view


def _side_letter(phrases: Sequence[Phrase]) -> frozenset[Laterality]:
    """Return the side of a bare letter before a view: "R CC", "L-SPOT MLO", but not "R/L CC"."""
    solid = [phrase for phrase in phrases if phrase.text not in _JOINTS]
    named = {phrase.text for phrase in solid} & _SIDE_LETTERS.keys()
    if len(named) != 1:
        return frozenset()
    (letter,) = named
    is_before_view = any(
        phrase.text == letter and _begins_view(solid, position)
        for position, phrase in enumerate(solid)
    )
    return frozenset({_SIDE_LETTERS[letter]} if is_before_view else ())


def _begins_view(solid: Sequence[Phrase], position: int) -> bool:
    """Whether a view follows, and nothing before makes the letter a unit, an article or an end."""
    behind = dropwhile(lambda phrase: phrase.has("modifier"), solid[position + 1 :])
    view = next(behind, None)
    if view is None or not view.has("view"):
        return False
    before = solid[position - 1] if position else None
    return before is None or not (
        before.is_number or before.has("filler") or before.text in _NO_SIDE_AFTER
    )


def _tells_language(phrase: Phrase) -> bool:
    if phrase.has("left_short", "right_short"):
        return False
    return len(phrase.text) >= _SHORTEST_LANGUAGE_WORD or phrase.tokens[0].is_unspaced
