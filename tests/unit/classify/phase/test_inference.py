import pytest
from builders import (
    MAGNIFICATION,
    conclude,
    images_of,
    make_instance,
    make_seen,
    make_visit,
    phases,
    suggestions,
)
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ductdicom.classify.engine import Thresholds
from ductdicom.classify.phase.contradictions import find_contradictions, late_pre
from ductdicom.classify.phase.inference import infer
from ductdicom.classify.phase.side import Side
from ductdicom.classify.phase.suggestions import suggest
from ductdicom.classify.phase.timeline import read_timeline
from ductdicom.classify.phase.weigh import light_compression
from ductdicom.model.call import Confidence, Evidence, Laterality, Phase, PhaseCall, Strength

LIMITS = Thresholds()


def _call(phase):
    if phase == "unknown":
        return PhaseCall(phase=Phase.UNKNOWN)
    said = Evidence(rule="image-type", tag="(0008,0008)", value="", says=phase,
                    strength=Strength.EXPLICIT)  # fmt: skip
    return PhaseCall(phase=Phase(phase), confidence=Confidence.CERTAIN, evidence=(said,))


def _shots(*texts):
    """Make a side of images, each ``time phase``."""
    times, phases = zip(*(text.split() for text in texts), strict=True)
    instances = [make_instance(f"2.25.{n}", at=at) for n, at in enumerate(times, start=1)]
    images, _ = read_timeline(make_seen(*instances))
    return _called(Side(laterality=Laterality.LEFT, images=images), *map(_call, phases))


def _called(side, *calls):
    return side.called(lambda image: calls[image.place])


def _calls(side):
    return [image.call for image in side.images]


def test_an_image_before_the_first_filling_is_pre_and_only_inferred():
    side = _shots("09:00 unknown", "09:20 post")

    first, _ = _calls(infer(side, LIMITS))

    assert (first.phase, first.confidence) == (Phase.PRE, Confidence.INFERRED)
    assert [item.says for item in first.evidence] == ["pre"]


def test_an_image_soon_after_a_filling_is_post_and_only_inferred():
    side = _shots("09:20 post", "09:23 unknown")

    _, second = _calls(infer(side, LIMITS))

    assert (second.phase, second.confidence) == (Phase.POST, Confidence.INFERRED)


def test_an_image_long_after_a_filling_is_only_suggested():
    side = _shots("09:20 post", "09:50 unknown")

    _, second = _calls(infer(side, LIMITS))

    assert (second.phase, second.suggestion) == (Phase.UNKNOWN, Phase.POST)


@pytest.mark.parametrize(
    ("at", "phase"),
    [
        pytest.param("09:24", Phase.POST, id="along with the first"),
        pytest.param("09:25", Phase.UNKNOWN, id="5 min after the first"),
        pytest.param("09:28", Phase.UNKNOWN, id="8 min after the first"),
        pytest.param("09:48", Phase.UNKNOWN, id="2 min before the second"),
    ],
)
def test_between_two_fillings_an_image_may_be_the_scout_of_the_second(at, phase):
    side = _shots("09:20 post", f"{at} unknown", "09:50 post")

    _, between, _ = _calls(infer(side, LIMITS))

    assert (between.phase, between.suggestion or between.phase) == (phase, Phase.POST)


def test_after_the_last_filling_an_image_belongs_to_it_for_ten_minutes():
    side = _shots("09:20 post", "09:28 unknown")

    assert _calls(infer(side, LIMITS))[1].phase is Phase.POST


@pytest.mark.parametrize(
    ("at", "suggestion"),
    [("09:03", Phase.PRE), ("09:04:30", None), ("09:05", Phase.POST), ("09:21", Phase.POST)],
)
def test_what_follows_certain_pre_images_is_suggested_by_its_distance(at, suggestion):
    side = _shots("09:00 pre", f"{at} unknown")

    _, second = _calls(infer(side, LIMITS))

    assert (second.phase, second.suggestion) == (Phase.UNKNOWN, suggestion)


@pytest.mark.parametrize(
    ("at", "phase"),
    [
        pytest.param("09:03", "pre", id="too soon for a filling"),
        pytest.param("09:21", "unknown", id="time enough for one"),
    ],
)
def test_a_second_scout_soon_behind_a_first_is_pre(at, phase):
    visit = make_visit(
        {"at": "09:00", "study_text": "DUCTOGRAM", "comment": "scout 1"},
        {"at": at, "study_text": "DUCTOGRAM", "comment": "scout 2"},
    )

    assert phases(conclude(*visit)) == ["pre", phase]


