"""What images of one breast say together, and what an image outside the rows says."""

import pytest
from builders import conclude, images_of, make_visit


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
