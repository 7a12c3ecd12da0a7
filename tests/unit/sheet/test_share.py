"""How much of its paper a page uses: two pairs on A4, as large as usual breasts are."""

import dataclasses

import pytest
from sheets import lay_out, make_image, make_tile

from ductdicom.sheet.layout import LIFE_SIZE

SCENES = (("CC", "pre", 0), ("CC", "post", 20), ("ML", "pre", 3), ("ML", "post", 24))


@pytest.mark.parametrize(
    ("heights_mm", "share"),
    [
        pytest.param((196, 157, 236, 157), 0.44, id="magnified after contrast"),
        pytest.param((196, 196, 236, 236), 0.47, id="all of one size"),
        pytest.param((120, 120, 130, 130), 0.44, id="small breasts"),
    ],
)
def test_images_of_two_pairs_cover_most_of_what_words_leave(heights_mm, share):
    images = [
        make_image(number, view=view, phase=phase, minute=minute)
        for number, (view, phase, minute) in enumerate(SCENES, start=1)
    ]
    tiles = {
        f"{number}.dcm": dataclasses.replace(
            make_tile((height, round(0.6 * height))), tip=(0.5, 0.8)
        )
        for number, height in enumerate(heights_mm, start=1)
    }

    page, *_ = lay_out(images, tiles)[2]

    whole = [tile for tile in page.tiles if not tile.is_closeup]
    covered = sum(tile.box.width * tile.box.height for tile in whole)
    assert covered / (page.width * page.height) >= share
    closer = [tile for tile in page.tiles if tile.is_closeup]
    assert len(closer) == len(whole)
    assert all(1 / tile.mm_per_unit >= 0.999 * LIFE_SIZE for tile in closer)


@pytest.mark.parametrize("count", [4, 12])
def test_rows_share_a_page_only_as_long_as_they_keep_their_close_ups(count):
    images = [make_image(1, phase="pre", minute=0)]
    images += [make_image(number, minute=20 + number) for number in range(2, count + 2)]
    tile = dataclasses.replace(make_tile((200, 120)), tip=(0.5, 0.8))

    *pages, _ = lay_out(images, {f"{n}.dcm": tile for n in range(1, count + 2)})[2]

    for page in pages:
        assert sum(t.is_closeup for t in page.tiles) == sum(not t.is_closeup for t in page.tiles)


def test_rows_that_have_no_close_ups_share_a_page():
    images = [make_image(1, phase="pre", minute=0)]
    images += [make_image(number, minute=20 + number) for number in range(2, 12)]

    pages = lay_out(images)[2]

    assert [page.title for page in pages[:-1]] == ["L breast"]
