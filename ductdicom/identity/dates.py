"""Days in a text, in the orders, signs, words and calendars that people use. Heuristic."""

import re
import tomllib
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from functools import lru_cache
from importlib.resources import files
from itertools import permutations, product, starmap
from typing import NamedTuple

Day = tuple[int, int, int]
"""Year, month and day."""

_ROMAN = ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii")
# What may stand between the parts of a date, and says nothing of it.
_FILLERS = frozenset(
    {
        *("年", "月", "日", "년", "월", "일", "thang", "thg", "nam", "ngay", "ค.ศ", "พ.ศ", "gada"),
        *("st", "nd", "rd", "th", "er", "de", "del", "di", "of", "den", "the", "ko", "roku", "god"),
    }
)
_NUMERALS = "〇一二三四五六七八九"
_SIGNS = frozenset(f"零元十{_NUMERALS}")
_OF_ONE_SIGN = _SIGNS | {"i", "v", "x"}
_LETTER = rf"[^\W\d_年月日년월일零元十{_NUMERALS}]"
_BEHIND_WORD = re.compile(r"(?<=[a-z]{2})(?=[0-9])")
_TOKEN = re.compile(
    rf"\d+|[零元十{_NUMERALS}]+(?=[年月日])|[年月日년월일]|"
    r"[\u0e00-\u0e7f]+[.][\u0e00-\u0e7f]+|"
    rf"{_LETTER}(?:{_LETTER}|[\u0300-\u036f\u0900-\u0dff\u0e00-\u0eff])*"
)
_RUN = re.compile(r"\d(?:[\W_]{0,2}\d){5,}")
_OF_WEEK = re.compile(r"(\d{4})[\W_]{0,2}w[\W_]{0,2}(\d{2})[\W_]{0,2}([1-7])(?!\d)")
_YEAR_AND_DAY = re.compile(r"(?<!\d)(\d{2})(\d{3})(?!\d)")
_NATIONAL = re.compile(
    r"(?<!\d)(\d{6,})(?:[-+/]?[a-fu-y]?\d{3,7}(?!\d)| \d{4,7}(?!\d))?(?:[a-z](?![^\W_]))?"
)
_MONTHS_MORE = (0, 20, 40, 50, 70, 80)  # by sex and century, as in Czechia, Poland, Bulgaria
_DAYS_MORE = (0, 40, 60)  # by sex and status, as in Norway and Sweden
_LEAST_NATIONAL = 9  # digits
_LEAST_BEHIND_SIGN = 11  # digits of one with a sign for sex and century before the date
_CENTURIES = (1900, 2000)  # of years with two digits
_LONGEST_GAP = 9  # characters between two parts, with words that say nothing
_LONGEST_YEAR = 4  # digits
_CUTS = ((0, 4, 6, 8), (0, 2, 4, 8))  # year first, or last
_SHORT = (0, 2, 4, 6)
_LONG = 8
_MOST_DAYS = 31
_MOST_MONTHS = 12
_ORDINAL_DIGITS = 3  # of a day that is counted from the first of January
_ERAS = (-1867, -1911, -1925, -1988, -2018)  # Meiji, Taisho and Minguo, Showa, Heisei, Reiwa
_MINGUO = -1911
_BUDDHIST = 543
_CENTURY = 100
_LEAST_STEM = 2  # letters
_REMEMBERED = 8192
_HANGUL = ("\uac00", "\ud7a3")
_HEBREW_IN = "ב"
_PERSIAN_EPOCH = date(622, 3, 21)
_PERSIAN_HALF = 186  # days of the six months of 31


class _Part(NamedTuple):
    """A number of a date, or a word that may name months, and where it stands."""

    start: int
    end: int
    number: int = -1
    months: tuple[int, ...] = ()


def days_in(text: str, days: frozenset[Day]) -> Iterator[tuple[int, int]]:
    """Yield where one of some days stands in a text.

    Parameters
    ----------
    text
        After NFKC.
    """
    if not days or not any(map(str.isnumeric, text)):
        return
    wanted = _written(days)
    for start, end, orders in _all_days(text):
        if not wanted.isdisjoint(orders):
            yield start, end


def birth_numbers_in(text: str, births: frozenset[Day]) -> Iterator[tuple[int, int]]:
    """Yield where national numbers stand that are made of a day of birth and further digits.

    Parameters
    ----------
    text
        After NFKC.
    """
    if not births or not any(map(str.isdigit, text)):
        return
    wanted = _in_numbers(births)
    for match in _NATIONAL.finditer(_plain(text)):
        digits = match[1]
        if sum(map(str.isdigit, match[0])) < _LEAST_NATIONAL:
            continue
        short = (0, 1) if len(digits) >= _LEAST_BEHIND_SIGN else (0,)
        parts = [digits[start : start + _SHORT[-1]] for start in short]
        parts += [digits[start : start + _LONG] for start in range(len(digits) - _LONG + 1)]
        if not wanted.isdisjoint(parts):
            yield match.span()


