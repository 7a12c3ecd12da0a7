"""The review strip: from a study that waits for a person to a file of decisions, by keys alone."""

import io
import json
import re
import shutil
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest
from browsing import needs_chromium
from sheets import lay_out, make_image, make_tile

from ductdicom.cli.application import run
from ductdicom.export.html.index import IndexEntry, html_index
from ductdicom.export.html.sheet import PageStudy, html_sheet
from ductdicom.model.call import Decision, Opinion, Phase
from ductdicom.model.last_run import InputCount, InputCounts, LastRun, UnreadInputs
from ductdicom.model.outcome import Status
from ductdicom.sheet.style import DARK, THEMES

SAMPLES = Path(__file__).resolve().parents[2] / "sample_data"
needs_samples = pytest.mark.skipif(
    not SAMPLES.is_dir(), reason="sample_data is no part of the source archive"
)
pytestmark = [pytest.mark.integration, needs_chromium]

KEY = "20260102-0123456789abcdef"
NAME = f"ductdicom:batch:{KEY}"
LAST = LastRun(
    finished="2026-01-03T02:10:00Z",
    version="1.0",
    exit_code=1,
    inputs=InputCounts(total=1, by_reason=(InputCount("unreadable", "truncated", 1),)),
    unreadable=(UnreadInputs("truncated", 1, ("CD1/IM1",)),),
)
IDS = {number: f"{number:012x}" for number in range(1, 9)}


def _organise(*arguments):
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        return run(["organise", *map(str, arguments), "--format", "html", "-j", "1"])


@pytest.fixture(scope="module")
def organised(tmp_path_factory):
    """Return a folder of results with one study whose images are only suggested."""
    folder = tmp_path_factory.mktemp("organised") / "out"
    assert _organise(SAMPLES / "clock-only", SAMPLES / "prior-scout", "-o", folder) == 0
    return folder


def _suggest(image, phase):
    call = image.call.__class__(
        phase=Phase.UNKNOWN, confidence="unknown", suggestion=Phase(phase), evidence=()
    )
    return image.__class__(
        **{name: getattr(image, name) for name in image.__struct_fields__} | {"call": call}
    )


def _images():
    """Return a row of which everything is suggested, one that is certain, one that is unknown."""
    return [
        _suggest(make_image(1), "pre"),
        _suggest(make_image(2), "post"),
        make_image(3, phase="pre", view="MLO"),
        make_image(4, view="MLO"),
        make_image(5, phase="unknown", view="MLO"),
    ]


@cache
def _waiting(theme="dark"):
    """Return the sheet of a study that waits; most tests open one such."""
    return _document(theme=THEMES[theme])


def _document(images=None, key=KEY, theme=DARK, batch="batch", opinions=(), contents=None):
    images = _images() if images is None else images
    seen = contents or {}
    tiles = {
        f"{n}.dcm": replace(make_tile((240, 160), seed=n), content=seen.get(n, ""))
        for n in range(1, 9)
    }
    _, _, pages = lay_out(images, tiles)
    study = PageStudy(
        key=key,
        identity=("Patient ID 4711", "Study 2026-01-02"),
        batch=batch,
        content="all of it" if seen else "",
        opinions=opinions,
        drawn=DRAWN,
        images=tuple(image.instance.id for image in images),
    )
    index = "../../index.html"
    return html_sheet(pages, theme, title=f"Sheet {key}", index=index, study=study)


DRAWN = "d1"


def _entry(key, status=Status.REVIEW, drawn=DRAWN):
    return IndexEntry(
        key=key,
        date="2026-01-02",
        who="",
        words="ductogram",
        status=status,
        images="5 objects",
        problems="",
        link=f"studies/{key}/sheet.html",
        links=(("sheet.html", f"studies/{key}/sheet.html"),),
        thumbnail="",
        drawn=drawn,
    )


def _batch(folder, documents, entries):
    for key, document in documents.items():
        path = folder / "studies" / key / "sheet.html"
        path.parent.mkdir(parents=True)
        path.write_bytes(document)
    index = folder / "index.html"
    index.write_bytes(html_index(entries, LAST, batch="batch"))
    return index


class Review:
    """A sheet with its strip."""

    def __init__(self, opened):
        self.opened = opened
        self.window = opened.window

    def press(self, *keys):
        self.opened.press(*keys)
        return self

    def choose(self, number):
        self.window.locator(f'image[data-tile*="{IDS[number]}"]').first.focus()
        return self

    def chosen(self):
        tile = self.window.evaluate("document.activeElement.dataset.tile || '{}'")
        image = json.loads(tile).get("image")
        return next((number for number, name in IDS.items() if name == image), None)

    def part(self, name):
        return self.window.locator(f'#strip [data-part="{name}"]')

    def marks(self):
        """Return what stands over the heads of tiles, one text a tile."""
        return [
            " | ".join(mark.locator("text").all_text_contents())
            for mark in self.window.locator("g.pending").all()
        ]

    def kept(self):
        return self.window.evaluate("(name) => JSON.parse(localStorage.getItem(name))", NAME)

    def save(self, by="ab"):
        """Save with initials that are asked for, and return the file's name and decisions."""
        self.press("Control+s")
        return self.type_initials(by)

    def type_initials(self, by):
        self.window.keyboard.type(by)
        with self.window.expect_download() as download:
            self.press("Enter")
        return _saved(download)

    def save_again(self):
        with self.window.expect_download() as download:
            self.press("Control+s")
        return _saved(download)


