"""What takes a phrase back: "noch nicht injiziert", "kein KM", "0 ml"."""

from collections.abc import Sequence
from dataclasses import dataclass

from ductdicom.language.parts import MARKERS, MARKERS_BEHIND, NOUNS, SEPARATORS, VOLUMES, Phrase

_ASKED = frozenset(":=?")
_NEGATING_BEHIND = frozenset({"tr", "ko", "ja"})  # languages whose negation follows the verb
_DENYING_BEHIND = frozenset({"ja", "zh", "ko"})  # whose denial ends the clause
_ANSWERS = frozenset(":=?(")  # may stand between a question and its answer: "injected: no"
_REACH = 7  # words and signs between a negation and what it takes back
_SHORT = 3  # letters; zu, de, o, se mean other things elsewhere
_TAKES_BACK = ("not", "future", "before", "without", "both_of")
_NEGATIONS = ("not", "without")


@dataclass(frozen=True, slots=True, kw_only=True)
class Denial:
    """A negation: its position among the phrases, and whether it denies plainly.

    A plain one ("not injected", "not yet injected") says before the filling. One that is parted
    from its word by others ("not well filled") says nothing, and neither does its word any more.
    """

    position: int
    is_plain: bool


def denial_before(
    phrases: Sequence[Phrase], position: int, *, is_participle: bool
) -> Denial | None:
    """Return what stands before the phrase at ``position`` in its clause and takes it back.

    A word that says that something is filled is also taken back by *before*, *without* and what
    is still to come: "before duct filled", "kein KM injiziert", "to be injected".
    """
    is_near, is_adjacent, has_picture = True, True, False
    for index in range(position - 1, max(-1, position - 1 - _REACH), -1):
        phrase = phrases[index]
        is_shared = _share(phrase, phrases[position], *_TAKES_BACK)
        is_close = is_near if is_participle else is_adjacent and phrase.has("without")
        is_far = is_participle and _share(phrase, phrases[position], "not")
        if _takes_back(
            phrase, is_near=is_near, is_far=is_far, is_close=is_close, is_shared=is_shared
        ):
            if not _is_numbering(phrases, index):
                is_open = has_picture or phrase.has("future", "both_of")
                is_plain = is_near and is_shared and not is_open
                return Denial(position=index, is_plain=is_plain)
        elif is_near and is_participle and _holds_zero(phrases, index):
            return Denial(position=index, is_plain=False)
        elif _ends_clause(phrase) and not _closes_aside(phrases, index):
            return None
        is_near = (
            is_near
            and (_may_part(phrase) or phrase.text == ")")
            and not phrase.has("after", "with")
        )
        is_adjacent = is_adjacent and phrase.is_light
        has_picture = has_picture or phrase.has("picture")  # "before exposure contrast given"
    return None


def _takes_back(
    phrase: Phrase, *, is_near: bool, is_far: bool, is_close: bool, is_shared: bool
) -> bool:
    """Whether a word takes back what follows; far from it, or in another language, few do."""
    if phrase.has("not"):
        return is_near or is_far
    return phrase.has(*_TAKES_BACK) and is_close and (is_shared or len(phrase.text) > _SHORT)


def denial_behind(phrases: Sequence[Phrase], position: int) -> Denial | None:
    """Return the negation behind the phrase at ``position``: "injected: no", "dolu değil"."""
    for after in range(position + 1, min(position + 1 + _REACH, len(phrases))):
        phrase = phrases[after]
        if phrase.has("not") and _is_last(phrases, after):
            is_shared = _share(phrase, phrases[position], *_NEGATIONS)
            return Denial(position=after, is_plain=is_shared)
        is_answer = phrases[after - 1].text in _ANSWERS
        # An answer that more words follow may be theirs: "after injection: no reaction".
        is_open = phrase.has("not") and (
            phrases[after - 1].text in _ASKED
            or (after == position + 1 and _negates_behind(phrase, phrases[position]))
        )
        is_no = phrase.text == "n" or is_nought(phrase)  # "injected: N", "contrast=0"
        is_short = is_answer and is_no and _is_last(phrases, after)
        if is_open or is_short or is_zero(phrases, after):
            return Denial(position=position, is_plain=False)
        if not _may_part(phrase) and phrase.text not in _ANSWERS:
            break
    return None


def is_answered_no(phrases: Sequence[Phrase], position: int) -> bool:
    """Whether what ends at ``position`` is denied by the end of its clause: 造影後なし."""
    for after, phrase in enumerate(phrases[position + 1 :], start=position + 1):
        if phrase.languages_as("not", "without", "pre_behind") & _DENYING_BEHIND:
            return _is_last(phrases, after)
        if not (phrase.is_light or phrase.has("picture", "yet")):
            return False
    return False


