"""What the static viewer shows, whatever was pressed before."""

import io
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
from browsing import needs_chromium
from sheets import lay_out, make_image, make_tile

from ductdicom.cli.application import run
from ductdicom.export.html.sheet import PageStudy, html_sheet
from ductdicom.geometry.slab import Slab
from ductdicom.model.call import Kind
from ductdicom.model.outcome import Note
from ductdicom.sheet.style import DARK
from ductdicom.sheet.tile import MissingTile

SAMPLES = Path(__file__).resolve().parents[2] / "sample_data"
pytestmark = [pytest.mark.integration, needs_chromium]

CHOOSING = ["1", "2", "3", " ", "b", "l", "n", "p", "0"]
MOVING = ["z", "+", "-", "ArrowLeft", "ArrowUp"]
# What is wrong with the panes that can be seen: their images on one scale, nipple on nipple, and
# where nobody zoomed, as large as the room and in the middle of it.
FAULTS = """(isWhole = true) => {
    const panes = [...document.querySelectorAll('.pane')].filter(
        (pane) => !pane.hidden && getComputedStyle(pane).visibility === 'visible');
    const isBoth = document.getElementById('viewer').dataset.mode === 'both';
    const all = [...document.querySelectorAll('image[data-tile]')];
    const faults = [];
    const expected = isBoth ? 2 : 1;
    if (panes.length !== expected) faults.push(`${panes.length} panes`);
    const rooms = panes.map((pane) => pane.querySelector('.stage').getBoundingClientRect());
    const stageOf = (pane) => pane.querySelector('.stage').getBoundingClientRect();
    // Both sides are on one another where only one is shown: the area is that of both.
    const shown = [...document.querySelectorAll('.pane')].filter((pane) => !pane.hidden);
    const found = shown.map((pane) => {
        const image = pane.querySelector('img');
        const own = all.find((one) => one.getAttribute('href') === image.src);
        const tile = JSON.parse(own.dataset.tile);
        const box = image.getBoundingClientRect();
        const stage = stageOf(pane);
        const middle = [stage.left + stage.width / 2, stage.top + stage.height / 2];
        return {
            mm: tile.mm, k: box.width / tile.box[2] / tile.mm,
            tip: tile.tip && [
                box.left + box.width * (tile.tip[0] - tile.box[0]) / tile.box[2] - middle[0],
                box.top + box.height * (tile.tip[1] - tile.box[1]) / tile.box[3] - middle[1]],
            left: box.left - middle[0], right: box.right - middle[0],
            top: box.top - middle[1], bottom: box.bottom - middle[1],
        };
    });
    const linked = found.filter((one) => one.mm);
    const differ = (values, by) => Math.max(...values) - Math.min(...values) > by;
    if (differ(linked.map((one) => one.k / linked[0].k), 0.002)) faults.push('scale');
    if (linked.every((one) => one.tip)) {
        for (const axis of [0, 1]) {
            if (differ(linked.map((one) => one.tip[axis]), 1.5)) faults.push(`nipple ${axis}`);
        }
    }
    if (isWhole) {
        const least = (name) => Math.min(...linked.map((one) => one[name]));
        const most = (name) => Math.max(...linked.map((one) => one[name]));
        const [left, right, top, bottom] = [
            least('left'), most('right'), least('top'), most('bottom')];
        const [room] = rooms;
        if (Math.abs(left + right) > 2) faults.push(`off-centre across ${left} ${right}`);
        if (Math.abs(top + bottom) > 2) faults.push(`off-centre down ${top} ${bottom}`);
        const slack = Math.min(room.width - right + left, room.height - bottom + top);
        if (Math.abs(slack) > 2) faults.push(`leaves ${slack}`);
    }
    return faults;
}"""
PRESS = """([keys, isWhole]) => {
    const dialog = document.getElementById('viewer');
    if (dialog.open) dialog.close();
    const image = document.querySelector('image[data-tile]');
    image.dispatchEvent(new MouseEvent('click', { bubbles: true }));
    for (const key of keys) {
        dialog.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
    }
    return (FAULTS)(isWhole);
}""".replace("FAULTS", FAULTS)


@pytest.fixture(scope="module")
def textbook(tmp_path_factory):
    target = tmp_path_factory.mktemp("textbook") / "sheet.html"
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        assert run(["sheet", str(SAMPLES / "textbook"), "-o", str(target)]) == 0
    return target


def _drawn(path, images, tiles=None, study=None):
    _, _, pages = lay_out(images, tiles or {}, zoom=2.0)
    path.write_bytes(html_sheet(pages, DARK, title="A sheet", study=study))
    return path


@pytest.fixture
def many(tmp_path):
    """Return a sheet of one pre and twelve post images."""
    images = [make_image(1, phase="pre"), *(make_image(n) for n in range(2, 14))]
    tiles = {f"{n}.dcm": make_tile((600, 400), seed=n) for n in range(1, 14)}
    return _drawn(tmp_path / "many.html", images, tiles)


