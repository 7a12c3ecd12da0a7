"""Decisions over runs: none is forgotten, and where two people differ nobody's word counts."""

import json

import pytest
from exports import organise, read_records, write_ductogram
from record_schema import strict

from ductdicom.cli.admin.schema import SCHEMAS
from ductdicom.cli.application import run
from ductdicom.phantom.spec import Person

STUDY = "2.25.900"


def _lay(path, *decisions):
    content = {"schema": "ductdicom.decisions/1", "decisions": list(decisions)}
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def _on(image, by="AB", hour=9, **fields):
    return {"sop_instance_uid": image, "by": by, "at": f"2026-01-03T{hour:02}:00:00"} | fields


def _verdict(word, by="AB", hour=9, **more):
    at = f"2026-01-03T{hour:02}:00:00"
    return {"study_instance_uid": STUDY, "verdict": word, "by": by, "at": at} | more


@pytest.fixture(scope="module")
def export(tmp_path_factory):
    return write_ductogram(tmp_path_factory.mktemp("visit") / "export")


@pytest.fixture(scope="module")
def images(export, tmp_path_factory):
    output = tmp_path_factory.mktemp("plain") / "out"
    organise(export, output=output)
    return [image["sop_instance_uid"] for image in read_records(output)[0]["instances"]]


@pytest.fixture
def decide(export, tmp_path):
    """Organise with files of decisions; returns the exit code and the study's record."""

    def run(*files, journal=(), options=()):
        output = tmp_path / "out"
        for number, entry in enumerate(journal):
            output.mkdir(exist_ok=True)
            _lay(output / "decisions" / f"laid {number}.json", entry)
        named = [part for path in files for part in ("--decisions", str(path))]
        code = organise(export, output=output, options=[*named, *options])
        (record,) = read_records(output)
        return code, record

    return run


def _image(record, uid):
    return next(image for image in record["instances"] if image["sop_instance_uid"] == uid)


def _problems(record):
    found = ((problem["code"], problem["message"]) for problem in record["problems"])
    return [(code, message) for code, message in found if code != "spacing-suspect"]


def test_no_run_forgets_a_decision(decide, images, tmp_path):
    first = _lay(tmp_path / "a.json", _on(images[0], phase="post"))
    second = _lay(tmp_path / "b.json", _on(images[1], phase="post", by="CD"))
    decide(first)
    decide(second, first)

    code, record = decide()

    assert code == 0
    assert [_image(record, uid)["confidence"] for uid in images[:2]] == ["confirmed"] * 2
    assert len(list((tmp_path / "out" / "decisions").iterdir())) == 2
    kept = [tmp_path / "out" / "decisions.json", *(tmp_path / "out" / "decisions").iterdir()]
    for path in kept:
        strict(SCHEMAS["decisions"]()).validate(json.loads(path.read_bytes()))
    in_force = json.loads(kept[0].read_bytes())["decisions"]
    assert [entry["by"] for entry in in_force] == ["AB", "CD"]


def test_a_dry_run_adds_nothing_to_the_journal(decide, images, tmp_path):
    decide()
    path = _lay(tmp_path / "a.json", _on(images[0], phase="post"))
    organise_dry = ["-n"]

    decide(path, options=organise_dry)

    assert not (tmp_path / "out" / "decisions").exists()


def test_where_two_people_differ_nobodys_word_counts(decide, images, tmp_path):
    said = [_on(images[0], phase="pre"), _on(images[0], "CD", 10, phase="post")]

    code, record = decide(journal=said)

    image = _image(record, images[0])
    assert (code, record["status"], image["phase"]) == (1, "review", "unknown")
    assert record["review_reasons"] == ["reviewers-disagree"]
    words = [(o["by"], o["value"], o["in_force"]) for o in image["decided"]["opinions"]]
    assert words == [("AB", "pre", False), ("CD", "post", False)]
    said = "reviewers differ on the phase: AB says pre, CD says post"
    assert _problems(record) == [("reviewers-disagree", said)]


