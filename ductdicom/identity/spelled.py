"""A text as it is compared with names: one spelling for scripts, case, accents and separators.

Names are spelled in more ways than the words of a vocabulary: *Müller*, *MUELLER*, *MULLER*; in
kana, wide or narrow; *O'Hara*, *OHARA*. So much is folded here that no meaning could be read from
it any more: only whether two texts are the same name. Heuristic.
"""

import re
import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from typing import NamedTuple

from anyascii import anyascii

_SAME_SOUND = {"ae": "a", "oe": "o", "ue": "u", "ou": "o", "oy": "o", "kh": "h", "ph": "f"}
_SAME_LETTER = str.maketrans({"y": "i", "j": "i", "w": "v"})
_PAIRS = re.compile("|".join(_SAME_SOUND))
_DOUBLED = re.compile(r"([a-z])\1+")
_ASCII_WORDS = re.compile(r"[a-z]+|[0-9]+")
# As `_cut` parts them.
_WORDS_OF_ASCII = re.compile(r"[0-9]+|(?<![A-Z])[A-Z][a-z]+|[a-z]+|[A-Z]+(?=[A-Z][a-z])|[A-Z]+")
_MAY_BE_SPACED = re.compile(r"(?:[A-Za-z][^A-Za-z0-9]{1,2}){3}[A-Za-z]")  # see `_together`
_SMALL_KANA = {"ゃ": "ya", "ゅ": "yu", "ょ": "yo", "ャ": "ya", "ュ": "yu", "ョ": "yo"}
_SILENT_KANA = frozenset("っッー")
_SIBILANTS = ("sh", "ch", "j")
_IDEOGRAPHS = ("\u3400", "\u9fff")
_UNSPACED = (("\u0e00", "\u0eff"), ("\u1780", "\u17ff"), ("\u3005", "\u9fff"), ("\uac00", "\ud7a3"))
_LAST_WESTERN = "\u0dff"  # what comes before is quickly told
_LEAST_SPACED = 4  # letters with signs or blanks between them that make a word
_MOST_SPACE = 2
_BOXED = {  # letters in circles and boxes that NFKC leaves
    first + number: chr(ord("A") + number)
    for first in (0x1F150, 0x1F170, 0x1F1E6)
    for number in range(26)
}
_REMEMBERED = 8192


class Letter(NamedTuple):
    """One letter or digit, the characters of the source it stands for, and what goes before it.

    ``cut``: 0 inside a word, 1 between two characters of a script that parts no words, 2 where a
    word may begin: behind a sign or blank, between letter and digit, or small and capital letter.
    """

    text: str
    start: int
    end: int
    cut: int


class Spelled(NamedTuple):
    """A text as letters and digits, without what stands between them.

    ``source`` is the text after NFKC, to which the places belong. ``text`` holds one character a
    letter; of each, ``starts`` and ``ends`` are the places in the source, and ``cuts`` says what
    goes before it (`Letter`).
    """

    source: str
    text: str
    starts: Sequence[int]
    ends: Sequence[int]
    cuts: Sequence[int]

    def is_cut(self, place: int) -> bool:
        """Whether a word may begin or end before a letter, or behind the last."""
        return place in (0, len(self.text)) or self.cuts[place] > 0

    def source_of(self, start: int, end: int) -> tuple[int, int]:
        """Return the places in the source of letters from ``start`` to ``end``."""
        return self.starts[start], self.ends[end - 1]

    def part(self, start: int, end: int) -> "Spelled":
        """Return the letters from ``start`` to ``end`` of the same source."""
        place = slice(start, end)
        letters = self.text[place], self.starts[place], self.ends[place], self.cuts[place]
        return Spelled(self.source, *letters)


class Spellings(NamedTuple):
    """The same text letter by letter, by its sound, and with ideographs by their sound, too."""

    plain: Spelled
    sound: Spelled
    ideographs: Spelled


@lru_cache(maxsize=_REMEMBERED)
def spell(text: str) -> Spellings:
    """Spell a text in the ways in which it is compared."""
    if text.isascii() and not _MAY_BE_SPACED.search(text):
        plain_ascii = _spell_ascii(text)
        sound_ascii = _by_sound_ascii(plain_ascii)
        return Spellings(plain_ascii, sound_ascii, sound_ascii)
    return spell_letters(text)


