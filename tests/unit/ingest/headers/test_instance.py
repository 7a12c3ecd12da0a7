import io
import struct
import zlib
from contextlib import suppress
from datetime import date, time

import dicom_bytes as make
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ductdicom.errors import InputError, NotDicomError, UnreadableError
from ductdicom.ingest.headers.instance import DirectoryFileError, read_instance
from ductdicom.model.instance import Code, Level, Reference
from ductdicom.model.origin import Origin

CC = {"CodeValue": "399162004", "CodingSchemeDesignator": "SCT", "CodeMeaning": "cranio-caudal"}
MAG = {"CodeValue": "399163009", "CodingSchemeDesignator": "SCT", "CodeMeaning": "Magnification"}
PIXELS = bytes(2 * 4 * 3)
OPEN_PIXELS = b"\xe0\x7f\x10\x00OB\0\0\xff\xff\xff\xff"
ITEM = b"\xfe\xff\x00\xe0"
DELIMITER = b"\xfe\xff\xdd\xe0\0\0\0\0"


def read(content, **origin):
    where = Origin(file="image", source="image", size_bytes=len(content), **origin)
    return read_instance(where, io.BytesIO(content))


def read_made(**attributes):
    return read(make.make_dicom(**attributes))


@pytest.mark.parametrize("syntax", [make.EXPLICIT, make.IMPLICIT, make.BIG_ENDIAN])
def test_the_encoding_makes_no_difference(syntax):
    instance = read_made(
        syntax=syntax,
        pixels=PIXELS,
        ImageType=["ORIGINAL", "PRIMARY"],
        KVP="28.5",
        ViewCodeSequence={**CC, "ViewModifierCodeSequence": MAG},
    )

    assert instance.sop_instance_uid == make.SOP_UID
    assert instance.study_instance_uid == make.STUDY_UID
    assert instance.image_type == ("ORIGINAL", "PRIMARY")
    assert instance.exposure.kvp == 28.5
    assert (instance.raster.rows, instance.raster.columns) == (4, 3)
    assert instance.raster.has_pixels
    assert instance.damage is None
    assert [code.value for code in instance.breast.view_codes] == ["399162004"]
    assert [code.value for code in instance.breast.view_modifiers] == ["399163009"]


def test_sex_and_age_help_to_tell_patients_apart():
    patient = read_made(PatientSex="F", PatientAge="034Y").patient

    assert (patient.sex, patient.age) == ("F", "034Y")


def test_a_deflated_file_is_read():
    instance = read_made(syntax=make.DEFLATED, pixels=PIXELS, SeriesDescription="LCC")

    assert instance.texts[0].value == "LCC"
    assert instance.raster.has_pixels
    assert instance.damage is None


def test_a_deflated_file_that_unpacks_without_end_stops():
    bomb = make.raw_element(0x0008_0005, "UT", b"ISO_IR 100")
    content = make.make_dicom(syntax=make.DEFLATED, drop=("StudyInstanceUID",))
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    packed = packer.compress(bomb + bytes(200 << 20)) + packer.flush()
    start = content.index(b"1.2.840.10008.1.2.1.99") + 22

    with pytest.raises(UnreadableError):
        read(content[:start] + packed)


@pytest.mark.parametrize("content", [make.raw_dicom(), make.make_dicom(syntax=make.BIG_ENDIAN)])
def test_zeros_after_the_last_element_are_no_elements(content):
    assert read(content + bytes(8 << 20)).sop_instance_uid == make.SOP_UID


