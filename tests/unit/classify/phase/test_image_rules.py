from datetime import time

import pytest
from builders import make_instance, make_seen
from msgspec.structs import replace

from ductdicom.classify.engine import Thresholds
from ductdicom.classify.image.subject import read_subject
from ductdicom.classify.phase.image_rules import RULES
from ductdicom.classify.phase.weigh import start_time
from ductdicom.model.call import Phase, Strength
from ductdicom.model.instance import Clock, Code, Contrast, Level, Text
from ductdicom.vocabulary.terms import load_vocabulary

PRE, POST = {Phase.PRE}, {Phase.POST}
NOTHING: set[Phase] = set()


def code(value, scheme="SCT", meaning=""):
    return Code(tag="", value=value, scheme=scheme, meaning=meaning)


def contrast(**values):
    return {"contrast": Contrast(**values)}


def series(value, tag="(0008,103E)"):
    return {"texts": (Text(level=Level.SERIES, tag=tag, value=value),)}


def image(value):
    return {"texts": (Text(level=Level.IMAGE, tag="(0020,4000)", value=value),)}


def image_type(*values):
    return {"image_type": ("ORIGINAL", "PRIMARY", *values)}


def context(value, scheme="DCM"):
    return {"context_codes": (code(value, scheme),)}


# By rule: what it says where the attribute speaks, is absent (None) and is empty.
SPEAKS = {
    "image-type": [
        (image_type("PRE_CONTRAST"), PRE),
        (image_type("POST_CONTRAST"), POST),
        (image_type("", "", "post_contrast "), POST),
        (image_type("POSTFIRE"), NOTHING),
        (image_type("NOT_POST_CONTRAST"), NOTHING),
        (image_type("PREFIRE_MINUS"), NOTHING),
    ],
    "contrast-usage": [
        (contrast(is_administered=True), POST),
        (contrast(is_administered=False), PRE),
    ],
    "contrast-phase": [
        (contrast(agent_phase="PRE_CONTRAST"), PRE),
        (contrast(agent_phase="POST_CONTRAST"), POST),
        (contrast(agent_phase="delayed"), POST),
        (contrast(agent_phase="ARTERIAL"), NOTHING),
    ],
    "contrast-agent": [
        (contrast(agent="IOHEXOL 300"), POST),
        (contrast(agent="omnipaque"), POST),
        (contrast(agent="None"), PRE),
        (contrast(agent="kein"), PRE),
        (contrast(agent="ANONYMIZED"), NOTHING),
        (contrast(agent="N/A"), NOTHING),
        (contrast(agent="20260102"), NOTHING),
        (contrast(agent="AIR"), NOTHING),
        (contrast(agent="Omnipaque refused"), NOTHING),
        (contrast(agent="Omnipaque 350 5ml"), POST),
        (contrast(agent="Omnipaque 350 100ml"), NOTHING),
    ],
    "contrast-agent-code": [
        (contrast(agent_codes=(code("109218004"),)), POST),
        (contrast(agent_codes=(code("C-B0322", "SRT"),)), POST),
        (contrast(agent_codes=(code("15158005", meaning="Air"),)), NOTHING),
    ],
    "contrast-route": [
        (contrast(route="INTRADUCTAL"), POST),
        (contrast(route_codes=(code("37737002"),)), POST),
        (contrast(route="IV"), NOTHING),
        (contrast(route_codes=(code("47625008"),)), NOTHING),
    ],
    "contrast-volume": [
        (contrast(volume_ml=0.8), POST),
        (contrast(total_dose_ml=0.8), POST),
        (contrast(volume_ml=100.0), NOTHING),
        (contrast(volume_ml=0.0), NOTHING),
        (contrast(agent="AIR", volume_ml=4.0), NOTHING),
    ],
    "contrast-ingredient": [
        (contrast(ingredient="IODINE"), POST),
        (contrast(ingredient="CARBON DIOXIDE"), NOTHING),
    ],
    "intervention-status": [
        ({"intervention_statuses": ("PRE",)}, PRE),
        ({"intervention_statuses": ("post",)}, POST),
        ({"intervention_statuses": ("NONE",)}, NOTHING),
    ],
    "acquisition-context": [
        (context("122086"), POST),
        (context("122086", "99LOCAL"), NOTHING),
        (context("122091"), NOTHING),
    ],
    "image-text": [
        (image("pre contrast"), PRE),
        (image("post injection"), POST),
        (image("post biopsy clip"), NOTHING),
        (image("with and without contrast"), NOTHING),
    ],
    "series-text": [
        (series("CC ohne KM"), PRE),
        (series("MLO apres injection", "(0018,1030)"), POST),
        (series("GALAKTO OHNE/MIT KM"), NOTHING),
        (series("乳管造影"), NOTHING),
        (series("PREMIUM VIEW"), NOTHING),
    ],
    "weak-text": [
        (series("L MLO PLAIN"), PRE),
        (series("L MLO"), NOTHING),
    ],
}
EMPTY = {
    "image-type": [image_type(""), {"image_type": ()}],
    "contrast-usage": [contrast(is_administered=None)],
    "contrast-phase": [contrast(agent_phase=""), contrast(agent_phase=None)],
    "contrast-agent": [contrast(agent=""), contrast(agent="  "), contrast(agent="-")],
    "contrast-agent-code": [contrast(agent_codes=())],
    "contrast-route": [contrast(route="", route_codes=())],
    "contrast-volume": [contrast(volume_ml=None, total_dose_ml=None)],
    "contrast-ingredient": [contrast(ingredient="")],
    "intervention-status": [{"intervention_statuses": ("",)}, {"intervention_statuses": ()}],
    "acquisition-context": [{"context_codes": ()}],
    "image-text": [image(""), image("  ")],
    "series-text": [series(""), series("^")],
    "weak-text": [series(""), image("")],
}


