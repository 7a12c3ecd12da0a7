"use strict";
// Filters the studies by words and status; arrow keys go from study to study.
(() => {
  const form = document.querySelector("form");
  const find = document.getElementById("find");
  const problems = document.getElementById("problems");
  const count = document.getElementById("count");
  const mostNeighbours = 100; // of a study, on either side, that its sheet is told of
  const items = [...document.querySelectorAll(".studies li")].map((item) => ({
    item,
    text: item.textContent.toLowerCase(),
    hasProblems: Boolean(item.querySelector(".problems")),
  }));
  // The filter stands in the address, so that it can be sent and comes back with the page.
  const wanted = () => new URLSearchParams(Object.entries({
    find: find.value.trim(),
    status: form.elements.status.value,
    problems: problems?.checked ? "1" : "",
  }).filter(([, value]) => value));
  const take = () => {
    const asked = new URLSearchParams(location.hash.slice(1));
    if (location.hash && !["find", "status", "problems"].some((name) => asked.has(name))) return;
    find.value = asked.get("find") ?? "";
    const status = asked.get("status") ?? "";
    const chip = [...form.elements.status].find((input) => input.value === status);
    (chip ?? form.elements.status[0]).checked = true;
    if (problems) problems.checked = asked.has("problems");
  };
  const filter = () => {
    const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
    const status = form.elements.status.value;
    let shown = 0;
    for (const { item, text, hasProblems } of items) {
      const fits = (!status || item.dataset.status === status)
        && (!problems?.checked || hasProblems)
        && words.every((word) => text.includes(word));
      item.hidden = !fits;
      shown += fits ? 1 : 0;
    }
    count.textContent = `${shown} of ${items.length} ${items.length === 1 ? "study" : "studies"}`;
  };
  const change = () => {
    filter();
    const hash = wanted().toString();
    history.replaceState(null, "", hash ? `#${hash}` : location.pathname);
  };
  const step = (by) => {
    const links = items.filter(({ item }) => !item.hidden)
      .map(({ item }) => item.querySelector("h2 a"));
    const next = links[links.indexOf(document.activeElement) + by];
    if (next) next.focus();
    else if (by < 0) find.focus();
  };
  // Tells a sheet which studies come before and after it here; only those that are shown.
  const tellNeighbours = (event) => {
    const link = event.target.closest('a[href*="/sheet.html"]');
    if (!link) return;
    // A study that waits for a person leads to the others that do.
    const waits = (item) => ["review", "partial"].includes(item.dataset.status);
    const isWaiting = waits(link.closest("li"));
    const sheets = items.filter(({ item }) => !item.hidden && (!isWaiting || waits(item)))
      .map(({ item }) => item.querySelector('a[href$="/sheet.html"], a[href*="/sheet.html#"]'))
      .filter(Boolean);
    const own = link.closest("li").querySelector('a[href*="/sheet.html"]');
    const at = sheets.indexOf(own);
    const near = sheets.slice(Math.max(at - mostNeighbours, 0), at + mostNeighbours + 1);
    const keys = near.map((sheet) => sheet.getAttribute("href").split("/").at(-2));
    const told = new URLSearchParams({ list: keys.join(","), index: wanted().toString() });
    link.href = `${link.getAttribute("href").split("#")[0]}#${told}`;
  };
  // What a sheet keeps until it is saved, where this browser lets its pages share that.
  const tellPending = () => {
    const { batch } = document.querySelector("main").dataset;
    for (const { item } of items) {
      let steps = [];
      try {
        steps = JSON.parse(localStorage.getItem(`ductdicom:${batch}:${item.dataset.key}`)).steps;
      } catch { /* nothing is kept, or nothing may be */ }
      const images = new Set(Array.isArray(steps) ? steps.map((step) => step?.image) : []);
      const note = item.querySelector(".pending");
      note.hidden = !images.size;
      note.textContent = images.size ? `${images.size} PENDING, not saved` : "";
    }
  };
  form.addEventListener("input", change);
  form.addEventListener("submit", (event) => event.preventDefault());
  document.addEventListener("click", tellNeighbours);
  document.addEventListener("auxclick", tellNeighbours);
  window.addEventListener("hashchange", () => { take(); filter(); });
  // A browser that comes back to the page fills the form in again, after scripts have run.
  window.addEventListener("pageshow", () => { take(); filter(); tellPending(); });
  window.addEventListener("storage", tellPending);
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const isTyping = document.activeElement === find;
    const isInList = document.activeElement.closest(".studies");
    if (event.key === "/" && !isTyping) find.focus();
    else if (event.key === "j" && !isTyping) step(1);
    else if (event.key === "k" && !isTyping && isInList) step(-1);
    else if (event.key === "ArrowDown" && (isTyping || isInList)) step(1);
    else if (event.key === "ArrowUp" && isInList) step(-1);
    else return;
    event.preventDefault();
  });
  take();
  filter();
})();
