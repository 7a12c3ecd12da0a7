"""Each role that a site may give to a word or a code of its own changes what is decided."""

import pytest
from builders import make_instance

from ductdicom.classify.decide import classify_study
from ductdicom.classify.engine import Engine
from ductdicom.classify.phase.image_rules import RULES
from ductdicom.language.text import read_text
from ductdicom.model.instance import Breast, Code, Contrast, Patient, Reference
from ductdicom.model.study import Study
from ductdicom.vocabulary.terms import load_vocabulary

BUILT_IN = load_vocabulary()
WORD_ROLES = sorted({term.role for term in BUILT_IN.terms if term.language != "agents"})
AGENT_ROLES = sorted({term.role for term in BUILT_IN.terms if term.language == "agents"})
CODE_USES = sorted({code.use for code in BUILT_IN.codes})

# A comment of an image that is read otherwise once the site's word, here "*", has the role.
COMMENTS = {
    **dict.fromkeys(("before", "after", "with", "without"), "* contrast"),
    **dict.fromkeys(("pre_behind", "post_behind"), "contrast *"),
    **dict.fromkeys(("contrast", "injection", "repeat"), "after *"),
    **dict.fromkeys(("filler", "unit"), "after * contrast"),
    **dict.fromkeys(("harmless", "finding", "remark", "place"), "* post contrast"),
    "again": "* post contrast",
    "title": "* Qbf contrast",
    "dye": "injected opacificaton",
    "short_span": "post contrast 5 *",
    "picture": "before radiographic contrast",
    **dict.fromkeys(("not", "future"), "* injected"),
    **dict.fromkeys(("left_short", "right_short"), "* breast"),
    "modality": "* with contrast",
    "breast": "* CC plain",
    "both": "post contrast, *",
    "both_of": "post contrast, * contrast",
    "both_behind": "post contrast, contrast *",
    "yet": "without * injected",
    "given": "contrast not *",
    "join": "before * after contrast",
    "both_sides": "left CC *",
    "duct": "* 2 injected",
    "number_word": "duct * 2 injected",
    "ordinal": "* duct injected",
    "neutral": "post contrast *",
    "kind.tomosynthesis": "* scout",
    "unconfirmed": "filled",
}
# Words of something else. Not known, they would be noise on all images that a label splits.
SPOILING = frozenset(("competing", "tracer", "history", "like", "awaited", "follow_up", "span"))
# What the site adds, where it is not a word of its own alone.
PHRASES = {
    "neutral": "contrast *",
    "other_procedure": "* ductogram",
    "alone": "after",  # another role of a word that is there
    "dye": "opacificaton",
    "picture": "radiographic",
    "alone_weak": "following",
    "unconfirmed": "filled",
}
# A contrast agent's text that is read otherwise once the site's word has the role.
AGENTS = {
    "given": "contrast not *",
    "yet": "not * contrast",
    "unit": "0 *",
    "iodine": "gadovist, * allergy",
    "unconfirmed": "iohexol filled",
}
# Words that are no agent. Not known, they would be one with a strength beside them.
NO_AGENT = frozenset(("before", "empty", "redacted", "allergy"))


def word_for(role):
    """Return a word of no language, another for each role."""
    number = sorted({*WORD_ROLES, *AGENT_ROLES}).index(role)
    return f"zorblat{chr(ord('a') + number // 26)}{chr(ord('a') + number % 26)}"


def text_for(role, texts):
    text = texts.get(role) or texts.get(role.partition(".")[0]) or PHRASES.get(role, "*")
    return text.replace("*", word_for(role))