@pytest.mark.parametrize(
    ("field", "values", "reason"),
    [
        ("laterality", ("L", "R"), "laterality-conflict"),
        ("view", ("CC", "MLO"), "view-conflict"),
    ],
)
def test_a_side_or_a_view_on_which_two_differ_is_unknown(decide, images, field, values, reason):
    one, other = (
        _on(images[0], by, hour, **{field: value})
        for by, hour, value in zip(("AB", "CD"), (9, 10), values, strict=True)
    )

    code, record = decide(journal=[one, other])

    assert (code, record["review_reasons"]) == (1, ["reviewers-disagree"])
    assert _image(record, images[0])[field] is None
    assert {"sop_instance_uid": images[0], "reason": reason} in record["left_out"]
    assert [code for code, _ in _problems(record)] == ["reviewers-disagree"]


def test_an_image_on_whose_exclusion_two_differ_stays(decide, images):
    said = [_on(images[0], exclude=True), _on(images[0], "CD", 10, exclude=False)]

    code, record = decide(journal=said)

    assert (code, record["review_reasons"]) == (1, ["reviewers-disagree"])
    assert _image(record, images[0])["excluded"] is False


def test_cannot_be_told_is_a_decision(decide, images):
    code, record = decide(journal=[_on(images[0], phase="unknown", note="motion")])

    image = _image(record, images[0])
    assert (image["phase"], image["confidence"], image["suggestion"]) == (
        "unknown",
        "confirmed",
        None,
    )
    assert image["decided"]["note"] == "motion"
    assert (code, record["status"], record["review_reasons"]) == (0, "partial", [])


def test_what_a_decision_overrules_is_said(decide, images):
    said = [_on(images[3], phase="unknown"), _on(images[0], laterality="R")]

    code, record = decide(journal=said)

    decided = [_image(record, images[number])["decided"] for number in (3, 0)]
    assert [(d["fields"], d["by"]) for d in decided] == [(["phase"], "AB"), (["laterality"], "AB")]
    overruled = [{(e["tag"], e["value"], e["says"]) for e in d["overrules"]} for d in decided]
    assert ("(0018,0010)", "IOHEXOL 300", "post") in overruled[0]
    assert overruled[1] == {("(0020,0062)", "L", "L")}
    assert [code for code, _ in _problems(record)] == ["decision-overrules"] * 2
    assert code == 0


@pytest.mark.parametrize(
    ("said", "status", "reasons"),
    [
        pytest.param([_verdict("reviewed")], "paired", [], id="reviewed"),
        pytest.param([_verdict("cannot-tell")], "closed", [], id="closed"),
        pytest.param([_verdict("not-a-ductogram")], "not-a-ductogram", [], id="none"),
        pytest.param([_verdict("reopened")], "review", ["reopened"], id="reopened"),
        pytest.param(
            [_verdict("reviewed"), _verdict("cannot-tell", "CD", 10)],
            "review",
            ["reviewers-disagree"],
            id="two differ",
        ),
    ],
)
def test_a_verdict_settles_a_study(decide, tmp_path, said, status, reasons):
    code, record = decide(journal=said)

    assert (record["status"], record["review_reasons"]) == (status, reasons)
    assert code == (1 if "reviewers-disagree" in reasons else 0)
    verdict = None if len(said) > 1 else said[0]["verdict"]
    assert (record["review"]["verdict"], record["review"]["by"]) == (verdict, said[-1]["by"])
    # Its sheet stays, so that the verdict can be taken back.
    assert (tmp_path / "out" / "studies" / record["key"] / "sheet-1.png").exists()


def test_a_verdict_may_name_the_study_by_its_key_in_that_folder(decide, tmp_path):
    _, record = decide()
    verdict = {"verdict": "cannot-tell", "by": "AB", "at": "2026-01-03T09:00:00"}

    code, closed = decide(_lay(tmp_path / "page.json", {"study": record["key"]} | verdict))
    assert (code, closed["status"], closed["review"]["by"]) == (0, "closed", "AB")

    _, again = decide(_lay(tmp_path / "later.json", _verdict("reopened", hour=10)))
    assert again["status"] == "review"

    decide(_lay(tmp_path / "other.json", {"study": "20260102-of-another-folder"} | verdict))
    summary = json.loads((tmp_path / "out" / "summary.json").read_text(encoding="utf-8"))
    assert "unknown-decision" in json.dumps(summary)