def _negates_behind(negation: Phrase, denied: Phrase) -> bool:
    return bool(negation.languages_as("not") & denied.languages & _NEGATING_BEHIND)


def is_zero(phrases: Sequence[Phrase], position: int) -> bool:
    """Whether a volume of nothing begins here: "0 ml"."""
    unit = phrases[position + 1 : position + 2]
    return is_nought(phrases[position]) and any(phrase.text in VOLUMES for phrase in unit)


def _holds_zero(phrases: Sequence[Phrase], position: int) -> bool:
    """Whether a volume of nothing begins or ends here; its unit may be a view: "0 cc injected"."""
    return is_zero(phrases, position) or (position > 0 and is_zero(phrases, position - 1))


def is_nought(phrase: Phrase) -> bool:
    """Whether a phrase is the number nought, with a fraction or without."""
    return phrase.is_number and not phrase.text.strip("0.,")


def _closes_aside(phrases: Sequence[Phrase], position: int) -> bool:
    """Whether a bracket closes behind a negation: "(not) filled"."""
    return phrases[position].text == ")" and position > 0 and phrases[position - 1].has("not")


def denied_noun(phrases: Sequence[Phrase], position: int) -> tuple[int, int] | None:
    """Return what the negation at ``position`` and its noun span: "not yet contrast".

    The noun may also stand before it: "KM nicht gegeben".

    Returns
    -------
    tuple
        Positions of the first and the last phrase, or None where it denies no noun.
    """
    phrase = phrases[position]
    if not phrase.has("not") or phrase.has(*NOUNS) or _is_numbering(phrases, position):
        return None
    after, is_given = position + 1, False
    end = min(after + _REACH, len(phrases))
    while after < end and _may_part(phrases[after]) and not phrases[after].has(*NOUNS, "post"):
        is_given = is_given or phrases[after].has("given")
        after += 1
    if after < end and phrases[after].has(*NOUNS) and not _is_numbered(phrases, position):
        is_bound = any(near.has(*MARKERS_BEHIND) for near in phrases[after + 1 : after + 2])
        return (position, after) if _goes_with(phrase, phrases[after]) and not is_bound else None
    before = _noun_before(phrases, position)
    if before is None or not (is_given or _is_last(phrases, position)):
        return None
    return (before, after - 1) if _goes_with(phrase, phrases[before]) else None


def _noun_before(phrases: Sequence[Phrase], position: int) -> int | None:
    for before in range(position - 1, max(-1, position - 1 - _REACH), -1):
        if phrases[before].has(*NOUNS):
            is_bound = before > 0 and phrases[before - 1].has("before", "after")
            return None if is_bound else before  # "pre contrast not done"
        if not (_is_passed(phrases[before]) or phrases[before].text in _ANSWERS):
            return None
    return None


def _is_last(phrases: Sequence[Phrase], position: int) -> bool:
    """Whether only adverbs and signs follow in the clause."""
    for phrase in phrases[position + 1 :]:
        if phrase.text in SEPARATORS or phrase.has("view", "left", "right"):
            return True
        if phrase.is_number or not (phrase.is_light or phrase.has("yet", "given")):
            return False
    return True


def _is_numbering(phrases: Sequence[Phrase], position: int) -> bool:
    """Whether a phrase numbers something, as the Spanish "no" in "conducto no 2"."""
    return phrases[position].has("number_word") and _is_numbered(phrases, position)


def _is_numbered(phrases: Sequence[Phrase], position: int) -> bool:
    after = position + 1
    while after < len(phrases) and phrases[after].is_light:
        after += 1
    return after < len(phrases) and phrases[after].number is not None


def _is_passed(phrase: Phrase) -> bool:
    return phrase.may_stand_between or phrase.has("yet")


def _may_part(phrase: Phrase) -> bool:
    """Whether a phrase may stand between a negation and its word and changes nothing."""
    return _is_passed(phrase) or phrase.has("given", *NOUNS)


def _ends_clause(phrase: Phrase) -> bool:
    names_image = phrase.has("view", "modifier", "ductography") and not phrase.has("duct")
    is_join = phrase.has("join") and not phrase.has("filler", "yet", *MARKERS)
    return phrase.text in SEPARATORS or is_join or names_image


def _goes_with(phrase: Phrase, noun: Phrase) -> bool:
    return len(phrase.text) > _SHORT or _share(phrase, noun, *_NEGATIONS)


def _share(phrase: Phrase, other: Phrase, *roles: str) -> bool:
    """Whether a word, in these roles, and another are of one language, or may be."""
    spoken = phrase.languages_as(*roles)
    is_anyones = "common" in spoken or ("common" in other.languages and len(phrase.text) > 1)
    return bool(spoken) and (is_anyones or bool(spoken & other.languages))
