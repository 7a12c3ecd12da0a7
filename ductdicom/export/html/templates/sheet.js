// The page: its images open the viewer, the arrow keys turn the pages.
const sheet = (() => {
  const pages = [...document.querySelectorAll(".page")];
  const images = [...document.querySelectorAll("image[data-tile]")];
  const tiles = images.map((image) => ({
    ...JSON.parse(image.dataset.tile),
    source: image.getAttribute("href"),
    columns: Number(image.dataset.columns),
    element: image,
  }));
  const wholes = tiles.filter((tile) => !tile.part);
  const groups = new Map();
  // Of two images the pictures may be equal, and of one stack there are several.
  const isSame = (one, other) => (one.image && other.image
    ? one.image === other.image && one.view === other.view
    : one.source === other.source);
  for (const tile of wholes) {
    const name = JSON.stringify(tile.row);
    const group = groups.get(name) ?? [];
    // A row that goes on over pages begins each part with its pre image again.
    if (!group.some((other) => isSame(other, tile))) groups.set(name, [...group, tile]);
  }
  const rows = [...groups.values()];
  viewer.setRows(rows, (tile) => tile.element.focus());

  const holds = ([x, y, width, height], [left, top]) =>
    left >= x - 1 && left < x + width && top >= y - 1 && top < y + height;
  const wholeOf = (tile) => (tile.part
    ? wholes.find((other) => other.page === tile.partPage && holds(other.box, tile.part))
    : tile);

  const wholeAt = (element) => wholeOf(tiles[images.indexOf(element)]);
  const open = (image) => {
    const tile = tiles[images.indexOf(image)];
    const whole = wholeOf(tile);
    if (!whole) return;
    const index = [...groups.keys()].indexOf(JSON.stringify(whole.row));
    const first = rows[index].find((other) => isSame(other, whole));
    viewer.open(index, first, first === whole ? tile.part : null);
  };
  const here = () => {
    const middle = window.scrollY + window.innerHeight / 2;
    return pages.findIndex((page) => page.offsetTop + page.offsetHeight > middle);
  };
  const turn = (step) => {
    const next = pages[Math.min(Math.max(here() + step, 0), pages.length - 1)];
    if (next) next.scrollIntoView({ block: "start" });
  };

  document.addEventListener("click", (event) => {
    const image = event.target.closest("image[data-tile]");
    if (image) open(image);
  });
  document.addEventListener("keydown", (event) => {
    if (document.querySelector("dialog[open]") || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.matches("input, select")) return;
    const at = document.activeElement;
    const isOnImage = at.matches("image[data-tile]");
    const first = isOnImage ? at : pages[here()]?.querySelector("image[data-tile]");
    const isOpening = /^([1-9bz ]|Enter)$/i.test(event.key) && first;
    if (isOpening && (isOnImage || at === document.body)) {
      open(first);
      // On an image, as on any button, the space bar is no more than a click.
      const isClick = event.key === "Enter" || (isOnImage && event.key === " ");
      if (!isClick) viewer.dialog.dispatchEvent(new KeyboardEvent("keydown", { key: event.key }));
    } else if (event.key === "ArrowRight") turn(1);
    else if (event.key === "ArrowLeft") turn(-1);
    else return;
    event.preventDefault();
  });
  return { wholeAt, wholes };
})();
