"""A document in the system's own Chromium, driven over pipes: no port is opened."""

import json
import shutil

import pytest

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
# What Chromium must not do in a test: ask for updates, or leave the machine for anything else.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SCALES = """() => [...document.querySelectorAll('.pane')].map((pane) => {
    const image = pane.querySelector('img');
    const tiles = [...document.querySelectorAll('image[data-tile]')];
    const own = tiles.find((tile) => tile.getAttribute('href') === image.src);
    const tile = JSON.parse(own.dataset.tile);
    const box = image.getBoundingClientRect();
    const bar = pane.querySelector('.bar');
    return {
      x: box.left + box.width * (tile.tip ? (tile.tip[0] - tile.box[0]) / tile.box[2] : 0),
      y: box.top + box.height * (tile.tip ? (tile.tip[1] - tile.box[1]) / tile.box[3] : 0),
      left: box.left, top: box.top, width: box.width, height: box.height,
      across: tile.mm ? box.width / tile.box[2] / tile.mm : null,
      down: tile.mm ? box.height / tile.box[3] / tile.mm : null,
      columns: image.naturalWidth,
      bar: bar.getBoundingClientRect().width, words: bar.textContent,
    };
})"""

needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine")


class Opened:
    """A document in a window, and everything that the browser complained of."""

    def __init__(self, window):
        self.window = window
        self.complaints = []
        self.requests = []
        window.on("console", lambda said: self.complaints.append(said.text))
        window.on("pageerror", lambda error: self.complaints.append(str(error)))
        window.on("request", lambda request: self.requests.append(request.url))

    def press(self, *keys):
        for key in keys:
            self.window.keyboard.press(key)
        return self

    def visible_words(self):
        """Return the phases that stand in the panes which can be seen."""
        words = self.window.locator('.pane [data-say="word"]')
        return [word.inner_text() for word in words.all() if word.is_visible()]

    def scales(self):
        """Return for each pane where its image is, and its CSS pixels for one millimetre."""
        return self.window.evaluate(SCALES)

    def open_viewer(self, number=1, *, is_closeup=False):
        """Open the viewer at one of the whole images, or of the close-ups."""
        pictures = self.window.locator("image[data-tile]")
        tiles = [json.loads(picture.get_attribute("data-tile")) for picture in pictures.all()]
        places = [i for i, tile in enumerate(tiles) if bool(tile["part"]) == is_closeup]
        pictures.nth(places[number]).click()
        return self
