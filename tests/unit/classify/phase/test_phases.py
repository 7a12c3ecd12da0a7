"""What images of one breast say together, and what an image outside the rows says."""

import pytest
from builders import conclude, images_of, make_visit

from ductdicom.model.call import Decision, Laterality


def test_the_firmest_image_of_a_breast_is_what_its_others_are_compared_with():
    call = conclude(
        *make_visit(
            {"study_text": "Ductogram", "compression_force_n": 100.0},
            {"study_text": "Ductogram", "compression_force_n": 40.0},
            {"study_text": "Ductogram", "compression_force_n": 30.0, "side": "R"},
        )
    )

    said = [[item.value for item in image.call.evidence] for image in images_of(call)]
    assert said == [[], ["40 N, others up to 100 N"], []]


@pytest.mark.parametrize(
    ("side", "comment", "phase"),
    [
        pytest.param("L", "R not injected", "unknown", id="a letter"),
        pytest.param("L", "right breast not injected", "unknown", id="a word"),
        pytest.param("L", "RCC without contrast", "unknown", id="glued to a view"),
        pytest.param("R", "L filled", "unknown", id="what was filled"),
        pytest.param("R", "li nach KM", "unknown", id="a short word"),
        pytest.param("L", "post RT", "unknown", id="what may be radiotherapy"),
        pytest.param("R", "R not injected", "pre", id="this breast"),
        pytest.param("R", "R not injected, L injected", "unknown", id="both breasts"),
        pytest.param("L", "R2D post contrast", "unknown", id="a room, not known"),
        pytest.param("L", "post contrast", "post", id="no breast"),
    ],
)
def test_what_is_said_of_the_other_breast_says_nothing_of_this_one(side, comment, phase):
    (image,) = images_of(
        conclude(*make_visit({"study_text": "Ductogram", "side": side, "comment": comment}))
    )

    assert image.call.phase == phase


@pytest.mark.parametrize(
    ("side", "comment", "is_post"),
    [
        pytest.param("R", "L breast inj", False, id="the other breast, a letter"),
        pytest.param("R", "li KM", False, id="the other breast, a short word"),
        pytest.param("L", "li KM", True, id="this breast"),
        pytest.param("L", "R2 KM", True, id="a room"),
    ],
)
def test_a_label_of_the_other_breast_splits_nothing(side, comment, is_post):
    common = {"study_text": "Ductogram", "side": side}

    _, later = images_of(
        conclude(
            *make_visit(common | {"at": "09:00"}, common | {"at": "09:16", "comment": comment})
        )
    )

    assert (later.call.phase == "post") is is_post


def test_a_reviewers_side_is_the_one_that_a_text_is_held_against():
    word = Decision(sop_instance_uid="2.25.1", laterality=Laterality.RIGHT)
    visit = make_visit({"study_text": "Ductogram", "comment": "R not injected"})

    (image,) = images_of(conclude(*visit, decisions=(word,)))

    assert (image.laterality, image.call.phase) == ("R", "pre")


@pytest.mark.parametrize(
    ("comment", "side"),
    [
        pytest.param("post RT", "L", id="radiotherapy, maybe"),
        pytest.param("post RT on L breast", "L", id="beside the breast"),
        pytest.param("RT CC post", None, id="plainly a side"),
    ],
)
def test_what_may_be_radiotherapy_is_no_side_against_an_attribute(comment, side):
    (image,) = images_of(conclude(*make_visit({"study_text": "Ductogram", "comment": comment})))

    assert image.laterality == side


@pytest.mark.parametrize(
    ("views", "phase"),
    [
        pytest.param(["iohexol", None, "iohexol"], "post", id="on some images of the breast"),
        pytest.param(["iohexol", "iohexol", "iohexol"], "unknown", id="on all: a copied value"),
    ],
)
def test_an_image_outside_the_rows_has_the_phase_of_a_value_that_counts(views, phase):
    minutes = ("09:10", "09:00", "09:11")
    visit = [
        {"study_text": "Ductogram", "at": at, "agent": agent}
        for at, agent in zip(minutes, views, strict=True)
    ]
    visit[2]["comment"] = "rejected"

    *_, rejected = images_of(conclude(*make_visit(*visit)))

    assert (rejected.kind, rejected.call.phase) == ("rejected", phase)
