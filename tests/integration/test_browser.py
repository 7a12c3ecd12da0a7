"""The sheet and the index as a reader meets them: in a browser, opened from a folder.

The browser is the system's own Chromium, driven over pipes: no port is opened.
"""

import io
import re
import shutil
import warnings
from contextlib import redirect_stderr, redirect_stdout
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pydicom
import pytest
from browsing import Opened, needs_chromium
from pypdf import PdfReader

from ductdicom.cli.application import run
from ductdicom.export.html.index import IndexEntry, html_index
from ductdicom.model.last_run import InputCount, InputCounts, LastRun, UnreadInputs
from ductdicom.model.outcome import Status

SAMPLES = Path(__file__).resolve().parents[2] / "sample_data"
FOOTER = (
    "Overview only. Not for diagnostic interpretation or measurement; not a retained mammogram."
)
PAYLOAD = "</script><script>window.hacked=1</script><img src=x onerror='window.hacked=1'>\"'&amp;"
pytestmark = [
    pytest.mark.integration,
    needs_chromium,
    pytest.mark.skipif(not SAMPLES.is_dir(), reason="sample_data is no part of the source archive"),
]


def _sheet(source, target):
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        assert run(["sheet", str(source), "-o", str(target)]) == 0
    return target


def _changed_copy(name, folder, change):
    """Return a sample study whose mammograms went through ``change``."""
    copy = Path(shutil.copytree(SAMPLES / name, folder / name))
    for path in sorted(copy.iterdir()):
        dataset = pydicom.dcmread(path)
        if dataset.get("Modality") == "MG":
            change(path, dataset)
            dataset.save_as(path)
    return copy


@pytest.fixture(scope="module")
def textbook(tmp_path_factory):
    return _sheet(SAMPLES / "textbook", tmp_path_factory.mktemp("textbook") / "sheet.html")


