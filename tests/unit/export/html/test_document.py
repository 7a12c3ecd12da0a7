import base64
import hashlib
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from sheets import lay_out, make_image

from ductdicom.export.html.index import IndexEntry, html_index
from ductdicom.export.html.sheet import PageStudy, html_sheet
from ductdicom.model.last_run import InputCount, InputCounts, LastRun, UnreadInputs
from ductdicom.model.outcome import Status
from ductdicom.sheet.style import DARK, LIGHT

EVIL = "<script>alert(1)</script>\"'&<img src=x onerror=alert(2)>"
ENTRY = IndexEntry(
    key=EVIL,
    date=EVIL,
    who=EVIL,
    words=EVIL,
    status=Status.REVIEW,
    images=EVIL,
    problems=EVIL,
    link="studies/k/sheet.html",
    links=(("sheet.html", "studies/k/sheet.html"),),
    thumbnail="studies/k/thumbnail.png",
)


class _Reader(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes, self.texts, self.blocks = [], [], [], {}
        self._open = None
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        self._open = tag

    def handle_endtag(self, tag):
        self._open = None if tag == self._open else self._open

    def handle_data(self, data):
        if self._open in {"script", "style"}:
            self.blocks.setdefault(self._open, []).append(data)
        else:
            self.texts.append(data)


def _sheet():
    images = [
        make_image(1, phase="pre", text=EVIL),
        make_image(2, phase="post", text=EVIL),
    ]
    _, _, pages = lay_out(images, identity=(EVIL,), version=EVIL)
    return html_sheet(pages, DARK, title=EVIL)


def _sheet_with_strip():
    _, _, pages = lay_out([make_image(1, phase="pre", text=EVIL), make_image(2)])
    study = PageStudy(key=EVIL, identity=(EVIL,), batch=EVIL)
    return html_sheet(pages, DARK, title=EVIL, index="../../index.html", study=study)


def _index():
    return html_index(
        [ENTRY],
        LastRun(
            finished=EVIL,
            version=EVIL,
            inputs=InputCounts(total=3, by_reason=(InputCount("view", EVIL, 3),)),
            unreadable=(UnreadInputs(EVIL, 1, (EVIL,)),),
        ),
        batch=EVIL,
    )


@pytest.fixture(scope="module", params=[_sheet, _sheet_with_strip, _index])
def document(request):
    return request.param().decode("utf-8")


def test_whatever_a_tag_holds_is_text(document):
    read = _Reader(document)

    assert "img" not in [tag for tag, name, _ in read.attributes if name == "onerror"]
    assert not [name for _, name, _ in read.attributes if name.startswith("on")]
    assert len(read.blocks["script"]) == read.tags.count("script")
    assert not any("alert(1)" in block for block in read.blocks["script"])
    assert any("alert(1)" in text for text in read.texts)


def test_nothing_is_fetched_from_elsewhere(document):
    read = _Reader(document)
    targets = [v for _, name, v in read.attributes if name in {"src", "href", "action", "srcset"}]

    assert not re.search(r"url\(|@import", "".join(read.blocks["style"]))
    assert not {"link", "iframe", "object", "embed", "base", "form"} & set(read.tags) - {"form"}
    for target in targets:
        is_local = re.match(r"(?![a-z]+:|//)", target) or target.startswith("data:image/png;")
        assert is_local, target[:60]
    rest = re.sub(r'"data:[^"]*"', "", document).replace("http-equiv", "")
    assert "http" not in rest.replace("http://www.w3.org/2000/svg", "")


def test_the_policy_allows_only_the_documents_own_style_and_script(document):
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', document)
    directives = dict(part.strip().split(" ", 1) for part in policy.split(";") if part.strip())
    read = _Reader(document)

    assert directives["default-src"] == "'none'"
    assert "unsafe" not in policy
    for name, tag in (("style-src", "style"), ("script-src", "script")):
        (block,) = read.blocks[tag]
        digest = base64.b64encode(hashlib.sha256(block.encode()).digest()).decode("ascii")
        assert directives[name] == f"'sha256-{digest}'"
    assert not [1 for _, name, _ in read.attributes if name == "style"]


@pytest.mark.parametrize("make", [_sheet, _sheet_with_strip, _index])
def test_the_same_content_gives_the_same_bytes(make):
    assert make() == make()


def test_the_sheets_words_are_text_and_its_images_are_inside():
    _, _, pages = lay_out([make_image(1, phase="pre"), make_image(2)])

    text = html_sheet(pages, LIGHT, title="A").decode("utf-8")

    assert ">PRE</text>" in text
    assert "Not for diagnostic" in text
    tiles = sum(len(page.tiles) for page in pages)
    assert text.count('href="data:image/png;base64,') == tiles


def test_there_is_a_strip_only_where_decisions_can_be_kept_for_a_folder_of_results():
    assert b'id="strip"' in _sheet_with_strip()
    assert b'id="strip"' not in _sheet()


def test_the_state_of_a_sheet_is_that_of_what_it_says():
    def state(*images):
        _, _, pages = lay_out(images)
        study = PageStudy(key="k", batch="b")
        text = html_sheet(pages, DARK, title="A", study=study).decode("utf-8")
        return re.search(r"state&#34;: &#34;([0-9a-f]+)", text)[1]

    pre, post = make_image(1, phase="pre"), make_image(2)

    assert state(pre, post) == state(pre, post)
    others = [
        state(post, make_image(1)),
        state(pre, make_image(2, text="ISOVUE")),
        state(make_image(1, phase="pre", side="R"), make_image(2, side="R")),
    ]
    assert len({state(pre, post), *others}) == 4


def test_the_index_names_every_study_and_every_disposition():
    entry = replace(ENTRY, key="20260102-abc", date="2026-01-02")
    counts = (InputCount("unreadable", "truncated", 7),)
    last = LastRun(inputs=InputCounts(total=7, by_reason=counts))

    text = html_index([entry], last).decode("utf-8")

    for word in ("20260102-abc", "2026-01-02", "unreadable", "truncated", "ledger.csv"):
        assert word in text


def test_the_list_of_images_is_a_table_for_who_has_it_read_aloud():
    images = [make_image(1, phase="pre"), make_image(2, phase="post", text="IOHEXOL <300>")]
    pages = lay_out(images)[2]

    text = html_sheet(pages, DARK, title="A sheet").decode()

    (table,) = re.findall(r"<table>.*?</table>", text, re.DOTALL)
    assert re.findall("<caption>(.*?)</caption>", table) == ["every image of the study (2)"]
    heads = re.findall('<th scope="col">(.*?)</th>', table)
    rows = [re.findall("<td>(.*?)</td>", row) for row in re.findall("<tr>.*?</tr>", table)[1:]]
    assert heads[:5] == ["#", "Series/No.", "Image", "Kind", "Phase"]
    assert [len(row) for row in rows] == [len(heads)] * 2
    assert [row[4] for row in rows] == ["pre", "post"]
    assert "IOHEXOL &lt;300&gt;" in rows[1][8]
