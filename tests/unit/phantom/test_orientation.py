import itertools

import numpy as np
import pytest

from ductdicom.phantom.orientation import hung_orientation, opposite, turn_to

IMAGE = np.arange(6).reshape(2, 3)


@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        pytest.param(("A", "R"), IMAGE, id="identity"),
        pytest.param(("P", "R"), np.fliplr(IMAGE), id="fliplr"),
        pytest.param(("A", "L"), np.flipud(IMAGE), id="flipud"),
        pytest.param(("P", "L"), np.rot90(IMAGE, 2), id="rot180"),
        pytest.param(("R", "A"), IMAGE.T, id="transpose"),
        pytest.param(("L", "A"), np.rot90(IMAGE, -1), id="rot90cw"),
        pytest.param(("R", "P"), np.rot90(IMAGE, 1), id="rot90ccw"),
        pytest.param(("L", "P"), np.rot90(IMAGE, 2).T, id="transverse"),
    ],
)
def test_an_image_turns_to_the_letters_asked_for(stored, expected):
    assert np.array_equal(turn_to(IMAGE, ("A", "R"), stored), expected)


def test_turning_there_and_back_changes_nothing():
    for row, column in itertools.product("AP", ("FL", "HR")):
        there = turn_to(IMAGE, ("P", "FL"), (row, column))

        assert np.array_equal(turn_to(there, (row, column), ("P", "FL")), IMAGE)


def test_letters_of_other_axes_are_refused():
    with pytest.raises(ValueError, match="no turn leads"):
        turn_to(IMAGE, ("A", "R"), ("A", "F"))


@pytest.mark.parametrize(
    ("view", "side", "letters"),
    [
        pytest.param("CC", "L", ("A", "R"), id="L CC"),
        pytest.param("CC", "R", ("P", "L"), id="R CC"),
        pytest.param("MLO", "L", ("A", "FR"), id="L MLO"),
        pytest.param("MLO", "R", ("P", "FL"), id="R MLO"),
        pytest.param("ML", "R", ("P", "F"), id="R ML"),
    ],
)
def test_hung_letters_follow_ihe(view, side, letters):
    assert hung_orientation(view, side) == letters


def test_opposites_turn_each_letter():
    assert opposite("FL") == "HR"