def test_without_a_certain_image_nothing_is_inferred():
    side = _shots("09:00 unknown", "09:20 unknown")

    assert infer(side, LIMITS) == side


def test_a_pre_image_soon_after_a_post_image_contradicts_it():
    side = _shots("09:20 post", "09:22 pre")

    found = _calls(find_contradictions(side, LIMITS))

    assert [call.phase for call in found] == [Phase.UNKNOWN] * 2
    assert [[(item.rule, item.says) for item in call.conflicts] for call in found] == [
        [("image-type", "post"), ("order", "pre")],
        [("image-type", "pre"), ("order", "post")],
    ]


def test_a_contradiction_in_time_says_in_words_what_the_other_image_says():
    side = _shots("09:15 post", "09:20 post", "09:22 pre")

    first, _, last = (call.conflicts[-1] for call in _calls(find_contradictions(side, LIMITS)))

    assert (first.tag, first.value) == ("", "exposed 7 min before an image that says pre")
    assert (last.tag, last.value) == ("", "exposed 2 min after an image that says post")


def test_a_hint_is_no_party_to_a_contradiction_in_time():
    side = _shots("09:20 post", "09:22 pre")
    post, pre = _calls(side)
    hint = replace(pre.evidence[0], rule="light-compression", strength=Strength.HINT)
    hinted = replace(pre, evidence=(*pre.evidence, hint))

    _, found = _calls(find_contradictions(_called(side, post, hinted), LIMITS))

    assert hint not in found.conflicts
    assert hint in found.evidence


@pytest.mark.parametrize("filling", ["10:00 post", "10:00 unknown"])
def test_a_scout_before_another_filling_is_no_contradiction(filling):
    side = _shots("09:20 post", "09:50 pre", filling)

    assert find_contradictions(side, LIMITS) == side


def test_pre_images_that_all_follow_the_filling_contradict_it():
    side = _shots("09:20 post", "09:24 post", "09:50 pre")

    found = _calls(find_contradictions(side, LIMITS))

    assert [call.phase for call in found] == [Phase.UNKNOWN] * 3


@pytest.mark.parametrize("scout", ["09:00 pre", "09:00 unknown"])
def test_a_pre_image_after_every_filling_is_late_where_another_may_be_the_scout(scout):
    side = _shots(scout, "09:20 post", "09:50 pre")

    assert find_contradictions(side, LIMITS) == side
    assert [image.place for image in late_pre(side)] == [2]


def test_a_reviewer_may_call_a_late_image_pre():
    side = _shots("09:00 pre", "09:20 post", "09:50 pre")
    first, second, late = _calls(side)
    confirmed = replace(late, confidence=Confidence.CONFIRMED)

    assert late_pre(_called(side, first, second, confirmed)) == []


def test_the_longest_pause_suggests_the_cut():
    side = _shots("09:00 unknown", "09:01 unknown", "09:20 unknown")

    found = _calls(suggest(side, LIMITS))

    assert [call.suggestion for call in found] == [Phase.PRE, Phase.PRE, Phase.POST]
    assert {call.phase for call in found} == {Phase.UNKNOWN}


@pytest.mark.parametrize("last", ["09:40", "09:43", "09:37"])
def test_no_pause_stands_out_so_nothing_is_suggested(last):
    side = _shots("09:00 unknown", "09:20 unknown", f"{last} unknown")

    assert suggest(side, LIMITS) == side


def _open_side(*shots):
    """Make a side of images without a phase, each a dictionary of make_instance."""
    instances = [make_instance(f"2.25.{n}", **shot) for n, shot in enumerate(shots, start=1)]
    images, _ = read_timeline(make_seen(*instances))
    firmest_n = max((image.instance.compression_force_n or 0.0 for image in images), default=0.0)
    images = tuple(
        replace(image, said=light_compression(image, firmest_n, LIMITS)) for image in images
    )
    side = Side(laterality=Laterality.LEFT, images=images)
    return _called(side, *(_call("unknown") for _ in shots))


def _suggested(*shots):
    return [call.suggestion for call in _calls(suggest(_open_side(*shots), LIMITS))]


MAG = {"modifiers": (MAGNIFICATION,)}
FIRM, LIGHT = {"compression_force_n": 100.0}, {"compression_force_n": 50.0}
PRE, POST = Phase.PRE, Phase.POST


