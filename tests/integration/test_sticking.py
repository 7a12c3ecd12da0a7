"""A decision sticks to what was looked at: to an image's bytes, to a study as it was."""

import hashlib
import json
import re
import shutil
from html import unescape

import pytest
from exports import FILLED, SCENES, organise, read_records, write_ductogram, write_view

from ductdicom.cli.application import run
from ductdicom.decisions.journal import read_journal
from ductdicom.phantom.spec import Texts

AT = "2026-01-03T09:00:00"
CLOCK = tuple((view, at, None) for view, at, _ in SCENES)  # nothing tells the phases but time


@pytest.fixture
def export(tmp_path):
    return write_ductogram(tmp_path / "export", scenes=CLOCK)


@pytest.fixture
def out(export, tmp_path):
    organise(export, output=tmp_path / "out")
    return tmp_path / "out"


def _record(out):
    (record,) = read_records(out)
    return record


def _lay(out, *decisions, name="laid.json"):
    (out / "decisions").mkdir(exist_ok=True)
    content = {"schema": "ductdicom.decisions/1", "decisions": list(decisions)}
    (out / "decisions" / name).write_text(json.dumps(content), encoding="utf-8")


def _on(out, number=0, **fields):
    uid = _record(out)["instances"][number]["sop_instance_uid"]
    return {"sop_instance_uid": uid, "by": "AB", "at": AT} | fields


def _verdict(word="reviewed", at=AT):
    return {"study_instance_uid": "2.25.900", "verdict": word, "by": "AB", "at": at}


def _other_bytes(export, number=1, pixels_seed=77, **more):
    """Write an image again under its UID, with other pixels and whatever else is given."""
    view, at, _ = CLOCK[number - 1]
    write_view(
        export / f"IM{number}",
        seed=pixels_seed,
        **{
            "study_instance_uid": "2.25.900",
            "study_at": "20260102085500",
            "label": f"2.25.900/{number}",
            "view": view,
            "acquired_at": f"20260102{at}00",
            "contrast": None,
            "instance_number": number,
        }
        | more,
    )


def _codes(record):
    return {problem["code"] for problem in record["problems"]}


def test_the_same_uid_with_other_bytes_takes_no_decision_and_says_so(out, export):
    _lay(out, _on(out, phase="post"))
    organise(export, output=out)
    assert _record(out)["instances"][0]["phase"] == "post"

    _other_bytes(export)
    assert organise(export, output=out) == 1

    record = _record(out)
    image = record["instances"][0]
    assert (image["phase"], image["confidence"]) == ("unknown", "unknown")
    assert [(o["field"], o["value"], o["by"]) for o in image["decided"]["outdated"]] == [
        ("phase", "post", "AB")
    ]
    assert {"same-uid-other-bytes", "changed-since-review"} <= _codes(record)
    assert {"same-uid-other-bytes", "changed-since-review"} <= set(record["review_reasons"])
    # With its old bytes it takes the decision again; so it does from anywhere.
    write_ductogram(export, scenes=CLOCK)
    assert organise(export, output=out) == 0
    assert _record(out)["instances"][0]["phase"] == "post"


def test_who_decides_anew_settles_it(out, export):
    _lay(out, _on(out, phase="post"))
    organise(export, output=out)
    _other_bytes(export)
    organise(export, output=out)

    _lay(out, _on(out, phase="pre", at="2026-01-04T09:00:00"), name="anew.json")
    assert organise(export, output=out) == 0

    image = _record(out)["instances"][0]
    assert (image["phase"], image["decided"]["outdated"]) == ("pre", [])


def test_an_image_that_only_lies_elsewhere_keeps_its_decision(out, export, tmp_path):
    _lay(out, _on(out, phase="post"))
    organise(export, output=out)
    shutil.copytree(export, tmp_path / "copied", copy_function=shutil.copyfile)
    shutil.rmtree(export)

    assert organise(tmp_path / "copied", output=out) == 0
    assert _record(out)["instances"][0]["confidence"] == "confirmed"


def test_a_decision_may_say_which_bytes_it_is_on(out, export):
    content = hashlib.sha256((export / "IM1").read_bytes()).hexdigest()
    _lay(out, _on(out, phase="post", content=content), _on(out, 1, phase="post", content="0" * 64))

    assert organise(export, output=out) == 1

    first, second = _record(out)["instances"][:2]
    assert (first["confidence"], second["confidence"]) == ("confirmed", "inferred")
    assert len(second["decided"]["outdated"]) == 1


