import pytest

from ductdicom.language.text import read_text
from ductdicom.vocabulary.terms import load_vocabulary

VOCABULARY = load_vocabulary()


def is_repeat(text):
    return read_text(text, VOCABULARY, ductography_context=True).is_repeat


@pytest.mark.parametrize(
    "text",
    [
        "refill",
        "contrast again",
        "another 0.5 ml",
        "0.3 ml more",
        "+0.3 ml",
        "0.5 + 0.3 ml",
        "2nd contrast",
        "contrast 2nd",
        "2. KM",
        "KM II",
        "KM die zweite",
        "KM Nr. 2",
        "erneut injiziert",
        "encore contraste",
        "ancora mdc",
        "nog een injectie",
        "ещё контраст",
        "még kontraszt",
        "2-я инъекция",
        "第二次注射前",
        "ikinci enjeksiyon öncesi",
        "repeat after injection",
    ],
)
def test_a_text_may_name_a_filling_that_is_not_the_first(text):
    assert is_repeat(text)


@pytest.mark.parametrize(
    "text",
    [
        "post contrast",
        "1st injection",
        "1. KM",
        "0.5 ml contrast",
        "+ contrast",
        "noch kein KM",
        "kontrast ešte nebol podaný",
        "non è stato ancora iniettato",
        "repeat CC",
        "additional views post contrast",
        "2nd view post contrast",
        "KM 12.3.2026",
        "POST CONTRAST 2",
    ],
)
def test_what_counts_something_else_names_none(text):
    assert not is_repeat(text)


@pytest.mark.parametrize(
    ("text", "may_be"),
    [
        pytest.param("KM 2", True, id="a second contrast, or 2 ml"),
        pytest.param("contrast #2", True, id="with a sign"),
        pytest.param("n° 2 contraste", True, id="a number before"),
        pytest.param("after 2 injections", True, id="a number of injections"),
        pytest.param("after 1 injection", False, id="a single one"),
        pytest.param("after 2 ml contrast", False, id="a volume between"),
        pytest.param("KM 1", False, id="the first"),
        pytest.param("KM 2 ml", False, id="a volume"),
        pytest.param("KM 2 Ebenen", False, id="two planes"),
        pytest.param("KM 3/2026", False, id="a date"),
        pytest.param("KM 300", False, id="a strength"),
        pytest.param("contrast 2D", False, id="a letter behind"),
        pytest.param("Isovue 2", False, id="a number of an agent"),
        pytest.param("POST 2", False, id="a number of the image"),
        pytest.param("PRE CONTRAST 2", False, id="of a scout, which is none"),
    ],
)
def test_a_bare_number_behind_contrast_may_count_a_later_filling(text, may_be):
    reading = read_text(text, VOCABULARY, ductography_context=True)

    assert reading.may_be_later is may_be