@pytest.mark.parametrize(
    ("shots", "suggestions"),
    [
        pytest.param(
            ({"at": "09:00"}, {"at": "09:09"}, {"at": "09:16"} | MAG, {"at": "09:17"} | MAG),
            [PRE, PRE, POST, POST],
            id="magnification against a pause 2 min longer",
        ),
        pytest.param(
            ({"at": "09:00"} | FIRM, {"at": "09:07"} | LIGHT, {"at": "09:16"} | LIGHT),
            [PRE, POST, POST],
            id="light compression against a pause 2 min longer",
        ),
        pytest.param(
            ({"at": "09:00"}, {"at": "09:07"} | MAG, {"at": "09:16"} | MAG),
            [PRE, POST, POST],
            id="the second filling after the longer pause",
        ),
        pytest.param(
            ({"at": "09:00"} | FIRM, {"at": "09:09"} | LIGHT, {"at": "09:16"} | FIRM),
            [None, None, None],
            id="light between the pauses",
        ),
        pytest.param(
            ({"at": "09:00"}, {"at": "09:20"} | MAG, {"at": "09:27"}, {"at": "09:28"} | MAG),
            [PRE, POST, POST, POST],
            id="a pause much longer than the other",
        ),
        pytest.param(
            ({"at": "09:00"} | MAG, {"at": "09:20"}),
            [None, None],
            id="magnified before a pause, contact after it",
        ),
        pytest.param(
            ({"at": "09:00"} | LIGHT, {"at": "09:20"} | FIRM),
            [None, None],
            id="light before a pause, firm after it",
        ),
        pytest.param(
            (
                {"at": "09:00"} | LIGHT,
                *({"at": at} | FIRM for at in ("09:01", "09:20")),
                {"at": "09:22"} | LIGHT,
            ),
            [PRE, PRE, POST, POST],
            id="one light before a pause, one after it",
        ),
        pytest.param(
            ({"at": "09:00"} | LIGHT, {"at": "09:01"} | FIRM, {"at": "09:20"} | LIGHT),
            [PRE, PRE, POST],
            id="one light before a pause, all light after it",
        ),
    ],
)
def test_magnification_and_light_compression_tell_which_pause_is_meant(shots, suggestions):
    assert _suggested(*shots) == suggestions


@pytest.mark.parametrize(
    ("contact", "magnified", "suggestions"),
    [
        pytest.param({}, {}, [PRE, POST], id="no order"),
        pytest.param({"instance_number": 1}, {"instance_number": 2}, [PRE, POST], id="numbers"),
        pytest.param({"instance_number": 2}, {"instance_number": 1}, [None] * 2, id="turned"),
        pytest.param({"series_number": 1}, {"series_number": 2}, [PRE, POST], id="series"),
        pytest.param({"series_number": 2}, {"series_number": 1}, [None] * 2, id="series turned"),
        pytest.param({"series_number": 1}, {"series_number": 1}, [PRE, POST], id="one series"),
        pytest.param(
            {"series_number": 1, "instance_number": 2},
            {"series_number": 2, "instance_number": 1},
            [None] * 2,
            id="numbers and series disagree",
        ),
        pytest.param({"at": "09:00"}, {"at": "09:02"}, [PRE, POST], id="no pause"),
        pytest.param({"at": "09:02"}, {"at": "09:00"}, [None] * 2, id="no pause, turned"),
    ],
)
def test_magnification_alone_counts_where_no_order_contradicts_it(contact, magnified, suggestions):
    assert _suggested(contact, magnified | MAG) == suggestions


@pytest.mark.parametrize(
    ("left", "right", "suggestion"),
    [
        pytest.param("iohexol", None, "post", id="of one breast alone"),
        pytest.param("iohexol", "iohexol", None, id="of both: copied by the console"),
        pytest.param("none", None, None, id="a denial"),
    ],
)
def test_a_filling_stated_of_every_image_of_one_breast_is_suggested(left, right, suggestion):
    call = conclude(
        *make_visit(
            {"study_text": "Ductogram", "at": "09:00", "side": "L", "agent": left},
            {"study_text": "Ductogram", "at": "09:01", "side": "L", "agent": left, "view": "ML"},
            {"study_text": "Ductogram", "at": "09:02", "side": "R", "agent": right},
            {"study_text": "Ductogram", "at": "09:03", "side": "R", "agent": right, "view": "ML"},
        )
    )

    assert phases(call) == ["unknown"] * 4
    assert suggestions(call) == [suggestion, suggestion, None, None]