def test_an_image_that_was_replaced_before_the_decision_came_takes_none(out, export):
    _lay(out, _on(out, phase="post"))
    _other_bytes(export, texts=Texts(study="GALACTOGRAM LEFT, SENT AGAIN"))

    assert organise(export, output=out) == 1
    assert _record(out)["instances"][0]["phase"] == "unknown"


class Page:
    """What a sheet that lies somewhere lets a person decide: what was looked at goes with it."""

    def __init__(self, out):
        (path,) = (out / "studies").glob("*/sheet.html")
        text = path.read_text(encoding="utf-8")
        tiles = [json.loads(unescape(tile)) for tile in re.findall(r'data-tile="([^"]+)"', text)]
        self.study = json.loads(unescape(re.search(r'data-study="([^"]+)"', text)[1]))
        self.contents = {tile["image"]: tile["content"] for tile in tiles}

    def decides(self, out, number=0, *, at=AT, **fields):
        image = _record(out)["instances"][number]["id"]
        return {"image": image, "content": self.contents[image], "by": "AB", "at": at} | fields

    def concludes(self, verdict="reviewed", *, at=AT):
        seen = {"study": self.study["key"], "content": self.study["content"]}
        return seen | {"verdict": verdict, "by": "AB", "at": at}


@pytest.fixture
def drawn(export, tmp_path):
    organise(export, output=tmp_path / "drawn", formats="html")
    return tmp_path / "drawn"


def _file(path, *decisions):
    content = {"schema": "ductdicom.decisions/1", "decisions": list(decisions)}
    path.write_text(json.dumps(content), encoding="utf-8")
    return str(path)


def _given_to_a_run(export, out, file):
    organise(export, output=out, formats="html", options=["--decisions", file])


def _applied_after_a_run(export, out, file):
    organise(export, output=out, formats="html")
    run(["apply", str(out), file])


def _laid_in_after_a_run(export, out, file):
    organise(export, output=out, formats="html")
    shutil.copy(file, out / "decisions")
    organise(export, output=out, formats="html")


def _applied_before_a_run(export, out, file):
    run(["apply", str(out), file])
    organise(export, output=out, formats="html")


WAYS = [_given_to_a_run, _applied_after_a_run, _laid_in_after_a_run, _applied_before_a_run]


@pytest.mark.parametrize("take", WAYS)
def test_what_was_decided_on_a_page_is_on_the_pixels_that_it_showed(drawn, export, tmp_path, take):
    (drawn / "decisions").mkdir()
    file = _file(tmp_path / "page.json", Page(drawn).decides(drawn, phase="post"))
    before = (export / "IM1").stat().st_size
    _other_bytes(export)
    assert (export / "IM1").stat().st_size == before

    take(export, drawn, file)

    record = _record(drawn)
    image = record["instances"][0]
    assert (image["phase"], image["confidence"]) == ("unknown", "unknown")
    assert [(o["field"], o["value"]) for o in image["decided"]["outdated"]] == [("phase", "post")]
    assert "changed-since-review" in _codes(record)
    assert [event.phase for event in read_journal(drawn).events] == ["post"]
    # Who looks at what is there now decides on it.
    again = Page(drawn).decides(drawn, phase="pre", at="2026-01-04T09:00:00")
    assert run(["apply", str(drawn), _file(tmp_path / "again.json", again)]) == 0
    assert _record(drawn)["instances"][0]["confidence"] == "confirmed"
    assert "changed-since-review" not in _codes(_record(drawn))


@pytest.mark.parametrize("take", WAYS)
def test_what_was_decided_on_a_page_counts_while_nothing_changed(drawn, export, tmp_path, take):
    (drawn / "decisions").mkdir()
    page = Page(drawn)
    file = _file(tmp_path / "page.json", page.decides(drawn, phase="post"), page.concludes())

    take(export, drawn, file)

    record = _record(drawn)
    assert record["instances"][0]["confidence"] == "confirmed"
    assert (record["review"]["verdict"], record["review"]["outdated"]) == ("reviewed", False)
    assert "changed-since-review" not in _codes(record)


@pytest.mark.parametrize("take", WAYS)
def test_a_verdict_from_a_page_is_on_the_images_that_it_showed(drawn, export, tmp_path, take):
    (drawn / "decisions").mkdir()
    file = _file(tmp_path / "page.json", Page(drawn).concludes())
    _other_bytes(export)

    take(export, drawn, file)

    record = _record(drawn)
    assert (record["status"], record["review"]["outdated"]) == ("review", True)
    assert "changed-since-review" in _codes(record)
    again = Page(drawn).concludes(at="2026-01-04T09:00:00")
    run(["apply", str(drawn), _file(tmp_path / "again.json", again)])
    assert _record(drawn)["review"]["outdated"] is False


