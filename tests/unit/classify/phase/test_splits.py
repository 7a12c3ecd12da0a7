import pytest
from builders import conclude, make_instance, make_visit

from ductdicom.model.call import Confidence, Phase

SCOUT, FILLED = "LT", "LT CONTRAST"


def phases(*images, study="Ductogram left breast"):
    call = conclude(*make_visit(*({"study_text": study} | image for image in images)))
    return [(str(image.call.phase), image.call.confidence) for image in call.images]


def _at(minutes):
    return f"09:{int(minutes):02}:{round(minutes % 1 * 60):02}"


def visit(*texts, gap=10):
    """Make images ``gap`` minutes apart, each with a series text."""
    return [{"at": _at(number * gap), "series_text": text} for number, text in enumerate(texts)]


PRE, POST = ("pre", Confidence.INFERRED), ("post", Confidence.INFERRED)
OPEN = ("unknown", Confidence.UNKNOWN)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("LT", "LT CONTRAST", id="a noun"),
        pytest.param("L CC", "L CC DYE", id="dye"),
        pytest.param("li", "li KM", id="german"),
        pytest.param("G", "G PDC", id="an unknown letter on both"),
        pytest.param("JS ROOM 2 LT", "JS ROOM 2 LT INJ 1", id="noise on every image"),
        pytest.param("CC SITE B", "CC CONTRAST SITE B", id="noise that may be a side"),
        pytest.param("SX CC", "SX CC CONTRAST", id="a side, beside another language"),
        pytest.param("LT", "LT 0.5 ml Isovue", id="an agent and a volume"),
        pytest.param("LT", "LT 0.4 cc", id="a volume"),
        pytest.param("LT before", "LT after", id="a pair"),
        pytest.param("G avant", "G après", id="a pair in French"),
        pytest.param("L до", "L после", id="a pair in Russian"),
        pytest.param("LT b4", "LT aft", id="a pair in short"),
        pytest.param("L vooraf", "L achteraf", id="a pair in Dutch"),
        pytest.param("左", "左 造影", id="chinese"),
        pytest.param("LT", "LT CONTRSAT", id="two letters swapped"),
        pytest.param("LT", "LT INJECTD", id="a letter missing"),
        pytest.param("LT", "LT good opacification", id="a remark on the filling"),
        pytest.param("LT", "LT some extravasation of contrast", id="a finding"),
        pytest.param("LT", "LT filling defect at 2 cm", id="a finding that supposes contrast"),
        pytest.param("LT", "LT no filling defect after contrast", id="a finding denied, and after"),
        pytest.param("LT", "LT injection complete", id="an injection, and how far it came"),
        pytest.param("G", "G début de remplissage", id="a stage of filling"),
        pytest.param("LT", "LT contrast, no reaction", id="a remark on the patient"),
        pytest.param("LT", "LT post contrast, xyz", id="a phrase of phase, and a word unknown"),
        pytest.param("CC utan", "CC med", id="a pair, half of it ambiguous in another language"),
        pytest.param("JS before", "JS after", id="a pair behind noise"),
        pytest.param("before images", "after images", id="a pair of images"),
        pytest.param("li für KM", "li KM", id="contrast planned, then there"),
        pytest.param("G pour injection", "G injection", id="an injection planned, then made"),
        pytest.param("LT", "LT contrast +", id="a sign that affirms"),
        pytest.param("LT", "LT - contrast - CC", id="dashes that part"),
    ],
)
def test_a_label_on_the_later_images_tells_when_the_duct_was_filled(before, after):
    assert phases(*visit(before, after)) == [PRE, POST]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("LT", "LT no contrast leak", id="a denial of something else"),
        pytest.param("LT", "unable to inject contrast LT", id="a failure"),
        pytest.param("LT", "LT contrast?", id="a question"),
        pytest.param("LT", "LT contrast MRI tomorrow", id="another examination"),
        pytest.param("LT", "LT for contrast", id="a purpose"),
        pytest.param("li", "li für KM", id="a purpose in German"),
        pytest.param("G", "G pour injection", id="a purpose in French"),
        pytest.param("CC", "CC per mdc", id="a purpose in Italian"),
        pytest.param("LT", "LT after", id="half of a pair"),
        pytest.param("LT", "LT after US", id="after something else"),
        pytest.param("before first look", "after first look", id="a pair of it, counted"),
        pytest.param("before Dr Xyz", "after Dr Xyz", id="a pair of a person"),
        pytest.param("LT", "LT xyz contrast", id="an unknown word beside it"),
        pytest.param("LT", "LT 2nd injection", id="a second filling"),
        pytest.param("LT", "LT KM 2", id="a bare number that may count"),
        pytest.param("LT", "LT contrast 50", id="a number that may be the image's"),
        pytest.param("LT", "LT contrast +1", id="a change that may be"),
        pytest.param("LT", "CC breast inj", id="an injection of something into a breast"),
        pytest.param("LT", "LT dye injected", id="dye that may mark a node"),
        pytest.param("LT", "LT PC", id="initials"),
        pytest.param("CC", "VA KM", id="a suspicion, or a side"),
        pytest.param("LT", "LT infection", id="another word, a letter apart"),
        pytest.param("LT", "LT to inject", id="what is still to be done"),
        pytest.param("LT", "LT contrat", id="a contract"),
        pytest.param("LT", "LT good contrast", id="the contrast of an image"),
        pytest.param("LT", "LT injection at 3", id="a noun beside a place or a time"),
        pytest.param("LT", "LT no extravasation", id="a finding denied"),
        pytest.param("LT", "LT no extravasation of contrast", id="a finding of contrast denied"),
        pytest.param("LT", "LT not well injected", id="a denial with a word between"),
        pytest.param("G", "G bon contraste", id="the contrast of an image in French"),
        pytest.param("LT", "LT filling defect?", id="a finding asked for"),
        pytest.param("LT", "LT filling defect on US", id="a finding of another examination"),
        pytest.param("LT", "LT contrast, not given", id="a denial in another clause"),
        pytest.param("LT", "LT contrast: n", id="an answer"),
        pytest.param("LT", "LT contrast 0 ml", id="a volume of nothing"),
        pytest.param("LT", "LT contrast=0", id="a nought for an answer"),
        pytest.param("LT", "LT contrast y/n", id="a form"),
        pytest.param("LT", "LT contrast [ ]", id="a box"),
        pytest.param("LT", "LT contrast ☐", id="a box of one sign"),
        pytest.param("LT", "☐ contrast LT", id="a box before it"),
        pytest.param("LT", "LT contrast ∅", id="a sign for none"),
        pytest.param("LT", "LT contrast ...", id="a dotted line"),
        pytest.param("LT", "LT contrast:", id="a colon with nothing behind"),
        pytest.param("LT", "contrast: LT CC", id="a colon with side and view behind"),
        pytest.param("li", "li KM -", id="a dash"),
        pytest.param("li", "- KM li", id="a dash before it"),
        pytest.param("li", "li KM 0", id="a nought"),
        pytest.param("li", "0 KM", id="a nought before it"),
        pytest.param("LT", "LT contrast n", id="a letter for no"),
        pytest.param("LT", "LT contrast n/a", id="letters for no"),
        pytest.param("LT", "LT filling defect: -", id="a finding not there"),
        pytest.param("li", "li b.B. KM", id="letters of an abbreviation"),
        pytest.param("li", "n. Vereinb. KM", id="a marker torn from its noun"),
        pytest.param("li", "li mit und ohne KM", id="both"),
        pytest.param("LT", "LT with and without contrast", id="both in English"),
        pytest.param("LT", "LT contrast 2nd", id="a second, behind it"),
        pytest.param("li", "li 2. KM", id="a second, as a number with a point"),
        pytest.param("LT", "LT 0.5+0.3 ml", id="more of it"),
        pytest.param("LT", "LT 0.3 ml again", id="a volume again"),
        pytest.param("li", "li erneut KM", id="again in German"),
        pytest.param("L", "L nog een injectie", id="again in Dutch"),
        pytest.param("L", "L ещё контраст", id="again in Russian"),
        pytest.param("before puncture", "after puncture", id="a pair of something else"),
        pytest.param("pre LA", "post LA", id="a pair of letters"),
        pytest.param("定位前", "定位后", id="a pair of something else in Chinese"),
        pytest.param("LT", "LT contrast, xyz", id="a noun, and a word unknown"),
        pytest.param("LT", "xyz: LT good opacification", id="an unknown word before it"),
        pytest.param("LT", "MRI: LT opacification", id="another examination before it"),
        pytest.param("LT", "LT filling defect, 2019", id="a year behind it"),
        pytest.param("LT", "LT opacification, refused", id="a failure behind it"),
        pytest.param("CC utan", "CC utan", id="half of a pair on both"),
        pytest.param("LT CONTRAST", "LT", id="on the earlier image"),
        pytest.param("LT CONTRAST", "LT CONTRAST", id="on both"),
    ],
)
def test_a_label_that_may_say_something_else_decides_nothing(before, after):
    assert [phase for phase, _ in phases(*visit(before, after))] == ["unknown", "unknown"]


