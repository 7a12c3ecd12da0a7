"""What a label says that stands on some images of a breast and not on the others.

"CONTRAST" says nothing by itself: it may stand on every image. Where it stands on the later images
only, it says that these were filled. Heuristic.
"""

from collections.abc import Collection, Iterator, Sequence
from enum import StrEnum

from ductdicom.language.whole import Part, Word

_CLAUSE_ENDS = frozenset(",;:()[]{}|.")
_NOUNS = frozenset({Part.CONTRAST, Part.INJECTION, Part.AGENT})
# These spoil a label even where they stand on every image.
_SPOILING = frozenset(
    {Part.OTHER, Part.PLAN, Part.PAST, Part.COMPARISON, Part.QUESTION, Part.NEGATION, Part.DATE}
)
# What tells views apart, and nothing else.
_OF_THE_VIEW = frozenset({Part.VIEW, Part.SIDE, Part.MODIFIER, Part.NUMBER, Part.SIGN, Part.DUCT})


class LabelMeaning(StrEnum):
    """What a label says of the images that carry it."""

    FILLED = "filled"
    AFTER = "after"  # half of a pair: the others must say before
    BEFORE = "before"


def label_words(words: Sequence[Word]) -> frozenset[str]:
    """Return the folded words of a text that may be a label: all that do not tell its view."""
    return frozenset(word.phrase.text for word in words if word.part not in _OF_THE_VIEW)


def read_label(
    words: Sequence[Word], label: Collection[str], shared: Collection[str]
) -> LabelMeaning | None:
    """Return what a label says in one image's text.

    The words that the image has more than those exposed earlier must be understood in the clause
    of the label, and nothing in that clause may deny, ask, plan or name something else.

    Parameters
    ----------
    words
        The text's words with their parts.
    label
        Folded words that all images of one half carry, and none of the other.
    shared
        Folded words that images of the other half carry too.
    """
    said: list[Word] = []
    for clause in _clauses(words):
        own = [word for word in clause if word.phrase.text in label]
        if _meaning(own) is None:
            continue  # what else is remarked: "post contrast, no reaction"
        if any(_spoils(word, label, shared) for word in clause):
            return None
        said += own
    return _meaning(said)


def _spoils(word: Word, label: Collection[str], shared: Collection[str]) -> bool:
    """Whether a word of the label's clause may turn what it says."""
    is_own = word.phrase.text in label
    if word.part is Part.NEGATION:
        return not (is_own and word.phrase.has("without"))
    is_noise = word.phrase.text in shared
    return word.part in _SPOILING or (word.part is Part.UNKNOWN and not is_noise)


def _meaning(label: Sequence[Word]) -> LabelMeaning | None:
    names_filling = any(
        word.part in _NOUNS or word.phrase.has("post", "post_weak") or word.phrase.text in _VOLUMES
        for word in label
    )
    is_after = any(word.phrase.has("after", "with", "post_behind") for word in label)
    is_before = any(word.phrase.has(*_BEFORE) for word in label)
    if is_before:
        return None if is_after else LabelMeaning.BEFORE
    if names_filling:
        return LabelMeaning.FILLED
    return LabelMeaning.AFTER if is_after else None


_BEFORE = ("before", "without", "pre", "pre_weak", "pre_behind")
_VOLUMES = frozenset({"ml", "mls", "cc", "мл"})


def _clauses(words: Sequence[Word]) -> Iterator[list[Word]]:
    clause: list[Word] = []
    for word in words:
        if word.phrase.text in _CLAUSE_ENDS:
            yield clause
            clause = []
        else:
            clause.append(word)
    yield clause
