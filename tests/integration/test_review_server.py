"""The review over an output folder, asked as a browser asks it, without a socket."""

import json
import os
import platform
import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from html import unescape
from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace

pytest.importorskip("starlette", reason="the extra review is not installed")
pytest.importorskip("httpx", reason="httpx is not installed")

from exports import write_ductogram
from review_client import Client
from review_values import decode_values

from ductdicom.decisions.event import Event
from ductdicom.decisions.journal import read_journal
from ductdicom.export.output import open_output, require_output
from ductdicom.model.call import Phase
from ductdicom.model.outcome import CHANGED
from ductdicom.model.record import RecordedDecided, RecordedOpinion
from ductdicom.phantom.spec import Person
from ductdicom.pipeline.earlier.known import read_known
from ductdicom.pipeline.run import organise
from ductdicom.review import redrawing
from ductdicom.review.access import MOST_BODY_BYTES, Access
from ductdicom.review.app import make_app
from ductdicom.review.gallery import Gallery
from ductdicom.review.pages import history_of
from ductdicom.review.redrawing import Redrawing
from ductdicom.settings import Phi, Settings

SAMPLES = Path(__file__).resolve().parents[2] / "sample_data"
OWN = {"Sec-Fetch-Site": "same-origin"}
OTHER = Person(name="SAMPLE^YANKEE", patient_id="SAMPLE-901", birth_date="19550607")

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(not SAMPLES.is_dir(), reason="sample_data is no part of the source archive"),
]


class Review:
    """A review of an output folder, and one browser that was let in."""

    def __init__(self, output, *, is_read_only=False):
        self.output = output
        access = Access(hosts=frozenset({"127.0.0.1:8642"}))
        app = make_app(require_output(output), access, is_read_only=is_read_only)
        self.client = Client(app)
        self.get("/", params={"token": access.token})

    def get(self, path, **options):
        return self.client.get(path, **options)

    def save(self, key, decisions, seen, **headers):
        content = {"schema": "ductdicom.decisions/1", "decisions": decisions}
        asked = OWN | ({"If-Match": seen} if seen is not None else {}) | headers
        return self.client.post(f"/studies/{key}/decisions", json=content, headers=asked)

    @property
    def records(self):
        return read_known(self.output).records

    def key_of(self, name):
        """Return the key of a sample study by its patient."""
        return next(
            key
            for key, record in self.records.items()
            if any(name in image.source for image in record.instances)
        )

    def until_drawn(self, key):
        """Wait until a study is drawn; return what kept it from that."""
        while (said := self.get(f"/studies/{key}/drawn").json())["waiting"]:
            pass
        assert said["drawn"] is not bool(said["obstacle"])
        return said["obstacle"]

    def page(self, key):
        return self.get(f"/studies/{key}/sheet.html")


@pytest.fixture(scope="module")
def organised(tmp_path_factory):
    folder = tmp_path_factory.mktemp("review")
    inputs = [shutil.copytree(SAMPLES / n, folder / n) for n in ("clock-only", "textbook")]
    settings = Settings(output=folder / "out", jobs=1)
    organise([str(path) for path in inputs], settings, in_process=True)
    return folder


@pytest.fixture
def review(organised, tmp_path):
    """Return a review of a copy of the samples' output, whose originals stay where they are."""
    return Review(Path(shutil.copytree(organised / "out", tmp_path / "out")))


def _addresses(review, key):
    found = re.search(r'id="review-data">(.*?)</script>', review.page(key).text, re.DOTALL)
    return [image["address"] for image in json.loads(found[1])["images"]]


def test_the_list_has_what_waits_for_a_person_first_and_why(review):
    page = review.get("/").text

    assert page.index(review.key_of("clock-only")) < page.index(review.key_of("textbook"))
    assert "before and after are only suggested" in page


def test_a_study_is_its_sheet_with_reasons_history_and_images_in_full(review):
    key = review.key_of("clock-only")
    page = review.page(key).text

    assert f"<title>{key} · review</title>" in page
    assert "Patient ID SAMPLE-007" in page
    assert page.count("data-tile=") >= 4
    assert "Nobody has decided anything yet." in page
    assert len(_addresses(review, key)) == 4