def test_scouts_close_together_may_precede_the_label():
    first, second, filled = visit("LT", "LT", "LT CONTRAST")

    assert phases(first, second | {"at": "09:02"}, filled) == [PRE, PRE, POST]


def test_without_a_clock_the_numbers_order_scouts_and_label():
    numbered = [
        {"series_text": text, "instance_number": number}
        for text, number in (("LT", 1), ("LT", 21), ("LT CONTRAST", 41))
    ]

    assert phases(*numbered) == [PRE, PRE, POST]


def test_a_label_after_an_earlier_pause_decides_nothing():
    """The first pause may have held the first filling."""
    assert "pre" not in [phase for phase, _ in phases(*visit("LT", "LT", "LT CONTRAST"))]


def test_a_label_too_soon_for_a_cannulation_decides_nothing():
    assert phases(*visit("LT", "LT CONTRAST", gap=2)) == [OPEN, OPEN]


def test_a_scout_with_a_number_above_one_is_told_by_the_order_alone():
    assert [phase for phase, _ in phases(*visit("", "", "scout 2"))] == ["unknown"] * 3
    assert phases(*visit("scout 1", "scout 2", "contrast", gap=4.5))[1] == PRE


def test_what_was_exposed_before_the_scout_of_a_second_duct_may_show_the_first():
    second = ("pre", Confidence.STRONG)

    assert phases(*visit("", "scout duct 2")) == [OPEN, second]
    assert phases(*visit("", "scout duct 1")) == [PRE, second]


