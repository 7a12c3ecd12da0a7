// What the viewer shows: two images of a row side by side, or in place of one another, at one scale.
const viewer = (() => {
  const FAR = 0.5; // least zoom, of the whole row
  const NEAR = 8; // greatest zoom, of the embedded pixels
  const dialog = document.getElementById("viewer");
  const part = (name) => dialog.querySelector(`[data-part="${name}"]`);
  const sides = [...dialog.querySelectorAll(".pane")].map((pane) => ({
    pane,
    stage: pane.querySelector(".stage"),
    image: pane.querySelector("img"),
    spot: pane.querySelector(".spot"),
    say: (name) => pane.querySelector(`[data-say="${name}"]`),
    tile: null,
  }));

  let rows = [];
  let row = []; // the tiles of one row, and those that were laid beside them
  let at = 0; // which of the rows
  let isBoth = true; // side by side, or one in place of the other
  let active = 0; // which side is shown where only one is
  let isWhole = true; // the view follows the size of the window
  let before = null; // the views to which "1:1" goes back
  let linked = { x: 0, y: 0, k: 1 };
  let alone = new Map(); // views of tiles whose scale is unknown
  let pointer = null; // where the mouse is over an image
  let opener = null;
  let onClose = () => {};

  // ---- what is shown

  const shown = () => (isBoth ? sides : [sides[active]]).filter((side) => side.tile);
  const viewOf = (tile) => (tile.mm ? linked : alone.get(tile));
  const room = (side) => side.stage.getBoundingClientRect();
  const ofPhase = (phase) => row.filter((tile) => tile.phase === phase);
  const tellOf = (tile) => [tile.word, tile.suggested && "SUGGESTED", tile.view]
    .filter(Boolean).join(", ");

  const isIn = ({ x, y }, box) => x >= box.left && x < box.right && y >= box.top && y < box.bottom;
  const fromMiddle = ({ x, y }, box) => [x - box.left - box.width / 2, y - box.top - box.height / 2];

  const setView = (tile, view) => {
    if (tile.mm) linked = view;
    else alone.set(tile, view);
  };

  const limits = (tile) => {
    const tiles = tile.mm ? row.filter((other) => other.mm) : [tile];
    const area = geometry.around(tiles);
    const most = Math.max(...tiles.map((other) => geometry.native(other, other.columns)));
    return { area, least: FAR * geometry.fit(area, room(shown()[0])).k, most: NEAR * most };
  };

  // Zoom so that the point under (x, y) of the stage, from its middle, stays where it is.
  const zoom = (tile, factor, x = 0, y = 0) => {
    const view = viewOf(tile);
    const { least, most } = limits(tile);
    const k = Math.min(Math.max(view.k * factor, least), most);
    setView(tile, { k, x: view.x + x / view.k - x / k, y: view.y + y / view.k - y / k });
    isWhole = false;
    draw();
  };

  const pan = (tile, x, y) => {
    const view = viewOf(tile);
    const { area } = limits(tile);
    const inside = (value, from, to) => Math.min(Math.max(value, from), to);
    setView(tile, {
      k: view.k,
      x: inside(view.x - x / view.k, area.left, area.right),
      y: inside(view.y - y / view.k, area.top, area.bottom),
    });
    isWhole = false;
    draw();
  };

  // Move one image alone, where the breast lay differently.
  const nudge = (tile, x, y) => {
    const { k } = viewOf(tile);
    tile.moved = { x: tile.moved.x + x / k, y: tile.moved.y + y / k };
    draw();
  };

  const whole = () => {
    const tiles = sides.map((side) => side.tile).filter((tile) => tile?.mm);
    const stage = room(shown()[0]);
    if (tiles.length) linked = geometry.fit(geometry.around(tiles), stage);
    for (const tile of row.filter((other) => !other.mm)) {
      alone.set(tile, geometry.fit(geometry.edges(tile), stage));
    }
    isWhole = true;
    before = null;
    draw();
  };

  // Show one embedded pixel as one of the screen, or go back.
  const natural = () => {
    if (before) {
      ({ linked, alone, isWhole } = before);
      before = null;
      redraw();
      return;
    }
    const kept = { linked, alone: new Map(alone), isWhole };
    for (const side of shown()) {
      const { tile } = side;
      const peers = shown().map((other) => other.tile).filter((other) => other.mm);
      const k = Math.max(...(tile.mm ? peers : [tile]).map((t) => geometry.native(t, t.columns)));
      const stage = room(side);
      const view = viewOf(tile);
      if (pointer && isIn(pointer, stage)) {
        zoom(tile, k / view.k, ...fromMiddle(pointer, stage));
      } else if (isWhole && tile.atTip) {
        // Nobody pointed anywhere: the ducts behind the nipple are what the sheet is about.
        const inwards = (tile.wall === "right" ? 0.2 : -0.2) * stage.width;
        setView(tile, { k, x: inwards / k, y: 0 });
      } else {
        setView(tile, { ...view, k });
      }
    }
    isWhole = false;
    before = kept;
    draw();
  };

  // ---- drawing

  const drawPicture = (side) => {
    const { tile, image, stage } = side;
    const view = viewOf(tile);
    const { left, top } = geometry.edges(tile);
    const { w, h } = geometry.size(tile);
    const { left: x, top: y, width, height } = room(side);
    // Whole pixels of the screen, so that at 1:1 nothing is interpolated; the room may begin between.
    const ratio = window.devicePixelRatio;
    const onGrid = (value, from) => Math.round((from + value) * ratio) / ratio - from;
    image.style.width = `${w * view.k}px`;
    image.style.height = `${h * view.k}px`;
    image.style.left = `${onGrid(width / 2 + (left - view.x) * view.k, x)}px`;
    image.style.top = `${onGrid(height / 2 + (top - view.y) * view.k, y)}px`;
    const bar = stage.querySelector(".bar");
    bar.classList.toggle("unknown", !tile.mm);
    bar.hidden = tile.isMissing; // words have no scale
    const mm = geometry.bar(view.k, Math.min(width / 3, 200));
    bar.style.width = tile.mm ? `${mm * view.k}px` : "auto";
    bar.textContent = tile.mm ? `${mm} mm est.` : "SCALE UNKNOWN";
  };

  const drawWords = (side) => {
    const { tile, pane, say } = side;
    pane.dataset.phase = tile.phase;
    pane.dataset.suggested = tile.suggested;
    say("word").textContent = tile.word;
    say("suggested").hidden = !tile.suggested;
    say("view").textContent = tile.view;
    say("facts").textContent = tile.facts;
    say("reason").textContent = tile.reason;
    say("reason").title = tile.reason;
    const moved = tile.moved.x || tile.moved.y ? ["MOVED BY HAND"] : [];
    const from = rows[at].includes(tile) ? [] : [`OF ANOTHER ROW: ${tile.title}, ${tile.heading}`];
    say("notes").textContent = [...from, tile.pending, ...tile.notes, ...moved]
      .filter(Boolean).join(" · ");
    say("display").textContent = tile.display;
    side.image.alt = [tellOf(tile), tile.reason].filter(Boolean).join(", ");
  };

  const drawTools = () => {
    const tiles = shown().map((side) => side.tile);
    for (const button of part("tiles").children) {
      button.setAttribute("aria-pressed", String(tiles.includes(button.tile)));
    }
    dialog.querySelector('[data-do="both"]').setAttribute("aria-pressed", String(isBoth));
    const percent = tiles.filter((tile) => !tile.isMissing)
      .map((tile) => viewOf(tile).k / geometry.native(tile, tile.columns));
    const shares = [...new Set(percent.map((share) => `${Math.round(share * 100)} %`))];
    part("zoom").textContent = shares.join(" | ");
  };

  const draw = () => {
    for (const side of sides.filter((one) => one.tile)) {
      drawPicture(side);
      drawWords(side);
    }
    drawTools();
  };

  // ---- choosing

  const tell = (words) => { part("told").textContent = words; };

  const put = (index, tile) => {
    const side = sides[index];
    side.tile = tile ?? null;
    if (tile) side.image.src = tile.source;
    else side.image.removeAttribute("src");
  };

  const scaleOf = (tiles) => {
    const atDetector = tiles.filter((tile) => tile.notes.includes("SCALE AT DETECTOR"));
    if (!atDetector.length) return "Same scale, est.";
    if (atDetector.length === tiles.length) return "Same scale at the detector.";
    return "SCALE AT DETECTOR of one: not the same at the breast.";
  };

  const tellScale = () => {
    const tiles = shown().map((side) => side.tile).filter((tile) => !tile.isMissing);
    const known = tiles.filter((tile) => tile.mm);
    const areLinked = sides.every((side) => side.tile?.mm);
    part("scale").textContent = [
      known.length < tiles.length && "SCALE UNKNOWN: not linked in scale.",
      known.length > 1 && scaleOf(known),
      areLinked && (row[0].atTip ? "Laid nipple on nipple, roughly." : "Laid as on the page."),
    ].filter(Boolean).join(" ");
  };

  // Give the panes their places: what is measured before is the room that another mode had.
  const arrange = (isForBoth, index = active) => {
    isBoth = isForBoth;
    active = index;
    dialog.dataset.mode = isBoth ? "both" : "one";
    sides.forEach((side, number) => {
      side.pane.hidden = !side.tile;
      side.pane.classList.toggle("behind", !isBoth && number !== active);
    });
    tellScale();
  };

  const redraw = () => (isWhole ? whole() : draw());

  // Show one tile alone, on its side: pre images at the left, all others at the right.
  const alonePut = (tile) => {
    const index = sides.findIndex((side) => side.tile === tile);
    if (index < 0) put(tile.phase === "pre" || !sides[1].tile ? 0 : 1, tile);
    arrange(false, sides.findIndex((side) => side.tile === tile));
    redraw();
    tell(tellOf(tile));
  };

  const ofNumber = (number) => {
    const [pre, post] = [ofPhase("pre"), ofPhase("post")];
    if (number > 1) return post[number - 2];
    const now = pre.indexOf(sides[active].tile);
    return pre[isBoth ? Math.max(pre.indexOf(sides[0].tile), 0) : (now + 1) % pre.length];
  };

  const choose = (number) => {
    const tile = ofNumber(number);
    if (tile) alonePut(tile);
    else tell(`no ${number === 1 ? "pre" : "post"} image ${number > 2 ? number - 1 : ""} here`);
  };

  const both = () => {
    if (!sides[1].tile) return;
    arrange(true);
    redraw();
    tell(`${tellOf(sides[0].tile)} beside ${tellOf(sides[1].tile)}`);
  };

  const swap = () => {
    if (!sides[1].tile) return;
    alonePut(sides[isBoth ? 0 : 1 - active].tile);
  };

  const keysOf = (tile) => {
    const number = { pre: 1, post: 2 + ofPhase("post").indexOf(tile) }[tile.phase];
    return number === undefined || number > 9 ? "" : String(number);
  };

  const fillTiles = () => {
    part("tiles").replaceChildren(...row.map((tile) => {
      const button = document.createElement("button");
      button.type = "button";
      button.tile = tile;
      button.dataset.phase = tile.phase;
      button.dataset.suggested = tile.suggested;
      const key = document.createElement("kbd");
      key.textContent = keysOf(tile);
      button.append(tile.word, ...(key.textContent ? [" ", key] : []));
      button.addEventListener("click", () => alonePut(tile));
      return button;
    }));
  };

  // Of the same side, or of none that is known; those of the same view come first.
  const guests = () => {
    const mayBe = (one, other) => !one.side || !other.side || one.side === other.side;
    const isNear = (tile) => tile.acr === rows[at][0].acr;
    const others = rows.flat().filter((tile, index, all) => !rows[at].includes(tile)
      && mayBe(tile, rows[at][0])
      && all.findIndex((other) => other.source === tile.source) === index
      && !rows[at].some((own) => own.source === tile.source));
    return [...others.filter(isNear), ...others.filter((tile) => !isNear(tile))];
  };

  const fillGuests = () => {
    const list = part("guests");
    const named = guests().map((tile, index) => {
      const words = [tile.word, tile.suggested && "SUGGESTED", tile.view, tile.facts, tile.heading];
      return new Option(words.filter(Boolean).join(", "), String(index));
    });
    list.replaceChildren(new Option("Lay beside…", ""), ...named);
    list.hidden = !named.length;
  };

  // All words above the images: how many lines they take decides how much room is left.
  const fillWords = () => {
    const [first] = rows[at];
    part("title").textContent = first.title;
    part("page").textContent = first.heading;
    part("place").textContent = `row ${at + 1} of ${rows.length}`;
    part("badges").textContent = first.badges.join(" · ");
    for (const name of ["both", "swap"]) {
      dialog.querySelector(`[data-do="${name}"]`).disabled = !sides[1].tile;
    }
    fillTiles();
  };

  // Lay an image of another row beside the one that the viewer was opened at.
  const lay = (index) => {
    const guest = guests()[index];
    if (!guest) return;
    const kept = row.includes(opener) ? opener : rows[at][0];
    row = [...rows[at], guest];
    geometry.align(row);
    const rank = (tile) => ({ pre: 0, post: 2 })[tile.phase] ?? 1;
    const isEarlier = rows.findIndex((other) => other.includes(guest)) < at;
    const isLeft = rank(guest) < rank(kept) || (rank(guest) === rank(kept) && isEarlier);
    put(0, isLeft ? guest : kept);
    put(1, isLeft ? kept : guest);
    part("guests").value = String(index);
    fillWords();
    arrange(true);
    whole();
    tell(`${tellOf(sides[0].tile)} beside ${tellOf(sides[1].tile)}`);
  };

  const layNext = () => {
    const { length } = guests();
    if (length) lay((Number(part("guests").value || -1) + 1) % length);
    else tell("no other image of this side");
  };

  const start = (index, tile) => {
    at = index;
    row = rows[at];
    geometry.align(row);
    fillGuests();
    const first = ofPhase("pre")[0] ?? row[0];
    const chosen = tile ?? ofPhase("post")[0];
    const left = chosen?.phase === "pre" ? chosen : first;
    const other = chosen && chosen !== left ? chosen : ofPhase("post")[0];
    const right = other && other !== left ? other : row.find((t) => t !== left);
    put(0, left);
    put(1, right);
    alone = new Map();
    fillWords();
    arrange(Boolean(right), 0);
    whole();
    tell(`${row[0].title}: ${shown().map((side) => tellOf(side.tile)).join(" beside ")}`);
  };

  const turn = (step) => {
    const index = at + step;
    if (rows[index]) start(index);
    else tell(step > 0 ? "this is the last row" : "this is the first row");
  };

  const reset = () => {
    for (const tile of row) tile.moved = { x: 0, y: 0 };
    whole();
  };

  // Linked tiles have one view: it is enough to change it for one of them.
  const leaders = () => {
    const tiles = shown().map((side) => side.tile);
    return new Set(tiles.map((tile) => (tile.mm ? tiles.find((other) => other.mm) : tile)));
  };

  // Open at a tile, or at the part of it that a close-up frames.
  const open = (index, tile, closeup) => {
    opener = tile;
    dialog.showModal();
    dialog.querySelector(".panes").focus();
    start(index, tile);
    if (!closeup) return;
    setView(tile, geometry.fit(geometry.framed(closeup, tile), room(shown()[0])));
    isWhole = false;
    draw();
  };

  dialog.addEventListener("close", () => onClose(row.includes(opener) ? opener : rows[at][0]));
  part("guests").addEventListener("change", (event) => lay(Number(event.target.value || -1)));
  const observer = new ResizeObserver(() => { if (dialog.open) redraw(); });
  for (const side of sides) observer.observe(side.stage);

  return {
    dialog, sides, open, both, swap, layNext, natural, reset, choose, turn, pan, zoom, nudge, room, fromMiddle,
    isOpen: () => dialog.open,
    isBoth: () => isBoth,
    lastShown: () => shown().at(-1).tile,
    pointAt: (place) => { pointer = place; },
    zoomAll: (factor) => leaders().forEach((tile) => zoom(tile, factor)),
    panAll: (x, y) => leaders().forEach((tile) => pan(tile, x, y)),
    setRows: (all, closed) => {
      rows = all;
      onClose = closed;
    },
  };
})();
