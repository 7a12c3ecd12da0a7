"""Which words of a text may name a side, however short."""

import pytest

from ductdicom.language.side import name_sides
from ductdicom.language.text import read_text
from ductdicom.model.call import Laterality
from ductdicom.vocabulary.terms import load_vocabulary

VOCABULARY = load_vocabulary()
LEFT, RIGHT = Laterality.LEFT, Laterality.RIGHT


@pytest.mark.parametrize(
    ("text", "sides"),
    [
        pytest.param("right not injected", {0: RIGHT}, id="a word"),
        pytest.param("R not injected", {0: RIGHT}, id="a letter"),
        pytest.param("R post, L pre", {0: RIGHT, 3: LEFT}, id="two letters"),
        pytest.param("CC dx", {1: RIGHT}, id="a short word"),
        pytest.param("rolled L CC", {}, id="rolled to lateral"),
        pytest.param("L rolled CC", {0: LEFT}, id="a letter before the rolled view"),
        pytest.param("300 mg/L", {}, id="a litre"),
        pytest.param("R2D", {}, id="a room's name"),
    ],
)
def test_what_may_name_a_side_stands_by_its_place(text, sides):
    phrases = [word.phrase for word in read_text(text, VOCABULARY).parts]

    assert name_sides(phrases) == sides
