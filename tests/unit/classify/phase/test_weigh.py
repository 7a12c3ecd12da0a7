"""Times of injection, hints of compression, and what an archive wrote."""

from datetime import date, datetime, time, timedelta

import pytest
from builders import MAGNIFICATION, conclude, images_of, make_instance, make_seen, make_visit

from ductdicom.classify.engine import Thresholds
from ductdicom.classify.exam.rules import dual_energy
from ductdicom.classify.phase.weigh import light_compression, start_time
from ductdicom.model.call import ExamKind, Phase, Strength
from ductdicom.model.instance import Breast, Contrast, Raster

LIMITS = Thresholds()
MAGNIFIED = {"modifiers": (MAGNIFICATION,)}


def _look(*changes):
    raster = Raster(rows=10, columns=10, has_pixels=True)
    return make_seen(*(make_instance(**({"raster": raster} | change)) for change in changes))


@pytest.mark.parametrize(
    ("at", "says"),
    [
        pytest.param("09:00", [], id="before the end says nothing"),
        pytest.param("09:30", [Phase.POST], id="after the end is post"),
    ],
)
def test_the_end_of_an_injection_alone_only_tells_what_came_after(at, says):
    (image,) = _look({"at": at, "contrast": Contrast(stopped_at=time(9, 15))})

    evidence = start_time(image, None, LIMITS)

    assert says == [item.says for item in evidence]
    assert all(item.tag == "(0018,1043)" for item in evidence)


MARGIN, REACH = LIMITS.start_time_margin_seconds, 3600 * LIMITS.start_time_reach_hours


@pytest.mark.parametrize(
    ("seconds", "says"),
    [
        pytest.param(-REACH - 1, [], id="hours before"),
        pytest.param(-REACH, [Phase.PRE], id="just in reach before"),
        pytest.param(-MARGIN - 1, [Phase.PRE], id="before"),
        pytest.param(-MARGIN, [], id="within the margin before"),
        pytest.param(0, [], id="at the start"),
        pytest.param(MARGIN, [], id="within the margin after"),
        pytest.param(MARGIN + 1, [Phase.POST], id="after"),
        pytest.param(REACH, [Phase.POST], id="just in reach after"),
        pytest.param(REACH + 1, [], id="hours after"),
    ],
)
def test_a_start_of_contrast_tells_within_hours_and_not_within_seconds(seconds, says):
    at = datetime.combine(date(2026, 1, 2), time(12)) + timedelta(seconds=seconds)
    (image,) = _look({"at": at, "contrast": Contrast(started_at=time(12, 0))})

    assert [item.says for item in start_time(image, [image], LIMITS)] == says


@pytest.mark.parametrize(
    ("forces", "hinted"),
    [
        pytest.param((100, 40), [False, True], id="much less than the firmest"),
        pytest.param((100, 90), [False, False], id="about the same"),
        pytest.param((None, 40), [False, False], id="nothing to compare with"),
    ],
)
def test_light_compression_hints_at_post(forces, hinted):
    images = _look(*({"compression_force_n": force} for force in forces))

    firmest = max(force or 0 for force in forces)

    assert hinted == [bool(light_compression(image, firmest, LIMITS)) for image in images]


@pytest.mark.parametrize(
    ("contrast", "wanted"),
    [
        pytest.param({"is_administered": True}, "certain", id="used: stated of each image"),
        pytest.param({"agent_phase": "POST_CONTRAST"}, "certain", id="phase: of each image"),
        pytest.param({"agent": "IOHEXOL"}, "unknown", id="agent: a console copies it"),
        pytest.param({"volume_ml": 0.5}, "unknown", id="volume: a console copies it"),
    ],
)
def test_what_a_console_copies_proves_nothing_where_all_images_have_it(contrast, wanted):
    image = {"study_text": "Ductogram", "contrast": Contrast(**contrast)}

    call = conclude(*make_visit(image | {"at": "09:00"}, image | {"at": "09:10"}))

    assert [i.call.confidence for i in call.images] == [wanted] * 2


