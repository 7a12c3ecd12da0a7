// Mouse, touch and keys of the images in full.
(() => {
  const { dialog, panes } = full;
  const STEP = 0.1; // of a pane for an arrow key
  let isWindow = false; // dragging changes the window
  let isWindowed = false; // what is dragged now does

  const paneAt = (target) => panes.find((pane) => pane.stage.contains(target));
  // From the middle of a pane, in pixels of the screen.
  const from = (pane, { clientX, clientY }) => {
    const box = pane.canvas.getBoundingClientRect();
    const scale = devicePixelRatio;
    return [(clientX - box.left - box.width / 2) * scale, (clientY - box.top - box.height / 2) * scale];
  };
  const millimetres = (pane, event) => {
    const [x, y] = from(pane, event);
    const view = full.view();
    return { x: view.x + x * view.mm, y: view.y + y * view.mm };
  };

  const setWindowMode = (isOn) => {
    isWindow = isOn;
    dialog.querySelector('[data-do="window"]').setAttribute("aria-pressed", String(isOn));
  };
  const setLens = (isOn) => {
    full.lens(isOn ? { x: full.view().x, y: full.view().y } : null);
    dialog.querySelector('[data-do="lens"]').setAttribute("aria-pressed", String(isOn));
  };

  const trueSize = () => { if (!full.trueSize()) calibration.open(); };
  const actions = {
    whole: () => full.whole(),
    natural: () => full.natural(),
    in: () => full.zoomTo(full.view().mm / 1.25),
    out: () => full.zoomTo(full.view().mm * 1.25),
    true: trueSize,
    calibrate: () => calibration.open(),
    invert: () => full.invert(),
    both: () => full.all(),
    flicker: () => full.flicker(),
    lens: () => setLens(!full.hasLens()),
    window: () => setWindowMode(!isWindow),
    voi: () => full.nextNamed(),
    reset: () => full.resetWindow(),
    close: () => dialog.close(),
  };
  const KEYS = {
    0: "whole", z: "natural", "+": "in", "=": "in", "-": "out", t: "true", i: "invert", b: "both",
    " ": "flicker", m: "lens", w: "window", v: "voi", Backspace: "reset",
    Escape: "close", // at once: the browser's own way lets go of the keys a little later
  };
  const OF_STRIP = /^[pousxnar]$/; // what decides there
  const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

  const arrow = ([x, y], isFine) => {
    const by = isFine ? 0.01 : 0.05;
    if (isWindow) full.setHand({ shift: -y * by, factor: 1 + x * by });
    else {
      const { width, height } = panes[0].canvas;
      full.pan(-x * STEP * width, -y * STEP * height);
    }
  };

  dialog.addEventListener("keydown", (event) => {
    if (!dialog.open) return; // what had the focus in it keeps it for a moment
    const isSaving = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "s";
    if (!isSaving && (event.ctrlKey || event.metaKey || event.altKey)) return;
    if (event.target.matches("select, input")) return;
    if (event.target.matches("button") && event.key === "Enter") return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (isSaving || OF_STRIP.test(key)) full.tell("One decides and saves on the sheet: Esc leads back to it.");
    else if (KEYS[key]) actions[KEYS[key]]();
    else if (/^[1-4]$/.test(key)) full.alone(Number(key) - 1);
    else if (ARROWS[key]) arrow(ARROWS[key], event.shiftKey);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  // A button that has the focus would take the space bar for a click.
  dialog.addEventListener("keyup", (event) => {
    if (event.key === " " && event.target.matches("button")) event.preventDefault();
  });
  dialog.addEventListener("click", ({ target }) => {
    const button = target.closest("[data-do]");
    if (button) actions[button.dataset.do]();
  });
  full.part("voi").addEventListener("change", ({ target }) => full.named(target.value));

  const drag = (pane, [fromX, fromY], [toX, toY]) => {
    const [x, y] = [toX - fromX, toY - fromY];
    const { width, height } = pane.canvas;
    if (isWindowed) full.setHand({ shift: y / height, factor: 2 ** (4 * (x / width)) });
    else full.pan(x, y);
  };

  const middle = ([[x, y], [otherX, otherY]]) => [(x + otherX) / 2, (y + otherY) / 2];
  const apart = ([[x, y], [otherX, otherY]]) => Math.hypot(x - otherX, y - otherY) || 1;

  // Two fingers zoom about the point between them, and move what is there with it.
  const pinch = (before, now) => {
    const [[x, y], [toX, toY]] = [middle(before), middle(now)];
    full.zoomTo(full.view().mm * (apart(before) / apart(now)), x, y);
    full.pan(toX - x, toY - y);
  };

  for (const pane of panes) {
    const { stage } = pane;
    const held = new Map(); // where the mouse or each finger is that holds this image
    stage.addEventListener("pointerdown", (event) => {
      if (held.size > 1) return;
      isWindowed = isWindow || event.button === 2;
      stage.setPointerCapture(event.pointerId);
      held.set(event.pointerId, from(pane, event));
    });
    stage.addEventListener("pointermove", (event) => {
      if (full.hasLens()) full.lens(millimetres(pane, event));
      if (!held.has(event.pointerId)) return;
      const before = [...held.values()];
      held.set(event.pointerId, from(pane, event));
      const now = [...held.values()];
      if (held.size > 1) pinch(before, now);
      else drag(pane, before[0], now[0]);
    });
    for (const name of ["pointerup", "pointercancel", "lostpointercapture"]) {
      stage.addEventListener(name, (event) => held.delete(event.pointerId));
    }
    stage.addEventListener("contextmenu", (event) => event.preventDefault());
    stage.addEventListener("dblclick", (event) => full.natural(pane, ...from(pane, event)));
    stage.addEventListener("wheel", (event) => {
      event.preventDefault();
      full.zoomTo(full.view().mm * 1.0015 ** event.deltaY, ...from(pane, event));
    }, { passive: false });
  }

  // From the sheet: F opens the image that was chosen last.
  let last = null;
  const imageOf = (element) => {
    if (!element?.dataset?.tile) return null;
    const { image } = JSON.parse(element.dataset.tile);
    return full.images.find((other) => other.id === image) ?? null;
  };
  document.addEventListener("focusin", ({ target }) => { last = imageOf(target) ?? last; });
  const openLast = () => {
    const image = last ?? full.images[0];
    if (image) full.open(image);
  };
  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "f" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.matches("input, select, textarea") || full.isOpen()) return;
    if (typeof viewer !== "undefined" && viewer.isOpen()) viewer.dialog.close();
    event.preventDefault();
    openLast();
  });
  document.querySelector('[data-do="full"]')?.addEventListener("click", openLast);
  for (const image of full.images) {
    const tiles = [...document.querySelectorAll("image[data-tile]")];
    image.tile = tiles.find((element) => imageOf(element) === image)?.getAttribute("href");
  }
})();
