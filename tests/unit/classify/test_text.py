import tomllib
from pathlib import Path

import pytest

from ductdicom.classify.text import TextPhase, read_text
from ductdicom.model.call import Laterality, ViewGroup
from ductdicom.vocabulary.terms import load_vocabulary

VOCABULARY = load_vocabulary()
TABLES = tomllib.loads((Path(__file__).parent / "phrases.toml").read_text(encoding="utf-8"))
CASES = [
    pytest.param(*case, id=f"{name}: {case[0]}")
    for name, table in TABLES.items()
    for case in table["cases"]
]


def read(text, **context):
    return read_text(text, VOCABULARY, **context)


@pytest.mark.parametrize(("text", "names_it", "phase"), CASES)
def test_phrase_reads_as_its_language_means_it(text, names_it, phase):
    reading = read(text)

    found = reading.phase + "?" * reading.is_weak
    assert (found, "y" if reading.is_ductography else "n") == (phase, names_it), reading.words
