"use strict";
// Filters the studies by words and status; arrow keys go from study to study.
(() => {
  const form = document.querySelector("form");
  const find = document.getElementById("find");
  const problems = document.getElementById("problems");
  const count = document.getElementById("count");
  const items = [...document.querySelectorAll(".studies li")].map((item) => ({
    item,
    text: item.textContent.toLowerCase(),
    hasProblems: Boolean(item.querySelector(".problems")),
  }));
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
  const step = (by) => {
    const links = items.filter(({ item }) => !item.hidden)
      .map(({ item }) => item.querySelector("h2 a"));
    const next = links[links.indexOf(document.activeElement) + by];
    if (next) next.focus();
    else if (by < 0) find.focus();
  };
  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  // A browser that comes back to the page fills the form in again, after scripts have run.
  window.addEventListener("pageshow", filter);
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const isTyping = document.activeElement === find;
    const isInList = document.activeElement.closest(".studies");
    if (event.key === "/" && !isTyping) find.focus();
    else if (event.key === "ArrowDown" && (isTyping || isInList)) step(1);
    else if (event.key === "ArrowUp" && isInList) step(-1);
    else return;
    event.preventDefault();
  });
  filter();
})();