@pytest.mark.parametrize("cut", ["a.dcm", "zz.dcm"])
def test_of_two_files_of_one_image_the_whole_one_is_seen_in_full(tmp_path, cut):
    export = write_ductogram(tmp_path / "export")
    whole = sorted(export.iterdir())[1]
    (export / cut).write_bytes(whole.read_bytes()[:-200])
    organise([str(export)], Settings(output=tmp_path / "out", jobs=1), in_process=True)
    review = Review(tmp_path / "out")

    (key,) = (path.name for path in (tmp_path / "out/studies").iterdir())
    addresses = _addresses(review, key)

    assert len(addresses) == 4
    assert {review.get(address).status_code for address in addresses} == {200}


def test_pages_and_addresses_hold_no_uid_no_path_and_no_name(review):
    for key, record in review.records.items():
        page = review.page(key).text
        for image in record.instances:
            for secret in (image.sop_instance_uid, image.series_instance_uid, image.source):
                assert secret not in page
        assert record.study_instance_uid not in page


def test_nothing_runs_but_what_comes_from_the_server_itself(review):
    page = review.page(review.key_of("clock-only")).text

    inline = re.findall(r"<script(?![^>]*(?:src=|application/json))", page)
    assert inline == []
    assert not re.search(r"<style|\sstyle=|\son\w+=", page)


def test_values_and_table_together_are_the_image(review):
    key = review.key_of("textbook")
    address = _addresses(review, key)[0]
    said = review.get(address, params={"level": 0}).json()

    answer = review.get(f"{address}/values", params={"level": 0})
    asked = {"level": 0, "choice": said["chosen"]}
    table = np.frombuffer(review.get(f"{address}/table", params=asked).content, np.uint8)

    picture = Gallery().picture(review.records[key], address.split("/")[-1], is_preview=False)
    shape = said["rows"], said["columns"]
    assert answer.headers["vary"] == "Accept-Encoding"
    assert np.array_equal(decode_values(answer.content, "", *shape), picture.values)
    assert np.array_equal(table, picture.table(picture.chosen))
    assert len(table) == said["count"]


def test_every_window_and_table_of_an_image_can_be_had_by_its_number(review):
    address = _addresses(review, review.key_of("textbook"))[0]
    choices = review.get(address).json()["choices"]

    for number, label in enumerate(choices):
        answer = review.get(f"{address}/table", params={"choice": number})
        assert answer.headers["voi-label"].replace("%20", " ").replace("%3A", ":") == label
    for number in (-1, len(choices), "x"):
        assert review.get(f"{address}/table", params={"choice": number}).status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/studies/nowhere/sheet.html",
        "/studies/../sheet.html",
        "/studies/%2e%2e%2f%2e%2e%2fetc/sheet.html",
        "/studies/{key}/images/000000000000",
        "/studies/{key}/images/..%2f..%2fstudy.json",
        "/studies/{key}/study.json",
        "/studies/{key}/sheet.pdf",
        "/studies.jsonl",
        "/decisions.json",
        "/.ductdicom/key",
        "/assets/..%2faccess.py",
        "/assets/study.html.j2",
    ],
)
def test_nothing_is_served_but_what_the_pages_need(review, path):
    key = review.key_of("textbook")

    assert review.get(path.format(key=key)).status_code == 404


def test_a_sheet_that_is_not_the_recorded_one_is_not_shown(review):
    key = review.key_of("textbook")
    sheet = review.output / "studies" / key / "sheet.html"
    sheet.write_text(sheet.read_text().replace("</script>", "window.hacked=1</script>"))

    assert "hacked" not in review.get(f"/studies/{key}/sheet.js").text
    assert "There is no sheet" in review.page(key).text


def test_where_originals_are_gone_the_sheet_stays_and_the_viewer_says_so(organised, tmp_path):
    export = shutil.copytree(SAMPLES / "textbook", tmp_path / "export")
    organise([str(export)], Settings(output=tmp_path / "out", jobs=1), in_process=True)
    review = Review(tmp_path / "out")
    shutil.rmtree(export)
    key = review.key_of("export")

    answer = review.get(_addresses(review, key)[0])

    assert answer.status_code == 410
    assert answer.text == "the original cannot be shown: missing"
    assert review.page(key).text.count("data-tile=") >= 4


