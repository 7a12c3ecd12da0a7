import pytest

from ductdicom.language.lexicon import build_lexicon, phrase_tokens
from ductdicom.vocabulary.tables import Term

TERMS = (
    Term(phrase="før", role="before", language="da"),
    Term(phrase="för", role="future", language="sv"),
    Term(phrase="for", role="filler", language="en"),
    Term(phrase="for", role="harmless", language="common"),
    Term(phrase="acmeray*", role="agent.positive", language="common"),
)
LEXICON = build_lexicon(TERMS, examinations=("MRT",))


def roles(text):
    (phrase,) = LEXICON.scan(text).phrases
    return {role for role, _ in phrase.uses}


@pytest.mark.parametrize(
    ("phrase", "tokens"),
    [
        pytest.param("nach km", ("nach", "km"), id="words"),
        pytest.param("breast ductogra*", ("breast", "ductogra*"), id="a stem"),
        pytest.param("造影*", ("造", "影*"), id="a stem without spaces"),
        pytest.param("w/o km", ("w", "/", "o", "km"), id="a sign that means something"),
        pytest.param("re-scout", ("re", "scout"), id="a dash between words"),
        pytest.param("-c", ("-", "c"), id="a dash at the edge"),
        pytest.param(".*", (), id="a mark behind no word"),
        pytest.param("*", (), id="a mark alone"),
    ],
)
def test_a_phrase_is_split_as_texts_are(phrase, tokens):
    assert phrase_tokens(phrase) == tokens


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("før", {"before", "harmless"}, id="with the mark of one language"),
        pytest.param("FÖR", {"future", "harmless"}, id="of another, in capitals"),
        pytest.param("for", {"before", "future", "filler", "harmless"}, id="without a mark"),
        pytest.param("fòr", {"before", "future", "filler", "harmless"}, id="with a mark of none"),
    ],
)
def test_a_word_with_its_marks_is_of_the_languages_that_write_it_so(text, found):
    assert roles(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("Acmerayu", {"agent.positive"}, id="an ending"),
        pytest.param("AcmerayMRT", set(), id="another examination"),
        pytest.param("Acmerayallergy", {"agent.positive", "compound"}, id="another word"),
    ],
)
def test_behind_an_agents_name_stands_an_ending_or_nothing(text, found):
    assert roles(text) == found
