"""What people look at: every image of an export, as large as a text in it can be read."""

from collections import Counter
from collections.abc import Sequence
from itertools import groupby

import numpy as np

from ductdicom.deidentify.accounts import ExportedImage, LedgerLine
from ductdicom.export.html.document import read_part, render_document
from ductdicom.export.lossless import png_picture
from ductdicom.pixels.decoding.decode import read_image
from ductdicom.pixels.display.padding import free_enclosed
from ductdicom.pixels.display.present import present

_LEAST_SIDE_PX = 1400  # of what a person looks at: a line of text of an image has 20 of 4000 rows
_WHITE = 255
_PACKAGE = "ductdicom.deidentify"
_FILLS = 0.6  # of the image: there is hardly any air beside the breast


def preview(content: bytes) -> bytes:
    """Return an exported image as PNG, as its own header says that it is shown.

    Raises
    ------
    DecodeError
        Its pixels cannot be decoded.
    """
    stored = free_enclosed(read_image(content, min_side_px=_LEAST_SIDE_PX))
    shown = present(stored, min_side_px=_LEAST_SIDE_PX)
    return png_picture(np.rint(np.clip(shown.values, 0, 1) * _WHITE).astype(np.uint8))


def index_page(images: Sequence[ExportedImage], lines: Sequence[LedgerLine]) -> bytes:
    """Return ``index.html``, on which somebody looks for text in the pictures."""
    groups = groupby(images, key=lambda image: image.patient)
    stayed = Counter(line.reason for line in lines if line.disposition == "stayed")
    content = {
        "images": images,
        "patients": len({image.patient for image in images}),
        "silent": sum(not image.says_annotation for image in images),
        "by_patient": [(patient, list(map(_shown, group))) for patient, group in groups],
        "stayed": sorted(stayed.items()),
    }
    style = read_part("index.css", _PACKAGE)
    return render_document("index", content, style=style, package=_PACKAGE)


def _shown(image: ExportedImage) -> dict[str, object]:
    words = (image.laterality, image.view, image.phase or "unknown")
    kept = image.area_kept
    return {
        "preview": image.preview,
        "told": " ".join(filter(None, map(str, words))),
        "confidence": image.confidence,
        "study": image.study,
        "says_annotation": image.says_annotation,
        "kept": "" if kept is None else f"{kept:.0%} of the image is not blanked",
        "fills": kept is not None and kept > _FILLS,
    }
