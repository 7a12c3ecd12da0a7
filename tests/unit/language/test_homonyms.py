"""Short words that mean different things: a side or not, a view or a volume."""

import pytest

from ductdicom.language.homonyms import NOTHING_SPOKEN
from ductdicom.language.phrases import TextPhase
from ductdicom.language.text import hear_texts, read_text
from ductdicom.model.call import Laterality
from ductdicom.vocabulary.terms import load_vocabulary

VOCABULARY = load_vocabulary()
LEFT, RIGHT = Laterality.LEFT, Laterality.RIGHT


def read(text, *elsewhere):
    """Read a text of a ductography whose other texts are these."""
    spoken = hear_texts(frozenset({text, *elsewhere}), VOCABULARY)
    return read_text(text, VOCABULARY, ductography_context=True, spoken=spoken)


@pytest.mark.parametrize(
    ("text", "elsewhere", "side"),
    [
        pytest.param("CC SIN", (), None, id="no word tells"),
        pytest.param("CC SIN", ("Galattografia",), LEFT, id="Italian elsewhere"),
        pytest.param("CC SIN", ("Galactografía izquierda",), None, id="Spanish elsewhere"),
        pytest.param("CC SIN", ("mammella", "mama izquierda"), None, id="both elsewhere"),
        pytest.param("CC SIN", ("CC DX",), LEFT, id="the other side's short word elsewhere"),
        pytest.param("CC DX", ("CC SIN",), RIGHT, id="and the other way round"),
        pytest.param("CC DX", ("DX MAMMO",), None, id="the same short word elsewhere"),
        pytest.param("CC DX", ("DX MAMMO sin contraste",), None, id="a Spanish without"),
        pytest.param("obliqua sin", (), LEFT, id="an Italian view beside"),
        pytest.param("mammella sin", (), LEFT, id="an Italian breast beside"),
        pytest.param("CC sin contraste", ("mammella",), None, id="a word beside outweighs"),
        pytest.param("CC re", ("Milchgang gefüllt",), RIGHT, id="German elsewhere"),
        pytest.param("CC b", ("tejcsatorna",), None, id="one letter needs its language beside"),
        pytest.param("MLO dr", ("sân stâng",), RIGHT, id="Romanian elsewhere"),
        pytest.param("Dr Popescu MLO", ("sân stâng",), None, id="a title before a name"),
        pytest.param("Dr. Popescu MLO", ("sân stâng",), None, id="with a full stop"),
        pytest.param("MLO ref dr", ("sân stâng",), None, id="who referred"),
        pytest.param("MLO by dr", ("sân stâng",), None, id="who did it"),
        pytest.param("nach der KM-Gabe", ("conducto",), None, id="a German article"),
        pytest.param("left DX", ("Galattografia",), LEFT, id="a word outweighs a short one"),
    ],
)
def test_a_short_word_is_a_side_where_its_language_is_spoken(text, elsewhere, side):
    assert read(text, *elsewhere).laterality is side


@pytest.mark.parametrize(
    ("text", "elsewhere", "is_doubtful"),
    [
        pytest.param("mammella dx", (), False, id="its language beside it"),
        pytest.param("mammella sin", (), True, id="a word of two languages"),
        pytest.param("CC dx", ("mammella",), True, id="its language elsewhere"),
        pytest.param("mammella destra", (), False, id="a word"),
        pytest.param("CC", (), False, id="no side"),
    ],
)
def test_a_side_is_doubtful_where_its_word_may_mean_something_else(text, elsewhere, is_doubtful):
    assert read(text, *elsewhere).is_side_doubtful is is_doubtful


@pytest.mark.parametrize(
    ("elsewhere", "phase"),
    [
        pytest.param((), TextPhase.NONE, id="nothing"),
        pytest.param(("mammella",), TextPhase.NONE, id="Italian"),
        pytest.param(("izquierda",), TextPhase.PRE, id="Spanish"),
    ],
)
def test_sin_is_without_where_spanish_is_spoken(elsewhere, phase):
    # Contr is short for a word of both languages.
    assert read("SIN CONTR", *elsewhere).phase is phase


@pytest.mark.parametrize(
    ("text", "phase"),
    [
        pytest.param("v. KM", TextPhase.PRE, id="a letter that is a word"),
        pytest.param("x/v KM", TextPhase.NONE, id="behind another letter"),
        pytest.param("v/x KM", TextPhase.NONE, id="before another letter"),
        pytest.param("R/後", TextPhase.POST, id="an ideograph is no letter"),
    ],
)
def test_a_letter_of_an_abbreviation_is_no_word(text, phase):
    assert read(text).phase is phase


@pytest.mark.parametrize(
    ("text", "elsewhere", "is_understood"),
    [
        pytest.param("CC KL", (), False, id="two letters that are contrast in Czech"),
        pytest.param("CC KL", ("vlevo",), True, id="in a Czech study"),
        pytest.param("CC KL", ("vpravo",), True, id="in one that may be Slovak"),
        pytest.param("CC KL", ("mammella",), False, id="in an Italian one"),
        pytest.param("po contrast", (), False, id="a Polish after, or by mouth"),
        pytest.param("po contrast", ("Galaktografia piers prawa",), True, id="in a Polish study"),
        pytest.param("PC", ("Galaktografia piers prawa",), False, id="French in a Polish study"),
    ],
)
def test_two_letters_count_in_the_language_of_the_study(text, elsewhere, is_understood):
    parts = read(text, *elsewhere).parts

    assert all(word.is_understood for word in parts) is is_understood


def test_texts_of_no_language_tell_none():
    assert hear_texts(frozenset({"L CC", "MLO 2", "contrast"}), VOCABULARY) == NOTHING_SPOKEN


@pytest.mark.parametrize(
    ("text", "elsewhere", "views"),
    [
        pytest.param("POST 1 CC", (), ("CC",), id="alone"),
        pytest.param("POST 1 CC", ("POST 2 CC",), (), id="another volume elsewhere"),
        pytest.param("POST 1 CC", ("POST 1 CC",), ("CC",), id="the same elsewhere"),
        pytest.param("POST 1 CC", ("POST 2 CC", "POST 3 MLO"), ("CC",), id="views are numbered"),
        pytest.param("POST 1 CC", ("PRE 2 CC",), ("CC",), id="a number before, too"),
        pytest.param("DUCT 1 CC", ("DUCT 2 CC",), ("CC",), id="numbers of ducts"),
        pytest.param("INJ 1 CC", ("INJ 2 CC",), ("CC",), id="numbers of injections"),
        pytest.param("1 CC DUCT", ("2 CC",), (), id="the duct stands behind a volume"),
        pytest.param("L CC POST 1 CC", ("POST 2 CC",), ("CC",), id="a view and a volume"),
        pytest.param("POST 1CC", (), (), id="glued"),
    ],
)
def test_cc_behind_numbers_that_differ_is_a_volume(text, elsewhere, views):
    assert read(text, *elsewhere).views == views
