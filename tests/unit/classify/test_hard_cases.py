# The hard cases of before and after: what an expert says of headers that archives really hold.
import io
from datetime import datetime, time

import numpy as np
import pytest
from builders import (
    MAGNIFICATION,
    conclude,
    images_of,
    lay_out,
    make_instance,
    make_origin,
    make_visit,
    phases,
    suggestions,
)
from msgspec.structs import replace

from ductdicom.ingest.headers.instance import read_instance
from ductdicom.model.call import Confidence, ExamKind, Phase, ViewGroup
from ductdicom.model.instance import Clock, Code, Contrast, Level, Text
from ductdicom.model.outcome import Status
from ductdicom.phantom.dataset import mammogram_dataset
from ductdicom.phantom.spec import Texts

MAG = (MAGNIFICATION,)
DUCTOGRAM = "GALACTOGRAM LT"
PRE_PRE_POST_POST = ["pre", "pre", "post", "post"]
UNKNOWN = ["unknown"] * 4


def visit(*contrasts, study_text=DUCTOGRAM, series=(None,) * 4, **common):
    """Make the usual visit: two contact views, and two magnified ones 18 minutes later."""
    contrasts = contrasts or (Contrast(),) * 4
    shots = (("CC", "09:02", ()), ("MLO", "09:03", ()), ("CC", "09:21", MAG), ("ML", "09:23", MAG))
    return make_visit(
        *(
            {
                "view": view,
                "at": at,
                "modifiers": modifiers,
                "contrast": contrast,
                "study_text": study_text,
                "series_text": text,
                **common,
            }
            for (view, at, modifiers), contrast, text in zip(shots, contrasts, series, strict=True)
        )
    )


def codes(study_call):
    return {problem.code for problem in study_call.problems}


def confidences(study_call):
    return [image.call.confidence for image in images_of(study_call)]


# 1. Post images with no contrast tag at all, scout in the same series.
def test_without_any_evidence_all_is_unknown_and_a_pause_only_suggests():
    images = visit()

    call, pairing = conclude(*images), lay_out(*images)

    assert call.exam.kind is ExamKind.DUCTOGRAM
    assert phases(call) == UNKNOWN
    assert suggestions(call) == PRE_PRE_POST_POST
    assert pairing.status is Status.REVIEW
    assert pairing.rows
    assert all("suggested" in row.notes for row in pairing.rows)


@pytest.mark.parametrize(
    ("right", "suggested"),
    [
        pytest.param(Contrast(), PRE_PRE_POST_POST, id="no breast is known to be filled"),
        pytest.param(Contrast(agent="IOHEXOL"), PRE_PRE_POST_POST, id="the right one is filled"),
    ],
)
def test_views_repeated_magnified_after_a_pause_are_asked_about_on_either_breast(right, suggested):
    common = {"side": "R", "study_text": "GALACTOGRAM"}
    scout = make_instance("2.25.8", at="09:05", **common)
    filled = make_instance("2.25.9", at="09:30", contrast=right, **common)

    call = conclude(*visit(), scout, filled)

    assert phases(call)[:4] == UNKNOWN
    assert suggestions(call)[:4] == suggested


@pytest.mark.parametrize(
    "shots",
    [
        pytest.param([("CC", ()), ("MLO", ()), ("CC", ()), ("MLO", ())], id="contact views again"),
        pytest.param([("CC", ()), ("CC", ()), ("ML", MAG), ("ML", MAG)], id="another view"),
        pytest.param([("CC", MAG), ("ML", MAG), ("CC", ()), ("ML", ())], id="magnified first"),
    ],
)
def test_any_other_pause_says_nothing_of_the_breast_beside_a_filled_one(shots):
    times = ("09:02", "09:03", "09:21", "09:23")
    other = make_visit(
        *(
            {"view": view, "at": at, "modifiers": modifiers, "study_text": DUCTOGRAM}
            for (view, modifiers), at in zip(shots, times, strict=True)
        )
    )
    common = {"side": "R", "study_text": DUCTOGRAM}
    filled = make_instance("2.25.9", at="09:30", contrast=Contrast(agent="IOHEXOL"), **common)

    call = conclude(*other, make_instance("2.25.8", at="09:05", **common), filled)

    assert suggestions(call)[:4] == [None] * 4


