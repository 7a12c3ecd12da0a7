"""The structure of a PDF, by which it is read aloud: its pages, their texts, images with words.

What is only drawn, frames and lines, is called an artifact.

References
----------
* ISO 32000-2, 14.7 Logical structure, 14.8 Tagged PDF, 14.9.3 Alternate descriptions
"""

from collections.abc import Iterator
from contextlib import contextmanager

from reportlab.pdfbase.pdfdoc import (
    PDFArray,
    PDFDictionary,
    PDFName,
    PDFObjectReference,
    PDFString,
)
from reportlab.pdfgen.canvas import Canvas

LANGUAGE = "en"


class Tagging:
    """Marks what is drawn on a canvas, and writes the tree of it at the end.

    The library has nothing of this; what is reached into is what it has no function for.
    """

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas
        self._document = canvas._doc  # noqa: SLF001 - see the class
        self._root = PDFDictionary({"Type": PDFName("StructTreeRoot")})
        self._whole = PDFDictionary({"S": PDFName("Document"), "P": self._reference(self._root)})
        self._sections: list[PDFObjectReference] = []
        self._parents: list[PDFObjectReference | int] = []
        self._elements: list[tuple[str, str]] = []

    @contextmanager
    def artifact(self) -> Iterator[None]:
        """Mark what is drawn meanwhile as nothing that is read."""
        yield from self._marked("/Artifact BMC")

    @contextmanager
    def text(self) -> Iterator[None]:
        """Mark what is drawn meanwhile as a paragraph."""
        yield from self._element("P", "")

    @contextmanager
    def figure(self, words: str) -> Iterator[None]:
        """Mark what is drawn meanwhile as an image, with the words that tell of it."""
        yield from self._element("Figure", words)

    def show_page(self, title: str) -> None:
        """End a page, whose section has a title."""
        page = self._document.thisPageRef()
        section = PDFDictionary({"S": PDFName("Sect"), "P": self._reference(self._whole)})
        kept = self._reference(section)
        elements = [
            self._reference(_element(kind, words, number, kept, page))
            for number, (kind, words) in enumerate(self._elements)
        ]
        section["T"] = PDFString(title)
        section["K"] = PDFArray(elements)
        number = len(self._sections)
        self._sections.append(kept)
        self._parents += [number, self._reference(PDFArray(elements))]
        self._elements = []
        self._canvas.showPage()
        drawn = self._document.idToObject[page.name]
        drawn.__NoDefault__ = [*drawn.__NoDefault__, "StructParents", "Tabs"]
        drawn.StructParents = number
        drawn.Tabs = PDFName("S")  # by the structure

    def finish(self) -> None:
        """Write the tree into the document's catalogue."""
        self._whole["K"] = PDFArray(self._sections)
        self._root["K"] = self._reference(self._whole)
        tree = PDFDictionary({"Nums": PDFArray(self._parents)})
        self._root["ParentTree"] = self._reference(tree)
        catalogue = self._document.Catalog
        catalogue.StructTreeRoot = self._root
        catalogue.MarkInfo = PDFDictionary({"Marked": "true"})

    def _element(self, kind: str, words: str) -> Iterator[None]:
        number = len(self._elements)
        self._elements.append((kind, words))
        yield from self._marked(f"/{kind} <</MCID {number}>> BDC")

    def _marked(self, beginning: str) -> Iterator[None]:
        code = self._canvas._code  # noqa: SLF001 - see the class
        code.append(beginning)
        yield
        code.append("EMC")

    def _reference(self, thing: object) -> PDFObjectReference:
        return self._document.Reference(thing)


def _element(
    kind: str, words: str, number: int, parent: PDFObjectReference, page: PDFObjectReference
) -> PDFDictionary:
    parts = {"S": PDFName(kind), "P": parent, "Pg": page, "K": number}
    if words:
        parts["Alt"] = PDFString(words)
    return PDFDictionary(parts)
