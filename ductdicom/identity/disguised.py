"""Names as machines and hurry leave them: cut off, in another script, in a broken character set.

Nobody can tell such a word from one that means something: callers ask for that first. Heuristic.
"""

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterator
from functools import lru_cache
from itertools import chain, pairwise

from ductdicom.identity.beginnings import may_stand_in, occurrences
from ductdicom.identity.spelled import Spelled, is_unspaced
from ductdicom.identity.usual import filled_with_vowels

Places = Iterator[tuple[int, int]]
"""Where something stands in a source, from its first character to the one behind it."""

_GAP = "*"
_LEAST_GAPPED = 3  # letters that are left of a name whose others are broken
_LEAST_OPEN = 4  # where the broken letter was the first or last, or only a blank stands for it
_ENTITIES = re.compile(r"&#?\w{1,8};|[%=][0-9a-f]{2}|[\\/][ux]0{0,2}[0-9a-f]{2}", re.IGNORECASE)
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f]")
_LEAST_MISREAD = 4  # characters
_MISREAD = (
    *(("utf-8", "latin-1"), ("utf-8", "cp1252"), ("cp1251", "latin-1"), ("koi8-r", "latin-1")),
    *(("iso8859-5", "latin-1"), ("iso8859-7", "latin-1"), ("iso8859-8", "latin-1")),
    *(("cp1256", "latin-1"), ("iso8859-6", "latin-1"), ("cp866", "cp850")),
    *(("iso8859-9", "latin-1"), ("cp437", "cp1252"), ("cp850", "cp1252"), ("cp1252", "cp437")),
    *(("cp1252", "cp850"), ("cp1252", "mac-roman"), ("mac-roman", "cp1252")),
)
_MISREAD_UNSPACED = (
    *(("utf-8", "latin-1"), ("utf-8", "cp1252"), ("gb18030", "latin-1"), ("big5", "latin-1")),
    *(("shift-jis", "latin-1"), ("euc-jp", "latin-1"), ("euc-kr", "latin-1")),
    ("tis-620", "latin-1"),
)
LEAST_CUT = 5
"""Letters of a name, or digits of a number, that is not all there."""
LEAST_DOTTED = 4
"""Letters of one that a point cuts short."""
_CUT_SIGNS = tuple(".…")
_LEAST_SKELETON = 3  # consonants
_LEAST_SAID = 4  # letters with a vowel, of which these are the consonants
_LONGEST_WORD = 40
_REMEMBERED = 256
_LAST_LATIN = "\u036f"
_MORE_LATIN = ("\u1e00", "\u1eff")
_HARD_C = re.compile("c(?=[aou])|ch(?=[rl])")
_HISSING = re.compile("(?:[cszx]h?|t(?=[cszx]))+")
_BREATHED = re.compile("(?<![sctz])ch")
_ASPIRATED = re.compile("(?<=[bdgkpt])h")
_FIRST_J = re.compile("^i(?=[aeou])")
_VOWELS = re.compile("[aeiou]")
_SAME_CONSONANT = str.maketrans({"b": "f", "v": "f", "g": "k", "q": "k"})


def gapped(name: str) -> str:
    """Return a name with a sign for each run of letters that a broken character set loses.

    Returns
    -------
    str
        ``m*ller`` of *Müller*; ``""`` of a name of which nothing is lost, or too much.
    """
    if name.isascii():
        return ""
    found = re.sub(r"\W+|_|[^a-z*]+", _GAP, name.casefold())
    inner = found.strip(_GAP)
    least = _LEAST_GAPPED if _GAP in inner else _LEAST_OPEN
    return inner if len(inner.replace(_GAP, "")) >= least else ""


def misread(name: str) -> set[str]:
    """Return what programs show of a name that take its character set for another.

    Returns
    -------
    set of str
        In NFKC, with and without the control characters in it, which are often lost.
    """
    if name.isascii():
        return set()
    if any(map(is_unspaced, name)):
        shown = {_read_as(name, *sets) for sets in _MISREAD_UNSPACED}
    else:
        cases = {name, name.lower(), name.upper(), name.title()}
        shown = {_read_as(case, *sets) for case in cases for sets in _MISREAD}
    shown |= {_CONTROLS.sub("", wrong) for wrong in shown}
    return {wrong for wrong in shown if len(wrong) >= _LEAST_MISREAD and not wrong.isascii()}


def _read_as(name: str, meant: str, taken: str) -> str:
    try:
        return unicodedata.normalize("NFKC", name.encode(meant).decode(taken))
    except UnicodeError:
        return ""


def find_misread(source: str, names: frozenset[str]) -> Places:
    """Yield where names stand in letters that are not theirs, as `misread` returns them."""
    for name, start in occurrences(names, source):
        end = start + len(name)
        around = source[start - 1 : start] + source[end : end + 1]
        if len(name) >= LEAST_CUT or not any(map(str.isalpha, around)):
            yield start, end