# 2. Agent copied onto every image, the other breast's too.
def test_an_agent_on_every_image_proves_nothing():
    copied = Contrast(agent="OMNIPAQUE 300")
    other = make_instance(
        "2.25.9", side="R", at="09:05", contrast=copied, study_text=DUCTOGRAM, instance_number=9
    )

    call = conclude(*visit(*[copied] * 4), other)

    assert phases(call) == [*UNKNOWN, "unknown"]
    assert "non-discriminating" in codes(call)


def test_a_copied_agent_leaves_the_word_to_the_start_time():
    copied = Contrast(agent="OMNIPAQUE 300", started_at=time(9, 19))

    assert phases(conclude(*visit(*[copied] * 4))) == PRE_PRE_POST_POST


@pytest.mark.parametrize("agent", ["NONE", "OMNIPAQUE 300"])
def test_a_copied_agent_leaves_the_word_to_the_texts(agent):
    series = ("L CC SCOUT", "L MLO SCOUT", "L CC POST INJ", "L ML POST INJ")

    call = conclude(*visit(*[Contrast(agent=agent)] * 4, series=series))

    assert phases(call) == PRE_PRE_POST_POST


@pytest.mark.parametrize(
    "alike",
    [
        pytest.param({"contrast": Contrast(route="INTRADUCTAL", volume_ml=0.4)}, id="attributes"),
        pytest.param({"series_text": "POST INJECTION"}, id="text"),
    ],
)
def test_what_is_said_of_all_views_of_one_run_makes_an_inferred_phase_at_most(alike):
    common = {"modifiers": MAG, "study_text": DUCTOGRAM, **alike}

    call = conclude(*make_visit({"at": "09:21", **common}, {"at": "09:23", "view": "ML", **common}))

    assert phases(call) == ["post", "post"]
    assert confidences(call) == [Confidence.INFERRED] * 2


@pytest.mark.parametrize(
    ("tagged", "phase"),
    [
        pytest.param((0, 2), "unknown", id="on some scouts and again later"),
        pytest.param((0, 1, 2), "post", id="on all of the first round, which is a filling then"),
    ],
)
def test_an_agent_that_comes_again_is_believed_unless_it_stands_on_some_scouts_too(tagged, phase):
    filled = Contrast(agent="IOHEXOL")
    contrasts = [filled if place in tagged else Contrast() for place in range(4)]
    images = [replace(image, breast=visit()[0].breast) for image in visit(*contrasts)]

    found = phases(conclude(*images))

    assert [found[place] for place in tagged] == [phase] * len(tagged)


# 3. Agent NONE on every image, texts speak.
def test_a_default_none_raises_no_conflict_with_the_texts():
    series = ("SCOUT", "SCOUT", "POST INJ", "POST INJ")

    call = conclude(*visit(*[Contrast(agent="NONE")] * 4, series=series))

    assert phases(call) == PRE_PRE_POST_POST
    assert confidences(call) == [Confidence.STRONG] * 4
    assert "phase-conflict" not in codes(call)
    assert "non-discriminating" in codes(call)


@pytest.mark.parametrize("count", [1, 2, 4])
def test_a_default_none_alone_never_means_pre(count):
    images = visit(*[Contrast(agent="NONE")] * 4)[-count:]

    assert phases(conclude(*images)) == ["unknown"] * count


@pytest.mark.parametrize("typed", [(0,), (0, 1), (3,), (0, 1, 2)])
def test_a_none_on_some_images_never_means_pre_where_no_image_says_that_it_was_filled(typed):
    contrasts = [Contrast(agent="NONE" if place in typed else None) for place in range(4)]

    assert phases(conclude(*visit(*contrasts))) == UNKNOWN


