"""Names and values that want more than to be names and values."""

import csv
import io
import json
import os
import re
import sys
import tarfile
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from exports import organise, write_ductogram
from pydicom import dcmread

from ductdicom.cli.application import run
from ductdicom.phantom.spec import Person, Texts

pytestmark = pytest.mark.integration

ATTACKS = (
    "=cmd|' C calc'!A0.dcm",
    "@SUM(1+1).dcm",
    "-rf.dcm",
    "\x1b[2J\x1b]0;owned\x07.dcm",
    "<script>alert(1)<!--",
    'quote".dcm',
    "new\nline.dcm",
    "CON",
    "aux.dcm",
    "trailing. ",
    "\u202egnp.dcm",
    "é.dcm",
    "e\u0301.dcm",
    "n" * 250,
)
MEMBERS = (*ATTACKS, "../../escape.dcm", "/etc/absolute.dcm", "C:\\windows\\x.dcm", "a/../../b")
VALUES = ("../../../escape", "=1+1", "<script>alert(1)</script>", "\x1b[31mred", "NUL", "a\0b")


@pytest.fixture
def image(tmp_path):
    return (write_ductogram(tmp_path / "one") / "IM1").read_bytes()


def _ledger(output):
    text = (output / "ledger.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def _below(root):
    return {path.relative_to(root).as_posix() for path in root.rglob("*")}


def _outside(tmp_path):
    return {path.name for path in tmp_path.iterdir()}


@pytest.mark.skipif(sys.platform == "win32", reason="that system refuses such names itself")
def test_files_with_such_names_are_files_like_others(image, tmp_path, capsys):
    folder = tmp_path / "export"
    folder.mkdir()
    for name in ATTACKS:
        (folder / name).write_bytes(image)
    (folder / os.fsdecode(b"\xff\xfe.dcm")).write_bytes(image)
    output = tmp_path / "out"

    assert organise(folder, output=output, options=["--link", "copy", "-v"]) == 0

    rows = _ledger(output)
    said = capsys.readouterr()
    assert len(rows) == len(ATTACKS) + 1
    assert sum(row["disposition"] == "duplicate" for row in rows) == len(ATTACKS)
    assert not [cell for row in rows for cell in row.values() if cell[:1] in "=+-@" and cell]
    assert "\x1b" not in said.out + said.err
    assert all(name.isascii() for name in _below(output))
    assert "<script>alert" not in (output / "index.html").read_text("utf-8")


def _zip(path, names, image):
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, image)


def _tar(path, names, image):
    with tarfile.open(path, "w:gz") as archive:
        for name in names:
            info = tarfile.TarInfo(name)
            info.size = len(image)
            archive.addfile(info, io.BytesIO(image))


@pytest.mark.parametrize(("pack", "name"), [(_zip, "a.zip"), (_tar, "a.tar.gz")])
def test_members_with_such_names_stay_where_they_are(image, tmp_path, pack, name):
    place = tmp_path / "place"
    place.mkdir()
    pack(place / name, MEMBERS, image)
    before = _outside(tmp_path)

    code = organise(place / name, output=place / "out", options=["--link", "copy"])

    assert code == 0
    assert _outside(tmp_path) == before
    assert {path.name for path in place.iterdir()} == {name, "out"}
    assert len(_ledger(place / "out")) == len(MEMBERS) + 1
    assert all(name.isascii() for name in _below(place / "out"))


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("phi", ["minimal", "full"])
def test_values_of_a_header_lead_nowhere(tmp_path, capsys, value, phi):
    place = tmp_path / "place"
    person = Person(name=value.replace("\0", ""), patient_id=value.replace("\0", ""))
    texts = Texts(study=f"GALACTOGRAM {value}", series=value)
    write_ductogram(place / "export", person=person, texts=texts)
    options = ["--link", "copy", "--phi", phi]

    organise(place / "export", output=place / "out", options=options, formats="png,html,pdf")

    said = capsys.readouterr()
    assert "\x1b" not in said.out + said.err
    assert _outside(tmp_path) == {"place"}
    assert {path.name for path in place.iterdir()} == {"export", "out"}
    assert not [name for name in _below(place / "out") if not set(name).isdisjoint("<>=\x1b\0")]
    for page in place.rglob("*.html"):
        assert "<script>alert" not in page.read_text("utf-8")


