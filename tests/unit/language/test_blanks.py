"""Fields of a form that stand open say nothing for sure."""

import pytest

from ductdicom.language.text import read_text
from ductdicom.vocabulary.terms import load_vocabulary

VOCABULARY = load_vocabulary()


@pytest.mark.parametrize(
    ("text", "is_open"),
    [
        pytest.param("filled", False, id="a word"),
        pytest.param("filled ✓", False, id="a tick behind it"),
        pytest.param("☐ filled", True, id="a box before it"),
        pytest.param("filled ☐", True, id="a box behind it"),
        pytest.param("filled ☐ L CC", True, id="a box between it and the view"),
        pytest.param("[ ] filled L CC", True, id="brackets before it"),
        pytest.param("filled L CC", False, id="a view behind it"),
        pytest.param("filled: CC", True, id="a view in place of an answer"),
        pytest.param("filled: left CC", True, id="a side in place of it"),
        pytest.param("filled: L CC", True, id="a letter for the side"),
        pytest.param("filled: R", True, id="the letter alone"),
        pytest.param("filled: 0.5 ml", False, id="an answer"),
    ],
)
def test_a_word_beside_an_empty_box_is_a_field_left_open(text, is_open):
    assert read_text(text, VOCABULARY, ductography_context=True).is_weak is is_open
