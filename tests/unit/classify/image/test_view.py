import pytest
from builders import MAGNIFICATION, make_instance
from msgspec.structs import replace

from ductdicom.classify.image.subject import read_subject
from ductdicom.classify.image.view import decide_view
from ductdicom.model.call import Laterality, ViewGroup
from ductdicom.model.instance import Code, Geometry
from ductdicom.vocabulary.terms import load_vocabulary

VOCABULARY = load_vocabulary()


def _view(**changes):
    breast = {
        name: changes.pop(name)
        for name in (
            *("series_laterality", "frame_laterality", "view_position", "clinical_view"),
            "region_modifiers",
        )
        if name in changes
    }
    instance = make_instance(**changes)
    instance = replace(instance, breast=replace(instance.breast, **breast))
    return decide_view(read_subject(instance, VOCABULARY, in_ductogram=True))


@pytest.mark.parametrize(
    ("code", "view", "group"),
    [
        ("399162004", "CC", ViewGroup.CC),
        ("399196006", "FB", ViewGroup.CC),
        ("399192008", "XCCL", ViewGroup.CC),
        ("399101009", "XCCM", ViewGroup.CC),
        ("399260004", "ML", ViewGroup.LATERAL),
        ("399352003", "LM", ViewGroup.LATERAL),
        ("399368009", "MLO", ViewGroup.OBLIQUE),
        ("399099002", "LMO", ViewGroup.OBLIQUE),
        ("399188001", "SIO", ViewGroup.OBLIQUE),
        ("441555000", "ISO", ViewGroup.OBLIQUE),
    ],
)
def test_views_are_read_from_their_codes(code, view, group):
    call = _view(view=code)

    assert (call.view, call.group) == (view, group)


@pytest.mark.parametrize(
    ("changes", "side"),
    [
        pytest.param({"side": "L"}, Laterality.LEFT, id="the image's own"),
        pytest.param({"side": None, "frame_laterality": "R"}, Laterality.RIGHT, id="the frame's"),
        pytest.param({"side": None, "series_laterality": "R"}, Laterality.RIGHT, id="the series'"),
        pytest.param({"side": "B"}, Laterality.BOTH, id="both"),
        pytest.param({"side": None}, None, id="none"),
        pytest.param({"side": ""}, None, id="empty"),
        pytest.param({"side": "X"}, None, id="no side"),
        pytest.param({"side": None, "clinical_view": "RMLO"}, Laterality.RIGHT, id="GE's"),
        pytest.param({"side": None, "view_position": "LCC"}, Laterality.LEFT, id="in the view"),
    ],
)
def test_sides(changes, side):
    call = _view(**changes)

    assert call.laterality is side
    assert call.laterality_conflicts == ()


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"series_laterality": "R"}, id="the series"),
        pytest.param({"clinical_view": "RCC"}, id="the clinical view"),
        pytest.param(
            {
                "region_modifiers": (
                    Code(tag="(0008,2220)", value="24028007", scheme="SCT", meaning="Right"),
                )
            },
            id="the region",
        ),
    ],
)
def test_a_contradiction_of_sides_is_kept_as_one(changes):
    call = _view(side="L", **changes)

    assert call.laterality is None
    assert {item.says for item in call.laterality_conflicts} == {"L", "R"}


@pytest.mark.parametrize(
    ("side", "text", "decided", "has_conflict"),
    [
        pytest.param("R", "mammella sin", "R", False, id="a word of two languages"),
        pytest.param("R", "mammella sinistra", None, True, id="a word"),
        pytest.param("R", "mammella sx", None, True, id="a short word beside its language"),
        pytest.param(None, "mammella sin", "L", False, id="no attribute"),
    ],
)
def test_a_word_of_two_languages_is_no_side_against_an_attribute(side, text, decided, has_conflict):
    call = _view(side=side, comment=text)

    assert call.laterality == decided
    assert bool(call.laterality_conflicts) is has_conflict


@pytest.mark.parametrize("side", ["R", None])
@pytest.mark.parametrize(
    "text",
    [
        *("not left", "nicht links", "s/p left mastectomy", "Ablatio links", "rolled left"),
        *("left breast done last year", "left done", "contrast left in duct", "contrast left"),
        *("compare left", "left?", "left planned", "T. Jones LT(L)"),
    ],
)
def test_what_a_text_says_of_another_breast_or_of_none_is_no_side(side, text):
    call = _view(side=side, comment=text)

    assert call.laterality == side
    assert not call.laterality_conflicts


@pytest.mark.parametrize("text", ["right after injection", "T. Jones RT(R)(M)"])
def test_a_word_that_is_no_side_takes_none_from_an_attribute(text):
    assert _view(side="L", comment=text).laterality == "L"
    assert _view(side=None, comment=text).laterality is None


@pytest.mark.parametrize(
    "text",
    [
        *("left", "Brust links, Aufnahme wiederholt", "post contrast left", "not injected left"),
        *("LCC xyz", "L CC T. Jones", "xyz CC links", "left spot MLO xyz"),
    ],
)
def test_a_text_names_the_side_where_it_is_understood_or_of_its_view(text):
    assert _view(side=None, comment=text).laterality == "L"
    assert _view(side="R", comment=text).laterality_conflicts


def test_a_contradiction_of_views_is_kept_as_one():
    call = _view(view="CC", view_position="MLO")

    assert call.view is None
    assert {item.says for item in call.view_conflicts} == {"CC", "MLO"}


@pytest.mark.parametrize(
    ("orientation", "view"),
    [
        pytest.param(("MLO",), "MLO", id="a view"),
        pytest.param((" cc ",), "CC", id="in small letters"),
        pytest.param(("A",), None, id="one direction"),
        pytest.param(("MLO", "F"), None, id="two values"),
        pytest.param(("A", "R"), None, id="directions"),
        pytest.param(None, None, id="absent"),
        pytest.param((), None, id="empty"),
    ],
)
def test_a_view_that_was_typed_for_the_orientation_is_read(orientation, view):
    assert _view(view=None, geometry=Geometry(patient_orientation=orientation)).view == view


def test_an_image_without_a_view_says_so():
    call = _view(view=None)

    assert (call.view, call.group) == (None, ViewGroup.OTHER)


@pytest.mark.parametrize(
    ("changes", "is_magnified"),
    [
        pytest.param({}, False, id="nothing said"),
        pytest.param({"modifiers": (MAGNIFICATION,)}, True, id="a modifier"),
        pytest.param({"geometry": Geometry(magnification_factor=1.8)}, True, id="a factor"),
        pytest.param({"geometry": Geometry(magnification_factor=1.05)}, False, id="contact"),
        pytest.param({"geometry": Geometry(magnification_factor=0.0)}, False, id="no factor"),
    ],
)
def test_magnification(changes, is_magnified):
    assert _view(**changes).is_magnified is is_magnified


@pytest.mark.parametrize(
    ("factor", "known"), [(1.8, 1.8), (1.0, 1.0), (0.0, None), (-1.8, None), (None, None)]
)
def test_a_factor_that_no_view_can_have_is_not_known(factor, known):
    assert _view(geometry=Geometry(magnification_factor=factor)).magnification == known
