import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ductdicom.errors import UnreadableError
from ductdicom.ingest.headers import tolerant
from ductdicom.ingest.headers.tolerant import BoundedStream

CONTENT = bytes(range(64))


@given(st.lists(st.tuples(st.sampled_from(["read", "seek"]), st.integers(0, 80)), max_size=8))
def test_a_window_reads_like_a_file(steps):
    expected, actual = io.BytesIO(CONTENT), BoundedStream(io.BytesIO(CONTENT), len(CONTENT))
    for step, count in steps:
        if step == "read":
            assert expected.read(count) == actual.read(count)
        else:
            assert expected.seek(min(count, len(CONTENT))) == actual.seek(count)
    assert expected.tell() == actual.tell()


@pytest.mark.parametrize(
    ("steps", "is_cut"),
    [
        pytest.param([("read", 64), ("read", 8)], False, id="one look for another element"),
        pytest.param([("read", 64), ("read", 8), ("read", 8)], True, id="two looks"),
        pytest.param([("read", 60), ("read", 8)], True, id="half an element header"),
        pytest.param([("read", 64), ("read", 4)], True, id="a value that is not there"),
        pytest.param([("seek", 65)], True, id="a value to skip that is not there"),
        pytest.param([("seek", 64)], False, id="to the end"),
    ],
)
def test_wanting_more_than_there_is_is_noticed(steps, is_cut):
    stream = BoundedStream(io.BytesIO(CONTENT), len(CONTENT))

    for step, count in steps:
        getattr(stream, step)(count)

    assert stream.is_cut is is_cut


def test_a_stream_shorter_than_promised_is_cut():
    stream = BoundedStream(io.BytesIO(CONTENT), 100)

    stream.read(100)

    assert stream.is_cut


def test_a_header_has_a_limit(monkeypatch):
    monkeypatch.setattr(tolerant, "_MOST_BYTES", 10)

    with pytest.raises(UnreadableError) as caught:
        BoundedStream(io.BytesIO(CONTENT), len(CONTENT)).read(11)

    assert caught.value.reason == "header-limit"
