"""Text to comparable text: one spelling for case, width, accents and scripts."""

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

_LETTERS = {
    "\u0131": "i",  # dotless i: KONTRASTSIZ and kontrasts\u0131z are one word
    "ø": "o",
    "æ": "ae",
    "œ": "oe",
    "ł": "l",
    "đ": "d",
    "ð": "d",
    "þ": "th",
    "\u0451": "\u0435",  # Cyrillic io, typed as ie more often than not
    "\u0649": "\u064a",  # Arabic letters for yeh, kaf and heh that keyboards exchange
    "\u06cc": "\u064a",
    "\u06a9": "\u0643",
    "\u0629": "\u0647",
    "\u0640": "",  # a line that stretches Arabic words
}
_SIGNS = dict.fromkeys("\u2018\u2019\u00b4\u0060\u201b\u2032", "'") | dict.fromkeys(
    "\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"
)
_REPLACED = _LETTERS | _SIGNS
_SPELLED_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa"})
_STRIPPED_SCRIPTS = ("LATIN", "GREEK", "ARABIC")
_POINTED_SCRIPTS = ("HEBREW", "ARABIC")  # written with vowel points or, mostly, without
_CJK = "\u3005\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff"
# A Thai letter with the marks above and below it.
_THAI = "[\u0e01-\u0e30\u0e32\u0e33\u0e40-\u0e46][\u0e31\u0e34-\u0e3a\u0e47-\u0e4e]*"
_UNSPACED = rf"[{_CJK}]|{_THAI}"
_TOKEN = re.compile(rf"{_UNSPACED}|[0-9]+(?:[.,][0-9]+)?|(?:(?!{_UNSPACED})[^\W\d_])+|[^\s]")
_UNSPACED_TOKEN = re.compile(_UNSPACED)


class Token(NamedTuple):
    """A word, a number, a sign, or one character of a script without spaces.

    ``start`` and ``end`` are positions in the folded text.
    """

    text: str
    start: int
    end: int

    @property
    def is_word(self) -> bool:
        """Whether it is made of letters."""
        return self.text[0].isalpha()

    @property
    def is_number(self) -> bool:
        """Whether it is made of the digits 0 to 9, with a fraction or without."""
        return self.text[0] in "0123456789"

    @property
    def is_unspaced(self) -> bool:
        """Whether it is one character of a script written without spaces."""
        return _UNSPACED_TOKEN.match(self.text) is not None


class Folded(NamedTuple):
    """Folded text, and for each of its characters the position in ``source`` it came from.

    ``source`` is the text after NFKC: half-width kana and full-width letters are already one.
    """

    text: str
    source: str
    origin: tuple[int, ...]

    def quote(self, start: int, end: int) -> str:
        """Return what the source says between two positions of the folded text."""
        if start >= end:
            return ""
        return self.source[self.origin[start] : self.origin[end - 1] + 1]


def fold(text: str) -> str:
    """Return ``text`` in the one spelling used for comparison.

    NFKC, case folded, digits of all scripts as 0 to 9, marks dropped from Latin, Greek, Arabic and
    Hebrew letters only: dropping them everywhere turns ガ into カ and й into и.
    """
    if text.isascii() and text.isprintable():
        return text.lower().replace("`", "'")
    return "".join(map(_fold_character, unicodedata.normalize("NFKC", text)))


def fold_with_origin(text: str) -> Folded:
    """Fold ``text`` and remember where each character came from."""
    source = unicodedata.normalize("NFKC", text)
    pieces: list[str] = []
    origin: list[int] = []
    for position, character in enumerate(source):
        folded = _fold_character(character)
        pieces.append(folded)
        origin.extend([position] * len(folded))
    return Folded("".join(pieces), source, tuple(origin))


def spellings(phrase: str) -> tuple[str, ...]:
    """Return the folded spellings under which ``phrase`` is typed: Füllung, Fullung, Fuellung."""
    plain = fold(phrase)
    if phrase.isascii():
        return (plain,)
    spelled_out = fold(unicodedata.normalize("NFKC", phrase).casefold().translate(_SPELLED_OUT))
    return (plain,) if plain == spelled_out else (plain, spelled_out)


def tokenise(folded: str) -> tuple[Token, ...]:
    """Split folded text into words, numbers, signs and single characters of unspaced scripts."""
    return tuple(Token(m.group(), m.start(), m.end()) for m in _TOKEN.finditer(folded))


@lru_cache(maxsize=4096)
def _fold_character(character: str) -> str:
    return "".join(_strip_marks(c) for c in character.casefold())


def _strip_marks(character: str) -> str:
    if character in _REPLACED:
        return _REPLACED[character]
    category = unicodedata.category(character)
    if category == "Cf" or _is_point(character):
        return ""  # soft hyphens, zero-width signs, accents that did not compose
    if category in ("Cc", "Nd"):
        return " " if category == "Cc" else str(unicodedata.decimal(character))
    parts = unicodedata.normalize("NFD", character)
    if len(parts) > 1 and unicodedata.name(parts[0], "").startswith(_STRIPPED_SCRIPTS):
        return _LETTERS.get(parts[0], parts[0])
    return character


def _is_point(character: str) -> bool:
    if unicodedata.category(character) != "Mn":
        return False
    return character <= "\u036f" or unicodedata.name(character, "").startswith(_POINTED_SCRIPTS)
