"""Pages against their golden pictures.

FreeType and Pillow draw letters a little differently from version to version: the same strokes with
other greys at their edges, or moved by up to a pixel. Single pixels therefore prove nothing. Means
over blocks of 16 pixels hardly feel it, but they change where a word, a badge, a line or a tile is
missing, moved or of another colour. Floating-point arithmetic differs in last bits between
processors, which moves a grey by one level.
"""

from dataclasses import replace

import numpy as np
import pytest
from golden.pages import DPI, FOLDER, GOLDEN, draw
from PIL import Image
from sheets import lay_out, make_image

from ductdicom.sheet.page import TextMark
from ductdicom.sheet.raster import draw_page
from ductdicom.sheet.style import DARK

pytestmark = pytest.mark.integration

BLOCK_PX = 16
MOST_OF_A_BLOCK = 10.0  # grey levels; all words a pixel aside: 8.4, the shortest word gone: 12.2
MOST_RMS = 12.0  # grey levels over the whole page; all words a pixel aside: 10


def read(path):
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB")).astype(np.float64)


def blocks(page):
    """Return the means of blocks, the page padded with its own edges."""
    rows, columns, _ = page.shape
    padded = np.pad(page, ((0, -rows % BLOCK_PX), (0, -columns % BLOCK_PX), (0, 0)), mode="edge")
    split = padded.reshape(len(padded) // BLOCK_PX, BLOCK_PX, -1, BLOCK_PX, 3)
    return split.mean(axis=(1, 3))


def differences(expected, actual):
    """Return the page's RMS and the greatest difference of a block's mean, in grey levels."""
    if expected.shape != actual.shape:
        return np.inf, np.inf
    rms = float(np.sqrt(np.mean((expected - actual) ** 2)))
    return rms, float(np.abs(blocks(expected) - blocks(actual)).max())


def is_alike(expected, actual):
    rms, block = differences(expected, actual)
    return rms <= MOST_RMS and block <= MOST_OF_A_BLOCK


def save_what_differs(folder, expected, actual):
    """Save both pages and their difference, black where they agree."""
    names = {"expected": expected, "actual": actual}
    if expected.shape == actual.shape:
        names["difference"] = np.abs(expected - actual)
    for name, page in names.items():
        Image.fromarray(page.astype(np.uint8)).save(folder / f"{name}.png")


@pytest.mark.parametrize("name", GOLDEN)
def test_a_page_looks_as_its_golden_picture(name, tmp_path):
    actual = read(draw(name, tmp_path))
    expected = read(FOLDER / f"{name}.png")

    if not is_alike(expected, actual):
        kept = tmp_path / "differs"
        kept.mkdir()
        save_what_differs(kept, expected, actual)
        rms, block = differences(expected, actual)
        pytest.fail(
            f"{name}: RMS {rms:.1f} (at most {MOST_RMS}), one block by {block:.1f} (at most "
            f"{MOST_OF_A_BLOCK}); look at {kept}; if it is meant: scripts/update_golden.py"
        )


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda mark, px: {"x": mark.x + px}, id="a pixel to the right"),
        pytest.param(lambda mark, px: {"y": mark.y + px}, id="a pixel down"),
    ],
)
def test_letters_as_another_version_may_draw_them_are_alike(change):
    _, _, (page, *_) = lay_out([make_image(1, phase="pre"), make_image(2)], dpi=DPI)
    marks = [
        replace(mark, **change(mark, 1 / page.scale)) if isinstance(mark, TextMark) else mark
        for mark in page.marks
    ]

    drawn = [draw_page(p, DARK) for p in (page, replace(page, marks=tuple(marks)))]

    assert not np.array_equal(*drawn)
    assert is_alike(*(image.astype(np.float64) for image in drawn))


@pytest.mark.parametrize(
    ("x", "y", "width", "height"),
    [
        pytest.param(20, 92, 40, 16, id="a row's title"),
        pytest.param(20, 106, 30, 18, id="a phase's plate"),
        pytest.param(740, 20, 82, 18, id="the status"),
        pytest.param(20, 562, 240, 16, id="the footer"),
    ],
)
def test_a_part_that_is_gone_is_noticed(x, y, width, height):
    expected = read(FOLDER / "paired-dark.png")
    actual = expected.copy()
    actual[y : y + height, x : x + width] = expected[2, 2]

    assert not is_alike(expected, actual)


def test_all_golden_pictures_are_drawn_and_stay_small():
    found = sorted(FOLDER.glob("*.png"))

    assert {path.stem for path in found} == set(GOLDEN)
    assert sum(path.stat().st_size for path in found) <= 360_000