@pytest.fixture
def of_two(tmp_path):
    """Return an export in which two patients' images have one Study Instance UID."""
    other = Person(name="SAMPLE^YANKEE", patient_id="SAMPLE-901", birth_date="19550607")
    write_ductogram(tmp_path / "two" / "a")
    also = {"study_instance_uid": STUDY, "person": other}
    write_ductogram(tmp_path / "two" / "b", study="2.25.901", **also)
    organise(tmp_path / "two", output=tmp_path / "out")
    return tmp_path / "two", tmp_path / "out"


def test_a_verdict_on_what_two_patients_share_is_named_and_counts_for_none(
    of_two, tmp_path, capsys
):
    export, out = of_two
    first, _ = read_records(out)
    for number, subject in enumerate(({"study": first["key"]}, {"study_instance_uid": STUDY})):
        verdict = subject | {"verdict": "reviewed", "by": "AB", "at": f"2026-01-03T0{number}:00:00"}
        file = _lay(tmp_path / f"{number}.json", verdict)
        capsys.readouterr()
        assert run(["apply", str(out), str(file)]) == 1
        assert "verdict-on-several" in "".join(capsys.readouterr())
        assert organise(export, output=out) == 1
        assert "verdict-on-several" in "".join(capsys.readouterr())
    assert [record.get("review") for record in read_records(out)] == [None, None]


def test_what_two_patients_share_is_decided_on_image_by_image(of_two, tmp_path):
    _, out = of_two
    first, _ = read_records(out)
    decision = {"image": first["instances"][0]["id"], "phase": "post", "by": "AB"}

    run(["apply", str(out), str(_lay(tmp_path / "image.json", decision))])

    images = [image for record in read_records(out) for image in record["instances"]]
    assert [image["confidence"] for image in images].count("confirmed") == 1


def test_a_verdict_settles_what_the_reviewer_saw(decide, images):
    doubts = [_on(images[0], laterality="B"), _on(images[1], laterality="B")]
    assert decide(journal=doubts)[1]["status"] == "review"

    assert decide(journal=[*doubts, _verdict("reviewed")])[1]["status"] == "partial"


def test_a_conflict_that_a_reviewer_settled_fails_no_run(decide, images):
    # The study is named for the left breast.
    sides = [_on(image, laterality="R") for image in images]
    code, record = decide(journal=sides)
    assert (code, record["review_reasons"]) == (1, ["laterality-conflict"])

    code, record = decide(journal=[*sides, _verdict("reviewed")])

    assert (code, record["status"]) == (0, "paired")
    assert "laterality-conflict" in {problem["code"] for problem in record["problems"]}


def test_a_file_of_the_journal_that_is_broken_is_named_and_the_others_count(
    decide, images, tmp_path, capsys
):
    (tmp_path / "out" / "decisions").mkdir(parents=True)
    (tmp_path / "out" / "decisions" / "half.json").write_text("{")

    code, record = decide(journal=[_on(images[0], phase="post")])

    assert code == 1
    assert _image(record, images[0])["confidence"] == "confirmed"
    assert "decision-unreadable: decisions/half.json: decisions are no" in capsys.readouterr().out


@pytest.mark.parametrize("command", ["organise", "apply"])
def test_decisions_in_force_that_cannot_be_used_end_no_run(
    decide, images, tmp_path, capsys, command
):
    decide(_lay(tmp_path / "file.json", _on(images[0], phase="post")))
    in_force = tmp_path / "out" / "decisions.json"
    made = in_force.read_bytes()
    in_force.write_bytes(made[:-9])
    capsys.readouterr()

    code = run(["apply", str(tmp_path / "out")]) if command == "apply" else decide()[0]

    assert code == 1
    assert "decision-unreadable: decisions.json (kept as " in capsys.readouterr().out
    assert in_force.read_bytes() == made


@pytest.mark.parametrize("command", ["organise", "apply"])
def test_a_decision_on_what_is_not_there_is_named(decide, images, tmp_path, capsys, command):
    decide()
    stray = _lay(tmp_path / "file.json", _on("7.7", phase="post"))
    capsys.readouterr()

    if command == "apply":
        assert run(["apply", str(tmp_path / "out"), str(stray)]) == 0
    else:
        assert decide(stray)[0] == 0

    (kept,) = (tmp_path / "out" / "decisions").iterdir()
    said = capsys.readouterr()
    name = kept.stem.rpartition("-")[2]
    assert f"decision {name} names an image that is neither among the inputs" in said.out
    assert "7.7" not in said.out + said.err
