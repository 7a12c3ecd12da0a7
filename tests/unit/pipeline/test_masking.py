"""What a person typed into descriptions is gone before anything is decided by them."""

import re
import unicodedata
from datetime import date

import pytest
from anyascii import anyascii
from builders import STUDY, make_engine, make_instance, make_visit
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from msgspec.structs import replace

from ductdicom.identity.known import MASK
from ductdicom.model.instance import (
    Breast,
    Code,
    Contrast,
    Geometry,
    Level,
    Patient,
    People,
    Purpose,
    Raster,
    Text,
)
from ductdicom.model.study import Study
from ductdicom.pipeline.gather import Gathered, PatientStudy
from ductdicom.pipeline.judge import judge
from ductdicom.pipeline.masking import hide_explanation, hide_identity, identify
from ductdicom.vocabulary.terms import load_vocabulary

PATIENT = Patient(patient_id="PID-1", name="DOE^JANE", birth_date="19700131")


def part_of(*instances, uid=STUDY):
    study = Study(study_instance_uid=uid, instances=instances)
    return PatientStudy(study=study, number=0, is_shared=False)


def hide(*parts):
    return hide_identity(Gathered(parts=parts, rows=()), load_vocabulary())[0].parts


def hidden(instance):
    (part,) = hide(part_of(instance))
    return part.study.instances[0]


def texts_of(instance):
    return [text.value for text in instance.texts]


def test_identity_in_a_description_is_masked():
    typed = "Doe Jane PID-1 post inj ACC77 1970-01-31, 2.1.2026"
    instance = make_instance(
        patient=PATIENT,
        comment=typed,
        people=People(numbers=("ACC77",)),
        study_date=date(2026, 1, 2),
    )

    assert texts_of(hidden(instance)) == [f"{MASK} {MASK} post inj {MASK} {MASK}, {MASK}"]


def test_a_national_number_and_a_part_of_a_uid_are_masked():
    uid = "1.2.826.0.1.3680043.99.777888"
    instance = make_instance(
        patient=PATIENT, comment="700131/1234 CC, 99.777888", series_instance_uid=uid
    )

    assert texts_of(hidden(instance)) == [f"{MASK} CC, {MASK}"]


@pytest.mark.parametrize(
    ("name", "typed"),
    [("حسن^رتا", "RT CC"), ("Иванова^Юлия", "0.12 ml"), ("Пост^Анна", "post CC")],
)
def test_what_only_looks_like_letters_of_a_name_decides_as_it_is_typed(name, typed):
    instance = make_instance(patient=replace(PATIENT, name=name), comment=typed)

    assert texts_of(hidden(instance)) == [typed]


@pytest.mark.parametrize(
    "people",
    [
        pytest.param(People(names=("ROE^MARY",)), id="another name"),
        pytest.param(People(staff=("Roe^M^^Dr",)), id="staff"),
        pytest.param(People(places=("Roe Clinic",)), id="a place"),
        pytest.param(People(ids=("ROE-12",)), id="another ID"),
        pytest.param(People(numbers=("ROE-99",)), id="an order"),
        pytest.param(People(phones=("roe@example.org",)), id="an address of mail"),
    ],
)
def test_whoever_the_header_names_is_masked(people):
    typed = " ".join(text for field in People.__struct_fields__ for text in getattr(people, field))
    instance = make_instance(patient=PATIENT, people=people, comment=f"CC {typed.upper()} post")

    (said,) = texts_of(hidden(instance))
    assert "ROE" not in said
    assert said.startswith("CC ")
    assert said.endswith(" post")


@pytest.mark.parametrize("shared", ["study", "patient"])
def test_a_text_of_one_image_may_name_who_another_image_is_of(shared):
    other = Patient(patient_id="PID-1", name="ROE^MARY")
    one = make_instance("2.25.7", patient=PATIENT, comment="Roe")
    uid = STUDY if shared == "study" else "2.25.2"
    two = make_instance("2.25.8", patient=other, study_instance_uid=uid)

    parts = hide(part_of(one), part_of(two, uid=uid))

    assert texts_of(parts[0].study.instances[0]) == [MASK]


def test_the_name_of_a_patient_with_another_id_is_a_word():
    one = make_instance("2.25.7", patient=PATIENT, comment="post")
    two = make_instance("2.25.8", patient=Patient(patient_id="2", name="POST^A"))

    parts = hide(part_of(one), part_of(two, uid="2.25.2"))

    assert texts_of(parts[0].study.instances[0]) == ["post"]
    assert parts[0].study.instances[0] is one