def test_absent_and_empty_are_kept_apart():
    absent = read_made()
    empty = read_made(ContrastBolusAgent="", ImageType=[], ContrastBolusAgentSequence=[])

    assert absent.contrast.agent is None
    assert empty.contrast.agent == ""
    assert absent.image_type is None
    assert empty.image_type == ()
    assert absent.contrast.agent_codes is None
    assert empty.contrast.agent_codes == ()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param(b"", "empty-file", id="empty"),
        pytest.param(b"hello world, this is text\n" * 20, "no-dicom-magic", id="text"),
        pytest.param(b"\x89PNG\r\n\x1a\n" + bytes(300), "no-dicom-magic", id="picture"),
        pytest.param(b"%PDF-1.7" + bytes(300), "no-dicom-magic", id="PDF"),
        pytest.param(bytes(1000), "zeroed-file", id="zeros"),
        pytest.param(bytes(511), "no-dicom-magic", id="less than a sector of zeros"),
        pytest.param(b"\x08\0", "no-dicom-magic", id="two bytes"),
    ],
)
def test_what_is_no_dicom_says_so(content, reason):
    with pytest.raises(NotDicomError) as caught:
        read(content)

    assert caught.value.reason == reason


def test_a_file_without_preamble_is_read():
    assert read(make.raw_dicom(preamble=False)).sop_instance_uid == make.SOP_UID


def test_the_meta_information_stands_in_for_a_missing_uid():
    content = make.make_dicom()
    at = content.index(b"\x08\x00\x18\x00UI")
    length = content[at + 6]

    instance = read(content[:at] + content[at + 8 + length :])

    assert instance.sop_instance_uid == make.SOP_UID


def test_without_a_study_an_object_is_unreadable():
    with pytest.raises(UnreadableError) as caught:
        read_made(drop=("StudyInstanceUID",))

    assert caught.value.reason == "no-uid"


def test_a_directory_lists_its_files():
    named = {"ReferencedFileID": ["A", "B"], "ReferencedSOPInstanceUIDInFile": "2.25.7"}
    records = [named, {"ReferencedFileID": "C"}, {}]
    content = make.make_dicom(SOPClassUID="1.2.840.10008.1.3.10", DirectoryRecordSequence=records)

    with pytest.raises(DirectoryFileError) as caught:
        read(content)

    assert caught.value.files == ((("A", "B"), "2.25.7"), (("C",), ""))
    assert not caught.value.is_cut


@pytest.mark.parametrize("syntax", [make.EXPLICIT, make.IMPLICIT])
def test_a_directory_that_is_cut_says_so_wherever_it_is(syntax):
    records = [{"ReferencedFileID": ["A", "B"]}, {"ReferencedFileID": "C"}, {}]
    content = make.make_dicom(
        syntax=syntax,
        SOPClassUID="1.2.840.10008.1.3.10",
        DirectoryRecordSequence=records,
    )
    begin, after = content.index(b"\x04\x00\x20\x12"), content.index(b"\x08\x00\x16\x00")

    for end in range(begin, after):
        with pytest.raises((DirectoryFileError, UnreadableError)) as caught:
            read(content[:end])
        assert getattr(caught.value, "is_cut", True), end


@pytest.mark.parametrize(
    ("lost", "damage"),
    [
        pytest.param(0, None, id="whole"),
        pytest.param(1, "truncated", id="a byte of the pixels"),
        pytest.param(len(PIXELS), "truncated", id="all pixels"),
        pytest.param(len(PIXELS) + 14, "truncated", id="pixels and part of a header"),
    ],
)
def test_missing_bytes_are_noticed(lost, damage):
    content = make.make_dicom(pixels=PIXELS)

    assert read(content[: len(content) - lost]).damage == damage


@pytest.mark.parametrize(
    ("frames", "fragments", "damage"),
    [(1, 0, "truncated"), (1, 1, None), (1, 3, None), (3, 2, "truncated"), (3, 3, None)],
)
def test_every_compressed_frame_has_a_fragment(frames, fragments, damage):
    content = make.make_dicom(pixels=b"", NumberOfFrames=str(frames))
    head = content[: content.rindex(b"\xe0\x7f\x10\x00")]
    items = [ITEM + bytes(4), *[ITEM + b"\4\0\0\0data"] * fragments, DELIMITER]

    assert read(head + OPEN_PIXELS + b"".join(items)).damage == damage


def test_fewer_pixels_than_the_header_demands_are_damage():
    assert read_made(pixels=PIXELS[:-2]).damage == "truncated"


