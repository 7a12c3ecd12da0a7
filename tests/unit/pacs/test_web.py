from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ductdicom.errors import RemoteError
from ductdicom.pacs.web import split_parts

MARK = b"a-boundary"


def body(parts):
    head = b"Content-Type: application/dicom\r\n\r\n"
    return b"".join(b"--" + MARK + b"\r\n" + head + part + b"\r\n" for part in parts) + (
        b"--" + MARK + b"--\r\n"
    )


def cut(content, places):
    edges = sorted({0, len(content), *(place % (len(content) + 1) for place in places)})
    return [content[start:end] for start, end in pairwise(edges)]


def whole_parts(chunks):
    found, part = [], b""
    for piece in split_parts(iter(chunks), MARK):
        if piece is None:
            found.append(part)
            part = b""
        else:
            part += piece
    return found


# What looks like a boundary and is none is part of an object.
CONTENT = st.binary(max_size=60) | st.sampled_from([b"", b"\r\n--a-bound", b"--a-boundary", b"\r"])


@given(st.lists(CONTENT, max_size=4), st.lists(st.integers(0, 10_000), max_size=8))
def test_parts_come_out_as_they_were_wherever_the_body_is_cut(parts, places):
    assert parts == whole_parts(cut(body(parts), places))


def test_text_before_the_first_part_and_behind_the_last_is_no_part():
    assert whole_parts([b"preamble\r\n" + body([b"abc"]) + b"epilogue"]) == [b"abc"]


@pytest.mark.parametrize("length", [0, 30, 60, 90, 108])
def test_a_body_that_ends_in_the_middle_is_no_answer(length):
    with pytest.raises(RemoteError, match="ended in the middle"):
        whole_parts([body([b"abcdef", b"ghijkl"])[:length]])
