"""Who is named in a text: the words, numbers and dates that the headers know a person by.

Heuristic: words are compared as they are spelled and as they sound (`spelled`), numbers by their
digits, dates in any order and with any separators.
"""

import dataclasses
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields
from datetime import date
from itertools import chain, pairwise, permutations

from ductdicom.identity.beginnings import may_stand_in, occurrences
from ductdicom.identity.dates import Day, birth_numbers_in, days_in
from ductdicom.identity.disguised import (
    LEAST_CUT,
    LEAST_DOTTED,
    begins_any,
    find_cut,
    find_gapped,
    find_misread,
    find_transliterated,
    gapped,
    is_latin,
    may_be_gapped,
    misread,
)
from ductdicom.identity.spelled import (
    Spelled,
    Spellings,
    in_own_letters,
    is_ideograph,
    is_unspaced,
    letters_of,
    read_ideographs,
    spell,
    spell_name,
)
from ductdicom.identity.usual import filled_with_vowels, usual_spellings

MASK_SIGN = "■"
MASK = MASK_SIGN * 3
"""Stands for what names a person; as a word of a text it is one that nobody understands."""

_LONGEST_TEXT = 10_240  # characters, the length of LT (DICOM PS3.5 6.2)
_LONGEST_NAME = 1000  # three groups of 64 characters are allowed, and several names
_LONGEST_WORD = 40
_LEAST_SOUND = 4  # letters; shorter words are compared as they are spelled
_LEAST_BY_SOUND = 3  # letters of a name that is one among many people's
_LEAST_INSIDE = 4  # letters of a name that is looked for inside longer words, too
_LEAST_DIGITS = 4  # of a number that is an ID wherever it stands
_LEAST_SURE_DIGITS = 6  # of one that is found inside longer numbers, and parted by signs
_LONGEST_COUNTRY = 3  # digits of a telephone number that are its country's
_LOCAL_DIGITS = 7
_MOST_SIGNS = 2  # between two digits of one number
_LEAST_CODE = 3
_VOWELS = frozenset("aeiou")
_MAY_BE_VOWELS = _VOWELS | {"y"}
_LEAST_MINOR = 5  # letters and digits of numbers of orders and visits, which are often 1
_LETTERS = r"[^\W_](?:[^\W_]|[\u0300-\u036f\u0591-\u05c7\u064b-\u0652\u0900-\u109f\u1780-\u17d3])*"
_WORD = re.compile(rf"{_LETTERS}(?:['’`´ʼ]{_LETTERS})*")  # with the marks of their vowels
_GROUP_SIGNS = re.compile(r"[=\\]")
_NAME_PARTS = 3  # family, given and middle name; what follows are titles (DICOM PS3.5 6.2.1)
_MOST_TOGETHER = 8  # words of a name that may be typed as one, in twos
_PARTICLES = frozenset(
    {
        "al",
        "an",
        "and",
        "ap",
        "bin",
        "da",
        "das",
        "de",
        "del",
        "della",
        "den",
        "der",
        "di",
        "do",
        "dos",
        "du",
        "e",
        "el",
        "i",
        "ibn",
        "la",
        "le",
        "les",
        "lo",
        "los",
        "san",
        "st",
        "ten",
        "ter",
        "und",
        "van",
        "von",
        "y",
        "zu",
        "zum",
        "zur",
    }
)
TITLES = frozenset(
    {
        "dr",
        "prof",
        "med",
        "md",
        "phd",
        "mr",
        "mrs",
        "ms",
        "miss",
        "frau",
        "herr",
        "fr",
        "hr",
        "mme",
        "mlle",
        "sr",
        "sra",
        "jr",
        "rt",
        "rta",
        "mta",
        "mtra",
    }
)
_DIGITS = re.compile("[0-9]+")
_ID_WORDS = re.compile(r"(?:id|mrn|pid|nr|no|num|number|nummer|#|pat\w*|case|fall|akte)[\W_]*$")
_PARTS_OF_UID = re.compile(r"(?:\d|\.(?=\d)|(?<=\d)\.){8,}")
_LEAST_PARTS = 5  # of a UID that is known by its look
_LEAST_COMPONENT = 5  # digits of a part that few other UIDs have