@pytest.fixture(scope="module")
def cut_post(tmp_path_factory):
    """Return a sheet on which the first post image cannot be decoded."""
    folder = tmp_path_factory.mktemp("cut")

    def cut(_path, dataset):
        if "ContrastBolusAgent" in dataset:
            dataset.PixelData = dataset.PixelData[: len(dataset.PixelData) // 2]

    copy = _changed_copy("textbook", folder, cut)
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        assert run(["sheet", str(copy), "-o", str(folder / "sheet.html")]) == 1
    return folder / "sheet.html"


def test_the_viewer_says_of_an_image_that_it_cannot_be_shown(show, cut_post):
    opened = show(cut_post).open_viewer(0)

    assert opened.visible_words() == ["PRE", "POST"]
    notes = opened.window.locator('.pane[data-side="right"] [data-say="notes"]')
    assert "CANNOT BE SHOWN" in notes.inner_text()
    picture = opened.window.locator('.pane[data-side="right"] img')
    assert picture.evaluate("(image) => image.naturalWidth") > 0
    opened.press("Space", "z", "0", "b")
    assert opened.complaints == []


@pytest.fixture(scope="module")
def several_posts(tmp_path_factory):
    return _sheet(SAMPLES / "deidentified", tmp_path_factory.mktemp("posts") / "sheet.html")


@pytest.fixture(scope="module")
def unknown_scale(tmp_path_factory):
    def forget(path, dataset):
        if path.name == "IM0003":
            del dataset.ImagerPixelSpacing
            dataset.pop("EstimatedRadiographicMagnificationFactor", None)

    folder = tmp_path_factory.mktemp("unknown")
    return _sheet(_changed_copy("textbook", folder, forget), folder / "sheet.html")


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    def poison(_path, dataset):
        for element in list(dataset):
            if element.VR in {"LO", "LT", "ST", "UT", "SH", "PN"} and element.VM <= 1:
                element.value = f"{element.value} {PAYLOAD}"

    folder = tmp_path_factory.mktemp("hostile")
    with warnings.catch_warnings():
        # The values are longer than their types allow: that is what they are for.
        warnings.simplefilter("ignore", UserWarning)
        copy = _changed_copy("textbook", folder, poison)
    return _sheet(copy, folder / "sheet.html")


def _index(folder, studies, last=None, batch=""):
    path = folder / "index.html"
    path.write_bytes(html_index(studies, last, batch=batch))
    return path


def _entry(key, status=Status.PAIRED, **changes):
    values = {
        "key": key,
        "date": "2026-01-02",
        "who": "Patient ID SAMPLE-1, Study 2026-01-02",
        "words": "ductogram",
        "status": status,
        "images": "4 objects: 2 post, 2 pre",
        "problems": "",
        "link": f"studies/{key}/sheet.html",
        "links": (("sheet.html", f"studies/{key}/sheet.html"),),
        "thumbnail": "",
    }
    return IndexEntry(**(values | changes))


def _assert_linked(scales):
    left, right = scales
    assert left["across"] == pytest.approx(right["across"], rel=1e-3)
    assert left["down"] == pytest.approx(right["down"], rel=1e-3)
    assert left["across"] == pytest.approx(left["down"], rel=2e-3)


def test_a_sheet_opens_from_a_folder_without_complaint(show, textbook):
    sheet = show(textbook).open_viewer()

    assert sheet.complaints == []
    assert {url.split(":", 1)[0] for url in sheet.requests} <= {"file", "data"}
    assert sum(url.startswith("file:") for url in sheet.requests) == 1


def test_no_other_script_than_its_own_runs(show, textbook):
    sheet = show(textbook)
    sheet.window.evaluate(
        """() => {
            const script = document.createElement('script');
            script.textContent = 'window.hacked = 1';
            document.body.append(script);
            document.body.insertAdjacentHTML('beforeend', '<b onclick="window.hacked = 1">x</b>');
            document.body.lastChild.click();
        }"""
    )

    assert sheet.window.evaluate("window.hacked") is None
    assert any("Content Security Policy" in words for words in sheet.complaints)


def test_the_warning_stands_on_the_page_and_in_the_viewer(show, textbook):
    sheet = show(textbook)

    assert sheet.window.locator(f'header:has-text("{FOOTER}")').is_visible()
    assert sheet.window.locator("svg text", has_text=FOOTER).first.is_visible()
    assert sheet.open_viewer().window.locator("dialog", has_text=FOOTER).is_visible()


def test_enter_on_an_image_opens_the_viewer_and_escape_returns_to_it(show, textbook):
    sheet = show(textbook)
    sheet.window.locator("image[data-tile]").nth(2).focus()
    sheet.press("Enter")

    assert sheet.visible_words() == ["PRE", "POST"]

    sheet.press("Escape")

    assert not sheet.window.locator("dialog").is_visible()
    assert (
        sheet.window.evaluate(
            "[...document.querySelectorAll('image')].indexOf(document.activeElement)"
        )
        == 2
    )


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        pytest.param("1", ["PRE"], id="1 shows pre alone"),
        pytest.param("2", ["POST"], id="2 shows post alone"),
        pytest.param("1b", ["PRE", "POST"], id="b shows both"),
        pytest.param(" ", ["PRE"], id="space begins with pre"),
        pytest.param("  ", ["POST"], id="space swaps to post"),
        pytest.param("   ", ["PRE"], id="space swaps back"),
        pytest.param("3", ["PRE", "POST"], id="a number without image changes nothing"),
    ],
)
def test_keys_choose_what_is_shown(show, textbook, keys, expected):
    sheet = show(textbook).open_viewer()
    sheet.press(*("Space" if key == " " else key for key in keys))

    assert sheet.visible_words() == expected


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("Enter", ["PRE", "POST"]),
        ("1", ["PRE"]),
        ("2", ["POST"]),
        ("Space", ["PRE"]),
        ("z", ["PRE", "POST"]),
    ],
)
def test_the_same_keys_open_the_viewer_on_the_page_in_view(show, textbook, key, expected):
    sheet = show(textbook)
    sheet.press(key)

    assert sheet.visible_words() == expected


def test_keys_open_nothing_where_a_page_has_no_image(show, textbook):
    sheet = show(textbook)
    sheet.press("ArrowRight", "1")

    assert not sheet.window.locator("dialog").is_visible()


def test_numbers_choose_among_several_posts(show, several_posts):
    sheet = show(several_posts).open_viewer()
    sheet.press("3")

    assert sheet.visible_words() == ["POST 2"]

    sheet.press("b")

    assert sheet.visible_words() == ["PRE", "POST 2"]


