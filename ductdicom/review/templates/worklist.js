"use strict";
// Filters the work list, says who has a study open, and tells a study its neighbours here.
(() => {
  const LATER_MS = 15e3;
  const form = document.querySelector("form");
  const find = document.getElementById("find");
  const rows = [...document.querySelectorAll("tbody tr")].map((row) => ({
    row,
    link: row.querySelector("a"),
    text: row.textContent.toLowerCase(),
  }));
  const shown = () => rows.filter(({ row }) => !row.hidden);

  const filter = () => {
    const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
    const group = form.elements.group.value;
    for (const { row, text } of rows) {
      row.hidden = (group !== "all" && row.dataset.group !== group)
        || !words.every((word) => text.includes(word));
    }
    const keys = shown().map(({ row }) => row.dataset.key);
    for (const { link } of rows) link.hash = new URLSearchParams({ list: keys.join(",") }).toString();
    const count = shown().length;
    document.getElementById("count").textContent = `${count} of ${rows.length}`;
  };

  const ask = async () => {
    try {
      const open = await (await fetch("/open")).json();
      for (const { row } of rows) {
        row.querySelector('[data-part="open"]').textContent = (open[row.dataset.key] ?? []).join(", ");
      }
    } catch { /* asked again */ }
    setTimeout(ask, LATER_MS);
  };

  const step = (by) => {
    const links = shown().map(({ link }) => link);
    const next = links[links.indexOf(document.activeElement) + by];
    if (next) next.focus();
    else if (by < 0) find.focus();
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const isTyping = document.activeElement === find;
    if (event.key === "/" && !isTyping) find.focus();
    else if (event.key === "ArrowDown" || (event.key === "j" && !isTyping)) step(1);
    else if (event.key === "ArrowUp" || (event.key === "k" && !isTyping)) step(-1);
    else return;
    event.preventDefault();
  });
  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  window.addEventListener("pageshow", filter);
  filter();
  ask();
  shown()[0]?.link.focus();
})();
