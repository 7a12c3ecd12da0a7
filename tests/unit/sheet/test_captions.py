from datetime import date, datetime

import pytest
from msgspec.structs import replace
from sheets import make_evidence, make_image

from ductdicom.model.call import Confidence, Kind, Laterality, Phase, PhaseCall, Strength, ViewGroup
from ductdicom.model.outcome import Note
from ductdicom.model.study import Row
from ductdicom.sheet import captions

UNKNOWN = Phase.UNKNOWN
FIRST = datetime.fromisoformat("2026-01-02T10:20")


def _image(call=None, **changes):
    return make_image(1, **changes, **({"call": call} if call else {}))


@pytest.mark.parametrize(
    ("changes", "label"),
    [
        pytest.param({}, "L CC", id="side and view"),
        pytest.param({"modifiers": ("M",)}, "L CC M", id="a modifier"),
        pytest.param({"laterality": None}, "side ? CC", id="no side"),
        pytest.param({"side": "R", "view": "MLO"}, "R MLO", id="the right side"),
    ],
)
def test_side_and_view(changes, label):
    assert captions.view_label(make_image(1, **changes)) == label


def test_a_view_that_is_not_known_is_said():
    assert captions.view_label(replace(make_image(1), view=None)) == "L view ?"


@pytest.mark.parametrize(
    ("changes", "label"),
    [
        pytest.param({"magnification": 1.8}, "×1.8", id="a factor"),
        pytest.param({"magnification": 1.05}, "", id="a contact view"),
        pytest.param({}, "", id="nothing said"),
        pytest.param({"modifiers": ("M",)}, "magnified, factor unknown", id="no factor"),
    ],
)
def test_magnification(changes, label):
    assert captions.magnification_label(make_image(1, **changes)) == label


@pytest.mark.parametrize(
    ("call", "words"),
    [
        pytest.param(
            PhaseCall(
                phase=Phase.POST,
                confidence=Confidence.CERTAIN,
                evidence=(make_evidence("post"),),
            ),
            ["Contrast/Bolus Agent", "IOHEXOL 300"],
            id="an attribute and its value",
        ),
        pytest.param(
            PhaseCall(
                phase=Phase.PRE,
                confidence=Confidence.INFERRED,
                evidence=(make_evidence("pre", "exposed 18 min before", tag=""),),
            ),
            ["inferred", "exposed 18 min before"],
            id="an inference",
        ),
        pytest.param(
            PhaseCall(
                phase=UNKNOWN,
                suggestion=Phase.POST,
                evidence=(make_evidence("post", "pause", tag="", strength=Strength.HINT),),
            ),
            [Note.SUGGESTED, "pause"],
            id="a suggestion",
        ),
        pytest.param(
            PhaseCall(
                phase=UNKNOWN, conflicts=(make_evidence("pre", "NONE"), make_evidence("post"))
            ),
            ["contradict", "NONE", "IOHEXOL 300"],
            id="a conflict",
        ),
        pytest.param(PhaseCall(phase=UNKNOWN), ["unknown", "nothing"], id="no reason at all"),
    ],
)
def test_reasons(call, words):
    said = captions.reason(_image(call))

    for word in words:
        assert word in said


@pytest.mark.parametrize(
    ("rule", "image", "words"),
    [
        pytest.param("series-text", {}, "does not tell the images apart", id="said of all alike"),
        pytest.param("light-compression", {}, "only a hint, too weak", id="a rule of hints"),
        pytest.param(
            "series-text",
            {"laterality": None},
            "does not tell the images of unknown side apart",
            id="no side",
        ),
        pytest.param(
            "series-text",
            {"laterality": None, "has_laterality_conflict": True},
            "does not count while the side is contradicted",
            id="two sides",
        ),
    ],
)
def test_what_does_not_make_a_phase_says_why(rule, image, words):
    hint = replace(make_evidence("post", strength=Strength.HINT), rule=rule)
    call = PhaseCall(phase=UNKNOWN, evidence=(hint,))

    assert words in captions.reason(make_image(1, call=call, **image))


def test_an_object_that_is_no_view_says_what_made_it_one():
    image = make_image(
        1, kind=Kind.SPECIMEN, kind_reason="view of a specimen", call=PhaseCall(phase=None)
    )

    assert captions.reason(image) == "view of a specimen"