def _saved(download):
    found = json.loads(Path(download.value.path()).read_text(encoding="utf-8"))
    assert found["schema"] == "ductdicom.decisions/1"
    return download.value.suggested_filename, found["decisions"]


def _without(decision, *names):
    return {name: value for name, value in decision.items() if name not in names}


@pytest.fixture
def sheet(show, tmp_path):
    path = tmp_path / "sheet.html"
    path.write_bytes(_waiting())
    review = Review(show(path))
    yield review
    assert review.opened.complaints == []


@needs_samples
def test_five_keys_lead_from_the_index_to_a_file_that_confirms_the_sheet(show, organised, tmp_path):
    index = show(organised / "index.html")
    # Whoever sits here has given their initials today.
    index.window.evaluate(
        "localStorage.setItem('ductdicom:by', JSON.stringify({by: 'AB', until: Date.now() + 1e6}))"
    )
    keys = ["j", "Enter", "a", "a", "Control+s"]
    index.press(*keys[:2])
    index.window.wait_for_url("**/sheet.html*")
    index.press(*keys[2:4])
    with index.window.expect_download() as download:
        index.press(keys[4])

    saved = tmp_path / download.value.suggested_filename
    shutil.copy(download.value.path(), saved)
    assert re.fullmatch(r"decisions-20\d{6}-[0-9a-f]{16}-AB-\d{8}T\d{6}Z\.json", saved.name)
    assert index.complaints == []
    study = _study_after(saved, organised, tmp_path, ["apply", "OUT", str(saved)])
    assert study["status"] == "paired"
    views = [item for item in study["instances"] if item["phase"]]
    assert {item["confidence"] for item in views} == {"confirmed"}
    assert sorted(item["phase"] for item in views) == ["post", "post", "pre", "pre"]
    redrawn = Review(show(tmp_path / "out" / "studies" / study["key"] / "sheet.html"))
    assert not redrawn.window.locator("#strip").is_visible()
    assert redrawn.window.locator("svg rect.f-pre, svg rect.f-post").count() == 4


def _study_after(saved, organised, tmp_path, command, laid=()):
    """Return the study that a command makes of a saved file, in a copy of the folder of results."""
    out = Path(shutil.copytree(organised, tmp_path / "out"))
    for path in laid:
        (out / "decisions").mkdir()
        shutil.copy(path, out / "decisions")
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        assert run([str(out) if word == "OUT" else word for word in command]) == 0
    records = [json.loads(line) for line in (out / "studies.jsonl").read_text().splitlines()]
    return next(record for record in records if record["key"] in saved.name)


@needs_samples
def test_a_verdict_from_the_page_closes_the_study(show, organised, tmp_path):
    records = [json.loads(line) for line in (organised / "studies.jsonl").read_text().splitlines()]
    key = next(record["key"] for record in records if record["status"] == "review")
    review = Review(show(organised / "studies" / key / "sheet.html"))
    review.window.get_by_role("button", name="Cannot tell").click()
    name, decisions = review.save()
    saved = tmp_path / name
    content = {"schema": "ductdicom.decisions/1", "decisions": decisions}
    saved.write_text(json.dumps(content), encoding="utf-8")

    study = _study_after(saved, organised, tmp_path, ["apply", "OUT"], laid=[saved])

    assert (study["status"], study["review"]["by"]) == ("closed", "AB")


def _said(by, value, **changes):
    """Return what somebody said of a phase; the ID is one as of the journal."""
    values = {"field": "phase", "value": value, "by": by, "id": f"{by.lower()}0001"} | changes
    return Opinion(**values)


def _decided(number, phase, *opinions):
    return make_image(number, phase=phase, decided=Decision(opinions=opinions))


@pytest.fixture
def contested(show, tmp_path):
    """Return a sheet on which people decided already, and two of them differ."""
    two = [_said(by, word, is_in_force=False) for by, word in (("AB", "pre"), ("CD", "post"))]
    images = [
        _decided(1, "pre", _said("CD", "pre")),
        make_image(2),
        _decided(3, "unknown", *two),
        _decided(4, "unknown", _said("CD", "unknown")),
    ]
    opinions = (_said("CD", "reviewed", field="verdict"),)
    path = tmp_path / "sheet.html"
    path.write_bytes(_document(images, opinions=opinions))
    review = Review(show(path))
    review.opened.press("r")
    if not review.window.locator("#strip").is_visible():
        review.opened.press("r")
    return review


def test_overruling_another_person_is_said_and_takes_back_what_he_said(contested):
    contested.choose(1).press("o")
    assert contested.marks() == ["was PRE BY CD, L CC | PENDING | → POST, OVERRULES CD"]

    _, (decision,) = contested.save("ab")

    assert decision["undoes"] == ["cd0001"]