def test_what_is_said_of_an_image_is_said_in_the_viewer(show, textbook):
    sheet = show(textbook).open_viewer()
    pane = sheet.window.locator('.pane[data-side="right"]')

    assert pane.locator('[data-say="view"]').inner_text() == "L CC M"
    assert "IOHEXOL 300" in pane.locator('[data-say="reason"]').inner_text()
    assert "×1.8" in pane.locator('[data-say="facts"]').inner_text()
    assert sheet.window.locator('[data-part="badges"]').inner_text() == "MAGNIFICATION DIFFERS"


def test_swapping_leaves_the_nipple_where_it_is(show, textbook):
    sheet = show(textbook).open_viewer()
    sheet.press("Space", "+", "+")
    first, second = sheet.scales()

    assert first["x"] == pytest.approx(second["x"], abs=1)
    assert first["y"] == pytest.approx(second["y"], abs=1)


def _wheel(sheet):
    sheet.window.mouse.move(300, 500)
    sheet.window.mouse.wheel(0, -100)
    sheet.window.mouse.wheel(0, -100)


def _drag(sheet):
    sheet.window.mouse.move(300, 500)
    sheet.window.mouse.down()
    sheet.window.mouse.move(360, 470, steps=3)
    sheet.window.mouse.up()


@pytest.mark.parametrize(
    "hand",
    [
        pytest.param(Opened.scales, id="as it opens"),
        pytest.param(_wheel, id="wheel"),
        pytest.param(_drag, id="drag"),
        pytest.param(lambda sheet: sheet.press("+", "+", "ArrowLeft", "ArrowDown"), id="keys"),
        pytest.param(lambda sheet: sheet.press("z"), id="one to one"),
        pytest.param(lambda sheet: sheet.press("n", "-"), id="another row"),
    ],
)
def test_both_images_keep_one_scale_and_one_place(show, textbook, hand):
    sheet = show(textbook).open_viewer()
    hand(sheet)
    left, right = sheet.scales()
    middle = sheet.window.locator('.pane[data-side="right"]').bounding_box()["x"]

    _assert_linked([left, right])
    assert left["y"] == pytest.approx(right["y"], abs=1)
    assert left["x"] + middle == pytest.approx(right["x"], abs=1)


def test_wheel_zooms_and_drag_pans(show, textbook):
    sheet = show(textbook).open_viewer()
    before = sheet.scales()[1]
    _wheel(sheet)
    zoomed = sheet.scales()[1]

    assert zoomed["across"] == pytest.approx(before["across"] * 1.25**2, rel=1e-3)

    _drag(sheet)
    moved = sheet.scales()[1]

    assert moved["x"] - zoomed["x"] == pytest.approx(60, abs=1)
    assert moved["y"] - zoomed["y"] == pytest.approx(-30, abs=1)

    sheet.press("0")

    assert sheet.scales()[1] == before


def test_z_shows_the_pixels_of_the_file_one_to_one_and_goes_back(show, textbook):
    sheet = show(textbook).open_viewer()
    before = sheet.scales()
    sheet.press("z")
    shares = [scale["width"] / scale["columns"] for scale in sheet.scales()]

    assert min(shares) == pytest.approx(1)

    sheet.press("z")

    assert sheet.scales() == before


def test_shift_moves_one_image_alone_and_says_so(show, textbook):
    sheet = show(textbook).open_viewer()
    before = sheet.scales()
    sheet.press("Shift+ArrowRight")
    after = sheet.scales()

    assert after[0] == before[0]
    assert after[1]["x"] == pytest.approx(before[1]["x"] + 2, abs=0.6)
    assert "MOVED BY HAND" in sheet.window.locator('.pane[data-side="right"]').inner_text()


def test_the_scale_bar_follows_the_zoom(show, textbook):
    sheet = show(textbook).open_viewer()
    for keys in ((), ("z",), ("+", "+", "+", "+")):
        sheet.press(*keys)
        for scale in sheet.scales():
            length = re.fullmatch(r"(\d+) mm est\.", scale["words"])

            assert scale["bar"] == pytest.approx(int(length[1]) * scale["across"], rel=1e-2)


def test_an_unknown_scale_is_said_and_not_linked(show, unknown_scale):
    sheet = show(unknown_scale).open_viewer()
    before = sheet.scales()
    _wheel(sheet)
    after = sheet.scales()

    assert after[1]["words"] == "SCALE UNKNOWN"
    assert "SCALE UNKNOWN" in sheet.window.locator('[data-part="scale"]').inner_text()
    assert after[0]["width"] > before[0]["width"]
    assert after[1] == before[1]