SHOTS = st.lists(
    st.tuples(st.integers(0, 119), st.sampled_from(["pre", "post", "unknown"])),
    min_size=1,
    max_size=6,
)


@given(SHOTS)
def test_time_never_overrules_what_an_attribute_states(shots):
    side = _shots(*(f"{9 + m // 60:02d}:{m % 60:02d} {phase}" for m, phase in shots))

    for before, after in zip(_calls(side), _calls(infer(side, LIMITS)), strict=True):
        if before.phase is not Phase.UNKNOWN:
            assert after == before
        else:
            assert after.confidence in {Confidence.UNKNOWN, Confidence.INFERRED}


@pytest.mark.parametrize(
    ("at", "text", "wanted"),
    [
        pytest.param("09:23", "■■■", "unknown", id="after a filling: it may have said scout"),
        pytest.param("08:50", "■■■ CC", "unknown", id="before a filling: it may have said post"),
        pytest.param("09:23", "CC", "post", id="a text that hides nothing"),
    ],
)
def test_an_image_whose_text_hides_a_word_is_not_told_by_its_order(at, text, wanted):
    filled = {"study_text": "Ductogram", "at": "09:20", "agent": "IOHEXOL 300"}
    other = {"study_text": "Ductogram", "at": at, "comment": text}

    call = conclude(*make_visit(filled, other))

    assert [str(image.call.phase) for image in images_of(call)] == ["post", wanted]


def test_what_is_hidden_on_all_images_alike_tells_nothing():
    shots = [("08:50", None), ("09:20", "IOHEXOL 300")]
    images = [
        {"study_text": "Ductogram", "at": at, "agent": agent, "comment": "■■■"}
        for at, agent in shots
    ]

    call = conclude(*make_visit(*images))

    assert [str(image.call.phase) for image in images_of(call)] == ["pre", "post"]


def test_a_word_hidden_on_all_images_alike_costs_no_inference():
    shots = [("08:50", None, "CC"), ("09:20", "IOHEXOL 300", "ML")]
    images = [
        {"study_text": "Ductogram", "at": at, "agent": agent, "comment": f"■■■ {view}"}
        for at, agent, view in shots
    ]

    call = conclude(*make_visit(*images))

    assert [str(image.call.phase) for image in images_of(call)] == ["pre", "post"]


@pytest.mark.parametrize(
    ("at", "text", "suggested"),
    [
        pytest.param("09:40", "CC", "post", id="a text that hides nothing"),
        pytest.param("09:40", "■■■ CC", "None", id="after the pause: it may have said scout"),
        pytest.param("09:02", "■■■ CC", "None", id="before it: it may have said post"),
    ],
)
def test_of_an_image_whose_text_hides_a_word_nothing_is_suggested(at, text, suggested):
    plain = [{"study_text": "Ductogram", "at": minute} for minute in ("09:00", "09:41")]

    call = conclude(*make_visit(*plain, {"study_text": "Ductogram", "at": at, "comment": text}))

    told = {i.instance.clock.acquired_time.strftime("%H:%M"): i for i in images_of(call)}
    assert str(told[at].call.suggestion) == suggested
    assert [str(told[time].call.suggestion) for time in ("09:00", "09:41")] == ["pre", "post"]


@pytest.mark.parametrize(
    "text",
    [
        *("to be injected", "awaiting contrast", "consent for injection obtained"),
        *("KM-Aufklärung erfolgt", "will inject L 3:00 duct", "contrast to follow", "danach KM"),
    ],
)
@pytest.mark.parametrize("last", ["post contrast", None])
def test_of_an_image_that_speaks_of_a_filling_to_come_none_is_suggested(text, last):
    shots = (("08:40", None), ("09:00", text), ("09:16", last))
    images = [{"study_text": "Ductogram", "at": at, "comment": said} for at, said in shots]

    call = images_of(conclude(*make_visit(*images)))[1].call

    assert call.phase is not Phase.POST
    assert call.suggestion is not Phase.POST


@pytest.mark.parametrize(
    "text", ["nach KM, anderer Gang", "post contrast, other duct", "post contrast, second duct"]
)
def test_before_the_filling_of_another_duct_nothing_is_inferred(text):
    shots = (("09:00", None), ("09:16", text))
    images = [{"study_text": "Ductogram", "at": at, "comment": said} for at, said in shots]

    assert images_of(conclude(*make_visit(*images)))[0].call.phase is Phase.UNKNOWN