def test_a_default_none_raises_no_conflict_with_a_volume():
    volumes = (None, None, 0.4, 0.4)

    call = conclude(*visit(*(Contrast(agent="NONE", volume_ml=ml) for ml in volumes)))

    assert phases(call) == PRE_PRE_POST_POST
    assert "phase-conflict" not in codes(call)


def test_an_agent_on_scouts_made_in_one_go_never_means_post():
    images = visit(*[Contrast(agent="OMNIPAQUE 300")] * 4)[:2]

    assert phases(conclude(*images)) == ["unknown", "unknown"]


# 4. Agent NONE on the scouts, iohexol on the others.
def test_an_agent_that_splits_in_the_order_of_time_is_certain():
    none, filled = Contrast(agent="NONE"), Contrast(agent="IOHEXOL")
    images = visit(none, none, filled, filled)

    call, pairing = conclude(*images), lay_out(*images)

    assert phases(call) == PRE_PRE_POST_POST
    assert confidences(call) == [Confidence.CERTAIN] * 4
    assert pairing.status is Status.PAIRED
    assert [row.group for row in pairing.rows] == [ViewGroup.CC, ViewGroup.LATERAL]


def test_an_untagged_scout_before_a_certain_filling_is_inferred():
    filled = Contrast(agent="IOHEXOL")

    call = conclude(*visit(Contrast(), Contrast(), filled, filled))

    assert phases(call) == PRE_PRE_POST_POST
    assert confidences(call)[:2] == [Confidence.INFERRED] * 2


# 5. One start time on all images.
def test_a_start_time_parts_the_images_by_the_clock():
    known = Contrast(agent="OMNIPAQUE", started_at=time(10, 15))
    images = make_visit(
        {"at": "10:05", "contrast": known, "study_text": DUCTOGRAM},
        {"at": "10:17", "contrast": known, "study_text": DUCTOGRAM},
    )

    call = conclude(*images)

    assert phases(call) == ["pre", "post"]
    assert confidences(call) == [Confidence.CERTAIN] * 2


def test_a_start_time_on_one_image_alone_makes_an_inferred_phase_of_the_others():
    known = Contrast(agent="OMNIPAQUE", started_at=time(9, 15))

    call = conclude(*visit(Contrast(), Contrast(), known, Contrast()))

    assert phases(call) == PRE_PRE_POST_POST
    assert confidences(call) == [
        *[Confidence.INFERRED] * 2,
        Confidence.CERTAIN,
        Confidence.INFERRED,
    ]


def test_a_start_before_the_scouts_proves_nothing_on_whichever_image_it_stands():
    known = Contrast(started_at=time(8, 58))

    assert phases(conclude(*visit(known, Contrast(), known, Contrast()))) == UNKNOWN


def test_within_a_minute_of_the_start_the_clock_says_nothing_certain():
    known = Contrast(started_at=time(10, 15))
    images = make_visit(
        {"at": "10:05", "contrast": known, "study_text": DUCTOGRAM},
        {"at": "10:15:30", "contrast": known, "study_text": DUCTOGRAM},
    )

    (first, second) = images_of(conclude(*images))

    assert first.call.phase is Phase.PRE
    assert second.call.confidence is not Confidence.CERTAIN


def test_a_start_time_without_the_exposures_date_is_not_certain():
    known = Contrast(started_at=time(10, 15))
    clock = Clock(acquired_time=time(10, 17), tag="(0008,0032)", is_acquisition=True)

    call = conclude(
        make_instance(contrast=known, clock=clock, study_date=None, study_text=DUCTOGRAM)
    )

    assert images_of(call)[0].call.confidence is not Confidence.CERTAIN


def test_a_start_time_before_the_scouts_too_proves_nothing():
    known = Contrast(started_at=time(8, 58))

    assert phases(conclude(*visit(*[known] * 4))) == UNKNOWN