@pytest.mark.parametrize(
    ("spare", "damage"),
    [
        pytest.param(1, None, id="a byte of padding"),
        pytest.param(8, None, id="a few"),
        pytest.param(2 * 40, "pixel-length-contradicted", id="a column"),
        pytest.param(2 * 30, "pixel-length-contradicted", id="a row"),
        pytest.param(2 * 30 * 40, "pixel-length-contradicted", id="a frame"),
        pytest.param(2 * 30 - 2, None, id="less than a row"),
    ],
)
@pytest.mark.parametrize("syntax", [make.EXPLICIT, make.IMPLICIT, make.BIG_ENDIAN])
def test_more_pixels_than_the_header_has_room_for_are_damage(syntax, spare, damage):
    pixels = bytes(2 * 40 * 30 + spare)

    assert read_made(syntax=syntax, pixels=pixels, Rows=40, Columns=30).damage == damage


def test_a_header_without_a_size_is_contradicted_by_no_length():
    assert read_made(pixels=bytes(5000), drop=("Rows",)).damage is None


def test_compressed_pixels_may_be_longer_than_plain_ones():
    assert read_made(pixels=ITEM + bytes(4) + ITEM + b"\x80\0\0\0" + bytes(128)).damage is None


def test_a_cut_before_the_uids_is_unreadable():
    content = make.make_dicom()

    with pytest.raises(UnreadableError) as caught:
        read(content[: content.index(b"\x20\x00\x0d\x00UI") + 10])

    assert caught.value.reason == "truncated"


def test_a_length_beyond_the_file_asks_for_no_memory():
    element = b"\x08\x00\x05\x00UN\0\0\xf0\xff\xff\xff"

    with pytest.raises(UnreadableError):
        read(make.raw_dicom(preamble=False)[:30] + element)


@pytest.mark.parametrize(
    ("attributes", "on", "at", "tag", "is_acquisition"),
    [
        pytest.param(
            {"AcquisitionDateTime": "20260102102100.5+0100", "AcquisitionTime": "090000"},
            date(2026, 1, 2),
            time(10, 21, 0, 500000),
            "(0008,002A)",
            True,
            id="acquisition date time first",
        ),
        pytest.param(
            {"AcquisitionDate": "20260102", "AcquisitionTime": "102100", "ContentTime": "110000"},
            date(2026, 1, 2),
            time(10, 21),
            "(0008,0032)",
            True,
            id="acquisition date and time",
        ),
        pytest.param(
            {"AcquisitionTime": "102100", "ContentDate": "20260102"},
            None,
            time(10, 21),
            "(0008,0032)",
            True,
            id="no date is borrowed",
        ),
        pytest.param(
            {"AcquisitionDate": "20260102", "ContentDate": "20260103", "ContentTime": "1021"},
            date(2026, 1, 3),
            time(10, 21),
            "(0008,0033)",
            False,
            id="content when the acquisition has no time",
        ),
        pytest.param(
            {"InstanceCreationDate": "20260102", "InstanceCreationTime": "10"},
            date(2026, 1, 2),
            time(10),
            "(0008,0013)",
            False,
            id="creation",
        ),
        pytest.param(
            {"SeriesDate": "20260102", "SeriesTime": "102100"},
            date(2026, 1, 2),
            time(10, 21),
            "(0008,0031)",
            False,
            id="series last",
        ),
        pytest.param(
            {"AcquisitionDate": "20260102", "AcquisitionTime": "99:99"},
            date(2026, 1, 2),
            None,
            "(0008,0022)",
            True,
            id="a date alone",
        ),
        pytest.param({}, None, None, "", False, id="nothing"),
    ],
)
def test_the_best_clock_wins(attributes, on, at, tag, is_acquisition):
    clock = read_made(**attributes).clock

    assert (clock.acquired_on, clock.acquired_time) == (on, at)
    assert (clock.tag, clock.is_acquisition) == (tag, is_acquisition)