def test_a_suggestion_is_called_one_in_the_viewer(show, tmp_path):
    path = _sheet(SAMPLES / "clock-only", tmp_path / "sheet.html")
    sheet = show(path).open_viewer()
    sheet.press("Space")

    assert sheet.window.locator('[data-say="suggested"]').first.is_visible()


def test_a_closeup_opens_the_part_that_it_frames(show, several_posts):
    sheet = show(several_posts)
    whole = sheet.open_viewer(0).scales()[0]
    sheet.press("Escape")
    part = sheet.open_viewer(0, is_closeup=True).scales()[0]

    assert part["across"] > 1.5 * whole["across"]
    _assert_linked(sheet.scales())


def test_a_closeup_of_a_page_of_its_own_opens_its_image_on_the_page_before(show, tmp_path):
    path = tmp_path / "sheet.html"
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        assert (
            run(["sheet", str(SAMPLES / "textbook"), "-o", str(path), "--closeup", "always"]) == 0
        )
    sheet = show(path)
    whole = sheet.open_viewer(0).scales()[0]
    sheet.press("Escape")

    assert sheet.open_viewer(0, is_closeup=True).scales()[0]["across"] > 1.5 * whole["across"]


def test_rows_are_turned_over_and_end(show, textbook):
    sheet = show(textbook).open_viewer()
    seen = []
    for key in ("n", "n", "p"):
        sheet.press(key)
        seen.append(sheet.window.locator('.pane[data-side="left"] [data-say="view"]').inner_text())

    assert seen == ["L MLO", "L MLO", "L CC"]


@pytest.mark.parametrize("size", [(1920, 1080), (1280, 720), (600, 900)], ids=str)
def test_words_fit_the_window(show, several_posts, size):
    sheet = show(several_posts, size).open_viewer()
    for key in ("b", "1"):
        sheet.press(key)
        for selector in (".tools", ".foot", "figcaption", '[data-do="close"]', ".word"):
            for part in sheet.window.locator(selector).all():
                box = part.bounding_box()

                assert box["x"] >= 0
                assert box["x"] + box["width"] <= size[0] + 0.5
                assert box["y"] + box["height"] <= size[1] + 0.5


def test_hostile_text_stays_text(show, hostile):
    sheet = show(hostile).open_viewer()
    sheet.press("Space", "b", "n")
    text = sheet.window.locator("svg").first.text_content()

    assert sheet.complaints == []
    assert sheet.window.evaluate("window.hacked") is None
    assert sheet.window.locator("script").count() == 1
    assert "</script>" in text


@pytest.mark.parametrize("name", ["textbook", "several_posts"])
def test_it_prints_one_sheet_of_paper_a_page_and_light(show, request, name):
    path = request.getfixturevalue(name)
    sheet = show(path)
    pages = sheet.window.locator("section.page").count()
    printed = PdfReader(
        io.BytesIO(sheet.window.pdf(prefer_css_page_size=True, print_background=True))
    )
    sheet.window.emulate_media(media="print")

    assert len(printed.pages) == pages
    assert all(FOOTER in page.extract_text() for page in printed.pages)
    assert sheet.window.locator("rect").first.evaluate("e => getComputedStyle(e).fill") == (
        "rgb(255, 255, 255)"
    )


def test_the_index_filters_by_words_status_and_problems(show, tmp_path):
    studies = [
        _entry("20260102-aaa", Status.REVIEW, problems="laterality-conflict (1)"),
        _entry("20260102-bbb"),
        _entry("20260103-ccc", date="2026-01-03"),
    ]
    index = show(_index(tmp_path, studies))
    left = index.window.locator(".studies li:visible .key")

    assert left.all_inner_texts() == ["20260102-aaa", "20260102-bbb", "20260103-ccc"]

    index.window.get_by_label("Find").fill("2026-01-03 duct")
    assert left.all_inner_texts() == ["20260103-ccc"]

    index.window.get_by_label("Find").fill("")
    index.window.get_by_label("paired 2").check()
    assert left.all_inner_texts() == ["20260102-bbb", "20260103-ccc"]
    assert index.window.locator("#count").inner_text() == "2 of 3 studies"

    index.window.get_by_label("all 3").check()
    index.window.get_by_label("with problems").check()
    assert left.all_inner_texts() == ["20260102-aaa"]
    assert index.complaints == []


