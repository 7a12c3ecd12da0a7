import pytest
from builders import MG, make_instance
from msgspec.structs import replace

from ductdicom.geometry.scale import breast_scale, contact_pitches
from ductdicom.model.call import Kind, PhaseCall
from ductdicom.model.instance import BREAST_TOMOSYNTHESIS, Geometry, Raster
from ductdicom.model.study import ImageCall


def _image(*, uid="2.25.1", modifiers=(), rows=2400, columns=1900, manufacturer=None, **geometry):
    return ImageCall(
        instance=make_instance(
            uid,
            manufacturer=manufacturer,
            geometry=Geometry(**geometry),
            raster=Raster(rows=rows, columns=columns),
        ),
        kind=Kind.VIEW,
        modifiers=modifiers,
        magnification=geometry.get("magnification_factor"),
        call=PhaseCall(phase=None),
    )


def _square(side):
    return {"imager_pixel_spacing_mm": (side, side)}


def _plane(sop_class_uid=BREAST_TOMOSYNTHESIS, **geometry):
    image = _image(**geometry)
    return replace(image, instance=replace(image.instance, sop_class_uid=sop_class_uid))


@pytest.mark.parametrize("geometry", [{}, _square(0.07), {"calibration_type": "GEOMETRY"}])
def test_the_spacing_of_a_plane_in_the_breast_is_its_scale(geometry):
    scale = breast_scale(_plane(pixel_spacing_mm=(0.09, 0.08), **geometry))

    assert (scale.mm_per_px, scale.is_corrected, scale.notes) == ((0.09, 0.08), True, ())


def test_the_spacing_of_a_projection_is_no_scale_without_a_word_of_what():
    assert breast_scale(_plane(MG, pixel_spacing_mm=(0.09, 0.08))).mm_per_px is None


def test_a_plane_without_spacing_has_the_scale_of_its_detector():
    assert breast_scale(_plane(**_square(0.1), magnification_factor=1.0)).mm_per_px == (0.1, 0.1)
    assert breast_scale(_plane()).mm_per_px is None


def test_an_impossible_spacing_of_a_plane_is_not_believed():
    scale = breast_scale(_plane(pixel_spacing_mm=(9.0, 9.0)))

    assert (scale.mm_per_px, scale.notes) == (None, ("spacing-suspect", "scale-unknown"))


@pytest.mark.parametrize(
    ("image", "side_mm", "is_corrected", "notes"),
    [
        pytest.param(_image(**_square(0.1), magnification_factor=1.0), 0.1, True, (), id="contact"),
        pytest.param(
            _image(**_square(0.1), magnification_factor=1.8, modifiers=("M",)),
            0.1 / 1.8,
            True,
            (),
            id="magnified",
        ),
        pytest.param(
            _image(**_square(0.1), source_to_detector_mm=660, source_to_patient_mm=600),
            0.1 / 1.1,
            True,
            (),
            id="by the distances",
        ),
        pytest.param(_image(**_square(0.1)), 0.1, False, (), id="no factor: uncorrected"),
        pytest.param(
            _image(
                **_square(0.0555),
                magnification_factor=1.8,
                detector_spacing_mm=(0.1, 0.1),
                modifiers=("M",),
            ),
            0.0555,
            True,
            ("spacing-suspect",),
            id="divided before, by the pitch",
        ),
        pytest.param(
            _image(
                **_square(0.0389),
                magnification_factor=1.8,
                manufacturer="HOLOGIC, Inc.",
                modifiers=("M",),
            ),
            0.0389,
            True,
            ("spacing-suspect",),
            id="divided before, by the maker's pitch",
        ),
        pytest.param(
            _image(**_square(0.1), magnification_factor=1.8),
            0.1 / 1.8,
            True,
            ("magnification-conflict",),
            id="a large factor without a modifier",
        ),
        pytest.param(
            _image(**_square(0.1), magnification_factor=0.0),
            0.1,
            False,
            ("magnification-conflict",),
            id="factor 0 is ignored",
        ),
        pytest.param(
            _image(**_square(0.1), magnification_factor=5.0),
            0.1,
            False,
            ("magnification-conflict",),
            id="factor 5 is ignored",
        ),
        pytest.param(
            _image(**_square(0.1), magnification_factor=1.0, rows=9000),
            0.1,
            True,
            ("spacing-suspect",),
            id="a field of 90 cm",
        ),
        pytest.param(
            _image(**_square(0.1), magnification_factor=1.0, rows=500, columns=400),
            0.1,
            True,
            ("spacing-suspect",),
            id="a field of 5 cm",
        ),
    ],
)
def test_millimetres_at_the_breast(image, side_mm, is_corrected, notes):
    scale = breast_scale(image)

    assert scale.mm_per_px == pytest.approx((side_mm, side_mm))
    assert scale.is_corrected == is_corrected
    assert scale.notes == notes
    assert scale.source