def test_a_decision_is_saved_with_who_and_when_by_the_clock_of_the_server(review):
    key = review.key_of("clock-only")
    image = review.records[key].instances[0].id
    seen = review.page(key).headers["etag"]
    decision = {"image": image, "phase": "post", "by": "AB", "at": "1999-01-01T00:00:00"}

    answer = review.save(key, [decision], seen)

    assert answer.status_code == 200
    (event,) = read_journal(review.output).events
    assert (event.image, event.phase, event.by) == (image, "post", "AB")
    assert event.at > "2020"


def test_a_note_turns_nothing_around_that_stands_beside_it(review):
    key = review.key_of("clock-only")
    note = "\u202etsop\u202c seen\0"
    decision = {"study": key, "verdict": "reviewed", "by": "AB", "note": note}

    review.save(key, [decision], review.page(key).headers["etag"])

    assert read_journal(review.output).events[0].note == "tsop seen"
    review.until_drawn(key)


def test_a_page_names_a_study_by_its_key(review):
    key = review.key_of("clock-only")
    seen = review.page(key).headers["etag"]

    review.save(key, [{"study": key, "verdict": "cannot-tell", "by": "AB"}], seen)

    (event,) = read_journal(review.output).events
    assert event.study == key


def test_a_save_says_what_follows_and_the_study_is_drawn_again(review):
    key = review.key_of("clock-only")
    images = review.records[key].instances
    seen = review.page(key).headers["etag"]
    phases = [{"image": i.id, "phase": i.suggestion, "by": "AB"} for i in images]

    answer = review.save(key, phases, seen).json()

    assert answer["status"] == ["review", "paired"]
    assert review.until_drawn(key) == ""
    assert review.records[key].status == "paired"
    page = review.page(key)
    assert page.headers["etag"].strip('"') != answer["state"]  # the record is another
    assert page.text.count("Take back") == 4


def test_consequences_for_other_images_are_told_before_anything_is_saved(review):
    key = review.key_of("clock-only")
    first, *_ = review.records[key].instances
    content = {
        "schema": "ductdicom.decisions/1",
        "decisions": [{"image": first.id, "phase": "post", "by": "X"}],
    }

    said = review.client.post(f"/studies/{key}/preview", json=content, headers=OWN).json()

    decided = [item for item in said["changes"] if item["decided"] and item["what"] == "phase"]
    assert [(item["before"], item["after"]) for item in decided] == [("unknown", "post")]
    assert any(not item["decided"] for item in said["changes"])
    assert read_journal(review.output).events == ()


def test_a_decision_is_taken_back_by_another(review):
    key = review.key_of("clock-only")
    image = review.records[key].instances[0].id
    seen = review.page(key).headers["etag"]
    saved = review.save(key, [{"image": image, "phase": "post", "by": "AB"}], seen).json()
    review.until_drawn(key)

    seen = review.page(key).headers["etag"]
    review.save(key, [{"image": image, "undoes": saved["saved"], "by": "CD"}], seen)

    review.until_drawn(key)
    assert review.records[key].instances[0].phase == "unknown"
    assert len(read_journal(review.output).events) == 2
    page = review.page(key).text
    assert "taken back by CD" in page
    assert re.search(r"takes back AB \d{4}-\d\d-\d\d \d\d:\d\d", page)


def test_the_history_says_which_decisions_do_not_count(review):
    record = review.records[review.key_of("clock-only")]
    event = Event(image=record.instances[0].id, phase=Phase.POST, by="AB", at="2026-02-01T09:00:00")
    values = {"field": "phase", "value": "post", "by": "AB", "at": event.at, "note": ""}
    opinion = RecordedOpinion(**values, id=event.id, is_in_force=False)
    decided = RecordedDecided(fields=(), by="", at="", note="", outdated=(opinion,))
    changed = replace(record.instances[0], decided=decided)

    for instance, is_void in ((record.instances[0], False), (changed, True)):
        seen = replace(record, instances=(instance, *record.instances[1:]))
        assert [row["is_void"] for row in history_of(seen, [event])] == [is_void]


