"""A table of phrases kept beside the repository, each with what it must be taken for."""

from pathlib import Path

import pytest
from builders import conclude, make_visit, phases

TABLE = Path(__file__).resolve().parents[4] / "shared" / "cases" / "phrases.tsv"
LEAST = 0.9  # of what says before or after, alone or as the label of one half

pytestmark = pytest.mark.skipif(not TABLE.is_file(), reason="no table beside the repository")


def _lines():
    for line in TABLE.read_text(encoding="utf-8").splitlines():
        expected, is_phrase, text = line.partition("\t")
        if is_phrase and not line.startswith("#"):
            yield expected, text


def _phases(*comments):
    """Return the phases of a ductogram's images with these comments, ten minutes apart."""
    visit = make_visit(
        *(
            {"at": f"09:{10 * n:02}", "study_text": "DUCTOGRAM", "comment": comment}
            for n, comment in enumerate(comments)
        )
    )
    return phases(conclude(*visit))


def _is_understood(expected, text):
    if _phases(text) == [expected]:
        return True
    half = [text, None] if expected == "pre" else [None, text]
    return _phases(*half)[half.index(text)] == expected


def test_what_says_no_phase_asserts_none():
    asserted = [
        text
        for expected, text in _lines()
        if expected == "none" and _phases(text)[0] in {"pre", "post"}
    ]

    assert not asserted


def test_nearly_all_that_says_a_phase_is_understood():
    wanted = [(expected, text) for expected, text in _lines() if expected != "none"]
    missed = [text for expected, text in wanted if not _is_understood(expected, text)]

    assert len(missed) <= (1 - LEAST) * len(wanted), missed


def test_no_phrase_is_taken_for_its_opposite():
    opposite = {"pre": "post", "post": "pre"}
    swapped = [
        text
        for expected, text in _lines()
        if expected in opposite and _phases(text) == [opposite[expected]]
    ]

    assert not swapped
