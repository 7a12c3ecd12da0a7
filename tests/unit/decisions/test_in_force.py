"""What is in force of all decisions, field by field: examples, and laws that always hold."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ductdicom.decisions.event import OF_IMAGE, Event
from ductdicom.decisions.in_force import decision_on, in_force, review_of
from ductdicom.model.call import Laterality, Phase, Verdict

UID = "1.2.3"


def _said(by, hour, undoes=(), **fields):
    at = f"2026-01-03T{hour:02}:00:00" if hour else ""
    named = tuple(event.id for event in undoes)
    return Event(sop_instance_uid=UID, by=by, at=at, undoes=named, **fields)


PRE, POST = Phase.PRE, Phase.POST
FIRST = _said("AB", 9, phase=PRE)
OTHERWISE = _said("CD", 10, phase=POST)
INSTEAD = _said("CD", 10, phase=POST, undoes=[FIRST])


@pytest.mark.parametrize(
    ("events", "phase"),
    [
        pytest.param([FIRST], PRE, id="one"),
        pytest.param([FIRST, _said("AB", 10, phase=POST)], POST, id="changed his mind"),
        pytest.param([FIRST, _said("ab", 10, phase=POST)], POST, id="in small letters"),
        pytest.param([FIRST, _said("CD", 10, phase=PRE)], PRE, id="another agrees"),
        pytest.param([FIRST, OTHERWISE], None, id="another says otherwise"),
        pytest.param([FIRST, INSTEAD], POST, id="another takes it back"),
        pytest.param([FIRST, OTHERWISE, _said("AB", 11, phase=POST)], POST, id="gives way"),
        pytest.param([FIRST, INSTEAD, _said("AB", 11, phase=PRE)], None, id="insists"),
        pytest.param([FIRST, INSTEAD, _said("EF", 11, phase=POST)], POST, id="a third agrees"),
        pytest.param([FIRST, INSTEAD, _said("EF", 11, phase=PRE)], None, id="a third does not"),
        pytest.param(
            [FIRST, INSTEAD, _said("EF", 11, undoes=[INSTEAD])], PRE, id="what was taken back is"
        ),
        pytest.param(
            [FIRST, INSTEAD, _said("CD", 11, phase=Phase.UNKNOWN, undoes=[INSTEAD])],
            Phase.UNKNOWN,
            id="what was replaced stays so where who replaced it changes his mind",
        ),
        pytest.param(
            [FIRST, INSTEAD, _said("EF", 11, phase=Phase.UNKNOWN, undoes=[INSTEAD])],
            Phase.UNKNOWN,
            id="and where a third replaces that",
        ),
        pytest.param([FIRST, _said("CD", 10, undoes=[FIRST])], None, id="only taken back"),
        pytest.param([_said("AB", 0, phase=POST), FIRST], PRE, id="no time is the oldest"),
        pytest.param([_said("AB", 0, phase=POST), _said("AB", 0, phase=PRE)], None, id="no order"),
        pytest.param([_said("", 8, phase=POST), FIRST], None, id="nobody is another person"),
        pytest.param(
            [FIRST, _said("CD", 10, phase=POST, laterality=Laterality.LEFT, undoes=[FIRST])],
            POST,
            id="with another field",
        ),
    ],
)
def test_the_newest_word_counts_unless_persons_differ(events, phase):
    for order in permutations(events):
        decision = decision_on(order)
        assert (decision and decision.phase) is phase


def test_both_words_stand_where_persons_differ():
    decision = decision_on([OTHERWISE, FIRST])

    assert decision.is_disputed("phase")
    assert [(o.by, o.value, o.is_in_force) for o in decision.opinions] == [
        ("AB", "pre", False),
        ("CD", "post", False),
    ]
    assert in_force([OTHERWISE, FIRST]) == ()


@pytest.mark.parametrize(
    ("more", "overruled"),
    [
        pytest.param([], ("AB: pre",), id="replaced"),
        pytest.param([_said("CD", 11, phase=Phase.UNKNOWN, undoes=[INSTEAD])], ("AB: pre",)),
        pytest.param([_said("EF", 11, phase=PRE, undoes=[INSTEAD])], ("CD: post",), id="by both"),
        pytest.param([_said("AB", 11, undoes=[INSTEAD])], (), id="taken back again"),
        pytest.param([_said("CD", 11, phase=PRE, undoes=[INSTEAD])], (), id="agreed after all"),
    ],
)
def test_a_word_in_force_says_whose_it_replaces(more, overruled):
    (opinion,) = decision_on([FIRST, INSTEAD, *more]).opinions

    assert opinion.overruled == overruled


def test_a_field_is_taken_back_without_the_others():
    both = _said("AB", 9, phase=PRE, laterality=Laterality.LEFT)
    decision = decision_on([both, _said("CD", 10, phase=POST, undoes=[both])])

    assert (decision.phase, decision.laterality) == (POST, Laterality.LEFT)
    assert [(o.field, o.by) for o in decision.opinions] == [("phase", "CD"), ("laterality", "AB")]


def test_who_signed_in_tells_two_persons_of_the_same_initials_apart():
    one, other = (_said("AB", 9 + n, phase=p, login=w) for n, (p, w) in enumerate(SIGNED))

    assert decision_on([one, other]).phase is None


SIGNED = ((PRE, "abel"), (POST, "aber"))


def test_taking_back_counts_whatever_the_clock_of_who_did_it_says():
    early = _said("CD", 8, phase=POST, undoes=[FIRST])

    assert decision_on([FIRST, early]).phase is POST


def test_a_verdict_is_in_force_like_a_field():
    def verdict(by, hour, word, undoes=()):
        return Event(
            study_instance_uid="1.9",
            by=by,
            at=f"2026-01-03T{hour:02}:00:00",
            verdict=word,
            undoes=undoes,
        )

    first = verdict("AB", 9, Verdict.REVIEWED)
    assert review_of([first]).verdict is Verdict.REVIEWED
    assert review_of([first, verdict("CD", 10, Verdict.REOPENED)]).verdict is None
    again = verdict("CD", 10, Verdict.REOPENED, (first.id,))
    assert review_of([first, again]).verdict is Verdict.REOPENED
    assert review_of([]) is None


def test_a_key_and_a_uid_name_one_study():
    reviewed = Event(study="k", verdict=Verdict.REVIEWED, by="AB", at="2026-01-03T09:00:00")
    reopened = Event(
        study_instance_uid="1.9", verdict=Verdict.REOPENED, by="AB", at="2026-01-03T10:00:00"
    )

    assert in_force([reviewed, reopened], {"k": "1.9"}) == (reopened,)
    assert in_force([reviewed, reopened]) == (reviewed, reopened)


def test_what_is_in_force_names_of_each_decision_the_fields_that_are():
    both = _said("AB", 9, phase=PRE, laterality=Laterality.LEFT)
    instead = _said("CD", 10, phase=POST, undoes=[both])

    found = in_force([both, instead])
    assert [(e.by, e.fields) for e in found] == [("AB", ("laterality",)), ("CD", ("phase",))]
    # Read again beside the whole one, a part of it changes nothing.
    assert in_force([both, instead, *found]) == found


def test_an_image_is_one_by_its_id_and_by_its_uid():
    by_id = Event(image="7f3a00112233", phase=POST, by="CD", at="2026-01-03T10:00:00")

    assert in_force([FIRST, by_id], {"7f3a00112233": UID}) == ()


_EVENTS = st.builds(
    _said,
    by=st.sampled_from(["", "AB", "ab", "CD"]),
    hour=st.integers(0, 3),
    phase=st.sampled_from([None, PRE, POST, Phase.UNKNOWN]),
    laterality=st.sampled_from([None, *Laterality]),
    exclude=st.sampled_from([None, True, False]),
).filter(lambda event: event.fields)


@st.composite
def _histories(draw):
    events = []
    for event in draw(st.lists(_EVENTS, max_size=6)):
        undone = draw(st.lists(st.sampled_from(events), max_size=2)) if events else []
        is_bare = bool(undone) and draw(st.booleans())
        named = tuple(item.id for item in undone)
        kept = Event(sop_instance_uid=UID, by=event.by, at=event.at) if is_bare else event
        values = {name: getattr(kept, name) for name in kept.__struct_fields__}
        events.append(Event(**values | {"undoes": named}))
    return events


@given(_histories(), st.data())
def test_order_and_repetition_change_nothing(events, data):
    again = data.draw(st.permutations([*events, *events[:2]]))

    assert (decision_on(again), in_force(again)) == (decision_on(events), in_force(events))


@given(_histories())
def test_what_is_in_force_read_beside_the_journal_changes_nothing(events):
    assert decision_on([*events, *in_force(events)]) == decision_on(events)


@given(_histories())
def test_a_field_without_disagreement_is_what_its_newest_word_says(events):
    decision = decision_on(events)
    plain = [event for event in events if not any(event.id in e.undoes for e in events)]
    for field in OF_IMAGE:
        newest = max((e for e in plain if field in e.fields), key=lambda e: e.order, default=None)
        value = getattr(decision, field, None)
        if decision is None or not decision.is_disputed(field):
            undoing = any(event.undoes for event in events)
            assert undoing or value == (newest and getattr(newest, field))


@given(_histories())
def test_nobodys_word_is_taken_where_persons_differ(events):
    decision = decision_on(events)
    for opinion in decision.opinions if decision else ():
        if not opinion.is_in_force:
            others = {o.value for o in decision.opinions if o.field == opinion.field}
            assert getattr(decision, opinion.field) is None
            assert len(others) > 1
