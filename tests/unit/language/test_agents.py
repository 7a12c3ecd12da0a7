import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ductdicom.language.agents import (
    AgentClass,
    may_be_agent,
    names_something,
    read_agent,
    read_route,
    typed_volume_ml,
)
from ductdicom.vocabulary.terms import load_vocabulary

VOCABULARY = load_vocabulary()

BY_CLASS = {
    AgentClass(name): values
    for name, values in tomllib.loads(
        (Path(__file__).parent / "agents.toml").read_text(encoding="utf-8")
    ).items()
}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param(value, found, id=f"{found}: {value!r}")
        for found, values in BY_CLASS.items()
        for value in values
    ],
)
def test_agent_text_has_one_class(value, expected):
    assert read_agent(value, VOCABULARY) is expected


@pytest.mark.parametrize(
    ("value", "route"),
    [
        ("INTRADUCTAL", "intraductal"),
        ("intra-ductal", "intraductal"),
        ("DUCT", "intraductal"),
        ("Ductal", "intraductal"),
        ("LOCAL", "intraductal"),
        ("INTRALUMINAL", "intraductal"),
        ("Intraluminal route", "intraductal"),
        ("voie galactophore", "intraductal"),
        ("GALACTOPHORIQUE", "intraductal"),
        ("Milchgang", "intraductal"),
        ("乳管内", "intraductal"),
        ("внутрипротоковый", "intraductal"),
        ("IV", "intravenous"),
        ("I.V.", "intravenous"),
        ("INTRAVENOUS", "intravenous"),
        ("Intravenous route", "intravenous"),
        ("Venous", "intravenous"),
        ("intraveineuse", "intravenous"),
        ("ENDOVENOSA", "intravenous"),
        ("внутривенно", "intravenous"),
        ("静脉", "intravenous"),
        ("", None),
        ("ORAL", None),
        ("UNKNOWN", None),
        ("PERCUTANEOUS", None),
        ("IV / INTRADUCTAL", None),
        ("CONDUCT", None),
    ],
)
def test_route_text_names_one_way_or_none(value, route):
    assert read_route(value, VOCABULARY) == route


@given(st.text(max_size=80))
def test_any_agent_text_can_be_read(value):
    assert read_agent(value, VOCABULARY) in AgentClass
    assert read_route(value, VOCABULARY) in ("intraductal", "intravenous", None)


@given(st.sampled_from([v for values in BY_CLASS.values() for v in values]))
def test_case_and_blanks_do_not_matter(value):
    assert read_agent(f"  {value.upper()}  ", VOCABULARY) is read_agent(value, VOCABULARY)


@pytest.mark.parametrize(
    ("value", "may_be"),
    [
        pytest.param("Omnipaque", True, id="a known agent"),
        pytest.param("contrast", True, id="contrast as such"),
        pytest.param("0.5 ml", True, id="a volume"),
        pytest.param("Zorvalex 300", True, id="an unknown word with a number"),
        pytest.param("Unilux 300", True, id="a word from memory with a number"),
        pytest.param("Unilux", False, id="a word from memory alone"),
        pytest.param("Zorvalex", False, id="an unknown word alone"),
        pytest.param("Zorvalex Plus 300", False, id="two unknown words"),
        pytest.param("Zorvalex 300 mg/ml", True, id="with its unit"),
        pytest.param("Zorvalex 2", False, id="a number that is no brand's"),
        pytest.param("Zorvalex 300 mm", False, id="a length"),
        pytest.param("Zorvalex 300?", False, id="a question"),
        pytest.param("ROOM 300", False, id="a room"),
        pytest.param("batch 300", False, id="a lot"),
        pytest.param("cannula 30G", False, id="a needle"),
        pytest.param("Omnipaque refused", False, id="an agent beside a word unknown"),
        pytest.param("UltravistMRT", False, id="an agent glued to an examination"),
        pytest.param("Ultravistallergie 300", False, id="a compound of an agent"),
        pytest.param("Lidocaine 1 ml", False, id="another substance"),
        pytest.param("", False, id="nothing"),
    ],
)
def test_what_can_only_be_an_agents_name_may_be_one(value, may_be):
    assert may_be_agent(value, VOCABULARY) is may_be


@pytest.mark.parametrize(
    ("value", "volume_ml"),
    [
        pytest.param("Omnipaque 350 100ml", 100.0, id="a vial's"),
        pytest.param("0,3 ml Ultravist 300", 0.3, id="a duct's"),
        pytest.param("OMNIPAQUE 240MG/ML, 50ML BOTTLE", 50.0, id="beside a strength"),
        pytest.param("0.2 cc + 0.3 cc", 0.3, id="the largest of two"),
        pytest.param("Omnipaque 300", 0.0, id="none"),
    ],
)
def test_a_volume_typed_with_the_agent_is_found(value, volume_ml):
    assert typed_volume_ml(value, VOCABULARY) == volume_ml


@pytest.mark.parametrize(
    ("value", "names"),
    [
        pytest.param("iohexol", True, id="an agent"),
        pytest.param("contrast", True, id="contrast as such"),
        pytest.param("water", True, id="another substance"),
        pytest.param("REMOVED", True, id="something that was taken out"),
        pytest.param("xyz", True, id="a word that nobody knows"),
        pytest.param("unknown agent xyz", True, id="more than unknown"),
        pytest.param("unknown", False, id="unknown"),
        pytest.param("N/A", False, id="not applicable"),
        pytest.param("none", False, id="a denial"),
        pytest.param("contrast not given", False, id="a denial of contrast"),
        pytest.param("--", False, id="signs"),
        pytest.param("", False, id="nothing"),
    ],
)
def test_a_field_names_something_unless_it_is_blank_or_a_denial(value, names):
    assert names_something(value, VOCABULARY) is names
