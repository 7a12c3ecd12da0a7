// The page: its images open the viewer, the arrow keys turn the pages.
(() => {
  const pages = [...document.querySelectorAll(".page")];
  const images = [...document.querySelectorAll("image[data-tile]")];
  const tiles = images.map((image) => ({
    ...JSON.parse(image.dataset.tile),
    source: image.getAttribute("href"),
    columns: Number(image.dataset.columns),
    image,
  }));
  const wholes = tiles.filter((tile) => !tile.part);
  const groups = new Map();
  for (const tile of wholes) {
    const name = JSON.stringify(tile.row);
    groups.set(name, [...(groups.get(name) ?? []), tile]);
  }
  const rows = [...groups.values()];
  viewer.setRows(rows, (tile) => tile.image.focus());

  const holds = ([x, y, width, height], [left, top]) =>
    left >= x - 1 && left < x + width && top >= y - 1 && top < y + height;
  const wholeOf = (tile) => (tile.part
    ? wholes.find((other) => other.page === tile.page && holds(other.box, tile.part))
    : tile);

  const open = (image) => {
    const tile = tiles[images.indexOf(image)];
    const whole = wholeOf(tile);
    if (whole) viewer.open(rows.findIndex((row) => row.includes(whole)), whole, tile.part);
  };
  const turn = (step) => {
    const middle = window.scrollY + window.innerHeight / 2;
    const here = pages.findIndex((page) => page.offsetTop + page.offsetHeight > middle);
    const next = pages[Math.min(Math.max(here + step, 0), pages.length - 1)];
    if (next) next.scrollIntoView({ block: "start" });
  };

  document.addEventListener("click", (event) => {
    const image = event.target.closest("image[data-tile]");
    if (image) open(image);
  });
  document.addEventListener("keydown", (event) => {
    if (viewer.isOpen() || event.ctrlKey || event.metaKey || event.altKey) return;
    const isOnImage = document.activeElement.matches("image[data-tile]");
    if (isOnImage && (event.key === "Enter" || event.key === " ")) open(document.activeElement);
    else if (event.key === "ArrowRight") turn(1);
    else if (event.key === "ArrowLeft") turn(-1);
    else return;
    event.preventDefault();
  });
})();
