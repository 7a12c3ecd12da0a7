from io import BytesIO

import imagecodecs
import numpy as np
import pytest
from pydicom import dcmread, uid
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate, encapsulate_extended

from ductdicom.errors import DecodeError
from ductdicom.pixels.decoding.stack import SliceObject, SliceReader

JPEG_LS = uid.JPEGLSLossless
PLANE = [1, 0, 0, 0, 1, 0]


def _item(**values):
    item = Dataset()
    for keyword, value in values.items():
        setattr(item, keyword, value)
    return item


def _stack(make_dicom, count=3, **values):
    """Return an object whose slices hold their number, from 1 in the order of the file."""
    slices = np.stack([np.full((6, 4), number + 1, np.uint16) for number in range(count)])
    values = {"NumberOfFrames": count, "PixelData": slices.tobytes()} | values
    return make_dicom(slices[0], bits=12, **values)


def _found(content):
    reader = SliceReader(SliceObject(lambda: content))
    return [int(image.values.max()) for image in reader.read_all()], reader.spacing_mm


def _at(*depths, axis=2):
    """Return functional groups of frames at these places along an axis of the patient."""
    positions = [[5.0 if place != axis else depth for place in range(3)] for depth in depths]
    return [
        _item(PlanePositionSequence=[_item(ImagePositionPatient=position)])
        for position in positions
    ]


def test_slices_come_in_the_order_in_which_they_lie(make_dicom):
    content = _stack(make_dicom, PerFrameFunctionalGroupsSequence=_at(30.0, 28.0, 29.0))

    assert _found(content) == ([1, 3, 2], 1.0)


def test_depth_counts_across_the_plane_where_that_is_known(make_dicom):
    groups = _at(0.0, 2.0, 4.0)
    for group, along in zip(groups, (0.0, 9.0, 1.0), strict=True):
        group.PlanePositionSequence[0].ImagePositionPatient[0] = along
    across = _item(ImageOrientationPatient=[1, 0, 0, 0, 1, 0])
    shared = [_item(PlaneOrientationSequence=[across])]
    content = _stack(
        make_dicom,
        PerFrameFunctionalGroupsSequence=groups,
        SharedFunctionalGroupsSequence=shared,
    )

    assert _found(content) == ([1, 2, 3], 2.0)


@pytest.mark.parametrize("depths", [(1.0, 1.0, 1.0), (1.0, 2.0, 1.0), (1.0, 2.0)])
def test_slices_stay_in_the_order_of_the_file_where_positions_do_not_tell(make_dicom, depths):
    content = _stack(make_dicom, PerFrameFunctionalGroupsSequence=_at(*depths))

    assert _found(content) == ([1, 2, 3], None)


@pytest.mark.parametrize(
    ("said", "spacing_mm"),
    [
        ({"SliceThickness": 1.5}, 1.5),
        ({"SliceThickness": 10.0, "SpacingBetweenSlices": 0.5}, 0.5),
        ({"SliceThickness": 0.0}, None),
        ({"SliceThickness": 20.0}, None),
        ({"SliceThickness": None}, None),
    ],
)
@pytest.mark.parametrize("place", ["shared", "each frame", "top"])
def test_the_spacing_is_what_measures_say_and_a_breast_can_have(
    make_dicom, said, spacing_mm, place
):
    groups = [_item(PixelMeasuresSequence=[_item(**said)])]
    where = {
        "shared": {"SharedFunctionalGroupsSequence": groups},
        "each frame": {"PerFrameFunctionalGroupsSequence": groups * 3},
        "top": said,
    }

    assert _found(_stack(make_dicom, **where[place])) == ([1, 2, 3], spacing_mm)


@pytest.mark.parametrize("table", ["basic", "extended", "none"])
def test_compressed_slices_are_found_by_any_table_or_none(make_dicom, table):
    slices = [np.full((6, 4), number, np.uint16) for number in (7, 9, 8)]
    frames = [bytes(imagecodecs.jpegls_encode(values)) for values in slices]
    frames = [frame + b"\0" * (len(frame) % 2) for frame in frames]
    content = make_dicom(slices[0], bits=12, syntax=JPEG_LS, frames=frames)
    dataset = dcmread(BytesIO(content))
    if table == "extended":
        (
            dataset.PixelData,
            dataset.ExtendedOffsetTable,
            dataset.ExtendedOffsetTableLengths,
        ) = encapsulate_extended(frames)
    else:
        dataset.PixelData = encapsulate(frames, has_bot=table == "basic")
    stream = BytesIO()
    dataset.save_as(stream)

    assert _found(stream.getvalue())[0] == [7, 9, 8]


