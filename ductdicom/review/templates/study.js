// A study at the server: saves to it, says what follows and who else looks, takes decisions back.
(() => {
  const data = JSON.parse(document.getElementById("review-data").textContent);
  const PRESENCE_MS = 20e3;
  const PREVIEW_MS = 250;
  const page = Math.random().toString(36).slice(2);
  const folder = `/studies/${data.key}`;
  const saved = document.getElementById("saved");
  let { state } = data;

  const initials = () => {
    try { return JSON.parse(localStorage.getItem("ductdicom:by")).by ?? ""; } catch { return ""; }
  };

  const post = (name, content, { headers, keepalive = false } = {}) => fetch(`${folder}/${name}`, {
    method: "POST",
    headers: { "Content-Type": "application/json", ...headers },
    body: typeof content === "string" ? content : JSON.stringify(content),
    keepalive,
  });

  // ---- who else has it open

  const isOpen = async () => {
    try {
      const { others } = await (await post("presence", { page, by: initials() })).json();
      document.querySelector('.seat [data-part="others"]').textContent = others.length
        ? `Also open: ${others.map(({ who, since }) => `${who || "somebody"} since ${since}`).join(", ")}` : "";
    } catch { /* said again */ }
    setTimeout(isOpen, PRESENCE_MS);
  };
  window.addEventListener("pagehide", () => post("presence", { page, leaves: true }, { keepalive: true }));

  // ---- what follows

  const WHATS = { phase: "", suggestion: "suggested ", laterality: "side ", view: "view ", row: "in row " };
  const sentence = ({ label, what, before, after }) => `${label}: ${WHATS[what]}${before ?? "nothing"} → ${
    WHATS[what]}${after ?? "nothing"}`;
  const consequences = ({ changes, status }) => {
    if (!changes) return "The originals are gone: the sheet stays as it is.";
    const follows = changes.filter((change) => !change.decided && change.what !== "row");
    return [
      follows.length && `This also changes ${follows.map(sentence).join("; ")}.`,
      status[0] !== status[1] && `The study becomes ${status[1]}.`,
    ].filter(Boolean).join(" ");
  };

  const tell = (words, ...more) => {
    const said = document.createElement("p");
    said.textContent = words;
    saved.replaceChildren(said, ...more);
    saved.hidden = !words && !more.length;
  };

  let asked = 0; // what was foreseen before the last change or save is not told any more
  let isSaving = false; // or saved
  const foresee = async () => {
    if (isSaving) return;
    asked += 1;
    const mine = asked;
    await new Promise((done) => setTimeout(done, PREVIEW_MS));
    if (mine !== asked) return;
    const decisions = review.events().map((event) => ({ ...event, by: event.by || "X" }));
    const answer = decisions.length
      && await post("preview", { schema: "ductdicom.decisions/1", decisions });
    const words = answer && answer.ok ? consequences(await answer.json()) : "";
    if (mine === asked) tell(words);
  };

  // ---- saving

  const list = (title, items) => {
    const section = document.createElement("div");
    const head = document.createElement("h2");
    head.textContent = title;
    const entries = document.createElement("ul");
    entries.append(...items.map((words) => {
      const item = document.createElement("li");
      item.textContent = words;
      return item;
    }));
    section.append(head, entries);
    return section;
  };

  const showBoth = ({ yours, now, changed }) => {
    if (changed.length) {
      tell(`Not saved: another original is there than this sheet was drawn from (${
        changed.join(", ")}). Let ductdicom organise draw it anew, then load this page again; what you decided stays pending here.`);
      return;
    }
    const labels = new Map(now.images.map(({ image, label }) => [image, label]));
    const mine = yours.decisions.map(({ image, by, ...rest }) => [
      labels.get(image) ?? "the study",
      ...["phase", "laterality", "view", "exclude", "verdict"].filter((name) => name in rest)
        .map((name) => `${name} ${rest[name]}`),
      by,
    ].join(", "));
    const theirs = now.history.map(({ on, said, by, at }) => [on, said, by, `${at} UTC`].join(", "));
    const again = document.createElement("button");
    again.type = "button";
    again.textContent = "Show the study as it is now";
    again.addEventListener("click", () => location.reload());
    tell(
      "Not saved: the study has changed since this page was made. What you decided stays pending here.",
      list("You decided", mine),
      list(`Now (${now.status})`, theirs.length ? theirs : ["decided anew by a run"]),
      again,
    );
  };

  // Why what is saved is on no sheet: of what this page saved, and of what was saved before.
  const sayUndrawn = ({ obstacle }) => {
    const before = document.querySelector('.undrawn [data-part="obstacle"]');
    if (before) before.textContent = `Why: ${obstacle}.`;
    else tell(`Saved, and not drawn yet: ${obstacle}`);
  };

  // The page as it is now, once nobody looks at images in full.
  const showAgain = () => {
    if (full.isOpen()) full.dialog.addEventListener("close", () => location.reload(), { once: true });
    else location.reload();
  };

  // What was saved before and cannot be drawn is on the page; what is saved now is not.
  const untilDrawn = async (isOnPage) => {
    for (;;) {
      let answer;
      try {
        answer = await (await fetch(`${folder}/drawn`)).json();
      } catch {
        answer = { waiting: true, obstacle: "the server does not answer" };
      }
      if (answer.drawn || (!answer.waiting && !isOnPage)) return showAgain();
      if (answer.obstacle) sayUndrawn(answer);
      if (!answer.waiting) return undefined;
      if (answer.obstacle) await new Promise((done) => setTimeout(done, 2000));
    }
  };

  const save = async (text) => {
    asked += 1;
    isSaving = true;
    const headers = { "If-Match": `"${state}"` };
    const answer = await post("decisions", text, { headers }).catch(() => null);
    isSaving = Boolean(answer?.ok);
    if (!answer) throw new Error("Not saved: the server does not answer. It stays pending here.");
    if (answer.status === 409) {
      showBoth(await answer.json());
      throw new Error("Not saved: the study has changed meanwhile.");
    }
    if (!answer.ok) throw new Error(`Not saved: ${await answer.text()}`);
    const found = await answer.json();
    state = found.state;
    tell(`Saved. ${consequences(found)} The sheet is being drawn.`);
    untilDrawn(false);
    return "Saved.";
  };

  const takeBack = async ({ undo, of }) => {
    const by = initials();
    if (!by) return tell("Type your initials into the strip first (R).");
    const subject = of ? { image: of } : { study: data.key };
    const event = { ...subject, undoes: [undo], by, at: new Date().toISOString().slice(0, 19) };
    const content = { schema: "ductdicom.decisions/1", decisions: [event] };
    try {
      await save(JSON.stringify(content));
    } catch (error) {
      if (saved.hidden) tell(error.message);
    }
    return undefined;
  };

  document.getElementById("history").addEventListener("click", ({ target }) => {
    const button = target.closest("[data-undo]");
    if (button) takeBack(button.dataset);
  });
  if (typeof review !== "undefined") {
    review.save = data.readOnly
      ? () => { throw new Error("This review is read only: nothing was saved."); }
      : save;
    review.changed = foresee;
  }
  isOpen();
  if (data.undrawn) untilDrawn(true);
})();