def test_saying_the_same_and_changing_ones_own_mind_overrule_nobody(contested):
    contested.choose(1).press("p")
    assert contested.save("ab")[1][0].keys() == {"image", "phase", "by", "at"}
    contested.part("by").fill("cd")
    contested.choose(1).press("o")

    assert "OVERRULES" not in contested.marks()[0]
    # Taken back by its ID: the clock under which it was said may have been fast.
    assert contested.save_again()[1][0]["undoes"] == ["cd0001"]


def test_what_was_left_out_waits_for_nobody_and_is_taken_in_again(show, tmp_path):
    out = make_image(
        3,
        phase="unknown",
        is_excluded=True,
        decided=Decision(exclude=True, opinions=(_said("AB", "true", field="exclude"),)),
    )
    path = tmp_path / "sheet.html"
    path.write_bytes(_document([make_image(1, phase="pre"), make_image(2), out]))
    review = Review(show(path))
    assert not review.window.locator("#strip").is_visible()

    review.choose(3).press("r", "x")

    assert review.marks() == [
        "was UNKNOWN, EXCLUDED, L CC | PENDING | → NOT EXCLUDED, OVERRULES AB"
    ]
    assert _without(review.save("cd")[1][0], "at", "image", "by") == {
        "exclude": False,
        "undoes": ["ab0001"],
    }


def test_where_two_differ_both_are_named_and_the_image_waits(contested):
    contested.choose(2).press("o").choose(4).press("u")
    contested.choose(3)
    assert "UNKNOWN, AB: PRE, CD: POST" in contested.part("chosen").inner_text()
    contested.press("p")
    assert "No image waits" in contested.part("said").inner_text()

    decision = next(d for d in contested.save("ef")[1] if d["image"] == IDS[3])

    assert decision["undoes"] == ["cd0001"]


def test_a_verdict_is_named_and_can_be_taken_back(contested):
    assert "reviewed by CD" in contested.part("standing").inner_text()
    contested.window.get_by_role("button", name="Reopen").click()
    assert "REOPENED, OVERRULES CD" in contested.part("standing").inner_text()

    _, (decision,) = contested.save("ab")

    assert _without(decision, "at") == {
        "study": KEY, "verdict": "reopened", "undoes": ["cd0001"], "by": "AB"
    }  # fmt: skip


def test_it_opens_where_a_person_is_asked_and_says_why_and_what_waits_first(sheet):
    assert sheet.window.locator("#strip").is_visible()
    assert sheet.part("standing").inner_text() == "REVIEW NEEDED"
    assert "only suggested" in sheet.part("why").inner_text()
    assert sheet.chosen() == 1
    assert "UNKNOWN, SUGGESTED PRE, L CC" in sheet.part("chosen").inner_text()


def test_both_images_of_the_row_stay_in_sight_above_it(sheet):
    sheet.press("o")
    strip = sheet.window.locator("#strip").bounding_box()

    for number in (1, 2):
        box = sheet.window.locator(f'image[data-tile*="{IDS[number]}"]').first.bounding_box()
        assert box["y"] >= 0
        assert box["y"] + box["height"] <= strip["y"]


def test_what_is_said_of_an_image_comes_into_the_window_with_it(sheet):
    sheet.choose(1).press("p", "Backspace")
    image = f'image[data-tile*="{IDS[1]}"]'
    above = f"document.querySelector('{image}').getBoundingClientRect().top"
    sheet.window.evaluate(f"window.scrollBy(0, {above})")

    sheet.choose(4).choose(1).press("p")

    sheet.window.evaluate(
        "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
    )
    assert sheet.window.locator("g.pending").bounding_box()["y"] >= 0


@pytest.mark.parametrize(
    ("number", "keys", "expected", "shown"),
    [
        pytest.param(1, ["p"], {"phase": "pre"}, "PRE", id="P"),
        pytest.param(1, ["o"], {"phase": "post"}, "POST", id="O"),
        pytest.param(1, ["u"], {"phase": "unknown"}, "CANNOT BE TOLD", id="U"),
        pytest.param(4, ["s"], {"laterality": "R"}, "R MLO", id="S"),
        pytest.param(4, ["s", "s"], {"laterality": "B"}, "B MLO", id="S twice"),
        pytest.param(4, ["x"], {"exclude": True}, "EXCLUDED", id="X"),
        pytest.param(4, ["x", "x"], {"exclude": False}, "NOT EXCLUDED", id="X and back"),
        pytest.param(4, ["v", "M", "L", "Enter"], {"view": "ML"}, "L ML", id="V"),
        pytest.param(
            4, ["p", "n", "w", "h", "y", "Enter"], {"phase": "pre", "note": "why"}, "PRE, NOTE",
            id="N",
        ),
    ],
)  # fmt: skip
def test_each_key_decides_one_thing_of_the_chosen_image(sheet, number, keys, expected, shown):
    sheet.choose(number).press(*keys)

    (mark,) = sheet.marks()
    was = "UNKNOWN, SUGGESTED PRE, L CC" if number == 1 else "POST, L MLO"
    assert mark == f"was {was} | PENDING | → {shown}"
    name, (decision,) = sheet.save()
    assert decision.pop("image") == IDS[number]
    assert decision.pop("by") == "AB"
    at = datetime.fromisoformat(decision.pop("at")).replace(tzinfo=UTC)
    assert abs(datetime.now(UTC) - at) < timedelta(minutes=5)
    assert decision == expected
    assert name.startswith(f"decisions-{KEY}-AB-")


