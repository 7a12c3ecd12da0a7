import pickle
from datetime import date, time

import builders
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ductdicom.ingest.cache import lines as module
from ductdicom.ingest.cache.lines import SHARED_LINES, pack, unpack
from ductdicom.ingest.read import ReadFile
from ductdicom.model.instance import Contrast, Reference, Text
from ductdicom.model.origin import Origin
from ductdicom.model.outcome import Disposition, FileReference, LedgerRow

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=5) | st.none()
NUMBERS = st.floats(allow_nan=False, allow_infinity=False) | st.none()
FILE = Origin(file="/cd/a", source="cd/a", size_bytes=5, modified_ns=-7, file_number=9)
ENTRY = Origin(file="/cd/a", source="cd/a", member="é/b", size_bytes=1 << 70, modified_ns=10**30)
INSTANCE = builders.make_instance(at="10:21", series_text="x", origin=FILE)
ROW = LedgerRow(origin=ENTRY, disposition=Disposition.UNREADABLE, reason="io-error", bug="b.py:1")


@given(
    st.builds(
        Contrast,
        agent=TEXTS,
        volume_ml=NUMBERS,
        started_at=st.times() | st.none(),
        is_administered=st.booleans() | st.none(),
        agent_codes=st.none() | st.just(()),
    ),
    st.tuples(st.text(st.characters(exclude_categories=["Cs"]), max_size=5)) | st.none(),
    st.dates() | st.none(),
    st.sampled_from([FILE, ENTRY]),
)
def test_what_was_packed_comes_back(contrast, image_type, study_date, origin):
    instance = builders.make_instance(
        contrast=contrast,
        image_type=image_type,
        study_date=study_date,
        references=(Reference(sop_instance_uid="2.25.1", purpose="x"),),
        modifiers=(builders.MAGNIFICATION,),
        series_text="é造",
        at="10:21",
        origin=origin,
    )

    assert unpack(pack(instance), FILE) == instance


@pytest.mark.parametrize(
    "result", [ROW, replace(ROW, origin=FILE), FileReference(directory=ENTRY, file_id="CD/IM1")]
)
def test_rows_and_references_come_back_too(result):
    assert unpack(pack(result), FILE) == result


def test_types_come_back_as_they_were():
    actual = unpack(pack(INSTANCE), FILE)

    assert isinstance(actual.texts[0], Text)
    assert actual.texts[0].level is INSTANCE.texts[0].level
    assert type(actual.clock.acquired_on) is date
    assert type(actual.clock.acquired_time) is time
    assert isinstance(actual.origin, Origin)


def test_the_place_of_the_file_is_left_out():
    packed = pack(replace(INSTANCE, origin=ENTRY))

    assert b"cd" not in b"".join(packed)
    assert unpack(packed, replace(FILE, source="other")).origin.source == "other"


def test_images_of_a_series_share_their_lines_and_what_stands_in_them():
    one, other = (replace(INSTANCE, sop_instance_uid=uid) for uid in ("2.25.1", "2.25.2"))

    (own, *shared), (other_own, *others) = pack(one), pack(other)
    back, other_back = unpack((own, *shared), FILE), unpack((other_own, *others), FILE)

    assert own != other_own
    assert len(shared) == SHARED_LINES
    assert all(a is b for a, b in zip(shared, others, strict=True))
    assert back.breast is other_back.breast


def test_long_lines_are_not_remembered(monkeypatch):
    monkeypatch.setattr(module, "_MOST_BYTES", 10)
    packed = pack(INSTANCE)

    assert unpack(packed, FILE) == INSTANCE
    assert unpack(packed, FILE).breast is not unpack(packed, FILE).breast


@pytest.mark.parametrize("own", [b"", b"i", b"i[", b"i[]", b"i[null]", b"h[null]", b"r[null,1]"])
def test_damaged_lines_are_an_error_of_the_expected_kinds(own):
    _, *shared = pack(INSTANCE)

    with pytest.raises((ValueError, KeyError)):
        unpack((own, *shared), FILE)


@pytest.mark.parametrize("line", [b"", b"[", b"[]", b"{}", b"null", b"[1,2,3]"])
@pytest.mark.parametrize("place", range(SHARED_LINES))
def test_damaged_shared_lines_are_too(place, line):
    own, *shared = pack(INSTANCE)
    shared[place] = line

    with pytest.raises(ValueError):  # noqa: PT011 - which words it uses is the library's
        unpack((own, *shared), FILE)


def test_a_line_too_few_is_an_error():
    with pytest.raises(ValueError, match="shorter"):
        unpack(pack(INSTANCE)[:-1], FILE)


@pytest.mark.parametrize("result", [INSTANCE, replace(ROW, origin=FILE)])
def test_a_file_read_elsewhere_says_the_same_as_one_read_here(result):
    here = ReadFile(result, is_lasting=True)
    elsewhere = pickle.loads(pickle.dumps(here))  # noqa: S301 - our own

    assert elsewhere.results(FILE) == here.results(FILE) == [result]
    assert elsewhere.packed == here.packed
    assert (elsewhere.is_lasting, elsewhere.is_archive) == (True, False)