@pytest.fixture
def undecided(tmp_path):
    """Return a sheet with a pair, and an image of the same view of which nobody knows the phase."""
    images = [make_image(1, phase="pre"), make_image(2), make_image(3, phase="unknown")]
    return _drawn(tmp_path / "undecided.html", images)


@pytest.mark.parametrize(
    "size",
    [
        pytest.param((1500, 900), id="landscape"),
        pytest.param((700, 1000), id="portrait", marks=pytest.mark.slow),
    ],
)
def test_every_key_after_every_other_leaves_the_images_where_they_belong(show, textbook, size):
    sheet = show(textbook, size)
    faults = {}
    for pair in product(CHOOSING + MOVING, repeat=2):
        is_whole = not set(pair) & set(MOVING) or pair[1] == "0"
        found = sheet.window.evaluate(PRESS, [list(pair), is_whole])
        if found:
            faults[pair] = found

    assert faults == {}
    assert sheet.complaints == []


@pytest.mark.parametrize("keys", ["zb1z", "1zbz", "2z1z", "1+b0", "zzz1z", "bn1b"])
def test_what_one_to_one_goes_back_to_fits_the_mode_that_is_shown_now(show, textbook, keys):
    sheet = show(textbook)
    is_whole = keys.count("z") % 2 == 0

    assert sheet.window.evaluate(PRESS, [list(keys), is_whole]) == []


def test_the_images_follow_a_window_that_changes_its_size(show, textbook):
    sheet = show(textbook).open_viewer()
    sheet.window.set_viewport_size({"width": 1000, "height": 700})
    sheet.window.wait_for_function("() => document.querySelector('.stage').clientWidth < 520")
    sheet.window.evaluate("() => new Promise((done) => requestAnimationFrame(() => done()))")

    assert sheet.window.evaluate(FAULTS) == []


@pytest.mark.parametrize("width", [1201, 1283, 1500])
def test_no_pixel_of_the_page_lies_between_two_of_the_screen(show, textbook, width):
    sheet = show(textbook, (width, 901)).open_viewer()
    sheet.press("z")

    for scale in sheet.scales():
        assert scale["left"] == pytest.approx(round(scale["left"]), abs=0.01)
        assert scale["top"] == pytest.approx(round(scale["top"]), abs=0.01)


def test_twelve_posts_leave_every_button_in_the_window(show, many):
    sheet = show(many, (1280, 720)).open_viewer()
    buttons = sheet.window.locator("#viewer button, #viewer select:visible").all()
    boxes = [box for button in buttons if (box := button.bounding_box())]

    assert sheet.window.locator('[data-part="tiles"] button').count() == 13
    assert max(box["x"] + box["width"] for box in boxes) <= 1280
    assert sheet.window.locator(".stage").first.bounding_box()["height"] > 350


def _touch(session, kind, *points):
    held = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(points)]
    session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": held})


def test_two_fingers_zoom_about_the_point_between_them(show, textbook):
    sheet = show(textbook).open_viewer()
    session = sheet.window.context.new_cdp_session(sheet.window)
    session.send("Emulation.setTouchEmulationEnabled", {"enabled": True, "maxTouchPoints": 2})
    before = sheet.scales()[0]
    middle = (300, 500)

    _touch(session, "touchStart", (260, 500), (340, 500))
    _touch(session, "touchMove", (220, 500), (340, 500))
    _touch(session, "touchMove", (220, 500), (380, 500))
    _touch(session, "touchEnd")

    after = sheet.scales()[0]
    assert after["across"] == pytest.approx(2 * before["across"], rel=0.02)
    for axis, edge, size in (("left", 0, "width"), ("top", 1, "height")):
        place = (middle[edge] - before[axis]) / before[size]
        assert (middle[edge] - after[axis]) / after[size] == pytest.approx(place, abs=0.01)

    _touch(session, "touchStart", (300, 500))
    _touch(session, "touchMove", (310, 500))
    _touch(session, "touchEnd")

    assert sheet.scales()[0]["left"] == pytest.approx(after["left"] + 10, abs=1)


def test_who_and_when_stand_in_the_viewer_and_the_key_in_the_tab(show, tmp_path):
    study = PageStudy(key="20260102-abc", identity=("Patient ID 4711", "Study 2026-01-02"))
    images = [make_image(1, phase="pre"), make_image(2)]
    sheet = show(_drawn(tmp_path / "s.html", images, study=study), (1000, 600)).open_viewer(0)

    words = sheet.window.locator("#viewer .who").inner_text()
    assert "Patient ID 4711" in words
    assert "Study 2026-01-02" in words
    assert sheet.window.title().startswith("20260102-abc")
    for key in ("b", "1", "2", "z"):
        sheet.press(key)
        for label in sheet.window.locator('.pane:not(.behind) [data-say="view"]').all():
            assert label.is_visible()
            assert label.inner_text() == "L CC"