@pytest.mark.parametrize(
    ("image", "notes"),
    [
        pytest.param(_image(), ("scale-unknown",), id="no spacing"),
        pytest.param(
            _image(pixel_spacing_mm=(0.1, 0.1)),
            ("scale-unknown",),
            id="pixel spacing without calibration",
        ),
        pytest.param(
            _image(**_square(0.0)), ("spacing-suspect", "scale-unknown"), id="spacing of 0"
        ),
        pytest.param(
            _image(**_square(0.1), modifiers=("M",)),
            ("scale-unknown",),
            id="magnified, factor absent",
        ),
        pytest.param(
            _image(**_square(0.1), magnification_factor=1.0, modifiers=("M",)),
            ("magnification-conflict", "scale-unknown"),
            id="magnified, factor 1",
        ),
        pytest.param(
            _image(
                **_square(0.1),
                magnification_factor=1.0,
                source_to_detector_mm=650,
                source_to_patient_mm=361,
            ),
            ("magnification-conflict", "scale-unknown"),
            id="factor and distances disagree",
        ),
    ],
)
def test_what_is_unknown_is_said(image, notes):
    scale = breast_scale(image)

    assert scale.mm_per_px is None
    assert not scale.is_corrected
    assert scale.notes == notes


@pytest.mark.parametrize("spacing", [(9.0, 0.1), (0.1, 9.0), (9.0, 9.0)])
@pytest.mark.parametrize(
    "geometry",
    [
        pytest.param(lambda mm: {"imager_pixel_spacing_mm": mm}, id="at the detector"),
        pytest.param(
            lambda mm: {"pixel_spacing_mm": mm, "calibration_type": "FIDUCIAL"}, id="calibrated"
        ),
    ],
)
def test_a_spacing_that_no_detector_has_is_named(geometry, spacing):
    scale = breast_scale(_image(**geometry(spacing)))

    assert (scale.mm_per_px, scale.source) == (None, "spacing of 9 mm")
    assert scale.notes == ("spacing-suspect", "scale-unknown")


@pytest.mark.parametrize(
    ("rows", "columns", "notes"),
    [
        pytest.param(3500, 1900, (), id="35 cm long"),
        pytest.param(3501, 1900, ("spacing-suspect",), id="longer"),
        pytest.param(1400, 3501, ("spacing-suspect",), id="wider"),
        pytest.param(1500, 1400, (), id="15 cm long"),
        pytest.param(1400, 1500, (), id="15 cm wide"),
        pytest.param(1499, 1400, ("spacing-suspect",), id="shorter"),
        pytest.param(None, 1400, (), id="rows absent"),
        pytest.param(1400, None, (), id="columns absent"),
        pytest.param(0, 1400, (), id="no rows"),
    ],
)
def test_a_contact_view_is_15_to_35_cm_large(rows, columns, notes):
    image = _image(**_square(0.1), magnification_factor=1.0, rows=rows, columns=columns)

    assert breast_scale(image).notes == notes


