import io
from pathlib import Path

import dicom_bytes as make
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom import dcmread, dcmwrite

from ductdicom.errors import InputError, UnreadableError
from ductdicom.ingest.headers import instance as header
from ductdicom.ingest.headers.fast import UnusualError, parse_fast
from ductdicom.ingest.headers.instance import read_instance
from ductdicom.model.origin import Origin

pytestmark = pytest.mark.integration

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data"
CODE = {"CodeValue": "1", "CodingSchemeDesignator": "99X", "CodeMeaning": "meaning"}
ATTRIBUTES = {
    "SpecificCharacterSet": "ISO_IR 192",
    "ImageType": ["ORIGINAL", "PRIMARY"],
    "SeriesDescription": "造影前",
    "AcquisitionDate": "20260102",
    "AcquisitionTime": "102100",
    "ViewCodeSequence": {**CODE, "ViewModifierCodeSequence": [CODE, CODE]},
    "RequestAttributesSequence": [{"RequestedProcedureCodeSequence": CODE}, {}],
    "ImagerPixelSpacing": ["0.1", "0.1"],
    "SharedFunctionalGroupsSequence": {
        "ContrastBolusUsageSequence": {"ContrastBolusAgentAdministered": "YES"}
    },
}


def outcome(content):
    origin = Origin(file="image", source="image", size_bytes=len(content))
    try:
        return read_instance(origin, io.BytesIO(content))
    except InputError as error:
        return type(error), error.reason


def slow_outcome(content):
    def refuse(*_args):
        raise UnusualError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(header, "parse_fast", refuse)
        return outcome(content)


def is_fast(content):
    try:
        parse_fast(io.BytesIO(content), 132, len(content))
    except UnusualError:
        return False
    return True


def with_open_sequences(content):
    """Give every sequence and item of a file an undefined length."""
    dataset = dcmread(io.BytesIO(content))
    for element in dataset.iterall():
        if element.VR == "SQ":
            element.is_undefined_length = True
            for item in element.value:
                item.is_undefined_length_sequence_item = True
    buffer = io.BytesIO()
    dcmwrite(buffer, dataset)
    return buffer.getvalue()


def samples():
    private = [(0x0019_0010, "LO", "MAKER"), (0x0019_1001, "UN", bytes(100_000))]
    closed = [
        make.make_dicom(syntax=syntax, pixels=bytes(24), elements=private, **ATTRIBUTES)
        for syntax in (make.EXPLICIT, make.IMPLICIT)
    ]
    return closed + [with_open_sequences(content) for content in closed]


SAMPLES = samples()


@pytest.mark.parametrize("content", SAMPLES, ids=["EL", "IL", "EL open", "IL open"])
def test_ordinary_files_are_read_the_fast_way(content):
    assert is_fast(content)
    assert outcome(content) == slow_outcome(content)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(make.make_dicom(syntax=make.BIG_ENDIAN), id="big endian"),
        pytest.param(make.raw_dicom(preamble=False), id="no preamble"),
        pytest.param(make.raw_dicom((0x0018_1114, "UN", b"1.8")), id="unknown kind"),
        pytest.param(make.raw_dicom((0x0018_1114, "SQ", b"")), id="sequence for a number"),
        pytest.param(make.raw_dicom((0x0054_0220, "LO", b"CC")), id="text for a sequence"),
        pytest.param(make.raw_dicom()[:-3], id="cut short"),
    ],
)
def test_unusual_files_go_the_other_way(content):
    assert not is_fast(content)
    assert outcome(content) == slow_outcome(content)


@settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    st.sampled_from(range(len(SAMPLES))),
    st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), max_size=6),
    st.one_of(st.none(), st.integers(0, 10**6)),
)
def test_damaged_files_come_to_the_same_result(number, changes, cut):
    short = SAMPLES[number].replace(bytes(100_000), bytes(10))
    content = bytearray(short)
    for position, value in changes:
        content[position % len(content)] = value
    damaged = bytes(content if cut is None else content[: cut % len(content)])

    expected = slow_outcome(damaged)
    # What the library cannot parse at all because of a part that nobody asked for may be read.
    assert expected in (outcome(damaged), (UnreadableError, "damaged-header"))


@settings(max_examples=100, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["SeriesDescription", "StudyDescription", "ImageComments", "KVP"]),
        st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), max_size=16),
    ),
    st.sampled_from([make.EXPLICIT, make.IMPLICIT]),
)
def test_made_files_come_to_the_same_result(attributes, syntax):
    elements = [
        (element.tag, element.VR, element.value)
        for element in make.make_dataset(**{k: v for k, v in attributes.items() if k != "KVP"})
    ]
    content = make.make_dicom(syntax=syntax, elements=elements)

    assert is_fast(content)
    assert outcome(content) == slow_outcome(content)


BLANKS = [b"  ", b"\0\0", b"??", b"--"]


def without_vr(content, tag, blank):
    """Leave out the value representation of the first element with this tag."""
    place = content.index(tag)
    return content[: place + 4] + blank + content[place + 6 :]


@pytest.mark.parametrize("blank", BLANKS)
@pytest.mark.parametrize(
    "tag",
    [
        pytest.param(b"\x28\0\x20\x01", id="an element that nobody asks for"),
        pytest.param(b"\x08\0\x60\0", id="a wanted one"),
        pytest.param(b"\x28\0\x10\0", id="a number"),
        pytest.param(b"\x08\0\x00\x01", id="inside a sequence"),
    ],
)
@pytest.mark.parametrize("is_open", [False, True])
def test_an_element_without_value_representation_is_read_on(tag, blank, is_open):
    whole = make.make_dicom(pixels=bytes(24), PixelPaddingValue=0, **ATTRIBUTES)
    whole = with_open_sequences(whole) if is_open else whole
    content = without_vr(whole, tag, blank)

    assert outcome(content) == slow_outcome(content) == outcome(whole)
    assert outcome(content).damage is None
    assert is_fast(content)


def test_blanks_are_no_value_representation_where_none_is_written():
    content = make.make_dicom(
        syntax=make.IMPLICIT, pixels=bytes(24), ImageComments="A" * 0x2020, PatientID=""
    )

    assert outcome(content) == slow_outcome(content)
    assert outcome(content).damage is None


@pytest.mark.skipif(not SHARED.is_dir(), reason="the collection of real files is not there")
def test_real_files_come_to_the_same_result():
    paths = sorted(path for path in SHARED.rglob("*") if path.is_file())
    contents = [path.read_bytes() for path in paths]

    different = [
        path.name
        for path, content in zip(paths, contents, strict=True)
        if outcome(content) != slow_outcome(content)
    ]

    assert not different
    assert sum(map(is_fast, contents)) > len(contents) / 2