def test_two_reviewers_on_two_studies_do_not_wait_for_one_another(review):
    """Not even while a run holds the folder; what they decided is drawn as soon as it ends."""
    keys = [review.key_of("clock-only"), review.key_of("textbook")]
    with open_output(review.output):
        for key in keys:
            seen = review.page(key).headers["etag"]
            decision = {"study": key, "verdict": "reviewed", "by": "AB"}
            assert review.save(key, [decision], seen).status_code == 200
        assert len(read_journal(review.output).events) == 2
        # The process that draws may take its time to start.
        while not (said := review.get(f"/studies/{keys[0]}/drawn").json())["obstacle"]:
            assert said["waiting"]
        assert (said["drawn"], said["waiting"]) == (False, True)
        assert "as soon as that has ended" in said["obstacle"]
        # Who looks at a page need not know on which computer, and as which process.
        assert not re.search(rf"{os.getpid()}|{re.escape(platform.node())}", said["obstacle"])
    for key in keys:
        assert review.until_drawn(key) == ""
        assert review.records[key].review.verdict == "reviewed"


def test_a_study_whose_originals_are_gone_is_decided_on_and_stays_as_it_is(organised, tmp_path):
    export = shutil.copytree(SAMPLES / "clock-only", tmp_path / "export")
    organise([str(export)], Settings(output=tmp_path / "out", jobs=1), in_process=True)
    review = Review(tmp_path / "out")
    shutil.rmtree(export)
    key = review.key_of("export")
    seen = review.page(key).headers["etag"]

    answer = review.save(key, [{"study": key, "verdict": "cannot-tell", "by": "AB"}], seen)

    assert answer.json()["changes"] is None
    assert "gone" in review.until_drawn(key)
    assert not review.get(f"/studies/{key}/drawn").json()["drawn"]
    assert len(read_journal(review.output).events) == 1
    for server in (review, Review(review.output, is_read_only=True)):  # and one started later
        page = server.page(key).text
        assert "Saved and not drawn" in page
        assert page.count("not drawn</strong>") == 1
        assert server.until_drawn(key) != ""
    assert review.page(key).text.count("data-tile=") >= 4


def test_a_save_on_an_outdated_view_is_refused_with_both_versions(review):
    key = review.key_of("clock-only")
    image = review.records[key].instances[0].id
    seen = review.page(key).headers["etag"]
    review.save(key, [{"image": image, "phase": "post", "by": "AB"}], seen)

    mine = {"image": image, "phase": "pre", "by": "CD"}
    answer = review.save(key, [mine], seen)

    assert answer.status_code == 409
    versions = answer.json()
    assert versions["yours"]["decisions"] == [mine]
    assert [event["by"] for event in versions["now"]["history"]] == ["AB"]
    assert len(read_journal(review.output).events) == 1


def _of_a_page(review, key):
    """Return what the page of a study says was looked at: of each image, and of all."""
    page = review.page(key).text
    tiles = [json.loads(unescape(tile)) for tile in re.findall(r'data-tile="([^"]+)"', page)]
    study = json.loads(unescape(re.search(r'data-study="([^"]+)"', page)[1]))
    return {tile["image"]: tile["content"] for tile in tiles}, study["content"]


@pytest.fixture
def changing(tmp_path):
    """Return a review of a study, and the files of its first image and of one of another time."""
    export = Path(shutil.copytree(SAMPLES / "clock-only", tmp_path / "export"))
    settings = Settings(output=tmp_path / "out", jobs=1)
    organise([str(export)], settings, in_process=True)
    review = Review(tmp_path / "out")
    key = review.key_of("export")

    def change(number=0):
        path = Path(review.records[key].instances[number].source)
        path.write_bytes(path.read_bytes()[:-2] + b"\1\2")
        return lambda: organise([str(export)], settings, in_process=True)

    return review, key, change