@pytest.mark.parametrize(
    ("factor", "is_corrected"), [(0.99, False), (1.0, True), (2.2, True), (2.21, False)]
)
def test_a_factor_is_believed_from_1_to_2_point_2(factor, is_corrected):
    by_header = _image(**_square(0.1), magnification_factor=factor)
    by_distances = _image(
        **_square(0.1), source_to_detector_mm=660, source_to_patient_mm=660 / factor
    )

    assert breast_scale(by_header).is_corrected is is_corrected
    assert breast_scale(by_distances).is_corrected is is_corrected


@pytest.mark.parametrize(
    ("detector_mm", "patient_mm"),
    [(660, None), (None, 600), (660, 0), (0, 600), (660, -600), (600, 660)],
)
def test_distances_that_tell_no_factor_are_passed_over(detector_mm, patient_mm):
    image = _image(
        **_square(0.1), source_to_detector_mm=detector_mm, source_to_patient_mm=patient_mm
    )

    assert breast_scale(image) == breast_scale(_image(**_square(0.1)))


@pytest.mark.parametrize(
    ("manufacturer", "pitch_mm"),
    [
        ("HOLOGIC, Inc.", 0.07),
        ("LORAD, A Hologic Company", 0.07),
        ("GE MEDICAL SYSTEMS", 0.1),
        ("SIEMENS", 0.085),
        ("Planmed Oy", 0.085),
        ("GIOTTO", 0.085),
        ("IMS s.r.l.", 0.085),
        ("FUJI PHOTO FILM Co., ltd.", 0.05),
        ("FUJIFILM Corporation", 0.05),
        ("Sectra Imtec AB", 0.05),
    ],
)
def test_the_makers_pitch_tells_what_was_divided_before(manufacturer, pitch_mm):
    magnified = {"magnification_factor": 1.8, "modifiers": ("M",), "manufacturer": manufacturer}
    divided = _image(**_square(pitch_mm / 1.8), **magnified)
    stored = _image(**_square(pitch_mm), **magnified)

    assert breast_scale(divided).source == "spacing divided before"
    assert breast_scale(divided).mm_per_px == breast_scale(stored).mm_per_px
    assert breast_scale(stored).source == "magnification 1.80"


def test_a_calibration_makes_pixel_spacing_count():
    scale = breast_scale(_image(pixel_spacing_mm=(0.09, 0.09), calibration_type="GEOMETRY"))

    assert scale.mm_per_px == (0.09, 0.09)
    assert scale.source == "calibration (geometry)"


def test_imager_pixel_spacing_outranks_pixel_spacing():
    image = _image(**_square(0.1), pixel_spacing_mm=(0.2, 0.2), calibration_type="GEOMETRY")

    assert breast_scale(image).mm_per_px == (0.1, 0.1)


SUSPECT = ("spacing-suspect",)


@pytest.mark.parametrize(
    ("field", "notes"),
    [
        pytest.param((240, 190), (), id="as large as the image"),
        pytest.param((190, 240), (), id="told the other way round"),
        pytest.param((256, 202), (), id="that of the detector, of pixels at the breast"),
        pytest.param((300, 240), (), id="of which the image is a part"),
        pytest.param((120, 95), SUSPECT, id="half as large"),
        pytest.param((240, 150), SUSPECT, id="narrower than the image"),
        pytest.param((480, 380), SUSPECT, id="twice as large, in the same shape"),
        pytest.param((24, 19), (), id="in centimetres"),
        pytest.param((240,), (), id="one number"),
        pytest.param((0, 0), (), id="nothing"),
    ],
)
def test_an_image_is_no_larger_than_its_field_of_view_and_no_smaller_in_the_same_shape(
    field, notes
):
    image = _image(**_square(0.1), magnification_factor=1.0, field_of_view_mm=field)

    assert breast_scale(image).notes == notes
    assert breast_scale(image).mm_per_px == (0.1, 0.1)


