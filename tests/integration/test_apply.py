"""Decisions taken into an output folder: the studies that they touch are drawn again, no other."""

import json
import os
import shutil
import zipfile
from contextlib import ExitStack
from pathlib import Path

import pytest
from exports import SCENES, files_of, organise, read_records, write_ductogram

from ductdicom.cli.application import run
from ductdicom.decisions.event import Event
from ductdicom.decisions.files import read_decisions
from ductdicom.decisions.journal import add
from ductdicom.export import output as folder
from ductdicom.export.output import open_output, require_output
from ductdicom.model.call import Laterality
from ductdicom.phantom.spec import Person
from ductdicom.pipeline.again.preview import preview
from ductdicom.pipeline.again.redo import Opened, read_again, redo

CLOCK = tuple((view, at, None) for view, at, _ in SCENES)  # nothing tells the phases but time


@pytest.fixture
def visits(tmp_path):
    """Write two patients' studies, of which one is for review."""
    write_ductogram(tmp_path / "export" / "clock", scenes=CLOCK)
    other = Person(name="SAMPLE^YANKEE", patient_id="SAMPLE-901", birth_date="19700101")
    write_ductogram(tmp_path / "export" / "told", study="2.25.901", person=other)
    return tmp_path / "export"


@pytest.fixture
def out(visits, tmp_path):
    organise(visits, output=tmp_path / "out")
    return tmp_path / "out"


def _record(out, study="2.25.900"):
    return next(r for r in read_records(out) if r["study_instance_uid"] == study)


def _said(out, *phases, by="AB"):
    """Return decisions on the images of the study for review, in their order."""
    images = _record(out)["instances"]
    return [
        {"image": image["id"], "phase": phase, "by": by, "at": "2026-01-03T09:00:00"}
        for image, phase in zip(images, phases, strict=False)
    ]


def _lay(path, decisions):
    path.parent.mkdir(exist_ok=True)
    content = {"schema": "ductdicom.decisions/1", "decisions": decisions}
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def _apply(out, *files):
    return run(["apply", str(out), *map(str, files), "-q"])


def _same(made, expected):
    """Hold two output folders against each other, but for what names the run and its times."""
    ours, theirs = files_of(made), files_of(expected)
    loose = ("runs/", "ledger.csv", "summary.json", "worklist.csv", "index.html", ".ductdicom/")
    names = {n for n in ours.keys() | theirs.keys() if not n.startswith(loose)}
    return {n for n in names if ours.get(n, b"")[0] != theirs.get(n, b"")[0]}


def test_it_makes_what_organise_would_have_made(out, visits, tmp_path):
    path = _lay(tmp_path / "d.json", _said(out, "pre", "pre", "post", "post"))
    shutil.copytree(out, tmp_path / "other")

    assert _apply(out, path) == 0
    organise(visits, output=tmp_path / "other", options=["--decisions", str(path)])

    assert _record(out)["status"] == "paired"
    assert _same(out, tmp_path / "other") == set()
    # And the next run finds all of it up to date.
    before = files_of(out)
    organise(visits, output=out)
    assert _same(out, tmp_path / "other") == set()
    studies = {name: value for name, value in files_of(out).items() if name.startswith("studies/")}
    assert studies == {name: value for name, value in before.items() if name in studies}


def test_no_other_study_is_touched(out, tmp_path):
    before = files_of(out / "studies")

    _apply(out, _lay(tmp_path / "d.json", _said(out, "pre")))

    now = files_of(out / "studies")
    changed = {name for name, content in now.items() if before[name] != content}
    assert {name.split("/")[0] for name in changed} == {_record(out)["key"]}
    assert "confirmed" in (out / "studies.jsonl").read_text("utf-8")


def test_a_file_laid_into_the_journal_is_applied_once(out, capsys):
    _lay(out / "decisions" / "by hand.json", _said(out, "pre", "pre", "post", "post"))

    assert _apply(out) == 0
    assert "paired\n1 study drawn again" in capsys.readouterr().out
    before = files_of(out)
    assert _apply(out) == 0
    assert capsys.readouterr().out == "0 studies drawn again\n"
    assert files_of(out) == before


def test_it_draws_as_the_run_did_that_wrote_the_study(visits, tmp_path):
    out, rules = tmp_path / "out", tmp_path / "site.toml"
    rules.write_text("[thresholds]\nsuggestion_gap_minutes = 7\n", encoding="utf-8")
    organise(visits, output=out, options=["--rules", os.path.relpath(rules)], formats="html")

    _apply(out, _lay(tmp_path / "d.json", _said(out, "pre")))

    assert {sheet["format"] for sheet in _record(out)["sheets"]} == {"html"}
    kept = json.loads((out / ".ductdicom" / "settings.json").read_bytes())
    assert kept["last"]["rules"] == str(rules)


