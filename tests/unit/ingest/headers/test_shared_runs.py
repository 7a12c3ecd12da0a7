import io

import dicom_bytes as make
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ductdicom.ingest.headers.fast import UnusualError, parse_fast
from ductdicom.ingest.headers.shared_runs import Stretches

MAKER = (0x0071_0010, "LO", "MAKER")
NUMBERS = range(60)


def header(*, view="CC", values=None, drop=(), syntax=make.EXPLICIT, pixels=None):
    """Make a header with many private elements, some of which have a value of their own."""
    own = values or {}
    private = [
        (0x0071_1000 + number, "LO", own.get(number, "THE SAME"))
        for number in NUMBERS
        if number not in drop
    ]
    return make.make_dicom(
        syntax=syntax, pixels=pixels, elements=[MAKER, *private], ViewPosition=view
    )


def parsed(content, alike=None):
    try:
        found = parse_fast(io.BytesIO(content), 132, len(content), content, alike)
    except UnusualError as error:
        return str(error)
    return found.node.elements, found.meta.elements, found.pixels


def test_what_two_headers_have_in_common_is_known():
    alike = Stretches()

    for view in ("CC", "MLO"):
        parsed(header(view=view), alike)

    assert max(len(stretch.content) for stretch in alike.known.values()) > 60 * 8


def test_a_single_header_teaches_nothing():
    alike = Stretches()

    parsed(header(), alike)

    assert not alike.known


def test_short_headers_teach_nothing():
    alike = Stretches()

    for _ in range(3):
        parsed(make.make_dicom(), alike)

    assert not alike.known


def test_no_stretch_leads_out_of_the_meta_information():
    alike = Stretches()

    for _ in range(3):
        parsed(header(), alike)

    assert alike.known
    for first, stretch in alike.known.items():
        assert (first < 0x0003_0000) == (stretch.last < 0x0003_0000)


def test_headers_that_changed_are_learned_anew_after_a_while():
    alike = Stretches()
    for _ in range(2):
        parsed(header(), alike)
    before = alike.known

    for _ in range(20):
        parsed(header(values=dict.fromkeys(NUMBERS, "ANOTHER")), alike)

    assert alike.known != before


@pytest.mark.parametrize("pixels", [None, bytes(24)], ids=["without pixels", "with pixels"])
@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "view": st.sampled_from(["CC", "MLO", ""]),
                "values": st.dictionaries(st.sampled_from(NUMBERS), st.sampled_from(["A", "BC"])),
                "drop": st.sets(st.sampled_from(NUMBERS), max_size=3),
                "syntax": st.sampled_from([make.EXPLICIT, make.EXPLICIT, make.IMPLICIT]),
            }
        ),
        min_size=3,
        max_size=12,
    ),
    st.lists(st.tuples(st.integers(0, 11), st.integers(0, 10**6), st.integers(0, 255)), max_size=6),
)
def test_a_header_says_the_same_after_others(pixels, headers, changes):
    contents = [bytearray(header(pixels=pixels, **values)) for values in headers]
    for number, position, value in changes:
        content = contents[number % len(contents)]
        content[position % len(content)] = value
    alike = Stretches()

    for content in map(bytes, contents):
        assert parsed(content) == parsed(content, alike)
