from itertools import permutations, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ductdicom.geometry.hanging import (
    Transform,
    hang,
    implied_laterality,
    stored_orientation,
    stored_place,
)
from ductdicom.model.call import Laterality
from ductdicom.model.instance import Geometry
from ductdicom.pixels.breast.air import apply, check_air, veto
from ductdicom.pixels.breast.tissue import find_tissue, overview

L, R = Laterality.LEFT, Laterality.RIGHT
_FROM_ABOVE = ["CC", "FB", "XCC", "XCCL", "XCCM"]
_FROM_SIDE = ["ML", "LM", "MLO", "LMO", "SIO", "ISO"]
_DESIRED = (
    {(view, L): ("A", "R") for view in _FROM_ABOVE}
    | {(view, R): ("P", "L") for view in _FROM_ABOVE}
    | {(view, L): ("A", "F") for view in _FROM_SIDE}
    | {(view, R): ("P", "F") for view in _FROM_SIDE}
)
_OPPOSITE = {"A": "P", "P": "A", "L": "R", "R": "L", "H": "F", "F": "H"}


def _stored_orientations(desired):
    """Return the eight ways in which an image of these two axes can be stored."""
    return [
        (a, b)
        for first, second in permutations(desired)
        for a, b in product((first, _OPPOSITE[first]), (second, _OPPOSITE[second]))
    ]


_TABLE = [
    pytest.param(view, side, stored, desired, id=f"{side}{view} stored {stored[0]}-{stored[1]}")
    for (view, side), desired in _DESIRED.items()
    for stored in _stored_orientations(desired)
]


def _labelled(stored):
    """Return 3 x 3 pixels whose edges are named after the directions that they lie in."""
    row, column = stored
    pixels = np.full((3, 3), "", dtype="U1")
    pixels[1, 2], pixels[1, 0] = row, _OPPOSITE[row]
    pixels[2, 1], pixels[0, 1] = column, _OPPOSITE[column]
    return pixels


@pytest.mark.parametrize(("view", "side", "stored", "desired"), _TABLE)
def test_each_stored_orientation_is_hung_as_wanted(view, side, stored, desired):
    hanging = hang(view=view, laterality=side, patient_orientation=stored)

    pixels = apply(_labelled(stored), hanging.transform)
    assert hanging.is_known
    assert hanging.orientation == desired
    assert (pixels[1, 2], pixels[2, 1]) == desired
    assert pixels[1, 0 if hanging.chest_wall == "left" else 2] == "P"
    assert hanging.chest_wall == ("left" if side is L else "right")


@pytest.mark.parametrize(("view", "side", "stored", "desired"), _TABLE)
def test_a_view_from_the_side_that_must_be_mirrored_may_be_one_of_the_other_breast(
    view, side, stored, desired
):
    """By pixels: hung as the other breast is, without mirroring, its letters are right, too."""
    others = _labelled(_DESIRED[view, R if side is L else L])
    is_the_others = any(
        np.array_equal(np.rot90(_labelled(stored), quarters), others) for quarters in range(4)
    )

    hanging = hang(view=view, laterality=side, patient_orientation=stored)

    assert hanging.fits_side is not (view in _FROM_SIDE and is_the_others)


def test_the_eight_orientations_need_eight_different_transforms():
    transforms = {
        hang(view="CC", laterality=L, patient_orientation=stored).transform
        for stored in _stored_orientations(("A", "R"))
    }

    assert transforms == set(Transform)


@pytest.mark.parametrize(
    ("view", "side", "stored", "transform", "orientation"),
    [
        pytest.param("MLO", R, ("P", "FL"), "identity", ("P", "FL"), id="right MLO as stored"),
        pytest.param("MLO", R, ("A", "FL"), "fliplr", ("P", "FL"), id="right MLO mirrored"),
        pytest.param("MLO", L, ("P", "HL"), "rot180", ("A", "FR"), id="left MLO upside down"),
        pytest.param("CC", R, ("A", "R"), "rot180", ("P", "L"), id="right CC upside down"),
        pytest.param("MLO", L, ("FR", "A"), "transpose", ("A", "FR"), id="left MLO transposed"),
        pytest.param("ML", L, (" a ", "f"), "identity", ("A", "F"), id="small letters, blanks"),
    ],
)
def test_all_letters_are_turned(view, side, stored, transform, orientation):
    hanging = hang(view=view, laterality=side, patient_orientation=stored)

    assert hanging.transform == transform
    assert hanging.orientation == orientation


