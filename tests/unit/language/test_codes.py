import pytest

from ductdicom.language.agents import AgentClass
from ductdicom.language.codes import (
    SPECIMEN,
    VIEW_GROUPS,
    agent_of,
    is_ductography,
    laterality_of,
    modifier_of,
    rejection_of,
    route_of,
    view_of,
)
from ductdicom.model.call import Laterality, ViewGroup
from ductdicom.model.instance import Code
from ductdicom.vocabulary.terms import load_vocabulary

BUILT_IN = load_vocabulary()


def make_code(value, scheme="SCT", meaning=""):
    return Code(tag="(0054,0220)", value=value, scheme=scheme, meaning=meaning)


@pytest.mark.parametrize(
    ("value", "scheme", "acronym", "group"),
    [
        ("399162004", "SCT", "CC", ViewGroup.CC),
        ("R-10242", "SRT", "CC", ViewGroup.CC),
        ("R-10242", "SNM3", "CC", ViewGroup.CC),
        ("R-10242", "99SDM", "CC", ViewGroup.CC),
        ("R-10242", "SNM", "CC", ViewGroup.CC),
        (" r-10242 ", "srt ", "CC", ViewGroup.CC),
        ("399196006", "SCT", "FB", ViewGroup.CC),
        ("R-1024A", "SRT", "XCCL", ViewGroup.CC),
        ("Y-X1770", "SRT", "XCCL", ViewGroup.CC),
        ("399101009", "SCT", "XCCM", ViewGroup.CC),
        ("R-102CF", "SRT", "XCC", ViewGroup.CC),
        ("399260004", "SCT", "ML", ViewGroup.LATERAL),
        ("399352003", "SCT", "LM", ViewGroup.LATERAL),
        ("399368009", "SCT", "MLO", ViewGroup.OBLIQUE),
        ("399099002", "SCT", "LMO", ViewGroup.OBLIQUE),
        ("399188001", "SCT", "SIO", ViewGroup.OBLIQUE),
        ("441555000", "SCT", "ISO", ViewGroup.OBLIQUE),
    ],
)
def test_view_is_known_under_every_scheme(value, scheme, acronym, group):
    assert view_of(make_code(value, scheme), BUILT_IN) == acronym
    assert VIEW_GROUPS[acronym] is group


@pytest.mark.parametrize("code", [("127457009", "SCT"), ("G-8310", "SNM3")])
def test_a_specimen_is_a_view_without_acronym(code):
    assert view_of(make_code(*code), BUILT_IN) == SPECIMEN


def test_a_known_code_outranks_its_meaning():
    assert view_of(make_code("399162004", meaning="incidence de face"), BUILT_IN) == "CC"
    assert view_of(make_code("399162004", meaning="medio-lateral oblique"), BUILT_IN) == "CC"


def test_a_code_of_another_scheme_is_not_the_same_code():
    assert view_of(make_code("399162004", "DCM"), BUILT_IN) is None
    assert view_of(make_code("R-10242", "SCT"), BUILT_IN) is None


@pytest.mark.parametrize(
    ("meaning", "acronym"),
    [
        ("Cranio-Caudal", "CC"),
        ("medio-lateral oblique", "MLO"),
        ("Medio-lateral", "ML"),
        ("MLO", "MLO"),
        ("caudo-cranial (from below)", "FB"),
        ("краниокаудальная", None),
        ("头尾位", "CC"),
    ],
)
def test_a_local_code_is_read_by_its_whole_meaning(meaning, acronym):
    assert view_of(make_code("V1", "99ACME", meaning), BUILT_IN) == acronym


@pytest.mark.parametrize("meaning", ["", "LATERAL", "GALACTOGRAM", "CC and MLO", "unknown"])
def test_a_local_code_with_no_view_in_its_meaning_is_unknown(meaning):
    assert view_of(make_code("V1", "99ACME", meaning), BUILT_IN) is None


def test_an_unknown_code_of_a_standard_scheme_is_not_guessed_from_its_meaning():
    assert view_of(make_code("1234567", "SCT", "cranio-caudal"), BUILT_IN) is None


@pytest.mark.parametrize(
    ("value", "scheme", "acronym"),
    [
        ("399163009", "SCT", "M"),
        ("R-102D6", "SNM3", "M"),
        ("399055006", "SCT", "S"),
        ("399209000", "SCT", "ID"),
        ("399161006", "SCT", "CV"),
        ("399011000", "SCT", "AT"),
        ("399197002", "SCT", "RL"),
        ("399226006", "SCT", "RM"),
        ("414493004", "SCT", "RI"),
        ("415670009", "SCT", "RS"),
        ("399110001", "SCT", "TAN"),
        ("442581004", "SCT", "NP"),
        ("P2-00161", "SRT", "AC"),
        ("442593008", "SCT", "IMF"),
        ("442580003", "SCT", "AX"),
        ("399162004", "SCT", None),
    ],
)
def test_modifier_acronyms(value, scheme, acronym):
    assert modifier_of(make_code(value, scheme), BUILT_IN) == acronym


