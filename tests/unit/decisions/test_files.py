"""What a file of decisions may hold, and in which spellings."""

import csv
import io
import json
import os
from pathlib import Path

import pytest

from ductdicom.decisions.event import SCHEMA, Event
from ductdicom.decisions.files import read_decisions, read_entries
from ductdicom.errors import UsageError
from ductdicom.model.call import Laterality, Phase, Verdict

HEAD = "sop_instance_uid,phase,by"
KNOWN = (
    "known are at, by, content, exclude, id, image, laterality, login, note, phase, "
    "sop_instance_uid, study, study_instance_uid, undoes, verdict, view"
)


def _table(folder, text, *, encoding="utf-8", name="decisions.csv"):
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def _json(folder, *decisions):
    path = folder / "decisions.json"
    content = {"schema": SCHEMA, "decisions": list(decisions)}
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        pytest.param(f"{HEAD}\n1.2,post,AB\n", "utf-8", id="commas"),
        pytest.param("sop_instance_uid;phase;by\r\n1.2;post;AB\r\n", "utf-8-sig", id="semicolons"),
        pytest.param("sop_instance_uid\tphase\tby\n1.2\tpost\tAB\n", "utf-16", id="tabs, UTF-16"),
        pytest.param(" SOP_Instance_UID , Phase,BY \n1.2, post ,AB\n", "utf-8", id="other case"),
        pytest.param(
            "sop_instance_uid;phase;by;;\n1.2;post;AB;;\n;;;;\n\n", "utf-8", id="blank cells"
        ),
        pytest.param(
            'sop_instance_uid,phase,by,note\n1.2,post,AB,"one, and\nanother"\n',
            "utf-8",
            id="quoted",
        ),
    ],
)
def test_a_table_is_read_as_spreadsheets_write_it(tmp_path, text, encoding):
    (found,) = read_decisions(_table(tmp_path, text, encoding=encoding))

    assert (found.sop_instance_uid, found.phase, found.by) == ("1.2", Phase.POST, "AB")


def test_every_documented_field_is_known_in_json(tmp_path):
    entry = {"sop_instance_uid": "1.2", "phase": None, "laterality": "l", "view": "cc"}
    people = {"exclude": False, "by": "AB", "at": "2026-01-03T09:00:00", "note": "why"}

    (found,) = read_decisions(_json(tmp_path, entry | people | {"undoes": ["3f9c1a", "77aa00"]}))

    assert (found.laterality, found.view, found.exclude) == (Laterality.LEFT, "CC", False)
    assert (found.phase, found.note, found.undoes) == (None, "why", ("3f9c1a", "77aa00"))


def test_a_study_has_a_verdict_in_json_and_in_a_table(tmp_path):
    entry = {"study_instance_uid": "1.9", "verdict": "cannot-tell", "by": "AB"}
    table = _table(tmp_path, "study_instance_uid,verdict,by\n1.9,Cannot-Tell,AB\n")

    assert read_decisions(_json(tmp_path, entry)) == read_decisions(table)
    assert read_decisions(table)[0].verdict is Verdict.CANNOT_TELL


def test_a_study_may_be_named_by_its_key_as_pages_know_no_uid(tmp_path):
    entry = {"study": "20260102-9f1c", "verdict": "reviewed", "by": "AB"}

    (found,) = read_decisions(_json(tmp_path, entry))

    assert (found.study, found.verdict, found.subject) == (
        "20260102-9f1c",
        Verdict.REVIEWED,
        ("20260102-9f1c",),
    )
    with pytest.raises(UsageError, match="a study has no phase"):
        read_decisions(_json(tmp_path, {"study": "20260102-9f1c", "phase": "pre"}))


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("dense\nleft", "dense left"),
        ("dense\x00\x1b[31m left", "dense [31m left"),
        ("\u202edetseggus\u202c \u2066left\u2069", "detseggus left"),
        ("אבג دە", "אבג دە"),
        ("x" * 1000, "x" * 1000),
    ],
)
def test_a_note_holds_nothing_that_is_not_seen(tmp_path, written, read):
    table = io.StringIO()
    csv.writer(table).writerows((("image", "phase", "note"), ("7f3a", "pre", written)))
    entry = {"image": "7f3a", "phase": "pre", "note": written}

    assert read_decisions(_json(tmp_path, entry))[0].note == read
    assert read_decisions(_table(tmp_path, table.getvalue()))[0].note == read
    assert read_entries([entry], "what was sent")[0].note == read