def _row(pre, post, *notes):
    return Row(
        laterality=Laterality.LEFT,
        group=ViewGroup.LATERAL,
        injection=1,
        pre=tuple(pre),
        post=tuple(post),
        notes=notes,
    )


def test_a_difference_of_views_names_both():
    row = _row([make_image(1, view="MLO")], [make_image(2, view="ML")], Note.VIEW_DIFFERS)

    assert captions.row_badges(row) == ["VIEW DIFFERS: MLO | ML"]


@pytest.mark.parametrize(
    ("note", "word"),
    [
        (Note.MAGNIFICATION_DIFFERS, "MAGNIFICATION"),
        (Note.PRIOR_STUDY, "PRIOR"),
        (Note.SUGGESTED, "SUGGESTED"),
        (Note.NO_PRE, "NO PRE"),
        (Note.NO_POST, "NO POST"),
    ],
)
def test_every_note_of_a_row_is_said(note, word):
    (badge,) = captions.row_badges(_row([], [make_image(1)], note))

    assert word in badge


def test_no_note_lacks_its_badge():
    assert all(captions.tile_badges([note]) for note in Note)


def test_an_earlier_view_says_when_it_was_taken():
    post = make_image(2)
    prior = make_image(1)
    earlier = replace(prior.instance, study_instance_uid="2.25.2", study_date=date(2025, 12, 3))
    prior = replace(prior, instance=earlier)

    assert captions.prior_label(prior, _row([prior], [post])) == "PRIOR 2025-12-03 (30 d)"
    assert captions.prior_label(prior, _row([prior], [post]), has_dates=False) == "PRIOR (30 d)"
    assert captions.prior_label(post, _row([prior], [post])) == ""


def test_a_time_that_is_not_known_is_said():
    assert captions.time_label(make_image(1, acquired_at=None), None) == "no clock"


@pytest.mark.parametrize(
    ("at", "words"),
    [
        pytest.param("2026-01-02T10:02", "10:02  (18 min before first post)", id="before"),
        pytest.param("2026-01-02T10:25", "10:25  (5 min after first post)", id="after"),
        pytest.param("2026-01-02T10:20", "10:20", id="the first itself"),
        pytest.param("2026-01-02T10:20:20", "10:20  (<1 min after first post)", id="at once"),
        pytest.param("2025-12-31T10:20", "2025-12-31  (2 d before first post)", id="days"),
        pytest.param(
            "2026-01-01T23:20", "2026-01-01 23:20  (660 min before first post)", id="night"
        ),
        pytest.param("2026-01-01T10:20", "2026-01-01  (1 d before first post)", id="one day"),
    ],
)
def test_times_count_from_the_first_post_image(at, words):
    first = captions.FirstPost(datetime.fromisoformat("2026-01-02T10:20"))
    image = make_image(1, acquired_at=datetime.fromisoformat(at))

    assert captions.time_label(image, first) == words


@pytest.mark.parametrize(
    ("at", "words"),
    [
        pytest.param("2026-01-02T10:15", "+0:15  (5 min before first post)", id="minutes"),
        pytest.param("2026-01-02T12:01", "+2:01  (101 min after first post)", id="hours"),
        pytest.param("2026-01-02T10:20", "+0:20", id="the first post itself"),
        pytest.param("2026-01-02T09:58", "-0:02  (22 min before first post)", id="before"),
        pytest.param("2025-12-31T10:20", "2 d before first post", id="days"),
        pytest.param("2026-01-01T23:20", "-10:40  (660 min before first post)", id="night"),
    ],
)
def test_where_no_date_may_be_told_times_count_from_the_first_exposure(at, words):
    first = captions.FirstPost(datetime.fromisoformat("2026-01-02T10:20"))
    since = datetime.fromisoformat("2026-01-02T10:00")
    image = make_image(1, acquired_at=datetime.fromisoformat(at))

    assert captions.time_label(image, first, since) == words