def is_latin(char: str) -> bool:
    """Whether a character belongs to words in Latin letters."""
    return char <= _LAST_LATIN or _MORE_LATIN[0] <= char <= _MORE_LATIN[1]


def find_gapped(source: str, names: frozenset[str]) -> Places:
    """Yield where names stand of which letters were lost to a broken character set.

    Parameters
    ----------
    source
        After NFKC.
    names
        As `gapped` returns them.
    """
    if not names:
        return
    text, places = _with_gaps(source)
    for name, start in occurrences(names, text):
        end = start + len(name)
        if text[start - 1 : start].isalpha() or text[end : end + 1].isalpha():
            continue
        first, last = places[start], places[end - 1] + 1
        is_torn = " " in source[first:last] and source[first:last].replace(" ", "").isalpha()
        if not is_torn or len(name.replace(_GAP, "")) >= _LEAST_OPEN:
            yield first, last


def may_be_gapped(names: frozenset[str], letters: str) -> bool:
    """Whether one of some names as `gapped` returns them may stand in a text of such letters."""
    return bool(names) and may_stand_in(_longest_parts(names), letters)


@lru_cache(maxsize=_REMEMBERED)
def _longest_parts(names: frozenset[str]) -> frozenset[str]:
    return frozenset(max(name.split(_GAP), key=len) for name in names)


def _with_gaps(source: str) -> tuple[str, list[int]]:
    """Return the small letters of ASCII, a sign for whatever stands between, and their places."""
    hidden = _ENTITIES.sub(lambda found: " " * len(found[0]), source)
    text: list[str] = []
    places: list[int] = []
    for place, char in enumerate(hidden):
        letter = char.lower() if char.isascii() and char.isalpha() else _GAP
        if letter != _GAP or text[-1:] != [_GAP]:
            text.append(letter)
            places.append(place)
    return "".join(text), places


def find_cut(plain: Spelled, names: frozenset[str]) -> Places:
    """Yield where names are cut short, as at the length that an element may have."""
    for word, start, end in words_of(plain):
        place = plain.source_of(start, end)
        is_dotted = plain.source[place[1] : place[1] + 1] in _CUT_SIGNS
        least = LEAST_DOTTED if is_dotted else LEAST_CUT
        if len(word) >= least and begins_any(word, names):
            yield place


def begins_any(word: str, names: frozenset[str]) -> bool:
    """Whether a word or a number is how one of some begins."""
    ordered = _ordered(names)
    place = bisect_left(ordered, word)
    return place < len(ordered) and ordered[place].startswith(word)


@lru_cache(maxsize=_REMEMBERED)
def _ordered(names: frozenset[str]) -> list[str]:
    return sorted(names)


def words_of(spelled: Spelled) -> Iterator[tuple[str, int, int]]:
    """Yield the words and the numbers of a text, and the places of their letters."""
    cuts = [n for n, cut in enumerate(spelled.cuts) if cut > 1 or not n]
    for start, end in pairwise((*cuts, len(spelled.cuts))):
        yield spelled.text[start:end], start, end


def find_transliterated(sound: Spelled, names: frozenset[str], foreign: frozenset[str]) -> Places:
    """Yield where names stand in another script than their own, by their consonants.

    Parameters
    ----------
    sound
        A text by its sound.
    names, foreign
        By their sound: all names, sought in words of other scripts than the Latin; and those in
        such scripts, sought in Latin words.
    """
    for word, start, end in words_of(sound):
        first, last = sound.source_of(start, end)
        in_latin = is_latin(sound.source[first])
        wanted = foreign if in_latin else names
        if not wanted or not word.isalpha() or len(word) > _LONGEST_WORD:
            continue
        if in_latin and (last - first < _LEAST_SAID or not _VOWELS.search(word)):
            continue
        known = _skeletons(wanted)
        heard = (word, *filled_with_vowels(sound.source[first:last]))
        if not known.isdisjoint(chain.from_iterable(map(_skeletons_of, heard))):
            yield first, last


@lru_cache(maxsize=_REMEMBERED)
def _skeletons(names: frozenset[str]) -> frozenset[str]:
    return frozenset(chain.from_iterable(map(_skeletons_of, names)))


def _skeletons_of(sound: str) -> Iterator[str]:
    """Yield the consonants of a word, where there are enough, as it may be said.

    The first sound may be a consonant, as in *Yusuf*, and *c* and *ch* are hard, soft or breathed.
    """
    said = {sound, _HARD_C.sub("k", sound), _FIRST_J.sub("j", sound)}
    said |= {_BREATHED.sub("h", word) for word in said}
    yield from (bones for bones in map(_skeleton, said) if len(bones) >= _LEAST_SKELETON)


def _skeleton(sound: str) -> str:
    """Return the consonants of a word, those alike that languages write each in its own way."""
    hissing = _ASPIRATED.sub("", _HISSING.sub("s", sound))
    return _VOWELS.sub("", hissing).translate(_SAME_CONSONANT).rstrip("h")