def test_a_start_before_midnight_parts_images_on_both_sides_of_it():
    known = Contrast(started_at=time(23, 58))
    images = make_visit(
        {
            "at": datetime.fromisoformat("2026-01-02T23:50"),
            "contrast": known,
            "study_text": DUCTOGRAM,
        },
        {
            "at": datetime.fromisoformat("2026-01-03T00:10"),
            "contrast": known,
            "study_text": DUCTOGRAM,
        },
    )

    assert phases(conclude(*images)) == ["pre", "post"]


# 7. PRE_CONTRAST and POST_CONTRAST of one breast in a coded ductography.
def test_image_type_in_a_coded_ductography_is_certain():
    code = Code(tag="(0008,1032)", value="18102001", scheme="SCT", level=Level.STUDY)
    types = ("PRE_CONTRAST", "PRE_CONTRAST", "POST_CONTRAST", "POST_CONTRAST")
    volumes = (None, None, 0.8, 0.8)
    images = tuple(
        replace(image, image_type=("ORIGINAL", "PRIMARY", term), codes=(code,))
        for image, term in zip(
            visit(*(Contrast(volume_ml=ml) for ml in volumes), study_text=None), types, strict=True
        )
    )

    call = conclude(*images)

    assert (call.exam.kind, call.exam.confidence) == (ExamKind.DUCTOGRAM, Confidence.CERTAIN)
    assert phases(call) == PRE_PRE_POST_POST
    assert confidences(call) == [Confidence.CERTAIN] * 4


# 8. De-identified: words and clock gone, a dummy agent, the route on three of five.
def deidentified(numbers):
    routes = (None, None, "INTRADUCTAL", "INTRADUCTAL", "INTRADUCTAL")
    views = ("CC", "MLO", "CC", "ML", "CC")
    return make_visit(
        *(
            {
                "view": view,
                "clock": Clock(),
                "study_date": None,
                "study_time": None,
                "instance_number": number,
                "contrast": Contrast(agent="ANONYMIZED", route=route),
            }
            for view, route, number in zip(views, routes, numbers, strict=True)
        )
    )


def test_a_route_survives_deidentification_and_the_numbers_order_the_rest():
    call = conclude(*deidentified((1, 2, 3, 4, 5)))

    assert call.exam.kind is ExamKind.DUCTOGRAM
    assert phases(call) == ["pre", "pre", "post", "post", "post"]
    assert confidences(call)[:2] == [Confidence.INFERRED] * 2


@pytest.mark.parametrize(
    "numbers",
    [
        pytest.param((4, 5, 1, 2, 3), id="higher"),
        pytest.param((1, 1, 1, 1, 1), id="equal"),
        pytest.param((None,) * 5, id="gone"),
    ],
)
def test_without_lower_numbers_the_untagged_images_stay_unknown(numbers):
    call = conclude(*deidentified(numbers))

    assert phases(call)[:2] == ["unknown", "unknown"]
    assert phases(call)[2:] == ["post"] * 3


# 13. Two ducts.
def two_ducts(rescout_text=None):
    filled = Contrast(agent="IOHEXOL")
    common = {"study_text": DUCTOGRAM}
    images = [
        {"view": "CC", "at": "09:02"},
        {"view": "CC", "at": "09:20", "contrast": filled, "series_text": "CC DUCT 1"},
        {"view": "ML", "at": "09:24", "contrast": filled, "series_text": "ML DUCT 1"},
        {"view": "CC", "at": "09:40", "contrast": filled, "series_text": "CC DUCT 2 (6H)"},
        {"view": "ML", "at": "09:45", "contrast": filled, "series_text": "ML DUCT 2 (6H)"},
    ]
    if rescout_text is not None:
        images.append({"view": "MLO", "at": "10:10", "series_text": rescout_text})
    return make_visit(*({**common, **image} for image in images))


