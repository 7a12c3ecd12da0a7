"""Measures one sheet of four mammograms of full size, in each transfer syntax.

Each figure is taken in a fresh process, so that its peak memory is its own; ``bench.py --sheets``
prints them. Run by itself it is that process:

    python scripts/bench_sheets.py reduced|whole|dcmtk FOLDER
"""

import json
import multiprocessing
import re
import resource
import shutil
import struct
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any
from unittest.mock import patch

import imagecodecs
import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.encaps import encapsulate
from pydicom.uid import UID

from ductdicom.ingest.archives.content import Content
from ductdicom.phantom.jpeg import encode_lossless
from ductdicom.pipeline.single import write_sheet
from ductdicom.pixels.decoding.decode import read_image
from ductdicom.pixels.display.resample import area_average
from ductdicom.pixels.stored import StoredImage
from ductdicom.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
REPETITIONS = 3  # the best counts, as other programs only ever make it slower
ROWS, COLUMNS, BITS = 4096, 3328, 12
_SAMPLES = ("IM0001", "IM0002", "IM0003", "IM0004")  # two views before, the same after
_NOISE = 28.0  # standard deviation of stored values; lossless files are then about half as large
_UNIT_KIB = 1024 if sys.platform == "darwin" else 1  # ru_maxrss is in bytes there
_SYNTAXES = {
    "uncompressed": "1.2.840.10008.1.2.1",
    "RLE": "1.2.840.10008.1.2.5",
    "JPEG lossless SV1": "1.2.840.10008.1.2.4.70",
    "JPEG-LS": "1.2.840.10008.1.2.4.80",
    "JPEG 2000 lossless": "1.2.840.10008.1.2.4.90",
    "HTJ2K lossless": "1.2.840.10008.1.2.4.201",
}
_REDUCIBLE = ("JPEG 2000 lossless", "HTJ2K lossless")
# The programs that write a mammogram as a picture, by what DCMTK reads with which.
_TO_PICTURE = {"JPEG-LS": "dcml2pnm"}
# What they cannot read, another program writes uncompressed for them.
TO_PLAIN = {"JPEG 2000 lossless": "gdcmconv"}