@pytest.mark.parametrize(
    ("filling", "wanted"),
    [
        pytest.param({"route": "INTRADUCTAL"}, ["certain", "certain"], id="a filling elsewhere"),
        pytest.param({}, ["unknown", "unknown"], id="no filling: a default of the console"),
    ],
)
def test_a_typed_none_counts_beside_an_image_that_says_it_was_filled(filling, wanted):
    scout, filled = (
        {"study_text": "Ductogram", "at": at, "contrast": Contrast(**values)}
        for at, values in (("09:00", {"agent": "None"}), ("09:10", filling))
    )

    call = conclude(*make_visit(scout, filled))

    assert [image.call.confidence for image in images_of(call)] == wanted


def test_the_flow_of_an_injector_speaks_for_a_vein():
    (found,) = dual_energy(_look({"contrast": Contrast(flow_rate_ml_s=3.0)}), LIMITS)

    assert (found.says, found.tag) == (ExamKind.CONTRAST_MAMMOGRAM, "(0018,1046)")


def test_an_archive_that_names_the_other_side_is_a_conflict():
    breast = Breast(image_laterality="L", pacs_laterality="R")

    (image,) = _look({"breast": breast})

    assert image.laterality is None
    assert {item.rule for item in image.view.laterality_conflicts} == {
        "image-laterality",
        "archive-laterality",
    }


def test_an_archive_names_the_view_where_nothing_else_does():
    breast = Breast(image_laterality="L", pacs_view="MLO")

    (image,) = _look({"breast": breast})

    assert image.view.view == "MLO"


def test_the_start_of_another_image_is_cited_as_such_and_is_not_explicit():
    started = Contrast(started_at=time(9, 15))
    images = _look({"at": "09:20", "contrast": started}, {"at": "09:35"})

    (own,), (cited,) = (start_time(image, time(9, 15), LIMITS) for image in images)

    assert (own.tag, own.strength) == ("(0018,1042)", Strength.EXPLICIT)
    assert (cited.tag, cited.strength) == ("", Strength.STRUCTURAL)
    assert cited.value == "another image says that contrast started 20 min before this exposure"


@pytest.mark.parametrize(
    ("before", "after", "wanted"),
    [
        pytest.param({}, MAGNIFIED, "unknown", id="as in the textbook: a protocol's name"),
        pytest.param({}, {}, "strong", id="alike: typed for each image"),
        pytest.param(MAGNIFIED, {}, "strong", id="the other way round: typed for each image"),
    ],
)
def test_one_phase_for_a_contact_view_and_a_later_magnified_one_does_not_count(
    before, after, wanted
):
    call = conclude(
        *make_visit(
            {"study_text": "Ductogram", "at": "09:00", "series_text": "post contrast 1"} | before,
            {"study_text": "Ductogram", "at": "09:20", "series_text": "post contrast 2"} | after,
        )
    )

    assert [image.call.confidence for image in images_of(call)] == [wanted] * 2


@pytest.mark.parametrize(
    ("texts", "wanted"),
    [
        pytest.param(("CC", "ML"), ["post", "post"], id="texts that hide nothing"),
        pytest.param(("■■■ CC", "ML"), ["unknown", "unknown"], id="one that may have said scout"),
        pytest.param(("■■■ CC", "■■■ ML"), ["post", "post"], id="the same of all, as of a clinic"),
        pytest.param(
            ("■■■ CC scout", "■■■ CC post contrast"), ["unknown", "unknown"], id="a weak scout"
        ),
    ],
)
def test_values_on_all_images_of_a_burst_do_not_count_against_a_text(texts, wanted):
    filled = {
        "study_text": "Ductogram",
        "contrast": Contrast(route="INTRADUCTAL", volume_ml=0.4),
        **MAGNIFIED,
    }
    times = ("09:00", "09:03")

    call = conclude(
        *make_visit(
            *({"at": at, "comment": text, **filled} for at, text in zip(times, texts, strict=True))
        )
    )

    images = images_of(call)
    assert [str(image.call.phase) for image in images] == wanted
    assert images[0].call.suggestion is None
