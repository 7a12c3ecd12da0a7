import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ductdicom.errors import UnreadableError
from ductdicom.ingest.archives.entry import Replay, Span, read_whole, unique_names

CONTENT = bytes(range(256)) * 20


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("read"), st.integers(-1, 6000)),
            st.tuples(st.just("seek"), st.integers(0, 6000)),
        ),
        max_size=12,
    )
)
def test_a_replay_reads_like_a_file(steps):
    expected, actual = io.BytesIO(CONTENT), Replay(io.BytesIO(CONTENT), len(CONTENT))
    for step, count in steps:
        if step == "read":
            assert expected.read(count) == actual.read(count)
        else:
            expected.seek(min(count, len(CONTENT)))
            actual.seek(count)
    assert expected.tell() == actual.tell()


def test_a_replay_forgets_what_lies_far_behind():
    size_bytes = 4 * Replay.KEPT_BYTES
    replay = Replay(io.BytesIO(bytes(size_bytes)), size_bytes)
    replay.seek(size_bytes - 1)
    replay.read(1)
    replay.seek(0)

    with pytest.raises(UnreadableError) as caught:
        replay.read(1)

    assert caught.value.reason == "archive-limit"


def test_a_fault_of_the_reader_becomes_ours():
    class Broken:
        def read(self, _size=-1):
            raise EOFError

    with pytest.raises(UnreadableError) as caught:
        Replay(Broken(), 10).read(1)

    assert caught.value.reason == "damaged-archive"


def test_spans_of_one_stream_do_not_disturb_each_other():
    stream = io.BytesIO(CONTENT)
    first, second = Span(stream, 0, 300), Span(stream, 300, 600)

    assert (first.read(100), second.read(100)) == (CONTENT[:100], CONTENT[300:400])
    assert (first.read(), second.read()) == (CONTENT[100:300], CONTENT[400:900])


def test_a_span_that_is_not_whole_says_so():
    with pytest.raises(UnreadableError):
        Span(io.BytesIO(CONTENT), len(CONTENT) - 10, 11).read()


def test_equal_names_get_numbers():
    rename = unique_names()

    assert [rename(name) for name in "abaa"] == ["a", "b", "a#2", "a#3"]


@pytest.mark.parametrize("size_bytes", [0, 5, (3 << 20) + 1])
def test_an_entry_is_read_in_parts_and_never_beyond_what_is_said(size_bytes):
    stream, asked = io.BytesIO(bytes(range(256)) * (1 << 14)), []

    class Watched:
        def read(self, size=-1, /):
            asked.append(size)
            return stream.read(size)

    content = read_whole(Watched(), size_bytes)

    assert content == stream.getvalue()[:size_bytes]
    assert max(asked, default=0) <= 1 << 20
    assert stream.tell() == size_bytes