@pytest.mark.parametrize("field", ["note", "login"])
def test_a_note_has_an_end(tmp_path, field):
    with pytest.raises(UsageError, match=r"too long.*1000 characters"):
        read_decisions(_json(tmp_path, {"image": "7f3a", "phase": "pre", field: "x" * 1001}))


def test_a_decision_may_only_take_others_back(tmp_path):
    (found,) = read_decisions(_json(tmp_path, {"sop_instance_uid": "1.2", "undoes": "3f9c1a"}))

    assert (found.fields, found.undoes) == ((), ("3f9c1a",))


def test_times_are_kept_in_utc(tmp_path):
    there = {"sop_instance_uid": "1.2", "phase": "pre", "at": "2026-01-03T10:00:00+01:00"}

    assert read_decisions(_json(tmp_path, there))[0].at == "2026-01-03T09:00:00"


def test_the_id_of_a_decision_is_a_hash_of_what_it_says(tmp_path):
    said = {"sop_instance_uid": "1.2", "phase": "pre", "by": "AB", "at": "2026-01-03T09:00:00"}
    event = Event(sop_instance_uid="1.2", phase=Phase.PRE, by="AB", at="2026-01-03T09:00:00")

    assert read_decisions(_json(tmp_path, said | {"id": event.id})) == (event,)
    with pytest.raises(UsageError, match="is not the one that its id stands for"):
        read_decisions(_json(tmp_path, said | {"id": event.id, "phase": "post"}))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param(
            "sop_instance_uid,fase\n1.2,post\n",
            ["unknown column 'fase'", "did you mean 'phase'?", KNOWN],
            id="a column that is near a known one",
        ),
        pytest.param(
            "sop_instance_uid,phase,colour\n1.2,post,red\n",
            ["unknown column 'colour'", KNOWN],
            id="a column that is near none",
        ),
        pytest.param(
            "sop_instance_uid,phase,Phase\n1.2,post,pre\n", ["names a column twice"], id="twice"
        ),
        pytest.param("uid,phase\n1.2,post\n", ["unknown column 'uid'"], id="no UID's column"),
        pytest.param(
            "phase,by\npost,AB\n", ["no column sop_instance_uid or image or study"], id="no UIDs"
        ),
        pytest.param("", ["no column sop_instance_uid"], id="empty"),
        pytest.param(f"{HEAD}\n,post,AB\n", ["decision 1 has no sop_instance_uid"], id="no UID"),
        pytest.param(
            f"{HEAD}\n1.2,post,AB\n1.3,,AB\n",
            ["decision 2", "decides nothing"],
            id="decides nothing",
        ),
        pytest.param(
            f"{HEAD}\n1.2,post,A,B\n",
            ["decision 1", "more cells than columns"],
            id="a cell too many",
        ),
        pytest.param(
            "sop_instance_uid,exclude\n1.2,maybe\n",
            ["decision 1: no such exclude: 'maybe'", "true or false"],
            id="exclude that is neither",
        ),
        pytest.param(f'{HEAD}\n1.2,post,"{"x" * 200_000}"\n', ["no CSV"], id="a cell without end"),
    ],
)
def test_a_table_that_would_be_misread_is_refused(tmp_path, text, words):
    with pytest.raises(UsageError) as refused:
        read_decisions(_table(tmp_path, text))

    assert [word for word in words if word not in str(refused.value)] == []


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        pytest.param(
            {"fase": "post", "by": "AB"},
            ["decision 2: unknown field 'fase'", "did you mean 'phase'?", KNOWN],
            id="a typo",
        ),
        pytest.param({"Phase": "post"}, ["unknown field 'Phase'", "'phase'"], id="other case"),
        pytest.param({"phase": "pre", "by": "Huber"}, ["decision 2: by"], id="a name"),
        pytest.param({"phase": "pre", "by": "A<b>"}, ["decision 2: by"], id="no letters"),
        pytest.param({"phase": "pre", "by": "A B"}, ["up to 4 letters"], id="a gap"),
        pytest.param({"phase": "pre", "at": "yesterday"}, ["decision 2: at"], id="no time"),
        pytest.param({"phase": "pre", "at": "03.01.2026"}, ["2026-01-03T09:00:00"], id="no ISO"),
        pytest.param(
            {"view": "ZZZ"}, ["decision 2: no such view: 'ZZZ'", "view is CC, "], id="no view"
        ),
        pytest.param({"undoes": ["self"]}, ["decision 2: undoes is no list of ids"], id="no ID"),
        pytest.param({"undoes": ["3f9c1a", {}]}, ["undoes is no list"], id="no ID among IDs"),
        pytest.param({"by": "AB", "note": "?"}, ["decision 2 decides nothing"], id="no decision"),
        pytest.param({"phase": ""}, ["decision 2 decides nothing"], id="an empty decision"),
        pytest.param({"verdict": "reviewed"}, ["an image has no verdict"], id="an image's verdict"),
        pytest.param(
            {"phase": "pre", "study_instance_uid": "1.9"}, ["an image and a study"], id="of both"
        ),
        pytest.param(
            {"sop_instance_uid": "", "study_instance_uid": "1.9", "phase": "pre"},
            ["a study has no phase"],
            id="a study's phase",
        ),
        pytest.param(
            {"sop_instance_uid": "", "study_instance_uid": "1.9", "verdict": "fine"},
            ["no such verdict: 'fine'", "reviewed, cannot-tell, not-a-ductogram, reopened"],
            id="no verdict",
        ),
    ],
)
def test_an_entry_that_cannot_be_meant_is_refused(tmp_path, entry, words):
    first = {"sop_instance_uid": "1.2", "phase": "pre"}

    with pytest.raises(UsageError) as refused:
        read_decisions(_json(tmp_path, first, {"sop_instance_uid": "1.3"} | entry))

    assert [word for word in words if word not in str(refused.value)] == []


