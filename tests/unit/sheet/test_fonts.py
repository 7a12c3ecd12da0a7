import pytest
from hypothesis import given
from hypothesis import strategies as st

from ductdicom.sheet.fonts import drawable, fit, font_face, text_width, wrap


@given(st.text())
def test_a_drawable_text_has_no_character_that_the_typeface_lacks(text):
    drawn = drawable(text)

    for is_bold in (False, True):
        widths = font_face(is_bold=is_bold).widths
        assert all(ord(char) in widths for char in drawn)
    assert "\n" not in drawn


@given(st.text())
def test_a_drawable_text_stays_as_it_is(text):
    assert drawable(drawable(text)) == drawable(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("Müller", "Müller", id="Latin"),
        pytest.param("Ирина", "Ирина", id="Cyrillic"),
        pytest.param("乳管造影", None, id="Chinese is transliterated"),
        pytest.param(
            "by “造影前”, “IOHEXOL”",
            "by [transliterated: ZaoYingQian], “IOHEXOL”",
            id="a transliteration is no quotation",
        ),
        pytest.param("a\tb\nc", "a b c", id="white space"),
        pytest.param("a\x1b[31m\u202eb", "a[31mb", id="no control characters"),
    ],
)
def test_drawable(text, expected):
    drawn = drawable(text)

    assert drawn.strip()
    assert expected is None or drawn == expected


@given(st.text(max_size=60), st.floats(0, 600), st.booleans())
def test_a_fitted_text_is_no_wider_than_asked(text, width, is_bold):
    assert text_width(fit(text, width, 23, is_bold=is_bold), 23, is_bold=is_bold) <= width


def test_a_text_that_fits_is_not_shortened():
    assert fit("POST", 500, 23) == "POST"
    assert fit("POST POST POST", 100, 23).endswith("…")


@given(st.text(alphabet="ab ", max_size=80), st.integers(1, 4), st.floats(20, 300))
def test_wrapped_lines_fit_and_are_no_more_than_asked(text, most, width):
    lines = wrap(text, width, 23, most_lines=most)

    assert len(lines) <= most
    assert all(text_width(line, 23) <= width for line in lines)


@given(st.lists(st.text(alphabet="ab", min_size=1, max_size=4), max_size=9))
def test_wrapping_loses_no_word_where_there_is_room(words):
    lines = wrap(" ".join(words), 100, 23, most_lines=30)

    assert " ".join(lines).split() == words


@pytest.mark.parametrize("word", ["X" * 300, "1.2.840." * 20, "造影" * 40])
def test_a_word_wider_than_a_line_is_broken_and_nothing_of_it_lost(word):
    lines = wrap(f"at {word} end", 200, 20, most_lines=100)

    assert "".join(lines).replace(" ", "") == drawable(f"at{word}end")
    assert all(text_width(line, 20) <= 200 for line in lines)


def test_a_long_word_is_broken_at_a_hyphen():
    lines = wrap("contrast-mammogram", 150, 23, most_lines=3)

    assert lines == ["contrast-", "mammogram"]


def test_a_text_without_end_is_cut():
    lines = wrap("word " * 200_000, 500, 10, most_lines=100_000)

    assert sum(map(len, lines)) <= 4001
    assert lines[-1].endswith("…")
    assert fit("P" * 65_534, 100, 10).endswith("…")
