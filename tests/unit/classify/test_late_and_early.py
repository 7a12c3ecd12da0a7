"""What the order of exposures puts in doubt: fillings before the scouts, views long after."""

import pytest
from builders import MAGNIFICATION, conclude, make_visit, phases

MAG = (MAGNIFICATION,)
FILLED = {"agent": "OMNIPAQUE 300"}


def _visit(*images):
    """Make a ductogram of ``(time, is magnified, other changes)``."""
    return conclude(
        *make_visit(
            *(
                {
                    "at": at,
                    "modifiers": MAG if is_magnified else (),
                    "study_text": "GALACTOGRAM LT",
                    **changes,
                }
                for at, is_magnified, changes in images
            )
        )
    )


def _codes(call):
    return [problem.code for problem in call.problems]


@pytest.mark.parametrize("magnified", ["09:09", "09:20"])
def test_an_agent_on_the_contact_views_before_magnified_ones_without_it_is_a_conflict(magnified):
    call = _visit(
        ("09:00", False, FILLED),
        ("09:02", False, {"view": "ML", **FILLED}),
        (magnified, True, {}),
        ("09:22", True, {"view": "ML"}),
    )

    assert phases(call) == ["unknown"] * 4
    assert _codes(call) == ["phase-conflict"] * 2


@pytest.mark.parametrize(
    ("images", "found"),
    [
        pytest.param(
            [("09:00", False, {}), ("09:20", False, FILLED), ("09:40", True, {})],
            ["pre", "post", "unknown"],
            id="a scout is there",
        ),
        pytest.param(
            [("09:20", False, FILLED), ("09:22", True, {})],
            ["post", "post"],
            id="the magnified view belongs to the same run",
        ),
        pytest.param(
            [("09:20", True, FILLED), ("09:22", True, FILLED), ("09:50", False, {})],
            ["post", "post", "unknown"],
            id="drained, by contact",
        ),
        pytest.param(
            [("09:20", False, FILLED), ("09:50", False, {})],
            ["post", "unknown"],
            id="all by contact",
        ),
        pytest.param(
            [("09:00", False, {"comment": "post injection", **FILLED}), ("09:20", True, {})],
            ["post", "unknown"],
            id="a person typed post",
        ),
        pytest.param(
            [("09:20", False, FILLED), ("09:22", False, {}), ("09:40", True, {"side": "R"})],
            ["post", "post", "unknown"],
            id="magnified views of the other breast",
        ),
    ],
)
def test_the_order_of_contact_and_magnified_views_casts_no_other_doubt(images, found):
    call = _visit(*images)

    assert phases(call) == found
    assert "phase-conflict" not in _codes(call)


def test_without_a_clock_the_numbers_cast_the_same_doubt():
    call = _visit((None, False, FILLED), (None, True, {}))

    assert phases(call) == ["unknown"] * 2
    assert _codes(call) == ["phase-conflict"]