def test_texts_carry_level_and_tag():
    instance = read_made(
        ImageComments="post inj",
        SeriesDescription="LCC",
        StudyDescription="",
        RequestAttributesSequence={"RequestedProcedureDescription": "galactogram"},
        RequestedContrastAgent="IOHEXOL",
    )

    assert [(text.level, text.tag, text.value) for text in instance.texts] == [
        (Level.IMAGE, "(0020,4000)", "post inj"),
        (Level.SERIES, "(0008,103E)", "LCC"),
        (Level.STUDY, "(0008,1030)", ""),
        (Level.REQUEST, "(0032,1060)", "galactogram"),
        (Level.REQUEST, "(0032,1070)", "IOHEXOL"),
    ]


def test_codes_carry_level_and_tag():
    ductogram = {"CodeValue": "18102001", "CodingSchemeDesignator": "SCT", "CodeMeaning": "x"}
    instance = read_made(
        ProcedureCodeSequence=ductogram,
        RequestAttributesSequence={"RequestedProcedureCodeSequence": ductogram},
    )

    assert [(code.level, code.tag, code.value) for code in instance.codes] == [
        (Level.STUDY, "(0008,1032)", "18102001"),
        (Level.REQUEST, "(0032,1064)", "18102001"),
    ]


def test_contrast_of_a_plain_mammogram():
    contrast = read_made(
        ContrastBolusAgent="IOHEXOL 300",
        ContrastBolusRoute="INTRADUCTAL",
        ContrastBolusVolume="0.8",
        ContrastBolusStartTime="101500",
        ContrastBolusAgentSequence={"CodeValue": "109218004", "CodingSchemeDesignator": "SCT"},
        ContrastBolusAdministrationRouteSequence={"CodeValue": "37737002"},
    ).contrast

    assert (contrast.agent, contrast.route) == ("IOHEXOL 300", "INTRADUCTAL")
    assert contrast.volume_ml == 0.8
    assert contrast.started_at == time(10, 15)
    assert contrast.agent_codes == (Code(tag="(0018,0012)", value="109218004", scheme="SCT"),)
    assert [code.value for code in contrast.route_codes] == ["37737002"]
    assert contrast.is_administered is None


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        pytest.param(["NO", "NO"], False, id="no frame"),
        pytest.param(["NO", "YES"], True, id="a later frame"),
        pytest.param([], None, id="unsaid"),
        pytest.param(["MAYBE"], None, id="unusable"),
    ],
)
def test_contrast_usage_is_read_from_the_frames(claims, expected):
    frames = [
        {"ContrastBolusUsageSequence": {"ContrastBolusAgentAdministered": claim}}
        for claim in claims
    ]

    instance = read_made(PerFrameFunctionalGroupsSequence=frames)

    assert instance.contrast.is_administered is expected


def test_enhanced_contrast_stands_inside_the_agent():
    contrast = read_made(
        ContrastBolusAgentSequence={
            "CodeValue": "109218004",
            "ContrastBolusVolume": "0.5",
            "ContrastBolusAdministrationRouteSequence": {"CodeValue": "37737002"},
            "ContrastBolusIngredientCodeSequence": {"CodeValue": "44588005"},
            "ContrastAdministrationProfileSequence": {"ContrastBolusStartTime": "1015"},
        },
        SharedFunctionalGroupsSequence={
            "ContrastBolusUsageSequence": {"ContrastBolusAgentAdministered": "YES"}
        },
    ).contrast

    assert contrast.volume_ml == 0.5
    assert [code.value for code in contrast.route_codes] == ["37737002"]
    assert [code.value for code in contrast.ingredient_codes] == ["44588005"]
    assert contrast.started_at == time(10, 15)
    assert contrast.is_administered is True