PLACED_FOR_OTHERS = {
    "comment": (lambda i: i.texts[0].value, lambda i, t: replace(i, texts=(_comment(t),))),
    "window": (
        lambda i: i.raster.window_explanations[0],
        lambda i, t: replace(i, raster=Raster(window_explanations=(t,))),
    ),
    "view": (
        lambda i: i.breast.view_position,
        lambda i, t: replace(i, breast=Breast(view_position=t)),
    ),
}


def _comment(text):
    return Text(level=Level.IMAGE, tag="(0020,4000)", value=text)


@pytest.mark.parametrize("place", PLACED_FOR_OTHERS)
@pytest.mark.parametrize("typed", ["ROE", "roe", "Sauerbrey", "Nowak, Ewa", "BRA77613"])
def test_people_of_another_study_of_the_run_are_masked(typed, place):
    get, put = PLACED_FOR_OTHERS[place]
    one = put(make_instance("2.25.7", patient=PATIENT), f"CC {typed} x")
    other = Patient(patient_id="BRA77613", name="ROE^MARY")
    staff = People(ids=("BRA77613",), staff=("NOWAK^EWA", "Sauerbrey"))
    two = make_instance("2.25.8", patient=other, people=staff)

    parts = hide(part_of(one), part_of(two, uid="2.25.2"))

    is_number_in_codes = place == "view" and typed.isupper() and not typed.isalpha()
    wanted = f"CC {typed if is_number_in_codes else MASK} x"
    assert get(parts[0].study.instances[0]) == wanted
    if not is_number_in_codes:
        assert hide_explanation(parts[0].identity, f"CC {typed} x") == wanted


@pytest.mark.parametrize(
    ("explanation", "shown"),
    [("NORMAL", "NORMAL"), ("DOE soft", f"{MASK} soft"), ("scout CC", "scout CC")],
)
def test_a_windows_explanation_is_said_without_names(explanation, shown):
    identity = identify([make_instance(patient=Patient(name="DOE^SCOTT"))], load_vocabulary())

    assert hide_explanation(identity, explanation) == shown


@pytest.mark.parametrize("name", ["PRE^X", "SCOUT^ANNA", "LINKS^ANNA", "POST^ANNA", "SIN^MIN"])
def test_a_name_that_is_a_word_of_phase_or_side_does_not_decide(name):
    typed = f"{name.partition('^')[0]} Galaktographie"
    images = [{"patient": Patient(patient_id="1", name=name), "series_text": typed} for _ in "12"]
    instances = [replace(i, breast=Breast()) for i in make_visit(*images)]

    (found,) = judge(hide(part_of(*instances)), make_engine(), all_studies=False)

    assert {image.call.phase for image in found.call.images} == {"unknown"}
    assert {image.call.suggestion for image in found.call.images} == {None}
    assert {image.laterality for image in found.call.images} == {None}
    assert found.call.exam.kind == "ductogram"


@pytest.mark.parametrize("typed", ["NO contrast", "NO IOHEXOL"])
def test_an_agent_from_which_a_denial_may_have_been_taken_says_nothing(typed):
    image = {"patient": Patient(patient_id="1", name="NO^MIN"), "study_text": "Galactogram L"}
    instances = make_visit({"agent": typed, **image}, image)

    (found,) = judge(hide(part_of(*instances)), make_engine(), all_studies=False)

    assert {image.call.phase for image in found.call.images} == {"unknown"}


def test_codes_of_view_and_side_are_not_names():
    patient = Patient(patient_id="399162004", name="CC^LI^MG")
    breast = Breast(image_laterality="L", view_position="CC", body_part="BREAST")
    code = Code(tag="(0054,0220)", value="399162004", scheme="SCT", meaning="cc view")
    instance = make_instance(patient=patient, view=None)
    instance = replace(instance, breast=replace(breast, view_codes=(code,)))

    found = hidden(instance).breast

    assert (found.image_laterality, found.view_position) == ("L", "CC")
    assert found.view_codes == (replace(code, meaning=f"{MASK} view"),)