def test_it_is_said_how_an_image_is_hung_or_why_it_is_not():
    hung, misfit = (
        hang(view=view, laterality=R, patient_orientation=("A", "FL")) for view in ("MLO", "CC")
    )

    assert hung.why == "A\\FL hung as P\\FL"
    assert misfit.why == "patient orientation A\\FL does not fit view CC"


@pytest.mark.parametrize(
    ("view", "side", "stored", "orientation", "chest_wall"),
    [
        pytest.param("CC", L, None, None, None, id="absent"),
        pytest.param("CC", L, (), None, None, id="empty"),
        pytest.param("CC", L, ("A",), None, None, id="one value"),
        pytest.param("CC", L, ("A", ""), None, None, id="one of two empty"),
        pytest.param("CC", L, ("A", "P"), None, None, id="the same axis twice"),
        pytest.param("CC", L, ("C", "C"), None, None, id="no letters of directions"),
        pytest.param("CC", L, ("A", "R", "F"), None, None, id="three values"),
        pytest.param("CC", L, ("L", "F"), ("L", "F"), None, id="no breast view"),
        pytest.param("CC", L, ("A", "F"), ("A", "F"), "left", id="a lateral's, called CC"),
        pytest.param("MLO", R, ("P", "L"), ("P", "L"), "right", id="a CC's, called MLO"),
        pytest.param(None, R, ("P", "L"), ("P", "L"), "right", id="view unknown"),
        pytest.param("CC", None, ("A", "R"), ("A", "R"), "left", id="side unknown"),
        pytest.param("CC", Laterality.BOTH, ("A", "R"), ("A", "R"), "left", id="both sides"),
    ],
)
def test_what_cannot_be_known_stays_as_stored(view, side, stored, orientation, chest_wall):
    hanging = hang(view=view, laterality=side, patient_orientation=stored)

    assert hanging.transform is Transform.IDENTITY
    assert not hanging.is_known
    assert hanging.orientation == orientation
    assert hanging.chest_wall == chest_wall
    assert hanging.why


@given(st.sampled_from(list(Transform)), st.integers(1, 5), st.integers(1, 5))
def test_transforms_move_pixels_and_lose_none(transform, rows, columns):
    pixels = np.arange(rows * columns).reshape(rows, columns)

    turned = apply(pixels, transform)

    assert sorted(turned.ravel()) == sorted(pixels.ravel())
    assert turned.shape == ((columns, rows) if transform.swaps_axes else (rows, columns))


@pytest.mark.parametrize(
    ("view", "stored", "side"),
    [
        ("MLO", ("P", "FL"), R),
        ("MLO", ("P", "HR"), R),
        ("MLO", ("A", "FR"), L),
        ("MLO", ("A", "HL"), L),
        ("LMO", ("P", "FL"), R),
        ("SIO", ("P", "FL"), L),
        ("ISO", ("A", "FR"), R),
        ("MLO", ("FL", "P"), R),
        ("MLO", ("P", "F"), None),
        ("MLO", ("P", "FP"), None),
        ("MLO", ("P", "FPL"), R),
        ("MLO", ("AR", "FRP"), L),
        ("MLO", ("p", " fl "), R),
        ("MLO", ("P", "FHL"), None),
        ("MLO", ("P", "FLR"), None),
        ("MLO", ("F", "FL"), None),
        ("MLO", ("P", "FLX"), None),
        ("ML", ("P", "FL"), None),
        ("CC", ("P", "L"), None),
        (None, ("P", "FL"), None),
        ("MLO", None, None),
    ],
)
def test_obliques_imply_their_side(view, stored, side):
    assert implied_laterality(view, stored) is side


def _half_breast(chest_wall):
    down, across = np.mgrid[-1:1:100j, 0:1:80j]
    breast = ((down / 0.8) ** 2 + (across / 0.7) ** 2 < 1).astype(np.float32)
    return breast if chest_wall == "left" else np.fliplr(breast)


@pytest.mark.parametrize(
    ("where", "claimed", "agrees"),
    [
        ("left", "left", True),
        ("right", "right", True),
        ("left", "right", False),
        ("right", "left", False),
    ],
)
def test_pixels_confirm_or_deny_the_chest_wall(where, claimed, agrees):
    assert check_air(find_tissue(overview(_half_breast(where))), claimed) is agrees


