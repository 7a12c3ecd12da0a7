// Images in full: up to four at once, at one scale in millimetres, nipples on one point.
const full = (() => {
  const MOST = 4; // panes
  const TALL_MM = 240; // what an image of unknown scale is taken to be high, to lay it beside others
  const NEAR = 8; // greatest zoom: screen pixels for a stored one
  const FAR = 0.5; // least zoom, of what fits
  const LENS = 2.5; // how much larger the magnifier shows what is under it
  const dialog = document.getElementById("full");
  const part = (name) => dialog.querySelector(`[data-part="${name}"]`);
  const data = JSON.parse(document.getElementById("review-data").textContent);
  const images = data.images.map((image) => ({ ...image, drawn: null, choice: null, tables: new Map() }));
  const panes = [...dialog.querySelectorAll(".pane")].map((element) => ({
    element,
    stage: element.querySelector(".stage"),
    canvas: element.querySelector("canvas"),
    lens: element.querySelector(".lens"),
    tile: element.querySelector("img"),
    say: (name) => element.querySelector(`[data-say="${name}"]`),
    image: null,
  }));

  let chosen = []; // images that are laid out
  let single = -1; // which of them is shown alone, in place of the others
  let view = { x: 0, y: 0, mm: 1 }; // millimetres from the nipple, and for one pixel of the screen
  let isWhole = true;
  let hand = null; // a window by hand: how far from the one that an image has
  let isInverted = false;
  let lens = null; // where the magnifier is, millimetres from the nipple
  let frame = 0;

  const ratio = () => window.devicePixelRatio;
  const tell = (words) => { part("told").textContent = words; };
  const labelOf = (image) => [image.word, image.label, image.injection].filter(Boolean).join(", ");
  // As on the sheet, in whatever order they were chosen: before on the left, after on the right,
  // what is of unknown phase between them.
  const rank = ({ phase }) => ({ pre: 0, post: 2 })[phase] ?? 1;
  const laid = () => [...chosen].sort((one, other) => (
    rank(one) - rank(other) || images.indexOf(one) - images.indexOf(other)));
  const shown = () => (single < 0 ? laid() : [laid()[single]]);
  const drawnPanes = () => panes.filter((pane) => pane.image);
  const isAnyDrawn = () => shown().some((image) => image.drawn);

  // ---- millimetres

  const spacing = ({ drawn }) => {
    if (drawn.spacing) return drawn.spacing;
    const known = shown().map((image) => image.drawn).filter((other) => other?.spacing);
    const tall = known.length ? Math.max(...known.map((d) => d.rows * d.spacing[0])) : TALL_MM;
    return [tall / drawn.rows, tall / drawn.rows / drawn.ratio];
  };

  const tip = ({ drawn }) => {
    const [row, column] = drawn.tip ?? [0.5, 0.5];
    return [row * drawn.rows, column * drawn.columns];
  };

  // Where an image's edges are, in millimetres from its nipple.
  const edges = (image) => {
    const [down, across] = spacing(image);
    const [row, column] = tip(image);
    return {
      left: -column * across,
      right: (image.drawn.columns - column) * across,
      top: -row * down,
      bottom: (image.drawn.rows - row) * down,
    };
  };

  // The stored pixel at the corner of a canvas, and how many one of the screen covers.
  const placeOf = (image, { width, height }, { x, y, mm }) => {
    const [down, across] = spacing(image);
    const [row, column] = tip(image);
    const [sx, sy] = [mm / across, mm / down].map((step) => (Math.abs(step - 1) < 1e-9 ? 1 : step));
    return { sx, sy, x: column + x / across - (width / 2) * sx, y: row + y / down - (height / 2) * sy };
  };

  const around = () => {
    const all = shown().filter((image) => image.drawn).map(edges);
    const least = (name) => Math.min(...all.map((box) => box[name]));
    const most = (name) => Math.max(...all.map((box) => box[name]));
    return { left: least("left"), right: most("right"), top: least("top"), bottom: most("bottom") };
  };

  const fit = () => {
    isWhole = true;
    const ready = drawnPanes().filter((pane) => pane.image.drawn);
    if (!ready.length) return;
    const { left, right, top, bottom } = around();
    const mm = Math.max(...ready.map(({ canvas }) => Math.max(
      (right - left) / canvas.width,
      (bottom - top) / canvas.height,
    )));
    view = { x: (left + right) / 2, y: (top + bottom) / 2, mm };
  };

  // ---- grey

  const tableOf = (image) => {
    let table = image.drawn.table;
    if (hand) {
      const own = (image.drawn.fit ??= draw.fitted(image.drawn, image.drawn.table));
      const width = Math.max(2, own.width * hand.factor);
      table = draw.linear(image.drawn, { ...own, center: own.center + hand.shift * own.width, width });
    }
    return isInverted ? table.map((grey) => 255 - grey) : table;
  };

  const windowOf = ({ drawn }) => {
    const own = (drawn.fit ??= draw.fitted(drawn, drawn.table));
    const center = Math.round(own.center + hand.shift * own.width);
    return `window by hand: ${center} / ${Math.round(Math.max(2, own.width * hand.factor))}`;
  };

  // Whether equal values have equal greys, also where those of one are stored inverted.
  const isSameGrey = (one, other) => {
    const [table, greys] = [one, other].map(tableOf);
    const isPadding = ({ drawn: { padding } }, at) => padding && at >= padding[0] && at <= padding[1];
    const isAlike = (beside) => table.every((grey, at) => Math.abs(grey - greys[beside(at)]) <= 2
      || isPadding(one, at) || isPadding(other, beside(at)));
    const last = greys.length - 1;
    return table.length === greys.length && (isAlike((at) => at) || isAlike((at) => last - at));
  };

  // Told of all that are laid out, as one may stand in place of another.
  const doGreysDiffer = () => {
    const [first, ...others] = chosen.filter((image) => image.drawn);
    return others.some((other) => !isSameGrey(first, other));
  };

  // ---- drawing

  // A canvas of whole pixels of the screen, on their grid: else the browser would interpolate.
  const layOut = ({ stage, canvas }) => {
    const box = stage.getBoundingClientRect();
    const scale = ratio();
    const [left, top] = [box.left, box.top].map((edge) => Math.ceil(edge * scale - 0.01));
    const width = Math.max(1, Math.floor(box.right * scale + 0.01) - left);
    const height = Math.max(1, Math.floor(box.bottom * scale + 0.01) - top);
    if (canvas.width !== width) canvas.width = width;
    if (canvas.height !== height) canvas.height = height;
    canvas.style.width = `${width / scale}px`;
    canvas.style.height = `${height / scale}px`;
    canvas.style.left = `${left / scale - box.left}px`;
    canvas.style.top = `${top / scale - box.top}px`;
  };

  const isTrueSize = () => view.mm === calibration.mmPerPixel();
  const zoomWords = (place, image) => {
    if (isTrueSize() && image.drawn.spacing) return "TRUE SIZE";
    if (image.drawn.preview) return ""; // its pixels are none of the image's
    if (place.sx === 1 && place.sy === 1) return "1:1";
    return `${Math.round(100 / place.sx)} %`;
  };

  const scaleWords = ({ drawn }) => {
    if (!drawn.spacing) return "SCALE UNKNOWN";
    return drawn.isAtDetector ? "SCALE AT DETECTOR" : "";
  };

  const drawBar = (pane) => {
    const bar = pane.element.querySelector(".bar");
    const isKnown = Boolean(pane.image.drawn?.spacing);
    bar.hidden = !pane.image.drawn;
    bar.classList.toggle("unknown", !isKnown);
    const px = (mm) => mm / view.mm / ratio();
    const mm = [100, 50, 20, 10, 5, 2, 1].find((length) => px(length) < 200) ?? 1;
    bar.style.width = isKnown ? `${px(mm)}px` : "auto";
    bar.textContent = isKnown ? `${mm} mm est.` : "SCALE UNKNOWN";
  };

  const drawWords = (pane, place) => {
    const { image, element, say } = pane;
    element.dataset.phase = image.phase;
    element.dataset.suggested = image.suggested;
    say("word").textContent = image.word;
    say("view").textContent = [image.label, image.injection].filter(Boolean).join(" · ");
    say("who").textContent = image.who;
    const drawn = image.drawn;
    const instead = image.error ? "SHEET'S TILE, NOT TO SCALE" : "SHEET'S TILE, loading";
    const state = drawn ? drawn.preview && "PREVIEW" : [image.error, image.tile && instead];
    const words = [
      ...[state].flat(), drawn && scaleWords(image), isInverted && "INVERTED",
      drawn && doGreysDiffer() && "GREY SCALES DIFFER", ...image.notes,
      image.failure, image.prior,
    ];
    say("state").textContent = [...new Set(words.filter(Boolean))].join(" · ");
    say("display").textContent = drawn
      ? [hand ? windowOf(image) : drawn.voi, zoomWords(place, image)].filter(Boolean).join(" · ") : "";
    drawBar(pane);
  };

  const paint = (canvas, image, seen) => {
    const place = placeOf(image, canvas, seen);
    draw.picture(canvas, image.drawn, tableOf(image), place);
    canvas.dataset.place = JSON.stringify(place);
    return place;
  };

  const drawLens = (pane) => {
    pane.lens.hidden = !lens || !pane.image.drawn;
    if (pane.lens.hidden) return;
    const size = Math.round(Math.min(pane.canvas.width, pane.canvas.height) / 3);
    Object.assign(pane.lens, { width: size, height: size });
    paint(pane.lens, pane.image, { ...lens, mm: view.mm / LENS });
    const scale = ratio();
    const at = [
      (lens.x - view.x) / view.mm + pane.canvas.width / 2,
      (lens.y - view.y) / view.mm + pane.canvas.height / 2,
    ];
    pane.lens.style.width = `${size / scale}px`;
    pane.lens.style.height = `${size / scale}px`;
    pane.lens.style.left = `${Math.round(at[0] - size / 2) / scale}px`;
    pane.lens.style.top = `${Math.round(at[1] - size / 2) / scale}px`;
  };

  const drawPane = (pane) => {
    const { image, canvas, tile } = pane;
    tile.hidden = Boolean(image.drawn) || !image.tile;
    if (!tile.hidden && tile.src !== image.tile) tile.src = image.tile;
    canvas.hidden = !image.drawn;
    const place = image.drawn && paint(canvas, image, view);
    drawWords(pane, place);
    drawLens(pane);
  };

  const drawTools = () => {
    for (const button of part("images").children) {
      button.setAttribute("aria-pressed", String(shown().includes(button.image)));
    }
    const labels = [...new Set(chosen.flatMap((image) => image.drawn?.choices ?? []))];
    const now = [...new Set(chosen.map((image) => image.drawn?.choices[image.choice]))];
    part("voi").replaceChildren(...["", ...labels].map((label) => {
      const option = document.createElement("option");
      option.textContent = label || "each its own";
      option.value = label;
      option.selected = label === (now.length === 1 ? now[0] : "");
      return option;
    }));
    dialog.querySelector('[data-do="invert"]').setAttribute("aria-pressed", String(isInverted));
    dialog.querySelector('[data-do="true"]').setAttribute("aria-pressed", String(isTrueSize()));
    part("scale").textContent = calibration.words();
    const isReady = shown().every((image) => image.error || (image.drawn && !image.drawn.preview));
    document.documentElement.toggleAttribute("data-ready", isReady);
    document.documentElement.toggleAttribute("data-shown", isAnyDrawn());
  };

  const drawAll = () => {
    frame = 0;
    if (!dialog.open) return;
    const started = performance.now();
    panes.forEach((pane, index) => {
      pane.image = shown()[index] ?? null;
      pane.element.hidden = !pane.image;
    });
    dialog.dataset.panes = String(shown().length);
    drawnPanes().forEach(layOut);
    if (isWhole) fit();
    drawnPanes().forEach(drawPane);
    drawTools();
    dialog.dataset.ms = String(performance.now() - started);
  };

  const redraw = () => { frame ||= requestAnimationFrame(drawAll); };

  // ---- loading

  const worker = new Worker("/assets/worker.js");
  const waiting = new Map();
  worker.addEventListener("message", ({ data: { id, values, error } }) => {
    const { keep, fail } = waiting.get(id);
    waiting.delete(id);
    if (error) fail(new Error(error));
    else keep(values);
  });
  let jobs = 0;
  const fetchValues = (job) => new Promise((keep, fail) => {
    jobs += 1;
    waiting.set(jobs, { keep, fail });
    worker.postMessage({ id: jobs, ...job });
  });

  const ask = async (address) => {
    const answer = await fetch(address);
    if (!answer.ok) throw new Error(await answer.text());
    return answer;
  };

  const fetchTable = async (image, level, choice) => {
    const answer = await ask(`${image.address}/table?level=${level}&choice=${choice}`);
    const voi = decodeURIComponent(answer.headers.get("Voi-Label"));
    return { voi, table: new Uint8Array(await answer.arrayBuffer()) };
  };

  // What the sheet shows an image with; an earlier study's may have been shown there otherwise.
  const sheetChoice = (image, { choices, chosen }) => {
    const at = choices.indexOf(image.voi);
    return at < 0 ? chosen : at;
  };

  const load = async (image, level) => {
    const meta = await (await ask(`${image.address}?level=${level}`)).json();
    image.choice ??= sheetChoice(image, meta);
    const { choice } = image;
    const [grey, values] = await Promise.all([
      fetchTable(image, level, choice),
      fetchValues({ address: `${new URL(image.address, location.href)}/values?level=${level}`, ...meta }),
    ]);
    if (image.drawn && !image.drawn.preview) return;
    image.drawn = { ...meta, ...grey, values, level };
    if (image.choice !== choice) await setChoice(image, image.choice);
    redraw();
  };

  const start = async (image) => {
    image.started ??= (async () => {
      try {
        await load(image, 1);
        if (image.drawn.preview) await load(image, 0);
      } catch (error) {
        if (!image.drawn) image.error = error.message;
        else image.failure = error.message;
        image.started = undefined;
        redraw();
      }
    })();
    return image.started;
  };

  const setChoice = async (image, choice) => {
    image.choice = choice;
    const { level } = image.drawn;
    const grey = await fetchTable(image, level, choice);
    if (image.choice !== choice || image.drawn.level !== level) return; // late
    Object.assign(image.drawn, grey, { fit: undefined });
    image.failure = undefined;
    redraw();
  };

  const setNamed = async (image, choice) => {
    try {
      await setChoice(image, choice);
    } catch (error) {
      image.failure = error.message;
      redraw();
    }
  };

  // ---- choosing

  const lay = (wanted) => {
    chosen = wanted.slice(0, MOST);
    single = -1;
    isWhole = true;
    chosen.forEach(start);
    redraw();
    tell(laid().map(labelOf).join(" beside "));
  };

  const alone = (index) => {
    if (!chosen[index]) return;
    single = index;
    redraw();
    tell(labelOf(laid()[index]));
  };

  // In place of one another, in the same frame, words and picture.
  const flicker = () => alone(single < 0 ? 0 : (single + 1) % chosen.length);

  const toggle = (image) => {
    const isIn = chosen.includes(image);
    if (isIn && chosen.length === 1) return;
    const [left] = !isIn && chosen.length === MOST ? chosen : [];
    lay(isIn ? chosen.filter((other) => other !== image) : [...chosen, image].slice(-MOST));
    if (left) tell(`No more than ${MOST} at once: ${labelOf(left)} has left.`);
  };

  const open = (image) => {
    const row = data.rows.find((numbers) => numbers.includes(images.indexOf(image))) ?? [];
    const beside = row.map((number) => images[number]);
    const pair = ["pre", "post"].map((phase) => beside.find((other) => other.phase === phase));
    const first = pair.filter(Boolean);
    const wanted = first.includes(image) ? first : [image, ...first.filter((other) => other.phase !== image.phase)];
    if (!dialog.open) dialog.showModal();
    dialog.querySelector(".panes").focus();
    lay(wanted.length > 1 ? wanted : [...new Set([...wanted, ...beside])].slice(0, 2));
  };

  part("images").replaceChildren(...images.map((image) => {
    const button = document.createElement("button");
    button.type = "button";
    button.image = image;
    button.textContent = [image.number, labelOf(image)].filter(Boolean).join(" · ");
    button.addEventListener("click", () => toggle(image));
    return button;
  }));

  // ---- moving

  const limits = () => {
    const finest = Math.min(...shown().filter((i) => i.drawn).map((i) => Math.min(...spacing(i))));
    const kept = view;
    const wasWhole = isWhole;
    fit();
    const widest = view.mm / FAR;
    view = kept;
    isWhole = wasWhole;
    return { least: finest / NEAR, widest };
  };

  // What is under a point, in pixels of the screen from the middle of a pane, stays there.
  const zoomTo = (mm, x = 0, y = 0) => {
    if (!isAnyDrawn()) return;
    const { least, widest } = limits();
    const next = Math.min(Math.max(mm, least), widest);
    view = { x: view.x + x * (view.mm - next), y: view.y + y * (view.mm - next), mm: next };
    isWhole = false;
    redraw();
  };

  const pan = (x, y) => {
    if (!isAnyDrawn()) return;
    const { left, right, top, bottom } = around();
    const inside = (value, from, to) => Math.min(Math.max(value, from), to);
    view = {
      ...view,
      x: inside(view.x - x * view.mm, left, right),
      y: inside(view.y - y * view.mm, top, bottom),
    };
    isWhole = false;
    redraw();
  };

  // One stored pixel of an image is one of the screen; those of the others follow in millimetres.
  const natural = (pane, x, y) => {
    const { image } = pane ?? drawnPanes()[0];
    if (image?.drawn) zoomTo(spacing(image)[1], x, y);
  };

  const trueSize = () => {
    const mm = calibration.mmPerPixel();
    if (mm && shown().every((image) => image.drawn?.spacing)) zoomTo(mm);
    tell(!mm ? "This screen is not calibrated."
      : isTrueSize() ? "True size." : "The scale of an image is not known.");
    return Boolean(mm);
  };

  const setHand = (change) => {
    const now = hand ?? { shift: 0, factor: 1 };
    const factor = Math.min(Math.max(now.factor * (change.factor ?? 1), 0.005), 4);
    hand = { shift: now.shift + (change.shift ?? 0) * factor, factor };
    redraw();
  };

  const named = (label) => {
    hand = null;
    for (const image of chosen.filter((other) => other.drawn)) {
      const choice = label ? image.drawn.choices.indexOf(label) : sheetChoice(image, image.drawn);
      if (choice >= 0) setNamed(image, choice);
    }
    redraw();
  };

  const nextNamed = () => {
    const options = [...part("voi").options].map((option) => option.value).filter(Boolean);
    if (!options.length) return;
    named(options[(options.indexOf(part("voi").value) + 1) % options.length]);
  };

  new ResizeObserver(redraw).observe(dialog);

  return {
    dialog, panes, images, open, lay, alone, flicker, zoomTo, pan, natural, trueSize, setHand, named,
    nextNamed, redraw, part, tell,
    view: () => view,
    isOpen: () => dialog.open,
    all: () => lay(chosen),
    whole: () => { isWhole = true; redraw(); },
    invert: () => { isInverted = !isInverted; redraw(); },
    lens: (place) => { lens = place; redraw(); },
    hasLens: () => Boolean(lens),
    resetWindow: () => { hand = null; redraw(); },
  };
})();
