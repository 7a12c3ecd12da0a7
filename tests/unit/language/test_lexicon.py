import pytest

from ductdicom.language.lexicon import phrase_tokens


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
