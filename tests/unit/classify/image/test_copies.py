import pytest
from builders import MAGNIFICATION, make_instance, make_seen
from hypothesis import given
from hypothesis import strategies as st

from ductdicom.classify.image.copies import settle_copies
from ductdicom.model.call import Kind
from ductdicom.model.instance import Code, Level, Raster, Reference, Text

PIXELS = Raster(rows=10, columns=10, has_pixels=True)
SHOWN, RAW = "FOR PRESENTATION", "FOR PROCESSING"


def _view(uid, **changes):
    return make_instance(uid, **({"raster": PIXELS} | changes))


def _note(*uids, title="113001"):
    return make_instance(
        "2.25.99",
        sop_class_uid="1.2.840.10008.5.1.4.1.1.88.59",
        modality="KO",
        document_title=Code(tag="(0040,A043)", value=title, scheme="DCM"),
        references=tuple(Reference(sop_instance_uid=uid) for uid in uids),
    )


def _settle(*instances):
    return settle_copies(make_seen(*instances))


def _kinds(*instances):
    return [image.kind for image in _settle(*instances)[0]]


def test_of_two_copies_the_one_to_look_at_is_shown():
    event = ("2.25.500",)

    kinds = _kinds(
        _view("2.25.1", intent=RAW, irradiation_event_uids=event),
        _view("2.25.2", intent=SHOWN, irradiation_event_uids=event),
    )

    assert kinds == [Kind.PROCESSING_TWIN, Kind.VIEW]


def test_a_copy_that_can_be_shown_stands_before_a_damaged_one():
    event = ("2.25.500",)

    kinds = _kinds(
        _view("2.25.1", intent=RAW, irradiation_event_uids=event),
        _view("2.25.2", intent=SHOWN, irradiation_event_uids=event, damage="truncated"),
    )

    assert kinds == [Kind.VIEW, Kind.PROCESSING_TWIN]


def test_a_predecessor_is_a_copy_too():
    predecessor = Reference(sop_instance_uid="2.25.1", purpose="121358")

    kinds = _kinds(_view("2.25.1", intent=RAW), _view("2.25.2", references=(predecessor,)))

    assert kinds == [Kind.PROCESSING_TWIN, Kind.VIEW]


LOSSY = Raster(rows=10, columns=10, has_pixels=True, is_lossy=True)


@pytest.mark.parametrize("purpose", ["121320", "121330"])
@pytest.mark.parametrize("at", [None, "09:20:31"])
def test_a_lossy_copy_that_names_its_predecessor_stands_behind_it(purpose, at):
    predecessor = Reference(sop_instance_uid="2.25.1", purpose=purpose)
    derived = {"image_type": ("DERIVED", "PRIMARY"), "raster": LOSSY, "references": (predecessor,)}
    how = Text(level=Level.IMAGE, tag="(0008,2111)", value="JPEG 10:1")

    kinds = _kinds(
        _view("2.25.1", at=at), _view("2.25.2", at=at, texts=(how,), **derived), _view("2.25.3")
    )

    assert kinds == [Kind.VIEW, Kind.PROCESSING_TWIN, Kind.VIEW]


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"at": "09:20:32"}, id="time"),
        pytest.param({"view": "ML"}, id="view"),
        pytest.param({"modifiers": (MAGNIFICATION,)}, id="magnification"),
        pytest.param({"series_text": "POST INJ"}, id="text"),
        pytest.param({"agent": "IOHEXOL"}, id="contrast"),
    ],
)
def test_a_copy_that_says_something_else_than_its_predecessor_is_an_exposure(changes):
    predecessor = Reference(sop_instance_uid="2.25.1", purpose="121320")
    copy = {"at": "09:20:31", "raster": LOSSY, "references": (predecessor,)} | changes

    assert _kinds(_view("2.25.1", at="09:20:31"), _view("2.25.2", **copy)) == [Kind.VIEW] * 2


def test_lossy_copies_do_not_make_the_clock_doubtful():
    lossy = {"raster": LOSSY, "at": "09:20:31"}
    predecessor = Reference(sop_instance_uid="2.25.2", purpose="121320")

    kinds = _kinds(
        _view("2.25.1", intent=RAW, at="09:20:31"),
        _view("2.25.2", at="09:20:31"),
        _view("2.25.3", references=(predecessor,), **lossy),
        _view("2.25.4", view="ML", at="09:22:10"),
    )

    assert kinds == [Kind.PROCESSING_TWIN, Kind.VIEW, Kind.PROCESSING_TWIN, Kind.VIEW]


@pytest.mark.parametrize("purpose", ["", "121329"])
def test_another_reference_makes_no_copy(purpose):
    other = Reference(sop_instance_uid="2.25.1", purpose=purpose)

    assert _kinds(_view("2.25.1"), _view("2.25.2", references=(other,))) == [Kind.VIEW] * 2