@pytest.mark.parametrize("verdict", ["reviewed", "cannot-tell", "not-a-ductogram"])
def test_a_study_gets_its_verdict_by_key_as_its_page_knows_no_uid(sheet, verdict):
    sheet.window.locator(f'#strip [data-do="{verdict}"]').click()

    said = sheet.part("standing").inner_text()
    assert said == f"REVIEW NEEDED → {verdict.replace('-', ' ').upper()}, PENDING"
    _, (decision,) = sheet.save()
    assert _without(decision, "at") == {"study": KEY, "verdict": verdict, "by": "AB"}


def test_what_is_pending_is_dashed_and_no_badge_becomes_solid(sheet):
    before = sheet.window.locator("svg rect.f-pre, svg rect.f-post").count()
    sheet.press("p")
    box = sheet.window.locator("g.pending rect").first

    assert box.evaluate("(box) => getComputedStyle(box).strokeDasharray") != "none"
    assert sheet.window.locator("svg rect.f-pre, svg rect.f-post").count() == before


def test_a_decision_leads_on_to_the_next_image_that_waits(sheet):
    sheet.press("p")
    assert sheet.chosen() == 2
    sheet.press("o")
    assert sheet.chosen() == 5
    sheet.press("o")
    assert sheet.chosen() == 5
    assert "No image waits" in sheet.part("said").inner_text()


def test_an_image_that_is_left_out_waits_no_more(sheet):
    sheet.press("x").choose(2).press("o")

    assert sheet.chosen() == 5


@needs_samples
def test_a_closeup_stands_for_the_image_that_it_is_a_part_of(show, organised):
    records = [json.loads(line) for line in (organised / "studies.jsonl").read_text().splitlines()]
    key = next(record["key"] for record in records if record["status"] == "review")
    review = Review(show(organised / "studies" / key / "sheet.html"))
    review.window.locator("image[data-tile*='\"part\": [']").first.focus()
    review.press("u")

    assert review.marks() == ["was UNKNOWN, SUGGESTED PRE, L CC | PENDING | → CANNOT BE TOLD"]


def test_a_change_of_what_was_certain_leads_nowhere(sheet):
    sheet.choose(3).press("o")

    assert sheet.chosen() == 3


def test_accepting_takes_the_row_and_no_more(sheet):
    sheet.press("a")
    _, decisions = sheet.save()

    assert {item["image"]: item["phase"] for item in decisions} == {IDS[1]: "pre", IDS[2]: "post"}


def test_accepting_leaves_what_was_decided_and_says_where_nothing_is_suggested(sheet):
    sheet.press("o").choose(2).press("a")
    sheet.choose(3).press("a")

    assert "Nothing is suggested" in sheet.part("said").inner_text()
    _, decisions = sheet.save()
    assert {item["image"]: item["phase"] for item in decisions} == {IDS[1]: "post", IDS[2]: "post"}


def test_backspace_takes_back_one_deed_and_goes_there(sheet):
    sheet.press("a").choose(4).press("x", "Backspace")
    assert len(sheet.marks()) == 2
    assert sheet.chosen() == 4
    sheet.press("Backspace")
    assert sheet.marks() == []
    assert sheet.chosen() == 1
    sheet.press("Backspace")
    assert "Nothing is pending" in sheet.part("said").inner_text()
    assert sheet.kept() is None


def test_backspace_takes_back_one_deed_of_several_on_one_field(sheet):
    sheet.choose(4).press("o", "p", "s", "s")
    for shown in ("PRE, R MLO", "PRE", "POST"):
        sheet.press("Backspace")
        assert sheet.marks()[0].endswith(f"→ {shown}")
    sheet.press("n")
    sheet.window.keyboard.type("one")
    sheet.press("Enter", "n", "End")
    sheet.window.keyboard.type(" two")
    sheet.press("Enter", "Backspace")
    assert sheet.part("note").input_value() == "one"
    sheet.press("Backspace", "Backspace")
    assert sheet.marks() == []


def test_keys_decide_nothing_without_a_chosen_image_or_with_the_strip_closed(sheet):
    sheet.window.evaluate("document.activeElement.blur()")
    sheet.press("p")
    assert "Choose an image first" in sheet.part("said").inner_text()
    sheet.choose(1).press("r", "p", "a", "x")
    assert not sheet.window.locator("#strip").is_visible()
    sheet.press("r")
    assert sheet.marks() == []


def test_a_click_beside_the_images_leaves_none_chosen(sheet):
    sheet.choose(2)
    sheet.window.mouse.click(2, 2)

    assert sheet.part("chosen").inner_text() == "No image chosen"
    sheet.press("p")
    assert sheet.marks() == []
    assert "Choose an image first" in sheet.part("said").inner_text()


def test_the_viewer_says_what_is_pending(sheet):
    sheet.press("p", "Enter")

    notes = sheet.window.locator('.pane[data-side="left"] [data-say="notes"]')
    assert notes.inner_text().startswith("PENDING: PRE")


