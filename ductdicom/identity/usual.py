"""How people write names of other scripts in Latin letters, where there is more than one way.

The library knows one spelling for each letter; languages, offices and families know others, and
of scripts that leave vowels out the library knows none. Heuristic.
"""

import tomllib
import unicodedata
from collections.abc import Iterator, Mapping
from functools import lru_cache
from importlib.resources import files
from itertools import islice, product
from typing import NamedTuple

from anyascii import anyascii

from ductdicom.identity.spelled import spell_name

_MOST_SPELLINGS = 16  # of one name
_HANGUL = ("\uac00", "\ud7a3")
_WITHOUT_VOWELS = (("\u0590", "\u05ff"), ("\u0600", "\u07bf"))  # Hebrew, Arabic, Syriac
_ARTICLE = "ال"
_ARTICLE_AND_NAME = 5  # letters
_MAY_BE_VOWELS = frozenset("וو")
_FILLED_BY = "a"
_WHOLE_NAMES = range(3, 6)  # syllables of a family and a given name, which nothing parts


class _Table(NamedTuple):
    letters: Mapping[str, list[str]]
    korean: Mapping[str, list[str]]
    families: Mapping[str, list[str]]


@lru_cache(maxsize=1)
def _table() -> _Table:
    read = tomllib.loads(files(__package__).joinpath("spellings.toml").read_text("utf-8"))
    return _Table(
        *({key: ways.split() for key, ways in read[part].items()} for part in _Table._fields)
    )


def usual_spellings(name: str) -> set[str]:
    """Return how else than letter by letter a name is written in Latin letters.

    Returns
    -------
    set of str
        Small; empty for names in ASCII.
    """
    if name.isascii():
        return set()
    if all(_HANGUL[0] <= char <= _HANGUL[1] for char in name):
        return _of_hangul(name)
    varied = _varied(unicodedata.normalize("NFC", name).lower(), _table().letters)
    return {anyascii(one).lower() for one in varied}


def _varied(name: str, ways: Mapping[str, list[str]]) -> Iterator[str]:
    """Yield a name with some of its letters spelled otherwise, each the same throughout."""
    found = [(key, (key, *ways[key])) for key in ways if key in name]
    for chosen in islice(product(*(spellings for _, spellings in found)), _MOST_SPELLINGS):
        varied = name
        for (key, _), spelling in zip(found, chosen, strict=True):
            varied = varied.replace(key, spelling)
        yield varied


def _of_hangul(name: str) -> set[str]:
    """Return how Koreans spell a family name, a given name, or both in one word."""
    table = _table()
    family = table.families.get(name[0], [])
    spelled = set(_varied(anyascii(name).lower(), table.korean))
    if len(name) == 1:
        return spelled | set(family)
    if not family or len(name) not in _WHOLE_NAMES:
        return spelled
    given = set(_varied(anyascii(name[1:]).lower(), table.korean))
    together = (pair for one in family for other in given for pair in (one + other, other + one))
    return {*spelled, *family, *given, *together}


def filled_with_vowels(name: str) -> set[str]:
    """Return a name in letters of a script without vowels with one behind each.

    Returns
    -------
    set of str
        By sound (`spell_name`), with and without the article and the letters that may be vowels,
        and with ``j`` for a first letter that may be a consonant, as in *Yusuf*; empty for names
        in other scripts. Only the consonants say anything.
    """
    if name.isascii() or not any(
        first <= char <= last for char in name for first, last in _WITHOUT_VOWELS
    ):
        return set()
    found = {name}
    if name.startswith(_ARTICLE) and len(name) >= _ARTICLE_AND_NAME:
        found.add(name.removeprefix(_ARTICLE))
    found |= {one[:1] + "".join(c for c in one[1:] if c not in _MAY_BE_VOWELS) for one in found}
    sounds = {
        spell_name(_FILLED_BY.join(_in_latin(spelled)))[1]
        for one in found
        for spelled in _varied(one, _table().letters)
    }
    return sounds | {f"j{sound[1:]}" for sound in sounds if sound.startswith("i")}


def _in_latin(name: str) -> Iterator[str]:
    for char in name:
        letters = "".join(filter(str.isalnum, anyascii(char).lower()))
        if letters:
            yield letters