def test_two_ducts_are_two_injections_that_share_one_pre():
    pairing = lay_out(*two_ducts())

    rows = {(row.group, row.injection): row for row in pairing.rows}
    assert {key: len(row.post) for key, row in rows.items()} == {
        (ViewGroup.CC, 1): 1,
        (ViewGroup.CC, 2): 1,
        (ViewGroup.LATERAL, 1): 1,
        (ViewGroup.LATERAL, 2): 1,
    }
    assert [[i.uid for i in rows[ViewGroup.CC, n].pre] for n in (1, 2)] == [["2.25.1"]] * 2


@pytest.mark.parametrize(
    ("text", "phase"), [("RESCOUT", "unknown"), ("", "unknown"), ("MLO PRE CONTRAST", "pre")]
)
def test_a_late_scout_is_unknown_unless_its_text_says_pre(text, phase):
    assert phases(conclude(*two_ducts(text)))[-1] == phase


def test_a_late_scout_that_its_text_calls_pre_stands_beside_no_post_and_is_for_review():
    pairing = lay_out(*two_ducts("MLO PRE CONTRAST"))

    assert pairing.status is Status.REVIEW
    assert [(item.image.uid, item.reason) for item in pairing.left_out] == [
        ("2.25.6", "time-conflict")
    ]


# 14. Filled again after a bubble.
@pytest.mark.parametrize("first", ["09:08", "09:20"])
def test_a_second_filling_of_the_same_view_is_kept_beside_the_first(first):
    filled = Contrast(agent="IOHEXOL")
    common = {"study_text": DUCTOGRAM}
    images = make_visit(
        {"at": "09:02", **common},
        {"at": first, "contrast": filled, "modifiers": MAG, **common},
        {"at": "09:31", "contrast": filled, "modifiers": MAG, **common},
    )

    call, pairing = conclude(*images), lay_out(*images)

    assert phases(call) == ["pre", "post", "post"]
    assert [i.uid for row in pairing.rows for i in row.post] == ["2.25.2", "2.25.3"]
    assert not pairing.left_out


def test_one_forgotten_tag_does_not_take_the_others_away():
    filled = Contrast(agent="IOHEXOL")
    shots = (
        ("CC", "09:01", None),
        ("CC", "09:10", filled),
        ("ML", "09:12", filled),
        ("MLO", "09:18", None),
        ("CC", "09:30", filled),
        ("ML", "09:32", filled),
    )
    images = make_visit(
        *(
            {"view": view, "at": at, "contrast": contrast or Contrast(), "study_text": DUCTOGRAM}
            for view, at, contrast in shots
        )
    )

    found = phases(conclude(*images))

    assert [found[n] for n in (1, 2, 4, 5)] == ["post"] * 4
    assert found[0] == "pre"
    assert found[3] != "pre"


def test_the_view_two_minutes_before_a_tagged_one_is_not_pre():
    none, filled = Contrast(), Contrast(agent="IOHEXOL")
    images = tuple(
        replace(image, breast=replace(image.breast, view_modifiers=()))
        for image in visit(none, none, none, filled)
    )

    assert phases(conclude(*images)) == ["pre", "pre", "unknown", "post"]


# 20. Text traps: none of them gives a phase, in a ductography either.
@pytest.mark.parametrize(
    "text",
    [
        "POST BIOPSY CLIP",
        "PREMIUM VIEW",
        "STATUS POST LUMPECTOMY",
        "MD C/C S/C",
        "Z.n. OP nach KM?",
        "GALACTOGRAPHIE SANS L'INJECTION",
        "乳管造影",
        "senza e con mdc",
        "W/WO CONTRAST DUCTOGRAM",
        "V-PREVIEW ML",
        "POSTERIOR NIPPLE LINE",
        "FOR PRESENTATION",
        "stan po biopsji",
        "POST PROCESSING",
        "contrôle",
    ],
)
def test_a_text_trap_gives_no_phase(text):
    images = visit(series=(None, None, text, None))

    trapped = images_of(conclude(*images))[2]

    assert trapped.call.phase in {Phase.UNKNOWN, None}