def test_keys_of_the_viewer_stay_its_own(sheet):
    sheet.press("Enter", "p", "n", "x", "a", "Escape")

    assert sheet.marks() == []
    assert sheet.window.locator("#strip").is_visible()


def test_letters_typed_into_a_field_decide_nothing(sheet):
    sheet.press("p", "n")
    sheet.window.keyboard.type("pox arj")
    sheet.press("Escape")

    assert len(sheet.marks()) == 1
    assert sheet.window.locator("#strip").is_visible()


@pytest.mark.parametrize("leave", ["Enter", "Escape", "Tab", "Control+s"])
def test_what_was_typed_is_a_note_on_the_image_that_was_decided(sheet, leave):
    sheet.press("p")
    assert sheet.chosen() == 2
    sheet.press("n")
    assert "Image 1:" in sheet.part("chosen").inner_text()
    assert sheet.part("noted").inner_text().strip() == "on image 1"
    sheet.window.keyboard.type("too dark")
    sheet.press(leave)
    if leave in {"Enter", "Escape"}:
        assert sheet.chosen() == 2

    saved = sheet.save if leave != "Control+s" else sheet.type_initials
    _, (decision,) = saved("ab")
    assert (decision["image"], decision["phase"]) == (IDS[1], "pre")
    assert decision["note"] == "too dark"


@pytest.mark.parametrize("leave", ["Enter", "Control+s"])
def test_a_note_after_a_verdict_is_on_the_study(sheet, leave):
    sheet.window.locator('#strip [data-do="cannot-tell"]').click()
    assert sheet.part("noted").inner_text().strip() == "on the study"
    sheet.press("n")
    sheet.window.keyboard.type("blurred")
    sheet.press(leave)

    assert sheet.part("standing").inner_text().endswith("→ CANNOT TELL, NOTE, PENDING")
    saved = sheet.save if leave == "Enter" else sheet.type_initials
    _, (decision,) = saved("ab")
    assert _without(decision, "at") == {
        "study": KEY, "verdict": "cannot-tell", "note": "blurred", "by": "AB",
    }  # fmt: skip


def test_a_note_on_an_image_that_is_chosen_after_a_verdict_is_on_the_image(sheet):
    sheet.window.locator('#strip [data-do="cannot-tell"]').click()
    sheet.choose(2)

    assert sheet.part("noted").inner_text().strip() == "on image 2"


def test_the_field_of_a_note_says_beforehand_which_image_it_is_on(sheet):
    sheet.press("p", "o")
    assert sheet.chosen() == 5
    assert sheet.part("noted").inner_text().strip() == "on image 2"
    # A row whose last image was decided by accepting it, where nothing waits after that.
    sheet.press("u", "Backspace", "Backspace", "Backspace").choose(1).press("o").choose(2)
    sheet.press("a").choose(5).press("o", "x", "x")
    for chosen, keys in ((2, "p"), (5, "x"), (1, "a")):
        sheet.choose(chosen).press(keys)
        before = sheet.part("noted").inner_text()
        sheet.press("n")
        assert sheet.part("noted").inner_text() == before == f" on image {chosen}"
        sheet.press("Escape")


def test_a_note_after_accepting_a_row_is_on_the_image_from_which_it_was_accepted(show, tmp_path):
    path = tmp_path / "sheet.html"
    suggested = [_suggest(make_image(n, view="MLO" if n > 2 else "CC"), "post") for n in (1, 2, 3)]
    path.write_bytes(_document(suggested))
    review = Review(show(path))
    review.choose(1).press("o").choose(3).press("a")
    assert review.part("noted").inner_text().strip() == "on image 3"
    review.press("n")
    review.window.keyboard.type("duct")
    review.press("Enter")

    notes = {decision["image"]: decision.get("note") for decision in review.save()[1]}
    assert notes == {IDS[1]: None, IDS[3]: "duct"}


def test_images_are_called_by_the_numbers_of_the_list_of_objects(show, tmp_path):
    path = tmp_path / "sheet.html"
    images = [make_image(1), make_image(2, phase="pre")]  # the second stands before the first
    path.write_bytes(_document(images))
    review = Review(show(path))
    review.press("r")

    for number in (1, 2):
        review.choose(number)
        assert review.part("chosen").inner_text().startswith(f"Image {number}:")


def test_a_note_that_is_too_long_is_kept_whole_and_saved_once_it_is_shortened(sheet):
    sheet.press("p", "n")
    text = "a" * 999 + "\U0001f600b"
    sheet.window.keyboard.insert_text(text)
    sheet.press("Enter", "Control+s")
    sheet.window.keyboard.type("ab")
    sheet.press("Enter")

    assert "this one is 1 too long" in sheet.part("said").inner_text()
    sheet.window.reload()
    sheet.choose(1).press("n")
    assert sheet.part("note").input_value() == text
    sheet.press("End", "Backspace", "Enter")
    assert sheet.save_again()[1][0]["note"] == text[:-1]


def test_a_note_on_an_image_that_was_chosen_is_on_that_one(sheet):
    sheet.press("p").choose(4).press("n")
    sheet.window.keyboard.type("spot")
    sheet.press("Escape", "u")

    found = {decision["image"]: decision.get("note") for decision in sheet.save("ab")[1]}

    assert found == {IDS[1]: None, IDS[4]: "spot"}