def test_big_endian_slices_are_read(make_dicom):
    slices = np.array([np.full((6, 4), 258), np.full((6, 4), 3)], ">u2")
    content = make_dicom(
        slices[0],
        bits=12,
        syntax=uid.ExplicitVRBigEndian,
        NumberOfFrames=2,
        PixelData=slices.tobytes(),
    )

    assert _found(content)[0] == [258, 3]


def test_a_slice_that_is_cut_off_stops_the_stack(make_dicom):
    content = _stack(make_dicom)[:-10]
    reader = SliceReader(SliceObject(lambda: content, label="IM1"))

    with pytest.raises(DecodeError, match="bytes") as error:
        list(reader.read_all())

    assert (error.value.reason, error.value.path) == ("truncated", "IM1")


@pytest.mark.parametrize(
    ("said", "uid_", "reason"),
    [({"NumberOfFrames": 1001}, None, "too-large"), ({}, "2.25.2", "changed")],
)
def test_what_is_no_stack_that_was_meant_is_refused(make_dicom, said, uid_, reason):
    with pytest.raises(DecodeError) as error:
        SliceReader(SliceObject(lambda: _stack(make_dicom, **said), uid_, "IM1"))

    assert (error.value.reason, error.value.path) == (reason, "IM1")


def _files(make_dicom, slices):
    """Return slices as objects of their own; each holds its number, in the order that is given."""
    return [
        SliceObject(
            lambda number=number, said=said: make_dicom(
                np.full((6, 4), number, np.uint16), bits=12, **said
            ),
            label=f"IM{number}",
        )
        for number, said in enumerate(slices, start=1)
    ]


def _found_in(parts):
    reader = SliceReader(*parts)
    return [int(image.values.max()) for image in reader.read_all()], reader.spacing_mm


@pytest.mark.parametrize(
    ("slices", "found"),
    [
        pytest.param(
            [
                {"ImagePositionPatient": [1, 2, depth], "ImageOrientationPatient": PLANE}
                for depth in (4, 0, 2)
            ],
            ([2, 3, 1], 2.0),
            id="by position",
        ),
        pytest.param(
            [{"SliceLocation": depth, "SliceThickness": 1} for depth in (4, 0, 2)],
            ([2, 3, 1], 1.0),
            id="by slice location",
        ),
        pytest.param(
            [{"InstanceNumber": number, "ImagePositionPatient": [0, 0, 0]} for number in (3, 1, 2)],
            ([2, 3, 1], None),
            id="by number where all lie in one place",
        ),
    ],
)
def test_slices_that_are_objects_of_their_own_are_put_in_order(make_dicom, slices, found):
    assert _found_in(_files(make_dicom, slices)) == found


@pytest.mark.parametrize(
    ("slices", "words"),
    [
        ([{"ImagePositionPatient": [0, 0, n // 2]} for n in range(4)], "in one place"),
        ([{"InstanceNumber": 1}] * 2, "nothing tells the order"),
        ([{}] * 2, "nothing tells the order"),
    ],
)
def test_slices_of_two_exposures_or_in_no_order_are_refused(make_dicom, slices, words):
    with pytest.raises(DecodeError, match=words) as error:
        SliceReader(*_files(make_dicom, slices))

    assert (error.value.reason, error.value.path) == ("unsupported-pixels", "IM1")


def test_a_slice_that_is_none_of_those_meant_is_named(make_dicom):
    parts = _files(make_dicom, [{"InstanceNumber": number} for number in range(3)])
    parts[1] = parts[1]._replace(sop_instance_uid="2.25.99")

    with pytest.raises(DecodeError) as error:
        SliceReader(*parts)

    assert (error.value.reason, error.value.path) == ("changed", "IM2")
