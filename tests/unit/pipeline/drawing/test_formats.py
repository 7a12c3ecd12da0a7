"""All formats of a sheet show the same pixels, and a page is drawn once for those of one theme."""

import base64
import io
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pydicom import dcmread
from sheets import lay_out, make_image

from ductdicom.identity.known import Identity
from ductdicom.pipeline.drawing import work
from ductdicom.settings import Format, Settings
from ductdicom.sheet.page import PictureMark

EVERY = (Format.PNG, Format.PDF, Format.HTML, Format.DICOM)


@pytest.fixture
def drawn(monkeypatch):
    """Return a function that renders a pair in formats, and the numbers of pages it drew."""
    study, pairing, pages = lay_out([make_image(1, phase="pre"), make_image(2, minute=20)])
    titles = []
    draw = work.draw_page

    def counted(page, theme):
        titles.append(page.title)
        return draw(page, theme)

    monkeypatch.setattr(work, "draw_page", counted)

    def render(*formats):
        job = work.StudyJob(
            key="20260102-a", folder=Path(), call=study, pairing=pairing, identity=(),
            people=Identity(), settings=replace(Settings(), format=formats), fingerprint="",
        )  # fmt: skip
        return pages, dict(work.render(pages, job)), Counter(titles)

    return render


def test_each_page_is_drawn_once_for_all_formats(drawn):
    pages, _, counts = drawn(*EVERY)

    assert counts == dict.fromkeys((page.title for page in pages), 1)


def test_only_what_is_shown_is_drawn(drawn):
    pages, files, counts = drawn(Format.HTML)

    assert counts == {pages[0].title: 1}  # for the thumbnail
    assert files.keys() == {"thumbnail.png", "sheet.html"}


def test_png_and_dicom_have_the_same_pixels(drawn):
    pages, files, _ = drawn(*EVERY)

    frames = dcmread(io.BytesIO(files["sheet.dcm"])).pixel_array
    for number in range(len(pages)):
        with Image.open(io.BytesIO(files[f"sheet-{number + 1}.png"])) as page:
            assert np.array_equal(np.asarray(page.convert("RGB")), frames[number])


def test_a_picture_of_png_has_the_pixels_of_html_where_it_is_not_kept_finer(drawn):
    pages, files, _ = drawn(*EVERY)

    embedded = re.findall(rb"data:image/png;base64,([A-Za-z0-9+/=]+)", files["sheet.html"])
    found = [Image.open(io.BytesIO(base64.b64decode(text))) for text in embedded]
    assert len(embedded) == len(set(embedded))
    with Image.open(io.BytesIO(files["sheet-1.png"])) as image:
        page = np.asarray(image.convert("L"))
    for mark in (mark for mark in pages[0].marks if isinstance(mark, PictureMark)):
        rows, columns = mark.pixels.shape
        y, x = round(mark.box.y), round(mark.box.x)
        assert np.array_equal(page[y : y + rows, x : x + columns], mark.pixels)
        assert any(np.array_equal(np.asarray(picture), mark.pixels) for picture in found)
