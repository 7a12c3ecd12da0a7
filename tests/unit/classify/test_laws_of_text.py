# Laws of free text that hold whatever else is typed: noise, other examinations, other agents.
from typing import NamedTuple

from builders import MAGNIFICATION, images_of, make_engine, make_visit
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from ductdicom.classify.decide import classify_study
from ductdicom.language.agents import AgentClass, read_agent
from ductdicom.model.call import Phase
from ductdicom.model.study import Study

QUICK = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
ENGINE = make_engine()
OPPOSITE = {Phase.PRE: Phase.POST, Phase.POST: Phase.PRE}
MINUTES = ("09:00", "09:02", "09:16", "09:18", "09:40")
VIEWS = ("CC", "ML", "CC", "ML", "CC")

# What is typed for a half of the images, or for single ones.
PLAIN = (
    "SCOUT",
    "L CC PRE CONTRAST",
    "before injection",
    "nativ",
    "vor KM-Gabe",
    "sans injection",
    "senza mdc",
    "sin contraste",
    "до введения контраста",
    "造影前",
    "before",
    "plain",
)
FILLED = (
    "L CC POST CONTRAST",
    "after injection",
    "nach KM",
    "après injection",
    "con mdc",
    "con contraste",
    "после введения контраста",
    "造影後",
    "CONTRAST",
    "0.4ml",
    "0.4 ml",
    "0.5 cc contrast",
    "KM",
    "INJ",
    "after",
    "duct 1 filled",
    "Isovue 300",
    "CONTRSAT",
    "good opacification",
    "filling defect at 2 cm",
    "début de remplissage",
    "no extravasation after contrast",
)
IDLE = (None, None, "L CC", "duct 2", "repeat", "unable to inject", "no contrast in duct 2")
ELSEWHERE = (
    "MRI with contrast 2021",
    "CT without contrast last week",
    "post contrast MRI",
    "MRT mit KM",
    "nach Sono",
    "IRM sans injection",
    "RM con contraste",
    "МРТ с контрастом",
    "造影CT後",
    "after biopsy",
    "contrast allergy",
    "keine KM-Allergie",
    "allergia al mdc",
    "contrast tomorrow",
    "for contrast injection",
    "will be injected",
    "KM folgt",
    "IRM avec injection à prévoir",
    "possible contrast reaction",
    "infection",
    "good contrast",
    "MRI: filling defect",
)
STRANGERS = st.one_of(
    st.from_regex(r"zq[bdfgkmprtvw]{2,6}", fullmatch=True),
    st.from_regex(r"[A-Z]{2}[0-9]{3,4}Q", fullmatch=True),
    st.from_regex(r"щы[бвгджз]{2,5}", fullmatch=True),
)
NOISE = st.one_of(STRANGERS, st.sampled_from(("JS", "R2D", "Rm 3", "kamer 5", "TSRM Bruni")))
AGENTS = ("OMNIPAQUE 300", "iohexol", "Isovue-M 200", "CONTRAST")
# Any other text of the agent's field that denies nothing.
OTHER_AGENTS = st.one_of(
    STRANGERS,
    st.text(min_size=1, max_size=24).filter(
        lambda text: read_agent(text, ENGINE.vocabulary) is not AgentClass.EXPLICIT_NONE
    ),
    st.sampled_from(
        (
            "ANONYMIZED", "REMOVED", "X", "-", "?", "YES", "1", "0.5 ml", "300", "Lidocaine 1%",
            "saline", "methylene blue", "Magnevist", "AIR", "IV", "see notes", "to be given",
            "pending", "Omnipaque 350 100 ml", "KM", "造影剤", "pre", "scout", "before",
        )
    ),
)  # fmt: skip


class Shot(NamedTuple):
    """One view of a ductogram: when, with which words, and what stands as its agent."""

    at: str | None
    text: str | None
    agent: str | None = None
    is_magnified: bool = False


@st.composite
def studies(draw, agents=(None,)):
    """Draw two early views and one to three late ones, each half with its words."""
    early = draw(st.sampled_from((*PLAIN, *IDLE)))
    late = draw(st.sampled_from((*FILLED, *IDLE)))
    halves = (early, early, late, late, late)[: draw(st.integers(3, 5))]
    has_clock = draw(st.sampled_from((True, True, True, False)))
    return tuple(
        Shot(
            at=MINUTES[n] if has_clock else None,
            text=draw(st.sampled_from((half, half, half, *IDLE, *PLAIN, *FILLED))),
            agent=draw(st.sampled_from(agents)),
            is_magnified=n > 1 and draw(st.booleans()),
        )
        for n, half in enumerate(halves)
    )


