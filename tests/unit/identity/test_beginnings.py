"""Most texts name nobody, and no quick look takes one for such that names somebody."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from ductdicom.identity.beginnings import may_stand_in, occurrences
from ductdicom.identity.dates import days_in
from ductdicom.identity.known import Identity, identify_codes, identify_days, identify_person
from ductdicom.identity.spelled import letters_of, spell

NAMES = ("Smith^Mary Ann", "Müller^Änne", "O'Hara^Eve", "Lee^Jo", "Bench^Number 12", "McCoy^Ty")
IDS = ("P0001234", "MRN77", "123456", "12.345.678")
PEOPLE = Identity.of_all((identify_person(NAMES, is_name=lambda _: True), identify_codes(IDS)))
PIECES = st.sampled_from(
    (
        *("smi", "Smith", "SMITH", "mary", "ann", "ma", "m?ller", "mueller", "Mueller", "hara"),
        *("o'", "l e e", "jo", "Lee", "bench", "number", "NUMB.", "1", "12", "34", "P000", "mrn"),
        *("77", "123", "456", "345", "-", " ", "/", "_", ".", "IM", "Anne", "mccoy", "McC", "Ty"),
    )
)
TEXTS = st.lists(PIECES, max_size=8).map("".join)
WORDS = st.frozensets(st.text("ab1", min_size=1, max_size=7), max_size=5)


@given(WORDS, st.text("ab1", max_size=12), st.integers(1, 5))
def test_a_text_that_holds_a_word_may_hold_it(words, text, letters):
    if any(True for _ in occurrences(words, text)):
        assert may_stand_in(words, text, letters)


def test_a_text_without_the_first_letters_of_any_word_holds_none():
    assert not may_stand_in(frozenset({"smith", "lee"}), "smihle")
    assert may_stand_in(frozenset({"smith"}), "asmita", 4)


def test_among_many_words_digits_tell_those_of_one_text_from_those_of_another():
    many = frozenset(f"a{number}" for number in range(1000, 2000))

    assert may_stand_in(many, "xa1234")
    assert not may_stand_in(many, "xa9234")
    assert not may_stand_in(many, "b1234")


@given(WORDS, st.text("ab1", max_size=12))
def test_each_word_is_found_wherever_it_stands(words, text):
    expected = {(w, n) for w in words for n in range(len(text)) if text.startswith(w, n)}

    assert set(occurrences(words, text)) == expected


@given(TEXTS)
def test_no_text_that_names_somebody_is_taken_for_one_that_cannot(text):
    named = list(PEOPLE._words_in(spell(text), lambda _: False))  # noqa: SLF001 - the long way
    numbered = list(PEOPLE._numbers(spell(text).plain))  # noqa: SLF001

    assert PEOPLE.mask(text) != text if named or numbered else PEOPLE.mask(text) == text


@given(st.text("aAeEoOuUhHkKpPyYjJiIwWmM09./_- ", max_size=16))
def test_letters_are_those_that_a_text_is_spelled_with(text):
    spelled = spell(text)

    assert letters_of(text) == (spelled.plain.text, spelled.sound.text)


DATES = st.lists(
    st.sampled_from(
        (
            *("7", "12", "31", "2026", "260107", "2026007", "000123", "jan", "nov", "ember", "1月"),
            *("w", "i", "th", "de", "im", "pat", "märz", "/", "-", " ", "  ", "IM", "st"),
        )
    ),
    max_size=9,
).map("".join)


@given(DATES)
def test_a_word_that_belongs_to_no_date_parts_a_number_from_what_stands_before(text):
    days = identify_days([date(2026, 1, 7)]).dates
    alone = [(start + 5, end + 5) for start, end in days_in(f"7{text}", days)]

    assert list(days_in(f"1/img7{text}", days)) == alone