def added(roles):
    for role in roles:
        phrase = PHRASES.get(role, "*").replace("*", word_for(role))
        yield f"{role} = ['{phrase}']"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Return the vocabulary of a site that adds a word in each role and a code for each use."""
    rules = tmp_path_factory.mktemp("site") / "rules.toml"
    codes = [f"{use} = ['99LOCAL:{use.upper()}']" for use in CODE_USES]
    lines = ["[add.en]", *added(WORD_ROLES), "[add.agents]", *added(AGENT_ROLES)]
    rules.write_text("\n".join([*lines, "[add.codes]", *codes]), encoding="utf-8")
    return load_vocabulary(rules)


def decided(vocabulary, study):
    """Return what is concluded of a study, without the words of the reasons."""
    call = classify_study(
        Study(study_instance_uid="2.25.1", instances=study),
        Engine(vocabulary=vocabulary, rules=RULES),
    )
    return [
        (call.exam.kind, call.exam.confidence),
        *(
            (
                *(image.kind, image.laterality, image.view, image.group, image.modifiers),
                *(image.injection, image.call.phase, image.call.confidence),
                sorted((item.says, item.strength) for item in image.call.evidence),
            )
            for image in call.images
        ),
    ]


def images(study="Galaktographie", **first):
    """Make a study of the image that the test is about, a plain one and a filled one."""
    return (
        make_instance("2.25.1", study_text=study, **first),
        make_instance("2.25.2", study_text=study),
        make_instance("2.25.3", study_text=study, comment="injected", agent="iohexol"),
    )


def study_with_word(role):
    """Make a study in which a word has something to say in this role."""
    text = text_for(role, COMMENTS)
    if role in ("ductography", "other_procedure"):
        return images(study=text)
    if role in ("not_done", "other_organ"):
        return images(study=f"Ductogram {text}")
    if role == "title":  # of a person whose name stands on all images
        return (
            make_instance("2.25.1", study_text="Galaktographie", at="09:00", comment="Qbf"),
            make_instance("2.25.2", study_text="Galaktographie", at="09:10", comment=text),
        )
    if role == "kind.pneumocystogram":  # contrast on the later image of one breast, and no name
        return (
            make_instance("2.25.1", at="09:00", series_text=text),
            make_instance("2.25.2", at="09:05", agent="iohexol"),
        )
    if role in SPOILING:
        return (
            make_instance("2.25.1", study_text="Galaktographie", at="09:00", comment=text),
            make_instance(
                "2.25.2", study_text="Galaktographie", at="09:10", comment=f"{text} contrast"
            ),
        )
    changes = {}
    if role.startswith(("left", "right", "both_sides")):
        changes = {"side": None}
    elif role.startswith("view"):
        changes = {"view": None}
    return images(comment=text, **changes)


def study_with_agent(role):
    """Make a study in which a word of the agent's or the route's field does."""
    text = text_for(role, AGENTS)
    if role == "name.phantom":
        return images(patient=Patient(name=text), view=None)
    if role in NO_AGENT:
        return (
            make_instance("2.25.1", study_text="Galaktographie", at="09:00"),
            make_instance("2.25.2", study_text="Galaktographie", at="09:10", agent=f"{text} 300"),
        )
    if role == "route.intravenous":
        return images(contrast=Contrast(agent="iohexol", route=text))
    if role == "route.intraductal":
        return images(contrast=Contrast(route=text))
    return images(
        contrast=Contrast(
            agent=text, volume_ml=1 if role in ("agent.non_opaque", "agent.diluent") else None
        )
    )


def study_with_code(use):
    """Make a study in which a code does."""
    family, _, name = use.partition(".")
    # What a site says of its code outranks the code's meaning, here another one.
    meanings = {"procedure": "Galaktographie", "agent": "iohexol"}
    is_plain = name in ("ductography", "positive", "gadolinium")
    meaning = "" if is_plain else meanings.get(family, "")
    code = Code(tag="", value=use.upper(), scheme="99LOCAL", meaning=meaning)
    if family == "title":
        note = make_instance(
            "2.25.9", document_title=code, references=(Reference(sop_instance_uid="2.25.1"),)
        )
        return (*images(), note)
    changes = {
        "view": {"breast": Breast(image_laterality="L", view_codes=(code,))},
        "modifier": {"modifiers": (code,)},
        "laterality": {"breast": Breast(region_modifiers=(code,))},
        "procedure": {"codes": (code,)},
        "agent": {"contrast": Contrast(agent_codes=(code,))},
        "route": {"contrast": Contrast(route_codes=(code,))},
    }
    return images(study="Mammographie", **changes[family])


@pytest.mark.parametrize("role", WORD_ROLES)
def test_a_word_of_a_site_changes_what_is_decided(role, site):
    study = study_with_word(role)

    assert decided(site, study) != decided(BUILT_IN, study)


@pytest.mark.parametrize("role", AGENT_ROLES)
def test_a_word_of_a_site_for_agent_or_route_changes_what_is_decided(role, site):
    study = study_with_agent(role)

    assert decided(site, study) != decided(BUILT_IN, study)


@pytest.mark.parametrize("use", CODE_USES)
def test_a_code_of_a_site_changes_what_is_decided(use, site):
    study = study_with_code(use)

    assert decided(site, study) != decided(BUILT_IN, study)


def test_a_route_of_a_site_counts_in_every_rule_that_asks_for_one(site):
    def rules(role):
        study = Study(study_instance_uid="2.25.1", instances=study_with_agent(role))
        call = classify_study(study, Engine(vocabulary=site, rules=RULES))
        reasons = (*call.exam.evidence, *call.images[0].call.evidence)
        return {item.rule for item in reasons}

    assert {"intraductal-route", "contrast-route"} <= rules("route.intraductal")
    assert "intravenous-contrast" in rules("route.intravenous")


def test_a_phrase_of_a_site_may_begin_with_its_name_of_the_procedure(tmp_path):
    rules = tmp_path / "rules.toml"
    rules.write_text("[add.common]\nductography = ['GALA']\npre = ['GALA v']\n", "utf-8")

    reading = read_text("GALA v", load_vocabulary(rules))

    assert (reading.phase, reading.is_weak, reading.is_ductography) == ("pre", False, True)
