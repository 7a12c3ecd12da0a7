"""What the order of exposures puts in doubt: fillings before the scouts, views long after."""

import pytest
from builders import MAGNIFICATION, conclude, make_visit, phases, suggestions

from ductdicom.classify.engine import Thresholds

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


@pytest.mark.parametrize(
    ("at", "suggestion"),
    [
        pytest.param("09:40", "post", id="18 min later"),
        pytest.param("10:22", "post", id="an hour later"),
        pytest.param("10:23", None, id="longer than an hour"),
        pytest.param("11:00", None, id="100 min later"),
    ],
)
@pytest.mark.parametrize("comment", [None, "POST CLIP"])
def test_what_was_exposed_long_after_the_filling_is_not_even_suggested(at, suggestion, comment):
    call = _visit(
        ("09:00", False, {}),
        ("09:20", True, FILLED),
        ("09:22", True, {"view": "ML", **FILLED}),
        (at, False, {"comment": comment}),
    )

    assert phases(call) == ["pre", "post", "post", "unknown"]
    assert suggestions(call)[3] == suggestion


def test_the_last_filling_counts_and_not_the_first():
    call = _visit(
        ("09:00", False, {}), ("09:20", True, FILLED), ("10:20", True, FILLED), ("11:00", False, {})
    )

    assert suggestions(call)[3] == "post"


def test_a_site_says_how_long_after_a_filling_a_view_is_suggested():
    assert (
        Thresholds.from_mapping({"suggestion_reach_minutes": 90.0}).suggestion_reach_minutes == 90
    )


def test_a_clock_that_may_be_half_a_day_off_suggests_nothing():
    call = _visit(
        ("13:00", False, {}),
        ("13:02", False, {"view": "ML"}),
        ("01:20", True, FILLED),
        ("01:22", True, {"view": "ML", **FILLED}),
    )

    assert phases(call) == ["unknown", "unknown", "post", "post"]
    assert suggestions(call) == [None] * 4
    assert _codes(call) == ["time-conflict"]


def test_contact_views_between_a_pause_and_the_only_tagged_filling_are_no_scouts():
    """The field was filled in for the second duct only; the first round of fillings has no tag."""
    visit = _visit(("09:00", False, {}), ("09:12", False, {}), ("09:30", False, FILLED))

    assert phases(visit) == ["pre", "unknown", "post"]
    assert suggestions(visit)[1] == "post"


@pytest.mark.parametrize(
    "hint",
    [
        pytest.param({"comment": "zqbb after injection"}, id="a text that is not understood"),
        pytest.param({"agent": "YE709Q"}, id="an agent that is not known"),
    ],
)
def test_an_image_that_hints_at_contrast_and_what_follows_it_is_no_scout_by_its_order(hint):
    visit = _visit(
        ("09:00", False, {}),
        ("09:01", False, hint),
        ("09:02", False, {}),
        ("09:03", False, {"comment": "after injection"}),
    )

    assert phases(visit) == ["pre", "unknown", "unknown", "post"]


def test_a_redacted_agent_on_one_image_does_not_split_what_all_the_others_have():
    visit = _visit(
        ("09:00", False, FILLED), ("09:10", False, {"agent": "zqbb"}), ("09:20", False, FILLED)
    )

    assert "pre" not in phases(visit)
    assert "post" not in phases(visit)