def test_a_note_that_is_being_typed_outlives_the_page(sheet):
    sheet.press("p", "n")
    sheet.window.keyboard.type("half a sen")
    sheet.window.reload()

    sheet.choose(1)
    assert sheet.part("note").input_value() == "half a sen"
    assert sheet.save("ab")[1][0]["note"] == "half a sen"


def test_a_note_that_is_wiped_out_is_none(sheet):
    sheet.press("p", "n")
    sheet.window.keyboard.type("no\u202e")
    sheet.press("Backspace", "Backspace", "Backspace", "Enter")

    assert sheet.part("count").inner_text() == "1 PENDING"
    assert "note" not in sheet.save("ab")[1][0]


def test_a_note_that_is_wiped_out_later_keeps_nothing_from_being_saved(sheet):
    sheet.choose(1).press("n")
    sheet.window.keyboard.type("oops")
    sheet.press("Enter", "n", "Control+a", "Delete", "Enter")
    assert sheet.part("count").inner_text() == ""
    assert not sheet.marks()

    sheet.choose(2).press("u")
    (decision,) = sheet.save("ab")[1]
    assert (decision["image"], decision["phase"]) == (IDS[2], "unknown")
    assert "note" not in decision


def test_a_note_that_was_saved_is_wiped_out_by_saving_again(sheet):
    sheet.choose(1).press("p", "n")
    sheet.window.keyboard.type("oops")
    sheet.press("Enter")
    assert sheet.save("ab")[1][0]["note"] == "oops"

    sheet.choose(1).press("n", "Control+a", "Delete", "Enter")
    assert sheet.part("count").inner_text() == "1 PENDING"
    (decision,) = sheet.save_again()[1]
    assert (decision["image"], decision["phase"]) == (IDS[1], "pre")
    assert "note" not in decision


def test_a_note_alone_is_no_decision(sheet):
    sheet.choose(4).press("n")
    sheet.window.keyboard.type("what?")
    sheet.press("Enter", "Control+s")
    sheet.window.keyboard.type("ab")
    sheet.press("Enter")

    assert "A note alone decides nothing" in sheet.part("said").inner_text()
    assert sheet.chosen() == 4
    sheet.press("u")
    _, (decision,) = sheet.save_again()
    assert (decision["phase"], decision["note"]) == ("unknown", "what?")


def test_initials_are_asked_once_and_are_no_name(sheet):
    sheet.press("p", "Control+s")
    assert "initials" in sheet.part("said").inner_text()
    sheet.window.keyboard.type("a1")
    sheet.press("Enter")
    assert len(sheet.marks()) == 1
    sheet.part("by").fill("")
    sheet.window.keyboard.type("äb")
    with sheet.window.expect_download() as download:
        sheet.press("Enter")
    assert "-ÄB-" in _saved(download)[0]

    sheet.window.reload()
    sheet.choose(2).press("o")
    _, (decision,) = sheet.save_again()
    assert decision["by"] == "ÄB"


def test_more_than_four_letters_are_no_initials_and_sign_nothing(sheet):
    sheet.press("p", "Control+s")
    sheet.window.keyboard.type("abcde")
    sheet.press("Enter")

    assert sheet.part("by").input_value() == "abcde"
    assert sheet.marks()[0].endswith("PENDING | → PRE")
    sheet.press("Backspace")
    with sheet.window.expect_download() as download:
        sheet.press("Enter")
    assert "-ABCD-" in _saved(download)[0]


def test_initials_of_yesterday_are_asked_again(sheet):
    sheet.window.evaluate(
        "localStorage.setItem('ductdicom:by', JSON.stringify({by: 'CD', until: Date.now() - 1}))"
    )
    sheet.window.reload()

    assert sheet.part("by").input_value() == ""


def test_a_page_that_is_loaded_again_keeps_what_is_pending_and_its_undo(sheet):
    sheet.press("a").choose(4).press("x")
    before = sheet.marks()
    sheet.window.reload()

    assert sheet.marks() == before
    assert sheet.part("count").inner_text() == "3 PENDING"
    sheet.choose(1).press("Backspace", "Backspace")
    assert sheet.marks() == []


def test_leaving_with_decisions_pending_asks(sheet):
    asked = []
    sheet.window.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    sheet.press("p")
    sheet.window.reload()
    assert asked == ["beforeunload"]
    sheet.choose(1).press("Backspace")
    sheet.window.reload()
    assert asked == ["beforeunload"]


@pytest.mark.parametrize("width", [1280, 1400])
def test_where_the_file_lies_and_what_comes_next_can_be_read_to_its_end(sheet, width):
    sheet.window.set_viewport_size({"width": width, "height": 900})
    sheet.press("p")
    sheet.save()

    assert sheet.part("said").inner_text().endswith("draws it.")
    is_whole = "(said) => said.parentElement.scrollHeight <= said.parentElement.clientHeight + 1"
    assert sheet.part("said").evaluate(is_whole)


