// The review strip: one key an image, shown at once as pending, saved as one file.
const review = (() => {
  const PAD = 8;
  const HOURS = 12; // for which initials are those of whoever sits here
  const MOST_NOTE = 1000; // characters of a note (as in `decisions.files`)
  const SIDES = ["L", "R", "B"];
  const VERDICTS = ["reviewed", "cannot-tell", "not-a-ductogram", "reopened"];
  const KEYS = {
    p: "pre", o: "post", u: "unknown", s: "side", v: "view", x: "exclude", n: "note",
    a: "accept", Backspace: "undo", r: "toggle",
  };
  const STANDINGS = {
    review: "REVIEW NEEDED", partial: "PARTIAL", closed: "CANNOT BE TOLD",
    "not-a-ductogram": "NO DUCTOGRAM",
  };
  const strip = document.getElementById("strip");
  const part = (name) => strip.querySelector(`[data-part="${name}"]`);
  const study = JSON.parse(strip.dataset.study);
  const HEAD = study.head; // height of the words above an image, in page units
  const HEIGHT = 66; // of what stands in their place; it covers a little of the air, or the field
  const pending = makePending(study);
  const tiles = sheet.wholes;
  const labels = new Map(tiles.map((tile) => [tile, tile.element.getAttribute("aria-label")]));
  // What turns or hides what stands beside it is no part of a note (as in `decisions.files`).
  const UNSEEN = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;
  let current = null; // the tile that was chosen last
  const whole = { image: "", isOwn: true }; // the study, which verdicts are on
  let decided = null; // on what the last decision was: a note that follows is on this, too
  let isTyping = false; // a note, which is one deed however many letters it has
  let noted = null; // what the note is on that is being typed
  let back = null; // where one was before one began to write a note
  let isSaving = false; // and asks for initials
  let isUnderway = false; // what is saved, is not saved again meanwhile

  // ---- what is said

  const initials = () => {
    const by = part("by").value.trim().toUpperCase();
    return /^\p{L}{1,4}$/u.test(by) ? by : "";
  };

  const say = (words) => {
    part("said").textContent = words;
    part("why").hidden = Boolean(words); // it stands on the page, too
  };

  const phaseOf = (tile) => {
    const said = tile.opinions.filter((opinion) => opinion.field === "phase");
    if (said.some((opinion) => !opinion.isInForce)) {
      return `UNKNOWN, ${said.map(({ by, value }) => `${by}: ${value.toUpperCase()}`).join(", ")}`;
    }
    if (tile.suggestion) return `UNKNOWN, SUGGESTED ${tile.suggestion.toUpperCase()}`;
    const by = said[0]?.by;
    return tile.phase.toUpperCase() + (by ? ` BY ${by}` : "");
  };

  const nowOf = (tile) => [
    phaseOf(tile),
    tile.isExcluded && "EXCLUDED",
    `${tile.side || "side ?"} ${tile.acr || "view ?"}`,
  ].filter(Boolean).join(", ");

  const overrules = (values, opinions) => {
    const people = pending.overruled(values, opinions, initials()).map((said) => said.by || "?");
    return people.length ? [`OVERRULES ${[...new Set(people)].join(" AND ")}`] : [];
  };

  const willBe = (tile, values) => [
    values.phase === "unknown" ? "CANNOT BE TOLD" : values.phase?.toUpperCase(),
    (values.laterality || values.view)
      && `${values.laterality ?? (tile.side || "side ?")} ${values.view ?? (tile.acr || "view ?")}`,
    values.exclude !== undefined && (values.exclude ? "EXCLUDED" : "NOT EXCLUDED"),
    values.note && "NOTE",
    ...overrules(values, tile.opinions),
  ].filter(Boolean).join(", ");

  const stageOf = (isPending) => (isPending ? "PENDING" : "SAVED, NOT DRAWN YET");

  const write = (parent, x, y, words, { size = 23, isBold = false, isEnd = false, room }) => {
    const text = document.createElementNS("http://www.w3.org/2000/svg", "text");
    text.setAttribute("x", x);
    text.setAttribute("y", y);
    text.setAttribute("font-size", size);
    text.setAttribute("class", `f-ink${isBold ? " bold" : ""}${isEnd ? " end" : ""}`);
    text.textContent = words;
    parent.append(text);
    const length = text.getComputedTextLength();
    if (length > room) text.setAttribute("font-size", (size * room) / length);
    return Math.min(length, room);
  };

  // Over the head of a tile: what it was, and what it will be.
  const mark = (tile) => {
    const { values, isPending } = pending.of(tile.image);
    tile.mark?.remove();
    tile.mark = null;
    tile.pending = "";
    const words = tile.isOwn ? willBe(tile, values) : "";
    tile.element.setAttribute("aria-label", words
      ? `${labels.get(tile)}; ${stageOf(isPending)}: ${words}` : labels.get(tile));
    if (!words) return;
    tile.pending = `${stageOf(isPending)}: ${words}`;
    const [x, y, width] = tile.field;
    const group = document.createElementNS("http://www.w3.org/2000/svg", "g");
    group.setAttribute("class", "pending");
    group.setAttribute("aria-hidden", "true");
    const box = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    const place = { x, y: y - HEAD, width, height: HEIGHT };
    for (const [name, value] of Object.entries(place)) box.setAttribute(name, value);
    group.append(box);
    tile.element.ownerSVGElement.append(group);
    const room = width - 2 * PAD;
    const [above, below] = [y - HEAD + 24, y - HEAD + 56];
    write(group, x + PAD, above, `was ${nowOf(tile)}`, { room });
    const stage = { isBold: true, isEnd: true, room: room / 2 };
    const taken = write(group, x + width - PAD, below, stageOf(isPending), stage);
    const will = { size: 32, isBold: true, room: room - taken - PAD };
    write(group, x + PAD, below, `→ ${words}`, will);
    tile.mark = group;
  };

  const drawStudy = () => {
    const { values, isPending } = pending.of("");
    const said = study.opinions.map(({ by, value }) => `, ${value} by ${by}`).join("");
    const now = (STANDINGS[study.status] ?? study.status.toUpperCase()) + said;
    const verdict = values.verdict?.replaceAll("-", " ").toUpperCase();
    const will = verdict && [verdict, values.note && "NOTE", ...overrules(values, study.opinions)].filter(Boolean).join(", ");
    part("standing").textContent = will ? `${now} → ${will}, ${stageOf(isPending)}` : now;
    part("why").textContent = will ? "" : study.why;
    const count = pending.count();
    part("count").textContent = count ? `${count} PENDING` : "";
    strip.querySelector('[data-do="reopened"]').hidden = !study.opinions.length;
    for (const name of VERDICTS) {
      strip.querySelector(`[data-do="${name}"]`)
        .setAttribute("aria-pressed", String(values.verdict === name));
    }
  };

  const drawChosen = () => {
    const values = current ? pending.of(current.image).values : {};
    const isOpen = Boolean(current?.isOwn);
    part("chosen").textContent = current ? `${nameOf(current)}: ${nowOf(current)}` : "No image chosen";
    for (const name of ["pre", "post", "unknown"]) {
      strip.querySelector(`[data-do="${name}"]`)
        .setAttribute("aria-pressed", String(values.phase === name));
    }
    strip.querySelector('[data-do="exclude"]')
      .setAttribute("aria-pressed", String(Boolean(values.exclude)));
    for (const control of strip.querySelectorAll(".tile button, .tile input, .tile select")) {
      control.disabled = !isOpen;
    }
    part("view").value = values.view ?? "";
    const on = noted ?? decided ?? current;
    const isNotable = isOpen || on === whole;
    part("note").disabled = !isNotable;
    part("noted").textContent = isNotable ? ` on ${nameOf(on).toLowerCase()}` : "";
    if (document.activeElement !== part("note")) {
      part("note").value = isNotable ? pending.of(on.image).values.note ?? "" : "";
    }
  };

  // By the number that it has in the list of objects on the last page.
  const nameOf = (tile) => {
    if (tile === whole) return "The study";
    return tile.isOwn ? `Image ${study.images.indexOf(tile.image) + 1}` : "Image of an earlier study";
  };

  const refresh = () => {
    tiles.forEach(mark);
    drawStudy();
    drawChosen();
    own.changed();
  };

  // ---- deciding

  const isSettled = (tile) => tile.opinions
    .some((said) => said.field === "phase" && said.isInForce);
  const waits = (tile) => {
    const { phase, exclude } = pending.of(tile.image).values;
    return tile.isOwn && (tile.suggestion || tile.phase === "unknown")
      && !isSettled(tile) && !phase && !(exclude ?? tile.isExcluded);
  };

  const choose = (tile) => {
    current = tile;
    decided = null;
    drawChosen();
  };

  // A browser brings the image into the window, and not the words above it.
  const showHead = ({ element, field }) => {
    const { d, f } = element.ownerSVGElement.getScreenCTM();
    const top = f + d * (field[1] - HEAD);
    if (top < PAD) window.scrollBy(0, top - PAD);
  };

  // A window that is not in front has a focus and tells nobody.
  const go = (tile) => {
    tile?.element.focus();
    if (tile) choose(tile);
  };

  const goOn = (from) => {
    const after = tiles.slice(tiles.indexOf(from) + 1);
    const next = [...after, ...tiles].find(waits);
    if (next) go(next);
    else say("No image waits any more: Ctrl+S saves.");
    decided = from;
    drawChosen();
  };

  const decide = (steps, goesOn) => {
    const isKept = pending.add(steps, goesOn);
    decided = null;
    refresh();
    say(isKept ? "" : "This browser keeps nothing: save before you leave.");
  };

  const setPhase = (value) => {
    const tile = current;
    const didWait = waits(tile);
    decide([{ image: tile.image, field: "phase", value }]);
    if (didWait) goOn(tile);
  };

  const set = (field, value) => decide([{ image: current.image, field, value }]);

  // Of the row on this page alone: nobody has seen the others.
  const accept = () => {
    const isBeside = (tile) => tile.page === current.page
      && JSON.stringify(tile.row) === JSON.stringify(current.row);
    const open = tiles.filter((tile) => isBeside(tile) && tile.suggestion && waits(tile));
    if (!open.length) {
      say("Nothing is suggested in this row that has no decision.");
      return;
    }
    const images = new Map(open.map((tile) => [tile.image, tile.suggestion]));
    decide([...images].map(([image, value]) => ({ image, field: "phase", value })));
    goOn(current);
  };

  const undo = () => {
    const [first] = pending.undo();
    refresh();
    if (!first) say("Nothing is pending. What was saved is undone by another decision.");
    else go(tiles.find((tile) => tile.image === first.image));
  };

  const nextSide = () => {
    const now = pending.of(current.image).values.laterality ?? current.side;
    return SIDES[(SIDES.indexOf(now) + 1) % SIDES.length];
  };

  // ---- saving

  const keepInitials = () => {
    const kept = { by: initials(), until: Date.now() + HOURS * 3600e3 };
    try { localStorage.setItem("ductdicom:by", JSON.stringify(kept)); } catch { /* asked again */ }
  };

  const readInitials = () => {
    try {
      const { by, until } = JSON.parse(localStorage.getItem("ductdicom:by"));
      if (until > Date.now()) part("by").value = by;
    } catch { /* asked for when they are needed */ }
  };

  const download = (text, name) => {
    const address = URL.createObjectURL(new Blob([text], { type: "application/json" }));
    const link = document.createElement("a");
    link.href = address;
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(address), 60e3);
    return `Saved: ${name}. Put it into OUT/decisions; “ductdicom apply OUT” draws it.`;
  };

  const lookedOn = (image) => (image
    ? tiles.find((tile) => tile.image === image) ?? { opinions: [] } : study);

  // A page that is served saves otherwise: `save` returns or promises what is said then, and fails
  // where nothing was saved. `changed` is told of every decision, `events` are those not saved.
  const own = { save: download, changed: () => {}, events: () => pending.events(initials(), lookedOn) };

  const tooMany = (text) => [...text].length - MOST_NOTE;
  const tooLong = (text) => `A note has up to ${MOST_NOTE} characters: this one is ${tooMany(text)} `
    + "too long, and not saved until it is shortened.";

  // What keeps the decisions from being saved, in words; empty where nothing does.
  const obstacle = (events) => {
    const bare = events.find((event) => !pending.isEvent(event));
    if (!events.length) return "Nothing is decided yet.";
    const long = events.find(({ note: said }) => tooMany(said ?? "") > 0);
    if (long) {
      go(tiles.find((tile) => tile.image === long.image));
      return tooLong(long.note);
    }
    if (bare) {
      go(tiles.find((tile) => tile.image === bare.image));
      return "A note alone decides nothing: decide on what it is on, too.";
    }
    if (pending.isOld()) {
      pending.lookedAt();
      return "The sheet was drawn anew since this was decided. Look at what is PENDING; "
        + "Ctrl+S once more saves it.";
    }
    return "";
  };

  const send = async (events, by) => {
    const time = `${new Date().toISOString().slice(0, 19).replaceAll(/[-:]/g, "")}Z`;
    const text = JSON.stringify({ schema: "ductdicom.decisions/1", decisions: events }, null, 1);
    isUnderway = true;
    try {
      const said = await own.save(`${text}\n`, `decisions-${study.key}-${by}-${time}.json`);
      pending.settle(events);
      refresh();
      say(said);
    } catch (error) {
      say(error.message);
    } finally {
      isUnderway = false;
    }
  };

  const save = () => {
    if (isUnderway) return;
    const by = initials();
    isSaving = !by;
    if (isSaving) {
      say("Whose decisions are these? Type your initials, one to four letters, and Enter.");
      part("by").focus();
      return;
    }
    const fresh = pending.events(by, lookedOn);
    const events = fresh.length ? fresh : pending.saved();
    const words = obstacle(events);
    if (words) {
      say(words);
      return;
    }
    keepInitials();
    send(events, by);
  };

  // ---- hands

  const toggle = () => {
    strip.hidden = !strip.hidden;
    document.body.classList.toggle("reviewing", !strip.hidden);
    if (strip.hidden) return;
    readInitials();
    refresh();
  };

  const onImage = {
    pre: () => setPhase("pre"),
    post: () => setPhase("post"),
    unknown: () => setPhase("unknown"),
    side: () => set("laterality", nextSide()),
    view: () => part("view").focus(),
    exclude: () => {
      set("exclude", !(pending.of(current.image).values.exclude ?? current.isExcluded));
    },
    accept,
  };
  const verdict = (value) => () => {
    decide([{ image: whole.image, field: "verdict", value }]);
    decided = whole;
    drawChosen();
  };
  const onStudy = {
    ...Object.fromEntries(VERDICTS.map((value) => [value, verdict(value)])),
    undo, save, close: toggle, toggle,
  };
  const note = () => part("note").focus();

  const perform = (name) => {
    if (onStudy[name]) {
      onStudy[name]();
      return;
    }
    const at = document.activeElement;
    const isThere = strip.contains(at) || (at.dataset.tile && sheet.wholeAt(at) === current);
    const isChosen = current?.isOwn && isThere;
    if (name === "note" && (isChosen || decided === whole)) note();
    else if (isChosen) onImage[name]();
    else if (current && !current.isOwn) say("An image of an earlier study is decided on there.");
    else say("Choose an image first: Tab goes from one to the next.");
  };


  const typed = (event) => {
    if (event.key !== "Enter" && event.key !== "Escape") return;
    event.preventDefault();
    const to = back ?? current;
    const isBy = event.target === part("by");
    if (isBy && isSaving && event.key === "Enter") {
      save();
      if (isSaving) return;
    }
    event.target.blur();
    drawChosen();
    go(to);
  };

  // What is typed is kept letter by letter, however one leaves the field.
  const keepNote = () => {
    const value = part("note").value.replaceAll(UNSEEN, " ").trim();
    if (value === (pending.of(noted.image).values.note ?? "")) return;
    decide([{ image: noted.image, field: "note", value }], isTyping);
    isTyping = true;
    if (tooMany(value) > 0) say(tooLong(value));
  };

  document.addEventListener("keydown", (event) => {
    if (document.querySelector("dialog[open]")) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const isOther = event.metaKey || event.ctrlKey;
    if (isOther && key === "s" && !strip.hidden) {
      event.preventDefault();
      save();
    } else if (!isOther && !event.altKey && event.target.matches("input, select")) {
      typed(event);
    } else if (!isOther && !event.altKey && KEYS[key] && (key === "r" || !strip.hidden)) {
      event.preventDefault();
      perform(KEYS[key]);
    }
  });
  // A mouse on the strip leaves the image chosen.
  strip.addEventListener("mousedown", (event) => {
    if (!event.target.closest("input, select")) event.preventDefault();
  });
  strip.addEventListener("click", (event) => {
    const button = event.target.closest("[data-do]");
    if (button) perform(button.dataset.do);
  });
  part("view").addEventListener("change", ({ target }) => target.value && set("view", target.value));
  part("note").addEventListener("input", keepNote);
  part("note").addEventListener("focus", ({ target }) => {
    back = current;
    noted = decided ?? current;
    if (noted !== whole) choose(noted);
    target.value = pending.of(noted.image).values.note ?? "";
    isTyping = false;
  });
  part("note").addEventListener("blur", () => {
    if (noted === whole) decided = whole;
    noted = null;
    back = null;
  });
  part("by").addEventListener("change", () => {
    keepInitials();
    refresh(); // whom it overrules depends on who it is
  });
  document.addEventListener("focusin", ({ target }) => {
    const tile = target.matches("image[data-tile]") && sheet.wholeAt(target);
    if (!tile) return;
    choose(tile);
    requestAnimationFrame(() => showHead(tile)); // the image is brought into view after this
  });
  // A click beside the images leaves none chosen: keys would decide on what has no frame. A window
  // that is left keeps its focus, and a dialog gives it back.
  document.addEventListener("focusout", ({ target, relatedTarget }) => {
    const isTile = target.matches("image[data-tile]");
    if (isTile && !relatedTarget && document.hasFocus() && !document.querySelector("dialog[open]")) choose(null);
  });
  window.addEventListener("beforeunload", (event) => {
    if (pending.count()) event.preventDefault();
  });
  window.addEventListener("storage", (event) => {
    if (event.key !== pending.name) return;
    pending.read();
    refresh();
  });
  new ResizeObserver(() => {
    document.body.style.setProperty("--strip", `${strip.offsetHeight}px`);
  }).observe(strip);

  const isAsked = study.status in { review: 1, partial: 1 };
  if (isAsked || pending.count() || pending.saved().length) {
    toggle();
    if (!location.hash.startsWith("#page-")) go(tiles.find(waits));
  }
  return own;
})();
