"""The review as a reader meets it: in a browser, over a server of its own process.

The browser is the system's own Chromium; the server listens on this machine alone.
"""

import base64
import io
import json
import re
import shutil
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pydicom
import pytest
from marionette import FIREFOX, firefox
from odd_views import write_odd_views
from PIL import Image
from review_client import served, serving

from ductdicom.decisions.event import Event
from ductdicom.decisions.journal import add, read_journal
from ductdicom.pipeline.earlier.known import read_known
from ductdicom.pipeline.run import organise
from ductdicom.pixels.display.grey import grey_table
from ductdicom.pixels.display.transfer import apply_modality, apply_window
from ductdicom.pixels.stored import DisplayAttributes, StoredImage
from ductdicom.pixels.stored import Window as ChosenWindow
from ductdicom.review.gallery import Gallery
from ductdicom.settings import Settings

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytest.importorskip("uvicorn", reason="the extra review is not installed")

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
SAMPLES = Path(__file__).resolve().parents[2] / "sample_data"
# What Chromium must not do in a test: ask for updates, or leave the machine for anything else.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# What the canvas of a pane holds, where it stands, and what it is to show.
PANE = """(index) => {
    const pane = full.panes[index];
    const { canvas, image } = pane;
    const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
    let text = "";
    for (let i = 0; i < data.length; i += 4) text += String.fromCharCode(data[i]);
    const box = canvas.getBoundingClientRect();
    return {
      width: canvas.width, height: canvas.height, grey: btoa(text), ratio: devicePixelRatio,
      left: box.left * devicePixelRatio, top: box.top * devicePixelRatio,
      view: full.view(), tip: image.drawn.tip, spacing: image.drawn.spacing,
      rows: image.drawn.rows, columns: image.drawn.columns, address: image.address,
      place: JSON.parse(canvas.dataset.place),
    };
}"""

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine"),
    pytest.mark.skipif(not SAMPLES.is_dir(), reason="sample_data is no part of the source archive"),
]


@pytest.fixture(scope="module")
def organised(tmp_path_factory):
    folder = tmp_path_factory.mktemp("review")
    inputs = [
        shutil.copytree(SAMPLES / n, folder / n) for n in ("clock-only", "textbook", "prior-scout")
    ]
    inputs.append(write_odd_views(SAMPLES / "textbook", folder / "odd"))
    settings = Settings(output=folder / "out", jobs=1)
    organise([str(path) for path in inputs], settings, in_process=True)
    return folder / "out"


@pytest.fixture(scope="module")
def driver():
    with playwright.sync_playwright() as started:
        yield started


@contextmanager
def browsing(driver, *flags):
    browser = driver.chromium.launch(
        executable_path=CHROMIUM, headless=True, args=[*FLAGS, "--window-size=1300,900", *flags]
    )
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def browser(driver):
    with browsing(driver) as started:
        yield started