def test_later_images_need_not_share_a_word():
    assert phases(*visit("LT", "LT first injection", "LT 0.4 ml", gap=9))[0] == PRE


def test_an_earlier_image_with_another_label_may_be_filled():
    found = phases(
        {"at": "09:00", "series_text": "LT INJ"},
        {"at": "09:02", "series_text": "LT"},
        {"at": "09:12", "series_text": "LT CONTRAST"},
        {"at": "09:13", "series_text": "LT CONTRAST"},
    )

    assert [phase for phase, _ in found] == ["unknown"] * 4


@pytest.mark.parametrize(
    ("last", "minute", "wanted"),
    [
        pytest.param("LT", 14, [PRE, POST, POST, POST], id="within a minute"),
        pytest.param("LT", 18, [OPEN] * 4, id="after a pause"),
        pytest.param("LT XYZ", 14, [OPEN] * 4, id="with a word of its own"),
    ],
)
def test_the_last_view_of_a_filling_may_lack_the_label(last, minute, wanted):
    found = phases(
        {"at": "09:00", "series_text": "LT"},
        {"at": "09:12", "series_text": "LT CONTRAST"},
        {"at": "09:13", "series_text": "LT CONTRAST"},
        {"at": f"09:{minute}", "series_text": last},
    )

    assert [phase for phase, _ in found] == [phase for phase, _ in wanted]


def test_a_label_that_a_later_image_lacks_decides_nothing():
    found = phases(
        {"at": "09:00", "series_text": "LT"},
        {"at": "09:10", "series_text": "LT CONTRAST"},
        {"at": "09:11", "series_text": "LT"},
    )

    assert [phase for phase, _ in found] == ["unknown"] * 3


def test_a_label_never_speaks_against_stronger_evidence():
    found = phases(
        {"at": "09:00", "series_text": "LT", "comment": "post contrast"},
        {"at": "09:10", "series_text": "LT CONTRAST"},
    )

    assert found[0][0] == "post"
    assert found[0][1] is Confidence.STRONG