def test_an_undecided_image_is_laid_beside_any_other_of_its_side(show, undecided):
    sheet = show(undecided)
    lone = sheet.window.locator('image[data-tile*="Not paired"]')
    lone.click()

    assert sheet.visible_words() == ["UNKNOWN"]
    said = sheet.window.locator('[data-part="guests"] option').all_inner_texts()
    assert [words.partition(",")[0] for words in said] == ["Lay beside…", "PRE", "POST"]

    sheet.press("l")
    assert sheet.visible_words() == ["PRE", "UNKNOWN"]
    assert sheet.window.evaluate(FAULTS) == []
    notes = sheet.window.locator('.pane[data-side="left"] [data-say="notes"]')
    assert "OF ANOTHER ROW: L CC" in notes.inner_text()

    sheet.press("l")
    assert sheet.visible_words() == ["UNKNOWN", "POST"]
    sheet.window.locator('[data-part="guests"]').select_option("0")
    assert sheet.visible_words() == ["PRE", "UNKNOWN"]
    sheet.press("Escape")
    assert lone.evaluate("(image) => image === document.activeElement")


def test_images_of_two_injections_can_be_laid_side_by_side(show, tmp_path):
    images = [
        make_image(1, phase="pre"),
        make_image(2, injection=1),
        make_image(3, injection=2),
    ]
    sheet = show(_drawn(tmp_path / "two.html", images))
    sheet.window.locator('image[data-tile*="injection 2"]').last.click()
    said = sheet.window.locator('[data-part="guests"] option').all_inner_texts()
    other = next(n for n, words in enumerate(said) if "injection 1" in words and "POST" in words)

    sheet.window.locator('[data-part="guests"]').select_option(index=other)

    assert sheet.visible_words() == ["POST", "POST"]
    assert "injection 1" in sheet.window.locator('[data-say="notes"]').first.inner_text()
    assert sheet.window.evaluate(FAULTS) == []


def test_an_image_that_looks_exactly_like_its_pair_is_shown_beside_it(show, tmp_path):
    images = [make_image(1, phase="pre"), make_image(2)]
    tiles = {f"{number}.dcm": make_tile((600, 400)) for number in (1, 2)}
    sheet = show(_drawn(tmp_path / "same.html", images, tiles)).open_viewer(0)

    assert sheet.visible_words() == ["PRE", "POST"]
    assert sheet.window.locator('[data-part="tiles"] button').count() == 2


def test_the_pictures_of_a_tomosynthesis_stand_beside_one_another(show, tmp_path):
    stack = make_image(3, kind=Kind.TOMOSYNTHESIS)
    whole = Slab(first=1, last=62, count=62, spacing_mm=1.0)
    middle = replace(make_tile(seed=4), slab=replace(whole, first=27, last=36))
    tiles = {"3.dcm": replace(make_tile(seed=5), slab=whole, middle=middle)}
    sheet = show(
        _drawn(tmp_path / "stack.html", [make_image(1, phase="pre"), make_image(2), stack], tiles)
    )

    sheet.window.locator('image[data-tile*="whole 62 mm"]').click()

    shown = sheet.window.locator('.pane:not(.behind):visible [data-say="view"]')
    assert shown.all_inner_texts() == [
        f"L CC tomosynthesis, {words}" for words in ("middle 10 mm", "whole 62 mm")
    ]


def test_a_length_at_the_detector_is_not_called_of_the_same_scale(show, tmp_path):
    images = [make_image(1, phase="pre"), make_image(2)]
    at_detector = replace(make_tile(seed=1), notes=(Note.SCALE_UNCORRECTED,))
    tiles = {"1.dcm": at_detector, "2.dcm": make_tile(seed=2)}
    sheet = show(_drawn(tmp_path / "detector.html", images, tiles)).open_viewer(0)

    said = sheet.window.locator('[data-part="scale"]').inner_text()
    assert "SCALE AT DETECTOR of one: not the same at the breast." in said
    assert "Same scale" not in said


def test_a_placeholder_claims_neither_a_scale_nor_pixels(show, tmp_path):
    images = [make_image(1, phase="pre"), make_image(2)]
    tiles = {"1.dcm": make_tile(), "2.dcm": MissingTile(reason="truncated")}
    sheet = show(_drawn(tmp_path / "missing.html", images, tiles)).open_viewer(0)
    pane = sheet.window.locator('.pane[data-side="right"]')

    assert "CANNOT BE SHOWN" in pane.inner_text()
    assert not pane.locator(".bar").is_visible()
    assert "|" not in sheet.window.locator('[data-part="zoom"]').inner_text()
    assert "SCALE UNKNOWN" not in sheet.window.locator('[data-part="scale"]').inner_text()
    for keys in ("2", "z", "0", "+", "b"):
        sheet.press(keys)
        box, stage = (pane.locator(part).bounding_box() for part in ("img", ".stage"))
        assert box["x"] + box["width"] / 2 == pytest.approx(stage["x"] + stage["width"] / 2, abs=2)
        assert box["y"] + box["height"] / 2 == pytest.approx(
            stage["y"] + stage["height"] / 2, abs=2
        )
