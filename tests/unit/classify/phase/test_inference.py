from dataclasses import replace

import pytest
from builders import make_instance
from hypothesis import given
from hypothesis import strategies as st

from ductdicom.classify.image.subject import read_subject
from ductdicom.classify.image.view import decide_view
from ductdicom.classify.phase.contradictions import find_contradictions, late_pre
from ductdicom.classify.phase.inference import infer, suggest
from ductdicom.classify.phase.timeline import read_timeline
from ductdicom.classify.phase.weigh import Side
from ductdicom.classify.thresholds import Thresholds
from ductdicom.model.call import Confidence, Evidence, Phase, PhaseCall, Strength
from ductdicom.vocabulary.terms import load_vocabulary

VOCABULARY = load_vocabulary()
LIMITS = Thresholds()


def _side(times):
    instances = [make_instance(f"2.25.{n}", at=at) for n, at in enumerate(times, start=1)]
    subjects = tuple(read_subject(i, VOCABULARY, in_ductogram=True) for i in instances)
    return Side(
        subjects=subjects,
        views=tuple(decide_view(s) for s in subjects),
        evidence=tuple(() for _ in subjects),
        timeline=read_timeline(instances),
    )


def _call(phase):
    if phase == "unknown":
        return PhaseCall(phase=Phase.UNKNOWN)
    said = Evidence(rule="image-type", tag="(0008,0008)", value="", says=phase,
                    strength=Strength.EXPLICIT)  # fmt: skip
    return PhaseCall(phase=Phase(phase), confidence=Confidence.CERTAIN, evidence=(said,))


def _shots(*texts):
    times, phases = zip(*(text.split() for text in texts), strict=True)
    return _side(times), tuple(_call(phase) for phase in phases)


def test_an_image_before_the_first_filling_is_pre_and_only_inferred():
    side, calls = _shots("09:00 unknown", "09:20 post")

    first, _ = infer(calls, side, LIMITS)

    assert (first.phase, first.confidence) == (Phase.PRE, Confidence.INFERRED)
    assert [item.says for item in first.evidence] == ["pre"]


def test_an_image_soon_after_a_filling_is_post_and_only_inferred():
    side, calls = _shots("09:20 post", "09:23 unknown")

    _, second = infer(calls, side, LIMITS)

    assert (second.phase, second.confidence) == (Phase.POST, Confidence.INFERRED)


def test_an_image_long_after_a_filling_is_only_suggested():
    side, calls = _shots("09:20 post", "09:50 unknown")

    _, second = infer(calls, side, LIMITS)

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
    side, calls = _shots("09:20 post", f"{at} unknown", "09:50 post")

    _, between, _ = infer(calls, side, LIMITS)

    assert (between.phase, between.suggestion or between.phase) == (phase, Phase.POST)


def test_after_the_last_filling_an_image_belongs_to_it_for_ten_minutes():
    side, calls = _shots("09:20 post", "09:28 unknown")

    assert infer(calls, side, LIMITS)[1].phase is Phase.POST


@pytest.mark.parametrize(
    ("at", "suggestion"),
    [("09:03", Phase.PRE), ("09:04:30", None), ("09:05", Phase.POST), ("09:21", Phase.POST)],
)
def test_what_follows_certain_pre_images_is_suggested_by_its_distance(at, suggestion):
    side, calls = _shots("09:00 pre", f"{at} unknown")

    _, second = infer(calls, side, LIMITS)

    assert (second.phase, second.suggestion) == (Phase.UNKNOWN, suggestion)


def test_without_a_certain_image_nothing_is_inferred():
    side, calls = _shots("09:00 unknown", "09:20 unknown")

    assert infer(calls, side, LIMITS) == calls


def test_a_pre_image_soon_after_a_post_image_contradicts_it():
    side, calls = _shots("09:20 post", "09:22 pre")

    found = find_contradictions(calls, side, LIMITS)

    assert [call.phase for call in found] == [Phase.UNKNOWN] * 2
    assert [[(item.rule, item.says) for item in call.conflicts] for call in found] == [
        [("image-type", "post"), ("order", "pre")],
        [("image-type", "pre"), ("order", "post")],
    ]


def test_a_contradiction_in_time_says_in_words_what_the_other_image_says():
    side, calls = _shots("09:15 post", "09:20 post", "09:22 pre")

    first, _, last = (call.conflicts[-1] for call in find_contradictions(calls, side, LIMITS))

    assert (first.tag, first.value) == ("", "exposed 7 min before an image that says pre")
    assert (last.tag, last.value) == ("", "exposed 2 min after an image that says post")


def test_a_hint_is_no_party_to_a_contradiction_in_time():
    side, (post, pre) = _shots("09:20 post", "09:22 pre")
    hint = replace(pre.evidence[0], rule="light-compression", strength=Strength.HINT)
    hinted = replace(pre, evidence=(*pre.evidence, hint))

    _, found = find_contradictions((post, hinted), side, LIMITS)

    assert hint not in found.conflicts
    assert hint in found.evidence


@pytest.mark.parametrize("filling", ["10:00 post", "10:00 unknown"])
def test_a_scout_before_another_filling_is_no_contradiction(filling):
    side, calls = _shots("09:20 post", "09:50 pre", filling)

    assert find_contradictions(calls, side, LIMITS) == calls


def test_pre_images_that_all_follow_the_filling_contradict_it():
    side, calls = _shots("09:20 post", "09:24 post", "09:50 pre")

    found = find_contradictions(calls, side, LIMITS)

    assert [call.phase for call in found] == [Phase.UNKNOWN] * 3


@pytest.mark.parametrize("scout", ["09:00 pre", "09:00 unknown"])
def test_a_pre_image_after_every_filling_is_late_where_another_may_be_the_scout(scout):
    side, calls = _shots(scout, "09:20 post", "09:50 pre")

    assert find_contradictions(calls, side, LIMITS) == calls
    assert late_pre(calls, side.timeline) == (2,)


def test_a_reviewer_may_call_a_late_image_pre():
    side, calls = _shots("09:00 pre", "09:20 post", "09:50 pre")
    confirmed = (*calls[:2], replace(calls[2], confidence=Confidence.CONFIRMED))

    assert late_pre(confirmed, side.timeline) == ()


def test_the_longest_pause_suggests_the_cut():
    side, calls = _shots("09:00 unknown", "09:01 unknown", "09:20 unknown")

    found = suggest(calls, side, LIMITS)

    assert [call.suggestion for call in found] == [Phase.PRE, Phase.PRE, Phase.POST]
    assert {call.phase for call in found} == {Phase.UNKNOWN}


def test_no_pause_stands_out_so_nothing_is_suggested():
    side, calls = _shots("09:00 unknown", "09:20 unknown", "09:40 unknown")

    assert suggest(calls, side, LIMITS) == calls


SHOTS = st.lists(
    st.tuples(st.integers(0, 119), st.sampled_from(["pre", "post", "unknown"])),
    min_size=1,
    max_size=6,
)


@given(SHOTS)
def test_time_never_overrules_what_an_attribute_states(shots):
    side, calls = _shots(*(f"{9 + m // 60:02d}:{m % 60:02d} {phase}" for m, phase in shots))

    for before, after in zip(calls, infer(calls, side, LIMITS), strict=True):
        if before.phase is not Phase.UNKNOWN:
            assert after == before
        else:
            assert after.confidence in {Confidence.UNKNOWN, Confidence.INFERRED}