@pytest.mark.parametrize(
    ("value", "scheme", "meaning", "expected"),
    [
        ("18102001", "SCT", "", True),
        ("P5-40060", "99SDM", "", True),
        ("111139", "DCM", "", True),
        ("77053", "C4", "", True),
        ("77054", "CPT4", "", True),
        ("19030", "CPT", "", True),
        ("87.35", "I9C", "", True),
        ("BH03YZZ", "ICD-10-PCS", "", True),
        ("BH00ZZZ", "ICD-10-PCS", "", False),
        ("3-136", "OPS", "", True),
        ("QEQH001", "CCAM", "Mammographie bilaterale", True),
        ("MG17", "99LOCAL", "Galaktographie rechts", True),
        ("MG17", "L", "DUCTOGRAM LT", True),
        ("MG18", "99LOCAL", "Mammographie", False),
        ("MG19", "99LOCAL", "Contrast mammography", False),
        ("77067", "CPT", "Screening mammography", False),
        ("80865008", "SCT", "", False),
        ("237380007", "SCT", "", False),
        ("111144", "DCM", "", False),
        ("44578009", "SCT", "", False),
        ("MG20", "99LOCAL", "Drahtmarkierung", False),
        ("162164007", "SCT", "", False),
    ],
)
def test_a_code_may_name_a_ductography(value, scheme, meaning, expected):
    assert is_ductography(make_code(value, scheme, meaning), BUILT_IN) is expected


@pytest.mark.parametrize(
    ("value", "scheme", "meaning", "agent"),
    [
        ("109218004", "SCT", "", AgentClass.AGENT),
        ("C-B0322", "SRT", "", AgentClass.AGENT),
        ("44588005", "SCT", "Iodine", AgentClass.AGENT),
        ("RID38696", "RADLEX", "", AgentClass.AGENT),
        ("7140000", "SCT", "Contrast agent", AgentClass.GENERIC_YES),
        ("15158005", "SCT", "Air", AgentClass.NON_OPAQUE),
        ("31811003", "SCT", "", AgentClass.NON_OPAQUE),
        ("11713004", "SCT", "", AgentClass.NON_OPAQUE),
        ("43538006", "SCT", "", AgentClass.NON_OPAQUE),
        ("768763008", "SCT", "", AgentClass.GADOLINIUM),
        ("A1", "99ACME", "Iomeprol 300", AgentClass.AGENT),
        ("A1", "99ACME", "Kontrastmittel", AgentClass.GENERIC_YES),
        ("A1", "99ACME", "No contrast", AgentClass.EXPLICIT_NONE),
        ("A1", "99ACME", "something", None),
        ("399162004", "SCT", "", None),
    ],
)
def test_agent_of_a_code(value, scheme, meaning, agent):
    assert agent_of(make_code(value, scheme, meaning), BUILT_IN) is agent


@pytest.mark.parametrize(
    ("value", "scheme", "meaning", "route"),
    [
        ("47625008", "SCT", "", "intravenous"),
        ("G-D101", "SRT", "", "intravenous"),
        ("37737002", "SCT", "", "intraductal"),
        ("G-D144", "SNM3", "", "intraductal"),
        ("R1", "99ACME", "Intraductal", "intraductal"),
        ("R1", "99ACME", "i.v.", "intravenous"),
        ("R1", "99ACME", "oral", None),
        ("26643006", "SCT", "Oral route", None),
    ],
)
def test_route_of_a_code(value, scheme, meaning, route):
    assert route_of(make_code(value, scheme, meaning), BUILT_IN) == route


def test_laterality_of_a_code():
    assert laterality_of(make_code("7771000"), BUILT_IN) is Laterality.LEFT
    assert laterality_of(make_code("G-A100", "SRT"), BUILT_IN) is Laterality.RIGHT
    assert laterality_of(make_code("51440002"), BUILT_IN) is Laterality.BOTH
    assert laterality_of(make_code("S1", "99ACME", "links"), BUILT_IN) is Laterality.LEFT
    assert laterality_of(make_code("399162004"), BUILT_IN) is None


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("113001", "Rejected for Quality Reasons"),
        ("113037", "Rejected for Patient Safety Reasons"),
        ("113038", "Incorrect Modality Worklist Entry"),
        ("113000", None),
    ],
)
def test_rejection_titles(value, reason):
    assert rejection_of(make_code(value, "DCM"), BUILT_IN) == reason
    assert rejection_of(make_code(value, "SCT"), BUILT_IN) is None


def test_a_site_adds_and_removes_codes(tmp_path):
    rules = tmp_path / "rules.toml"
    rules.write_text(
        "[add.codes]\nprocedure.ductography = ['99LOCAL:MG77']\nview.CC = ['99LOCAL:V1']\n"
        "[remove.codes]\nprocedure.ductography = ['CCAM:QEQH001']\n",
        encoding="utf-8",
    )
    vocabulary = load_vocabulary(rules)

    assert is_ductography(make_code("MG77", "99LOCAL"), vocabulary)
    assert view_of(make_code("V1", "99LOCAL"), vocabulary) == "CC"
    assert not is_ductography(make_code("QEQH001", "CCAM"), vocabulary)
    assert is_ductography(make_code("QEQH001", "CCAM"), BUILT_IN)