def hear(name, **changes):
    subject = read_subject(make_instance(**changes), load_vocabulary(), in_ductogram=False)
    return RULES[name].evidence(subject, Thresholds())


@pytest.mark.parametrize("table", [SPEAKS, EMPTY])
def test_every_rule_is_tested(table):
    assert set(table) == set(RULES)


@pytest.mark.parametrize("name", RULES)
def test_a_rule_speaks_and_is_silent_in_the_table(name):
    said = [phases for _, phases in SPEAKS[name]]

    assert any(said)


@pytest.mark.parametrize(
    ("name", "changes", "phases"),
    [
        pytest.param(name, changes, phases, id=f"{name}-{number}")
        for name, rows in SPEAKS.items()
        for number, (changes, phases) in enumerate(rows)
    ],
)
def test_a_rule_says_what_its_attribute_states(name, changes, phases):
    assert {item.says for item in hear(name, **changes)} == phases


@pytest.mark.parametrize("name", RULES)
def test_a_rule_is_silent_where_its_attribute_is_absent(name):
    assert hear(name, image_type=None) == ()


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        pytest.param(name, changes, id=f"{name}-{number}")
        for name, rows in EMPTY.items()
        for number, changes in enumerate(rows)
    ],
)
def test_a_rule_is_silent_where_its_attribute_is_empty(name, changes):
    assert hear(name, **changes) == ()


@pytest.mark.parametrize(
    ("name", "changes"),
    [(name, changes) for name, rows in SPEAKS.items() for changes, phases in rows if phases],
)
def test_evidence_names_its_tag_and_value(name, changes):
    for item in hear(name, **changes):
        assert item.tag.startswith("(")
        assert item.value
        assert item.strength is RULES[name].strength


@pytest.mark.parametrize(("is_administered", "value"), [(True, "YES"), (False, "NO")])
def test_a_usage_is_cited_in_the_words_of_the_standard(is_administered, value):
    (item,) = hear("contrast-usage", **contrast(is_administered=is_administered))

    assert (item.tag, item.value) == ("(0018,9342)", value)


def test_a_weak_text_only_hints():
    assert {item.strength for item in hear("weak-text", **series("L MLO PLAIN"))} == {Strength.HINT}


def test_a_series_text_that_repeats_the_studys_says_nothing():
    texts = (
        Text(level=Level.STUDY, tag="(0008,1030)", value="Mammo nach KM"),
        Text(level=Level.SERIES, tag="(0008,103E)", value="MAMMO NACH KM "),
    )

    assert hear("series-text", texts=texts) == ()


@pytest.mark.parametrize("level", [Level.STUDY, Level.REQUEST])
def test_texts_of_the_study_and_the_request_give_no_phase(level):
    text = Text(level=level, tag="(0008,1030)", value="CC POST CONTRAST")

    assert not any(hear(name, texts=(text,)) for name in RULES)


def started(at, **clock):
    known = {"acquired_on": make_instance(at="10:00").clock.acquired_on, "tag": "(0008,0032)"}
    instance = replace(
        make_instance(contrast=Contrast(started_at=at)),
        clock=Clock(**({"is_acquisition": True} | known | clock)),
    )
    (image,) = make_seen(instance)
    return [item.says for item in start_time(image, at, Thresholds())]


@pytest.mark.parametrize(
    ("at", "clock", "says"),
    [
        pytest.param(time(10, 15), {"acquired_time": time(10, 5)}, ["pre"], id="before"),
        pytest.param(time(10, 15), {"acquired_time": time(10, 17)}, ["post"], id="after"),
        pytest.param(time(10, 15), {"acquired_time": time(10, 16)}, [], id="a minute after"),
        pytest.param(
            time(10, 15), {"acquired_time": time(10, 16, 1)}, ["post"], id="more than a minute"
        ),
        pytest.param(time(10, 15), {"acquired_time": time(10, 15, 30)}, [], id="within a minute"),
        pytest.param(None, {"acquired_time": time(10, 5)}, [], id="absent"),
        pytest.param(time(10, 15), {}, [], id="no exposure time"),
        pytest.param(time(0, 0), {"acquired_time": time(10, 5)}, [], id="hours away"),
        pytest.param(
            time(10, 15), {"acquired_time": time(10, 5), "is_acquisition": False}, [], id="content"
        ),
        pytest.param(
            time(10, 15), {"acquired_time": time(10, 5), "acquired_on": None}, [], id="no date"
        ),
    ],
)
def test_the_start_time_speaks_by_the_exposures_own_clock(at, clock, says):
    assert started(at, **clock) == says
