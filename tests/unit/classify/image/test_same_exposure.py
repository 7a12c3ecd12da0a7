from builders import make_seen, make_visit

from ductdicom.classify.image.same_exposure import group_exposures

SHOWN, RAW = {"intent": "FOR PRESENTATION"}, {"intent": "FOR PROCESSING"}


def _groups(*images):
    """Return the places of the images that show one exposure."""
    groups = group_exposures(make_seen(*make_visit(*images)))
    return [[image.place for image in group] for group in groups]


def test_a_raw_image_and_its_processed_one_are_one_exposure_whatever_the_clock():
    series = {"at": "09:20:31"}

    groups = _groups(
        series | RAW,
        series | SHOWN,
        {"view": "ML"} | series | RAW,
        {"view": "ML"} | series | SHOWN,
        {"at": "09:00:12"},
    )

    assert groups == [[0, 1], [2, 3]]


def test_of_two_processed_images_none_is_known_to_be_of_the_raw_one():
    series = {"at": "09:20:31"}

    assert _groups(series | RAW, series | SHOWN, series | SHOWN, {"at": "09:00:12"}) == []