TITLE = (
    f"one PNG sheet of {len(_SAMPLES)} images of {ROWS} x {COLUMNS} pixels, {BITS} bits, one worker"
    f" process, best of {REPETITIONS};\nother: DCMTK (JPEG 2000: gdcmconv first)"
    " and ImageMagick montage;"
    " whole: JPEG 2000 and HTJ2K not decoded at reduced resolution;\n"
    "MB: peak memory of the worker, or of the largest of the other programs"
)
HEAD = (
    "transfer syntax", "packed", "s", "MB", "other s", "MB", "times", "whole s", "MB", "times",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Figures:
    """What one sheet took: seconds in a process that drew one before, and peak memory in MB."""

    seconds: float
    megabytes: float


def compare_sheets() -> Iterator[tuple[str, ...]]:
    """Yield a row of ``HEAD`` for each transfer syntax.

    ``packed`` is the uncompressed size over the file's. Ours, then ``dcmj2pnm`` and ``montage``
    with how many times as long they take, then ours without reduced resolution likewise.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_study(folder)
        for label in _SYNTAXES:
            files = list((folder / label).iterdir())
            ratio = len(files) * ROWS * COLUMNS * 2 / sum(file.stat().st_size for file in files)
            ours = _best("reduced", folder / label)
            whole = _best("whole", folder / label) if label in _REDUCIBLE else None
            missing = _why_not(label)
            other = None if missing else _best("dcmtk", folder / label)
            yield (
                label,
                f"{ratio:.1f}",
                *_cells(ours, None),
                *(_cells(other, ours, why=missing or "cannot read")),
                *_cells(whole, ours, why="-"),
            )


def _why_not(label: str) -> str:
    """Name the program that is missing for the other pipeline, if one is."""
    needed = [_TO_PICTURE.get(label, "dcmj2pnm"), "montage"]
    needed += [TO_PLAIN[label]] if label in TO_PLAIN else []
    return ", ".join(f"no {program}" for program in needed if shutil.which(program) is None)


def _cells(found: Figures | None, ours: Figures | None, *, why: str = "failed") -> tuple[str, ...]:
    """Return seconds and memory, and how many times as long as ours where that is asked for."""
    if found is None:
        return (why, "", "") if ours else (why, "")
    cells = (f"{found.seconds:.2f}", f"{found.megabytes:.0f}")
    return (*cells, f"{found.seconds / ours.seconds:.1f}") if ours else cells


def _best(way: str, folder: Path) -> Figures | None:
    """Return the least seconds and the most memory of all repetitions, None if it cannot."""
    found = []
    for _ in range(REPETITIONS):
        command = [sys.executable, __file__, way, str(folder)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            return None
        found.append(Figures(*json.loads(done.stdout)))
    return Figures(min(f.seconds for f in found), max(f.megabytes for f in found))


def write_study(folder: Path) -> None:
    """Write the study in every transfer syntax, each in a folder of its own.

    Others do it, as a process that starts another passes its own peak memory on.
    """
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max_workers=2, mp_context=context) as executor:
        list(executor.map(partial(write_image, folder), range(len(_SAMPLES))))


def write_image(folder: Path, index: int) -> None:
    """Write one sample, enlarged and with a detector's noise, in every transfer syntax."""
    path = ROOT / "sample_data" / "textbook" / _SAMPLES[index]
    dataset = pydicom.dcmread(path, stop_before_pixels=True)
    image = area_average(read_image(path.read_bytes()).values.astype(np.float32), ROWS, COLUMNS)
    grain = np.random.default_rng(index).standard_normal(image.shape, dtype=np.float32)
    # No tissue holds the padding value 0.
    values = np.clip(np.rint(image + np.float32(_NOISE) * grain), 1, 2**BITS - 1).astype(np.uint16)
    spacing = float(dataset.ImagerPixelSpacing[1]) * dataset.Columns / COLUMNS
    dataset.ImagerPixelSpacing = [f"{spacing:.6f}"] * 2
    dataset.Rows, dataset.Columns = values.shape
    for label, syntax in _SYNTAXES.items():
        encode = _encoders().get(label)
        content = encapsulate([bytes(encode(values))]) if encode else values.tobytes()
        dataset.add_new("PixelData", "OB" if encode else "OW", content)
        dataset["PixelData"].is_undefined_length = encode is not None
        dataset.file_meta.TransferSyntaxUID = UID(syntax)
        (folder / label).mkdir(exist_ok=True)
        dataset.save_as(folder / label / path.name, enforce_file_format=True)


def _encoders() -> dict[str, Callable[[NDArray[np.uint16]], Any]]:
    return {
        "RLE": _encode_rle,
        "JPEG lossless SV1": partial(encode_lossless, bits=BITS),
        "JPEG-LS": imagecodecs.jpegls_encode,
        "JPEG 2000 lossless": partial(
            imagecodecs.jpeg2k_encode, codecformat="j2k", reversible=True, bitspersample=BITS
        ),
        "HTJ2K lossless": partial(imagecodecs.htj2k_encode, reversible=True),
    }


def _encode_rle(values: NDArray[np.uint16]) -> bytes:
    """Return the high bytes and the low bytes, packed row by row (DICOM PS3.5 annex G)."""
    segments = []
    for plane in (values >> 8, values & 0xFF):
        packed = b"".join(imagecodecs.packbits_encode(row.astype("u1").tobytes()) for row in plane)
        segments.append(packed + bytes(len(packed) % 2))
    start = 64
    return struct.pack("<16L", 2, start, start + len(segments[0]), *[0] * 13) + b"".join(segments)


def _draw(folder: Path, *, is_whole: bool) -> Figures:
    """Draw the folder's study as one PNG, from its files to the written sheet."""

    def read_whole(content: Content, *, min_side_px: int | None, **meant: Any) -> StoredImage:
        del min_side_px
        return read_image(content, **meant)

    read = read_whole if is_whole else read_image
    with (
        tempfile.TemporaryDirectory() as name,
        patch("ductdicom.pipeline.drawing.tiles.read_image", read),
    ):
        target = Path(name) / "sheet.png"
        # A worker draws many sheets; words and letters are only read for the first.
        write_sheet([str(ROOT / "sample_data" / "textbook")], target, Settings(jobs=1))
        started = perf_counter()
        write_sheet([str(folder)], target, Settings(jobs=1))
        spent = perf_counter() - started
    return Figures(spent, _peak(resource.RUSAGE_SELF))


def _draw_otherwise(folder: Path) -> Figures:
    """Window each image with DCMTK, and lay them out with ImageMagick on a page as large."""
    program = _TO_PICTURE.get(folder.name, "dcmj2pnm")
    with tempfile.TemporaryDirectory() as name:
        started = perf_counter()
        pictures = []
        for file in sorted(folder.iterdir()):
            plain = file
            if folder.name in TO_PLAIN:
                plain = Path(name) / file.name
                subprocess.run([TO_PLAIN[folder.name], "--raw", file, plain], check=True)
            pictures.append(Path(name) / f"{file.name}.pgm")
            command = [program, "+Wi", "1", "+op", str(plain), str(pictures[-1])]
            subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
            pictures[-1].stat()  # missing where it said success all the same
        layout = ("-tile", "2x2", "-geometry", "1150x807+10+10", "-background", "black")
        subprocess.run(["montage", *pictures, *layout, Path(name) / "sheet.png"], check=True)
        spent = perf_counter() - started
    return Figures(spent, _peak(resource.RUSAGE_CHILDREN))


def _peak(who: int) -> float:
    """Return the peak memory of this process or of the largest of its children, in MB."""
    status = Path("/proc/self/status")
    if who == resource.RUSAGE_SELF and status.is_file():
        # The other figure includes that of the process which started this one.
        found = re.search(r"^VmHWM:\s+(\d+) kB$", status.read_text(), re.MULTILINE)
        if found:
            return int(found[1]) * 1024 / 1e6
    return resource.getrusage(who).ru_maxrss / _UNIT_KIB * 1024 / 1e6


def main(way: str, folder: str) -> int:
    """Draw one sheet in this process and print its figures as JSON."""
    path = Path(folder)
    figures = _draw_otherwise(path) if way == "dcmtk" else _draw(path, is_whole=way == "whole")
    print(json.dumps([figures.seconds, figures.megabytes]))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