@lru_cache(maxsize=_REMEMBERED)
def letters_of(text: str) -> tuple[str, str]:
    """Return the letters and digits of a text as `spell` has them: plain, and by sound."""
    if not text.isascii() or _MAY_BE_SPACED.search(text):
        spelled = spell(text)
        return spelled.plain.text, spelled.sound.text
    return _joined(_WORDS_OF_ASCII.findall(text))


def spell_letters(text: str) -> Spellings:
    """Spell a text letter by letter, as any script needs; `spell` is quicker where it may be."""
    source = unicodedata.normalize("NFKC", text).translate(_BOXED)
    plain = _letters(source)
    sound = _by_sound(plain)
    heard = sound
    if any(is_ideograph(letter.text) for letter in plain):
        heard = _by_sound([x._replace(text=read_ideographs(x.text)) for x in plain])
    by_sound = _spelled(source, sound)
    ideographs = by_sound if heard is sound else _spelled(source, heard)
    return Spellings(_spelled(source, plain), by_sound, ideographs)


def _spell_ascii(source: str) -> Spelled:
    """Spell a text in ASCII, none of it spaced out, word by word."""
    words = [match.span() for match in _WORDS_OF_ASCII.finditer(source)]
    starts = [place for start, end in words for place in range(start, end)]
    cuts = bytearray(len(starts))
    reached = 0
    for start, end in words:
        cuts[reached] = 2
        reached += end - start
    text = "".join([source[start:end] for start, end in words]).lower()
    return Spelled(source, text, starts, [place + 1 for place in starts], bytes(cuts))


def _by_sound_ascii(plain: Spelled) -> Spelled:
    """Write what sounds alike alike, as `_by_sound`, where most words need no look."""
    text = plain.text.translate(_SAME_LETTER)
    if not (_PAIRS.search(plain.text) or _DOUBLED.search(text)):
        return plain._replace(text=text)
    letters = map(Letter, plain.text, plain.starts, plain.ends, plain.cuts)
    return _spelled(plain.source, _by_sound(list(letters)))


def spell_name(name: str) -> tuple[str, str]:
    """Return a name as `spell` spells one that has no capital letter inside: plain, and by sound.

    Names of most patients are spelled once, so it has to be quick where it can be.
    """
    small = name.lower()
    if not small.isascii():
        spelled = spell(small)
        return spelled.plain.text, spelled.sound.text
    return _joined(_ASCII_WORDS.findall(small))


def _joined(words: list[str]) -> tuple[str, str]:
    """Return words in ASCII as one, plain and by sound; most sound as they are written."""
    plain = "".join(words).lower()
    sound = plain.translate(_SAME_LETTER)
    if _PAIRS.search(plain) or _DOUBLED.search(sound):
        sound = "".join([_sound_of_ascii(word.lower()) for word in words])
    return plain, sound


def _sound_of_ascii(word: str) -> str:
    alike = _PAIRS.sub(lambda pair: _SAME_SOUND[pair[0]], word).translate(_SAME_LETTER)
    return _DOUBLED.sub(r"\1", alike)


def in_own_letters(name: str) -> str:
    """Return a name in the script in which it is written, without case, accents and signs."""
    if name.isascii():
        return "".join(filter(str.isalnum, name.lower()))
    small = unicodedata.normalize("NFKD", name).casefold()
    return "".join(char for char in small if char.isalnum() and _letter(char))


def is_ideograph(char: str) -> bool:
    """Whether a letter is one Chinese character."""
    return _IDEOGRAPHS[0] <= char <= _IDEOGRAPHS[1]


def read_ideographs(text: str) -> str:
    """Return a text with the sound of each Chinese character in its place."""
    return "".join(anyascii(char).lower() if is_ideograph(char) else char for char in text)


def is_unspaced(char: str) -> bool:
    """Whether a character is of a script that does not part words."""
    return char > _LAST_WESTERN and any(first <= char <= last for first, last in _UNSPACED)


def _spelled(source: str, letters: list[Letter]) -> Spelled:
    single = _in_single(letters)
    _, starts, ends, cuts = zip(*single, strict=True) if single else ("", (), (), ())
    return Spelled(source, "".join([letter.text for letter in single]), starts, ends, cuts)


def _in_single(letters: list[Letter]) -> list[Letter]:
    """Return letters of one character each."""
    if all(len(letter.text) == 1 for letter in letters):
        return letters
    return [
        Letter(char, letter.start, letter.end, 0 if number else letter.cut)
        for letter in letters
        for number, char in enumerate(letter.text)
    ]


