"""What a label says that stands on some images of a breast and not on the others.

"CONTRAST" says nothing by itself: it may stand on every image. Where it stands on the later images
only, it says that these were filled. Heuristic.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise

from ductdicom.language.blanks import is_blank
from ductdicom.language.negations import denial_behind, is_answered_no, is_zero
from ductdicom.language.parts import MARKERS, NOUNS, STRENGTHS, VOLUMES, Phrase
from ductdicom.language.whole import Part, TextWords, Word, injects_elsewhere

_REMEMBERED = 8192  # words, with those that are left out of account
_CHANGES = frozenset("+-")
_OF_IMAGES = frozenset({"kv", "kvp"})  # units
_INITIALS = 2  # letters
_MOST_ML = 9.0  # more than any duct holds
_CLAUSE_ENDS = frozenset(",;:()[]{}|.")
# These spoil a label even where they stand on every image, or in another clause.
_SPOILING = frozenset({Part.OTHER, Part.PLAN, Part.PAST, Part.COMPARISON, Part.QUESTION, Part.DATE})
# What tells views apart, and nothing else.
_OF_THE_VIEW = frozenset({Part.VIEW, Part.SIDE, Part.MODIFIER, Part.NUMBER, Part.SIGN, Part.DUCT})
_BEFORE = ("before", "without", "pre", "pre_weak", "pre_behind")
_AFTER = ("after", "with", "post_behind")
_BOTH = ("both", "both_of", "both_behind")
_FILLED = ("post", "post_weak", "finding", "repeat", "agent")
_REMARKED = frozenset({"remark", "place"})


class LabelMeaning(StrEnum):
    """What a label says of the images that carry it."""

    FILLED = "filled"
    AFTER = "after"  # half of a pair: the others must say before
    BEFORE = "before"
    EITHER = "either"  # before in one language, after in another: "utan"


@lru_cache(maxsize=_REMEMBERED)
def label_words(words: TextWords) -> frozenset[str]:
    """Return the folded words of a text that may be a label: all that do not tell its view.

    A noun behind a plan is none: "für KM" before the filling, "KM" after it. A short word for a
    side is one, as it may be none beside other words.
    """
    return frozenset(
        word.phrase.text
        for before, word in pairwise((None, *words))
        if word is not None
        and (_may_label(word) or word.phrase.has("left_short", "right_short"))
        and not _is_planned(before, word)
    )


def _is_planned(before: Word | None, word: Word) -> bool:
    return before is not None and before.part is Part.PLAN and word.phrase.has(*NOUNS)


def _may_label(word: Word) -> bool:
    return word.part not in _OF_THE_VIEW


def words_alike(texts: Sequence[Sequence[Word]]) -> frozenset[str]:
    """Return the folded words that all texts hold, each as often as the others: noise."""
    counts = [
        Counter(word.phrase.text for word in _of_the_image(words) if _may_label(word))
        for words in texts
    ]
    return frozenset(word for word in counts[0] if len({found[word] for found in counts}) == 1)


@lru_cache(maxsize=_REMEMBERED)
def read_label(words: TextWords, shared: frozenset[str]) -> LabelMeaning | None:
    """Return what the words say that an image has more than those of the other half.

    They must be understood in the clause of the label, and nothing in any clause may deny, ask,
    plan or name something else. A word that is not known is left aside in a clause behind a phrase
    of phase ("post contrast, xyz"), and nowhere else.

    Parameters
    ----------
    words
        The text's words with their parts.
    shared
        Folded words that images of the other half carry too.
    """
    if _says_nothing_was_given(words) or _binds_something_else(words):
        return None
    if _is_setting(words) or _exceeds_duct(words) or _fills_in_field(words):
        return None
    said: list[Word] = []
    for clause in map(_without_denied_findings, _clauses(words)):
        own = [word for word in clause if _is_own(word, shared)]
        is_aside = _meaning(own) is None
        is_remark = is_aside and bool(said) and not _is_noun(said)
        if any(_spoils(word, shared, is_remark=is_remark) for word in clause):
            return None
        said += () if is_aside else own
    told = [word for word in words if word.part is Part.SIDE or _is_own(word, shared)]
    return None if injects_elsewhere(told) else _meaning(said)


@lru_cache(maxsize=_REMEMBERED)
def may_say_filled(words: TextWords, shared: frozenset[str]) -> bool:
    """Tell whether an image's own words may say that it is filled, however little is understood.

    "con xyz mdc" does, "contrast xyz" does. The contrast of another examination does not ("MRT
    mit KM"), nor does one beside a *before*.

    Parameters
    ----------
    words
        The text's words with their parts.
    shared
        Folded words that all images carry.
    """
    if read_label(words, shared) in {LabelMeaning.FILLED, LabelMeaning.AFTER}:
        return True
    said = _of_the_image(words)
    own = [word for word in said if _is_own(word, shared)]
    if _holds_torn_volume(words):
        return True
    if _names_what_is_given(own) or len(said) < len(words):
        return _names_filling(own)
    nouns = sum(word.phrase.has(*NOUNS) for word in own)
    is_elsewhere = any(word.part in _SPOILING for word in own)
    if not nouns or any(word.phrase.has(*_AFTER) for word in own):
        return nouns > 0
    is_before = any(word.phrase.has(*_BEFORE) for word in own)
    return not is_before and (nouns > 1 or not is_elsewhere)


def _holds_torn_volume(words: Sequence[Word]) -> bool:
    """Whether something else stands between a number and its unit: "0.4 CT last week ml"."""
    is_torn = False
    for number, following in pairwise(words):
        is_torn = is_torn or (
            number.part is Part.NUMBER
            and (following.part in _SPOILING or following.part is Part.NEGATION)
        )
        if is_torn and following.phrase.text in VOLUMES:
            return True
    return False


def _of_the_image(words: Sequence[Word]) -> list[Word]:
    """Leave out another examination with its contrast: "MRT mit KM", 造影CT."""
    kept: list[Word] = []
    is_elsewhere = False
    for word, following in pairwise((*words, None)):
        if word is None:
            break
        is_behind = following is not None and following.phrase.has("with", "without")
        is_ahead = following is not None and following.phrase.has("modality")
        is_elsewhere = is_elsewhere or (word.phrase.has("modality") and is_behind)
        if not (is_elsewhere or (is_ahead and word.phrase.has(*NOUNS))):
            kept.append(word)
        is_elsewhere = is_elsewhere and not word.phrase.has(*NOUNS)
    return kept


def _says_nothing_was_given(words: Sequence[Word]) -> bool:
    """Whether a volume is nought, or a word is answered by a denial, or not at all: "contrast:"."""
    phrases = [word.phrase for word in words]
    return any(
        is_zero(phrases, position)
        or (phrase.has(*NOUNS) and denial_behind(phrases, position) is not None)
        or (phrase.has(*NOUNS) and is_answered_no(phrases, position))
        or (phrase.has(*NOUNS) and _ends_with_yet(phrases[position + 1 :]))
        or (phrase.has(*NOUNS, *_FILLED) and is_blank(phrases, position, position, is_bare=True))
        for position, phrase in enumerate(phrases)
    )


def _ends_with_yet(behind: Sequence[Phrase]) -> bool:
    """Whether no more than a *yet* follows: 注入まだ, which is not yet."""
    return len(behind) == 1 and behind[0].has("yet")


def _is_setting(words: Sequence[Word]) -> bool:
    """Whether a number behind contrast may be an image's, or a place: "contrast 50", "inj 12".

    One that a duct may hold is a volume, and one that brands have is a strength.
    """
    for position, word in enumerate(words):
        behind = words[position + 1 :]
        is_change = any(near.phrase.text in _CHANGES for near in behind[:1])
        number, *rest = (word.phrase for word in behind[is_change : is_change + 2] or (word,))
        is_noun = word.phrase.has(*NOUNS) and word.part is not Part.AGENT
        if not (is_noun and number.is_number):
            continue
        if any(unit.text in _OF_IMAGES for unit in rest):
            return True
        if any(unit.has("unit") for unit in rest):
            continue
        if is_change or not (_is_of_duct(number) or number.number in STRENGTHS):
            return True
    return False


def _fills_in_field(words: Sequence[Word]) -> bool:
    """Whether two letters are initials or no answer: "tech: KM", "contrast: NA"."""
    return any(
        colon.phrase.text == ":"
        and len(value.phrase.text) <= _INITIALS
        and (
            (field.part is Part.UNKNOWN and value.phrase.has(*NOUNS))
            or (field.phrase.has(*NOUNS) and value.phrase.has(*MARKERS))
        )
        for field, colon, value in zip(words, words[1:], words[2:], strict=False)
    )


def _exceeds_duct(words: Sequence[Word]) -> bool:
    """Whether a volume is more than any duct holds: "50 ml"."""
    return any(
        number.phrase.is_number and unit.phrase.text in VOLUMES and not _is_of_duct(number.phrase)
        for number, unit in pairwise(words)
    )


def _is_of_duct(number: Phrase) -> bool:
    return float(number.text.replace(",", ".")) <= _MOST_ML


def _binds_something_else(words: Sequence[Word]) -> bool:
    """Whether a *before* or *after* is of something else, all images alike: "before lunch"."""
    told = [word for word in words if not word.phrase.has("ordinal")]  # "before first look"
    return any(
        (word.phrase.has("before", "after") and _is_other_noun(following))
        or (following.phrase.has("pre_behind", "post_behind") and _is_other_noun(word))
        for word, following in pairwise(told)
    ) or any(_is_adverb(*three) for three in zip((None, *told), told, told[1:], strict=False))


def _is_adverb(before: Word | None, word: Word, following: Word) -> bool:
    """Whether a marker that follows its noun has it behind: 后注射 is a filling to come."""
    is_after_noun = before is not None and before.phrase.has(*NOUNS, "ductography", "pre", "post")
    is_behind = word.phrase.has("pre_behind", "post_behind") and not word.phrase.has(*MARKERS)
    return is_behind and not is_after_noun and following.phrase.has(*NOUNS)


def _is_other_noun(word: Word) -> bool:
    if word.part is Part.TITLE:
        return True  # "before Dr Smith"
    is_article = word.part is Part.FILLER and not word.phrase.has("breast", "picture", "again")
    return (not word.is_understood and not word.phrase.has(*NOUNS)) or is_article


def _without_denied_findings(clause: Sequence[Word]) -> list[Word]:
    """Make a mere remark of a finding that is denied: "no filling defect after contrast"."""
    kept: list[Word] = []
    for word in clause:
        is_finding = word.part is Part.FINDING and word.phrase.has("finding")
        if is_finding and kept and kept[-1].part is Part.NEGATION:
            kept[-1] = replace(word, phrase=replace(word.phrase, roles=_REMARKED))
        else:
            kept.append(word)
    return kept


def _is_own(word: Word, shared: Collection[str]) -> bool:
    return _may_label(word) and word.phrase.text not in shared


def _spoils(word: Word, shared: Collection[str], *, is_remark: bool) -> bool:
    """Whether a word may turn what a label says, in its own clause or in a remark behind it."""
    is_own = _is_own(word, shared)
    if word.part is Part.NEGATION:
        return is_remark or not (is_own and word.phrase.has("without"))
    return word.part in _SPOILING or (word.part is Part.UNKNOWN and is_own and not is_remark)


def _is_noun(label: Sequence[Word]) -> bool:
    """Whether contrast or an injection is only named, or a marker lacks its noun: "n. Xyz"."""
    is_named = any(word.phrase.has(*NOUNS, *_FILLED) for word in label)
    is_marked = any(word.phrase.has("post", *_BEFORE, *_AFTER) for word in label)
    return not (is_named and is_marked)


def _meaning(label: Sequence[Word]) -> LabelMeaning | None:
    if any(word.phrase.has(*_BOTH) for word in label):
        return None
    befores = [word for word in label if word.phrase.has(*_BEFORE)]
    afters = [word for word in label if word.phrase.has(*_AFTER)]
    if befores and afters:
        return LabelMeaning.EITHER if befores == afters else None  # each word is both
    if befores:
        return LabelMeaning.BEFORE
    if _names_filling(label):
        return LabelMeaning.FILLED
    return LabelMeaning.AFTER if afters else None


def _names_filling(label: Sequence[Word]) -> bool:
    """Whether a label says contrast, injection, filling, agent or volume, or what they show.

    A lone noun beside a remark or a place may be something else: "good contrast", "injection at 3".
    """
    if _names_what_is_given(label):
        return True
    is_remarked = any(word.phrase.has("remark") for word in label)
    markers = [word for word in label if word.phrase.has(*_AFTER)]
    if markers and not (is_remarked and all(word.phrase.has("with") for word in markers)):
        return any(word.phrase.has(*NOUNS) for word in label)
    if any(word.phrase.has("place") for word in label):
        return False
    return any(word.phrase.has("injection") for word in label) or (
        not is_remarked and any(word.phrase.has("contrast") for word in label)
    )


def _names_what_is_given(label: Sequence[Word]) -> bool:
    return any(word.phrase.has(*_FILLED) or word.phrase.text in VOLUMES for word in label)


def _clauses(words: Sequence[Word]) -> Iterator[list[Word]]:
    clause: list[Word] = []
    for word in words:
        if word.phrase.text in _CLAUSE_ENDS:
            yield clause
            clause = []
        else:
            clause.append(word)
    yield clause