def test_a_decision_by_uid_is_on_the_pixels_of_the_last_sheet(drawn, export, tmp_path):
    file = _file(tmp_path / "typed.json", _on(drawn, phase="post"))
    _other_bytes(export)

    _given_to_a_run(export, drawn, file)

    assert _record(drawn)["instances"][0]["phase"] == "unknown"
    assert "changed-since-review" in _codes(_record(drawn))


def test_a_decision_from_a_page_stays_with_its_bytes_when_a_twin_comes(drawn, export, tmp_path):
    file = _file(tmp_path / "page.json", Page(drawn).decides(drawn, phase="post"))
    _given_to_a_run(export, drawn, file)
    write_ductogram(tmp_path / "twin", scenes=CLOCK)
    _other_bytes(tmp_path / "twin")

    organise(tmp_path / "twin", output=drawn, formats="html")

    twins = [i for i in _record(drawn)["instances"] if i["source"].endswith("IM1")]
    fields = {i["source"].split("/")[-2]: i.get("decided", {}).get("fields") for i in twins}
    assert fields == {"export": ["phase"], "twin": None}


def test_of_two_under_one_uid_none_takes_what_names_the_uid(export, tmp_path):
    write_ductogram(tmp_path / "twin", scenes=CLOCK)
    _other_bytes(tmp_path / "twin")
    out = tmp_path / "out"
    organise(export, tmp_path / "twin", output=out)
    contested = [i for i in _record(out)["instances"] if i["source"].endswith("IM1")]
    by_uid = {"sop_instance_uid": contested[0]["sop_instance_uid"], "phase": "post", "at": AT}
    by_id = {"image": contested[1]["id"], "laterality": "R", "at": AT}
    _lay(out, by_uid, by_id)

    organise(export, tmp_path / "twin", output=out)

    decided = [i.get("decided", {}).get("fields") for i in _record(out)["instances"]]
    ours = {i["id"]: d for i, d in zip(_record(out)["instances"], decided, strict=True)}
    assert ours[contested[1]["id"]] == ["laterality"]
    assert "phase" not in (ours[contested[0]["id"]] or [])


def test_a_decision_stays_with_its_bytes_when_a_twin_comes(out, export, tmp_path):
    image = _record(out)["instances"][0]["id"]
    _lay(out, {"image": image, "phase": "post", "by": "AB", "at": AT})
    organise(export, output=out)
    write_ductogram(tmp_path / "twin", scenes=CLOCK)
    _other_bytes(tmp_path / "twin")

    organise(tmp_path / "twin", output=out)

    twins = [i for i in _record(out)["instances"] if i["source"].endswith("IM1")]
    fields = {i["source"].split("/")[-2]: i.get("decided", {}).get("fields") for i in twins}
    assert fields == {"export": ["phase"], "twin": None}


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(_other_bytes, id="other pixels"),
        pytest.param(lambda export: _other_bytes(export, contrast=FILLED), id="other evidence"),
        pytest.param(
            lambda export: write_ductogram(export, scenes=(*CLOCK, ("CC", "0930", None))),
            id="a new image",
        ),
    ],
)
def test_a_study_that_changed_since_its_review_is_open_again(out, export, change):
    _lay(out, _verdict())
    organise(export, output=out)
    assert _record(out)["status"] == "paired"

    change(export)
    organise(export, output=out)

    record = _record(out)
    assert (record["status"], record["review"]["outdated"]) == ("review", True)
    assert "changed-since-review" in record["review_reasons"]
    assert "changed-since-review" in _codes(record)
    # A new verdict closes it.
    _lay(out, _verdict(at="2026-01-04T09:00:00"), name="again.json")
    organise(export, output=out)
    assert (_record(out)["status"] != "review", _record(out)["review"]["outdated"]) == (True, False)


def test_an_image_that_came_before_the_verdict_did_was_not_looked_at(out, export):
    _lay(out, _verdict())
    write_ductogram(export, scenes=(*CLOCK, ("CC", "0930", None)))

    for _ in range(2):
        organise(export, output=out)
        assert _record(out)["review"]["outdated"] is True


def test_decisions_on_images_leave_a_verdict_as_it_is(out, export):
    _lay(out, _verdict())
    organise(export, output=out)

    _lay(out, *(_on(out, n, phase=p) for n, p in enumerate(("pre", "pre", "post"))), name="b.json")
    organise(export, output=out)

    assert _record(out)["review"]["outdated"] is False