def test_what_was_saved_says_so_until_the_sheet_is_drawn_anew_and_can_be_saved_again(sheet):
    sheet.press("p")
    _, first = sheet.save()
    assert sheet.marks() == ["was UNKNOWN, SUGGESTED PRE, L CC | SAVED, NOT DRAWN YET | → PRE"]
    assert sheet.part("count").inner_text() == ""
    sheet.window.reload()
    assert len(sheet.marks()) == 1
    assert sheet.save_again()[1] == first

    redrawn = _document([make_image(1, phase="pre"), make_image(2)])
    Path(sheet.window.url.removeprefix("file://")).write_bytes(redrawn)
    sheet.window.reload()
    assert sheet.marks() == []


def test_what_was_decided_on_a_sheet_that_said_otherwise_is_looked_at_again(sheet):
    sheet.press("p")
    images = [*_images()[:4], make_image(5, view="MLO")]
    Path(sheet.window.url.removeprefix("file://")).write_bytes(_document(images))
    sheet.window.reload()
    sheet.choose(4).press("s")
    sheet.window.reload()
    assert len(sheet.marks()) == 2
    sheet.choose(4).press("Backspace", "Control+s")
    sheet.window.keyboard.type("ab")
    sheet.press("Enter")

    assert "drawn anew since" in sheet.part("said").inner_text()
    sheet.window.reload()
    assert len(sheet.marks()) == 1
    _, (decision,) = sheet.save_again()
    assert decision["phase"] == "pre"


def test_a_decision_says_which_files_the_sheet_was_drawn_from(show, tmp_path):
    looked = {number: f"{number:064x}" for number in (1, 2)}
    path = tmp_path / "sheet.html"
    path.write_bytes(_document(contents=looked))
    review = Review(show(path))
    review.choose(1).press("p").window.get_by_role("button", name="Cannot tell").click()

    _, (on_image, on_study) = review.save()

    assert (on_image["content"], on_study["content"]) == (looked[1], "all of it")
    # An original that is another since is looked at before what is pending is saved.
    review.choose(2).press("o")
    path.write_bytes(_document(contents=looked | {2: "f" * 64}))
    review.window.reload()
    review.press("Control+s")
    assert "drawn anew since" in review.part("said").inner_text()
    _, (decision,) = review.save_again()
    assert decision["content"] == "f" * 64


@pytest.mark.parametrize(
    "kept",
    [
        "no JSON",
        "null",
        '{"steps": 7, "saved": {}}',
        '{"steps": [null, {"image": "x"}, {"image": "<b>", "field": "phase", "value": "pre"}]}',
        '{"steps": [{"image": "000000000001", "field": "phase", "value": "<img>", "at": "2026"}]}',
        '{"steps": [{"image": "000000000001", "field": "by", "value": "X", "at": "2026-01-01"}]}',
    ],
)
def test_nothing_is_taken_from_the_browser_that_is_no_decision(sheet, kept):
    sheet.window.evaluate("([name, text]) => localStorage.setItem(name, text)", [NAME, kept])
    sheet.window.reload()

    assert sheet.marks() == []
    assert sheet.part("count").inner_text() == ""


def test_the_same_study_in_another_tab_shows_what_is_pending_here(sheet):
    with sheet.window.expect_popup() as popup:
        sheet.window.evaluate("window.open(location.href)")
    other = popup.value
    other.wait_for_load_state()
    sheet.press("p")
    other.wait_for_selector("g.pending", state="attached")

    assert other.locator('[data-part="count"]').inner_text() == "1 PENDING"
    other.close()


def test_a_sheet_that_lies_in_no_folder_of_results_has_no_strip(show, tmp_path):
    path = tmp_path / "sheet.html"
    path.write_bytes(_document(batch=""))
    opened = show(path)
    opened.press("r", "p")

    assert opened.window.locator("#strip").count() == 0
    assert opened.complaints == []


def test_a_study_that_asks_for_nobody_is_reviewed_by_a_key(show, tmp_path):
    path = tmp_path / "sheet.html"
    path.write_bytes(_document([make_image(1, phase="pre"), make_image(2)]))
    review = Review(show(path))
    assert not review.window.locator("#strip").is_visible()

    review.choose(2).press("r", "p")

    assert review.marks() == ["was POST, L CC | PENDING | → PRE"]


@needs_samples
def test_an_image_of_an_earlier_study_is_not_decided_on_here(show, organised):
    records = [json.loads(line) for line in (organised / "studies.jsonl").read_text().splitlines()]
    study = next(r for r in records if any("prior-study" in row["notes"] for row in r["rows"]))
    review = Review(show(organised / "studies" / study["key"] / "sheet.html"))
    review.window.locator("image[data-tile*='\"isOwn\": false']").first.focus()
    review.press("r", "o")

    assert review.marks() == []
    assert "earlier study" in review.part("said").inner_text()
    assert review.window.locator('[data-do="post"]').is_disabled()


def test_the_index_counts_what_is_pending(show, tmp_path):
    index = _batch(tmp_path, {KEY: _waiting()}, [_entry(KEY), _entry("20260103-other")])
    window = show(index).press("j", "Enter")
    window.window.wait_for_url("**/sheet.html*")
    window.window.on("dialog", lambda dialog: dialog.accept())
    window.press("a")
    window.window.get_by_role("link", name="All studies").click()
    window.window.wait_for_url("**/index.html*")

    said = window.window.locator("li .pending:visible")
    assert said.all_inner_texts() == ["2 PENDING, not saved"]