def test_two_exposures_are_no_copies():
    kinds = _kinds(
        _view("2.25.1", irradiation_event_uids=("2.25.500",)),
        _view("2.25.2", irradiation_event_uids=("2.25.501",)),
    )

    assert kinds == [Kind.VIEW] * 2


@pytest.mark.parametrize(
    "images",
    [
        pytest.param([{"view": "CC"}, {"view": "ML"}] * 2, id="two views without a time"),
        pytest.param(
            [{"at": at, "series_text": text} for at in ("09:00", "09:20") for text in ("a", "b")],
            id="one view at two times",
        ),
    ],
)
def test_one_event_on_all_images_of_a_visit_makes_no_copies(images):
    event = ("2.25.500",)
    views = [
        _view(f"2.25.{number}", irradiation_event_uids=event, **image)
        for number, image in enumerate(images, start=1)
    ]

    assert _kinds(*views) == [Kind.VIEW] * 4


def test_copies_that_disagree_on_the_side_are_both_kept_out():
    event = ("2.25.500",)

    images, problems = _settle(
        _view("2.25.1", side="L", irradiation_event_uids=event),
        _view("2.25.2", side="R", irradiation_event_uids=event),
    )

    assert all(image.has_other_side for image in images)
    assert {(p.code, p.sop_instance_uid) for p in problems} == {
        ("laterality-conflict", "2.25.1"),
        ("laterality-conflict", "2.25.2"),
    }


@pytest.mark.parametrize(
    "others",
    [
        pytest.param([{"at": "09:20:31", "view": "ML"}], id="another view at the same time"),
        pytest.param([{"at": "09:20:31", "side": "R"}], id="the other breast at the same time"),
        pytest.param([{"at": "09:00:12"}, {"at": "09:00:12", "view": "ML"}], id="another series"),
        pytest.param([{"at": "09:00:12"}] * 3, id="more than a pair at another time"),
        pytest.param([], id="in one series"),
    ],
)
def test_two_fillings_are_no_copies_where_the_time_is_that_of_the_series(others):
    images = [{"at": "09:20:31", "agent": "IOHEXOL"}] * 2 + others
    kinds = _kinds(*(_view(f"2.25.{number}", **image) for number, image in enumerate(images, 1)))

    assert kinds == [Kind.VIEW] * len(images)


def test_two_alike_of_one_second_are_copies_where_each_second_has_one_exposure():
    kinds = _kinds(
        _view("2.25.1", at="09:20:31"),
        _view("2.25.2", at="09:20:31", series_instance_uid="2.25.1.2"),
        _view("2.25.3", at="09:21:15", view="ML"),
    )

    assert sorted(kinds) == [Kind.PROCESSING_TWIN, Kind.VIEW, Kind.VIEW]


def test_an_event_that_stands_on_several_views_makes_no_copies_of_two_fillings():
    common = {"at": "09:20:31", "irradiation_event_uids": ("2.25.500",)}
    kinds = _kinds(
        _view("2.25.1", **common), _view("2.25.2", **common), _view("2.25.3", view="ML", **common)
    )

    assert kinds == [Kind.VIEW] * 3


def test_two_raw_images_and_two_processed_ones_of_one_time_are_no_copies():
    kinds = _kinds(
        *(_view(f"2.25.{n}", intent=RAW, at="09:20:31") for n in (1, 2)),
        *(_view(f"2.25.{n}", intent=SHOWN, at="09:20:31") for n in (3, 4)),
        _view("2.25.5", at="09:00:12"),
    )

    assert kinds == [Kind.VIEW] * 5


@pytest.mark.parametrize("title", ["113001", "113037", "113038"])
def test_a_rejection_note_rejects_what_it_names(title):
    kinds = _kinds(_view("2.25.1"), _view("2.25.2"), _note("2.25.1", title=title))

    assert kinds == [Kind.REJECTED, Kind.VIEW, Kind.REPORT]


def test_another_note_rejects_nothing():
    assert _kinds(_view("2.25.1"), _note("2.25.1", title="113000"))[0] is Kind.VIEW


def test_a_rejected_copy_does_not_stand_for_the_exposure():
    event = ("2.25.500",)

    kinds = _kinds(
        _view("2.25.1", intent=RAW, irradiation_event_uids=event),
        _view("2.25.2", intent=SHOWN, irradiation_event_uids=event),
        _note("2.25.2"),
    )

    assert kinds[:2] == [Kind.VIEW, Kind.REJECTED]


@given(st.permutations(range(4)))
def test_the_order_does_not_matter(order):
    event = ("2.25.500",)
    instances = [
        _view("2.25.1", intent=RAW, irradiation_event_uids=event),
        _view("2.25.2", intent=SHOWN, irradiation_event_uids=event),
        _view("2.25.3"),
        _note("2.25.3"),
    ]
    whole = dict(zip([i.sop_instance_uid for i in instances], _kinds(*instances), strict=True))

    shuffled = [instances[i] for i in order]

    again = dict(zip([i.sop_instance_uid for i in shuffled], _kinds(*shuffled), strict=True))
    assert again == whole