# 21. Characters that do not fit the declared set.
def read_with_series_text(raw):
    dataset = mammogram_dataset(
        np.zeros((8, 6), dtype=np.uint16),
        texts=Texts(study="GALACTOGRAM LT", series="#" * len(raw)),
        acquired_at="20260102092100",
    )
    stream = io.BytesIO()
    dataset.save_as(stream, implicit_vr=False, little_endian=True, enforce_file_format=False)
    content = stream.getvalue().replace(b"#" * len(raw), raw)
    return read_instance(make_origin(), io.BytesIO(content))


@pytest.mark.parametrize(
    ("raw", "phase"),
    [
        pytest.param("CC po kontraście".encode(), "post", id="Polish as UTF-8"),
        pytest.param("CC après injection".encode(), "post", id="French as UTF-8"),
        pytest.param("CC 注药前 乳腺导管造影".encode("gbk"), "pre", id="Chinese as GBK"),
    ],
)
def test_guessed_characters_lower_the_confidence_of_their_text(raw, phase):
    guessed = read_with_series_text(raw + b" " * (len(raw) % 2))

    call = conclude(guessed)

    assert guessed.is_charset_guessed
    assert phases(call) == [phase]
    assert confidences(call) == [Confidence.INFERRED]
    assert "charset-guessed" in codes(call)


@pytest.mark.parametrize(
    ("raw", "phase"),
    [
        pytest.param("CC PO KONTRAŚCIE.".encode("cp1250"), Phase.POST, id="Polish"),
        pytest.param("CC 造影前 乳管造影".encode("cp932"), Phase.PRE, id="Japanese"),
        pytest.param("CC после введения КВ".encode("cp1251"), Phase.POST, id="Russian"),
    ],
)
def test_characters_guessed_wrongly_never_turn_a_phase_round(raw, phase):
    guessed = read_with_series_text(raw + b" " * (len(raw) % 2))

    assert conclude(guessed).images[0].call.phase in {phase, Phase.UNKNOWN}


def test_thirty_views_of_one_filling_are_all_post():
    filled = Contrast(agent="IOHEXOL")
    images = make_visit(
        {"at": "09:00", "study_text": DUCTOGRAM},
        *(
            {
                "at": f"09:{20 + n // 2}:{30 * (n % 2):02}",
                "contrast": filled,
                "study_text": DUCTOGRAM,
            }
            for n in range(30)
        ),
    )

    call, pairing = conclude(*images), lay_out(*images)

    assert phases(call) == ["pre", *["post"] * 30]
    assert len(pairing.rows) == 1
    assert len(pairing.rows[0].post) == 30


def test_dates_order_a_visit_over_midnight():
    filled = Contrast(agent="IOHEXOL")
    images = make_visit(
        {"at": datetime.fromisoformat("2026-01-02T23:50"), "study_text": DUCTOGRAM},
        {
            "at": datetime.fromisoformat("2026-01-03T00:08"),
            "contrast": filled,
            "study_text": DUCTOGRAM,
        },
    )

    call = conclude(*images)

    assert phases(call) == ["pre", "post"]
    assert not any(image.is_clock_doubtful for image in call.images)


def test_without_dates_a_visit_over_midnight_is_not_ordered():
    def clock(at):
        return Clock(acquired_time=at, tag="(0008,0032)", is_acquisition=True)

    filled = Contrast(agent="IOHEXOL")
    images = make_visit(
        {"clock": clock(time(23, 50)), "study_text": DUCTOGRAM},
        {"clock": clock(time(0, 8)), "contrast": filled, "study_text": DUCTOGRAM},
    )
    call = conclude(*images)

    assert phases(call) == ["unknown", "post"]
    assert all(image.is_clock_doubtful for image in call.images)


@pytest.mark.parametrize(
    ("stations", "expected"),
    [
        pytest.param(("A", "B"), ["unknown", "post"], id="two stations"),
        pytest.param(("A", None), ["pre", "post"], id="one not named"),
        pytest.param(("A", "A"), ["pre", "post"], id="one station"),
    ],
)
def test_clocks_of_different_stations_are_not_compared(stations, expected):
    images = make_visit(
        {"at": "09:02", "study_text": DUCTOGRAM, "station_name": stations[0]},
        {
            "at": "09:21",
            "study_text": DUCTOGRAM,
            "station_name": stations[1],
            "contrast": Contrast(agent="IOHEXOL"),
        },
    )

    assert phases(conclude(*images)) == expected


