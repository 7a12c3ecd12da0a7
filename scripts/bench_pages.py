"""Measures how well pages use their paper, from the files that a run has written alone.

``bench.py --pages`` prints it for the sample studies.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ductdicom.pixels.breast.tissue import find_tissue, overview

HEAD = (
    "sample",
    "page",
    "tissue, overview %",
    "with close-ups %",
    "life size ×",
    "close-up ×",
    "png KiB",
    "html KiB",
    "pdf KiB",
)
_MM_PER_INCH = 25.4
_KIB = 1024


@dataclass(kw_only=True)
class _Measured:
    """Sums over the pictures of one page; sizes are multiples of life size."""

    tissue: dict[bool, float] = field(default_factory=lambda: {False: 0.0, True: 0.0})
    sizes: dict[bool, list[float]] = field(default_factory=lambda: {False: [], True: []})


def measure_pages(output: Path, name: str) -> Iterator[tuple[str, ...]]:
    """Yield a line of the table for each page with pictures of the studies in a run's output.

    The share of tissue counts the pixels of pictures that are brighter than their air; of two
    pictures of one tissue, both. Where tiles differ in scale, the least counts.
    """
    for record_file in sorted(output.glob("studies/*/study.json")):
        folder = record_file.parent
        sheets = json.loads(record_file.read_text())["sheets"]
        files = [folder / "sheet.html", folder / "sheet.pdf"]
        for sheet in (sheet for sheet in sheets if sheet["format"] == "png" and sheet["tiles"]):
            picture = Image.open(folder / sheet["path"])
            dpi = float(picture.info.get("dpi", (200,))[0])
            found = _measure(sheet, np.asarray(picture.convert("L")), dpi)
            area = picture.width * picture.height
            shares = (found.tissue[False] / area, sum(found.tissue.values()) / area)
            yield (
                name,
                str(sheet["page"]),
                *(f"{share:.1%}".rstrip("%") for share in shares),
                *(f"{min(sizes):.2f}" if sizes else "–" for sizes in found.sizes.values()),
                *(
                    str(round(file.stat().st_size / _KIB))
                    for file in (folder / sheet["path"], *files)
                ),
            )


def _measure(sheet: dict[str, Any], grey: NDArray[np.uint8], dpi: float) -> _Measured:
    found = _Measured()
    for tile in sheet["tiles"]:
        if tile.get("placeholder"):
            continue
        x, y, width, height = tile["box"]
        is_closeup = bool(tile.get("closeup"))
        values = grey[y : y + height, x : x + width].astype(np.float32) / np.float32(255)
        tissue = find_tissue(overview(values))
        share = 1.0 if tissue is None else float(np.mean(tissue))
        found.tissue[is_closeup] += share * width * height
        if tile["mm_per_px"]:
            found.sizes[is_closeup].append(_MM_PER_INCH / dpi / tile["mm_per_px"])
    return found