def test_every_source_of_the_side_is_kept():
    breast = read_made(
        ImageLaterality="L",
        Laterality="R",
        AnatomicRegionSequence={
            "CodeValue": "76752008",
            "AnatomicRegionModifierSequence": {"CodeValue": "7771000"},
        },
        SharedFunctionalGroupsSequence={"FrameAnatomySequence": {"FrameLaterality": "B"}},
        BodyPartExamined="BREAST",
    ).breast

    assert (breast.image_laterality, breast.series_laterality) == ("L", "R")
    assert breast.frame_laterality == "B"
    assert [code.value for code in breast.region_modifiers] == ["7771000"]


def test_view_modifiers_at_the_top_level_are_found():
    breast = read_made(ViewCodeSequence=CC, ViewModifierCodeSequence=MAG).breast

    assert [code.value for code in breast.view_modifiers] == ["399163009"]


@pytest.mark.parametrize(
    ("creator", "block", "expected"),
    [
        pytest.param("GEMS_SENO_02", 0x10, "LCC", id="first block"),
        pytest.param("GEMS_SENO_02", 0x13, "LCC", id="another block"),
        pytest.param("OTHER", 0x10, None, id="another creator"),
    ],
)
def test_a_private_view_needs_its_creator(creator, block, expected):
    instance = read_made(
        elements=[
            (0x0045_0000 | block, "LO", creator),
            (0x0045_0000 | block << 8 | 0x1B, "LO", "LCC"),
        ]
    )

    assert instance.breast.clinical_view == expected


@pytest.mark.parametrize(
    ("group", "creator", "expected"),
    [
        pytest.param(0x7E01, "HOLOGIC, Inc.", True, id="one group"),
        pytest.param(0x7F01, "HOLOGIC, Inc.", True, id="the other"),
        pytest.param(0x7E01, "OTHER", False, id="another creator"),
        pytest.param(0x7D01, "HOLOGIC, Inc.", False, id="another group"),
    ],
)
def test_pixels_in_private_elements_are_told(group, creator, expected):
    start = group << 16
    elements = [(start | 0x10, "LO", creator), (start | 0x1001, "LO", "1.0")]

    assert read_made(elements=elements).raster.has_private_pixels is expected


def test_labels_of_the_archive_are_kept_apart():
    creator = "Applicare/Centricity Radiology Web/Version 1.0"
    breast = read_made(
        elements=[
            (0x4109_0010, "LO", creator),
            (0x4109_1001, "CS", "R"),
            (0x4109_1002, "CS", "MLO"),
        ]
    ).breast

    assert (breast.pacs_laterality, breast.pacs_view) == ("R", "MLO")
    assert breast.image_laterality is None


def test_geometry_in_millimetres():
    found = read_made(
        ImagerPixelSpacing=["0.1", "0.1"],
        EstimatedRadiographicMagnificationFactor="1.8",
        PatientOrientation=["P", "FL"],
        CompressionForce="40",
        PaddleDescription="SPOT MAG",
    )
    geometry = found.geometry

    assert geometry.imager_pixel_spacing_mm == (0.1, 0.1)
    assert geometry.magnification_factor == 1.8
    assert geometry.patient_orientation == ("P", "FL")
    assert (found.compression_force_n, geometry.paddle) == (40.0, "SPOT MAG")


COSINES = [0, -1, 0, -1, 0, 0]
GROUPS = {
    "PixelMeasuresSequence": {"PixelSpacing": ["0.09", "0.08"]},
    "FramePixelDataPropertiesSequence": {"ImagerPixelSpacing": ["0.07", "0.07"]},
    "PlaneOrientationSequence": {"ImageOrientationPatient": COSINES},
    "PatientOrientationInFrameSequence": {"PatientOrientation": ["A", "R"]},
    "XRayGeometrySequence": {"DistanceSourceToDetector": "660", "DistanceSourceToPatient": "600"},
}


@pytest.mark.parametrize(
    "place", ["SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence"]
)
def test_geometry_stands_in_functional_groups(place):
    geometry = read_made(**{"PatientOrientation": "", place: [GROUPS]}).geometry

    assert geometry.pixel_spacing_mm == (0.09, 0.08)
    assert geometry.imager_pixel_spacing_mm == (0.07, 0.07)
    assert geometry.patient_orientation == ("A", "R")
    assert geometry.direction_cosines == tuple(COSINES)
    assert (geometry.source_to_detector_mm, geometry.source_to_patient_mm) == (660, 600)


