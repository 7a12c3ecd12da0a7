"""Where words stand in letters, found by how they begin; most texts hold none, soon told.

What it costs to look through a text hardly grows with the number of words.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache

MOST_LETTERS = 5
"""Of the beginning of a word by which it is told that a text holds none."""
_ONE_DIGIT = str.maketrans("123456789", "000000000")
_MANY = 256  # words
_BEGINNING = 3  # letters by which words are found
_REMEMBERED = 8192
_REMEMBERED_PEOPLE = 256


def may_stand_in(words: frozenset[str], text: str, letters: int = MOST_LETTERS) -> bool:
    """Whether a text may hold one of some words, or as much of it as so many first letters.

    Parameters
    ----------
    text
        Letters and digits as the words are spelled, with nothing between them.
    letters
        At most `MOST_LETTERS`; of a shorter word all of it is needed.
    """
    if len(words) > _MANY and not _may_stand_alike(words, text.translate(_ONE_DIGIT), letters):
        return False
    for length, beginnings in _beginnings(words, letters):
        if not beginnings.isdisjoint(_pieces(text, length)):
            return True
    return False


@lru_cache(maxsize=_REMEMBERED)
def _may_stand_alike(words: frozenset[str], text: str, letters: int) -> bool:
    """Whether one of many words may stand there with other digits, as files differ in no more."""
    return any(
        not beginnings.isdisjoint(_pieces(text, length))
        for length, beginnings in _beginnings(_alike(words, letters), letters)
    )


@lru_cache(maxsize=_REMEMBERED_PEOPLE)
def _alike(words: frozenset[str], letters: int) -> frozenset[str]:
    return frozenset([word[:letters].translate(_ONE_DIGIT) for word in words])


def occurrences(words: frozenset[str], text: str) -> Iterator[tuple[str, int]]:
    """Yield each word of a text, and where it stands."""
    for length, beginnings in _by_beginning(words).items() if words else ():
        if beginnings.keys().isdisjoint(_pieces(text, length)):
            continue
        for start in range(len(text) - length + 1):
            alike = beginnings.get(text[start : start + length])
            for longest, several in alike.items() if alike else ():
                if (word := text[start : start + longest]) in several:
                    yield word, start


@lru_cache(maxsize=_REMEMBERED_PEOPLE)
def _beginnings(words: frozenset[str], letters: int) -> tuple[tuple[int, frozenset[str]], ...]:
    """Return the first letters of words, by how many they are."""
    found: dict[int, set[str]] = {}
    for word in words:
        beginning = word[:letters]
        found.setdefault(len(beginning), set()).add(beginning)
    return tuple((length, frozenset(several)) for length, several in found.items())


@lru_cache(maxsize=_REMEMBERED_PEOPLE)
def _by_beginning(words: frozenset[str]) -> Mapping[int, Mapping[str, Mapping[int, set[str]]]]:
    """Return the words by their first letters, so that a text need not be searched for each.

    Returns
    -------
    By the number of these letters, which is less for shorter words, by these, and by the word's
    length: UIDs of one maker all begin alike.
    """
    found: dict[int, dict[str, dict[int, set[str]]]] = {}
    for word in words:
        beginning = word[:_BEGINNING]
        alike = found.setdefault(len(beginning), {}).setdefault(beginning, {})
        alike.setdefault(len(word), set()).add(word)
    return found


@lru_cache(maxsize=_REMEMBERED)
def _pieces(text: str, length: int) -> frozenset[str]:
    """Return what stands in a text, in pieces of some letters."""
    return frozenset([text[start : start + length] for start in range(len(text) - length + 1)])
