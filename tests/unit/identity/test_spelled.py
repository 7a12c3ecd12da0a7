"""A text is spelled the same, whether word by word, as ASCII allows, or letter by letter."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ductdicom.identity.spelled import spell, spell_letters

SPELLED_ALIKE = st.text(alphabet="aAbBeEoOuUyYjJhHpPsS019 ._-/^'", max_size=14)


def as_values(spellings):
    return [
        (one.source, one.text, list(one.starts), list(one.ends), list(one.cuts))
        for one in spellings
    ]


@given(SPELLED_ALIKE)
def test_words_of_ascii_are_spelled_as_their_letters_are(text):
    assert as_values(spell(text)) == as_values(spell_letters(text))


@pytest.mark.parametrize(
    ("text", "plain", "sound"),
    [
        pytest.param("Müller", "muller", "muler", id="an umlaut, and a doubled letter"),
        pytest.param("Mueller-Yoder", "muelleryoder", "mulerioder", id="letters of one sound"),
        pytest.param("KMSmith 12", "kmsmith12", "kmsmith12", id="no sign between the words"),
        pytest.param("", "", "", id="nothing"),
    ],
)
def test_a_text_is_compared_without_what_languages_write_each_in_its_own_way(text, plain, sound):
    spelled = spell(text)
    assert (spelled.plain.text, spelled.sound.text) == (plain, sound)