def test_what_stands_at_the_top_comes_before_functional_groups():
    geometry = read_made(
        PatientOrientation=["P", "L"],
        PixelSpacing=["1", "1"],
        SharedFunctionalGroupsSequence=GROUPS,
    ).geometry

    assert (geometry.patient_orientation, geometry.pixel_spacing_mm) == (("P", "L"), (1, 1))


def test_an_orientation_that_is_empty_everywhere_is_there_and_empty():
    assert read_made(PatientOrientation="").geometry.patient_orientation == ()
    assert read_made().geometry.patient_orientation is None
    assert read_made().geometry.direction_cosines == ()


@pytest.mark.parametrize(
    "value",
    [b"abc", b"1.2.3", b"nan", b"inf", b"1e400", b"", b"\\\\", b"\xff\xfe", b"0x10", b"-"],
    ids=repr,
)
def test_an_unusable_number_is_none(value):
    instance = read(make.raw_dicom((0x0018_1114, "DS", value), (0x0020_0013, "IS", value)))

    assert instance.geometry.magnification_factor is None
    assert instance.instance_number is None


SPACINGS = [
    pytest.param(b"0.07", (0.07, 0.07), id="one for both"),
    pytest.param(b"0.07\\0.08", (0.07, 0.08), id="two"),
    pytest.param(b"0.001\\10", (0.001, 10.0), id="the least and the largest"),
    pytest.param(b"0.00099\\0.07", None, id="below 1 um"),
    pytest.param(b"0.07\\10.1", None, id="above 10 mm"),
    pytest.param(b"1e-300\\1e300", None, id="absurd"),
    pytest.param(b"0\\0.07", None, id="nothing"),
    pytest.param(b"-0.07\\0.07", None, id="negative"),
]


@pytest.mark.parametrize(("value", "expected"), SPACINGS)
@pytest.mark.parametrize("tag", [0x0018_1164, 0x0028_0030, 0x0018_7022])
def test_a_spacing_is_what_a_detector_can_have(value, expected, tag):
    geometry = read(make.raw_dicom((tag, "DS", value))).geometry

    found = (
        geometry.imager_pixel_spacing_mm,
        geometry.pixel_spacing_mm,
        geometry.detector_spacing_mm,
    )
    assert found == tuple(
        expected if tag == place else None for place in (0x0018_1164, 0x0028_0030, 0x0018_7022)
    )


def test_the_field_of_view_is_read_as_it_stands():
    values = (b"240\\190", b"24", b"")
    found = [read(make.raw_dicom((0x0018_1149, "IS", value))).geometry for value in values]

    assert [geometry.field_of_view_mm for geometry in found] == [(240.0, 190.0), (24.0,), ()]


def test_a_decimal_comma_is_understood():
    instance = read(make.raw_dicom((0x0018_1114, "DS", b"1,8")))

    assert instance.geometry.magnification_factor == 1.8


def test_rejection_notes_name_what_they_reject():
    instance = read_made(
        SOPClassUID="1.2.840.10008.5.1.4.1.1.88.59",
        ConceptNameCodeSequence={"CodeValue": "113001", "CodingSchemeDesignator": "DCM"},
        ContentSequence=[
            {"ReferencedSOPSequence": {"ReferencedSOPInstanceUID": "2.25.77"}},
            {"ContentSequence": {"ReferencedSOPSequence": {"ReferencedSOPInstanceUID": "2.25.78"}}},
        ],
    )

    assert instance.document_title.value == "113001"
    assert instance.references == (
        Reference(sop_instance_uid="2.25.77", purpose="113001"),
        Reference(sop_instance_uid="2.25.78", purpose="113001"),
    )