@st.composite
def idle_studies(draw):
    """Draw views of which no word says when the duct was filled."""
    return tuple(
        Shot(at=at, text=draw(st.sampled_from(IDLE)), is_magnified=n > 1)
        for n, at in enumerate(MINUTES[: draw(st.integers(2, 5))])
    )


@st.composite
def split_studies(draw):
    """Draw four views whose halves differ by their labels, and by nothing else."""
    early, late = draw(st.sampled_from((None, *PLAIN))), draw(st.sampled_from(FILLED))
    labels = (early, early, late, late)
    return tuple(Shot(at=at, text=text) for at, text in zip(MINUTES, labels, strict=False))


def add(shot, words, place):
    """Put words between two words of the shot's text, the place counted around."""
    parts = (shot.text or "").split()
    cut = place % (len(parts) + 1)
    return shot._replace(text=" ".join((*parts[:cut], words, *parts[cut:])))


def call_of(shots):
    visit = make_visit(
        *(
            {
                "at": shot.at,
                "view": VIEWS[n],
                "study_text": "DUCTOGRAM LT",
                "comment": shot.text,
                "agent": shot.agent,
                "modifiers": (MAGNIFICATION,) if shot.is_magnified else (),
            }
            for n, shot in enumerate(shots)
        )
    )
    return classify_study(Study(study_instance_uid="2.25.1", instances=visit), ENGINE)


def phases_of(shots):
    return [image.call.phase for image in images_of(call_of(shots))]


def assert_no_opposite(before, after):
    for one, other in zip(before, after, strict=True):
        assert one not in OPPOSITE or other is not OPPOSITE[one], (before, after)


@QUICK
@given(studies(), st.one_of(STRANGERS, st.sampled_from(ELSEWHERE)), st.integers(0, 4), st.data())
def test_words_of_something_else_never_turn_a_phase_into_the_other(study, words, place, data):
    chosen = data.draw(st.sets(st.integers(0, len(study) - 1), min_size=1))
    changed = tuple(add(i, words, place) if n in chosen else i for n, i in enumerate(study))

    assert_no_opposite(phases_of(study), phases_of(changed))


@QUICK
@given(
    idle_studies(),
    st.one_of(STRANGERS, st.sampled_from(ELSEWHERE)),
    st.integers(0, 4),
    st.data(),
)
def test_words_of_something_else_never_make_a_phase_from_nothing(study, words, place, data):
    chosen = data.draw(st.sets(st.integers(0, len(study) - 1), min_size=1))
    changed = tuple(add(i, words, place) if n in chosen else i for n, i in enumerate(study))

    assert not set(phases_of(changed)) & set(OPPOSITE)


@QUICK
@given(split_studies(), NOISE, st.booleans())
def test_the_same_noise_on_every_image_changes_nothing_that_splits_them(study, noise, is_first):
    before = phases_of(study)
    assume(set(before) == set(OPPOSITE))
    # Behind a bare half of a pair it may be what was before: "after lunch".
    assume(is_first or {"before", "after"}.isdisjoint(shot.text for shot in study))
    noisy = tuple(
        add(shot, noise, 0 if is_first else len((shot.text or "").split())) for shot in study
    )

    assert phases_of(noisy) == before


@QUICK
@given(studies(agents=(None, *AGENTS)), OTHER_AGENTS)
def test_another_agents_name_never_turns_a_phase_into_the_other(study, name):
    changed = tuple(shot._replace(agent=name) if shot.agent in AGENTS else shot for shot in study)

    assert_no_opposite(phases_of(study), phases_of(changed))


def labelled(agent):
    """Return a study whose labels alone tell, since all views carry the same agent."""
    texts = ("before", "before", "POST CONTRAST", "POST CONTRAST")
    return tuple(Shot(at, text, agent) for at, text in zip(MINUTES, texts, strict=False))


@QUICK
@example(labelled(AGENTS[0]), "2", 0)
@example(labelled(AGENTS[0]), "X", 1)
@example(labelled(AGENTS[0]), "ROOM 2", 3)
@given(studies(agents=(None, *AGENTS)), OTHER_AGENTS, st.integers(0, 4))
def test_nor_does_another_name_on_one_image_only(study, name, place):
    changed = list(study)
    number = place % len(study)
    assume(study[number].agent in AGENTS)
    changed[number] = study[number]._replace(agent=name)

    assert_no_opposite(phases_of(study), phases_of(changed))