@pytest.mark.parametrize(
    ("drawn", "said"),
    [
        pytest.param(DRAWN, ["1 SAVED, not drawn yet"], id="not yet"),
        pytest.param("d2", [], id="drawn since"),
        pytest.param("", [], id="nothing tells"),
    ],
)
def test_the_index_says_what_was_saved_until_it_is_drawn(show, tmp_path, drawn, said):
    index = _batch(tmp_path, {KEY: _waiting()}, [_entry(KEY, drawn=drawn)])
    review = Review(show(index.parent / "studies" / KEY / "sheet.html"))
    review.press("p")
    review.save()

    review.window.goto(index.as_uri())

    assert review.window.locator("li .pending:visible").all_inner_texts() == said


@pytest.mark.parametrize("count", [12, pytest.param(70, marks=pytest.mark.slow)])
def test_many_studies_are_worked_through_without_leaving_the_sheets(show, tmp_path, count):
    keys = [f"2026{n:04d}-{n:016x}" for n in range(100 + count, 100, -1)]
    images = [make_image(1, phase="pre"), make_image(2, phase="unknown")]
    settled = "20270101-0000000000000000"
    entries = [*(_entry(key) for key in keys), _entry(settled, Status.PAIRED)]
    documents = {key: _document(images, key=key) for key in keys}
    index = show(_batch(tmp_path, documents, entries))
    index.window.evaluate(
        "localStorage.setItem('ductdicom:by', JSON.stringify({by: 'AB', until: Date.now() + 1e6}))"
    )
    index.press("j", "Enter")
    saved = []
    for key in keys:
        index.window.wait_for_url(f"**/{key}/sheet.html*")
        index.press("o")
        with index.window.expect_download() as download:
            index.press("Control+s")
        saved.append(download.value.suggested_filename)
        index.press("j")

    assert [name[: len("decisions-") + len(keys[0])] for name in saved] == [
        f"decisions-{key}" for key in keys
    ]
    assert keys[-1] in index.window.url
    assert index.complaints == []


def test_tab_goes_from_image_to_image_and_then_through_the_strip(sheet):
    sheet.choose(1)
    seen = []
    for _ in range(24):
        sheet.press("Tab")
        seen.append(
            sheet.window.evaluate(
                "(e => e.dataset.do || e.dataset.part || (e.dataset.tile && 'image') || '')"
                "(document.activeElement)"
            )
        )
    images = [number for number, name in enumerate(seen) if name == "image"]
    expected = [
        *("reviewed", "cannot-tell", "not-a-ductogram", "undo", "by", "save", "close"),
        *("pre", "post", "unknown", "side", "view", "exclude", "note", "accept"),
    ]
    found = [name for name in seen if name in expected]

    assert images == list(range(len(images)))
    assert found == expected


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("keys", [[], ["a"], ["Enter"]], ids=["strip", "pending", "viewer"])
def test_a_check_of_accessibility_finds_nothing(show, tmp_path, theme, keys):
    axe = pytest.importorskip("axe_playwright_python", reason="axe is not installed")
    path = tmp_path / "sheet.html"
    path.write_bytes(_waiting(theme=theme))
    opened = show(path)
    opened.press(*keys)

    assert _violations(opened, axe) == []
    assert _small_targets(opened) == []


@pytest.mark.parametrize("media", ["screen", "print"])
def test_a_check_of_accessibility_finds_nothing_on_the_index(show, tmp_path, media):
    axe = pytest.importorskip("axe_playwright_python", reason="axe is not installed")
    opened = show(_batch(tmp_path, {}, [_entry(KEY), _entry("20260103-o", Status.PAIRED)]))
    opened.window.evaluate(
        "([name, text]) => localStorage.setItem(name, text)",
        [NAME, '{"steps": [{"image": "a"}]}'],
    )
    opened.window.reload()
    opened.window.emulate_media(media=media)

    assert _violations(opened, axe) == []
    assert _small_targets(opened) == []


_TARGETS = "a:not([tabindex='-1']), button, select, summary, label, input:not(label input)"


def _small_targets(opened):
    """Return what is smaller than 24 px, of all that can be clicked (WCAG 2.2, 2.5.8)."""
    return opened.window.evaluate(
        """targets => [...document.querySelectorAll(targets)]
            .map(each => [each.outerHTML.slice(0, 80), each.getBoundingClientRect()])
            .filter(([, box]) => box.width && Math.min(box.width, box.height) < 24)
            .map(([words, box]) => `${words}: ${box.width} × ${box.height}`)""",
        _TARGETS,
    )


def _violations(opened, axe):
    opened.window.evaluate((Path(axe.__file__).parent / "axe.min.js").read_text(encoding="utf-8"))
    found = opened.window.evaluate("axe.run({rules: {'target-size': {enabled: true}}})")[
        "violations"
    ]
    return [(item["id"], [node["failureSummary"] for node in item["nodes"]]) for item in found]