@pytest.mark.parametrize(
    ("left_rows", "right_rows", "agrees"),
    [
        pytest.param(44, 20, True, id="2.2 times the tissue at the chest wall"),
        pytest.param(40, 20, None, id="twice the tissue at the chest wall"),
        pytest.param(20, 40, None, id="twice the tissue at the other edge"),
        pytest.param(20, 44, False, id="2.2 times the tissue at the other edge"),
    ],
)
def test_more_than_twice_the_tissue_of_the_other_edge_tells_the_chest_wall(
    left_rows, right_rows, agrees
):
    tissue = np.zeros((50, 40), dtype=np.bool_)
    tissue[:left_rows, :20] = True
    tissue[:right_rows, 20:] = True

    assert check_air(tissue, "left") is agrees


@pytest.mark.parametrize("values", [np.zeros((50, 40)), np.tile([[0.0], [1.0]], (25, 40))])
def test_pixels_that_say_nothing_are_silent(values):
    assert check_air(find_tissue(overview(values.astype(np.float32))), "left") is None


def test_pixels_that_deny_the_chest_wall_leave_an_image_as_it_is_stored():
    stated = hang(view="CC", laterality=Laterality.LEFT, patient_orientation=("A", "R"))
    agreeing, denying = (find_tissue(overview(_half_breast(wall))) for wall in ("left", "right"))

    vetoed = veto(stated, denying)

    assert veto(stated, agreeing) == stated
    assert (vetoed.is_known, vetoed.chest_wall, vetoed.transform) == (False, None, "identity")
    assert "air at the chest wall" in vetoed.why


def test_pixels_that_say_nothing_veto_nothing():
    stated = hang(view="CC", laterality=Laterality.LEFT, patient_orientation=("P", "L"))

    assert veto(stated, None) == stated


@pytest.mark.parametrize(
    ("cosines", "letters"),
    [
        pytest.param((0, -1, 0, -1, 0, 0), ("A", "R"), id="from above, left"),
        pytest.param((0, 1, 0, 1, 0, 0), ("P", "L"), id="from above, right"),
        pytest.param((0, -1, 0, 0, 0, -1), ("A", "F"), id="from the side"),
        pytest.param((0, -1, 0, -0.71, 0, -0.71), ("A", "FR"), id="oblique"),
        pytest.param((0, -1, 0, -0.86, 0, -0.51), ("A", "FR"), id="oblique by 60 degrees"),
        pytest.param((0, -1, 0, -0.94, 0, -0.34), ("A", "RF"), id="oblique by 70 degrees"),
        pytest.param((-0.6, -0.8, 0, -0.8, 0.6, 0), ("AR", "RP"), id="from above, turned"),
        pytest.param((-0.8, -0.6, 0, 0, 0, -1), ("RA", "F"), id="turned by more than 45 degrees"),
        pytest.param((0.05, -0.99, 0, -0.99, -0.05, 0.02), ("A", "R"), id="nearly from above"),
        pytest.param((1, 0, 0), None, id="three numbers"),
    ],
)
def test_direction_cosines_name_the_orientation(cosines, letters):
    assert stored_orientation(Geometry(direction_cosines=cosines)) == letters


@pytest.mark.parametrize(
    ("stated", "expected"),
    [(("P", "L"), ("P", "L")), (None, ("A", "R")), ((), ("A", "R")), (("", ""), ("A", "R"))],
)
def test_letters_that_are_stated_come_first(stated, expected):
    geometry = Geometry(patient_orientation=stated, direction_cosines=(0, -1, 0, -1, 0, 0))

    assert stored_orientation(geometry) == expected


@pytest.mark.parametrize("view", ["MLO", "ML", "CC"])
@pytest.mark.parametrize("side", [L, R])
@pytest.mark.parametrize("degrees", [30, 45, 60])
def test_a_breast_hangs_alike_by_letters_and_by_cosines(view, side, degrees):
    medial = -1 if side is L else 1
    row = (0, -1 if side is L else 1, 0)
    angle = {"MLO": np.radians(degrees), "ML": 0.0, "CC": np.pi / 2}[view]
    column = (float(medial * np.sin(angle)), 0, float(-np.cos(angle)))
    letters = stored_orientation(Geometry(direction_cosines=(*row, *column)))

    hanging = hang(view=view, laterality=side, patient_orientation=letters)

    assert (hanging.is_known, hanging.transform) == (True, Transform.IDENTITY)
    assert hanging.fits_side


@pytest.mark.parametrize("transform", list(Transform))
def test_a_place_of_a_turned_image_is_found_again_in_the_stored_one(transform):
    stored = np.arange(6).reshape(2, 3)
    turned = apply(stored, transform)

    for row, column in np.ndindex(turned.shape):
        middle = (row + 0.5) / turned.shape[0], (column + 0.5) / turned.shape[1]
        down, across = stored_place(transform, *middle)

        assert stored[int(down * 2), int(across * 3)] == turned[row, column]
