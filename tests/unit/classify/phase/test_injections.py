import pytest
from builders import make_instance, make_seen
from hypothesis import given
from hypothesis import strategies as st

from ductdicom.classify.engine import Thresholds
from ductdicom.classify.phase.injections import number_injections
from ductdicom.classify.phase.side import Side
from ductdicom.classify.phase.timeline import read_timeline
from ductdicom.model.call import Laterality


def _side(*shots):
    """Make a side of ``(time, series description)``."""
    instances = [
        make_instance(f"2.25.{n}", at=at, series_text=text)
        for n, (at, text) in enumerate(shots, start=1)
    ]
    images, _ = read_timeline(make_seen(*instances))
    return Side(laterality=Laterality.LEFT, images=images)


def _numbers(*shots):
    side = _side(*shots)
    numbers = number_injections(side, side.images, Thresholds())
    return [numbers[image.place] for image in side.images]


@pytest.mark.parametrize(
    ("shots", "numbers"),
    [
        pytest.param([("09:20", None), ("09:23", None)], [1, 1], id="one filling"),
        pytest.param([("09:20", None), ("09:35", None)], [1, 2], id="a pause"),
        pytest.param([("09:35", None), ("09:20", None)], [2, 1], id="in order of time"),
        pytest.param(
            [("09:20", None), ("09:35", None), ("09:57", None)], [1, 2, 3], id="three fillings"
        ),
        pytest.param([("09:20", "DUCT 1"), ("09:23", "DUCT 2")], [1, 2], id="another duct"),
        pytest.param([("09:20", "DUCT 1"), ("09:23", "DUCT 1")], [1, 1], id="the same duct"),
        pytest.param([(None, "DUCT 1"), (None, "DUCT 2")], [1, 2], id="words without a clock"),
        pytest.param(
            [(None, f"DUCT {number}") for number in (4, 2, 5, 1, 3)],
            [4, 2, 5, 1, 3],
            id="in order of the ducts without a clock",
        ),
        pytest.param([(None, None), (None, None)], [1, 1], id="neither words nor clock"),
    ],
)
def test_fillings_are_counted(shots, numbers):
    assert _numbers(*shots) == numbers


def test_no_post_image_has_no_filling():
    assert dict(number_injections(_side(("09:00", None)), [], Thresholds())) == {}


@given(st.lists(st.integers(0, 300), min_size=1, max_size=8))
def test_numbers_rise_with_time_and_leave_no_gap(minutes):
    shots = [(f"{8 + m // 60:02d}:{m % 60:02d}", None) for m in minutes]

    numbers = _numbers(*shots)

    ordered = [number for _, number in sorted(zip(minutes, numbers, strict=True))]
    assert ordered == sorted(ordered)
    assert set(numbers) == set(range(1, max(numbers) + 1))