_WRITTEN_OUT = str.maketrans({ord("ä"): "ae", ord("ö"): "oe", ord("ü"): "ue", ord("å"): "aa"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What names people, ready to be found in texts.

    Attributes
    ----------
    words
        Names by their sound; full names in either order as one word.
    exact
        The same as they are spelled in Latin letters, without accents and signs.
    written
        The same in their own letters: where a word means something, only so is it a name.
    misread
        Names as programs show them that take one character set for another.
    gapped
        Names with a sign for letters that a broken character set loses (`disguised`).
    foreign
        Those of the names by their sound that are not in Latin letters, in all usual spellings.
    short_words
        Names too short for that, and single ideographs, as they are spelled.
    codes
        IDs with letters, as they are spelled without signs.
    numbers
        Digits of IDs, and of names, without zeros at their beginning.
    dates
        Years, months and days.
    births
        Those of birth, which national numbers begin with.
    components
        Long parts of UIDs between their points.
    """

    words: frozenset[str] = frozenset()
    exact: frozenset[str] = frozenset()
    written: frozenset[str] = frozenset()
    misread: frozenset[str] = frozenset()
    gapped: frozenset[str] = frozenset()
    foreign: frozenset[str] = frozenset()
    short_words: frozenset[str] = frozenset()
    codes: frozenset[str] = frozenset()
    numbers: frozenset[str] = frozenset()
    dates: frozenset[Day] = frozenset()
    births: frozenset[Day] = frozenset()
    components: frozenset[str] = frozenset()

    @classmethod
    def of_all(cls, several: Iterable["Identity"]) -> "Identity":
        """Return what names the people of all."""
        known = tuple(several)
        if len(known) == 1:
            return known[0]
        return cls(
            **{
                field.name: frozenset().union(*(getattr(one, field.name) for one in known))
                for field in fields(cls)
            }
        )

    @property
    def only_names(self) -> "Identity":
        """The names without IDs and dates."""
        others = ("codes", "numbers", "dates", "births", "components")
        return dataclasses.replace(self, **dict.fromkeys(others, frozenset()))

    def mask(self, text: str, is_known: Callable[[str], bool] = lambda _: False) -> str:
        """Return a text with `MASK` in place of everything that names one of them.

        Parameters
        ----------
        is_known
            Tells of a word whether it has a meaning of its own. Such a word is a name only where
            it is spelled as one, and a name inside it is none.

        Returns
        -------
        str
            After NFKC if anything is masked, the same text otherwise. Of one that is longer than
            any text may be, the rest is masked unseen.
        """
        if len(text) > _LONGEST_TEXT:
            return self.mask(text[:_LONGEST_TEXT], is_known) + MASK
        plain, _ = letters_of(text)
        source = text if text.isascii() else spell(text).plain.source
        found: list[tuple[int, int]] = []
        if not (text.isascii() and plain.isalpha()):  # other scripts have letters that count
            found += days_in(source, self.dates)
            found += birth_numbers_in(source, self.births)
            found += self._uids(source)
            if may_stand_in(self.numbers, plain, LEAST_CUT):
                found += self._numbers(spell(text).plain)
        if not text.isascii() or self._may_name(text):
            found += self._words_in(spell(text), is_known)
        return _masked(source, found) if found else text

    def _may_name(self, text: str) -> bool:
        """Tell whether names or IDs with letters may stand in a text in ASCII.

        None is misread there, as that takes other letters.
        """
        plain, sound = letters_of(text)
        return (
            bool(self.foreign)
            or may_stand_in(self.exact, plain, LEAST_DOTTED if "." in text else LEAST_CUT)
            or may_stand_in(self.short_words, plain)
            or may_stand_in(self.codes, plain)
            or may_stand_in(self.words, sound)
            or may_be_gapped(self.gapped, plain)
        )

    def _words_in(
        self, spelled: Spellings, is_known: Callable[[str], bool]
    ) -> Iterator[tuple[int, int]]:
        """Yield where names and IDs with letters stand."""
        source = spelled.plain.source
        yield from self._names(spelled, is_known)
        yield from (place for place in self._unlike(spelled) if not is_known(source[slice(*place)]))
        yield from _in_words(spelled.plain, self.codes, lambda *_: False)

    def named_in(self, text: str, is_known: Callable[[str], bool]) -> "Identity | None":
        """Return whom of many people whole words and numbers of a text name, None if nobody.

        What it costs does not grow with their number. Words that mean something are left, since
        among many people everything is somebody's name.

        Parameters
        ----------
        is_known
            As of `mask`.
        """
        spelled = spell(text[:_LONGEST_TEXT])
        source = spelled.plain.source
        runs = chain.from_iterable(map(_parted, _digit_runs(spelled.plain)))
        names, codes = (
            [word for place in places if not is_known(word := source[slice(*place)])]
            for places in (
                (
                    *_whole(spelled.sound, self.words, _LEAST_BY_SOUND),
                    *_whole(spelled.plain, self.short_words, _LEAST_BY_SOUND),
                ),
                _whole(spelled.plain, self.codes, _LEAST_MINOR),
            )
        )
        numbers = [number for run in runs if (number := run.text.lstrip("0")) in self.numbers]
        codes += [number for number in numbers if len(number) >= _LEAST_SURE_DIGITS]
        if not (names or codes):
            return None
        return Identity.of_all(
            (identify_person(names, is_name=lambda _: True), identify_codes(codes))
        )

    def _names(
        self, spelled: Spellings, is_known: Callable[[str], bool]
    ) -> Iterator[tuple[int, int]]:
        source = spelled.plain.source
        short = _in_words(spelled.plain, self.short_words, is_known, must_be_tight=True)
        for start, end in short:
            if self._is_written(source[start:end]) or _may_be_said(source, start, end, is_known):
                yield start, end
        for start, end in _in_words(spelled.sound, self.words, is_known):
            if not is_known(source[start:end]) or self._is_written(source[start:end]):
                yield start, end
        if spelled.ideographs is not spelled.sound:
            for start, end in _in_words(spelled.ideographs, self.words, is_known):
                if end - start > 1 and is_ideograph(source[start]):
                    yield start, end

    def _is_written(self, piece: str) -> bool:
        return in_own_letters(piece) in self.written

    def _unlike(self, spelled: Spellings) -> Iterator[tuple[int, int]]:
        """Yield what may be names that are spelled quite otherwise, or are not whole."""
        yield from find_gapped(spelled.plain.source, self.gapped)
        yield from find_misread(spelled.plain.source, self.misread)
        yield from find_cut(spelled.plain, self.exact)
        yield from find_transliterated(spelled.sound, self.words, self.foreign)

    def _uids(self, source: str) -> Iterator[tuple[int, int]]:
        for match in _PARTS_OF_UID.finditer(source):
            parts = match[0].strip(".").split(".")
            is_part = "." in match[0] and not self.components.isdisjoint(parts)
            if is_part or len(parts) >= _LEAST_PARTS:
                yield match.start(), match.start() + len(match[0].rstrip("."))

    def _numbers(self, spelled: Spelled) -> Iterator[tuple[int, int]]:
        for run in _digit_runs(spelled):
            significant = run.text.lstrip("0")
            if len(significant) >= LEAST_CUT and begins_any(significant, self.numbers):
                yield run.starts[0], run.ends[-1]
            for number, first in occurrences(self.numbers, run.text):
                last = first + len(number)
                start = _zeros_before(run, first)
                if _is_number_there(run, (start, first, last)):
                    yield run.starts[start], run.ends[last - 1]


def identify_person(names: Iterable[str], *, is_name: Callable[[str], bool]) -> Identity:
    """Return what names a person by names of DICOM: groups, components, several values.

    Parameters
    ----------
    is_name
        Tells of a word whether it may be one of a name, and not of the examination.
    """
    words: set[str] = set()
    for name in names:
        for group in _GROUP_SIGNS.split(name[:_LONGEST_NAME]):
            words |= _words_of_group(group, is_name)
    return _of_words(words)


def identify_place(texts: Iterable[str], *, is_known: Callable[[str], bool]) -> Identity:
    """Return what names a place: all of its words together, and those without other meaning.

    A place that is called by nothing else, as a service *Mammography*, has no name.
    """
    words: set[str] = set()
    for text in texts:
        if is_known(text):
            continue
        words.add(" ".join(re.findall(r"\w+", text)))
        words |= {word for word in re.findall(r"[^\W\d_]{5,}", text) if not is_known(word)}
    return _of_words({word for word in words if len(word) > _LEAST_SOUND})


def identify_codes(codes: Iterable[str], *, is_minor: bool = False) -> Identity:
    """Return what IDs name; of minor ones (orders, visits) only such as are long enough."""
    spelled = {spell_name(code)[0] for code in codes}
    if is_minor:
        spelled = {code for code in spelled if len(code) >= _LEAST_MINOR}
    numbers = {"".join(filter(str.isdigit, code)).lstrip("0") for code in spelled}
    numbers = {n for n in numbers if len(n) >= _LEAST_DIGITS or n in spelled}
    return Identity(
        codes=frozenset(c for c in spelled if len(c) >= _LEAST_CODE and not c.isdigit()),
        numbers=frozenset(filter(None, numbers)),
    )


def identify_phones(phones: Iterable[str]) -> Identity:
    """Return what telephone numbers name: with and without the country's and the town's part."""
    digits = ("".join(filter(str.isdigit, spell_name(phone)[0])).lstrip("0") for phone in phones)
    parts = (
        number[start:]
        for number in digits
        for start in (*range(_LONGEST_COUNTRY + 1), -_LOCAL_DIGITS, -_LEAST_SURE_DIGITS)
    )
    return Identity(numbers=frozenset(part for part in parts if len(part) >= _LEAST_SURE_DIGITS))


def identify_uids(uids: Iterable[str]) -> Identity:
    """Return what UIDs name; those of many parts are known without (see `Identity.mask`)."""
    known = tuple(uids)
    numbers = (uid.replace(".", "").lstrip("0") for uid in known)
    parts = chain.from_iterable(uid.split(".") for uid in known)
    return Identity(
        numbers=frozenset(n for n in numbers if len(n) >= _LEAST_SURE_DIGITS),
        components=frozenset(part for part in parts if len(part) >= _LEAST_COMPONENT),
    )


def identify_days(days: Iterable[date]) -> Identity:
    """Return the dates by which somebody may be known."""
    return Identity(dates=frozenset((day.year, day.month, day.day) for day in days))


def identify_births(days: Iterable[date]) -> Identity:
    """Return the days of birth by which somebody may be known, also in national numbers."""
    born = identify_days(days)
    return dataclasses.replace(born, births=born.dates)


def _words_of_group(group: str, is_name: Callable[[str], bool]) -> set[str]:
    """Return the words of a name in one script, and full names, which may be typed as one word."""
    parts = [_WORD.findall(part) for part in group.split("^")]
    named = [[word for word in part if _may_be_name(word, part, is_name)]
             for part in parts[:_NAME_PARTS]]  # fmt: skip
    whole = ["".join(part) for part in parts[:_NAME_PARTS] if part]
    found = {word for part in named for word in part}
    found |= {piece for word in found for piece in re.split(r"['’`´ʼ]", word) if len(piece) > 2}  # noqa: PLR2004
    found |= {" ".join(part) for part in parts[:_NAME_PARTS] if len(part) > 1}
    together = dict.fromkeys([*whole, *chain.from_iterable(named)])
    for one, other in permutations(list(together)[:_MOST_TOGETHER], 2):
        found |= {f"{one} {other}", f"{one}{other}".lower()}
    if len(whole) == 1 and all(map(is_ideograph, whole[0])):
        found |= {whole[0][0], whole[0][1:]}  # family and given name, which nothing parts
    return found


def _may_be_name(word: str, part: list[str], is_name: Callable[[str], bool]) -> bool:
    """Whether a word alone tells a person; not a title, nor a particle beside the name."""
    small = word.casefold()
    if small in TITLES or (small in _PARTICLES and len(part) > 1):
        return False
    return is_name(word)


def _of_words(names: Iterable[str]) -> Identity:
    words: set[str] = set()
    exact: set[str] = set()
    foreign: set[str] = set()
    short: set[str] = set()
    lost: set[str] = set()
    written: set[str] = set()
    wrong: set[str] = set()
    numbers: set[str] = set()
    for name in names:
        written.add(in_own_letters(name))
        if not name.isascii():
            lost.add(gapped(name))
            wrong |= misread(name)
            written.add(in_own_letters(_written_out(name)))
            foreign |= filled_with_vowels(name)
        by_letters = not (is_latin(name[0]) or is_unspaced(name[0]))
        for word in _forms(name):
            plain, sound = spell_name(word)
            if plain.isdigit():  # no name of anybody, but perhaps a number
                numbers.add(plain.lstrip("0"))
                continue
            spelled = {plain}
            if not word.isascii():
                spelled.add(spell_name(_written_out(word))[0])
            exact |= spelled
            is_short = len(plain) < _LEAST_SOUND
            if is_short or is_unspaced(plain[:1]):
                short |= spelled
            if is_short:
                continue
            words.add(sound)
            if not (word.isupper() or word.istitle() or word.islower()):
                # A capital letter inside parts a word.
                words.add(letters_of(word)[1])
            if by_letters or not is_latin(word[0]):
                foreign.add(sound)
    return Identity(
        words=frozenset(words),
        exact=frozenset(exact),
        written=frozenset(written),
        misread=frozenset(wrong),
        gapped=frozenset(filter(None, lost)),
        foreign=frozenset(foreign),
        short_words=frozenset(w for w in short if len(w) > 1 or is_unspaced(w)),
        numbers=frozenset(n for n in numbers if len(n) >= _LEAST_MINOR),
    )


def _forms(name: str) -> tuple[str, ...]:
    return (name,) if name.isascii() else (name, read_ideographs(name), *usual_spellings(name))


def _may_be_said(source: str, start: int, end: int, is_known: Callable[[str], bool]) -> bool:
    """Whether a short word can be a name as it sounds, and means nothing else.

    Letters of some scripts lack the vowels. In a script that parts no words a word with a meaning
    may begin before it or end behind it, and two letters be one syllable of any.
    """
    letters = spell_name(source[start:end])[0]
    if is_unspaced(source[start]):
        around = source[max(0, start - 1) : start] + source[end : end + 1]
        if len(letters) < _LEAST_BY_SOUND and any(map(is_unspaced, around)):
            return False
        if _is_in_known(source, start, is_known):
            return False
    can_be_said = not set(letters) <= _VOWELS and not set(letters).isdisjoint(_MAY_BE_VOWELS)
    return can_be_said and not is_known(source[start:end])


def _written_out(name: str) -> str:
    """Return a short name with its umlauts written out."""
    return unicodedata.normalize("NFC", name).casefold().translate(_WRITTEN_OUT)


def _in_words(
    spelled: Spelled,
    words: frozenset[str],
    is_known: Callable[[str], bool],
    *,
    must_be_tight: bool = False,
) -> Iterator[tuple[int, int]]:
    """Yield where words stand as wholes, or long ones inside a word without meaning."""
    seen: dict[str, int] = {}
    for word, start in occurrences(words, spelled.text):
        end = start + len(word)
        if start < seen.get(word, 0):  # it overlaps itself
            continue
        place = spelled.source_of(start, end)
        if len(word) == 1 and _is_in_known(spelled.source, place[0], is_known):
            continue
        if spelled.is_cut(start) and spelled.is_cut(end):
            inner = spelled.cuts[start + 1 : end]
            if not must_be_tight or max(inner, default=0) < 2:  # noqa: PLR2004
                seen[word] = end
                yield place
        elif len(word) >= _LEAST_INSIDE and not is_known(_around(spelled, start, end)):
            seen[word] = end
            yield place


def _whole(spelled: Spelled, words: frozenset[str], least: int) -> Iterator[tuple[int, int]]:
    """Yield where words of at least so many letters stand as wholes."""
    text = spelled.text
    cuts = [n for n, cut in enumerate(spelled.cuts) if cut or not n] + [len(text)]
    for number, start in enumerate(cuts):
        for end in cuts[number + 1 :]:
            if end - start > _LONGEST_WORD:
                break
            if end - start >= least and text[start:end] in words:
                yield spelled.source_of(start, end)


def _around(spelled: Spelled, start: int, end: int) -> str:
    """Return the words of the source in which some letters stand, as far as a word reaches."""
    first, last = start - _LONGEST_WORD, end + _LONGEST_WORD
    while start > first and not spelled.is_cut(start):
        start -= 1
    while end < last and not spelled.is_cut(end):
        end += 1
    first, last = spelled.source_of(start, end)
    return spelled.source[first:last]


def _is_in_known(source: str, at: int, is_known: Callable[[str], bool]) -> bool:
    """Whether a letter of a script that parts no words is one of a word that has a meaning."""
    near = range(max(0, at - 3), at + 1)
    return any(
        is_known(source[first:last])
        for first in near
        for last in range(max(at + 1, first + 2), first + 5)
        if last <= len(source)
    )


def _digit_runs(spelled: Spelled) -> Iterator[Spelled]:
    """Yield digits that follow one another with no letter and few signs between them."""
    for found in _DIGITS.finditer(spelled.text):
        first, last = found.span()
        yield from _cut_at(spelled.part(first, last), _MOST_SIGNS)


def _cut_at(run: Spelled, most_signs: int) -> list[Spelled]:
    """Return the parts of a run of digits between which more signs stand than that."""
    starts, ends, length = run.starts, run.ends, len(run.text)
    cuts = [n for n in range(1, length) if starts[n] - ends[n - 1] > most_signs]
    return [run.part(*both) for both in pairwise((0, *cuts, length))]


def _parted(run: Spelled) -> Iterator[Spelled]:
    """Yield digits that follow one another, as a whole and as signs part them."""
    yield run
    parts = _cut_at(run, 0)
    if len(parts) > 1:
        yield from parts


def _zeros_before(run: Spelled, first: int) -> int:
    """Return the place of the first of the zeros right before a digit of a run."""
    while first and run.text[first - 1] == "0" and run.ends[first - 1] == run.starts[first]:
        first -= 1
    return first


def _is_number_there(run: Spelled, places: tuple[int, int, int]) -> bool:
    """Whether digits of a run are an ID: long ones anywhere, short ones only by themselves.

    ``places`` are those of the zeros before it, of its first digit, and behind its last.
    """
    start, first, last = places
    length = last - first
    if length >= _LEAST_SURE_DIGITS:
        return True
    is_parted = any(run.starts[n] > run.ends[n - 1] for n in range(first + 1, last))
    begins = start == 0 or run.starts[start] > run.ends[start - 1]
    ends = last == len(run.text) or run.starts[last] > run.ends[last - 1]
    if is_parted or not (begins and ends):
        return False
    before = run.source[: run.starts[start]].casefold()
    return length >= _LEAST_DIGITS or first - start > 1 or _ID_WORDS.search(before) is not None


def _masked(source: str, places: Iterable[tuple[int, int]]) -> str:
    """Return a text with a mask for each of some places; what overlaps is one."""
    pieces: list[str] = []
    reached = 0
    for start, end in sorted(places):
        if start >= reached or not pieces:
            pieces += [source[reached:start], MASK]
        reached = max(reached, end)
    return "".join((*pieces, source[reached:]))