@pytest.mark.parametrize(
    ("agent", "is_post"),
    [
        pytest.param("Jopasol 300", True, id="an unknown brand with its concentration"),
        pytest.param("REMOVED", False, id="redacted"),
        pytest.param("X", False, id="a letter"),
        pytest.param("-", False, id="a dash"),
        pytest.param("xylocaine 2%", False, id="another substance"),
        pytest.param("saline 0.9%", False, id="saline"),
        pytest.param("patient refused", False, id="a failure"),
        pytest.param("Jopasol", False, id="an unknown word alone"),
        pytest.param("ROOM 2", False, id="a room"),
        pytest.param("Omnipaque expired", False, id="an agent that was not given"),
        pytest.param("Omnipaque 350 100ml", False, id="a volume that no duct holds"),
    ],
)
def test_an_agents_field_that_only_the_later_images_have(agent, is_post):
    images = (
        make_instance("2.25.1", study_text="Ductogram", at="09:00"),
        make_instance("2.25.2", study_text="Ductogram", at="09:10", agent=agent),
    )

    found = conclude(*images).images

    assert (found[1].call.phase is Phase.POST) == is_post


@pytest.mark.parametrize(
    "comment",
    [
        pytest.param("INJ", id="a label"),
        pytest.param("0.4 ml", id="a volume"),
        pytest.param("good opacification", id="a finding"),
        pytest.param("xyz contrast", id="a noun beside a word unknown"),
        pytest.param("con xyz mdc", id="a marker torn from its noun"),
        pytest.param("CT without contrast, post contrast", id="both phases"),
    ],
)
def test_no_image_is_a_scout_by_its_order_that_may_be_labelled_filled(comment):
    found = phases(
        {"at": "09:00", "comment": comment},
        {"at": "09:02"},
        {"at": "09:16", "comment": "post contrast"},
    )

    assert [phase for phase, _ in found] == ["unknown", "unknown", "post"]


@pytest.mark.parametrize(
    "comment",
    [
        pytest.param("post contrast after refill", id="a filling again"),
        pytest.param("more contrast injected", id="more"),
        pytest.param("after repeat inj", id="a repeat"),
        pytest.param("erneut injiziert", id="again in German"),
        pytest.param("nach KM Nr. 2", id="a number"),
    ],
)
def test_no_image_is_a_scout_by_its_order_before_a_filling_that_is_not_the_first(comment):
    found = phases(
        {"at": "09:00"}, {"at": "09:02"}, {"at": "09:16", "comment": comment}, {"at": "09:18"}
    )

    assert [phase for phase, _ in found] == ["unknown", "unknown", "post", "post"]


def test_a_first_filling_before_the_second_leaves_the_scouts_what_they_are():
    found = phases(
        {"at": "09:00"},
        {"at": "09:16", "comment": "post contrast"},
        {"at": "09:30", "comment": "after refill"},
    )

    assert [phase for phase, _ in found] == ["pre", "post", "post"]


def test_no_image_labelled_filled_is_a_scout_by_its_order_be_it_that_all_are():
    found = phases(
        {"at": "09:00", "comment": "CONTRAST"},
        {"at": "09:02", "comment": "CONTRAST"},
        {"at": "09:16", "comment": "POST CONTRAST"},
    )

    assert [phase for phase, _ in found] == ["unknown", "unknown", "post"]


def test_another_examination_between_number_and_unit_turns_no_phase():
    torn = {"at": "09:00", "comment": "0.4 CT without contrast last week ml"}

    found = phases(torn, {"at": "09:02"}, {"at": "09:16", "comment": "post contrast"})

    assert [phase for phase, _ in found] == ["unknown", "unknown", "post"]


@pytest.mark.parametrize("comment", ["MRT mit KM empfohlen", "contrast MRI tomorrow"])
def test_another_examination_makes_no_filling_of_a_scout(comment):
    found = phases(
        {"at": "09:00", "comment": comment},
        {"at": "09:02"},
        {"at": "09:16", "comment": "post contrast"},
    )

    assert [phase for phase, _ in found] == ["pre", "pre", "post"]
