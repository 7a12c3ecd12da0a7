"""The folder that keeps every decision: nothing in it changes, nothing is lost."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ductdicom.decisions.event import SCHEMA, Event
from ductdicom.decisions.files import read_entries
from ductdicom.decisions.in_force import decision_on
from ductdicom.decisions.journal import Journal, add, keep_decisions, read_journal, state_of
from ductdicom.errors import OutputError
from ductdicom.export.output import open_output
from ductdicom.model.call import Laterality, Phase

AT = "2026-01-03T09:00:00"
PRE = Event(sop_instance_uid="1.2", phase=Phase.PRE, by="AB", at=AT)
SIDE = Event(sop_instance_uid="1.3", laterality=Laterality.LEFT, by="CD", at="2026-01-04T09:00:00")


def _files(folder):
    return {path.name: path.read_bytes() for path in (folder / "decisions").iterdir()}


def _lay(folder, name, *entries):
    (folder / "decisions").mkdir(exist_ok=True)
    content = json.dumps({"schema": SCHEMA, "decisions": list(entries)})
    (folder / "decisions" / name).write_text(content, encoding="utf-8")


def _in_force(folder):
    return json.loads((folder / "decisions.json").read_bytes())["decisions"]


def test_each_decision_is_a_file_named_by_time_initials_and_id(tmp_path):
    add(tmp_path, [PRE, SIDE])

    first, second = (f"{day}T090000Z-{by}" for day, by in (("20260103", "AB"), ("20260104", "CD")))
    assert _files(tmp_path).keys() == {f"{first}-{PRE.id}.json", f"{second}-{SIDE.id}.json"}
    written = json.loads(_files(tmp_path)[f"{first}-{PRE.id}.json"])
    entry = {"sop_instance_uid": "1.2", "phase": "pre", "by": "AB", "at": AT, "id": PRE.id}
    assert written == {"schema": SCHEMA, "decisions": [entry]}


@pytest.mark.parametrize(
    ("event", "name"),
    [
        (Event(image="7f3a", exclude=True, by="Ä", at=AT), "20260103T090000Z-A-{}.json"),
        (Event(image="7f3a", exclude=True, at=f"{AT}.250000"), "20260103T090000Z-{}.json"),
        (Event(image="7f3a", exclude=True), "{}.json"),
    ],
)
def test_what_is_not_known_is_left_out_of_the_name(tmp_path, event, name):
    add(tmp_path, [event])

    assert list(_files(tmp_path)) == [name.format(event.id)]
    assert read_journal(tmp_path).events == (event,)


def test_adding_again_changes_no_file(tmp_path):
    add(tmp_path, [PRE, SIDE])
    before = _files(tmp_path)
    add(tmp_path, [SIDE, PRE])
    keep_decisions(tmp_path, read_journal(tmp_path).with_more([PRE, SIDE]))

    assert _files(tmp_path) == before


def test_what_a_killed_run_left_half_written_is_no_decision_and_goes_with_the_next_run(tmp_path):
    (event,) = add(tmp_path, [PRE])
    half = tmp_path / "decisions" / ".part-4711-20260103T090000Z-CD-3f9c1a.json"
    whole = tmp_path / "decisions" / event.file_name()
    half.write_text(whole.read_text(encoding="utf-8").replace("AB", "CD"), encoding="utf-8")
    assert read_journal(tmp_path).events == (event,)

    with open_output(tmp_path):
        assert not half.exists()
    assert read_journal(tmp_path).events == (event,)


def test_a_decision_is_kept_though_a_run_takes_its_file_for_a_dead_ones(tmp_path, monkeypatch):
    tidied = []
    with open_output(tmp_path):
        pass

    def tidy(number):
        if not tidied:
            with open_output(tmp_path):
                tidied.append(number)

    monkeypatch.setattr("ductdicom.export.output.sync_file", tidy)

    (event,) = add(tmp_path, [PRE])

    assert tidied
    assert read_journal(tmp_path).events == (event,)


def test_two_of_one_short_hash_are_both_kept(tmp_path):
    _lay(tmp_path, PRE.file_name(), {"sop_instance_uid": "1.9", "phase": "post"})
    add(tmp_path, [PRE])

    assert {event.sop_instance_uid for event in read_journal(tmp_path).events} == {"1.2", "1.9"}


def test_files_that_were_laid_in_by_hand_are_read(tmp_path):
    add(tmp_path, [PRE])
    _lay(tmp_path, "two.json", {"image": "7f3a", "phase": "pre"}, SIDE.plain)
    table = "study_instance_uid,verdict\n1.9,reviewed\n"
    (tmp_path / "decisions" / "list.csv").write_text(table, encoding="utf-8")
    (tmp_path / "decisions" / "README.md").write_text("how we work", encoding="utf-8")

    journal = read_journal(tmp_path)
    assert (len(journal.events), journal.new, journal.broken) == (4, (), ())


def test_a_broken_file_is_named_and_the_others_count(tmp_path):
    add(tmp_path, [PRE])
    (tmp_path / "decisions" / "half.json").write_text("{", encoding="utf-8")
    changed = SIDE.plain | {"laterality": "R", "id": SIDE.id}
    _lay(tmp_path, "changed.json", changed)

    journal = read_journal(tmp_path)
    assert journal.events == (PRE,)
    assert [message.split(":")[0] for message in journal.broken] == [
        "decisions/changed.json",
        "decisions/half.json",
    ]


def test_the_journal_is_read_and_written_through_no_link(tmp_path):
    (tmp_path / "decisions").mkdir()
    (tmp_path / "elsewhere.json").write_text("{}", encoding="utf-8")
    (tmp_path / "decisions" / "a.json").symlink_to(tmp_path / "elsewhere.json")
    with pytest.raises(OutputError, match="is a link"):
        read_journal(tmp_path)

    (tmp_path / "decisions").rename(tmp_path / "moved")
    (tmp_path / "decisions").symlink_to(tmp_path / "moved")
    with pytest.raises(OutputError, match="is a link"):
        add(tmp_path, [PRE])


def test_what_an_earlier_version_or_a_person_wrote_is_taken_into_the_journal(tmp_path):
    entries = [{"sop_instance_uid": "1.2", "phase": "post", "by": "AB"}]
    content = json.dumps({"schema": SCHEMA, "decisions": entries})
    (tmp_path / "decisions.json").write_text(content, encoding="utf-8")

    keep_decisions(tmp_path, read_journal(tmp_path))

    assert len(_files(tmp_path)) == 1
    assert _in_force(tmp_path) == [entries[0] | {"id": read_journal(tmp_path).events[0].id}]
    # Somebody edits it once more.
    more = {"schema": SCHEMA, "decisions": [*_in_force(tmp_path), SIDE.plain]}
    (tmp_path / "decisions.json").write_text(json.dumps(more), encoding="utf-8")
    keep_decisions(tmp_path, read_journal(tmp_path))
    assert [entry["sop_instance_uid"] for entry in _in_force(tmp_path)] == ["1.2", "1.3"]


@pytest.mark.parametrize(
    "change", [lambda text: text.replace("pre", "post"), lambda text: text[9:]]
)
def test_what_is_in_force_is_made_anew_where_it_cannot_be_used(tmp_path, change):
    keep_decisions(tmp_path, Journal().with_more([PRE]))
    made = _in_force(tmp_path)
    spoilt = change((tmp_path / "decisions.json").read_text("utf-8"))
    (tmp_path / "decisions.json").write_text(spoilt, encoding="utf-8")

    journal = read_journal(tmp_path)
    keep_decisions(tmp_path, journal)

    assert (journal.events, _in_force(tmp_path)) == ((PRE,), made)
    # What somebody wrote is kept, and every run names it until it is mended or removed.
    (aside,) = (tmp_path / "decisions").glob("decisions-*.json")
    assert aside.read_text("utf-8") == spoilt
    assert f"(kept as decisions/{aside.name}): " in journal.broken[0]
    assert read_journal(tmp_path).broken[0].startswith(f"decisions/{aside.name}: ")


def test_a_journal_that_is_no_folder_is_named(tmp_path):
    (tmp_path / "decisions").write_text("", encoding="utf-8")

    with pytest.raises(OutputError, match="is no folder"):
        read_journal(tmp_path)


def test_what_is_in_force_is_made_from_the_journal(tmp_path):
    both = Event(sop_instance_uid="1.2", phase=Phase.PRE, view="CC", by="AB", at=AT)
    instead = Event(
        sop_instance_uid="1.2", view="ML", by="CD", at="2026-01-05T09:00:00", undoes=(both.id,)
    )
    keep_decisions(tmp_path, Journal().with_more([both, instead]))

    assert [(e.get("phase"), e.get("view"), e["by"]) for e in _in_force(tmp_path)] == [
        ("pre", None, "AB"),
        (None, "ML", "CD"),
    ]
    # A part of a decision is not another one, when it is read again.
    assert read_journal(tmp_path).new == ()


_EVENTS = st.builds(
    Event,
    sop_instance_uid=st.sampled_from(["1.2", "1.3"]),
    phase=st.sampled_from(Phase),
    laterality=st.sampled_from([None, *Laterality]),
    by=st.sampled_from(["", "AB", "CD"]),
    at=st.sampled_from(["", AT, "2026-01-04T09:00:00"]),
)


@settings(max_examples=20)
@given(st.lists(_EVENTS, max_size=8), st.data())
def test_nothing_is_lost_whatever_the_order_in_which_files_come(tmp_path_factory, events, data):
    one, other = (tmp_path_factory.mktemp("out") for _ in range(2))
    for output, order in ((one, events), (other, data.draw(st.permutations(events)))):
        cut = data.draw(st.integers(0, len(order)))
        for part in (order[:cut], order[cut:], order[:1]):
            keep_decisions(output, read_journal(output).with_more(part))

    for uid in ("1.2", "1.3"):
        ours = [event for event in events if event.sop_instance_uid == uid]
        found = [
            decision_on([e for e in read_journal(o).events if e.sop_instance_uid == uid])
            for o in (one, other)
        ]
        assert found == [decision_on(ours)] * 2


_TEXTS = st.text(max_size=8) | st.sampled_from(["\ud800", "İ", "ﬁ", " \x00 ", "\u2028"])


@settings(max_examples=30)
@given(st.fixed_dictionaries({"note": _TEXTS, "login": _TEXTS, "image": _TEXTS}))
def test_whatever_is_taken_can_be_read_again(tmp_path_factory, words):
    output = tmp_path_factory.mktemp("out")
    events = read_entries([{"sop_instance_uid": "1.2", "phase": "pre"} | words], "here")

    add(output, events)

    journal = read_journal(output)
    assert (journal.events, journal.broken) == (events, ())


def test_the_state_of_a_study_changes_with_its_record_and_its_decisions():
    def state(fingerprint, *events):
        return state_of(fingerprint, events, study="1.9", key="k", images=["1.2", "7f3a"])

    verdict = Event(study_instance_uid="1.9", at=AT)
    by_key = Event(study="k", at=AT)
    states = [state("a"), state("b"), state("a", PRE), state("a", verdict), state("a", by_key)]
    assert len(set(states)) == 5
    assert state("a", Event(study="other", at=AT)) == state("a")
    assert state("a", SIDE) == state("a")
    assert state("a", PRE, verdict) == state("a", verdict, PRE, PRE)
