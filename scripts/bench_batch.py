"""Measures a batch of studies beside the least that it could take, in processor time.

The floor is one process with everything loaded: it reads the bytes of each image, decodes it once
at the resolution that the page needs, averages it to that, and packs as many pages as PNG.
``bench.py --batch`` prints both.
"""

import tempfile
from pathlib import Path
from time import process_time

import numpy as np
from bench_large import make_studies
from bench_sheets import write_study
from bench_whole import OURS, Aim, held_to_most, spent_by
from PIL import Image

from ductdicom.export.png import png_page
from ductdicom.pixels.decoding.decode import read_image
from ductdicom.pixels.display.resample import area_average

HEAD = ("60 studies of four images", "floor s", "organise s", "times")
_STUDIES = 60
_MOST = 1.5
_DPI = 200
_SIDE_PX = 1100  # of the longer side of an image on such a page, about
_FULL_STUDIES = 6  # of full size: 60 are worked out from these and from one


def compare_batch() -> tuple[list[tuple[str, ...]], list[Aim]]:
    """Return rows of `HEAD` and whether each is within its floor."""
    rows: list[tuple[str, ...]] = []
    aims: list[Aim] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_studies(folder / "textbook", _STUDIES, part=1)
        (folder / "made").mkdir()
        write_study(folder / "made")
        kinds = {"of the textbook sample, JPEG lossless": (folder / "textbook", _STUDIES)}
        for syntax in ("uncompressed", "JPEG 2000 lossless"):
            place = folder / syntax
            make_studies(place, _FULL_STUDIES, part=1, source=folder / "made" / syntax)
            kinds[f"of full size, {syntax}"] = (place, _FULL_STUDIES)
        for kind, (export, count) in kinds.items():
            output = folder / f"out {kind}"
            command = (*OURS, "organise", str(export), "--format", "png", "-q", "-o")
            spent = spent_by((*command, str(output), "-j", "1"), folder).processor
            one = (*OURS, "organise", str(export / "0000" / "000000"), *command[-4:])
            first = spent_by((*one, f"{output} one", "-j", "1"), folder).processor
            # What a run takes once is taken once, however many studies were measured.
            ours = first + (spent - first) * (_STUDIES - 1) / (count - 1)
            floor = _floor(export, output) * _STUDIES / count
            rows.append((kind, f"{floor:.1f}", f"{ours:.1f}", f"{ours / floor:.2f}"))
            aims.append(held_to_most(f"{kind}: times the floor", ours / floor, _MOST))
    return rows, aims


def _floor(export: Path, output: Path) -> float:
    """Return the processor time that images and pages take at the least."""
    files = [path for path in export.rglob("IM*") if path.is_file()]
    pages = [np.asarray(Image.open(path)) for path in output.glob("studies/*/sheet-*.png")]
    started = process_time()
    for path in files:
        values = read_image(path.read_bytes(), min_side_px=_SIDE_PX).values
        shrunk = _SIDE_PX / max(values.shape)
        rows, columns = (max(1, round(side * min(shrunk, 1.0))) for side in values.shape)
        area_average(values.astype(np.float32), rows, columns)
    for page in pages:
        png_page(page, _DPI)
    return process_time() - started