@pytest.mark.parametrize(
    ("at", "words"),
    [
        pytest.param("2026-01-02T10:02", "10:02  (\N{MINUS SIGN}18 min)", id="before"),
        pytest.param("2026-01-02T10:25", "10:25  (+5 min)", id="after"),
        pytest.param("2026-01-02T10:20", "10:20  (first post)", id="the first itself says so"),
        pytest.param("2026-01-02T10:20:20", "10:20  (+<1 min)", id="at once"),
        pytest.param("2025-12-31T10:20", "2025-12-31  (\N{MINUS SIGN}2 d)", id="days"),
        pytest.param(None, "no clock", id="no time"),
    ],
)
def test_on_a_page_times_are_told_in_few_words(at, words):
    image = make_image(1, acquired_at=datetime.fromisoformat(at) if at else None)

    assert captions.brief_time_label(image, captions.FirstPost(FIRST)) == words


MIDNIGHT = datetime.fromisoformat("2026-01-03T00:10")


@pytest.mark.parametrize(
    ("at", "since", "words"),
    [
        pytest.param("2026-01-02T23:55", None, "2026-01-02 23:55  (\N{MINUS SIGN}15 min)"),
        pytest.param("2026-01-03T00:15", None, "00:15  (+5 min)"),
        pytest.param("2026-01-02T23:55", "2026-01-02T23:50", "+0:05  (\N{MINUS SIGN}15 min)"),
    ],
)
def test_over_midnight_minutes_are_told(at, since, words):
    image = make_image(1, acquired_at=datetime.fromisoformat(at))
    since = datetime.fromisoformat(since) if since else None

    assert captions.brief_time_label(image, captions.FirstPost(MIDNIGHT), since) == words


@pytest.mark.parametrize("label", [captions.time_label, captions.brief_time_label])
@pytest.mark.parametrize("first", [None, captions.FirstPost(FIRST)])
def test_a_clock_that_orders_nothing_tells_no_distance(label, first):
    image = make_image(1, minute=5, is_clock_doubtful=True)

    assert label(image, first) == "10:05  (clock doubtful)"
    assert label(image, first, FIRST) == "clock doubtful"


def test_in_few_words_no_date_is_told_where_none_may_be():
    image = make_image(1, acquired_at=datetime.fromisoformat("2025-12-31T10:20"))
    first = captions.FirstPost(FIRST, is_suggested=True)

    assert captions.brief_time_label(image, first, FIRST) == "(\N{MINUS SIGN}2 d)"
    itself = make_image(2, acquired_at=FIRST)
    assert captions.brief_time_label(itself, first, FIRST) == "+0:00  (first suggested post)"


def test_of_several_injections_the_time_names_its_own():
    first = captions.FirstPost(datetime.fromisoformat("2026-01-02T10:20"), injection=2)

    words = captions.time_label(make_image(1, minute=15), first)

    assert words == "10:15  (5 min before first post of injection 2)"


def test_the_first_post_image_of_several_injections_is_not_called_that_of_the_study():
    first = captions.FirstPost(FIRST, injection=2)

    words = captions.brief_time_label(make_image(1, minute=20), first)

    assert words == "10:20  (first post of injection 2)"


def _inferred(rule, at):
    item = replace(make_evidence("pre", "exposed 18 min before", tag=""), rule=rule)
    call = PhaseCall(phase=Phase.PRE, confidence=Confidence.INFERRED, evidence=(item,))
    return make_image(1, call=call, acquired_at=at)


def test_what_the_time_beside_it_says_is_not_said_again():
    image = _inferred("order", datetime.fromisoformat("2026-01-02T10:02"))

    assert captions.brief_reason(image, captions.FirstPost(FIRST)) == "inferred: by the order"


@pytest.mark.parametrize(
    ("rule", "at", "first"),
    [
        pytest.param("order", None, FIRST, id="no clock"),
        pytest.param("order", FIRST, None, id="no post image"),
        pytest.param("order", FIRST, FIRST, id="no distance is told"),
        pytest.param(
            "time-gap", datetime.fromisoformat("2026-01-02T10:02"), FIRST, id="another rule"
        ),
    ],
)
def test_a_reason_is_given_in_full_where_its_time_does_not_say_it(rule, at, first):
    image = _inferred(rule, at)
    found = captions.brief_reason(image, captions.FirstPost(first) if first else None)

    assert found == captions.reason(image) == "inferred: exposed 18 min before"