@pytest.mark.parametrize("by", ["", "A", "ab", "ÄÖ", "ABCD"])
@pytest.mark.parametrize("at", ["", "2026-01-03", "2026-01-03T09:00:00Z", "2026-01-03 09:00"])
def test_initials_and_times_of_many_kinds_are_taken(tmp_path, by, at):
    entry = {"sop_instance_uid": "1.2", "phase": "pre", "by": by, "at": at}

    (found,) = read_decisions(_json(tmp_path, entry))

    assert (found.by, found.at[:10]) == (by, at[:10])


def test_who_decided_is_not_repeated_in_the_refusal(tmp_path):
    entry = {"sop_instance_uid": "1.2", "phase": "pre", "by": "Huber"}

    with pytest.raises(UsageError) as refused:
        read_decisions(_json(tmp_path, entry))

    assert "Huber" not in str(refused.value)


def test_a_field_that_is_named_twice_is_refused(tmp_path):
    path = _json(tmp_path, {"sop_instance_uid": "1.2", "phase": "pre"})
    path.write_text(path.read_text("utf-8").replace('"phase"', '"phase": "post", "phase"'), "utf-8")

    with pytest.raises(UsageError, match="names 'phase' twice"):
        read_decisions(path)


def test_a_table_in_another_encoding_says_what_to_do(tmp_path):
    path = _table(tmp_path, "sop_instance_uid;note\n1.2;für\n", encoding="cp1252")

    with pytest.raises(UsageError, match="save it as UTF-8"):
        read_decisions(path)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("[" * 100_000, id="lists"),
        pytest.param('{"a":' * 100_000, id="objects"),
        pytest.param("9" * 5000, id="digits"),
        pytest.param(
            json.dumps({"schema": SCHEMA, "decisions": [{"sop_instance_uid": "X"}]}).replace(
                '"X"', "[" * 900 + "]" * 900
            ),
            id="a field of lists",
        ),
    ],
)
def test_decisions_without_end_are_refused(tmp_path, text):
    path = tmp_path / "decisions.json"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(UsageError):
        read_decisions(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="POSIX")
def test_decisions_that_are_no_file_are_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe")

    for path in (tmp_path / "pipe", Path("/dev/zero"), tmp_path):
        with pytest.raises(UsageError, match="cannot be read"):
            read_decisions(path)


def test_an_image_may_be_named_by_its_own_id(tmp_path):
    path = tmp_path / "decisions.csv"
    path.write_text("image,phase\n7F3A00112233,pre\n", encoding="utf-8")

    (found,) = read_decisions(path)

    assert (found.image, found.sop_instance_uid, found.phase) == ("7f3a00112233", "", "pre")