def test_a_processing_predecessor_is_referenced_with_its_purpose():
    instance = read_made(
        SourceImageSequence={
            "ReferencedSOPInstanceUID": "2.25.5",
            "PurposeOfReferenceCodeSequence": {"CodeValue": "121358"},
        }
    )

    assert instance.references == (Reference(sop_instance_uid="2.25.5", purpose="121358"),)


def test_interventions_and_context_are_listed():
    instance = read_made(
        InterventionSequence=[{"InterventionStatus": "PRE"}, {"InterventionStatus": ""}],
        AcquisitionContextSequence={
            "ConceptNameCodeSequence": {"CodeValue": "122086", "CodingSchemeDesignator": "DCM"}
        },
        BiopsyTargetSequence={"TargetLabel": "1"},
        QualityControlImage="YES",
        DetectorMode="STEREO",
    )

    assert instance.purpose.intervention_statuses == ("PRE",)
    assert [code.value for code in instance.purpose.context_codes] == ["122086"]
    assert instance.purpose.has_biopsy_target
    assert instance.purpose.detector_mode == "STEREO"
    assert instance.purpose.is_quality_control


def test_texts_decoded_by_guess_are_marked():
    instance = read(make.raw_dicom((0x0008_103E, "LO", "après injection".encode("cp1252"))))

    (text,) = instance.texts
    assert text.value == "après injection"
    assert text.is_guessed
    assert instance.is_charset_guessed


def test_a_declared_set_is_no_guess():
    instance = read(
        make.raw_dicom(
            (0x0008_0005, "CS", b"ISO_IR 144"),
            (0x0008_103E, "LO", "после введения".encode("iso8859-5")),
        )
    )

    assert instance.texts[0].value == "после введения"
    assert not instance.is_charset_guessed


def test_a_backslash_inside_a_japanese_character_splits_nothing():
    instance = read(
        make.raw_dicom(
            (0x0008_0005, "CS", b"ISO_IR 13"), (0x0008_103E, "LO", "表示".encode("cp932"))
        )
    )

    assert instance.texts[0].value == "表示"


def test_sequences_nested_without_end_cost_the_sequence_only():
    depth = 3000
    nested = b""
    opening = b"\x40\x00\x30\xa7SQ\0\0\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff"
    closing = b"\xfe\xff\x0d\xe0\0\0\0\0\xfe\xff\xdd\xe0\0\0\0\0"
    nested = opening * depth + closing * depth

    with pytest.raises(UnreadableError) as caught:
        read(make.raw_dicom() + nested)

    assert caught.value.reason == "damaged-header"


WHOLE = make.make_dicom(
    pixels=PIXELS,
    ViewCodeSequence={**CC, "ViewModifierCodeSequence": MAG},
    ImagerPixelSpacing=["0.1", "0.1"],
    SeriesDescription="galactogram",
    AcquisitionDate="20260102",
    AcquisitionTime="102100",
)


@given(
    st.lists(
        st.tuples(st.integers(0, len(WHOLE) - 1), st.integers(0, 255)), min_size=1, max_size=8
    ),
    st.integers(0, len(WHOLE)),
)
def test_no_damage_breaks_the_reader(changes, cut):
    content = bytearray(WHOLE)
    for position, value in changes:
        content[position] = value
    for candidate in (bytes(content), bytes(content[:cut])):
        with suppress(InputError):
            read(candidate)


@pytest.mark.parametrize("keyword", ["ViewCodeSequence", "DirectoryRecordSequence"])
def test_a_sequence_of_countless_items_is_refused_before_they_are_made(keyword):
    empty = b"\xfe\xff\x00\xe0\0\0\0\0"
    content = make.make_dicom(**{keyword: [{}]}).replace(
        b"SQ\0\0" + struct.pack("<I", len(empty)) + empty,
        b"SQ\0\0" + struct.pack("<I", 500_001 * len(empty)) + 500_001 * empty,
    )

    with pytest.raises(UnreadableError) as caught:
        read(content)

    assert caught.value.reason == "header-limit"
