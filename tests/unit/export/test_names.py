import pytest
from hypothesis import given
from hypothesis import strategies as st

from ductdicom.export.names import safe_component


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("A-1.b_2", "A-1.b_2", id="safe already"),
        pytest.param("Müller", "Muller", id="accents"),
        pytest.param("../../etc/passwd", "etc_passwd", id="no way up"),
        pytest.param("a:b\\c|d", "a_b_c_d", id="signs of other systems"),
        pytest.param("CON", "CON_", id="a device of Windows"),
        pytest.param("nul.txt", "nul.txt_", id="a device with a suffix"),
        pytest.param("", "unnamed", id="nothing"),
        pytest.param("造影", "unnamed", id="nothing left"),
        pytest.param("x" * 200, "x" * 80, id="too long"),
    ],
)
def test_safe_component(text, expected):
    assert safe_component(text) == expected


@given(st.text())
def test_any_text_becomes_one_harmless_component(text):
    name = safe_component(text)

    assert 0 < len(name) <= 81
    assert name.isascii()
    assert name[0] not in ".-"
    assert name[-1] not in ". "
    assert not set(name) & set('/\\:*?"<>| \0')
    assert safe_component(name) == name