@pytest.mark.parametrize(
    ("value", "scheme"), [("ACC-77123", "L"), ("PID-1", "99DOE"), ("31.01.1970", "DOE JANE")]
)
def test_a_code_of_ones_own_is_a_text(value, scheme):
    code = Code(tag="(0008,1032)", value=value, scheme=scheme, meaning="galactogram")
    instance = make_instance(patient=PATIENT, people=People(numbers=("ACC-77123",)))

    (found,) = hidden(replace(instance, codes=(code,))).codes

    assert (found.value, found.meaning) == (MASK, "galactogram")
    assert "DOE" not in found.scheme


def test_a_name_in_an_attribute_of_codes_is_masked():
    breast = Breast(view_position="DOE JANE CC")
    instance = replace(make_instance(patient=PATIENT), breast=breast)

    assert hidden(instance).breast.view_position == f"{MASK} CC"


FAMILY = [
    "SMITH",
    "Müller",
    "O'Hara",
    "Li",
    "Wu",
    "Nguyễn",
    "Søndergård",
    "Иванова",
    "Pre",
    "Links",
]
GIVEN = ["Jane", "Zoë", "Yi", "Åse", "Anna-Lena", "Юлия", "Post", "Scout"]
IDEOGRAPHS = ["山田^太郎", "李^娜", "王^小明", "洪^吉洞", ""]
PHONETIC = ["やまだ^たろう", "ヤマダ^ハナコ", "홍^길동", ""]
SPELL = [
    str.upper,
    str.lower,
    str.title,
    lambda text: unicodedata.normalize("NFD", text),
    lambda text: "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text),
    lambda text: text.lower().replace("ü", "ue").replace("ø", "oe").replace("å", "aa"),
    lambda text: anyascii(text) if text.isupper() else text,
]
PLACED = {
    "comment": lambda i, t: replace(
        i, texts=(Text(level=Level.IMAGE, tag="(0020,4000)", value=t),)
    ),
    "study": lambda i, t: replace(i, texts=(Text(level=Level.STUDY, tag="(0008,1030)", value=t),)),
    "agent": lambda i, t: replace(i, contrast=Contrast(agent=t)),
    "route": lambda i, t: replace(i, contrast=Contrast(route=t)),
    "paddle": lambda i, t: replace(i, geometry=Geometry(paddle=t)),
    "clinical view": lambda i, t: replace(i, breast=Breast(clinical_view=t)),
    "processing": lambda i, t: replace(i, purpose=Purpose(processing_code=t)),
    "meaning": lambda i, t: replace(
        i, codes=(Code(tag="(0008,1032)", value="1", scheme="99", meaning=t),)
    ),
}


@st.composite
def identities(draw):
    """Return a patient, and the words by which somebody may have been typed."""
    family, given = draw(st.sampled_from(FAMILY)), draw(st.sampled_from(GIVEN))
    groups = [
        f"{family}^{given}",
        draw(st.sampled_from(IDEOGRAPHS)),
        draw(st.sampled_from(PHONETIC)),
    ]
    number = draw(st.integers(min_value=100_000, max_value=10**10))
    born = draw(st.dates(date(1920, 1, 1), date(2005, 12, 31)))
    patient = Patient(
        patient_id=draw(st.sampled_from(["", "MRN-", "00"])) + str(number),
        name="=".join(groups),
        birth_date=f"{born:%Y%m%d}",
    )
    dates = ("%d.%m.%Y", "%d-%b-%y", "%m/%d/%y", "%Y-%m-%d", "%Y%m%d", "%d %B %Y")
    words = [family, given, *"^".join(groups[1:]).split("^"), *groups[1:]]
    spelled = [draw(st.sampled_from(SPELL))(w.replace("^", "")) for w in words if w]
    return patient, [*spelled, str(number), f"000{number}", *(born.strftime(d) for d in dates)]


@hypothesis_settings(max_examples=250)
@given(
    identities(),
    st.sampled_from(["_", " ", "-", ", ", "/", "^", "1", " 2 ", "."]),
    st.sampled_from(sorted(PLACED)),
    st.data(),
)
def test_no_identity_comes_out_of_any_text(identity, sign, place, data):
    patient, words = identity
    word = data.draw(st.sampled_from(words))
    sign = " " if word[0].isdigit() or word[-1].isdigit() else sign
    instance = PLACED[place](make_instance(patient=patient), f"CC{sign}{word}{sign}zz")

    found = hidden(instance)

    (shown,) = re.findall("CC.*zz", str(replace(found, patient=Patient())))
    assert word.casefold() not in shown.casefold()
    assert MASK in shown