class Window:
    """A page of the review, and everything that the browser complained of."""

    def __init__(self, browser, address):
        self.context = browser.new_context(no_viewport=True)
        self.page = self.context.new_page()
        self.complaints = []
        self.requests = []
        self.page.on("console", lambda said: self.complaints.append(said.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(address)

    def press(self, *keys):
        for key in keys:
            self.page.keyboard.press(key)
        return self

    def frame(self):
        """Wait until what was asked for is drawn."""
        self.page.evaluate(
            "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
        )
        return self

    def open_study(self, key):
        self.page.goto(re.sub(r"/[^/]*$", f"/studies/{key}/sheet.html", self.page.url))
        return self

    def open_full(self):
        self.press("f")
        self.page.wait_for_selector("html[data-ready]")
        return self.frame()

    def pane(self, index=0):
        return _with_grey(self.page.evaluate(PANE, index))

    def lay(self, *numbers):
        """Show some images of the study in full, and nothing else."""
        self.page.evaluate("(all) => full.lay(all.map((n) => full.images[n]))", list(numbers))
        self.frame()
        self.page.wait_for_selector("html[data-ready]")
        return self.frame()

    def words(self, name, index=0):
        return self.page.locator(f'#full .pane [data-say="{name}"]').nth(index).text_content()

    def close(self):
        self.context.close()


def _key(output, name):
    records = read_known(output).records
    return next(k for k, r in records.items() if name in r.instances[0].source)


def _picture(output, key, pane):
    record = read_known(output).records[key]
    return Gallery().picture(record, pane["address"].split("/")[-1], is_preview=False)


def _with_grey(found):
    grey = np.frombuffer(base64.b64decode(found["grey"]), np.uint8)
    return found | {"grey": grey.reshape(found["height"], found["width"])}


def _seen(count, first, step, of):
    """Return which stored rows or columns are to be seen, -1 beyond the image."""
    places = np.floor(first + np.arange(count) * step + 0.5).astype(int)
    return np.where((places >= 0) & (places < of), places, -1)


def _expected(picture, pane, choice=None):
    """Return what a pane is to show at 1:1: the chain's grey, cut out where the view is."""
    table = picture.table(picture.chosen if choice is None else choice)
    grey = table[picture.values - picture.attributes.stored_range[0]]
    place = pane["place"]
    rows = _seen(pane["height"], place["y"], place["sy"], grey.shape[0])
    columns = _seen(pane["width"], place["x"], place["sx"], grey.shape[1])
    beyond = (rows < 0)[:, None] | (columns < 0)
    return np.where(beyond, 0, grey[np.ix_(rows, columns)])


@pytest.mark.parametrize(
    "ratio", ["1.25", *(pytest.param(n, marks=pytest.mark.slow) for n in ("1", "1.5", "2"))]
)
def test_at_1_to_1_every_pixel_of_the_screen_is_the_chains(driver, organised, address, ratio):
    key = _key(organised, "/odd/")
    with browsing(driver, f"--force-device-scale-factor={ratio}") as browser:
        window = Window(browser, address).open_study(key).open_full()
        for number in range(4):
            window.lay(number).press("z").frame()

            pane = window.pane()

            assert pane["ratio"] == float(ratio)
            assert pane["place"]["sx"] == 1
            expected = _expected(_picture(organised, key, pane), pane)
            assert np.ptp(expected) > 100
            assert np.array_equal(pane["grey"], expected), number
        # And the browser shows the canvas as it is, where no words lie over it.
        shot = np.asarray(Image.open(io.BytesIO(window.page.screenshot())).convert("L"))
        left, top = round(pane["left"]), round(pane["top"])
        middle = np.s_[100 : pane["height"] - 100]
        seen = shot[top : top + pane["height"], left : left + pane["width"]]
        assert np.array_equal(seen[middle], pane["grey"][middle])


@pytest.fixture(scope="module")
def address(organised):
    with serving(organised) as found:
        yield found


@pytest.fixture
def window(browser, address):
    opened = Window(browser, address)
    yield opened
    opened.close()


@pytest.fixture
def textbook(window, organised):
    """Images of a study in full, a pair side by side."""
    return window.open_study(_key(organised, "textbook")).open_full()


def test_the_address_is_exchanged_and_holds_no_token_any_more(window):
    assert "token" not in window.page.url
    assert window.page.evaluate("document.cookie") == ""


def test_a_browser_that_was_not_let_in_sees_nothing(browser, address):
    stranger = Window(browser, address.partition("?")[0])

    assert "Open the address that ductdicom review has printed" in stranger.page.content()
    stranger.close()


def test_from_the_list_to_images_in_full_by_keys_alone_and_without_complaint(window):
    window.press("Enter")
    window.page.wait_for_selector(".seat")
    window.page.wait_for_load_state()  # its keys are heard from then on
    window.open_full()
    for key in (
        "z",
        "0",
        "i",
        "v",
        "m",
        "w",
        "ArrowUp",
        "ArrowRight",
        "w",
        "m",
        "1",
        " ",
        "b",
        "+",
    ):
        window.press(key).frame()
    window.press("Escape")

    assert window.complaints == []
    assert {request.split("/")[2] for request in window.requests} == {window.page.url.split("/")[2]}


def test_what_was_sought_for_in_the_list_is_opened_by_enter(window, organised):
    key = _key(organised, "clock-only")
    window.press("/")
    window.page.keyboard.type(key)
    window.press("Enter")

    window.page.wait_for_url(f"**/studies/{key}/sheet.html*")


def test_patient_date_side_view_and_phase_are_in_sight_and_the_tab_has_the_key(window, organised):
    key = _key(organised, "clock-only")
    window.open_study(key)

    assert window.page.title().startswith(key)
    assert "Patient ID SAMPLE-007 · Study 2026-01-26" in window.page.locator(".seat").inner_text()
    window.open_full()
    for index, word in enumerate(("PRE SUGGESTED", "POST SUGGESTED")):
        assert window.words("word", index) == word
        assert window.words("view", index) == "L CC"
        who, _, time = window.words("who", index).rpartition(" · ")
        assert who == "Patient ID SAMPLE-007 · Study 2026-01-26"
        assert re.fullmatch(r"\d\d:\d\d", time)


def test_an_earlier_studys_image_bears_its_own_date_and_says_how_much_earlier_it_is(
    window, organised
):
    window.open_study(_key(organised, "prior-scout/20260105")).open_full()

    assert "Study 2025-12-10 · 14:25" in window.words("who", 0)
    assert "EARLIER STUDY, 26 days BEFORE" in window.words("state", 0)
    assert "Study 2026-01-05 · 11:18" in window.words("who", 1)
    assert "EARLIER" not in window.words("state", 1)


def test_before_stands_on_the_left_of_after_in_whatever_order_images_are_chosen(textbook):
    def words():
        return [(textbook.words("word", n), textbook.words("view", n)) for n in (0, 1)]

    before = words()
    buttons = textbook.page.locator('#full [data-part="images"] button[aria-pressed="true"]')
    for number in (0, 1):
        label = buttons.nth(number).inner_text()
        button = textbook.page.locator("#full button", has_text=re.compile(f"^{label}$"))
        button.click()
        textbook.frame()
        button.click()
        textbook.frame()
        assert words() == before
    assert [word for word, _ in before] == ["PRE", "POST"]


def test_keys_of_the_strip_decide_nothing_behind_the_images_and_say_where_one_decides(textbook):
    textbook.press("p", "r", "x")
    assert "One decides and saves on the sheet" in (
        textbook.page.locator('#full [data-part="told"]').inner_text()
    )
    textbook.press("Control+s", "Escape")

    assert textbook.page.locator("g.pending").count() == 0
    assert textbook.page.locator("#strip").is_hidden()


def test_the_space_bar_flickers_whatever_was_clicked_before(textbook):
    textbook.page.locator('#full [data-do="invert"]').click()
    textbook.press(" ").frame()
    textbook.press(" ").frame()

    assert "INVERTED" in textbook.words("state")
    assert textbook.words("word") == "POST"


def test_nipples_lie_on_one_point_at_one_scale(textbook):
    places = []
    for index in (0, 1):
        pane = textbook.pane(index)
        assert pane["view"] == textbook.pane(0)["view"]
        places.append((pane["width"], pane["height"]))
    assert places[0] == places[1]
    assert textbook.pane(0)["spacing"] != textbook.pane(1)["spacing"]  # one is magnified
    for index in (0, 1):
        pane = textbook.pane(index)
        tip = [(pane["tip"][1] * pane["columns"] - pane["place"]["x"]) / pane["place"]["sx"]]
        tip.append((pane["tip"][0] * pane["rows"] - pane["place"]["y"]) / pane["place"]["sy"])
        nipple = [pane["width"] / 2, pane["height"] / 2]
        nipple = [
            at - pane["view"][axis] / pane["view"]["mm"]
            for axis, at in zip("xy", nipple, strict=True)
        ]
        assert tip == pytest.approx(nipple)
        for axis, step in ((1, "sx"), (0, "sy")):
            assert pane["place"][step] * pane["spacing"][axis] == pytest.approx(pane["view"]["mm"])


def test_inverted_is_255_less_in_every_pixel_and_said(textbook):
    before = textbook.press("z").frame().pane()["grey"]

    textbook.press("i").frame()

    after = textbook.pane()
    inside = before > 0
    assert np.array_equal(after["grey"][inside], 255 - before[inside])
    assert "INVERTED" in textbook.words("state")


def test_flicker_swaps_picture_and_words_in_place(textbook):
    textbook.press("z").frame()
    both = [textbook.pane(index) for index in (0, 1)]

    for number in (0, 1, 0):
        textbook.press(" ").frame()
        alone = textbook.pane()
        assert textbook.words("word") == ("PRE", "POST")[number]
        assert alone["address"] == both[number]["address"]
        assert alone["view"] == both[0]["view"]


def test_each_window_by_name_is_the_chains_in_every_pixel(textbook, organised):
    textbook.press("1", "z").frame()
    picture = _picture(organised, _key(organised, "textbook"), textbook.pane())
    numbers = {label: number for number, (_, label) in enumerate(picture.choices)}
    seen = set()
    textbook.lay(0).press("z").frame()
    for _ in numbers:
        with textbook.page.expect_response(lambda answer: "/table" in answer.url):
            textbook.press("v")
        textbook.frame()
        label = textbook.words("display").split(" · ")[0]
        pane = textbook.pane()
        assert np.array_equal(pane["grey"], _expected(picture, pane, numbers[label])), label
        seen.add(label)
    assert seen == numbers.keys()


def test_a_window_by_hand_begins_where_the_named_one_was(textbook):
    textbook.press("1", "z").frame()
    before = textbook.pane()["grey"].astype(int)

    textbook.press("w", "ArrowUp", "ArrowDown").frame()

    after = textbook.pane()["grey"].astype(int)
    assert "window by hand" in textbook.words("display")
    assert np.abs(after - before).mean() < 25
    textbook.press("Backspace").frame()
    assert np.array_equal(textbook.pane()["grey"], before)


@pytest.mark.parametrize(
    "says",
    [
        {},
        {"photometric": "MONOCHROME1"},
        pytest.param({"slope": 2.0, "intercept": -1024.0}, marks=pytest.mark.slow),
        {"slope": -1.0, "intercept": 4095.0},
        pytest.param({"padding": (0, 30)}, marks=pytest.mark.slow),
    ],
)
def test_a_window_by_hand_is_the_chains(textbook, says):
    drawn = np.random.default_rng(5)
    values = np.arange(4096, dtype=np.uint16).reshape(64, 64)
    for _ in range(12):
        center, width = drawn.uniform(-500, 6000), drawn.uniform(2, 5000)
        window = ChosenWindow(center=center, width=width)
        attributes = DisplayAttributes(bits_stored=12, vois=(window,), **says)
        stored = StoredImage(values=values, rows=64, columns=64, attributes=attributes)
        expected = grey_table(_table_of(stored))
        image = {
            "count": 4096,
            "first": 0,
            "slope": attributes.slope,
            "intercept": attributes.intercept,
            "padding": attributes.padding,
        }
        inverted = attributes.photometric == "MONOCHROME1"
        asked = [image, {"center": center, "width": width, "inverted": inverted}]
        table = textbook.page.evaluate("([image, hand]) => [...draw.linear(image, hand)]", asked)
        assert np.abs(np.array(table) - expected).max() <= 1


def _table_of(stored):
    """Return the table of an image's window, also where that shows nothing."""
    attributes = stored.attributes
    output = apply_modality(np.arange(4096), attributes)
    shown = apply_window(output, attributes.vois[0])
    table = 1 - shown if attributes.photometric == "MONOCHROME1" else shown
    if attributes.padding:
        table[attributes.padding[0] : attributes.padding[1] + 1] = 0
    return table


def test_the_magnifier_shows_the_same_place_in_all_images(textbook):
    textbook.press("m").frame()

    lenses = textbook.page.locator("#full .lens:visible").all()
    assert len(lenses) == 2
    for index, lens in enumerate(lenses):
        place, pane = json.loads(lens.get_attribute("data-place")), textbook.pane(index)
        size = int(lens.get_attribute("width"))
        for axis, side in (("x", "width"), ("y", "height")):
            assert place[f"s{axis}"] == pytest.approx(pane["place"][f"s{axis}"] / 2.5)
            middle = place[axis] + place[f"s{axis}"] * size / 2
            own = pane["place"][axis] + pane["place"][f"s{axis}"] * pane[side] / 2
            assert middle == pytest.approx(own)


def test_true_size_asks_for_a_bank_card_once_and_is_kept_for_this_screen(window, organised):
    key = _key(organised, "textbook")
    window.open_study(key).open_full()
    assert (
        window.page.locator('#full [data-part="scale"]').inner_text()
        == "True size: not calibrated."
    )

    window.press("t")
    window.page.locator("#card input").fill("428")  # CSS pixels for 85.6 mm
    window.page.locator("#card button", has_text="Keep").click()

    for _ in range(2):
        assert window.frame().pane()["view"]["mm"] == pytest.approx(0.2)
        assert window.page.locator('#full [data-part="scale"]').inner_text() == ""
        assert "TRUE SIZE" in window.words("display")
        assert window.page.locator('#full [data-part="told"]').text_content() == "True size."
        window.page.reload()
        window.open_full().press("t")
    assert "TRUE SIZE" not in window.press("+").frame().words("display")
    window.page.evaluate("localStorage.clear()")


def _greys(window):
    said = {"GREY SCALES DIFFER" in window.words("state", index) for index in (0, 1)}
    return [window.words("display", index).split(" · ")[0] for index in (0, 1)], said


def test_images_in_which_equal_values_have_equal_greys_can_be_compared(window, organised):
    window.open_study(_key(organised, "textbook")).open_full().lay(0, 1)

    shown, said = _greys(window)
    assert (len(set(shown)), said) == (1, {False})
    window.page.locator('[data-part="voi"]').select_option("full range")
    window.page.wait_for_selector('#full .pane:nth-child(2) [data-say="display"]:has-text("full")')
    assert _greys(window) == (["full range"] * 2, {False})


def test_images_in_which_equal_values_have_other_greys_say_so(window, organised):
    window.open_study(_key(organised, "/odd/")).open_full()

    window.lay(0, 2)
    assert _greys(window) == (["window 1: NORMAL", "lut 1: NORMAL"], {False})  # which do the same
    window.lay(0, 1)
    assert _greys(window) == (["window 1: NORMAL", "window 1"], {True})  # of other numbers
    # Also where one stands in the place of the other.
    window.press(" ").frame()
    assert "GREY SCALES DIFFER" in window.words("state")


def _hold(window, pattern, count):
    """Keep the first requests of a kind until they are told to go on."""
    held = []

    def keep(route):
        held.append(route)

    window.page.route(pattern, keep, times=count)
    return held


def test_an_answer_that_comes_late_changes_nothing(textbook):
    textbook.lay(0)
    held = _hold(textbook, "**/table?*choice=1", 1)
    textbook.page.locator('[data-part="voi"]').select_option(index=2)
    textbook.page.wait_for_timeout(0)
    textbook.page.locator('[data-part="voi"]').select_option(index=4)
    textbook.page.wait_for_selector('#full [data-say="display"]:has-text("window 1")')
    after = textbook.frame().pane()["grey"]

    with textbook.page.expect_response(lambda answer: "choice=1" in answer.url):
        held[0].continue_()
    textbook.frame()

    assert np.array_equal(textbook.pane()["grey"], after)
    assert "window 1" in textbook.words("display")


def test_hands_on_images_that_have_not_come_move_nothing(window, organised):
    held = _hold(window, "**/images/**", 2)
    window.open_study(_key(organised, "textbook")).press("f")
    window.frame().press("+", "ArrowLeft", "z", "i", "m", "-", "1", "b").frame()
    assert window.words("state") == "SHEET'S TILE, loading · INVERTED"

    for route in held:
        route.continue_()
    window.page.wait_for_selector("html[data-ready]")

    early = window.page.evaluate("full.view()")
    window.press("0").frame()
    assert early == window.page.evaluate("full.view()")
    assert window.complaints == []


def _touch(session, kind, *points):
    held = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(points)]
    session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": held})


def test_two_fingers_zoom_about_the_point_between_them_and_one_moves(textbook):
    session = textbook.page.context.new_cdp_session(textbook.page)
    session.send("Emulation.setTouchEmulationEnabled", {"enabled": True, "maxTouchPoints": 2})
    box = textbook.page.locator("#full canvas").first.bounding_box()
    middle = box["x"] + box["width"] / 2 + 60, box["y"] + box["height"] / 2 + 40
    ratio = textbook.pane()["ratio"]

    def view():
        return textbook.frame().page.evaluate("full.view()")

    def under(seen):
        return [seen["x"] + 60 * ratio * seen["mm"], seen["y"] + 40 * ratio * seen["mm"]]

    def fingers(kind, *offsets):
        _touch(session, kind, *((middle[0] + by, middle[1]) for by in offsets))

    before = view()
    fingers("touchStart", -40, 40)
    fingers("touchMove", -60, 40)
    fingers("touchMove", -80, 80)
    fingers("touchEnd")
    after = view()

    assert after["mm"] == pytest.approx(before["mm"] / 2)
    assert under(after) == pytest.approx(under(before))

    fingers("touchStart", 0)
    fingers("touchMove", 20)
    fingers("touchEnd")

    assert view()["x"] == pytest.approx(after["x"] - 20 * ratio * after["mm"])


def test_a_smaller_picture_that_comes_first_is_called_a_preview(window, organised):
    def make_preview(route):
        answer = route.fetch()
        route.fulfill(response=answer, json={**answer.json(), "preview": True})

    window.page.route(re.compile(r"/images/\w+\?level=1"), make_preview)
    held = _hold(window, re.compile(r"/images/\w+\?level=0"), 2)
    window.open_study(_key(organised, "textbook")).press("f")
    window.page.wait_for_selector('#full [data-say="state"]:has-text("PREVIEW")')
    window.page.wait_for_selector('#full .pane:nth-child(2) [data-say="state"]:has-text("PREVIEW")')

    # How large a stored pixel is shown cannot be said of one that stands for several.
    assert "%" not in window.words("display")

    for route in held:
        route.continue_()
    window.page.wait_for_selector("html[data-ready]")
    window.frame()

    assert [window.words("state", index) for index in (0, 1)] == ["", ""]
    assert "%" in window.words("display")


def test_values_packed_by_gzip_are_the_chains_too(browser, address, organised):
    window = Window(browser, address)
    packings = []

    def ask_for_gzip(route):
        answer = route.fetch(headers={**route.request.headers, "accept-encoding": "gzip"})
        packings.append(answer.headers["content-encoding"])
        route.fulfill(response=answer)

    window.page.route("**/values?*", ask_for_gzip)
    key = _key(organised, "textbook")
    window.open_study(key).open_full().lay(0).press("z").frame()

    pane = window.pane()

    assert set(packings) == {"gzip"}
    assert np.array_equal(pane["grey"], _expected(_picture(organised, key, pane), pane))
    window.close()


DRAWN = """([values, columns, table, padding, place, size]) => {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = size;
    const rows = values.length / columns;
    draw.picture(canvas, { values: Uint16Array.from(values), rows, columns, padding },
        Uint8Array.from(table), place);
    const { data } = canvas.getContext("2d").getImageData(0, 0, ...size);
    return [...data].filter((_, i) => i % 4 === 0);
}"""


def _draw(window, values, table, place, size, padding=None):
    asked = [values.ravel().tolist(), values.shape[1], table.tolist(), padding, place, size[::-1]]
    return np.array(window.page.evaluate(DRAWN, asked)).reshape(size)


def test_smaller_pictures_are_means_of_grey_and_larger_ones_grey_of_values_between(textbook):
    drawn = np.random.default_rng(4)
    values = drawn.integers(0, 256, (24, 36), dtype=np.uint16)
    table = drawn.integers(0, 256, 256).astype(np.uint8)

    smaller = _draw(textbook, values, table, {"x": 0, "y": 0, "sx": 3, "sy": 2}, (12, 12))
    means = table[values].reshape(12, 2, 12, 3).mean(axis=(1, 3))
    assert np.abs(smaller - means).max() <= 0.5

    larger = _draw(textbook, values, table, {"x": 4, "y": 4, "sx": 0.25, "sy": 0.25}, (40, 40))
    places = 4 + (np.arange(40) + 0.5) * 0.25 - 0.5
    low, share = np.floor(places).astype(int), places - np.floor(places)
    across = values[:, low] * (1 - share) + values[:, low + 1] * share
    between = across[low] * (1 - share)[:, None] + across[low + 1] * share[:, None]
    assert np.array_equal(larger, table[np.floor(between + 0.5).astype(int)])


def test_no_value_is_made_up_between_an_image_and_its_padding(textbook):
    values = np.full((8, 8), 200, np.uint16)
    values[:, 4:] = 0
    grey = np.arange(256, dtype=np.uint8)

    larger = _draw(
        textbook, values, grey, {"x": 0, "y": 0, "sx": 0.25, "sy": 0.25}, (32, 32), padding=[0, 0]
    )

    assert set(np.unique(larger)) == {0, 200}
    assert np.array_equal(larger, np.repeat(np.repeat(values, 4, 0), 4, 1))


def test_up_to_four_images_stand_beside_one_another(textbook):
    for button in textbook.page.locator('[data-part="images"] button').all()[2:4]:
        button.click()
    textbook.page.wait_for_selector("html[data-ready]")
    textbook.frame()

    assert textbook.page.locator("#full .pane:visible").count() == 4
    assert len({textbook.pane(index)["address"] for index in range(4)}) == 4
    # Whose and of which side and view each is, stays in sight.
    for caption in textbook.page.locator("#full figcaption:visible").all():
        room = caption.bounding_box()
        for name in ("word", "view", "who"):
            words = caption.locator(f'[data-say="{name}"]')
            assert words.inner_text()
            assert words.bounding_box()["y"] + 10 < room["y"] + room["height"]


def test_injections_and_numbers_tell_images_of_one_view_apart_and_a_fifth_says_which_leaves(
    browser, tmp_path
):
    settings = Settings(output=tmp_path / "out", jobs=1)
    organise([str(SAMPLES / "two-ducts")], settings, in_process=True)
    with serving(tmp_path / "out") as address:
        window = (
            Window(browser, address).open_study(_key(tmp_path / "out", "two-ducts")).open_full()
        )
        buttons = window.page.locator('#full [data-part="images"] button')
        labels = buttons.all_inner_texts()
        for button in buttons.all():
            if button.get_attribute("aria-pressed") == "false":
                button.click()
                window.frame()
        told = window.page.locator('#full [data-part="told"]').inner_text()
        shown = [window.words("view", index) for index in range(4)]
        window.close()

    assert len(set(labels)) == len(labels) == 8
    assert [label.partition(" · ")[0] for label in labels].count("1") == 1
    posts = [label.rpartition(", ")[2] for label in labels if "POST" in label]
    assert set(posts) == {"injection 1", "injection 2", "injection 3"}
    assert re.fullmatch(r"No more than 4 at once: (PRE|POST), .* has left.", told)
    assert any("injection 2" in words for words in shown)


# ---- deciding


@pytest.fixture
def own(organised, tmp_path):
    """Return an output folder that may be decided upon; its originals stay where they are."""
    return Path(shutil.copytree(organised, tmp_path / "out"))


@pytest.fixture
def own_address(own):
    with serving(own) as found:
        yield found


@pytest.fixture
def desk(browser, own_address):
    opened = Window(browser, own_address)
    yield opened
    opened.close()


def _saved(window):
    window.page.wait_for_selector('#saved:has-text("Saved.")')
    return window.page.locator("#saved").text_content()


def _status(window, words):
    window.page.wait_for_selector(f'.seat [data-part="status"]:has-text("{words}")', timeout=60_000)


def test_from_the_list_to_a_confirmed_sheet_by_five_keys_and_ones_initials(desk, own):
    desk.press("Enter")
    desk.page.wait_for_selector("#strip:visible")

    desk.press("p", "o", "p", "o")
    desk.page.wait_for_selector('#saved:has-text("The study becomes paired.")')
    desk.press("Control+s")
    desk.page.keyboard.type("AB")
    desk.press("Enter")

    assert "The study becomes paired." in _saved(desk)
    _status(desk, "paired")
    record = read_known(own).records[_key(own, "clock-only")]
    assert [image.decided.by for image in record.instances] == ["AB"] * 4
    assert {image.confidence for image in record.instances} == {"confirmed"}
    assert desk.page.locator("[data-undo]").count() == 4
    assert desk.complaints == []


def test_what_is_pending_outlives_a_reload_and_is_saved_afterwards(desk, own):
    desk.open_study(_key(own, "clock-only")).press("p")
    desk.page.reload()
    desk.page.wait_for_selector('#strip:has-text("1 PENDING")')

    desk.press("Control+s")
    desk.page.keyboard.type("AB")
    desk.press("Enter")

    _saved(desk)
    (event,) = read_journal(own).events
    assert (event.phase, event.by) == ("pre", "AB")


def test_a_stale_save_is_refused_shows_both_and_keeps_what_was_decided(
    browser, own_address, desk, own
):
    key = _key(own, "clock-only")
    desk.open_study(key).press("p")
    other = Window(browser, own_address).open_study(key)
    other.press("o", "Control+s")
    other.page.keyboard.type("CD")
    other.press("Enter")
    _saved(other)

    desk.press("Control+s")
    desk.page.keyboard.type("AB")
    desk.press("Enter")

    desk.page.wait_for_selector('#saved:has-text("Not saved")')
    said = desk.page.locator("#saved").inner_text()
    assert "L CC, phase pre, AB" in said
    assert "L CC, phase post, CD" in said
    assert "1 PENDING" in desk.page.locator("#strip").inner_text()
    assert [event.by for event in read_journal(own).events] == ["CD"]
    other.close()


def test_a_decision_is_taken_back_by_one_key_on_its_line(desk, own):
    desk.open_study(_key(own, "clock-only")).press("o", "Control+s")
    desk.page.keyboard.type("AB")
    desk.press("Enter")
    desk.page.wait_for_selector("[data-undo]", timeout=60_000)

    desk.page.locator("[data-undo]").first.focus()
    desk.press("Enter")

    desk.page.wait_for_selector("#history .undone", timeout=60_000)
    record = read_known(own).records[_key(own, "clock-only")]
    assert {image.phase for image in record.instances} == {"unknown"}
    assert len(read_journal(own).events) == 2


def test_what_a_server_that_is_gone_did_not_take_stays_pending(browser, own):
    with served(own) as (process, address):
        window = Window(browser, address).open_study(_key(own, "clock-only")).press("p")
        process.kill()
        process.wait()
        window.press("Control+s")
        window.page.keyboard.type("AB")
        window.press("Enter")

        window.page.wait_for_selector('#strip:has-text("Not saved: the server does not answer")')
        assert "1 PENDING" in window.page.locator("#strip").inner_text()
        window.close()


def test_a_read_only_review_says_so_and_saves_nothing(browser, own):
    with serving(own, "--read-only") as address:
        window = Window(browser, address).open_study(_key(own, "clock-only"))
        window.press("p", "Control+s")
        window.page.keyboard.type("AB")
        window.press("Enter")
        window.page.wait_for_selector('#strip:has-text("read only")')
        window.close()

    assert read_journal(own).events == ()


def test_another_reader_is_told_who_has_the_study_open(browser, own_address, desk, own):
    key = _key(own, "clock-only")
    desk.open_study(key)
    other = Window(browser, own_address)

    other.page.wait_for_selector(f'tr[data-key="{key}"] [data-part="open"]:has-text("for 0 min")')
    other.close()


def test_the_list_shows_what_is_ones_own_and_its_filter_stands_in_the_address(desk, own):
    key, other = _key(own, "clock-only"), _key(own, "textbook")
    decided = {"verdict": "reviewed", "at": "2026-02-01T09:00:00"}
    add(own, [Event(study=key, by="AB", **decided), Event(study=other, by="CD", **decided)])
    desk.page.evaluate('localStorage.setItem(\'ductdicom:by\', \'{"by": "AB", "until": 9e15}\')')
    desk.page.reload()

    desk.page.locator('input[name="group"][value="mine"]').check()
    shown = desk.page.locator("tbody tr:visible")
    assert [row.get_attribute("data-key") for row in shown.all()] == [key]
    assert "decided, not drawn" in shown.inner_text()
    desk.page.locator('select[name="side"]').select_option("L")
    assert desk.page.url.endswith("/#group=mine&side=L")
    desk.page.reload()
    assert [row.get_attribute("data-key") for row in shown.all()] == [key]
    shown.locator("a").click()
    desk.page.wait_for_selector('a.all[href$="#group=mine&side=L"]')

    desk.page.goto(re.sub(r"/studies/.*", "/#group=mine&side=?", desk.page.url))
    desk.page.wait_for_function("!document.querySelector('tbody tr:not([hidden])')")
    # What is sought for may be a name.
    desk.page.locator("#find").fill("SAMPLE-007")
    assert "SAMPLE" not in desk.page.url


def test_the_viewer_says_that_an_original_is_gone_and_the_sheet_stays(browser, tmp_path):
    export = shutil.copytree(SAMPLES / "textbook", tmp_path / "export")
    organise([str(export)], Settings(output=tmp_path / "out", jobs=1), in_process=True)
    key = _key(tmp_path / "out", "export")
    shutil.rmtree(export)
    with serving(tmp_path / "out") as address:
        window = Window(browser, address).open_study(key).open_full()

        said = "the original cannot be shown: missing · SHEET'S TILE, NOT TO SCALE"
        assert said in window.words("state")
        assert window.page.locator("#full .pane img:visible").count() == 2
        assert window.page.locator("image[data-tile]").count() >= 4

        # What is decided now is saved, and each page says that no sheet shows it, and why.
        window.press("Escape", "r")
        window.page.locator('#strip [data-do="cannot-tell"]').click()
        window.press("Control+s")
        window.page.keyboard.type("AB")
        window.press("Enter")
        window.page.wait_for_selector('.undrawn:has-text("Why: ")')
        assert "is gone or changed" in window.page.locator(".undrawn").inner_text()
        assert window.page.locator('#history :text("not drawn")').count() == 1
        window.close()


def test_an_image_of_unknown_scale_is_called_that_and_has_no_ruler(browser, tmp_path):
    export = Path(shutil.copytree(SAMPLES / "textbook", tmp_path / "export"))
    for path in export.iterdir():
        dataset = pydicom.dcmread(path)
        if path.name in {"IM0001", "IM0002"}:  # before the filling
            del dataset.ImagerPixelSpacing
            dataset.save_as(path)
    organise([str(export)], Settings(output=tmp_path / "out", jobs=1), in_process=True)
    key = _key(tmp_path / "out", "export")
    with serving(tmp_path / "out") as address:
        window = Window(browser, address).open_study(key).open_full()
        spacing = window.page.evaluate(
            "full.panes.map(({ image }) => image && image.drawn.spacing)"
        )
        bars = window.page.locator("#full .pane:visible .bar").all_text_contents()
        said = [window.words("state", index) for index in (0, 1)]
        window.close()

    assert spacing[0] is None
    assert bars[0] == "SCALE UNKNOWN"
    for known, words in zip(spacing[:2], said, strict=True):
        assert ("SCALE UNKNOWN" in words) is (known is None)


def test_axe_reports_nothing_on_list_study_and_images_in_full(window, organised):
    axe = pytest.importorskip("axe_playwright_python", reason="axe is not installed")
    script = (Path(axe.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
    for step in (
        lambda: None,
        lambda: window.open_study(_key(organised, "clock-only")),
        window.open_full,
    ):
        step()
        window.page.evaluate(script)
        found = window.page.evaluate("axe.run()")["violations"]
        nodes = [(item["id"], [node["failureSummary"] for node in item["nodes"]]) for item in found]
        assert nodes == []


# Scripts of the page are out of reach there: all is told by what stands in the document.
IN_FIREFOX = """const done = arguments[arguments.length - 1];
const dialog = document.getElementById("full");
const canvas = dialog.querySelector("canvas");
const { images } = JSON.parse(document.getElementById("review-data").textContent);
const press = (element, key) => element.dispatchEvent(
    new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
const frame = () => new Promise((drawn) =>
    requestAnimationFrame(() => requestAnimationFrame(drawn)));
const drawn = async () => {
    do await frame(); while (!document.documentElement.hasAttribute("data-ready"));
};
const show = async (key) => {
    for (const one of [key, "z"]) { press(dialog, one); await drawn(); }
    const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
    let text = "";
    for (let i = 0; i < data.length; i += 4) text += String.fromCharCode(data[i]);
    const number = [...dialog.querySelectorAll('[data-part="images"] button')]
        .findIndex((button) => button.getAttribute("aria-pressed") === "true");
    return {
        grey: btoa(text), width: canvas.width, height: canvas.height,
        place: JSON.parse(canvas.dataset.place),
        address: images[number].address,
    };
};
(async () => {
    press(document.body, "f");
    await drawn();
    for (const button of dialog.querySelectorAll('[aria-pressed="false"]')) {
        if (!button.dataset.do) button.click();
    }
    await drawn();
    const panes = [];
    for (const key of "1234") panes.push(await show(key));
    return panes;
})().then(done, (error) => done(String(error)));"""


@pytest.mark.skipif(FIREFOX is None, reason="there is no Firefox on this machine")
def test_at_1_to_1_firefox_shows_every_pixel_as_the_chain_has_it(organised, address, tmp_path):
    key = _key(organised, "/odd/")
    with firefox(tmp_path) as browser:
        browser.go(address)
        browser.go(address.partition("?")[0] + f"studies/{key}/sheet.html")
        panes = [_with_grey(pane) for pane in browser.run(IN_FIREFOX)]

    for pane in panes:
        expected = _expected(_picture(organised, key, pane), pane)
        assert np.ptp(expected) > 100
        assert np.array_equal(pane["grey"], expected)
    assert len({pane["address"] for pane in panes}) == 4


def test_studies_are_worked_through_one_after_another_without_the_list(desk, own):
    desk.page.locator('input[name="group"][value="all"]').check()
    keys = [row.get_attribute("data-key") for row in desk.page.locator("tbody tr").all()]
    desk.page.locator("tbody tr a").first.click()
    for key, step in zip([*keys[:2], keys[0]], ("j", "k", ""), strict=True):
        desk.page.wait_for_selector(f'.seat:has-text("{key}")')
        desk.page.locator("h1").click()
        if step:
            desk.press(step)