def _letters(source: str) -> list[Letter]:
    found: list[Letter] = []
    before = ""
    for place, char in enumerate(source):
        if char in _SILENT_KANA or _is_mark(char):
            if found:
                found[-1] = found[-1]._replace(end=place + 1)
        elif not char.isalnum():
            before = ""
        else:
            cut = _cut(source, place, before)
            sound = _SMALL_KANA.get(char)
            if sound and found and found[-1].text.endswith("i"):
                stem = found[-1].text[:-1]
                text = stem + (sound[1:] if stem.endswith(_SIBILANTS) else sound)
                found[-1] = found[-1]._replace(text=text, end=place + 1)
            elif text := _letter(char):
                found.append(Letter(text, place, place + 1, cut))
            elif found and cut < 2:  # noqa: PLR2004
                found[-1] = found[-1]._replace(end=place + 1)
            before = char
    return _together(found)


def _together(letters: list[Letter]) -> list[Letter]:
    """Make one word of letters that somebody spaced out or dotted; it may be parted anywhere."""
    found = list(letters)
    start = 0
    for place in range(1, len(letters) + 1):
        if place < len(letters) and _is_spaced(letters, place):
            continue
        if place - start >= _LEAST_SPACED:
            for inner in range(start + 1, place):
                found[inner] = found[inner]._replace(cut=1)
        start = place
    return found


def _is_spaced(letters: list[Letter], place: int) -> bool:
    """Whether a letter and the one before it are words of their own, near one another."""
    pair = letters[place - 1 : place + 1]
    gap = pair[1].start - pair[0].end
    is_alone = place + 1 == len(letters) or letters[place + 1].cut > 1
    if not (0 < gap <= _MOST_SPACE and pair[0].cut > 1 and is_alone):
        return False
    return not any(letter.text.isdigit() for letter in pair)


def _is_mark(char: str) -> bool:
    return (
        not char.isascii()
        and char != "々"
        and unicodedata.category(char) in ("Mn", "Mc", "Me", "Cf", "Lm")
    )


def _cut(source: str, place: int, before: str) -> int:
    """Tell whether a word may begin at a place; ``before`` is the letter right before it, if any.

    In ``SMITHpost`` one may begin before the first small letter, in ``postSMITH`` before the
    first capital one, and in ``KMSmith`` before the last.
    """
    char = source[place]
    if not before or before.isdigit() != char.isdigit():
        return 2
    if is_unspaced(char) or is_unspaced(before):
        return 1 if is_unspaced(char) and is_unspaced(before) else 2
    if char.islower():
        is_turned = place > 1 and source[place - 1].isupper() and source[place - 2].isupper()
        return 2 if is_turned else 0
    is_first = source[place + 1 : place + 2].islower()
    return 2 if char.isupper() and (before.islower() or is_first) else 0


@lru_cache(maxsize=_REMEMBERED)
def _letter(char: str) -> str:
    if is_ideograph(char):
        return _variants().get(char, char)
    if char.isdigit():
        return str(unicodedata.digit(char))
    return "".join(c for c in anyascii(char).lower() if c.isalnum())


@lru_cache(maxsize=1)
def _variants() -> Mapping[str, str]:
    """Return of ideographs that families write in several ways the most usual."""
    read = tomllib.loads(files(__package__).joinpath("spellings.toml").read_text("utf-8"))
    return {char: usual for usual, chars in read["ideographs"].items() for char in chars}


def _by_sound(letters: list[Letter]) -> list[Letter]:
    """Write what sounds alike alike, within a word: long vowels, doubled letters, umlauts."""
    single = _in_single(letters)
    found: list[Letter] = []
    place = 0
    while place < len(single):
        letter = single[place]
        following = single[place + 1] if place + 1 < len(single) else None
        text, end = letter.text, letter.end
        if following and following.cut < 2 and text + following.text in _SAME_SOUND:  # noqa: PLR2004
            text, end = _SAME_SOUND[text + following.text], following.end
            place += 1
        text = text.translate(_SAME_LETTER)
        if found and letter.cut < 2 and found[-1].text == text and not text.isdigit():  # noqa: PLR2004
            found[-1] = found[-1]._replace(end=end)
        else:
            found.append(Letter(text, letter.start, end, letter.cut))
        place += 1
    return found