@pytest.fixture(scope="module")
def batch(textbook, tmp_path_factory):
    """Write an index over three studies with the same sheet, and return the folder."""
    folder = tmp_path_factory.mktemp("batch")
    studies = [
        _entry("20260104-ddd"),
        _entry("20260103-ccc", Status.REVIEW, reasons="phase-unknown", side="left"),
        _entry("20260102-bbb", Status.REVIEW, reasons="only-suggested", side="right"),
        _entry("20260101-aaa", Status.REVIEW, reasons="phase-unknown", side="left"),
    ]
    page = textbook.read_text(encoding="utf-8")
    page = page.replace(
        "</header>", '<nav><a class="all" href="../../index.html">All</a></nav></header>'
    )
    for study in studies:
        sheet = folder / study.link
        sheet.parent.mkdir(parents=True)
        sheet.write_text(page, encoding="utf-8")
    return _index(folder, studies)


def test_the_filter_stands_in_the_address(show, batch):
    index = show(batch)
    index.window.get_by_label("review 3").check()
    index.window.get_by_label("Find").fill("phase-unknown left")

    again = show(batch, anchor=index.window.evaluate("location.hash"))

    assert again.window.locator("#count").inner_text() == "2 of 4 studies"
    assert again.window.get_by_label("Find").input_value() == "phase-unknown left"
    assert again.complaints == index.complaints == []


def test_a_sheet_leads_to_the_next_and_the_previous_of_the_filtered_list_and_back(show, batch):
    index = show(batch)
    index.window.get_by_label("Find").fill("phase-unknown")
    index.window.locator("h2 a:visible").first.click()
    index.window.wait_for_url("**/20260103-ccc/sheet.html*")

    index.press("j")
    index.window.wait_for_url("**/20260101-aaa/sheet.html*")
    assert index.window.get_by_role("link", name="next study").count() == 0
    index.window.get_by_role("link", name="previous study").click()
    index.window.wait_for_url("**/20260103-ccc/sheet.html*")
    index.window.get_by_role("link", name="All").click()

    index.window.wait_for_url("**/index.html*")
    assert index.window.locator("#count").inner_text() == "2 of 4 studies"
    assert index.complaints == []


@pytest.mark.parametrize("list_", ["", "../../etc,x", "20260109-zzz"])
def test_a_sheet_without_a_list_that_names_it_has_no_neighbours(show, batch, list_):
    sheet = show(batch.parent / "studies/20260101-aaa/sheet.html", anchor=f"#list={list_}")

    sheet.press("j")

    assert sheet.window.get_by_role("link", name="study").count() == 0
    assert "20260101-aaa" in sheet.window.url


def test_the_index_is_gone_through_by_keys(show, tmp_path):
    index = show(_index(tmp_path, [_entry("20260102-aaa"), _entry("20260102-bbb")]))
    index.press("/", "b", "b", "b", "ArrowDown")

    assert index.window.evaluate("document.activeElement.getAttribute('href')") == (
        "studies/20260102-bbb/sheet.html"
    )


def test_what_was_sought_for_in_the_index_is_opened_by_enter(show, tmp_path):
    entries = [_entry("20260102-aaa"), _entry("20260102-bbb")]
    index = show(_index(tmp_path, entries))
    (tmp_path / "studies/20260102-bbb").mkdir(parents=True, exist_ok=True)
    (tmp_path / "studies/20260102-bbb/sheet.html").write_text("<title>a sheet</title>")
    index.press("/", "x", "x", "Enter", "Escape", "Escape")
    assert index.window.evaluate("document.activeElement.closest('.studies') !== null")

    index.press("/", "b", "b", "b", "Enter")

    index.window.wait_for_url("**/20260102-bbb/sheet.html*")