@pytest.mark.parametrize("is_told_by_page", [True, False])
def test_what_is_saved_is_on_the_files_of_which_the_sheet_was_drawn(changing, is_told_by_page):
    review, key, _ = changing
    image = review.records[key].instances[0]
    looked, whole = _of_a_page(review, key)
    assert looked[image.id] == sha256(Path(image.source).read_bytes()).hexdigest()
    said = [{"content": looked[image.id]}, {"content": whole}] if is_told_by_page else [{}, {}]
    decisions = [
        {"image": image.id, "phase": "post", "by": "AB"} | said[0],
        {"study": key, "verdict": "reviewed", "by": "AB"} | said[1],
    ]

    assert review.save(key, decisions, review.page(key).headers["etag"]).status_code == 200

    events = read_journal(review.output).events
    assert {event.content for event in events} == {looked[image.id], whole}
    review.until_drawn(key)
    assert review.records[key].instances[0].confidence == "confirmed"
    assert review.records[key].review.is_outdated is False


@pytest.mark.parametrize("is_drawn_again", [False, True])
def test_nothing_is_saved_on_an_original_that_is_another_than_was_drawn(changing, is_drawn_again):
    review, key, change = changing
    image = review.records[key].instances[0].id
    looked, whole = _of_a_page(review, key)
    organise_again = change()
    if is_drawn_again:
        organise_again()
    on_image = {"image": image, "phase": "post", "by": "AB", "content": looked[image]}
    on_study = {"study": key, "verdict": "reviewed", "by": "AB", "content": whole}

    for decision in (on_image, on_study):
        answer = review.save(key, [decision], review.page(key).headers["etag"])
        assert answer.status_code == 409
        assert answer.json()["changed"][0] == "image 1, L CC"
    assert read_journal(review.output).events == ()

    # The other images are what they were; and once the sheet is drawn of it, so is this one.
    other = {"image": review.records[key].instances[1].id, "phase": "post", "by": "AB"}
    assert review.save(key, [other], review.page(key).headers["etag"]).status_code == 200
    review.until_drawn(key)
    organise_again()
    on_image["content"] = _of_a_page(review, key)[0][image]
    assert review.save(key, [on_image], review.page(key).headers["etag"]).status_code == 200
    review.until_drawn(key)
    assert review.records[key].instances[0].confidence == "confirmed"


def test_an_original_that_is_another_now_is_told_apart_from_one_that_is_gone(changing):
    review, key, change = changing
    one, other = review.records[key].instances[:2]
    changed, gone = (f"/studies/{key}/images/{image.id}" for image in (one, other))
    assert review.get(changed).status_code == 200  # and is kept
    source = Path(other.source)

    away = source.rename(source.with_suffix(".away"))
    change()

    for address, reason in ((changed, CHANGED), (gone, "missing")):
        for name in ("", "/values", "/table?choice=0"):
            answer = review.get(address + name)
            assert (answer.status_code, answer.text) == (
                410,
                f"the original cannot be shown: {reason}",
            )
    away.rename(source)
    assert review.get(gone).status_code == 200


def test_a_verdict_on_what_two_patients_share_is_refused_in_words(tmp_path):
    also = {"study_instance_uid": "2.25.900", "person": OTHER}
    write_ductogram(tmp_path / "two" / "a")
    write_ductogram(tmp_path / "two" / "b", study="2.25.901", **also)
    organise([str(tmp_path / "two")], Settings(output=tmp_path / "out", jobs=1), in_process=True)
    review = Review(tmp_path / "out")
    key = min(review.records)
    seen = review.page(key).headers["etag"]

    answer = review.save(key, [{"study": key, "verdict": "reviewed", "by": "AB"}], seen)

    assert answer.status_code == 400
    assert "several patients" in answer.text
    assert read_journal(review.output).events == ()
    image = {"image": review.records[key].instances[0].id, "phase": "pre", "by": "AB"}
    assert review.save(key, [image], seen).status_code == 200
    review.until_drawn(key)


def test_a_save_that_does_not_say_what_was_seen_is_refused(review):
    key = review.key_of("clock-only")

    answer = review.save(key, [{"study": key, "verdict": "reviewed", "by": "AB"}], None)

    assert answer.status_code == 428
    assert read_journal(review.output).events == ()


