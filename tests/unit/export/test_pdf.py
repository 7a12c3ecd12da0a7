import io
import re

import numpy as np
import pytest
from pypdf import PdfReader
from sheets import lay_out, make_image

from ductdicom.export.pdf import pdf_document
from ductdicom.sheet.captions import FOOTER
from ductdicom.sheet.page import PictureMark, TextMark
from ductdicom.sheet.style import DARK, LIGHT


@pytest.fixture(scope="module")
def pages():
    images = [
        make_image(1, phase="pre", text="без контраста"),
        make_image(2, phase="post", text="IOHEXOL 300"),
    ]
    return lay_out(images, identity=("Patient ID 7",))[2]


@pytest.fixture(scope="module")
def reader(pages):
    return PdfReader(io.BytesIO(pdf_document(pages, LIGHT, title="A sheet")))


def test_each_page_has_its_size_in_points(pages, reader):
    assert len(reader.pages) == len(pages)
    for page, drawn in zip(pages, reader.pages, strict=True):
        assert float(drawn.mediabox.width) == pytest.approx(page.width * 72 / 200, abs=0.1)
        assert float(drawn.mediabox.height) == pytest.approx(page.height * 72 / 200, abs=0.1)


@pytest.mark.parametrize("word", ["PRE", "POST", "IOHEXOL 300", "контраста", "Patient ID 7"])
def test_text_can_be_searched(reader, word):
    assert word in reader.pages[0].extract_text()


def test_every_page_says_what_it_is_not_for(reader):
    assert all(FOOTER in page.extract_text() for page in reader.pages)


def test_images_are_embedded_without_loss(pages, reader):
    pictures = [m.pixels for m in pages[0].marks if isinstance(m, PictureMark)]
    embedded = [image.image for image in reader.pages[0].images]

    assert len(embedded) == len({p.tobytes() for p in pictures})
    for image in embedded:
        values = np.asarray(image.convert("L"))
        assert any(np.array_equal(values, picture) for picture in pictures)


def test_the_same_pages_give_the_same_bytes(pages):
    assert pdf_document(pages, DARK, title="A") == pdf_document(pages, DARK, title="A")


def test_the_metadata_say_what_it_is_and_nobodys_name(reader):
    assert reader.metadata.title == "A sheet"
    assert "Not for diagnostic" in reader.metadata.subject
    assert "Patient" not in str(reader.metadata)


def test_pages_are_in_the_outline(pages, reader):
    assert [item.title for item in reader.outline] == [page.title for page in pages]


def test_it_says_its_language_and_title_and_that_it_is_tagged(reader):
    catalogue = reader.root_object

    assert catalogue["/Lang"] == "en"
    assert catalogue["/MarkInfo"].get_object()["/Marked"].value is True
    assert catalogue["/ViewerPreferences"].get_object()["/DisplayDocTitle"].value is True


def _elements(reader):
    """Return the sections of the structure, and of each its elements in their order."""
    tree = reader.root_object["/StructTreeRoot"]
    whole = tree["/K"]
    assert whole["/S"] == "/Document"
    return [(section, list(section["/K"])) for section in whole["/K"]]


def test_each_page_is_a_section_with_its_title(pages, reader):
    found = _elements(reader)

    assert [section.get_object()["/T"] for section, _ in found] == [page.title for page in pages]
    numbers = reader.root_object["/StructTreeRoot"]["/ParentTree"]["/Nums"]
    for number, ((_, elements), page) in enumerate(zip(found, reader.pages, strict=True)):
        assert page["/StructParents"] == number
        assert list(numbers[2 * number + 1].get_object()) == elements
        assert all(element.get_object()["/Pg"] == page for element in elements)


def test_every_text_and_every_image_is_in_the_structure_and_an_image_has_words(pages, reader):
    for page, (_, elements) in zip(pages, _elements(reader), strict=True):
        kinds = [element.get_object()["/S"] for element in elements]
        told = [e.get_object()["/Alt"] for e in elements if "/Alt" in e.get_object()]
        pictures = [mark for mark in page.marks if isinstance(mark, PictureMark)]

        assert kinds.count("/P") == sum(isinstance(mark, TextMark) for mark in page.marks)
        assert kinds.count("/Figure") == len(told)
        assert told == [mark.alternative for mark in pictures]


def test_what_is_marked_is_closed_and_numbered_once(reader):
    for page, (_, elements) in zip(reader.pages, _elements(reader), strict=True):
        content = page.get_contents().get_data().decode("latin-1")
        numbers = [int(number) for number in re.findall(r"/MCID (\d+)", content)]

        assert numbers == list(range(len(elements)))
        begun = len(re.findall(r"^/\w+ .*(?:BMC|BDC)$", content, re.MULTILINE))
        assert begun == len(re.findall("^EMC$", content, re.MULTILINE))
