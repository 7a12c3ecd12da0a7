"""Markers that stand behind their noun, or behind none."""

import pytest

from ductdicom.language.text import read_text
from ductdicom.vocabulary.terms import load_vocabulary

VOCABULARY = load_vocabulary()


@pytest.mark.parametrize(
    ("text", "phase"),
    [
        pytest.param("造影後", "post", id="behind its noun"),
        pytest.param("L CC 後", "post", id="alone, where it means nothing else"),
        pytest.param("öncesi", "pre?", id="alone, where it often does"),
        pytest.param("平片后", "none", id="behind the plain image"),
        pytest.param("乳管造影なし", "none", id="behind the procedure, which was not made"),
    ],
)
def test_a_marker_may_stand_behind_its_noun(text, phase):
    reading = read_text(text, VOCABULARY, ductography_context=True)

    assert reading.phase + "?" * reading.is_weak == phase