@pytest.mark.parametrize(
    ("side_mm", "factor", "notes"),
    [
        pytest.param(0.1, 1.0, (), id="that of the detector"),
        pytest.param(0.094, 1.0, (), id="nearly that"),
        pytest.param(0.1, 1.8, (), id="that of the detector, magnified"),
        pytest.param(0.0556, 1.8, (), id="that at the breast"),
        pytest.param(0.0556, None, (), id="that at the breast by a factor that is not told"),
        pytest.param(0.2, 1.0, SUSPECT, id="twice as large"),
        pytest.param(0.05, 1.0, SUSPECT, id="half as large"),
        pytest.param(0.07, 1.8, SUSPECT, id="neither of them"),
        pytest.param(0.04, None, SUSPECT, id="by a factor that is none"),
    ],
)
@pytest.mark.parametrize("calibration", [None, "FIDUCIAL"])
def test_pixel_spacing_is_that_of_the_detector_or_of_the_breast(
    side_mm, factor, notes, calibration
):
    image = _image(
        **_square(0.1),
        magnification_factor=factor,
        modifiers=("M",) if factor == 1.8 else (),
        pixel_spacing_mm=(side_mm, side_mm),
        calibration_type=calibration,
    )

    assert breast_scale(image).notes == notes
    assert breast_scale(image).mm_per_px is not None


def test_both_axes_are_scaled():
    image = _image(imager_pixel_spacing_mm=(0.1, 0.05), magnification_factor=1.25)

    assert breast_scale(image).mm_per_px == pytest.approx((0.08, 0.04))


@pytest.mark.parametrize("factor", [1.0, 1.2, 1.8])
def test_a_contradicted_factor_gives_no_scale_whatever_the_distances_say(factor):
    image = _image(
        **_square(0.1),
        magnification_factor=factor,
        source_to_detector_mm=660,
        source_to_patient_mm=440,
        modifiers=("M",),
    )

    scale = breast_scale(image)

    assert scale.mm_per_px is None
    assert scale.source == "magnification contradicted"
    assert scale.notes == ("magnification-conflict", "scale-unknown")


def test_a_magnified_view_of_unknown_factor_has_no_scale():
    assert breast_scale(_image(**_square(0.1))).mm_per_px == (0.1, 0.1)
    assert breast_scale(_image(**_square(0.1), modifiers=("M",))).mm_per_px is None


@pytest.mark.parametrize(
    ("spacing", "at_breast", "notes"),
    [
        pytest.param(0.1 / 1.8, 0.1 / 1.8, ("spacing-suspect",), id="divided before"),
        pytest.param(0.1, 0.1 / 1.8, (), id="at the detector"),
    ],
)
def test_a_contact_view_of_the_unit_tells_what_was_divided_before(spacing, at_breast, notes):
    magnified = _image(**_square(spacing), magnification_factor=1.8, modifiers=("M",))

    scale = breast_scale(magnified, pitch_mm=(0.1, 0.1))

    assert scale.mm_per_px == pytest.approx((at_breast, at_breast))
    assert scale.notes == notes


def test_the_detectors_own_pitch_is_believed_first():
    magnified = _image(
        **_square(0.1 / 1.8),
        magnification_factor=1.8,
        detector_spacing_mm=(0.1, 0.1),
        modifiers=("M",),
    )

    assert breast_scale(magnified, pitch_mm=(0.07, 0.07)).notes == ("spacing-suspect",)


def test_the_pitch_of_a_unit_is_that_of_its_contact_views():
    contact = _image(uid="2.25.1", **_square(0.1))
    magnified = _image(uid="2.25.2", **_square(0.05), modifiers=("M",))
    other = _image(uid="2.25.3", **_square(0.07), magnification_factor=1.8)

    assert contact_pitches([contact, magnified, other]) == {contact.instance.equipment: (0.1, 0.1)}


def test_contact_views_that_differ_tell_no_pitch():
    images = [_image(uid="2.25.1", **_square(0.1)), _image(uid="2.25.2", **_square(0.07))]

    assert contact_pitches(images) == {}
