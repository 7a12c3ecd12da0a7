import io

import numpy as np
import pytest
from pypdf import PdfReader
from sheets import lay_out, make_image

from ductdicom.export.pdf import pdf_document
from ductdicom.sheet.captions import FOOTER
from ductdicom.sheet.page import PictureMark
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
