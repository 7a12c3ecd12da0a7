// The hands on the viewer: keys, buttons, wheel and mouse.
(() => {
  const STEP = 1.25; // of the zoom
  const STRIDE = 48; // CSS pixels that an arrow key pans
  const NUDGE = 2; // CSS pixels that it moves one image alone
  const { dialog, sides, room, fromMiddle } = viewer;

  const actions = {
    both: viewer.both,
    swap: viewer.swap,
    lay: viewer.layNext,
    natural: viewer.natural,
    reset: viewer.reset,
    in: () => viewer.zoomAll(STEP),
    out: () => viewer.zoomAll(1 / STEP),
    next: () => viewer.turn(1),
    previous: () => viewer.turn(-1),
    close: () => dialog.close(),
  };
  const keys = {
    " ": "swap", b: "both", z: "natural", 0: "reset", "+": "in", "=": "in", "-": "out", _: "out",
    n: "next", p: "previous", l: "lay",
    Escape: "close", // at once: the browser's own way lets go of the keys a little later
  };
  const directions = {
    ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1],
  };

  const arrow = ([x, y], isAlone) => {
    if (isAlone) viewer.nudge(viewer.lastShown(), x * NUDGE, y * NUDGE);
    else viewer.panAll(-x * STRIDE, -y * STRIDE);
  };

  dialog.addEventListener("keydown", (event) => {
    if (!dialog.open) return; // what had the focus in it keeps it for a moment
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("select")) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (directions[key]) arrow(directions[key], event.shiftKey);
    else if (/^[1-9]$/.test(key)) viewer.choose(Number(key));
    else if (keys[key]) actions[keys[key]]();
    else return;
    event.preventDefault();
  });
  // A button that has the focus would take the space bar for a click.
  dialog.addEventListener("keyup", (event) => { if (event.key === " ") event.preventDefault(); });
  dialog.addEventListener("click", (event) => {
    const button = event.target.closest("[data-do]");
    if (button) actions[button.dataset.do]();
  });

  const place = (event) => ({ x: event.clientX, y: event.clientY });

  // Show in the other image where the mouse is in this one.
  const mirror = (side, event) => {
    for (const other of sides) {
      const isPeer = viewer.isBoth() && other !== side && other.tile?.mm && side?.tile.mm;
      other.spot.hidden = !isPeer;
      if (!isPeer) continue;
      const [x, y] = fromMiddle(place(event), room(side));
      other.spot.style.transform = `translate(${x}px, ${y}px)`;
    }
  };

  const middle = ([one, other]) => ({ x: (one.x + other.x) / 2, y: (one.y + other.y) / 2 });
  const apart = ([one, other]) => Math.hypot(one.x - other.x, one.y - other.y) || 1;

  // Two fingers zoom about the point between them, and move what is there with it.
  const pinch = (side, before, now) => {
    const [from, to] = [middle(before), middle(now)];
    viewer.zoom(side.tile, apart(now) / apart(before), ...fromMiddle(from, room(side)));
    viewer.pan(side.tile, to.x - from.x, to.y - from.y);
  };

  for (const side of sides) {
    const { stage } = side;
    const held = new Map(); // where the mouse or each finger is that holds this image
    stage.addEventListener("wheel", (event) => {
      event.preventDefault();
      const at = fromMiddle(place(event), room(side));
      viewer.zoom(side.tile, event.deltaY < 0 ? STEP : 1 / STEP, ...at);
    }, { passive: false });
    stage.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || held.size > 1) return;
      stage.setPointerCapture(event.pointerId);
      held.set(event.pointerId, place(event));
    });
    stage.addEventListener("pointermove", (event) => {
      viewer.pointAt(place(event));
      mirror(side, event);
      if (!held.has(event.pointerId)) return;
      const before = [...held.values()];
      const from = held.get(event.pointerId);
      const to = place(event);
      held.set(event.pointerId, to);
      const move = event.shiftKey ? viewer.nudge : viewer.pan;
      if (held.size > 1) pinch(side, before, [...held.values()]);
      else move(side.tile, to.x - from.x, to.y - from.y);
    });
    for (const name of ["pointerup", "pointercancel", "lostpointercapture"]) {
      stage.addEventListener(name, (event) => held.delete(event.pointerId));
    }
    stage.addEventListener("pointerleave", () => {
      viewer.pointAt(null);
      mirror(null);
    });
    stage.addEventListener("dragstart", (event) => event.preventDefault());
  }
})();