@pytest.mark.parametrize(
    "decision",
    [
        pytest.param({"study": "{key}", "verdict": "reviewed"}, id="no initials"),
        pytest.param({"study": "{key}", "verdict": "fine", "by": "AB"}, id="no such verdict"),
        pytest.param({"study": "{other}", "verdict": "reviewed", "by": "AB"}, id="another study"),
        pytest.param({"image": "{image}", "phase": "pre", "by": "AB"}, id="another study's image"),
        pytest.param({"image": "ffffffffffff", "phase": "pre", "by": "AB"}, id="no such image"),
        pytest.param({"study": "{key}", "by": "AB"}, id="nothing decided"),
        pytest.param(
            {"image": "{own}", "phase": "pre", "by": "AB", "note": "x" * 1001}, id="endless note"
        ),
        pytest.param(
            {"image": "{own}", "sop_instance_uid": "{uid}", "phase": "pre", "by": "AB"},
            id="an image by the name of one and the UID of another",
        ),
    ],
)
def test_what_is_no_decision_on_the_study_is_not_saved(review, decision):
    key, other = review.key_of("clock-only"), review.key_of("textbook")
    foreign, own = review.records[other].instances[0], review.records[key].instances[0].id
    uid = foreign.sop_instance_uid
    names = {"key": key, "other": other, "image": foreign.id, "own": own, "uid": uid}
    seen = review.page(key).headers["etag"]

    answer = review.save(key, [{k: v.format(**names) for k, v in decision.items()}], seen)

    assert answer.status_code == 400
    assert read_journal(review.output).events == ()


def test_a_decision_that_names_a_field_twice_is_not_saved(review):
    key = review.key_of("clock-only")
    image = review.records[key].instances[0].id
    body = (
        '{"schema": "ductdicom.decisions/1", "decisions": '
        f'[{{"image": "{image}", "phase": "pre", "phase": "post", "by": "AB"}}]}}'
    )
    headers = OWN | {"If-Match": review.page(key).headers["etag"]}
    headers["Content-Type"] = "application/json"

    answer = review.client.post(f"/studies/{key}/decisions", content=body, headers=headers)

    assert (answer.status_code, "names 'phase' twice" in answer.text) == (400, True)
    assert read_journal(review.output).events == ()


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b"[]", "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b'{"schema": "\\ud800"}', "application/json", 400),
        (b"{}", "text/plain", 415),
        (b" " * (MOST_BODY_BYTES + 1), "application/json", 413),
    ],
)
def test_what_is_sent_is_bounded_and_of_one_kind(review, content, kind, status):
    key = review.key_of("clock-only")
    headers = OWN | {"If-Match": '"x"', "Content-Type": kind}

    answer = review.client.post(f"/studies/{key}/decisions", content=content, headers=headers)

    assert answer.status_code == status


def test_a_browser_that_is_closed_while_it_sends_is_no_bug(review, capfd):
    path = f"/studies/{review.key_of('clock-only')}/decisions"
    headers = OWN | {"If-Match": '"x"', "Content-Type": "application/json"}

    assert review.client.leave(path, headers=headers) == [400]
    assert capfd.readouterr().err == ""


def test_a_study_that_is_called_no_ductogram_can_be_called_one_again(review):
    key = review.key_of("clock-only")
    seen = review.page(key).headers["etag"]
    decision = {"study": key, "verdict": "not-a-ductogram", "by": "AB"}
    saved = review.save(key, [decision], seen).json()
    assert review.until_drawn(key) == ""
    assert review.records[key].status == "not-a-ductogram"
    assert f'data-key="{key}" data-group="done"' in review.get("/").text
    page = review.page(key)

    review.save(key, [{"study": key, "undoes": saved["saved"], "by": "AB"}], page.headers["etag"])

    assert review.until_drawn(key) == ""
    assert review.records[key].status == "review"
    assert review.page(key).text.count("data-tile=") >= 4


def test_with_nobody_named_no_day_no_time_and_no_patient_is_told(tmp_path):
    settings = Settings(output=tmp_path / "out", jobs=1, phi=Phi.NONE)
    organise([str(SAMPLES / "clock-only")], settings, in_process=True)
    review = Review(tmp_path / "out")
    key = review.key_of("clock-only")

    for page in (review.get("/").text, review.page(key).text):
        for told in ("2026-01-26", "20260126", "SAMPLE-007", "09:02", "09:21"):
            assert told not in page