def test_a_plan_is_no_fact():
    request = Text(level=Level.REQUEST, tag="(0032,1060)", value="POST CONTRAST GALACTOGRAM")
    images = tuple(replace(image, texts=(*image.texts, request)) for image in visit())

    assert phases(conclude(*images)) == UNKNOWN


def test_only_scouts_with_words_of_their_own_are_pre():
    images = make_visit(
        {"at": "09:01", "series_text": "L CC SCOUT", "study_text": DUCTOGRAM},
        {"at": "09:08", "view": "MLO", "series_text": "L MLO SCOUT", "study_text": DUCTOGRAM},
    )

    assert phases(conclude(*images)) == ["pre", "pre"]


def test_a_protocol_named_on_all_images_does_not_silence_the_series():
    series = ("SCOUT CC", "SCOUT MLO", "CC POST INJ", "ML POST INJ")
    protocol = Text(level=Level.SERIES, tag="(0018,1030)", value="GALACTOGRAPHIE AVEC INJECTION")
    images = tuple(replace(image, texts=(*image.texts, protocol)) for image in visit(series=series))

    assert phases(conclude(*images)) == PRE_PRE_POST_POST


def test_the_vials_volume_does_not_make_a_named_ductography_something_else():
    filled = Contrast(agent="OMNIPAQUE 300", volume_ml=50.0)

    call = conclude(*visit(Contrast(), Contrast(), filled, filled))

    assert call.exam.kind is ExamKind.DUCTOGRAM
    assert phases(call) == PRE_PRE_POST_POST


@pytest.mark.parametrize(
    "text",
    [
        "AEC pre exposure",
        "PRE-EXPOSURE 28 kV",
        "W/CONTRAST ENHANCEMENT",
        "contrast enhancement",
        "Standard post processing",
        "NATIVE RESOLUTION",
        "POST SCOUT",
        "PREVIEW",
        "contrast 1.2",
    ],
)
def test_words_about_the_exposure_and_its_processing_give_no_phase(text):
    processing = Text(level=Level.IMAGE, tag="(0018,1400)", value=text)
    images = visit()
    images = (*images[:2], replace(images[2], texts=(*images[2].texts, processing)), images[3])

    assert phases(conclude(*images)) == UNKNOWN


@pytest.mark.parametrize(
    ("texts", "guesses"),
    [
        pytest.param("post contrast", [None, None, "post", "post"], id="post"),
        pytest.param("pre contrast", ["pre", "pre", None, None], id="pre"),
    ],
)
def test_one_phase_for_contact_views_and_later_magnified_ones_is_a_protocols_name(texts, guesses):
    series = [f"{texts} {view}" for view in ("CC", "MLO", "CC 2", "ML")]

    found = conclude(*visit(series=series))

    assert phases(found) == UNKNOWN
    assert suggestions(found) == guesses


def test_without_a_clock_magnification_suggests_which_view_shows_a_filling():
    views = ({"study_text": DUCTOGRAM, "modifiers": modifiers} for modifiers in ((), MAG))

    found = conclude(*make_visit(*views))

    assert phases(found) == ["unknown", "unknown"]
    assert suggestions(found) == ["pre", "post"]


@pytest.mark.parametrize(("study_text", "is_told"), [(None, True), (DUCTOGRAM, False)])
def test_an_examination_that_only_contrast_shows_is_told(study_text, is_told):
    filled = Contrast(agent="IOHEXOL")

    found = conclude(*visit(*[Contrast()] * 2, *[filled] * 2, study_text=study_text))

    assert found.exam.kind is ExamKind.DUCTOGRAM
    assert ("exam-inferred" in codes(found)) is is_told
