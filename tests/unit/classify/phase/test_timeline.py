from datetime import datetime

import pytest
from builders import make_instance, make_seen
from hypothesis import given
from hypothesis import strategies as st

from ductdicom.classify.phase.timeline import clusters, is_before, read_timeline
from ductdicom.model.instance import Clock


def _clock(tag, *, is_acquisition=False):
    at = datetime.fromisoformat("2026-01-02T09:00")
    return Clock(
        acquired_on=at.date(), acquired_time=at.time(), tag=tag, is_acquisition=is_acquisition
    )


def _at(*times, **changes):
    return [make_instance(f"2.25.{n}", at=t, **changes) for n, t in enumerate(times)]


def _timed(instances):
    images, _ = read_timeline(make_seen(*instances))
    return images


def test_minutes_count_from_the_first_exposure():
    images, trouble = read_timeline(make_seen(*_at("09:20", "09:00", "09:03")))

    assert [image.minute for image in images] == [20, 0, 3]
    assert trouble == ""


def test_which_came_first():
    last, first, too, timeless = _timed(_at("09:20", "09:00", "09:00", None))

    assert is_before(first, last) is True
    assert is_before(last, first) is False
    assert is_before(first, too) is None
    assert is_before(last, timeless) is None


@pytest.mark.parametrize(
    ("instances", "trouble"),
    [
        pytest.param(_at(None, None), "no-clock", id="no time at all"),
        pytest.param(_at("00:10", "23:50"), "midnight", id="a visit that passed midnight"),
        pytest.param(_at("01:20", "01:22", "13:00"), "half-day", id="half a day between"),
        pytest.param(
            [*_at("09:00", station_name="A"), *_at("09:10", station_name="B")],
            "stations-differ",
            id="clocks of two stations",
        ),
        pytest.param(
            [make_instance(clock=_clock("(0008,0013)"))],
            "no-exposure-time",
            id="only when the object was made",
        ),
    ],
)
def test_a_clock_that_does_not_tell_says_why(instances, trouble):
    images, said = read_timeline(make_seen(*instances))

    assert said == trouble
    assert {image.minute for image in images} == {None}


def test_without_a_clock_the_numbers_order():
    instances = [make_instance(f"2.25.{n}", instance_number=n) for n in (2, 1)]

    second, first = _timed(instances)

    assert is_before(first, second) is True


@pytest.mark.parametrize("numbers", [(1, 1), (1, None)], ids=["the same twice", "one missing"])
def test_numbers_that_do_not_differ_order_nothing(numbers):
    instances = [make_instance(f"2.25.{i}", instance_number=n) for i, n in enumerate(numbers)]

    assert is_before(*_timed(instances)) is None


def test_a_content_time_counts_only_where_there_is_no_acquisition_time():
    content = make_instance("2.25.1", clock=_clock("(0008,0033)"))
    exact = make_instance("2.25.2", clock=_clock("(0008,0032)", is_acquisition=True))

    assert [image.minute for image in _timed([content])] == [0]
    assert [image.minute for image in _timed([content, exact])] == [None, 0]


def test_a_pause_parts_exposures():
    images = list(_timed(_at("09:00", "09:03", "09:20", "09:21")))

    assert clusters(images, 10) == [images[:2], images[2:]]
    assert clusters(images, 30) == [images]


# Not more than half a day between them: such times are not ordered.
@given(st.lists(st.integers(0, 689), min_size=1, max_size=8), st.floats(0, 60))
def test_clusters_hold_every_exposure_once_in_order(minutes, gap):
    times = [f"{8 + m // 60:02d}:{m % 60:02d}" for m in minutes]
    found = clusters(_timed(_at(*times)), gap)

    order = [image.place for cluster in found for image in cluster]
    assert sorted(order) == list(range(len(minutes)))
    assert [minutes[i] for i in order] == sorted(minutes)