def test_names_that_differ_only_in_case_or_form_do_not_collide(tmp_path):
    for number, name in enumerate(["é", "e", "IM", "im"], start=1):
        folder = tmp_path / "export" / name
        person = Person(name=f"SAMPLE^{number}", patient_id=name)
        write_ductogram(folder, study=f"2.25.97{number}", person=person)

    organise(tmp_path / "export", output=tmp_path / "out", options=["--phi", "full"])

    keys = [path.name.casefold() for path in (tmp_path / "out" / "studies").iterdir()]
    assert len(set(keys)) == len(keys) == 4


IDENTITY = ("ZULU", "SAMPLE-77", "19610203", "19610299", "1961-02-03", "ACC-4711")


@pytest.mark.parametrize(
    "options",
    [
        pytest.param([], id="plain", marks=pytest.mark.slow),
        pytest.param(["-v"], id="v"),
        pytest.param(["--log-json"], id="json"),
    ],
)
@pytest.mark.parametrize("command", ["organise", "check", "scan"])
def test_no_identity_in_what_is_said(tmp_path, capfd, command, options):
    person = Person(name="ZULU^SAMPLE", patient_id="SAMPLE-77", birth_date="19610203")
    folder = write_ductogram(tmp_path / "export", person=person)
    for path in folder.iterdir():
        dataset = dcmread(path)
        dataset.AccessionNumber = "ACC-4711"
        dataset.save_as(path)
    # No date at all: a library would quote it in its complaint.
    content = (folder / "IM2").read_bytes().replace(b"19610203", b"19610299")
    (folder / "IM2").write_bytes(content)
    (folder / "IM1").write_bytes((folder / "IM1").read_bytes()[:-2000])
    output = [] if command != "organise" else ["-o", str(tmp_path / "out"), *options]

    run([command, str(folder), *output])

    said = capfd.readouterr()
    for word in IDENTITY:
        assert word not in said.out + said.err
        assert not [name for name in _below(tmp_path) if word in name]


def test_the_log_is_json_from_start_to_end(tmp_path, capsys):
    folder = write_ductogram(tmp_path / "export")
    (folder / "IM1").write_bytes((folder / "IM1").read_bytes()[:-2000])

    code = organise(folder, output=tmp_path / "out", options=["--log-json"])

    events = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert (events[0]["event"], events[-1]["event"]) == ("start", "end")
    assert events[-1]["exit_code"] == code == 1
    (finding,) = [event for event in events if event.get("code") == "truncated"]
    assert (finding["level"], finding["where"]) == ("error", f"{folder}/IM1")


def test_the_log_has_the_keys_of_its_documentation(tmp_path, capsys):
    folder = write_ductogram(tmp_path / "export")
    (folder / "IM1").write_bytes((folder / "IM1").read_bytes()[:-2000])
    page = Path(__file__).resolve().parents[2] / "docs" / "reference" / "records.md"
    section = page.read_text().partition("## The log of")[2].partition("\n## ")[0]
    events_told = r"^\| `(start|progress|study|finding|notice|end)` \|(.*)$"
    table = dict(re.findall(events_told, section, re.MULTILINE))

    organise(folder, output=tmp_path / "out", options=["--log-json"])

    events = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert {event["event"] for event in events} == set(table) - {"notice"}
    for event in events:
        own = event.keys() - {"time", "level", "event"}
        assert [key for key in own if f"`{key}`" not in table[event["event"]]] == []
        assert datetime.fromisoformat(event["time"]).tzinfo is UTC


def test_a_bug_is_the_end_of_the_log(tmp_path, capsys, monkeypatch):
    def fail(*_args, **_kwargs):
        raise ValueError("SAMPLE^ZULU")

    monkeypatch.setattr("ductdicom.cli.batch.organise.run_organise", fail)

    code = organise(tmp_path, output=tmp_path / "out", options=["--log-json"])

    said = capsys.readouterr().err
    events = [json.loads(line) for line in said.splitlines()]
    assert code == 70
    assert events[-1].items() >= {"event": "end", "level": "error", "exit_code": 70}.items()
    assert events[-1]["message"].startswith("this is a bug in ductdicom, please report it; ")
    assert "ZULU" not in said


def test_an_error_is_the_end_of_the_log(tmp_path, capsys):
    (tmp_path / "out").write_bytes(b"a file")
    folder = write_ductogram(tmp_path / "export")

    code = organise(folder, output=Path(tmp_path / "out"), options=["--log-json"])

    events = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert code == 4
    assert [event["event"] for event in events] == ["start", "end"]
    assert events[-1]["exit_code"] == 4
