"""The list of all images: when each was exposed, as far as it may be told."""

from datetime import datetime

import pytest
from msgspec.structs import replace
from sheets import make_image, make_study

from ductdicom.pairing.rows import pair_study
from ductdicom.sheet.pages.inventory import inventory_table

FIRST, NEXT = (datetime.fromisoformat(f"2026-01-0{at}") for at in ("2T23:55", "3T00:10"))


def times_of(images, since=None):
    study = make_study(images)
    heads, *rows = inventory_table(study, pair_study(study), since)
    return [row[heads.index("Time")] for row in rows]


@pytest.mark.parametrize(
    ("since", "times"),
    [
        (None, ["2026-01-02 23:55:00", "2026-01-03 00:10:00"]),
        (FIRST, ["+0:00:00", "+0:15:00"]),
    ],
)
def test_over_midnight_each_time_has_its_date(since, times):
    images = [make_image(1, phase="pre", acquired_at=FIRST), make_image(2, acquired_at=NEXT)]

    assert times_of(images, since) == times


def test_on_one_day_the_times_are_enough():
    images = [make_image(1, phase="pre", acquired_at=FIRST), make_image(2, acquired_at=FIRST)]

    assert times_of(images) == ["23:55:00", "23:55:00"]


@pytest.mark.parametrize(("since", "time"), [(None, "10:02:00"), (FIRST, "–")])
def test_no_distance_is_told_by_a_clock_that_orders_nothing(since, time):
    image = replace(make_image(2), is_clock_doubtful=True)

    assert times_of([image], since) == [time]