@lru_cache
def _in_numbers(births: frozenset[Day]) -> frozenset[str]:
    """Return the digits that days of birth are in national numbers."""
    found = set()
    for year, m, d in births:
        for more_months, more_days in product(_MONTHS_MORE, _DAYS_MORE):
            month, day = f"{m + more_months:02}", f"{d + more_days:02}"
            for written in (f"{year:04}", f"{year % _CENTURY:02}"):
                found |= {written + month + day, day + month + written, month + day + written}
    return frozenset(found)


@lru_cache
def _written(days: frozenset[Day]) -> frozenset[Day]:
    """Return the days as they may be written, by our calendar and that of Iran."""
    ours = ((written, m, d) for y, m, d in days for written in _years(y))
    persian = (_persian(day) for day in starmap(date, days) if day >= _PERSIAN_EPOCH)
    return frozenset((*ours, *((y, m, d) for full, m, d in persian for y in (full, full % 100))))


def _years(year: int) -> set[int]:
    """Return how a year may be written: in full, by its last digits, of another era."""
    eras = {year + era for era in _ERAS if 0 < year + era < _CENTURY}
    return {year, year % _CENTURY, year + _BUDDHIST, year + _MINGUO, *eras}


def _persian(day: date) -> Day:
    """Return a day by the solar calendar of Iran, whose leap years return after 33 years."""
    passed = (day - _PERSIAN_EPOCH).days
    year = (33 * passed + 3) // 12053 + 1
    while (first := 365 * (year - 1) + (8 * year + 21) // 33) > passed:
        year -= 1
    number = passed - first
    if number < _PERSIAN_HALF:
        return year, number // 31 + 1, number % 31 + 1
    number -= _PERSIAN_HALF
    return year, number // 30 + 7, number % 30 + 1


def _plain(text: str) -> str:
    """Return one small letter without accents, or one digit, for each character."""
    return text.lower() if text.isascii() else "".join(map(_plain_char, text))


def _plain_char(char: str) -> str:
    if char.isdigit():
        return str(unicodedata.digit(char))
    if _HANGUL[0] <= char <= _HANGUL[1]:
        return char
    found = unicodedata.normalize("NFD", char.casefold())
    return found[0] if found else char


def _all_days(text: str) -> Iterator[tuple[int, int, frozenset[Day]]]:
    """Yield the days that a text may name, whoever they matter to, and where they stand.

    A number behind a word that belongs to no date has nothing to do with what stands before, so
    that a folder is gone through once for all its files.
    """
    begun, stretch = 0, ""
    *pieces, last = _BEHIND_WORD.split(_plain(text))
    for piece in pieces:
        stretch += piece
        days, is_closed = _in_stretch(stretch)
        if is_closed:
            yield from ((begun + start, begun + end, orders) for start, end, orders in days)
            begun, stretch = begun + len(stretch), ""
    days, _ = _in_stretch(stretch + last)
    yield from ((begun + start, begun + end, orders) for start, end, orders in days)


@lru_cache(maxsize=_REMEMBERED)
def _in_stretch(text: str) -> tuple[tuple[tuple[int, int, frozenset[Day]], ...], bool]:
    """Return the days of a stretch, and whether it ends with a word that belongs to none."""
    parts = _parts(text)
    found = _candidates(text, parts)
    days = tuple((start, end, frozenset(orders)) for start, end, orders in found if orders)
    last = parts[-1] if parts else _Part(0, 0)
    return days, last.end == len(text) and not last.months


def _candidates(text: str, parts: Sequence[_Part]) -> Iterator[tuple[int, int, list[Day]]]:
    for place in range(len(parts) - 1):
        near = _near(parts[place : place + 3])
        numbers = [part.number for part in near]
        if len(near) == 3 and -1 not in numbers:  # noqa: PLR2004
            yield near[0].start, near[2].end, _in_any_order(numbers)
        elif len(near) == 3 and numbers.count(-1) == 1:  # noqa: PLR2004
            yield near[0].start, near[2].end, _with_month(near)
        if len(near) > 1:
            yield near[0].start, near[1].end, _ordinal(*numbers[:2])
            yield near[0].start, near[1].end, _with_short_year(near[:2])
    for match in _OF_WEEK.finditer(text):
        yield *match.span(), _of_week(*map(int, match.groups()))
    for match in _YEAR_AND_DAY.finditer(text):
        years = (century + int(match[1]) for century in _CENTURIES)
        yield *match.span(), [day for year in years for day in _ordinal(year, int(match[2]))]
    for match in _RUN.finditer(text):
        yield from _compact(match)


def _in_any_order(numbers: Sequence[int]) -> list[Day]:
    """Return the days that three numbers may be; most are none, as no two are a month and a day."""
    small = [number for number in numbers if 0 < number <= _MOST_DAYS]
    if len(small) < 2 or min(small) > _MOST_MONTHS:  # noqa: PLR2004
        return []
    return [(y, m, d) for y, m, d in permutations(numbers)]


def _near(parts: Sequence[_Part]) -> Sequence[_Part]:
    """Return the parts that follow one another closely."""
    for number in range(1, len(parts)):
        if parts[number].start - parts[number - 1].end > _LONGEST_GAP:
            return parts[:number]
    return parts


def _with_month(parts: Sequence[_Part]) -> list[Day]:
    """Return the days that two numbers and the name of a month may be."""
    one, other = (part.number for part in parts if part.number >= 0)
    months = next(part.months for part in parts if part.number < 0)
    return [day for m in months for day in ((one, m, other), (other, m, one))]


def _with_short_year(parts: Sequence[_Part]) -> list[Day]:
    """Return the days that a month and the digits of a day and a year behind it may be."""
    month, both = parts
    if not month.months or both.end - both.start != _LONGEST_YEAR or both.number < 0:
        return []
    one, other = divmod(both.number, _CENTURY)
    return _with_month((month, _Part(0, 0, number=one), _Part(0, 0, number=other)))


def _of_week(year: int, week: int, weekday: int) -> list[Day]:
    """Return the day of a week of a year (ISO 8601)."""
    try:
        day = date.fromisocalendar(year, week, weekday)
    except ValueError:
        return []
    return [(day.year, day.month, day.day)]


def _ordinal(year: int, number: int) -> list[Day]:
    """Return the day that stands at a place of a year."""
    if not (_CENTURY < year < date.max.year and 0 < number <= 366):  # noqa: PLR2004
        return []
    day = date(year, 1, 1) + timedelta(number - 1)
    return [(day.year, day.month, day.day)]


def _parts(text: str) -> list[_Part]:
    """Return what may be parts of a date, without fillers; other words part them."""
    found: list[_Part] = []
    last = ""
    for match in _TOKEN.finditer(text):
        word = match[0]
        if word in _FILLERS or (len(word) == 1 and word.isalpha() and word not in _OF_ONE_SIGN):
            continue
        if word[0].isdigit():
            number = int(word) if len(word) <= _LONGEST_YEAR else -1
            found.append(_Part(*match.span(), number=number))
        elif word[0] in _SIGNS:
            found.append(_Part(*match.span(), number=_number_of(word)))
        elif last and (both := _months_of(last + word, least=len(last) + 1)):
            found[-1] = _Part(found[-1].start, match.end(), months=both)
        else:
            found.append(_Part(*match.span(), months=_months_of(word)))
        last = word if word.isalpha() and len(found[-1].months) == 0 else ""
    return found


def _number_of(word: str) -> int:
    """Return a number in Chinese numerals, in tens or digit by digit."""
    digits = word.replace("零", "〇").replace("元", "一")
    if "十" not in digits:
        return int("".join(str(_NUMERALS.index(char)) for char in digits[:_LONGEST_YEAR]))
    tens, _, ones = digits.partition("十")
    return 10 * (_number_of(tens) if tens else 1) + (_number_of(ones) if ones else 0)


@lru_cache(maxsize=_REMEMBERED)
def _months_of(word: str, least: int = _LEAST_STEM) -> tuple[int, ...]:
    """Return the months that a word may name by its beginning, in any language."""
    stems = _stems()
    if word in _ROMAN:
        return (_ROMAN.index(word) + 1,)
    for length in range(len(word), least - 1, -1):
        if word[:length] in stems:
            return stems[word[:length]]
    return _months_of(word[1:]) if word.startswith(_HEBREW_IN) else ()


@lru_cache(maxsize=1)
def _stems() -> Mapping[str, tuple[int, ...]]:
    """Return what the names of months begin with, and which they may be."""
    languages = tomllib.loads(files(__package__).joinpath("months.toml").read_text("utf-8"))
    found: dict[str, tuple[int, ...]] = {}
    for months in languages.values():
        for number, stems in enumerate(months, start=1):
            for stem in stems.split():
                plain = _plain(stem)
                found[plain] = (*found.get(plain, ()), number)
    return found


def _compact(match: re.Match[str]) -> Iterator[tuple[int, int, list[Day]]]:
    """Yield the days that digits may be which nothing, or anything, parts."""
    places = [match.start() + n for n, char in enumerate(match[0]) if char.isdigit()]
    digits = "".join(filter(str.isdigit, match[0]))
    if len(digits) == _LONGEST_YEAR + _ORDINAL_DIGITS:
        day = _ordinal(int(digits[:_LONGEST_YEAR]), int(digits[_LONGEST_YEAR:]))
        yield *match.span(), day
    for a, b, c, length in (*_CUTS, _SHORT):
        last = len(digits) - length
        # In the midst of many digits six are a day's by chance.
        for start in {0, last} if length == _SHORT[-1] else range(last + 1):
            part = digits[start : start + length]
            numbers = (int(part[a:b]), int(part[b:c]), int(part[c:]))
            yield places[start], places[start + length - 1] + 1, _in_any_order(numbers)