def test_sources_are_found_from_any_working_folder(visits, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    organise(Path("export"), output=Path("out"))
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")

    out = tmp_path / "out"
    assert _apply(out, _lay(tmp_path / "d.json", _said(out, "pre", "pre", "post", "post"))) == 0
    assert _record(out)["status"] == "paired"


def test_a_file_that_could_not_be_read_is_still_named(visits, tmp_path):
    whole = (visits / "clock" / "IM4").read_bytes()
    (visits / "clock" / "IM5").write_bytes(whole[:500])
    out = tmp_path / "out"
    organise(visits, output=out)
    path = _lay(tmp_path / "d.json", _said(out, "pre"))
    shutil.copytree(out, tmp_path / "other")

    _apply(out, path)
    organise(visits, output=tmp_path / "other", options=["--decisions", str(path)])

    assert "file-unreadable" in {problem["code"] for problem in _record(out)["problems"]}
    assert _same(out, tmp_path / "other") == set()


def test_originals_in_an_archive_are_read_there(visits, tmp_path):
    with zipfile.ZipFile(tmp_path / "cd.zip", "w") as archive:
        for path in sorted(visits.rglob("IM*")):
            archive.write(path, path.relative_to(visits))
    out = tmp_path / "out"
    organise(tmp_path / "cd.zip", output=out)

    assert _apply(out, _lay(tmp_path / "d.json", _said(out, "pre", "pre", "post", "post"))) == 0
    assert _record(out)["status"] == "paired"


def test_a_study_whose_sources_are_gone_stays_and_its_decisions_are_kept(
    out, visits, tmp_path, capsys
):
    path = _lay(tmp_path / "d.json", _said(out, "pre"))
    (visits / "clock" / "IM2").rename(tmp_path / "IM2")
    before = files_of(out / "studies")

    assert _apply(out, path) == 1

    key = _record(out)["key"]
    assert f"study-incomplete: {key}: the study is to be drawn again" in capsys.readouterr().out
    assert files_of(out / "studies") == before
    (tmp_path / "IM2").rename(visits / "clock" / "IM2")
    assert _apply(out) == 0
    assert _record(out)["instances"][0]["confidence"] == "confirmed"


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("d.json", "{", "decisions are no valid JSON"),
        ("absent.json", None, "cannot be read"),
    ],
)
def test_a_file_that_cannot_be_used_changes_nothing(out, tmp_path, capsys, name, content, words):
    if content is not None:
        (tmp_path / name).write_text(content)
    before = files_of(out)

    assert _apply(out, tmp_path / name) == 2
    assert words in capsys.readouterr().err
    assert files_of(out) == before


def test_it_wants_an_output_folder(tmp_path, capsys):
    assert _apply(tmp_path) == 2
    assert "is no output folder" in capsys.readouterr().err


def test_two_who_differ_end_it_with_1(out, tmp_path):
    files = [
        _lay(tmp_path / f"{by}.json", _said(out, phase, by=by))
        for by, phase in (("AB", "pre"), ("CD", "post"))
    ]

    assert _apply(out, *files) == 1
    assert _record(out)["review_reasons"] == ["only-suggested", "reviewers-disagree"]


def test_what_decisions_would_change_is_known_before(out, tmp_path):
    key = _record(out)["key"]
    opened = Opened.of(require_output(out))
    again = read_again(opened, [key], is_held=False)
    more = read_decisions(_lay(tmp_path / "d.json", _said(out, None, None, "post")[2:]))

    found = preview(again, key, more)

    ids = [image["id"] for image in _record(out)["instances"]]
    told = {(ids.index(c.image), c.what): (c.before, c.after, c.is_decided) for c in found.images}
    assert told[2, "phase"] == ("unknown", "post", True)
    assert told[0, "phase"] == ("unknown", "pre", False)
    assert preview(again, key, ()).images == ()
    # And that is what becomes of it.
    add(out, more)
    redo(out, [key])
    record = _record(out)
    assert record["status"] == found.status[1]
    assert record["instances"][0]["phase"] == "pre"


def test_what_follows_on_the_image_itself_is_told_as_what_follows(out, tmp_path):
    opened = Opened.of(require_output(out))
    image = _record(out)["instances"][2]
    key = _record(out)["key"]
    at = "2026-01-03T09:00:00"
    more = (Event(image=image["id"], laterality=Laterality.RIGHT, by="AB", at=at),)

    found = preview(read_again(opened, [key], is_held=False), key, more)

    own = [change for change in found.images if change.image == image["id"]]
    told = {change.what: (change.before, change.after, change.is_decided) for change in own}
    assert told["laterality"] == ("L", "R", True)
    assert told["suggestion"] == ("post", None, False)


@pytest.mark.parametrize("command", ["organise", "apply"])
def test_a_night_waits_for_who_draws_a_study_in_the_folder(
    out, visits, monkeypatch, capsys, command
):
    drawing = ExitStack()
    drawing.enter_context(open_output(out, is_brief=True))
    monkeypatch.setattr(folder, "sleep", lambda _: drawing.close())

    code = organise(visits, output=out) if command == "organise" else run(["apply", str(out)])

    assert code == 0
    assert "waiting for who draws in the output folder: 0 of 60 s" in capsys.readouterr().err


def test_a_night_does_not_wait_for_another_one(out, visits, monkeypatch):
    monkeypatch.setattr(folder, "sleep", lambda _: pytest.fail("it waits"))
    with open_output(out):
        assert organise(visits, output=out) == 4
