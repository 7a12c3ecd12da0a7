from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ductdicom.ingest.headers.clock import parse_date, parse_date_time, parse_time


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("102103", time(10, 21, 3), id="whole"),
        pytest.param("102103.5", time(10, 21, 3, 500000), id="fraction"),
        pytest.param("102103.123456789", time(10, 21, 3, 123456), id="long fraction"),
        pytest.param("1021", time(10, 21), id="minutes"),
        pytest.param("10", time(10), id="hours"),
        pytest.param("10:21:03", time(10, 21, 3), id="colons"),
        pytest.param("235960", time(23, 59, 59), id="leap second"),
        pytest.param(" 102103 ", time(10, 21, 3), id="padded"),
        pytest.param("240000", None, id="hour 24"),
        pytest.param("106100", None, id="minute 61"),
        pytest.param("102161", None, id="second 61"),
        pytest.param("1", None, id="one digit"),
        pytest.param("noon", None, id="a word"),
        pytest.param("", None, id="empty"),
        pytest.param(None, None, id="absent"),
    ],
)
def test_times(text, expected):
    assert parse_time(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("20260102", date(2026, 1, 2), id="whole"),
        pytest.param("2026.01.02", date(2026, 1, 2), id="old spelling"),
        pytest.param("20260230", None, id="no such day"),
        pytest.param("00000000", None, id="zeros"),
        pytest.param("00010101", None, id="what stands for none"),
        pytest.param("202601", None, id="a month"),
        pytest.param("", None, id="empty"),
        pytest.param(None, None, id="absent"),
    ],
)
def test_dates(text, expected):
    assert parse_date(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "20260102102103.25+0130", (date(2026, 1, 2), time(10, 21, 3, 250000)), id="all"
        ),
        pytest.param("20260102102103-0500", (date(2026, 1, 2), time(10, 21, 3)), id="west"),
        pytest.param("20260102", (date(2026, 1, 2), None), id="a date"),
        pytest.param("2026", (None, None), id="a year"),
        pytest.param("garbage", (None, None), id="garbage"),
    ],
)
def test_date_times_keep_the_local_clock(text, expected):
    assert parse_date_time(text) == expected


@given(st.text())
def test_nothing_breaks_the_parsers(text):
    parse_date(text)
    parse_time(text)
    parse_date_time(text)


@given(st.times())
def test_a_written_time_reads_back(at):
    assert parse_time(at.strftime("%H%M%S.%f")) == at
