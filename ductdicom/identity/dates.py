"""Days in a text, in the orders, signs and words in which people write them. Heuristic."""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import permutations

Day = tuple[int, int, int]
"""Year, month and day."""

_MONTHS = (
    "jan ene gen sty янв ιαν",
    "feb fev lut sub фев φεβ",
    "mar mrz maer maa mer мар μαρ",
    "apr abr avr kwi nis апр απρ",
    "may mai maj mag mei мая май μαι",
    "jun juin giu cze haz июн ιουν",
    "jul juil lug lip tem июл ιουλ",
    "aug ago aou sie agu авг αυγ",
    "sep set wrz eyl сен σεπ",
    "oct okt ott out paz eki окт οκτ",
    "nov lis kas ноя νοε",
    "dec dez dic des gru ara дек δεκ",
)
_ROMAN = ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii")
_MONTH_OF = {
    stem: number for number, stems in enumerate(_MONTHS, start=1) for stem in stems.split()
}
_STEMS = "|".join(sorted(_MONTH_OF, key=len, reverse=True))
_NUMERALS = "|".join(sorted(_ROMAN, key=len, reverse=True))
_BETWEEN = r"(?:[^\w]|_|[年月日년월일]){1,3}"
_NEAR = r"(?:[^\w]|_|\b(?:de|del|di|of|den)\b){0,6}"
_NUMERIC = re.compile(rf"(?=(?<!\d)((\d{{1,4}}){_BETWEEN}(\d{{1,2}}){_BETWEEN}(\d{{1,4}})(?!\d)))")
_DAY_FIRST = re.compile(
    rf"(?=(?<!\d)((\d{{1,4}})(?:st|nd|rd|th|er)?{_NEAR}"
    rf"({_STEMS})[^\W\d_]{{0,12}}{_NEAR}(\d{{1,4}})(?!\d)))"
)
_MONTH_FIRST = re.compile(
    rf"(?=(?<![^\W\d_])(({_STEMS})[^\W\d_]{{0,12}}{_NEAR}(\d{{1,2}})(?:st|nd|rd|th)?{_NEAR}(\d{{2,4}})(?!\d)))"
)
_WITH_NUMERAL = re.compile(
    rf"(?=(?<!\d)((\d{{1,4}}){_BETWEEN}({_NUMERALS}){_BETWEEN}(\d{{1,4}})(?!\d)))"
)
_DIGITS = re.compile(r"\d{6,}")
_COMPACT = ((0, 4, 6, 8), (0, 2, 4, 8))  # year first, or last
_SHORT = (0, 2, 4, 6)
_ERAS = (-1867, -1911, -1925, -1988, -2018)  # Meiji, Taisho and Minguo, Showa, Heisei, Reiwa
_CENTURY = 100


def days_in(text: str, days: frozenset[Day]) -> Iterator[tuple[int, int]]:
    """Yield where one of some days stands in a text.

    Parameters
    ----------
    text
        After NFKC.
    """
    if not days or not any(char.isdigit() for char in text):
        return
    wanted = _written(days)
    plain = "".join(map(_plain, text))
    for start, end, numbers in _candidates(plain):
        if any(order in wanted for order in numbers):
            yield start, end


@lru_cache
def _written(days: frozenset[Day]) -> frozenset[Day]:
    return frozenset((year, m, d) for y, m, d in days for year in _years(y))


def _years(year: int) -> set[int]:
    """Return how a year may be written: in full, by its last digits, of another era."""
    written = {year, year % _CENTURY, year + 543}
    return written | {year + era for era in _ERAS if 0 < year + era < _CENTURY}


def _plain(char: str) -> str:
    """Return one small letter without accents, or one digit, for one character."""
    if char.isdigit():
        return str(unicodedata.digit(char))
    found = unicodedata.normalize("NFD", char.casefold())
    return found[0] if found else char


def _candidates(text: str) -> Iterator[tuple[int, int, list[Day]]]:
    for match in _NUMERIC.finditer(text):
        numbers = (int(match[2]), int(match[3]), int(match[4]))
        yield *match.span(1), [(y, m, d) for y, m, d in permutations(numbers)]
    for pattern in (_DAY_FIRST, _WITH_NUMERAL):
        for match in pattern.finditer(text):
            one, other = int(match[2]), int(match[4])
            month = _month(match[3])
            yield *match.span(1), [(one, month, other), (other, month, one)]
    for match in _MONTH_FIRST.finditer(text):
        yield *match.span(1), [(int(match[4]), _month(match[2]), int(match[3]))]
    for match in _DIGITS.finditer(text):
        yield from _compact(match)


def _month(word: str) -> int:
    return _MONTH_OF.get(word) or _ROMAN.index(word) + 1


def _compact(match: re.Match[str]) -> Iterator[tuple[int, int, list[Day]]]:
    """Yield the days that digits without any sign between them may be."""
    digits = match[0]
    forms = [(8, cut) for cut in _COMPACT]
    if len(digits) == _SHORT[-1]:
        forms.append((6, _SHORT))
    for length, (a, b, c, d) in forms:
        for start in range(len(digits) - length + 1):
            part = digits[start : start + length]
            numbers = (int(part[a:b]), int(part[b:c]), int(part[c:d]))
            first = match.start() + start
            yield first, first + length, [(y, m, d) for y, m, d in permutations(numbers)]