def test_hostile_text_in_the_index_stays_text(show, tmp_path):
    entry = _entry("20260102-aaa", words=PAYLOAD, problems=PAYLOAD, date=PAYLOAD)
    counts = InputCounts(total=1, by_reason=(InputCount(PAYLOAD, PAYLOAD, 1),))
    last = LastRun(inputs=counts, unreadable=(UnreadInputs(PAYLOAD, 1, (PAYLOAD,)),))
    index = show(_index(tmp_path, [entry], last))

    assert index.complaints == []
    assert index.window.evaluate("window.hacked") is None
    assert PAYLOAD in index.window.locator(".studies").inner_text()


def test_the_index_sorts_by_date_and_reason_and_the_order_stands_in_the_address(show, tmp_path):
    studies = [
        _entry("20260101-a", Status.REVIEW, date="2026-01-01", reasons="phase-unknown"),
        _entry("20260104-b", Status.REVIEW, date="2026-01-04", reasons="only-suggested"),
        _entry("undated-c", date="undated"),
        _entry("20260102-d", date="2026-01-02"),
    ]
    index = show(_index(tmp_path, studies))
    orders = {}

    sort = index.window.get_by_label("Sort by")
    sort.focus()
    for _ in range(4):
        orders[sort.input_value()] = "".join(key[-1] for key in _keys(index))
        sort.press("ArrowDown")

    assert orders == {"": "abcd", "newest": "bdac", "oldest": "adbc", "reason": "bacd"}
    again = show(tmp_path / "index.html", anchor=index.window.evaluate("location.hash"))
    assert "sort=reason" in again.window.url
    assert "".join(key[-1] for key in _keys(again)) == "bacd"
    assert index.complaints == again.complaints == []


def _keys(index):
    return index.window.locator(".studies .key").all_inner_texts()


def test_the_index_says_when_the_last_run_was_how_it_ended_and_what_it_could_not_read(
    show, tmp_path
):
    ago = datetime.now(UTC) - timedelta(hours=5, minutes=4)
    last = LastRun(
        finished=f"{ago:%Y-%m-%dT%H:%M:%SZ}",
        version="1.2.3",
        exit_code=1,
        unreadable=(UnreadInputs("truncated", 3, ("CD1/IM1", "CD1/IM2")),),
    )
    index = show(_index(tmp_path, [_entry("20260102-a")], last, batch="0badcafe"))
    head = index.window.locator("header").inner_text()

    assert f"{ago:%Y-%m-%d %H:%M:%S} UTC (5 hours ago)" in head
    assert "exit code 1: something needs a person" in head
    assert "ductdicom 1.2.3" in head
    assert "batch 0badcafe" in head
    group = index.window.locator("details")
    assert group.inner_text().split("\n") == [
        "3 truncated", "CD1/IM1", "CD1/IM2", "and 1 more, which the ledger names",
    ]  # fmt: skip


def test_an_index_has_cards_only_of_what_is_in_view_until_they_are_reached_or_printed(
    show, tmp_path
):
    studies = [_entry(f"2026-{n:04d}", thumbnail=f"{n}.png") for n in range(2000)]
    index = show(_index(tmp_path, studies))
    cards = index.window.locator(".studies li")

    assert index.window.locator("#count").inner_text() == "2000 of 2000 studies"
    assert 0 < cards.count() < 100
    assert index.window.evaluate("document.querySelectorAll('*').length") < 2000
    assert sum(url.endswith(".png") for url in index.requests) < 100

    index.window.evaluate("scrollTo(0, document.querySelector('#inputs').offsetTop)")
    index.window.locator('[data-key="2026-1999"]').wait_for()
    assert cards.count() < 300

    index.window.get_by_label("Find").fill("2026-1")
    assert cards.count() < 100
    index.window.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert cards.count() == 1000


def test_keys_go_on_to_cards_that_were_not_in_view(show, tmp_path):
    index = show(_index(tmp_path, [_entry(f"2026-{n:04d}") for n in range(60)]))

    index.press(*["j"] * 60)

    assert index.window.evaluate("document.activeElement.closest('li').dataset.key") == "2026-0059"


def test_without_scripts_the_index_still_leads_to_every_sheet(browser, tmp_path):
    path = _index(tmp_path, [_entry(f"2026-{n:04d}") for n in range(300)])
    context = browser.new_context(java_script_enabled=False)
    window = context.new_page()
    window.goto(path.as_uri())

    assert window.get_by_role("link", name="2026-01-02 ductogram").count() == 300
    assert not window.get_by_label("Find").is_visible()
    context.close()
