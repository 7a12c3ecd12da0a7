"""What takes a phrase back or weakens it: "noch nicht injiziert", "to be filled", "cf. post"."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import takewhile

from ductdicom.language.parts import MARKERS, MARKERS_BEHIND, SEPARATORS, Phrase

_ASKED = frozenset(":=?")
_NEGATING_BEHIND = frozenset({"tr", "ko", "ja"})  # languages whose negation follows the verb
_ANSWERS = frozenset(":=?(")  # may stand between a question and its answer: "injected: no"
_VOLUMES = frozenset({"ml", "mls", "cc", "мл"})
_REACH = 7  # words and signs between a negation and what it takes back
_TIME_REACH = 12  # the same, between a marker and a span of time or a word for a follow-up
_SHORT, _BRIEF = 3, 2  # letters; zu, de, o, se mean other things elsewhere
_TAKES_BACK = ("not", "future", "before", "without", "both_of")
_NEGATIONS = ("not", "without")
_NOUNS = ("contrast", "injection")


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
    if is_participle and _shares_markers(phrases, position):
        return Denial(position=position, is_plain=False)
    is_near, is_adjacent = True, True
    for index in range(position - 1, max(-1, position - 1 - _REACH), -1):
        phrase = phrases[index]
        is_shared = _share(phrase, phrases[position], *_TAKES_BACK)
        is_close = is_near if is_participle else is_adjacent and phrase.has("without")
        is_far = is_participle and _share(phrase, phrases[position], "not")
        if _takes_back(
            phrase, is_near=is_near, is_far=is_far, is_close=is_close, is_shared=is_shared
        ):
            if not _is_numbering(phrases, index):
                is_plain = is_near and is_shared and not phrase.has("future", "both_of")
                return Denial(position=index, is_plain=is_plain)
        elif is_zero(phrases, index) and is_near and is_participle:
            return Denial(position=index, is_plain=False)
        elif _ends_clause(phrase) and not _closes_aside(phrases, index):
            return None
        is_near = (
            is_near
            and (_may_part(phrase) or phrase.text == ")")
            and not phrase.has("after", "with")
        )
        is_adjacent = is_adjacent and phrase.is_light
    return None


def _takes_back(
    phrase: Phrase, *, is_near: bool, is_far: bool, is_close: bool, is_shared: bool
) -> bool:
    """Whether a word takes back what follows; far from it, or in another language, few do."""
    if phrase.has("not"):
        return is_near or is_far
    return phrase.has(*_TAKES_BACK) and is_close and (is_shared or len(phrase.text) > _SHORT)


def _shares_markers(phrases: Sequence[Phrase], position: int) -> bool:
    """Whether two markers that are joined stand before: "pre/post injected"."""
    before = position - 1
    while before >= 0 and phrases[before].is_light:
        before -= 1
    if before < 1 or not phrases[before].has(*MARKERS) or not phrases[before - 1].joins:
        return False
    return before > 1 and phrases[before - 2].has("before", "without", "both_of")


def is_clouded(phrases: Sequence[Phrase], position: int) -> bool:
    """Whether the phrase's clause denies or awaits something else: "no lactiferous duct filled".

    In "duct filled not dilated", too, the negation could belong to either word.
    """
    if _is_followed_by_denial(phrases, position):
        return True
    for phrase in reversed(phrases[max(0, position - _REACH) : position]):
        spoken = phrase.languages_as("before", "without", "future")
        if spoken & phrases[position].languages:
            return True
        if _ends_clause(phrase):
            return False
    return False


def _is_followed_by_denial(phrases: Sequence[Phrase], position: int) -> bool:
    for after in range(position + 1, min(position + 1 + _REACH, len(phrases))):
        phrase = phrases[after]
        if phrase.has("not") and not _is_numbering(phrases, after):
            spoken = phrase.languages_as("not") & phrases[position].languages
            return bool(spoken) and not _names_view(phrases, after + 1)
        if not _may_part(phrase):
            return False
    return False


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
        is_letter = is_answer and phrase.text == "n" and _is_last(phrases, after)  # "injected: N"
        if is_open or is_letter or is_zero(phrases, after):
            return Denial(position=position, is_plain=False)
        if not _may_part(phrase) and phrase.text not in _ANSWERS:
            break
    return Denial(position=position, is_plain=False) if is_awaited(phrases, position) else None


def _negates_behind(negation: Phrase, denied: Phrase) -> bool:
    return bool(negation.languages_as("not") & denied.languages & _NEGATING_BEHIND)


def is_zero(phrases: Sequence[Phrase], position: int) -> bool:
    """Whether a volume of nothing begins here: "0 ml"."""
    unit = phrases[position + 1 : position + 2]
    is_nought = phrases[position].is_number and not phrases[position].text.strip("0.,")
    return is_nought and any(phrase.text in _VOLUMES for phrase in unit)


def _closes_aside(phrases: Sequence[Phrase], position: int) -> bool:
    """Whether a bracket closes behind a negation: "(not) filled"."""
    return phrases[position].text == ")" and position > 0 and phrases[position - 1].has("not")


def _names_view(phrases: Sequence[Phrase], position: int) -> bool:
    return any(phrase.has("view", "modifier") for phrase in phrases[position : position + 1])


def denied_noun(phrases: Sequence[Phrase], position: int) -> tuple[int, int] | None:
    """Return what the negation at ``position`` and its noun span: "not yet contrast".

    The noun may also stand before it: "KM nicht gegeben".

    Returns
    -------
    tuple
        Positions of the first and the last phrase, or None where it denies no noun.
    """
    phrase = phrases[position]
    if not phrase.has("not") or phrase.has(*_NOUNS) or _is_numbering(phrases, position):
        return None
    after, is_given = position + 1, False
    end = min(after + _REACH, len(phrases))
    while after < end and _may_part(phrases[after]) and not phrases[after].has(*_NOUNS, "post"):
        is_given = is_given or phrases[after].has("given")
        after += 1
    if after < end and phrases[after].has(*_NOUNS) and not _is_numbered(phrases, position):
        is_bound = any(near.has(*MARKERS_BEHIND) for near in phrases[after + 1 : after + 2])
        return (position, after) if _goes_with(phrase, phrases[after]) and not is_bound else None
    before = _noun_before(phrases, position)
    if before is None or not (is_given or _is_last(phrases, position)):
        return None
    return (before, after - 1) if _goes_with(phrase, phrases[before]) else None


def _noun_before(phrases: Sequence[Phrase], position: int) -> int | None:
    for before in range(position - 1, max(-1, position - 1 - _REACH), -1):
        if phrases[before].has(*_NOUNS):
            return before
        if not (_is_passed(phrases[before]) or phrases[before].text in _ANSWERS):
            return None
    return None


def is_awaited(phrases: Sequence[Phrase], position: int) -> bool:
    """Whether what ends at ``position`` is still to come, or failed: "post contrast to follow"."""
    following = next((phrase for phrase in phrases[position + 1 :] if not phrase.is_light), None)
    return following is not None and following.has("awaited")


def is_compared(phrases: Sequence[Phrase], position: int) -> bool:
    """Whether what begins at ``position`` is another image's: "compare post contrast"."""
    nearby = phrases[max(0, position - _REACH) : position]
    return any(
        phrase.has("like")
        and (len(phrase.text) > _BRIEF or _share(phrase, phrases[position], "like"))
        for phrase in nearby
    )