def test_a_bug_is_told_by_its_place_and_not_by_its_words(review, monkeypatch, capsys):
    def fail(*_):
        raise RuntimeError("Mustermann^Erika")

    monkeypatch.setattr("ductdicom.review.app.list_studies", fail)
    with pytest.raises(RuntimeError):  # as a server gets it, which says nothing of it
        review.get("/")

    said = capsys.readouterr().err
    assert "RuntimeError at " in said
    assert "Mustermann" not in said


def test_images_are_called_by_the_numbers_of_the_sheets_list(review):
    key = review.key_of("clock-only")
    images = [image.id for image in review.records[key].instances]
    page = review.page(key)
    study = json.loads(unescape(re.search(r'data-study="([^"]+)"', page.text)[1]))
    assert study["images"] == images
    for number in range(1, 5):
        assert f"· image {number}, L " in page.text
    decision = {"image": images[2], "phase": "post", "by": "AB"}

    saved = review.save(key, [decision], page.headers["etag"]).json()
    refused = review.save(key, [decision], page.headers["etag"]).json()

    name = next(one["label"] for one in saved["changes"] if one["image"] == images[2])
    assert name.startswith("image 3, L ")
    assert refused["now"]["history"][0]["on"] == name
    assert refused["now"]["images"][2]["label"] == name
    assert f"<td>{name}</td>" in review.page(key).text
    review.until_drawn(key)


def test_the_list_knows_by_the_login_what_is_ones_own(review):
    key = review.key_of("clock-only")
    decision = {"study": key, "verdict": "reviewed", "by": "AB"}
    access = Access(user_header="X-Remote-User", trusted_proxy="127.0.0.1")
    client = Client(make_app(require_output(review.output), access))
    mueller, other = ({"X-Remote-User": name} for name in ("mueller", "meier"))
    page = f"/studies/{key}"
    seen = client.get(f"{page}/sheet.html", headers=mueller).headers["etag"]
    content = {"schema": "ductdicom.decisions/1", "decisions": [decision]}
    headers = OWN | mueller | {"If-Match": seen}
    assert client.post(f"{page}/decisions", json=content, headers=headers).status_code == 200
    while client.get(f"{page}/drawn", headers=mueller).json()["waiting"]:
        pass

    assert client.get("/", headers=mueller).text.count("data-own") == 1
    told = client.get("/", headers=other).text
    assert "data-own" not in told
    assert "mueller" not in told
    assert 'data-by="AB"' in told


def test_a_read_only_review_saves_nothing(organised):
    review = Review(organised / "out", is_read_only=True)
    key = review.key_of("clock-only")
    seen = review.page(key).headers["etag"]

    answer = review.save(key, [{"study": key, "verdict": "reviewed", "by": "AB"}], seen)

    assert answer.status_code == 403
    assert read_journal(review.output).events == ()


def test_who_has_a_study_open_is_told_to_others_until_the_page_is_left(review):
    key = review.key_of("clock-only")

    def say(page, **more):
        content = {"page": page, "by": "CD", **more}
        return review.client.post(f"/studies/{key}/presence", json=content, headers=OWN).json()

    assert say("one") == {"others": []}
    (other,) = say("two")["others"]
    assert (other["who"], other["for"]) == ("CD", "0 min")
    say("one", leaves=True)
    assert say("two") == {"others": []}
    assert list(review.get("/open").json()) == [key]


def test_many_requests_at_once_are_all_answered(review):
    addresses = _addresses(review, review.key_of("textbook"))
    app = review.client

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(app.get, [f"{address}/values" for address in addresses] * 3))

    assert {answer.status_code for answer in found} == {200}


def _die(*_):
    os._exit(1)  # as a decoder does that writes where it may not


def test_a_decoder_that_ends_the_program_that_draws_ends_no_review(review, monkeypatch):
    key = review.key_of("clock-only")
    drawing = Redrawing(review.output, lambda: None)
    with monkeypatch.context() as patch:
        patch.setattr(redrawing, "_redo", _die)
        drawing.add(key)
        while not (said := drawing.wait(key, 10))[0]:
            pass
    assert said == (True, redrawing.DIED)

    drawing.add(key)

    while not (said := drawing.wait(key, 10))[0]:
        pass
    assert said == (True, "")