def is_of_stranger(phrases: Sequence[Phrase], position: int) -> bool:
    """Whether what was injected or filled is something else: lidocaine, dye, an implant.

    A contrast noun says itself what it is; so does one joined to the stranger.
    """
    phrase = phrases[position]
    if phrase.has("contrast"):
        return False
    after = position + 1
    while after < len(phrases) and (_is_passed(phrases[after]) or phrases[after].has("with")):
        after += 1
    if after < len(phrases) and phrases[after].has("tracer"):
        return not _is_joined_to_contrast(phrases, after)
    if not phrase.has("post"):
        return False
    before = position - 1
    while before >= 0 and _is_passed(phrases[before]) and not phrases[before].has("duct"):
        before -= 1
    beside = phrases[position + 1 : position + 2]
    return (before >= 0 and phrases[before].has("tracer", "competing")) or any(
        near.has("competing") for near in beside
    )


def _is_joined_to_contrast(phrases: Sequence[Phrase], position: int) -> bool:
    after = position + 1
    while after < len(phrases) and (
        _is_passed(phrases[after]) or phrases[after].joins or phrases[after].has("with", "tracer")
    ):
        after += 1
    return after < len(phrases) and phrases[after].has("contrast") and after > position + 1


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
    return _is_passed(phrase) or phrase.has("given", *_NOUNS)


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


def is_dated(phrases: Sequence[Phrase], first: int, after: int) -> bool:
    """Whether the markers from ``first`` up to ``after`` may count the time since something else.

    A span of time stands beside them, or a word for a follow-up before them: "control 1 wk post".
    """
    start, end = max(0, first - _TIME_REACH), min(len(phrases), after + _TIME_REACH)
    if any(phrase.has("follow_up") for phrase in phrases[start:first]):
        return True
    reach = (*_near(phrases, range(first - 1, start - 1, -1)), *_near(phrases, range(after, end)))
    return any(_is_span(phrases, position) for position in reach)


def _near(phrases: Sequence[Phrase], positions: Iterable[int]) -> Iterable[int]:
    return takewhile(
        lambda position: (
            phrases[position].may_stand_between or phrases[position].has("span", "view", "modifier")
        ),
        positions,
    )


def _is_span(phrases: Sequence[Phrase], position: int) -> bool:
    phrase = phrases[position]
    is_counted = any(near.is_number for near in phrases[max(0, position - 1) : position])
    if len(phrase.text) > _BRIEF:
        is_counted |= any(near.is_number for near in phrases[position + 1 : position + 2])
    return phrase.has("span") and (is_counted or len(phrase.text) > _SHORT)


def is_glued_to_unknown(phrases: Sequence[Phrase], position: int) -> bool:
    """Whether an unknown ideograph stands right beside, so that the two may be one word."""
    own = phrases[position]
    for neighbour in (*phrases[position - 1 : position], *phrases[position + 1 : position + 2]):
        is_near = neighbour.end == own.start or neighbour.start == own.end
        if is_near and not neighbour.roles and neighbour.tokens[0].is_cjk:
            return True
    return False
